# SPDX-License-Identifier: GPL-3.0-or-later
"""A visit from the clinician's side: the draft that is never lost, codes and readings, the signature."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    Appointment,
    ClinicalStatus,
    Communication,
    Composition,
    CompositionStatus,
    Condition,
    Encounter,
    EncounterStatus,
    MedicationRequest,
    Method,
    NoteSection,
    Observation,
    Section,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.policies import signs_again
from clinic.domain.values import Coding, Quantity
from clinic.domain.vitals import BLOOD_PRESSURE, DIASTOLIC, SYSTOLIC, VITALS
from clinic.keys.consents import sign_fact
from clinic.keys.factors import SecondFactor
from clinic.keys.rights import Action
from clinic.protocol.op import Op
from clinic.services.bookings import book
from clinic.services.capsules import send_capsule
from clinic.services.charted import fact_of, patient_of
from clinic.services.coding import remember
from clinic.services.desks import Desk, Written, WrongPatient
from clinic.services.gate import needs
from clinic.store.page import Page
from clinic.store.writing import WritePage


@dataclass(frozen=True, slots=True)
class Draft:
    """The unsigned note of one encounter. `conflicts`: sections written on two computers at once, other texts beside."""

    encounter: EncounterId
    patient: PatientId
    texts: Mapping[Section, str]
    saved_at: datetime | None
    conflicts: Mapping[Section, tuple[str, ...]]


def encounter_of(desk: Desk, encounter: EncounterId) -> Encounter:
    return desk.book.read(lambda page: _encounter(page, encounter))


@needs(Action.WRITE_NOTE)
def start_visit(desk: Desk, encounter: EncounterId, window: PatientId) -> Written:
    """The clinician takes the patient: in progress, with whom and since when. Twice is once."""
    visit = encounter_of(desk, encounter)
    if visit.status == EncounterStatus.IN_PROGRESS and visit.practitioner == desk.someone.user:
        return Written()
    if visit.status in (EncounterStatus.FINISHED, EncounterStatus.CANCELLED):
        raise Refusal("This visit is over. Open a new one from the queue, or write an addendum.")
    taken = replace(
        visit, status=EncounterStatus.IN_PROGRESS, practitioner=desk.someone.user,
        started_at=visit.started_at or desk.clock.now(),
    )  # fmt: skip
    return desk.write(taken, window=window)


@needs(Action.WRITE_NOTE)
def begin_here(desk: Desk, window: PatientId) -> Encounter:
    """A visit of somebody who sits here, without a kiosk: in progress, with whoever begins it. One that is open is the one."""
    now = desk.clock.now()
    fresh = Encounter(
        id=FactId(desk.new_id()), patient=patient_of(desk, window, EncounterId("")), status=EncounterStatus.IN_PROGRESS,
        arrived_at=now, started_at=now, practitioner=desk.someone.user, device_name=desk.device_name, kind="AMB",
    )  # fmt: skip
    begun = [fresh]

    def once(page: WritePage) -> tuple[Encounter, ...]:
        there = [one for one in page.facts(Encounter, window) if one.status in Encounter.OPEN]
        begun[:] = there[-1:] or [fresh]
        return () if there else (fresh,)

    desk.write_within(once, window)
    return begun[0]


@needs(Action.WRITE_NOTE)
def give_up(desk: Desk, encounter: EncounterId, window: PatientId) -> Written:
    """Take back a visit that was begun by mistake. Refused once something is written in it."""
    visit = _checked(desk, encounter, window)
    kinds = (Observation, Condition, MedicationRequest, Communication)
    filed = desk.book.read(lambda page: any(page.facts_of_encounter(kind, encounter) for kind in kinds))
    written = filed or any(text.strip() for text in draft(desk, encounter).texts.values())
    if written or visit.status not in Encounter.OPEN:
        raise Refusal("Something is written in this visit already. Write what happened, and sign it.")
    return desk.write(
        replace(visit, status=EncounterStatus.CANCELLED, finished_at=desk.clock.now()), window=window
    )


@needs(Action.OPEN_CHART)
def draft(desk: Desk, encounter: EncounterId) -> Draft:
    """What has been saved of the note so far."""
    return desk.book.read(lambda page: _draft(page, encounter))


@needs(Action.WRITE_NOTE)
def autosave(desk: Desk, encounter: EncounterId, section: Section, text: str, window: PatientId) -> Written:
    """Save one section. Raises WrongPatient if the window shows somebody else than the encounter's patient."""
    patient = _checked(desk, encounter, window).patient
    fact = NoteSection(
        id=FactId(f"{encounter}/{section}"), patient=patient, encounter=encounter, section=section, text=text,
        written_at=desk.clock.now(),
    )  # fmt: skip
    return desk.write(fact, window=window)


