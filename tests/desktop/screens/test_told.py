# SPDX-License-Identifier: GPL-3.0-or-later
"""What the patient answered at the kiosk, on the clinician's page of the visit: in her words, and on the drawing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain import questionnaires as q
from clinic.domain.facts import QuestionnaireResponse
from clinic.domain.ids import EncounterId, FactId
from clinic.services import visits
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.words import set_language
from desktop.screens.room import Room
from desktop.screens.verbs import Clinic as Verbs
from desktop.screens.visit.happenings import VisitOpened
from desktop.screens.visit.view import VisitView
from kiosk import questionnaire as kiosk
from tests.clinic.services.local import Local, clinic
from tests.desktop.screens.standin import KIOSK, AtOnce
from tests.desktop.screens.test_dose_words import Line

PAIN = kiosk.load().forms["urn:posta:questionnaire:pain"]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as made:
        yield made


def opened(qtbot: QtBot, local: Local, version: int = 1) -> VisitView:
    patient = local.person()
    visit = visits.begin_here(local.ben, patient)
    local.ben.write(
        QuestionnaireResponse(
            id=FactId(local.ben.new_id()), patient=patient, questionnaire=PAIN.url, version=version,
            authored_at=local.clock.now(), answers='{"where":["belly","left_foot"],"how_much":"much"}',
            encounter=EncounterId(visit.id),
            said=q.as_said(PAIN, {"where": ("belly", "left_foot"), "how_much": ("much",)}, "pt"),
        ),
        window=patient,
    )  # fmt: skip
    page = VisitView(Room(Verbs(local.ben), local.clock, AtOnce(), AtOnce(), AtOnce()), Line())  # type: ignore[arg-type]
    qtbot.addWidget(page)
    page.resize(1166, 700)
    page.show()
    page.open(VisitOpened(EncounterId(visit.id), patient, KIOSK, local.clock.now()))
    qtbot.waitUntil(lambda: bool(page.intake.told.text()))
    return page


def marked(page: VisitView) -> list[str]:
    body = page.intake.body
    return body.accessibleName().partition(": ")[2].split(", ") if body.marked else []


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_answers_stand_in_the_readers_language_and_the_places_on_the_drawing(
    qtbot: QtBot, qapp: QApplication, local: Local, language: str
) -> None:
    set_language(language)
    theme.apply(qapp, "light", "desktop")
    page = opened(qtbot, local)
    belly = "Belly" if language == "en" else "Panza"
    assert f"{belly}, " in page.intake.told.text()
    assert len(marked(page)) == 2 and belly in marked(page)
    assert page.intake.body.isVisible() and page.intake.body.marked == ("belly", "left_foot")
    assert audit(page.intake) == []


def test_a_version_that_is_not_held_here_stands_as_the_patient_read_it(
    qtbot: QtBot, qapp: QApplication, local: Local
) -> None:
    theme.apply(qapp, "light", "desktop")
    page = opened(qtbot, local, version=7)
    assert "Onde dói? Barriga, Pé esquerdo" in page.intake.told.text()
    assert not page.intake.body.isVisible()
