# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule just under and just at its threshold; what is not known accuses nobody."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.ids import PatientId, UserId
from clinic.domain.misuse.hours import hours_of
from clinic.domain.misuse.rules import RULES
from clinic.domain.misuse.seen import ANYBODY, Act, Charted
from tests.clinic.domain.misuse.acted import (
    BEN,
    DAY,
    HER,
    HOUR,
    MINUTE,
    NOON,
    NOW,
    TICK,
    ZOE,
    act,
    found,
    person,
    seen,
    tie,
)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_tie_counts_up_to_fourteen_days_on_either_side(side: int) -> None:
    near, far = NOON + side * 14 * DAY, NOON + side * (14 * DAY + TICK)
    opened = act()
    assert not found("no-relation", seen(opened, chart=Charted(person(), (tie(near),))))
    (case,) = found("no-relation", seen(opened, chart=Charted(person(), (tie(far),))))
    assert case.acts == (opened,) and (case.user, case.patient) == (BEN, HER)


def test_a_colleagues_tie_is_not_mine_but_a_patient_who_waits_is_everybodys() -> None:
    opened = act()
    assert found("no-relation", seen(opened, chart=Charted(person(), (tie(NOON, user=ZOE),))))
    waits = tie(NOON - HOUR, NOON, ANYBODY)
    assert not found("no-relation", seen(opened, chart=Charted(person(), (waits,))))
    left = tie(NOON - HOUR, NOON - TICK, ANYBODY)
    assert found("no-relation", seen(opened, chart=Charted(person(), (left,))))


@pytest.mark.parametrize("rule", ["no-relation", "co-worker", "watched-chart", "after-hours"])
def test_a_day_that_is_not_over_is_not_judged_by_what_may_still_explain_it(rule: str) -> None:
    chart = Charted(person("zoe luna"), flagged=True)
    staff = {BEN: person("ben acosta"), ZOE: person("zoe luna")}
    closed = hours_of("Su 00:00-00:01")
    what = seen(act(NOW - HOUR), chart=chart, staff=staff, hours=closed)
    assert not found(rule, what)
    assert found(rule, replace(what, now=NOW + DAY))


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if not rule.counted and rule.id != "unreviewed-glass"]
)
def test_a_chart_that_is_not_here_accuses_nobody(rule: object) -> None:
    assert not found(rule.id, seen(act(), chart=None, hours=hours_of("Su 00:00-00:01")))  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_nothing_that_was_refused_or_searched_at_large_is_a_reading(rule: str) -> None:
    acts = [act(action="search", patient="") for _ in range(30)] + [act(outcome="failure") for _ in range(30)]
    assert not found(rule, seen(*acts, hours=hours_of("Su 00:00-00:01")))


def test_own_chart_is_known_by_number_before_name() -> None:
    mine = {BEN: person("ben acosta", "acosta", "30111222")}
    for who, expected in (
        (person("someone else", "else", "30111222"), True),
        (person("ben acosta", "acosta", "30111223"), False),
        (person("ben acosta", "acosta"), True),
        (person("ben", "acosta"), False),
        (person("ben mario acosta", "acosta"), False),
    ):
        assert bool(found("own-chart", seen(act(), chart=Charted(who), staff=mine))) is expected, who


def test_a_family_name_counts_unless_many_bear_it() -> None:
    staff = {BEN: person("ben quispe", "quispe", address="belgrano 120")}
    assert found("same-family", seen(act(), staff=staff))
    assert not found("same-family", seen(act(), staff=staff, common=frozenset({"quispe"})))
    assert not found("same-family", seen(act(), staff={}))
    neighbour = Charted(person("ana paz", "paz", address="belgrano 120"))
    assert found("same-family", seen(act(), staff=staff, chart=neighbour))
    nowhere = Charted(person("ana paz", "paz"))
    assert not found("same-family", seen(act(), staff={BEN: person("ben sosa", "sosa")}, chart=nowhere))
    assert not found("same-family", seen(act(), staff={BEN: person()})), "that is one's own chart"


def test_a_colleagues_chart_is_watched_unless_one_treats_her() -> None:
    staff = {BEN: person("ben acosta", "acosta"), ZOE: person("zoe luna", "luna")}
    chart = Charted(person("zoe luna", "luna"))
    assert found("co-worker", seen(act(), chart=chart, staff=staff))
    assert not found("co-worker", seen(act(user=ZOE), chart=chart, staff=staff))
    treated = replace(chart, ties=(tie(NOON - DAY),))
    assert not found("co-worker", seen(act(), chart=treated, staff=staff))
    long_ago = replace(chart, ties=(tie(NOON - DAY - TICK),))
    assert found("co-worker", seen(act(), chart=long_ago, staff=staff))


def test_a_watched_chart() -> None:
    assert not found("watched-chart", seen(act()))
    assert found("watched-chart", seen(act(), chart=Charted(person(), flagged=True)))
    assert not found("watched-chart", seen(act(), chart=Charted(person(), (tie(NOON),), flagged=True)))


@pytest.mark.parametrize(
    ("local", "late"), [("06:59", True), ("07:00", False), ("19:59", False), ("20:00", True)]
)
def test_out_of_hours_is_wall_time_where_the_clinic_is(local: str, late: bool) -> None:
    zone = timezone(timedelta(hours=-3))
    hour, minute = map(int, local.split(":"))
    at = datetime(2026, 11, 23, hour, minute, tzinfo=zone)
    what = seen(act(at), hours=hours_of("Mo-Fr 07:00-20:00"), zone=zone)
    assert bool(found("after-hours", what)) is late
    assert not found("after-hours", replace(what, hours=None))
    on_call = Charted(person(), (tie(at - DAY),))
    assert not found("after-hours", replace(what, charts={HER: on_call}))


