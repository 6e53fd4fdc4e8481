# SPDX-License-Identifier: GPL-3.0-or-later
"""Our engine and Chromium call each other: what one shows and says, the other sees and hears.

Left out only where no Chromium is (Debian: apt-get install chromium) or nothing that speaks.
"""

import shutil
from pathlib import Path

import pytest

from clinic.bench.calling import chromium, judge
from clinic.bench.calling.interop import CODECS, callers, case, codec_of
from clinic.bench.calling.link import best_link
from clinic.bench.calling.rating import Figure, Rating
from clinic.bench.calling.room import Props, play

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(chromium.why_not()), reason="no Chromium"),
    pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng speaks"),
]
WATCHED_S = (5.0, 25.0)
"""A machine that is busy with other things gets a longer look before it counts as failed."""


@pytest.fixture(scope="module")
def props(tmp_path_factory: pytest.TempPathFactory) -> Props:
    return Props(tmp_path_factory.mktemp("props"))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("calls", ["posta calls Chromium", "Chromium calls posta"])
def test_pictures_and_speech_arrive_both_ways(calls: str, codec: str, props: Props, tmp_path: Path) -> None:
    figures: dict[Figure, float] = {}
    for seconds in WATCHED_S:
        folder = tmp_path / f"{seconds:g}"
        played = play(case(seconds), props, best_link, callers(codec)[calls], folder, seed=1)
        assert codec_of(played) == codec
        figures = Rating(played, props, judge.DEFAULT).figures
        if figures[Figure.FPS] >= 3 and figures[Figure.MISSING] < 50:
            break
    assert figures[Figure.FPS] >= 3, "pictures with the other's mark, in the worse direction"
    assert figures[Figure.SSIM] > 0.7, "and they are what was filmed"
    assert figures[Figure.MISSING] < 50, "and the speech is what was said"
    assert figures[Figure.EAR] < 4_000