@needs(Action.WRITE_NOTE)
def add_condition(desk: Desk, encounter: EncounterId, code: Coding, window: PatientId) -> Written:
    patient = _checked(desk, encounter, window).patient
    fact = Condition(
        id=FactId(desk.new_id()),
        patient=patient,
        code=code,
        recorded_at=desk.clock.now(),
        encounter=encounter,
        recorder=desk.someone.user,
    )

    def make(page: WritePage) -> tuple[Condition]:
        remember(page, fact.recorder, code)
        return (fact,)

    return desk.write_within(make, window)


@needs(Action.WRITE_NOTE)
def remove_condition(desk: Desk, condition: FactId, why: str, window: PatientId) -> Written:
    """A problem is never erased: it becomes inactive, with the reason."""
    found = desk.book.read(lambda page: page.fact(Condition, condition))
    if found is None or not why.strip():
        raise Refusal("Say why this diagnosis is taken off.")
    return desk.write(replace(found, status=ClinicalStatus.INACTIVE, note=why), window=window)


@needs(Action.TAKE_VITALS)
def record_reading(
    desk: Desk, patient: PatientId, key: str, value: Decimal, encounter: EncounterId | None = None,
    method: Method = Method.MANUAL,
) -> Written:  # fmt: skip
    """One vital sign, in the unit of clinic.domain.vitals. Refused outside what a living body can have."""
    return desk.write(reading(desk, patient, key, value, encounter, method), window=patient)


@needs(Action.TAKE_VITALS)
def take_vitals(
    desk: Desk, encounter: EncounterId, values: Mapping[str, Decimal], window: PatientId
) -> tuple[Observation, ...]:
    """All that was measured in one go (keys and units of clinic.domain.vitals), in one write: all of it or nothing.

    Refused where something cannot be, where one number of the blood pressure lacks, and for another patient than the window's.
    """
    if not values:
        raise Refusal("Write at least one reading.")
    patient, left = _checked(desk, encounter, window).patient, dict(values)
    high, low = left.pop(SYSTOLIC.key, None), left.pop(DIASTOLIC.key, None)
    if (high is None) is not (low is None):
        raise Refusal("Write both numbers of the blood pressure, such as 130/85.")
    taken = [reading(desk, patient, key, value, encounter, Method.MANUAL) for key, value in left.items()]
    if high is not None and low is not None:
        taken.insert(0, pressure(desk, patient, high, low, encounter, Method.MANUAL))
    by_her = tuple(replace(one, performer=desk.someone.user) for one in taken)
    desk.write(*by_her, window=window)
    return by_her


@needs(Action.TAKE_VITALS)
def take_back_vitals(desk: Desk, readings: tuple[FactId, ...], why: str, window: PatientId) -> Written:
    """Readings that do not count: they stay on the chart, with the reason."""
    if not why.strip():
        raise Refusal("Say why these readings do not count.")
    found = [fact_of(desk, Observation, one, window) for one in readings]
    return desk.write(*(replace(one, retracted=why.strip()) for one in found), window=window)


def reading(
    desk: Desk, patient: PatientId, key: str, value: Decimal, encounter: EncounterId | None, method: Method
) -> Observation:
    """The Observation of one reading."""
    vital = VITALS.get(key)
    if vital is None:
        raise Refusal("This is not among the measurements that are recorded here. Write it into the note.")
    if not vital.plausible(value):
        raise Refusal(
            "{value} {unit} is outside what we can record for this. Measure again.",
            value=value,
            unit=vital.unit,
        )
    return Observation(
        id=FactId(desk.new_id()), patient=patient, code=vital.coding, effective_at=desk.clock.now(),
        value=Quantity(value=value, unit=vital.unit), method=method, encounter=encounter or EncounterId(""),
    )  # fmt: skip


@needs(Action.TAKE_VITALS)
def blood_pressure(
    desk: Desk, patient: PatientId, systolic: Decimal, diastolic: Decimal, encounter: EncounterId | None = None,
    method: Method = Method.MANUAL,
) -> Written:  # fmt: skip
    return desk.write(pressure(desk, patient, systolic, diastolic, encounter, method), window=patient)


def pressure(
    desk: Desk,
    patient: PatientId,
    systolic: Decimal,
    diastolic: Decimal,
    encounter: EncounterId | None,
    method: Method,
) -> Observation:
    """The Observation of a blood pressure, mm[Hg]. Refused if the lower number is not lower."""
    if not (SYSTOLIC.plausible(systolic) and DIASTOLIC.plausible(diastolic)) or diastolic >= systolic:
        raise Refusal(
            "This blood pressure cannot be. Measure again: first the high number, then the low one."
        )
    from clinic.domain.facts import Observed

    parts = tuple(
        Observed(code=vital.coding, value=Quantity(value=value, unit=vital.unit))
        for vital, value in ((SYSTOLIC, systolic), (DIASTOLIC, diastolic))
    )
    return Observation(
        id=FactId(desk.new_id()), patient=patient, code=BLOOD_PRESSURE, effective_at=desk.clock.now(), components=parts,
        method=method, encounter=encounter or EncounterId(""),
    )  # fmt: skip


