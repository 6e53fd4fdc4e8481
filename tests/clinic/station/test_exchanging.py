# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta station sync --to-usb` and `--from-usb` between two computers, in processes of their own, and the centre after."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import Gender
from clinic.domain.ids import PatientId
from clinic.domain.values import HumanName
from clinic.protocol.trust import DeviceKind, Role
from clinic.services import intake, people, sticks, visits
from clinic.services.link import exchange_now
from tests.clinic.services import conftest
from tests.clinic.services.conftest import PASSWORD, ROOT, Town, enrol

pytestmark = pytest.mark.slow
town = conftest.town


def posta(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "clinic", *words, "--home", str(home), "--password-file", "-"]
    return subprocess.run(
        line, input=PASSWORD, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )


def facts_hash(home: Path, patient: PatientId) -> str:
    return str(json.loads(posta(home, "digest", "--patient", patient).stdout)["ops_hash"])


def test_there_by_stick_back_by_stick_and_then_the_centre(town: Town, tmp_path: Path) -> None:
    homes = [tmp_path / "ours", tmp_path / "theirs"]
    ours, theirs = (
        enrol(town.station, home, name, Role.CLINICIAN, DeviceKind.DESKTOP)
        for home, name in zip(homes, ("Dra. Rita Luna", "Dr. Omar Vera"), strict=True)
    )
    for desk in (ours, theirs, ours):
        exchange_now(desk)
    patient = people.register(
        ours, HumanName(family="Ledesma", given=("Rosa",)), date(1970, 1, 1), Gender.FEMALE, ""
    )
    ours.close(), theirs.close()  # type: ignore[func-returns-value]
    drive = tmp_path / "drive"
    drive.mkdir()
    put = posta(homes[0], "sync", "--to-usb", str(drive))
    assert put.returncode == 0, put.stderr
    assert json.loads(put.stdout)["envelopes"] > 0
    (first,) = json.loads(posta(homes[1], "sync", "--from-usb", str(drive)).stdout)
    assert first["name"] == "Dra. Rita Luna" and first["new"] > 0 and not first["set_aside"]
    assert facts_hash(homes[0], patient) == facts_hash(homes[1], patient)
    assert json.loads(posta(homes[1], "sync", "--to-usb", str(drive)).stdout)["answers"] == 1
    (answer,) = json.loads(posta(homes[0], "sync", "--from-usb", str(drive)).stdout)
    assert answer["has_of_ours_up_to"] > 0
    (again,) = json.loads(posta(homes[1], "sync", "--from-usb", str(drive)).stdout)
    assert again["read_before"] and again["new"] == 0
    for home in (*homes, *homes):
        status = json.loads(posta(home, "sync").stdout)
        assert (status["waiting"], status["quarantined"], status["withheld"]) == (0, 0, 0)
    assert facts_hash(homes[0], patient) == facts_hash(homes[1], patient)


def test_a_bad_stick_is_one_sentence_and_exit_3(town: Town, tmp_path: Path) -> None:
    home, drive = tmp_path / "home", tmp_path / "drive"
    enrol(town.station, home, "Dra. Ana Sol", Role.CLINICIAN, DeviceKind.DESKTOP).close()
    drive.mkdir()
    empty = posta(home, "sync", "--from-usb", str(drive))
    assert empty.returncode == 3 and "right stick" in empty.stderr and not empty.stdout
    (drive / "posta").mkdir()
    (drive / "posta" / "x.stick").write_bytes(b"\x83\x00")
    damaged = posta(home, "sync", "--from-usb", str(drive))
    assert damaged.returncode == 3 and "damaged or cut off" in damaged.stderr and not damaged.stdout
    assert len(damaged.stderr.strip().splitlines()) == 1
    gone = posta(home, "sync", "--to-usb", str(drive / "posta" / "x.stick"))
    assert gone.returncode == 4 and "cannot be written" in gone.stderr


def test_a_kiosk_writes_a_stick_that_staff_read_and_reads_none(town: Town, tmp_path: Path) -> None:
    town.sync()
    known = intake.claim(town.kiosk, "30111222", date(1980, 5, 6), HumanName(family="Choque", given=("Ana",)))
    visit = intake.arrive(town.kiosk, known, "es")
    put = sticks.to_stick(town.kiosk, tmp_path)
    assert put.envelopes > 0 and b"Choque" not in put.path.read_bytes()
    (took,) = sticks.from_stick(town.desk, tmp_path).took
    assert took.device_name == "Quebracho" and took.new > 0 and not took.aside
    assert visits.encounter_of(town.desk, visit.encounter).patient == known.patient
    with pytest.raises(Refusal, match="kiosk takes nothing"):
        sticks.from_stick(town.kiosk, tmp_path)
    town.sync()
    assert not town.desk.book.read(lambda page: page.quarantined())
