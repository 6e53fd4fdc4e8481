# SPDX-License-Identifier: GPL-3.0-or-later
"""The care plan: tasks for a patient, each with an owner and a day."""

from dataclasses import dataclass, replace
from datetime import date

from clinic.domain.errors import Refusal
from clinic.domain.facts import Task, TaskStatus
from clinic.domain.ids import EncounterId, FactId, PatientId, UserId
from clinic.keys.rights import Action
from clinic.keys.testimony import REVIEW_CODE
from clinic.services.charted import fact_of, patient_of
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.people import PersonLine, line
from clinic.store.page import Page


@dataclass(frozen=True, slots=True)
class Due:
    """An open task with its person; `late`: its day is past."""

    task: Task
    person: PersonLine | None
    late: bool


@needs(Action.WRITE_NOTE)
def plan(
    desk: Desk, title: str, window: PatientId, *, due: date | None = None, owner: UserId = UserId(""), note: str = "",
    about: FactId = FactId(""), priority: str = "routine", encounter: EncounterId = EncounterId(""),
) -> Task:  # fmt: skip
    """Something to be done for the patient, by `owner` (nobody yet: the team). Refused without words or for a past day."""
    if not title.strip():
        raise Refusal("Say what has to be done.")
    if due is not None and due < _today(desk):
        raise Refusal("The day lies in the past. Choose another one.")
    task = Task(
        id=FactId(desk.new_id()), patient=patient_of(desk, window, encounter), title=title.strip(), authored_at=desk.clock.now(),
        author=desk.someone.user, owner=owner, due=due, about=about, priority=priority, note=note.strip(), encounter=encounter,
    )  # fmt: skip
    desk.write(task, window=window)
    return task


@needs(Action.WRITE_NOTE)
def take(desk: Desk, task: FactId, window: PatientId) -> Written:
    """Whoever is here owns it from now on. Refused if it is done or cancelled."""
    found = _open(desk, task, window)
    _not_ones_own(desk, found)
    return desk.write(replace(found, status=TaskStatus.ACCEPTED, owner=desk.someone.user), window=window)


@needs(Action.WRITE_NOTE)
def done(desk: Desk, task: FactId, window: PatientId, note: str = "") -> Written:
    found = _open(desk, task, window)
    _not_ones_own(desk, found)
    if found.code == REVIEW_CODE and not note.strip():
        raise Refusal("Write what you found: whom you asked, and whether opening the chart was right.")
    finished = replace(
        found, status=TaskStatus.COMPLETED, done_at=desk.clock.now(), note=note.strip() or found.note
    )
    return desk.write(finished, window=window)


@needs(Action.WRITE_NOTE)
def cancel(desk: Desk, task: FactId, why: str, window: PatientId) -> Written:
    """It will not be done. Refused without a reason."""
    if not why.strip():
        raise Refusal("Say why this is not done.")
    found = _open(desk, task, window)
    if found.code == REVIEW_CODE:
        raise Refusal("A review is not cancelled. Look into it, write what you found, and close it.")
    return desk.write(replace(found, status=TaskStatus.CANCELLED, note=why.strip()), window=window)


@needs(Action.WRITE_NOTE)
def reopen(desk: Desk, task: FactId, window: PatientId) -> Written:
    """Undo done or cancel."""
    return desk.write(
        replace(fact_of(desk, Task, task, window), status=TaskStatus.REQUESTED, done_at=None), window=window
    )


@needs(Action.OPEN_CHART)
def due_tasks(desk: Desk) -> tuple[Due, ...]:
    """Open tasks of all patients: the late ones first, then by day; those without a day last."""
    today = _today(desk)

    def look(page: Page) -> tuple[Due, ...]:
        tasks = sorted(page.open_facts(Task), key=lambda task: (task.due or date.max, task.authored_at))
        rows = ((task, page.person(page.linked_to(task.patient) or task.patient)) for task in tasks)
        return tuple(
            Due(task, None if row is None else line(page, row), task.due is not None and task.due < today)
            for task, row in rows
        )

    return desk.book.read(look)


def _today(desk: Desk) -> date:
    """The day where this computer stands: in the evening of Salta it is tomorrow already in UTC."""
    return desk.clock.now().astimezone().date()


def _open(desk: Desk, task: FactId, window: PatientId) -> Task:
    found = fact_of(desk, Task, task, window)
    if found.status not in Task.OPEN:
        raise Refusal("This task is closed. Open it again first.")
    return found


def _not_ones_own(desk: Desk, task: Task) -> None:
    """A review after a break-glass is somebody else's work, and says what was found."""
    if task.code == REVIEW_CODE and task.author == desk.someone.user:
        raise Refusal("You opened this chart yourself: somebody else has to close the review.")
