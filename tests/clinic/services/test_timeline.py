# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline by pages, and an encounter played again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from clinic.domain import facts
from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AuditEvent,
    Condition,
    Encounter,
    EncounterStatus,
    Observation,
    Section,
)
from clinic.domain.ids import EncounterId, FactId, OpId, PatientId
from clinic.domain.record import UnknownRecord
from clinic.domain.values import ATC, ICD10, Coding
from clinic.protocol.op import Op
from clinic.services import calling, charts, people, prescribing, visits
from clinic.services.replay import moments_of, replay, replay_text
from clinic.services.timeline import Cursor, kind_name, latest, timeline, titled
from clinic.sync.replay import Trust, scene_at, steps
from tests.clinic.desk_alone import permit
from tests.clinic.domain.scores.taken import observed
from tests.clinic.services.local import AT, Local, clinic, file_ops

DRUG = Coding(system=ATC, code="J01CA04", display="Amoxicilina")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as made:
        yield made


def measure(town: Local, patient: PatientId, *observations: Observation) -> list[FactId]:
    ids = [FactId(town.ben.new_id()) for _ in observations]
    town.ben.write(
        *(replace(o, patient=patient, id=i) for o, i in zip(observations, ids, strict=True)), window=patient
    )
    return ids


def arrived(town: Local, patient: PatientId) -> EncounterId:
    visit = Encounter(
        id=FactId(town.ben.new_id()), patient=patient, status=EncounterStatus.TRIAGED, arrived_at=town.clock.now(), ticket="B-07",
        reason=Coding(system="urn:posta:reason", code="cough", display="Tos"),
    )  # fmt: skip
    town.ben.write(visit, window=patient)
    return EncounterId(visit.id)


def test_pages_follow_each_other_without_a_gap_while_facts_arrive(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *(observed("8867-4", 60 + n, at=AT - n * MINUTE) for n in range(25)))
    whole = [m.fact for m in latest(town.ben, patient)]
    seen: list[object] = []
    page = timeline(town.ben, patient, limit=7)
    while True:
        seen += [m.fact for m in page.moments]
        if page.next is None:
            break
        measure(town, patient, observed("8867-4", 99, at=AT + MINUTE))
        page = timeline(town.ben, patient, after=page.next, limit=7)
    assert seen == whole and len(whole) == 26
    assert [m.at for m in latest(town.ben, patient)] == sorted(
        (m.at for m in latest(town.ben, patient)), reverse=True
    )


def test_filters_by_kind_and_date(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *(observed("8867-4", 60 + n, at=AT - n * MINUTE) for n in range(5)))
    charts.open_chart(town.ben, patient)
    assert {m.kind for m in latest(town.ben, patient)} == {"Patient", "Observation"}
    assert [m.kind for m in timeline(town.ben, patient, [AuditEvent]).moments] == ["AuditEvent"]
    some = timeline(town.ben, patient, [Observation], since=AT - 3 * MINUTE, until=AT - MINUTE).moments
    assert [m.at for m in some] == [AT - 2 * MINUTE, AT - 3 * MINUTE]
    assert timeline(town.ben, patient, [Condition]).moments == ()
    assert timeline(town.ben, patient, after=Cursor(0, "")).moments == ()


def test_corrections_and_what_was_taken_back_are_told(town: Local) -> None:
    patient = town.person()
    wrong, again = measure(town, patient, observed("8867-4", 700, at=AT), observed("2708-6", 95, at=AT))
    found = {o.id: o for o in town.ben.book.read(lambda page: page.facts(Observation, patient))}
    town.ben.write(replace(found[wrong], retracted="typed wrongly"), window=patient)
    town.ben.write(replace(found[again], text="corrected"), window=patient)
    problem = Condition(
        id=FactId(town.ben.new_id()), patient=patient, code=Coding(system=ICD10, code="J18.9", display="Neumonía"), recorded_at=AT
    )  # fmt: skip
    town.ben.write(problem, window=patient)
    visits.remove_condition(town.ben, problem.id, "era bronquitis", patient)
    told = {
        m.fact.id: (m.versions, m.retracted)
        for m in latest(town.ben, patient)
        if isinstance(m.fact, facts.Fact)
    }
    assert told[wrong] == (2, "typed wrongly")
    assert told[again] == (2, "")
    assert told[problem.id] == (2, "era bronquitis")


