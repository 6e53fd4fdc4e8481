# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m clinic.showcase.prepare`: fills the administrator's store with invented people and sends them
to the centre.

Prints one JSON line: how many people and facts, the id of the visit's patient. Her card's text goes to
`--card FILE` (mode 0600).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.services.link import exchange_now
from clinic.services.sitting import open_desk
from clinic.services.syncing import sync_status
from clinic.showcase.ending import told
from clinic.showcase.load import load_clinic


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, 3 (refused) or 4 (unavailable) with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m clinic.showcase.prepare", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--card", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    return told(lambda: _fill(chosen))


def _fill(chosen: argparse.Namespace) -> dict[str, object]:
    desk = open_desk(
        chosen.home, chosen.password_file.read_text(encoding="utf-8").strip(), SystemClock(), os.urandom
    )
    try:
        loaded = load_clinic(desk, chosen.people, chosen.seed)
        descriptor = os.open(chosen.card, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(loaded.card)
        while sync_status(desk).waiting:
            exchange_now(desk)
        return {"people": loaded.people, "facts": loaded.facts, "patient": loaded.patient}
    finally:
        desk.close()


if __name__ == "__main__":
    sys.exit(main())
