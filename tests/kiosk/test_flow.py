# SPDX-License-Identifier: GPL-3.0-or-later
"""The course of a visit, as sentences."""

from dataclasses import replace
from decimal import Decimal

import pytest

from clinic.domain.facts import Decision
from clinic.domain.ids import FactId
from clinic.domain.values import Coding, Point, Stroke
from clinic.protocol.letters import ChatLine, QueuePlace, VisitOver
from kiosk import flow
from kiosk.flow import Journey, Step, update
from tests.kiosk.standin import ENCOUNTER, NOW, ROSA, Clinic, visit

FEVER = Coding(system="urn:posta:symptom", code="fever", display="Fiebre")
UNWELL = Coding(system="urn:posta:reason", code="unwell", display="Me siento mal")
SIGNED = (Stroke(points=(Point(x=1, y=1, t=0), Point(x=2, y=2, t=200))),)
ALL_YES = dict.fromkeys(
    ("treatment", "teleconsultation", "recording", "sharing", "analytics"), Decision.PERMIT
)
OVER = VisitOver(encounter=ENCOUNTER, clinician="Dra. F", summary="Reposo")


class Run:
    """Plays a journey against the clinic in memory, as the stage does."""

    def __init__(self, clinic: Clinic | None = None) -> None:
        self.clinic, self.journey, self.effects = clinic or Clinic(), Journey(), list[flow.Effect]()

    def say(self, *events: flow.Event) -> "Run":
        for event in events:
            self.journey, effects = update(self.journey, event)
            self.effects += effects
            for effect in effects:
                self._do(effect)
        return self

    def _do(self, effect: flow.Effect) -> None:
        match effect:
            case flow.LoadTemplate(language):
                self.say(flow.TemplateCame(self.clinic.template(language)))
            case flow.File(filing, seen):
                try:
                    result = self.clinic.file(filing, seen)
                except Exception as error:  # noqa: BLE001 - the stage hears of it as a sentence
                    self.say(flow.FilingFailed(str(error)))
                else:
                    self.say(flow.Filed(result))

    @property
    def filed(self) -> list[str]:
        return [type(filing).__name__ for filing in self.clinic.filed]


def told(run: Run, decisions: dict[str, Decision] = ALL_YES) -> Run:
    return run.say(
        flow.LanguageChosen("es"),
        flow.Identified(ROSA),
        flow.Confirmed(True),
        flow.ReasonChosen(UNWELL),
        flow.SymptomsChosen((FEVER,)),
        flow.VitalsTaken({"spo2": Decimal(95)}, False, True),
        flow.PhotoTaken(b"jpeg"),
        flow.ConsentSigned(decisions, SIGNED, 40),
        flow.CheckDone(),
    )


def test_everything_a_patient_tells_is_filed_in_order_and_she_sits_in_the_waiting_room() -> None:
    run = told(Run())
    assert run.filed == ["Arrive", "TellReason", "TellVitals", "GivePhoto", "GiveConsent", "Wait"]
    assert run.journey.step is Step.WAITING
    assert run.journey.waiting_for_staff


def test_skipped_vitals_and_photo_are_not_filed() -> None:
    run = Run().say(
        flow.LanguageChosen("es"),
        flow.Identified(ROSA),
        flow.Confirmed(True),
        flow.ReasonChosen(UNWELL),
        flow.SymptomsChosen(()),
        flow.VitalsTaken({}),
        flow.PhotoTaken(b""),
    )
    assert run.filed == ["Arrive", "TellReason"]
    assert run.journey.step is Step.CONSENT


def test_the_language_chosen_is_the_language_of_everything_after() -> None:
    run = Run().say(flow.LanguageChosen("pt"), flow.Identified(ROSA), flow.Confirmed(True))
    assert flow.Speak("pt") in run.effects
    assert run.clinic.filed == [flow.Arrive(ROSA, "pt")]
    assert run.journey.template is not None
    assert run.journey.template.language == "pt"


