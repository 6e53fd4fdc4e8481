# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing a document beside the note: the permission first, only in this page's own call, and the state in words."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.calls.sharing import Stage
from clinic.domain.errors import Refusal
from clinic.domain.facts import MediaStep
from clinic.domain.ids import EncounterId, FactId, PatientId
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.papers import Paper
from desktop.kit.shared import Shared
from desktop.screens.chart.rows import call_words
from desktop.screens.room import Room
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit import share_happenings as x
from desktop.screens.visit.errands import Line
from desktop.screens.visit.sharing import may_share, share_words, to_share
from desktop.screens.visit.view import VisitView
from tests.desktop.kit.test_sharing import pdf, picture
from tests.desktop.screens.standin import JUAN, KIOSK, NOW, ROSA, Clinic
from tests.desktop.screens.test_visit_logic import HERE, opened

SEEN = Shared("showing", "Laboratorio", 0, 3, Stage.SEEN, 1.0, here=True)


def talking() -> v.State:
    return v.update(opened(), h.CallChanged("talking", "", True, HERE))[0]


def after(state: v.State, *events: h.Event) -> tuple[v.State, tuple[h.Effect, ...]]:
    effects: tuple[h.Effect, ...] = ()
    for event in events:
        state, effects = v.update(state, event)
    return state, effects


def test_the_permission_is_asked_before_anything_can_be_chosen() -> None:
    state, effects = after(talking(), x.SharePressed())
    assert effects == (x.AskToShare(HERE, ROSA),)
    assert not state.share.choosing
    assert after(state, x.DocumentPicked("d1"))[1] == ()
    assert after(state, x.FilePressed())[1] == ()
    state, _ = after(state, x.ShareAllowed(HERE))
    assert state.share.choosing and state.share.front
    (show,) = after(state, x.DocumentPicked("d1"))[1]
    assert isinstance(show, x.ShareDocument) and show.encounter == HERE
    assert after(state, x.FilePressed())[1] == (x.ShareFile(HERE),)
    assert after(state, x.DocumentPicked("of nobody"))[1] == ()
    assert not after(state, x.ChooserLeft())[0].share.choosing


def test_without_a_call_of_this_page_nothing_is_shown() -> None:
    for state in (opened(), after(opened(), h.CallChanged("reconnecting", "", True, HERE))[0]):
        assert not may_share(state)
        assert after(state, x.SharePressed())[1] == ()
        assert not after(state, x.ShareAllowed(HERE))[0].share.choosing
    other = EncounterId(f"e.{JUAN}")
    asked, _ = after(
        talking(), x.SharePressed(), h.VisitOpened(other, JUAN, KIOSK, NOW), x.ShareAllowed(HERE)
    )
    assert not asked.share.choosing, "the answer belongs to the visit before"
    assert not may_share(asked)


def test_the_document_comes_to_the_front_and_the_note_back() -> None:
    state, _ = after(talking(), x.ShareAllowed(HERE), x.ShareMoved(SEEN))
    assert state.share.front and not state.share.choosing
    state, _ = after(state, x.FrontChosen("note"), x.ShareMoved(SEEN))
    assert not state.share.front, "it does not come before the note again by itself"
    assert after(state, x.PageTurned(1))[1] == (x.TurnPage(1),)
    assert after(state, x.PageTurned(-1))[1] == ()
    assert after(state, x.ShareStopped())[1] == (x.StopSharing(),)
    state, _ = after(state, x.FrontChosen("document"), x.ShareMoved(Shared()))
    assert not state.share.front


def test_what_cannot_be_shown_says_so() -> None:
    state, _ = after(talking(), x.ShareMoved(Shared(trouble="This document is damaged.")))
    assert (state.tone, state.sentence) == ("danger", "This document is damaged.")


@pytest.mark.parametrize("stage", Stage)
def test_every_state_is_a_sentence_of_its_own(stage: Stage) -> None:
    shared = Shared("showing", "x", 0, 1, stage, 0.4)
    said = share_words(after(talking(), x.ShareMoved(shared))[0])
    assert said.text
    assert ("40" in said.text) is (stage is Stage.SENDING)
    cut = share_words(
        after(talking(), x.ShareMoved(shared), h.CallChanged("reconnecting", "", True, HERE))[0]
    )
    assert cut.tone == "warn" and "by itself" in cut.text


def test_only_what_can_be_shown_is_offered() -> None:
    state = talking()
    assert [one.id for one in to_share(state)] == ["d1"]


