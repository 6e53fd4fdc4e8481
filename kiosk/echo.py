# SPDX-License-Identifier: GPL-3.0-or-later
"""A finger that taps twice means one thing: the second tap must not answer the next question, unread."""

from __future__ import annotations

from dataclasses import dataclass, replace

ECHO_MS = 350
"""Between two taps of one wish: a double click of a system takes 400 ms, two decisions take longer."""
NEAR = 48
"""Pixels in each direction; two targets of the kiosk lie further apart."""


@dataclass(frozen=True, slots=True)
class Echo:
    """The last tap that counted: milliseconds of the system's clock, place on the screen; `turned`: another
    question came since.
    """

    at_ms: int = -ECHO_MS
    x: float = 0.0
    y: float = 0.0
    turned: bool = False


def turned(echo: Echo) -> Echo:
    """The screen asks something else now."""
    return replace(echo, turned=True)


def is_echo(echo: Echo, at_ms: int, x: float, y: float) -> bool:
    """Whether this tap is the rest of the one before, which has turned the page already."""
    near = abs(x - echo.x) <= NEAR and abs(y - echo.y) <= NEAR
    return echo.turned and near and 0 <= at_ms - echo.at_ms < ECHO_MS


def tapped(at_ms: int, x: float, y: float) -> Echo:
    """A tap that counts."""
    return Echo(at_ms, x, y)
