# SPDX-License-Identifier: GPL-3.0-or-later
"""The staff's page, decided. It knows nothing of any patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from desktop.kit.words import N_
from kiosk.health import Row

PATIENCE_S = 60.0
"""Untouched, until the start screen is back."""


class Part(StrEnum):
    PIN = "pin"
    HEALTH = "health"
    TRY = "try"
    SURE = "sure"
    NEW_PIN = "new pin"
    SAME_PIN = "same pin"


class Wish(StrEnum):
    """What asks once more before it is done."""

    RESTART = "restart"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class State:
    """`busy`: something is being looked at or done, and nothing else begins meanwhile. `say`: a sentence in a `tone`."""

    part: Part = Part.PIN
    busy: bool = False
    rows: tuple[Row, ...] = ()
    say: str = ""
    tone: str = ""
    wish: Wish | None = None
    new_pin: str = ""
    over: bool = False


# Events


@dataclass(frozen=True, slots=True)
class Typed:
    digits: str


@dataclass(frozen=True, slots=True)
class CameIn:
    pass


@dataclass(frozen=True, slots=True)
class Looked:
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PinKept:
    pass


@dataclass(frozen=True, slots=True)
class Printed:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class TryPressed:
    pass


@dataclass(frozen=True, slots=True)
class PrintPressed:
    pass


@dataclass(frozen=True, slots=True)
class SyncPressed:
    pass


@dataclass(frozen=True, slots=True)
class LookPressed:
    pass


@dataclass(frozen=True, slots=True)
class PinPressed:
    pass


@dataclass(frozen=True, slots=True)
class Wished:
    wish: Wish


@dataclass(frozen=True, slots=True)
class Sure:
    yes: bool


@dataclass(frozen=True, slots=True)
class BackPressed:
    pass


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody touched anything for `PATIENCE_S`."""


Event = (
    Typed
    | CameIn
    | Looked
    | PinKept
    | Printed
    | Failed
    | TryPressed
    | PrintPressed
    | SyncPressed
    | LookPressed
    | PinPressed
    | Wished
    | Sure
    | BackPressed
    | Silence
)


# Effects


@dataclass(frozen=True, slots=True)
class ComeIn:
    pin: str


@dataclass(frozen=True, slots=True)
class Look:
    pass


@dataclass(frozen=True, slots=True)
class KeepPin:
    pin: str


@dataclass(frozen=True, slots=True)
class OpenDevices:
    pass


@dataclass(frozen=True, slots=True)
class CloseDevices:
    pass


@dataclass(frozen=True, slots=True)
class Print:
    pass


@dataclass(frozen=True, slots=True)
class Sync:
    pass


@dataclass(frozen=True, slots=True)
class End:
    wish: Wish


@dataclass(frozen=True, slots=True)
class Close:
    """The start screen again."""


Effect = ComeIn | Look | KeepPin | OpenDevices | CloseDevices | Print | Sync | End | Close
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    """Nothing of it happens before the PIN was right; after `over` nothing happens at all."""
    if state.over:
        return state, ()
    match event:
        case Silence():
            return _closed(state)
        case BackPressed():
            return _back(state)
        case Typed(digits) if not state.busy:
            return _typed(state, digits)
        case CameIn() if state.part is Part.PIN:
            return replace(state, part=Part.HEALTH, busy=True, say="", tone=""), (Look(),)
        case Failed(sentence):
            return replace(state, busy=False, say=sentence, tone="warn"), ()
        case PinKept() if state.part is Part.SAME_PIN:
            said = N_("The staff PIN is another one from now on.")
            return replace(state, part=Part.HEALTH, busy=False, new_pin="", say=said, tone="ok"), ()
    return _inside(state, event) if state.part is not Part.PIN else (state, ())


def _inside(state: State, event: Event) -> Result:
    match event:
        case Looked(rows):
            return replace(state, rows=rows, busy=False), ()
        case Printed():
            said = N_("A page was given to the printer. Look whether it comes out.")
            return replace(state, busy=False, say=said, tone="ok"), ()
        case Sure(yes) if state.part is Part.SURE and state.wish is not None:
            if yes:
                return replace(state, over=True), (End(state.wish),)
            return replace(state, part=Part.HEALTH, wish=None), ()
    return _pressed(state, event) if state.part is Part.HEALTH and not state.busy else (state, ())


def _pressed(state: State, event: Event) -> Result:
    quiet = replace(state, say="", tone="")
    match event:
        case TryPressed():
            return replace(quiet, part=Part.TRY), (OpenDevices(),)
        case PrintPressed():
            return replace(quiet, busy=True), (Print(),)
        case SyncPressed():
            said = N_("The records are being exchanged. Look again in a moment.")
            return replace(state, say=said, tone="info"), (Sync(),)
        case LookPressed():
            return replace(quiet, busy=True), (Look(),)
        case PinPressed():
            return replace(quiet, part=Part.NEW_PIN), ()
        case Wished(wish):
            return replace(quiet, part=Part.SURE, wish=wish), ()
    return state, ()


def _typed(state: State, digits: str) -> Result:
    match state.part:
        case Part.PIN if digits:
            return replace(state, busy=True, say="", tone=""), (ComeIn(digits),)
        case Part.NEW_PIN if digits:
            return replace(state, part=Part.SAME_PIN, new_pin=digits, say="", tone=""), ()
        case Part.SAME_PIN if digits == state.new_pin:
            return replace(state, busy=True, say="", tone=""), (KeepPin(digits),)
        case Part.SAME_PIN:
            said = N_("That was another one. Type the new PIN once more from the beginning.")
            return replace(state, part=Part.NEW_PIN, new_pin="", say=said, tone="warn"), ()
    return state, ()


def _back(state: State) -> Result:
    match state.part:
        case Part.PIN | Part.HEALTH:
            return _closed(state)
        case Part.TRY:
            return replace(state, part=Part.HEALTH), (CloseDevices(),)
    return replace(state, part=Part.HEALTH, wish=None, new_pin="", say="", tone=""), ()


def _closed(state: State) -> Result:
    closing = (CloseDevices(), Close()) if state.part is Part.TRY else (Close(),)
    return State(over=True), closing
