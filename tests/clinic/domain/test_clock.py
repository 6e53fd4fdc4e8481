# SPDX-License-Identifier: GPL-3.0-or-later
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.clock import (
    CentreClock,
    FrozenClock,
    SystemClock,
    milliseconds,
    stamp_after,
    stamp_time,
    surely_ahead_s,
)

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = FrozenClock(AT)
    assert clock.now() == clock.now() == AT and clock.monotonic() == 0
    clock.advance(1.5)
    assert clock.now() == AT + timedelta(seconds=1.5) and clock.monotonic() == 1.5


def test_the_machines_clock_is_aware_and_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


def test_milliseconds_count_from_1970_whatever_the_zone() -> None:
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 1, 999, tzinfo=UTC)) == 1000
    assert milliseconds(AT) == milliseconds(AT.astimezone(timezone(timedelta(hours=-3))))


@given(TIMES)
def test_a_stamp_tells_its_time(at: datetime) -> None:
    assert timedelta(0) <= at - stamp_time(stamp_after(0, at)) < timedelta(milliseconds=1)


@given(st.lists(TIMES, min_size=2, max_size=10))
def test_stamps_only_grow_whatever_the_clock_does(times: list[datetime]) -> None:
    latest, stamps = 0, []
    for at in times:
        latest = stamp_after(latest, at)
        stamps.append(latest)
    assert stamps == sorted(set(stamps))


def test_a_stamp_from_the_future_is_followed_not_forgotten() -> None:
    ahead = stamp_after(0, AT + timedelta(days=1))
    assert stamp_after(ahead, AT) == ahead + 1


@given(TIMES, st.integers(0, 3600), st.integers(-100_000, 100_000))
def test_what_a_clock_is_surely_wrong_brings_the_centres_time_into_the_exchange(
    sent_at: datetime, took_s: int, offset_s: int
) -> None:
    received_at, centre_at = sent_at + timedelta(seconds=took_s), sent_at + timedelta(seconds=offset_s)
    ahead = timedelta(seconds=surely_ahead_s(sent_at, received_at, centre_at))
    assert sent_at + ahead <= centre_at <= received_at + ahead
    assert (ahead == timedelta(0)) == (sent_at <= centre_at <= received_at)


def test_a_device_goes_by_the_centres_clock_where_its_own_is_surely_wrong() -> None:
    own = FrozenClock(AT)
    clock = CentreClock(own)
    clock.compare(AT, AT + timedelta(seconds=2), AT + timedelta(seconds=1))
    assert clock.now() == AT and clock.monotonic() == 0
    clock.compare(AT, AT, AT + timedelta(minutes=14))
    assert clock.now() == AT + timedelta(minutes=14) and clock.ahead_s == 840
    clock.compare(AT, AT, datetime(9999, 12, 31, tzinfo=UTC))
    assert clock.now() == AT, "no clock is off by thousands of years: that centre is"
