# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m clinic.bench.powercut.worker LOAD SIZE`: does one kind of work in a home, under a watched disk.

Its standard input is the pickled seat, so that no password's time is spent. What was acknowledged goes into the log of
the disk, at its place in the order of things.
"""

import pickle
import sys
from pathlib import Path

from clinic.bench.powercut.loads import LOADS, Acknowledged, migration
from clinic.bench.powercut.shim import Control


def main(load: str, size: str, path: str = "", key: str = "") -> None:
    control = Control()

    def tell(told: Acknowledged) -> None:
        control.mark(told.line())

    if load == "migration":
        migration(Path(path), bytes.fromhex(key), tell)
    else:
        LOADS[load](pickle.load(sys.stdin.buffer), tell, int(size))


if __name__ == "__main__":
    main(*sys.argv[1:])
