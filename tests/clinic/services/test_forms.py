# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms on the chart: begun for one person, kept as they are typed, completed once, amended by a new one that names the old."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import Gender, Observation, QuestionnaireResponse
from clinic.domain.filled_forms import course
from clinic.domain.forms import read_answers
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import HumanName
from clinic.exchange.fhir.questionnaires import read_questionnaire
from clinic.services import charts, forms, people, questionnaires, visits
from clinic.services.charts import Asked
from clinic.services.desks import WrongPatient
from clinic.services.gate import Denied
from kiosk import questionnaire as kiosk
from tests.clinic.services.conftest import Town

PRENATAL = "urn:posta:chart-form:prenatal"
WHOLE = {
    "weeks": ("24",), "weight": ("61.50",), "systolic": ("118",), "diastolic": ("76",), "movements": ("true",),
    "bleeding": ("false",), "headache": ("false",), "advice": ("alarm", "birth"),
}  # fmt: skip


def registered(town: Town, family: str) -> PatientId:
    name = HumanName(family=family, given=("Rosa",))
    return people.register(town.desk, name, date(1990, 5, 2), Gender.FEMALE, "")


@pytest.fixture
def who(town: Town) -> PatientId:
    return registered(town, "Ayala")


@pytest.fixture
def other(town: Town) -> PatientId:
    return registered(town, "Bustos")


def begun(town: Town, who: PatientId) -> QuestionnaireResponse:
    return forms.begin(town.desk, PRENATAL, 1, who).response


def answers(town: Town, who: PatientId) -> list[Asked]:
    return list(charts.chart(town.desk, who).answers)


def counting(town: Town, who: PatientId) -> dict[str, tuple[Decimal, str]]:
    """What counts of the observations: LOINC -> value and unit."""
    found = town.desk.book.read(lambda page: page.facts(Observation, who))
    return {
        o.code.code: (o.value.value, o.value.unit) for o in found if o.value is not None and not o.retracted
    }


def test_the_newest_of_each_form_can_be_begun_and_no_kiosk_asks_it(town: Town) -> None:
    found = {form.url for form in forms.to_fill_in(town.desk)}
    assert {PRENATAL, "urn:posta:chart-form:child-growth", "urn:posta:chart-form:diabetic-foot"} <= found
    assert not found & set(kiosk.load(questionnaires.held(town.kiosk)).forms)


def test_a_draft_is_kept_as_it_was_typed_and_found_again(town: Town, who: PatientId) -> None:
    mine = begun(town, who)
    forms.keep_draft(town.desk, mine, {"weeks": ("2",), "weight": ("1,",), "plan": ("Vuelve",)}, who)
    again = forms.draft(town.desk, FactId(mine.id), who)
    assert read_answers(again.response) == {"weeks": 2, "weight": "1,", "plan": "Vuelve"}
    assert again.response.status == "in-progress" and again.form is not None and again.form.version == 1
    assert counting(town, who) == {}, "nothing of a draft counts"


def test_a_completed_one_is_on_the_chart_with_its_words_and_its_numbers_as_observations(
    town: Town, who: PatientId
) -> None:
    mine = begun(town, who)
    forms.complete(town.desk, mine, {**WHOLE, "fundal_height": ("23",)}, who)
    (found,) = answers(town, who)
    done = found.response
    assert (done.status, done.author, done.version) == ("completed", town.desk.someone.user, 1)
    assert read_answers(done)["weight"] == "61.50" and read_answers(done)["advice"] == ["alarm", "birth"]
    assert ("Peso", ("61.50 kg",)) in {(one.question, one.answers) for one in done.said}
    assert counting(town, who) == {
        "18185-9": (Decimal(24), "wk"), "29463-7": (Decimal("61.50"), "kg"), "11881-0": (Decimal(23), "cm"),
        "8480-6": (Decimal(118), "mm[Hg]"), "8462-4": (Decimal(76), "mm[Hg]"),
    }  # fmt: skip
    assert [one.value for one in charts.chart(town.desk, who).readings["weight"]] == [Decimal("61.50")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"weeks": ("99",)}, {"weeks": ()}, {"weight": ("much",)}, {"tdap": ("2026-02-30",)}, {"oedema": ("moon",)},
        {"movements": ()},
    ],
)  # fmt: skip
def test_what_cannot_be_or_lacks_is_refused_and_stays_a_draft(
    town: Town, who: PatientId, wrong: dict[str, Any]
) -> None:
    mine = begun(town, who)
    forms.keep_draft(town.desk, mine, {**WHOLE, **wrong}, who)
    with pytest.raises(Refusal):
        forms.complete(town.desk, mine, {**WHOLE, **wrong}, who)
    assert [one.response.status for one in answers(town, who)] == ["in-progress"]
    assert counting(town, who) == {}


def test_an_answer_that_is_not_asked_any_more_is_not_kept(town: Town, who: PatientId) -> None:
    early = {**WHOLE, "weeks": ("10",), "fundal_height": ("23",)}
    done = forms.complete(town.desk, begun(town, who), early, who)
    assert not {"movements", "fundal_height"} & read_answers(done).keys()
    assert "11881-0" not in counting(town, who)


def test_what_is_completed_is_never_written_over(town: Town, who: PatientId) -> None:
    mine = begun(town, who)
    done = forms.complete(town.desk, mine, WHOLE, who)
    for write in (forms.keep_draft, forms.complete):
        with pytest.raises(Refusal, match="completed meanwhile"):
            write(town.desk, mine, {**WHOLE, "weight": ("50",)}, who)
    with pytest.raises(Refusal, match="completed meanwhile"):
        forms.throw_away(town.desk, FactId(mine.id), who)
    assert [one.response for one in answers(town, who)] == [done]


