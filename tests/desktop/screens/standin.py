# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinic in memory for view tests: the same verbs, plausible people, nothing on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from clinic.domain.alerts.due import Standing, is_open, standing
from clinic.domain.clock import FrozenClock, stamp_after
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import (
    AllergyIntolerance,
    Appointment,
    AuditEvent,
    Communication,
    Composition,
    CompositionStatus,
    Condition,
    Consent,
    ConsentItem,
    Decision,
    DetectedIssue,
    DiagnosticReport,
    DocumentMark,
    DocumentReference,
    EmergencySummary,
    Encounter,
    EncounterStatus,
    Gender,
    IssueStatus,
    MarkKind,
    MedicationRequest,
    Method,
    NoteSection,
    NoteTemplate,
    Observation,
    Patient,
    Questionnaire,
    QuestionnaireResponse,
    Section,
    ServiceRequest,
    Task,
    TaskStatus,
)
from clinic.domain.forms import as_draft
from clinic.domain.ids import DeviceId, EncounterId, FactId, OpId, PatientId, TeamId, UserId
from clinic.domain.misuse.lists import Choices, Filters, Matches
from clinic.domain.questionnaires import CLINICIAN
from clinic.domain.scores.news2 import Vitals, news2
from clinic.domain.strokes import packed
from clinic.domain.values import ATC, ICD10, LOINC, Attachment, Coding, HumanName, Quantity
from clinic.exchange.shipped_questionnaires import shipped
from clinic.keys.lease import Lease, days_without, lease
from clinic.keys.rights import Action
from clinic.protocol.op import Op
from clinic.protocol.trust import Role
from clinic.services.alerts import Alert
from clinic.services.asked import AskedFor
from clinic.services.backups import Plan
from clinic.services.bookings import Agenda, Collision
from clinic.services.cards import CardLine
from clinic.services.charts import Asked, Chart, Opened, Reading
from clinic.services.codes_out import GivenCode
from clinic.services.consent_forms import SPOKEN, load_template
from clinic.services.desks import Person
from clinic.services.overviews import Booked, Talk
from clinic.services.people import PersonLine
from clinic.services.plans import Due
from clinic.services.prescribing import Caution
from clinic.services.replay import Played, Replay
from clinic.services.replay import _verb as verb_of
from clinic.services.replay import _what as words_of
from clinic.services.searching import KINDS, Found
from clinic.services.templates import starters
from clinic.services.threads import Thread
from clinic.services.timeline import Moment, kind_name
from clinic.services.visits import Draft
from clinic.services.waiting import Waiting
from clinic.store.folding import search_words
from clinic.store.search import snippet, text_of
from clinic.sync.replay import steps
from clinic.sync.status import SyncStatus
from desktop.screens.consents.logic import Form
from desktop.screens.documents.marking import Draft as MarkDraft
from desktop.screens.emergency import logic as emergency
from desktop.screens.templates.logic import Draft as TemplateDraft

NOW = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
KIOSK = DeviceId("kioskaaaaaaaaaaa")
ROSA, JUAN, MARTA = PatientId("p.rosa"), PatientId("p.juan"), PatientId("p.marta")


