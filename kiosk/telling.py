# SPDX-License-Identifier: GPL-3.0-or-later
"""When the desks hear how a kiosk stands: at the first look, when it changed, and every quarter of an hour. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LOOK_S = 60.0
AGAIN_S = 900.0
"""A desk that was opened meanwhile hears it too."""


@dataclass(frozen=True, slots=True)
class Told:
    """`troubles`: None before anything was said. `at_s`: monotonic."""

    troubles: tuple[str, ...] | None = None
    at_s: float = 0.0


def looked(told: Told, troubles: tuple[str, ...], now_s: float, online: bool) -> tuple[Told, bool]:
    """What stands now, and whether it is said; without a line it waits for one."""
    due = troubles != told.troubles or now_s - told.at_s >= AGAIN_S
    if not (due and online):
        return told, False
    return Told(troubles, now_s), True
