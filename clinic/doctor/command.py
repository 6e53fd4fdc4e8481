# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the doctor. What needs a library is loaded when it is needed: one may be what is missing."""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.doctor.finding import Finding, line_of
from clinic.doctor.machine import examine
from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from clinic.doctor.rescue import Rescued
    from clinic.keys.slots import Opened, Slots
    from clinic.store.home import Home


def main(arguments: Sequence[str]) -> int:
    """Print the findings; 0: everything necessary is there, 1: something is missing or damaged.

    Raises Refusal for a wrong password, Unavailable for the disk.
    """
    chosen = _parser().parse_args(arguments)
    if chosen.salvage is not None:
        return _salvage(chosen)
    right = True
    for finding in _findings(chosen):
        print(
            json.dumps(asdict(finding), ensure_ascii=False) if chosen.json else line_of(finding), flush=True
        )
        right = right and (finding.ok or not finding.necessary)
    return 0 if right else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="posta doctor",
        description="Is this computer fit for Posta, and is what a profile keeps whole? Never deletes anything. "
        "Exit code 1: something necessary is missing or damaged.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--home",
        type=Path,
        default=Path.home(),
        metavar="DIR",
        help="folder of the profile, or where one would be (default: your home folder)",
    )
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="file with the password, to look into the book; - reads standard input",
    )
    parser.add_argument("--security-key", action="store_true", help="touch the security key plugged in here")
    parser.add_argument(
        "--salvage",
        type=Path,
        metavar="NEW",
        help="make a new profile in this folder out of what can be read",
    )
    return parser


def _findings(chosen: argparse.Namespace) -> Iterator[Finding]:
    whole = True
    for finding in examine(chosen.home):
        whole = whole and (finding.ok or finding.name not in ("sqlite", "libsodium"))
        yield finding
    if whole:
        yield from _profile(chosen)


def _profile(chosen: argparse.Namespace) -> Iterator[Finding]:
    from clinic.doctor.inside import inside
    from clinic.doctor.profile import outside, read_copies
    from clinic.store.home import Home

    home = Home(chosen.home)
    if not home.enrolled:
        return
    yield from outside(home)
    slots = read_copies(home).slots
    if slots is None or not home.book.exists():
        return
    opened = _opened(chosen, home, slots)
    if opened is None:
        yield Finding(
            "inside",
            False,
            False,
            "not looked at: the book is sealed",
            "give --password-file FILE to look into it",
        )
        return
    yield from inside(home, opened, SystemClock().now())


def _opened(chosen: argparse.Namespace, home: "Home", slots: "Slots") -> "Opened | None":
    """The key, by password or by the key file of an unattended device; None if neither is here."""
    from clinic.services.sitting import KEY_FILE
    from clinic.station.command import password_in, security_key

    if chosen.password_file is not None:
        factor = security_key() if chosen.security_key else None
        return slots.open(password_in(chosen.password_file, "--password-file"), factor=factor)
    try:
        return slots.open_with_key((home.path / KEY_FILE).read_bytes())
    except OSError:
        return None


def _salvage(chosen: argparse.Namespace) -> int:
    from clinic.doctor.profile import read_copies
    from clinic.doctor.rescue import rescue
    from clinic.store.home import Home

    home = Home(chosen.home)
    slots = read_copies(home).slots if home.enrolled else None
    if slots is None:
        raise Unavailable("The ways into this profile are lost: nothing can be opened. Restore a backup.")
    opened = _opened(chosen, home, slots)
    if opened is None:
        raise Refusal(
            "Say where the password is: {option} FILE, or - for standard input.", option="--password-file"
        )
    done = rescue(home, slots, opened, chosen.salvage, SystemClock(), os.urandom)
    for line in [json.dumps(asdict(done), default=str)] if chosen.json else _told(done, chosen.salvage):
        print(line)
    whole = done.usable and not done.salvaged.missing and done.salvaged.all_missing_named
    return 0 if whole else 1


def _told(done: "Rescued", to: Path) -> Iterator[str]:
    """The rescue in words; the whole list is kept, sealed, in the new book."""
    salvaged = done.salvaged
    yield f"{salvaged.ops} entries and {sum(salvaged.rows.values())} other rows are in {to}."
    if not salvaged.checked:
        yield "The first page was lost: the others could not be checked, and may hold what was not written there."
    for lost in salvaged.lost:
        yield f"damaged: page {lost.page}, {lost.what}"
    for missing in salvaged.missing:
        whose = f", patient {missing.patient}, {missing.at:%Y-%m-%d}" if missing.at else ""
        yield f"missing: entry {missing.op}{whose}"
    if not salvaged.all_missing_named:
        yield "There may be more entries missing than can be named."
    for table in salvaged.incomplete:
        if table != "op":
            yield f"perhaps incomplete: {table}"
    if done.usable:
        yield "What the centre holds comes back with the next exchange. Keep the old folder until you have looked."
    else:
        yield f"The new profile cannot be used to write yet: {done.why}"
