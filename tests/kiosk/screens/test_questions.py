# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions after the symptoms, by finger and by keys: the body, branches, back, flags, and what is filed."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from clinic.domain import questionnaires as q
from kiosk import flow
from tests.kiosk.conftest import Kiosk
from tests.kiosk.standin import ROSA
from tests.kiosk.test_stage import look_well

pytestmark = pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
PAIN = "urn:posta:questionnaire:pain"
FINGER = QTest.createTouchDevice()


def to_body(kiosk: Kiosk, *symptoms: str) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.stage.send(flow.Identified(ROSA))
    kiosk.touch("kiosk.greet.yes")
    kiosk.touch("kiosk.reason.pain")
    for one in symptoms:
        kiosk.touch(f"kiosk.symptom.{one}")
    kiosk.touch("kiosk.symptom.done")


def finger(kiosk: Kiosk, name: str) -> None:
    """A real touch in the middle of a place."""
    place = kiosk.find(name)
    at = place.mapTo(kiosk.window, QPoint(place.width() // 2, place.height() // 2))
    QTest.touchEvent(kiosk.window, FINGER).press(0, at, kiosk.window).commit()
    QTest.touchEvent(kiosk.window, FINGER).release(0, at, kiosk.window).commit()


def filed(kiosk: Kiosk) -> flow.TellAnswers:
    kiosk.until(lambda: any(isinstance(one, flow.TellAnswers) for one in kiosk.clinic.filed))
    return [one for one in kiosk.clinic.filed if isinstance(one, flow.TellAnswers)][-1]


def test_several_places_are_marked_by_finger_and_one_is_taken_off_again(kiosk: Kiosk) -> None:
    to_body(kiosk)
    look_well(kiosk)
    for place in ("belly", "left_foot", "lower_back", "left_foot"):
        finger(kiosk, f"kiosk.body.{place}")
        QTest.qWait(450)  # a tap sooner at the same place is taken for the echo of the one before
    assert kiosk.text("kiosk.question.done") == "Go on with 2"
    kiosk.touch("kiosk.question.done")
    assert kiosk.journey.interview is not None
    assert kiosk.journey.interview.given[PAIN]["where"] == ("belly", "lower_back")


def test_a_switch_goes_from_place_to_place_and_marks_with_enter(kiosk: Kiosk) -> None:
    to_body(kiosk)
    head = kiosk.find("kiosk.body.head")
    head.setFocus()
    for _step in range(2):
        QTest.keyClick(kiosk.window.focusWidget(), Qt.Key.Key_Tab)
    belly = kiosk.window.focusWidget()
    assert belly.objectName() == "kiosk.body.belly" and belly.accessibleName() == "Belly"
    QTest.keyClick(belly, Qt.Key.Key_Return)
    assert isinstance(belly, QAbstractButton) and belly.isChecked()
    QTest.keyClick(belly, Qt.Key.Key_Space)
    assert not belly.isChecked()


def test_a_place_that_must_not_wait_calls_somebody_as_it_is_touched(kiosk: Kiosk) -> None:
    to_body(kiosk)
    kiosk.touch("kiosk.body.chest")
    assert kiosk.sees("kiosk.flag")
    raised = next(one for one in kiosk.journey.flags)
    assert raised.code == "chest_pain"
    kiosk.touch("kiosk.flag.close")
    kiosk.touch("kiosk.question.done")
    assert kiosk.journey.step is flow.Step.QUESTIONS


def test_a_flag_of_the_last_question_stays_before_what_follows(kiosk: Kiosk) -> None:
    to_body(kiosk)
    for name in ("body.head", "question.done", "question.worst", "question.today", "question.yes"):
        kiosk.touch(f"kiosk.{name}")
    assert kiosk.journey.step is flow.Step.VITALS and kiosk.sees("kiosk.flag")
    assert [one.code for one in kiosk.journey.flags] == ["sudden_pain"]
    kiosk.touch("kiosk.flag.close")
    assert kiosk.sees("kiosk.vitals.skip")


def test_what_was_asked_only_for_the_worst_pain_is_not_kept_when_she_says_less(kiosk: Kiosk) -> None:
    to_body(kiosk)
    for name in ("body.head", "question.done", "question.worst", "question.today", "question.no"):
        kiosk.touch(f"kiosk.{name}")
    assert kiosk.journey.step is flow.Step.VITALS
    for _question in range(3):
        kiosk.touch("kiosk.bar.back")
    assert kiosk.sees("kiosk.question.little")
    kiosk.touch("kiosk.question.little")
    kiosk.touch("kiosk.question.today")
    assert kiosk.journey.step is flow.Step.VITALS
    told = filed(kiosk)
    kiosk.until(lambda: not kiosk.journey.to_file)
    told = filed(kiosk)
    (answers,) = (kept for form, kept, _said in q.told(told.interview, "en") if form.url == PAIN)
    assert answers["how_much"] == ("little",) and "began" not in answers and told.finished


def test_back_from_the_first_question_leads_to_the_symptoms(kiosk: Kiosk) -> None:
    to_body(kiosk)
    kiosk.touch("kiosk.bar.back")
    assert kiosk.journey.step is flow.Step.SYMPTOMS


def test_whoever_does_not_know_goes_on_and_nothing_is_kept_of_it(kiosk: Kiosk) -> None:
    to_body(kiosk)
    kiosk.touch("kiosk.question.skip")
    assert not kiosk.sees("kiosk.question.skip"), "how much it hurts is asked of everybody"
    kiosk.touch("kiosk.question.much")
    kiosk.touch("kiosk.question.skip")
    kiosk.until(lambda: not kiosk.journey.to_file)
    (answers,) = (kept for form, kept, _said in q.told(filed(kiosk).interview, "en") if form.url == PAIN)
    assert answers == {"how_much": ("much",)}


def test_a_wound_asks_for_its_photo(kiosk: Kiosk) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.stage.send(flow.Identified(ROSA))
    for name in (
        "greet.yes",
        "reason.other",
        "symptom.skin",
        "symptom.done",
        "question.bite",
        "question.insect",
    ):
        kiosk.touch(f"kiosk.{name}")
    kiosk.touch("kiosk.question.no")
    kiosk.stage.send(flow.VitalsTaken({}))
    assert kiosk.stage._screen is not None
    assert kiosk.stage._screen.heading.title == "A photo of the wound or the skin"
