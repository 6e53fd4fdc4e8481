# SPDX-License-Identifier: GPL-3.0-or-later
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.clock import FrozenClock, SystemClock, milliseconds, stamp_after, stamp_time

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
