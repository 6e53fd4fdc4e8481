# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules from the first ring to the answer, and for the end: buttons, the peer's ring and its answer."""

from dataclasses import replace

from clinic.calls.call import ANSWER_S, LIVE, RESTING, Call, Phase, fresh
from clinic.calls.events import (
    AnswerPressed,
    DeclinePressed,
    Dismissed,
    HangPressed,
    PeerAccepted,
    PeerBusy,
    PeerDeclined,
    PeerHung,
    RingArrived,
    RingPressed,
    Say,
    SendToPeer,
    SignallingBack,
    SignallingLost,
    StartTimer,
    Status,
    Timer,
    TimerFired,
)
from clinic.calls.rules import Result, on
from clinic.calls.turns import accepted, busy, ended, hang, note, over, ring_again, ringing
from clinic.protocol.calling import Accept, Decline, Hang

# Buttons


@on(RingPressed, *RESTING, to=(Phase.CALLING,))
def _ring(call: Call, event: RingPressed) -> Result:
    calling = fresh(
        call, phase=Phase.CALLING, peer=event.peer, call_id=event.call_id, encounter_id=event.encounter_id,
        my_name=event.my_name, caller=True,
    )  # fmt: skip
    status = Status.CALLING if call.signalling_up else Status.NO_NETWORK
    wait = StartTimer(Timer.ANSWER, ANSWER_S)
    return calling, (*ring_again(calling), wait, note(calling, "ringing"), Say(status))


@on(AnswerPressed, Phase.RINGING, to=(Phase.CONNECTING,))
def _answer(call: Call, _: AnswerPressed) -> Result:
    return accepted(call, "answered", SendToPeer(call.peer, Accept(call_id=call.call_id)))


@on(DeclinePressed, Phase.RINGING, to=(Phase.ENDED,))
def _decline(call: Call, _: DeclinePressed) -> Result:
    return ended(call, "declined", SendToPeer(call.peer, Decline(call_id=call.call_id)))


@on(HangPressed, Phase.RINGING, to=(Phase.ENDED,))
def _refuse(call: Call, _: HangPressed) -> Result:
    return _decline(call, DeclinePressed())


@on(HangPressed, Phase.CALLING, to=(Phase.ENDED,))
def _cancel(call: Call, _: HangPressed) -> Result:
    return ended(call, "cancelled", hang(call, "cancelled"))


@on(HangPressed, *LIVE, to=(Phase.ENDED,))
def _hang_up(call: Call, _: HangPressed) -> Result:
    return ended(call, "hung up", hang(call, "hung up"))


@on(HangPressed, Phase.IDLE, to=(Phase.ENDED,))
def _nothing_to_hang(call: Call, _: HangPressed) -> Result:
    return replace(call, phase=Phase.ENDED, reason="hung up"), ()


@on(Dismissed, Phase.ENDED, to=(Phase.IDLE,))
def _dismiss(call: Call, _: Dismissed) -> Result:
    return fresh(call, phase=Phase.IDLE), ()


# The peer rings


@on(RingArrived, *RESTING, to=(Phase.RINGING,))
def _rung(call: Call, event: RingArrived) -> Result:
    if call.call_id == event.ring.call_id:
        return call, (SendToPeer(event.peer, Hang(call_id=event.ring.call_id, reason="over")),)
    return ringing(call, event)


@on(RingArrived, Phase.RINGING)
def _rung_while_ringing(call: Call, event: RingArrived) -> Result:
    if event.peer != call.peer:
        return call, (busy(event),)
    if event.ring.call_id == call.call_id:
        return call, ()
    return ringing(call, event)


@on(RingArrived, Phase.CALLING, to=(Phase.CONNECTING,))
def _rung_while_calling(call: Call, event: RingArrived) -> Result:
    """Both ring at once: the lower device id calls, the other answers."""
    if event.peer != call.peer:
        return call, (busy(event),)
    if call.me < event.peer:
        return call, ()
    taken, _ = ringing(call, event)
    return accepted(taken, "answered", SendToPeer(event.peer, Accept(call_id=taken.call_id)))


@on(RingArrived, *LIVE, to=(Phase.RINGING,))
def _rung_while_live(call: Call, event: RingArrived) -> Result:
    """A new ring of the same peer means that its old call is gone (its program was started again)."""
    if event.peer != call.peer:
        return call, (busy(event),)
    if event.ring.call_id != call.call_id:
        over_there, last = ended(call, "lost")
        rung, first = ringing(over_there, event)
        return rung, (*last, *first)
    if call.phase is Phase.CONNECTING and not call.caller:
        return call, (SendToPeer(call.peer, Accept(call_id=call.call_id)),)
    return call, ()


# The peer answers


@on(PeerAccepted, Phase.CALLING, to=(Phase.CONNECTING,))
def _peer_accepted(call: Call, event: PeerAccepted) -> Result:
    return accepted(call, "answered") if call.about(event.peer, event.call_id) else over(call, event)


@on(PeerDeclined, Phase.CALLING, to=(Phase.ENDED,))
def _peer_declined(call: Call, event: PeerDeclined) -> Result:
    return ended(call, "declined") if call.about(event.peer, event.call_id) else (call, ())


@on(PeerBusy, Phase.CALLING, to=(Phase.ENDED,))
def _peer_busy(call: Call, event: PeerBusy) -> Result:
    return ended(call, "busy") if call.about(event.peer, event.call_id) else (call, ())


@on(PeerHung, Phase.RINGING, to=(Phase.ENDED,))
def _peer_gave_up(call: Call, event: PeerHung) -> Result:
    return ended(call, "cancelled") if call.about(event.peer, event.call_id) else (call, ())


@on(PeerHung, Phase.CALLING, to=(Phase.ENDED,))
@on(PeerHung, *LIVE, to=(Phase.ENDED,))
def _peer_hung(call: Call, event: PeerHung) -> Result:
    return ended(call, "hung up") if call.about(event.peer, event.call_id) else (call, ())


@on(PeerAccepted, Phase.RINGING, *LIVE, *RESTING)
def _stray_accept(call: Call, event: PeerAccepted) -> Result:
    return (call, ()) if call.about(event.peer, event.call_id) else over(call, event)


# Letters and time


@on(SignallingBack, Phase.CALLING)
def _letters_back_calling(call: Call, _: SignallingBack) -> Result:
    return call, (*ring_again(call), Say(Status.CALLING))


@on(SignallingLost, Phase.CALLING)
def _letters_lost_calling(call: Call, _: SignallingLost) -> Result:
    return call, (Say(Status.NO_NETWORK),)


@on(TimerFired, Phase.CALLING, to=(Phase.ENDED,))
def _time_calling(call: Call, event: TimerFired) -> Result:
    if event.call_id != call.call_id:
        return call, ()
    if event.timer is Timer.ANSWER:
        return ended(call, "no answer", hang(call, "no answer"))
    return call, (ring_again(call) if event.timer is Timer.RING else ())


@on(TimerFired, Phase.RINGING, to=(Phase.ENDED,))
def _time_ringing(call: Call, event: TimerFired) -> Result:
    if (event.call_id, event.timer) != (call.call_id, Timer.ANSWER):
        return call, ()
    return ended(call, "no answer")
