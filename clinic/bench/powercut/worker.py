# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m clinic.bench.powercut.worker LOAD HOME SIZE`: does one kind of work in a home, under a watched disk.

What was acknowledged goes into the log of the disk, at its place in the order of things.
"""

import sys
from pathlib import Path

from clinic.bench.powercut.loads import LOADS, Acknowledged, migration
from clinic.bench.powercut.seats import PASSWORD, Seat
from clinic.bench.powercut.shim import Control
from clinic.services.desks import read_slots
from clinic.store.home import Home


def main(load: str, path: str, size: str, key: str = "") -> None:
    control = Control()

    def tell(told: Acknowledged) -> None:
        control.mark(told.line())

    if load == "migration":
        migration(Path(path) / "book.db", bytes.fromhex(key), tell)
        return
    seat = Seat(Path(path), read_slots(Home(Path(path))).open(PASSWORD))
    LOADS[load](seat, tell, int(size))


if __name__ == "__main__":
    main(*sys.argv[1:])