def test_an_amendment_names_the_old_one_says_why_and_takes_its_numbers_back(
    town: Town, who: PatientId
) -> None:
    old = forms.complete(town.desk, begun(town, who), WHOLE, who)
    newer = forms.begin_amending(town.desk, FactId(old.id), who).response
    assert read_answers(newer) == read_answers(old)
    mended = {**WHOLE, "weight": ("65.1",)}
    forms.keep_draft(town.desk, newer, mended, who, "Ba")
    assert counting(town, who)["29463-7"] == (Decimal("61.50"), "kg"), (
        "until it is completed the old one counts"
    )
    with pytest.raises(Refusal, match="why"):
        forms.complete(town.desk, newer, mended, who, "  ")
    done = forms.complete(town.desk, newer, mended, who, "Balanza mal leída")
    assert (done.amends, done.reason, done.status) == (old.id, "Balanza mal leída", "amended")
    assert counting(town, who)["29463-7"] == (Decimal("65.1"), "kg")
    found = {one.response.id: one.response for one in answers(town, who)}
    assert found[old.id] == old, "the old one stays as it was"
    observed = town.desk.book.read(lambda page: page.facts(Observation, who))
    assert {o.effective_at for o in observed} == {old.authored_at}, "it was measured then"
    form = forms.to_fill_in(town.desk)[-1]
    assert form.url == PRENATAL
    assert course(found.values(), form, "weight") == ((old.authored_at, Decimal("65.1")),)


def test_each_is_amended_once_and_by_whoever_sees_the_newest(town: Town, who: PatientId) -> None:
    old = forms.complete(town.desk, begun(town, who), WHOLE, who)
    one, two = (forms.begin_amending(town.desk, FactId(old.id), who).response for _ in range(2))
    forms.complete(town.desk, one, WHOLE, who, "Faltaba algo")
    with pytest.raises(Refusal, match="amended already"):
        forms.complete(town.desk, two, WHOLE, who, "Otra vez")
    with pytest.raises(Refusal, match="amended already"):
        forms.begin_amending(town.desk, FactId(old.id), who)
    forms.begin_amending(town.desk, FactId(one.id), who)


def test_a_form_stays_with_the_person_it_was_begun_for(town: Town, who: PatientId, other: PatientId) -> None:
    mine = begun(town, who)
    forms.keep_draft(town.desk, mine, {"weeks": ("24",)}, who)
    for write in (forms.keep_draft, forms.complete):
        with pytest.raises(WrongPatient):
            write(town.desk, mine, WHOLE, other)
        with pytest.raises(WrongPatient):
            write(town.desk, replace(mine, patient=other), WHOLE, other)
    for look in (forms.draft, forms.throw_away, forms.begin_amending):
        with pytest.raises(WrongPatient):
            look(town.desk, FactId(mine.id), other)
    visit = visits.begin_here(town.desk, other)
    with pytest.raises(WrongPatient):
        forms.begin(town.desk, PRENATAL, 1, who, EncounterId(visit.id))
    assert not answers(town, other) and counting(town, other) == {}


def test_a_draft_is_thrown_away_and_taken_up_again(town: Town, who: PatientId) -> None:
    mine = begun(town, who)
    forms.keep_draft(town.desk, mine, {"weeks": ("24",)}, who)
    forms.throw_away(town.desk, FactId(mine.id), who)
    assert answers(town, who) == []
    with pytest.raises(Refusal, match="thrown away"):
        forms.keep_draft(town.desk, mine, {"weeks": ("25",)}, who)
    forms.take_up(town.desk, FactId(mine.id), who)
    assert read_answers(forms.draft(town.desk, FactId(mine.id), who).response) == {"weeks": 24}


def test_a_newer_version_is_begun_and_a_draft_goes_on_with_the_one_it_began_with(
    town: Town, who: PatientId
) -> None:
    mine = begun(town, who)
    forms.keep_draft(town.desk, mine, {"weeks": ("24",)}, who)
    resource = json.loads(questionnaires.as_file(town.station, PRENATAL, 1))
    resource["version"] = "2"
    resource["item"] = [resource["item"][0]]
    form = questionnaires.bring_in(town.station, json.dumps(resource).encode())
    town.station.book.read(lambda page: None)
    assert form.purpose == "clinician" and [
        one.version for one in forms.to_fill_in(town.station) if one.url == PRENATAL
    ] == [2]
    assert questionnaires.newer_than(town.station, ()) == () or all(
        one.purpose != "clinician" for one in questionnaires.newer_than(town.station, ())
    ), "no kiosk is told"
    done = forms.complete(town.desk, mine, WHOLE, who)
    assert done.version == 1
    questionnaires.retire(town.station, PRENATAL, 2)


def test_who_may_not_write_a_note_fills_in_nothing(town: Town, who: PatientId) -> None:
    with pytest.raises(Denied):
        forms.to_fill_in(town.kiosk)
    with pytest.raises(Denied):
        forms.begin(town.kiosk, PRENATAL, 1, who)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda item: item.pop("code"), "LOINC"),
        (lambda item: item.update(type="attachment"), "attachment"),
        (lambda item: item.update(_text={}), "not all there"),
    ],
)
def test_a_form_that_could_not_be_filled_in_is_not_brought_in(town: Town, change: Any, sentence: str) -> None:
    resource = json.loads(questionnaires.as_file(town.station, PRENATAL, 1))
    change(resource["item"][0])
    with pytest.raises(Refusal) as said:
        read_questionnaire(json.dumps({**resource, "version": "9"}).encode())
    assert sentence in str(said.value)
