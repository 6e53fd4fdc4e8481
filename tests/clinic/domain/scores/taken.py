# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations for tests, one line each."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from clinic.domain.facts import Observation, Observed
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import LOINC, Coding, Quantity

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
UNITS = {
    "8867-4": "/min", "9279-1": "/min", "8310-5": "Cel", "2708-6": "%", "8480-6": "mm[Hg]", "8462-4": "mm[Hg]",
    "29463-7": "kg", "8302-2": "cm", "8306-3": "cm", "8308-9": "cm", "9843-4": "cm", "2160-0": "mg/dL", "3151-8": "L/min",
    "44963-7": "s",
}  # fmt: skip


def observed(
    code: str, value: object = None, *, ago: timedelta = timedelta(), unit: str | None = None, name: str = "",
    text: str = "", at: datetime = NOW, retracted: str = "",
) -> Observation:  # fmt: skip
    """One observation; its id says what it is and of when."""
    taken = at - ago
    quantity = (
        None
        if value is None
        else Quantity(value=Decimal(str(value)), unit=UNITS.get(code, "") if unit is None else unit)
    )
    return Observation(
        id=FactId(name or f"{code} {taken:%Y%m%d%H%M%S}"), patient=PatientId("p"), code=Coding(system=LOINC, code=code),
        effective_at=taken, value=quantity, text=text, retracted=retracted,
    )  # fmt: skip


def pressure(
    systolic: object, diastolic: object = 60, *, ago: timedelta = timedelta(), at: datetime = NOW
) -> Observation:
    taken = at - ago
    parts = tuple(
        Observed(code=Coding(system=LOINC, code=code), value=Quantity(value=Decimal(str(v)), unit="mm[Hg]"))
        for code, v in (("8480-6", systolic), ("8462-4", diastolic))
    )
    return Observation(
        id=FactId(f"bp {taken:%Y%m%d%H%M%S}"), patient=PatientId("p"), code=Coding(system=LOINC, code="85354-9"),
        effective_at=taken, components=parts,
    )  # fmt: skip


def vitals(
    rr: int = 16, spo2: int = 97, oxygen: int = 0, sbp: int = 120, hr: int = 70, alert: str = "A", t: str = "36.8",
    ago: timedelta = timedelta(), at: datetime = NOW,
) -> tuple[Observation, ...]:  # fmt: skip
    """A whole set for NEWS2."""
    return (
        observed("9279-1", rr, ago=ago, at=at), observed("2708-6", spo2, ago=ago, at=at),
        observed("3151-8", oxygen, ago=ago, at=at), pressure(sbp, ago=ago, at=at), observed("8867-4", hr, ago=ago, at=at),
        observed("67775-7", text=alert, ago=ago, at=at), observed("8310-5", t, ago=ago, at=at),
    )  # fmt: skip
