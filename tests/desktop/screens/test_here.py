# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody sits here: the visit that is begun on her chart, what is measured, what is repeated."""

from dataclasses import replace
from decimal import Decimal

import pytest

from clinic.domain.facts import EncounterStatus
from clinic.domain.ids import EncounterId, FactId
from desktop.screens.chart import logic as c
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit.vitals import read
from tests.desktop.screens.standin import JUAN, KIOSK, NOW, ROSA, Clinic

HERS = EncounterId(f"e.{ROSA}")


def hers() -> v.State:
    state = v.State(now=NOW)
    for event in (h.VisitOpened(HERS, ROSA, KIOSK, NOW), h.ChartLoaded(Clinic().chart(ROSA), NOW)):
        state, _effects = v.update(state, event)
    return state


@pytest.mark.parametrize("text", ["130/85", "130 85", " 130 / 85 ", "130-85", "130.85"])
def test_a_blood_pressure_is_read_as_people_type_it(text: str) -> None:
    assert read({"blood_pressure": text}) == ({"systolic": Decimal(130), "diastolic": Decimal(85)}, "")


@pytest.mark.parametrize("text", ["130", "130/", "13085", "alta", "130/85/60", "٣/85"])
def test_half_a_blood_pressure_is_no_reading(text: str) -> None:
    values, wrong = read({"blood_pressure": text, "heart_rate": "70"})
    assert not values and "130/85" in wrong


def test_a_comma_is_a_decimal_point_and_words_are_no_number() -> None:
    assert read({"temperature": "37,4"}) == ({"temperature": Decimal("37.4")}, "")
    assert "number" in read({"temperature": "fiebre"})[1]
    assert read({"weight": "  "}) == ({}, "")


def test_readings_are_written_once_for_the_patient_of_the_page() -> None:
    state, effects = v.update(hers(), h.VitalsPressed({"blood_pressure": "130/85", "heart_rate": "70"}))
    assert [(one.patient, one.encounter) for one in effects if isinstance(one, h.TakeVitals)] == [
        (ROSA, HERS)
    ]
    assert v.update(state, h.VitalsPressed({"heart_rate": "70"}))[1] == (), "two presses write once"
    state, effects = v.update(state, h.VitalsTaken(HERS, ROSA, (FactId("o"),), "said"))
    assert (state.measuring, effects) == (False, (h.SayTaken(ROSA, (FactId("o"),), "said"),))


def test_readings_that_were_refused_can_be_mended() -> None:
    state, _effects = v.update(hers(), h.VitalsPressed({"heart_rate": "700"}))
    state, _effects = v.update(state, h.Failed("Outside what we can record.", HERS))
    assert not state.measuring and state.sentence
    assert v.update(state, h.VitalsPressed({"heart_rate": "70"}))[1]


def test_a_repeated_prescription_waits_for_its_own_check_and_replaces_the_one_before() -> None:
    state = hers()
    assert state.takes, "she takes something already"
    before = state.takes[0]
    state, effects = v.update(state, h.RepeatChosen(before.id))
    assert effects == (h.Check(ROSA, before.medication, before.id),)
    state, _effects = v.update(state, h.CautionsCame(ROSA, before.medication, ()))
    assert state.rx.cautions is None, "the check of the same medicine without the repeat is another one"
    state, _effects = v.update(state, h.CautionsCame(ROSA, before.medication, (), before.id))
    order = h.PrescribePressed(before.dose, before.route, before.every_hours, before.days, "")
    _state, effects = v.update(state, order)
    assert effects == (h.Prescribe(HERS, before.medication, order, ROSA, before.id),)


def test_another_medicine_chosen_after_a_repeat_replaces_nothing() -> None:
    state = hers()
    state, _effects = v.update(state, h.RepeatChosen(state.takes[0].id))
    state, _effects = v.update(state, h.DrugSearched("para"))
    assert state.rx.replacing == ""


def charted() -> c.State:
    state, _effects = c.update(c.State(now=NOW), c.PatientOpened(ROSA, NOW))
    chart = Clinic().chart(ROSA)
    over = tuple(replace(one, status=EncounterStatus.FINISHED) for one in chart.encounters)
    return c.update(state, c.ChartLoaded(replace(chart, encounters=over), NOW))[0]


def test_a_visit_is_begun_once_and_only_for_a_chart_that_is_seen() -> None:
    unseen, _effects = c.update(c.State(now=NOW), c.PatientOpened(ROSA, NOW))
    assert c.update(unseen, c.VisitPressed())[1] == ()
    state, effects = c.update(charted(), c.VisitPressed())
    assert effects == (c.BeginVisit(ROSA),)
    assert c.update(state, c.VisitPressed())[1] == ()


def test_a_visit_that_was_begun_opens_unless_another_chart_is_in_front_by_now() -> None:
    begun = Clinic().begin_here(ROSA)
    assert c.update(charted(), c.VisitBegun(begun))[1] == (c.OpenVisit(begun),)
    elsewhere = Clinic().begin_here(JUAN)
    assert c.update(charted(), c.VisitBegun(elsewhere))[1] == ()
