# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta server init`: a data folder, how the server starts there, its certificate when asked, and the founding code.

The same again changes nothing and says the same again; nothing that is there is ever overwritten.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from clinic.domain.clock import Clock, Random, SystemClock
from clinic.domain.errors import Refusal, Unavailable
from sync_server.book.where import Where
from sync_server.configuration import (
    FILE,
    Configuration,
    add_book,
    keep_configuration,
    read_configuration,
    said,
)
from sync_server.founding_code import keep_code

TLS = "tls"
_HIDDEN = "It listens to this machine only: say --host 0.0.0.0, unless a proxy stands before it."
_SOON = timedelta(days=60)
_LATER = ("address", "tls_key", "log_level", "log_json", "metrics_key", "relay", "relay_secret")
"""What may be changed in the file without `init` minding."""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The verb's command line."""
    parser = argparse.ArgumentParser(
        prog="posta server init",
        description="Sets up the centre's own side, once; the same again changes nothing.",
    )
    add_book(parser)
    parser.add_argument("--redis", metavar="URL", help="where several servers on one book meet")
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


def run(chosen: argparse.Namespace) -> int:
    """JSON on stdout, one sentence on stderr. Raises Refusal, Unavailable."""
    if chosen.own_certificate and not chosen.name:
        raise Refusal("A certificate is made out to a name: say --name HOST, as computers are to type it.")
    if not 1 <= chosen.port <= 65535:  # 0 would be another one at each start, and the address names it
        raise Refusal("A port is a number from {least} to {most}.", least=1, most=65535)
    try:
        told = _made(chosen, SystemClock(), os.urandom)
    except OSError as error:
        raise Unavailable(
            "Cannot write in {folder} ({why}). Choose another folder with --data.",
            folder=chosen.data,
            why=error.strerror,
        ) from error
    print(json.dumps(told))
    if _hidden(chosen):
        print(_HIDDEN, file=sys.stderr)
    print(_next_step(told, chosen.data), file=sys.stderr)
    return 0


def _hidden(chosen: argparse.Namespace) -> bool:
    """It has a name for others, and listens to this machine only."""
    here = ("localhost", "127.0.0.1", "::1")
    return chosen.host in here and any(name not in here for name in chosen.name)


def _made(chosen: argparse.Namespace, clock: Clock, random: Random) -> dict[str, str]:
    chosen.data.mkdir(parents=True, exist_ok=True)
    if os.name != "nt":
        chosen.data.chmod(0o700)
    there = _agreed(chosen)
    founded = _founded(there.where(chosen.data), random)
    told = {"data": str(chosen.data.absolute())}
    if chosen.own_certificate:
        told |= _certificate(chosen, clock)
    with suppress(FileExistsError):
        keep_configuration(chosen.data, there)
    return (
        told
        | {"address": there.address}
        | ({} if founded else {"founding_code": keep_code(chosen.data, random)})
    )


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


def _agreed(chosen: argparse.Namespace) -> Configuration:
    """What is there, if it says the same; else what is wanted."""
    own = chosen.own_certificate
    wanted = Configuration(
        tls_cert=f"{TLS}/centre.pem" if own else "", tls_key=f"{TLS}/centre.key" if own else "",
        address=_address(chosen), **said(chosen),
    )  # fmt: skip
    there = read_configuration(chosen.data) or wanted
    if replace(there, **{name: getattr(wanted, name) for name in _LATER}) != wanted:
        raise Refusal(
            "{path} says otherwise how this server starts. Say the same, or change it there; nothing was overwritten.",
            path=chosen.data / FILE,
        )
    return there


def _address(chosen: argparse.Namespace) -> str:
    host = chosen.name[0] if chosen.name else chosen.host
    scheme = "https" if chosen.own_certificate else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{chosen.port}"


def _founded(where: Where, random: Random) -> bool:
    """True where an organisation has its book already: nobody needs a code any more."""
    book = where.open(random)
    try:
        return bool(book.counts()["statements"])
    finally:
        book.close()


def _next_step(told: dict[str, str], data: Path) -> str:
    start = f"Start it with 'posta server --data {data}'"
    if "founding_code" not in told:
        return f"{start}; its organisation is founded: everybody else joins with an invitation."
    file = f" --ca {told['authority']}" if "authority" in told else ""
    trust = f" (the authority's fingerprint is {told['fingerprint']})" if "authority" in told else ""
    return (
        f"{start}, then found the organisation from the first computer{trust}: choose “Set up a new organisation” in "
        f"'posta desktop', or run 'posta station found --server {told['address']} --founding-code "
        f"{told['founding_code']}{file} …'."
    )
