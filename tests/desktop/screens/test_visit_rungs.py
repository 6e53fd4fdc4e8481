# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder beside the note, in sentences: hands, stills, voice notes of the right visit, and what the chart tells after."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.calls.blackbox import Second, packed
from clinic.calls.quality import Ladder, Rung, Why
from clinic.domain.facts import CallReport, Communication, MediaStep
from clinic.domain.facts.notes import SOUND
from clinic.domain.ids import EncounterId, FactId
from clinic.domain.values import Attachment
from clinic.services.receipts import Reached, Stage
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.rungs import SIGNS, WHYS, explained_words, now_words, span, trouble_words
from desktop.kit.still import Still
from desktop.screens.chart.rows import call_words
from desktop.screens.receipts import mark
from desktop.screens.room import Room
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit import rung_happenings as r
from desktop.screens.visit.errands import Line
from desktop.screens.visit.rungs import shown_still
from desktop.screens.visit.view import VisitView
from tests.desktop.screens.standin import JUAN, KIOSK, NOW, ROSA, Clinic
from tests.desktop.screens.test_visit_logic import HERE, opened

LOW = Ladder(ours=Rung.STILLS, why=Why.LOSS)
WHOLE = Still(1, NOW, picture=b"webp", came_at=NOW + timedelta(seconds=8), done=9, total=9)


def talking(ladder: Ladder = LOW) -> v.State:
    state, _ = v.update(opened(), h.CallChanged("talking", "", True, HERE))
    return v.update(state, r.LadderMoved(ladder))[0]


def effects(state: v.State, event: h.Event) -> tuple[h.Effect, ...]:
    return v.update(state, event)[1]


def test_hands_hold_and_let_go_and_ask_for_more() -> None:
    assert effects(talking(), r.HoldPressed()) == (r.HoldRung(Rung.AUDIO),)
    assert effects(talking(Ladder(most=Rung.AUDIO)), r.HoldPressed()) == (r.HoldRung(Rung.VIDEO),)
    assert effects(talking(), r.MorePressed()) == (r.AskMore(),)
    assert effects(talking(), r.StillPressed()) == (r.AskStill(),)


def test_without_a_call_of_this_page_hands_do_nothing() -> None:
    for event in (r.HoldPressed(), r.MorePressed(), r.StillPressed(), r.KeepPressed()):
        assert effects(opened(), event) == ()


def test_the_lowest_rung_opens_the_chat() -> None:
    assert talking(Ladder(ours=Rung.TEXT, why=Why.SILENCE)).tool == "chat"
    assert talking().tool == "intake"


def test_the_newest_whole_still_is_shown_and_kept_once_with_its_time() -> None:
    state, _ = v.update(talking(), r.StillsChanged((WHOLE, Still(2, NOW, done=1, total=9))))
    assert shown_still(state) is WHOLE
    (keep,) = effects(state, r.KeepPressed())
    assert isinstance(keep, r.KeepStill)
    assert (keep.encounter, keep.picture, keep.number) == (HERE, b"webp", 1)
    assert keep.title.startswith("Picture of the call, ")
    kept, _ = v.update(state, r.StillKept(HERE, 1))
    assert effects(kept, r.KeepPressed()) == ()
    moving, _ = v.update(state, r.LadderMoved(Ladder()))
    assert shown_still(moving) is None, "the moving picture takes its place"
    over, _ = v.update(state, h.CallChanged("ended", "hung up", True, HERE))
    assert over.call.stills == ()


def test_a_voice_note_belongs_to_the_visit_it_was_begun_in() -> None:
    state, begun = v.update(talking(), r.NotePressed())
    assert begun == (r.BeginNote(),)
    state, _ = v.update(state, r.NotesChanged(True, 3, ""))
    assert effects(state, r.NotePressed()) == (r.EndNote(keep=True),)
    assert effects(state, r.NoteDropped()) == (r.EndNote(keep=False),)
    other = EncounterId(f"e.{JUAN}")
    elsewhere, _ = v.update(state, h.VisitOpened(other, JUAN, KIOSK, NOW))
    (sent,) = effects(elsewhere, r.NoteCame(b"ogg", 3.0))
    assert sent == r.SendNote(ROSA, HERE, KIOSK, b"ogg", 3.0)


