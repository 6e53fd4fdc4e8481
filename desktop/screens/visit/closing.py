# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a visit: the signature asked once, addenda, the summary."""

from __future__ import annotations

from dataclasses import replace

from desktop.kit.words import _
from desktop.screens.visit.happenings import (
    AddendumPressed,
    AddendumSigned,
    Effect,
    Event,
    PostVisitOver,
    SaveSummary,
    SignAddendum,
    SignConfirmed,
    Signed,
    SignLeft,
    SignPressed,
    SummaryPressed,
    SummarySaved,
)
from desktop.screens.visit.state import Result, State
from desktop.screens.visit.writing import save_all, when_all_saved


def signature(state: State, event: Event) -> Result | None:
    """The rule of the signature and of what follows it."""
    match event:
        case SignPressed():
            return _ask(state)
        case SignLeft():
            return (state if state.signing else replace(state, asking=False)), ()
        case SignConfirmed(password):
            return _sign(state, password)
        case Signed():
            return _signed(state, event)
        case AddendumPressed(text):
            return _add(state, text)
        case AddendumSigned(encounter) if encounter == state.encounter:
            return replace(state, adding=False, tone="ok", sentence=_("The addendum is signed.")), ()
        case SummaryPressed():
            return state, (SaveSummary(state.encounter),)
        case SummarySaved(path):
            return replace(state, tone="ok", sentence=_("Summary saved: %(path)s") % {"path": path}), ()
    return None


def _ask(state: State) -> Result:
    if state.signed is not None or state.signing:
        return state, ()
    if not state.written:
        empty = _("The note is empty. Write at least one section before signing.")
        return replace(state, tone="warn", sentence=empty), ()
    saved, effects = save_all(state)
    return replace(saved, asking=True, tone="", sentence=""), effects


def _sign(state: State, password: str) -> Result:
    if not state.asking or state.signing:
        return state, ()
    return when_all_saved(*save_all(replace(state, signing=True, secret=password, tone="", sentence="")))


def _signed(state: State, event: Signed) -> Result:
    """The kiosk of the signed visit hears it, whatever page is shown by now."""
    note = event.note
    over: tuple[Effect, ...] = (PostVisitOver(event.kiosk, note.encounter),) if event.kiosk else ()
    if note.encounter != state.encounter:
        return state, over
    return replace(state, signed=note, signing=False, asking=False, tone="", sentence=""), over


def _add(state: State, text: str) -> Result:
    if state.signed is None or state.adding or not text.strip():
        return state, ()
    return replace(state, adding=True), (SignAddendum(state.signed.id, text.strip(), state.patient),)
