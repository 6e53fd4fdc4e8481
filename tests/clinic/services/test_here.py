# SPDX-License-Identifier: GPL-3.0-or-later
"""A visit of somebody who sits here: begun, measured, repeated, taken back; each for the patient of the window alone."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import Encounter, EncounterStatus, MedicationRequest, RequestStatus, Section
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import ATC, Coding
from clinic.keys.consents import verify_fact
from clinic.services import prescribing, visits
from clinic.services.charts import chart
from clinic.services.desks import Desk, WrongPatient
from tests.clinic.services.local import clinic

ENALAPRIL = Coding(system=ATC, code="C09AA02", display="Enalapril")
PLENTY = {"systolic": Decimal(130), "diastolic": Decimal(85), "heart_rate": Decimal(72)}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, PatientId, PatientId]]:
    with clinic(tmp_path_factory.mktemp("here")) as place:
        yield place.ben, place.person("Alfaro"), place.person("Bustos")


def begun(desk: Desk, patient: PatientId) -> EncounterId:
    return EncounterId(visits.begin_here(desk, patient).id)


def status(desk: Desk, visit: EncounterId) -> EncounterStatus:
    found = desk.book.read(lambda page: page.fact(Encounter, visit))
    assert found is not None
    return found.status


def test_a_visit_is_begun_once_and_given_up_while_nothing_stands_in_it(
    both: tuple[Desk, PatientId, PatientId],
) -> None:
    desk, _ana, berta = both
    visit = begun(desk, berta)
    assert begun(desk, berta) == visit, "one that is open is the one"
    visits.give_up(desk, visit, berta)
    assert status(desk, visit) == EncounterStatus.CANCELLED
    another = begun(desk, berta)
    assert another != visit
    visits.autosave(desk, another, Section.PLAN, "Control", berta)
    with pytest.raises(Refusal, match="written in this visit"):
        visits.give_up(desk, another, berta)
    visits.sign(desk, another, berta)


def test_readings_are_written_all_or_none_and_taken_back_with_a_reason(
    both: tuple[Desk, PatientId, PatientId],
) -> None:
    desk, ana, berta = both
    visit = begun(desk, ana)
    for wrong in ({"systolic": Decimal(130)}, {"heart_rate": Decimal(72), "temperature": Decimal(98)}, {}):
        with pytest.raises(Refusal):
            visits.take_vitals(desk, visit, wrong, ana)
    with pytest.raises(WrongPatient):
        visits.take_vitals(desk, visit, PLENTY, berta)
    assert not chart(desk, ana).readings
    taken = tuple(one.id for one in visits.take_vitals(desk, visit, PLENTY, ana))
    assert {key: one[-1].value for key, one in chart(desk, ana).readings.items()} == PLENTY
    with pytest.raises(WrongPatient):
        visits.take_back_vitals(desk, taken, "slip", berta)
    visits.take_back_vitals(desk, taken, "slip", ana)
    assert not chart(desk, ana).readings


def test_what_is_repeated_takes_the_place_of_what_it_repeats(both: tuple[Desk, PatientId, PatientId]) -> None:
    desk, ana, berta = both
    visit = begun(desk, ana)
    old = prescribing.prescribe(desk, visit, ENALAPRIL, "10 mg", "oral", 12, 30, "", ana)
    said = [one.severity for one in prescribing.check(desk, ana, ENALAPRIL)]
    assert "duplicate" in said
    assert "duplicate" not in [one.severity for one in prescribing.check(desk, ana, ENALAPRIL, old.id)]
    other = Coding(system=ATC, code="N02BE01", display="Paracetamol")
    with pytest.raises(Refusal, match="another medicine"):
        prescribing.prescribe(desk, visit, other, "1 g", "oral", 8, 3, "", ana, "", old.id)
    theirs = begun(desk, berta)
    with pytest.raises(WrongPatient):
        prescribing.prescribe(desk, theirs, ENALAPRIL, "10 mg", "oral", 12, 30, "", berta, "", old.id)
    new = prescribing.prescribe(desk, visit, ENALAPRIL, "20 mg", "oral", 12, 30, "", ana, "", old.id)
    assert [one.id for one in chart(desk, ana).medication] == [new.id]
    before = desk.book.read(lambda page: page.fact(MedicationRequest, FactId(old.id)))
    assert before is not None and before.status == RequestStatus.COMPLETED
    assert desk.user_keys is not None
    assert verify_fact(before, desk.user_keys.public.signing)
    prescribing.stop(desk, new.id, ana)
    assert not chart(desk, ana).medication
    with pytest.raises(Refusal, match="not active"):
        prescribing.stop(desk, new.id, ana)
