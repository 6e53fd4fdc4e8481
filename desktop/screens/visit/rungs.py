# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder beside the note: what is in force, what hands do to it, stills, and voice notes of the right visit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clinic.calls.quality import Rung
from desktop.kit.rungs import trouble_words
from desktop.kit.words import _, fmt_time
from desktop.screens.visit.rung_happenings import (
    AskMore,
    AskStill,
    BeginNote,
    EndNote,
    HoldPressed,
    HoldRung,
    KeepPressed,
    KeepStill,
    LadderMoved,
    Listen,
    ListenPressed,
    MorePressed,
    NoteCame,
    NoteDropped,
    NoteFailed,
    NotePressed,
    NotesChanged,
    SendNote,
    StillKept,
    StillPressed,
    StillsChanged,
    StopListening,
)
from desktop.screens.visit.state import NoteFace, Result, State

if TYPE_CHECKING:
    from desktop.kit.still import Still
    from desktop.screens.visit.happenings import Event


def ladder(state: State, event: Event) -> Result | None:
    """The rule of everything about rungs, stills and voice notes."""
    face = state.call
    match event:
        case LadderMoved(moved):
            fell = moved.rung is Rung.TEXT and face.ladder.rung is not Rung.TEXT and face.here
            return replace(state, call=replace(face, ladder=moved), tool="chat" if fell else state.tool), ()
        case StillsChanged(stills):
            return replace(state, call=replace(face, stills=stills)), ()
        case HoldPressed() if face.here:
            held = face.ladder.most < Rung.VIDEO
            return state, (HoldRung(Rung.VIDEO if held else Rung.AUDIO),)
        case MorePressed() if face.here:
            return state, (AskMore(),)
        case StillPressed() if face.here:
            return state, (AskStill(),)
        case KeepPressed():
            return _keep(state)
        case StillKept(encounter, number) if encounter == state.encounter:
            kept = replace(state, call=replace(face, kept=face.kept | {number}))
            return replace(kept, tone="ok", sentence=_("The picture is in the chart.")), ()
    return _notes(state, event)


def shown_still(state: State) -> Still | None:
    """The newest whole picture of this call, while no moving one takes its place."""
    face = state.call
    if not face.here or face.ladder.rung is Rung.VIDEO:
        return None
    return next((still for still in reversed(face.stills) if still.picture), None)


def _keep(state: State) -> Result:
    still = shown_still(state)
    if still is None or still.number in state.call.kept or still.came_at is None:
        return state, ()
    title = _("Picture of the call, %(time)s") % {"time": fmt_time(still.came_at)}
    return state, (KeepStill(state.encounter, still.picture, title, still.number),)


def _notes(state: State, event: Event) -> Result | None:
    note = state.note
    match event:
        case NotesChanged(recording, seconds, playing):
            changed = replace(note, recording=recording, seconds=seconds, playing=playing)
            return replace(state, note=changed), ()
        case NotePressed() if note.recording:
            return state, (EndNote(keep=True),)
        case NotePressed() if state.encounter and state.patient:
            begun = NoteFace(
                recording=True, encounter=state.encounter, patient=state.patient, kiosk=state.kiosk
            )
            return replace(state, note=begun, tone="", sentence=""), (BeginNote(),)
        case NoteDropped():
            return state, (EndNote(keep=False),)
        case NoteCame(sound, seconds) if note.encounter:
            sent = SendNote(note.patient, note.encounter, note.kiosk, sound, seconds)
            return state, (sent,)
        case NoteFailed(trouble):
            return replace(state, tone="warn", sentence=trouble_words(trouble)), ()
        case ListenPressed(message):
            return _listen(state, message)
    return None


def _listen(state: State, message: str) -> Result:
    if state.note.playing == message:
        return state, (StopListening(),)
    said = next((one for one in state.chat if one.id == message and one.spoken), None)
    if said is None:
        return state, ()
    heard = Listen(state.patient, state.encounter, state.kiosk, message, said.attachments[0])
    return state, (heard,)
