# SPDX-License-Identifier: GPL-3.0-or-later
"""The screens as a patient touches them: a visit from the first touch to goodbye, and what goes wrong."""

from datetime import timedelta

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from clinic.domain.ids import EncounterId, UserId
from clinic.domain.questionnaires import FEEDBACK
from clinic.domain.record import Record
from clinic.protocol.letters import ChatLine, PersonCalled, PersonComes, QueuePlace, VisitOver, Vouched
from desktop.kit.audit import audit
from desktop.kit.fields import LineField
from desktop.kit.strokes import stroke
from desktop.kit.text import Text
from kiosk import flow, questionnaire
from kiosk.screens.identify.view import IdentifyScreen
from kiosk.screens.photo.view import jpeg
from tests.kiosk.conftest import Kiosk, picture
from tests.kiosk.standin import CODE, ENCOUNTER, NOW, PIN, PIN_CARD, ROSA

pytestmark = pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
OVER = VisitOver(
    encounter=ENCOUNTER,
    clinician="Dra. F",
    summary="Rest and water.",
    prescriptions=("Paracetamol 500 mg",),
    next_appointment=NOW + timedelta(7),
)
NUMBERS = ("148", "92", "88", "95", "37,8", "18")


def look_well(kiosk: Kiosk) -> None:
    """Names, contrast and sizes hold on the screen of the moment, and it fits the window."""
    assert audit(kiosk.window) == []
    size = kiosk.window.size()
    assert (size.width(), size.height()) == (1280, 800)


def to_reason(kiosk: Kiosk) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.stage.send(flow.Identified(ROSA))
    kiosk.touch("kiosk.greet.yes")


def to_consent(kiosk: Kiosk) -> None:
    to_reason(kiosk)
    kiosk.touch("kiosk.reason.unwell")
    kiosk.touch("kiosk.symptom.fever")
    kiosk.touch("kiosk.symptom.done")
    kiosk.answer_all()
    for number in NUMBERS:
        kiosk.type(number)
        if kiosk.sees("kiosk.vitals.oxygen.no"):
            kiosk.touch("kiosk.vitals.oxygen.no")
    kiosk.touch("kiosk.vitals.self.yes")
    kiosk.touch("kiosk.photo.skip")
    kiosk.until(lambda: kiosk.sees("kiosk.consent.next"))


def to_waiting(kiosk: Kiosk) -> None:
    to_consent(kiosk)
    while kiosk.sees("kiosk.consent.next"):
        kiosk.touch("kiosk.consent.next")
    for _item in range(5):
        kiosk.touch("kiosk.consent.item.yes")
    pad = kiosk.find("kiosk.consent.pad")
    for pause in stroke(pad, [(0.2, 0.5, 0), (0.3, 0.3, 80), (0.4, 0.6, 160), (0.6, 0.5, 260)], "mouse"):
        QTest.qWait(pause)
    kiosk.touch("kiosk.consent.sign")
    kiosk.touch("kiosk.check.yes")
    kiosk.until(lambda: kiosk.journey.waiting_for_staff)


def test_a_visit_from_the_first_touch_to_goodbye(kiosk: Kiosk) -> None:
    look_well(kiosk)
    to_waiting(kiosk)
    assert kiosk.text("kiosk.waiting.ticket") == "S-07"
    look_well(kiosk)
    kiosk.stage.online_changed(True)
    place = QueuePlace(encounter=ENCOUNTER, place=2, wait_minutes=5, status="triaged")
    kiosk.stage.letter_came("desk", place)
    assert kiosk.text("kiosk.waiting.place") == "You are number 2"
    kiosk.stage.send(flow.CallMoved("ringing", ENCOUNTER, "Dra. F"))
    assert kiosk.text("kiosk.call.name") == "Dra. F"
    look_well(kiosk)
    kiosk.stage.send(flow.CallMoved("talking", ENCOUNTER, "Dra. F"))
    line = ChatLine(
        encounter=ENCOUNTER, sender_name="Dra. F", text="Take this.", picture=jpeg(picture()), sent_at=NOW
    )
    kiosk.stage.letter_came("desk", line)
    assert kiosk.sees("kiosk.call.picture")
    look_well(kiosk)
    kiosk.stage.send(flow.CallMoved("ended", ENCOUNTER, "Dra. F", "hung up"))
    kiosk.stage.letter_came("desk", OVER)
    assert "Rest and water." in [
        label.text() for label in kiosk.window.findChildren(Text) if label.isVisible()
    ]
    look_well(kiosk)
    kiosk.touch("kiosk.after.goodbye")
    look_well(kiosk)
    kiosk.touch("kiosk.feedback.skip")
    assert kiosk.ended == [True]
    assert not any(isinstance(one, flow.TellFeedback) for one in kiosk.clinic.filed), "skipping says nothing"


