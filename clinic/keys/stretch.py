# SPDX-License-Identifier: GPL-3.0-or-later
"""Argon2id (RFC 9106): what makes guessing a password cost."""

from dataclasses import dataclass

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw

from clinic.domain.errors import Refusal, Unavailable

FLOOR_KIB = 64 * 1024
CEILING_KIB = 1024 * 1024
_MAX_TIME, _MAX_LANES = 20, 16


@dataclass(frozen=True, slots=True)
class Cost:
    """Passes, memory in KiB, lanes. The default takes 0.2 to 1.5 s on the machines Posta supports."""

    time_cost: int = 3
    memory_kib: int = 128 * 1024
    lanes: int = 2


WEAK = Cost(time_cost=1, memory_kib=8, lanes=1)
"""For tests only; refused unless the caller says `weak_for_tests`."""


def stretch(secret: bytes, salt: bytes, cost: Cost, *, weak_for_tests: bool = False) -> bytes:
    """32 bytes from a weak secret; `salt` at least 16 bytes. Raises Refusal for a cost below 64 MiB or
    beyond reason."""
    too_weak = cost.memory_kib < FLOOR_KIB or cost.time_cost < 3
    if too_weak and not weak_for_tests:
        raise Refusal("This key slot was made too weak to be trusted. Restore the slots from their backup.")
    possible = 1 <= cost.time_cost <= _MAX_TIME and 1 <= cost.lanes <= _MAX_LANES
    if not possible or not 8 * cost.lanes <= cost.memory_kib <= CEILING_KIB:
        raise Refusal(
            "This key slot asks for more or less than any Posta does. Restore the slots from their backup."
        )
    try:
        return hash_secret_raw(secret, salt, cost.time_cost, cost.memory_kib, cost.lanes, 32, Type.ID)
    except HashingError as error:
        raise Unavailable(
            "There is not enough free memory to open the store (128 MiB). Close other programs."
        ) from error