def test_a_joined_record_is_in_the_timeline_and_says_whose_it_is(town: Local) -> None:
    a, b = town.person("Quispe"), town.person("Kispe")
    measure(town, a, observed("8867-4", 60, at=AT))
    people.confirm_identity(town.ben, a, b)
    kinds = [(m.kind, m.patient) for m in latest(town.ben, b)]
    assert (
        ("Observation", a) in kinds
        and ("Patient", a) in kinds
        and ("Patient", b) in kinds
        and ("Link", a) in kinds
    )
    people.undo_identity(town.ben, a, b)
    assert {m.patient for m in latest(town.ben, b)} == {b}
    assert [m.retracted for m in timeline(town.ben, a, [facts.Link]).moments] == ["parted"]


def test_a_kind_of_a_newer_program_is_shown_too(town: Local) -> None:
    patient = town.person()
    newer = Op(
        id=OpId("x.1"), stamp=1 << 60, fact=UnknownRecord(kind=77, unknown=((1, "?"),)), window=patient
    )
    file_ops(town.ben, [newer])
    assert [m.kind for m in latest(town.ben, patient)] == ["Unknown 77", "Patient"]


def test_every_kind_has_words() -> None:
    from clinic.services.timeline import _TITLES

    shown = {kind for kind in vars(facts).values() if isinstance(kind, type) and issubclass(kind, facts.Fact)}
    about_nobody = {
        facts.Fact,
        facts.AuditHead,
        facts.EmergencySummary,
        facts.Practitioner,
        facts.Location,
        facts.NotAvailable,
        facts.NoteTemplate,
        facts.Organization,
        facts.Questionnaire,
        facts.Schedule,
        facts.Team,
        facts.Slot,
    }
    assert shown - about_nobody == set(_TITLES)
    assert titled(UnknownRecord(kind=9)) == ("", "") and kind_name(UnknownRecord(kind=9)) == "Unknown 9"


# replay ---------------------------------------------------------------------------------------------------------------


def _visit(town: Local) -> tuple[PatientId, EncounterId]:
    patient = town.person()
    visit = arrived(town, patient)

    def then(seconds: float = 30) -> None:
        town.clock.advance(seconds)

    then()
    charts.open_chart(town.ben, patient)
    then()
    visits.start_visit(town.ben, visit, patient)
    for text in ("Tos", "Tos de 3", "Tos de 3 días"):
        then(2)
        visits.autosave(town.ben, visit, Section.SUBJECTIVE, text, patient)
    calling.media_step(town.ben, visit, "talking", "c1")
    then()
    prescribing.prescribe(town.ben, visit, DRUG, "500 mg", "oral", 8, 7, "", patient)
    then()
    visits.autosave(town.ben, visit, Section.PLAN, "Reposo\ny líquidos", patient)
    then()
    visits.sign(town.ben, visit, patient)
    return patient, visit


def test_a_visit_is_played_again_in_order_with_author_and_device(town: Local) -> None:
    patient, visit = _visit(town)
    other = arrived(town, patient)
    visits.autosave(town.ben, other, Section.PLAN, "otra consulta", patient)
    found = replay(town.ben, visit)
    verbs = [(m.kind, m.verb) for m in found.moments]
    assert verbs == [
        ("Encounter", "wrote"), ("AuditEvent", "opened"), ("Encounter", "wrote"), ("NoteSection", "typed"),
        ("NoteSection", "typed"), ("NoteSection", "typed"), ("MediaStep", "wrote"),
        ("MedicationRequest", "prescribed"), ("NoteSection", "typed"),
        ("Composition", "signed"), ("Encounter", "wrote"),
    ]  # fmt: skip
    assert {(m.author, m.device, m.step.trust) for m in found.moments} == {("ben", "ben", Trust.FITS)}
    assert "otra consulta" not in " ".join(m.what for m in found.moments)


