# SPDX-License-Identifier: GPL-3.0-or-later
"""Founding an organisation, and letting people and computers into it."""

import json
import os
import sys
from argparse import Namespace
from contextlib import closing
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.domain.ids import ADMINISTRATORS, AUDITORS, TeamId
from clinic.keys.glass import ADMIN_TEAM, AUDIT_TEAM
from clinic.protocol.trust import DeviceKind, Role
from clinic.services import organising
from clinic.services.enrolment import Admission, admit, invite, join
from clinic.services.founding import found_organization
from clinic.services.link import exchange_now
from clinic.services.short_codes import shorten
from clinic.station.command import Add, authority, opened, password
from clinic.station.organising import team_in

_CA = "certificate of the clinic's own authority (PEM): from now on no other is believed"


def add_verbs(add: Add) -> None:
    founding = add("found", _found, "found an organisation on a new server, with this computer as its first")
    founding.add_argument("--server", required=True, metavar="URL")
    founding.add_argument("--name", required=True, help="the organisation's name")
    founding.add_argument("--admin", required=True, help="the first administrator's name")
    founding.add_argument("--device-name", default="Station")
    founding.add_argument(
        "--sheets",
        type=Path,
        metavar="DIR",
        help="where to write the organisation's three recovery sheets (PDF)",
    )
    founding.add_argument("--lang", choices=("es", "en", "pt"), default="es", help="language of the sheets")
    founding.add_argument("--ca", type=Path, metavar="FILE", help=_CA)
    founding.add_argument(
        "--founding-code", default="", metavar="CODE", help="what 'posta server init' printed, where it did"
    )
    inviting = add("invite", _invite, "print an invitation code for one new device (single use, 24 h)")
    inviting.add_argument("--role", choices=[str(role) for role in Role], default=str(Role.CLINICIAN))
    inviting.add_argument(
        "--kind", choices=[str(kind) for kind in DeviceKind], default=str(DeviceKind.DESKTOP)
    )
    inviting.add_argument(
        "--team",
        default="",
        metavar="NAME",
        help="whose records that computer works with; if not said, Administration for administrators, Audit for compliance "
        "officers, else this computer's; "
        "Administration and Audit have no patients",
    )
    inviting.add_argument(
        "--short", action="store_true", help="a code of 16 symbols, to be typed with the address"
    )
    admitting = add("admit", _admit, "wait for a newcomer, compare the six digits, let her in")
    admitting.add_argument(
        "--yes", action="store_true", help="do not ask (only where both screens are the same person's)"
    )
    admitting.add_argument("--once", action="store_true", help="accepted for clarity: one newcomer a call")
    admitting.add_argument("--timeout", type=float, default=600, metavar="SECONDS")
    joining = add("join", _join, "enrol this computer with an invitation code")
    joining.add_argument("--code", required=True)
    joining.add_argument("--server", default="", metavar="URL", help="where a short code lies")
    joining.add_argument("--name", default="", help="your name as colleagues know it")
    joining.add_argument("--device-name", default="Posta")
    joining.add_argument("--timeout", type=float, default=600, metavar="SECONDS")
    joining.add_argument("--ca", type=Path, metavar="FILE", help=_CA)


def _found(chosen: Namespace) -> int:
    desk = found_organization(
        chosen.home,
        chosen.server,
        chosen.name,
        chosen.admin,
        password(chosen),
        chosen.device_name,
        SystemClock(),
        os.urandom,
        authority=authority(chosen.ca),
        sheets=chosen.sheets,
        language=chosen.lang,
        code=chosen.founding_code,
    )
    with closing(desk):
        exchange_now(desk)
        said = _SHEETS.format(folder=chosen.sheets) if chosen.sheets else _NO_SHEETS
        print(said, file=sys.stderr)
        print(
            json.dumps(
                {
                    "organization": desk.trust.organization().name,
                    "fingerprint": desk.trust.fingerprint.hex(),
                    "device": desk.device,
                }
            )
        )
    return 0


_SHEETS = "Print the three sheets in {folder}, give them to three people, delete the files."
_NO_SHEETS = "No recovery sheets: if all administrators are lost, nobody can be let in. See --sheets."


_CHARTLESS: dict[str, TeamId] = {AUDIT_TEAM: AUDITORS, ADMIN_TEAM: ADMINISTRATORS}


def _invite(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        found = organising.organisation(desk, ask_centre=False)
        team = (_CHARTLESS.get(chosen.team) or team_in(found, chosen.team)) if chosen.team else None
        code = invite(desk, Role(chosen.role), DeviceKind(chosen.kind), team=team)
        print(shorten(desk, code) if chosen.short else code)
    return 0


def _admit(chosen: Namespace) -> int:
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

    with opened(chosen) as desk:
        print(json.dumps({"admitted": admit(desk, compare, chosen.timeout)}), flush=True)
    return 0


def _join(chosen: Namespace) -> int:
    secret = password(chosen) if chosen.password_file else ""
    joining = join(
        chosen.home, chosen.code, chosen.name, secret, chosen.device_name, SystemClock(), os.urandom,
        authority(chosen.ca), chosen.server,
    )  # fmt: skip
    print(json.dumps({"digits": joining.digits}), flush=True)
    joining.wait(chosen.timeout)
    print(json.dumps({"joined": True}), flush=True)
    return 0
