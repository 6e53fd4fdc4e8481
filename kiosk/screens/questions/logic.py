# SPDX-License-Identifier: GPL-3.0-or-later
"""Which question is shown, and what of its tiles or places is on."""

from dataclasses import dataclass, replace

from clinic.domain import questionnaires as q
from clinic.domain.facts import FormItem, Questionnaire
from clinic.domain.questionnaires import Interview


@dataclass(frozen=True, slots=True)
class State:
    """`on`: what is marked of the question that is shown, before "go on"."""

    interview: Interview
    on: frozenset[str] = frozenset()

    @property
    def asked(self) -> tuple[Questionnaire, FormItem] | None:
        return q.next_question(self.interview)


def marked(state: State, code: str, on: bool) -> State:
    """A tile or a place was touched."""
    return replace(state, on=state.on | {code} if on else state.on - {code})


def as_marked(state: State) -> Interview:
    """What would be told if she went on now: a red flag waits for no button."""
    return answered(state, told(state))


def told(state: State) -> tuple[str, ...]:
    """What is marked, in the order of the question."""
    asked = state.asked
    return tuple(one.code for one in asked[1].options if one.code in state.on) if asked else ()


def answered(state: State, answers: tuple[str, ...]) -> Interview:
    """With an answer to the question that is shown; () to pass it over."""
    if state.asked is None:
        return state.interview
    form, item = state.asked
    return q.answered(state.interview, form.url, item.key, answers)
