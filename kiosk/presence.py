# SPDX-License-Identifier: GPL-3.0-or-later
"""Is somebody still there? After a silence the screen asks; after a second silence the visit is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

ASK_S = 20.0
"""How long "still there?" waits for an answer."""


class Here(StrEnum):
    YES = "yes"
    ASKED = "asked"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Presence:
    """`since`: monotonic seconds of the last sign of life; `patience_s`: None where nobody is ever sent
    away.
    """

    since: float = 0.0
    patience_s: float | None = None
    here: Here = Here.YES


def touched(presence: Presence, now: float) -> Presence:
    """A finger, a spoken sentence, a step: somebody is there."""
    return replace(presence, since=now, here=Here.YES)


def waits(presence: Presence, patience_s: float | None, now: float) -> Presence:
    """Another screen, with another patience."""
    return Presence(now, patience_s)


def tick(presence: Presence, now: float) -> Presence:
    """Once a second; GONE is final."""
    if presence.patience_s is None or presence.here is Here.GONE:
        return presence
    silence = now - presence.since
    if silence >= presence.patience_s + ASK_S:
        return replace(presence, here=Here.GONE)
    return replace(presence, here=Here.ASKED if silence >= presence.patience_s else Here.YES)


def seconds_left(presence: Presence, now: float) -> int:
    """Of the question "still there?", for the screen to count down."""
    if presence.patience_s is None:
        return 0
    return max(0, round(presence.since + presence.patience_s + ASK_S - now))
