# SPDX-License-Identifier: GPL-3.0-or-later
"""Which question about the visit is shown, and what of it is marked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from clinic.domain import questionnaires as q
from clinic.domain.facts import FormItem, Questionnaire
from clinic.domain.questionnaires import Given

MOST = 2
"""Reasons that can be marked."""


@dataclass(frozen=True, slots=True)
class State:
    """`given`: linkId -> answers, () for what was passed over; `on`: what is marked now, before "go on"."""

    form: Questionnaire
    given: Given = field(default_factory=dict)
    on: tuple[str, ...] = ()

    @property
    def asked(self) -> FormItem | None:
        """None when nothing more is asked."""
        items = (item for item in q.enabled(self.form, self.given) if item.kind in q.ASKED)
        return next((item for item in items if item.key not in self.given), None)


def marked(state: State, code: str, on: bool) -> State:
    """A reason was touched; one more than `MOST` changes nothing."""
    left = tuple(one for one in state.on if one != code)
    return replace(state, on=(*left, code) if on and len(left) < MOST else left)


def is_full(state: State) -> bool:
    return len(state.on) >= MOST


def answered(state: State, answers: tuple[str, ...]) -> State:
    if state.asked is None:
        return state
    return replace(state, given={**state.given, state.asked.key: answers}, on=())


def taken_back(state: State) -> State | None:
    """The question before is asked again; None at the first. What was marked there is marked still."""
    before = [item for item in state.form.items if item.key in state.given]
    if not before:
        return None
    last = before[-1]
    left = {key: said for key, said in state.given.items() if key != last.key}
    return replace(state, given=left, on=state.given[last.key] if last.repeats else ())
