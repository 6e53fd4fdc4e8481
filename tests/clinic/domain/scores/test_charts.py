# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts of points as data: PEWS on all its boundaries once signed off, nothing before; files that are not whole."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.scores.charts import chart_score
from clinic.domain.scores.kinds import NotFor, Result, Who
from clinic.domain.scores.reading import compute
from clinic.domain.scores.registry import registry
from clinic.exchange.growth_tables import chart_text, growth_tables
from tests.clinic.domain.scores.taken import NOW, observed, pressure

TEXT = chart_text("pews")
ON = chart_score(TEXT, signed_off=True)
WELL = {
    "1": (130, 70, 40),
    "3": (130, 90, 30),
    "12": (100, 100, 30),
    "48": (90, 100, 25),
    "144": (80, 110, 14),
}
EDGES = {
    # Parshuram 2009, table 1, by age: highest 4, 2, 1 below, lowest 1, 2, 4 above
    "heart_rate": {1: (80, 90, 110, 150, 180, 190), 3: (70, 80, 100, 150, 170, 180), 12: (60, 70, 90, 120, 150, 170),
                   48: (50, 60, 70, 110, 130, 150), 144: (40, 50, 60, 100, 120, 140)},
    "systolic": {1: (45, 50, 60, 80, 100, 130), 3: (60, 70, 80, 100, 120, 150), 12: (65, 75, 90, 110, 125, 160),
                 48: (70, 80, 90, 120, 140, 170), 144: (75, 85, 100, 130, 150, 190)},
    "respiratory_rate": {1: (15, 19, 29, 61, 81, 91), 3: (15, 19, 24, 51, 71, 81), 12: (12, 15, 19, 41, 61, 71),
                         48: (10, 14, 19, 31, 41, 51), 144: (9, 10, 11, 17, 23, 30)},
}  # fmt: skip


def pews(months: int, kind: object = ON, **changed: object) -> Result:
    hr, sbp, rr = WELL[str(months)]
    told = {"hr": hr, "sbp": sbp, "rr": rr, "crt": "1", "effort": "normal", "spo2": 98, "o2": 0} | changed
    taken = [
        observed("8867-4", told["hr"]), pressure(told["sbp"], 30), observed("9279-1", told["rr"]),
        observed("44963-7", told["crt"]),
        observed("respiratory-effort", text=str(told["effort"])),
        observed("2708-6", told["spo2"]), observed("3151-8", told["o2"]),
    ]  # fmt: skip
    born = NOW.date() - timedelta(days=int(months * Decimal("30.4375")) + 1)
    return compute(kind, Who(birth_date=born), taken, NOW)  # type: ignore[arg-type]


def test_it_is_off_until_the_clinic_signs_it() -> None:
    found = pews(12, chart_score(TEXT, signed_off=False))
    assert (found.not_for, found.value, found.parts) == (NotFor.NOT_SIGNED_OFF, None, {})


@pytest.mark.parametrize("months", [1, 3, 12, 48, 144])
@pytest.mark.parametrize(
    ("key", "name"), [("heart_rate", "hr"), ("systolic", "sbp"), ("respiratory_rate", "rr")]
)
def test_every_edge_by_age(key: str, name: str, months: int) -> None:
    a, b, c, d, e, f = EDGES[key][months]
    steps = [
        (a, 4),
        (a + 1, 2),
        (b, 2),
        (b + 1, 1),
        (c, 1),
        (c + 1, 0),
        (d - 1, 0),
        (d, 1),
        (e - 1, 1),
        (e, 2),
        (f - 1, 2),
        (f, 4),
    ]
    assert [(value, pews(months, **{name: value}).parts[key]) for value, _ in steps] == steps


def test_edges_that_age_does_not_move() -> None:
    assert [pews(12, crt=t).parts["capillary_refill"] for t in ("2.9", "2.94", "2.95", "3")] == [0, 0, 4, 4]
    assert [pews(12, spo2=n).parts["spo2"] for n in (90, 91, 94, 95)] == [2, 1, 1, 0]
    assert [pews(12, o2=n).parts["oxygen"] for n in ("0", "0.5", "3.99", "4")] == [0, 2, 2, 4]
    efforts = ("normal", "mild", "moderate", "severe")
    assert [pews(12, effort=word).parts["respiratory_effort"] for word in efforts] == [0, 1, 2, 4]


def test_a_well_child_scores_nothing_and_one_missing_input_takes_the_total() -> None:
    assert all(pews(months).value == 0 for months in (1, 3, 12, 48, 144))
    found = pews(12, effort="")
    assert (found.value, found.missing) == (None, ("respiratory_effort",))
    worst = pews(12, hr=200, sbp=200, rr=90, crt=5, effort="severe", spo2=80, o2=6)
    assert worst.value == 26 and worst.band is not None and worst.band.key == "high"


def test_a_child_moves_on_with_its_months() -> None:
    for before, after in pairwise((1, 3, 12, 48, 144)):
        assert pews(before).parts.keys() == pews(after).parts.keys()
    at = {months: pews(months, hr=111).parts["heart_rate"] for months in (1, 48, 144)}
    assert at == {1: 0, 48: 1, 144: 1}
    assert pews(144, hr=111).not_for is None


@pytest.mark.parametrize(
    ("old", "new"),
    [("id =", "name ="), ("from = 91, to = 94", "from = 92, to = 94"), ("from = 91, to = 94", "from = 90, to = 94"),
     ("{ points = 2, to = 90 }", "{ points = 2, from = 1, to = 90 }"), ('"4-12 years" = [\n', '"5-12 years" = [\n'),
     ("[ages]", "[ages"),
     ("points = 0, to = 2.9", "points = 0, to = \"x\"")],
)  # fmt: skip
def test_a_chart_that_is_not_whole_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(Refusal, match="Correct the file"):
        chart_score(TEXT.replace(old, new, 1), signed_off=True)


def test_the_registry_has_each_score_once_with_its_source() -> None:
    kinds = registry(growth_tables(), [ON])
    assert {
        "news2",
        "bmi",
        "egfr",
        "egfr_child",
        "weight_for_age",
        "bmi_for_age",
        "head_for_age",
        "pews",
    } <= set(kinds)
    assert all(kind.source and kind.version and kind.unit and kind.inputs for kind in kinds.values())
    with pytest.raises(ValueError, match="same id"):
        registry(growth_tables(), [ON, ON])
