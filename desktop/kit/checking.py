# SPDX-License-Identifier: GPL-3.0-or-later
"""Trying camera, microphone, loudspeaker and link before a call: the engine's devices joined to one state, and the panel
that shows it on both faces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QRectF, QSize, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from clinic.calls.trial import Tried
from clinic.domain.record import Record
from clinic.protocol import engine as wire
from desktop.kit import theme
from desktop.kit.bridge import Desk
from desktop.kit.buttons import QuietButton, SecondaryButton
from desktop.kit.checked import Checked, rows
from desktop.kit.engine import CallEngine
from desktop.kit.rungs import trouble_words
from desktop.kit.surfaces import StatusLine
from desktop.kit.text import Text, named
from desktop.kit.video import VideoView
from desktop.kit.words import _, fmt_number

PHRASE_MS = 4000
TryLink = Callable[[], Tried]


class Checking(QObject):
    """Holds the devices open between `begin` and `end`, also through a new engine. `try_link` waits on a worker."""

    changed = Signal(object)
    """Checked"""

    def __init__(self, engine: CallEngine, try_link: TryLink | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine, self._try_link, self._work = engine, try_link, Desk(self)
        self.now = Checked()
        self.open = False
        self._devices: tuple[wire.Device, ...] | None = None
        self._phrase = QTimer(self, singleShot=True, interval=PHRASE_MS)
        self._phrase.timeout.connect(lambda: engine.send(wire.RecordNote(on=False)))
        engine.told.connect(self._told)
        engine.ready.connect(self._again)
        engine.frame.connect(self._framed)

    def begin(self) -> None:
        self.open = True
        self._become(Checked())
        self._again()

    def end(self) -> None:
        """Give the devices back; nothing was kept."""
        if not self.open:
            return
        self.open = False
        self._phrase.stop()
        self._engine.send(wire.RecordNote(on=False, keep=False))
        self._engine.send(wire.PlayNote(sound=b""))
        self._engine.send(wire.ListenIn(on=False))
        self._engine.close_camera()

    def chime(self) -> None:
        if self.open and not self.now.doing:
            self._become(replace(self.now, doing="chime", missing=self._without("speaker")))
            self._engine.send(wire.PlayChime())

    def record(self) -> None:
        """Record a phrase of some seconds, then play it back."""
        if self.open and not self.now.doing:
            self._become(replace(self.now, doing="recording"))
            self._engine.send(wire.RecordNote(on=True))
            self._phrase.start()

    def link(self) -> None:
        if self._try_link is None or self.now.trying_link:
            return
        self._become(replace(self.now, trying_link=True, link_trouble=""))
        self._work.ask(
            self._try_link,
            then=lambda tried: self._become(replace(self.now, trying_link=False, link=tried)),
            failed=lambda error: self._become(replace(self.now, trying_link=False, link_trouble=str(error))),
        )

    def _again(self) -> None:
        if self.open and self._engine.is_ready:
            self._become(replace(self.now, doing="", missing={}, picture=False))
            self._engine.open_camera("photo")
            self._engine.send(wire.ListenIn(on=True))

    def _framed(self, which: str, _image: QImage) -> None:
        if self.open and which == "local" and not self.now.picture:
            self._become(replace(self.now, picture=True, missing=self._without("camera")))

    def _told(self, event: Record) -> None:
        if not self.open:
            return
        now = self.now
        match event:
            case wire.MicrophoneLevel(level=level, silent=silent):
                heard = replace(
                    now, level=level, loudest=max(level, 0.0 if silent else now.loudest), silent=silent
                )
                self._become(replace(heard, missing=self._without("microphone")))
            case wire.DeviceMissing(medium=medium, sentence=sentence):
                lost = replace(now, missing={**now.missing, str(medium): _(sentence)})
                if medium == wire.Medium.CAMERA:
                    lost = replace(lost, picture=False)
                if medium == wire.Medium.MICROPHONE:
                    lost = replace(lost, level=0.0, loudest=0.0)
                self._become(lost)
            case wire.DevicesSeen(devices=devices):
                self._plugged(devices)
            case wire.NoteRecorded(sound=sound, trouble=trouble) if now.doing == "recording":
                if sound:
                    self._become(replace(now, doing="playing"))
                    self._engine.send(wire.PlayNote(sound=sound))
                else:
                    missing = {**now.missing, "microphone": trouble_words(trouble)}
                    self._become(replace(now, doing="", missing=missing))
            case wire.NotePlayed(trouble=trouble) if now.doing in ("playing", "chime"):
                done = replace(now, doing="", heard_back=now.doing == "playing", chimed=now.doing == "chime")
                if trouble:
                    done = replace(now, doing="", missing={**now.missing, "speaker": trouble_words(trouble)})
                self._become(done)

    def _plugged(self, devices: tuple[wire.Device, ...]) -> None:
        """Something came or went: what was missing is tried again."""
        before, self._devices = self._devices, devices
        if before is None or before == devices:
            return
        cameras = [[one for one in each if one.medium == wire.Medium.CAMERA] for each in (before, devices)]
        if cameras[0] != cameras[1]:
            self._become(replace(self.now, picture=False, missing=self._without("camera")))
            self._engine.open_camera("photo")
        self._become(replace(self.now, missing=self._without("speaker")))

    def _without(self, medium: str) -> dict[str, str]:
        return {key: said for key, said in self.now.missing.items() if key != medium}

    def _become(self, now: Checked) -> None:
        if now != self.now:
            self.now = now
            self.changed.emit(now)


class LevelMeter(QWidget):
    """How loud the microphone is: a bar, and its figure for who cannot see it."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        named(self, name, _("Loudness of the microphone"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.level = 0.0

    def show_level(self, level: float) -> None:
        if level != self.level:
            self.level = level
            self.setAccessibleDescription(f"{fmt_number(round(level * 100))} %")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, max(12, theme.current().scale.control // 3))

    def paintEvent(self, _event: QPaintEvent) -> None:
        worn, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(worn.colour("edge"))
        painter.setBrush(worn.colour("surface"))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        if self.level > 0:
            painter.setBrush(worn.colour("primary"))
            filled = QRectF(box.left(), box.top(), max(box.height(), box.width() * self.level), box.height())
            painter.drawRoundedRect(filled, box.height() / 2, box.height() / 2)


class CheckPanel(QWidget):
    """The sentences, the meter, and what can be tried by a press each."""

    def __init__(self, checking: Checking, *, name: str, staff: bool = True) -> None:
        super().__init__()
        self._figures = staff
        named(self, name, _("Camera, microphone, loudspeaker and link"))
        self.meter = LevelMeter(name=f"{name}.level")
        self.lines = {
            key: StatusLine(name=f"{name}.{key}") for key in ("camera", "microphone", "speaker", "link")
        }
        self.phrase = SecondaryButton(_("Hear myself"), name=f"{name}.phrase", icon="mic")
        self.chime = SecondaryButton(_("Play a sound"), name=f"{name}.chime", icon="volume")
        self.link = SecondaryButton(_("Try the link"), name=f"{name}.try", icon="wifi")
        self.phrase.clicked.connect(checking.record)
        self.chime.clicked.connect(checking.chime)
        self.link.clicked.connect(checking.link)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.current().scale.gap)
        column.addWidget(self.lines["camera"])
        column.addWidget(self.lines["microphone"])
        column.addWidget(self.meter)
        column.addWidget(self.lines["speaker"])
        buttons = QHBoxLayout()
        for button in (self.phrase, self.chime):
            buttons.addWidget(button, 1)
        column.addLayout(buttons)
        column.addWidget(self.lines["link"])
        if staff:
            column.addWidget(self.link)
        else:
            self.link.hide()
        column.addStretch(1)
        checking.changed.connect(self.render_now)
        self.render_now(checking.now)

    def render_now(self, now: Checked) -> None:
        for row in rows(now, self._figures):
            self.lines[row.key].say(row.tone, row.sentence, row.icon)
        self.meter.show_level(now.level)
        for button in (self.phrase, self.chime):
            button.setEnabled(not now.doing)
        self.link.setEnabled(not now.trying_link)


