# SPDX-License-Identifier: GPL-3.0-or-later
"""What every case must reach, and what is told beside it."""

from dataclasses import dataclass

from clinic.bench.calling.rating import HIGHER, Figure

LONG_S = 1_800.0
"""Memory is a figure of calls of half an hour."""


@dataclass(frozen=True, slots=True)
class Target:
    """`must` is the target, `aim` where we want to be; `beside`: what belongs to the figure."""

    figure: Figure
    unit: str
    must: float
    aim: float | None = None
    beside: tuple[Figure, ...] = ()

    @property
    def better(self) -> str:
        return "higher" if self.figure in HIGHER else "lower"


def _picture(
    fps: float, rows: float, frozen: float, latency_ms: float, aims: tuple[float | None, ...] = (None,) * 3
) -> tuple[Target, ...]:
    return (
        Target(Figure.FPS, "/s", fps, aims[0], (Figure.SSIM, Figure.UNREAD)),
        Target(Figure.HEIGHT, "px", rows),
        Target(Figure.FROZEN, "%", frozen, aims[1], (Figure.LONGEST,)),
        Target(Figure.LATENCY, "ms", latency_ms, aims[2], (Figure.LATENCY95,)),
    )


def _speech(
    pesq: float, ear_ms: float, aims: tuple[float | None, float | None] = (None, None)
) -> tuple[Target, ...]:
    return (
        Target(Figure.PESQ, "", pesq, aims[0], (Figure.STOI, Figure.MISSING, Figure.GAP)),
        Target(Figure.EAR, "ms", ear_ms, aims[1], (Figure.EAR95,)),
    )


TARGETS: dict[str, tuple[Target, ...]] = {
    "lan": (*_picture(30, 720, 0, 100), *_speech(4.2, 150)),
    "p1m": (
        *_picture(25, 480, 2, 250, (None, 0.5, 180)),
        *_speech(3.7, 240, (4.0, 180)),
        Target(Figure.CPU, "%", 25, beside=(Figure.HELD,)),
    ),
    "p256k": (*_picture(14, 240, 4, 430, (None, 1, 350)), *_speech(3.5, 420, (3.8, 320))),
    "p128k": (*_picture(6, 120, 5, 620, (10, 2, 500)), *_speech(3.2, 600, (3.5, 480))),
    "p64k": (
        Target(Figure.LONGEST, "s", 10, beside=(Figure.FPS, Figure.SSIM)),
        *_speech(3.2, 540, (3.5, 450)),
    ),
    "drop": (
        Target(Figure.STEPPED, "s", 2),
        Target(Figure.FROZEN, "%", 15, beside=(Figure.FPS, Figure.LONGEST)),
        Target(Figure.QUEUE, "ms", 800, beside=(Figure.LATENCY95,)),
        Target(Figure.GAP, "ms", 400, beside=(Figure.PESQ, Figure.EAR)),
    ),
    "outage": (
        Target(Figure.NOTICED, "s", 2),
        Target(Figure.PICTURE_BACK, "s", 3),
        Target(Figure.SPEECH_BACK, "s", 1.5),
    ),
    "opening-lan": (Target(Figure.OPENING, "s", 0.6),),
    "opening-256k": (Target(Figure.OPENING, "s", 2),),
}
MEMORY = Target(Figure.MEMORY, "MB", 2, beside=(Figure.HELD,))
"""Of p1m, when it lasts `LONG_S`."""


def targets_of(case: str, seconds: float) -> tuple[Target, ...]:
    return TARGETS[case] + ((MEMORY,) if case == "p1m" and seconds >= LONG_S else ())
