# SPDX-License-Identifier: GPL-3.0-or-later
"""The visit, in sentences: nothing typed is lost, nothing goes to the wrong patient, nothing is signed by
accident.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.bookings import Shared
from clinic.domain.cautions import Caution
from clinic.domain.facts import Appointment, Section
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import ICD10
from clinic.services.bookings import Collision
from clinic.services.visits import Draft
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from tests.desktop.screens.standin import JUAN, KIOSK, NOW, ROSA, Clinic, coding

HERE = EncounterId(f"e.{ROSA}")
S, P = Section.SUBJECTIVE, Section.PLAN


def opened(**texts: str) -> v.State:
    state, _effects = v.update(v.State(now=NOW), h.VisitOpened(HERE, ROSA, KIOSK, NOW))
    state, _effects = v.update(
        state, h.DraftLoaded(Draft(HERE, ROSA, {Section(k): t for k, t in texts.items()}, NOW, {}))
    )
    state, _effects = v.update(state, h.ChartLoaded(Clinic().chart(ROSA), NOW))
    return state


def typed(state: v.State, text: str, at: float = 0.0, section: Section = S) -> v.State:
    return v.update(state, h.Typed(section, text, at))[0]


def saves(effects: tuple[object, ...]) -> list[h.Save]:
    return [effect for effect in effects if isinstance(effect, h.Save)]


def test_opening_starts_the_visit_for_the_patient_of_this_window() -> None:
    _state, effects = v.update(v.State(now=NOW), h.VisitOpened(HERE, ROSA, KIOSK, NOW))
    assert effects == (h.StartVisit(HERE, ROSA),)


def test_opening_with_the_call_button_also_rings() -> None:
    _state, effects = v.update(v.State(now=NOW), h.VisitOpened(HERE, ROSA, KIOSK, NOW, ring=True))
    assert effects[-1] == h.Ring(KIOSK, HERE, ROSA)


def test_a_section_is_saved_when_typing_rests_and_names_the_patient() -> None:
    state, effects = v.update(typed(opened(), "Tos"), h.TypingRested(S))
    assert saves(effects) == [h.Save(HERE, S, "Tos", ROSA, 0.0)]
    assert state.dirty


def test_saved_text_is_said_to_be_saved_with_its_time() -> None:
    state, _effects = v.update(typed(opened(), "Tos"), h.TypingRested(S))
    state, _effects = v.update(state, h.Saved(HERE, S, "Tos", NOW, 0.0))
    assert (state.parts[S].saved_at, state.dirty) == (NOW, False)


def test_a_newer_text_waits_for_the_save_under_way() -> None:
    state, _effects = v.update(typed(opened(), "Tos"), h.TypingRested(S))
    state, effects = v.update(typed(state, "Tos seca"), h.TypingRested(S))
    assert effects == ()
    _state, effects = v.update(state, h.Saved(HERE, S, "Tos", NOW, 0.0))
    assert [save.text for save in saves(effects)] == ["Tos seca"]


def test_long_typing_without_a_rest_is_saved_on_the_way() -> None:
    state = typed(opened(), "T", at=10.0)
    _state, effects = v.update(state, h.Typed(S, "To", 10.0 + v.LONGEST_S))
    assert [save.text for save in saves(effects)] == ["To"]


def test_a_full_disk_keeps_the_text_and_tries_again() -> None:
    state, _effects = v.update(typed(opened(), "Tos"), h.TypingRested(S))
    state, _effects = v.update(state, h.SaveFailed(HERE, S, "The disk is full."))
    assert (state.parts[S].text, state.sentence) == ("Tos", "The disk is full.")
    state, effects = v.update(state, h.SaveRetried())
    assert [save.text for save in saves(effects)] == ["Tos"]
    state, _effects = v.update(state, h.Saved(HERE, S, "Tos", NOW, 0.0))
    assert state.sentence == ""


def test_another_visit_first_saves_what_is_unsaved_here() -> None:
    other = EncounterId(f"e.{JUAN}")
    state, effects = v.update(typed(opened(), "Tos"), h.VisitOpened(other, JUAN, KIOSK, NOW))
    assert saves(effects) == [h.Save(HERE, S, "Tos", ROSA, 0.0)]
    assert (state.patient, state.parts[S].text) == (JUAN, "")


def test_a_chart_of_somebody_else_is_never_shown() -> None:
    state, _effects = v.update(opened(), h.ChartLoaded(Clinic().chart(JUAN), NOW))
    assert state.chart is not None and state.chart.person.patient == ROSA


def test_what_was_saved_for_another_visit_changes_nothing_here() -> None:
    state = typed(opened(), "Tos")
    after, effects = v.update(state, h.Saved(EncounterId("e.other"), S, "x", NOW, 0.0))
    assert (after, effects) == (state, ())


def test_a_draft_that_comes_late_does_not_overwrite_what_was_typed() -> None:
    state = typed(opened(), "Tos")
    state, _effects = v.update(state, h.DraftLoaded(Draft(HERE, ROSA, {S: "alt"}, NOW, {})))
    assert state.parts[S].text == "Tos"


def test_a_text_from_another_computer_is_kept_beside_and_can_be_put_below() -> None:
    state, _effects = v.update(
        opened(subjective="Tos"), h.DraftLoaded(Draft(HERE, ROSA, {S: "Tos"}, NOW, {S: ("Fiebre",)}))
    )
    assert state.parts[S].others == ("Fiebre",)
    _state, effects = v.update(state, h.OtherTextTaken(S))
    assert saves(effects)[0].text == "Tos\n\nFiebre"


def test_locking_waits_for_the_last_save() -> None:
    state, effects = v.update(typed(opened(), "Tos"), h.LockAsked())
    assert h.CoverScreen() not in effects
    _state, effects = v.update(state, h.Saved(HERE, S, "Tos", NOW, 0.0))
    assert effects == (h.CoverScreen(),)


def test_locking_covers_the_screen_even_when_the_disk_is_full() -> None:
    state, _effects = v.update(typed(opened(), "Tos"), h.LockAsked())
    state, effects = v.update(state, h.SaveFailed(HERE, S, "The disk is full."))
    assert effects == (h.CoverScreen(),)
    assert state.parts[S].text == "Tos"


def test_an_empty_note_is_not_signed() -> None:
    state, effects = v.update(opened(), h.SignPressed())
    assert (state.asking, effects) == (False, ())
    assert state.sentence


def test_signing_asks_once_and_waits_until_all_is_saved() -> None:
    state, effects = v.update(typed(opened(), "Tos"), h.SignPressed())
    assert state.asking and saves(effects)
    state, effects = v.update(state, h.SignConfirmed())
    assert h.Sign(HERE, ROSA, KIOSK) not in effects
    state, effects = v.update(state, h.Saved(HERE, S, "Tos", NOW, 0.0))
    assert effects == (h.Sign(HERE, ROSA, KIOSK),)


def test_signing_without_confirmation_does_nothing() -> None:
    assert v.update(opened(subjective="Tos"), h.SignConfirmed())[1] == ()


def test_after_signing_the_kiosk_hears_that_the_visit_is_over_and_the_text_is_closed() -> None:
    note = replace(Clinic().sign(HERE, ROSA), encounter=HERE)
    state, effects = v.update(opened(subjective="Tos"), h.Signed(note, KIOSK))
    assert effects == (h.PostVisitOver(KIOSK, HERE),)
    assert typed(state, "later") == state


def test_a_refused_signature_leaves_the_note_open() -> None:
    state, _effects = v.update(replace(opened(subjective="Tos"), signing=True), h.Failed("No."))
    assert (state.signing, state.signed, state.sentence) == (False, None, "No.")


def test_an_addendum_names_the_signed_note() -> None:
    note = Clinic().sign(HERE, ROSA)
    state, _effects = v.update(opened(subjective="Tos"), h.Signed(note, KIOSK))
    assert v.update(state, h.AddendumPressed(" más "))[1] == (h.SignAddendum(note.id, "más", ROSA),)
    assert v.update(state, h.AddendumPressed("  "))[1] == ()


def test_a_code_is_added_once() -> None:
    code = coding(ICD10, "J18.9", "Neumonía")
    state, effects = v.update(opened(), h.CodeSearched("neum"))
    assert effects == (h.FindCodes("neum"),)
    state, _effects = v.update(state, h.CodesFound("neum", (code,)))
    state, effects = v.update(state, h.CodeChosen("J18.9"))
    assert effects == (h.AddCode(HERE, code, ROSA),)
    assert (state.searched, state.codes) == ("", ())


def test_answers_to_an_older_search_are_ignored() -> None:
    state, _effects = v.update(opened(), h.CodeSearched("neumo"))
    after, _effects = v.update(state, h.CodesFound("neu", (coding(ICD10, "J18.9", "x"),)))
    assert after.codes == ()


def test_nothing_is_prescribed_before_the_check_has_answered() -> None:
    drug = coding("atc", "N02BE01", "Paracetamol")
    order = h.PrescribePressed("500 mg", "oral", 8, 3, "")
    state, _effects = v.update(opened(), h.DrugSearched("para"))
    state, _effects = v.update(state, h.DrugsFound("para", (drug,)))
    state, effects = v.update(state, h.DrugChosen("N02BE01"))
    assert effects == (h.Check(ROSA, drug),)
    state, effects = v.update(state, order)
    assert effects == () and state.sentence
    state, _effects = v.update(state, h.CautionsCame(ROSA, drug, ()))
    state, effects = v.update(state, order)
    assert effects == (h.Prescribe(HERE, drug, order, ROSA),)
    assert v.update(state, order)[1] == ()


@pytest.mark.parametrize(
    "order", [h.PrescribePressed("", "oral", 8, 3, ""), h.PrescribePressed("5 mg", "oral", -1, 3, "")]
)
def test_an_incomplete_prescription_says_what_is_missing(order: h.PrescribePressed) -> None:
    rx = v.Rx(drug=coding("atc", "N02BE01", "Paracetamol"), cautions=())
    assert v.order_mistake(rx, order)


def test_a_message_goes_into_the_record_and_then_to_the_kiosk() -> None:
    state, _effects = v.update(opened(), h.PhotoToggled(True))
    state, effects = v.update(state, h.SendPressed(" Hola "))
    (send,) = effects
    assert isinstance(send, h.SendMessage)
    assert (send.text, send.patient, len(send.attachments)) == ("Hola", ROSA, 1)
    message = Clinic().send_message(ROSA, "Hola", HERE, (), ROSA)
    state, effects = v.update(state, h.MessageSent(message, KIOSK))
    assert effects == (h.PostChatLine(KIOSK, message),)
    assert not state.attach


def test_an_empty_message_is_not_sent() -> None:
    assert v.update(opened(), h.SendPressed("  "))[1] == ()


def test_the_call_of_another_visit_is_not_shown_here() -> None:
    state, _effects = v.update(opened(), h.CallChanged("talking", "", True, "e.other"))
    assert state.call.phase == "idle"


def test_hanging_up_brings_microphone_and_camera_back() -> None:
    state, _effects = v.update(opened(), h.CallChanged("talking", "", True, HERE))
    state, effects = v.update(state, h.MutePressed())
    assert effects == (h.Mute(audio=True, video=False),)
    state, _effects = v.update(state, h.CallChanged("ended", "hung up", True, HERE))
    assert not state.call.muted


def test_a_call_is_held_and_taken_up_by_one_press_and_only_where_it_is() -> None:
    assert v.update(opened(), h.HoldPressed())[1] == ()
    state, _effects = v.update(opened(), h.CallChanged("talking", "", True, HERE))
    assert v.update(state, h.HoldPressed())[1] == (h.HoldCall(on=True),)
    state, _effects = v.update(state, h.HoldChanged(ours=True, theirs=False))
    assert v.update(state, h.HoldPressed())[1] == (h.HoldCall(on=False),)
    other, _effects = v.update(state, h.VisitOpened(EncounterId("e.other"), PatientId("p.other"), KIOSK, NOW))
    assert v.update(other, h.HoldPressed())[1] == (), "it is held from its own page"
    state, _effects = v.update(state, h.CallChanged("ended", "hung up", True, HERE))
    assert not state.call.held


def test_nobody_rings_twice() -> None:
    state, _effects = v.update(opened(), h.CallChanged("calling", "", True, HERE))
    assert v.update(state, h.RingPressed())[1] == ()


def test_a_password_typed_again_goes_with_the_signature_and_stays_nowhere() -> None:
    state, _effects = v.update(opened(subjective="Tos"), h.SignPressed())
    assert state.asking
    signing, effects = v.update(state, h.SignConfirmed("la clave"))
    while not any(isinstance(one, h.Sign) for one in effects):
        (save,) = effects
        assert isinstance(save, h.Save) and signing.secret == "la clave"
        signing, effects = v.update(
            signing, h.Saved(save.encounter, save.section, save.text, NOW, save.since)
        )
    assert [one.password for one in effects if isinstance(one, h.Sign)] == ["la clave"]
    assert signing.secret == "" and "la clave" not in repr((state, signing, effects))
    failed, _effects = v.update(signing, h.Failed("That is not the password.", signing.encounter))
    assert failed.asking and not failed.signing and failed.sentence == "That is not the password."
    assert failed.parts == signing.parts


def test_the_answer_to_could_she_be_pregnant_is_written_and_the_medicine_checked_anew_before_anything_is_signed() -> (
    None
):
    drug = coding("atc", "C09AA02", "Enalapril")
    asks = Caution("ask-pregnancy", "Enalapril", "", "", "", "stop")
    state, _effects = v.update(opened(), h.DrugResumed(drug))
    state, _effects = v.update(state, h.CautionsCame(state.patient, drug, (asks,)))
    answered, effects = v.update(state, h.PregnancyAnswered(False))
    (write,) = effects
    assert isinstance(write, h.WritePregnancy)
    assert (write.encounter, write.patient, write.pregnant) == (state.encounter, state.patient, False)
    assert answered.rx.cautions is None and v.update(answered, h.PregnancyAnswered(True))[1] == ()
    refused, effects = v.update(answered, h.PrescribePressed("10 mg", "oral", 24, 0, ""))
    assert effects == () and "being checked" in refused.sentence
    assert v.update(answered, h.PregnancyWritten(state.patient))[1] == (h.Check(state.patient, drug),)
    assert v.update(answered, h.PregnancyWritten(PatientId("p.other")))[1] == ()


def test_a_next_appointment_at_a_time_that_is_taken_is_asked_about_and_booked_beside_on_purpose() -> None:
    later = NOW + timedelta(days=7)
    pressed = h.NextPressed(later, "Control")
    state, effects = v.update(opened(), pressed)
    assert effects == (h.BookNext(state.encounter, state.patient, later, "Control"),)
    other = Appointment(id=FactId("o"), patient=PatientId("p.other"), start=later)
    taken = h.NextTaken(state.encounter, pressed, (Collision(Shared(other, True, False), None),))
    asked, effects = v.update(state, taken)
    assert (asked.taken, asked.booking, effects) == (taken, False, ())
    beside, effects = v.update(asked, h.NextAnyway())
    assert effects == (h.BookNext(state.encounter, state.patient, later, "Control", (FactId("o"),)),)
    assert beside.taken is None and v.update(asked, h.NextLeft())[0].taken is None
    never = replace(taken, collisions=(Collision(Shared(other, False, True), None),))
    assert v.update(v.update(state, never)[0], h.NextAnyway())[1] == ()
    elsewhere = replace(taken, encounter=EncounterId("another"))
    assert v.update(state, elsewhere)[0].taken is None


def test_the_next_appointment_lies_ahead() -> None:
    state, effects = v.update(opened(), h.NextPressed(NOW, "Control"))
    assert effects == () and state.sentence


def test_changes_of_others_do_not_redraw() -> None:
    assert v.update(opened(), h.FactsChanged(frozenset({PatientId("p.x")})))[1] == ()
    assert v.update(opened(), h.FactsChanged(frozenset({ROSA})))[1] == (h.Redraw(ROSA),)


@given(
    st.lists(
        st.one_of(st.text(max_size=6), st.sampled_from(["rest", "saved", "failed", "retry"])), max_size=30
    )
)
def test_whatever_happens_the_last_text_reaches_the_disk(steps: list[str]) -> None:
    """Play any mix of typing, rests, answers and failures; then let everything be saved: the disk holds the
    last text.
    """
    state, disk, waiting = opened(), "", []
    last = ""

    def take(result: v.Result) -> v.State:
        waiting.extend(saves(result[1]))
        return result[0]

    for number, step in enumerate(steps):
        if step == "rest":
            state = take(v.update(state, h.TypingRested(S)))
        elif step == "retry":
            state = take(v.update(state, h.SaveRetried()))
        elif step in ("saved", "failed") and waiting:
            save = waiting.pop(0)
            if step == "saved":
                disk = save.text
                state = take(v.update(state, h.Saved(HERE, S, save.text, NOW, save.since)))
            else:
                state = take(v.update(state, h.SaveFailed(HERE, S, "full")))
        elif step not in ("saved", "failed"):
            last = step
            state = take(v.update(state, h.Typed(S, step, float(number))))
    state = take(v.update(state, h.SectionLeft(S)))
    while waiting:
        save = waiting.pop(0)
        disk = save.text
        state = take(v.update(state, h.Saved(HERE, S, save.text, NOW, save.since)))
    assert (disk, state.parts[S].text, state.dirty) == (last, last, False)


def test_a_new_ring_takes_the_sentence_about_the_last_one_away() -> None:
    refused = replace(opened(), tone="danger", sentence="The patient has not agreed.")
    state, effects = v.update(refused, h.RingPressed())
    assert (state.sentence, len(effects)) == ("", 1)
