# SPDX-License-Identifier: GPL-3.0-or-later
"""What this chart can put into a template: in words, each reading with its day unless it is of today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from clinic.domain.facts import Method
from clinic.domain.ids import PatientId
from desktop.kit.fields import seen_only
from desktop.kit.words import _, fmt_date
from desktop.screens.phrases import (
    SEXES,
    SHORT_NAMES,
    VITAL_NAMES,
    age_text,
    coded,
    named,
    unit_text,
    vital_text,
)

if TYPE_CHECKING:
    from clinic.services.charts import Chart, Reading

VITALS = ("heart_rate", "respiratory_rate", "temperature", "spo2", "weight", "height", "glucose")
RECENT = timedelta(days=1)
"""The line of all vital signs has those of a visit, not those of years."""


def known(chart: Chart | None, patient: PatientId, now: datetime) -> Mapping[str, str]:
    """By key of `clinic.domain.templates.PLACES`; what the chart does not say is not in it. {} for the chart of another
    person than the page is about."""
    if chart is None or chart.person.patient != patient:
        return {}
    today = now.astimezone().date()
    person = chart.person
    found = {
        "name": person.name.spoken,
        "age": age_text(person.birth_date, today),
        "sex": named(SEXES, person.gender) if str(person.gender) in SEXES else "",
        "today": fmt_date(now),
        "allergies": ", ".join(dict.fromkeys(coded(one.substance) for one in chart.allergies)),
        "medication": ", ".join(dict.fromkeys(coded(one.medication) for one in chart.medication)),
        "problems": ", ".join(dict.fromkeys(coded(one.code) for one in chart.conditions)),
        **_readings(chart, now),
    }
    return {key: seen_only(text) for key, text in found.items() if text}


def _readings(chart: Chart, now: datetime) -> dict[str, str]:
    latest = {key: points[-1] for key, points in chart.readings.items() if points}
    said: dict[str, tuple[str, datetime]] = {}
    pressure = _pressure(latest)
    if pressure is not None:
        said["blood_pressure"] = (_with_day(*pressure, now), pressure[1].at)
    for key in VITALS:
        if key in latest:
            value = f"{vital_text(key, latest[key].value)} {unit_text(key)}"
            said[key] = (_with_day(value, latest[key], now), latest[key].at)
    lines = [
        f"{named(SHORT_NAMES if key in SHORT_NAMES else VITAL_NAMES, key)}: {text}"
        for key, (text, at) in said.items()
        if now - at < RECENT
    ]
    vitals = {"vitals": ". ".join(lines) + "."} if lines else {}
    return {key: text for key, (text, _at) in said.items()} | vitals


def _pressure(latest: Mapping[str, Reading]) -> tuple[str, Reading] | None:
    """Both numbers of one measurement; two of different moments are no pressure."""
    high, low = latest.get("systolic"), latest.get("diastolic")
    if high is None or low is None or high.at != low.at:
        return None
    return f"{_whole(high.value)}/{_whole(low.value)} {unit_text('systolic')}", high


def _whole(value: Decimal) -> int:
    return round(value)


def _with_day(text: str, reading: Reading, now: datetime) -> str:
    notes = []
    if reading.at.astimezone().date() != now.astimezone().date():
        notes.append(fmt_date(reading.at))
    if reading.method == Method.KIOSK:
        notes.append(_("kiosk, unverified"))
    return f"{text} ({', '.join(notes)})" if notes else text
