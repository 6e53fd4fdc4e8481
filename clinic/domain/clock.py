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
