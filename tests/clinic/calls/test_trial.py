# SPDX-License-Identifier: GPL-3.0-or-later
"""What a link is enough for, in the ladder's own figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.calls.quality import Ladder, Rung, climbed
from clinic.calls.trial import Enough, Tried, enough_for
from clinic.protocol.engine import CallStats


@pytest.mark.parametrize(
    ("kbps", "rtt", "what"),
    [
        (10_000, 5, Enough.PICTURE), (94, 100, Enough.PICTURE), (93, 100, Enough.VOICE), (64, 600, Enough.VOICE),
        (10_000, 2000, Enough.VOICE), (29, 100, Enough.WRITTEN), (10_000, 4000, Enough.WRITTEN), (0, 0, Enough.WRITTEN),
    ],
)  # fmt: skip
def test_figures_in_words(kbps: float, rtt: float, what: Enough) -> None:
    assert enough_for(Tried(rtt, kbps)) is what


@given(st.floats(0, 2000), st.floats(0, 5000))
def test_what_is_promised_is_what_the_ladder_keeps(kbps: float, rtt: float) -> None:
    least = {Enough.PICTURE: Rung.VIDEO, Enough.VOICE: Rung.STILLS, Enough.WRITTEN: Rung.TEXT}
    ladder, bps = Ladder(), round(kbps * 1000)
    for _second in range(4):
        stats = CallStats(
            call_id="c", attempt=1, rtt_ms=rtt, estimate_up_bps=bps, estimate_down_bps=bps, video_fps=15
        )
        ladder = climbed(ladder, stats)
    assert ladder.rung >= least[enough_for(Tried(rtt, kbps))]
