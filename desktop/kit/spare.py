# SPDX-License-Identifier: GPL-3.0-or-later
"""A second engine that has loaded and waits while there is a call: it takes the place of one that dies, without the second or
more that loading costs."""

from __future__ import annotations

from PySide6.QtCore import QProcess

from clinic.domain.record import Record
from clinic.protocol import engine as wire
from clinic.protocol.codec import Malformed


class Spare:
    """`child` is being started; what it says is read and forgotten, but for what a new engine says first."""

    def __init__(self, child: QProcess) -> None:
        self._child, self._framing = child, wire.Framing()
        self._ready: list[Record] = []
        child.readyReadStandardOutput.connect(self._read)

    @property
    def is_ready(self) -> bool:
        return bool(self._ready) and self._child.state() == QProcess.ProcessState.Running

    def taken(self) -> tuple[QProcess, wire.Framing, tuple[Record, ...]]:
        """The child, what of its messages has come in part, and what it said when it was ready."""
        self._child.readyReadStandardOutput.disconnect(self._read)
        return self._child, self._framing, tuple(self._ready)

    def end(self) -> None:
        """It goes behind the screen's back."""
        self._child.readyReadStandardOutput.disconnect(self._read)
        self._child.finished.connect(self._child.deleteLater)
        self._child.kill()

    def _read(self) -> None:
        try:
            said = self._framing.feed(bytes(self._child.readAllStandardOutput().data()))
        except Malformed:
            self._child.kill()
            return
        self._ready += [one for one in said if isinstance(one, wire.Ready)]
