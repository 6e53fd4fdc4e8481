# SPDX-License-Identifier: GPL-3.0-or-later
"""The station's search: narrowed, printed for people and programs, written down, and clear about wrong use."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clinic.__main__ import main
from clinic.domain.clock import SystemClock
from clinic.domain.facts import AuditEvent, Gender
from clinic.domain.ids import PatientId
from clinic.domain.values import HumanName
from clinic.services import messages, people
from clinic.services.searching import unread
from clinic.services.sitting import open_desk
from clinic.store.search import PILE_SEEN
from tests.clinic.desk_alone import PASSWORD, desk_alone

ROSA = HumanName(family="Quispe", given=("Rosa",))
JUAN = HumanName(family="Barrionuevo", given=("Juan",))


@pytest.fixture
def home(tmp_path: Path) -> tuple[Path, PatientId, PatientId]:
    desk = desk_alone(tmp_path / "home")
    (tmp_path / "password").write_text(PASSWORD)
    rosa = people.register(desk, ROSA, date(1961, 3, 3), Gender.FEMALE, "14203881")
    juan = people.register(desk, JUAN, date(1974, 8, 19), Gender.MALE, "23881204")
    messages.send_message(desk, rosa, "Traiga el análisis de orina\x1b[2J", window=rosa)
    messages.send_message(desk, juan, "La orina salió bien", window=juan)
    desk.close()
    return tmp_path / "home", rosa, juan


def run(home: Path, *words: str) -> int:
    return main(["search", "--home", str(home), "--password-file", str(home.parent / "password"), *words])


def test_words_are_found_without_accents_and_shown_between_guillemets(
    home: tuple[Path, PatientId, PatientId], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(home[0], "analisis", "ori") == 0
    out = capsys.readouterr()
    (line,) = out.out.splitlines()
    assert "Quispe, Rosa · Communication · " in line and "«análisis» de «orina»" in line
    assert "\x1b" not in line and out.err == ""


def test_a_search_is_narrowed_and_told_to_programs(
    home: tuple[Path, PatientId, PatientId], capsys: pytest.CaptureFixture[str]
) -> None:
    place, rosa, juan = home
    assert run(place, "orina", "--json", "--newest") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["patient"] for row in rows] == [juan, rosa] and rows[0]["found"] == ["orina"]
    today = datetime.now(UTC).astimezone().date()
    for narrowed, count in (
        (["--patient", juan], 1),
        (["--kind", "messages", "--kind", "notes"], 2),
        (["--kind", "notes"], 0),
        (["--since", str(today - timedelta(days=1)), "--until", str(today)], 2),
        (["--until", str(today - timedelta(days=2))], 0),
        (["--limit", "1"], 1),
    ):
        assert run(place, "orina", "--json", *narrowed) == 0
        out = capsys.readouterr()
        assert len(out.out.splitlines()) == count, narrowed
        assert ("Nothing was found" in out.err) is (count == 0)


def test_every_search_is_written_down_on_the_chart_it_looked_at(
    home: tuple[Path, PatientId, PatientId],
) -> None:
    place, rosa, _juan = home
    run(place, "orina", "--patient", rosa)
    run(place, "orina")
    desk = open_desk(place, PASSWORD, SystemClock(), os.urandom)
    entries = desk.book.read(lambda page: page.facts(AuditEvent, rosa) + page.all_facts(AuditEvent))
    desk.close()
    searches = {(one.id, one.patient) for one in entries if one.action == "search"}
    assert sorted(patient for _, patient in searches) == ["", rosa]
    assert not any("orina" in repr(one) for one in entries)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["orina", "--since", "ayer"], "write the day as YYYY-MM-DD"),
        (["orina", "--limit", "0"], "a number from 1 to 500"),
        (["orina", "--kind", "cats"], "invalid choice"),
        ([], "WORD"),
    ],
)
def test_wrong_use_is_said(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        run(tmp_path, *words)
    assert left.value.code == 2 and said in capsys.readouterr().err


def test_what_a_rule_forbids_is_said_with_the_next_step(
    home: tuple[Path, PatientId, PatientId], capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in (
        (["..."], "Write at least one word"),
        (["orina", "--since", "2026-02-02", "--until", "2026-02-01"], "ends before it begins"),
        (["orina", "--patient", "nobody"], "not on this computer"),
        (["orina", "--until", "9999-12-31"], "cannot be searched for"),
    ):
        assert run(home[0], *words) == 3, words
        assert said in capsys.readouterr().err


def test_texts_that_wait_are_counted_only_while_a_search_does_not_look_through_them(
    home: tuple[Path, PatientId, PatientId], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, rosa, _juan = home
    desk = open_desk(place, PASSWORD, SystemClock(), os.urandom)
    desk.book.read_all_texts()
    monkeypatch.setattr(desk.book, "_read_some", lambda: False)  # nothing is read in between writes
    for number in range(PILE_SEEN):
        messages.send_message(desk, rosa, f"texto {number}", window=rosa)
    assert unread(desk) == 0
    messages.send_message(desk, rosa, "uno de más", window=rosa)
    assert unread(desk) == PILE_SEEN + 1
    desk.book.read_all_texts()
    assert unread(desk) == 0
    desk.close()
