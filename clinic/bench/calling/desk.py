# SPDX-License-Identifier: GPL-3.0-or-later
"""What the desktop does with the engine's figures in a call: the ladder each second, its word to the other side, and, while no
pictures are carried, a still as soon as one has come (somebody who wants to see asks again and again).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from clinic.calls import quality as q
from clinic.domain.record import Record
from clinic.protocol import engine as wire
from clinic.protocol.calling import RungSaid, StillAsked

AGAIN_S, STILL_S = 5, 20
"""Seconds after which our word is said again; after which a still that has not come is asked for again."""


@dataclass(slots=True)
class Desk:
    """One call's; called with every event of the engine, gives the commands that follow."""

    ladder: q.Ladder = field(default_factory=q.Ladder)
    said_s: int = AGAIN_S - 1
    asked: int = 0
    waits_s: int = 0
    """Seconds since the still that has not come was asked for; 0: none is on its way."""

    def __call__(self, event: Record) -> Sequence[Record]:
        match event:
            case wire.CallStats():
                return [*self._become(event.call_id, q.climbed(self.ladder, event)), *self._second(event)]
            case wire.PeerSaid(call_id=call_id, content=RungSaid() as said) if (
                rung := q.rung_of(said.rung)
            ) is not None:
                return self._become(call_id, q.heard(self.ladder, rung))
            case wire.StillCame():
                self.waits_s = 0
            case wire.StillMoved(outgoing=False, trouble=trouble) if trouble:
                self.waits_s = 0
        return ()

    def _become(self, call_id: str, ladder: q.Ladder) -> list[Record]:
        before, self.ladder = self.ladder, ladder
        out: list[Record] = []
        if (before.rung is q.Rung.VIDEO) != (ladder.rung is q.Rung.VIDEO):
            out.append(wire.Carry(call_id=call_id, video=ladder.rung is q.Rung.VIDEO))
        if before.ours != ladder.ours:
            self.said_s = AGAIN_S
        return out

    def _second(self, stats: wire.CallStats) -> list[Record]:
        out: list[Record] = []
        self.said_s += 1
        if self.said_s >= AGAIN_S:
            self.said_s = 0
            word = RungSaid(
                call_id=stats.call_id, rung=self.ladder.ours.word, why=str(self.ladder.why), loss=stats.loss
            )
            out.append(wire.SayToPeer(call_id=stats.call_id, content=word))
        self.waits_s = self.waits_s + 1 if 0 < self.waits_s < STILL_S else 0
        if self.ladder.rung is not q.Rung.VIDEO and stats.channel and not self.waits_s:
            self.asked, self.waits_s = self.asked + 1, 1
            out.append(
                wire.SayToPeer(
                    call_id=stats.call_id, content=StillAsked(call_id=stats.call_id, number=self.asked)
                )
            )
        return out
