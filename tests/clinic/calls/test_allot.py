# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound comes first, and nothing is given twice."""

from hypothesis import given
from hypothesis import strategies as st

from clinic.calls.allot import CONTROL, LEAST_PICTURE, LEAST_SOUND, allot
from clinic.calls.estimate import CEILING, FLOOR
from clinic.calls.speech import LEAST_SHARE_BPS, chosen, share_of

totals = st.integers(FLOOR, CEILING)
spoken = st.none() | st.integers(10_000, 100_000)


@given(totals, spoken, st.floats(0, 0.5), st.booleans())
def test_shares_never_exceed_the_budget(total: int, said: int | None, repair: float, picture: bool) -> None:
    shares = allot(total, said, repair, picture=picture)
    takes = shares.sound if said is None else min(said, shares.sound)
    assert takes + shares.picture <= max(total, LEAST_SOUND)
    assert shares.sound > 0
    assert shares.picture == 0 or shares.picture >= LEAST_PICTURE
    assert shares.coded <= shares.picture
    assert picture or shares.picture == 0


@given(totals, spoken)
def test_sound_never_loses_to_pictures(total: int, said: int | None) -> None:
    shares = allot(total, said)
    assert shares.sound >= min(total, LEAST_SHARE_BPS)
    assert shares.picture == 0 or shares.picture <= total - CONTROL - min(shares.sound, said or CEILING)


@given(totals, st.floats(0, 0.3), st.floats(0.02, 1))
def test_what_speech_does_not_take_is_the_pictures(total: int, loss: float, rtt_s: float) -> None:
    takes = chosen(share_of(total), loss, rtt_s).wire_bps
    assert allot(total, takes).picture >= allot(total).picture


def test_the_figures_of_known_links() -> None:
    assert allot(900_000).picture > 800_000
    narrow = allot(118_000, chosen(share_of(118_000), 0.05, 0.6).wire_bps)
    assert 50_000 < narrow.picture < 65_000
    assert narrow.payload == 900
    assert allot(60_000, 36_000).picture == 20_000
    assert allot(45_000).picture == 0
    assert allot(20_000).picture == 0
    assert allot(64_000, picture=False).sound == 60_000


def test_headers_and_repair_are_paid_for() -> None:
    plain, repaired = allot(500_000), allot(500_000, repair=0.25)
    assert plain.coded < plain.picture
    assert repaired.coded < 0.81 * plain.coded
