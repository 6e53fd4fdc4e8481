# SPDX-License-Identifier: GPL-3.0-or-later
"""The kiosk speaks what it shows: espeak-ng makes the sound, QtMultimedia plays it. Without either it is
silent.

Prompts are kept as sound in the cache, named by a hash of language and text. What is private (a name, a
message) is made anew
each time and stays in memory; texts go to espeak-ng through its standard input, never through its command
line.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QTimer, Signal

from desktop.kit.bridge import Desk

VOICES = {"es": "es-419", "en": "en", "pt": "pt-br"}
WORDS_A_MINUTE = 145
RATE_HZ = 22050
"""What espeak-ng makes: mono, 16 bit, 22.05 kHz."""
_HEAD = 44
_LIMIT_S = 20


def sound_of(text: str, language: str) -> bytes:
    """PCM of a text (mono, signed 16 bit, 22.05 kHz); b"" where espeak-ng is missing or fails."""
    program = shutil.which("espeak-ng")
    if program is None:
        return b""
    command = [program, "-v", VOICES[language], "-s", str(WORDS_A_MINUTE), "--stdin", "--stdout"]
    try:
        made = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return made.stdout[_HEAD:]


def kept_sound(cache: Path, text: str, language: str) -> bytes:
    """The same, from the cache if it was made before. Only for texts that are the same for everybody."""
    key = blake2b(f"{language}\0{text}".encode(), digest_size=16).hexdigest()
    file = cache / f"{key}.pcm"
    try:
        return file.read_bytes()
    except OSError:
        pass
    sound = sound_of(text, language)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(sound)
        part.replace(file)
    except OSError:
        pass  # a full disk only costs the time of making it again
    return sound


class Voice(QObject):
    """Says one thing at a time; a new sentence cuts the old one off. Never blocks."""

    started = Signal()
    finished = Signal()

    def __init__(self, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache, self._desk = cache, Desk(self)
        self._turn = 0
        self._next: list[tuple[str, str]] = []
        self._sink: QObject | None = None
        self._buffer: QBuffer | None = None
        self._can: bool | None = None
        self.seconds_spoken = 0.0
        """Seconds of sound really played since the session began."""
        QTimer.singleShot(0, self, self._able)  # loading QtMultimedia takes a moment: before anybody is there

    @property
    def speaking(self) -> bool:
        return self._sink is not None

    def say(self, text: str, language: str, private: bool = False) -> None:
        """Speak; does nothing where there is no voice or no loudspeaker."""
        self.hush()
        if not text or not self._able():
            return
        turn = self._turn
        make = (sound_of, text, language) if private else (kept_sound, self._cache, text, language)
        self._desk.ask(*make, then=lambda sound: self._play(turn, sound))

    def say_each(self, said: Sequence[tuple[str, str]]) -> None:
        """(language, sentence) pairs, one after the other."""
        self.hush()
        self._next = list(said)
        self._go_on()

    def hush(self) -> None:
        """Stop speaking."""
        self._turn += 1
        self._next = []
        self._end()

    def _go_on(self) -> None:
        """The next of several sentences, if one waits."""
        if self._next:
            (language, text), *rest = self._next
            self.say(text, language)
            self._next = rest

    def _able(self) -> bool:
        if self._can is None:
            from PySide6.QtMultimedia import QMediaDevices

            self._can = (
                shutil.which("espeak-ng") is not None and not QMediaDevices.defaultAudioOutput().isNull()
            )
        return self._can

    def _play(self, turn: int, sound: bytes) -> None:
        if turn != self._turn or not sound:
            return
        from PySide6.QtMultimedia import QAudio, QAudioFormat, QAudioSink

        shape = QAudioFormat()
        shape.setSampleRate(RATE_HZ)
        shape.setChannelCount(1)
        shape.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self._buffer = QBuffer(self)
        self._buffer.setData(QByteArray(sound))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        sink = QAudioSink(shape, self)
        self._sink = sink
        done = (QAudio.State.IdleState, QAudio.State.StoppedState)
        sink.stateChanged.connect(
            lambda state: self._done() if state in done and self._sink is sink else None
        )
        sink.start(self._buffer)
        self.started.emit()

    def _done(self) -> None:
        """Spoken to its end."""
        self._end()
        self._go_on()

    def _end(self) -> None:
        sink, self._sink = self._sink, None
        if sink is None:
            return
        from PySide6.QtMultimedia import QAudioSink

        assert isinstance(sink, QAudioSink)
        self.seconds_spoken += sink.processedUSecs() / 1e6
        sink.stop()
        sink.deleteLater()
        self.finished.emit()
