# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule on both sides of its thresholds."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.alerts.rules import BY_ID, RULES, Finding, Seen, lines_crossed
from clinic.domain.alerts.trends import by_day, slope_a_month, theil_sen
from clinic.domain.facts import Gender, Observation
from clinic.domain.scores.kinds import Who
from clinic.domain.scores.registry import registry
from clinic.exchange.growth_tables import growth_tables
from tests.clinic.domain.scores.taken import NOW, observed, pressure, vitals

GROWN = Who(birth_date=date(1958, 3, 7), gender=Gender.FEMALE)
SCORES = registry(growth_tables())
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def found(
    rule: str, *observations: Observation, who: Who = GROWN, problems: tuple[str, ...] = ()
) -> Finding | None:
    return BY_ID[rule].look(Seen(who, observations, frozenset(problems), SCORES, NOW))


@pytest.mark.parametrize(("hr", "raised"), [(110, False), (111, True)])
def test_news2_of_seven(hr: int, raised: bool) -> None:
    seen = found("news2-high", *vitals(rr=24, spo2=93, sbp=105, hr=hr))  # 2 + 2 + 1 + (1 or 2)
    assert (seen is not None) == raised
    if seen is not None:
        assert (len(seen.evidence), seen.text) == (7, "NEWS2 7")


@pytest.mark.parametrize(
    ("hr", "sbp", "raised"), [(60, 120, False), (60, 105, True), (111, 120, True), (111, 105, False)]
)
def test_news2_of_five_or_six(hr: int, sbp: int, raised: bool) -> None:
    seen = found("news2-urgent", *vitals(rr=24, spo2=93, sbp=sbp, hr=hr))  # 2 + 2 + (0 or 1) + (0 or 2)
    assert (seen is not None) == raised


def test_five_with_a_single_three_is_one_alert() -> None:
    ill = vitals(rr=24, spo2=91)  # 2 + 3
    assert found("news2-urgent", *ill) is None and found("news2-single", *ill) is not None


def test_a_news2_that_is_not_whole_not_fresh_or_not_for_her_raises_nothing() -> None:
    ill = vitals(rr=30, spo2=85, hr=140)
    assert found("news2-high", *ill) is not None
    assert found("news2-high", *ill[1:]) is None
    assert found("news2-high", *vitals(rr=30, spo2=85, hr=140, ago=25 * HOUR)) is None
    assert found("news2-high", *ill, who=Who(birth_date=date(2020, 1, 1))) is None
    assert found("news2-high", *ill, who=Who(birth_date=date(1996, 1, 1), pregnant=True)) is None


def test_one_parameter_of_three_names_it_and_gives_way_to_the_emergency() -> None:
    seen = found("news2-single", *vitals(spo2=91))
    assert seen is not None and seen.text == "NEWS2 3: 3 × spo2" and len(seen.evidence) == 1
    assert found("news2-single", *vitals(spo2=92)) is None
    assert found("news2-single", *vitals(spo2=91, rr=25, hr=111)) is None


@pytest.mark.parametrize(("hr", "hours", "raised"), [(111, 23, True), (110, 23, False), (111, 25, False)])
def test_a_rise_of_two_within_a_day(hr: int, hours: int, raised: bool) -> None:
    earlier = vitals(ago=hours * HOUR)
    seen = found("news2-rise", *earlier, *vitals(hr=hr))
    assert (seen is not None) == raised
    assert seen is None or seen.text == "NEWS2 0 → 2"


@pytest.mark.parametrize(
    ("before", "after", "hours", "raised"),
    [(98, 94, 3, True), (98, 95, 3, False), (97, 94, 3, False), (99, 95, 3, False), (98, 94, 24, True), (98, 94, 24.1, False)],
)  # fmt: skip
def test_a_fall_of_oxygen(before: int, after: int, hours: float, raised: bool) -> None:
    seen = found("spo2-drop", observed("2708-6", before, ago=hours * HOUR), observed("2708-6", after))
    assert (seen is not None) == raised


def _visits(*values: int, every: int = 30) -> list[Observation]:
    return [pressure(v, ago=every * (len(values) - 1 - n) * DAY) for n, v in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "every", "raised"),
    [((128, 132, 138, 142), 30, True), ((128, 132, 136, 139), 30, False), ((126, 130, 200, 138, 142), 30, True),
     ((140, 140, 141, 141), 30, False), ((128, 142, 150), 30, False), ((110, 104, 100, 96), 30, True),
     ((120, 112, 106, 101), 30, False),
     ((128, 132, 138, 142), 9, False), ((140, 130, 160, 130), 30, False)],
)  # fmt: skip
def test_pressure_from_visit_to_visit(values: tuple[int, ...], every: int, raised: bool) -> None:
    assert (found("systolic-trend", *_visits(*values, every=every)) is not None) == raised


