# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages between visits: what is new to whom, who read it, and what goes along."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent, Communication, DocumentReference, Receipt
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Attachment
from clinic.protocol.trust import Role
from clinic.services.desks import Desk
from clinic.services.gate import Denied
from clinic.services.messages import MAX_PAPER, add_file, open_document, send_message
from clinic.services.overviews import talks
from clinic.services.receipts import UNREAD, note_opened, note_read
from clinic.services.threads import open_thread, thread
from tests.clinic.services.local import Local, clinic


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as both:
        both.as_role(both.eva, Role.CLINICIAN)
        yield both


def from_patient(desk: Desk, patient: PatientId, text: str, *along: Attachment) -> FactId:
    """As a kiosk files it: nobody of the staff wrote it."""
    message = Communication(
        id=FactId(desk.new_id()), patient=patient, sent_at=desk.clock.now(), sender="patient", text=text,
        attachments=along,
    )  # fmt: skip
    person, desk.person = desk.person, None
    desk.write(message, window=patient)
    desk.person = person
    return message.id


def unread(desk: Desk) -> list[int]:
    return [talk.unread for talk in talks(desk)]


def test_what_others_wrote_is_unread_until_it_was_shown(local: Local) -> None:
    patient = local.person()
    send_message(local.eva, patient, "Ya llamé a la familia.")
    asked = from_patient(local.eva, patient, "¿Puedo comer?")
    local.carry(patient)
    assert unread(local.ben) == [2] and unread(local.eva) == [1], "what she wrote herself is not new to her"
    drawn = open_thread(local.ben, patient)
    assert drawn.unread == {one.id for one in drawn.messages}
    note_read(local.ben, patient, drawn.unread)
    assert unread(local.ben) == [0] and not thread(local.ben, patient).unread
    note_read(local.eva, patient, [asked])
    local.carry(patient)
    told = local.ben.book.read(lambda page: page.facts(Receipt, patient))
    assert {one.reader for one in told} == {local.ben.someone.user, local.eva.someone.user}
    assert unread(local.ben) == unread(local.eva) == [0]


def test_two_people_at_one_computer_read_each_for_herself(local: Local) -> None:
    patient = local.person()
    asked = from_patient(local.ben, patient, "¿Puedo comer?")
    assert unread(local.ben) == [1]
    note_read(local.ben, patient, [asked])
    assert unread(local.ben) == [0]
    ben, local.ben.person = local.ben.person, local.eva.someone
    assert unread(local.ben) == [1], "Eva sits down"
    local.ben.person = ben


def test_a_whole_past_is_not_unread_to_who_comes_to_a_team(local: Local) -> None:
    patient = local.person()
    from_patient(local.ben, patient, "¿Puedo comer?")
    local.clock.advance((UNREAD + timedelta(hours=1)).total_seconds())
    assert unread(local.ben) == [0]


def test_reading_messages_is_written_down_once_and_drawing_them_anew_is_not(local: Local) -> None:
    patient = local.person()
    from_patient(local.ben, patient, "¿Puedo comer?")

    def entries() -> list[tuple[str, str]]:
        found = local.ben.book.read(lambda page: page.facts(AuditEvent, patient))
        return [(one.action, one.entity) for one in found if one.entity == "messages"]

    open_thread(local.ben, patient)
    thread(local.ben, patient)
    assert entries() == [("read", "messages")]


def test_who_opens_no_charts_answers_all_the_same(local: Local) -> None:
    patient = local.person()
    asked = from_patient(local.ben, patient, "¿A qué hora abren?")
    local.as_role(local.ben, Role.RECEPTIONIST)
    assert open_thread(local.ben, patient).messages[0].text == "¿A qué hora abren?"
    note_read(local.ben, patient, [asked])
    send_message(local.ben, patient, "A las ocho.")
    assert unread(local.ben) == [0]
    with pytest.raises(Denied):
        note_opened(local.ben, patient, [asked])


def test_a_photo_and_a_paper_go_along_and_stand_among_the_documents(local: Local) -> None:
    patient, picture = local.person(), io.BytesIO()
    Image.new("RGB", (900, 700), "teal").save(picture, "PNG")
    photo = add_file(local.ben, patient, picture.getvalue(), "piel.png")
    paper = add_file(local.ben, patient, b"%PDF-1.7 informe", "informe.pdf")
    sent = send_message(local.ben, patient, "", attachments=(photo, paper))
    assert [one.content_type for one in sent.attachments] == ["image/jpeg", "application/pdf"]
    assert photo.thumbnail and open_document(local.ben, patient, paper) == b"%PDF-1.7 informe"
    kept = local.ben.book.read(lambda page: page.facts(DocumentReference, patient))
    assert {one.attachment.id for one in kept} == {photo.id, paper.id}


@pytest.mark.parametrize("data", [b"MZ\x90", b"%PDF-" + bytes(MAX_PAPER)])
def test_what_is_neither_or_too_large_is_refused_and_not_kept(local: Local, data: bytes) -> None:
    patient = local.person()
    with pytest.raises(Refusal):
        add_file(local.ben, patient, data, "x")
    assert not local.ben.book.read(lambda page: page.facts(DocumentReference, patient))
