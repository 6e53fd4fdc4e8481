# SPDX-License-Identifier: GPL-3.0-or-later
"""Two desks write the same thing apart; somebody chooses; both come to the same, and the choice can be taken back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import (
    Appointment,
    AuditEvent,
    Composition,
    Encounter,
    EncounterStatus,
    NoteSection,
    Patient,
    Section,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.protocol.trust import Role
from clinic.services import choosing, clashes, visits
from clinic.services.desks import Desk
from clinic.services.gate import Denied
from clinic.store.book import Book
from clinic.store.writing import WritePage
from tests.clinic.services.local import Local, clinic


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as both:
        both.as_role(both.eva, Role.CLINICIAN)
        yield both


def shown(desk: Desk, patient: PatientId) -> Patient:
    fact = desk.book.read(lambda page: page.fact(Patient, patient))
    assert fact is not None
    return fact


def change(desk: Desk, patient: PatientId, **fields: object) -> None:
    desk.write(replace(shown(desk, patient), **fields), window=patient)  # type: ignore[arg-type]


def apart(local: Local) -> PatientId:
    """The address was written twice; only Ben wrote the language down."""
    patient = local.person()
    change(local.ben, patient, address="Mitre 12", language="qu")
    local.clock.advance(60)
    change(local.eva, patient, address="Belgrano 7")
    local.carry(patient)
    return patient


def test_both_sides_say_who_when_where_and_what_only_one_changed(local: Local) -> None:
    patient = apart(local)
    for desk in (local.ben, local.eva):
        (one,) = choosing.disputes(desk)
        assert [side.author_name for side in one.sides] == ["ben", "eva"]
        assert [side.device for side in one.sides] == [local.ben.device, local.eva.device]
        assert one.names == ("address", "language") and one.person is not None
        assert isinstance(one.base, Patient) and one.base.address == ""
        assert one.suggested == {"language": one.sides[0].op}
        opened = choosing.dispute_of(desk, one.kind, one.fact)
        assert opened == one
        entries = desk.book.read(lambda page: page.facts(AuditEvent, patient))
        assert [(e.action, e.entity) for e in entries] == [("read", f"versions of Patient {patient}")]


def test_a_choice_replaces_exactly_what_was_seen_and_both_desks_agree(local: Local) -> None:
    patient = apart(local)
    (one,) = choosing.disputes(local.ben)
    theirs, ours = one.sides[1].op, one.sides[0].op
    change_seen = {"address": theirs, "language": ours}
    op = choosing.choose(local.ben, one.kind, one.fact, one.seen, change_seen, window=patient)
    written = local.ben.book.read(lambda page: page.standing(Patient.NUMBER, patient))
    assert [found.id for found in written] == [op] and set(written[0].replaces) == set(one.seen)
    local.carry(patient)
    for desk in (local.ben, local.eva):
        assert (shown(desk, patient).address, shown(desk, patient).language) == ("Belgrano 7", "qu")
        assert not choosing.disputes(desk)


def test_what_came_meanwhile_stands_beside_the_choice(local: Local) -> None:
    patient = apart(local)
    (one,) = choosing.disputes(local.ben)
    change(local.eva, patient, address="Salta 1")  # replaces what she saw: both
    choosing.choose(local.ben, one.kind, one.fact, one.seen, {"": one.sides[0].op}, window=patient)
    local.carry(patient)
    (again,) = choosing.disputes(local.eva)
    assert {getattr(side.fact, "address") for side in again.sides} == {"Mitre 12", "Salta 1"}  # noqa: B009
    with pytest.raises(Refusal, match="settled on another computer"):
        choosing.choose(local.ben, one.kind, one.fact, one.seen, {"": one.sides[0].op}, window=patient)


def test_a_choice_is_taken_back_and_shows_its_first_writers(local: Local) -> None:
    patient = apart(local)
    (one,) = choosing.disputes(local.ben)
    choosing.choose(local.ben, one.kind, one.fact, one.seen, {"": one.sides[1].op}, window=patient)
    assert shown(local.ben, patient).address == "Belgrano 7"
    (chosen,) = choosing.choices(local.ben)
    choosing.undo_choice(local.ben, chosen.kind, chosen.fact, window=patient)
    local.carry(patient)
    for desk in (local.ben, local.eva):
        (back,) = choosing.disputes(desk)
        assert [(side.author_name, side.at, side.fact) for side in back.sides] == [
            (side.author_name, side.at, side.fact) for side in one.sides
        ]
    assert not choosing.choices(local.ben)
    with pytest.raises(Refusal, match="Nothing was chosen"):
        choosing.undo_choice(local.ben, chosen.kind, chosen.fact, window=patient)


def test_a_cut_leaves_a_choice_that_can_be_taken_back_or_none(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power goes before the one transaction is written, or right after it."""
    patient = apart(local)
    (one,) = choosing.disputes(local.ben)

    def cut(*_args: object, **_more: object) -> None:
        raise Unavailable("The power is gone.")

    with monkeypatch.context() as power:
        power.setattr(WritePage, "put_meta", cut)
        with pytest.raises(Unavailable):
            choosing.choose(local.ben, one.kind, one.fact, one.seen, {"": one.sides[1].op}, window=patient)
    assert choosing.disputes(local.ben) == (one,) and not choosing.choices(local.ben)
    with monkeypatch.context() as power:
        power.setattr(Book, "keep", cut)
        choosing.choose(local.ben, one.kind, one.fact, one.seen, {"": one.sides[1].op}, window=patient)
    (chosen,) = choosing.choices(local.ben)
    choosing.undo_choice(local.ben, chosen.kind, chosen.fact, window=patient)
    assert len(choosing.disputes(local.ben)) == 1


