# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders, results, plans, forms, allergies and search: written through the verbs, read back from a real book."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AllergyIntolerance,
    CareTeamMember,
    ClinicalStatus,
    DiagnosticReport,
    Gender,
    Immunization,
    MedicationStatement,
    Observation,
    Procedure,
    RequestStatus,
    ServiceRequest,
    TaskStatus,
)
from clinic.domain.facts import Task as Planned
from clinic.domain.ids import PatientId, UserId
from clinic.domain.values import ATC, LOINC, Coding, HumanName
from clinic.keys.consents import verify_fact
from clinic.services import background, messages, orders, people, plans, searching
from clinic.services.desks import WrongPatient
from tests.clinic.services.conftest import Town

GLUCOSE = Coding(system=LOINC, code="2345-7", display="Glucosa")


@pytest.fixture
def who(town: Town) -> PatientId:
    return people.register(
        town.desk, HumanName(family="Ayala", given=("Rosa",)), date(1990, 5, 2), Gender.FEMALE, ""
    )


@pytest.fixture
def other(town: Town) -> PatientId:
    return people.register(
        town.desk, HumanName(family="Sosa", given=("Hugo",)), date(1970, 1, 1), Gender.MALE, ""
    )


def held(town: Town, kind: type, fact: str) -> object:
    return town.desk.book.read(lambda page: page.fact(kind, fact))


def test_an_order_is_signed_and_answered_by_its_report(town: Town, who: PatientId) -> None:
    request = orders.order(town.desk, GLUCOSE, who, priority="urgent", note="ayunas")
    user = town.desk.trust.user(town.desk.someone.user, town.desk.device)
    assert user is not None and verify_fact(request, user.signing_key)
    assert request in orders.open_orders(town.desk)
    line = orders.Result(GLUCOSE, Decimal("7.8"), "mmol/L", Decimal("3.9"), Decimal("5.6"))
    report = orders.report(town.desk, GLUCOSE, [line], who, based_on=request.id, conclusion="Alta")
    assert held(town, DiagnosticReport, report.id) == report
    (result,) = (held(town, Observation, one) for one in report.results)
    assert (
        isinstance(result, Observation) and result.interpretation == "H" and result.category == "laboratory"
    )
    answered = held(town, ServiceRequest, request.id)
    assert isinstance(answered, ServiceRequest) and answered.status == RequestStatus.COMPLETED
    assert verify_fact(answered, user.signing_key)
    orders.amend_report(town.desk, report.id, "Alta, repetir", who)
    assert len(town.desk.book.read(lambda page: page.versions(DiagnosticReport.NUMBER, report.id))) == 2


def test_several_orders_are_signed_together_or_none(town: Town, who: PatientId) -> None:
    before = orders.open_orders(town.desk)
    with pytest.raises(Refusal, match="what is ordered"):
        orders.order_all(town.desk, (GLUCOSE, replace(GLUCOSE, code="", display=" ")), who)
    assert orders.open_orders(town.desk) == before
    made = orders.order_all(town.desk, (GLUCOSE, replace(GLUCOSE, code="718-7")), who)
    assert set(orders.open_orders(town.desk)) == {*before, *made} and len(made) == 2


def test_an_order_is_taken_back_once(town: Town, who: PatientId) -> None:
    request = orders.order(town.desk, GLUCOSE, who)
    orders.cancel_order(town.desk, request.id, who)
    with pytest.raises(Refusal, match="not open"):
        orders.cancel_order(town.desk, request.id, who)


@pytest.mark.parametrize(
    "line",
    [
        orders.Result(GLUCOSE),
        orders.Result(GLUCOSE, Decimal("NaN")),
        orders.Result(GLUCOSE, Decimal(1), low=Decimal(3), high=Decimal(2)),
    ],
)
def test_a_result_that_says_nothing_or_cannot_be_is_refused(
    town: Town, who: PatientId, line: orders.Result
) -> None:
    with pytest.raises(Refusal):
        orders.report(town.desk, GLUCOSE, [line], who)
    later = town.desk.clock.now() + timedelta(days=1)
    with pytest.raises(Refusal, match="day to come"):
        orders.report(town.desk, GLUCOSE, [orders.Result(GLUCOSE, text="ok")], who, effective_at=later)


