# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech over the links of the clinic, reckoned (`clinic.bench.talk`): how it sounds and how late it is."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clinic.bench.calling import judge
from clinic.bench.calling.sound import Heard, heard
from clinic.bench.calling.trace import Track
from clinic.bench.result import Result
from clinic.bench.talk import Link, Talk, spoken, talk
from clinic.calls.speech import START_LOSS, Speech, chosen, remembered, share_of
from clinic.domain.errors import Unavailable
from clinic.media.voice import RATE, voice

SECONDS = 46.0
"""Forty of them are judged."""
WARM_S = 3.0
"""Until the link is known."""
SEEDS = (1, 2, 3)
REPORT_S = 1.0
UNLIMITED = 100e6


@dataclass(frozen=True, slots=True)
class Goal:
    """A link with what is asked of speech on it: PESQ at least, delay at most."""

    link: Link
    words: str
    pesq: float
    delay_ms: float


GOALS = (
    Goal(Link("lan", 0, 0.001, 0.0, 0.0), "local network", 4.2, 150),
    Goal(
        Link("p1m", 1_000_000, 0.05, 0.005, 0.01, beside_bps=700_000, beside_bytes=1200),
        "1 Mbit/s, 100 ms, 1 %", 3.7, 240,
    ),
    Goal(
        Link("p256k", 256_000, 0.15, 0.01, 0.03, beside_bps=130_000, beside_bytes=800),
        "256 kbit/s, 300 ms, 3 %", 3.5, 420,
    ),
    Goal(
        Link("p128k", 128_000, 0.3, 0.015, 0.05, beside_bps=50_000, beside_bytes=500),
        "128 kbit/s, 600 ms, 5 %", 3.2, 600,
    ),
    Goal(Link("p64k", 64_000, 0.3, 0.02, 0.10), "64 kbit/s, 600 ms, 10 %", 3.2, 540),
)  # fmt: skip


class Chooser:
    """What the engine does: a report each second, and speech chosen from what is remembered of them."""

    def __init__(self, link: Link, redundant: bool = True) -> None:
        self._budget = share_of(link.rate_bps or UNLIMITED)
        self._rtt_s = 2 * link.delay_s
        self._redundant = redundant
        self._loss, self._next = START_LOSS, REPORT_S
        self.speech = chosen(self._budget, self._loss, self._rtt_s, redundant)

    def __call__(self, loss: float, at: float) -> Speech:
        if at >= self._next:
            self._next += REPORT_S
            self._loss = remembered(self._loss, loss)
            self.speech = chosen(self._budget, self._loss, self._rtt_s, self._redundant, self.speech)
        return self.speech


def listened(made: Talk) -> Heard:
    """As in a call that was kept (`clinic.bench.calling`)."""
    return heard(Track(0.0, made.said), Track(0.0, made.heard), WARM_S, len(made.said) / RATE)


def measure(
    seconds: float = SECONDS, cache: Path | None = None, ears: Path | None = None
) -> Iterator[Result]:
    """Medians of the seeds. `ears`: where PESQ is, or is to be fetched to. Raises Unavailable where nobody can speak
    (`espeak-ng`), Refusal where PESQ cannot be had.
    """
    speech = voice("A", cache)
    if not speech.spoken:
        raise Unavailable("Speech is made by espeak-ng, which is not installed. Install espeak-ng.")
    if ears is not None:
        judge.fetch(ears)
    for goal in GOALS:
        said = [spoken(speech.sound, seconds, seed) for seed in SEEDS]
        made = [talk(one, goal.link, Chooser(goal.link), seed) for one, seed in zip(said, SEEDS, strict=True)]
        found = [listened(one) for one in made]
        rate = statistics.median(one.sent_bps for one in made) / 1000
        mark, absent = 0.0, ""
        try:
            mark = statistics.median(judge.judge(ears or judge.DEFAULT, one.pieces).pesq for one in found)
        except Unavailable as missing:
            absent = str(missing)
        yield Result(
            f"{goal.words}: PESQ", round(mark, 2), "", goal.pesq, "higher", also={"kbit/s": round(rate, 1)},
            absent=absent,
        )  # fmt: skip
        yield Result(
            f"{goal.words}: mouth to ear", round(statistics.median(one.delay_ms for one in found)), "ms",
            goal.delay_ms, "lower", also={"95 % ms": round(statistics.median(one.delay95_ms for one in found))},
        )  # fmt: skip
