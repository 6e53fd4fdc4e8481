# SPDX-License-Identifier: GPL-3.0-or-later
"""A newer questionnaire from the administrator's file to the kiosk that asks it, and the answers back to the clinician."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic.domain import questionnaires as q
from clinic.domain.errors import Refusal
from clinic.domain.facts import FormItem, Questionnaire, QuestionnaireResponse
from clinic.domain.forms import read_answers
from clinic.domain.ids import FactId
from clinic.domain.values import Coding, HumanName
from clinic.exchange.shipped_questionnaires import shipped
from clinic.keys.consents import sign_fact
from clinic.keys.refusals import Unreadable
from clinic.protocol.codec import decode, encode
from clinic.protocol.letters import QuestionnaireCame, QuestionnairesHeld
from clinic.services import charts, intake, questionnaires
from clinic.services.desks import Desk
from clinic.services.gate import Denied
from clinic.services.intake import Known
from kiosk import questionnaire as kiosk
from tests.clinic.services.conftest import Town
from tests.clinic.services.local import clinic

URL = "urn:posta:questionnaire:fever"
TODAY = date(2026, 11, 28)
Json = dict[str, Any]


def fever(town: Town, **changes: Any) -> Json:
    """The fever questionnaire as a file, changed."""
    made: Json = json.loads(questionnaires.as_file(town.station, URL, 1))
    return made | {"version": str(newest(town) + 1)} | changes


def newest(town: Town) -> int:
    """The town is one for all tests: each goes on from the version it finds."""
    return max(one.version for one in questionnaires.known(town.station) if one.url == URL)


def data(resource: Json) -> bytes:
    return json.dumps(resource).encode()


def tell(desk: Desk, heard: Desk) -> int:
    """The kiosk says what it holds, the desk answers: both as the bytes that travel. How many were news."""
    said = decode(encode(QuestionnairesHeld(held=questionnaires.versions_here(heard))), QuestionnairesHeld)
    letters = [encode(QuestionnaireCame(form=form)) for form in questionnaires.newer_than(desk, said.held)]
    return sum(questionnaires.hear(heard, decode(letter, QuestionnaireCame).form) for letter in letters)


def asked(town: Town) -> kiosk.Questions:
    return kiosk.load(questionnaires.held(town.kiosk))


def test_a_newer_version_reaches_the_kiosk_and_its_retirement_too(town: Town) -> None:
    tell(town.station, town.kiosk)
    before = asked(town).forms[URL].version
    resource = fever(town)
    resource["item"][0]["text"] = "¿Cuándo empezó?"
    version = questionnaires.bring_in(town.station, data(resource)).version
    assert tell(town.station, town.kiosk) == 1 and tell(town.station, town.kiosk) == 0
    form = asked(town).forms[URL]
    assert form.version == version and q.question(form.items[0], "es") == "¿Cuándo empezó?"
    questionnaires.retire(town.station, URL, version)
    assert tell(town.station, town.kiosk) == 1 and asked(town).forms[URL].version == before
    questionnaires.put_back(town.station, URL, version)
    assert tell(town.station, town.kiosk) == 1 and asked(town).forms[URL].version == version


def test_a_kiosk_that_does_not_understand_the_newer_version_asks_the_one_before(town: Town) -> None:
    tell(town.station, town.kiosk)
    before, version = asked(town).forms[URL].version, newest(town) + 1
    (old,) = (one for one in shipped() if one.url == URL)
    newer = replace(
        old, id=FactId(f"{URL}|{version}"), version=version,
        items=(*old.items, FormItem(key="smell", question="?", kind="smell")),
        author=town.station.someone.user, published_at=town.station.clock.now(),
    )  # fmt: skip
    town.station.write(
        sign_fact(newer, town.station.user_keys)
    )  # as a newer program of the administrator would
    assert tell(town.station, town.kiosk) == 1
    here = asked(town)
    assert here.forms[URL].version == before
    assert (URL, version) in {(one.url, one.version) for one in here.passed}


def test_a_kiosk_believes_only_an_administrator_and_nothing_that_was_changed(town: Town) -> None:
    tell(town.station, town.kiosk)
    before = asked(town).forms[URL].version
    made = questionnaires.bring_in(town.station, data(fever(town)))
    for forged in (
        replace(made, items=tuple(replace(one, red_flags=()) for one in made.items)),
        sign_fact(replace(made, author=town.desk.someone.user), town.desk.user_keys),
        replace(made, status="retired"),
    ):
        with pytest.raises(Unreadable):
            questionnaires.hear(town.kiosk, forged)
    assert asked(town).forms[URL].version == before


def test_only_an_administrator_brings_one_in(town: Town) -> None:
    with pytest.raises(Denied):
        questionnaires.bring_in(town.desk, data(fever(town)))


def test_the_last_general_one_cannot_be_retired(town: Town) -> None:
    with pytest.raises(Refusal, match="Every intake"):
        questionnaires.retire(town.station, q.GENERAL, 2)


def test_what_was_answered_reaches_the_chart_with_its_version_and_words(town: Town) -> None:
    known = intake.claim(town.kiosk, "14233456", date(1961, 3, 5), HumanName(family="Quispe"))
    visit = intake.arrive(town.kiosk, known, "pt")
    told = kiosk.load().interview("pain", (), date(1961, 3, 5), TODAY)
    pain = "urn:posta:questionnaire:pain"
    told = q.answered(told, pain, "where", ("belly", "lower_back"))
    intake.tell_answers(town.kiosk, visit, told, "pt", False)
    told = q.answered(told, pain, "how_much", ("much",))
    intake.tell_answers(town.kiosk, visit, told, "pt", True)
    town.sync()
    answers = {one.response.questionnaire: one for one in charts.chart(town.desk, known.patient).answers}
    one = answers[pain]
    assert one.response.version == 1 and one.response.status == "completed"
    assert read_answers(one.response) == {"where": ["belly", "lower_back"], "how_much": "much"}
    assert one.response.said[0].answers == ("Barriga", "Lombar")
    assert q.worded(one.response, one.form, "en")[0].answers == ("Belly", "Lower back")
    other = kiosk.load().interview("other", (), date(1961, 3, 5), TODAY)
    intake.tell_answers(town.kiosk, visit, other, "pt", True)
    town.sync()
    left = [one.response.questionnaire for one in charts.chart(town.desk, known.patient).answers]
    assert left == [q.GENERAL], "what is not asked any more is taken back"
    kept = town.desk.book.read(lambda page: page.facts(QuestionnaireResponse, known.patient))
    assert {one.status for one in kept if one.questionnaire == pain} == {"entered-in-error"}


def test_a_desk_of_the_same_team_can_tell_the_kiosk_as_well(town: Town) -> None:
    made = questionnaires.bring_in(town.station, data(fever(town)))
    town.sync()
    assert made.version in {one.version for one in questionnaires.held(town.desk)}
    tell(town.desk, town.kiosk)
    assert asked(town).forms[URL].version == made.version


def test_a_form_that_nobody_signed_words_no_answer_of_a_shipped_one(tmp_path: Path) -> None:
    with clinic(tmp_path) as local:
        patient = local.person()
        visit = intake.arrive(local.ben, Known(patient, HumanName(family="x"), None, ""), "es")
        told = kiosk.load().interview("pain", (), date(1958, 3, 7), TODAY)
        pain = "urn:posta:questionnaire:pain"
        told = q.answered(told, pain, "where", ("belly",))
        intake.tell_answers(local.ben, visit, told, "es", False)
        (ours,) = (one for one in shipped() if (one.url, one.version) == (pain, 1))
        where = replace(ours.items[0], options=(Coding(system="", code="belly", display="Nada"),), faces=())
        for forged in (
            replace(ours, items=(where,)),
            replace(ours, id=FactId("x"), url="", name=pain, items=(where,)),
        ):
            local.ben.write(forged)
        answers = {one.response.questionnaire: one for one in charts.chart(local.ben, patient).answers}
        assert answers[pain].form == ours


def test_the_last_word_counts_also_of_an_administrator_whose_clock_was_ahead(tmp_path: Path) -> None:
    with clinic(tmp_path) as local:
        desk, now = local.eva, local.clock.now()
        resource = json.loads(questionnaires.as_file(desk, URL, 1)) | {"version": "2"}
        local.clock.at = now + timedelta(days=400)
        questionnaires.bring_in(desk, data(resource))
        local.clock.at = now
        for change, status in ((questionnaires.retire, "retired"), (questionnaires.put_back, "active")):
            heard = questionnaires.versions_here(desk)
            change(desk, URL, 2)
            assert [one.status for one in questionnaires.newer_than(desk, heard)] == [status]


# files


def cut(resource: Json, key: str) -> Json:
    return {name: value for name, value in resource.items() if name != key}


def first(resource: Json, **changes: Any) -> Json:
    return resource | {"item": [resource["item"][0] | changes, *resource["item"][1:]]}


def numbered(resource: Json, number: int) -> Json:
    """The first answer under another code."""
    return {"valueCoding": resource["item"][0]["answerOption"][0]["valueCoding"] | {"code": str(number)}}


BAD = {
    "not JSON": lambda r: b"{",
    "no FHIR": lambda r: b"[]",
    "no FHIR Questionnaire": lambda r: data({"resourceType": "Patient"}),
    "whole number": lambda r: data(r | {"version": "two"}),
    "status": lambda r: data(cut(r, "status")),
    "Make it active": lambda r: data(r | {"status": "draft"}),
    "higher number": lambda r: data(r | {"version": "1"}),
    "url": lambda r: data(cut(r, "url")),
    "at least one question": lambda r: data(r | {"item": []}),
    "name of its own": lambda r: data(first(r, linkId="with")),
    "kind this program does not know": lambda r: data(first(r, type="smell")),
    "the answer 1 twice": lambda r: data(first(r, answerOption=[numbered(r, 1), numbered(r, 1)])),
    "needs its options": lambda r: data(first(r, answerOption=[])),
    "does not come before": lambda r: data(first(r, enableWhen=[{"question": "with", "operator": "exists"}])),
    "not all there in": lambda r: data(first(r, _text={})),
    "room for": lambda r: data(first(r, answerOption=[numbered(r, n) for n in range(7)])),
    "extension that this program does not know": lambda r: data(first(r, modifierExtension=[{"url": "x"}])),
    "shown as": lambda r: data(first(r, extension=[{
        "url": "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl",
        "valueCodeableConcept": {"coding": [{"code": "slider"}]},
    }])),
    "guideline": lambda r: data(first(r, extension=[{
        "url": "urn:posta:red-flag", "extension": [{"url": "code", "valueCode": "x"}],
    }])),
    "another form": lambda r: data(r | {"item": [7]}),
    "larger": lambda r: b" " * (600 * 1024),
}  # fmt: skip


def test_a_file_that_cannot_be_asked_is_refused_with_a_sentence_and_changes_nothing(town: Town) -> None:
    before = newest(town)
    for sentence, make in BAD.items():
        with pytest.raises(Refusal) as said:
            questionnaires.bring_in(town.station, make(fever(town)))
        told = str(said.value)
        assert sentence in told, told
    assert newest(town) == before


def test_what_is_written_as_a_file_is_read_again_as_it_was() -> None:
    from clinic.exchange.fhir.questionnaires import read_questionnaire, write_questionnaire

    for form in shipped():
        again: Questionnaire = read_questionnaire(write_questionnaire(form))
        assert again == form
