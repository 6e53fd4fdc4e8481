# SPDX-License-Identifier: GPL-3.0-or-later
"""The sync machine drawn from what it does: every phase meets every event under every condition, and where it goes is noted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from clinic.sync.machine import (
    Connected,
    Disconnected,
    Event,
    Exchange,
    ExchangeDone,
    ExchangeFailed,
    Failure,
    LocalWrite,
    Phase,
    Rang,
    State,
    SyncDue,
    Ticked,
    WaitUntil,
    step,
)

CONDITIONS = ("online", "again", "more", "due")
"""What a rule may ask besides phase and event: there is a link; something happened meanwhile; the remote has more; the rest is
over."""
_SHOWN = {Exchange: "Exchange", WaitUntil: "WaitUntil"}
_NOW, _DUE_AT = 100.0, 50.0


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """Where a step led, which effects it had, and whether it noted that one more exchange is wanted."""

    to: Phase
    effects: tuple[str, ...]
    noted: bool


def transitions() -> dict[tuple[Phase, str], dict[Turn, str]]:
    """(phase, event) -> turn -> under which conditions ('' always). What changes nothing is left out."""
    found: dict[tuple[Phase, str], dict[Turn, list[tuple[bool, ...]]]] = {}
    for phase, facts in product(Phase, product((False, True), repeat=len(CONDITIONS))):
        state, events = _posed(phase, dict(zip(CONDITIONS, facts, strict=True)))
        for event in events:
            turns = found.setdefault((phase, type(event).__name__), {})
            turns.setdefault(_turn(state, event), []).append(facts)
    return {key: dict(_named(key[0], turns)) for key, turns in found.items()}


def diagram() -> str:
    """The machine as a Mermaid state diagram."""
    edges: dict[tuple[Phase, Turn], list[str]] = {}
    for (phase, event), turns in transitions().items():
        for turn, when in turns.items():
            edges.setdefault((phase, turn), []).append(f"{event} [{when}]" if when else event)
    lines = ["stateDiagram-v2", f"    [*] --> {Phase.STILL}"]
    order = list(Phase)
    for phase, turn in sorted(
        edges, key=lambda edge: (order.index(edge[0]), order.index(edge[1].to), edge[1])
    ):
        does = [*turn.effects, *(["once more"] if turn.noted else [])]
        label = ", ".join(sorted(edges[phase, turn])) + (f" / {' + '.join(does)}" if does else "")
        lines.append(f"    {phase} --> {turn.to}: {label}")
    return "\n".join(lines) + "\n"


def _posed(phase: Phase, facts: Mapping[str, bool]) -> tuple[State, tuple[Event, ...]]:
    """A state in which the conditions are so, and one event of each kind under them."""
    due_at = _DUE_AT if facts["due"] else 2 * _NOW
    state = State(phase=phase, online=facts["online"], again=facts["again"], due_at=due_at)
    return state, (
        SyncDue(_NOW), Rang(_NOW), LocalWrite(_NOW, 1), Connected(_NOW), Disconnected(_NOW), Ticked(_NOW),
        ExchangeDone(_NOW, more=facts["more"]), *(ExchangeFailed(_NOW, why) for why in Failure),
    )  # fmt: skip


def _turn(state: State, event: Event) -> Turn:
    after, effects = step(state, event)
    shown = tuple(_SHOWN[type(effect)] for effect in effects if type(effect) in _SHOWN)
    return Turn(after.phase, shown, after.again and not state.again)


def _named(phase: Phase, turns: Mapping[Turn, list[tuple[bool, ...]]]) -> Iterator[tuple[Turn, str]]:
    always = {facts for under in turns.values() for facts in under}
    for turn, under in turns.items():
        if turn == Turn(phase, (), False):
            continue
        # that it is wanted already is no condition for noting it
        asked = {facts for facts in always if not facts[1]} if turn.noted else always
        yield turn, _when({facts for facts in under if facts in asked}, asked)


def _when(under: set[tuple[bool, ...]], always: set[tuple[bool, ...]]) -> str:
    """'' for always, else the conditions any one of which suffices, or of which none may hold. Raises ValueError for what
    cannot be said so."""
    if under == always:
        return ""
    if suffices := _any_of(under, always):
        return " or ".join(suffices)
    if hinders := _any_of(always - under, always):
        return "neither " + " nor ".join(hinders)
    raise ValueError("a rule asks for more than one condition at once: draw it by hand")


def _any_of(under: set[tuple[bool, ...]], always: set[tuple[bool, ...]]) -> list[str]:
    """The conditions under one of which at least we are, exactly; [] if there are no such."""
    said: list[str] = []
    covered: set[tuple[bool, ...]] = set()
    for place, name in enumerate(CONDITIONS):
        for value in (True, False):
            cube = {facts for facts in always if facts[place] is value}
            if cube and cube <= under:
                said.append(name if value else f"not {name}")
                covered |= cube
    return said if covered == under else []
