# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta server init`: a data folder, how the server starts there, its certificate when asked, and the founding code.

The same again changes nothing and says the same again; nothing that is there is ever overwritten.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import Refusal, Unavailable
from sync_server.book.sqlite import SqliteBook
from sync_server.configuration import FILE, Configuration, keep_configuration, read_configuration
from sync_server.founding_code import keep_code

TLS = "tls"
_HIDDEN = "It listens to this machine only: say --host 0.0.0.0, unless a proxy stands before it."
_SOON = timedelta(days=60)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The command line after `init`."""
    parser = argparse.ArgumentParser(
        prog="posta server init",
        description="Sets up the centre's own side, once; the same again changes nothing.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder for everything the server keeps")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for every network")
    parser.add_argument("--port", type=int, default=8440)
    parser.add_argument(
        "--name", action="append", default=[], metavar="HOST",
        help="name or address under which computers reach it; again for each further one",
    )  # fmt: skip
    parser.add_argument(
        "--own-certificate", action="store_true",
        help="make the clinic's own authority and a certificate of it for every --name",
    )  # fmt: skip
    return parser.parse_args(argv)


def begin(argv: Sequence[str], clock: Clock, random: Random) -> int:
    """JSON on stdout, one sentence on stderr. Raises Refusal, Unavailable."""
    chosen = arguments(argv)
    if chosen.own_certificate and not chosen.name:
        raise Refusal("A certificate is made out to a name: say --name HOST, as computers are to type it.")
    try:
        said = _made(chosen, clock, random)
    except OSError as error:
        raise Unavailable(
            "Cannot write in {folder} ({why}). Choose another folder with --data.",
            folder=chosen.data,
            why=error.strerror,
        ) from error
    print(json.dumps(said))
    if _hidden(chosen):
        print(_HIDDEN, file=sys.stderr)
    print(_next_step(said, chosen.data), file=sys.stderr)
    return 0


def _hidden(chosen: argparse.Namespace) -> bool:
    """It has a name for others, and listens to this machine only."""
    here = ("localhost", "127.0.0.1", "::1")
    return chosen.host in here and any(name not in here for name in chosen.name)


def _made(chosen: argparse.Namespace, clock: Clock, random: Random) -> dict[str, str]:
    chosen.data.mkdir(parents=True, exist_ok=True)
    if os.name != "nt":
        chosen.data.chmod(0o700)
    said = {"data": str(chosen.data.absolute())}
    if chosen.own_certificate:
        said |= _certificate(chosen, clock)
    there = _configuration(chosen)
    return said | {"address": there.address} | _code(chosen.data, random)


def _certificate(chosen: argparse.Namespace, clock: Clock) -> dict[str, str]:
    from sync_server.own_authority import AUTHORITY, CERTIFICATE, authority_and_certificate

    folder, now = chosen.data / TLS, clock.now()
    try:
        made = authority_and_certificate(folder, tuple(chosen.name), now)
    except ValueError as error:
        raise Refusal(
            "The files in {folder} are not an authority and its certificate. Put them right, or move them away.",
            folder=folder,
        ) from error
    if {name.lower() for name in chosen.name} - set(made.names):
        raise Refusal(
            "{file} is made out to {names}. Move it away, then run this again: the new one is under the same authority.",
            file=folder / CERTIFICATE,
            names=", ".join(made.names),
        )
    if made.until - now < _SOON:
        print(
            f"The certificate ends on {made.until:%Y-%m-%d}. Move {folder / CERTIFICATE} away and run this again.",
            file=sys.stderr,
        )
    return {"authority": str((folder / AUTHORITY).absolute()), "fingerprint": made.fingerprint}


def _configuration(chosen: argparse.Namespace) -> Configuration:
    """What is there, if it says the same; else a new file."""
    own = chosen.own_certificate
    wanted = Configuration(
        host=chosen.host, port=chosen.port, tls_cert=f"{TLS}/centre.pem" if own else "",
        tls_key=f"{TLS}/centre.key" if own else "", address=_address(chosen),
    )  # fmt: skip
    there = read_configuration(chosen.data)
    if there is None:
        keep_configuration(chosen.data, wanted)
        return wanted
    if (there.host, there.port, there.tls_cert) != (wanted.host, wanted.port, wanted.tls_cert):
        raise Refusal(
            "{path} says otherwise how this server starts. Say the same, or change it there; nothing was overwritten.",
            path=chosen.data / FILE,
        )
    return there


def _address(chosen: argparse.Namespace) -> str:
    host = chosen.name[0] if chosen.name else chosen.host
    scheme = "https" if chosen.own_certificate else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{chosen.port}"


def _code(folder: Path, random: Random) -> dict[str, str]:
    """None any more where an organisation is founded."""
    book = SqliteBook.open(folder / "server.db", random)
    try:
        founded = bool(book.counts()["statements"])
    finally:
        book.close()
    return {} if founded else {"founding_code": keep_code(folder, random)}


def _next_step(said: dict[str, str], data: Path) -> str:
    start = f"Start it with 'posta server --data {data}'"
    if "founding_code" not in said:
        return f"{start}; its organisation is founded: everybody else joins with an invitation."
    file = f" --ca {said['authority']}" if "authority" in said else ""
    trust = f" (the authority's fingerprint is {said['fingerprint']})" if "authority" in said else ""
    return (
        f"{start}, then found the organisation from the first computer{trust}: choose “Set up a new organisation” in "
        f"'posta desktop', or run 'posta station found --server {said['address']} --founding-code "
        f"{said['founding_code']}{file} …'."
    )
