# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts, full and broken disks, kill -9: how many of each the book has been through, and what was lost.

The targets: of everything acknowledged nothing is lost, nothing is half done, and every book opens by itself.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from clinic.bench.powercut import cuts, faults, full, kills, seats, shim
from clinic.bench.powercut.cuts import Outcome
from clinic.bench.powercut.loads import LOADS
from clinic.bench.result import Result

OLD_BOOKS, OLD_KEY = Path(__file__).parents[2] / "tests" / "history", bytes(range(32))
"""Books that earlier versions wrote; only a checkout has them."""
SIZE = 18
"""Acknowledged writes of a load, about."""


def measure(images: int, rounds: int, seed: int) -> Iterator[Result]:
    """About `images` images over all loads, and so many kills. Raises CannotTry without a C compiler."""
    with tempfile.TemporaryDirectory(prefix="posta-crash-") as folder:
        yield from _measured(Path(folder), images, rounds, seed)


def _measured(folder: Path, images: int, rounds: int, seed: int) -> Iterator[Result]:
    library, town = shim.build(folder), seats.founded(folder)
    recordings = [cuts.recorded(load, town, folder / load, library, SIZE) for load in LOADS]
    recordings += [_migrated(old, folder, library) for old in sorted(OLD_BOOKS.glob("book-*.db"))]
    failures, failing = faults.failed(town, folder / "failing", library)
    outcomes = cuts.proven([*recordings, failing], seed, images)
    yield from map(_faults, outcomes)
    yield Result("images opened", sum(one.images for one in outcomes), "", images, "higher")
    yield Result("acknowledged writes in them", sum(one.told for one in outcomes), "", 100, "higher")
    wrong = [f"{one.act}, disk {one.disk}, call {one.nth}: {one.wrong}" for one in failures if one.wrong]
    yield _faults(Outcome("n-th call fails", len(failures), 0, 0, tuple(wrong)))
    killed = kills.killed(town, folder / "kills", rounds, seed)
    yield _faults(killed)
    yield Result("kill -9 under load", killed.images, "", rounds, "higher")
    yield Result("acknowledged writes before a kill", killed.told, "", rounds, "higher")
    if not full.namespace():
        print("A full disk was not tried: no file system may be mounted here.", file=sys.stderr)
        return
    (folder / "full").mkdir()
    filled = full.filled(folder / "full")
    yield _faults(Outcome("full disk", 1, 0, filled.told, filled.faults))


def _migrated(old: Path, folder: Path, library: Path) -> cuts.Recording:
    return cuts.migrated(old, OLD_KEY, ops_of(old), folder / old.stem, library)


def ops_of(old: Path) -> int:
    """How many ops the program that wrote it read in an old book."""
    return int(json.loads(old.with_suffix(".json").read_text())["ops"])


def _faults(outcome: Outcome) -> Result:
    """Their number; what they are goes to stderr."""
    for fault in outcome.faults[:20]:
        print(fault, file=sys.stderr)
    return Result(f"{outcome.load}, {outcome.images:,} times: faults", len(outcome.faults), "", 0, "lower")
