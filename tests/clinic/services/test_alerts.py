# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts on real books: raised when measured, answered, escalated, and the same on two computers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from clinic.domain.alerts.rules import BY_ID, Finding, Rule, Seen
from clinic.domain.errors import Refusal
from clinic.domain.facts import DetectedIssue, IssueStatus, Observation, RequestStatus
from clinic.domain.ids import PatientId
from clinic.domain.values import Coding
from clinic.services import alerts, charts, people, scoring, timeline
from clinic.services.desks import WrongPatient
from tests.clinic.domain.scores.taken import observed, vitals
from tests.clinic.services.local import AT, Local, clinic

MINUTE = timedelta(minutes=1)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as made:
        yield made


def measure(town: Local, patient: PatientId, *observations: Observation) -> None:
    town.ben.write(*(replace(o, patient=patient, id=town.ben.new_id()) for o in observations), window=patient)  # type: ignore[arg-type]


def ill(**changed: object) -> tuple[Observation, ...]:
    return vitals(**({"rr": 30, "spo2": 88, "hr": 140, "at": AT} | changed))  # type: ignore[arg-type]


def on_chart(town: Local, patient: PatientId, desk: str = "ben") -> list[tuple[str, IssueStatus]]:
    return [(a.code.code, a.status) for a in alerts.alerts_of(getattr(town, desk), patient)]


def test_measuring_raises_answering_closes_and_only_something_new_raises_again(town: Local) -> None:
    patient = town.person()
    stop = alerts.watch(town.ben)
    measure(town, patient, *ill())
    (line,) = alerts.alerts(town.ben)
    assert (line.person.patient, line.standing.alert.text, line.gone, len(line.evidence)) == (
        patient,
        "NEWS2 9",
        False,
        7,
    )
    measure(town, patient, observed("8867-4", 141, at=AT))
    assert len(alerts.alerts(town.ben)) == 1

    alert = line.standing.alert.id
    with pytest.raises(Refusal, match="Write what you did"):
        alerts.acknowledge(town.ben, alert, "  ", patient)
    with pytest.raises(WrongPatient):
        alerts.acknowledge(town.ben, alert, "oxígeno", town.person("Otra"))
    alerts.acknowledge(town.ben, alert, "oxígeno 2 L/min", patient)
    with pytest.raises(Refusal, match="answered"):
        alerts.acknowledge(town.ben, alert, "otra vez", patient)
    assert alerts.alerts(town.ben) == ()
    done = alerts.alerts_of(town.ben, patient)[0]
    assert (done.acknowledged_by, done.acknowledged_at, done.mitigation) == (
        town.ben.someone.user,
        AT,
        "oxígeno 2 L/min",
    )

    town.clock.advance(60)
    measure(town, patient, observed("8867-4", 150, at=AT + MINUTE))
    assert len(alerts.alerts(town.ben)) == 1
    stop()
    measure(town, town.person("Sola"), *ill())
    assert len(alerts.alerts(town.ben)) == 1


def test_two_computers_that_raise_the_same_alert_hold_one(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *ill())
    town.carry(patient)
    here, there = alerts.raise_alerts(town.ben, patient), alerts.raise_alerts(town.eva, patient)
    assert here == there and len(here) == 1
    town.carry(patient)
    for desk in (town.ben, town.eva):
        assert alerts.alerts_of(desk, patient) == here
        assert desk.book.read(lambda page: len(page.standing(DetectedIssue.NUMBER, here[0].id))) == 2
    alerts.acknowledge(town.eva, here[0].id, "visto", patient)
    town.carry(patient)
    assert on_chart(town, patient) == on_chart(town, patient, "eva") == [("news2-high", IssueStatus.FINAL)]


