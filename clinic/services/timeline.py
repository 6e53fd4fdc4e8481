# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline of a patient: every kind of fact, corrected and retracted ones marked, by pages."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic.domain import facts
from clinic.domain.facts import Fact
from clinic.domain.ids import PatientId
from clinic.domain.questionnaires import of_no_chart
from clinic.domain.record import Record
from clinic.domain.vitals import BY_CODE
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.filing import kind_of
from clinic.store.moments import END, MomentRow, kinds_of, moments
from clinic.store.page import Page
from clinic.store.sheet import from_ms, to_ms

PAGE = 100
Titled = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline. `versions`: 1 unless it was written again; `retracted`: why it no longer counts, or ''.

    `patient`: on whose record it is; with joined records that may be another one of the same chart.
    """

    at: datetime
    kind: str
    title: str
    detail: str
    fact: Record
    versions: int = 1
    retracted: str = ""
    conflict: bool = False
    author: str = ""
    patient: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended; facts that come meanwhile do not move it."""

    at_ms: int
    op: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page, newest first. `next`: where to go on, None at the end."""

    moments: tuple[Moment, ...]
    next: Cursor | None


@needs(Action.OPEN_CHART)
def timeline(
    desk: Desk, patient: PatientId, kinds: Collection[type[Fact]] = (), since: datetime | None = None,
    until: datetime | None = None, after: Cursor | None = None, limit: int = PAGE,
) -> Timeline:  # fmt: skip
    """A page of what happened to a patient from `since` and before `until`, newest first.

    Without `kinds`: all, also those only a newer program knows, but not the QUIET ones.
    """
    return desk.book.read(lambda page: timeline_on(page, patient, kinds, since, until, after, limit))


@needs(Action.OPEN_CHART)
def latest(desk: Desk, patient: PatientId, limit: int = 200) -> tuple[Moment, ...]:
    """What happened last, newest first."""
    return timeline(desk, patient, limit=limit).moments


def timeline_on(
    page: Page, patient: PatientId, kinds: Collection[type[Fact]], since: datetime | None, until: datetime | None,
    after: Cursor | None, limit: int,
) -> Timeline:  # fmt: skip
    limit = max(1, limit)
    here = {kind for one in page.chart_of(patient) for kind in kinds_of(page, one)}
    wanted = {kind.NUMBER for kind in kinds} if kinds else here - {kind.NUMBER for kind in QUIET}
    before = (END, "") if after is None else (after.at_ms, after.op)
    if until is not None:
        before = min(before, (to_ms(until), ""))
    rows = moments(page, patient, wanted, -END if since is None else to_ms(since), before, limit + 1)
    shown = rows[:limit]
    more = Cursor(shown[-1].at_ms, shown[-1].op.id) if len(rows) > limit else None
    return Timeline(tuple(_moment(row) for row in shown if not of_no_chart(row.op.fact)), more)


def _moment(row: MomentRow) -> Moment:
    fact = row.op.fact
    title, detail = titled(fact)
    return Moment(
        from_ms(row.at_ms), kind_name(fact), title, detail, fact, row.versions, retracted(fact), row.conflict, row.op.author,
        row.op.patient,
    )  # fmt: skip


def kind_name(fact: Record) -> str:
    """The kind as FHIR calls it; 'Unknown 91' for one of a newer program."""
    name = type(fact).__name__
    return f"Unknown {kind_of(fact)}" if name == "UnknownRecord" else name


def titled(fact: Record) -> Titled:
    """What a fact is about, and one detail: in the words it was written in."""
    made = _TITLES.get(type(fact))
    return ("", "") if made is None else made(fact)


def retracted(fact: Record) -> str:
    """Why a fact no longer counts; '' while it does."""
    why = str(getattr(fact, "retracted", ""))
    if why:
        return why
    status = str(getattr(fact, "status", ""))
    if status in _OVER:
        return str(getattr(fact, "note", "")) or status
    return "parted" if isinstance(fact, facts.Link) and not fact.active else ""


QUIET = (
    facts.AuditEvent, facts.AuditHead, facts.Receipt, facts.NoteSection, facts.PatientCard, facts.VerificationResult,
    facts.DocumentMark,
)  # fmt: skip
"""Kinds that are shown only when they are asked for: who looked, who has read, what was typed on the way, each stroke."""
_OVER = frozenset({"inactive", "entered-in-error", "stopped", "cancelled", "not-done"})


def _measured(o: facts.Observation) -> Titled:
    value = o.value
    if o.components:
        said = "/".join(f"{part.value.value:f}" for part in o.components)
        return o.code.display, f"{said} {o.components[0].value.unit}"
    if value is not None:
        vital = BY_CODE.get(o.code.code)
        return vital.display if vital else o.code.display, f"{value.value:f} {value.unit}"
    return o.code.display, o.text or (o.value_code.display if o.value_code else "")


_TITLES: dict[type[Record], Callable[[Any], Titled]] = {
    facts.Patient: lambda f: (f.name.full, f.birth_date.isoformat() if f.birth_date else ""),
    facts.Encounter: lambda f: (f.reason.display if f.reason else "", f.ticket),
    facts.Observation: _measured,
    facts.Condition: lambda f: (f.code.display, f.code.code),
    facts.AllergyIntolerance: lambda f: (f.substance.display, f.reaction),
    facts.Procedure: lambda f: (f.code.display, f.performer),
    facts.Immunization: lambda f: (f.vaccine.display, f.lot),
    facts.DetectedIssue: lambda f: (f.code.display, f.text),
    facts.MedicationRequest: lambda f: (f.medication.display, f.dose),
    facts.MedicationStatement: lambda f: (f.medication.display, f.dose),
    facts.ServiceRequest: lambda f: (f.code.display, f.note),
    facts.DiagnosticReport: lambda f: (f.code.display, f.conclusion),
    facts.Task: lambda f: (f.title, str(f.status)),
    facts.NoteSection: lambda f: (str(f.section), f.text),
    facts.Composition: lambda f: (f.assessment or f.subjective, f.author_name),
    facts.Communication: lambda f: (f.text, f.sender_name),
    facts.DocumentReference: lambda f: (f.attachment.title, f.category),
    facts.DocumentMark: lambda f: (f.text or str(f.kind), f.author_name),
    facts.Consent: lambda f: (f.template, f.language),
    facts.MediaStep: lambda f: (f.step, f"{f.before} > {f.after}: {f.why}" if f.after else f.what),
    facts.CallReport: lambda f: (f.outcome, f.device_name),
    facts.Appointment: lambda f: (f.reason, f.practitioner_name),
    facts.AppointmentRequest: lambda f: (f.reason.display if f.reason else "", f.practitioner_name),
    facts.QuestionnaireResponse: lambda f: (
        f.questionnaire.rpartition(":")[2],
        "; ".join(", ".join(one.answers) for one in f.said) or f.status,
    ),
    facts.AuditEvent: lambda f: (f.action, f.agent),
    facts.AccessReview: lambda f: (f.rule, str(f.finding)),
    facts.Flag: lambda f: (f.note, "" if f.active else "off"),
    facts.Receipt: lambda f: (f.reader_name, ""),
    facts.Link: lambda f: (f.other, ""),
    facts.PatientCard: lambda f: ("", "revoked" if f.revoked else ""),
    facts.VerificationResult: lambda f: (str(f.how), f.by_name),
    facts.CareTeam: lambda f: (f.name, f.status),
    facts.Provenance: lambda f: (f.activity, f.source),
    facts.OriginalResource: lambda f: (f.title, f.resource_type),
}
