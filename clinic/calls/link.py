# SPDX-License-Identifier: GPL-3.0-or-later
"""How the link is, in a word: worse at once, better slowly. What goes over it is decided in `quality`."""

from dataclasses import dataclass, replace
from enum import IntEnum

from clinic.protocol.engine import CallStats

UP_AFTER = 5
"""Seconds of better figures before a better word is said."""


class Level(IntEnum):
    """From worst to best."""

    RECONNECTING = 0
    VOICE_ONLY = 1
    WEAK = 2
    GOOD = 3


WORDS = {
    Level.RECONNECTING: "reconnecting",
    Level.VOICE_ONLY: "voice only",
    Level.WEAK: "weak: voice may break",
    Level.GOOD: "good",
}


@dataclass(frozen=True, slots=True)
class Quality:
    """The word that is said now, the last figures,
    and for how many seconds these were better than the word.
    """

    level: Level = Level.GOOD
    better_for: int = 0
    sent_kbps: float = 0.0
    received_kbps: float = 0.0
    loss: float = 0.0
    rtt_ms: float = 0.0
    video_fps: float = 0.0

    @property
    def words(self) -> str:
        return WORDS[self.level]


def seen(before: Quality, stats: CallStats) -> Quality:
    """The quality after one more second of figures."""
    now = replace(
        before,
        sent_kbps=stats.sent_kbps,
        received_kbps=stats.received_kbps,
        loss=stats.loss,
        rtt_ms=stats.rtt_ms,
        video_fps=stats.video_fps,
    )
    level = measured(stats)
    if level < before.level or before.level is Level.RECONNECTING:
        return replace(now, level=level, better_for=0)
    if level is before.level:
        return replace(now, better_for=0)
    if before.better_for + 1 >= UP_AFTER:
        return replace(now, level=Level(before.level + 1), better_for=0)
    return replace(now, better_for=before.better_for + 1)


def measured(stats: CallStats) -> Level:
    """What the figures of one second say (delay: ITU-T G.114; plain Opus breaks up at 5 % loss)."""
    if stats.silent_s >= 1.0:
        return Level.RECONNECTING
    if stats.video_fps < 1.0:
        return Level.VOICE_ONLY
    if stats.loss > 0.05 or stats.rtt_ms > 400.0 or stats.video_fps < 5.0:
        return Level.WEAK
    return Level.GOOD
