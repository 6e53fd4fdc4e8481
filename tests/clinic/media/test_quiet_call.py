# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole calls in virtual time: what the parts promise one by one holds when they work together."""

from statistics import median

import pytest
from aiortc import RTCRtpSender

from clinic.media import session
from tests.clinic.calls.link import Way

from .quiet import Call

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PACKETS = 25
"""Of sound in a second, 40 ms each on such a way."""


def test_over_a_narrow_long_and_lossy_way_pictures_flow_and_sound_is_whole() -> None:
    """Usually: where losses fall is chance (packets' sizes differ from call to call), and one side in forty is unlucky."""
    seen, mended = [], 0
    for seed in (1, 2, 3):
        call = Call(Way(128_000, 0.3, 0.05, 0.015), Way(128_000, 0.3, 0.05, 0.015), fps=10, seed=seed).run(14)
        for side in call.sides:
            seen.append(call.seen(side.number, 4, 14))
            assert seen[-1].fps > 2, seen[-1]
            assert len(side.sounds) > 0.6 * 14 * PACKETS
            mended += side.session._path.taking.found
    assert mended, "of what was lost, nothing came back from what was sent beside it"
    told = "; ".join(map(str, seen))
    assert median(each.fps for each in seen) > 4, told
    assert median(each.frozen for each in seen) < 0.25, told
    assert median(each.late for each in seen) < 1.0, told
    assert median(each.waits for each in seen) < 0.8, told


def test_a_sudden_drop_leaves_a_small_picture_and_an_empty_queue() -> None:
    def drop(call: Call) -> None:
        for way in call.air.ways:
            way.slow_down(128_000, call.air.time())

    call = Call(Way(1_000_000, 0.05, 0.01), Way(1_000_000, 0.05, 0.01), fps=15).run(14, (6.0, drop))
    for number in (0, 1):
        before, after = call.seen(number, 4, 6), call.seen(number, 9, 14)
        assert after.waits < 0.8, after
        assert max(before.heights) >= 240, before
        assert min(after.heights) < max(before.heights), (before, after)
        assert after.fps > 2, after


def test_a_peer_that_knows_vp8_only_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    vp8 = [each for each in RTCRtpSender.getCapabilities("video").codecs if "H264" not in each.mimeType]
    monkeypatch.setattr(session, "_preferred", lambda: vp8)
    call = Call(Way(1_000_000, 0.05), Way(1_000_000, 0.05), fps=10).run(3)
    for number in (0, 1):
        coder = call.sides[number].session._camera_track.coder  # type: ignore[union-attr]
        assert coder is not None
        assert coder.codec == "VP8"
        assert call.seen(number, 1, 3).fps > 5