def test_no_that_is_not_me_goes_back_to_the_card_and_forgets_the_person() -> None:
    run = Run().say(flow.LanguageChosen("es"), flow.Identified(ROSA), flow.Confirmed(False))
    assert (run.journey.step, run.journey.known) == (Step.IDENTIFY, None)
    assert run.filed == []


def test_without_consent_to_a_visit_by_video_there_is_no_call_but_staff_come() -> None:
    run = told(Run(), {**ALL_YES, "teleconsultation": Decision.DENY})
    assert run.journey.step is Step.WAITING
    assert not run.journey.by_video
    run.say(flow.CallMoved("ringing", ENCOUNTER, "Dra. F"))
    assert run.journey.step is Step.WAITING
    assert run.effects[-1] == flow.DeclineRing()


def test_a_full_disk_is_said_and_nothing_is_dropped_until_it_is_tried_again() -> None:
    run = told(Run(Clinic(full=True)))
    assert "full" in run.journey.trouble
    assert isinstance(run.journey.to_file[0], flow.Arrive)
    assert len(run.journey.to_file) == 6
    run.clinic.full = False
    run.say(flow.FileAgain())
    assert run.filed == ["Arrive", "TellReason", "TellVitals", "GivePhoto", "GiveConsent", "Wait"]
    assert run.journey.trouble == ""


def test_the_ring_of_this_visit_is_shown_and_any_other_is_declined() -> None:
    run = told(Run())
    assert update(run.journey, flow.CallMoved("ringing", "other", "X"))[1] == (flow.DeclineRing(),)
    run.say(flow.CallMoved("ringing", ENCOUNTER, "Dra. F"))
    assert (run.journey.step, run.journey.clinician) == (Step.INCOMING, "Dra. F")


def test_nobody_is_rung_before_she_sits_in_the_waiting_room() -> None:
    early = replace(Journey(step=Step.VITALS), visit=visit())
    assert update(early, flow.CallMoved("ringing", ENCOUNTER, "X")) == (early, (flow.DeclineRing(),))


@pytest.mark.parametrize("allowed", [Decision.PERMIT, Decision.DENY])
def test_the_call_is_kept_only_if_recording_was_allowed(allowed: Decision) -> None:
    run = told(Run(), {**ALL_YES, "recording": allowed})
    for phase in ("ringing", "connecting", "talking", "reconnecting", "talking"):
        run.say(flow.CallMoved(phase, ENCOUNTER, "Dra. F"))
    kept = [effect for effect in run.effects if isinstance(effect, flow.KeepReceived)]
    assert kept == ([flow.KeepReceived("c1")] if allowed == Decision.PERMIT else [])
    assert run.journey.step is Step.CALL


def test_after_the_call_she_waits_for_the_summary_and_then_sees_it() -> None:
    run = told(Run())
    for phase in ("ringing", "connecting", "talking", "ended"):
        run.say(flow.CallMoved(phase, ENCOUNTER, "Dra. F"))
    assert run.journey.step is Step.WAITING
    assert run.journey.talked
    run.say(flow.OverCame(OVER))
    assert run.journey.step is Step.AFTER


def test_a_summary_that_comes_during_the_call_waits_for_its_end() -> None:
    run = told(Run()).say(
        flow.CallMoved("ringing", ENCOUNTER, "D"), flow.CallMoved("talking", ENCOUNTER, "D")
    )
    run.say(flow.OverCame(OVER))
    assert run.journey.step is Step.CALL
    assert run.say(flow.CallMoved("ended", ENCOUNTER, "D", "hung up")).journey.step is Step.AFTER


def test_letters_about_somebody_else_change_nothing() -> None:
    journey = told(Run()).journey
    place = QueuePlace(encounter="other", place=1, wait_minutes=1, status="triaged")
    line = ChatLine(encounter="other", sender_name="X", text="x", sent_at=NOW)
    for event in (flow.Placed(place), flow.LineCame(line), flow.OverCame(replace(OVER, encounter="other"))):
        assert update(journey, event) == (journey, ())


def test_goodbye_ends_the_session_and_cancels_nothing() -> None:
    run = told(Run()).say(flow.OverCame(OVER), flow.Goodbye())
    assert run.effects[-1] == flow.Finish()
    assert "Leave" not in run.filed