@needs(Action.SIGN_NOTE)
def sign(
    desk: Desk, encounter: EncounterId, window: PatientId, password: str = "", factor: SecondFactor | None = None
) -> Composition:  # fmt: skip
    """Sign the note: from now on it is immutable. Refused if empty, signed already, or of another patient. Where the
    organisation says so the password is typed again: raises as `ways_in.own`, and the draft stays."""
    visit = _checked(desk, encounter, window)
    if visit.status == EncounterStatus.FINISHED:
        raise Refusal("This note is signed. Write an addendum to add to it.")
    written = draft(desk, encounter)
    if not any(text.strip() for text in written.texts.values()):
        raise Refusal("The note is empty. Write at least one section before signing.")
    if written.conflicts:
        raise Refusal("A section was written on two computers. Choose one text before signing.")
    if signs_again(desk.trust.policies):
        _type_again(desk, password, factor)
    conditions = desk.book.read(lambda page: page.facts_of_encounter(Condition, encounter))
    note = _signed(
        desk, visit, written.texts, tuple(c.code for c in conditions if c.status == ClinicalStatus.ACTIVE)
    )
    over = replace(visit, status=EncounterStatus.FINISHED, finished_at=note.signed_at)

    def once(page: WritePage) -> tuple[Composition, Encounter]:
        if _encounter(page, encounter).status == EncounterStatus.FINISHED:
            raise Refusal("This note is signed. Write an addendum to add to it.")
        return note, over

    desk.write_within(once, window)
    send_capsule(desk, visit.patient)
    return note


def _type_again(desk: Desk, password: str, factor: SecondFactor | None) -> None:
    from clinic.services.ways_in import own  # loads what talks to security keys

    own(desk, password, factor)


@needs(Action.SIGN_NOTE)
def addendum(desk: Desk, note: FactId, text: str, window: PatientId) -> Composition:
    """Add to a signed note; the note itself stays as it was signed."""
    first = desk.book.read(lambda page: page.fact(Composition, note))
    if first is None:
        raise Refusal("That note is not on this computer.")
    if not text.strip():
        raise Refusal("The addendum is empty.")
    visit = _checked(desk, first.encounter, window)
    added = _signed(desk, visit, {Section.SUBJECTIVE: text}, (), addendum_to=note)
    desk.write(added, window=window)
    return added


@needs(Action.BOOK)
def book_next(
    desk: Desk,
    patient: PatientId,
    start: datetime,
    reason: str,
    despite: Collection[FactId] = (),
    anyway: bool = False,
) -> Appointment:
    """The next appointment with the clinician who is here, as `bookings.book`: refused in the past, where the time is
    taken by others than those in `despite`, and, unless `anyway`, outside of her hours."""
    return book(desk, patient, start, Appointment.minutes, desk.someone.user, reason, despite, anyway)


def _signed(
    desk: Desk, visit: Encounter, texts: Mapping[Section, str], conditions: tuple[Coding, ...],
    addendum_to: FactId = FactId(""),
) -> Composition:  # fmt: skip
    note = Composition(
        id=FactId(desk.new_id()), patient=visit.patient, encounter=EncounterId(visit.id),
        status=CompositionStatus.AMENDED if addendum_to else CompositionStatus.FINAL,
        subjective=texts.get(Section.SUBJECTIVE, ""), objective=texts.get(Section.OBJECTIVE, ""),
        assessment=texts.get(Section.ASSESSMENT, ""), plan=texts.get(Section.PLAN, ""), conditions=conditions,
        author=desk.someone.user, author_name=desk.someone.name, signed_at=desk.clock.now(), addendum_to=addendum_to,
    )  # fmt: skip
    return sign_fact(note, desk.user_keys)


def _encounter(page: Page, encounter: EncounterId) -> Encounter:
    found = page.fact(Encounter, encounter)
    if found is None:
        raise Refusal("This visit is not on this computer. Wait for the next exchange.")
    return found


def _checked(desk: Desk, encounter: EncounterId, window: PatientId) -> Encounter:
    """The encounter, if its patient is the one the window shows."""

    def look(page: Page) -> Encounter:
        visit = _encounter(page, encounter)
        if window not in (visit.patient, page.linked_to(visit.patient)):
            raise WrongPatient()
        return visit

    return desk.book.read(look)


def _draft(page: Page, encounter: EncounterId) -> Draft:
    visit = _encounter(page, encounter)
    texts, conflicts, saved = {}, {}, None
    for section in page.facts_of_encounter(NoteSection, encounter):
        texts[section.section] = section.text
        saved = max(saved or section.written_at, section.written_at)
        others = _others(page.standing(NoteSection.NUMBER, section.id), section.text)
        if others:
            conflicts[section.section] = others
    return Draft(encounter, visit.patient, texts, saved, conflicts)


def _others(versions: tuple[Op, ...], shown: str) -> tuple[str, ...]:
    texts = [version.fact.text for version in versions if isinstance(version.fact, NoteSection)]
    return tuple(text for text in texts if text != shown)