def test_an_answer_wins_over_the_same_alert_raised_elsewhere_at_the_same_time(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *ill())
    town.carry(patient)
    (made,) = alerts.raise_alerts(town.ben, patient)
    alerts.acknowledge(town.ben, made.id, "visto", patient)
    town.clock.advance(600)
    alerts.raise_alerts(town.eva, patient)
    town.carry(patient)
    assert on_chart(town, patient) == on_chart(town, patient, "eva") == [("news2-high", IssueStatus.FINAL)]
    assert alerts.alerts(town.eva, everybody=True) == ()
    for desk in (town.ben, town.eva):
        (moment,) = timeline.timeline(desk, patient, kinds=(DetectedIssue,)).moments
        assert (moment.versions, moment.conflict) == (3, False)


def test_an_answer_is_taken_back_by_who_gave_it_and_by_nobody_else(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *ill())
    (made,) = alerts.raise_alerts(town.ben, patient)
    with pytest.raises(Refusal, match="not been answered"):
        alerts.reopen(town.ben, made.id, patient)
    alerts.acknowledge(town.ben, made.id, "visto", patient)
    town.carry(patient)
    with pytest.raises(Refusal, match="colleague"):
        alerts.reopen(town.eva, made.id, patient)
    with pytest.raises(WrongPatient):
        alerts.reopen(town.ben, made.id, town.person("Otra"))
    alerts.reopen(town.ben, made.id, patient)
    town.carry(patient)
    for desk in (town.ben, town.eva):
        assert alerts.alerts_of(desk, patient) == (made,)


def test_alerts_answered_together_are_reopened_together(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *ill())
    town.carry(patient)
    alerts.raise_alerts(town.eva, patient)
    measure(town, patient, observed("8867-4", 145, at=AT))
    (mine,) = alerts.raise_alerts(town.ben, patient)
    town.carry(patient)
    alerts.acknowledge(town.ben, mine.id, "oxígeno", patient)
    alerts.reopen(town.ben, mine.id, patient)
    assert {s for _, s in on_chart(town, patient)} == {IssueStatus.REGISTERED}


def test_a_chart_says_whose_its_open_alerts_are_and_an_alert_goes_back_to_whom_it_was_taken_from(
    town: Local,
) -> None:
    patient = town.person()
    measure(town, patient, *ill())
    (made,) = alerts.raise_alerts(town.ben, patient)
    assert [a.owner for a in alerts.open_alerts(town.ben, patient)] == [""]
    alerts.take_over(town.ben, made.id, patient)
    assert [a.owner for a in alerts.open_alerts(town.ben, patient)] == [town.ben.someone.name]
    town.carry(patient)
    with pytest.raises(Refusal, match="not yours"):
        alerts.hand_back(town.eva, made.id, made.owner, patient)
    alerts.hand_back(town.ben, made.id, made.owner, patient)
    assert [a.owner for a in alerts.open_alerts(town.ben, patient)] == [""]
    assert alerts.open_alerts(town.ben, town.person("Otra")) == ()


def test_alerts_of_one_rule_from_different_evidence_are_answered_together(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *ill())
    town.carry(patient)
    alerts.raise_alerts(town.eva, patient)
    measure(town, patient, observed("8867-4", 145, at=AT))
    alerts.raise_alerts(town.ben, patient)
    town.carry(patient)
    (line,) = alerts.alerts(town.ben)
    assert len(line.standing.also) == 1
    alerts.acknowledge(town.ben, line.standing.alert.id, "oxígeno", patient)
    assert alerts.alerts(town.ben) == () and {s for _, s in on_chart(town, patient)} == {IssueStatus.FINAL}


def test_nobody_answers_and_everybody_is_asked(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *ill())
    (made,) = alerts.raise_alerts(town.ben, patient)
    alerts.take_over(town.ben, made.id, patient)
    town.carry(patient)
    assert alerts.alerts(town.eva) == () and len(alerts.alerts(town.ben)) == 1
    town.clock.advance(15 * 60)
    (line,) = alerts.alerts(town.eva)
    assert line.standing.escalated


def test_evidence_that_was_taken_back_is_told(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *ill())
    alerts.raise_alerts(town.ben, patient)
    taken = town.ben.book.read(lambda page: page.facts(Observation, patient))
    town.ben.write(*(replace(o, retracted="another patient") for o in taken), window=patient)
    (line,) = alerts.alerts(town.ben)
    assert line.gone


