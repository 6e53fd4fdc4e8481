# SPDX-License-Identifier: GPL-3.0-or-later
"""Voice notes of this device: push to talk, push to send, and listen to one that came. The call keeps its place."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from clinic.domain.record import Record
from clinic.protocol import engine as wire
from desktop.kit.engine import CallEngine

MOST_S = 30
"""A note ends by itself then: 45 kB at 12 kbit/s, which still fits into one letter."""


class Notes(QObject):
    """Talks to the engine; keeps nothing but whether it records or plays."""

    changed = Signal()
    recorded = Signal(bytes, float)
    """Opus in Ogg, seconds"""
    failed = Signal(str)
    """why: no microphone, empty, damaged, lost"""

    def __init__(self, engine: CallEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self.recording = False
        self.playing = ""
        """The name of the note that is heard now, ''."""
        self.seconds = 0
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._second)
        engine.told.connect(self._told)
        engine.lost.connect(self._engine_lost)

    def begin(self) -> None:
        if not self.recording:
            self.stop_playing()
            self.recording, self.seconds = True, 0
            self._engine.send(wire.RecordNote(on=True))
            self._clock.start()
            self.changed.emit()

    def end(self, keep: bool = True) -> None:
        """What was said comes as `recorded`; without `keep` it is forgotten."""
        if self.recording:
            self.recording = False
            self._engine.send(wire.RecordNote(on=False, keep=keep))
            self._clock.stop()
            self.changed.emit()

    def play(self, name: str, sound: bytes) -> None:
        self.playing = name
        self._engine.send(wire.PlayNote(sound=sound))
        self.changed.emit()

    def stop_playing(self) -> None:
        if self.playing:
            self.playing = ""
            self._engine.send(wire.PlayNote(sound=b""))
            self.changed.emit()

    def _second(self) -> None:
        self.seconds += 1
        if self.seconds >= MOST_S:
            self.end()
        else:
            self.changed.emit()

    def _told(self, message: Record) -> None:
        match message:
            case wire.NoteRecorded(trouble=trouble) if trouble:
                self._stop(trouble)
            case wire.NoteRecorded(sound=sound, seconds=seconds):
                self._stop()
                if sound:
                    self.recorded.emit(sound, seconds)
            case wire.NotePlayed(trouble=trouble):
                self.playing = ""
                self.changed.emit()
                if trouble:
                    self.failed.emit(trouble)

    def _engine_lost(self) -> None:
        if self.recording:
            self._stop("lost")
        self.playing = ""
        self.changed.emit()

    def _stop(self, trouble: str = "") -> None:
        self.recording = False
        self._clock.stop()
        self.changed.emit()
        if trouble:
            self.failed.emit(trouble)
