# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong tries make the next one wait; nobody waits for another person, and nobody for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.keys.knocks import (
    KEPT,
    TooSoon,
    check_wait,
    knocked,
    let_in,
    not_ahead,
    read_knocks,
    wait_s,
    write_knocks,
)
from clinic.protocol.custody import KnockFile

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def after(tries: int, label: str = "Ben") -> KnockFile:
    file = KnockFile()
    for _ in range(tries):
        file = knocked(file, label, NOW)
    return file


def test_three_are_free_then_it_doubles_up_to_a_quarter_of_an_hour() -> None:
    assert [wait_s(tries) for tries in (0, 3, 4, 5, 6, 11, 12, 100_000)] == [0, 0, 5, 10, 20, 640, 900, 900]


def test_the_sentence_says_how_long_and_a_moment_before_is_too_soon() -> None:
    check_wait(after(3), "Ben", NOW)
    with pytest.raises(TooSoon, match="5 s"):
        check_wait(after(4), "Ben", NOW)
    with pytest.raises(TooSoon, match="1 s"):
        check_wait(after(4), "Ben", NOW + timedelta(seconds=4.5))
    check_wait(after(4), "Ben", NOW + timedelta(seconds=5))


def test_others_do_not_wait_but_for_tries_that_named_nobody() -> None:
    check_wait(after(9), "Zoe", NOW)
    with pytest.raises(TooSoon):
        check_wait(after(9), "", NOW)  # all ways in would be tried, Ben's too
    with pytest.raises(TooSoon):
        check_wait(after(9, ""), "Zoe", NOW)


def test_who_gets_in_wipes_her_own_row_only() -> None:
    file = knocked(after(5), "Zoe", NOW)
    file = let_in(knocked(file, "", NOW), "Zoe")
    assert [row.label for row in file.in_a_row] == ["Ben"] and not file.untold
    with pytest.raises(TooSoon):
        check_wait(file, "Ben", NOW)


def test_a_clock_set_back_begins_the_wait_now() -> None:
    early = NOW - timedelta(days=400)
    with pytest.raises(TooSoon) as soon:
        check_wait(not_ahead(after(4), early), "Ben", early)
    assert soon.value.seconds == 5


def test_what_the_audit_hears_is_bounded_and_the_rest_is_counted() -> None:
    file = after(KEPT + 7)
    assert len(file.untold) == KEPT and file.lost == 7


@given(st.binary(max_size=60))
def test_a_damaged_file_counts_as_none(rubbish: bytes) -> None:
    assert read_knocks(rubbish) == KnockFile() or write_knocks(read_knocks(rubbish)) == rubbish
    assert read_knocks(write_knocks(after(5))) == after(5)