class CheckDialog(QDialog):
    """On the desktop: from the visit before a call, and from one's own settings. Closing it gives the devices back."""

    def __init__(self, engine: CallEngine, try_link: TryLink | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "check", _("Try camera and microphone"))
        self.setWindowTitle(_("Try camera and microphone"))
        self.checking = Checking(engine, try_link, self)
        self.view = VideoView(name="check.view", spoken=_("Your own picture"))
        self.view.set_placeholder(_("The camera is starting"))
        self.view.setMinimumSize(320, 240)
        self.view.watch(engine, "local")
        self.panel = CheckPanel(self.checking, name="check.panel")
        self.checking.changed.connect(self._changed)
        close = QuietButton(_("Close"), name="check.close", icon="x")
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.view, 3)
        row.addWidget(self.panel, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.addWidget(Text(_("Try camera and microphone"), "title"))
        column.addLayout(row, 1)
        column.addWidget(close)
        self.resize(860, 460)
        self.finished.connect(lambda _code: self.checking.end())
        self.checking.begin()
        self.checking.link()

    def _changed(self, now: Checked) -> None:
        if trouble := now.missing.get("camera"):
            self.view.clear()
            self.view.set_placeholder(trouble)

    def closeEvent(self, event: Any) -> None:
        self.checking.end()
        super().closeEvent(event)
