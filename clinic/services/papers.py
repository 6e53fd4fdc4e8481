# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole record of a person on paper, in Spanish, English or Portuguese: allergies first, imported originals last."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from clinic.domain.facts import (
    AllergyIntolerance,
    Appointment,
    CareTeam,
    Communication,
    Composition,
    Condition,
    Consent,
    DetectedIssue,
    DiagnosticReport,
    DocumentReference,
    Encounter,
    Immunization,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Patient,
    Procedure,
    QuestionnaireResponse,
    ServiceRequest,
    Task,
)
from clinic.domain.ids import PatientId
from clinic.domain.questionnaires import of_no_chart
from clinic.domain.values import DNI, Attachment, Coding, Quantity
from clinic.domain.vitals import BY_CODE, VITALS, readings
from clinic.exchange.record_pdf import Grid, PaperRecord, Part, Text, Trend, record_pdf
from clinic.keys.rights import Action
from clinic.services.audits import audit
from clinic.services.consents import Purpose
from clinic.services.desks import Desk
from clinic.services.exports import allowed
from clinic.services.gate import needs
from clinic.services.known import original_lines
from clinic.services.messages import picture
from clinic.services.paper_words import WORDS
from clinic.services.prescribing import sentence
from clinic.store.facts import F
from clinic.store.page import Page
from clinic.store.sheet import from_ms, to_ms

_UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "10*3/uL": "10³/µL", "10*6/uL": "10⁶/µL"}


@needs(Action.OPEN_CHART)
def record_paper(desk: Desk, patient: PatientId, language: str = "es") -> bytes:
    """The record as a PDF; printing it is an audited act.

    Refused: nobody is logged in, the person is not here or has not permitted sharing. Raises Unavailable.
    """
    allowed(desk, [patient], Purpose.PRINT)
    tongue = language if language in WORDS else "en"
    paper = desk.book.read(lambda page: _Paper(desk, page, patient, tongue).drawn())
    audit(desk, "print", patient, entity="record")
    return record_pdf(paper)


@needs(Action.OPEN_CHART)
def document_to_print(desk: Desk, patient: PatientId, attachment: Attachment) -> bytes:
    """The bytes of a document that goes on paper. Refused, after the attempt is in the audit, where sharing is not permitted.
    Raises Unavailable while it has not arrived."""
    allowed(desk, [patient], Purpose.PRINT)
    data = picture(desk, attachment)
    audit(desk, "print", patient, entity=f"document {attachment.id}")
    return data


@needs(Action.EXPORT)
def document_to_save(desk: Desk, patient: PatientId, attachment: Attachment) -> bytes:
    """The same for a file outside of the record."""
    allowed(desk, [patient], Purpose.EXPORT)
    data = picture(desk, attachment)
    audit(desk, "export", patient, entity=f"document {attachment.id}")
    return data


