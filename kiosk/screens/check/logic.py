# SPDX-License-Identifier: GPL-3.0-or-later
"""One question, asked twice at most: a bad picture never keeps anybody from the visit."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class State:
    """`helped`: the advice was given once."""

    helped: bool = False
    camera: bool = True
    done: bool = False


def answered(state: State, yes: bool) -> State:
    """Yes, or the second no, goes on."""
    if yes or state.helped or not state.camera:
        return replace(state, done=True)
    return replace(state, helped=True)