def test_a_note_that_failed_says_why() -> None:
    state, _ = v.update(talking(), r.NoteFailed("no microphone"))
    assert "microphone" in state.sentence


def spoken(sender: str = "patient") -> Communication:
    attachment = Attachment(id="a1", key=b"k", content_type=SOUND, size=9, title="12 s")
    return Communication(
        id=FactId("m1"), patient=ROSA, sent_at=NOW, sender=sender, attachments=(attachment,), encounter=HERE
    )


def test_a_voice_note_of_the_thread_is_played_and_stopped() -> None:
    chart = replace(Clinic().chart(ROSA), messages=(spoken(),))
    state, _ = v.update(talking(), h.ChartLoaded(chart, NOW))
    (heard,) = effects(state, r.ListenPressed("m1"))
    assert heard == r.Listen(ROSA, HERE, KIOSK, "m1", spoken().attachments[0])
    assert effects(state, r.ListenPressed("m2")) == ()
    state, _ = v.update(state, r.NotesChanged(False, 0, "m1"))
    assert effects(state, r.ListenPressed("m1")) == (r.StopListening(),)


def test_shown_is_not_heard() -> None:
    there = Reached(Stage.CENTRE, mine=True, on=("Dra. F",), opened=("Dra. F",))
    assert mark(there, spoken=True)[0].text == "Heard by Dra. F"
    assert mark(there)[0].text == "Opened by Dra. F"


def test_every_rung_has_a_word_an_icon_and_a_tone_of_its_own() -> None:
    assert set(SIGNS) == set(Rung)
    assert set(WHYS) == set(Why)
    assert len({sign.icon for sign in SIGNS.values()}) == len(Rung)
    assert (
        now_words(LOW) == "Voice, and pictures one by one · too much is lost on the way · trying: voice only"
    )
    assert now_words(Ladder()) == "Picture and voice"
    assert trouble_words("something of a newer program").endswith("Try again.")


