# SPDX-License-Identifier: GPL-3.0-or-later
"""When a finding becomes an alert, under which id, and what alerts come to."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.alerts.due import alert_id, due, standing
from clinic.domain.alerts.rules import BY_ID, Seen
from clinic.domain.facts import DetectedIssue, Gender, IssueStatus, Observation
from clinic.domain.ids import PatientId, UserId
from clinic.domain.scores.kinds import Who
from clinic.domain.scores.registry import registry
from clinic.exchange.growth_tables import growth_tables
from tests.clinic.domain.scores.taken import NOW, observed, vitals

HER = PatientId("p")
GROWN = Who(birth_date=date(1958, 3, 7), gender=Gender.FEMALE)
SCORES = registry(growth_tables())
RULE = [BY_ID["news2-high"]]
ILL = vitals(rr=30, spo2=85, hr=140)
MINUTE = timedelta(minutes=1)


def raised(
    *observations: Observation, on_record: tuple[DetectedIssue, ...] = (), later: timedelta = timedelta()
) -> tuple[DetectedIssue, ...]:
    return due(RULE, Seen(GROWN, observations, frozenset(), SCORES, NOW + later), on_record, HER)


def answered(alert: DetectedIssue) -> DetectedIssue:
    return replace(alert, status=IssueStatus.FINAL, acknowledged_by=UserId("u"), mitigation="oxygen")


@given(st.randoms(use_true_random=False))
def test_two_computers_make_the_same_alert_of_the_same_chart(chance: Random) -> None:
    mixed = list(ILL)
    chance.shuffle(mixed)
    here, there = raised(*ILL), raised(*mixed, later=7 * MINUTE)
    assert here == there and len(here) == 1
    assert here[0].identified_at == NOW and len(here[0].evidence) == 7


def test_another_patient_rule_reading_or_value_is_another_id() -> None:
    one = observed("8867-4", 140, name="a")
    ids = {
        alert_id("r", HER, [one]), alert_id("q", HER, [one]), alert_id("r", PatientId("q"), [one]),
        alert_id("r", HER, [observed("8867-4", 141, name="a")]), alert_id("r", HER, [observed("8867-4", 140, name="b")]),
        alert_id("r", HER, []),
    }  # fmt: skip
    assert len(ids) == 6
    assert alert_id("r", HER, [observed("8867-4", "140.0", name="a")]) == alert_id("r", HER, [one])


def test_no_second_alert_while_one_is_open() -> None:
    first = raised(*ILL)
    assert raised(*ILL, on_record=first) == ()
    worse = (*ILL, observed("8867-4", 160, name="hr2", at=NOW + MINUTE))
    assert raised(*worse, on_record=first, later=MINUTE) == ()


def test_after_an_answer_only_something_new_raises_again() -> None:
    done = answered(raised(*ILL)[0])
    assert raised(*ILL, on_record=(done,)) == ()
    again = raised(*ILL, observed("8867-4", 150, at=NOW + MINUTE), on_record=(done,), later=MINUTE)
    assert len(again) == 1 and again[0].id != done.id and again[0].text == "NEWS2 9"


def test_less_of_what_was_answered_is_nothing_new_but_a_corrected_value_is() -> None:
    done = answered(raised(*ILL)[0])
    corrected = tuple(
        replace(o, value=replace(o.value, value=o.value.value - 3))
        if o.code.code == "2708-6" and o.value
        else o
        for o in ILL
    )
    assert len(raised(*corrected, on_record=(done,))) == 1
    smaller = replace(done, evidence=(*done.evidence, "more"))  # type: ignore[arg-type]
    assert raised(*ILL, on_record=(smaller,)) == ()


def test_what_was_imported_from_last_year_raises_nothing() -> None:
    assert raised(*ILL, later=timedelta(hours=24)) != ()
    assert raised(*ILL, later=timedelta(hours=24, seconds=1)) == ()


def _open(
    rule: str = "news2-high",
    severity: str = "high",
    minutes_ago: float = 0,
    owner: str = "",
    name: str = "a",
    patient: str = "p",
) -> DetectedIssue:
    made = raised(*ILL)[0]
    return replace(
        made, id=name, patient=patient, owner=owner, severity=severity, code=replace(made.code, code=rule),  # type: ignore[arg-type]
        identified_at=NOW - minutes_ago * MINUTE,
    )  # fmt: skip


def test_an_alert_is_escalated_by_the_clock_alone() -> None:
    alert = _open(owner="ana")
    before, at = standing([alert], NOW + 14.99 * MINUTE)[0], standing([alert], NOW + 15 * MINUTE)[0]
    assert (before.escalated, at.escalated) == (False, True)
    assert before.by_now(NOW + 15 * MINUTE) == at and before.by_now(NOW + 14.99 * MINUTE) == before
    assert (before.concerns(UserId("ana")), before.concerns(UserId("ben")), at.concerns(UserId("ben"))) == (
        True,
        False,
        True,
    )
    assert standing([_open()], NOW)[0].concerns(UserId("ben"))
    assert standing([answered(alert)], NOW + 60 * MINUTE) == ()


def test_a_clock_of_another_year_does_not_keep_an_alert_quiet() -> None:
    assert standing([_open(minutes_ago=-6)], NOW)[0].escalated
    assert not standing([_open(minutes_ago=-4)], NOW)[0].escalated


def test_two_of_one_rule_stand_as_one_and_wait_from_the_first() -> None:
    rows = standing([_open(name="a", minutes_ago=10), _open(name="b", minutes_ago=2)], NOW)
    assert [(r.alert.id, [a.id for a in r.also]) for r in rows] == [("b", ["a"])]
    assert rows[0].answer_by == NOW + 5 * MINUTE


def test_the_most_pressing_is_first() -> None:
    rows = standing(
        [_open("growth-faltering", "moderate", 1, name="m", patient="1"), _open("news2-high", "high", 1, name="h", patient="2"),
         _open("of-tomorrow", "moderate", 61, name="late", patient="3"), _open("news2-high", "high", 2, name="h2", patient="4")],
        NOW,
    )  # fmt: skip
    assert [r.alert.id for r in rows] == ["late", "h2", "h", "m"]
