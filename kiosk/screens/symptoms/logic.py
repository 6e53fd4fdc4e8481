# SPDX-License-Identifier: GPL-3.0-or-later
"""Any number of tiles may be on; the order of the tiles is kept."""

from dataclasses import dataclass, replace

from clinic.domain.values import Coding
from kiosk.questionnaire import Choice


@dataclass(frozen=True, slots=True)
class State:
    offered: tuple[Choice, ...]
    on: frozenset[str] = frozenset()


def toggled(state: State, key: str) -> State:
    """The tile touched: on becomes off, off becomes on."""
    return replace(state, on=state.on ^ {key})


def told(state: State, language: str) -> tuple[Coding, ...]:
    """The codes of the tiles that are on, with the words that were on them."""
    return tuple(choice.coding(language) for choice in state.offered if choice.id in state.on)
