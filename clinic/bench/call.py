# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta bench call`: what a person sees and hears of the other over the links our users have, beside Chromium on the same ones.

Real engine processes, a link of our own between them, a film whose every picture carries its number and close to a minute of
speech (`clinic.bench.calling`). Targets: docs/benchmarks.md.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from clinic.bench.calling import judge
from clinic.bench.calling.chromium import Chromium, why_not
from clinic.bench.calling.interop import interoperation
from clinic.bench.calling.link import Link, best_link, said_of
from clinic.bench.calling.ours import Ours
from clinic.bench.calling.peer import Maker
from clinic.bench.calling.profiles import CASES, Case
from clinic.bench.calling.rating import Figure, Rating
from clinic.bench.calling.room import Props, play
from clinic.bench.calling.targets import Target, targets_of
from clinic.bench.result import Result, beside
from clinic.domain.errors import Unavailable

PARTS = ("links", "interop")
PEERS = ("chromium", "none")
NOT_OF_CHROMIUM = {Figure.NOTICED, Figure.MEMORY}
"""What its page does not say, or what its processes are too many for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be measured: all cases if `profiles` is empty; `seconds` 0: as long as each case says."""

    profiles: Sequence[str] = ()
    seconds: float = 0.0
    seeds: int = 3
    peer: str = "chromium"
    parts: Sequence[str] = PARTS
    ears: Path | None = None
    link: Callable[[int], Link] = best_link

    @property
    def cases(self) -> list[Case]:
        wanted = [CASES[name] for name in self.profiles or CASES]
        return [case.lasting(self.seconds) if self.seconds and not case.opening else case for case in wanted]


def measure(asked: Asked) -> Iterator[Result]:
    """Each call takes its length and some seconds; all of them with Chromium about an hour."""
    if asked.ears is not None:
        judge.fetch(asked.ears)
    with tempfile.TemporaryDirectory(prefix="posta-calls-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        props = Props(folder)
        if "links" in asked.parts:
            for case in asked.cases:
                yield from _measured(asked, case, props, folder)
        if "interop" in asked.parts:
            yield from interoperation(props, folder / "interop", asked.link, asked.ears or judge.DEFAULT)


def _measured(asked: Asked, case: Case, props: Props, folder: Path) -> Iterator[Result]:
    ours = Ratings(asked, case, props, folder / "posta" / case.name, Ours)
    theirs = None
    if asked.peer == "chromium" and not why_not():
        theirs = Ratings(asked, case, props, folder / "chromium" / case.name, Chromium)
    for target in targets_of(case.name, case.seconds):
        result = ours.result(target)
        figure = theirs.median(target.figure) if theirs else None
        if figure is not None and target.figure not in NOT_OF_CHROMIUM:
            result = beside(result, {"chromium": figure})
        yield result


class Ratings:
    """The same call with one program on both sides, once for each seed."""

    def __init__(self, asked: Asked, case: Case, props: Props, folder: Path, maker: Maker) -> None:
        self._case, self._rated, self._failed, self._kind = case, list[Rating](), "", ""
        ears = asked.ears or judge.DEFAULT
        for seed in range(1, asked.seeds + 1):
            try:
                played = play(case, props, asked.link, (maker, maker), folder / str(seed), seed)
            except Unavailable as failed:
                self._failed = str(failed)
                continue
            self._kind = played.kind
            self._rated.append(Rating(played, props, ears))

    def median(self, figure: Figure) -> float | None:
        """Over the seeds; None if one of them has none."""
        values = [one.figures[figure] for one in self._rated if figure in one.figures]
        return median(values) if values and len(values) == len(self._rated) else None

    def result(self, target: Target) -> Result:
        """A call that did not come about is no pass, whatever the others reached."""
        value = self.median(target.figure)
        measure, why = f"{self._case.name}: {target.figure}", self._why(target.figure, value)
        also = {str(one): told for one in target.beside if (told := self.median(one)) is not None}
        if target.aim is not None:
            also["aim"] = target.aim
        if value is None or why:
            return Result(
                measure, value or 0.0, target.unit, target.must, target.better, also=also, absent=why
            )
        values = [one.figures[target.figure] for one in self._rated]
        also |= {"least": min(values), "most": max(values)} if len(values) > 1 else {}
        course = self._rated[0].course if target.figure is Figure.FROZEN else ()
        return Result(
            measure, value, target.unit, target.must, target.better, also=also | said_of(self._kind),
            course=course, unit_of_course="pictures a second" if course else "",
        )  # fmt: skip

    def _why(self, figure: Figure, value: float | None) -> str:
        if self._failed:
            return self._failed
        reasons = [one.absent[figure] for one in self._rated if figure in one.absent]
        return reasons[0] if reasons else "" if value is not None else "nothing was measured"
