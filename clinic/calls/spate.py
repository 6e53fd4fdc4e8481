# SPDX-License-Identifier: GPL-3.0-or-later
"""How many words of a peer are listened to: one that floods us is heard as much as anybody, and no more."""

from dataclasses import dataclass


@dataclass(slots=True)
class Spate:
    """A bucket of `burst` words that fills by `per_s` a second (a token bucket, RFC 2697, 3)."""

    per_s: float = 300.0
    burst: float = 600.0
    _left: float = 600.0
    _at: float = float("-inf")

    def lets(self, now: float) -> bool:
        """Whether one more word is taken."""
        if self._at == float("-inf"):
            self._left = self.burst
        else:
            self._left = min(self.burst, self._left + (now - self._at) * self.per_s)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
