# SPDX-License-Identifier: GPL-3.0-or-later
"""The black box: bounded, whole again when it is read, and right about what it saw."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.calls.blackbox import RING_S, SECOND_BYTES, Damaged, Found, Second, explained, packed, unpacked
from clinic.calls.quality import Rung

GOOD = Second(sent=420, received=400, rtt_ms=90, fps=15)
WEAK = Second(sent=88, received=300, up=90, down=400, rtt_ms=300, loss_out=0.06, fps=0, rung=Rung.AUDIO)


def whats(seconds: list[Second], staff: bool = True) -> list[str]:
    return [one.what for one in explained(seconds, staff)]


def test_the_clinics_upload_was_the_limit() -> None:
    found = explained([GOOD] * 60 + [WEAK] * 120)
    assert found == (
        Found("mixed", {"seconds": 180, "video": 60, "voice": 120, "rest": 0}),
        Found("upload clinic", {"kbps": 90, "loss": 6.0}),
    )


def test_the_same_seconds_at_the_kiosk_name_the_patients_upload() -> None:
    assert whats([WEAK] * 60, staff=False)[1] == "upload patient"
    thin = Second(sent=300, received=60, loss_in=0.1, rung=Rung.STILLS)
    assert explained([thin] * 60)[1] == Found("upload patient", {"kbps": 60, "loss": 10.0})


def test_a_good_call_names_no_limit() -> None:
    assert explained([GOOD] * 300) == (Found("all video", {"seconds": 300}),)
    assert whats([Second(sent=400, received=380, loss_in=0.05, fps=12)] * 30) == [
        "all video",
        "upload patient",
    ]


def test_what_somebody_chose_is_no_fault_of_the_link() -> None:
    chosen = Second(sent=48, received=48, rtt_ms=90, rung=Rung.AUDIO, held=True)
    assert whats([GOOD] * 60 + [chosen] * 60) == ["mixed"]
    quiet = Second(sent=48, received=48, rtt_ms=90, rung=Rung.AUDIO)
    assert whats([GOOD] * 60 + [quiet] * 60) == ["mixed"], "voice takes no more than that"


def test_cuts_are_counted_once_each() -> None:
    cut = [Second(silent_s=float(n), rung=Rung.VIDEO) for n in range(1, 8)]
    assert explained([GOOD] * 20 + cut + [GOOD] * 10 + cut[:2])[-1] == Found(
        "cuts", {"n": 2, "seconds": 9, "longest": 7}
    )


def test_delay_frozen_and_nothing() -> None:
    assert whats([Second(rtt_ms=700, fps=0, sent=100, received=100)] * 9) == ["all video", "delay", "frozen"]
    assert whats([]) == ["nothing"]
    assert whats([Second(silent_s=5)] * 3) == ["silent"]


SECONDS = st.builds(
    Second, sent=st.integers(0, 9000), received=st.integers(0, 9000), up=st.integers(0, 9000), down=st.integers(0, 9000),
    rtt_ms=st.integers(0, 60_000), loss_in=st.integers(0, 200).map(lambda n: n / 200),
    loss_out=st.integers(0, 200).map(lambda n: n / 200), fps=st.integers(0, 60), silent_s=st.integers(0, 255),
    rung=st.sampled_from(list(Rung)), held=st.booleans(),
)  # fmt: skip


@given(st.lists(SECONDS, max_size=40), st.booleans())
def test_what_is_packed_comes_back_and_always_says_something(seconds: list[Second], staff: bool) -> None:
    assert unpacked(packed(seconds)) == tuple(seconds)
    assert explained(seconds, staff)


def test_a_ring_has_a_size_and_keeps_the_end() -> None:
    ring = unpacked(packed([GOOD] * 100 + [WEAK] * RING_S))
    assert (len(ring), RING_S * SECOND_BYTES, ring[0].rung) == (1800, 28_800, Rung.AUDIO)
    kept = packed(Second(sent=n % 700, received=n % 600, rtt_ms=90 + n % 40, fps=15) for n in range(RING_S))
    assert len(kept) < 28_800 / 2


@pytest.mark.parametrize("data", [b"", b"nonsense", packed([GOOD] * 9)[:-3], bytes(range(200))])
def test_what_is_no_ring_is_refused(data: bytes) -> None:
    with pytest.raises(Damaged):
        unpacked(data)


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(Damaged):
        unpacked(zlib.compress(bytes(SECOND_BYTES * (RING_S + 1))))
