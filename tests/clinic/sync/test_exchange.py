# SPDX-License-Identifier: GPL-3.0-or-later
"""What to ask a remote, and what its answer means."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.sync import EnvelopeRefused, Refused, SyncRequest, SyncResponse
from clinic.sync.exchange import (
    SUM_BYTES,
    Snapshot,
    cursor_digest,
    cursor_sum,
    keeps_back_trust,
    meaning_of,
    moved_sum,
    request_for,
)

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
vectors = st.dictionaries(st.sampled_from([ScopeId(f"p:{n}") for n in range(6)]), st.integers(1, 99))


def snapshot(cursors: dict[ScopeId, int], told: dict[ScopeId, int], want: bool = False) -> Snapshot:
    return Snapshot(DeviceId("d"), 3, "epoch", cursors, told, 5, (b"statement",), (b"envelope",), want)


def answer(**more: object) -> SyncResponse:
    fixed = SyncResponse(protocol=1, epoch="epoch", acked_incarnation=3, acked_env_no=7, server_time=AT)
    return replace(fixed, **more)  # type: ignore[arg-type]


def request() -> SyncRequest:
    return request_for(snapshot({}, {}), AT)


@given(vectors, vectors)
def test_what_is_named_makes_the_vector_the_remote_must_have(
    now: dict[ScopeId, int], told: dict[ScopeId, int]
) -> None:
    cursors = {**told, **now}
    asked = request_for(snapshot(cursors, told), AT)
    remote = {**told, **{cursor.scope: cursor.seq for cursor in asked.cursors}}
    assert cursor_digest(remote) == asked.cursor_digest == cursor_digest(cursors)


@given(vectors, vectors)
def test_all_are_named_when_the_remote_wants_them(
    cursors: dict[ScopeId, int], told: dict[ScopeId, int]
) -> None:
    asked = request_for(snapshot(cursors, told, want=True), AT)
    assert asked.all_cursors
    assert {cursor.scope: cursor.seq for cursor in asked.cursors} == cursors


def test_the_digest_knows_neither_order_nor_scopes_at_zero() -> None:
    one = {ScopeId("a"): 1, ScopeId("b"): 2}
    assert cursor_digest(one) == cursor_digest({ScopeId("b"): 2, ScopeId("c"): 0, ScopeId("a"): 1})
    assert cursor_digest(one) != cursor_digest({ScopeId("a"): 1})
    assert len(cursor_digest({})) == 8


@given(vectors, vectors)
def test_a_sum_that_was_moved_is_the_sum_of_what_it_moved_to(
    before: dict[ScopeId, int], now: dict[ScopeId, int]
) -> None:
    after = {**before, **now}
    assert moved_sum(cursor_sum(before), before, now) == cursor_sum(after)
    assert moved_sum(cursor_sum(after), after, {scope: before.get(scope, 0) for scope in now}) == cursor_sum(
        before
    )
    assert (cursor_sum(before) == cursor_sum(after)) is (
        {s: n for s, n in before.items() if n} == {s: n for s, n in after.items() if n}
    )


def test_a_sum_is_told_from_a_digest_and_knows_no_scopes_at_zero() -> None:
    assert cursor_sum({}) == cursor_sum({ScopeId("a"): 0}) == bytes(SUM_BYTES)
    assert len(cursor_digest({})) != SUM_BYTES
    summed = replace(snapshot({}, {}), sum=cursor_sum({ScopeId("a"): 1}))
    assert request_for(summed, AT).cursor_digest == summed.sum


def test_the_rest_is_handed_through() -> None:
    asked = request_for(snapshot({}, {}), AT, byte_budget=5)
    assert (asked.envelopes, asked.trust, asked.trust_position, asked.byte_budget) == (
        (b"envelope",),
        (b"statement",),
        5,
        5,
    )
    assert (asked.device, asked.incarnation, asked.server_epoch, asked.sent_at) == ("d", 3, "epoch", AT)


def test_an_ordinary_answer_acknowledges() -> None:
    no = EnvelopeRefused(env_no=6, why=Refused.BAD_SIGNATURE)
    meaning = meaning_of(request(), answer(refused=(no,)))
    assert (meaning.acked_env_no, meaning.refused, meaning.lost_some, meaning.more) == (
        7,
        (no,),
        False,
        False,
    )
    assert not meaning.forget_cursors


def test_a_gap_means_to_send_again_and_is_no_refusal() -> None:
    meaning = meaning_of(request(), answer(refused=(EnvelopeRefused(env_no=9, why=Refused.GAP),)))
    assert (meaning.refused, meaning.lost_some, meaning.more) == ((), True, True)


def test_another_epoch_means_to_begin_again() -> None:
    meaning = meaning_of(request(), answer(epoch="another"))
    assert (meaning.lost_some, meaning.forget_cursors, meaning.more) == (True, True, True)


def test_the_first_contact_is_no_change_of_epoch() -> None:
    assert not meaning_of(replace(request(), server_epoch=""), answer()).forget_cursors


def test_an_answer_about_another_incarnation_acknowledges_nothing() -> None:
    assert meaning_of(request(), answer(acked_incarnation=2)).acked_env_no == 0


def test_wanted_cursors_are_told_next() -> None:
    meaning = meaning_of(request(), answer(want_cursors=True))
    assert meaning.tell_all_cursors
    assert meaning.more


@given(st.integers(0, 20), st.integers(0, 20))
def test_a_remote_that_says_less_than_before_has_lost_it(before: int, now: int) -> None:
    meaning = meaning_of(request(), answer(acked_env_no=now), acknowledged=before)
    assert meaning.lost_some == (now < before)
    assert meaning.more == (now < before)
    other = meaning_of(request(), answer(acked_env_no=now, acked_incarnation=2), acknowledged=before)
    assert not other.lost_some, "numbers of another life say nothing about this one"


def test_a_trust_log_that_is_said_to_be_longer_is_handed_out() -> None:
    asked = request()
    assert not keeps_back_trust(asked, answer()), "a remote that does not say"
    assert not keeps_back_trust(asked, answer(trust_position=5))
    assert not keeps_back_trust(asked, answer(trust_position=9, trust=(b"statement",)))
    assert keeps_back_trust(asked, answer(trust_position=6))
