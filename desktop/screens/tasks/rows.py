# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks as rows: what, by whom, until when; late ones say so in a word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from clinic.domain.ids import UserId
from desktop.kit.people import Mark
from desktop.kit.words import _, fmt_date
from desktop.screens.lines import Line
from desktop.screens.tasks.logic import cancelled, closed, waiting

if TYPE_CHECKING:
    from clinic.domain.facts import Task
    from clinic.services.plans import Due

Named = Callable[[UserId], str]


def task_lines(tasks: tuple[Task, ...], named: Named, today: date) -> list[Line]:
    """The open ones by their day, then the last that were closed."""
    lines = [task_line(one, named, today) for one in waiting(tasks)]
    over = [_closed_line(one) for one in closed(tasks)]
    return [*lines, *((Line("", _("Done or cancelled"), heading=True),) if over else ()), *over]


def task_line(task: Task, named: Named, today: date) -> Line:
    return Line(
        task.id,
        task.title,
        whose(task, named),
        "",
        due_marks(task, today),
        icon="check-square",
        tone="warn" if _late(task, today) else "info",
    )


def due_line(due: Due, named: Named, today: date) -> Line:
    """For whom and what; a person whose record is not here yet is said as that."""
    task, person = due.task, due.person
    name = person.name.full if person is not None else _("Somebody whose chart is not here yet")
    detail = task.title if not task.owner else f"{task.title} · {whose(task, named)}"
    return Line(
        task.id,
        name,
        detail,
        "",
        due_marks(task, today),
        face=name if person is not None else "",
        photo=person.photo if person is not None else b"",
        icon="" if person is not None else "user",
    )


def whose(task: Task, named: Named) -> str:
    """Who has it; nobody yet is said as that."""
    if not task.owner:
        return _("nobody has taken it yet")
    return _("with %(name)s") % {"name": named(task.owner) or _("a colleague")}


def due_marks(task: Task, today: date) -> tuple[Mark, ...]:
    if task.due is None:
        return (Mark(_("no day")),)
    if _late(task, today):
        return (Mark(_("late: %(day)s") % {"day": fmt_date(task.due)}, "danger", "clock"),)
    if task.due == today:
        return (Mark(_("today"), "warn", "clock"),)
    return (Mark(fmt_date(task.due)),)


def _late(task: Task, today: date) -> bool:
    return task.due is not None and task.due < today


def _closed_line(task: Task) -> Line:
    word = Mark(_("not done"), "neutral", "x") if cancelled(task) else Mark(_("done"), "ok", "check")
    when = fmt_date(task.done_at) if task.done_at is not None else ""
    return Line(task.id, task.title, task.note, when, (word,), icon="check-square", tone="neutral")
