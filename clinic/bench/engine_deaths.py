# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta bench engine-deaths`: the engine of a call dies in every phase and in every way while somebody types the note.

A program with the real page of a visit, a real encrypted book, two call desks and real engines (`desktop.dying`); what it says
of each death is judged here.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from clinic.bench.dying import BACK_S, LATE_MS, WAYS, Death, here, planned, words
from clinic.bench.players import told_by
from clinic.bench.result import Result, percentile

SILENT_S = 240.0
_NOT_THERE = "deaths after which the call was not where it was"


def measure() -> Iterator[Result]:
    """About eleven minutes. Every death is told on standard error as it ends."""
    pairs = list(planned())
    if not here():
        yield Result(
            _NOT_THERE,
            0,
            "",
            0,
            "lower",
            absent="this system has no such signals",
        )
        return
    yield from results(list(died(pairs)), len(pairs))


def results(deaths: Sequence[Death], planned_for: int) -> Iterator[Result]:
    """What is asked of all of them; one of which nothing was heard counts as lost."""
    unheard = planned_for - len(deaths)
    wrong = [one for one in deaths if not one.carries_on]
    yield Result(
        _NOT_THERE, len(wrong) + unheard, "", 0, "lower",
        also={"deaths": float(planned_for)} | words(wrong),
    )  # fmt: skip
    lost = [one for one in deaths if one.lost]
    yield Result(
        "characters typed meanwhile that are not in the book", sum(one.lost for one in deaths), "", 0, "lower",
        also=words(lost),
    )  # fmt: skip
    yield from _slowest("another engine, slowest", deaths, {one: one.back_s for one in deaths})
    yield from _slowest("voice and picture again, slowest", deaths, {one: one.carries_s for one in deaths})
    late = [ms for one in deaths for ms in one.late_ms]
    if late:
        yield Result(
            "the screen late, p99", percentile(late, 0.99), "ms", LATE_MS, "lower",
            also={"p50": percentile(late, 0.5), "most": max(late)},
        )  # fmt: skip


def _slowest(measure: str, deaths: Sequence[Death], took: dict[Death, float | None]) -> Iterator[Result]:
    known = {one: s for one, s in took.items() if s is not None}
    if known:
        by_way = {way: max((s for one, s in known.items() if one.way == way), default=0.0) for way in WAYS}
        yield Result(measure, max(known.values()), "s", BACK_S, "lower", also=by_way)


def died(pairs: Sequence[tuple[str, str]]) -> Iterator[Death]:
    """As they end; a program that falls over is followed by another for what is left."""
    left = list(pairs)
    with tempfile.TemporaryDirectory(prefix="posta-dying-", ignore_cleanup_errors=True) as folder:
        for life in range(len(pairs)):
            if not left:
                return
            before = len(left)
            for death in _one_program(Path(folder) / str(life), left):
                print(
                    f"{death.phase}, {death.way}: back {death.back_s} s, carries {death.carries_s} s, then {death.end}",
                    file=sys.stderr, flush=True,
                )  # fmt: skip
                left.remove((death.phase, death.way))
                yield death
            if len(left) == before:
                left.pop(0)


def _one_program(folder: Path, pairs: Sequence[tuple[str, str]]) -> Iterator[Death]:
    folder.mkdir(parents=True)
    for line in told_by("desktop.dying", [str(folder), *(word for pair in pairs for word in pair)], SILENT_S):
        yield Death.of(json.loads(line))
