# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta bench ui`: the clinician's desktop as it is, with a crowd in its encrypted store, keys pressed by a person that is none.

Cold start: the program, seen through its hands. From the unlocking on: the same window with a stopwatch inside
(`desktop.measured`). A call while records come in: the demo's clinic, a server, a kiosk and a desk in processes of their own
(`clinic.bench.screens.busy`). Targets: docs/benchmarks.md; they are meant for FULL people and a million observations, and a
smaller crowd meets none of them.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from clinic.bench.players import told_by
from clinic.bench.powercut.seats import PASSWORD
from clinic.bench.result import Result, percentile
from clinic.bench.screens.busy import Stalls, stalls_in_a_call
from clinic.bench.screens.crowded import FULL, crowded, password_file
from clinic.bench.start import login_s, window_s
from clinic.domain.errors import Unavailable
from clinic.services.desks import read_slots
from clinic.store.home import Home

CHARTS, WORDS = 200, 40
SILENT_S = 900.0
"""A program that has said nothing for so long is ended."""
STARTS = 5
MS = {"charts": "from Enter to the chart on the screen, p95", "vitals": "the chart of ten years of vitals painted, p95",
      "finder": "from a key in the finder to the people found, p95",
      "texts": "from a key in the search of all texts to the finds, p95"}  # fmt: skip
Told = Mapping[str, Any]


def measure(
    people: int, starts: int = STARTS, charts: int = CHARTS, words: int = WORDS, call: bool = True
) -> Iterator[Result]:
    """A quarter of an hour; the first time five minutes more, for the crowd. Raises Unavailable."""
    home = crowded(people, lambda said: print(said, file=sys.stderr, flush=True))
    file = password_file(home)
    yield sized(started([login_s(home) for _ in range(starts)], [window_s() for _ in range(starts)]), people)
    unlocks = [_unlocked(str(home), str(file), people) for _ in range(starts)]
    yield sized(unlocked(unlocks, _stretch_s(Home(home))), people)
    for line in _played(str(home), str(file), people, charts, words):
        if line["what"] != "unlock":
            yield sized(judged(line), people)
    if call:
        yield from stalled(stalls_in_a_call())


def sized(result: Result, people: int) -> Result:
    """As it is for a full store; for a smaller one it is told and counts for nothing."""
    if people >= FULL:
        return result
    small = f"{result.value:.4g} {result.unit} with {people:,} patients; the target is for {FULL:,}"
    return replace(result, absent=small)


def started(times: Sequence[float], bare: Sequence[float]) -> Result:
    """Seconds of each start, and of an empty window's."""
    return Result(
        "cold start to the login, median", percentile(times, 0.5), "s", 1.5, "lower", percentile(bare, 0.5),
        also={"most": max(times)},
    )  # fmt: skip


def unlocked(times: Sequence[float], floor_s: float) -> Result:
    """`times`, `floor_s`: seconds; the floor is what the password's stretching takes by itself."""
    return Result(
        "from the password to Today, median",
        percentile(times, 0.5),
        "s",
        1.0,
        "lower",
        floor_s,
        also={"most": max(times)},
    )


def judged(line: Told) -> Result:
    """One line of `desktop.measured`. Raises Unavailable for what is none."""
    try:
        if line["what"] == "memory":
            return Result(
                f"memory of the desktop after {line['charts']} charts", line["mb"], "MB", 400, "lower",
                also={"MB of the call engine beside it": line["beside_mb"]},
            )  # fmt: skip
        took, alone = line["ms"], line["alone_ms"]
        also = {"median": percentile(took, 0.5), "most": max(took), "times": float(len(took))}
        if line["processor_ms"]:
            also["ms of the processor, median"] = percentile(line["processor_ms"], 0.5)
        if "readings" in line:
            also["readings"] = float(line["readings"])
        return Result(
            MS[line["what"]], percentile(took, 0.95), "ms", 100, "lower", percentile(alone, 0.95), also=also
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Unavailable(
            "The desktop said something that is no measurement: {line}", line=str(line)[:80]
        ) from error


def stalled(stalls: Stalls | str) -> Iterator[Result]:
    """What the desktop's own pulse says of a call while records come in; a sentence where there was none."""
    names = (
        "the screen late in a call while records come in, p99",
        "the screen late in a call while records come in, most",
    )
    limits = (16, 50)
    if isinstance(stalls, str):
        yield from (
            Result(name, 0, "ms", limit, "lower", absent=stalls)
            for name, limit in zip(names, limits, strict=True)
        )
        return
    also = {"beats": float(stalls.beats), "records that came in": float(stalls.records)}
    yield Result(names[0], stalls.p99_ms, "ms", limits[0], "lower", stalls.call_p99_ms, also=also)
    yield Result(names[1], stalls.max_ms, "ms", limits[1], "lower", stalls.call_max_ms, also=also)


def _played(*words: object) -> Iterator[Told]:
    for line in told_by("desktop.measured", [str(word) for word in words], SILENT_S):
        yield json.loads(line)


def _unlocked(*words: object) -> float:
    """Seconds, by a program of its own."""
    for line in _played(*words, 0, 0):
        return float(line["ms"][0]) / 1000
    raise Unavailable("The desktop could not be unlocked.")


def _stretch_s(home: Home) -> float:
    slots = read_slots(home)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        slots.open(PASSWORD)
        took.append(time.perf_counter() - began)
    return min(took)