class AtOnce(Executor):
    """Runs on the spot, so that tests need no waiting."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - an executor hands every error to its future
            future.set_exception(error)
        return future


def clock() -> FrozenClock:
    return FrozenClock(NOW)


def ago(**span: int) -> datetime:
    return NOW - timedelta(**span)


def line(
    patient: str, family: str, given: str, born: date, gender: Gender, dni: str, provisional: bool = False
) -> PersonLine:
    return PersonLine(
        PatientId(patient),
        HumanName(family=family, given=tuple(given.split())),
        born,
        gender,
        dni,
        b"",
        provisional,
        ago(days=12),
    )


PEOPLE = (
    line("p.rosa", "Quispe Mamani", "Rosa Elena", date(1961, 3, 3), Gender.FEMALE, "14203881"),
    line("p.juan", "Barrionuevo", "Juan Carlos", date(1974, 8, 19), Gender.MALE, "23881204"),
    line("p.marta", "Sosa", "Marta Beatriz", date(1990, 1, 7), Gender.FEMALE, "35012774", provisional=True),
    line("p.marta2", "Sosa", "Marta Beatríz", date(1990, 1, 7), Gender.FEMALE, "35012774"),
    line("p.ana", "Choque", "Ana Lucía", date(2019, 5, 30), Gender.FEMALE, "57331920"),
    line("p.luis", "Ramírez", "Luis Alberto", date(1948, 11, 2), Gender.MALE, "7820114"),
    line("p.nora", "Villalba", "Nora", date(1983, 9, 14), Gender.FEMALE, "30118276"),
)
BY_ID = {person.patient: person for person in PEOPLE}


def vitals(rr: int, spo2: int, systolic: int, heart: int, temperature: str, oxygen: bool = False) -> Vitals:
    return Vitals(
        respiratory_rate=rr,
        spo2=spo2,
        on_oxygen=oxygen,
        systolic=systolic,
        heart_rate=heart,
        alert=True,
        temperature=Decimal(temperature),
    )


def waiting(
    patient: PatientId, ticket: str, minutes: int, reason: str, vital: Vitals, **more: Any
) -> Waiting:
    encounter = Encounter(
        id=FactId(f"e.{patient}"),
        patient=patient,
        status=EncounterStatus.TRIAGED,
        arrived_at=ago(minutes=minutes),
        ticket=ticket,
        reason=Coding(system="posta", code=reason, display=reason),
        kiosk=KIOSK,
        device_name="Posta El Palmar",
        symptoms=tuple(Coding(system="posta", code=s, display=s) for s in more.get("symptoms", ())),
    )
    person = BY_ID[patient]
    matches = (
        tuple(other for other in PEOPLE if other.dni == person.dni and other.patient != patient)
        if person.provisional
        else ()
    )
    shown = {
        "systolic": Decimal(int(vital.systolic or 0)),
        "heart_rate": Decimal(int(vital.heart_rate or 0)),
        "spo2": Decimal(int(vital.spo2 or 0)),
        "temperature": vital.temperature or Decimal(0),
    }
    return Waiting(encounter, person, news2(vital), reason, not person.provisional, matches, shown)


QUEUE = (
    waiting(
        ROSA,
        "B-07",
        14,
        "Pain",
        vitals(25, 92, 148, 112, "38.4"),
        symptoms=("Chest pain", "Short of breath", "Fever"),
    ),
    waiting(JUAN, "B-08", 31, "Medicine", vitals(18, 95, 138, 96, "36.9")),
    waiting(MARTA, "B-09", 6, "Pregnancy", vitals(16, 98, 118, 82, "36.7")),
)


def series(values: list[str], days: int = 30) -> tuple[Reading, ...]:
    last = len(values) - 1
    methods = (Method.DEVICE, Method.MANUAL, Method.KIOSK)
    return tuple(
        Reading(ago(days=(last - n) * days), Decimal(value), methods[n % 3], FactId(f"o.{n}"))
        for n, value in enumerate(values)
    )


def coding(system: str, code: str, display: str) -> Coding:
    return Coding(system=system, code=code, display=display)


NAMES = {"u.me": "Dr. Martín Aguirre", "u.old": "Dra. Julia Ferreyra"}


def issue(
    name: str, patient: PatientId, rule: str, severity: str, text: str, minutes: int, owner: str = ""
) -> DetectedIssue:
    return DetectedIssue(
        id=FactId(name),
        patient=patient,
        code=Coding(system="posta", code=rule, display=rule),
        severity=severity,
        text=text,
        identified_at=ago(minutes=minutes),
        owner=UserId(owner),
    )


ISSUES = (
    issue("i.news2", ROSA, "news2-high", "high", "NEWS2 9", 12),
    issue("i.bp", ROSA, "systolic-trend", "low", "132 → 148 mm[Hg], +5 / 30 d", 600, "u.old"),
    issue("i.single", JUAN, "news2-single", "moderate", "NEWS2 4: 3 × respiratory_rate", 75, "u.old"),
)


def task(name: str, patient: PatientId, title: str, days: int | None, **more: Any) -> Task:
    """Due so many days from now; None for no day."""
    due = None if days is None else NOW.date() + timedelta(days=days)
    return Task(id=FactId(name), patient=patient, title=title, authored_at=ago(days=3), due=due, **more)


TASKS = (
    task("t.wound", ROSA, "Mirar la herida del pie", 0),
    task("t.lab", ROSA, "Llamar con el laboratorio", -2, owner=UserId("u.old")),
    task("t.diet", ROSA, "Hablar con la nutricionista", None),
    task(
        "t.old",
        ROSA,
        "Control de presión",
        -9,
        status=TaskStatus.COMPLETED,
        done_at=ago(days=9),
        note="142/90",
    ),
    task("t.juan", JUAN, "Renovar la receta", 5),
)


HBA1C = coding(LOINC, "4548-4", "HbA1c")
CREATININE = coding(LOINC, "2160-0", "Creatinina")


def lab(
    name: str, code: Coding, value: str, unit: str, low: str, high: str, days: int, flag: str
) -> Observation:
    """A result of so many days ago."""
    return Observation(
        id=FactId(name), patient=ROSA, code=code, effective_at=ago(days=days), category="laboratory",
        value=Quantity(value=Decimal(value), unit=unit), low=Decimal(low), high=Decimal(high), interpretation=flag,
    )  # fmt: skip


RESULTS = (
    lab("l.1", HBA1C, "8.3", "%", "4.0", "5.6", 96, "H"),
    lab("l.2", HBA1C, "7.9", "%", "4.0", "5.6", 7, "H"),
    lab("l.3", CREATININE, "0.8", "mg/dL", "0.5", "1.1", 7, "N"),
)
REPORTS = (
    DiagnosticReport(
        id=FactId("dr.1"), patient=ROSA, code=coding("", "", "Laboratorio"), effective_at=ago(days=7),
        results=(FactId("l.2"), FactId("l.3")), conclusion="Control insuficiente",
    ),
)  # fmt: skip
ORDERS = (
    ServiceRequest(
        id=FactId("r.1"), patient=ROSA, code=HBA1C, authored_at=ago(days=2), priority="urgent", note="ayunas"
    ),
)


def _visit_ops() -> list[Op]:
    """Arrived, opened, two sections typed (one of them twice), prescribed, signed, added to."""
    visit, began = EncounterId("e.old"), ago(days=80, minutes=30)
    ops: list[Op] = []

    def write(fact: Any, minutes: int, author: str = "u.old", replaces: int = -1) -> None:
        at = began + timedelta(minutes=minutes)
        before = (ops[replaces].id,) if replaces >= 0 else ()
        name = OpId(f"kioskaaaaaaaaaaa.{len(ops)}")
        stamp = stamp_after(0, at)
        ops.append(Op(id=name, stamp=stamp, author=UserId(author), fact=fact, replaces=before, window=ROSA))

    def typed(section: Section, text: str, minutes: int, replaces: int = -1) -> None:
        name, at = FactId(f"{visit}.{section}"), began + timedelta(minutes=minutes)
        fact = NoteSection(id=name, patient=ROSA, encounter=visit, section=section, text=text, written_at=at)
        write(fact, minutes, replaces=replaces)

    who = Encounter(
        id=FactId(visit), patient=ROSA, status=EncounterStatus.TRIAGED, arrived_at=began, ticket="B-03",
        reason=coding("posta", "Checkup", "Checkup"),
    )  # fmt: skip
    write(who, 0, "")
    opened = AuditEvent(
        id=FactId("au1"), patient=ROSA, action="open", recorded_at=began + timedelta(minutes=4),
        agent="Dra. Julia Ferreyra", device=KIOSK,
    )  # fmt: skip
    write(opened, 4)
    write(replace(who, status=EncounterStatus.IN_PROGRESS, practitioner=UserId("u.old")), 4, replaces=0)
    typed(Section.SUBJECTIVE, "Control de diabetes.", 6)
    typed(Section.SUBJECTIVE, "Control de diabetes. Refiere buena adherencia y caminatas.", 8, 3)
    typed(Section.ASSESSMENT, "Diabetes tipo 2 con control aceptable.", 12)
    drug = MedicationRequest(
        id=FactId("m.old"), patient=ROSA, medication=coding(ATC, "A10BA02", "Metformina"),
        authored_at=began + timedelta(minutes=14), dose="850 mg", route="oral", every_hours=12, encounter=visit,
    )  # fmt: skip
    write(drug, 14)
    typed(Section.PLAN, "Sigue metformina 850 mg cada 12 h. Laboratorio en 3 meses.", 16)
    note = Composition(
        id=FactId("n1"), patient=ROSA, encounter=visit, status=CompositionStatus.FINAL,
        subjective="Control de diabetes. Refiere buena adherencia y caminatas.",
        assessment="Diabetes tipo 2 con control aceptable.",
        plan="Sigue metformina 850 mg cada 12 h. Laboratorio en 3 meses.", author=UserId("u.old"),
        author_name="Dra. Julia Ferreyra", signed_at=began + timedelta(minutes=20),
    )  # fmt: skip
    write(note, 20)
    write(replace(who, status=EncounterStatus.FINISHED, practitioner=UserId("u.old")), 20, replaces=2)
    more = replace(
        note, id=FactId("n2"), subjective="Peso 83,9 kg, no 93,9.", assessment="", plan="", addendum_to=note.id,
        signed_at=began + timedelta(minutes=95),
    )  # fmt: skip
    write(more, 95)
    return ops


def chart_of(patient: PatientId, clinic: Clinic) -> Chart:
    person = BY_ID[patient]
    encounters = tuple(row.encounter for row in QUEUE if row.encounter.patient == patient)
    encounter = EncounterId(encounters[0].id) if encounters else EncounterId("")
    thumbnail = clinic.photo
    attachment = Attachment(
        id="a1",
        key=b"k",
        content_type="image/jpeg",
        size=len(thumbnail),
        title="Brazo izquierdo",
        thumbnail=thumbnail,
    )
    return Chart(
        person=person,
        patient=Patient(id=FactId(patient), patient=patient, name=person.name),
        allergies=(
            AllergyIntolerance(
                id=FactId("al1"),
                patient=patient,
                substance=coding(ATC, "J01CA04", "Amoxicilina"),
                reaction="Urticaria",
                severe=True,
                recorded_at=ago(days=900),
            ),
        ),
        conditions=(
            Condition(
                id=FactId("c1"),
                patient=patient,
                code=coding(ICD10, "E11", "Diabetes mellitus tipo 2"),
                recorded_at=ago(days=2400),
            ),
            Condition(
                id=FactId("c2"),
                patient=patient,
                code=coding(ICD10, "I10", "Hipertensión esencial (primaria)"),
                recorded_at=ago(days=1500),
            ),
            *clinic.conditions,
        ),
        medication=(
            *clinic.requests,
            MedicationRequest(
                id=FactId("m1"),
                patient=patient,
                medication=coding(ATC, "A10BA02", "Metformina"),
                authored_at=ago(days=80),
                dose="850 mg",
                every_hours=12,
            ),
            MedicationRequest(
                id=FactId("m2"),
                patient=patient,
                medication=coding(ATC, "C09AA02", "Enalapril"),
                authored_at=ago(days=200),
                dose="10 mg",
                every_hours=24,
            ),
        ),
        readings={
            "systolic": series(["132", "138", "141", "135", "144", "150", "139", "148"]),
            "diastolic": series(["82", "85", "88", "84", "90", "94", "86", "92"]),
            "heart_rate": series(["78", "81", "76", "84", "88", "92", "97", "112"]),
            "temperature": series(["36.5", "36.7", "36.6", "36.4", "36.8", "38.4"]),
            "spo2": series(["97", "98", "96", "97", "95", "92"]),
            "respiratory_rate": series(["16", "17", "16", "18", "25"]),
            "glucose": series(["141", "156", "149", "171"]),
            "weight": series(["81.5", "82.0", "82.7", "83.1", "83.9", "84.2"]),
        },
        notes=(
            *clinic.notes,
            Composition(
                id=FactId("n1"),
                patient=patient,
                encounter=EncounterId("e.old"),
                status=CompositionStatus.FINAL,
                subjective="Control de diabetes. Refiere buena adherencia y caminatas tres veces por semana.",
                objective="PA 139/86, FC 97, peso 83,9 kg. Pies sin lesiones.",
                assessment="Diabetes tipo 2 con control aceptable.",
                plan="Sigue metformina 850 mg cada 12 h. Laboratorio en 3 meses.",
                author=UserId("u.old"),
                author_name="Dra. Julia Ferreyra",
                signed_at=ago(days=80),
                conditions=(coding(ICD10, "E11", "Diabetes mellitus tipo 2"),),
            ),
        ),
        messages=clinic.messages,
        documents=(
            DocumentReference(
                id=FactId("d1"),
                patient=patient,
                attachment=attachment,
                made_at=ago(minutes=16),
                encounter=encounter,
            ),
        ),
        consents=(
            Consent(
                id=FactId("co1"),
                patient=patient,
                template="AR-teleconsulta",
                template_version=3,
                template_hash=b"",
                language="es",
                jurisdiction="AR",
                items=tuple(
                    ConsentItem(scope=s, decision=Decision.PERMIT if s != "analytics" else Decision.DENY)
                    for s in ("treatment", "teleconsultation", "recording", "sharing", "analytics")
                ),
                given_at=ago(minutes=15),
                device=KIOSK,
                read_aloud_seconds=74,
            ),
        ),
        encounters=encounters,
        appointments=(),
        tasks=tuple(one for one in clinic.planning.tasks if one.patient == patient),
        orders=tuple(one for one in clinic.ordering.orders if one.patient == patient),
        reports=tuple(one for one in clinic.ordering.reports if one.patient == patient),
        results=tuple(one for one in clinic.ordering.results if one.patient == patient),
        answers=clinic.filling.answers(patient),
        news2=QUEUE[0].news2,
        as_of=ago(minutes=14),
        opened_by=(Opened(ago(minutes=1), "Dr. Martín Aguirre"), Opened(ago(days=80), "Dra. Julia Ferreyra")),
    )


class Emergencies:
    """Two patients of another team; a custodian who says yes to the right password."""

    asks_key = False

    def __init__(self) -> None:
        self.people = tuple(
            EmergencySummary(
                id=FactId(f"emergency.{name}"), subject=PatientId(name), name=HumanName(family=name, given=("Inés",)),
                birth_date=date(1971, 5, 4), dni="20111222", team=TeamId("sur"), written_at=NOW,
                allergies=("Penicilina: edema",), medication=("Enalapril 10 mg",), problems=("Hipertensión",),
            )
            for name in ("Mamani", "Mansilla")
        )  # fmt: skip
        self.open: tuple[emergency.Open, ...] = ()
        self.due: tuple[emergency.Review, ...] = ()
        self.asked: list[tuple[str, ...]] = []

    def find(self, text: str) -> tuple[EmergencySummary, ...]:
        return tuple(one for one in self.people if text and text.lower() in one.name.full.lower())

    def team(self, summary: EmergencySummary) -> str:
        return "Hospital Sur"

    def summary(self, patient: PatientId, reason: str) -> EmergencySummary:
        self.asked.append(("summary", patient, reason))
        return next(one for one in self.people if one.subject == patient)

    def ask(self, patient: PatientId, reason: str, password: str, with_key: bool) -> emergency.Reading:
        if password != "right":
            raise Refusal("That is another person's password. Type your own.")
        self.asked.append(("whole", patient, reason))
        self.open = (emergency.Open(patient, NOW + timedelta(hours=4)),)
        return self.read(patient)

    def read(self, patient: PatientId) -> emergency.Reading:
        parts = (emergency.Part("Allergies", ("Penicilina: edema",)), emergency.Part("Notes", ("Control",)))
        return emergency.Reading(patient, "Mamani, Inés", parts, NOW + timedelta(hours=4), 1)

    def state(self) -> tuple[tuple[emergency.Open, ...], tuple[emergency.Review, ...], bool]:
        return self.open, self.due, False

    def reviews(self) -> tuple[emergency.Review, ...]:
        return self.due

    def close_review(self, review: FactId, patient: PatientId, note: str) -> None:
        if not note:
            raise Refusal("Write what you found: whom you asked, and whether opening the chart was right.")
        self.asked.append(("close", review, note))
        self.due = ()


class Consenting:
    """What a person permits: to call and to record, not to share."""

    may_take = may_export = True

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic

    def name_of(self, user: str) -> str:
        return "Dra. Lucía Paz" if user else ""

    def standing(self, patient: PatientId) -> dict[str, Decision]:
        found = {"teleconsultation": Decision.PERMIT, "recording": Decision.PERMIT, "sharing": Decision.DENY}
        for call in self._clinic.calls:
            if call[0] == "withdraw":
                found |= dict.fromkeys(call[2], Decision.DENY)
            if call[0] == "say":
                found |= call[2]
        return found

    def form(self, language: str) -> Form:
        made = load_template("AR", language, SPOKEN)
        items = tuple((item.scope, item.question) for item in made.items)
        return Form(made.language, made.title, made.intro, items, made.closing)

    def say(self, patient: PatientId, answers: Any, language: str, how: str, until: str) -> None:
        self._clinic.calls.append(("say", patient, dict(answers), language, how, until))

    def take_back(self, patient: PatientId, scopes: tuple[str, ...]) -> None:
        self._clinic.calls.append(("withdraw", patient, scopes))

    def keep_evidence(self, patient: PatientId, consent: FactId, path: Path) -> str:
        self._clinic.calls.append(("evidence", patient, consent))
        return str(path)


class Planning:
    """The tasks of Rosa's and Juan's charts."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self.tasks: tuple[Task, ...] = TASKS

    def name_of(self, user: str) -> str:
        return "Dra. Lucía Paz" if user else ""

    def colleagues(self) -> tuple[tuple[UserId, str], ...]:
        return ((UserId("u.old"), "Dra. Lucía Paz"),)

    def due(self) -> tuple[Due, ...]:
        return tuple(
            Due(one, BY_ID[one.patient], one.due is not None and one.due < NOW.date())
            for one in sorted(self.tasks, key=lambda one: one.due or date.max)
            if one.status in Task.OPEN
        )

    def plan(
        self, patient: PatientId, title: str, due: date | None, owner: UserId, encounter: EncounterId
    ) -> Task:
        if not title:
            raise Refusal("Say what has to be done.")
        self._clinic.calls.append(("plan", patient, title, due, owner, encounter))
        return Task(id=FactId("t.new"), patient=patient, title=title, authored_at=NOW, due=due, owner=owner)

    def take(self, task: FactId, patient: PatientId) -> None:
        self._clinic.calls.append(("take", task, patient))

    def done(self, task: FactId, patient: PatientId, note: str) -> None:
        self._clinic.calls.append(("done", task, patient, note))

    def cancel(self, task: FactId, why: str, patient: PatientId) -> None:
        if not why:
            raise Refusal("Say why this is not done.")
        self._clinic.calls.append(("no task", task, why, patient))

    def reopen(self, task: FactId, patient: PatientId) -> None:
        self._clinic.calls.append(("task again", task, patient))


