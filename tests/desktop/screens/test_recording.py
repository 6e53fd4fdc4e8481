# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording from both faces: the page of the visit, the mark of the kiosk, and the player in the chart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.calls.recording import Recording, Stage, Why
from clinic.domain.errors import Unavailable
from clinic.domain.facts import DocumentReference, MediaStep
from clinic.domain.facts.notes import RECORDED
from clinic.domain.ids import FactId
from clinic.domain.values import Attachment
from clinic.keys.rights import Action
from clinic.protocol import engine as wire
from clinic.protocol.calling import RecordingSaid, RecordingShown
from clinic.services.charts import Chart
from clinic.services.recordings import Ticket
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.recordist import Recordist
from desktop.screens.chart import playing
from desktop.screens.chart.player import PlayerPanel
from desktop.screens.chart.rows import call_words, documents
from desktop.screens.room import Room
from desktop.screens.visit import happenings as h
from desktop.screens.visit.recording import Face, faced
from desktop.screens.visit.view import VisitView
from tests.desktop.kit.test_call_desk import Side, StillEngine, pair, talking
from tests.desktop.screens.standin import JUAN, KIOSK, NOW, ROSA, Clinic, chart_of
from tests.desktop.screens.test_visit_logic import HERE
from tests.desktop.screens.test_visit_rungs import Asked

__all__ = ["pair"]  # the fixture of two call desks
RUNS = Recording(Stage.RUNNING, "c1", HERE, "consent", "r1", "/p", seconds=42.3)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Recording(), ("record", "")),
        (Recording(Stage.ASKING), ("stop", "Looking for the consent")),
        (Recording(Stage.TELLING), ("stop", "The other side is told before anything is recorded")),
        (RUNS, ("stop", "Recording 0:42")),
        (replace(RUNS, little=True), ("stop", "Recording 0:42. The disk is nearly full: it stops by itself soon.")),
        (replace(RUNS, stage=Stage.SAVING), ("", "The recording is being saved")),
        (Recording(why=Why.HAND, seconds=75), ("record", "Recorded 1:15.")),
        (
            Recording(why=Why.HAND, seconds=75, saved=True),
            ("record", "Recorded 1:15. It is in the chart, among the documents."),
        ),
        (Recording(why=Why.CONSENT, seconds=9), ("record", "The patient no longer agrees: recording stopped at 0:09.")),
        (Recording(why=Why.PATIENT, seconds=9), ("record", "The patient touched stop: recording stopped at 0:09.")),
        (
            Recording(why=Why.UNSEEN),
            (
                "record",
                "The other side cannot show that it is recorded: nothing is recorded. Its program may be older.",
            ),
        ),
        (Recording(why=Why.REFUSED, sentence="Ask for the consent first."), ("record", "Ask for the consent first.")),
        (Recording(why=Why.HAND), ("record", "")),
    ],
)  # fmt: skip
def test_the_page_says_how_it_stands(one: Recording, expected: tuple[str, str]) -> None:
    face = faced(one, "talking")
    assert (face.act, face.sentence) == expected


def test_without_a_call_nothing_can_be_recorded() -> None:
    assert faced(Recording(), "") == Face("", "neutral", "", "")
    assert faced(Recording(), "reconnecting").act == ""


def test_every_state_on_the_page_can_be_used_by_everybody_and_stays_with_its_visit(
    qtbot: QtBot, qapp: QApplication, room: Room
) -> None:
    theme.apply(qapp, "light", "desktop")
    page = VisitView(room, Asked(), None)
    qtbot.addWidget(page)
    page.resize(1366, 768)
    page.show()
    page.open(h.VisitOpened(HERE, ROSA, KIOSK, NOW))
    panel, pressed = page.call.record, list[bool]()
    panel.pressed.connect(pressed.append)
    assert not panel.isVisible()
    page.loop.send(h.CallChanged("talking", "", True, HERE))
    for one in (Recording(), RUNS, replace(RUNS, little=True), replace(RUNS, stage=Stage.OFF, why=Why.HAND)):
        panel.show_recording(one)
        for _turn in range(3):
            qapp.processEvents()
        assert audit(page) == []
        panel.button.click()
    assert pressed == [True, False, False, True]
    panel.show_recording(replace(RUNS, encounter="of somebody else"))
    assert not panel.state.isVisible()


# Both sides


