# SPDX-License-Identifier: GPL-3.0-or-later
"""The state as the grid and the month show it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from desktop.kit.words import _, fmt_time
from desktop.screens.schedule.block import Face
from desktop.screens.schedule.grid import Placed, Strip
from desktop.screens.schedule.layout import Lane, hours, lanes
from desktop.screens.schedule.logic import Column, State, columns, in_conflict, rows_of, span_of, whose
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
    from clinic.domain.facts import Slot
    from clinic.services.overviews import Booked


def strips(state: State) -> tuple[tuple[Strip, ...], tuple[int, int]]:
    """The columns, and from which to which minute they go."""
    made = tuple(_strip(state, column) for column in columns(state))
    spans = [(one.start, one.end) for strip in made for one in strip.placed]
    return made, hours(spans)


def cells(state: State) -> tuple[Cell, ...]:
    """The days of the month, with what is booked in each."""
    rows = state.agenda.booked if state.agenda else ()
    mine = [one.appointment for one in rows if not state.whose or whose(one.appointment) == state.whose]
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
    offered, away = _slots(state, column)
    now = minute_of(state.now) if column.day == day_of(state.now) else -1
    return Strip(heading(column, state.view), placed, offered, away, now)


def _slots(state: State, column: Column) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """What that practitioner offers that day, and when she is away; nothing over everybody's."""
    if state.agenda is None or not column.practitioner:
        return (), ()
    theirs = [
        one
        for one in state.agenda.slots
        if one.practitioner == column.practitioner and day_of(one.start) == column.day
    ]
    return (
        tuple(_reach(one) for one in theirs if one.status in ("free", "busy", "busy-tentative")),
        tuple(_reach(one) for one in theirs if one.status == "busy-unavailable"),
    )


def _reach(one: Slot) -> tuple[int, int]:
    start = minute_of(one.start)
    return start, min(24 * 60, start + one.minutes)


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