class Filling:
    """The forms that come with the program, and what was filled in of them."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self.held: dict[FactId, QuestionnaireResponse] = {}
        self.fails = ""
        self.made = 0

    def answers(self, patient: PatientId) -> tuple[Asked, ...]:
        mine = (one for one in self.held.values() if one.patient == patient)
        return tuple(
            Asked(one, self._form(one.questionnaire)) for one in mine if one.status != "entered-in-error"
        )[::-1]

    def _form(self, url: str) -> Questionnaire:
        return next(form for form in shipped() if form.url == url)

    def to_fill_in(self) -> tuple[Questionnaire, ...]:
        return tuple(form for form in shipped() if form.purpose == CLINICIAN)

    def begin(self, url: str, version: int, window: PatientId, encounter: EncounterId) -> Asked:
        self.made += 1
        response = QuestionnaireResponse(
            id=FactId(f"q{self.made}"), patient=window, questionnaire=url, version=version, status="in-progress",
            authored_at=NOW, author=UserId("u.me"), encounter=encounter,
        )  # fmt: skip
        return Asked(response, self._form(url))

    def amend(self, response: FactId, window: PatientId) -> Asked:
        old = self.held[response]
        fresh = self.begin(old.questionnaire, old.version, window, EncounterId("")).response
        return Asked(replace(fresh, answers=old.answers, amends=response), self._form(old.questionnaire))

    def draft(self, response: FactId, window: PatientId) -> Asked:
        return Asked(self.held[response], self._form(self.held[response].questionnaire))

    def keep(
        self, response: QuestionnaireResponse, given: Any, window: PatientId, reason: str
    ) -> QuestionnaireResponse:
        return self._filed(response, given, window, reason, "in-progress")

    def complete(
        self, response: QuestionnaireResponse, given: Any, window: PatientId, reason: str
    ) -> QuestionnaireResponse:
        return self._filed(response, given, window, reason, "amended" if response.amends else "completed")

    def _filed(
        self, response: QuestionnaireResponse, given: Any, window: PatientId, reason: str, status: str
    ) -> QuestionnaireResponse:
        if self.fails:
            raise Unavailable(self.fails)
        items = {item.key: item for item in self._form(response.questionnaire).items}
        answers = json.dumps({key: as_draft(items[key], said) for key, said in given.items()})
        self._clinic.calls.append((status, response.id, window, dict(given)))
        self.held[FactId(response.id)] = replace(response, answers=answers, status=status, reason=reason)
        return self.held[FactId(response.id)]

    def throw_away(self, response: FactId, window: PatientId) -> None:
        self.held[response] = replace(self.held[response], status="entered-in-error")

    def take_up(self, response: FactId, window: PatientId) -> None:
        self.held[response] = replace(self.held[response], status="in-progress")


class Marking:
    """Marks on documents: one of a colleague on the first page of any."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic, self.me, self.trouble = clinic, UserId("u.me"), ""
        self.held: list[DocumentMark] = []

    def theirs(self, attachment: str, page: int = 0) -> DocumentMark:
        return DocumentMark(
            id=FactId(f"m.{len(self.held)}"), patient=ROSA, attachment=attachment, page=page, kind=MarkKind.PEN,
            points=packed([(0.1, 0.8), (0.3, 0.8)]), author=UserId("u.other"), author_name="Dra. Paz Colque", drawn_at=NOW,
            ink="blue",
        )  # fmt: skip

    def marks(self, patient: PatientId, attachment: Attachment) -> tuple[DocumentMark, ...]:
        return tuple(
            one
            for one in self.held
            if (one.patient, one.attachment, one.status) == (patient, attachment.id, "active")
        )

    def put(self, patient: PatientId, attachment: Attachment, draft: MarkDraft) -> DocumentMark:
        self._refuse()
        made = DocumentMark(
            id=FactId(f"m.{len(self.held)}"), patient=patient, attachment=attachment.id, page=draft.page, kind=draft.kind,
            points=packed(draft.line), author=self.me, author_name="Dra. Ana Ruiz", drawn_at=NOW, ink=draft.ink,
            text=draft.text,
        )  # fmt: skip
        self.held.append(made)
        return made

    def rub_out(self, patient: PatientId, mark: FactId) -> None:
        self._status(mark, "entered-in-error")

    def put_back(self, patient: PatientId, mark: FactId) -> None:
        self._status(mark, "active")

    def _status(self, mark: FactId, status: str) -> None:
        self._refuse()
        self.held = [replace(one, status=status) if one.id == mark else one for one in self.held]

    def _refuse(self) -> None:
        if self.trouble:
            raise Unavailable(self.trouble)


