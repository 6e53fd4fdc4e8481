# SPDX-License-Identifier: GPL-3.0-or-later
"""When an untouched screen covers itself: pure, the times are handed in. A local control (L)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

MOST_MINUTES = 5
POLICY = "idle lock minutes"
"""Name of the statement of the trust log that asks for less than five minutes."""


@dataclass(frozen=True, slots=True)
class Idle:
    """When somebody last touched anything, by both clocks: one stands still while the computer sleeps, the other can be
    set."""

    limit_s: float
    at: datetime
    ticks: float


def limit_s(policies: Mapping[str, str]) -> float:
    """1 to 5 minutes, as the clinic's policy says; 5 where it says nothing that can be read."""
    said = policies.get(POLICY, "")
    minutes = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else MOST_MINUTES
    return 60.0 * min(max(minutes, 1), MOST_MINUTES)


def touched(idle: Idle, now: datetime, ticks: float) -> Idle:
    """Somebody is there."""
    return replace(idle, at=now, ticks=ticks)


def looked_at(idle: Idle, now: datetime, ticks: float, in_call: bool) -> tuple[Idle, bool]:
    """(the state, whether to cover now). Who talks to a patient is there: the time begins when the call ends."""
    if in_call:
        return touched(idle, now, ticks), False
    away_s = max(ticks - idle.ticks, (now - idle.at).total_seconds())
    if now < idle.at:
        idle = replace(idle, at=now)  # the clock was set back
    return idle, away_s >= idle.limit_s