def test_a_refusal_counts_from_an_hour_after_it_until_it_is_lifted() -> None:
    since, until = NOON - HOUR, NOON + HOUR
    chart = Charted(person(), refused=((since, until),))
    for at, expected in ((NOON, False), (NOON + TICK, True), (until - TICK, True), (until, False)):
        assert bool(found("refused-then-read", seen(act(at), chart=chart))) is expected, at


def _days(per_day: int, days: int, today: int) -> list[Act]:
    start = NOW - 20 * DAY
    usual = [act(start + n * DAY, patient=f"p{k}") for n in range(days) for k in range(per_day)]
    return usual + [act(NOON, patient=f"q{k}") for k in range(today)]


def test_a_burst_is_twenty_charts_and_three_times_the_usual_number() -> None:
    assert not found("many-charts", seen(*_days(2, 5, 19)))
    (case,) = found("many-charts", seen(*_days(2, 5, 20)))
    assert len(case.acts) == 20 and case.patient == ""
    assert not found("many-charts", seen(*_days(10, 5, 29)))
    assert found("many-charts", seen(*_days(10, 5, 30)))
    assert not found("many-charts", seen(*_days(2, 4, 60))), "too short a history to compare with"
    again = [act(NOON, patient="q") for _ in range(60)]
    assert not found("many-charts", seen(*_days(2, 5, 0), *again)), "one chart opened often is one chart"


def test_ten_people_carried_out_within_an_hour() -> None:
    def out(last: timedelta) -> list[Act]:
        acts = [act(NOON, action="print", patient=f"p{n}") for n in range(9)]
        return [*acts, act(NOON + last, action="export", patient="p9")]

    (case,) = found("many-exports", seen(*out(HOUR)))
    assert len(case.acts) == 10
    assert not found("many-exports", seen(*out(HOUR + TICK)))
    assert not found("many-exports", seen(*out(HOUR)[:9]))
    assert not found("many-exports", seen(*(act(action="print") for _ in range(40)))), "one person's papers"


def test_five_failed_tries_within_a_quarter_of_an_hour_accuse_no_person() -> None:
    def tries(last: timedelta) -> list[Act]:
        ats = [NOON] * 4 + [NOON + last]
        return [act(at, user="", action="failed unlock", patient="", outcome="failure") for at in ats]

    (case,) = found("failed-unlocks", seen(*tries(15 * MINUTE)))
    assert (case.user, case.device, len(case.acts)) == ("", "desk", 5)
    assert not found("failed-unlocks", seen(*tries(15 * MINUTE + TICK)))
    assert not found("failed-unlocks", seen(*tries(MINUTE)[:4]))
    elsewhere = [replace(one, device=f"d{n}") for n, one in enumerate(tries(MINUTE))]  # type: ignore[arg-type]
    assert not found("failed-unlocks", seen(*elsewhere))


def test_five_denied_attempts_within_an_hour() -> None:
    denied = [act(action="attempt", outcome="denied") for _ in range(4)]
    last = act(NOON + HOUR, action="attempt", outcome="denied")
    assert len(found("many-denied", seen(*denied, last))) == 1
    assert not found("many-denied", seen(*denied, replace(last, at=last.at + TICK)))
    assert not found("many-denied", seen(*denied, replace(last, user=ZOE)))


def test_broken_glass_is_reviewed_within_72_hours() -> None:
    at = NOW - 72 * HOUR
    broke = act(at - TICK, action="break glass")
    assert found("unreviewed-glass", seen(broke, chart=None))
    assert not found("unreviewed-glass", seen(replace(broke, at=at)))
    assert not found("unreviewed-glass", seen(broke, reviewed=frozenset({broke.entry})))


def test_acts_of_before_are_compared_with_and_not_judged() -> None:
    assert not found("no-relation", seen(act(NOON - TICK), since=NOON))
    assert found("no-relation", seen(act(NOON), since=NOON))


def test_hours_are_read_and_what_cannot_be_read_is_refused() -> None:
    hours = hours_of("Mo-Fr 07:00-20:00; Sa 08:00-24:00")
    assert hours is not None and len(hours.open) == 6
    assert hours_of(" ") is None
    over = hours_of("Fr-Mo 10:00-11:00")
    assert over is not None and [day for day, *_ in over.open] == [4, 5, 6, 0]
    for bad in ("always", "Mo 20:00-07:00", "Xx 07:00-08:00", "Mo 25:00-26:00", "Mo-Fr"):
        with pytest.raises(Refusal):
            hours_of(bad)


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["ben", "zoe", ""])), max_size=40))
def test_whoever_has_a_reason_for_every_chart_is_never_accused(acts: list[tuple[int, str]]) -> None:
    done = sorted((act(NOW - n * HOUR, user=user) for n, user in acts), key=lambda one: one.at)
    ties = tuple(tie(NOW - 60 * HOUR, NOW, user) for user in ("ben", "zoe"))
    what = seen(*done, chart=Charted(person(), ties, flagged=True), hours=hours_of("Su 00:00-00:01"))
    assert not [case for rule in RULES for case in found(rule.id, what)]


def test_ids_are_of_people_and_charts(  # a case names what it is about, or nothing
) -> None:
    (case,) = found("no-relation", seen(act(), act(NOON + HOUR)))
    assert len(case.acts) == 2 and case.user == UserId("ben") and case.patient == PatientId("her")
