# SPDX-License-Identifier: GPL-3.0-or-later
"""When the next session starts: at once after a visit, with growing waits when sessions crash in a row."""

from __future__ import annotations

from dataclasses import dataclass

VISIT_OVER = 0
STOP = 75
"""Exit code by which a session asks the supervisor to end too."""
AGAIN = 76
"""By which it asks that all of the program begins anew, the supervisor too."""
WAITS_S = (0.0, 0.0, 0.5, 2.0, 5.0, 15.0, 30.0)
HEALTHY_S = 20.0
"""A session that lived that long did not fail because of its start."""
SENTENCE_SAID = frozenset({2, 3, 4})
"""Wrong use, refused, unavailable: the session said why; the next one would say the same at once."""


@dataclass(frozen=True, slots=True)
class Restarts:
    """`crashes`: sessions that died badly, one after the other."""

    crashes: int = 0


@dataclass(frozen=True, slots=True)
class StartAfter:
    """Start the next session after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class End:
    """The supervisor ends with this exit code."""

    code: int


def ended_badly(code: int) -> bool:
    """Whether a session's end is one for the list of crashes."""
    return code not in (VISIT_OVER, STOP, AGAIN, *SENTENCE_SAID)


def after(restarts: Restarts, code: int, lived_s: float) -> tuple[Restarts, StartAfter | End]:
    """What follows a session that lived `lived_s` s and ended with `code` (negative: killed by a signal)."""
    if code == STOP:
        return restarts, End(0)
    if code == AGAIN:
        return restarts, End(AGAIN)
    if code == VISIT_OVER:
        return Restarts(), StartAfter(0.0)
    if code in SENTENCE_SAID and lived_s < HEALTHY_S:
        return restarts, End(code)
    crashes = 1 if lived_s >= HEALTHY_S else restarts.crashes + 1
    return Restarts(crashes), StartAfter(WAITS_S[min(crashes, len(WAITS_S) - 1)])