class _Paper:
    """One record being laid out."""

    def __init__(self, desk: Desk, page: Page, patient: PatientId, tongue: str) -> None:
        self._desk, self._page, self._patient, self._tongue = desk, page, patient, tongue
        self._words = WORDS[tongue]

    def drawn(self) -> PaperRecord:
        person = self._page.fact(Patient, self._patient)
        assert person is not None  # the gate has seen it
        born = self._day(person.birth_date) or "-"
        dni = next((i.value for i in person.identifiers if i.system == DNI), "-")
        identity = f"{person.name.full} · {self._words['born']} {born} · DNI {dni}"
        now = self._desk.clock.now()
        last = self._page.last_moment(self._patient, to_ms(now))
        return PaperRecord(
            organization=self._desk.trust.organization().name, title=self._words["title"], name=person.name.full,
            identity=identity, details=tuple(self._details(person)),
            as_of=self._words["as_of"].format(day=self._at(now if last is None else from_ms(last)), printed=self._at(now)),
            parts=tuple(self._parts()),
            footer=self._words["footer"], page=self._words["page"],
        )  # fmt: skip

    # who ------------------------------------------------------------------------------------------

    def _details(self, person: Patient) -> Iterator[str]:
        born = self._day(person.birth_date) or "-"
        yield f"{self._words['born']} {born} · {self._words.get(str(person.gender), str(person.gender))}"
        if person.deceased_on:
            yield f"{self._words['deceased']} {person.deceased_on:%d/%m/%Y}"
        if person.identifiers:
            yield " · ".join(f"{_system(i.system)} {i.value}" for i in person.identifiers)
        reach = [person.address, *(t.value for t in person.telecom)]
        if any(reach):
            yield " · ".join(r for r in reach if r)
        tongues = [t for t in (person.language, *person.languages) if t]
        yield f"{self._words['languages']} {', '.join(tongues)}"
        for contact in person.contacts:
            told = (
                contact.relationship,
                contact.name.spoken,
                *(t.value for t in contact.telecom),
                contact.address,
            )
            yield f"{self._words['contact']} {' · '.join(t for t in told if t)}"

    # chapters -------------------------------------------------------------------------------------

    def _parts(self) -> Iterator[Part]:
        yield self._grid(
            "allergies", (22, 26, 12, 12, 28), self._all(AllergyIntolerance), self._allergy, alarm=True
        )
        yield self._grid(
            "conditions", (40, 16, 14, 14, 30), _newest(self._all(Condition), "recorded_at"), self._condition
        )
        taken = [self._request(m) for m in _newest(self._all(MedicationRequest), "authored_at")]
        taken += [self._statement(m) for m in _newest(self._all(MedicationStatement), "recorded_at")]
        yield self._rows("medication", (12, 34, 38, 12), taken)
        observations = [o for o in self._all(Observation) if not o.retracted]
        yield Part(self._words["vitals"], tuple(self._trends(observations)))
        rows = [self._observation(o) for o in reversed(observations) if not _is_vital(o)]
        yield self._rows("results", (18, 42, 22, 18), rows)
        yield self._grid(
            "reports", (18, 34, 12, 46), _newest(self._all(DiagnosticReport), "effective_at"), self._report
        )
        yield self._notes()
        yield self._grid("visits", (18, 12, 34, 30), _newest(self._all(Encounter), "arrived_at"), self._visit)
        yield self._grid(
            "procedures", (18, 44, 14, 24), _newest(self._all(Procedure), "performed_at"), self._procedure
        )
        yield self._grid(
            "vaccines", (18, 52, 14, 16), _newest(self._all(Immunization), "occurred_at"), self._vaccine
        )
        yield self._grid(
            "orders", (18, 44, 14, 24), _newest(self._all(ServiceRequest), "authored_at"), self._order
        )
        yield self._grid("tasks", (18, 44, 14, 24), _newest(self._all(Task), "authored_at"), self._task)
        yield self._grid("forms", (18, 30, 52), _newest(self._forms(), "authored_at"), self._form)
        yield self._grid(
            "alerts", (18, 50, 12, 20), _newest(self._all(DetectedIssue), "identified_at"), self._alert
        )
        yield self._grid(
            "appointments", (20, 14, 30, 36), _newest(self._all(Appointment), "start"), self._appointment
        )
        yield self._grid(
            "documents", (18, 20, 62), _newest(self._all(DocumentReference), "made_at"), self._document
        )
        yield self._grid("messages", (18, 20, 62), self._all(Communication), self._message)
        yield self._grid("team", (30, 70), self._all(CareTeam), self._team)
        yield self._grid("consents", (18, 26, 56), _newest(self._all(Consent), "given_at"), self._consent)
        lines = original_lines(self._page, self._patient)
        yield self._rows(
            "originals", (18, 22, 60), [(self._on(o.at), o.type, o.title) for o in lines if not o.of]
        )

    def _forms(self) -> tuple[QuestionnaireResponse, ...]:
        return tuple(r for r in self._all(QuestionnaireResponse) if not of_no_chart(r))

    def _all(self, kind: type[F]) -> tuple[F, ...]:
        return self._page.facts(kind, self._patient)

    def _grid(
        self, name: str, widths: tuple[int, ...], facts: Sequence[F], row: Callable[[F], tuple[str, ...]],
        alarm: bool = False,
    ) -> Part:  # fmt: skip
        return self._rows(name, widths, [row(fact) for fact in facts], alarm)

    def _rows(
        self, name: str, widths: tuple[int, ...], rows: Sequence[tuple[str, ...]], alarm: bool = False
    ) -> Part:
        columns = tuple(self._words[f"{name}.columns"].split("|"))
        blocks = (Grid(columns, widths, tuple(rows)),) if rows else ()
        none = self._words["none listed"] if name in ("allergies", "conditions", "medication") else ""
        return Part(self._words[name], blocks, none, alarm)

    # rows -----------------------------------------------------------------------------------------

    def _allergy(self, a: AllergyIntolerance) -> tuple[str, ...]:
        severe = self._words["severe"] if a.severe else ""
        return (
            a.substance.display,
            a.reaction,
            severe,
            self._status(a.status),
            _joined(self._on(a.recorded_at), a.note),
        )

    def _condition(self, c: Condition) -> tuple[str, ...]:
        ended = self._day(c.abatement)
        return (
            _coded(c.code),
            self._status(c.status),
            self._day(c.onset) or self._on(c.recorded_at),
            ended,
            c.note,
        )

    def _request(self, m: MedicationRequest) -> tuple[str, ...]:
        told = sentence(m, self._tongue) if m.dose else ""
        return (
            self._on(m.authored_at),
            _coded(m.medication),
            _joined(told, m.instructions),
            self._status(m.status),
        )

    def _statement(self, m: MedicationStatement) -> tuple[str, ...]:
        told = self._words["told by"].format(who=self._words.get(f"by {m.source}", m.source))
        return (
            self._on(m.recorded_at),
            _coded(m.medication),
            _joined(m.dose, told, m.note),
            self._status(m.status),
        )

    def _observation(self, o: Observation) -> tuple[str, ...]:
        value = self._quantity(o.value) if o.value else o.value_code.display if o.value_code else ""
        parts = [f"{c.code.display}: {self._quantity(c.value)}" for c in o.components]
        span = " – ".join(self._number(end) if end is not None else "" for end in (o.low, o.high))
        wanted = span if o.low is not None or o.high is not None else ""
        return (
            self._at(o.effective_at),
            o.code.display,
            _joined(value, o.text, *parts),
            _joined(o.interpretation, wanted),
        )

    def _report(self, r: DiagnosticReport) -> tuple[str, ...]:
        found = (self._page.fact(Observation, one) for one in r.results)
        results = [_joined(*self._observation(o)[1:3], between=": ") for o in found if o]
        told = _joined(r.conclusion, *results)
        return (self._on(r.effective_at), _joined(_coded(r.code), r.performer), self._status(r.status), told)

    def _visit(self, e: Encounter) -> tuple[str, ...]:
        why = [
            e.type.display if e.type else "",
            e.reason.display if e.reason else "",
            *(s.display for s in e.symptoms),
        ]
        who = [p.name for p in e.participants if p.name] or [
            self._desk.trust.name_of(e.practitioner) if e.practitioner else ""
        ]
        return (self._at(e.arrived_at), self._status(e.status), _joined(*why), _joined(*who))

    def _procedure(self, p: Procedure) -> tuple[str, ...]:
        reason = p.reason.display if p.reason else ""
        return (
            self._on(p.performed_at),
            _coded(p.code),
            self._status(p.status),
            _joined(p.performer, reason, p.note),
        )

    def _vaccine(self, i: Immunization) -> tuple[str, ...]:
        dose = str(i.dose) if i.dose else ""
        return (
            self._on(i.occurred_at),
            _coded(i.vaccine),
            dose,
            _joined(self._status(i.status), i.lot, i.note),
        )

    def _order(self, s: ServiceRequest) -> tuple[str, ...]:
        return (self._on(s.authored_at), _coded(s.code), self._status(s.status), _joined(s.priority, s.note))

    def _task(self, t: Task) -> tuple[str, ...]:
        return (self._on(t.authored_at), t.title, self._status(t.status), _joined(self._day(t.due), t.note))

    def _form(self, r: QuestionnaireResponse) -> tuple[str, ...]:
        told = "\n".join(f"{one.question} {', '.join(one.answers)}" for one in r.said)
        return (self._on(r.authored_at), f"{r.questionnaire}|{r.version}", told or _answers(r.answers))

    def _alert(self, i: DetectedIssue) -> tuple[str, ...]:
        return (
            self._at(i.identified_at),
            _joined(i.text or i.code.display, i.mitigation),
            i.severity,
            self._status(i.status),
        )

    def _appointment(self, a: Appointment) -> tuple[str, ...]:
        return (self._at(a.start), self._status(a.status), a.practitioner_name, a.reason)

    def _document(self, d: DocumentReference) -> tuple[str, ...]:
        size = f"{d.attachment.content_type}, {d.attachment.size:,} B"
        return (self._on(d.made_at), d.category, _joined(d.attachment.title, d.text, size))

    def _message(self, c: Communication) -> tuple[str, ...]:
        gone = self._words["retracted"].format(why=c.retracted) if c.retracted else ""
        return (
            self._at(c.sent_at),
            c.sender_name or c.sender,
            _joined(gone or c.text, *(a.title for a in c.attachments)),
        )

    def _team(self, t: CareTeam) -> tuple[str, ...]:
        return (
            t.name or "-",
            _joined(*(" · ".join(w for w in (m.name or m.user, m.role) if w) for m in t.members)),
        )

    def _consent(self, c: Consent) -> tuple[str, ...]:
        items = [
            f"{self._words.get(i.scope, i.scope)}: {self._words.get(str(i.decision), str(i.decision))}"
            for i in c.items
        ]
        return (self._at(c.given_at), c.template, _joined(*items))

    # blocks ---------------------------------------------------------------------------------------

    def _notes(self) -> Part:
        notes = _newest(self._all(Composition), "signed_at")
        return Part(self._words["notes"], tuple(self._note(note) for note in notes))

    def _note(self, note: Composition) -> Text:
        told = [
            f"{self._words[name]}: {getattr(note, name)}"
            for name in ("subjective", "objective", "assessment", "plan")
            if getattr(note, name)
        ]
        told += [", ".join(_coded(c) for c in note.conditions)] if note.conditions else []
        kind = f" · {self._words['addendum']}" if note.addendum_to else ""
        return Text(f"{self._at(note.signed_at)} · {note.author_name}{kind}", tuple(told))

    def _trends(self, observations: Sequence[Observation]) -> Iterator[Trend]:
        series: dict[str, list[tuple[datetime, Decimal]]] = {}
        for observation in observations:
            for key, value in readings(observation).items():
                series.setdefault(key, []).append((observation.effective_at, value))
        for key, vital in VITALS.items():
            points = series.get(key)
            if points:
                latest = f"{self._quantity(Quantity(value=points[-1][1], unit=vital.unit))} · {self._on(points[-1][0])}"
                yield Trend(self._words.get(key, vital.display), tuple(points), vital.band, latest)

    # words ----------------------------------------------------------------------------------------

    def _quantity(self, value: Quantity) -> str:
        return f"{self._number(value.value)} {_UNITS.get(value.unit, value.unit)}".strip()

    def _number(self, value: Decimal) -> str:
        """As it was measured; what a machine computed to twelve places is rounded to two on paper."""
        places = -int(value.as_tuple().exponent)
        shown = value.quantize(Decimal("0.01")) if places > 4 and abs(value) >= Decimal("0.1") else value
        return f"{shown:f}" if self._tongue == "en" else f"{shown:f}".replace(".", ",")

    def _status(self, status: str) -> str:
        return self._words.get(str(status), str(status))

    @staticmethod
    def _at(at: datetime) -> str:
        return f"{at.astimezone():%d/%m/%Y %H:%M}"

    @staticmethod
    def _on(at: datetime) -> str:
        return f"{at.astimezone():%d/%m/%Y}"

    @staticmethod
    def _day(day: date | None) -> str:
        return f"{day:%d/%m/%Y}" if day else ""


def _newest(facts: Sequence[F], by: str) -> list[F]:
    return sorted(facts, key=lambda fact: (getattr(fact, by), fact.id), reverse=True)


def _is_vital(observation: Observation) -> bool:
    """True if every number of it is in the charts."""
    values = [observation.code.code] if observation.value else [c.code.code for c in observation.components]
    return bool(values) and not observation.text and all(code in BY_CODE for code in values)


def _coded(code: Coding) -> str:
    return f"{code.display} ({code.code})" if code.code and code.code != code.display else code.display


def _joined(*parts: str, between: str = "\n") -> str:
    return between.join(part for part in parts if part)


def _system(system: str) -> str:
    return "DNI" if system == DNI else system.rstrip("/").rsplit("/", 1)[-1]


def _answers(answers: str) -> str:
    try:
        told = json.loads(answers)
    except ValueError:
        return answers
    return (
        "\n".join(f"{key}: {_answer(value)}" for key, value in told.items())
        if isinstance(told, dict)
        else answers
    )


def _answer(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_answer(one) for one in value)
    if isinstance(value, dict):
        return " ".join(str(value[k]) for k in ("display", "value", "unit") if k in value) or str(value)
    return str(value)
