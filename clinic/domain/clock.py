# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock port, and the hybrid logical clock that orders writes of devices whose clocks disagree."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall time, UTC-aware."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


class SystemClock:
    """The machine's clock; made only at the roofs."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(slots=True)
class FrozenClock:
    """A clock for tests and the simulator; it moves only when told."""

    at: datetime
    elapsed: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.elapsed += seconds


BELIEVED_S = 100 * 366 * 86_400
"""No clock is further off than from 1970, where one without a battery starts."""


@dataclass(slots=True)
class CentreClock:
    """The centre's time as far as this device knows it: its own clock, moved by what that is surely wrong.

    Devices whose clocks disagree agree by it on what is fresh (letters, descriptions of a call). Records keep the
    device's own time.
    """

    own: Clock
    ahead_s: int = 0
    """Whole seconds the centre is surely ahead of us; negative: behind; 0 while both may be right."""

    def now(self) -> datetime:
        return self.own.now() + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        return self.own.monotonic()

    def compare(self, sent_at: datetime, received_at: datetime, centre_at: datetime) -> None:
        """One exchange, by our own clock from sending to receiving; the centre wrote its time in between."""
        ahead_s = surely_ahead_s(sent_at, received_at, centre_at)
        self.ahead_s = ahead_s if abs(ahead_s) <= BELIEVED_S else 0


def surely_ahead_s(sent_at: datetime, received_at: datetime, centre_at: datetime) -> int:
    """Seconds between the centre's time and the nearest moment at which it can have been written."""
    if centre_at > received_at:
        return int((centre_at - received_at).total_seconds())
    return -int(max(timedelta(0), sent_at - centre_at).total_seconds())


Random = Callable[[int], bytes]
"""`random(n)` gives n unpredictable bytes; the roofs hand in `os.urandom`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970 of an aware datetime."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def stamp_after(latest: int, at: datetime) -> int:
    """The next hybrid logical stamp: wall milliseconds << 16, or `latest` + 1 if the wall clock is behind it."""
    return max(milliseconds(at) << 16, latest + 1)


def stamp_time(stamp: int) -> datetime:
    """Wall time of a hybrid logical stamp, millisecond resolution."""
    return _EPOCH + timedelta(milliseconds=stamp >> 16)