class Templating:
    """One of her own, one of the team's, and those that come with the program."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        mine = NoteTemplate(
            id=FactId("n.mine"), code="ctrl", title="Control breve", author=UserId("u.me"), written_at=NOW,
            text="Control el ___, con {nombre}.",
        )  # fmt: skip
        theirs = NoteTemplate(
            id=FactId("n.team"), code="lumb", title="Lumbalgia", author=UserId("u.other"), written_at=NOW,
            subjective="Dolor lumbar desde ___.", plan="Calor local. Volver si ___.", shared=True,
        )  # fmt: skip
        self.held: tuple[NoteTemplate, ...] = (mine, theirs)

    def all(self) -> tuple[NoteTemplate, ...]:
        return (*self.held, *starters("es"))

    def keep(self, draft: TemplateDraft, replacing: FactId) -> NoteTemplate:
        if not draft.code:
            raise Refusal(
                "Write a short code without spaces or dots, such as hta: at most 20 letters and digits."
            )
        words = {section.value: text for section, text in draft.sections.items()} if draft.whole else {}
        made = NoteTemplate(
            id=replacing or FactId("n.new"), code=draft.code, title=draft.title, author=UserId("u.me"), written_at=NOW,
            text="" if draft.whole else draft.text, shared=draft.shared, **words,
        )  # fmt: skip
        self.held = (made, *(one for one in self.held if one.id != made.id))
        return made

    def remove(self, template: FactId) -> NoteTemplate:
        found = next(one for one in self.held if one.id == template)
        self.held = tuple(one for one in self.held if one.id != template)
        return found

    def put_back(self, before: NoteTemplate) -> None:
        self.held = (before, *(one for one in self.held if one.id != before.id))


class Ordering:
    """What waits on Rosa's chart, and what came."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self.orders, self.reports, self.results = ORDERS, REPORTS, RESULTS

    def find(self, text: str, language: str) -> tuple[Coding, ...]:
        return tuple(one for one in (HBA1C, CREATININE) if text.lower() in one.display.lower())

    def order(
        self, patient: PatientId, codes: Any, priority: str, reason: Coding | None, note: str, encounter: EncounterId
    ) -> tuple[ServiceRequest, ...]:  # fmt: skip
        self._clinic.calls.append(("order", patient, tuple(codes), priority, reason, note, encounter))
        return tuple(
            ServiceRequest(id=FactId(f"r.new{n}"), patient=patient, code=code, authored_at=NOW)
            for n, code in enumerate(codes)
        )

    def cancel(self, orders: Any, patient: PatientId) -> None:
        self._clinic.calls.append(("no order", tuple(orders), patient))

    def report(
        self, patient: PatientId, code: Coding, found: Any, day: date, based_on: FactId, conclusion: str
    ) -> None:
        self._clinic.calls.append(("report", patient, code, tuple(found), day, based_on, conclusion))

    def amend(self, report: FactId, conclusion: str, patient: PatientId) -> None:
        self._clinic.calls.append(("amend", report, conclusion, patient))

    def take_back(self, result: FactId, why: str, patient: PatientId) -> None:
        self._clinic.calls.append(("no result", result, why, patient))