def test_the_encounter_tells_what_was_shown() -> None:
    step = MediaStep(
        id=FactId("m"),
        patient=PatientId("p"),
        encounter=HERE,
        at=NOW,
        step="shared",
        what="Rx tórax",
        by_name="Dra. F",
    )
    assert call_words(step) == "Dra. F showed: Rx tórax"
    over = MediaStep(
        id=FactId("m"),
        patient=PatientId("p"),
        encounter=HERE,
        at=NOW,
        step="share ended",
        what="Rx",
        seen=2,
        pages=3,
    )
    assert "2 of 3" in str(call_words(over))


# the page ----------------------------------------------------------------------------------------------------


class Phone(Line):
    def __init__(self) -> None:
        self.shown: list[tuple[object, Paper]] = []
        self.here = True

    def on_call(self, encounter: EncounterId) -> tuple[str, object] | None:  # type: ignore[override]
        return ("c9", KIOSK) if self.here else None

    def share(self, encounter: EncounterId, paper: Paper) -> bool:
        self.shown.append((encounter, paper))
        return True


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, room: Room, phone: Phone, tmp_path: Path) -> VisitView:
    theme.apply(qapp, "light", "desktop")
    made = VisitView(room, phone, None, tmp_path)
    qtbot.addWidget(made)
    made.resize(1176, 708)
    made.show()
    made.open(h.VisitOpened(HERE, ROSA, KIOSK, NOW))
    made.loop.send(h.CallChanged("talking", "", True, HERE))
    return made


def test_a_chart_document_and_a_file_are_shown(
    page: VisitView, phone: Phone, clinic: Clinic, tmp_path: Path, qtbot: QtBot
) -> None:
    clinic.photo = picture(60, 40)
    page.call.share.click()
    qtbot.waitUntil(page.left.chooser.isVisible)
    assert audit(page) == []
    page.left.chooser.take.click()
    qtbot.waitUntil(lambda: len(phone.shown) == 1)
    ((encounter, paper),) = phone.shown
    assert encounter == HERE and paper.data == clinic.photo
    path = tmp_path / "folleto de la clínica.pdf"
    path.write_bytes(pdf(2))
    page.errands.pick_file = lambda: path  # type: ignore[method-assign]
    page.left.chooser.file.click()
    qtbot.waitUntil(lambda: len(phone.shown) == 2)
    assert phone.shown[-1][1].pages == 2
    assert clinic.shown_files == [(HERE, "c9", KIOSK, path.name)]
    path.write_bytes(b"nothing of the kind")
    page.left.chooser.file.click()
    qtbot.waitUntil(lambda: "neither a picture nor a PDF" in page.loop.state.sentence)
    assert len(phone.shown) == len(clinic.shown_files) + 1 == 2
    clinic.photo = b"no longer a picture"
    page.left.chooser.take.click()
    qtbot.waitUntil(lambda: getattr(clinic, "shares_over", []) != [])
    assert [one[1:] for one in clinic.shares_over] == [(0, 0)], (
        "and that it was shown to nobody is written down"
    )
    phone.share = lambda encounter, paper: False  # type: ignore[method-assign]
    path.write_bytes(pdf(2))
    page.left.chooser.file.click()
    qtbot.waitUntil(lambda: clinic.shares_over[-1] == (path.name, 0, 2))
    phone.here = False
    page.left.chooser.take.click()
    assert len(phone.shown) == 2


def test_a_patient_who_has_not_permitted_it_is_asked_first(
    page: VisitView, clinic: Clinic, qtbot: QtBot
) -> None:
    def no(patient: PatientId) -> FactId:
        raise Refusal("This person has not permitted it. Ask her.")

    clinic.ask_to_share = no  # type: ignore[method-assign]
    page.call.share.click()
    qtbot.waitUntil(lambda: bool(page.loop.state.unasked))  # the notice leads to her consents
    assert not page.left.chooser.isVisible()


def test_the_shown_document_can_be_used_by_everybody_and_gives_way_to_the_note(page: VisitView) -> None:
    page.loop.send(x.ShareMoved(SEEN))
    assert page.left.shown.isVisible() and not page.note.isVisible()
    assert audit(page) == []
    page.left.tabs.chosen.emit("note")
    assert page.note.isVisible()
    page.loop.send(x.FrontChosen("document"))
    page.open(h.VisitOpened(EncounterId(f"e.{JUAN}"), JUAN, KIOSK, NOW))
    assert page.note.isVisible() and not page.left.tabs.isVisible(), "never under another person's name"
