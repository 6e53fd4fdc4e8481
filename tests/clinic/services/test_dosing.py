# SPDX-License-Identifier: GPL-3.0-or-later
"""Prescribing against the list of doses: with what this patient's chart says of weight, pregnancy and kidneys."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import Encounter, EncounterStatus, Gender, Observation
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import ATC, LOINC, Coding, HumanName, Quantity
from clinic.services import coding, people, prescribing, visits
from clinic.services.bodies import answer_pregnancy, body_on
from clinic.services.desks import Desk, WrongPatient
from clinic.services.scoring import PREGNANCY
from tests.clinic.services.conftest import Town

ENALAPRIL = Coding(system=ATC, code="C09AA02", display="Enalapril")
METFORMIN = Coding(system=ATC, code="A10BA02", display="Metformina")
PARACETAMOL = Coding(system=ATC, code="N02BE01", display="Paracetamol")
AMLODIPINE = Coding(system=ATC, code="C08CA01", display="Amlodipina")


@pytest.fixture
def desk(town: Town) -> Desk:
    coding.load_codes(town.desk)
    return town.desk


def somebody(desk: Desk, years: int, gender: Gender = Gender.FEMALE) -> PatientId:
    born = date(desk.clock.now().year - years, 1, 1)
    return people.register(desk, HumanName(family="Sosa", given=("Ana",)), born, gender, "")


def observed(
    desk: Desk, patient: PatientId, code: str, days_ago: int, value: str = "", unit: str = "", text: str = ""
) -> None:
    number = Quantity(value=Decimal(value), unit=unit) if value else None
    desk.write(
        Observation(
            id=FactId(desk.new_id()), patient=patient, code=Coding(system=LOINC, code=code), text=text, value=number,
            effective_at=desk.clock.now() - timedelta(days=days_ago),
        )
    )  # fmt: skip


def visit(desk: Desk, patient: PatientId, reason: str = "") -> EncounterId:
    made = EncounterId(desk.new_id())
    desk.write(
        Encounter(
            id=FactId(made), patient=patient, status=EncounterStatus.IN_PROGRESS, arrived_at=desk.clock.now(),
            reason=Coding(system="urn:posta:reason", code=reason) if reason else None,
        )
    )  # fmt: skip
    return made


def severities(desk: Desk, patient: PatientId, drug: Coding) -> list[str]:
    return [one.severity for one in prescribing.check(desk, patient, drug)]


def test_a_woman_of_whom_nobody_knows_is_asked_about_and_needs_no_reason(desk: Desk) -> None:
    ana = somebody(desk, 30)
    said = prescribing.check(desk, ana, ENALAPRIL)
    assert "ask-pregnancy" in [one.severity for one in said]
    assert not any(one.serious for one in said)


def test_who_said_at_the_kiosk_that_she_is_pregnant_is_warned_of(desk: Desk) -> None:
    ana = somebody(desk, 30)
    visit(desk, ana, "pregnancy")
    assert "pregnancy" in severities(desk, ana, ENALAPRIL)


def test_the_newest_word_on_a_pregnancy_counts_and_a_no_for_two_weeks(desk: Desk) -> None:
    ana = somebody(desk, 30)
    observed(desk, ana, PREGNANCY, 200, text="pregnant")
    assert "pregnancy" in severities(desk, ana, ENALAPRIL)
    observed(desk, ana, PREGNANCY, 2, text="not pregnant")
    assert not {"pregnancy", "ask-pregnancy"} & set(severities(desk, ana, ENALAPRIL))
    other = somebody(desk, 30)
    observed(desk, other, PREGNANCY, 15, text="not pregnant")
    assert "ask-pregnancy" in severities(desk, other, ENALAPRIL)


def test_what_she_answers_is_on_her_chart_with_who_asked_and_when_and_can_be_taken_back(desk: Desk) -> None:
    ana, other = somebody(desk, 30), somebody(desk, 31)
    here = visit(desk, ana)
    told = answer_pregnancy(desk, ana, False, here, ana)
    assert (told.performer, told.effective_at, told.encounter) == (desk.someone.user, told.effective_at, here)
    assert not {"pregnancy", "ask-pregnancy"} & set(severities(desk, ana, ENALAPRIL))
    assert "ask-pregnancy" in severities(desk, other, ENALAPRIL), "nobody else answered"
    answer_pregnancy(desk, ana, True, here, ana)
    assert "pregnancy" in severities(desk, ana, ENALAPRIL)
    with pytest.raises(WrongPatient):
        answer_pregnancy(desk, other, True, here, ana)
    held = desk.book.read(lambda page: page.facts(Observation, ana))
    answers = tuple(FactId(one.id) for one in held if one.code.code == PREGNANCY)
    visits.take_back_vitals(desk, answers, "fue un error", ana)
    assert "ask-pregnancy" in severities(desk, ana, ENALAPRIL)


def test_a_creatinine_of_the_chart_speaks_with_its_day_and_an_old_one_not_at_all(desk: Desk) -> None:
    old, sick = somebody(desk, 70), somebody(desk, 70)
    observed(desk, old, "2160-0", 400, "2.5", "mg/dL")
    observed(desk, sick, "2160-0", 20, "2.5", "mg/dL")
    said = next(one for one in prescribing.check(desk, sick, METFORMIN) if one.severity == "kidney")
    assert said.mechanism.endswith(f"{(desk.clock.now() - timedelta(days=20)).date():%Y-%m-%d}")
    kidneys = [one.mechanism for one in prescribing.check(desk, old, METFORMIN)]
    assert "kidney-unknown" in kidneys and "kidney" not in severities(desk, old, METFORMIN)


def test_a_childs_weight_counts_for_three_months(desk: Desk) -> None:
    fresh, stale = somebody(desk, 3), somebody(desk, 3)
    observed(desk, fresh, "29463-7", 10, "12", "kg")
    observed(desk, stale, "29463-7", 100, "9", "kg")
    asked = ("500 mg", "oral", 6)
    assert [one.severity for one in prescribing.check_dose(desk, fresh, PARACETAMOL, *asked)] == ["overdose"]
    assert [one.mechanism for one in prescribing.check_dose(desk, stale, PARACETAMOL, *asked)] == [
        "dose-weight"
    ]
    now = desk.clock.now()
    assert desk.book.read(lambda page: body_on(page, fresh, now)).kg == 12


def test_ten_times_a_dose_is_signed_with_a_reason_only_and_that_stays_in_the_prescription(desk: Desk) -> None:
    juan = somebody(desk, 50, Gender.MALE)
    here = visit(desk, juan)
    order = (AMLODIPINE, "50 mg", "oral", 24, 30, "", juan)
    with pytest.raises(Refusal, match="Something serious"):
        prescribing.prescribe(desk, here, *order)
    signed = prescribing.prescribe(desk, here, *order, "Indicado por cardiología")
    assert signed.override_reason == "Indicado por cardiología"
    assert any(one.startswith("tenfold: Amlodipina (50 5); FDA label") for one in signed.overrode)


def test_a_usual_dose_asks_for_nothing(desk: Desk) -> None:
    juan = somebody(desk, 50, Gender.MALE)
    signed = prescribing.prescribe(desk, visit(desk, juan), AMLODIPINE, "5 mg", "oral", 24, 30, "", juan)
    assert signed.override_reason == ""
