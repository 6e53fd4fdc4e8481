# SPDX-License-Identifier: GPL-3.0-or-later
"""Invented people in a real store and at a real server: sealed, acknowledged, the patient of the visit
among them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.values import ATC, Coding
from clinic.services.charts import chart
from clinic.services.desks import Desk
from clinic.services.enrolment import found_organization
from clinic.services.link import exchange_now
from clinic.services.people import find_people
from clinic.services.prescribing import check
from clinic.services.syncing import sync_status
from clinic.services.waiting import queue
from clinic.showcase import cast
from clinic.showcase.leaks import search
from clinic.showcase.load import load_clinic

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
    assert [caution.severity for caution in check(desk, loaded.patient, amoxicillin)] == ["allergy"]
    assert [row.news2.total for row in queue(desk)] == [2, 0]
    while sync_status(desk).waiting:
        exchange_now(desk)
    status = sync_status(desk)
    assert status.refused == 0 and status.quarantined == 0 and status.acknowledged > loaded.facts
    assert search([tmp_path / "server"], [cast.FAMILY, *cast.GIVEN, cast.NUMBER])[0] == []
