# SPDX-License-Identifier: GPL-3.0-or-later
"""What a link is enough for, from a short measurement of it: by the same figures as the ladder of a call. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from clinic.calls.quality import LEAST_KBPS, MOST_RTT_MS, ROOM, Rung


class Enough(StrEnum):
    PICTURE = "picture"
    VOICE = "voice"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Tried:
    """A measurement: `up_kbps` is the way up, which on rural links is the narrower one. `island`: of the clinic's own
    network, not of the way to the centre."""

    rtt_ms: float
    up_kbps: float
    island: bool = False


def enough_for(tried: Tried) -> Enough:
    """Live voice without a picture holds down to the rung of stills.

    >>> enough_for(Tried(rtt_ms=80, up_kbps=64))
    <Enough.VOICE: 'voice'>
    """
    for rung, what in ((Rung.VIDEO, Enough.PICTURE), (Rung.STILLS, Enough.VOICE)):
        if tried.up_kbps >= LEAST_KBPS[rung] * ROOM and tried.rtt_ms <= MOST_RTT_MS[rung]:
            return what
    return Enough.WRITTEN