def test_what_was_written_on_is_not_taken_back(local: Local) -> None:
    patient = apart(local)
    (one,) = choosing.disputes(local.ben)
    choosing.choose(local.ben, one.kind, one.fact, one.seen, {"": one.sides[1].op}, window=patient)
    change(local.ben, patient, birth_date=date(1958, 3, 8))
    assert not choosing.choices(local.ben)
    with pytest.raises(Refusal, match="written on since"):
        choosing.undo_choice(local.ben, one.kind, one.fact, window=patient)


def test_nothing_is_chosen_by_leaving_it_out(local: Local) -> None:
    patient = apart(local)
    (one,) = choosing.disputes(local.ben)
    with pytest.raises(Refusal, match="not chosen yet"):
        choosing.choose(local.ben, one.kind, one.fact, one.seen, {"address": one.sides[0].op}, window=patient)
    assert choosing.disputes(local.ben)


def visit(local: Local) -> tuple[PatientId, EncounterId]:
    patient = local.person()
    fact = Encounter(
        id=FactId(local.ben.new_id()), patient=patient, status=EncounterStatus.IN_PROGRESS, arrived_at=local.clock.now()
    )  # fmt: skip
    local.ben.write(fact, window=patient)
    local.carry(patient)
    return patient, EncounterId(fact.id)


def test_two_texts_of_a_section_are_joined_by_hand(local: Local) -> None:
    patient, encounter = visit(local)
    visits.autosave(local.ben, encounter, Section.PLAN, "Reposo", patient)
    local.clock.advance(60)
    visits.autosave(local.eva, encounter, Section.PLAN, "Control en 48 h", patient)
    local.carry(patient)
    (one,) = choosing.disputes(local.eva)
    assert one.kind == "NoteSection" and one.names == ("text",)
    typed = {"text": "Reposo. Control en 48 h"}
    choosing.choose(local.eva, one.kind, one.fact, one.seen, {}, typed, window=patient)
    local.carry(patient)
    for desk in (local.ben, local.eva):
        draft = visits.draft(desk, encounter)
        assert draft.texts[Section.PLAN] == "Reposo. Control en 48 h" and not draft.conflicts
        assert draft.saved_at == local.clock.now()
        sections = desk.book.read(lambda page: page.facts(NoteSection, patient))
        assert len(sections) == 1


def test_two_signatures_are_both_kept_and_the_visit_is_settled(local: Local) -> None:
    patient, encounter = visit(local)
    for desk, text in ((local.ben, "Asma"), (local.eva, "Bronquitis")):
        visits.autosave(desk, encounter, Section.ASSESSMENT, text, patient)
        visits.sign(desk, encounter, patient)
        local.clock.advance(60)
    local.carry(patient)
    both = {one.kind: one for one in choosing.disputes(local.ben)}
    closed = both["Encounter"]
    assert {note.assessment for note in closed.notes} == {"Asma", "Bronquitis"}
    choosing.choose(
        local.ben, closed.kind, closed.fact, closed.seen, {"": closed.sides[0].op}, window=patient
    )
    local.carry(patient)
    for desk in (local.ben, local.eva):
        assert "Encounter" not in {one.kind for one in choosing.disputes(desk)}
        assert len(desk.book.read(lambda page: page.facts(Composition, patient))) == 2


def test_reception_settles_demographics_and_sees_no_notes(local: Local) -> None:
    patient, encounter = visit(local)
    change(local.ben, patient, address="Mitre 12")
    change(local.eva, patient, address="Belgrano 7")
    for desk, text in ((local.ben, "Reposo"), (local.eva, "Control")):
        visits.autosave(desk, encounter, Section.PLAN, text, patient)
    local.carry(patient)
    assert {one.kind for one in choosing.disputes(local.ben)} == {"Patient", "NoteSection"}
    local.as_role(local.ben, Role.RECEPTIONIST)
    (one,) = choosing.disputes(local.ben)
    choosing.choose(local.ben, one.kind, one.fact, one.seen, {"": one.sides[0].op}, window=patient)
    with pytest.raises(Denied):
        choosing.dispute_of(local.ben, "NoteSection", FactId(f"{encounter}/plan"))
    assert not choosing.disputes(local.ben)


def test_whoever_booked_later_loses_the_time_on_both_desks(local: Local) -> None:
    first, second = local.person(), local.person("Sosa", dni="123")
    start = local.clock.now() + timedelta(days=3)
    made = []
    for desk, patient in ((local.ben, first), (local.eva, second)):
        fact = Appointment(
            id=FactId(desk.new_id()), patient=patient, start=start, practitioner=local.ben.someone.user
        )
        desk.write(fact, window=patient)
        made.append(fact)
        local.clock.advance(60)
    assert not clashes.clashes(local.ben)
    local.carry(first, second)
    found = [clashes.clashes(desk) for desk in (local.ben, local.eva)]
    assert found[0] == found[1]
    (clash,) = found[0]
    assert (clash.appointment.id, clash.keeps.id) == (made[1].id, made[0].id)
    assert clash.free[0] in (start - timedelta(minutes=20), start + timedelta(minutes=20))
    assert start not in clash.free
    clashes.move(local.eva, made[1].id, clash.free[0], second)
    local.carry(first, second)
    assert not clashes.clashes(local.ben) and not clashes.clashes(local.eva)
    clashes.put_back(local.eva, made[1].id, start, second)
    assert clashes.clashes(local.eva)
    clashes.let_go(local.eva, made[1].id, second)
    assert not clashes.clashes(local.eva)
