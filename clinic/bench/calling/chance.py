# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls as chance would have them, drawn from a seed: what the link is like, what happens to it and to the engines, who answers
and who hangs up; what is written of such a call, and whether that is an outcome.

Pure: the same seed and number give the same plan. `desktop.duet` plays one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Literal

from clinic.bench.calling.profiles import Air
from clinic.calls.call import ANSWER_S, RECONNECT_S

MOST_LOSS, MOST_DELAY_MS = 30.0, 800.0
"""Percent of the packets; one way."""
WIDTHS = (0.0, 2_000.0, 1_000.0, 512.0, 256.0, 128.0, 64.0)
"""kbit/s each way, 0: no limit."""
LIMIT_S = max(ANSWER_S, RECONNECT_S) + 20.0
"""Seconds after somebody has hung up by which both sides must have ended, whatever does not arrive: a call that nobody can tell
of ends by its own clocks, which are the longest of these."""
What = Literal["dark", "letters", "narrow", "engine A", "engine B"]
_AGAIN_S, _TRIES = 0.4, 8
_ANSWERS: tuple[Literal["answer", "decline", "never"], ...] = ("answer", "decline", "never")
_HANDS: tuple[Literal["A", "B"], ...] = ("A", "B")


@dataclass(frozen=True, slots=True)
class Happening:
    """`dark`: nothing arrives any more, media and letters; `letters`: only those are lost; `narrow`: another width, kbit/s;
    `engine`: that side's dies. `at_s` after the ring, `lasts_s` where it has an end."""

    at_s: float
    what: What
    lasts_s: float = 0.0
    kbit: float = 0.0

    def __str__(self) -> str:
        more = f" {self.lasts_s:.1f} s" if self.lasts_s else f" {self.kbit:g} kbit/s" if self.kbit else ""
        return f"{self.what}{more} at {self.at_s:.1f}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A call: A rings. `answer` is what B does `answer_s` after it rings there; `hang` who ends it `hang_s` after the ring;
    `letters_lost`: share 0..1 of the letters that never arrive though they travel."""

    number: int
    air: Air
    answer: Literal["answer", "decline", "never"] = "answer"
    answer_s: float = 0.5
    hang: Literal["A", "B"] = "A"
    hang_s: float = 8.0
    letters_lost: float = 0.0
    happenings: tuple[Happening, ...] = ()

    def __str__(self) -> str:
        air = self.air
        width = f"{air.kbit:g} kbit/s" if air.kbit else "no limit"
        told = [f"{width}, {air.delay_ms:.0f} ms, {air.loss:.0f} % lost", *map(str, self.happenings)]
        if self.letters_lost:
            told.append(f"{self.letters_lost:.0%} of the letters lost")
        return "; ".join([*told, f"{self.answer}; {self.hang} hangs up at {self.hang_s:.1f}"])


def planned(seed: int, number: int) -> Plan:
    """The call of that number."""
    dice = Random(f"{seed} {number}")
    delay = dice.uniform(0, MOST_DELAY_MS)
    air = Air(dice.choice(WIDTHS), delay, delay / 10, dice.uniform(0, MOST_LOSS))
    answer = dice.choices(_ANSWERS, (18, 1, 1))[0]
    talks_s = dice.uniform(8, 11) + 6 * delay / 1000 + air.loss / 5
    return Plan(
        number=number,
        air=air,
        answer=answer,
        answer_s=dice.uniform(0.2, 1.5),
        hang=dice.choice(_HANDS),
        hang_s=dice.uniform(3, 6) if answer == "never" else talks_s,
        letters_lost=dice.choice((0.0, 0.0, 0.0, 0.1, 0.3)),
        happenings=_happenings(dice, talks_s),
    )


def _happenings(dice: Random, until_s: float) -> tuple[Happening, ...]:
    some = [_happening(dice, dice.uniform(0.5, until_s)) for _ in range(dice.choice((0, 1, 1, 2, 3)))]
    if dice.random() < 0.08:  # nobody hears that the other has hung up
        some.append(Happening(until_s - dice.uniform(0.5, 3), "dark", dice.uniform(6, 20)))
    return tuple(sorted(some, key=lambda one: one.at_s))


def _happening(dice: Random, at_s: float) -> Happening:
    kinds: tuple[What, ...] = ("dark", "letters", "narrow", "engine A", "engine B")
    what = dice.choices(kinds, (4, 2, 2, 1, 1))[0]
    if what == "narrow":
        return Happening(at_s, what, kbit=dice.choice(WIDTHS[3:]))
    return Happening(at_s, what, dice.uniform(0.5, 5) if what in ("dark", "letters") else 0.0)


class Post:
    """When a letter arrives, by the link of the moment: what is lost is sent again as TCP does, and none overtakes another."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._last = {"A": 0.0, "B": 0.0}

    def arrives(self, sender: str, size: int, air: Air, letters_lost: float, now: float) -> float | None:
        """The moment (s, as `now`); None for a letter that never comes."""
        if air.loss >= 100 or self._dice.random() < letters_lost:
            return None
        again = _AGAIN_S + 2 * air.delay_ms / 1000
        tries = next((n for n in range(_TRIES) if self._dice.random() * 100 >= air.loss), _TRIES)
        at = now + air.letter_s(size) + again * (2**tries - 1)
        self._last[sender] = max(at, self._last[sender])
        return self._last[sender]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A call that was played, as it stands in its encounter: `steps` in order, `reports`: what the black box of each side
    ('staff', 'patient') says of the end. `answered`: the sides on which it was; `talked`: those on which media flowed;
    `ended_s`: seconds from the hanging up (or the end, if that came first) until both sides had ended, None if one never did."""

    number: int
    steps: tuple[str, ...] = ()
    reports: dict[str, str] = field(default_factory=dict)
    answered: tuple[str, ...] = ()
    talked: tuple[str, ...] = ()
    ended_s: float | None = None

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Outcome":
        """From the line of the program that played it."""
        lists = {name: tuple(told[name]) for name in ("steps", "answered", "talked")}
        return cls(**told | lists)

    @property
    def told(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def end(self) -> str:
        """How it ended in the words of the encounter, '' where no end is written."""
        return next((step for step in self.steps if step.startswith("ended")), "")

    @property
    def hangs(self) -> bool:
        return self.ended_s is None

    @property
    def unwritten(self) -> str:
        """What is missing of a written outcome, '' where it is whole."""
        ends = [step for step in self.steps if step.startswith("ended")]
        if len(ends) != 1 or not self.steps[-1].startswith("ended: "):
            return f"{len(ends)} ends are written"
        if self.steps[0] != "ringing":
            return "that somebody rang is not written"
        missing = [side for side in self.answered if not self.reports.get(side)]
        if missing:
            return f"no black box of {' and '.join(missing)}"
        if "staff" in self.answered and f"ended: {self.reports['staff']}" != self.end:
            return "the black box says another end than the encounter"
        return ""


def shares(numbers: Sequence[int], players: int) -> list[list[int]]:
    """Who plays which: the numbers dealt out one by one."""
    return [list(numbers[first::players]) for first in range(min(players, len(numbers)))]
