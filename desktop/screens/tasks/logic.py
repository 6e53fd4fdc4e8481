# SPDX-License-Identifier: GPL-3.0-or-later
"""One chart's tasks: what is marked belongs to that person, and is let go when another chart is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from clinic.domain.facts import Task, TaskStatus
from clinic.domain.ids import EncounterId, FactId, PatientId, UserId
from desktop.kit.words import N_

if TYPE_CHECKING:
    from clinic.services.plans import Due

What = Literal["take", "done", "cancel", "reopen"]
WHEN = {
    "0": N_("Today"),
    "1": N_("Tomorrow"),
    "7": N_("In a week"),
    "14": N_("In two weeks"),
    "30": N_("In a month"),
    "90": N_("In three months"),
    "day": N_("On a day"),
    "": N_("No day"),
}
"""Days from now; `day`: the one that is chosen."""
CLOSED_SHOWN = 8
"""So many of those that are done or cancelled: what was closed by a slip is opened again."""


def day_of(when: str, today: date, chosen: date) -> date | None:
    """The day a task is due; None for a task without one."""
    if when == "day":
        return chosen
    return today + timedelta(days=int(when)) if when else None


def is_open(task: Task) -> bool:
    return task.status in Task.OPEN


def waiting(tasks: tuple[Task, ...]) -> tuple[Task, ...]:
    """The open ones by their day; those without a day last."""
    found = (one for one in tasks if is_open(one))
    return tuple(sorted(found, key=lambda one: (one.due or date.max, one.authored_at)))


def closed(tasks: tuple[Task, ...]) -> tuple[Task, ...]:
    """The last ones that were done or cancelled, the newest first."""
    found = (one for one in tasks if not is_open(one))
    return tuple(sorted(found, key=lambda one: one.done_at or one.authored_at, reverse=True)[:CLOSED_SHOWN])


def pressing(due: tuple[Due, ...], me: UserId, today: date) -> tuple[Due, ...]:
    """What Today shows, in the order it came: of today what is mine or nobody's; what is late is everybody's."""
    return tuple(
        one
        for one in due
        if one.task.due is not None
        and (one.task.due < today or (one.task.due == today and one.task.owner in ("", me)))
    )


@dataclass(frozen=True, slots=True)
class State:
    """`encounter`: the visit a new task belongs to, '' outside of one; `chosen`: the task that is marked; `writing`: a
    change is on its way to the book."""

    patient: PatientId = PatientId("")
    name: str = ""
    encounter: EncounterId = EncounterId("")
    tasks: tuple[Task, ...] = ()
    chosen: FactId = FactId("")
    writing: bool = False
    sentence: str = ""

    @property
    def marked(self) -> Task | None:
        """The task the buttons are about."""
        return next((one for one in self.tasks if one.id == self.chosen), None)


@dataclass(frozen=True, slots=True)
class Opened:
    """A chart or a visit is shown, or the same one anew."""

    patient: PatientId
    name: str
    encounter: EncounterId
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    task: FactId


@dataclass(frozen=True, slots=True)
class AddPressed:
    title: str
    due: date | None
    owner: UserId


@dataclass(frozen=True, slots=True)
class ChangePressed:
    """`note`: what came of it, or why it is not done."""

    what: What
    note: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class Failed:
    patient: PatientId
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Effect: for that person, and for no other."""

    patient: PatientId
    name: str
    encounter: EncounterId
    title: str
    due: date | None
    owner: UserId


@dataclass(frozen=True, slots=True)
class Change:
    """Effect: take it, close it, or open it again."""

    patient: PatientId
    name: str
    task: Task
    what: What
    note: str


Event = Opened | Chosen | AddPressed | ChangePressed | Written | Failed
Effect = Plan | Change
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    match event:
        case Opened():
            return _opened(state, event), ()
        case Chosen(task):
            return replace(state, chosen=task, sentence=""), ()
        case AddPressed():
            return _add(state, event)
        case ChangePressed(what, note):
            return _change(state, what, note)
        case Written(patient) if patient == state.patient:
            return replace(state, chosen=FactId(""), writing=False, sentence=""), ()
        case Failed(patient, sentence) if patient == state.patient:
            return replace(state, writing=False, sentence=sentence), ()
    return state, ()


def _opened(state: State, event: Opened) -> State:
    same = (event.patient, event.encounter) == (state.patient, state.encounter)
    kept = state if same else State(patient=event.patient, encounter=event.encounter)
    known = any(one.id == kept.chosen for one in event.tasks)
    return replace(kept, name=event.name, tasks=event.tasks, chosen=kept.chosen if known else FactId(""))


def _add(state: State, event: AddPressed) -> Result:
    if not state.patient or state.writing:
        return state, ()
    order = Plan(state.patient, state.name, state.encounter, event.title.strip(), event.due, event.owner)
    return replace(state, writing=True, sentence=""), (order,)


def _change(state: State, what: What, note: str) -> Result:
    """Only what stands open is closed or taken, only what is closed is opened again."""
    task = state.marked
    if task is None or state.writing or is_open(task) == (what == "reopen"):
        return state, ()
    order = Change(state.patient, state.name, task, what, note.strip())
    return replace(state, writing=True, sentence=""), (order,)


def cancelled(task: Task) -> bool:
    return task.status == TaskStatus.CANCELLED
