# SPDX-License-Identifier: GPL-3.0-or-later
"""The station takes records in and gives them out: JSON on stdout, a sentence and an exit code where it cannot."""

import json
import stat
from pathlib import Path

import pytest

from clinic.__main__ import main
from clinic.domain.ids import PatientId
from clinic.services.sitting import open_desk
from tests.clinic.desk_alone import PASSWORD, desk_alone, permit
from tests.clinic.exchange.fhir.resources import WHOLE, bundle


@pytest.fixture
def home(tmp_path: Path) -> Path:
    desk_alone(tmp_path / "home").close()
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "chart.json").write_bytes(bundle(*WHOLE, type="transaction"))
    return tmp_path / "home"


def run(home: Path, verb: str, *words: str) -> int:
    return main([verb, "--home", str(home), "--password-file", str(home.parent / "password"), *words])


def test_look_take_and_give(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out, paper = str(home.parent / "chart.json"), home.parent / "out.json", home.parent / "out.pdf"
    assert run(home, "import-fhir", "--look", file) == 0
    looked = json.loads(capsys.readouterr().out)
    assert looked["resources"]["Observation"] == 4 and not looked["people"][0]["known"]
    assert run(home, "import-fhir", file, file) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["whole"] and first["resources"]["Observation"]["taken"] == 4 and second["people"][0]["known"]
    assert second["resources"]["Observation"] == {
        "in_file": 4,
        "taken": 0,
        "renewed": 0,
        "here_already": 4,
        "held": 4,
        "original_only": 0,
    }
    person = first["people"][0]["patient"]
    assert run(home, "export-fhir", "--patient", person, "--out", str(out)) == 3
    assert "has not permitted" in capsys.readouterr().err and not out.exists()
    desk = open_desk(home, PASSWORD, *_edges())
    permit(desk, PatientId(person))
    desk.close()
    assert run(home, "export-fhir", "--patient", person, "--out", str(out)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["resources"]["Observation"] == 4 and json.loads(out.read_bytes())["resourceType"] == "Bundle"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert run(home, "export-pdf", "--patient", person, "--language", "pt", "--out", str(paper)) == 0
    assert paper.read_bytes().startswith(b"%PDF")
    for nowhere in (home.parent / "no" / "where.pdf", paper / "below a file.pdf"):
        assert run(home, "export-pdf", "--patient", person, "--out", str(nowhere)) == 4
        assert "cannot be written" in capsys.readouterr().err


def test_a_file_that_is_none_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = home.parent / "bad.json"
    bad.write_bytes(b"PK\x03\x04")
    assert run(home, "import-fhir", str(bad)) == 3 and "compressed" in capsys.readouterr().err
    assert run(home, "import-fhir", str(home.parent / "none.json")) == 4
    assert "cannot be read" in capsys.readouterr().err


def _edges() -> tuple[object, object]:
    import os

    from clinic.domain.clock import SystemClock

    return SystemClock(), os.urandom