def to_feedback(kiosk: Kiosk) -> None:
    to_waiting(kiosk)
    kiosk.stage.letter_came("desk", OVER)
    kiosk.touch("kiosk.after.goodbye")


def told_of_it(kiosk: Kiosk) -> list[flow.TellFeedback]:
    return [one for one in kiosk.clinic.filed if isinstance(one, flow.TellFeedback)]


def test_a_face_two_reasons_and_the_wish_to_be_spoken_to(kiosk: Kiosk) -> None:
    to_feedback(kiosk)
    kiosk.touch("kiosk.feedback.bad")
    look_well(kiosk)
    for reason in ("waited", "machine"):
        kiosk.touch(f"kiosk.feedback.{reason}")
    assert not kiosk.find("kiosk.feedback.other").isEnabled(), "two at most"
    kiosk.touch("kiosk.feedback.waited")
    assert kiosk.find("kiosk.feedback.other").isEnabled(), "one taken off makes room for another"
    kiosk.touch("kiosk.feedback.picture")
    kiosk.touch("kiosk.feedback.done")
    look_well(kiosk)
    kiosk.touch("kiosk.feedback.yes")
    kiosk.until(lambda: kiosk.ended == [True])
    last = told_of_it(kiosk)[-1]
    assert last.finished
    assert last.given == {"visit": ("bad",), "bad": ("machine", "picture"), "contact": ("true",)}


def test_who_walks_away_after_the_face_has_said_how_it_was(kiosk: Kiosk) -> None:
    to_feedback(kiosk)
    kiosk.touch("kiosk.feedback.good")
    kiosk.until(lambda: bool(told_of_it(kiosk)))
    assert told_of_it(kiosk)[-1].given == {"visit": ("good",)} and not told_of_it(kiosk)[-1].finished
    kiosk.touch("kiosk.bar.back")
    assert kiosk.sees("kiosk.feedback.fair"), "back asks for the face again"
    kiosk.touch("kiosk.bar.back")
    assert kiosk.sees("kiosk.after.qr")
    kiosk.touch("kiosk.bar.leave")
    kiosk.until(lambda: kiosk.ended == [True])


def test_a_clinic_that_retired_the_question_does_not_ask_it(kiosk: Kiosk) -> None:
    forms = {url: form for url, form in questionnaire.load().forms.items() if url != FEEDBACK}
    kiosk.stage.ask_by(questionnaire.Questions(forms))
    to_waiting(kiosk)
    kiosk.stage.letter_came("desk", OVER)
    kiosk.touch("kiosk.after.goodbye")
    assert kiosk.ended == [True]


def test_what_was_touched_is_what_was_filed(kiosk: Kiosk) -> None:
    to_waiting(kiosk)
    filed = {type(filing).__name__: filing for filing in kiosk.clinic.filed}
    told = filed["TellVitals"]
    assert isinstance(told, flow.TellVitals)
    assert [str(told.values[key]) for key in ("systolic", "temperature")] == ["148", "37.8"]
    assert (told.on_oxygen, told.alert) == (False, True)
    consent = filed["GiveConsent"]
    assert isinstance(consent, flow.GiveConsent)
    assert len(consent.strokes) == 1
    assert set(consent.decisions) == {"treatment", "teleconsultation", "recording", "sharing", "analytics"}


def test_the_number_is_the_other_way_when_there_is_no_card(kiosk: Kiosk) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.touch("kiosk.identify.no_card")
    look_well(kiosk)
    kiosk.type("14233456")
    kiosk.type("05031961")
    kiosk.until(lambda: kiosk.sees("kiosk.greet.name"))
    assert "456" in kiosk.text("kiosk.greet.name")


def test_a_card_with_a_pin_asks_for_it_with_dots(kiosk: Kiosk) -> None:
    kiosk.touch("kiosk.language.en")
    shown(kiosk, PIN_CARD)
    kiosk.until(lambda: kiosk.sees("kiosk.keypad.1"))
    look_well(kiosk)
    kiosk.type("2740")
    kiosk.until(lambda: kiosk.sees("kiosk.identify.say"))
    field = kiosk.find("kiosk.keypad.shown")
    assert isinstance(field, LineField) and field.echoMode() == LineField.EchoMode.Password
    assert field.text() == ""
    kiosk.type(PIN)
    kiosk.until(lambda: kiosk.sees("kiosk.greet.name"))
    assert kiosk.text("kiosk.greet.name") == "Rosa"


