# SPDX-License-Identifier: GPL-3.0-or-later
"""A call on hold, decided: whoever holds it is neither heard nor seen, hears and sees nothing, and says so until it is taken up.

What is said is said again, because a word can be lost; who hears nothing more of it goes on with the call. Seconds are ticks.
"""

from dataclasses import dataclass, replace

SAID_S = 4
"""Ticks after which it is said again."""
FORGOTTEN_S = 13
"""Ticks of a working link without a word after which the other side's hold is over: three words were lost, or its program began
anew."""


@dataclass(frozen=True, slots=True)
class Hold:
    """`number` grows with each change of ours; `heard` is the newest of the other side's."""

    ours: bool = False
    theirs: bool = False
    number: int = 0
    heard: int = 0
    ticks: int = 0
    unheard: int = 0


@dataclass(frozen=True, slots=True)
class Tell:
    """To the other side."""

    on: bool
    number: int


Result = tuple[Hold, Tell | None]


def pressed(hold: Hold, on: bool) -> Result:
    """Whoever is here holds the call, or takes it up again."""
    if on is hold.ours:
        return hold, None
    number = hold.number + 1
    return replace(hold, ours=on, number=number, ticks=0), Tell(on, number)


def heard(hold: Hold, on: bool, number: int) -> Hold:
    """The other side's word; one that a newer one has overtaken says nothing."""
    if number < hold.heard:
        return hold
    return replace(hold, theirs=on, heard=number, unheard=0)


def ticked(hold: Hold, talking: bool) -> Result:
    """A second later. `talking`: the link carries, so that the other side's word would have come."""
    ticks, unheard = hold.ticks + 1, hold.unheard + (talking and hold.theirs)
    hold = replace(hold, ticks=ticks, unheard=unheard, theirs=hold.theirs and unheard < FORGOTTEN_S)
    if hold.number and ticks >= SAID_S:
        return replace(hold, ticks=0), Tell(hold.ours, hold.number)
    return hold, None
