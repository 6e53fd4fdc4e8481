# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole record on paper: allergies first, every kind in it, originals of other systems listed, in three languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtPdf import QPdfDocument
from pytestqt.qtbot import QtBot

from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent
from clinic.services.desks import Desk
from clinic.services.imports import import_bundle, plan_import
from clinic.services.paper_words import WORDS
from clinic.services.papers import record_paper
from tests.clinic.desk_alone import desk_alone, permit
from tests.clinic.exchange.fhir.resources import WHOLE, bundle, observation, url


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = desk_alone(tmp_path / "home")
    yield desk
    desk.close()


@pytest.mark.parametrize("language", WORDS)
def test_all_of_a_record_is_on_paper(desk: Desk, tmp_path: Path, qtbot: QtBot, language: str) -> None:
    more = [
        observation(fullUrl=url(500 + n), id=f"w{n}", effectiveDateTime=f"202{n}-01-01") for n in range(5)
    ]
    person = import_bundle(desk, plan_import(desk, bundle(*WHOLE, *more), "x")).people[0].patient
    with pytest.raises(Refusal, match="not permitted"):
        record_paper(desk, person, language)
    permit(desk, person)
    (tmp_path / "record.pdf").write_bytes(record_paper(desk, person, language))
    document = QPdfDocument()
    assert document.load(str(tmp_path / "record.pdf")) == QPdfDocument.Error.None_
    text = " ".join(" ".join(document.getAllText(n).text().split()) for n in range(document.pageCount()))
    words = WORDS[language]
    chapters = (
        "allergies", "conditions", "medication", "vitals", "results", "reports", "notes", "visits", "procedures", "vaccines",
        "orders", "tasks", "forms", "alerts", "appointments", "documents", "messages", "team", "consents", "originals",
    )  # fmt: skip
    places = [text.find(words[chapter]) for chapter in chapters]
    assert -1 not in places and min(places) == places[0]
    told = (
        "Quispe Núñez, María Elena", "DNI 12345678", "Amoxicillin", "hives; swelling", "Cold (J06.9)", "Acetaminophen 500 MG",
        "Ibuprofen", "Never smoked", "tired", "lives alone", "Colonoscopy", "Flu", "CBC", "Weigh again", "triage", "NEWS2 is 7",
        "control", "scan", "Gracias", "Dra. Lucía Paz", "Walk", "Diabetes care",
    )  # fmt: skip
    assert [word for word in told if word not in text] == []
    events = desk.book.read(lambda page: page.facts(AuditEvent, person))
    assert [event.action for event in events if event.device == desk.device] == ["import", "attempt", "print"]


def test_the_languages_have_the_same_words() -> None:
    neutral = {
        "active",
        "inactive",
        "resolved",
        "completed",
        "stopped",
        "draft",
        "final",
        "finished",
        "planned",
        "arrived",
    }
    neutral |= {"triaged", "cancelled", "booked", "requested", "accepted"}
    neutral |= {"treatment", "teleconsultation", "recording", "sharing", "analytics"}
    assert (
        WORDS["es"].keys() == WORDS["pt"].keys() == WORDS["en"].keys() | neutral
    )  # in English they are the words themselves
    for name, words in WORDS["es"].items():
        if name.endswith(".columns"):
            assert {len(words.split("|"))} == {len(WORDS[tongue][name].split("|")) for tongue in WORDS}
