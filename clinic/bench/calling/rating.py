# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is kept of a call to its figures. A call goes both ways: of two directions the worse one counts."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from clinic.bench.calling.film import Film
from clinic.bench.calling.judge import judge
from clinic.bench.calling.pictures import Seen, first_after, likeness, seen
from clinic.bench.calling.room import Played, Props
from clinic.bench.calling.sound import Heard, back_after, heard
from clinic.bench.calling.trace import Shown, Trace
from clinic.bench.calling.way import BIN_S
from clinic.domain.errors import Unavailable

QUEUE_AFTER_S = 3.0
"""A sender has so long to see that the link has narrowed; then its queue counts."""
_CALM_S, _ALLOWED = 1.0, 1.1
"""A sender has stepped down when in a second it offers no more than a tenth above the rate."""
_NEVER_S = 60.0
"""What never came is told as this."""


class Figure(StrEnum):
    """What is read of a call; units in docs/benchmarks.md."""

    FPS = "pictures a second"
    HEIGHT = "rows of the picture"
    FROZEN = "picture frozen"
    LATENCY = "camera to screen"
    LATENCY95 = "camera to screen, p95"
    LONGEST = "longest wait for a picture"
    SSIM = "SSIM"
    UNREAD = "% of pictures without a mark"
    PESQ = "speech, PESQ wide band"
    STOI = "STOI"
    EAR = "mouth to ear"
    EAR95 = "mouth to ear, p95"
    GAP = "longest gap in speech"
    MISSING = "% of speech missing"
    CPU = "processor of a side"
    MEMORY = "memory gained by a side"
    HELD = "memory of a side"
    OPENING = "offer to first picture"
    STEPPED = "until no more is sent than fits"
    QUEUE = "queue 3 s after the drop"
    NOTICED = "both sides say that nothing arrives"
    PICTURE_BACK = "picture back"
    SPEECH_BACK = "speech back"


HIGHER = {Figure.FPS, Figure.HEIGHT, Figure.SSIM, Figure.PESQ, Figure.STOI}
"""Where more is better; the lower of two directions counts."""


