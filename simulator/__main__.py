# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta simulate`: plays seeds and says which of them broke something. Exit codes: 0 none, 1 some, 2 wrong use."""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from simulator.cast import Templates
from simulator.first_day import FirstDays
from simulator.play import Outcome, run

_MEMORY = Path("/dev/shm")
"""A disk that forgets nothing within a run and waits for no platter."""


def main(arguments: Sequence[str] | None = None) -> int:
    told = _parser().parse_args(arguments)
    seeds = [told.seed] if told.seed is not None else list(range(told.first, told.first + told.seeds))
    logging.disable(logging.CRITICAL)
    began, bad = time.monotonic(), 0
    with tempfile.TemporaryDirectory(
        dir=_MEMORY if _MEMORY.is_dir() else None, prefix="posta-sim-"
    ) as folder:
        days = FirstDays(Templates(Path(folder) / "templates"))
        for seed in seeds:
            outcome = run(seed, days, Path(folder) / f"seed-{seed}")
            bad += bool(outcome.broken)
            _tell(outcome, told.trace)
    print(f"{len(seeds)} seeds, {bad} broken, {time.monotonic() - began:.1f} s")
    return 1 if bad else 0


def _tell(outcome: Outcome, trace: bool) -> None:
    if trace:
        print("\n".join(outcome.trace))
    for line in outcome.broken:
        print(f"seed {outcome.seed}: {line}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="posta simulate", description="Plays whole organisations with everything going wrong."
    )
    parser.add_argument("--seeds", type=int, default=100, help="how many (100)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (1)")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--trace", action="store_true", help="print what happened")
    return parser


if __name__ == "__main__":
    sys.exit(main())