class Scheduling:
    """What is booked, with one practitioner."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic

    def agenda(self, since: datetime, until: datetime) -> Agenda:
        return Agenda(((UserId(""), "Dr. Martín Aguirre"),), self.clinic.booked(since, until))

    def asked(self) -> tuple[AskedFor, ...]:
        return ()

    def attend(self, one: Appointment, came: bool) -> Appointment:
        self.clinic.attended[one.id] = "arrived" if came else "noshow"
        return one

    def restore(self, before: Appointment) -> None:
        self.clinic.attended[before.id] = before.status


class Clinic:
    """The verbs; what is written is remembered in lists a test can read."""

    may_not = frozenset({Action.READ_AUDIT, Action.REVIEW})

    def allowed(self, action: Action) -> bool:
        """Whoever is here is a clinician of the team."""
        return action not in self.may_not

    def sync_status(self) -> SyncStatus:
        return SyncStatus(waiting=3)

    def __init__(self, photo: bytes = b"") -> None:
        self.photo = photo
        self.emergency, self.consenting = Emergencies(), Consenting(self)
        self.planning, self.ordering, self.scheduling = Planning(self), Ordering(self), Scheduling(self)
        self.templating, self.marking = Templating(self), Marking(self)
        self.filling = Filling(self)
        self.saved: list[tuple[str, str, str]] = []
        self.attended: dict[str, str] = {}
        self.issues: tuple[DetectedIssue, ...] = ISSUES
        self.plan: Plan | None = None
        self.told: tuple[Any, ...] = ()
        self.glass: tuple[Any, ...] = ()
        self.entries_held: tuple[Any, ...] = ()
        self.reviewed: tuple[Any, ...] = ()
        self.is_owner = False
        self.days_without = 0
        self.texts_waiting = 0
        self.calls: list[tuple[Any, ...]] = []
        self.cards = [
            CardLine(FactId("k2"), NOW - timedelta(days=9), "Dra. Lucía Paz", True, NOW - timedelta(hours=2), None, "", "", True),
            CardLine(
                FactId("k1"), NOW - timedelta(days=400), "Eva Sosa", False, None, NOW - timedelta(days=9), "Eva Sosa",
                "lost", False,
            ),
        ]  # fmt: skip
        self.rows: tuple[Waiting, ...] = QUEUE
        self.texts: dict[Section, str] = {}
        self.requests: tuple[MedicationRequest, ...] = ()
        self.conditions: tuple[Condition, ...] = ()
        self.notes: tuple[Composition, ...] = ()
        self.messages: tuple[Communication, ...] = (
            Communication(
                id=FactId("w1"),
                patient=ROSA,
                sent_at=ago(days=2),
                sender="patient",
                sender_name="Rosa Elena",
                text="Doctora, la presión me dio 150 y 94 hoy a la mañana. ¿Tomo la segunda pastilla?",
            ),
            Communication(
                id=FactId("w2"),
                patient=ROSA,
                sent_at=ago(days=1),
                sender="u.old",
                sender_name="Dra. Julia Ferreyra",
                text="Hola Rosa. Tomá solo la de siempre y volvé a medir a la noche.",
            ),
        )
        self.me = Person(UserId("u.me"), "Dr. Martín Aguirre", Role.CLINICIAN)
        self.full = False

    def find(self, text: str, limit: int = 40) -> tuple[PersonLine, ...]:
        words = text.lower().split()
        return tuple(p for p in PEOPLE if all(w in f"{p.name.full} {p.dni}".lower() for w in words))[:limit]

    def person(self, patient: PatientId) -> PersonLine:
        return BY_ID[patient]

    def alike(self, name: HumanName, born: date, dni: str) -> tuple[PersonLine, ...]:
        return tuple(
            p for p in PEOPLE if p.name.family.lower() == name.family.lower() or (dni and p.dni == dni)
        )

    def register(self, name: HumanName, born: date, gender: Gender, dni: str, phone: str = "") -> PatientId:
        self.calls.append(("register", name.full, born, dni))
        return ROSA

    def confirm_identity(self, provisional: PatientId, other: PatientId) -> None:
        self.calls.append(("confirm", provisional, other))

    def undo_identity(self, provisional: PatientId, other: PatientId) -> None:
        self.calls.append(("undo", provisional, other))

    def cards_of(self, patient: PatientId) -> tuple[CardLine, ...]:
        return tuple(self.cards)

    def end_card(self, card: FactId, why: str, patient: PatientId) -> object:
        self.calls.append(("end card", card, why, patient))
        self.cards = [
            replace(one, works=False, revoked_why=why, revoked_at=NOW) if one.card == card else one
            for one in self.cards
        ]
        return None

    def give_code(self, patient: PatientId) -> GivenCode:
        self.calls.append(("code", patient))
        return GivenCode("48213377", "14233456", NOW + timedelta(minutes=15))

    def code_is_out(self) -> bool:
        return True

    def card_paper(self, patient: PatientId, text: str) -> bytes:
        return b"%PDF"

    def vouch(self, encounter: EncounterId, other: PatientId) -> None:
        self.calls.append(("vouch", encounter, other))

    def issue_card(self, patient: PatientId, pin: str = "") -> str:
        self.calls.append(("card", patient, pin))
        return "POSTA1:" + "K7Q2M" * 12

    def alerts(self) -> tuple[Alert, ...]:
        rows = standing((one for one in self.issues if is_open(one)), NOW)
        return tuple(self._alert(row) for row in rows)

    def open_alerts(self, patient: PatientId) -> tuple[Alert, ...]:
        rows = standing((one for one in self.issues if one.patient == patient), NOW)
        return tuple(self._alert(row) for row in rows)

    def _alert(self, row: Standing) -> Alert:
        owner = NAMES.get(row.alert.owner, "")
        return Alert(BY_ID[row.alert.patient], row, (), False, owner)

    def acknowledge(self, alert: FactId, note: str, window: PatientId) -> None:
        if self.full:
            raise Unavailable("The disk is full. Free some space; what you typed stays on the screen.")
        self.calls.append(("acknowledge", alert, note, window))
        self._change(
            alert,
            status=IssueStatus.FINAL,
            mitigation=note,
            acknowledged_by=self.me.user,
            acknowledged_at=NOW,
        )

    def reopen_alert(self, alert: FactId, window: PatientId) -> None:
        self.calls.append(("reopen", alert, window))
        self._change(alert, status=IssueStatus.REGISTERED, mitigation="")

    def take_over(self, alert: FactId, window: PatientId) -> None:
        self.calls.append(("take", alert, window))
        self._change(alert, owner=self.me.user)

    def hand_back(self, alert: FactId, to: UserId, window: PatientId) -> None:
        self.calls.append(("hand back", alert, to, window))
        self._change(alert, owner=to)

    def _change(self, alert: FactId, **changed: Any) -> None:
        self.issues = tuple(replace(one, **changed) if one.id == alert else one for one in self.issues)

    def look_for(
        self, text: str, kind: str, since: datetime | None, patient: PatientId, best: bool, written_down: bool
    ) -> tuple[tuple[Found, ...], int]:
        self.calls.append(("look", text, kind, since, patient, best, written_down))
        drawn = chart_of(ROSA, self)
        facts = (
            (drawn.notes[-1], ROSA),
            *((one, ROSA) for one in self.messages),
            (drawn.conditions[0], JUAN),
        )
        words = text.lower().split()
        hits = (
            Found(fact, BY_ID[whose], ago(days=n), snippet(text_of(fact), search_words(text)))
            for n, (fact, whose) in enumerate(facts)
            if all(word in text_of(fact).lower() for word in words)
            and (not patient or whose == patient)
            and (not kind or isinstance(fact, KINDS[kind]))
        )
        return tuple(hits), self.texts_waiting

    def unread(self) -> int:
        return self.texts_waiting

    def broken_glass(self) -> tuple[Any, ...]:
        return self.glass

    def notices(self) -> tuple[Any, ...]:
        return self.told

    def put_away(self, key: str) -> None:
        self.calls.append(("put away", key))

    def audit_choices(self) -> Choices:
        return Choices((("lucia", "Lucía Paz"), ("ben", "Ben Acosta")), ((KIOSK, "Posta El Palmar"),))  # type: ignore[arg-type]

    def audit_found(self, filters: Filters, written_down: bool) -> Matches:
        """Of `entries_held`; the words are looked for in names. Their numbers are their places there."""
        self.calls.append(("audit", filters, written_down))
        words = filters.text.lower()
        found = [n for n, e in enumerate(self.entries_held) if words in f"{e.act.name} {e.person}".lower()]
        found = [n for n in found if filters.patient in ("", self.entries_held[n].act.patient)]
        return Matches(tuple(found), self.audit_rows(tuple(found[:100])), len(self.entries_held))

    def audit_rows(self, numbers: tuple[int, ...]) -> tuple[Any, ...]:
        return tuple(self.entries_held[n] for n in numbers)

    def reviews(self, closed: bool, look: bool) -> tuple[Any, ...]:
        self.calls.append(("reviews", closed, look))
        return tuple(one for one in self.reviewed if one.open is not closed)

    def evidence(self, review: FactId) -> tuple[Any, ...]:
        return self.entries_held[:2]

    def reviewers(self) -> tuple[tuple[str, str], ...]:
        return (("ben", "Ben Acosta"), ("eva", "Eva Sosa"), ("nora", "Nora Gil"))

    def assign_review(self, review: FactId, to: str) -> None:
        self.calls.append(("assign", review, to))

    def watch_chart(self, patient: PatientId, on: bool) -> None:
        self.calls.append(("watch", patient, on))
        self.reviewed = tuple(
            replace(one, watched=on) if one.watched is not None else one for one in self.reviewed
        )

    def close_review(self, review: FactId, finding: str, note: str) -> None:
        if not finding:
            raise Refusal("Say what you found: justified, a mistake, misuse, or that it stays unclear.")
        self.calls.append(("close", review, finding, note))

    def lease(self, in_care: bool) -> tuple[Lease, int]:
        heard = NOW - timedelta(days=self.days_without)
        return lease(heard, NOW, in_care), days_without(heard, NOW)

    def backup_plan(self) -> Plan | None:
        return self.plan

    def queue(self) -> tuple[Waiting, ...]:
        return self.rows

    def booked(self, since: datetime, until: datetime) -> tuple[Booked, ...]:
        slots = (
            (PEOPLE[5], 25, "Control de presión"),
            (PEOPLE[4], 70, "Control de niño sano"),
            (PEOPLE[6], 1500, "Curación"),
            (PEOPLE[1], 2900, "Receta"),
        )
        made = tuple(
            Booked(
                Appointment(
                    id=FactId(f"ap{n}"),
                    patient=p.patient,
                    start=NOW + timedelta(minutes=m),
                    reason=why,
                    practitioner_name="Dr. Martín Aguirre",
                    status=self.attended.get(f"ap{n}", "booked"),
                ),
                p,
            )
            for n, (p, m, why) in enumerate(slots)
        )
        return tuple(one for one in made if since <= one.appointment.start < until)

    def talks(self) -> tuple[Talk, ...]:
        return tuple(Talk(BY_ID[m.patient], m) for m in self.messages[-1:])

    def open_thread(self, patient: PatientId) -> Thread:
        return self.thread(patient)

    def thread(self, patient: PatientId) -> Thread:
        said = tuple(one for one in self.messages if one.patient == patient)
        return Thread(BY_ID[patient], "es", said)

    def note_read(self, patient: PatientId, messages: tuple[FactId, ...]) -> None:
        self.calls.append(("read", patient, messages))

    def write_to(self, patient: PatientId, text: str, attachments: tuple[Attachment, ...]) -> Communication:
        return self.send_message(patient, text, EncounterId(""), attachments, patient)

    def open_chart(self, patient: PatientId) -> Chart:
        self.calls.append(("open", patient))
        return self.chart(patient)

    def chart(self, patient: PatientId) -> Chart:
        return chart_of(patient, self)

    def timeline(self, patient: PatientId) -> tuple[Moment, ...]:
        drawn = self.chart(patient)
        return (
            Moment(ago(minutes=14), "Encounter", "Pain", "B-07", drawn.encounters[0])
            if drawn.encounters
            else None,
            Moment(ago(minutes=15), "Consent", "AR-teleconsulta", "es", drawn.consents[0]),
            Moment(
                ago(days=1),
                "Communication",
                "Hola Rosa. Tomá solo la de siempre…",
                "Dra. Julia Ferreyra",
                drawn.messages[-1],
            ),
            Moment(
                ago(days=80),
                "Composition",
                "Diabetes tipo 2 con control aceptable.",
                "Dra. Julia Ferreyra",
                drawn.notes[-1],
            ),
        )[0 if drawn.encounters else 1 :]  # type: ignore[return-value]

    def replay(self, encounter: EncounterId) -> Replay:
        """What the services would give for the ops of one short visit."""
        self.calls.append(("replay", encounter))
        if encounter != "e.old":
            raise Refusal("This visit is not on this computer. Wait for the next exchange.")
        played = steps(_visit_ops(), NOW)
        return Replay(
            encounter,
            ROSA,
            tuple(
                Played(
                    step,
                    kind_name(step.op.fact),
                    verb_of(step.op),
                    words_of(step.op.fact),
                    NAMES.get(step.op.author, ""),
                    "Consultorio 2",
                )
                for step in played
            ),
        )

    def open_document(self, patient: PatientId, attachment: Attachment) -> bytes:
        self.calls.append(("read", patient, attachment.id))
        return self.photo

    def document_to_print(self, patient: PatientId, attachment: Attachment) -> bytes:
        self.calls.append(("print", patient, attachment.id))
        return self.photo

    def document_to_save(self, patient: PatientId, attachment: Attachment) -> bytes:
        self.calls.append(("save", patient, attachment.id))
        return self.photo

    def picture(self, attachment: Attachment) -> bytes:
        return self.photo

    def may(self, patient: PatientId, scope: str) -> bool:
        return scope != "analytics"

    def ask_to_call(self, patient: PatientId) -> FactId:
        return FactId("c1")

    def ask_to_record(self, patient: PatientId) -> FactId:
        return FactId("c1")

    def ask_to_share(self, patient: PatientId) -> FactId:
        return FactId("c1")

    def share_document(
        self, encounter: EncounterId, call: str, to: DeviceId, attachment: Attachment
    ) -> bytes:
        return self.picture(attachment)

    def share_over(
        self, encounter: EncounterId, call: str, to: DeviceId, title: str, seen: int, pages: int
    ) -> None:
        self.shares_over = [*getattr(self, "shares_over", []), (title, seen, pages)]

    def share_file(self, encounter: EncounterId, call: str, to: DeviceId, title: str) -> None:
        self.shown_files = [*getattr(self, "shown_files", []), (encounter, call, to, title)]

    def start_visit(self, encounter: EncounterId, window: PatientId) -> None:
        self.calls.append(("start", encounter, window))

    def draft(self, encounter: EncounterId) -> Draft:
        return Draft(encounter, ROSA, dict(self.texts), ago(minutes=3) if self.texts else None, {})

    def autosave(self, encounter: EncounterId, section: Section, text: str, window: PatientId) -> None:
        if self.full:
            raise Unavailable("The disk is full. Free some space; what you typed stays on the screen.")
        self.texts[section] = text
        self.saved.append((str(section), text, window))

    def add_condition(self, encounter: EncounterId, code: Coding, window: PatientId) -> None:
        made = Condition(
            id=FactId(f"c.{code.code}"), patient=window, code=code, recorded_at=NOW, encounter=encounter
        )
        self.conditions += (made,)

    def remove_condition(self, condition: FactId, why: str, window: PatientId) -> None:
        self.conditions = tuple(c for c in self.conditions if c.id != condition)

    def media_step(self, encounter: EncounterId, step: str, call: str) -> None:
        self.calls.append(("step", step))

    def rung_changed(
        self, encounter: EncounterId, call: str, before: str, after: str, why: str, by: str
    ) -> None:
        self.calls.append(("rung", before, after, why, by))

    def report_call(
        self,
        encounter: EncounterId,
        call: str,
        began_at: datetime,
        outcome: str,
        seconds: bytes,
        relay: str = "",
    ) -> None:
        self.calls.append(("report", outcome, seconds))

    def keep_still(self, encounter: EncounterId, picture: bytes, title: str) -> None:
        self.calls.append(("still", encounter, title))

    def send_note(self, encounter: EncounterId, sound: bytes, seconds: float) -> Communication:
        self.calls.append(("note", encounter, sound, seconds))
        return Communication(
            id=FactId("m.new"), patient=ROSA, sent_at=NOW, sender=self.me.user, encounter=encounter
        )

    def finish_left_call(self) -> None:
        pass

    asks_password = False

    def signs_again(self) -> bool:
        return self.asks_password

    def sign(self, encounter: EncounterId, window: PatientId, password: str = "") -> Composition:
        if self.asks_password and password != "la clave":
            raise Refusal("That is not the password.")
        note = Composition(
            id=FactId("n.new"),
            patient=window,
            encounter=encounter,
            status=CompositionStatus.FINAL,
            author=self.me.user,
            author_name=self.me.name,
            signed_at=NOW,
            **{str(section): text for section, text in self.texts.items()},
        )
        self.notes = (note,)
        return note

    def addendum(self, note: FactId, text: str, window: PatientId) -> Composition:
        return replace(self.notes[0], id=FactId("n.add"), addendum_to=note, subjective=text)

    in_their_way: tuple[Collision, ...] = ()

    def in_the_way(self, patient: PatientId, start: datetime) -> tuple[Collision, ...]:
        return self.in_their_way

    def out_of_hours(self, patient: PatientId, start: datetime) -> None:
        """She keeps no hours."""

    def book_next(
        self,
        patient: PatientId,
        start: datetime,
        reason: str,
        despite: tuple[FactId, ...] = (),
        anyway: bool = False,
    ) -> None:
        self.calls.append(("book", patient, start, reason, *despite))

    def find_condition(self, text: str, language: str) -> tuple[Coding, ...]:
        table = (
            ("J18.9", "Neumonía, no especificada"),
            ("J20.9", "Bronquitis aguda, no especificada"),
            ("R07.4", "Dolor en el pecho, no especificado"),
            ("J06.9", "Infección aguda de las vías respiratorias superiores"),
        )
        return tuple(
            coding(ICD10, code, name) for code, name in table if text.lower() in f"{code} {name}".lower()
        )

    def find_medication(self, text: str) -> tuple[Coding, ...]:
        table = (
            ("J01CA04", "Amoxicilina"),
            ("J01FA10", "Azitromicina"),
            ("N02BE01", "Paracetamol"),
            ("M01AE01", "Ibuprofeno"),
        )
        return tuple(coding(ATC, code, name) for code, name in table if text.lower() in name.lower())

    def begin_here(self, window: PatientId) -> Encounter:
        return Encounter(
            id=FactId(f"here.{window}"), patient=window, status=EncounterStatus.IN_PROGRESS, arrived_at=NOW
        )

    def answer_pregnancy(
        self, patient: PatientId, pregnant: bool, encounter: EncounterId, window: PatientId
    ) -> Observation:
        self.calls.append(("pregnant", patient, pregnant, encounter, window))
        return Observation(
            id=FactId("preg"),
            patient=patient,
            code=coding(LOINC, "82810-3", "Pregnancy status"),
            effective_at=NOW,
        )

    def take_back_vitals(self, readings: tuple[FactId, ...], why: str, window: PatientId) -> None:
        self.calls.append(("taken back", readings, window))

    def take_vitals(
        self, encounter: EncounterId, values: Mapping[str, Decimal], window: PatientId
    ) -> tuple[Observation, ...]:
        self.calls.append(("vitals", encounter, dict(values), window))
        return ()

    def write_allergy(
        self, patient: PatientId, substance: Coding, category: str, reaction: str, severe: bool
    ) -> AllergyIntolerance:
        self.calls.append(("allergy", patient, substance, category, reaction, severe))
        return AllergyIntolerance(
            id=FactId("new"), patient=patient, substance=substance, recorded_at=NOW, category=category
        )

    def take_off_allergy(self, allergy: FactId, why: str, window: PatientId) -> object:
        if not why.strip():
            raise Refusal("Say why this allergy is taken off.")
        self.calls.append(("no allergy", allergy, why, window))
        return None

    def check(
        self, patient: PatientId, medication: Coding, replacing: FactId = FactId("")
    ) -> tuple[Caution, ...]:
        if medication.code == "J01CA04":
            return (
                Caution(
                    "allergy",
                    "Amoxicilina",
                    "Urticaria",
                    "this chart",
                    "2024-06-02",
                ),
            )
        return ()

    def check_dose(
        self, patient: PatientId, medication: Coding, dose: str, route: str, every_hours: int
    ) -> tuple[Caution, ...]:
        self.calls.append(("dose", patient, medication.code, dose, route, every_hours))
        if dose == "5000 mg":
            return (Caution("tenfold", medication.display, "", "FDA label", "", "5000 500"),)
        return ()

    def prescribe(
        self,
        encounter: EncounterId,
        medication: Coding,
        dose: str,
        route: str,
        every_hours: int,
        days: int,
        instructions: str,
        window: PatientId,
        reason: str = "",
        replacing: FactId = FactId(""),
    ) -> MedicationRequest:
        made = MedicationRequest(
            id=FactId(f"m.{medication.code}"),
            patient=window,
            medication=medication,
            authored_at=NOW,
            dose=dose,
            route=route,
            every_hours=every_hours,
            days=days,
            instructions=instructions,
            encounter=encounter,
            override_reason=reason,
        )
        self.requests += (made,)
        return made

    def rx_sentence(self, request: MedicationRequest, language: str) -> str:
        from clinic.domain.medication import directions

        return directions(request.dose, request.route, request.every_hours, request.days, language)

    def send_message(
        self,
        patient: PatientId,
        text: str,
        encounter: EncounterId,
        attachments: tuple[Attachment, ...],
        window: PatientId,
    ) -> Communication:
        made = Communication(
            id=FactId(f"w{len(self.messages) + 1}"),
            patient=patient,
            sent_at=NOW,
            sender=self.me.user,
            sender_name=self.me.name,
            text=text,
            attachments=attachments,
            encounter=encounter,
        )
        self.messages += (made,)
        return made

    def summary_pdf(self, encounter: EncounterId) -> bytes:
        return b"%PDF-1.7\n"

    def summary_text(self, encounter: EncounterId, language: str) -> str:
        return "Reposo y mucho líquido."