def test_a_code_of_the_staff_with_the_number(kiosk: Kiosk) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.touch("kiosk.identify.code")
    look_well(kiosk)
    kiosk.type("11111111")
    assert kiosk.journey.step is flow.Step.IDENTIFY and not kiosk.sees("kiosk.identify.code")
    look_well(kiosk)
    kiosk.touch("kiosk.identify.no_card")
    kiosk.type(ROSA.dni)
    kiosk.until(lambda: kiosk.sees("kiosk.identify.say"))
    kiosk.type(CODE)
    kiosk.until(lambda: kiosk.sees("kiosk.greet.name"))
    assert kiosk.text("kiosk.greet.name") == "Rosa"


@pytest.mark.expects_log("vouched in vain|propagateSizeHints|multimedia|Pulse|Couldn")
def test_who_is_vouched_for_sees_her_own_things_while_she_waits(
    kiosk: Kiosk, caplog: pytest.LogCaptureFixture
) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.touch("kiosk.identify.no_card")
    kiosk.type("20111222")
    kiosk.type("05031961")
    kiosk.until(lambda: kiosk.sees("kiosk.greet.yes"))
    kiosk.touch("kiosk.greet.yes")
    kiosk.until(lambda: kiosk.journey.visit is not None)
    kiosk.stage.send(flow.ReasonChosen(ROSA_REASON))
    for event in (flow.SymptomsChosen(()), flow.VitalsTaken({}), flow.PhotoTaken(b"")):
        kiosk.stage.send(event)
    kiosk.until(lambda: kiosk.journey.template is not None)
    kiosk.stage.send(flow.ConsentSigned({}, (), 0))
    kiosk.until(lambda: kiosk.sees("kiosk.waiting.ticket"))
    assert kiosk.journey.known is not None and kiosk.journey.known.prescriptions == ()
    for encounter, known in (("another", False), (ENCOUNTER, True)):
        said = Vouched(encounter=EncounterId(encounter), by=UserId("eva"), by_name="Eva", sealed=b"")
        kiosk.stage.letter_came("desk", said)
        kiosk.until(lambda known=known: (kiosk.journey.known == ROSA) if known else bool(in_vain(caplog)))
    assert kiosk.sees("kiosk.waiting.mine")
    kiosk.touch("kiosk.waiting.mine")
    look_well(kiosk)
    assert "Enalapril 10 mg" in [one.text() for one in kiosk.window.findChildren(Text) if one.isVisible()]


def in_vain(caplog: pytest.LogCaptureFixture) -> bool:
    return any("vouched in vain" in one.message for one in caplog.records)


def shown(kiosk: Kiosk, text: str) -> None:
    """The camera reads that code."""
    screen = kiosk.window.findChild(IdentifyScreen)
    assert screen is not None
    screen._seen(text)


def test_without_a_camera_the_keypad_comes_by_itself_with_a_sentence(kiosk: Kiosk) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.engine.missing.emit("camera", "No camera.")
    assert kiosk.sees("kiosk.keypad.1")
    assert kiosk.sees("kiosk.identify.say")
    assert not kiosk.sees("kiosk.identify.card")


def test_without_a_camera_the_photo_and_the_check_go_on(kiosk: Kiosk) -> None:
    to_reason(kiosk)
    for event in (flow.ReasonChosen(ROSA_REASON), flow.SymptomsChosen(()), flow.VitalsTaken({})):
        kiosk.stage.send(event)
    kiosk.engine.missing.emit("camera", "No camera.")
    assert not kiosk.sees("kiosk.photo.take")
    kiosk.touch("kiosk.photo.skip")
    assert kiosk.journey.step is flow.Step.CONSENT


