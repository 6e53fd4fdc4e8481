# SPDX-License-Identifier: GPL-3.0-or-later
"""The call of this device on hold: the pure `clinic.calls.holding` joined to the other side and to a clock."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from clinic.calls import holding as pure
from clinic.calls.call import LIVE, Call, Phase
from clinic.protocol.calling import HoldSaid

TICK_MS = 1000


class Holding(QObject):
    """One per call desk. `say(message)` hands a word to the peer, over the channel or as a letter."""

    changed = Signal(bool, bool)
    """(we hold the call, the other side holds it)"""
    turned = Signal(bool)
    """we hold it, or take it up again: not when it ends"""

    def __init__(self, say: Callable[[HoldSaid], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._say = say
        self._call: Call | None = None
        self._hold = pure.Hold()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._second)

    @property
    def ours(self) -> bool:
        return self._hold.ours

    @property
    def theirs(self) -> bool:
        return self._hold.theirs

    def press(self, on: bool) -> None:
        """Hold the call that runs, or take it up again; nothing while none does."""
        if self._call is not None and self._call.phase in (Phase.TALKING, Phase.RECONNECTING):
            self._become(*pure.pressed(self._hold, on))

    def follow(self, call: Call) -> None:
        """The call has a new state."""
        before, self._call = self._call, call
        if call.phase not in LIVE or before is None or before.call_id != call.call_id:
            self._become(pure.Hold())
        if call.phase in LIVE:
            self._tick.start()
        else:
            self._tick.stop()

    def heard(self, said: HoldSaid) -> None:
        """A word of the peer about the call that runs."""
        if self._call is not None and self._call.phase in LIVE and said.call_id == self._call.call_id:
            self._become(pure.heard(self._hold, said.on, said.number))

    def _second(self) -> None:
        talking = self._call is not None and self._call.phase is Phase.TALKING
        self._become(*pure.ticked(self._hold, talking))

    def _become(self, hold: pure.Hold, tell: pure.Tell | None = None) -> None:
        before, self._hold = self._hold, hold
        if tell is not None and self._call is not None:
            self._say(HoldSaid(call_id=self._call.call_id, on=tell.on, number=tell.number))
            if hold.ours is not before.ours:
                self.turned.emit(hold.ours)
        if (before.ours, before.theirs) != (hold.ours, hold.theirs):
            self.changed.emit(hold.ours, hold.theirs)
