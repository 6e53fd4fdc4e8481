# SPDX-License-Identifier: GPL-3.0-or-later
"""How a server is started when nobody says otherwise: DATA/server.toml. What stands on the command line wins, then the
environment; the verbs that need the book find it in the same way."""

import argparse
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from clinic.domain.errors import Refusal, Unavailable
from sync_server.book.where import DEFAULT_BOOK, Where

FILE = "server.toml"
LEVELS = ("debug", "info", "warning", "error")
DATABASE = "POSTA_DATABASE"
_ENVIRONMENT = {
    "database": DATABASE,
    "redis": "POSTA_REDIS",
    "attachments": "POSTA_ATTACHMENTS",
    "relay": "POSTA_RELAY",
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """`tls_cert`, `tls_key`: PEM files, from the data folder if they do not begin at the root; '' speaks no TLS. `address`:
    what people type, only said again by `posta server init`. `database`: URL of PostgreSQL, '' for SQLite in the folder;
    `metrics_key`: a file, found as the certificate is. `attachments`: URL of an S3 store, '' for the folder;
    `attachments_key`: a file with its key, '' for the environment. `relay`: URLs of the relay of calls, '' for none;
    `relay_secret`: a file with what is shared with it, '' for the environment."""

    host: str = "127.0.0.1"
    port: int = 8440
    tls_cert: str = ""
    tls_key: str = ""
    log_level: str = "info"
    address: str = ""
    database: str = field(default="", repr=False)
    book: str = DEFAULT_BOOK
    redis: str = field(default="", repr=False)
    log_json: bool = False
    metrics_key: str = ""
    attachments: str = ""
    attachments_key: str = ""
    relay: str = ""
    relay_secret: str = ""

    def certificate(self, folder: Path) -> tuple[Path | None, Path | None]:
        """(certificate, key), None where none is named."""
        return _in(folder, self.tls_cert), _in(folder, self.tls_key)

    def key_of_counts(self, folder: Path) -> Path | None:
        """The file with the operator's key."""
        return _in(folder, self.metrics_key)

    def key_of_attachments(self, folder: Path) -> Path | None:
        """The file with the key of the S3 store."""
        return _in(folder, self.attachments_key)

    def secret_of_relay(self, folder: Path) -> Path | None:
        """The file with the secret shared with the relay of calls."""
        return _in(folder, self.relay_secret)

    def where(self, folder: Path) -> Where:
        """The book."""
        return Where(folder, self.database, self.book)


def read_configuration(folder: Path) -> Configuration | None:
    """None where there is none. Raises Refusal for one that says something unheard of, Unavailable."""
    path = folder / FILE
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unavailable("{path} cannot be read. Check its permissions.", path=path) from error
    except ValueError as error:
        raise Refusal("{path} is not written in TOML ({why}). Mend it.", path=path, why=error) from error
    kinds = {each.name: type(each.default) for each in fields(Configuration)}
    strange = [name for name, value in said.items() if kinds.get(name) is not type(value)]
    if said.get("log_level", "info") not in LEVELS:
        strange.append("log_level")
    if strange:
        raise Refusal(
            "{path} says something that is not known: {name}. Mend or delete that line.",
            path=path,
            name=strange[0],
        )
    return Configuration(**said)


def keep_configuration(folder: Path, wanted: Configuration) -> None:
    """A new file. Raises FileExistsError, OSError."""
    values = [(each.name, getattr(wanted, each.name)) for each in fields(Configuration)]
    lines = [f"{name} = {json.dumps(value)}" for name, value in values if value not in ("", False)]
    text = "# How 'posta server --data' starts in this folder. What stands on the command line wins.\n"
    with open(folder / FILE, "x", encoding="utf-8", opener=lambda n, f: os.open(n, f, 0o600)) as out:
        out.write(text + "\n".join(lines) + "\n")


def add_book(parser: argparse.ArgumentParser) -> None:
    """--data, --database and --book, the same for whoever needs the book."""
    parser.add_argument("--data", type=Path, required=True, help="folder for everything the server keeps")
    parser.add_argument(
        "--database",
        metavar="URL",
        help="keep the book in PostgreSQL (postgresql://role@host/name) instead of a file in --data; "
        f"a URL with a password belongs in the environment, as {DATABASE}",
    )
    parser.add_argument(
        "--attachments",
        metavar="URL",
        help="keep attachments in an S3 store (s3://bucket/prefix?endpoint=https://host) instead of in --data; "
        "or POSTA_ATTACHMENTS in the environment",
    )
    parser.add_argument(
        "--attachments-key",
        type=Path,
        metavar="FILE",
        help="the id and the secret of its key, one a line (default: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)",
    )
    parser.add_argument(
        "--book",
        metavar="NAME",
        help="whose rows in that database are ours, where several organisations share it "
        f"(default: {DEFAULT_BOOK})",
    )


def said(chosen: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Field -> what the command line says, or else the environment."""
    names = {each.name for each in fields(Configuration)}
    found = {name: environ[key] for name, key in _ENVIRONMENT.items() if environ.get(key)}
    return found | {
        name: _plain(value) for name, value in vars(chosen).items() if name in names and value is not None
    }


def configured(chosen: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Configuration:
    """What is said, the file where nothing is, and what is usual where neither says it. Raises Refusal, Unavailable."""
    there, now = read_configuration(chosen.data) or Configuration(), said(chosen, environ)
    if "tls_cert" in now or "tls_key" in now:
        there = replace(there, tls_cert="", tls_key="")
    return replace(there, **now)


def _plain(value: Any) -> Any:
    return str(value.absolute()) if isinstance(value, Path) else value


def _in(folder: Path, name: str) -> Path | None:
    return folder / name if name else None