@pytest.mark.expects_log("a bug in a rule of alerts: ZeroDivisionError")
def test_a_rule_that_fails_never_loses_what_was_measured(town: Local) -> None:
    def broken(seen: Seen) -> Finding | None:
        raise ZeroDivisionError

    rule = BY_ID["news2-high"]
    patient = town.person()
    alerts.watch(town.ben, [Rule("x", 1, "x", "low", 1, rule.recent, "x", broken)])
    measure(town, patient, *ill())
    assert len(town.ben.book.read(lambda page: page.facts(Observation, patient))) == 7


def test_scale_2_is_ordered_signed_and_stopped(town: Local) -> None:
    patient = town.person()
    measure(town, patient, *vitals(spo2=90, at=AT))
    reason = Coding(system="http://hl7.org/fhir/sid/icd-10", code="J96.1")

    def total() -> Decimal | None:
        return next(r.value for r in scoring.scores_of(town.ben, patient) if r.score == "news2")

    assert total() == 3
    order = scoring.order_scale_2(town.ben, patient, reason)
    assert order.user_signature and total() == 0
    town.as_nurse(town.eva)
    with pytest.raises(Refusal, match="Your role"):
        scoring.order_scale_2(town.eva, patient, reason)
    with pytest.raises(Refusal, match="Your role"):
        scoring.stop_scale_2(town.eva, patient)
    with pytest.raises(Refusal, match="Write why"):
        scoring.order_scale_2(town.ben, patient, Coding(system="", code=""))
    scoring.stop_scale_2(town.ben, patient)
    assert total() == 3
    with pytest.raises(Refusal, match="not ordered"):
        scoring.stop_scale_2(town.ben, patient)
    assert town.ben.book.read(lambda page: page.fact(type(order), order.id)).status == RequestStatus.STOPPED  # type: ignore[union-attr]


def test_pews_is_off_until_a_clinician_signs_it_off_and_off_again(town: Local) -> None:
    from clinic.exchange.growth_tables import chart_text

    patient = town.person(born=AT.date() - timedelta(days=500))
    pews = lambda: next(r for r in scoring.scores_of(town.ben, patient) if r.score == "pews")  # noqa: E731
    assert pews().not_for == "not-signed-off"
    town.as_nurse(town.eva)
    with pytest.raises(Refusal, match="Your role"):
        scoring.sign_off(town.eva, chart_text("pews"))
    with pytest.raises(Refusal, match="cannot be read"):
        scoring.sign_off(town.ben, "id = 1")
    scoring.sign_off(town.ben, chart_text("pews"))
    assert pews().not_for is None and len(pews().missing) == 7
    scoring.switch_off(town.ben, "pews")
    assert pews().not_for == "not-signed-off"
    with pytest.raises(Refusal, match="not in use"):
        scoring.switch_off(town.ben, "pews")


def test_a_child_has_no_news2_on_the_chart(town: Local) -> None:
    patient = town.person(born=AT.date() - timedelta(days=3000))
    measure(town, patient, *ill())
    drawn = charts.chart(town.ben, patient)
    assert (drawn.news2.total, drawn.news2.risk, drawn.news2.missing) == (None, "unknown", ())
    assert alerts.raise_alerts(town.ben, patient) == () or all(
        not a.code.code.startswith("news2") for a in alerts.alerts_of(town.ben, patient)
    )


def test_a_chart_that_was_linked_is_looked_at_as_a_whole(town: Local) -> None:
    patient, other = town.person(), town.person("Quispe", ("Maria",))
    measure(town, patient, *ill()[:4])
    measure(town, other, *ill()[4:])
    assert alerts.raise_alerts(town.ben, patient) == ()
    people.confirm_identity(town.ben, other, patient)
    (made,) = alerts.raise_alerts(town.ben, other)
    assert made.patient == other
    assert [a.person.patient for a in alerts.alerts(town.ben)] == [patient]
