# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to rest, what goes along, what to say."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.sync.backoff import LONGEST_S, delay_s
from clinic.sync.batch import Waiting, pick
from clinic.sync.status import SyncStatus

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_rest_is_never_long_and_never_nothing(failures: int, jitter: float) -> None:
    assert 0.75 <= delay_s(failures, jitter) <= 1.25 * LONGEST_S
    assert delay_s(failures, 0.5) <= delay_s(failures + 1, 0.5)


def test_nobody_rests_without_a_failure() -> None:
    assert delay_s(0, 1.0) == 0.0


@pytest.mark.parametrize("jitter", [-0.1, 1.1])
def test_jitter_has_bounds(jitter: float) -> None:
    with pytest.raises(ValueError, match="jitter"):
        delay_s(1, jitter)


rows = st.lists(
    st.builds(Waiting, st.integers(1, 20), st.binary(max_size=50)), unique_by=lambda row: row.env_no
)


@given(rows, st.integers(0, 300))
def test_a_batch_is_a_run_from_the_first_within_the_budget(waiting: list[Waiting], budget: int) -> None:
    picked = pick(waiting, budget)
    first = min((row.env_no for row in waiting), default=1)
    assert [row.env_no for row in picked] == list(range(first, first + len(picked)))
    assert bool(picked) == bool(waiting)
    assert len(picked) <= 1 or sum(len(row.wire) for row in picked) <= budget


@given(rows.filter(bool), st.integers(1, 100))
def test_batches_in_turn_send_every_row(waiting: list[Waiting], budget: int) -> None:
    left, sent = list(waiting), []
    while left:
        sent += (picked := pick(left, budget))
        left = [row for row in left if row not in picked]
    assert sent == sorted(waiting, key=lambda row: row.env_no)


@pytest.mark.parametrize(
    ("status", "all_acknowledged"),
    [
        (SyncStatus(), False),
        (SyncStatus(waiting=2, last_exchange_at=AT, online=True), False),
        (SyncStatus(acknowledged=2, online=True), False),
        (SyncStatus(acknowledged=2, last_exchange_at=AT), True),
    ],
)
def test_all_is_acknowledged_only_with_a_receipt(status: SyncStatus, all_acknowledged: bool) -> None:
    assert status.all_acknowledged is all_acknowledged


@pytest.mark.parametrize(("ahead_s", "wrong"), [(0, False), (120, False), (121, True), (-121, True)])
def test_a_clock_is_wrong_beyond_two_minutes_either_way(ahead_s: int, wrong: bool) -> None:
    assert SyncStatus(ahead_s=ahead_s).clock_wrong is wrong
