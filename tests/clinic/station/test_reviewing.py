# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit and its reviews without a screen."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clinic.__main__ import main
from clinic.domain.clock import FrozenClock
from clinic.domain.facts import Gender
from clinic.domain.ids import PatientId
from clinic.domain.values import HumanName
from clinic.services import people
from clinic.services.audits import audit, audit_earlier
from tests.clinic.desk_alone import PASSWORD, desk_alone


@pytest.fixture
def home(tmp_path: Path) -> tuple[Path, PatientId]:
    """A day ago Rosa's record was printed, and five tries to get in had failed."""
    clock = FrozenClock(datetime.now(UTC) - timedelta(days=1))
    desk = desk_alone(tmp_path / "home", clock)
    (tmp_path / "password").write_text(PASSWORD)
    rosa = people.register(
        desk, HumanName(family="Quispe", given=("Rosa",)), date(1961, 3, 3), Gender.FEMALE, ""
    )
    audit(desk, "print", rosa, entity="record\x1b[2J")
    audit_earlier(desk, "failed unlock", [(clock.now(), "Ana Ruiz", "password")] * 5)
    desk.close()
    return tmp_path / "home", rosa


def run(home: Path, verb: str, *words: str) -> int:
    return main([verb, "--home", str(home), "--password-file", str(home.parent / "password"), *words])


def test_the_audit_is_narrowed_and_told_to_people_and_programs(
    home: tuple[Path, PatientId], capsys: pytest.CaptureFixture[str]
) -> None:
    place, rosa = home
    assert run(place, "audit", "--action", "print") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "Ana Ruiz · print · Quispe, Rosa · Desk · record" in line and "\x1b" not in line
    assert run(place, "audit", "--patient", rosa, "--json", "quispe") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["action"] for row in rows] == ["read audit", "print"] and rows[1]["user"] == "anaruiz"
    assert run(place, "audit", "--action", "failed unlock", "--limit", "3") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert run(place, "audit", "nobody") == 0
    assert "No entry matches" in capsys.readouterr().err
    assert run(place, "audit", "--since", "2026-02-02", "--until", "2026-01-01") == 3


def test_reviews_are_found_shown_and_closed(
    home: tuple[Path, PatientId], capsys: pytest.CaptureFixture[str]
) -> None:
    place, rosa = home
    assert run(place, "reviews", "--json") == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert row["rule"] == "failed-unlocks/1" and len(row["evidence"]) == 5
    assert run(place, "reviews", "--show", row["id"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert run(place, "reviews", "--close", row["id"]) == 3
    assert run(place, "reviews", "--assign", row["id"], "--to", "nobody") == 3
    assert run(place, "reviews", "--assign", row["id"], "--to", "Ana Ruiz") == 0
    assert run(place, "reviews", "--close", row["id"], "--finding", "mistake", "--note", "Caps lock") == 0
    capsys.readouterr()
    assert run(place, "reviews") == 0
    assert "No review here" in capsys.readouterr().err
    assert run(place, "reviews", "--closed") == 0
    assert "mistake · Caps lock" in capsys.readouterr().out
    assert run(place, "reviews", "--watch", rosa) == 0 and run(place, "reviews", "--watch", "nobody") == 3
