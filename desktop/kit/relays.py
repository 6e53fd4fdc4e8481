# SPDX-License-Identifier: GPL-3.0-or-later
"""Leave to use the clinic's relay of calls: asked of the centre beside everything else, in time before it is over, and handed
to the engine."""

from __future__ import annotations

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QObject, QTimer

from clinic.calls.call import BUSY, Call, Phase
from clinic.calls.relays import RENEWED, Leave, verdict
from clinic.domain.clock import Clock
from clinic.protocol.engine import IceServer, PathChosen, ReadyRelay, RelayTold, RelayWord
from desktop.kit.bridge import in_qt
from desktop.kit.engine import CallEngine

Told = Callable[[Leave | None], None]
AskLeave = Callable[[Told], None]
"""Asks the centre and returns at once; the answer may come in any thread, or never. None: it is not reached now."""
AGAIN_S = 12.0
"""Between two questions: the centre gives one in ten seconds, after a few at once."""


class Relays(QObject):
    """One per call desk. Without leave a call goes on as it is: nothing here is ever waited for."""

    def __init__(
        self, ask: AskLeave | None, engine: CallEngine, clock: Clock, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._ask, self._engine, self._clock = ask, engine, clock
        self._call: Call | None = None
        self._leave, self._over_s, self._renew_s = Leave(), 0.0, 0.0
        self._asked_s: float | None = None
        self._refused = self._readied = False
        self._verdict = ""
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._look)
        in_qt(lambda: None)  # the first of them comes from the Qt thread

    @property
    def servers(self) -> tuple[IceServer, ...]:
        """What an attempt that starts now may use."""
        return self._leave.servers if self._clock.monotonic() < self._over_s else ()

    @property
    def verdict(self) -> str:
        """What the black box of this call keeps of the relay."""
        return self._verdict

    def follow(self, call: Call) -> None:
        """The call has a new state: from the first ring on a way through the relay is made ready, to be there when it is
        answered."""
        before, self._call = self._call, call
        if before is None or before.call_id != call.call_id:
            self._verdict = ""
        if call.phase not in BUSY:
            self._again.stop()
            self._let_go()
            return
        if call.phase is Phase.TALKING:
            self._let_go()  # what is open and was not needed
        elif before is None or before.phase not in BUSY or before.call_id != call.call_id:
            self._ready()
        self._look()

    def engine_ready(self) -> None:
        """Another engine has nothing open."""
        self._readied = False

    def heard(self, said: RelayTold | PathChosen) -> None:
        """From the engine. What the relay refuses is over, whatever its time says: the clocks may differ."""
        self._verdict = verdict(self._verdict, said)
        if isinstance(said, RelayTold) and said.state is RelayWord.REFUSED and not self._refused:
            self._refused, self._over_s, self._renew_s = True, 0.0, 0.0
            self._look()

    def _ready(self) -> None:
        if self.servers:
            self._readied = True
            self._engine.send(ReadyRelay(ice_servers=self.servers))

    def _let_go(self) -> None:
        if self._readied:
            self._readied = False
            self._engine.send(ReadyRelay())

    def _look(self) -> None:
        """Ask if it is time; else look again when it is."""
        call, now = self._call, self._clock.monotonic()
        if self._ask is None or call is None or call.phase not in BUSY:
            return
        due = max(self._renew_s, 0.0 if self._asked_s is None else self._asked_s + AGAIN_S)
        if now < due:
            self._again.start(round((due - now) * 1000) + 1)
            return
        self._asked_s = now
        self._again.start(round(AGAIN_S * 1000) + 1)
        self._ask(lambda leave: in_qt(lambda: self._came(leave)))

    def _came(self, leave: Leave | None) -> None:
        if leave is None or not shiboken6.isValid(self):
            return  # asked again while the call lasts
        now = self._clock.monotonic()
        self._leave, self._over_s = leave, now + leave.seconds
        self._renew_s = now + leave.seconds * RENEWED
        self._refused = False
        if self._call is not None and self._call.phase in BUSY:
            if self._call.phase is not Phase.TALKING:
                self._ready()
            self._look()
