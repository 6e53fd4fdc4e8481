# SPDX-License-Identifier: GPL-3.0-or-later
"""A patient's own sheets: what is on them, in her language, and that a print stands in the audit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtPdf import QPdfDocument

from clinic.domain.errors import Refusal
from clinic.domain.facts import Appointment, AuditEvent
from clinic.domain.ids import FactId
from clinic.domain.values import HumanName
from clinic.protocol.letters import VisitOver
from clinic.services import intake
from clinic.services.own_papers import Paper, own_paper, papers_of
from tests.clinic.services.local import AT, Local, clinic


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path / "homes") as both:
        yield both


def came(local: Local) -> intake.Visit:
    known = intake.claim(local.ben, "14233456", date(1961, 3, 5), HumanName(family="Quispe", given=("Rosa",)))
    coming = Appointment(
        id=FactId("a1"), patient=known.patient, start=AT + timedelta(days=3), minutes=20, practitioner_name="Dra. Paz"
    )  # fmt: skip
    gone = replace(coming, id=FactId("a0"), start=AT - timedelta(days=3))
    known = replace(known, prescriptions=("Enalapril 10 mg",), appointments=(gone, coming))
    return intake.arrive(local.ben, known, "es")


def over(visit: intake.Visit) -> VisitOver:
    return VisitOver(
        encounter=visit.encounter, clinician="Dr. Ruiz", summary="Rosa Quispe\nDiagnóstico: Asma\nQué hacer: Reposo",
        prescriptions=("Salbutamol 2 puffs",), next_appointment=AT + timedelta(days=9),
    )  # fmt: skip


def words(pdf: bytes) -> str:
    data, document = QBuffer(), QPdfDocument()
    data.setData(QByteArray(pdf))
    data.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(data)
    text = " ".join(document.getAllText(n).text() for n in range(document.pageCount()))
    document.close()
    return " ".join(text.split())


def printed(local: Local, visit: intake.Visit, paper: Paper, language: str, ended: bool = True) -> str:
    end = over(visit) if ended else None
    return words(own_paper(local.ben, visit, visit.known, paper, end, language))


def test_the_summary_has_its_headings_and_who_signed_it(local: Local) -> None:
    said = printed(local, came(local), Paper.SUMMARY, "es")
    assert all(
        one in said
        for one in ("Resumen de la consulta", "Diagnóstico", "Asma", "Reposo", "Dr. Ruiz", "Quispe")
    )


@pytest.mark.parametrize(
    ("language", "not_signed"),
    [
        ("es", "no es la receta"),
        ("en", "not the prescription"),
        ("pt", "não é a receita"),
        ("qu", "not the prescription"),
    ],
)
def test_the_medicine_says_that_it_is_not_the_signed_prescription(
    local: Local, language: str, not_signed: str
) -> None:
    said = printed(local, came(local), Paper.MEDICINE, language)
    assert "Enalapril 10 mg" in said and "Salbutamol 2 puffs" in said and not_signed in said


def test_only_appointments_that_are_still_to_come_are_on_the_sheet(local: Local) -> None:
    said = printed(local, came(local), Paper.APPOINTMENT, "en")
    days = {n: f"{(AT + timedelta(days=n)).astimezone():%d/%m/%Y}" for n in (-3, 3, 9)}
    assert f"{days[3]}" in said and "with Dra. Paz" in said and days[9] in said and days[-3] not in said


def test_a_print_stands_in_the_audit_and_what_is_not_there_is_refused(local: Local) -> None:
    visit = came(local)
    printed(local, visit, Paper.MEDICINE, "en")
    entries = local.ben.book.read(lambda page: page.all_facts(AuditEvent))
    assert [(one.action, one.entity) for one in entries if one.action == "print"] == [
        ("print", "own medicine")
    ]
    with pytest.raises(Refusal, match="nothing to print"):
        printed(local, visit, Paper.SUMMARY, "en", ended=False)


def test_what_can_be_printed_is_what_there_is(local: Local) -> None:
    visit = came(local)
    now = local.clock.now()
    assert papers_of(visit.known, over(visit), now) == tuple(Paper)
    assert papers_of(visit.known, None, now) == (Paper.MEDICINE, Paper.APPOINTMENT)
    assert papers_of(replace(visit.known, prescriptions=(), appointments=()), None, now) == ()
    assert papers_of(None, over(visit), now) == ()
