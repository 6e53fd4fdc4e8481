# SPDX-License-Identifier: GPL-3.0-or-later
"""Our engine and Chromium in one call, each calling, with every video codec both have: does what one shows and says arrive?"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from clinic.bench.calling.chromium import chromium, why_not
from clinic.bench.calling.link import Link, said_of
from clinic.bench.calling.ours import Ours
from clinic.bench.calling.peer import Maker
from clinic.bench.calling.profiles import LAN, Case
from clinic.bench.calling.rating import Figure, Rating
from clinic.bench.calling.room import Played, Props, play
from clinic.bench.result import Result
from clinic.domain.errors import Unavailable

CODECS = ("VP8", "H264")
SECONDS = 20.0
_FPS, _MISSING, _FROZEN = 25, 1, 2
"""Pictures a second, percent of speech missing and of the time frozen, over a local network."""


def interoperation(
    props: Props, folder: Path, link_of: Callable[[int], Link], ears: Path, seconds: float = SECONDS
) -> Iterator[Result]:
    """Two calls for each codec: ours calls, Chromium calls."""
    for codec in CODECS:
        for name, peers in callers(codec).items():
            yield from _call(
                f"{name}, {codec}", peers, props, folder / f"{name}-{codec}", link_of, ears, seconds
            )


def callers(codec: str) -> dict[str, tuple[Maker, Maker]]:
    other = chromium(codec)
    return {"posta calls Chromium": (Ours, other), "Chromium calls posta": (other, Ours)}


def _call(
    name: str, peers: tuple[Maker, Maker], props: Props, folder: Path, link_of: Callable[[int], Link],
    ears: Path, seconds: float,
) -> Iterator[Result]:  # fmt: skip
    missing = why_not()
    try:
        if missing:
            raise Unavailable(missing)
        played = play(case(seconds), props, link_of, peers, folder, 1)
    except Unavailable as failed:
        yield Result(f"{name}: pictures a second", 0.0, "/s", _FPS, "higher", absent=str(failed))
        return
    rating = Rating(played, props, ears)
    figures = rating.figures
    beside = {
        str(one): figures[one] for one in (Figure.SSIM, Figure.LATENCY, Figure.HEIGHT) if one in figures
    }
    yield Result(
        f"{name}: pictures a second",
        figures[Figure.FPS],
        "/s",
        _FPS,
        "higher",
        also=beside | said_of(played.kind),
    )
    yield Result(f"{name}: picture frozen", figures[Figure.FROZEN], "%", _FROZEN, "lower")
    beside = {str(one): figures[one] for one in (Figure.EAR, Figure.PESQ) if one in figures}
    yield Result(f"{name}: speech missing", figures[Figure.MISSING], "%", _MISSING, "lower", also=beside)


def case(seconds: float) -> Case:
    return Case("interop", LAN, seconds + 3.0, warm_s=3.0)


def codec_of(played: Played) -> str:
    """The video codec both agreed on: the first of the answer."""
    found = re.search(r"^a=rtpmap:\d+ (VP8|H264)/90000", played.answer, re.MULTILINE)
    return found[1] if found else ""
