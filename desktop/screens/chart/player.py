# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording beside the list of documents: its picture, play and pause, where it stands, speed, loudness, and deleting it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QSlider, QWidget

from clinic.keys.rights import Action
from clinic.protocol import engine as wire
from desktop.kit.buttons import DangerButton, IconButton, PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.engine import CallEngine
from desktop.kit.surfaces import StatusLine
from desktop.kit.text import Text, named
from desktop.kit.video import VideoView
from desktop.kit.words import _, fmt_number
from desktop.screens.chart.playing import LOUD, OPEN, SPEEDS, Player, Stage, moved, next_of, words
from desktop.screens.layouts import across, down, holding
from desktop.screens.room import Room
from desktop.screens.visit.recording import span

if TYPE_CHECKING:
    from clinic.domain.facts import DocumentReference
    from clinic.domain.ids import PatientId
    from clinic.domain.record import Record


class PlayerPanel(QWidget):
    """`engine` is None where nothing is played (tests)."""

    def __init__(self, room: Room, engine: CallEngine | None) -> None:
        super().__init__()
        named(self, "chart.player", _("Recording of a call"))
        self._room, self._help, self._engine = room, room.helper(self), engine
        self.player, self._patient = Player(), ""
        self._document: DocumentReference | None = None
        self._build()
        if engine is not None:
            engine.taken.connect(self._taken)
            engine.told.connect(self._told)
            engine.lost.connect(lambda: self._told(wire.PlayMoved(trouble="engine")))
        self._render()

    # widgets

    def _build(self) -> None:
        self.video = VideoView(name="chart.player.video", spoken=_("Picture of the recording"))
        self.state = StatusLine(name="chart.player.state")
        self.play = PrimaryButton(_("Play"), name="chart.player.play", icon="play")
        self.play.clicked.connect(self._play_pressed)
        self.where = QSlider(Qt.Orientation.Horizontal)
        named(self.where, "chart.player.where", _("Place in the recording"))
        self.where.setSingleStep(5000)
        self.where.setPageStep(30_000)
        self.where.setMinimumHeight(30)
        self.where.sliderReleased.connect(self._went)
        self.where.actionTriggered.connect(self._stepped)
        self.time = Text("", "caption", name="chart.player.time")
        self.speed = SecondaryButton("", name="chart.player.speed", spoken=_("Speed"))
        self.speed.clicked.connect(lambda: self._wish(speed=next_of(self.player.speed, SPEEDS)))
        self.loud = IconButton("volume", _("Louder"), name="chart.player.loud")
        self.loud.clicked.connect(lambda: self._wish(loud=next_of(self.player.loud, LOUD)))
        self.remove = QuietButton(_("Delete"), name="chart.player.delete", icon="x")
        self.remove.clicked.connect(lambda: self._become(asking=True))
        self.why = named(QLineEdit(), "chart.player.why", _("Why it is deleted"))
        self.why.setPlaceholderText(_("Why it is deleted"))
        self.keep = SecondaryButton(_("Keep it"), name="chart.player.keep")
        self.keep.clicked.connect(lambda: self._become(asking=False))
        self.sure = DangerButton(_("Delete for good"), name="chart.player.sure")
        self.sure.clicked.connect(self._delete)
        self.hands = holding(
            across(self.play, (self.where, 1), self.time, self.speed, self.loud, self.remove, gap=8)
        )
        self.question = holding(across((self.why, 1), self.keep, self.sure, gap=8))
        self.setLayout(down((self.video, 1), self.state, self.hands, self.question, gap=8))

    # what the chart shows

    def show_document(self, patient: PatientId, document: DocumentReference | None) -> None:
        """Another one, or none: what plays ends."""
        before = self._document
        self._patient, self._document = patient, document
        if document == before:
            return
        if before is not None:
            self._end()
        gone = document.text if document is not None else ""
        self.player = Player(document.id if document is not None else "", gone)
        self.why.clear()
        self._render()

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().hideEvent(event)
        if self.player.stage is not Stage.READY:
            self._end()
            self._become(stage=Stage.READY, at_s=0.0)

    def _taken(self, by: object) -> None:
        """Another window plays now."""
        if by is not self and self.player.stage is not Stage.READY:
            self._end()
            self._become(stage=Stage.READY, at_s=0.0)

    def _end(self) -> None:
        self.video.leave()
        if self._engine is not None and self.player.stage in (Stage.OPENING, *OPEN):
            self._engine.send(wire.PlayRecording(path=""))
            self._engine.wipe("played")

    # hands

    def _play_pressed(self) -> None:
        match self.player.stage:
            case Stage.PLAYING:
                self._wish(playing=False)
            case Stage.PAUSED:
                self._wish(playing=True)
            case Stage.OVER:
                self._wish(playing=True, at_s=0.0)
            case Stage.READY | Stage.FAILED if self._document is not None:
                if self._engine is not None:
                    self._engine.taken.emit(self)
                    self.video.watch(self._engine, "played")
                self._become(stage=Stage.OPENING, sentence="", at_s=0.0, speed=1.0, loud=1.0)
                document = self._document
                self._help.read(
                    self._room.clinic.open_recording, self._patient, document,
                    then=lambda ticket: self._opened(document, ticket), failed=self._failed,
                )  # fmt: skip

    def _opened(self, document: DocumentReference, ticket: Any) -> None:
        if document is self._document and self._engine is not None and self.player.stage is Stage.OPENING:
            ring = self._engine.ring_name("played")
            self._engine.send(wire.PlayRecording(path=ticket.path, key=ticket.key, ring=ring))

    def _failed(self, sentence: str) -> None:
        self._become(stage=Stage.FAILED, sentence=sentence)

    def _wish(
        self, playing: bool | None = None, at_s: float = -1.0, speed: float = 0.0, loud: float = -1.0
    ) -> None:
        goes = self.player.stage is Stage.PLAYING if playing is None else playing
        if self._engine is not None and self.player.stage in OPEN:
            self._engine.send(wire.PlayOn(playing=goes, at_s=at_s, speed=speed, loud=loud))
            self._become(speed=speed or self.player.speed, loud=self.player.loud if loud < 0 else loud)

    def _went(self) -> None:
        self._wish(at_s=self.where.value() / 1000)

    def _stepped(self, _action: int) -> None:
        """By keyboard, or a click beside the handle; a drag ends with its own signal."""
        if not self.where.isSliderDown():
            self._wish(at_s=self.where.sliderPosition() / 1000)

    def _delete(self) -> None:
        if self._document is None:
            return
        self._end()
        self._become(stage=Stage.READY)
        self._help.write(
            self._room.clinic.delete_recording, self._document, self.why.text(), self._patient,
            then=lambda _done: self._become(asking=False), failed=self._failed,
        )  # fmt: skip

    # rendering

    def _told(self, message: Record) -> None:
        if isinstance(message, wire.PlayMoved):
            now = moved(self.player, message)
            if now != self.player:
                self.player = now
                self._render()

    def _become(self, **changed: Any) -> None:
        self.player = replace(self.player, **changed)
        self._render()

    def _render(self) -> None:
        one = self.player
        tone, sentence = words(one)
        self.state.setVisible(bool(sentence))
        if sentence:
            icon = {"danger": "alert-triangle", "info": "clock"}.get(tone, "info")
            self.state.say(tone, sentence, icon)
        plays = one.stage is Stage.PLAYING
        self.play.setText(_("Pause") if plays else _("Play"))
        self.play.set_icon("pause" if plays else "play")
        self.play.setEnabled(one.stage is not Stage.OPENING)
        self.where.setEnabled(one.stage in OPEN)
        self.where.setRange(0, max(1, round(one.seconds * 1000)))
        if not self.where.isSliderDown():
            self.where.blockSignals(True)
            self.where.setValue(round(one.at_s * 1000))
            self.where.blockSignals(False)
        self.time.setText(f"{span(one.at_s)} / {span(one.seconds)}" if one.seconds else "")
        self.time.setMinimumWidth(self.time.fontMetrics().horizontalAdvance(self.time.text()) + 4)
        times = fmt_number(one.speed, 1 if one.speed % 1 else 0)
        self.speed.setText(f"{times}×")
        self.speed.setAccessibleName(_("Speed %(times)s") % {"times": f"{times}×"})
        share = round(one.loud * 100)
        self.loud.set_icon("volume", _("Loudness %(share)d %%: louder") % {"share": share})
        for button in (self.speed, self.loud):
            button.setEnabled(one.stage in OPEN)
        may = self._document is not None and self._room.clinic.allowed(Action.SIGN_NOTE)
        self.remove.setVisible(may and not one.asking)
        self.hands.setVisible(not one.gone)
        self.question.setVisible(one.asking and not one.gone)
        self.video.set_placeholder("" if one.gone else _("The picture appears here when it is played"))