@pytest.mark.parametrize(
    ("kg", "hours", "problem", "raised"),
    [("72", 72, "I50.0", True), ("71.9", 72, "I50.0", False), ("72", 73, "I50.0", False), ("72", 48, "I10", False),
     ("72", 48, "I11.0", True),
     ("72", 48, "I11.9", False), ("72", 48, "I13.2", True)],
)  # fmt: skip
def test_two_kilos_in_three_days_with_heart_failure(kg: str, hours: int, problem: str, raised: bool) -> None:
    scales = observed("29463-7", 70, ago=hours * HOUR), observed("29463-7", kg)
    assert (found("weight-gain", *scales, problems=(problem,)) is not None) == raised


def test_pounds_and_kilos_are_compared_as_kilos() -> None:
    scales = observed("29463-7", 154, unit="[lb_av]", ago=DAY), observed("29463-7", 72)  # 69.85 kg
    seen = found("weight-gain", *scales, problems=("I50.9",))
    assert seen is not None


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [("0.5", "-0.5", 1), ("0.5", "-1.5", 2), ("0", "-1", 1), ("0", "-1.01", 2), ("-0.01", "-1", 0), ("-0.01", "-1.01", 1),
     ("0.5", "0.6", 0), ("3", "-3.5", 7)],
)  # fmt: skip
def test_lines_of_a_growth_chart(before: str, after: str, lines: int) -> None:
    assert lines_crossed(Decimal(before), Decimal(after)) == lines


@pytest.mark.parametrize(("kg", "raised"), [("8.4", True), ("8.7", False)])
def test_weight_that_falls_behind(kg: str, raised: bool) -> None:
    child = Who(birth_date=NOW.date() - timedelta(days=365), gender=Gender.MALE)
    then = observed("29463-7", "8.4", ago=timedelta(days=185))  # z 0.6 at six months
    seen = found("growth-faltering", then, observed("29463-7", kg), who=child)
    assert (seen is not None) == raised
    assert found("growth-faltering", then, observed("29463-7", kg)) is None


def test_a_laboratory_result_outside_of_its_range_is_seen_by_somebody() -> None:
    """Within its range, of no laboratory, taken back, or older than a month: nothing. All that is due is one alert."""
    high = replace(observed("4548-4", "7.9"), category="laboratory", interpretation="H")
    low = replace(observed("718-7", "9.1"), category="laboratory", interpretation="L")
    seen = found("result-out-of-range", high, low)
    assert seen is not None and len(seen.evidence) == 2
    assert "7.9" in seen.text and "↑" in seen.text and "↓" in seen.text
    for other in (
        replace(high, interpretation="N"),
        replace(high, category="vital-signs"),
        replace(high, retracted="otra muestra"),
        replace(high, effective_at=NOW - timedelta(days=31)),
    ):
        assert found("result-out-of-range", other) is None


def test_every_rule_says_where_it_comes_from_and_has_its_own_name() -> None:
    assert len(BY_ID) == len(RULES)
    assert all(
        rule.source and rule.title and rule.minutes > 0 and rule.severity in ("high", "moderate", "low")
        for rule in RULES
    )


@pytest.mark.parametrize("rule", sorted(BY_ID))
def test_an_empty_chart_and_a_retracted_one_raise_nothing(rule: str) -> None:
    assert found(rule) is None
    gone = [observed("2708-6", 60, retracted="x"), observed("2708-6", 99, ago=HOUR, retracted="x")]
    assert found(rule, *gone) is None


POINTS = st.lists(st.tuples(st.integers(0, 400), st.integers(80, 200)), min_size=2, max_size=12)


@given(POINTS, st.randoms())
def test_a_trend_does_not_depend_on_the_order(points: list[tuple[int, int]], chance: object) -> None:
    plain = [(NOW + timedelta(days=x), Decimal(y)) for x, y in points]
    mixed = list(plain)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert slope_a_month(plain) == slope_a_month(mixed)


@given(st.integers(-20, 20), st.integers(5, 12), st.integers(0, 4), st.integers(-500, 500))
def test_one_wrong_reading_does_not_bend_it(slope: int, n: int, wrong: int, error: int) -> None:
    line = [(Decimal(x), Decimal(slope * x)) for x in range(n)]
    x, y = line[wrong]
    line[wrong] = (x, y + error)
    assert n < 7 or theil_sen(line) == slope


def test_readings_of_one_day_weigh_as_one() -> None:
    points = [(NOW, Decimal(120)), (NOW + HOUR, Decimal(180)), (NOW + 2 * HOUR, Decimal(122))]
    assert by_day(points) == [(NOW.date(), Decimal(122))]
    assert slope_a_month(points) is None and theil_sen([]) is None
