# SPDX-License-Identifier: GPL-3.0-or-later
"""The coming appointments, day by day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from clinic.domain.ids import PatientId

if TYPE_CHECKING:
    from clinic.services.overviews import Booked


@dataclass(frozen=True, slots=True)
class State:
    now: datetime
    booked: tuple[Booked, ...] = ()
    loaded: bool = False
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    now: datetime


@dataclass(frozen=True, slots=True)
class BookedLoaded:
    booked: tuple[Booked, ...]


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
class LoadBooked:
    """Effect: read the appointments of the coming weeks."""


@dataclass(frozen=True, slots=True)
class OpenChart:
    """Effect: show this person's chart."""

    patient: PatientId


Event = Shown | BookedLoaded | Opened | FactsChanged | Failed
Effect = LoadBooked | OpenChart


def days(booked: tuple[Booked, ...]) -> tuple[tuple[date, tuple[Booked, ...]], ...]:
    """The appointments by local day, earliest first."""
    ordered = sorted(booked, key=lambda one: one.appointment.start)
    grouped = groupby(ordered, key=lambda one: one.appointment.start.astimezone().date())
    return tuple((day, tuple(members)) for day, members in grouped)


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match event:
        case Shown(now):
            return replace(state, now=now), (LoadBooked(),)
        case BookedLoaded(booked):
            return replace(state, booked=booked, loaded=True, sentence=""), ()
        case Opened(patient):
            return state, (OpenChart(patient),)
        case FactsChanged():
            return state, (LoadBooked(),)
        case Failed(sentence):
            return replace(state, sentence=sentence), ()
