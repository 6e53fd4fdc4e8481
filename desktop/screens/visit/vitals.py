# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured in the visit: read as it is typed, written in one go, taken back where it was a slip."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from clinic.domain.vitals import VITALS
from desktop.kit.words import _, fmt_number
from desktop.screens.phrases import VITAL_NAMES, named, unit_text
from desktop.screens.visit.happenings import Event, SayTaken, TakeVitals, VitalsPressed, VitalsTaken
from desktop.screens.visit.state import Result, State

TYPED = ("blood_pressure", "heart_rate", "spo2", "temperature", "respiratory_rate", "weight", "glucose")
"""Fields in their order; the blood pressure is typed as 130/85."""
_PRESSURE = re.compile(r"\s*(\d{2,3})\s*[/ .,-]\s*(\d{2,3})\s*")


def vitals(state: State, event: Event) -> Result | None:
    """The rule of the readings of a visit."""
    match event:
        case VitalsPressed(texts):
            return _press(state, texts)
        case VitalsTaken(encounter, patient, taken, said):
            told = (SayTaken(patient, taken, said),)
            return (replace(state, measuring=False) if encounter == state.encounter else state), told
    return None


def _press(state: State, texts: Mapping[str, str]) -> Result:
    if state.measuring or state.signed is not None:
        return state, ()
    values, wrong = read(texts)
    if wrong:
        return replace(state, tone="warn", sentence=wrong), ()
    if not values:
        return replace(state, tone="warn", sentence=_("Write at least one reading.")), ()
    busy = replace(state, measuring=True, tone="", sentence="")
    said = _("%(name)s: %(said)s") % {"name": state.name, "said": words(values)}
    return busy, (TakeVitals(state.encounter, state.patient, values, said),)


def read(texts: Mapping[str, str]) -> tuple[dict[str, Decimal], str]:
    """(values by key of clinic.domain.vitals, the first thing to mend or '')."""
    values: dict[str, Decimal] = {}
    for key in TYPED:
        text = texts.get(key, "").strip()
        if not text:
            continue
        if key == "blood_pressure":
            found = _PRESSURE.fullmatch(text)
            if found is None:
                return {}, _("Write the blood pressure with both numbers, such as 130/85.")
            values |= {"systolic": Decimal(found[1]), "diastolic": Decimal(found[2])}
            continue
        try:
            values[key] = Decimal(text.replace(",", "."))
        except InvalidOperation:
            return {}, _("%(name)s: write a number.") % {"name": named(VITAL_NAMES, key)}
    return values, ""


def words(values: Mapping[str, Decimal]) -> str:
    """What was measured, in a line."""
    parts = []
    for key, value in values.items():
        if key == "diastolic":
            continue
        digits = VITALS[key].decimals
        number = fmt_number(float(value), digits)
        if key == "systolic":
            number = f"\u2066{number}/{fmt_number(float(values['diastolic']), 0)}\u2069"
        shown = "blood_pressure" if key == "systolic" else key
        parts.append(f"{named(VITAL_NAMES, shown)} {number} {unit_text(key)}".strip())
    return ", ".join(parts)
