# SPDX-License-Identifier: GPL-3.0-or-later
"""Emergency summaries, whole charts and reviews as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.domain.medication import directions
from desktop.kit.people import Mark
from desktop.kit.words import _, fmt_date, fmt_moment, language
from desktop.screens.emergency.logic import Part, Review
from desktop.screens.lines import Line
from desktop.screens.phrases import born_text, coded, number_text, vital_text

if TYPE_CHECKING:
    from clinic.domain.facts import Composition, EmergencySummary, MedicationRequest
    from clinic.services.charts import Chart

NOTES = 20


def person_line(one: EmergencySummary, team: str) -> Line:
    detail = " · ".join(part for part in (born_text(one.birth_date), number_text(one.dni)) if part)
    return Line(one.subject, one.name.full, detail, team, face=one.name.full)


def summary_parts(one: EmergencySummary) -> tuple[Part, ...]:
    return (
        Part(_("Allergies"), one.allergies),
        Part(_("Medication"), one.medication),
        Part(_("Problems"), one.problems),
        Part(_("What the patient wants done, or not"), one.directives),
    )


def parts(chart: Chart) -> tuple[Part, ...]:
    """Everything of a chart that is words or numbers, under its headings."""
    return (
        Part(_("Allergies"), tuple(_with(coded(a.substance), a.reaction) for a in chart.allergies)),
        Part(_("Problems"), tuple(coded(c.code) for c in chart.conditions)),
        Part(_("Medication"), tuple(_prescribed(m) for m in chart.medication)),
        Part(_("Latest readings"), tuple(_latest(chart))),
        Part(_("Notes"), tuple(_note(note) for note in chart.notes[:NOTES])),
        Part(
            _("Documents"),
            tuple(_with(fmt_date(d.made_at), d.attachment.title or d.category) for d in chart.documents),
        ),
    )


def review_line(one: Review) -> Line:
    marks = []
    if one.late:
        marks.append(Mark(_("late"), "danger"))
    if one.mine:
        marks.append(Mark(_("about you: a colleague closes it"), "neutral"))
    due = _("by %(date)s") % {"date": fmt_date(one.due)} if one.due else ""
    return Line(one.task, one.name or _("A patient"), one.note, due, tuple(marks), icon="eye", tone="warn")


def _with(first: str, second: str) -> str:
    return f"{first}: {second}" if second else first


def _prescribed(m: MedicationRequest) -> str:
    return f"{coded(m.medication)} {directions(m.dose, m.route, m.every_hours, m.days, language())}".strip()


def _latest(chart: Chart) -> list[str]:
    return [
        f"{vital_text(key, points[-1].value)} · {fmt_moment(points[-1].at)}"
        for key, points in chart.readings.items()
        if points
    ]


def _note(note: Composition) -> str:
    said = (note.subjective, note.objective, note.assessment, note.plan)
    head = " · ".join(part for part in (fmt_moment(note.signed_at), note.author_name) if part)
    return "\n".join([head, *(text.strip() for text in said if text.strip())])
