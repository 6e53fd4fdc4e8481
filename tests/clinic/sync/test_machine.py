# SPDX-License-Identifier: GPL-3.0-or-later
"""When to exchange, read as sentences; and what holds for every history."""

import itertools
import typing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.sync.machine import (
    TABLE,
    Connected,
    Disconnected,
    Effect,
    Event,
    Exchange,
    ExchangeDone,
    ExchangeFailed,
    Failure,
    LocalWrite,
    Phase,
    Rang,
    Report,
    State,
    SyncDue,
    Ticked,
    WaitUntil,
    start,
    step,
)
from clinic.sync.status import SyncStatus

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
DONE = ExchangeDone(now=1.0, status=SyncStatus(last_exchange_at=AT))


def after(*events: Event, state: State | None = None) -> tuple[State, list[Effect]]:
    """The state after these events and all effects on the way."""
    now, effects = state or start(), []
    for event in events:
        now, more = step(now, event)
        effects += more
    return now, effects


def exchanges(effects: list[Effect]) -> int:
    return sum(isinstance(effect, Exchange) for effect in effects)


ONLINE, _ = after(Connected(0.0), DONE)


def test_connecting_exchanges_at_once() -> None:
    state, effects = after(Connected(0.0))
    assert exchanges(effects) == 1
    assert state.phase is Phase.BUSY
    assert state.status.online


def test_a_write_is_sent_at_once_when_online() -> None:
    assert exchanges(after(LocalWrite(1.0, waiting=1), state=ONLINE)[1]) == 1


def test_a_write_waits_and_is_shown_when_offline() -> None:
    state, effects = after(LocalWrite(1.0, waiting=3))
    assert effects == [Report(SyncStatus(waiting=3))]
    assert state.phase is Phase.STILL


@pytest.mark.parametrize("trigger", [Rang(1.0), SyncDue(1.0)])
def test_the_bell_and_the_clock_exchange(trigger: Event) -> None:
    assert exchanges(after(trigger, state=ONLINE)[1]) == 1


def test_many_triggers_during_an_exchange_cause_exactly_one_more() -> None:
    busy, _ = after(Rang(1.0), state=ONLINE)
    state, effects = after(Rang(1.1), LocalWrite(1.2, 1), SyncDue(1.3), Rang(1.4), DONE, DONE, state=busy)
    assert exchanges(effects) == 1
    assert state.phase is Phase.STILL


def test_more_is_fetched_at_once() -> None:
    state, effects = after(Rang(1.0), ExchangeDone(now=1.1, more=True), DONE, state=ONLINE)
    assert exchanges(effects) == 2
    assert state.phase is Phase.STILL


def test_failures_rest_longer_each_time_and_a_success_forgives() -> None:
    state, rests = ONLINE, []
    for _ in range(9):
        state, effects = after(SyncDue(100.0), ExchangeFailed(100.0, Failure.UNREACHABLE), state=state)
        rests += [effect.at - 100.0 for effect in effects if isinstance(effect, WaitUntil)]
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert after(SyncDue(200.0), DONE, state=state)[0].failures == 0


def test_a_rest_ends_when_it_is_due_and_not_before() -> None:
    resting, _ = after(Rang(10.0), ExchangeFailed(10.0, Failure.UNREACHABLE), state=ONLINE)
    still, effects = after(Ticked(10.5), Rang(10.6), LocalWrite(10.7, 1), state=resting)
    assert exchanges(effects) == 0
    assert WaitUntil(11.0) in effects
    assert still.phase is Phase.RESTING
    assert exchanges(after(Ticked(11.0), state=still)[1]) == 1


def test_a_new_link_ends_a_rest() -> None:
    resting, _ = after(
        Rang(10.0), ExchangeFailed(10.0, Failure.UNREACHABLE), Disconnected(10.1), state=ONLINE
    )
    assert exchanges(after(Connected(10.2), state=resting)[1]) == 1


def test_an_exchange_may_outlive_its_link() -> None:
    state, effects = after(
        Rang(1.0),
        Disconnected(1.1),
        ExchangeDone(now=1.2, status=SyncStatus(received=4, online=True)),
        state=ONLINE,
    )
    assert state.phase is Phase.STILL
    assert not state.status.online
    assert state.status.received == 4
    assert effects[-1] == Report(state.status)


