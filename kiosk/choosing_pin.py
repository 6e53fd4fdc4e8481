# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta kiosk --home DIR --staff-pin`: another staff PIN for a kiosk whose screens are closed, by whoever has its computer."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from getpass import getpass
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.domain.errors import PostaError, Refusal
from clinic.services.sitting import open_kiosk
from clinic.services.staff_pin import set_staff_pin
from clinic.store.home import Home
from desktop.kit.words import _, set_language, tell

REFUSED = 3


def main(home: Path, language: str) -> int:
    """0: it is set; 3: it was refused, after a sentence."""
    set_language(language)
    try:
        with Home(home).hold(), closing(open_kiosk(home, SystemClock(), os.urandom)) as desk:
            set_staff_pin(desk, _typed())
    except PostaError as error:
        sys.stderr.write(tell(error) + "\n")
        return REFUSED
    sys.stdout.write(_("The staff PIN is another one from now on.") + "\n")
    return 0


def _typed() -> str:
    """Twice by a person, once by a program."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    pin = getpass(_("Type the new staff PIN, 6 to 12 digits") + ": ")
    if getpass(_("Type the new PIN once more") + ": ") != pin:
        raise Refusal("That was another one. Type the new PIN once more from the beginning.")
    return pin
