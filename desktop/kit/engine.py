# SPDX-License-Identifier: GPL-3.0-or-later
"""The screen's side of the call engine: starts the child, speaks its protocol, owns the frames,
replaces a dead one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal
from PySide6.QtGui import QImage

from clinic.domain.record import Record
from clinic.media.ring import Picture, Ring
from clinic.protocol import engine as wire
from clinic.protocol.codec import Malformed
from desktop.kit.spare import Spare

Which = Literal["local", "remote", "played"]
"""`played`: of a recording that is watched; its ring is made when the first one is."""
SILENT_MS = 2000
"""Without a heartbeat for that long the engine is taken for dead."""
DOUBT_MS = 100
"""So long after that its messages are still looked for, while the screen goes on."""
FIRST_BEAT_MS = 8000
"""A new engine gets that long to say Ready (a cold disk on a slow machine), and twice as long after each one that did not, up
to four times: a machine that is slower than that would never have one."""
AGAIN_MS = (0, 200, 1000, 3000)
"""Waits before the next start when engines die one after the other."""
STEADY_MS = 10_000
SPARE_MS = 3000
"""So long after a call began, another engine is loaded beside."""


class CallEngine(QObject):
    """The engine child and its two rings. Commands sent while there is no engine are dropped:
    a machine asks again.
    """

    told = Signal(object)
    frame = Signal(str, QImage)
    missing = Signal(str, str)
    saved = Signal(str)
    ready = Signal()
    lost = Signal()
    taken = Signal(object)
    """a page begins to play a recording: any other gives way"""

    def __init__(
        self,
        *,
        camera: str = "auto",
        camera_scan: str = "",
        microphone: str = "auto",
        speaker: str = "auto",
        cache: Path | None = None,
        log: Path | None = None,
        fps: int = 15,
        within: Sequence[str] = (),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        options = {
            "--camera": camera,
            "--camera-scan": camera_scan,
            "--microphone": microphone,
            "--speaker": speaker,
        }
        options |= {"--cache": str(cache or ""), "--log": str(log or ""), "--fps": str(fps)}
        given = [f"{key}={value}" for key, value in options.items() if value]
        self._command = [*within, sys.executable, "-m", "clinic.media", *given]
        self._rings: dict[str, Ring] = {}
        self._child: QProcess | None = None
        self._framing = wire.Framing()
        self._is_ready = False
        self._stopping = False
        self._deaths = 0
        self._pulse = _alarm(self, self._went_silent)
        self._doubt = _alarm(self, self._stayed_silent)
        self._again = _alarm(self, self._spawn)
        self._spare: Spare | None = None
        self._spare_due = _alarm(self, self._begin_spare)
        self._steady = _alarm(self, self._forget_deaths)

    # what screens use

    @property
    def pid(self) -> int:
        """Of the running child, 0 while there is none."""
        return int(self._child.processId()) if self._child is not None else 0

    @property
    def is_ready(self) -> bool:
        return self._is_ready

    @property
    def is_steady(self) -> bool:
        """Ready, and long after the last death: the next one would be replaced at once."""
        return self._is_ready and not self._deaths

    def ring_name(self, which: Which) -> str:
        if which == "played" and self._rings and which not in self._rings:
            self._rings[which] = Ring.make()
        return self._rings[which].name if which in self._rings else ""

    def start(self) -> None:
        """Make the rings and start the child; returns at once."""
        self._stopping = False
        if not self._rings:
            self._rings = {"local": Ring.make(), "remote": Ring.make()}
            self.destroyed.connect(_closer(self._rings))
        if self._child is None:
            self._spawn()

    def stop(self) -> None:
        """End the child (which finishes a running recording) and remove the rings."""
        self._stopping = True
        for alarm in (self._pulse, self._doubt, self._again, self._steady):
            alarm.stop()
        self.stand_by(False)
        if self._child is not None:
            self.send(wire.Quit())
            self._child.closeWriteChannel()
            if not self._child.waitForFinished(2000):
                self._child.kill()
                self._child.waitForFinished(1000)
        self._close_rings()

    def stand_by(self, on: bool) -> None:
        """Whether another engine waits, loaded, to take the place of this one: while there is a call."""
        if not on:
            self._spare_due.stop()
            spare, self._spare = self._spare, None
            if spare is not None:
                spare.end()
        elif self._spare is None and not self._spare_due.isActive():
            self._spare_due.start(SPARE_MS)

    def send(self, command: Record) -> None:
        """Hand a command of `clinic.protocol.engine` to the child."""
        if self._child is not None and self._child.state() == QProcess.ProcessState.Running:
            self._child.write(wire.frame(command))

    def open_camera(self, purpose: Literal["scan", "photo"]) -> None:
        """Pictures come as `frame("local", …)` until the camera is closed or a call takes it."""
        self.send(wire.OpenCamera(purpose=wire.Purpose(purpose), preview=self.ring_name("local")))

    def close_camera(self) -> None:
        self.send(wire.CloseCamera())
        self.wipe("local")

    def grab(self, which: Which = "local") -> QImage | None:
        """The newest whole picture, a copy."""
        ring = self._rings.get(which)
        picture = ring.newest() if ring else None
        return _image(picture) if picture else None

    def wipe(self, which: Which) -> None:
        """Forget the pictures of one ring."""
        if which in self._rings:
            self._rings[which].wipe()

    # the child

    def _spawn(self) -> None:
        if self._stopping or self._child is not None:
            return
        spare, said = self._spare, tuple[Record, ...]()
        if spare is not None and spare.is_ready:
            child, self._framing, said = spare.taken()
            child.finished.disconnect(self._spare_ended)
            self._spare = None
            self._spare_due.start(STEADY_MS)
        else:
            child, self._framing = self._made(), wire.Framing()
        child.readyReadStandardOutput.connect(self._read)
        child.finished.connect(self._ended)
        child.errorOccurred.connect(self._start_failed)
        self._child = child
        self._pulse.start(FIRST_BEAT_MS * 2 ** min(self._deaths, 2))
        if not said:
            child.start(self._command[0], self._command[1:])
        for message in said:
            self._take(message)

    def _made(self) -> QProcess:
        child = QProcess(self)
        child.setProcessEnvironment(_environment())
        child.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        return child

    def _begin_spare(self) -> None:
        if not self._is_ready:
            self._spare_due.start(SPARE_MS)
            return
        child = self._made()
        child.finished.connect(self._spare_ended)
        self._spare = Spare(child)
        child.start(self._command[0], self._command[1:])

    def _spare_ended(self) -> None:
        """It died before it was needed: another one, after a while."""
        if self._spare is not None:
            self._spare = None
            self._spare_due.start(STEADY_MS)

    def _read(self) -> None:
        if self._child is None:
            return
        try:
            messages = self._framing.feed(bytes(self._child.readAllStandardOutput().data()))
        except Malformed:
            self._child.kill()
            return
        newest: dict[str, wire.FrameReady] = {}
        for message in messages:
            if isinstance(message, wire.FrameReady):
                newest[message.ring] = message
            elif isinstance(message, Record):
                self._take(message)
        for announced in newest.values():
            self._show(announced)

    def _take(self, message: Record) -> None:
        self._pulse.start(SILENT_MS)
        self._doubt.stop()
        match message:
            case wire.Heartbeat():
                return
            case wire.Ready():
                self._is_ready = True
                self._steady.start(STEADY_MS)
                self.ready.emit()
            case wire.DeviceMissing(medium=medium, sentence=sentence):
                self.missing.emit(str(medium), sentence)
            case wire.Saved(path=path):
                self.saved.emit(path)
        self.told.emit(message)

    def _show(self, announced: wire.FrameReady) -> None:
        for which, ring in self._rings.items():
            if ring.name == announced.ring and (picture := ring.read(announced.slot, announced.seq)):
                self.frame.emit(which, _image(picture))

    def _went_silent(self) -> None:
        """No heartbeat was read; but if it was we who slept, its messages lie in the pipe and are read first."""
        self._doubt.start(DOUBT_MS)

    def _stayed_silent(self) -> None:
        if self._child is not None:
            self._child.kill()

    def _start_failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._ended()

    def _ended(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.deleteLater()
        was_ready, self._is_ready = self._is_ready, False
        self._pulse.stop()
        self._doubt.stop()
        self._steady.stop()
        if self._stopping:
            return
        if was_ready:
            self.lost.emit()
        self._again.start(AGAIN_MS[min(self._deaths, len(AGAIN_MS) - 1)])
        self._deaths += 1

    def _forget_deaths(self) -> None:
        self._deaths = 0

    def _close_rings(self) -> None:
        for ring in self._rings.values():
            ring.close()
        self._rings.clear()


def _alarm(owner: QObject, ring: Callable[[], None]) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.timeout.connect(ring)
    return timer


def _closer(rings: dict[str, Ring]) -> Callable[[], None]:
    """Removes the rings also when the engine object dies without `stop()`."""

    def close() -> None:
        for ring in rings.values():
            ring.close()
        rings.clear()

    return close


def _image(picture: Picture) -> QImage:
    """A QImage that owns its pixels."""
    bytes_per_line = picture.width * 4
    borrowed = QImage(
        picture.pixels, picture.width, picture.height, bytes_per_line, QImage.Format.Format_RGB32
    )
    return borrowed.copy()


def _environment() -> QProcessEnvironment:
    """Ours, with the folder of our packages on the child's path."""
    environment = QProcessEnvironment.systemEnvironment()
    home = str(Path(wire.__file__).resolve().parents[2])
    paths = [home, *environment.value("PYTHONPATH").split(os.pathsep)]
    environment.insert("PYTHONPATH", os.pathsep.join(path for path in dict.fromkeys(paths) if path))
    return environment
