# SPDX-License-Identifier: GPL-3.0-or-later
"""The call beside the note: whose it is, and that nobody's picture stands under another person's name."""

from __future__ import annotations

from dataclasses import replace

from desktop.kit.words import _
from desktop.screens.visit.happenings import (
    CallChanged,
    CameraPressed,
    Effect,
    Event,
    Hang,
    HangPressed,
    HoldCall,
    HoldChanged,
    HoldPressed,
    Mute,
    MutePressed,
    OpenOther,
    OtherPressed,
    ReachChanged,
    Ring,
    RingPressed,
    VisitOpened,
)
from desktop.screens.visit.state import CallFace, Other, Result, State


def call(state: State, event: Event) -> Result | None:
    """The rule of everything that happens to the call."""
    face = state.call
    match event:
        case RingPressed():
            return ring(state)
        case HangPressed():
            return state, ((Hang(),) if face.running else ())
        case MutePressed():
            return _muted(state, replace(face, muted=not face.muted))
        case CameraPressed():
            return _muted(state, replace(face, camera_off=not face.camera_off))
        case HoldPressed():
            return state, ((HoldCall(not face.held),) if face.here else ())
        case HoldChanged(ours, theirs):
            return replace(state, call=replace(face, held=ours, waits=theirs)), ()
        case CallChanged():
            return _changed(state, event)
        case ReachChanged(reachable):
            return replace(state, call=replace(face, reachable=reachable)), ()
        case OtherPressed() if face.other is not None:
            other = face.other
            return state, (OpenOther(other.encounter, other.patient, other.kiosk),)
    return None


def ring(state: State) -> Result:
    """Ring this visit's kiosk, unless a call is running."""
    if state.call.other is not None:
        busy = _("You are in a call with %(name)s. Hang up there before you ring here.")
        return replace(state, tone="warn", sentence=busy % {"name": state.call.other.name}), ()
    if state.call.running:
        return state, ()
    return replace(state, tone="", sentence=""), (Ring(state.kiosk, state.encounter, state.patient),)


def carried_over(before: State, opened: VisitOpened) -> CallFace:
    """What another visit's page shows of the call that runs while it is opened."""
    face = before.call
    if not face.running:
        return CallFace(letters=face.letters, reachable=opened.reachable)
    here = Other(before.encounter, before.patient, before.kiosk, before.name)
    other = face.other or here
    back = other.encounter == opened.encounter
    return replace(face, other=None if back else other, reachable=opened.reachable)


def _muted(state: State, face: CallFace) -> Result:
    effects: tuple[Effect, ...] = (Mute(face.muted, face.camera_off),)
    return replace(state, call=face), effects


def _changed(state: State, event: CallChanged) -> Result:
    known = state.call.other
    elsewhere = bool(event.encounter) and event.encounter != state.encounter
    if elsewhere and (known is None or known.encounter != event.encounter):
        return state, ()
    changed = replace(state.call, phase=event.phase, reason=event.reason, letters=event.letters)
    if not changed.running:
        kept = CallFace(letters=changed.letters, reachable=changed.reachable, ladder=changed.ladder)
        changed = kept if elsewhere else replace(kept, phase=changed.phase, reason=changed.reason)
    return replace(state, call=changed), ()
