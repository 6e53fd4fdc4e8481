# SPDX-License-Identifier: GPL-3.0-or-later
"""The diagnoses of the visit: found by typing, added once, taken off again."""

from __future__ import annotations

from dataclasses import replace

from desktop.screens.visit.happenings import (
    AddCode,
    CodeChosen,
    CodeSearched,
    CodesFound,
    ConditionRemoved,
    Event,
    FindCodes,
    RemoveCode,
)
from desktop.screens.visit.state import Result, State


def diagnosis(state: State, event: Event) -> Result | None:
    """The rule of the ICD-10 codes."""
    match event:
        case CodeSearched(text):
            asked = replace(state, searched=text, codes=state.codes if text.strip() else ())
            return asked, ((FindCodes(text),) if text.strip() else ())
        case CodesFound(text, codes):
            return (replace(state, codes=codes) if text == state.searched else state), ()
        case CodeChosen(code):
            return _choose(state, code)
        case ConditionRemoved(condition):
            return state, (RemoveCode(condition, state.patient),)
    return None


def _choose(state: State, code: str) -> Result:
    found = next((one for one in state.codes if one.code == code), None)
    if found is None or state.signed is not None:
        return state, ()
    cleared = replace(state, searched="", codes=())
    if any(one.code.code == code for one in state.conditions):
        return cleared, ()
    return cleared, (AddCode(state.encounter, found, state.patient),)
