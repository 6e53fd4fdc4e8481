# SPDX-License-Identifier: GPL-3.0-or-later
"""The headless station: everything a clinic does that needs no screen. `posta station VERB --help` says how."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import PatientId
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.desks import KEY_FILE, Desk, open_desk, open_kiosk
from clinic.services.enrolment import Admission, admit, found_organization, invite, join
from clinic.services.link import exchange_now
from clinic.services.syncing import sync_status
from clinic.sync.settled import state_hash

Verb = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 2 wrong use, 3 refused, 4 unavailable, 70 a bug."""
    chosen = _parser().parse_args(arguments)
    verb: Verb = chosen.verb
    try:
        return verb(chosen)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 3
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 130
    except Exception as bug:
        logging.getLogger("posta").debug("bug in the station", exc_info=True)
        print(
            f"This is a fault in Posta ({type(bug).__name__}): please report it with what you typed.",
            file=sys.stderr,
        )
        return 70


def _found(chosen: argparse.Namespace) -> int:
    desk = found_organization(
        chosen.home,
        chosen.server,
        chosen.name,
        chosen.admin,
        _password(chosen),
        chosen.device_name,
        SystemClock(),
        os.urandom,
    )
    with _closing(desk):
        exchange_now(desk)
        print(
            json.dumps(
                {
                    "organization": chosen.name,
                    "fingerprint": desk.trust.fingerprint.hex(),
                    "device": desk.device,
                }
            )
        )
    return 0


def _invite(chosen: argparse.Namespace) -> int:
    with _closing(_open(chosen)) as desk:
        print(invite(desk, Role(chosen.role), DeviceKind(chosen.kind)))
    return 0


def _admit(chosen: argparse.Namespace) -> int:
    def compare(newcomer: Admission) -> bool:
        print(
            json.dumps(
                {
                    "digits": newcomer.digits,
                    "name": newcomer.name,
                    "role": newcomer.role,
                    "device": newcomer.device_name,
                }
            ),
            flush=True,
        )
        print(
            "Are these the six digits on the new computer's screen? Type yes or no.",
            file=sys.stderr,
            flush=True,
        )
        return chosen.yes or sys.stdin.readline().strip().lower() in ("yes", "y", "sí", "si", "sim")

    with _closing(_open(chosen)) as desk:
        print(json.dumps({"admitted": admit(desk, compare, chosen.timeout)}), flush=True)
    return 0


def _join(chosen: argparse.Namespace) -> int:
    password = _password(chosen) if chosen.password_file else ""
    joining = join(
        chosen.home, chosen.code, chosen.name, password, chosen.device_name, SystemClock(), os.urandom
    )
    print(json.dumps({"digits": joining.digits}), flush=True)
    joining.wait(chosen.timeout)
    print(json.dumps({"joined": True}), flush=True)
    return 0


def _sync(chosen: argparse.Namespace) -> int:
    with _closing(_open(chosen)) as desk:
        exchange_now(desk)
        return _print_status(desk)


def _status(chosen: argparse.Namespace) -> int:
    with _closing(_open(chosen)) as desk:
        return _print_status(desk)


def _print_status(desk: Desk) -> int:
    status = sync_status(desk)
    print(json.dumps({
        "waiting": status.waiting, "acknowledged": status.acknowledged, "refused": status.refused,
        "quarantined": status.quarantined, "received": status.received,
        "last_exchange_at": status.last_exchange_at.isoformat() if status.last_exchange_at else None,
        "people": desk.book.read(lambda page: page.count_people()), "ops": desk.book.read(lambda page: page.count_ops()),
    }))  # fmt: skip
    return 0


def _digest(chosen: argparse.Namespace) -> int:
    """Two computers that print the same line hold the same chart, byte for byte."""
    with _closing(_open(chosen)) as desk:
        patient = PatientId(chosen.patient)
        ops = desk.book.read(lambda page: tuple(page.ops(patient)))
        bodies = desk.book.read(lambda page: page.bodies(patient))
        hashed = blake2b(digest_size=32)
        for body in bodies:
            hashed.update(blake2b(body, digest_size=32).digest())
        print(
            json.dumps(
                {
                    "patient": patient,
                    "ops": len(ops),
                    "facts": len(bodies),
                    "ops_hash": state_hash(ops).hex(),
                    "facts_hash": hashed.hexdigest(),
                }
            )
        )
    return 0


class _closing:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __enter__(self) -> Desk:
        return self._desk

    def __exit__(self, *exc: object) -> None:
        self._desk.close()


def _open(chosen: argparse.Namespace) -> Desk:
    if chosen.password_file is None and (chosen.home / KEY_FILE).exists():
        return open_kiosk(chosen.home, SystemClock(), os.urandom)
    return open_desk(chosen.home, _password(chosen), SystemClock(), os.urandom)


def _password(chosen: argparse.Namespace) -> str:
    if chosen.password_file is None:
        raise Refusal("Say where the password is: --password-file FILE, or - for standard input.")
    if str(chosen.password_file) == "-":
        return sys.stdin.readline().rstrip("\n")
    try:
        return str(chosen.password_file.read_text(encoding="utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(
            "The password file {path} cannot be read. It is plain text in UTF-8.", path=chosen.password_file
        ) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="posta station", description="Everything a clinic does that needs no screen."
    )
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    def add(name: str, verb: Verb, help: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=help, description=help)
        one.add_argument(
            "--home", type=Path, required=True, metavar="DIR", help="folder of this device's profile"
        )
        one.add_argument(
            "--password-file",
            type=Path,
            metavar="FILE",
            help="file with the password; - reads standard input",
        )
        one.set_defaults(verb=verb)
        return one

    founding = add("found", _found, "found an organisation on a new server, with this computer as its first")
    founding.add_argument("--server", required=True, metavar="URL")
    founding.add_argument("--name", required=True, help="the organisation's name")
    founding.add_argument("--admin", required=True, help="the first administrator's name")
    founding.add_argument("--device-name", default="Station")
    inviting = add("invite", _invite, "print an invitation code for one new device (single use, 24 h)")
    inviting.add_argument("--role", choices=[str(role) for role in Role], default=str(Role.CLINICIAN))
    inviting.add_argument(
        "--kind", choices=[str(kind) for kind in DeviceKind], default=str(DeviceKind.DESKTOP)
    )
    inviting.add_argument("--name", default="", help="for whom (only shown here)")
    admitting = add("admit", _admit, "wait for a newcomer, compare the six digits, let her in")
    admitting.add_argument(
        "--yes", action="store_true", help="do not ask (only where both screens are the same person's)"
    )
    admitting.add_argument("--once", action="store_true", help="accepted for clarity: one newcomer a call")
    admitting.add_argument("--timeout", type=float, default=600, metavar="SECONDS")
    joining = add("join", _join, "enrol this computer with an invitation code")
    joining.add_argument("--code", required=True)
    joining.add_argument("--name", default="", help="your name as colleagues know it")
    joining.add_argument("--device-name", default="Posta")
    joining.add_argument("--timeout", type=float, default=600, metavar="SECONDS")
    add("sync", _sync, "exchange with the centre until nothing waits")
    add("status", _status, "counts: what waits, what is acknowledged, what was refused")
    digest = add("digest", _digest, "hash of everything held about one patient")
    digest.add_argument("--patient", required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
