# SPDX-License-Identifier: GPL-3.0-or-later
"""Reviews: the list, the one that is open with its evidence, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId

if TYPE_CHECKING:
    from clinic.domain.misuse.lists import Entry
    from clinic.services.reviews import Review


@dataclass(frozen=True, slots=True)
class State:
    """`chosen`: the review whose `evidence` shows; `finding`, `note`: what is being written about it."""

    reviews: tuple[Review, ...] = ()
    closed: bool = False
    chosen: str = ""
    evidence: tuple[Entry, ...] = ()
    finding: str = ""
    note: str = ""
    loaded: bool = False
    busy: bool = False
    sentence: str = ""

    @property
    def selected(self) -> Review | None:
        return next((one for one in self.reviews if one.review.id == self.chosen), None)


@dataclass(frozen=True, slots=True)
class Opened:
    pass


@dataclass(frozen=True, slots=True)
class ListChosen:
    closed: bool


@dataclass(frozen=True, slots=True)
class Came:
    closed: bool
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    review: str


@dataclass(frozen=True, slots=True)
class EvidenceCame:
    review: str
    evidence: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class FindingChosen:
    finding: str


@dataclass(frozen=True, slots=True)
class NoteTyped:
    note: str


@dataclass(frozen=True, slots=True)
class TakePressed:
    pass


@dataclass(frozen=True, slots=True)
class ClosePressed:
    pass


@dataclass(frozen=True, slots=True)
class Done:
    """Taken, or closed."""

    review: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Load:
    """Effect: read the list; look through the audit first, if `look`."""

    closed: bool
    look: bool = False


@dataclass(frozen=True, slots=True)
class LoadEvidence:
    review: FactId


@dataclass(frozen=True, slots=True)
class Take:
    review: FactId


@dataclass(frozen=True, slots=True)
class Close:
    review: FactId
    finding: str
    note: str


Event = (
    Opened | ListChosen | Came | Chosen | EvidenceCame | FindingChosen | NoteTyped | TakePressed | ClosePressed | Done | Failed
)  # fmt: skip
Effect = Load | LoadEvidence | Take | Close


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:  # noqa: PLR0911 - one line a case
    match event:
        case Opened():
            return replace(state, sentence=""), (Load(state.closed, look=not state.closed),)
        case ListChosen(closed):
            return _closed_up(replace(state, closed=closed, loaded=False, reviews=())), (Load(closed),)
        case Came(closed, reviews):
            return _came(state, closed, reviews)
        case Chosen(review):
            if review == state.chosen:
                return state, ()
            return replace(_closed_up(state), chosen=review), (LoadEvidence(FactId(review)),)
        case EvidenceCame(review, evidence):
            return (replace(state, evidence=evidence) if review == state.chosen else state), ()
        case FindingChosen(finding):
            return replace(state, finding=finding, sentence=""), ()
        case NoteTyped(note):
            return replace(state, note=note), ()
        case TakePressed():
            return _act(state, Take(FactId(state.chosen)))
        case ClosePressed():
            return _act(state, Close(FactId(state.chosen), state.finding, state.note))
        case Done(review, closed):
            clear = _closed_up(state) if closed and review == state.chosen else state
            return replace(clear, busy=False), (Load(state.closed),)
        case Failed(sentence):
            return replace(state, sentence=sentence, busy=False, loaded=True), ()


def _act(state: State, effect: Effect) -> tuple[State, tuple[Effect, ...]]:
    row = state.selected
    if row is None or not row.open or row.mine or state.busy:
        return state, ()
    return replace(state, busy=True, sentence=""), (effect,)


def _closed_up(state: State) -> State:
    return replace(state, chosen="", evidence=(), finding="", note="", sentence="")


def _came(state: State, closed: bool, reviews: tuple[Review, ...]) -> tuple[State, tuple[Effect, ...]]:
    """What is being written stays while its review is on the list."""
    if closed != state.closed:
        return state, ()
    fresh = replace(state, reviews=reviews, loaded=True)
    return (fresh, ()) if fresh.selected or not state.chosen else (_closed_up(fresh), ())