def test_who_leaves_before_the_call_has_the_visit_cancelled_and_then_the_session_ends() -> None:
    run = told(Run()).say(flow.Left())
    assert run.filed[-1] == "Leave"
    assert run.effects[-1] == flow.Finish()


def test_who_leaves_after_talking_keeps_the_visit() -> None:
    run = told(Run())
    for phase in ("ringing", "talking", "ended"):
        run.say(flow.CallMoved(phase, ENCOUNTER, "D"))
    run.say(flow.Left())
    assert "Leave" not in run.filed
    assert run.effects[-1] == flow.Finish()


def test_leaving_during_a_call_hangs_up_first() -> None:
    run = told(Run()).say(
        flow.CallMoved("ringing", ENCOUNTER, "D"), flow.CallMoved("talking", ENCOUNTER, "D")
    )
    run.say(flow.Left())
    assert run.effects[-2:] == [flow.HangUp(), flow.Finish()]


def test_leaving_with_a_full_disk_still_ends_the_session() -> None:
    run = told(Run(Clinic(full=True))).say(flow.Left())
    assert run.effects[-1] == flow.Finish()


def test_leaving_twice_ends_once() -> None:
    run = Run().say(flow.LanguageChosen("es"), flow.Left(), flow.Left())
    assert run.effects.count(flow.Finish()) == 1


@pytest.mark.parametrize(("step", "before"), list(flow.BACK.items()))
def test_back_leads_one_step_back(step: Step, before: Step) -> None:
    assert update(Journey(step=step), flow.BackPressed())[0].step is before


def test_back_after_the_photo_does_nothing() -> None:
    journey = Journey(step=Step.CONSENT)
    assert update(journey, flow.BackPressed()) == (journey, ())


def test_an_answer_to_another_question_changes_nothing() -> None:
    journey = Journey(step=Step.REASON)
    assert update(journey, flow.CheckDone()) == (journey, ())


def test_patience_is_a_minute_longer_while_she_measures_and_endless_during_a_call() -> None:
    assert flow.patience_s(Step.REASON) == 60.0
    assert flow.patience_s(Step.VITALS) == 150.0
    assert flow.patience_s(Step.CALL) is None
    assert flow.patience_s(Step.LANGUAGE) is None


def test_online_is_remembered() -> None:
    assert update(Journey(), flow.OnlineChanged(True))[0].online


def test_in_the_waiting_room_a_permission_is_taken_back_at_once() -> None:
    run = told(Run())
    assert run.journey.permitted == tuple(ALL_YES) and run.journey.recording_consent
    run.say(flow.TakenBack("recording"))
    assert run.clinic.filed[-1] == flow.TakeBackConsent("recording", "es")
    assert "recording" not in run.journey.permitted and run.journey.recording_consent == ""
    assert run.journey.by_video
    run.say(flow.TakenBack("recording"))
    assert run.filed.count("TakeBackConsent") == 1


def test_without_the_permission_for_video_no_call_is_taken() -> None:
    run = told(Run()).say(flow.TakenBack("teleconsultation"))
    assert not run.journey.by_video
    run.say(flow.CallMoved("ringing", ENCOUNTER, "Dra. F"))
    assert run.journey.step is Step.WAITING and flow.DeclineRing() in run.effects


def test_what_the_card_knows_can_be_taken_back_before_anything_new_is_signed() -> None:
    known = replace(ROSA, permitted=("sharing",))
    run = Run().say(flow.LanguageChosen("es"), flow.Identified(known))
    assert run.journey.permitted == ("sharing",)


# voice notes


def in_call() -> Run:
    run = told(Run())
    moves = (flow.CallMoved(phase, ENCOUNTER, "Dra. F") for phase in ("ringing", "connecting", "talking"))
    return run.say(*moves)


def came(run: Run) -> list[tuple[str, flow.Came]]:
    return [(one.message, one.came) for one in run.journey.said]


