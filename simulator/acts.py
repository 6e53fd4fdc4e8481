# SPDX-License-Identifier: GPL-3.0-or-later
"""What people of a simulated organisation write, through the verbs and the desk they write through in the clinic."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from clinic.domain.facts import (
    AllergyIntolerance,
    Appointment,
    ClinicalStatus,
    Communication,
    Condition,
    Decision,
    Gender,
    NoteSection,
    Patient,
    Section,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import ICD10, Coding, HumanName
from clinic.keys.epochs import new_epoch
from clinic.protocol.envelope import P1_TALK
from clinic.services import consents, messages, people
from clinic.services.desks import Desk
from clinic.services.enrolment import state
from simulator.cast import BEGAN, TEAM
from simulator.chance import Chance

CANARY = "canario-amarillo"
"""Stands in every text that somebody writes, and nowhere outside a store in clear."""
NEWER_FIELD = 900
"""Of a note section, in a version that is not there yet."""
Unknown = tuple[tuple[int, object], ...]
_SUBSTANCES = ("penicillin", "latex", "iodine")


def register(desk: Desk, nth: int) -> PatientId:
    return people.register(
        desk, HumanName(family=f"{CANARY}{nth}", given=("Luz",)), None, Gender.FEMALE, str(20_000_000 + nth)
    )


def chat(desk: Desk, patient: PatientId, chance: Chance, letters: int = 0) -> None:
    """`letters` more than it needs."""
    messages.send_message(desk, patient, _words(chance, letters))


def _words(chance: Chance, letters: int) -> str:
    return f"{CANARY} {chance.below(1_000_000)} {chance(letters // 2).hex()}".strip()


def section(
    desk: Desk, patient: PatientId, chance: Chance, unknown: Unknown = (), window: PatientId | None = None
) -> None:
    """What is there is edited, as an editor does: the rest of it stays as it was."""
    where = chance.one_of((Section.SUBJECTIVE, Section.PLAN))
    name, text = FactId(f"{patient}.e/{where}"), f"{CANARY} {chance.below(1_000_000)}"
    here = desk.book.read(lambda page: page.fact(NoteSection, name)) or NoteSection(
        id=name, patient=patient, encounter=EncounterId(f"{patient}.e"), section=where, text="",
        written_at=desk.clock.now(),
    )  # fmt: skip
    desk.write(
        replace(here, text=text, written_at=desk.clock.now(), unknown=unknown or here.unknown),
        window=window or patient,
    )


def of_a_newer_posta(desk: Desk, patient: PatientId, chance: Chance) -> None:
    """A section with a field that only a later version knows: whoever edits it keeps that field, whatever it is."""
    section(desk, patient, chance, unknown=((NEWER_FIELD, f"{CANARY} {chance.below(1_000)}"),))


def demographics(desk: Desk, patient: PatientId, chance: Chance) -> None:
    known = desk.book.read(lambda page: page.fact(Patient, patient))
    if known is not None:
        desk.write(replace(known, address=f"{CANARY} {chance.below(1_000)}"), window=patient)


def problem(desk: Desk, patient: PatientId, chance: Chance) -> None:
    code = Coding(system=ICD10, code=f"A0{chance.below(9)}", display=CANARY)
    desk.write(
        Condition(id=FactId(desk.new_id()), patient=patient, code=code, recorded_at=desk.clock.now()), window=patient
    )  # fmt: skip


def allergy(desk: Desk, patient: PatientId, chance: Chance) -> None:
    """One more; or one that is here is taken back, with a reason."""
    here = desk.book.read(lambda page: page.facts(AllergyIntolerance, patient))
    active = [one for one in here if one.status == ClinicalStatus.ACTIVE]
    if active and chance.happens(0.5):
        gone = replace(chance.one_of(active), status=ClinicalStatus.RESOLVED, note=f"{CANARY} was wrong")
        desk.write(gone, window=patient)
        return
    substance = Coding(system="", code=chance.one_of(_SUBSTANCES), display=CANARY)
    fact = AllergyIntolerance(
        id=FactId(desk.new_id()), patient=patient, substance=substance, recorded_at=desk.clock.now()
    )
    desk.write(fact, window=patient)


def permit(desk: Desk, patient: PatientId, chance: Chance) -> None:
    consents.say(desk, patient, {"sharing": Decision.PERMIT}, "es", window=patient)


def deny(desk: Desk, patient: PatientId, chance: Chance) -> None:
    consents.withdraw(desk, patient, ["sharing"], "es", window=patient)


def book_time(desk: Desk, patient: PatientId, chance: Chance) -> None:
    start = BEGAN + timedelta(days=9000, hours=chance.below(3))
    desk.write(
        Appointment(
            id=FactId(desk.new_id()), patient=patient, start=start, practitioner=desk.someone.user, reason=CANARY
        ), window=patient, priority=P1_TALK,
    )  # fmt: skip


ACTS: Mapping[Callable[[Desk, PatientId, Chance], None], int] = {
    chat: 4, section: 4, of_a_newer_posta: 1, demographics: 3, problem: 2, allergy: 3, permit: 1, deny: 2, book_time: 2,
}  # fmt: skip


def at_the_kiosk(desk: Desk, patient: PatientId, chance: Chance, letters: int = 0) -> None:
    desk.write(
        Communication(
            id=FactId(desk.new_id()), patient=patient, sent_at=desk.clock.now(), sender="patient",
            text=_words(chance, letters),
        ), window=patient, priority=P1_TALK,
    )  # fmt: skip


def next_team_key(desk: Desk) -> None:
    """The team gets its next key. Raises Refusal, Unavailable."""
    state(desk, lambda log: [new_epoch(log, TEAM, desk.team_keys, desk.random)])
