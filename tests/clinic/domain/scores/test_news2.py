# SPDX-License-Identifier: GPL-3.0-or-later
"""Every boundary of the chart in: Royal College of Physicians, National Early Warning Score (NEWS) 2, London 2017."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.scores.news2 import Risk, Vitals, news2

WELL = Vitals(
    respiratory_rate=16,
    spo2=97,
    on_oxygen=False,
    systolic=120,
    heart_rate=70,
    alert=True,
    temperature=Decimal("36.8"),
)


def points(name: str, **given: object) -> int:
    return news2(replace(WELL, **given)).parts[name]  # type: ignore[arg-type]


def test_somebody_well_scores_nothing() -> None:
    score = news2(WELL)
    assert (score.total, score.missing, score.risk) == (0, (), Risk.LOW)
    assert set(score.parts) == {
        "respiratory_rate",
        "spo2",
        "on_oxygen",
        "systolic",
        "heart_rate",
        "alert",
        "temperature",
    }


@pytest.mark.parametrize(
    ("name", "edges"),
    [
        ("respiratory_rate", [(0, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (2000, 3)]),
        ("spo2", [(0, 3), (91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)]),
        (
            "systolic",
            [(0, 3), (90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3), (1500, 3)],
        ),
        (
            "heart_rate",
            [(0, 3), (40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3), (1500, 3)],
        ),
    ],
)  # fmt: skip
def test_every_edge_of_whole_numbers(name: str, edges: list[tuple[int, int]]) -> None:
    assert [(value, points(name, **{name: value})) for value, _ in edges] == edges
    assert [(value, points(name, **{name: Decimal(value)})) for value, _ in edges] == edges


@pytest.mark.parametrize(
    ("celsius", "scored"),
    [("30.0", 3), ("35.0", 3), ("35.04", 3), ("35.05", 1), ("35.1", 1), ("36.0", 1), ("36.1", 0), ("38.0", 0), ("38.1", 1),
     ("39.0", 1), ("39.04", 1), ("39.1", 2), ("45", 2)],
)  # fmt: skip
def test_every_edge_of_temperature(celsius: str, scored: int) -> None:
    assert points("temperature", temperature=Decimal(celsius)) == scored


@pytest.mark.parametrize(
    ("spo2", "on_air", "on_oxygen"),
    [(83, 3, 3), (84, 2, 2), (85, 2, 2), (86, 1, 1), (87, 1, 1), (88, 0, 0), (92, 0, 0), (93, 0, 1), (94, 0, 1), (95, 0, 2),
     (96, 0, 2), (97, 0, 3), (100, 0, 3)],
)  # fmt: skip
def test_every_edge_of_scale_2(spo2: int, on_air: int, on_oxygen: int) -> None:
    assert points("spo2", spo2=spo2, scale_2=True, on_oxygen=False) == on_air
    assert points("spo2", spo2=spo2, scale_2=True, on_oxygen=True) == on_oxygen


def test_scale_2_above_92_needs_to_know_about_oxygen() -> None:
    assert news2(replace(WELL, spo2=93, scale_2=True, on_oxygen=None)).missing == ("spo2", "on_oxygen")
    assert news2(replace(WELL, spo2=92, scale_2=True, on_oxygen=None)).missing == ("on_oxygen",)


def test_oxygen_and_consciousness() -> None:
    assert (points("on_oxygen", on_oxygen=True), points("on_oxygen", on_oxygen=False)) == (2, 0)
    assert (points("alert", alert=False), points("alert", alert=True)) == (3, 0)


@pytest.mark.parametrize(
    ("given", "total", "risk"),
    [
        ({"temperature": Decimal("38.5"), "spo2": 94, "heart_rate": 95, "systolic": 105}, 4, Risk.LOW),
        ({"alert": False}, 3, Risk.SINGLE),
        ({"alert": False, "heart_rate": 95}, 4, Risk.SINGLE),
        ({"alert": False, "spo2": 93}, 5, Risk.MEDIUM),
        ({"on_oxygen": True, "spo2": 93, "heart_rate": 120}, 6, Risk.MEDIUM),
        ({"alert": False, "spo2": 93, "on_oxygen": True}, 7, Risk.HIGH),
    ],
)
def test_the_four_answers(given: dict[str, object], total: int, risk: Risk) -> None:
    score = news2(replace(WELL, **given))  # type: ignore[arg-type]
    assert (score.total, score.risk) == (total, risk)


def test_what_is_missing_is_named_and_never_scores_nothing() -> None:
    score = news2(Vitals())
    assert (score.total, score.parts, score.risk) == (None, {}, Risk.UNKNOWN)
    assert len(score.missing) == 7


def test_a_risk_seen_in_a_part_is_told_without_the_rest() -> None:
    assert news2(Vitals(spo2=90)).risk == Risk.SINGLE
    assert news2(Vitals(spo2=90, on_oxygen=True)).risk == Risk.MEDIUM
    ill = news2(Vitals(spo2=90, systolic=80, heart_rate=95))
    assert (ill.total, ill.risk) == (None, Risk.HIGH)


VITALS = st.builds(
    Vitals,
    respiratory_rate=st.none() | st.integers(0, 70),
    spo2=st.none() | st.integers(50, 100),
    on_oxygen=st.none() | st.booleans(),
    systolic=st.none() | st.integers(40, 300),
    heart_rate=st.none() | st.integers(20, 250),
    alert=st.none() | st.booleans(),
    temperature=st.none() | st.decimals(30, 43, places=1),
    scale_2=st.booleans(),
)
ORDER = [Risk.UNKNOWN, Risk.LOW, Risk.SINGLE, Risk.MEDIUM, Risk.HIGH]


@given(VITALS)
def test_a_total_is_the_sum_of_all_seven_or_nothing(vitals: Vitals) -> None:
    score = news2(vitals)
    assert len(score.parts) + len(score.missing) == 7
    assert score.total == (None if score.missing else sum(score.parts.values()))
    assert score.total is None or 0 <= score.total <= 20


@given(VITALS, st.sampled_from(["respiratory_rate", "systolic", "heart_rate", "alert", "temperature"]))
def test_knowing_less_never_makes_a_risk_higher(vitals: Vitals, name: str) -> None:
    less = news2(replace(vitals, **{name: None}))
    assert ORDER.index(less.risk) <= max(ORDER.index(news2(vitals).risk), 0)


@pytest.mark.parametrize(("celsius", "scored"), [(38.05, 1), (38.04, 0), (35.05, 1), (36.05, 0), (39.05, 2)])
def test_floats_are_read_as_they_are_written(celsius: float, scored: int) -> None:
    assert points("temperature", temperature=celsius) == scored


@pytest.mark.parametrize(
    ("name", "value", "scored"),
    [("spo2", "91.4", 3), ("spo2", "91.5", 2), ("heart_rate", "90.4", 0), ("heart_rate", "90.5", 1), ("systolic", "100.5", 1),
     ("respiratory_rate", "8.5", 1)],
)  # fmt: skip
def test_what_is_finer_than_the_chart_is_rounded_to_it_first(name: str, value: str, scored: int) -> None:
    assert points(name, **{name: Decimal(value)}) == scored


@pytest.mark.parametrize("name", ["spo2", "heart_rate", "systolic", "respiratory_rate", "temperature"])
def test_what_is_no_number_is_missing(name: str) -> None:
    score = news2(replace(WELL, **{name: Decimal("NaN")}))  # type: ignore[arg-type]
    assert (score.missing, score.total) == ((name,), None)
