# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits for a choice, the one that is open, which side is picked for each line, and what was typed to join them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, OpId, PatientId
from desktop.kit.words import _

if TYPE_CHECKING:
    from clinic.services.choosing import Choice, Dispute
    from clinic.services.clashes import Clash

WHOLE = ""
"""The line of a version that is taken as it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """All that the page shows."""

    disputes: tuple[Dispute, ...] = ()
    clashes: tuple[Clash, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def waiting(self) -> int:
        return len(self.disputes) + len(self.clashes)


@dataclass(frozen=True, slots=True)
class State:
    """`tab`: open or done; `picks`: line -> side; `joined`: the text typed to join two, None while none is; `drafts`: such texts
    of others that were left for a moment."""

    now: datetime
    found: Found | None = None
    tab: str = "open"
    chosen: str = ""
    opened: Dispute | None = None
    picks: Mapping[str, OpId] = field(default_factory=dict)
    joined: str | None = None
    drafts: Mapping[str, str] = field(default_factory=dict)
    busy: bool = False
    tone: str = ""
    sentence: str = ""

    @property
    def unwritten(self) -> bool:
        """Words were typed that are not in the book."""
        return self.joined is not None or bool(self.drafts)

    @property
    def clash(self) -> Clash | None:
        """The booking that is open."""
        every = self.found.clashes if self.found else ()
        return next((one for one in every if one.key == self.chosen), None)

    @property
    def joins(self) -> str:
        """The one line of text that can be joined by hand; '' where there is none."""
        one = self.opened
        if one is None or one.whole:
            return ""
        texts = [name for name in one.names if all(isinstance(getattr(s.fact, name), str) for s in one.sides)]
        plain = [name for name in texts if name in JOINED]
        return plain[0] if len(plain) == 1 else ""

    @property
    def ready(self) -> bool:
        """Every line has its side."""
        one = self.opened
        if one is None or self.busy:
            return False
        if WHOLE in self.picks:
            return True
        done = set(self.picks) | ({self.joins} if self.joined is not None and self.joined.strip() else set())
        return not one.whole and set(one.names) <= done


JOINED = frozenset({"text", "note", "address", "reason", "instructions", "title", "mitigation", "conclusion"})
"""Lines of free text: two of them may be made into one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The page comes to the front, or something was written."""

    now: datetime


@dataclass(frozen=True, slots=True)
class Loaded:
    found: Found


@dataclass(frozen=True, slots=True)
class TabChosen:
    tab: str


@dataclass(frozen=True, slots=True)
class RowChosen:
    key: str


@dataclass(frozen=True, slots=True)
class Opened:
    dispute: Dispute


@dataclass(frozen=True, slots=True)
class Picked:
    """A side for one line; the line WHOLE for all of them."""

    name: str
    side: int


@dataclass(frozen=True, slots=True)
class JoinPressed:
    pass


@dataclass(frozen=True, slots=True)
class Typed:
    text: str


@dataclass(frozen=True, slots=True)
class SettlePressed:
    pass


@dataclass(frozen=True, slots=True)
class MovePressed:
    at: datetime


@dataclass(frozen=True, slots=True)
class LetGoPressed:
    pass


@dataclass(frozen=True, slots=True)
class UndoPressed:
    key: str


@dataclass(frozen=True, slots=True)
class Done:
    """Written."""


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Load:
    """Effect: read everything that waits, and what was chosen here."""


@dataclass(frozen=True, slots=True)
class Open:
    """Effect: read one of them; who looked is written down."""

    kind: str
    fact: FactId


@dataclass(frozen=True, slots=True)
class Settle:
    """Effect: write the choice."""

    dispute: Dispute
    picks: Mapping[str, OpId]
    typed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Undo:
    """Effect: put the versions back."""

    kind: str
    fact: FactId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class Move:
    """Effect: the appointment at another time, or (None) not at all."""

    clash: Clash
    at: datetime | None


Event = (
    Shown | Loaded | TabChosen | RowChosen | Opened | Picked | JoinPressed | Typed | SettlePressed | MovePressed
    | LetGoPressed | UndoPressed | Done | Failed
)  # fmt: skip
Effect = Load | Open | Settle | Undo | Move
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911 - one line a case
    match event:
        case Shown(now):
            return replace(state, now=now), (Load(),)
        case Loaded(found):
            return _loaded(replace(state, found=found))
        case TabChosen(tab):
            return _closed(replace(state, tab=tab, sentence="")), ()
        case RowChosen(key):
            return _row(state, key)
        case Opened(dispute):
            return _opened(state, dispute), ()
        case Failed(sentence):
            return replace(state, busy=False, tone="warn", sentence=sentence), (Load(),)
        case Done():
            written = state.opened.key if state.opened else ""
            left = {key: text for key, text in state.drafts.items() if key != written}
            return replace(_closed(replace(state, joined=None, drafts=left)), busy=False, sentence=""), (
                Load(),
            )
        case _:
            return (state, ()) if state.busy else _acted(state, event)


def _acted(state: State, event: Event) -> Result:
    match event:
        case Picked(name, side):
            return _picked(state, name, side), ()
        case JoinPressed() if state.opened is not None and state.joins:
            text = state.drafts.get(state.opened.key) or joined_text(state.opened, state.joins)
            return replace(state, joined=text, picks=_lines(state)), ()
        case Typed(text) if state.joined is not None:
            return replace(state, joined=text), ()
        case SettlePressed() if state.ready and state.opened is not None:
            return replace(state, busy=True, sentence=""), (_settle(state, state.opened),)
        case MovePressed(at) if state.clash is not None:
            return replace(state, busy=True, sentence=""), (Move(state.clash, at),)
        case LetGoPressed() if state.clash is not None:
            return replace(state, busy=True, sentence=""), (Move(state.clash, None),)
        case UndoPressed(key):
            every = state.found.choices if state.found else ()
            found = next((one for one in every if f"{one.kind} {one.fact}" == key), None)
            if found is None:
                return state, ()
            patient = found.person.patient if found.person else PatientId("")
            return replace(state, busy=True), (Undo(found.kind, found.fact, patient),)
        case _:
            return state, ()


def _loaded(state: State) -> Result:
    """What is open stays open; another version that came meanwhile is shown with it, and what was typed stays."""
    one = state.opened
    if one is None or state.found is None:
        return state, ()
    now = next((other for other in state.found.disputes if other.key == one.key), None)
    if now is not None and set(now.seen) == set(one.seen):
        return state, ()
    if now is not None:
        picks = {name: op for name, op in state.picks.items() if op in now.seen}
        came = _("Another version came meanwhile. Look again before you choose.")
        return replace(state, opened=now, picks=picks, tone="warn", sentence=came), ()
    settled = _("This was settled on another computer meanwhile.")
    if state.joined is not None:
        return replace(state, tone="warn", sentence=settled), ()
    return replace(_closed(state), tone="info", sentence="" if state.busy else settled), ()


def _closed(state: State) -> State:
    """Nothing is open; words that were typed are kept."""
    return replace(_set_by(state), chosen="", opened=None, picks={}, joined=None)


def _set_by(state: State) -> State:
    if state.opened is None or state.joined is None:
        return state
    return replace(state, drafts={**state.drafts, state.opened.key: state.joined})


def _row(state: State, key: str) -> Result:
    every = state.found.disputes if state.found else ()
    one = next((other for other in every if other.key == key), None)
    if one is None:
        return replace(_closed(state), chosen=key, sentence=""), ()
    if state.opened is not None and state.opened.key == key:
        return state, ()
    return replace(_closed(state), chosen=key, sentence=""), (Open(one.kind, one.fact),)


def _opened(state: State, dispute: Dispute) -> State:
    """What only one side changed is picked already; two signatures leave nothing to pick."""
    if dispute.key != state.chosen:
        return state
    picks = {WHOLE: dispute.sides[0].op} if dispute.notes else dict(dispute.suggested)
    return replace(state, opened=dispute, picks=picks, joined=state.drafts.get(dispute.key))


def _picked(state: State, name: str, side: int) -> State:
    one = state.opened
    if one is None or not 0 <= side < len(one.sides) or (one.whole and name != WHOLE):
        return state
    op = one.sides[side].op
    if name == WHOLE:
        return replace(_set_by(state), picks={WHOLE: op}, joined=None)
    joined = None if name == state.joins else state.joined
    return replace(_set_by(state), picks={**_lines(state), name: op}, joined=joined)


def _lines(state: State) -> dict[str, OpId]:
    """The picks line by line: a version that was taken whole is its side on every line."""
    one = state.opened
    if one is not None and WHOLE in state.picks:
        return dict.fromkeys(one.names, state.picks[WHOLE])
    return dict(state.picks)


def side_of(state: State, name: str) -> int:
    """Which side is picked for a line; -1 for none, or where a joined text takes its place."""
    one = state.opened
    if one is None or (name and name == state.joins and state.joined is not None):
        return -1
    op = state.picks.get(name) or (state.picks.get(WHOLE) if name else None)
    return next((number for number, side in enumerate(one.sides) if side.op == op), -1)


def _settle(state: State, one: Dispute) -> Settle:
    typed = {state.joins: state.joined.strip()} if state.joined is not None and state.joins else {}
    return Settle(one, {name: op for name, op in state.picks.items() if name not in typed}, typed)


_SENTENCE = re.compile(r"[^.!?\n]*[.!?]+|[^.!?\n]+")


def joined_text(one: Dispute, name: str) -> str:
    """The first text, and below it each sentence of the others that it does not have: something to go on from."""
    first, *others = dict.fromkeys(str(getattr(side.fact, name)).strip() for side in one.sides)
    had, lines = set(_sentences(first)), [first] if first else []
    for text in others:
        new = [sentence for sentence in _sentences(text) if sentence not in had]
        had.update(new)
        lines += [" ".join(new)] if new else []
    return "\n".join(lines)


def _sentences(text: str) -> list[str]:
    return [found.strip() for found in _SENTENCE.findall(text) if found.strip()]
