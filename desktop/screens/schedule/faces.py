# SPDX-License-Identifier: GPL-3.0-or-later
"""The state as the grid and the month show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from clinic.domain.offers import Span
from clinic.domain.schedules import UNAVAILABLE as AWAY
from clinic.domain.schedules import merged
from desktop.kit.words import _, fmt_time
from desktop.screens.schedule.block import Face
from desktop.screens.schedule.grid import Free, Placed, Strip
from desktop.screens.schedule.layout import Lane, hours, lanes
from desktop.screens.schedule.logic import (
    Column,
    State,
    columns,
    free_in,
    in_conflict,
    members,
    rows_of,
    span_of,
    whose,
)
from desktop.screens.schedule.month import Cell
from desktop.screens.schedule.spans import day_of, days, minute_of
from desktop.screens.schedule.words import (
    conflicts_counted,
    counted,
    heading,
    spoken,
    state_of,
    whom,
)

if TYPE_CHECKING:
    from clinic.services.overviews import Booked


def strips(state: State) -> tuple[tuple[Strip, ...], tuple[int, int]]:
    """The columns, and from which to which minute they go."""
    made = tuple(_strip(state, column) for column in columns(state))
    spans = [(one.start, one.end) for strip in made for one in strip.placed]
    work = [span for strip in made for span in strip.offered]
    return made, hours((*spans, *work))


def cells(state: State) -> tuple[Cell, ...]:
    """The days of the month, with what is booked in each."""
    rows = state.agenda.booked if state.agenda else ()
    chosen = members(state)
    mine = [one.appointment for one in rows if not chosen or whose(one.appointment) in chosen]
    count = Counter(day_of(one.start) for one in mine)
    clash = Counter(day_of(one.start) for one in mine if in_conflict(state, one.id))
    return tuple(
        Cell(
            day,
            counted(count[day]),
            conflicts_counted(clash[day]),
            day.month == state.day.month,
            day == day_of(state.now),
        )
        for day in days("month", state.day)
    )


def _strip(state: State, column: Column) -> Strip:
    rows = rows_of(state, column)
    spans = [span_of(one.appointment) for one in rows]
    placed = tuple(
        Placed(_face(state, one, lane), *span)
        for one, span, lane in zip(rows, spans, lanes(spans), strict=True)
    )
    now = minute_of(state.now) if column.day == day_of(state.now) else -1
    free = free_in(state, column)
    return Strip(
        heading(column, state.view), placed, _offered(state, column), _away(state, column), now,
        closed=state.agenda is not None and column.practitioner in state.agenda.open,
        free=tuple(Free(minute_of(one.start), minute_of(one.start) + one.minutes, one == state.spot) for one in free),
    )  # fmt: skip


def _offered(state: State, column: Column) -> tuple[tuple[int, int], ...]:
    """When that practitioner works that day or offers a slot; nothing over everybody's."""
    if state.agenda is None or not column.practitioner:
        return ()
    theirs = [one for one in state.agenda.slots if one.practitioner == column.practitioner]
    told = [(one.start, one.start + timedelta(minutes=one.minutes)) for one in theirs if one.status != AWAY]
    return _minutes(column, (*state.agenda.open.get(column.practitioner, ()), *told))


def _away(state: State, column: Column) -> tuple[tuple[int, int], ...]:
    if state.agenda is None or not column.practitioner:
        return ()
    theirs = [one for one in state.agenda.slots if one.practitioner == column.practitioner]
    told = [(one.start, one.start + timedelta(minutes=one.minutes)) for one in theirs if one.status == AWAY]
    return _minutes(column, (*state.agenda.away.get(column.practitioner, ()), *told))


def _minutes(column: Column, spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    """(start, end) minutes of the parts that lie on that day, where this computer stands."""
    found = []
    for start, end in merged(spans):
        first, last = day_of(start), day_of(end - timedelta(seconds=1))
        if first <= column.day <= last:
            found.append(
                (
                    minute_of(start) if first == column.day else 0,
                    minute_of(end - timedelta(minutes=1)) + 1 if last == column.day else 24 * 60,
                )
            )
    return tuple(found)


def _face(state: State, one: Booked, lane: Lane) -> Face:
    slot, found = one.appointment, in_conflict(state, one.appointment.id)
    said, icon, tone = state_of(slot)
    if found:
        said, icon, tone = _("Conflict"), "alert-triangle", "warn"
    with_whom = whom(slot) if state.view == "week" and not state.whose else ""
    return Face(
        slot.id,
        f"{fmt_time(slot.start)} {one.person.name.full}",
        " · ".join(part for part in (slot.reason, with_whom) if part),
        said,
        icon,
        tone,
        spoken(one, found, lane),
        movable=slot.status == "booked",
    )