class Rating:
    """`figures` by name; `absent` says why one could not be had; `course`: pictures in each second of the worse direction."""

    def __init__(self, played: Played, props: Props, ears: Path) -> None:
        self.figures: dict[Figure, float] = {}
        self.absent: dict[Figure, str] = {}
        self.course: tuple[float, ...] = ()
        self._played, self._props, self._ears = played, props, ears
        if played.case.opening:
            self._opening()
            return
        self._pictures()
        self._sound()
        self._cost()
        if played.case.is_outage:
            self._outage()
        elif played.changed:
            self._drop()

    def _pairs(self) -> list[tuple[int, Trace, Trace]]:
        """(number of the sender, sender, receiver) of both directions."""
        one, other = self._played.sides
        return [(0, one, other), (1, other, one)]

    def _worse(self, figure: Figure, values: Sequence[float]) -> None:
        self.figures[figure] = min(values) if figure in HIGHER else max(values)

    def _opening(self) -> None:
        played = self._played
        whole = len(played.first_pictures) == len(played.sides)
        self._worse(
            Figure.OPENING, [at - played.called for at in played.first_pictures] if whole else [_NEVER_S]
        )

    def _pictures(self) -> None:
        played = self._played
        views: list[Seen] = []
        for number, sender, receiver in self._pairs():
            views.append(seen(sender.sent, receiver.shown, played.begin, played.ended))
            film = Film(self._props.film("AB"[number], played.case.large))
            kept = [one for one in receiver.kept if played.begin <= one.at <= played.ended]
            self._least(Figure.SSIM, likeness(kept, film))
        self._worse(Figure.FPS, [float(round(view.fps)) if view.fps >= 1 else view.fps for view in views])
        self._worse(Figure.HEIGHT, [float(view.height) for view in views])
        self._worse(Figure.FROZEN, [view.frozen for view in views])
        self._worse(Figure.LONGEST, [view.longest_s for view in views])
        self._worse(Figure.UNREAD, [view.unread for view in views])
        if all(view.fps for view in views):
            self._worse(Figure.LATENCY, [view.latency_ms for view in views])
            self._worse(Figure.LATENCY95, [view.latency95_ms for view in views])
        else:
            self.absent[Figure.LATENCY] = "no picture arrived"
        worse = min(range(len(views)), key=lambda n: views[n].fps)
        self.course = a_second(played.sides[1 - worse].shown, played.up, played.ended)

    def _least(self, figure: Figure, value: float) -> None:
        self.figures[figure] = min(value, self.figures.get(figure, value))

    def _sound(self) -> None:
        played = self._played
        ways: list[Heard] = [
            heard(sender.spoken, receiver.heard, played.begin, played.ended)
            for _, sender, receiver in self._pairs()
        ]
        self._worse(Figure.GAP, [way.longest_ms for way in ways])
        self._worse(Figure.MISSING, [way.missing for way in ways])
        if all(way.delay_ms for way in ways):
            self._worse(Figure.EAR, [way.delay_ms for way in ways])
            self._worse(Figure.EAR95, [way.delay95_ms for way in ways])
        else:
            self.absent[Figure.EAR] = "no speech was heard"
        try:
            judged = [judge(self._ears, way.pieces) for way in ways]
        except Unavailable as missing:
            self.absent[Figure.PESQ] = str(missing)
            return
        self._worse(Figure.PESQ, [one.pesq for one in judged])
        self._worse(Figure.STOI, [one.stoi for one in judged])

    def _cost(self) -> None:
        spent = self._played.spent
        self._worse(Figure.CPU, [one.cpu for one in spent])
        self._worse(Figure.HELD, [one.ended_mb for one in spent])
        self._worse(Figure.MEMORY, [one.ended_mb - one.began_mb for one in spent])

    def _drop(self) -> None:
        played, (at, air) = self._played, (self._played.changed[0], self._played.case.changes[0][1])
        self._worse(Figure.STEPPED, [stepped_down(way, at, air.kbit) for way in played.link])
        self._worse(Figure.QUEUE, [longest_queue(way, at + QUEUE_AFTER_S) for way in played.link])

    def _outage(self) -> None:
        """The first change is the dark, the second the light."""
        played = self._played
        dark, light = played.changed
        said = [next((at - dark for at in side if at >= dark), _NEVER_S) for side in played.noticed]
        self._worse(Figure.NOTICED, said)
        pictures = [first_after(receiver.shown, light) for _, _, receiver in self._pairs()]
        self._worse(Figure.PICTURE_BACK, [_NEVER_S if at is None else at - light for at in pictures])
        sounds = [
            back_after(sender.spoken, receiver.heard, light, played.ended)
            for _, sender, receiver in self._pairs()
        ]
        self._worse(Figure.SPEECH_BACK, [_NEVER_S if back is None else back for back in sounds])


def a_second(shown: Sequence[Shown], begin: float, end: float) -> tuple[float, ...]:
    """Readable pictures in each whole second."""
    counts = [0.0] * max(1, int(end - begin))
    for one in shown:
        place = int(one.at - begin)
        if one.index >= 0 and one.at >= begin and place < len(counts):
            counts[place] += 1
    return tuple(counts)


def stepped_down(way: Sequence[Mapping[str, float]], at: float, kbit: float) -> float:
    """Seconds from a moment until a sender offers what fits."""
    last = max((tenth["at"] for tenth in way), default=at)
    moment = at
    while moment + _CALM_S <= last:
        if _offered(way, moment) <= _ALLOWED * kbit:
            return moment - at
        moment += BIN_S
    return _NEVER_S


def longest_queue(way: Sequence[Mapping[str, float]], after: float) -> float:
    """The longest wait (ms) of a packet that left the queue after a moment."""
    return max((tenth["queue_ms"] for tenth in way if tenth["at"] >= after), default=0.0)


def _offered(way: Sequence[Mapping[str, float]], moment: float) -> float:
    """kbit/s in the second from a moment on."""
    return sum(t["offered"] for t in way if moment <= t["at"] < moment + _CALM_S) / 125 / _CALM_S
