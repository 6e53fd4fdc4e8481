# SPDX-License-Identifier: GPL-3.0-or-later
"""Who keeps a time that was booked twice: one answer, whatever the order; free times are free."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.bookings import HOLDING, crowded, end_of, free_times, lost, overlap, sharing
from clinic.domain.facts import Appointment
from clinic.domain.ids import FactId, PatientId, UserId

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


def booked(number: int, who: str, start: int, minutes: int, status: str) -> Appointment:
    return Appointment(
        id=FactId(f"a{number}"), patient=PatientId(f"p{number}"), start=START + timedelta(minutes=start), minutes=minutes,
        practitioner=UserId(who), status=status,
    )  # fmt: skip


one = st.tuples(
    st.sampled_from(("u1", "u2", "")),
    st.integers(0, 200),
    st.integers(1, 60),
    st.sampled_from(("booked", "cancelled")),
)
days = st.lists(one, max_size=12).map(lambda rows: [booked(n, *row) for n, row in enumerate(rows)])


@given(days, st.randoms(use_true_random=False))
def test_whoever_was_first_keeps_it_in_any_order(day: list[Appointment], chance: object) -> None:
    claimed = {one.id: (7 * int(one.id[1:]) % 5, str(one.id)) for one in day}
    found = lost(crowded(day), claimed)
    mixed = list(day)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert set(lost(mixed, claimed)) == set(found)
    losers = {loser.id for loser, _keeper in found}
    for loser, keeper in found:
        assert overlap(loser, keeper) and claimed[keeper.id] < claimed[loser.id] and keeper.id not in losers
    keeping = [one for one in day if one.status == "booked" and one.id not in losers]
    assert not any(overlap(a, b) for a in keeping for b in keeping if a.id != b.id)


@given(days)
def test_crowded_are_all_that_share_time(day: list[Appointment]) -> None:
    standing = [one for one in day if one.status == "booked"]
    shares = {a.id for a in standing for b in standing if a.id != b.id and overlap(a, b)}
    assert {one.id for one in crowded(day)} == shares


@given(days.filter(bool))
def test_a_free_time_is_in_the_future_and_nobody_elses(day: list[Appointment]) -> None:
    now, wanted = START + timedelta(minutes=30), day[0]
    for at in free_times(wanted, day, now, lambda _at: True):
        assert at > now
        until = at + timedelta(minutes=max(1, wanted.minutes))
        for other in day[1:]:
            if other.practitioner == wanted.practitioner and other.status == "booked":
                assert until <= other.start or end_of(other) <= at


@given(days.filter(bool))
def test_what_shares_a_time_is_seen_from_both_sides(day: list[Appointment]) -> None:
    pairs = {(one.id, found.other.id) for one in day if one.status in HOLDING for found in sharing(one, day)}
    assert pairs == {(other, one) for one, other in pairs}
    assert all(one != other for one, other in pairs)


def test_the_same_patient_is_never_twice_at_once_whoever_sees_her() -> None:
    here, there = booked(1, "u1", 0, 20, "booked"), booked(2, "u2", 10, 20, "booked")
    assert sharing(here, (there,)) == ()
    (found,) = sharing(here, (replace(there, patient=here.patient),))
    assert found.forbidden and not found.practitioner
    assert sharing(here, (replace(there, patient=here.patient, status="cancelled"),)) == ()


def test_two_that_only_touch_share_nothing() -> None:
    here, after = booked(1, "u1", 0, 20, "booked"), booked(2, "u1", 20, 20, "booked")
    assert sharing(here, (after,)) == sharing(after, (here,)) == ()


def test_who_was_booked_beside_another_on_purpose_lost_nothing() -> None:
    first, second, third = (booked(n, "u1", 0, 20, "booked") for n in (1, 2, 3))
    beside = replace(second, beside=(first.id,))
    assert sharing(first, (beside,))[0].agreed and sharing(beside, (first,))[0].agreed
    claimed = {one.id: (n, str(one.id)) for n, one in enumerate((first, beside, third))}
    assert lost((first, beside), claimed) == ()
    assert [loser.id for loser, _keeps in lost(crowded((first, beside, third)), claimed)] == [third.id]
