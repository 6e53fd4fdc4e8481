# SPDX-License-Identifier: GPL-3.0-or-later
"""The consent form page by page: what it says, five answers, a signature. Nothing is answered beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from clinic.domain.facts import Decision
from clinic.domain.values import Point, Stroke

PAGE = 300
"""Characters on one page at the largest letters, unless one paragraph is longer."""
SHORTEST_MS = 150
"""A signature is more than a tap."""


class Stage(StrEnum):
    READ = "read"
    ITEMS = "items"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class State:
    """`scopes`: the items in order, `pages`: the text to read first."""

    pages: tuple[str, ...]
    scopes: tuple[str, ...]
    stage: Stage = Stage.READ
    index: int = 0
    decisions: Mapping[str, Decision] = field(default_factory=dict)


def begun(intro: str, scopes: tuple[str, ...]) -> State:
    """The form as it is first shown."""
    return State(pages(intro), scopes)


def read(state: State) -> State:
    """The page was understood."""
    if state.stage is not Stage.READ:
        return state
    last = state.index + 1 >= len(state.pages)
    return replace(state, stage=Stage.ITEMS, index=0) if last else replace(state, index=state.index + 1)


def answered(state: State, yes: bool) -> State:
    """Yes or no to the item shown."""
    if state.stage is not Stage.ITEMS:
        return state
    decisions = {**state.decisions, state.scopes[state.index]: Decision.PERMIT if yes else Decision.DENY}
    last = state.index + 1 >= len(state.scopes)
    moved = replace(state, decisions=decisions, index=0 if last else state.index + 1)
    return replace(moved, stage=Stage.SIGN) if last else moved


def back(state: State) -> State | None:
    """One page or item back; None on the first page."""
    if state.index > 0:
        return replace(state, index=state.index - 1)
    match state.stage:
        case Stage.SIGN:
            return replace(state, stage=Stage.ITEMS, index=len(state.scopes) - 1)
        case Stage.ITEMS:
            return replace(state, stage=Stage.READ, index=len(state.pages) - 1)
    return None


def pages(intro: str, limit: int = PAGE) -> tuple[str, ...]:
    """The paragraphs (lines) of a text, as many on a page as fit `limit` characters; no paragraph is cut."""
    filled: list[str] = []
    for paragraph in (part.strip() for part in intro.split("\n")):
        if not paragraph:
            continue
        if filled and len(filled[-1]) + len(paragraph) <= limit:
            filled[-1] = f"{filled[-1]}\n\n{paragraph}"
        else:
            filled.append(paragraph)
    return tuple(filled)


class Touched(Protocol):
    """One point of the signature pad: x, y in 0..1 of the pad, t_ms, pressure 0..1."""

    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def t_ms(self) -> int: ...
    @property
    def pressure(self) -> float: ...


def strokes(drawn: Sequence[Sequence[Touched]]) -> tuple[Stroke, ...]:
    """The pad's strokes as facts: thousandths of the pad, ms since the first point, pressure 0-1000."""
    start = min((point.t_ms for line in drawn for point in line), default=0)
    return tuple(Stroke(points=tuple(_point(point, start) for point in line)) for line in drawn if line)


def _point(point: Touched, start: int) -> Point:
    return Point(
        x=round(point.x * 1000),
        y=round(point.y * 1000),
        t=int(point.t_ms - start),
        pressure=round(point.pressure * 1000),
    )


def is_signature(signed: tuple[Stroke, ...]) -> bool:
    """At least one line that took time to draw."""
    points = [point for stroke in signed for point in stroke.points]
    return len(points) >= 4 and max(p.t for p in points) - min(p.t for p in points) >= SHORTEST_MS
