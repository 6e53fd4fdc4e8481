# SPDX-License-Identifier: GPL-3.0-or-later
"""How large and how often pictures are sent: what a budget allows, down at once, up slowly."""

from dataclasses import dataclass, replace

CALM_S = 5.0
"""After a step down the next step up waits at least so long; sizes never swing faster."""
CALM_MOST_S = 40.0
LONG_S = 20.0
"""A rung that held so long was the right one: the next rest is shorter again."""
EASY_S = 1.0
"""Between two steps up at the beginning, when nothing has gone wrong yet."""
BETWEEN_S = 0.8
"""Between two steps down: the first needs time to show."""
SPARE, SHORT = 1.2, 0.85
"""A step is taken up with so much above its need, down with so little of it."""
DIP_S, FAR_SHORT = 0.8, 0.15
"""A budget that is too small for less than that is a queue being emptied; one far too small is not waited for."""
PLENTY = 1.6
"""With so much above the need of a far higher rung the ones between are left out."""


@dataclass(frozen=True, slots=True)
class Rung:
    """Needs `bps` of coded picture; `height` lines at most `fps` times a second."""

    bps: int
    height: int
    fps: int


RUNGS = (
    Rung(0, 120, 5),
    Rung(24_000, 180, 8),
    Rung(44_000, 240, 10),
    Rung(75_000, 240, 15),
    Rung(110_000, 360, 15),
    Rung(170_000, 360, 20),
    Rung(280_000, 480, 20),
    Rung(400_000, 480, 30),
    Rung(900_000, 720, 25),
    Rung(1_400_000, 720, 30),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Pixels and pictures a second of what is sent."""

    width: int
    height: int
    fps: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """The rung that is used, and when the next one up may be tried."""

    rung: int = 2
    stepped_at: float = float("-inf")
    up_from: float = float("-inf")
    calm_s: float = CALM_S
    fell: bool = False
    rose: bool = False
    short_from: float | None = None
    """Since when the budget has been too small for the rung."""

    @property
    def fps(self) -> int:
        return RUNGS[self.rung].fps

    def shape(self, width: int, height: int) -> Shape:
        """For a camera of that size: its own form, even sides, never enlarged."""
        lines = min(height, RUNGS[self.rung].height)
        return Shape(max(2, round(width * lines / height / 2) * 2), lines // 2 * 2, self.fps)


def began(coded: int) -> Pictures:
    """The rung for a first guess of the budget."""
    return Pictures(rung=_fitting(coded))


def stepped(before: Pictures, coded: int, now: float) -> Pictures:
    """After a look at the budget: `coded` bit/s that the coder may give."""
    fits, need = _fitting(coded), RUNGS[before.rung].bps
    if fits < before.rung and coded < SHORT * need:
        since = now if before.short_from is None else before.short_from
        far = coded < FAR_SHORT * need
        if now - before.stepped_at < BETWEEN_S or (now - since < DIP_S and not far):
            return replace(before, short_from=since)
        calm_s = min(CALM_MOST_S, before.calm_s * 1.7) if before.rose else before.calm_s
        return Pictures(fits, now, now + calm_s, calm_s, fell=True, rose=False)
    before = replace(before, short_from=None)
    if fits <= before.rung or now < before.up_from:
        return before
    wait, spare = (CALM_S, SPARE) if before.fell else (EASY_S, 1.02)
    if now - before.stepped_at < wait or coded < spare * RUNGS[before.rung + 1].bps:
        return before
    higher = max(before.rung + 1, _fitting(int(coded / PLENTY))) if before.fell else fits
    held = now - before.stepped_at > LONG_S
    calm_s = max(CALM_S, before.calm_s / 1.7) if held else before.calm_s
    return replace(before, rung=higher, stepped_at=now, calm_s=calm_s, rose=True)


def _fitting(coded: int) -> int:
    return max(number for number, rung in enumerate(RUNGS) if coded >= rung.bps)
