# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks of two people on one document: each is shown both, each rubs out her own, and the bytes stay as they were."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import DocumentMark, MarkKind
from clinic.domain.ids import FactId, PatientId
from clinic.domain.strokes import packed
from clinic.domain.values import Attachment
from clinic.protocol.trust import Role
from clinic.services.desks import Desk, WrongPatient
from clinic.services.gate import Denied
from clinic.services.marks import LONGEST, MOST_PLACES, marks, put_back, put_mark, rub_out
from clinic.services.messages import add_file, picture
from tests.clinic.services.local import Local, clinic

LINE = packed([(0.1, 0.2), (0.4, 0.2)])
PDF = b"%PDF-1.7 informe"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as local:
        local.as_nurse(local.eva)
        yield local


@pytest.fixture
def patient(local: Local) -> PatientId:
    return local.person()


@pytest.fixture
def paper(local: Local, patient: PatientId) -> Attachment:
    made = add_file(local.ben, patient, PDF, "informe.pdf")
    local.carry(patient)
    return made


def stroke(desk: Desk, patient: PatientId, paper: Attachment, page: int = 0) -> DocumentMark:
    return put_mark(desk, patient, paper, page, MarkKind.PEN, LINE, "blue")


def test_what_two_people_drew_at_once_lies_over_one_another_with_their_names(
    local: Local, patient: PatientId, paper: Attachment
) -> None:
    mine = stroke(local.ben, patient, paper)
    hers = put_mark(local.eva, patient, paper, 2, MarkKind.NOTE, LINE[:4], "red", " Repetir en 3 meses ")
    local.carry(patient)
    for desk in (local.ben, local.eva):
        assert {(one.id, one.author_name, one.page) for one in marks(desk, patient, paper)} == {
            (mine.id, local.ben.name_here, 0),
            (hers.id, local.eva.name_here, 2),
        }
    assert hers.text == "Repetir en 3 meses"
    assert picture(local.ben, paper) == PDF


def test_one_rubs_out_ones_own_and_puts_it_back_but_not_a_colleagues(
    local: Local, patient: PatientId, paper: Attachment
) -> None:
    mine = FactId(stroke(local.ben, patient, paper).id)
    local.carry(patient)
    with pytest.raises(Refusal, match="hide the marks of a colleague"):
        rub_out(local.eva, mine, patient)
    rub_out(local.ben, mine, patient)
    local.carry(patient)
    assert marks(local.eva, patient, paper) == ()
    put_back(local.ben, mine, patient)
    local.carry(patient)
    assert [one.id for one in marks(local.eva, patient, paper)] == [mine]


def test_a_mark_lies_on_its_own_document_of_its_own_chart(
    local: Local, patient: PatientId, paper: Attachment
) -> None:
    mine = stroke(local.ben, patient, paper)
    other = add_file(local.ben, patient, b"%PDF-1.7 otro", "otro.pdf")
    assert marks(local.ben, patient, other) == ()
    elsewhere = local.person(family="Ibarra", given=("Juan",))
    with pytest.raises(Refusal, match="not on the chart in this window"):
        stroke(local.ben, elsewhere, paper)
    with pytest.raises(WrongPatient):
        rub_out(local.ben, FactId(mine.id), elsewhere)


@pytest.mark.parametrize(
    ("kind", "points", "text", "said"),
    [
        (MarkKind.PEN, packed([(0, 0)] * (MOST_PLACES + 1)), "", "too long"),
        (MarkKind.PEN, b"", "", "too long"),
        (MarkKind.PEN, b"12345", "", "too long"),
        (MarkKind.ARROW, LINE + LINE, "", "too long"),
        (MarkKind.NOTE, LINE[:4], "  ", "note of at most"),
        (MarkKind.NOTE, LINE[:4], "x" * (LONGEST + 1), "note of at most"),
        (MarkKind.PEN, LINE, "words", "note of at most"),
    ],
)
def test_what_is_no_mark_is_refused(
    local: Local, patient: PatientId, paper: Attachment, kind: MarkKind, points: bytes, text: str, said: str
) -> None:
    with pytest.raises(Refusal, match=said):
        put_mark(local.ben, patient, paper, 0, kind, points, "red", text)
    assert marks(local.ben, patient, paper) == ()


def test_who_opens_no_charts_neither_sees_nor_draws(
    local: Local, patient: PatientId, paper: Attachment
) -> None:
    local.as_role(local.eva, Role.RECEPTIONIST)
    with pytest.raises(Denied):
        stroke(local.eva, patient, paper)
    with pytest.raises(Denied):
        marks(local.eva, patient, paper)
