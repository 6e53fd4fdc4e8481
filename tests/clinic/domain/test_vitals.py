# SPDX-License-Identifier: GPL-3.0-or-later
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from clinic.domain.facts import Observation, Observed
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import LOINC, Coding, Quantity
from clinic.domain.vitals import (
    BLOOD_PRESSURE,
    BY_CODE,
    DIASTOLIC,
    GLUCOSE,
    SPO2,
    SYSTOLIC,
    TEMPERATURE,
    VITALS,
    WEIGHT,
    Vital,
    readings,
)

AT = datetime(2026, 11, 21, tzinfo=UTC)


def observed(
    code: Coding,
    value: str | None = None,
    parts: tuple[Observed, ...] = (),
    retracted: str = "",
    unit: str = "%",
) -> Observation:
    quantity = None if value is None else Quantity(value=Decimal(value), unit=unit)
    return Observation(
        id=FactId("o"),
        patient=PatientId("p"),
        code=code,
        effective_at=AT,
        value=quantity,
        components=parts,
        retracted=retracted,
    )


def part(vital: Vital, value: str) -> Observed:
    return Observed(code=vital.coding, value=Quantity(value=Decimal(value), unit=vital.unit))


def test_a_single_reading() -> None:
    assert readings(observed(SPO2.coding, "97")) == {"spo2": Decimal(97)}


def test_blood_pressure_has_two() -> None:
    both = observed(BLOOD_PRESSURE, parts=(part(SYSTOLIC, "120"), part(DIASTOLIC, "80")))
    assert readings(both) == {"systolic": Decimal(120), "diastolic": Decimal(80)}


def test_what_is_retracted_or_none_of_ours_is_no_reading() -> None:
    other = Coding(system=LOINC, code="0-0")
    assert readings(observed(SPO2.coding, "97", retracted="wrong finger")) == {}
    assert (
        readings(
            observed(other, "97", parts=(Observed(code=other, value=Quantity(value=Decimal(1), unit="x")),))
        )
        == {}
    )
    assert readings(observed(SPO2.coding)) == {}


@pytest.mark.parametrize("unit", ["[lb_av]", "g", "", "KG"])
def test_a_weight_in_another_unit_is_no_reading(unit: str) -> None:
    assert readings(observed(WEIGHT.coding, "154", unit=unit)) == {}
    assert readings(observed(WEIGHT.coding, "70", unit="kg")) == {"weight": Decimal(70)}


@pytest.mark.parametrize("vital", VITALS.values(), ids=VITALS)
def test_every_vital_is_whole(vital: Vital) -> None:
    assert BY_CODE[vital.code] is vital and VITALS[vital.key] is vital
    assert vital.coding == Coding(system=LOINC, code=vital.code, display=vital.display)
    assert vital.low < vital.high and vital.unit
    assert vital.plausible(vital.low) and vital.plausible(vital.high)
    step = Decimal(1).scaleb(-vital.decimals)
    assert not vital.plausible(vital.low - step) and not vital.plausible(vital.high + step)
    assert not vital.plausible(Decimal("NaN")) and not vital.plausible(Decimal("Infinity"))
    if vital.band is not None:
        assert vital.low <= vital.band[0] < vital.band[1] <= vital.high


def test_loinc_codes_as_published() -> None:
    assert {key: vital.code for key, vital in VITALS.items()} == {
        "heart_rate": "8867-4", "respiratory_rate": "9279-1", "temperature": "8310-5", "spo2": "2708-6", "systolic": "8480-6",
        "diastolic": "8462-4", "weight": "29463-7", "height": "8302-2", "glucose": "2339-0",
    }  # fmt: skip
    assert (TEMPERATURE.unit, SYSTOLIC.unit, GLUCOSE.unit) == ("Cel", "mm[Hg]", "mg/dL")
