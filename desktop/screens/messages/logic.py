# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose messages there are, how many were not opened yet, and whose are open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.ids import PatientId

if TYPE_CHECKING:
    from clinic.services.overviews import Talk


@dataclass(frozen=True, slots=True)
class State:
    """`open`: the patient whose messages stand at the right, '' for nobody."""

    now: datetime
    talks: tuple[Talk, ...] = ()
    open: PatientId = PatientId("")
    loaded: bool = False
    sentence: str = ""

    @property
    def unread(self) -> int:
        """Messages of all patients that nobody here has opened."""
        return sum(talk.unread for talk in self.talks)


@dataclass(frozen=True, slots=True)
class Shown:
    now: datetime


@dataclass(frozen=True, slots=True)
class TalksLoaded:
    talks: tuple[Talk, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class ChartPressed:
    pass


@dataclass(frozen=True, slots=True)
class FactsChanged:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class LoadTalks:
    """Effect: read the newest message of each patient."""


@dataclass(frozen=True, slots=True)
class OpenThread:
    """Effect: show this person's messages, and give them the keyboard."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class OpenChart:
    """Effect: show this person's chart."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class TellUnread:
    """Effect: the rail and Today say how many."""

    n: int


Event = Shown | TalksLoaded | Opened | ChartPressed | FactsChanged | Failed
Effect = LoadTalks | OpenThread | OpenChart | TellUnread


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match event:
        case Shown(now):
            return replace(state, now=now), (LoadTalks(),)
        case TalksLoaded(talks, now):
            known = replace(state, talks=talks, now=now, loaded=True, sentence="")
            return known, (TellUnread(known.unread),)
        case Opened(patient):
            return replace(state, open=patient), (OpenThread(patient),)
        case ChartPressed():
            return state, ((OpenChart(state.open),) if state.open else ())
        case FactsChanged():
            return state, (LoadTalks(),)
        case Failed(sentence):
            return replace(state, sentence=sentence), ()
