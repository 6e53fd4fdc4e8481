# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of an answered call: descriptions, media, the engine, and paths that are tried anew."""

from dataclasses import replace

from clinic.calls.call import GRACE_S, LIVE, PATIENCE, RESTING, RETRY_S, UNDERWAY, Call, Path, Phase
from clinic.calls.events import (
    AttemptBroke,
    DescriptionArrived,
    DescriptionDistrusted,
    DescriptionMade,
    EngineLost,
    EngineReady,
    FeedRemote,
    MediaFlowing,
    MediaWentSilent,
    PeerAskedAgain,
    Say,
    SendToPeer,
    SignallingBack,
    StartEngineCall,
    StartTimer,
    Status,
    StopTimer,
    Timer,
    TimerFired,
)
from clinic.calls.rules import Result, on
from clinic.calls.turns import accepted, ended, hang, note, over, reach, reconnecting


@on(DescriptionMade, *LIVE)
def _description_made(call: Call, event: DescriptionMade) -> Result:
    made = event.description
    if (made.call_id, made.attempt) != (call.call_id, call.attempt):
        return call, ()
    offered = replace(call, path=Path.OFFERED) if call.path is Path.MAKING else call
    return offered, (SendToPeer(call.peer, made),)


@on(DescriptionArrived, *LIVE)
def _description_arrived(call: Call, event: DescriptionArrived) -> Result:
    came = event.description
    if not call.about(event.peer, came.call_id):
        return over(call, event)
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


@on(DescriptionArrived, Phase.CALLING, Phase.RINGING, *RESTING)
def _stray_description(call: Call, event: DescriptionArrived) -> Result:
    return (call, ()) if call.about(event.peer, event.description.call_id) else over(call, event)


@on(DescriptionDistrusted, *LIVE)
def _distrusted(call: Call, event: DescriptionDistrusted) -> Result:
    if not call.about(event.peer, event.call_id):
        return call, ()
    return call, (note(call, "a description was refused"), Say(Status.DISTRUSTED))


@on(PeerAskedAgain, *LIVE)
def _asked_again(call: Call, event: PeerAskedAgain) -> Result:
    if not call.about(event.peer, event.call_id):
        return over(call, event)
    stale = call.path is Path.ANSWERED and event.attempt < call.attempt
    if not call.caller or call.path in UNDERWAY or stale:
        return call, ()
    return reach(call)


@on(PeerAskedAgain, Phase.CALLING, to=(Phase.CONNECTING,))
def _asked_before_accept(call: Call, event: PeerAskedAgain) -> Result:
    """Its accept was lost on the way; asking for an offer says the same."""
    return accepted(call, "answered") if call.about(event.peer, event.call_id) else over(call, event)


@on(PeerAskedAgain, Phase.RINGING, *RESTING)
def _stray_again(call: Call, event: PeerAskedAgain) -> Result:
    return (call, ()) if call.about(event.peer, event.call_id) else over(call, event)


@on(MediaFlowing, Phase.CONNECTING, Phase.RECONNECTING, to=(Phase.TALKING,))
def _media_flows(call: Call, event: MediaFlowing) -> Result:
    if event.call_id != call.call_id or not call.engine_up:
        return call, ()
    back = call.phase is Phase.RECONNECTING
    path = Path.NONE if call.path in UNDERWAY else call.path
    talking = replace(call, phase=Phase.TALKING, path=path, waits=0)
    return talking, (
        StopTimer(Timer.RETRY),
        StopTimer(Timer.GIVE_UP),
        note(call, "back" if back else "talking"),
        Say(Status.BACK if back else Status.TALKING),
    )


@on(MediaWentSilent, Phase.TALKING, to=(Phase.RECONNECTING,))
def _media_silent(call: Call, event: MediaWentSilent) -> Result:
    return reconnecting(call) if event.call_id == call.call_id else (call, ())


@on(AttemptBroke, Phase.CONNECTING, Phase.RECONNECTING)
def _attempt_broke(call: Call, event: AttemptBroke) -> Result:
    if (event.call_id, event.attempt) != (call.call_id, call.attempt):
        return call, ()
    return replace(call, path=Path.NONE, waits=0), (StartTimer(Timer.RETRY, GRACE_S),)


@on(EngineLost, Phase.TALKING, to=(Phase.RECONNECTING,))
def _engine_lost_talking(call: Call, _: EngineLost) -> Result:
    return reconnecting(call)


@on(EngineLost, Phase.CONNECTING, Phase.RECONNECTING)
def _engine_lost(call: Call, _: EngineLost) -> Result:
    return replace(call, path=Path.NONE, waits=0), ()


@on(EngineReady, Phase.CONNECTING, Phase.RECONNECTING)
def _engine_ready(call: Call, _: EngineReady) -> Result:
    return reach(call)


@on(SignallingBack, Phase.CONNECTING, Phase.RECONNECTING)
def _letters_back(call: Call, _: SignallingBack) -> Result:
    return replace(call, path=Path.NONE, waits=0), (StartTimer(Timer.RETRY, GRACE_S),)


# Time


@on(TimerFired, Phase.CONNECTING, Phase.RECONNECTING, to=(Phase.ENDED,))
def _time_reaching(call: Call, event: TimerFired) -> Result:
    if event.call_id != call.call_id:
        return call, ()
    if event.timer is Timer.GIVE_UP:
        reason = "lost" if call.phase is Phase.RECONNECTING else "no media"
        return ended(call, reason, hang(call, reason))
    return _retry(call) if event.timer is Timer.RETRY else (call, ())


@on(TimerFired, Phase.TALKING)
def _time_talking(call: Call, event: TimerFired) -> Result:
    """The peer asked for a new path while ours still flows: offer until it answers."""
    asked = (event.call_id, event.timer) == (call.call_id, Timer.RETRY) and call.path in UNDERWAY
    return _retry(call) if asked else (call, ())


def _retry(call: Call) -> Result:
    """Nothing flows yet: give an engine that loads, or an answered attempt, some time; else try the next."""
    if call.path in (Path.MAKING, Path.ANSWERED) and call.waits < PATIENCE:
        return replace(call, waits=call.waits + 1), (StartTimer(Timer.RETRY, RETRY_S),)
    return reach(call)
