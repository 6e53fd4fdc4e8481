# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a call, decided: `step(call, event) -> (call, effects)`, one rule per phase and event.

The caller always offers. When media falls silent both sides say so and wait: if the old path still lives,
media simply flows again; otherwise the caller offers anew (next attempt, new ICE credentials) beside the
old path, every 3 s while letters travel. The attempt number only grows; descriptions of older attempts
change nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from clinic.calls.events import (
    AnswerPressed,
    AttemptBroke,
    DeclinePressed,
    DescriptionArrived,
    DescriptionDistrusted,
    DescriptionMade,
    Dismissed,
    Effect,
    EngineLost,
    EngineReady,
    Event,
    FeedRemote,
    HangPressed,
    MediaFlowing,
    MediaWentSilent,
    Note,
    PeerAccepted,
    PeerAskedAgain,
    PeerBusy,
    PeerDeclined,
    PeerHung,
    RingArrived,
    RingPressed,
    Say,
    SendToPeer,
    SignallingBack,
    SignallingLost,
    StartEngineCall,
    StartTimer,
    Status,
    StopEngineCall,
    StopTimer,
    Timer,
    TimerFired,
)
from clinic.protocol.calling import Accept, Again, Busy, Decline, Hang, Ring

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


Result = tuple[Call, tuple[Effect, ...]]
Rule = Callable[[Call, Any], Result]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the transition table."""

    rule: Rule
    to: tuple[Phase, ...]


_rows: dict[tuple[Phase, type], Row] = {}


def idle(me: str) -> Call:
    """A device with no call yet."""
    return Call(me=me)


def step(call: Call, event: Event) -> Result:
    """What the event makes of the call; an event with no row changes nothing."""
    call = _noticed(call, event)
    row = _rows.get((call.phase, type(event)))
    return row.rule(call, event) if row else (call, ())


def table() -> str:
    """The transition table as a Mermaid state diagram."""
    edges: dict[tuple[Phase, Phase], list[str]] = {}
    for (source, event), row in _rows.items():
        for target in row.to:
            if target is not source:
                edges.setdefault((source, target), []).append(event.__name__)
    order = list(Phase)
    lines = ["stateDiagram-v2", "    [*] --> idle"]
    for source, target in sorted(edges, key=lambda edge: (order.index(edge[0]), order.index(edge[1]))):
        lines.append(f"    {source} --> {target}: {', '.join(edges[source, target])}")
    return "\n".join(lines) + "\n"


def targets(phase: Phase, event: type) -> tuple[Phase, ...]:
    """The phases the table allows after that event (the phase itself where there is no row)."""
    row = _rows.get((phase, event))
    return row.to if row else (phase,)


def _on(event: type, *phases: Phase, to: tuple[Phase, ...] = ()) -> Callable[[Rule], Rule]:
    """Enter a rule into the table; `to` are the phases it may lead to besides staying where it is."""

    def enter(rule: Rule) -> Rule:
        for phase in phases:
            if (phase, event) in _rows:
                raise ValueError(f"two rules for {event.__name__} in {phase}")
            _rows[phase, event] = Row(rule, (phase, *to))
        return rule

    return enter


def _noticed(call: Call, event: Event) -> Call:
    """Engine and letters come and go in every phase."""
    match event:
        case EngineLost():
            return replace(call, engine_up=False)
        case EngineReady():
            return replace(call, engine_up=True)
        case SignallingLost():
            return replace(call, signalling_up=False)
        case SignallingBack():
            return replace(call, signalling_up=True)
    return call


# Buttons


@_on(RingPressed, *RESTING, to=(Phase.CALLING,))
def _ring(call: Call, event: RingPressed) -> Result:
    fresh = _fresh(
        call, phase=Phase.CALLING, peer=event.peer, call_id=event.call_id, encounter_id=event.encounter_id,
        my_name=event.my_name, caller=True,
    )  # fmt: skip
    status = Status.CALLING if call.signalling_up else Status.NO_NETWORK
    wait = StartTimer(Timer.ANSWER, ANSWER_S)
    return fresh, (*_ring_again(fresh), wait, _note(fresh, "ringing"), Say(status))


@_on(AnswerPressed, Phase.RINGING, to=(Phase.CONNECTING,))
def _answer(call: Call, _: AnswerPressed) -> Result:
    return _accepted(call, "answered", SendToPeer(call.peer, Accept(call_id=call.call_id)))


@_on(DeclinePressed, Phase.RINGING, to=(Phase.ENDED,))
def _decline(call: Call, _: DeclinePressed) -> Result:
    return _ended(call, "declined", SendToPeer(call.peer, Decline(call_id=call.call_id)))


@_on(HangPressed, Phase.RINGING, to=(Phase.ENDED,))
def _refuse(call: Call, _: HangPressed) -> Result:
    return _decline(call, DeclinePressed())


@_on(HangPressed, Phase.CALLING, to=(Phase.ENDED,))
def _cancel(call: Call, _: HangPressed) -> Result:
    return _ended(call, "cancelled", _hang(call, "cancelled"))


@_on(HangPressed, *LIVE, to=(Phase.ENDED,))
def _hang_up(call: Call, _: HangPressed) -> Result:
    return _ended(call, "hung up", _hang(call, "hung up"))


@_on(HangPressed, Phase.IDLE, to=(Phase.ENDED,))
def _nothing_to_hang(call: Call, _: HangPressed) -> Result:
    return replace(call, phase=Phase.ENDED, reason="hung up"), ()


@_on(Dismissed, Phase.ENDED, to=(Phase.IDLE,))
def _dismiss(call: Call, _: Dismissed) -> Result:
    return _fresh(call, phase=Phase.IDLE), ()


# The peer rings


@_on(RingArrived, *RESTING, to=(Phase.RINGING,))
def _rung(call: Call, event: RingArrived) -> Result:
    if call.call_id == event.ring.call_id:
        return call, (SendToPeer(event.peer, Hang(call_id=event.ring.call_id, reason="over")),)
    return _ringing(call, event)


@_on(RingArrived, Phase.RINGING)
def _rung_while_ringing(call: Call, event: RingArrived) -> Result:
    if event.peer != call.peer:
        return call, (_busy(event),)
    if event.ring.call_id == call.call_id:
        return call, ()
    return _ringing(call, event)


@_on(RingArrived, Phase.CALLING, to=(Phase.CONNECTING,))
def _rung_while_calling(call: Call, event: RingArrived) -> Result:
    """Both ring at once: the lower device id calls, the other answers."""
    if event.peer != call.peer:
        return call, (_busy(event),)
    if call.me < event.peer:
        return call, ()
    taken, _ = _ringing(call, event)
    return _accepted(taken, "answered", SendToPeer(event.peer, Accept(call_id=taken.call_id)))


@_on(RingArrived, *LIVE, to=(Phase.RINGING,))
def _rung_while_live(call: Call, event: RingArrived) -> Result:
    """A new ring of the same peer means that its old call is gone (its program was started again)."""
    if event.peer != call.peer:
        return call, (_busy(event),)
    if event.ring.call_id != call.call_id:
        ended, last = _ended(call, "lost")
        ringing, first = _ringing(ended, event)
        return ringing, (*last, *first)
    if call.phase is Phase.CONNECTING and not call.caller:
        return call, (SendToPeer(call.peer, Accept(call_id=call.call_id)),)
    return call, ()


# The peer answers


@_on(PeerAccepted, Phase.CALLING, to=(Phase.CONNECTING,))
def _peer_accepted(call: Call, event: PeerAccepted) -> Result:
    return _accepted(call, "answered") if call.about(event.peer, event.call_id) else _over(call, event)


@_on(PeerDeclined, Phase.CALLING, to=(Phase.ENDED,))
def _peer_declined(call: Call, event: PeerDeclined) -> Result:
    return _ended(call, "declined") if call.about(event.peer, event.call_id) else (call, ())


@_on(PeerBusy, Phase.CALLING, to=(Phase.ENDED,))
def _peer_busy(call: Call, event: PeerBusy) -> Result:
    return _ended(call, "busy") if call.about(event.peer, event.call_id) else (call, ())


@_on(PeerHung, Phase.RINGING, to=(Phase.ENDED,))
def _peer_gave_up(call: Call, event: PeerHung) -> Result:
    return _ended(call, "cancelled") if call.about(event.peer, event.call_id) else (call, ())


@_on(PeerHung, Phase.CALLING, to=(Phase.ENDED,))
@_on(PeerHung, *LIVE, to=(Phase.ENDED,))
def _peer_hung(call: Call, event: PeerHung) -> Result:
    return _ended(call, "hung up") if call.about(event.peer, event.call_id) else (call, ())


@_on(PeerAccepted, Phase.RINGING, *LIVE, *RESTING)
def _stray_accept(call: Call, event: PeerAccepted) -> Result:
    return (call, ()) if call.about(event.peer, event.call_id) else _over(call, event)


# Transport


@_on(DescriptionMade, *LIVE)
def _description_made(call: Call, event: DescriptionMade) -> Result:
    made = event.description
    if (made.call_id, made.attempt) != (call.call_id, call.attempt):
        return call, ()
    offered = replace(call, path=Path.OFFERED) if call.path is Path.MAKING else call
    return offered, (SendToPeer(call.peer, made),)


@_on(DescriptionArrived, *LIVE)
def _description_arrived(call: Call, event: DescriptionArrived) -> Result:
    came = event.description
    if not call.about(event.peer, came.call_id):
        return _over(call, event)
    if came.type == "offer" and not call.caller and came.attempt > call.attempt:
        return _take_offer(call, event)
    if came.type == "answer" and call.caller and _awaits(call, came.attempt):
        answered = replace(call, path=Path.ANSWERED, waits=0)
        return answered, (FeedRemote(call.call_id, came.attempt, came.sdp, came.type),)
    return call, ()


def _awaits(call: Call, attempt: int) -> bool:
    return call.engine_up and attempt == call.attempt and call.path is not Path.ANSWERED


def _take_offer(call: Call, event: DescriptionArrived) -> Result:
    came = event.description
    if not call.engine_up:
        return replace(call, attempt=came.attempt, path=Path.NONE, waits=0), ()
    taken = replace(call, attempt=came.attempt, path=Path.ANSWERED, waits=0)
    return taken, (
        StartEngineCall(call.call_id, came.attempt, offerer=False),
        FeedRemote(call.call_id, came.attempt, came.sdp, came.type),
    )


@_on(DescriptionArrived, Phase.CALLING, Phase.RINGING, *RESTING)
def _stray_description(call: Call, event: DescriptionArrived) -> Result:
    return (call, ()) if call.about(event.peer, event.description.call_id) else _over(call, event)


@_on(DescriptionDistrusted, *LIVE)
def _distrusted(call: Call, event: DescriptionDistrusted) -> Result:
    if not call.about(event.peer, event.call_id):
        return call, ()
    return call, (_note(call, "a description was refused"), Say(Status.DISTRUSTED))


@_on(PeerAskedAgain, *LIVE)
def _asked_again(call: Call, event: PeerAskedAgain) -> Result:
    if not call.about(event.peer, event.call_id):
        return _over(call, event)
    stale = call.path is Path.ANSWERED and event.attempt < call.attempt
    if not call.caller or call.path in UNDERWAY or stale:
        return call, ()
    return _reach(call)


@_on(PeerAskedAgain, Phase.CALLING, to=(Phase.CONNECTING,))
def _asked_before_accept(call: Call, event: PeerAskedAgain) -> Result:
    """Its accept was lost on the way; asking for an offer says the same."""
    return _accepted(call, "answered") if call.about(event.peer, event.call_id) else _over(call, event)


@_on(PeerAskedAgain, Phase.RINGING, *RESTING)
def _stray_again(call: Call, event: PeerAskedAgain) -> Result:
    return (call, ()) if call.about(event.peer, event.call_id) else _over(call, event)


@_on(MediaFlowing, Phase.CONNECTING, Phase.RECONNECTING, to=(Phase.TALKING,))
def _media_flows(call: Call, event: MediaFlowing) -> Result:
    if event.call_id != call.call_id or not call.engine_up:
        return call, ()
    back = call.phase is Phase.RECONNECTING
    path = Path.NONE if call.path in UNDERWAY else call.path
    talking = replace(call, phase=Phase.TALKING, path=path, waits=0)
    return talking, (
        StopTimer(Timer.RETRY),
        StopTimer(Timer.GIVE_UP),
        _note(call, "back" if back else "talking"),
        Say(Status.BACK if back else Status.TALKING),
    )


@_on(MediaWentSilent, Phase.TALKING, to=(Phase.RECONNECTING,))
def _media_silent(call: Call, event: MediaWentSilent) -> Result:
    return _reconnecting(call) if event.call_id == call.call_id else (call, ())


@_on(AttemptBroke, Phase.CONNECTING, Phase.RECONNECTING)
def _attempt_broke(call: Call, event: AttemptBroke) -> Result:
    if (event.call_id, event.attempt) != (call.call_id, call.attempt):
        return call, ()
    return replace(call, path=Path.NONE, waits=0), (StartTimer(Timer.RETRY, GRACE_S),)


@_on(EngineLost, Phase.TALKING, to=(Phase.RECONNECTING,))
def _engine_lost_talking(call: Call, _: EngineLost) -> Result:
    return _reconnecting(call)


@_on(EngineLost, Phase.CONNECTING, Phase.RECONNECTING)
def _engine_lost(call: Call, _: EngineLost) -> Result:
    return replace(call, path=Path.NONE, waits=0), ()


@_on(EngineReady, Phase.CONNECTING, Phase.RECONNECTING)
def _engine_ready(call: Call, _: EngineReady) -> Result:
    return _reach(call)


@_on(SignallingBack, Phase.CALLING)
def _letters_back_calling(call: Call, _: SignallingBack) -> Result:
    return call, (*_ring_again(call), Say(Status.CALLING))


@_on(SignallingLost, Phase.CALLING)
def _letters_lost_calling(call: Call, _: SignallingLost) -> Result:
    return call, (Say(Status.NO_NETWORK),)


@_on(SignallingBack, Phase.CONNECTING, Phase.RECONNECTING)
def _letters_back(call: Call, _: SignallingBack) -> Result:
    return replace(call, path=Path.NONE, waits=0), (StartTimer(Timer.RETRY, GRACE_S),)


# Time


@_on(TimerFired, Phase.CALLING, to=(Phase.ENDED,))
def _time_calling(call: Call, event: TimerFired) -> Result:
    if event.call_id != call.call_id:
        return call, ()
    if event.timer is Timer.ANSWER:
        return _ended(call, "no answer", _hang(call, "no answer"))
    return call, (_ring_again(call) if event.timer is Timer.RING else ())


@_on(TimerFired, Phase.RINGING, to=(Phase.ENDED,))
def _time_ringing(call: Call, event: TimerFired) -> Result:
    if (event.call_id, event.timer) != (call.call_id, Timer.ANSWER):
        return call, ()
    return _ended(call, "no answer")


@_on(TimerFired, Phase.CONNECTING, Phase.RECONNECTING, to=(Phase.ENDED,))
def _time_reaching(call: Call, event: TimerFired) -> Result:
    if event.call_id != call.call_id:
        return call, ()
    if event.timer is Timer.GIVE_UP:
        reason = "lost" if call.phase is Phase.RECONNECTING else "no media"
        return _ended(call, reason, _hang(call, reason))
    return _retry(call) if event.timer is Timer.RETRY else (call, ())


@_on(TimerFired, Phase.TALKING)
def _time_talking(call: Call, event: TimerFired) -> Result:
    """The peer asked for a new path while ours still flows: offer until it answers."""
    asked = (event.call_id, event.timer) == (call.call_id, Timer.RETRY) and call.path in UNDERWAY
    return _retry(call) if asked else (call, ())


def _retry(call: Call) -> Result:
    """Nothing flows yet: give an engine that loads, or an answered attempt, some time; else try the next."""
    if call.path in (Path.MAKING, Path.ANSWERED) and call.waits < PATIENCE:
        return replace(call, waits=call.waits + 1), (StartTimer(Timer.RETRY, RETRY_S),)
    return _reach(call)


# Shared endings and beginnings


def _reach(call: Call) -> Result:
    """Build a path: the caller offers the next attempt, the callee asks for it;
    without engine or letters, wait.
    """
    later = StartTimer(Timer.RETRY, RETRY_S)
    if not (call.engine_up and call.signalling_up):
        return call, (later,)
    if not call.caller:
        again = Again(call_id=call.call_id, attempt=call.attempt)
        return replace(call, path=Path.NONE, waits=0), (SendToPeer(call.peer, again), later)
    tried = replace(call, attempt=call.attempt + 1, path=Path.MAKING, waits=0)
    return tried, (StartEngineCall(call.call_id, tried.attempt, offerer=True), later)


def _accepted(call: Call, note: str, *first: Effect) -> Result:
    """Both want to talk: connect."""
    connecting = replace(call, phase=Phase.CONNECTING)
    tried, reach = _reach(connecting) if call.caller else (connecting, (StartTimer(Timer.RETRY, RETRY_S),))
    stop = (StopTimer(Timer.RING), StopTimer(Timer.ANSWER), StartTimer(Timer.GIVE_UP, CONNECT_S))
    return tried, (*first, *stop, *reach, _note(call, note), Say(Status.CONNECTING))


def _reconnecting(call: Call) -> Result:
    waiting = replace(call, phase=Phase.RECONNECTING, path=Path.NONE, waits=0)
    return waiting, (
        StartTimer(Timer.RETRY, RETRY_S),
        StartTimer(Timer.GIVE_UP, RECONNECT_S),
        _note(call, "reconnecting"),
        Say(Status.RECONNECTING),
    )


def _ended(call: Call, reason: str, *first: Effect) -> Result:
    stop = tuple(StopTimer(timer) for timer in Timer)
    engine = (StopEngineCall(call.call_id),)
    ended = replace(call, phase=Phase.ENDED, reason=reason, path=Path.NONE, waits=0)
    return ended, (*first, *engine, *stop, _note(call, f"ended: {reason}"), Say(Status.ENDED))


def _ringing(call: Call, event: RingArrived) -> Result:
    ring = event.ring
    ringing = _fresh(
        call, phase=Phase.RINGING, peer=event.peer, call_id=ring.call_id, encounter_id=ring.encounter_id,
        peer_name=ring.caller_name,
    )  # fmt: skip
    return ringing, (StartTimer(Timer.ANSWER, ANSWER_S), _note(ringing, "ringing"), Say(Status.RINGING))


def _fresh(call: Call, **values: Any) -> Call:
    return Call(me=call.me, engine_up=call.engine_up, signalling_up=call.signalling_up, **values)


def _ring_again(call: Call) -> tuple[Effect, ...]:
    ring = Ring(call_id=call.call_id, encounter_id=call.encounter_id, caller_name=call.my_name)
    send = (SendToPeer(call.peer, ring),) if call.signalling_up else ()
    return (*send, StartTimer(Timer.RING, RING_S))


def _hang(call: Call, reason: str) -> SendToPeer:
    return SendToPeer(call.peer, Hang(call_id=call.call_id, reason=reason))


def _busy(event: RingArrived) -> SendToPeer:
    return SendToPeer(event.peer, Busy(call_id=event.ring.call_id))


def _over(call: Call, event: PeerAccepted | PeerAskedAgain | DescriptionArrived) -> Result:
    """The peer speaks of a call that is not here any more: say so, lest it waits."""
    call_id = event.description.call_id if isinstance(event, DescriptionArrived) else event.call_id
    return call, (SendToPeer(event.peer, Hang(call_id=call_id, reason="over")),)


def _note(call: Call, text: str) -> Note:
    return Note(call.encounter_id, text)
