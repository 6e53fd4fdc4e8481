# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound comes first, and nothing is given twice."""

from hypothesis import given
from hypothesis import strategies as st

from clinic.calls.allot import LEAST_PICTURE, LEAST_SOUND, SOUNDS, Need, allot
from clinic.calls.estimate import CEILING, FLOOR

totals = st.integers(FLOOR, CEILING)


@given(totals, st.floats(0, 1), st.floats(0, 0.5), st.booleans())
def test_shares_never_exceed_the_budget(total: int, loss: float, repair: float, picture: bool) -> None:
    shares = allot(total, loss, repair, picture=picture)
    assert shares.sound + shares.picture <= max(total, LEAST_SOUND)
    assert shares.sound > 0
    assert shares.picture == 0 or shares.picture >= LEAST_PICTURE
    assert shares.coded <= shares.picture
    assert picture or shares.picture == 0


@given(totals, st.floats(0, 1))
def test_sound_never_loses_to_pictures(total: int, loss: float) -> None:
    shares = allot(total, loss)
    need = next(need for least, need in SOUNDS if total >= least)
    full = need.wire(1 if loss >= 0.01 else 0)
    assert shares.picture == 0 or shares.sound >= min(full, int(total * 0.97))


def test_the_figures_of_known_links() -> None:
    assert allot(900_000, 0.0).picture > 800_000
    assert allot(900_000, 0.0).sound == Need(32_000, 0.02).wire(0) == 58_400
    narrow = allot(115_000, 0.05)
    assert 50_000 < narrow.picture < 65_000
    assert narrow.payload == 900
    assert allot(60_000, 0.10).picture == 19_200
    assert allot(45_000, 0.10).picture == 0
    assert allot(20_000, 0.2).picture == 0


def test_headers_and_repair_are_paid_for() -> None:
    plain, repaired = allot(500_000, 0.0), allot(500_000, 0.0, 0.25)
    assert plain.coded < plain.picture
    assert repaired.coded < 0.81 * plain.coded
