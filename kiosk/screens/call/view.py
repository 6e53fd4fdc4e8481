# SPDX-License-Identifier: GPL-3.0-or-later
"""The other person big, oneself small; messages large beside the picture."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from clinic.calls.quality import Rung
from clinic.protocol.letters import ChatLine
from desktop.kit.buttons import DangerButton, IconButton, PrimaryButton, SecondaryButton
from desktop.kit.rungs import trouble_words
from desktop.kit.shared import Tool
from desktop.kit.sharedpage import SharedPage
from desktop.kit.spoken import MOST_S
from desktop.kit.surfaces import Card, Notice, Sign
from desktop.kit.text import Text
from desktop.kit.video import VideoView
from desktop.kit.words import _
from kiosk import flow, volume
from kiosk.screens.call.logic import LIVE, Shown, said_words, share_words, shown
from kiosk.screens.call.mark import RecordedMark
from kiosk.screens.photo.view import Still
from kiosk.screens.pieces import middle
from kiosk.screens.room import Heading, Room, Screen, Sides


class Signed(Card):
    """Where no picture moves: what goes instead, as a large sign and a word."""

    def __init__(self) -> None:
        super().__init__(name="kiosk.call.sign")
        self._sign = Sign("phone", "info", 96)
        self._word = middle(Text("", "title", name="kiosk.call.sign.word", wrap=True))
        self.body.addStretch(1)
        self.body.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignHCenter)
        self.body.addWidget(self._word)
        self.body.addStretch(1)

    def show_sign(self, icon: str, tone: str, word: str) -> None:
        self._sign.show_icon(icon, tone)
        self._sign.tint()
        self._word.setText(word)
        self.setAccessibleName(word)


class CallScreen(Screen):
    """Stays until the call ends."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._camera = True
        self._line: ChatLine | None = None
        self._read_line: ChatLine | None = None
        self._view = VideoView(name="kiosk.call.view", spoken=_("The clinician"))
        self._view.set_placeholder(_("No picture comes from the other side"))
        self._view.watch(room.engine, "remote", inset="local")
        self._state = Notice(name="kiosk.call.state")
        self._said = Notice(name="kiosk.call.said")
        self._recorded = RecordedMark(room.calls.recording)
        self._signed = Signed()
        self._chat = self._chat_card()
        picture = QStackedWidget()
        picture.addWidget(self._view)
        picture.addWidget(self._signed)
        self._page = SharedPage(room.calls.sharing, name="kiosk.call.page")
        picture.addWidget(self._page)
        self._picture_place = picture
        self.body.addWidget(Sides(picture, self._beside(), (3, 2)), 1)
        self.body.addWidget(self._recorded)
        self.body.addWidget(self._said)
        self.body.addLayout(self._hands())
        self.body.addLayout(self._foot())
        room.engine.missing.connect(self._missing)
        room.calls.ladder.climbed.connect(self._again)
        room.calls.stills.changed.connect(self._again)
        room.calls.notes.changed.connect(self._again)
        room.calls.sharing.changed.connect(self._again)
        room.calls.holding.changed.connect(self._again)
        room.calls.notes.failed.connect(self._note_failed)
        self._recorded.spoken.connect(lambda words: self.room.voice.say(words, self._journey.language))
        self._failed = ""
        self._journey = journey
        self.follow(journey)

    def _chat_card(self) -> Card:
        card = Card(name="kiosk.call.chat")
        self._from = Text("", "caption", wrap=True)
        self._text = Text("", "heading", name="kiosk.call.line", wrap=True)
        self._picture = Still()
        self._picture.setObjectName("kiosk.call.picture")
        self._picture.setAccessibleName(_("Picture from the clinician"))
        card.add(self._from)
        card.add(self._text)
        card.add(self._picture, 1)
        self._listen = PrimaryButton(_("Listen"), name="kiosk.call.listen", icon="volume")
        self._listen.clicked.connect(self._play)
        card.add(self._listen)
        card.hide()
        return card

    def _beside(self) -> QWidget:
        """The message, and while a document takes the large place, the clinician in a smaller one."""
        self._small = VideoView(name="kiosk.call.small", spoken=_("The clinician"))
        self._small.watch(self.room.engine, "remote")
        self._small.hide()
        self._tools = self._pens()
        beside = QWidget()
        column = QVBoxLayout(beside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._small, 1)
        column.addWidget(self._chat, 1)
        column.addWidget(self._tools)
        beside.hide()
        self._side = beside
        return beside

    def _pens(self) -> QWidget:
        """What a touch on the shown page does, undoing it, and reading it in larger letters."""
        self._draw = SecondaryButton(_("Draw"), name="kiosk.call.draw", icon="pen")
        self._draw.clicked.connect(lambda: self._take("point" if self._page.tool == "pen" else "pen"))
        self._undo = SecondaryButton(_("Undo"), name="kiosk.call.undo", icon="arrow-left")
        self._undo.clicked.connect(self.room.calls.sharing.undo)
        self._larger = SecondaryButton(_("Larger"), name="kiosk.call.larger", icon="expand")
        self._larger.clicked.connect(lambda: self._enlarge(not self._page.larger))
        self._up = IconButton("arrow-up", _("Up"), name="kiosk.call.up")
        self._down = IconButton("arrow-down", _("Down"), name="kiosk.call.down")
        for arrow, by in ((self._up, -0.7), (self._down, 0.7)):
            arrow.clicked.connect(lambda _on=False, way=by: self._scroll(way))
        box = QWidget()
        rows = QVBoxLayout(box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(12)
        for row in ((self._larger, self._up, self._down), (self._draw, self._undo)):
            line = QHBoxLayout()
            line.setSpacing(12)
            for button in row:
                line.addWidget(button, 1 if isinstance(button, SecondaryButton) else 0)
            rows.addLayout(line)
        box.hide()
        return box

    def _enlarge(self, larger: bool) -> None:
        self._page.set_larger(larger)
        self._again()

    def _scroll(self, by: float) -> None:
        self._page.scroll(by)
        self._again()

    def _take(self, tool: Tool) -> None:
        self._page.set_tool(tool)
        self._again()

    def _hands(self) -> QHBoxLayout:
        """One touch each: voice only or the picture again, and a voice note."""
        self._voice_only = SecondaryButton(_("Voice only"), name="kiosk.call.voice", icon="phone")
        self._voice_only.clicked.connect(self._toggle)
        self._note = SecondaryButton(_("Voice note"), name="kiosk.call.note", icon="mic")
        self._note.clicked.connect(self._push)
        self._drop = SecondaryButton(_("Discard"), name="kiosk.call.note.drop", icon="x")
        self._drop.clicked.connect(lambda: self.room.calls.notes.end(keep=False))
        hands = QHBoxLayout()
        hands.setSpacing(16)
        for button in (self._voice_only, self._note, self._drop):
            hands.addWidget(button, 1)
        return hands

    def _foot(self) -> QHBoxLayout:
        hang = DangerButton(_("End the call"), name="kiosk.call.hang", icon="phone-off")
        hang.clicked.connect(lambda: self.room.calls.hang())
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self._state, 1)
        if (mixer := volume.mixer()) is not None:
            for text, name, icon, step in (
                (_("Quieter"), "quieter", "minus", -volume.STEP),
                (_("Louder"), "louder", "plus", volume.STEP),
            ):
                button = SecondaryButton(text, name=f"kiosk.call.{name}", icon=icon)
                button.clicked.connect(lambda _on=False, by=step: self.desk.ask(volume.change, mixer, by))
                foot.addWidget(button)
        foot.addWidget(hang)
        return foot

    def follow(self, journey: flow.Journey) -> None:
        self._journey = journey
        waits = self.room.calls.holding.theirs
        now = shown(journey, self._camera, self.room.calls.ladder.ladder, waits)
        self._state.say(now.tone, now.sentence)
        still = self._newest()
        if now.line is not None and now.line != self._line:
            self._show_line(now.line)
        self._show_page(journey)
        resting = journey.call_phase == "talking" and (waits or (now.rest and still is None))
        self._signed.show_sign(now.icon, now.tone, now.over_picture)
        large = self._signed if resting else self._view
        self._picture_place.setCurrentWidget(self._page if self._watching else large)
        self._view.set_still(still, _("A picture, not moving") if still is not None else "")
        self._view.set_message(now.over_picture if still is None else "")
        self._show_hands(journey, now)
        moving = journey.call_phase == "talking" and not now.note and not waits  # nobody is talked over
        name = journey.clinician or _("The clinic")
        self.head(Heading(name if moving else now.sentence, "", now.sentence, private=moving))

    @property
    def _watching(self) -> bool:
        return self.room.calls.sharing.shared.role == "watching"

    def _show_page(self, journey: flow.Journey) -> None:
        """A document takes the large place; who shows it stays beside it."""
        shared = self.room.calls.sharing.shared
        _tone, sentence = share_words(shared, journey.call_phase, journey.clinician)
        self._page.set_words(sentence)
        if not self._watching:
            self._read_line = self._line
        fresh = self._line is not None and self._line != self._read_line
        self._chat.setVisible(fresh if self._watching else self._line is not None)
        moving = self.room.calls.ladder.ladder.rung is Rung.VIDEO
        self._small.setVisible(self._watching and moving and not fresh)
        self._tools.setVisible(self._watching)
        self._side.setVisible(self._watching or self._line is not None)
        for button in (self._larger, self._draw, self._undo):
            button.setEnabled(shared.here)
        self._larger.setText(_("Whole page") if self._page.larger else _("Larger"))
        for arrow, leads in zip((self._up, self._down), self._page.leads, strict=True):
            arrow.setVisible(self._page.larger)
            arrow.setEnabled(leads)
        self._draw.setText(_("Point") if self._page.tool == "pen" else _("Draw"))
        self._draw.set_icon("hand" if self._page.tool == "pen" else "pen")
        if not self._watching:
            self._page.set_tool("point")
            self._page.set_larger(False)

    def _again(self, *_what: object) -> None:
        if not self.left:
            self.follow(self._journey)

    def _newest(self) -> QImage | None:
        """The newest still of the clinician, while no picture moves."""
        if self.room.calls.ladder.ladder.rung is Rung.VIDEO:
            return None
        return next((s.image for s in reversed(self.room.calls.stills.all) if s.image is not None), None)

    def _show_hands(self, journey: flow.Journey, now: Shown) -> None:
        notes = self.room.calls.notes
        live = journey.call_phase in LIVE
        waits = self.room.calls.holding.theirs
        self._voice_only.setVisible(journey.call_phase == "talking" and not notes.recording and not waits)
        words = _("Try with picture") if now.rest else _("Voice only")
        self._voice_only.setText(_("With picture again") if now.held else words)
        self._voice_only.set_icon("video" if now.rest else "phone")
        self._note.setVisible(live and (now.note or notes.recording or not self._watching))
        self._drop.setVisible(notes.recording)
        words = _("Send: %(s)d of %(most)d s") % {"s": notes.seconds, "most": MOST_S}
        self._note.setText(words if notes.recording else _("Voice note"))
        self._note.set_icon("send" if notes.recording else "mic")
        sending = next((s for s in self.room.calls.stills.all if s.outgoing and s.waits), None)
        tone, sentence = said_words(journey.said)
        if sending is not None:
            share = {"share": round(sending.share * 100)}
            tone = "info"
            sentence = _("A picture of you is being sent: %(share)d %%") % share
        if self._watching:
            shared = self.room.calls.sharing.shared
            self._state.say(*share_words(shared, journey.call_phase, journey.clinician))
        if notes.recording:
            tone, sentence = "info", _("Speak now. Touch Send when you have said it.")
        if self._failed:
            tone, sentence = "warn", self._failed
        self._said.say(tone or "info", sentence)
        self._said.setVisible(bool(sentence))
        playing = self.room.calls.notes.playing
        self._listen.setText(_("Stop") if playing else _("Listen"))

    def _toggle(self) -> None:
        """Down to voice at once; up, what was held is let go, and the picture comes as soon as it is carried."""
        ladder = self.room.calls.ladder
        if ladder.ladder.rung is Rung.VIDEO:
            ladder.hold(Rung.AUDIO)
            return
        if ladder.ladder.most < Rung.VIDEO:
            ladder.hold(Rung.VIDEO)
        ladder.ask_more()

    def _push(self) -> None:
        """The first touch begins, the second sends: nothing is to be held down."""
        self._failed = ""
        notes = self.room.calls.notes
        notes.end() if notes.recording else notes.begin()

    def _note_failed(self, trouble: str) -> None:
        self._failed = trouble_words(trouble)
        self._again()

    def _play(self) -> None:
        notes, line = self.room.calls.notes, self._line
        if notes.playing:
            notes.stop_playing()
        elif line is not None and line.sound:
            notes.play(line.message, line.sound)
            self.room.send(flow.Listened(line.message))

    def _show_line(self, line: ChatLine) -> None:
        self._line = line
        self._from.setText(_("Message from %(name)s") % {"name": line.sender_name})
        self._text.setText(line.text or (_("Voice note") if line.sound else ""))
        self._listen.setVisible(bool(line.sound))
        picture = QImage.fromData(line.picture) if line.picture else QImage()
        self._picture.setVisible(not picture.isNull())
        if not picture.isNull():
            self._picture.show_image(picture)

    def _missing(self, what: str, _sentence: str) -> None:
        if what == "camera":
            self._camera = False
            self.follow(self._journey)

    def leave(self) -> None:
        super().leave()
        self._recorded.leave()
        self._view.clear()
        self._small.clear()
