# SPDX-License-Identifier: GPL-3.0-or-later
"""A prescription: nothing is signed before the check of this patient's chart has answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clinic.domain.values import Coding
from desktop.kit.words import _
from desktop.screens.visit.happenings import (
    CautionsCame,
    Check,
    CheckDose,
    DoseChecked,
    DoseTyped,
    DrugChosen,
    DrugResumed,
    DrugSearched,
    DrugsFound,
    Event,
    FindDrugs,
    PregnancyAnswered,
    PregnancyWritten,
    Prescribe,
    Prescribed,
    PrescribePressed,
    RepeatChosen,
    WritePregnancy,
)
from desktop.screens.visit.state import Result, Rx, State

if TYPE_CHECKING:
    from clinic.domain.facts import MedicationRequest


def prescription(state: State, event: Event) -> Result | None:
    """The rule of the prescription being written."""
    rx = state.rx
    match event:
        case DrugSearched(text):
            found = rx.found if text.strip() else ()
            searched = replace(state, rx=Rx(searched=text, found=found))
            return searched, ((FindDrugs(text),) if text.strip() else ())
        case DrugsFound(text, drugs):
            return (replace(state, rx=replace(rx, found=drugs)) if text == rx.searched else state), ()
        case DrugChosen(code):
            found_one = next((one for one in rx.found if one.code == code), None)
            return _checked(state, found_one) if found_one is not None else (state, ())
        case DrugResumed(drug):
            return _checked(state, drug)
        case RepeatChosen(request):
            before = next((one for one in state.takes if one.id == request), None)
            return _checked(state, before.medication, before) if before is not None else (state, ())
        case CautionsCame(patient, drug, cautions, replacing):
            mine = (patient, drug, replacing) == (state.patient, rx.drug, rx.replacing)
            return (replace(state, rx=replace(rx, cautions=cautions)) if mine else state), ()
        case DoseTyped():
            return _dosed(state, event)
        case DoseChecked(patient, drug, dose, cautions):
            this = (patient, drug, dose) == (state.patient, rx.drug, rx.dose)
            return (replace(state, rx=replace(rx, dosed=cautions)) if this else state), ()
        case PregnancyAnswered(pregnant):
            return _answered(state, pregnant)
        case PregnancyWritten(patient):
            return _anew(state) if patient == state.patient and rx.drug is not None else (state, ())
        case PrescribePressed():
            return _prescribe(state, event)
        case Prescribed(encounter):
            done = replace(state, rx=Rx(), tone="", sentence="")
            return (done if encounter == state.encounter else state), ()
    return None


def order_mistake(rx: Rx, order: PrescribePressed) -> str:
    """The first thing missing in a prescription; '' when it can be signed."""
    if rx.drug is None:
        return _("Choose the medicine from the list first.")
    if rx.cautions is None:
        return _("Wait a moment: allergies and interactions are being checked.")
    if not order.dose.strip():
        return _("Write the dose with its unit, such as 500 mg.")
    if order.every_hours < 0 or order.days < 0:
        return _("Write how many hours lie between two doses, and for how many days.")
    return ""


def _dosed(state: State, dose: DoseTyped) -> Result:
    """The dose as it stands now is checked; nothing is said any more of the one before."""
    rx = state.rx
    if rx.drug is None or rx.dose == dose:
        return state, ()
    typed = replace(state, rx=replace(rx, dose=dose, dosed=()))
    return typed, ((CheckDose(state.patient, rx.drug, dose),) if dose.dose.strip() else ())


def _checked(state: State, drug: Coding, repeats: MedicationRequest | None = None) -> Result:
    chosen = Rx(drug=drug, searched=drug.display, repeats=repeats)
    return replace(state, rx=chosen, tone="", sentence=""), (Check(state.patient, drug, chosen.replacing),)


def asks_pregnancy(rx: Rx) -> bool:
    """Whether the check wants to know if she could be pregnant."""
    return any(one.severity == "ask-pregnancy" for one in rx.cautions or ())


def _answered(state: State, pregnant: bool) -> Result:
    """Nothing is signed until the check with the answer is there."""
    if not asks_pregnancy(state.rx) or state.rx.busy:
        return state, ()
    name = state.chart.person.name.spoken if state.chart is not None else ""
    asked = WritePregnancy(state.encounter, state.patient, pregnant, name)
    return replace(state, rx=replace(state.rx, cautions=None)), (asked,)


def _anew(state: State) -> Result:
    rx = state.rx
    if rx.drug is None:
        return state, ()
    return replace(state, rx=replace(rx, cautions=None)), (Check(state.patient, rx.drug, rx.replacing),)


def _prescribe(state: State, order: PrescribePressed) -> Result:
    wrong = order_mistake(state.rx, order)
    if wrong:
        return replace(state, tone="warn", sentence=wrong), ()
    if state.rx.busy or state.rx.drug is None:
        return state, ()
    busy = replace(state, rx=replace(state.rx, busy=True), tone="", sentence="")
    asked = Prescribe(state.encounter, state.rx.drug, order, state.patient, state.rx.replacing)
    return busy, (asked,)
