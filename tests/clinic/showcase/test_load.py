# SPDX-License-Identifier: GPL-3.0-or-later
"""Invented people in a real store and at a real server: sealed, acknowledged, the patient of the visit
among them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.facts import Decision
from clinic.domain.ids import FactId
from clinic.domain.values import ATC, Coding, Point, Stroke
from clinic.services import intake
from clinic.services.charts import chart
from clinic.services.consents import template
from clinic.services.desks import Desk
from clinic.services.founding import found_organization
from clinic.services.link import exchange_now
from clinic.services.people import find_people
from clinic.services.prescribing import check
from clinic.services.syncing import sync_status
from clinic.services.waiting import queue
from clinic.showcase import cast
from clinic.showcase.leaks import search
from clinic.showcase.load import load_clinic
from clinic.showcase.verify import checked

SCOPES = ("treatment", "teleconsultation", "recording", "sharing", "analytics")
PASSWORD = "chañar mistol lapacho ceibo timbó"

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    command = [sys.executable, "-m", "sync_server", "--data", str(tmp_path / "server"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().rpartition(" ")[2].strip()
        made = found_organization(
            tmp_path / "home",
            url,
            cast.ORGANISATION,
            cast.ADMIN,
            PASSWORD,
            "Station",
            SystemClock(),
            os.urandom,
        )
        try:
            yield made
        finally:
            made.close()
            server.terminate()


def test_a_small_clinic_is_filled_and_reaches_the_centre(desk: Desk, tmp_path: Path) -> None:
    loaded = load_clinic(desk, 12, 7)
    assert loaded.people == 12 and loaded.card.startswith("POSTA:")
    (found,) = find_people(desk, cast.FAMILY)
    assert found.patient == loaded.patient and found.dni == cast.NUMBER and found.photo
    hers = chart(desk, loaded.patient)
    assert len(hers.notes) > 5 and len(hers.readings["systolic"]) > 5 and len(hers.allergies) == 1
    amoxicillin = Coding(system=ATC, code="J01CA04", display="Amoxicilina")
    against = [caution.severity for caution in check(desk, loaded.patient, amoxicillin)]
    assert against[0] == "allergy" and set(against[1:]) == {"none-listed", "unchecked"}
    assert [row.news2.total for row in queue(desk)] == [2, 0]
    while sync_status(desk).waiting:
        exchange_now(desk)
    status = sync_status(desk)
    assert status.refused == 0 and status.quarantined == 0 and status.acknowledged > loaded.facts
    assert search([tmp_path / "server"], [cast.FAMILY, *cast.GIVEN, cast.NUMBER])[0] == []


def test_signatures_are_checked_with_the_keys_of_the_trust_log(desk: Desk) -> None:
    loaded = load_clinic(desk, 4, 7)
    person = find_people(desk, cast.FAMILY)[0]
    known = intake.Known(loaded.patient, person.name, person.birth_date, person.dni)
    visit = intake.arrive(desk, known, "es")
    form = template(desk, "es")
    strokes = (Stroke(points=(Point(x=10, y=10, t=0), Point(x=600, y=300, t=80))),)
    consent = intake.give_consent(desk, visit, form, dict.fromkeys(SCOPES, Decision.PERMIT), strokes, 3)
    assert checked(desk, loaded.patient)["consents"] == {"signed": 1, "valid": 1}
    other = replace(consent, id=FactId(desk.new_id()), how="said aloud")
    desk.write(other)
    assert checked(desk, loaded.patient)["consents"] == {"signed": 2, "valid": 1}
