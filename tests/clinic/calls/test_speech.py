# SPDX-License-Identifier: GPL-3.0-or-later
"""How speech is sent: within its budget, protected where packets are lost, steady where nothing changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.calls.speech import (
    CLEAN,
    FEC_FROM,
    WORTH_CHANGING,
    Speech,
    chosen,
    remembered,
    share_of,
    worth,
)

losses = st.floats(0, 1)
budgets = st.floats(1_000, 1_000_000)
rtts = st.floats(0, 3)


@pytest.mark.parametrize(
    ("total", "loss", "rtt", "speech"),
    [
        (100_000_000, 0.0, 0.002, Speech(32_000, 20, 0, dtx=True)),
        (1_000_000, 0.01, 0.1, Speech(24_000, 20, 1, dtx=True)),
        (256_000, 0.03, 0.3, Speech(24_000, 20, 1, dtx=True)),
        (128_000, 0.05, 0.6, Speech(24_000, 40, 1, dtx=True)),
        (64_000, 0.10, 0.6, Speech(16_000, 40, 1, dtx=True)),
    ],
)
def test_the_links_of_the_clinic(total: float, loss: float, rtt: float, speech: Speech) -> None:
    assert chosen(share_of(total), loss, rtt) == speech


def test_what_is_on_the_wire_is_counted() -> None:
    assert Speech(32_000, 20, 0).wire_bps == 32_000 + 50 * 64 * 8
    assert Speech(16_000, 40, 1).wire_bps == 32_000 + 25 * (64 + 5) * 8


@given(budgets, losses, rtts, st.booleans())
def test_the_budget_is_kept_wherever_anything_fits(
    budget: float, loss: float, rtt: float, redundant: bool
) -> None:
    speech = chosen(budget, loss, rtt, redundant)
    least = chosen(0, loss, rtt, redundant)
    assert speech.wire_bps <= budget or speech == least
    assert least.wire_bps < 15_000
    assert redundant or speech.copies == 0
    assert speech.bitrate in CLEAN


@given(budgets, losses, rtts)
def test_more_budget_is_never_worse(budget: float, loss: float, rtt: float) -> None:
    rich, poor = chosen(2 * budget, loss, rtt), chosen(budget, loss, rtt)
    assert poor.wire_bps > budget or worth(rich, loss, rtt) >= worth(poor, loss, rtt)


@given(budgets, losses, rtts, losses, rtts)
def test_what_is_sent_stays_unless_another_is_clearly_better(
    budget: float, loss: float, rtt: float, loss_before: float, rtt_before: float
) -> None:
    before = chosen(budget, loss_before, rtt_before)
    after = chosen(budget, loss, rtt, now=before)
    best = chosen(budget, loss, rtt)
    assert worth(after, loss, rtt) >= worth(best, loss, rtt) - WORTH_CHANGING - 1e-9
    assert chosen(budget, loss, rtt, now=after) == after


def test_what_is_sent_goes_when_the_budget_no_longer_holds_it() -> None:
    rich = chosen(90_000, 0.02, 0.1)
    assert chosen(30_000, 0.02, 0.1, now=rich).wire_bps <= 30_000


def test_a_peer_without_copies_is_helped_by_the_codec() -> None:
    plain = chosen(64_000, 0.08, 0.2, redundant=False)
    assert (plain.copies, plain.fec, plain.dtx) == (0, True, False)
    assert plain.loss >= 0.08
    assert not chosen(64_000, FEC_FROM / 2, 0.2, redundant=False).fec


def test_copies_come_with_loss_and_go_with_it() -> None:
    copies = [chosen(80_000, loss, 0.1).copies for loss in (0.0, 0.03, 0.3)]
    assert copies == [0, 1, 2]


def test_copies_that_are_no_longer_needed_go() -> None:
    lossy = chosen(80_000, 0.03, 0.05)
    assert lossy.copies == 1
    assert chosen(80_000, 0.0001, 0.05, now=lossy).copies == 0


def test_a_long_way_makes_packets_short() -> None:
    """Where the talk is slow already, waiting for long packets costs more."""
    assert worth(Speech(16_000, 20), 0, 0.6) - worth(Speech(16_000, 60), 0, 0.6) > (
        worth(Speech(16_000, 20), 0, 0.0) - worth(Speech(16_000, 60), 0, 0.0)
    )


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_the_share_of_speech_grows_with_the_link_and_has_an_end(one: float, other: float) -> None:
    assert 0 <= share_of(one) <= one
    assert share_of(min(one, other)) <= share_of(max(one, other)) <= 80_000


def test_speech_comes_first_where_there_is_little() -> None:
    assert share_of(30_000) == 30_000
    assert share_of(64_000) > 40_000


@given(losses, st.floats(-1, 2))
def test_loss_is_believed_at_once_and_forgotten_slowly(before: float, reported: float) -> None:
    after = remembered(before, reported)
    assert 0 <= after <= 1
    if reported > before:
        assert after - before == pytest.approx(0.5 * (min(1, reported) - before))
    else:
        assert before - after <= 0.09 * before + 1e-9
