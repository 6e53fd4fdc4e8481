# SPDX-License-Identifier: GPL-3.0-or-later
"""Old charts of others go from a real device, and come back whole when somebody writes in them again."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent, Communication, Gender
from clinic.domain.ids import PatientId
from clinic.domain.values import HumanName
from clinic.services import charts, messages, people
from clinic.services.link import exchange_now
from clinic.services.retention import let_go, look_for_old
from tests.clinic.services.conftest import Town

DAYS = timedelta(days=400)


def test_a_chart_of_others_goes_and_comes_back_whole(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def register(desk: object, family: str) -> PatientId:
        return people.register(
            desk, HumanName(family=family, given=("Rosa",)), date(1970, 1, 1), Gender.FEMALE, ""
        )  # type: ignore[arg-type]

    theirs, ours = register(town.station, "Ajena"), register(town.desk, "Propia")
    messages.send_message(town.station, theirs, "hola")
    town.sync()
    charts.open_chart(town.desk, theirs)
    town.sync()
    with pytest.raises(Refusal, match="180 days"):
        look_for_old(town.desk, timedelta(days=10))
    assert not let_go(town.desk, DAYS), "nothing is old yet"
    monkeypatch.setattr(town.desk, "clock", FrozenClock(datetime.now(UTC) + timedelta(days=500)))
    gone = {went.patient for went in let_go(town.desk, DAYS)}
    assert theirs in gone and ours not in gone, "what was written here stays here"
    assert not people.find_people(town.desk, "Ajena")
    assert town.desk.book.read(lambda page: page.facts(AuditEvent, theirs)), "who saw it stays known"
    logged = town.desk.book.read(lambda page: page.facts(AuditEvent, PatientId("")))
    assert theirs in {entry.entity for entry in logged if entry.action == "purge"}
    monkeypatch.undo()
    town.sync()
    assert not people.find_people(town.desk, "Ajena"), "it does not come back by itself"
    messages.send_message(town.station, theirs, "de nuevo")
    for _ in range(3):
        exchange_now(town.station)
        exchange_now(town.desk)
    assert [person.patient for person in people.find_people(town.desk, "Ajena")] == [theirs]
    texts = [m.text for m in town.desk.book.read(lambda page: page.facts(Communication, theirs))]
    assert texts == ["hola", "de nuevo"]