def test_a_voice_note_is_saved_here_then_left_then_heard_and_the_call_keeps_its_place() -> None:
    run = in_call().say(flow.NoteSaid(b"OggS", 9.0))
    (first,) = (one.message for one in run.journey.said)
    assert came(run) == [(first, flow.Came.SAVED)]
    assert run.journey.step is Step.CALL
    heard = ChatLine(encounter=ENCOUNTER, sender_name="Dra. F", text="", sent_at=NOW, heard=FactId(first))
    run.say(flow.AllLeft())
    assert came(run) == [(first, flow.Came.LEFT)]
    run.say(flow.LineCame(heard), flow.AllLeft())
    assert came(run) == [(first, flow.Came.HEARD)], "nothing goes back"
    assert run.journey.lines == (), "that it was heard is no message"
    run.say(flow.NoteSaid(b"OggS2", 3.0), flow.LineCame(replace(heard, heard=FactId("another"))))
    assert [one.came for one in run.journey.said] == [flow.Came.HEARD, flow.Came.SAVED]


def test_a_note_that_cannot_be_saved_waits_and_is_tried_again() -> None:
    run = in_call()
    run.clinic.full = True
    run.say(flow.NoteSaid(b"OggS", 9.0))
    assert run.journey.said[0].came is flow.Came.SAVING
    assert "full" in run.journey.trouble
    run.say(flow.AllLeft())
    assert run.journey.said[0].came is flow.Came.SAVING, "what is not saved has not left"
    run.clinic.full = False
    run.say(flow.FileAgain())
    assert run.journey.said[0].came is flow.Came.SAVED


def test_that_she_listened_is_filed_once() -> None:
    run = in_call().say(flow.Listened("m7"), flow.Listened("m7"), flow.Listened(""))
    assert run.filed.count("SayHeard") == 1


def test_before_there_is_a_visit_nothing_is_said() -> None:
    assert Run().say(flow.NoteSaid(b"OggS", 2.0), flow.Listened("m7")).filed == []


PAIN = Coding(system="urn:posta:reason", code="pain", display="Me duele algo")
CHEST = Coding(system="urn:posta:symptom", code="chest_pain", display="Dolor en el pecho")
FLAG = Coding(system="urn:posta:red-flag", code="chest_pain", display="dolor en el pecho")
SECOND = Coding(system="urn:posta:red-flag", code="breathless", display="falta de aire")


def at_symptoms(run: Run) -> Run:
    return run.say(
        flow.LanguageChosen("es"), flow.Identified(ROSA), flow.Confirmed(True), flow.ReasonChosen(PAIN)
    )


def test_a_red_flag_is_filed_and_somebody_called_as_the_tile_is_touched() -> None:
    run = at_symptoms(Run()).say(flow.Felt((CHEST,), (FLAG,)))
    assert run.clinic.filed[-1] == flow.RaiseFlags(PAIN, (CHEST,), (FLAG,))
    assert run.effects[-1] == flow.CallPerson()
    assert run.journey.step is Step.SYMPTOMS


def test_only_a_new_red_flag_calls_again_and_none_is_taken_back() -> None:
    run = at_symptoms(Run()).say(
        flow.Felt((CHEST,), (FLAG,)), flow.Felt((), ()), flow.Felt((CHEST,), (FLAG,))
    )
    assert run.filed == ["Arrive", "RaiseFlags"]
    run.say(flow.Felt((CHEST,), (FLAG, SECOND)))
    assert run.clinic.filed[-1] == flow.RaiseFlags(PAIN, (CHEST,), (FLAG, SECOND))
    assert run.effects.count(flow.CallPerson()) == 2


def test_a_symptom_that_is_no_red_flag_waits_for_go_on() -> None:
    run = at_symptoms(Run()).say(flow.Felt((FEVER,), ()))
    assert run.filed == ["Arrive"]
    assert flow.CallPerson() not in run.effects


def test_somebody_is_called_even_when_the_flag_cannot_be_filed() -> None:
    run = Run(Clinic(full=True))
    at_symptoms(run).say(flow.Felt((CHEST,), (FLAG,)))
    assert flow.CallPerson() in run.effects
    run.clinic.full = False
    run.say(flow.FileAgain())
    assert run.filed == ["Arrive", "RaiseFlags"]
