# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery sheets: print three, come back with any two."""

import json
import os
import sys
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.domain.clock import SystemClock
from clinic.station.command import Add, authority, beside, opened, password, password_in, text_in

if TYPE_CHECKING:
    from clinic.services.recovery import MadeSheets


def add_verbs(add: Add) -> None:
    making = add("recovery-sheets", _make, "write three sheets to print; any two of them set a new password")
    making.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where to print from: a USB stick"
    )
    making.add_argument("--lang", choices=("es", "en", "pt"), default="es")
    using = add("recover", _recover, "set a new password with two recovery sheets")
    using.add_argument(
        "--sheet",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="text of a sheet's QR code, or its words; twice",
    )
    using.add_argument("--new-password-file", type=Path, required=True, metavar="FILE")

    taking = add(
        "take-over",
        _take_over,
        "all administrators are lost: become one, with two of the organisation's sheets",
    )
    taking.add_argument("--server", required=True, metavar="URL")
    taking.add_argument("--admin", required=True, metavar="NAME", help="your name as colleagues know it")
    taking.add_argument("--device-name", default="Station")
    taking.add_argument(
        "--sheet", type=Path, action="append", default=[], metavar="FILE", help="as for recover; twice"
    )
    taking.add_argument("--reason", required=True, help="why; everybody in the organisation can read it")
    taking.add_argument(
        "--sheets", type=Path, required=True, metavar="DIR", help="where to write the new sheets"
    )
    taking.add_argument("--lang", choices=("es", "en", "pt"), default="es")
    taking.add_argument(
        "--ca", type=Path, metavar="FILE", help="certificate of the clinic's own authority (PEM)"
    )

    keeping = add(
        "escrow-sheets",
        _escrow,
        "at a custodian's station: write its key as three sheets; any two give it back",
    )
    keeping.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where to print from: a USB stick"
    )
    keeping.add_argument("--lang", choices=("es", "en", "pt"), default="es")
    again = add(
        "escrow-recover",
        _escrow_again,
        "at a new custodian's station: read on, with two sheets of the old one",
    )
    again.add_argument(
        "--sheet", type=Path, action="append", default=[], metavar="FILE", help="as for recover; twice"
    )


def _escrow(chosen: Namespace) -> int:
    from clinic.services.paper_keys import escrow_sheets

    with opened(chosen) as desk:
        made = escrow_sheets(desk, password(chosen), chosen.out, chosen.lang, beside(chosen)[2])
    return _made(made)


def _escrow_again(chosen: Namespace) -> int:
    from clinic.services.paper_keys import take_up_escrow

    with opened(chosen) as desk:
        print(json.dumps({"teams": take_up_escrow(desk, _two_sheets(chosen))}))
    print(
        "Make sheets of this station now: posta station escrow-sheets. Then revoke the old one.",
        file=sys.stderr,
    )
    return 0


def _take_over(chosen: Namespace) -> int:
    from clinic.services.root_sheets import take_over

    desk = take_over(
        chosen.home, chosen.server, _two_sheets(chosen), chosen.admin, password(chosen), chosen.device_name, chosen.reason,
        chosen.sheets, chosen.lang, SystemClock(), os.urandom, authority(chosen.ca),
    )  # fmt: skip
    with closing(desk):
        print(json.dumps({"administrator": desk.someone.name, "device": desk.device}, ensure_ascii=False))
    print(
        "The old sheets count no more. Print the new ones, then invite colleagues and revoke what was lost.",
        file=sys.stderr,
    )
    return 0


def _make(chosen: Namespace) -> int:
    from clinic.services.recovery import make_sheets

    with opened(chosen) as desk:
        made = make_sheets(desk, password(chosen), chosen.out, chosen.lang, beside(chosen)[2])
    return _made(made)


def _recover(chosen: Namespace) -> int:
    from clinic.services.recovery import recover

    new = password_in(chosen.new_password_file, "--new-password-file")
    name = recover(chosen.home, _two_sheets(chosen), new, SystemClock(), os.urandom)
    print(json.dumps({"recovered": name}, ensure_ascii=False))
    print("Make new sheets now: posta station recovery-sheets.", file=sys.stderr)
    return 0


def _two_sheets(chosen: Namespace) -> list[str]:
    """What stands on them: in files, scanned or typed."""
    return [text_in(path, "--sheet") for path in chosen.sheet] or [_typed("first"), _typed("second")]


def _made(made: "MadeSheets") -> int:
    print(json.dumps({"set": made.mark, "files": [str(file) for file in made.files]}, ensure_ascii=False))
    print("Print them, give them to three people, then delete the files.", file=sys.stderr)
    return 0


def _typed(which: str) -> str:
    print(
        f"Scan the QR code of the {which} sheet, or type its words on one line.", file=sys.stderr, flush=True
    )
    return sys.stdin.readline()