def test_the_note_as_it_was_at_every_moment(town: Local) -> None:
    _, visit = _visit(town)
    found = replay(town.ben, visit)
    texts = [found.scene(n).text(Section.SUBJECTIVE) for n in range(len(found.moments) + 1)]
    assert texts == ["", "", "", "", "Tos", "Tos de 3", *["Tos de 3 días"] * 6]
    status = [scene.encounter.status if (scene := found.scene(n)).encounter else "" for n in (0, 1, 3, 11)]
    assert status == ["", "triaged", "in-progress", "finished"]
    assert [len(found.scene(n).all(facts.MedicationRequest)) for n in (7, 8)] == [0, 1]
    assert found.scene(99) == found.scene(11) and found.scene(-1).standing == {}
    assert moments_of(found, ["MediaStep", "Composition"]) == (7, 10)


def test_looking_and_exporting_are_written_down(town: Local) -> None:
    patient, visit = _visit(town)
    replay(town.ben, visit)
    with pytest.raises(Refusal, match="not permitted"):
        replay_text(town.ben, visit)
    permit(town.ben, patient)
    text = replay_text(town.ben, visit)
    lines = text.splitlines()
    assert lines[0].startswith("Consulta, paso a paso") and len(lines) == 1 + 12
    assert any("recetó" in line and "Amoxicilina" in line and "ben" in line for line in lines)
    assert any("plan: Reposo ⏎ y líquidos" in line for line in lines)
    acts = [e.action for e in town.ben.book.read(lambda page: page.facts(AuditEvent, patient))]
    assert acts == ["open", "open", "attempt", "export"]
    with pytest.raises(Refusal, match="not on this computer"):
        replay(town.ben, EncounterId("none"))


def test_text_written_at_once_on_two_computers_stands_side_by_side(town: Local) -> None:
    patient = town.person()
    visit = arrived(town, patient)
    town.carry(patient)
    visits.autosave(town.ben, visit, Section.PLAN, "de ben", patient)
    visits.autosave(town.eva, visit, Section.PLAN, "de eva", patient)
    town.carry(patient)
    here, there = replay(town.ben, visit), replay(town.eva, visit)
    ours = {m.what for m in here.moments if m.kind == "NoteSection"}
    assert (
        ours == {"plan: de ben", "plan: de eva"} == {m.what for m in there.moments if m.kind == "NoteSection"}
    )
    assert set(here.scene(99).text(Section.PLAN).split("\n\n")) == {"de ben", "de eva"}
    assert {m.device for m in here.moments} == {"ben", "desk"}  # what the founder called hers


def test_a_clock_that_is_wrong_is_told(town: Local) -> None:
    patient = town.person()
    visit = arrived(town, patient)
    town.clock.advance(3600)
    visits.autosave(town.ben, visit, Section.PLAN, "primero", patient)
    town.clock.advance(-1800)  # set back by half an hour
    visits.autosave(town.ben, visit, Section.PLAN, "después", patient)
    typed = lambda: [m for m in replay(town.ben, visit).moments if m.kind == "NoteSection"]  # noqa: E731
    assert [m.step.trust for m in typed()] == [Trust.AHEAD, Trust.AHEAD]
    permit(town.ben, patient)
    assert "[reloj adelantado]" in replay_text(town.ben, visit)
    town.clock.advance(7200)
    assert [(m.what, m.step.trust) for m in typed()] == [
        ("plan: primero", Trust.FITS),
        ("plan: después", Trust.BEHIND),
    ]


def test_playing_does_not_depend_on_the_order_of_arrival(town: Local) -> None:
    patient, visit = _visit(town)
    ops = town.ben.book.read(lambda page: list(page.ops(patient)))
    forward, backward = steps(ops, AT), steps([*ops[::-1], *ops], AT)
    assert forward == backward
    assert scene_at(forward, 5) == scene_at(backward, 5) and visit
