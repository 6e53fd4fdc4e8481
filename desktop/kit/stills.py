# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of the other side's camera, asked for one at a time: how far each is, and the last few, until the call ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from clinic.domain.clock import Clock
from clinic.protocol.engine import StillCame, StillMoved
from desktop.kit.still import Still

KEPT = 6
"""Stills that are held at most; of older ones only what went into the chart remains."""
PATIENCE_MS = 45_000
"""Without a word for that long, the still is given up: a minute asked is a minute not talked."""
STEP = 0.05
"""How much further a still must be to be drawn again."""
LATER = "by message"
"""The trouble that is none: the picture comes as a message, when the other side's record does."""


class Stills(QObject):
    """`ask(number)` sends the request and says by which way: 'channel', 'letter', or '' where nobody can be asked."""

    changed = Signal(object)
    """tuple of Still, oldest first; those that leave this device are among them while they do"""

    def __init__(self, ask: Callable[[int], str], clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ask, self._clock = ask, clock
        self._number = 0
        self.all: tuple[Still, ...] = ()
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._gave_up)

    def ask(self) -> bool:
        """Ask for one, unless one is on its way. True if it was asked for."""
        if any(still.waits and not still.outgoing for still in self.all):
            return False
        way = self._ask(self._number + 1)
        if not way:
            return False
        self._number += 1
        later = LATER if way == "letter" else ""
        self._put(Still(self._number, self._clock.now(), trouble=later))
        self._patience.start()
        return True

    def take(self, told: StillMoved | StillCame) -> None:
        """What the engine tells of a still."""
        outgoing = isinstance(told, StillMoved) and told.outgoing
        known = next((s for s in self.all if (s.number, s.outgoing) == (told.number, outgoing)), None)
        if known is None:
            if not outgoing:
                return  # never asked for here
            known = Still(told.number, self._clock.now(), outgoing=True)
        self._patience.start()
        if isinstance(told, StillCame):
            self._put(self._whole(known, told.picture))
        else:
            moved = replace(known, done=told.done, total=told.total, trouble=told.trouble)
            if (
                moved.trouble
                or known not in self.all
                or moved.share - known.share >= STEP
                or moved.share >= 1.0
            ):
                self._put(moved)

    def forget(self) -> None:
        """The call is over: nothing of its pictures stays here."""
        self._patience.stop()
        self.all = ()
        self.changed.emit(self.all)

    def _whole(self, still: Still, picture: bytes) -> Still:
        image = QImage.fromData(picture)
        if image.isNull():
            return replace(still, trouble="damaged")
        return replace(still, picture=picture, image=image, came_at=self._clock.now(), done=still.total)

    def _gave_up(self) -> None:
        for still in self.all:
            if still.waits:
                self._put(replace(still, trouble="too slow"))

    def _put(self, still: Still) -> None:
        others = [s for s in self.all if (s.number, s.outgoing) != (still.number, still.outgoing)]
        gone = still.outgoing and still.total > 0 and still.done >= still.total
        self.all = tuple([*others, *([] if gone else [still])][-KEPT:])
        self.changed.emit(self.all)
