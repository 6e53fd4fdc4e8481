# SPDX-License-Identifier: GPL-3.0-or-later
"""How a server is started when nobody says otherwise: DATA/server.toml. What stands on the command line wins."""

import argparse
import json
import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable

FILE = "server.toml"
LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Configuration:
    """`tls_cert`, `tls_key`: PEM files, from the data folder if they do not begin at the root; '' speaks no TLS. `address`:
    what people type, only said again by `posta server init`."""

    host: str = "127.0.0.1"
    port: int = 8440
    tls_cert: str = ""
    tls_key: str = ""
    log_level: str = "info"
    address: str = ""

    def certificate(self, folder: Path) -> tuple[Path | None, Path | None]:
        """(certificate, key), None where none is named."""
        return _in(folder, self.tls_cert), _in(folder, self.tls_key)


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
    kinds = {field.name: type(field.default) for field in fields(Configuration)}
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
    values = [(field.name, getattr(wanted, field.name)) for field in fields(Configuration)]
    lines = [f"{name} = {json.dumps(value)}" for name, value in values if value != ""]
    text = "# How 'posta server --data' starts in this folder. What stands on the command line wins.\n"
    with open(folder / FILE, "x", encoding="utf-8", opener=lambda n, f: os.open(n, f, 0o600)) as out:
        out.write(text + "\n".join(lines) + "\n")


def configured(chosen: argparse.Namespace) -> Configuration:
    """What the command line says, the file where it says nothing, and what is usual where neither does."""
    there = read_configuration(chosen.data) or Configuration()
    own = chosen.tls_cert is not None or chosen.tls_key is not None
    return Configuration(
        host=chosen.host or there.host,
        port=there.port if chosen.port is None else chosen.port,
        tls_cert=_text(chosen.tls_cert) if own else there.tls_cert,
        tls_key=_text(chosen.tls_key) if own else there.tls_key,
        log_level=chosen.log_level or there.log_level,
    )


def _text(path: Path | None) -> str:
    return "" if path is None else str(path.absolute())


def _in(folder: Path, name: str) -> Path | None:
    return folder / name if name else None