class Keeps:
    """The store's side of it, at once."""

    def __init__(self) -> None:
        self.permitted, self.filed = True, list[tuple[Any, ...]]()

    def ask_to_record_visit(self, encounter: str) -> str:
        if not self.permitted:
            raise Unavailable("Ask for the consent first.")
        return "consent"

    def begin_recording(self, encounter: str, call: str, consent: str) -> Ticket:
        return Ticket(FactId("r1"), "/p", b"k" * 32)

    def still_recordable(self, encounter: str) -> bool:
        return self.permitted

    def file_recording(self, *filed: Any) -> object:
        self.filed.append(filed)
        return object()


@pytest.fixture
def two(qtbot: QtBot, pair: tuple[Side, Side], room: Room) -> tuple[Side, Side, Keeps, Recordist]:
    a, b = talking(pair)
    room.clinic = keeps = Keeps()  # type: ignore[assignment]
    recordist = Recordist(a.desk.recording, room, a.desk)
    return a, b, keeps, recordist


def until(qtbot: QtBot, side: Side, stage: Stage) -> None:
    qtbot.waitUntil(lambda: side.desk.recording.ours.stage is stage)


def test_it_begins_once_the_other_side_shows_it_and_a_touch_there_ends_it(
    qtbot: QtBot, two: tuple[Side, Side, Keeps, Recordist]
) -> None:
    a, b, keeps, recordist = two
    recordist.pressed(True)
    until(qtbot, a, Stage.TELLING)
    assert b.desk.recording.theirs
    assert a.engine.of(wire.RecordCall) == []  # nobody there shows it
    b.desk.recording.shown = lambda: True
    a.desk.recording._say(RecordingSaid(call_id=a.desk.call.call_id, on=True, number=1))
    until(qtbot, a, Stage.RUNNING)
    (write,) = a.engine.of(wire.RecordCall)
    assert isinstance(write, wire.RecordCall)
    assert (write.call_id, write.path, write.consent_id) == (a.desk.call.call_id, "/p", "consent")
    b.desk.recording.object()
    assert len(a.engine.of(wire.StopRecording)) == 1
    a.engine.told.emit(wire.RecordingEnded(call_id=write.call_id, path="/p", seconds=4.0, size=9, id="h"))
    qtbot.waitUntil(lambda: a.desk.recording.ours.saved)
    assert keeps.filed == [("r1", 4.0, "h", "patient")]
    assert not b.desk.recording.theirs


def test_a_consent_that_is_taken_back_meanwhile_stops_it_at_once(
    qtbot: QtBot, two: tuple[Side, Side, Keeps, Recordist]
) -> None:
    a, b, keeps, recordist = two
    b.desk.recording.shown = lambda: True
    recordist.pressed(True)
    until(qtbot, a, Stage.RUNNING)
    recordist.look()
    qtbot.wait(50)
    assert a.desk.recording.ours.stage is Stage.RUNNING
    keeps.permitted = False
    recordist.look()
    until(qtbot, a, Stage.SAVING)
    assert a.desk.recording.ours.why is Why.CONSENT
    assert len(a.engine.of(wire.StopRecording)) == 1
    assert not b.desk.recording.theirs


def test_without_a_consent_the_other_side_hears_nothing(
    qtbot: QtBot, two: tuple[Side, Side, Keeps, Recordist]
) -> None:
    a, b, keeps, recordist = two
    keeps.permitted, b.desk.recording.shown = False, lambda: True
    recordist.pressed(True)
    qtbot.waitUntil(lambda: a.desk.recording.ours.why is Why.REFUSED)
    assert not b.desk.recording.theirs
    assert a.engine.of(wire.RecordCall) == []


