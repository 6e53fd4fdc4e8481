# SPDX-License-Identifier: GPL-3.0-or-later
"""One visit: the note that is never lost, the call beside it, codes, prescriptions, messages, the signature.

Each family of events has its rule: `writing`, `calling`, `coding`, `prescribing`, `closing`; opening and
messages are here. An answer that comes after another visit was opened never changes that one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from desktop.kit.words import _
from desktop.screens.visit.calling import call, carried_over, ring
from desktop.screens.visit.closing import signature
from desktop.screens.visit.coding import diagnosis
from desktop.screens.visit.happenings import (
    BookNext,
    ChartLoaded,
    Event,
    FactsChanged,
    Failed,
    MessageSent,
    NextAnyway,
    NextBooked,
    NextLeft,
    NextPressed,
    NextTaken,
    PhotoToggled,
    PostChatLine,
    ReadDraft,
    Redraw,
    Say,
    SendMessage,
    SendPressed,
    StartVisit,
    TextsChanged,
    ToolChosen,
    VisitOpened,
)
from desktop.screens.visit.prescribing import order_mistake, prescription
from desktop.screens.visit.rungs import ladder
from desktop.screens.visit.sharing import ended, sharing
from desktop.screens.visit.state import SECTIONS, TOOLS, CallFace, Part, Result, Rx, State, no_parts
from desktop.screens.visit.vitals import vitals
from desktop.screens.visit.writing import LONGEST_S, note, put_aside, taken_up

if TYPE_CHECKING:
    from clinic.services.charts import Chart

__all__ = [
    "LONGEST_S",
    "SECTIONS",
    "TOOLS",
    "CallFace",
    "Part",
    "Result",
    "Rx",
    "State",
    "order_mistake",
    "update",
]


def update(state: State, event: Event) -> Result:
    """The visit after the event."""
    for rule in (
        _opening,
        note,
        call,
        ladder,
        sharing,
        vitals,
        diagnosis,
        prescription,
        _messages,
        signature,
    ):
        result = rule(state, event)
        if result is not None:
            return result
    return state, ()


def _opening(state: State, event: Event) -> Result | None:
    match event:
        case VisitOpened():
            return _open(state, event)
        case ChartLoaded(chart, now):
            return _charted(state, chart, now)
        case FactsChanged(patients):
            return state, ((Redraw(state.patient),) if patients & state.about else ())
        case TextsChanged(patients):
            mine = state.loaded and state.signed is None and bool(patients & state.about)
            return state, ((ReadDraft(state.encounter),) if mine else ())
        case ToolChosen(tool):
            return replace(state, tool=tool), ()
        case Failed():
            return _failed(state, event)
    return None


def _failed(state: State, event: Failed) -> Result:
    if event.encounter not in ("", state.encounter):
        return state, (Say("danger", event.sentence),)
    rx = replace(state.rx, busy=False)
    unasked = event.sentence if event.unasked else ""
    told = replace(state, tone="danger", sentence=event.sentence, unasked=unasked, rx=rx)
    done = replace(
        told, secret="", sending=False, signing=False, booking=False, adding=False, measuring=False
    )
    return done, ()


def _open(state: State, event: VisitOpened) -> Result:
    if event.encounter == state.encounter:
        same = replace(state, now=event.now)
        return ring(same) if event.ring else (same, ())
    aside, saves = put_aside(state)
    parts, left = taken_up(aside, event.encounter)
    fresh = State(
        now=event.now,
        encounter=event.encounter,
        patient=event.patient,
        kiosk=event.kiosk,
        parts=parts or no_parts(),
        left=left,
        call=carried_over(state, event),
        note=state.note,
        share=ended(state.share),
    )
    rung, rings = ring(fresh) if event.ring else (fresh, ())
    return rung, (*saves, StartVisit(event.encounter, event.patient), *rings)


def _charted(state: State, chart: Chart, now: datetime) -> Result:
    if chart.person.patient != state.patient:
        return state, ()
    signed = next(
        (one for one in chart.notes if one.encounter == state.encounter and not one.addendum_to), state.signed
    )
    return replace(state, chart=chart, now=now, signed=signed), ()


# Messages, next appointment


def _messages(state: State, event: Event) -> Result | None:
    match event:
        case PhotoToggled(on):
            return replace(state, attach=on and state.photo is not None), ()
        case SendPressed(text):
            return _send(state, text)
        case MessageSent():
            return _sent(state, event)
        case NextPressed(start, reason):
            return _book(state, start, reason)
        case NextTaken(encounter) if encounter == state.encounter:
            return replace(state, booking=False, taken=event), ()
        case NextAnyway() if state.taken is not None:
            return _book_beside(state, state.taken)
        case NextLeft():
            return replace(state, taken=None), ()
        case NextBooked(encounter) if encounter == state.encounter:
            booked = _("The next appointment is booked.")
            return replace(state, booking=False, taken=None, tone="ok", sentence=booked), ()
    return None


def _send(state: State, text: str) -> Result:
    photo = (state.photo,) if state.attach and state.photo is not None else ()
    if state.sending or not (text.strip() or photo):
        return state, ()
    sending = replace(state, sending=True)
    return sending, (SendMessage(state.patient, state.encounter, text.strip(), photo, state.kiosk),)


def _sent(state: State, event: MessageSent) -> Result:
    """The line goes to the kiosk of its own visit, whatever page is shown by now."""
    line = (PostChatLine(event.kiosk, event.message),) if event.kiosk else ()
    if event.message.encounter != state.encounter:
        return state, line
    return replace(state, sending=False, attach=False), line


def _book(state: State, start: datetime, reason: str) -> Result:
    if state.booking:
        return state, ()
    if start <= state.now:
        return replace(state, tone="warn", sentence=_("Choose a moment that lies ahead.")), ()
    booking = replace(state, booking=True, taken=None, tone="", sentence="")
    return booking, (BookNext(state.encounter, state.patient, start, reason),)


def _book_beside(state: State, taken: NextTaken) -> Result:
    """Never the same patient twice at once."""
    if state.booking or any(one.shared.forbidden for one in taken.collisions):
        return state, ()
    despite = tuple(one.shared.other.id for one in taken.collisions)
    asked = taken.asked
    anyway = taken.outside is not None
    effect = BookNext(state.encounter, state.patient, asked.start, asked.reason, despite, anyway)
    return replace(state, booking=True, taken=None, tone="", sentence=""), (effect,)
