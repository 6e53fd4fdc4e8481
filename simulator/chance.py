# SPDX-License-Identifier: GPL-3.0-or-later
"""Chance that a seed repeats: what `os.urandom` is at the roofs, and choices."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """One stream of a seed. Streams of different names have nothing to do with each other: what one computer draws moves
    nothing elsewhere."""

    def __init__(self, seed: str) -> None:
        self._key = blake2b(seed.encode(), digest_size=32).digest()
        self._drawn = 0

    def __call__(self, size: int) -> bytes:
        """`size` bytes: a `clinic.domain.clock.Random`."""
        out = b""
        while len(out) < size:
            out += blake2b(self._drawn.to_bytes(8, "big"), key=self._key).digest()
            self._drawn += 1
        return out[:size]

    def below(self, end: int) -> int:
        """0 to end - 1."""
        return int.from_bytes(self(8), "big") % end

    def fraction(self) -> float:
        """0 to just below 1."""
        return self.below(1 << 32) / (1 << 32)

    def happens(self, part: float) -> bool:
        """True in that part of all cases."""
        return self.fraction() < part

    def one_of(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def weighed(self, weights: Mapping[T, int]) -> T:
        """One of the keys, each as often as its weight says."""
        left = self.below(sum(weights.values()))
        for thing, weight in weights.items():
            left -= weight
            if left < 0:
                return thing
        raise ValueError("nothing to choose from")

    def shuffled(self, things: Sequence[T]) -> list[T]:
        left, out = list(things), []
        while left:
            out.append(left.pop(self.below(len(left))))
        return out