def test_a_photo_can_be_taken_once_pictures_come(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    to_reason(kiosk)
    for event in (flow.ReasonChosen(ROSA_REASON), flow.SymptomsChosen(()), flow.VitalsTaken({})):
        kiosk.stage.send(event)
    assert not kiosk.find("kiosk.photo.take").isEnabled()
    monkeypatch.setattr(kiosk.engine, "grab", lambda _which="local": picture())
    kiosk.engine.frame.emit("local", picture())
    kiosk.touch("kiosk.photo.take")
    kiosk.touch("kiosk.photo.keep")
    kiosk.until(lambda: any(isinstance(filing, flow.GivePhoto) for filing in kiosk.clinic.filed))
    given = next(filing for filing in kiosk.clinic.filed if isinstance(filing, flow.GivePhoto))
    assert not QImage.fromData(given.jpeg).isNull()


def test_a_full_disk_is_said_and_tried_again(kiosk: Kiosk) -> None:
    kiosk.clinic.full = True
    to_reason(kiosk)
    kiosk.until(lambda: kiosk.sees("kiosk.trouble"))
    kiosk.clinic.full = False
    kiosk.touch("kiosk.trouble.action")
    kiosk.until(lambda: bool(kiosk.clinic.filed))
    assert not kiosk.sees("kiosk.trouble")
    assert isinstance(kiosk.clinic.filed[0], flow.Arrive)


def test_silence_asks_and_then_leaves(kiosk: Kiosk) -> None:
    to_reason(kiosk)
    kiosk.until(lambda: not kiosk.journey.to_file)
    kiosk.clock.advance(61)
    kiosk.until(lambda: kiosk.sees("kiosk.still.yes"))
    look_well(kiosk)
    kiosk.clock.advance(20)
    kiosk.until(lambda: bool(kiosk.ended))
    assert isinstance(kiosk.clinic.filed[-1], flow.Leave)


def test_leaving_is_asked_about_and_can_be_taken_back(kiosk: Kiosk) -> None:
    to_reason(kiosk)
    kiosk.touch("kiosk.bar.leave")
    look_well(kiosk)
    kiosk.touch("kiosk.leave.no")
    assert kiosk.sees("kiosk.reason.unwell")
    kiosk.touch("kiosk.bar.leave")
    kiosk.touch("kiosk.leave.yes")
    kiosk.until(lambda: bool(kiosk.ended))


def test_help_and_a_person_are_one_touch_away_and_the_screen_comes_back(kiosk: Kiosk) -> None:
    to_reason(kiosk)
    for button, close in (("kiosk.bar.help", "kiosk.help.close"), ("kiosk.bar.person", "kiosk.person.close")):
        kiosk.touch(button)
        look_well(kiosk)
        kiosk.touch(close)
        assert not kiosk.sees(close)
    assert kiosk.sees("kiosk.reason.unwell")


def test_a_person_is_called_at_the_desks_too_and_she_sees_who_comes(kiosk: Kiosk) -> None:
    told: list[Record] = []
    kiosk.stage._tell_staff = told.append
    kiosk.stage.letter_came("desk", PersonComes(by_name="Ana Ruiz"))
    assert not kiosk.sees("kiosk.person.text"), "nobody asked"
    to_reason(kiosk)
    kiosk.touch("kiosk.bar.person")
    kiosk.stage._call_again()
    assert told == [PersonCalled(), PersonCalled()]
    kiosk.stage.letter_came("desk", PersonComes(by_name="Ana Ruiz"))
    assert kiosk.text("kiosk.person.text") == "Ana Ruiz is coming. Please stay."
    look_well(kiosk)
    assert told[2:] == [PersonCalled(over=True)] and not kiosk.stage._calling.isActive()
    kiosk.stage.letter_came("desk", PersonComes(by_name="Ben Soto"))
    assert kiosk.text("kiosk.person.text") == "Ana Ruiz is coming. Please stay.", "the first who answers"
    kiosk.touch("kiosk.person.close")
    assert len(told) == 3
    kiosk.touch("kiosk.bar.person")
    kiosk.touch("kiosk.person.close")
    assert told[3:] == [PersonCalled(), PersonCalled(over=True)], "somebody was near"


def test_bigger_letters_and_stronger_contrast_still_fit(kiosk: Kiosk) -> None:
    to_reason(kiosk)
    kiosk.touch("kiosk.bar.size")
    kiosk.touch("kiosk.bar.contrast")
    look_well(kiosk)
    kiosk.touch("kiosk.bar.contrast")
    kiosk.touch("kiosk.bar.size")


def test_back_returns_to_what_was_asked_before(kiosk: Kiosk) -> None:
    to_reason(kiosk)
    kiosk.touch("kiosk.reason.pain")
    kiosk.touch("kiosk.bar.back")
    assert kiosk.sees("kiosk.reason.pain")


ROSA_REASON = flow.Coding(system="urn:posta:reason", code="unwell", display="I feel ill")


def test_her_own_medicine_is_one_touch_away_in_the_waiting_room(kiosk: Kiosk) -> None:
    to_waiting(kiosk)
    kiosk.touch("kiosk.waiting.mine")
    look_well(kiosk)
    assert any(label.text() == "Enalapril 10 mg" for label in kiosk.window.findChildren(Text))
    kiosk.touch("kiosk.waiting.mine.close")
    assert kiosk.sees("kiosk.waiting.ticket")


def test_a_permission_is_one_touch_away_from_being_taken_back(kiosk: Kiosk) -> None:
    to_waiting(kiosk)
    kiosk.touch("kiosk.waiting.mine")
    look_well(kiosk)
    kiosk.touch("kiosk.waiting.take_back.recording")
    kiosk.until(lambda: flow.TakeBackConsent("recording", "en") in kiosk.clinic.filed)
    assert "recording" not in kiosk.journey.permitted
    look_well(kiosk)


def tap_the_glass(kiosk: Kiosk, place: QPoint, at_ms: int) -> None:
    """What lies at that place of the window is pressed and let go, as the system would tell it."""
    target = kiosk.window.childAt(place) or kiosk.window
    here, there = QPointF(target.mapFrom(kiosk.window, place)), QPointF(kiosk.window.mapToGlobal(place))
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        event = QMouseEvent(kind, here, there, left, left, none)
        event.setTimestamp(at_ms)
        QApplication.sendEvent(target, event)


def test_a_double_tap_on_yes_leaves_the_next_question_unanswered(kiosk: Kiosk) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.stage.send(flow.Identified(ROSA))
    yes = kiosk.find("kiosk.greet.yes")
    place = yes.mapTo(kiosk.window, yes.rect().center())
    tap_the_glass(kiosk, place, 1000)
    assert kiosk.journey.step is flow.Step.REASON
    kiosk.until(lambda: isinstance(kiosk.window.childAt(place), QAbstractButton))
    tap_the_glass(kiosk, place, 1150)
    assert kiosk.journey.step is flow.Step.REASON
    tap_the_glass(kiosk, place, 2000)
    assert kiosk.journey.step is flow.Step.THINGS, "a tap of its own counts"


def test_no_answer_looks_chosen_before_it_is_touched(kiosk: Kiosk) -> None:
    kiosk.stage.send(flow.LanguageChosen("en"))
    kiosk.stage.send(flow.Identified(ROSA))
    QTest.mouseClick(kiosk.find("kiosk.greet.no"), Qt.MouseButton.LeftButton)
    kiosk.stage.send(flow.Identified(ROSA))
    held = QApplication.focusWidget() or kiosk.window.focusWidget()
    assert not isinstance(held, QAbstractButton)


def test_a_red_flag_calls_a_person_at_once_and_names_nothing_aloud(kiosk: Kiosk) -> None:
    to_reason(kiosk)
    kiosk.stage.online_changed(True)
    kiosk.touch("kiosk.reason.pain")
    kiosk.touch("kiosk.symptom.headache")
    assert not kiosk.sees("kiosk.flag")
    kiosk.touch("kiosk.symptom.chest_pain")
    assert kiosk.sees("kiosk.flag")
    look_well(kiosk)
    said = kiosk.text("kiosk.flag.title") + kiosk.text("kiosk.flag.text")
    assert "told" in said and "hest" not in said
    assert kiosk.stage._calling.isActive()
    kiosk.until(lambda: any(isinstance(one, flow.RaiseFlags) for one in kiosk.clinic.filed))
    filed = next(one for one in kiosk.clinic.filed if isinstance(one, flow.RaiseFlags))
    assert [flag.code for flag in filed.flags] == ["chest_pain"]
    assert [one.code for one in filed.symptoms] == ["headache", "chest_pain"]
    kiosk.touch("kiosk.flag.close")
    assert not kiosk.sees("kiosk.flag") and not kiosk.stage._calling.isActive()
    kiosk.touch("kiosk.symptom.done")
    assert kiosk.journey.step is flow.Step.QUESTIONS


def test_without_a_connection_the_red_flag_calls_whoever_is_here(kiosk: Kiosk) -> None:
    to_reason(kiosk)
    kiosk.touch("kiosk.reason.unwell")
    kiosk.touch("kiosk.symptom.breathless")
    assert "no connection" in kiosk.text("kiosk.flag.text")
    look_well(kiosk)
    kiosk.touch("kiosk.flag.close")
    kiosk.touch("kiosk.symptom.breathless")
    kiosk.touch("kiosk.symptom.breathless")
    assert not kiosk.sees("kiosk.flag")
