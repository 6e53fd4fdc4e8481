# SPDX-License-Identifier: GPL-3.0-or-later
"""Opinions, narrowed to a site, counted by week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic.services.feedback import Opinion

FACES = ("good", "fair", "bad")
WEEKS = 12


@dataclass(frozen=True, slots=True)
class Week:
    """`monday`: its first day; `counts`: as many as FACES."""

    monday: date
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class State:
    """`site`: '' for all; `opinions`: None before the first answer."""

    today: date
    opinions: tuple[Opinion, ...] | None = None
    site: str = ""
    sentence: str = ""

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(sorted({one.site for one in self.opinions or ()}))

    @property
    def shown(self) -> tuple[Opinion, ...]:
        return tuple(one for one in self.opinions or () if self.site in ("", one.site))

    @property
    def weeks(self) -> tuple[Week, ...]:
        """The last ones, oldest first, also those without an answer."""
        return by_week(self.shown, self.today)

    @property
    def reasons(self) -> tuple[tuple[str, int], ...]:
        """How often each reason was named, the most frequent first."""
        counted = Counter(reason for one in self.shown for reason in one.reasons)
        return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def by_week(opinions: Sequence[Opinion], today: date) -> tuple[Week, ...]:
    counted = Counter(
        (_monday(one.at.astimezone().date()), one.face) for one in opinions if one.face in FACES
    )
    return tuple(Week(day, tuple(counted[day, face] for face in FACES)) for day in mondays(today))


def mondays(today: date) -> tuple[date, ...]:
    """The first days of the weeks that are looked at, oldest first."""
    return tuple(_monday(today) - timedelta(weeks=back) for back in reversed(range(WEEKS)))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Opened:
    today: date


@dataclass(frozen=True, slots=True)
class Came:
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True, slots=True)
class SiteChosen:
    site: str


@dataclass(frozen=True, slots=True)
class OneOpened:
    """Somebody who wishes to be spoken to."""

    key: str


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Look:
    """Effect: read the opinions from that day on."""

    since: date


@dataclass(frozen=True, slots=True)
class OpenChart:
    """Effect: show her chart."""

    patient: str


Event = Opened | Came | SiteChosen | OneOpened | Failed
Effect = Look | OpenChart


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match event:
        case Opened(today):
            return replace(state, today=today), (Look(mondays(today)[0]),)
        case Came(opinions):
            came = replace(state, opinions=opinions, sentence="")
            return came if came.site in ("", *came.sites) else replace(came, site=""), ()
        case SiteChosen(site):
            return replace(state, site=site), ()
        case Failed(sentence):
            return replace(state, sentence=sentence), ()
        case OneOpened(key):
            asks = next((one for one in state.shown if one.key == key and one.patient), None)
            return state, (OpenChart(asks.patient),) if asks else ()