def test_counts_are_reported_once_they_change() -> None:
    held = SyncStatus(received=2, waiting=1, acknowledged=5, refused=1, quarantined=1, last_exchange_at=AT)
    done = ExchangeDone(now=2.0, status=held)
    state, effects = after(Rang(1.0), done, Rang(3.0), state=ONLINE)
    reports = [effect.status for effect in effects if isinstance(effect, Report)]
    assert reports == [state.status]
    assert state.status == replace(held, online=True)


def test_a_remembered_status_starts_offline() -> None:
    assert start(SyncStatus(acknowledged=7, online=True)).status == SyncStatus(acknowledged=7)


def test_every_phase_meets_every_event() -> None:
    assert set(TABLE) == set(itertools.product(Phase, typing.get_args(Event)))


def test_only_an_answer_ends_an_exchange_well() -> None:
    with pytest.raises(TypeError):
        TABLE[Phase.BUSY, ExchangeDone](State(), Rang(0.0), 0.5)


events = st.one_of(
    st.builds(SyncDue, st.floats(0, 1e6)),
    st.builds(Rang, st.floats(0, 1e6)),
    st.builds(LocalWrite, st.floats(0, 1e6), st.integers(0, 9)),
    st.builds(
        ExchangeDone, st.floats(0, 1e6), st.builds(SyncStatus, waiting=st.integers(0, 9)), st.booleans()
    ),
    st.builds(ExchangeFailed, st.floats(0, 1e6), st.sampled_from(Failure)),
    st.builds(Connected, st.floats(0, 1e6)),
    st.builds(Disconnected, st.floats(0, 1e6)),
    st.builds(Ticked, st.floats(0, 1e6)),
)


@given(st.lists(st.tuples(events, st.floats(0, 1)), max_size=60))
def test_at_most_one_exchange_is_under_way(history: list[tuple[Event, float]]) -> None:
    state, under_way = start(), 0
    for event, jitter in history:
        if isinstance(event, (ExchangeDone, ExchangeFailed)) and not under_way:
            continue  # the edge answers only what it was asked
        under_way -= isinstance(event, (ExchangeDone, ExchangeFailed))
        state, effects = step(state, event, jitter)
        under_way += exchanges(list(effects))
        assert under_way == (state.phase is Phase.BUSY)
        assert under_way <= 1


@given(st.lists(st.tuples(events, st.floats(0, 1)), max_size=40))
def test_it_comes_to_rest_when_everything_works(history: list[tuple[Event, float]]) -> None:
    state = start()
    for event, jitter in history:
        state, _ = step(state, event, jitter)
    calls = 0
    state, effects = step(state, Connected(2e6))
    while state.phase is Phase.BUSY:
        calls += 1
        state, effects = step(state, DONE)
    assert calls <= 2
    assert exchanges(list(effects)) == 0
    assert state.failures == 0


@given(st.lists(st.tuples(events, st.floats(0, 1)), max_size=40))
def test_whoever_rests_has_asked_to_be_woken(history: list[tuple[Event, float]]) -> None:
    state, asked = start(), 0.0
    for event, jitter in history:
        state, effects = step(state, event, jitter)
        asked = max([asked, *(effect.at for effect in effects if isinstance(effect, WaitUntil))])
        if state.phase is Phase.RESTING:
            assert asked >= state.due_at


def asked_after(*ends: Event) -> list[int]:
    state, asked = start(), []
    for end in ends:
        state, effects = after(SyncDue(1.0), state=state)
        asked += [effect.budget for effect in effects if isinstance(effect, Exchange)]
        state, _ = step(state, end)
    return asked


def carried(moved: int, took_s: float) -> ExchangeDone:
    return ExchangeDone(1.0, moved=moved, took_s=took_s)


def test_a_link_that_fails_is_asked_for_less_until_it_holds() -> None:
    lost = ExchangeFailed(1.0, Failure.UNREACHABLE)
    fast = [carried(16_384, 0.001)] * 17
    assert asked_after(lost, lost, *fast, DONE) == [65_536, *[16_384] * 18, 32_768]


def test_a_thin_link_is_asked_for_three_seconds_of_it() -> None:
    """64 kbit/s carry 24,000 bytes in that time; what was not full says nothing of the link."""
    assert asked_after(carried(65_536, 8.192), carried(1_000, 9.0), DONE) == [65_536, 24_000, 24_000]
