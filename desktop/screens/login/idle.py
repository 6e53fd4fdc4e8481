# SPDX-License-Identifier: GPL-3.0-or-later
"""When an untouched screen covers itself: pure, the times are handed in. A local control (L)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Idle:
    """When somebody last touched anything, by both clocks: one stands still while the computer sleeps, the other can be
    set."""

    limit_s: float
    at: datetime
    ticks: float


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
