# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways for a call engine to die, and what must not die with it."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

PHASES = ("idle", "calling", "connecting", "talking", "reconnecting", "ended")
"""of the call whose engine dies; in 'reconnecting' the other side's has just stopped."""
WAYS = ("killed", "segv", "hangs", "spins", "memory")
"""SIGKILL; a fault; stopped; a loop that takes the processor and never ends; no memory any more."""
BACK_S = 3.0
LATE_MS = 16.0
LIMIT_S = 40.0
"""Until a call that was answered must carry again, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Death:
    """`back_s`: from the death until another engine took commands; `carries_s`: until voice and picture came again where a call
    had been answered; None where that never was. `late_ms`: how late the screen was, at each look and at each key. `lost`: what
    was typed meanwhile and is not in the book. `end`: the phase some time after."""

    phase: str
    way: str
    back_s: float | None = None
    carries_s: float | None = None
    late_ms: tuple[float, ...] = ()
    lost: int = 0
    end: str = ""

    @property
    def told(self) -> dict[str, Any]:
        """As a line of JSON carries it."""
        return asdict(self)

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        """Raises TypeError for what is no death."""
        return cls(**{**told, "late_ms": tuple(told.get("late_ms", ()))})

    @property
    def carries_on(self) -> bool:
        """The phase that the call must be in afterwards."""
        wanted = "talking" if self.phase in ("connecting", "reconnecting") else self.phase
        return self.end == wanted and self.back_s is not None


def planned() -> Iterator[tuple[str, str]]:
    """(phase, way) of each."""
    yield from ((phase, way) for phase in PHASES for way in WAYS)


def here() -> bool:
    """Whether processes can be told to die in all these ways."""
    return sys.platform != "win32"


def words(deaths: Sequence[Death]) -> dict[str, float]:
    """Names of those for a result's `also`."""
    return {f"{one.phase}, {one.way}": 1.0 for one in deaths}
