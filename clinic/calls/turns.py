# SPDX-License-Identifier: GPL-3.0-or-later
"""Beginnings and endings that several rules share: ringing, connecting, reaching anew, the end."""

from dataclasses import replace

from clinic.calls.call import ANSWER_S, CONNECT_S, RECONNECT_S, RETRY_S, RING_S, Call, Path, Phase, fresh
from clinic.calls.events import (
    DescriptionArrived,
    Effect,
    Note,
    PeerAccepted,
    PeerAskedAgain,
    RingArrived,
    Say,
    SendToPeer,
    StartEngineCall,
    StartTimer,
    Status,
    StopEngineCall,
    StopTimer,
    Timer,
)
from clinic.calls.rules import Result
from clinic.protocol.calling import Again, Busy, Hang, Ring


def reach(call: Call) -> Result:
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


def accepted(call: Call, step: str, *first: Effect) -> Result:
    """Both want to talk: connect."""
    connecting = replace(call, phase=Phase.CONNECTING)
    tried, reaching = reach(connecting) if call.caller else (connecting, (StartTimer(Timer.RETRY, RETRY_S),))
    stop = (StopTimer(Timer.RING), StopTimer(Timer.ANSWER), StartTimer(Timer.GIVE_UP, CONNECT_S))
    return tried, (*first, *stop, *reaching, note(call, step), Say(Status.CONNECTING))


def reconnecting(call: Call) -> Result:
    waiting = replace(call, phase=Phase.RECONNECTING, path=Path.NONE, waits=0)
    return waiting, (
        StartTimer(Timer.RETRY, RETRY_S),
        StartTimer(Timer.GIVE_UP, RECONNECT_S),
        note(call, "reconnecting"),
        Say(Status.RECONNECTING),
    )


def ended(call: Call, reason: str, *first: Effect) -> Result:
    stop = tuple(StopTimer(timer) for timer in Timer)
    engine = (StopEngineCall(call.call_id),)
    ended = replace(call, phase=Phase.ENDED, reason=reason, path=Path.NONE, waits=0)
    return ended, (*first, *engine, *stop, note(call, f"ended: {reason}"), Say(Status.ENDED))


def ringing(call: Call, event: RingArrived) -> Result:
    ring = event.ring
    ringing = fresh(
        call, phase=Phase.RINGING, peer=event.peer, call_id=ring.call_id, encounter_id=ring.encounter_id,
        peer_name=ring.caller_name,
    )  # fmt: skip
    return ringing, (StartTimer(Timer.ANSWER, ANSWER_S), note(ringing, "ringing"), Say(Status.RINGING))


def ring_again(call: Call) -> tuple[Effect, ...]:
    ring = Ring(call_id=call.call_id, encounter_id=call.encounter_id, caller_name=call.my_name)
    send = (SendToPeer(call.peer, ring),) if call.signalling_up else ()
    return (*send, StartTimer(Timer.RING, RING_S))


def hang(call: Call, reason: str) -> SendToPeer:
    return SendToPeer(call.peer, Hang(call_id=call.call_id, reason=reason))


def busy(event: RingArrived) -> SendToPeer:
    return SendToPeer(event.peer, Busy(call_id=event.ring.call_id))


def over(call: Call, event: PeerAccepted | PeerAskedAgain | DescriptionArrived) -> Result:
    """The peer speaks of a call that is not here any more: say so, lest it waits."""
    call_id = event.description.call_id if isinstance(event, DescriptionArrived) else event.call_id
    return call, (SendToPeer(event.peer, Hang(call_id=call_id, reason="over")),)


def note(call: Call, text: str) -> Note:
    return Note(call.encounter_id, text)
