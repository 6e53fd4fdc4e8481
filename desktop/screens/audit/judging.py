# SPDX-License-Identifier: GPL-3.0-or-later
"""Reviews: the list, the one that is open with its evidence, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId, UserId

if TYPE_CHECKING:
    from clinic.domain.misuse.lists import Entry
    from clinic.services.reviews import Review


@dataclass(frozen=True, slots=True)
class State:
    """`chosen`: the review whose `evidence` shows; `finding`, `note`: what is being written about it."""

    reviews: tuple[Review, ...] = ()
    reviewers: tuple[tuple[UserId, str], ...] = ()
    closed: bool = False
    chosen: str = ""
    evidence: tuple[Entry, ...] = ()
    finding: str = ""
    note: str = ""
    loaded: bool = False
    busy: bool = False
    sentence: str = ""

    @property
    def others(self) -> tuple[tuple[UserId, str], ...]:
        """Whom the chosen one can be given to: who may judge it, but for whom it concerns and who has it."""
        row = self.selected
        not_to = (row.review.concerns, row.review.owner) if row is not None else ()
        return tuple(one for one in self.reviewers if one[0] not in not_to)

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
class Given:
    """Somebody else is to look into it."""

    to: str


@dataclass(frozen=True, slots=True)
class WatchPressed:
    """Every opening of this chart is to be looked at, or no longer."""


@dataclass(frozen=True, slots=True)
class ReviewersCame:
    reviewers: tuple[tuple[UserId, str], ...]


@dataclass(frozen=True, slots=True)
class ClosePressed:
    pass


@dataclass(frozen=True, slots=True)
class Done:
    """Taken, given, watched, or closed."""

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
class LoadReviewers:
    """Effect: who may judge."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Effect: `to` '' for whoever is here."""

    review: FactId
    to: UserId


@dataclass(frozen=True, slots=True)
class Watch:
    review: FactId
    patient: PatientId
    on: bool


@dataclass(frozen=True, slots=True)
class Close:
    review: FactId
    finding: str
    note: str


Event = (
    Opened | ListChosen | Came | Chosen | EvidenceCame | FindingChosen | NoteTyped | TakePressed | Given | WatchPressed
    | ReviewersCame | ClosePressed | Done | Failed
)  # fmt: skip
Effect = Load | LoadEvidence | LoadReviewers | Assign | Watch | Close


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:  # noqa: PLR0911 - one line a case
    match event:
        case Opened():
            look = () if state.closed else (Load(False, look=True),)
            return replace(state, sentence=""), (Load(state.closed), *look, LoadReviewers())
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
            return _act(state, Assign(FactId(state.chosen), UserId("")))
        case Given(to):
            return _act(state, Assign(FactId(state.chosen), UserId(to))) if to else (state, ())
        case WatchPressed():
            return _watch(state)
        case ReviewersCame(reviewers):
            return replace(state, reviewers=reviewers), ()
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


def _watch(state: State) -> tuple[State, tuple[Effect, ...]]:
    row = state.selected
    if row is None or row.watched is None or row.mine or state.busy:
        return state, ()
    watch = Watch(FactId(state.chosen), row.review.about, not row.watched)
    return replace(state, busy=True, sentence=""), (watch,)


def _closed_up(state: State) -> State:
    return replace(state, chosen="", evidence=(), finding="", note="", sentence="")


def _came(state: State, closed: bool, reviews: tuple[Review, ...]) -> tuple[State, tuple[Effect, ...]]:
    """What is being written stays while its review is on the list."""
    if closed != state.closed:
        return state, ()
    fresh = replace(state, reviews=reviews, loaded=True)
    return (fresh, ()) if fresh.selected or not state.chosen else (_closed_up(fresh), ())
