# SPDX-License-Identifier: GPL-3.0-or-later
"""Two patients at one desk: what belongs to the first never reaches the second, and nothing of either is lost."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import Section
from clinic.domain.ids import DeviceId, EncounterId
from clinic.services.visits import Draft
from desktop.kit import theme
from desktop.screens.room import Room
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit.errands import Line
from desktop.screens.visit.view import VisitView
from tests.desktop.screens.standin import JUAN, KIOSK, NOW, ROSA, Clinic, coding

HERS, HIS = EncounterId(f"e.{ROSA}"), EncounterId(f"e.{JUAN}")
OTHER_KIOSK = DeviceId("kioskbbbbbbbbbbb")
S = Section.SUBJECTIVE


def play(state: v.State, *events: h.Event) -> tuple[v.State, list[h.Effect]]:
    effects: list[h.Effect] = []
    for event in events:
        state, more = v.update(state, event)
        effects += more
    return state, effects


def hers(**texts: str) -> v.State:
    draft = Draft(HERS, ROSA, {Section(key): text for key, text in texts.items()}, NOW, {})
    opening = (
        h.VisitOpened(HERS, ROSA, KIOSK, NOW),
        h.DraftLoaded(draft),
        h.ChartLoaded(Clinic().chart(ROSA), NOW),
    )
    return play(v.State(now=NOW), *opening)[0]


def his(state: v.State, ring: bool = False) -> tuple[v.State, list[h.Effect]]:
    return play(state, h.VisitOpened(HIS, JUAN, OTHER_KIOSK, NOW, ring=ring))


def test_a_note_left_while_the_disk_is_full_is_saved_later() -> None:
    state, _effects = his(play(hers(), h.Typed(S, "Tos", 0.0))[0])
    state, effects = play(state, h.SaveFailed(HERS, S, "The disk is full."))
    assert effects == [h.Say("danger", "The disk is full.")]
    assert state.unsaved and not state.dirty
    state, effects = play(state, h.SaveRetried())
    assert effects == [h.Save(HERS, S, "Tos", ROSA, 0.0)]
    state, effects = play(state, h.Saved(HERS, S, "Tos", NOW, 0.0))
    assert (state.unsaved, state.left, effects) == (False, {}, [])


def test_a_note_left_and_not_saved_stands_there_when_its_visit_is_opened_again() -> None:
    state, _effects = his(play(hers(), h.Typed(S, "Tos", 0.0))[0])
    state, _effects = play(state, h.SaveFailed(HERS, S, "full"), h.VisitOpened(HERS, ROSA, KIOSK, NOW))
    state, _effects = play(state, h.DraftLoaded(Draft(HERS, ROSA, {}, None, {})))
    assert (state.parts[S].text, state.left) == ("Tos", {})


def test_closing_waits_for_the_note_that_was_left_too() -> None:
    state, _effects = his(play(hers(), h.Typed(S, "Tos", 0.0))[0])
    state, effects = play(state, h.LockAsked())
    assert h.CoverScreen() not in effects
    assert play(state, h.Saved(HERS, S, "Tos", NOW, 0.0))[1] == [h.CoverScreen()]


def test_a_signature_that_comes_late_closes_its_own_visit_only() -> None:
    note = replace(Clinic().sign(HERS, ROSA), encounter=HERS)
    state, effects = play(his(hers(subjective="Tos"))[0], h.Signed(note, KIOSK))
    assert state.signed is None
    assert effects == [h.PostVisitOver(KIOSK, HERS)]


def test_a_message_that_is_kept_late_goes_to_the_kiosk_of_its_own_patient() -> None:
    message = Clinic().send_message(ROSA, "Hola", HERS, (), ROSA)
    state, effects = play(replace(his(hers())[0], sending=True), h.MessageSent(message, KIOSK))
    assert effects == [h.PostChatLine(KIOSK, message)]
    assert state.sending


def test_the_check_of_another_chart_never_frees_a_prescription() -> None:
    drug = coding("atc", "N02BE01", "Paracetamol")
    state, effects = play(his(hers())[0], h.DrugResumed(drug), h.CautionsCame(ROSA, drug, ()))
    assert effects == [h.Check(JUAN, drug)]
    assert state.rx.cautions is None


def test_a_refusal_for_another_visit_is_said_beside_this_page() -> None:
    state, effects = play(his(hers())[0], h.Failed("No.", HERS))
    assert (state.sentence, effects) == ("", [h.Say("danger", "No.")])


def talking(state: v.State) -> v.State:
    return play(state, h.CallChanged("talking", "", True, HERS))[0]


def test_the_running_call_is_named_and_never_shown_as_the_one_with_the_next_patient() -> None:
    state, effects = his(talking(hers()), ring=True)
    assert state.call.other is not None
    assert (state.call.other.name, state.call.other.encounter) == ("Rosa Elena Quispe Mamani", HERS)
    assert state.sentence and not [effect for effect in effects if isinstance(effect, h.Ring)]
    state, effects = play(state, h.OtherPressed())
    assert effects == [h.OpenOther(HERS, ROSA, KIOSK)]
    state, _effects = play(state, h.VisitOpened(HERS, ROSA, KIOSK, NOW))
    assert (state.call.other, state.call.phase) == (None, "talking")


def test_when_that_call_ends_this_patient_can_be_rung() -> None:
    state, _effects = play(his(talking(hers()))[0], h.CallChanged("ended", "hung up", True, HERS))
    assert (state.call.phase, state.call.other) == ("idle", None)
    assert play(state, h.RingPressed())[1] == [h.Ring(OTHER_KIOSK, HIS, JUAN)]


def test_two_clicks_book_once_and_add_once() -> None:
    later = NOW.replace(year=NOW.year + 1)
    assert len(play(hers(), *[h.NextPressed(later, "Control")] * 2)[1]) == 1
    note = replace(Clinic().sign(HERS, ROSA), encounter=HERS)
    signed, _effects = play(hers(subjective="Tos"), h.Signed(note, KIOSK))
    assert len(play(signed, *[h.AddendumPressed("más")] * 2)[1]) == 1


def test_a_text_of_another_computer_is_taken_in_where_nothing_is_being_typed() -> None:
    state, effects = play(hers(subjective="Tos"), h.TextsChanged(frozenset({ROSA})))
    assert effects == [h.ReadDraft(HERS)]
    plan = Section.PLAN
    state, _effects = play(state, h.Typed(plan, "Reposo", 0.0))
    theirs = Draft(HERS, ROSA, {S: "Tos y fiebre", plan: "Dieta"}, NOW, {})
    state, _effects = play(state, h.DraftChanged(theirs))
    assert (state.parts[S].text, state.parts[plan].text) == ("Tos y fiebre", "Reposo")
    assert state.parts[plan].others == ("Dieta",)


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, room: Room, tmp_path: Path) -> VisitView:
    theme.apply(qapp, "light", "desktop")
    made = VisitView(room, Line(), None, tmp_path)
    qtbot.addWidget(made)
    made.resize(1170, 710)
    made.show()
    made.open(h.VisitOpened(HERS, ROSA, KIOSK, NOW))
    qtbot.waitUntil(lambda: made.loop.state.loaded)
    return made


def drug_chosen(page: VisitView) -> None:
    page.loop.send(h.DrugSearched("para"))
    page.loop.send(h.DrugsFound("para", (coding("atc", "N02BE01", "Paracetamol"),)))
    page.loop.send(h.DrugChosen("N02BE01"))


def test_what_was_typed_for_one_patient_never_stands_in_the_fields_of_the_next(
    qtbot: QtBot, page: VisitView
) -> None:
    page.chat.text.setPlainText("Venga el lunes")
    drug_chosen(page)
    page.rx.dose.setText("500 mg")
    page.open(h.VisitOpened(HIS, JUAN, KIOSK, NOW))
    assert (page.chat.text.toPlainText(), page.rx.dose.text(), page.rx.drug.text()) == ("", "", "")
    page.open(h.VisitOpened(HERS, ROSA, KIOSK, NOW))
    assert (page.chat.text.toPlainText(), page.rx.dose.text()) == ("Venga el lunes", "500 mg")
    drug = page.loop.state.rx.drug
    assert drug is not None and drug.code == "N02BE01"
    qtbot.waitUntil(lambda: page.loop.state.rx.cautions is not None)


def test_escape_in_the_medicine_search_keeps_the_dose(qtbot: QtBot, page: VisitView) -> None:
    drug_chosen(page)
    page.rx.dose.setText("500 mg")
    page.rx.notes.setText("con comida")
    page.rx.drug.clear()
    qtbot.waitUntil(lambda: page.loop.state.rx.drug is None)
    assert (page.rx.dose.text(), page.rx.notes.text()) == ("500 mg", "con comida")


def test_words_typed_while_a_message_is_being_sent_stay(page: VisitView) -> None:
    page.chat.text.setPlainText("Hola. Y otra cosa")
    page.chat.sent("Hola.")
    assert page.chat.text.toPlainText() == "Y otra cosa"
    assert page.typed_and_unsent()
    page.chat.sent("Y otra cosa")
    assert not page.typed_and_unsent()