def test_words_of_another_call_or_another_device_change_nothing(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    call = a.desk.call.call_id
    for sender, word in (
        ("a", RecordingSaid(call_id="another", on=True)),
        ("stranger", RecordingSaid(call_id=call, on=True)),
        ("a", RecordingShown(call_id=call, number=7)),
    ):
        b.desk.deliver(sender, word)
    assert not b.desk.recording.theirs
    b.desk.deliver("a", RecordingSaid(call_id=call, on=True))
    assert b.desk.recording.theirs
    b.desk.hang()
    assert not b.desk.recording.theirs


# The chart


def recorded(text: str = "") -> DocumentReference:
    file = Attachment(id="h", key=b"", content_type=RECORDED, size=9, title="1:15 · Consultorio 2")
    return DocumentReference(
        id=FactId("r1"), patient=ROSA, attachment=file, made_at=NOW, category="recording", text=text
    )


class Recorded(Clinic):
    trouble = ""

    def open_recording(self, patient: object, document: DocumentReference) -> Ticket:
        if self.trouble:
            raise Unavailable(self.trouble)
        self.calls.append(("played", patient, document.id))
        return Ticket(document.id, "/p", b"k" * 32)

    def delete_recording(self, document: DocumentReference, why: str, window: object) -> None:
        self.calls.append(("deleted", document.id, why, window))

    def chart(self, patient: object) -> Chart:
        return replace(chart_of(ROSA, self), documents=(recorded(),))


@pytest.fixture
def clinic() -> Clinic:
    return Recorded()


@pytest.fixture
def player(qtbot: QtBot, qapp: QApplication, room: Room) -> PlayerPanel:
    theme.apply(qapp, "light", "desktop")
    panel = PlayerPanel(room, StillEngine())
    qtbot.addWidget(panel)
    panel.resize(900, 520)
    panel.show()
    panel.show_document(ROSA, recorded())
    return panel


def commands(player: PlayerPanel) -> list[Any]:
    assert isinstance(player._engine, StillEngine)
    return player._engine.commands


def test_it_is_played_paused_sped_up_and_ended(qtbot: QtBot, player: PlayerPanel, clinic: Recorded) -> None:
    assert audit(player) == []
    assert not player.where.isEnabled()
    player.play.click()
    qtbot.waitUntil(lambda: bool(commands(player)))
    assert commands(player)[-1] == wire.PlayRecording(path="/p", key=b"k" * 32, ring="")
    assert ("played", ROSA, "r1") in clinic.calls
    told = player._engine.told  # type: ignore[union-attr]
    told.emit(wire.PlayMoved(at_s=3.0, seconds=75.0, playing=True))
    assert (player.play.text(), player.time.text()) == ("Pause", "0:03 / 1:15")
    assert audit(player) == []
    player.play.click()
    player.speed.click()
    player.loud.click()
    player.where.setValue(30_000)
    player._went()
    assert commands(player)[-4:] == [
        wire.PlayOn(playing=False),
        wire.PlayOn(playing=True, speed=1.5),
        wire.PlayOn(playing=True, loud=2.0),
        wire.PlayOn(playing=True, at_s=30.0),
    ]
    assert player.speed.text() == "1.5×"
    told.emit(wire.PlayMoved(at_s=75.0, seconds=75.0, over=True, cut_off=True))
    assert player.state.text() == "The recording ends here: it was cut off."
    player.play.click()
    assert commands(player)[-1] == wire.PlayOn(playing=True, at_s=0.0)
    told.emit(wire.PlayMoved(trouble="damaged"))
    assert player.state.text() == "This recording is damaged and cannot be played."
    assert audit(player) == []


def test_leaving_it_ends_it_and_what_is_not_here_is_said(
    qtbot: QtBot, player: PlayerPanel, clinic: Recorded
) -> None:
    player.play.click()
    qtbot.waitUntil(lambda: bool(commands(player)))
    player._engine.told.emit(wire.PlayMoved(at_s=3.0, seconds=75.0, playing=True))  # type: ignore[union-attr]
    player.hide()
    assert commands(player)[-1] == wire.PlayRecording(path="")
    player.show()
    clinic.trouble = "This recording lies on the computer where it was made. Play it there."
    player.play.click()
    qtbot.waitUntil(lambda: player.player.stage is playing.Stage.FAILED)
    assert player.state.text() == clinic.trouble


def test_it_is_deleted_after_a_question_by_who_may(
    qtbot: QtBot, player: PlayerPanel, clinic: Recorded
) -> None:
    player.remove.click()
    assert player.question.isVisible()
    assert audit(player) == []
    player.why.setText("she asked")
    player.sure.click()
    qtbot.waitUntil(lambda: ("deleted", "r1", "she asked", ROSA) in clinic.calls)
    player.show_document(ROSA, recorded("she asked"))
    assert player.state.text() == "This recording was deleted: she asked"
    assert not player.hands.isVisible()
    clinic.may_not = frozenset({Action.SIGN_NOTE})
    player.show_document(JUAN, None)
    player.show_document(JUAN, recorded())
    assert not player.remove.isVisible()


def test_the_chart_lists_it_and_tells_its_steps(clinic: Recorded) -> None:
    (line,) = documents(clinic.chart(ROSA))
    assert (line.title, line.icon) == ("Recording of a call", "record")
    assert "1:15 · Consultorio 2" in line.detail
    step = MediaStep(id=FactId("s"), patient=ROSA, encounter=HERE, at=NOW, step="recording began")
    assert call_words(step) == "recording began, with the consent of the patient"
