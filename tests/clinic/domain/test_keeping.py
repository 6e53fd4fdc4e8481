# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backups stay and when the next is due, over every set of times."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.keeping import RETRY_AFTER, KeepRule, due_at, is_due, is_late, kept

TIMES = st.sets(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)), max_size=60
)
RULES = st.builds(KeepRule, st.integers(0, 4), st.integers(0, 9), st.integers(0, 6), st.integers(0, 14))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@given(TIMES, RULES)
def test_a_part_is_kept_the_newest_always_and_never_more_than_the_rule_says(
    times: set[datetime], rule: KeepRule
) -> None:
    keep = kept(times, rule)
    assert keep <= times
    assert not times or max(times) in keep
    assert len(keep) <= max(1, rule.latest) + rule.daily + rule.weekly + rule.monthly


@given(TIMES, RULES)
def test_pruning_again_takes_nothing_more(times: set[datetime], rule: KeepRule) -> None:
    keep = kept(times, rule)
    assert kept(keep, rule) == keep


@given(TIMES, RULES)
def test_a_month_that_is_kept_keeps_its_newest(times: set[datetime], rule: KeepRule) -> None:
    months = sorted({(at.year, at.month) for at in times}, reverse=True)[: rule.monthly]
    keep = kept(times, rule)
    for month in months:
        assert max(at for at in times if (at.year, at.month) == month) in keep


@given(TIMES, RULES, st.sampled_from(["latest", "daily", "weekly", "monthly"]))
def test_a_larger_rule_never_keeps_less(times: set[datetime], rule: KeepRule, name: str) -> None:
    from dataclasses import replace

    assert kept(times, rule) <= kept(times, replace(rule, **{name: getattr(rule, name) + 1}))


def test_two_years_of_days_come_to_a_week_a_month_and_a_year() -> None:
    days = [NOON - timedelta(days=number) for number in range(730)]
    keep = kept(days, KeepRule())
    assert set(days[:7]) <= keep
    assert len({at.isocalendar()[:2] for at in keep}) >= 4
    assert len({(at.year, at.month) for at in keep}) == 12
    assert len(keep) < 25


def test_the_first_is_due_at_once_and_the_next_a_day_after_the_last() -> None:
    rule = KeepRule()
    assert due_at(None, None, rule) is None and is_due(NOON, None, None, rule)
    assert not is_due(NOON, NOON - timedelta(hours=23), NOON - timedelta(hours=23), rule)
    assert is_due(NOON, NOON - timedelta(hours=24), NOON - timedelta(hours=24), rule)


def test_a_failed_one_rests_and_is_tried_again() -> None:
    rule = KeepRule()
    assert not is_due(NOON, None, NOON - timedelta(minutes=5), rule)
    assert is_due(NOON, None, NOON - RETRY_AFTER, rule)


def test_a_clock_that_was_a_year_ahead_does_not_put_it_off_for_a_year() -> None:
    ahead = NOON + timedelta(days=365)
    assert is_due(NOON, ahead, None, KeepRule())


def test_late_after_three_missed() -> None:
    assert is_late(NOON, None, KeepRule())
    assert not is_late(NOON, NOON - timedelta(hours=71), KeepRule())
    assert is_late(NOON, NOON - timedelta(hours=73), KeepRule())