def test_the_chart_tells_a_step_and_the_black_box_in_plain_words() -> None:
    step = MediaStep(
        id=FactId("s"),
        patient=ROSA,
        encounter=HERE,
        at=NOW,
        step="rung",
        before="video",
        after="audio",
        why="bandwidth",
    )
    assert call_words(step) == "Picture and voice → Voice only: the link is too narrow for more"
    assert (
        call_words(replace(step, by="u1", by_name="Dra. F"))
        == "Picture and voice → Voice only: chosen by Dra. F"
    )
    assert (
        call_words(replace(step, by="patient", by_name=""))
        == "Picture and voice → Voice only: chosen by the patient"
    )
    assert "hologram" in str(call_words(replace(step, after="hologram", why="magic")))
    weak = Second(sent=88, up=90, loss_out=0.06, rung=Rung.AUDIO)
    report = CallReport(
        id=FactId("r"), patient=ROSA, encounter=HERE, call="c1", began_at=NOW, ended_at=NOW, outcome="hung up",
        staff=True, seconds=packed([Second(fps=15)] * 30 + [weak] * 90),
    )  # fmt: skip
    assert call_words(report) == (
        "Seen from the clinic. Of 2 min 0 s, 30 s with a picture, 1 min 30 s with voice alone, 0 s with neither. "
        "The clinic's upload was the limit: 90 kbit/s, 6 % lost."
    )
    assert "cannot be read" in str(call_words(replace(report, seconds=b"damaged")))
    assert "ever came" in str(call_words(replace(report, seconds=b"")))
    for kept, said in (("relayed peer", "went through"), ("refused", "refused this"), ("full", "no room")):
        assert str(call_words(replace(report, relay=kept))).count(said) == 1
    assert str(call_words(replace(report, relay="unreachable"))).endswith("only a direct way was left.")
    assert call_words(replace(report, relay="of tomorrow")) == call_words(report)
    assert call_words(spoken()) is None


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (605, "10 min 5 s")]
)
def test_lengths_of_time(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_every_finding_has_its_sentence() -> None:
    from clinic.calls.blackbox import explained

    cut = [Second(silent_s=2, rung=Rung.NOTES)] * 3
    found = explained([Second(rtt_ms=900, loss_in=0.2, fps=0, sent=100, received=40)] * 9 + cut)
    said = explained_words(found)
    assert len(said) == len(found) == 5
    assert "The link was cut 1 time, the longest for 3 s." in said
    assert explained_words(explained([Second(silent_s=3)])) == ("Nothing came through in 1 s.",)


class Asked(Line):
    """The telephone, writing down what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def hold(self, rung: Rung) -> None:
        self.asked.append(("hold", rung))

    def hold_call(self, on: bool) -> None:
        self.asked.append(("hold call", on))

    def ask_still(self) -> None:
        self.asked.append(("still",))

    def begin_note(self) -> None:
        self.asked.append(("begin",))

    def chat_line(self, kiosk: object, message: object) -> None:
        self.asked.append(("line", kiosk))

    def play_note(self, message: str, sound: bytes) -> None:
        self.asked.append(("play", message))

    def heard(self, kiosk: object, encounter: object, message: str) -> None:
        self.asked.append(("heard", message))


def test_every_rung_of_the_page_can_be_used_by_everybody(
    qtbot: QtBot, qapp: QApplication, room: Room, clinic: Clinic
) -> None:
    theme.apply(qapp, "light", "desktop")
    line = Asked()
    page = VisitView(room, line, None)
    qtbot.addWidget(page)
    page.resize(1366, 768)
    page.show()
    page.open(h.VisitOpened(HERE, ROSA, KIOSK, NOW))
    page.loop.send(h.CallChanged("talking", "", True, HERE))
    picture = QImage(64, 48, QImage.Format.Format_RGB32)
    picture.fill(0xFF336677)
    stills = (
        replace(WHOLE, image=picture),
        Still(2, NOW, trouble="too slow"),
        Still(3, NOW, done=4, total=9),
    )
    for rung in Rung:
        page.loop.send(r.LadderMoved(Ladder(ours=rung, why=Why.LOSS)))
        page.loop.send(r.StillsChanged(stills if rung is Rung.STILLS else ()))
        for _turn in range(3):
            qapp.processEvents()
        assert audit(page) == []
        assert page.call.rungs.keep.isVisible() == (rung is Rung.STILLS)
        assert page.call.rungs.still.isVisible() == (rung < Rung.VIDEO)
    page.loop.send(r.LadderMoved(LOW))
    page.call.rungs.hold.click()
    page.call.rungs.still.click()
    page.call.rungs.note.click()
    assert line.asked == [("hold", Rung.AUDIO), ("still",), ("begin",)]
    page.loop.send(r.NotesChanged(True, 4, ""))
    assert page.call.rungs.saying.text() == "Recording: 4 of 30 s"
    assert audit(page) == []
    page.loop.send(r.NoteCame(b"OggS", 4.0))
    assert ("note", HERE, b"OggS", 4.0) in clinic.calls
    qtbot.waitUntil(lambda: line.asked[-1] == ("line", KIOSK))


def test_a_call_on_hold_shows_no_picture_and_says_who_holds_it(
    qtbot: QtBot, qapp: QApplication, room: Room
) -> None:
    theme.apply(qapp, "light", "desktop")
    line = Asked()
    page = VisitView(room, line, None)
    qtbot.addWidget(page)
    page.resize(1366, 768)
    page.show()
    page.open(h.VisitOpened(HERE, ROSA, KIOSK, NOW))
    assert not page.call.hold.isVisible()
    page.loop.send(h.CallChanged("talking", "", True, HERE))
    assert page.call.video.is_live and page.call.hold.accessibleName() == "Hold the call"
    page.call.hold.click()
    assert line.asked == [("hold call", True)]
    page.loop.send(h.HoldChanged(ours=True, theirs=False))
    assert not page.call.video.is_live and page.call.state.text().startswith("On hold")
    assert page.call.hold.accessibleName() == "Take up the call again" and not page.call.mute.isEnabled()
    assert audit(page) == []
    page.loop.send(h.HoldChanged(ours=False, theirs=True))
    assert page.call.video.is_live and page.call.state.text() == "The other side has put the call on hold"
    page.loop.send(h.HoldChanged(ours=False, theirs=False))
    assert page.call.state.text() == "In call"