def test_nothing_is_written_on_another_chart_than_the_window_shows(
    town: Town, who: PatientId, other: PatientId
) -> None:
    request = orders.order(town.desk, GLUCOSE, who)
    task = plans.plan(town.desk, "Llamar", who)
    allergy = background.record_allergy(
        town.desk, Coding(system=ATC, code="J01CA04", display="Amoxicilina"), who
    )
    for act in (
        lambda: orders.cancel_order(town.desk, request.id, other),
        lambda: plans.done(town.desk, task.id, other),
        lambda: background.rule_out_allergy(town.desk, allergy.id, "por error", other),
        lambda: orders.report(town.desk, GLUCOSE, [], other, based_on=request.id, conclusion="x"),
    ):
        with pytest.raises(WrongPatient):
            act()


def test_a_task_passes_from_hand_to_hand_and_can_be_opened_again(town: Town, who: PatientId) -> None:
    today = town.desk.clock.now().date()
    late = plans.plan(town.desk, "Control de presión", who, due=today)
    plans.plan(town.desk, "Sin día", who)
    plans.take(town.desk, late.id, who)
    mine = [due.task for due in plans.due_tasks(town.desk) if due.task.patient == who]
    assert [task.title for task in mine] == ["Control de presión", "Sin día"]
    assert mine[0].owner == town.desk.someone.user and mine[0].status == TaskStatus.ACCEPTED
    plans.done(town.desk, late.id, who, "142/90")
    with pytest.raises(Refusal, match="closed"):
        plans.done(town.desk, late.id, who)
    plans.reopen(town.desk, late.id, who)
    with pytest.raises(Refusal, match="why"):
        plans.cancel(town.desk, late.id, " ", who)
    found = held(town, Planned, late.id)
    assert isinstance(found, Planned) and found.status == TaskStatus.REQUESTED and found.done_at is None
    with pytest.raises(Refusal, match="past"):
        plans.plan(town.desk, "x", who, due=today - timedelta(days=1))


def test_what_she_brings_along_is_on_the_chart(town: Town, who: PatientId) -> None:
    penicillin = Coding(system=ATC, code="J01CE01", display="Bencilpenicilina")
    allergy = background.record_allergy(town.desk, penicillin, who, reaction="ronchas", severe=True)
    with pytest.raises(Refusal, match="already"):
        background.record_allergy(town.desk, penicillin, who)
    background.rule_out_allergy(town.desk, allergy.id, "prueba negativa", who)
    ruled_out = held(town, AllergyIntolerance, allergy.id)
    assert isinstance(ruled_out, AllergyIntolerance) and ruled_out.status == ClinicalStatus.INACTIVE
    taken = background.record_statement(
        town.desk, Coding(system="", code="", display="Té de boldo"), who, since=date(2026, 1, 1)
    )
    with pytest.raises(Refusal, match="before it began"):
        background.stop_statement(town.desk, taken.id, who, date(2025, 1, 1))
    background.stop_statement(town.desk, taken.id, who)
    stopped = held(town, MedicationStatement, taken.id)
    assert isinstance(stopped, MedicationStatement) and stopped.until == town.desk.clock.now().date()
    surgery = background.record_procedure(
        town.desk, Coding(system="x", code="1", display="Apendicectomía"), who
    )
    shot = background.record_immunization(
        town.desk, Coding(system="x", code="2", display="BCG"), who, primary_source=False
    )
    assert held(town, Procedure, surgery.id) == surgery and held(town, Immunization, shot.id) == shot
    with pytest.raises(Refusal, match="future"):
        background.record_procedure(
            town.desk, surgery.code, who, performed_at=town.desk.clock.now() + timedelta(days=2)
        )


def test_a_care_team_is_one_team_however_often_it_is_written(town: Town, who: PatientId) -> None:
    first = background.care_team(town.desk, "Diabetes", [CareTeamMember(user=UserId("a"), name="Ana")], who)
    second = background.care_team(town.desk, "Diabetes", [CareTeamMember(user=UserId("b"), name="Bea")], who)
    assert second.id == first.id and second.since == first.since and second.members[0].name == "Bea"


def test_what_was_written_is_found_with_its_person(town: Town, who: PatientId, other: PatientId) -> None:
    messages.send_message(town.desk, who, "Traiga el análisis de orina, por favor", window=who)
    messages.send_message(town.desk, other, "Sin novedades", window=other)
    found = searching.as_typed(town.desk, "analisis ori")
    assert [one.person.patient for one in found if one.person] == [who]
    assert [piece.text for piece in found[0].snippet if piece.found] == ["análisis", "orina"]
    assert searching.search(town.desk, "orina", patient=other) == ()
    assert searching.search(town.desk, "orina", patient=who)[0].fact == found[0].fact
