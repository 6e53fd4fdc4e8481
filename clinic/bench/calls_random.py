# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta bench calls-random`: short real calls over links as chance draws them, with outages, letters that are lost and engines
that die; none may hang, and the end of each must stand in its encounter.

Several programs side by side (`desktop.duet`), each with both sides of its calls: real call desks, real engine processes, a link
of its own, a real encrypted book. The same seed plans the same calls; what the machine makes of them is its own.
"""

import json
import queue
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from clinic.bench.calling.chance import LIMIT_S, Outcome, planned, shares
from clinic.bench.players import told_by
from clinic.bench.result import Result, percentile

PLAYERS = 3
SILENT_S = 2 * LIMIT_S + 120.0
"""A player that has said nothing for so long hangs itself."""
Tell = Callable[[str], None]


def measure(calls: int, seed: int, players: int = PLAYERS, first: int = 0) -> Iterator[Result]:
    """Each call takes about a quarter of a minute. Every one is told on standard error, with its plan, as it ends."""
    yield from results(list(played(range(first, first + calls), seed, players)))


def results(outcomes: Sequence[Outcome]) -> Iterator[Result]:
    """What is asked of all of them."""
    hanging = [one for one in outcomes if one.hangs]
    unwritten = [one for one in outcomes if one.unwritten]
    ends = {f"'{end or 'no end'}'": float(n) for end, n in Counter(one.end for one in outcomes).items()}
    yield Result(
        "calls that hang",
        len(hanging),
        "",
        0,
        "lower",
        also={"calls": float(len(outcomes))} | _named(hanging),
    )
    yield Result(
        "calls without a written outcome", len(unwritten), "", 0, "lower", also=ends | _named(unwritten)
    )
    took = [one.ended_s for one in outcomes if one.ended_s is not None]
    if took:
        answered = sum(len(one.answered) == 2 for one in outcomes)
        both = sum(len(one.talked) == 2 for one in outcomes)
        yield Result(
            "from hanging up to the end on both sides, most", max(took), "s", LIMIT_S, "lower",
            also={
                "p50": percentile(took, 0.5), "p95": percentile(took, 0.95), "answered": float(answered),
                "media both ways": float(both),
            },
        )  # fmt: skip


def played(
    numbers: Sequence[int], seed: int, players: int = PLAYERS, tell: Tell | None = None
) -> Iterator[Outcome]:
    """As they end."""
    said = tell or (lambda words: print(words, file=sys.stderr, flush=True))
    ended: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
    parts = shares(numbers, players)
    with tempfile.TemporaryDirectory(prefix="posta-chance-", ignore_cleanup_errors=True) as folder:
        threads = [
            threading.Thread(target=_player, args=(part, seed, Path(folder) / str(n), ended.put), name=f"player {n}")
            for n, part in enumerate(parts)
        ]  # fmt: skip
        for thread in threads:
            thread.start()
        running = len(threads)
        while running:
            if (outcome := ended.get()) is None:
                running -= 1
                continue
            said(f"{outcome.number}: {_words(outcome)} | {planned(seed, outcome.number)}")
            yield outcome
        for thread in threads:
            thread.join()


def _player(numbers: Sequence[int], seed: int, folder: Path, put: Callable[[Outcome | None], None]) -> None:
    """Plays its part; where the program falls over or says nothing, that call hangs and another program goes on after it."""
    left, life = list(numbers), 0
    while left:
        for outcome in _one_program(left, seed, folder / str(life)):
            put(outcome)
            left.remove(outcome.number)
        if left:
            put(Outcome(left.pop(0)))
        life += 1
    put(None)


def _one_program(numbers: Sequence[int], seed: int, folder: Path) -> Iterator[Outcome]:
    folder.mkdir(parents=True)
    for line in told_by("desktop.duet", [str(seed), str(folder), *map(str, numbers)], SILENT_S):
        yield Outcome.of(json.loads(line))


def _words(outcome: Outcome) -> str:
    if outcome.hangs:
        return f"HANGS after: {', '.join(outcome.steps) or 'nothing was written'}"
    talked = {0: "no media", 1: "media one way", 2: "talked"}[len(outcome.talked)]
    wrong = f" NOT WRITTEN: {outcome.unwritten}" if outcome.unwritten else ""
    return f"{outcome.end}, {talked}, {outcome.ended_s} s after it was hung up{wrong}"


def _named(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Their numbers, so that they can be played again."""
    return {f"number {n + 1}": float(one.number) for n, one in enumerate(outcomes[:10])}
