# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder of the call on this device: figures in, the other side's word in and ours out, each step told, the black
box filled. Joins the pure `clinic.calls.quality` and `blackbox` to a call desk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from clinic.calls import quality as q
from clinic.calls.blackbox import RING_S, Second, packed
from clinic.calls.call import Call, Phase
from clinic.domain.clock import Clock
from clinic.protocol.calling import RungSaid
from clinic.protocol.engine import CallStats

AGAIN_S = 5
"""Seconds after which our word is said again."""
TICK_MS = 1000
_COUNTS = (Phase.TALKING, Phase.RECONNECTING)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the ladder for the record. `by`: 'staff', 'patient', or '' for itself."""

    encounter: str
    call: str
    change: q.Change
    by: str


@dataclass(frozen=True, slots=True)
class Report:
    """The black box of a call that is over."""

    encounter: str
    call: str
    began_at: datetime
    outcome: str
    seconds: bytes
    relay: str = ""
    """What is to be said of the relay: `clinic.calls.relays.verdict`."""


class Laddering(QObject):
    """One per call desk. `say(message)` hands a RungSaid to the peer; `mine`: 'staff' or 'patient', whose hands these are;
    `theirs` the other's.
    """

    climbed = Signal(object)
    """clinic.calls.quality.Ladder, when what a screen shows of it is another: not each second"""
    stepped = Signal(object)
    reported = Signal(object)
    showing = Signal(bool)
    """whether our pictures are to be sent"""

    def __init__(
        self, say: Callable[[RungSaid], None], clock: Clock, mine: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._say, self._clock, self._mine = say, clock, mine
        self._theirs = "patient" if mine == "staff" else "staff"
        self._call: Call | None = None
        self._seen: tuple[object, ...] = ()
        self._ring: deque[Second] = deque(maxlen=RING_S)
        self._reset()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._second_without_figures)

    # the call

    def follow(self, call: Call) -> None:
        """The call has a new state."""
        before, self._call = self._call, call
        if call.phase is Phase.ENDED:
            self._end(before)
        elif before is None or before.call_id != call.call_id:
            self._end(before)
            self._reset()
            self._show()
        if call.phase in (Phase.CONNECTING, *_COUNTS) and self._began is None:
            self._began = self._clock.now()
            self._tick.start()

    def _reset(self) -> None:
        self.ladder, self.relay = q.Ladder(), ""
        self._ring.clear()
        self._began: datetime | None = None
        self._loss_in = self._loss_out = 0.0
        self._said_s, self._quiet_s = AGAIN_S - 1, 0  # the first second says how we stand

    def _end(self, call: Call | None) -> None:
        self._tick.stop()
        if call is None or self._began is None or self._call is None:
            return
        outcome = self._call.reason if self._call.call_id == call.call_id else "lost"
        seconds = packed(self._ring)
        began, self._began = self._began, None
        self.reported.emit(Report(call.encounter_id, call.call_id, began, outcome, seconds, self.relay))

    # figures

    def figures(self, stats: CallStats) -> None:
        """One more second."""
        self._quiet_s = 0
        self._take(stats)

    def _second_without_figures(self) -> None:
        """The engine says nothing, because it is gone or nothing carries yet: that is silence too."""
        self._quiet_s += 1
        if self._quiet_s > 1 and self._call is not None and self._call.phase in _COUNTS:
            self._take(CallStats(call_id=self._call.call_id, attempt=0, silent_s=float(self._quiet_s)))

    def _take(self, stats: CallStats) -> None:
        self._loss_in = stats.loss
        self._become(q.climbed(self.ladder, stats))
        self._ring.append(
            Second(
                sent=stats.sent_kbps, received=stats.received_kbps, up=stats.estimate_up_bps / 1000,
                down=stats.estimate_down_bps / 1000, rtt_ms=stats.rtt_ms, loss_in=stats.loss, loss_out=self._loss_out,
                fps=stats.video_fps, silent_s=stats.silent_s, rung=self.ladder.rung,
                held=self.ladder.limit is q.Why.BY_HAND,
            )
        )  # fmt: skip
        self._said_s += 1
        if self._said_s >= AGAIN_S:
            self._tell()
        self._show()

    # hands

    def hold(self, rung: q.Rung) -> None:
        """Whoever is here wants no more than that; VIDEO lets go."""
        self._become(q.held(self.ladder, rung), by=self._mine, loud=True)
        self._show()

    def ask_more(self) -> None:
        """Whoever is here asks for a higher rung: our own hold ends, and both sides climb as soon as it is carried."""
        self._become(q.wanted(self.ladder), by=self._mine)
        self._tell(wants=True)
        self._show()

    # the other side

    def heard(self, said: RungSaid) -> None:
        """The other side's word; of a rung this program does not know, nothing."""
        self._loss_out = min(1.0, max(0.0, said.loss))
        if said.wants:
            self.ladder = q.hastened(self.ladder)
        if (rung := q.rung_of(said.rung)) is not None:
            by = self._theirs if said.why == q.Why.BY_HAND else ""
            self._become(q.heard(self.ladder, rung), by=by, why=said.why)
        self._show()

    def _show(self) -> None:
        """A page is drawn anew only for something to see."""
        ladder = self.ladder
        seen = (ladder.rung, ladder.limit, ladder.tries, ladder.most)
        if seen != self._seen:
            self._seen = seen
            self.climbed.emit(ladder)

    # steps

    def _become(self, ladder: q.Ladder, by: str = "", why: str = "", loud: bool = False) -> None:
        before, self.ladder = self.ladder, ladder
        step = q.change(before, ladder)
        if step is not None and self._call is not None:
            known = next((one for one in q.Why if one == why), step.why)
            told = replace(step, why=known if step.why is q.Why.OTHER_SIDE else step.why)
            self.stepped.emit(Step(self._call.encounter_id, self._call.call_id, told, by))
            if q.Rung.VIDEO in (step.before, step.after):
                self.showing.emit(step.after is q.Rung.VIDEO)
        if loud or min(before.ours, before.most) != min(ladder.ours, ladder.most):
            self._tell(by_hand=loud)

    def _tell(self, by_hand: bool = False, wants: bool = False) -> None:
        self._said_s = 0
        call = self._call
        if call is None or call.phase not in (Phase.CONNECTING, *_COUNTS):
            return
        ours = min(self.ladder.ours, self.ladder.most)
        held = by_hand or self.ladder.most < self.ladder.ours
        why = str(q.Why.BY_HAND if held else self.ladder.why)
        self._say(RungSaid(call_id=call.call_id, rung=ours.word, why=why, loss=self._loss_in, wants=wants))
