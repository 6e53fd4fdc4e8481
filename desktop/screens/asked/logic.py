# SPDX-License-Identifier: GPL-3.0-or-later
"""One request at a time, whoever asked first; the others are a step away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic.protocol.letters import FreeTime
    from clinic.services.asked import AskedFor


@dataclass(frozen=True, slots=True)
class State:
    """`shown`: id of the request that the buttons act on. It stays while it waits, so that a click under way never reaches
    another; then the first one is shown."""

    rows: tuple[AskedFor, ...] = ()
    shown: str = ""
    refusing: bool = False
    busy: bool = False
    sentence: str = ""

    @property
    def row(self) -> AskedFor | None:
        return next((one for one in self.rows if one.request.id == self.shown), None)

    @property
    def place(self) -> int:
        """From 1; 0 for nothing."""
        return next((n for n, one in enumerate(self.rows, 1) if one.request.id == self.shown), 0)


@dataclass(frozen=True, slots=True)
class FactsChanged:
    pass


@dataclass(frozen=True, slots=True)
class Loaded:
    rows: tuple[AskedFor, ...]


@dataclass(frozen=True, slots=True)
class Stepped:
    by: int


@dataclass(frozen=True, slots=True)
class Granted:
    """`given` None: an appointment is called off."""

    given: FreeTime | None = None


@dataclass(frozen=True, slots=True)
class NoPressed:
    pass


@dataclass(frozen=True, slots=True)
class NoLeft:
    pass


@dataclass(frozen=True, slots=True)
class NoSent:
    why: str


@dataclass(frozen=True, slots=True)
class Done:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


Event = FactsChanged | Loaded | Stepped | Granted | NoPressed | NoLeft | NoSent | Done | Failed


@dataclass(frozen=True, slots=True)
class Load:
    pass


@dataclass(frozen=True, slots=True)
class Accept:
    row: AskedFor
    given: FreeTime | None


@dataclass(frozen=True, slots=True)
class Decline:
    row: AskedFor
    why: str


Effect = Load | Accept | Decline
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    match event:
        case FactsChanged():
            return state, (Load(),)
        case Loaded(rows):
            here = any(one.request.id == state.shown for one in rows)
            if here:
                return replace(state, rows=rows), ()
            shown = rows[0].request.id if rows else ""
            return replace(state, rows=rows, shown=shown, refusing=False), ()
        case Stepped(by) if state.rows:
            at = (state.place - 1 + by) % len(state.rows)
            return replace(state, shown=state.rows[at].request.id, refusing=False, sentence=""), ()
        case NoPressed() if state.row is not None:
            return replace(state, refusing=True, sentence=""), ()
        case NoLeft():
            return replace(state, refusing=False, sentence=""), ()
        case Granted(given) if state.row is not None and not state.busy:
            return replace(state, busy=True, sentence=""), (Accept(state.row, given),)
        case NoSent(why) if state.row is not None and not state.busy:
            return replace(state, busy=True, sentence=""), (Decline(state.row, why),)
        case Done():
            return replace(state, busy=False, refusing=False), (Load(),)
        case Failed(sentence):
            return replace(state, busy=False, sentence=sentence), (Load(),)
    return state, ()
