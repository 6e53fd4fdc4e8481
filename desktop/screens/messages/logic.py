# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest message of each patient; a click opens the chart at its messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.ids import PatientId

if TYPE_CHECKING:
    from clinic.services.overviews import Talk


@dataclass(frozen=True, slots=True)
class State:
    now: datetime
    talks: tuple[Talk, ...] = ()
    loaded: bool = False
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    now: datetime


@dataclass(frozen=True, slots=True)
class TalksLoaded:
    talks: tuple[Talk, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    patient: PatientId


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
class OpenMessages:
    """Effect: show this person's chart at the messages."""

    patient: PatientId


Event = Shown | TalksLoaded | Opened | FactsChanged | Failed
Effect = LoadTalks | OpenMessages


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match event:
        case Shown(now):
            return replace(state, now=now), (LoadTalks(),)
        case TalksLoaded(talks):
            return replace(state, talks=talks, loaded=True, sentence=""), ()
        case Opened(patient):
            return state, (OpenMessages(patient),)
        case FactsChanged():
            return state, (LoadTalks(),)
        case Failed(sentence):
            return replace(state, sentence=sentence), ()
