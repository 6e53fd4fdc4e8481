# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen to a call (past tense) and what is then to be done (imperative)."""

from dataclasses import dataclass
from enum import StrEnum

from clinic.protocol.calling import CallMessage, Description, Ring


class Timer(StrEnum):
    """The machine's alarm clocks; starting one again replaces it."""

    RING = "ring"
    ANSWER = "answer"
    RETRY = "retry"
    GIVE_UP = "give up"


class Status(StrEnum):
    """What the screen should say, in its own words."""

    CALLING = "calling"
    RINGING = "ringing"
    CONNECTING = "connecting"
    TALKING = "talking"
    RECONNECTING = "reconnecting"
    BACK = "back"
    ENDED = "ended"
    NO_NETWORK = "no network"
    DISTRUSTED = "distrusted"


@dataclass(frozen=True, slots=True)
class RingPressed:
    peer: str
    call_id: str
    encounter_id: str
    my_name: str


@dataclass(frozen=True, slots=True)
class AnswerPressed:
    pass


@dataclass(frozen=True, slots=True)
class DeclinePressed:
    pass


@dataclass(frozen=True, slots=True)
class HangPressed:
    pass


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The ended call has been read and may be forgotten."""


@dataclass(frozen=True, slots=True)
class RingArrived:
    peer: str
    ring: Ring


@dataclass(frozen=True, slots=True)
class PeerAccepted:
    peer: str
    call_id: str


@dataclass(frozen=True, slots=True)
class PeerDeclined:
    peer: str
    call_id: str


@dataclass(frozen=True, slots=True)
class PeerBusy:
    peer: str
    call_id: str


@dataclass(frozen=True, slots=True)
class PeerHung:
    peer: str
    call_id: str


@dataclass(frozen=True, slots=True)
class PeerAskedAgain:
    peer: str
    call_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class DescriptionArrived:
    """Its claim has been checked before it becomes an event."""

    peer: str
    description: Description


@dataclass(frozen=True, slots=True)
class DescriptionDistrusted:
    """A description whose claim did not hold; it was thrown away."""

    peer: str
    call_id: str


@dataclass(frozen=True, slots=True)
class DescriptionMade:
    """Our own, with its claim signed."""

    description: Description


@dataclass(frozen=True, slots=True)
class MediaFlowing:
    call_id: str


@dataclass(frozen=True, slots=True)
class MediaWentSilent:
    call_id: str


@dataclass(frozen=True, slots=True)
class AttemptBroke:
    call_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class EngineLost:
    pass


@dataclass(frozen=True, slots=True)
class EngineReady:
    pass


@dataclass(frozen=True, slots=True)
class SignallingLost:
    pass


@dataclass(frozen=True, slots=True)
class SignallingBack:
    pass


@dataclass(frozen=True, slots=True)
class TimerFired:
    timer: Timer
    call_id: str


Event = (
    RingPressed
    | AnswerPressed
    | DeclinePressed
    | HangPressed
    | Dismissed
    | RingArrived
    | PeerAccepted
    | PeerDeclined
    | PeerBusy
    | PeerHung
    | PeerAskedAgain
    | DescriptionArrived
    | DescriptionDistrusted
    | DescriptionMade
    | MediaFlowing
    | MediaWentSilent
    | AttemptBroke
    | EngineLost
    | EngineReady
    | SignallingLost
    | SignallingBack
    | TimerFired
)


@dataclass(frozen=True, slots=True)
class SendToPeer:
    peer: str
    message: CallMessage


@dataclass(frozen=True, slots=True)
class StartEngineCall:
    call_id: str
    attempt: int
    offerer: bool


@dataclass(frozen=True, slots=True)
class FeedRemote:
    call_id: str
    attempt: int
    sdp: str
    type: str


@dataclass(frozen=True, slots=True)
class StopEngineCall:
    call_id: str


@dataclass(frozen=True, slots=True)
class StartTimer:
    timer: Timer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    timer: Timer


@dataclass(frozen=True, slots=True)
class Note:
    """A step of the call, to be written into its encounter."""

    encounter_id: str
    step: str


@dataclass(frozen=True, slots=True)
class Say:
    status: Status


Effect = SendToPeer | StartEngineCall | FeedRemote | StopEngineCall | StartTimer | StopTimer | Note | Say
