# SPDX-License-Identifier: GPL-3.0-or-later
"""What a patient said of her visit reaches whoever leads the team, without her name, and stands on no chart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from clinic.domain.facts import QuestionnaireResponse
from clinic.domain.ids import PatientId
from clinic.domain.questionnaires import FEEDBACK, Given
from clinic.domain.values import HumanName
from clinic.exchange.shipped_questionnaires import shipped
from clinic.services import charts, intake, replay, timeline
from clinic.services.feedback import Opinion, opinions
from clinic.services.gate import Denied
from clinic.store.search import text_of
from tests.clinic.services.local import AT, Local, clinic

SINCE = AT - timedelta(weeks=11)
(FORM,) = (one for one in shipped() if one.url == FEEDBACK)
BAD: Given = {"visit": ("bad",), "bad": ("waited", "machine"), "contact": ()}


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path / "homes") as both:
        yield both


def came(local: Local, *told: Given, number: str = "14233456", family: str = "Quispe") -> intake.Visit:
    """A visit at a kiosk, and how it was, answer by answer."""
    known = intake.claim(local.ben, number, date(1961, 3, 5), HumanName(family=family))
    visit = intake.arrive(local.ben, known, "es")
    for given in told:
        intake.tell_feedback(local.ben, visit, FORM, given, "es", given is told[-1])
    return visit


def seen(local: Local, language: str = "en") -> tuple[Opinion, ...]:
    return opinions(local.ben, language, SINCE)


def test_the_later_answer_stands_for_the_earlier_one_of_the_same_visit(local: Local) -> None:
    came(local, {"visit": ("good",)}, {"visit": ("bad",)}, BAD)
    (one,) = seen(local)
    assert (one.face, one.site) == ("bad", local.ben.device_name)
    assert one.reasons == ("I waited long", "The screen was difficult"), "in the reader's language"


def test_no_name_stands_beside_an_answer_unless_she_wishes_to_be_spoken_to(local: Local) -> None:
    came(local, BAD)
    visit = came(local, {**BAD, "contact": ("true",)}, number="20111222", family="Rojas")
    came(local, {**BAD, "contact": ("false",)}, number="20111333", family="Sosa")
    named = [(one.name, one.patient) for one in seen(local) if one.name or one.patient]
    assert named == [("Rojas", visit.patient)]


def test_an_answer_that_was_given_before_the_face_was_changed_does_not_count(local: Local) -> None:
    came(local, {"visit": ("good",), "bad": ("waited",), "contact": ("true",)})
    (one,) = seen(local)
    assert (one.reasons, one.name) == ((), "")


def test_it_arrives_at_the_other_desk_of_the_team(local: Local) -> None:
    visit = came(local, BAD)
    local.carry(visit.patient)
    assert [one.face for one in opinions(local.eva, "pt", SINCE)] == ["bad"]


def test_what_is_older_is_not_counted(local: Local) -> None:
    came(local, BAD)
    assert len(opinions(local.ben, "en", AT)) == 1
    local.clock.advance(3600)
    assert opinions(local.ben, "en", AT + timedelta(hours=1)) == ()


def test_a_nurse_does_not_read_it(local: Local) -> None:
    came(local, BAD)
    local.as_nurse(local.ben)
    with pytest.raises(Denied):
        seen(local)


def test_it_stands_on_no_chart(local: Local) -> None:
    visit = came(local, BAD)
    patient: PatientId = visit.patient
    kept = local.ben.book.read(lambda page: page.facts(QuestionnaireResponse, patient))
    assert [one.questionnaire for one in kept] == [FEEDBACK], "it is in the record"
    assert charts.open_chart(local.ben, patient).answers == ()
    kinds = [one.kind for one in timeline.latest(local.ben, patient)]
    assert "Encounter" in kinds and "QuestionnaireResponse" not in kinds
    told = [one.kind for one in replay.replay(local.ben, visit.encounter).moments]
    assert "Encounter" in told and "QuestionnaireResponse" not in told
    assert text_of(kept[0]) == "" and text_of(replace(kept[0], questionnaire="urn:x")) != ""
