# SPDX-License-Identifier: GPL-3.0-or-later
"""An oximeter on a finger sends a number a second: one that has settled counts, not the first one."""

from __future__ import annotations

from decimal import Decimal

from clinic.domain.instruments.readings import Reading

SETTLED = 5
"""So many in a row that agree."""
APART = {"spo2": Decimal(2), "heart_rate": Decimal(8)}
"""The most that numbers which agree lie apart."""


def heard(before: tuple[Reading, ...], reading: Reading) -> tuple[tuple[Reading, ...], Reading | None]:
    """What is kept for the next one, and the reading once the last few agree; then it begins anew."""
    last = (*before, reading)[-SETTLED:]
    if len(last) == SETTLED and all(_agree(last, key) for key in reading.values):
        return (), reading
    return last, None


def _agree(last: tuple[Reading, ...], key: str) -> bool:
    numbers = [one.values[key] for one in last if key in one.values]
    return len(numbers) == len(last) and max(numbers) - min(numbers) <= APART[key]
