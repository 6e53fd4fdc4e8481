# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device knows of its one call, and the times it goes by."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

RING_S = 5.0
"""Seconds between two rings of one call."""
ANSWER_S = 60.0
CONNECT_S = 60.0
RECONNECT_S = 180.0
RETRY_S = 3.0
GRACE_S = 1.0
"""Seconds the old path gets to come back by itself once letters travel again."""
PATIENCE = 3
"""Retries an answered attempt may take before it is given up: slow links need several round trips."""


class Phase(StrEnum):
    IDLE = "idle"
    CALLING = "calling"
    RINGING = "ringing"
    CONNECTING = "connecting"
    TALKING = "talking"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


class Path(StrEnum):
    """How far the newest attempt is."""

    NONE = "none"
    MAKING = "making"
    OFFERED = "offered"
    ANSWERED = "answered"


UNDERWAY = (Path.MAKING, Path.OFFERED)
LIVE = (Phase.CONNECTING, Phase.TALKING, Phase.RECONNECTING)
"""Answered and not ended."""
RESTING = (Phase.IDLE, Phase.ENDED)
BUSY = (Phase.CALLING, Phase.RINGING, *LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """All a device knows of its one call."""

    me: str
    phase: Phase = Phase.IDLE
    call_id: str = ""
    encounter_id: str = ""
    peer: str = ""
    peer_name: str = ""
    my_name: str = ""
    caller: bool = False
    attempt: int = 0
    path: Path = Path.NONE
    waits: int = 0
    engine_up: bool = False
    signalling_up: bool = True
    reason: str = ""

    def about(self, peer: str, call_id: str) -> bool:
        """True if a message of that device about that call is about this one, still running."""
        return self.phase in BUSY and (self.peer, self.call_id) == (peer, call_id)


def idle(me: str) -> Call:
    """A device with no call yet."""
    return Call(me=me)


def fresh(call: Call, **values: Any) -> Call:
    """Another call of the same device: nothing of the one before but engine and letters."""
    return Call(me=call.me, engine_up=call.engine_up, signalling_up=call.signalling_up, **values)
