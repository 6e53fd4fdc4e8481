# SPDX-License-Identifier: GPL-3.0-or-later
"""One call from the offer to the end over one link, and what was seen, heard and spent on it."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from clinic.bench.calling.film import LARGE, SMALL, make_film
from clinic.bench.calling.link import Link
from clinic.bench.calling.peer import Description, Maker, Peer, Place
from clinic.bench.calling.profiles import Case
from clinic.bench.calling.speech import make_speech
from clinic.bench.calling.trace import Trace
from clinic.bench.syncing.processes import family_pids, family_s
from clinic.domain.errors import Unavailable

OPEN_S = 30.0
_LOOK_S = 0.01
_MB = 2**20


@dataclass(slots=True)
class Spent:
    """Of one side: percent of a core, MB held at the begin and at the end of what is measured."""

    cpu: float = 0.0
    began_mb: float = 0.0
    ended_mb: float = 0.0


@dataclass(slots=True)
class Played:
    """A call that was. Moments by the machine's monotonic clock; `sides` are A and B, the caller first."""

    case: Case
    kind: str
    answer: str = ""
    called: float = 0.0
    up: float = 0.0
    ended: float = 0.0
    changed: list[float] = field(default_factory=list)
    sides: list[Trace] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)
    first_pictures: list[float] = field(default_factory=list)
    noticed: list[list[float]] = field(default_factory=list)
    link: list[list[dict[str, float]]] = field(default_factory=list)

    @property
    def begin(self) -> float:
        """From here on figures count."""
        return self.changed[0] if self.changed else self.up + self.case.warm_s


class Props:
    """The films and the speech, made when they are first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def film(self, letter: str, large: bool) -> Path:
        path = self._folder / f"{letter}-{'large' if large else 'small'}.y4m"
        return path if path.exists() else make_film(path, letter, LARGE if large else SMALL, self._folder)

    def speech(self) -> Path:
        """Raises Unavailable without espeak-ng."""
        path = self._folder / "speech.wav"
        return path if path.exists() else make_speech(path)


def play(
    case: Case,
    props: Props,
    link_of: Callable[[int], Link],
    peers: tuple[Maker, Maker],
    folder: Path,
    seed: int,
) -> Played:
    """Raises Unavailable when the call does not come about."""
    with ExitStack() as ending:
        link = link_of(seed)
        ending.callback(link.close)
        sides = []
        for side, make in enumerate(peers):
            own = folder / "AB"[side]
            own.mkdir(parents=True)
            place = Place(side, link, own, props.film("AB"[side], case.large), props.speech())
            sides.append(make(place))
            ending.callback(sides[-1].close)
        link.be(case.air)
        played = Played(case, link.kind)
        _opened(played, link, sides)
        if not case.opening:
            _watched(played, link, sides)
        played.noticed = [side.noticed() for side in sides]
        played.link = link.told()
        played.sides = [side.end() for side in sides]
        return played


def _opened(played: Played, link: Link, sides: Sequence[Peer]) -> None:
    """Letters take their time over the link too."""
    caller, callee = sides
    played.called = time.monotonic()
    offer = _letter(played.case, link, caller.offer(), 0)
    answer = _letter(played.case, link, callee.answer(offer), 1)
    played.answer = answer.sdp
    caller.take(answer)
    until = time.monotonic() + OPEN_S
    while time.monotonic() < until:
        if all(side.first_picture() is not None for side in sides):
            break
        time.sleep(_LOOK_S)
    if not any(side.first_picture() or side.first_sound() for side in sides):
        raise Unavailable(f"Nothing arrived within {OPEN_S:g} s.")
    played.first_pictures = [at for side in sides if (at := side.first_picture()) is not None]
    played.up = time.monotonic()


def _letter(case: Case, link: Link, letter: Description, sender: int) -> Description:
    carried = link.carried(letter.sdp, sender)
    time.sleep(case.air.letter_s(len(carried)))
    return Description(carried, letter.type)


def _watched(played: Played, link: Link, sides: Sequence[Peer]) -> None:
    pids = [side.pid for side in sides]
    moments = [(played.up + at, air) for at, air in played.case.changes]
    _sleep_until(played.up + played.case.warm_s)
    used, held, since = [family_s(pid) for pid in pids], [held_mb(pid) for pid in pids], time.monotonic()
    for at, air in moments:
        _sleep_until(at)
        link.be(air)
        played.changed.append(time.monotonic())
    _sleep_until(played.up + played.case.seconds)
    played.ended = time.monotonic()
    for pid, before, mb in zip(pids, used, held, strict=True):
        share = 100 * (family_s(pid) - before) / (played.ended - since)
        played.spent.append(Spent(share, mb, held_mb(pid)))


def held_mb(pid: int) -> float:
    """Memory of a process and its children; of what several share each has its part (where the system tells, else all of it)."""
    total = 0.0
    for one in family_pids(pid):
        with suppress(psutil.NoSuchProcess):
            told = psutil.Process(one).memory_full_info()
            total += getattr(told, "pss", told.rss) / _MB
    return total


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
