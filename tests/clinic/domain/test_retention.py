# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind has a class, every class a rule with its source, and a chart is never past its time too early."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain import facts
from clinic.domain.retention import RULES, Class, chart_is_past, class_of, must_stay_until, rules_of

LAST = st.datetimes(datetime(1990, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))


def test_every_place_has_a_rule_with_a_source_for_every_class() -> None:
    for rules in RULES.values():
        assert set(rules) == set(Class) and all(rule.source for rule in rules.values())


def test_argentina_asks_for_ten_years_of_charts_consents_and_the_access_log() -> None:
    assert [rules_of("AR")[part].years for part in (Class.CHART, Class.CONSENT, Class.ACCESS_LOG)] == [
        10,
        10,
        10,
    ]
    assert rules_of("XX") == rules_of("generic")


def test_what_is_not_known_is_part_of_the_chart() -> None:
    assert (
        class_of(facts.Observation) == class_of(facts.OriginalResource) == class_of(facts.Fact) == Class.CHART
    )
    assert class_of(facts.AuditEvent) == Class.ACCESS_LOG and class_of(facts.Consent) == Class.CONSENT
    assert must_stay_until(facts.Practitioner, datetime(2000, 1, 1, tzinfo=UTC), "AR") is None


@given(LAST, st.sampled_from([*RULES, "XX"]), st.integers(0, 4000))
def test_a_chart_is_past_only_when_all_of_it_is(last: datetime, place: str, days: int) -> None:
    now = last + timedelta(days=days)
    until = [
        must_stay_until(kind, last, place) for kind in (facts.Observation, facts.Consent, facts.AuditEvent)
    ]
    assert chart_is_past(last, now, place) == all(at is not None and now > at for at in until)
    assert not chart_is_past(last, last + timedelta(days=3652), place) or place not in RULES


def test_a_leap_day_does_not_break_it() -> None:
    assert must_stay_until(facts.Consent, datetime(2024, 2, 29, tzinfo=UTC), "AR") == datetime(
        2034, 3, 1, tzinfo=UTC
    )
