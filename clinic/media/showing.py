# SPDX-License-Identifier: GPL-3.0-or-later
"""When a picture that has come is shown: with its sound, evenly, and never later than it must. Pure."""

from collections import deque

BASE_S = 10.0
"""How far back the quickest picture is looked for."""
LONGEST_S = 0.4
AHEAD_S = 0.08
"""A picture may be so much earlier than its sound: nobody sees less than 0.125 s (ITU-R BT.1359-1)."""
FROZEN_PICTURES = 3.0
"""A picture that stands for longer than so many of the sender's intervals is frozen."""
SHORTEST_S = 1 / 30


class Showing:
    """Pictures wait until the sound of their moment is heard; `sound_s`: how late after its quickest passage
    sound is heard. Where repetitions come soon, they are waited for too.
    """

    def __init__(self) -> None:
        self.sound_s = 0.06
        self.rtt_s = 0.2
        self.loss = 0.0
        self._quickest: deque[tuple[float, float]] = deque()
        self._wait_s = 0.0
        self._shown_at: float | None = None
        self._taken_s: float | None = None
        self._every_s = 1 / 15
        self._frozen_s = self._counted_s = 0.0

    def wait_s(self, taken_s: float, now: float) -> float:
        """Seconds to hold a picture that the sender took at `taken_s` of its clock and that came now."""
        passage = now - taken_s
        if self._quickest and now - self._quickest[-1][0] < 1:
            self._quickest[-1] = self._quickest[-1][0], min(self._quickest[-1][1], passage)
        else:
            self._quickest.append((now, passage))
        while self._quickest[0][0] < now - BASE_S and len(self._quickest) > 1:
            self._quickest.popleft()
        self._wait_s += 0.1 * (self._wanted() - self._wait_s)
        early = min(passage for _, passage in self._quickest) + self._wait_s - passage
        return max(0.0, min(LONGEST_S, early))

    def _wanted(self) -> float:
        repeat_s = 1.15 * self.rtt_s + 0.03 - (FROZEN_PICTURES - 1) * self._every_s
        worth = self.loss > 0.002 and self.rtt_s < 0.18
        return min(LONGEST_S, max(self.sound_s - AHEAD_S, repeat_s if worth else 0.0))

    def shown(self, taken_s: float, now: float) -> None:
        """That picture is on the screen from now on."""
        if self._shown_at is not None and self._taken_s is not None:
            stood, between = now - self._shown_at, taken_s - self._taken_s
            if 0 < between < 1:
                self._every_s += 0.1 * (between - self._every_s)
            self._count(stood)
        self._shown_at, self._taken_s = now, taken_s

    def frozen(self, now: float) -> float:
        """Share 0..1 of the time since the last asking in which the picture stood still though it should not."""
        if self._shown_at is None:
            return 0.0
        standing = now - self._shown_at
        frozen, counted = self._frozen_s, self._counted_s + standing
        if standing > FROZEN_PICTURES * self._longest():
            frozen += standing - self._longest()
        self._frozen_s, self._counted_s = 0.0, -standing
        if standing > FROZEN_PICTURES * self._longest():
            self._frozen_s = -(standing - self._longest())
        return min(1.0, max(0.0, frozen / counted)) if counted > 0 else 0.0

    def _count(self, stood: float) -> None:
        self._counted_s += stood
        if stood > FROZEN_PICTURES * self._longest():
            self._frozen_s += stood - self._longest()

    def _longest(self) -> float:
        return max(SHORTEST_S, self._every_s)
