# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a call stands in its encounter: every rung, an end in every case, the black box, a picture only with consent."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from clinic.calls.blackbox import Second, explained, packed, unpacked
from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent, CallReport, DocumentReference, MediaStep
from clinic.domain.ids import EncounterId, PatientId
from clinic.services import calling, messages
from clinic.services.calling import LEFT, finish_left, keep_still, media_step, report_call, rung_changed
from clinic.services.consents import NotPermitted
from clinic.services.receipts import reached_of
from clinic.services.timeline import timeline
from tests.clinic.desk_alone import permit
from tests.clinic.services.local import AT, Local, clinic
from tests.clinic.services.test_timeline import arrived


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as made:
        yield made


def a_visit(town: Local) -> tuple[PatientId, EncounterId]:
    patient = town.person()
    return patient, arrived(town, patient)


def steps(town: Local, encounter: EncounterId) -> list[MediaStep]:
    return list(town.ben.book.read(lambda page: page.facts_of_encounter(MediaStep, encounter)))


def test_every_step_is_in_the_encounter_with_who_when_and_why(town: Local) -> None:
    _, visit = a_visit(town)
    media_step(town.ben, visit, "ringing", "c1")
    town.clock.advance(20)
    rung_changed(town.ben, visit, "c1", "video", "audio", "bandwidth")
    rung_changed(town.ben, visit, "c1", "audio", "stills", "by hand", "staff")
    rung_changed(town.ben, visit, "c1", "stills", "notes", "by hand", "patient")
    media_step(town.ben, visit, "ended: hung up", "c1")
    told = [(s.step, s.before, s.after, s.why, s.by, s.by_name) for s in steps(town, visit)]
    assert told == [
        ("ringing", "", "", "", "", ""),
        ("rung", "video", "audio", "bandwidth", "", ""),
        ("rung", "audio", "stills", "by hand", "ben", "ben"),
        ("rung", "stills", "notes", "by hand", "patient", ""),
        ("ended: hung up", "", "", "", "", ""),
    ]
    assert {s.call for s in steps(town, visit)} == {"c1"}
    assert (steps(town, visit)[1].at - AT).total_seconds() == 20


def test_who_rang_is_in_the_audit(town: Local) -> None:
    patient, visit = a_visit(town)
    media_step(town.ben, visit, "ringing", "c1")
    entries = town.ben.book.read(lambda page: page.facts(AuditEvent, patient))
    assert [(one.action, one.entity, one.agent) for one in entries if one.action == "call"] == [
        ("call", visit, "ben")
    ]


def test_a_killed_program_writes_the_end_when_it_starts_again(town: Local) -> None:
    _, visit = a_visit(town)
    finish_left(town.ben)
    assert steps(town, visit) == []
    media_step(town.ben, visit, "talking", "c1")
    rung_changed(town.ben, visit, "c1", "video", "audio", "loss")
    finish_left(town.ben)
    finish_left(town.ben)
    assert [s.step for s in steps(town, visit)] == ["talking", "rung", LEFT]
    media_step(town.ben, visit, "talking", "c2")
    media_step(town.ben, visit, "ended: lost", "c2")
    finish_left(town.ben)
    assert [s.step for s in steps(town, visit)][-1] == "ended: lost"


def test_the_black_box_is_kept_and_travels_with_the_record(town: Local) -> None:
    patient, visit = a_visit(town)
    ring = packed([Second(sent=90, up=90, loss_out=0.06)] * 60)
    report_call(town.ben, visit, "c1", AT, "lost", ring, staff=True, relay="relayed udp")
    town.carry(patient)
    (there,) = town.eva.book.read(lambda page: page.facts_of_encounter(CallReport, visit))
    assert there.relay == "relayed udp"
    assert (there.outcome, there.staff, len(unpacked(there.seconds))) == ("lost", True, 60)
    assert explained(unpacked(there.seconds))[1].values == {"kbps": 90, "loss": 6.0}
    assert "CallReport" in [m.kind for m in timeline(town.ben, patient).moments]


def test_a_picture_of_the_call_stays_only_with_the_consent_for_a_recording(town: Local) -> None:
    patient, visit = a_visit(town)
    out = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(out, "WEBP")
    with pytest.raises(NotPermitted):
        keep_still(town.ben, visit, out.getvalue(), "14:02")
    assert town.ben.book.read(lambda page: page.facts_of_encounter(DocumentReference, visit)) == ()
    permit(town.ben, patient, "recording")
    kept = keep_still(town.ben, visit, out.getvalue(), "14:02")
    assert (kept.category, kept.attachment.content_type, kept.author) == (calling.STILL, "image/jpeg", "ben")
    entries = town.ben.book.read(lambda page: page.facts(AuditEvent, patient))
    assert f"still {kept.attachment.id}" in [one.entity for one in entries]


def test_a_voice_note_stands_in_the_thread_and_waits_to_leave(town: Local) -> None:
    patient, visit = a_visit(town)
    before = town.ben.book.read(lambda page: page.attachments_waiting())
    note = calling.send_note(town.ben, visit, b"OggS" + bytes(9000), 11.6)
    assert (note.spoken, note.encounter, note.sender, note.attachments[0].title) == (
        True,
        visit,
        "ben",
        "12 s",
    )
    assert len(town.ben.book.read(lambda page: page.attachments_waiting())) == len(before) + 1
    assert not calling.all_left(town.ben)
    assert messages.open_document(town.ben, patient, note.attachments[0])[:4] == b"OggS"
    for sound in (b"RIFF", b"OggS" + bytes(100_000)):
        with pytest.raises(Refusal, match="voice note"):
            calling.send_note(town.ben, visit, sound, 3.0)


def test_heard_is_a_receipt_of_its_own(town: Local) -> None:
    patient, visit = a_visit(town)
    note = calling.send_note(town.ben, visit, b"OggS" + bytes(900), 4.0)
    town.carry(patient)
    calling.heard_here(town.eva, visit, note.id)
    town.carry(patient)
    reached = town.ben.book.read(lambda page: reached_of(town.ben, page, note))
    assert reached is not None and reached.opened == (town.eva.device_name,)


def test_a_still_by_message_is_a_recording_too(town: Local) -> None:
    patient, visit = a_visit(town)
    out = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(out, "JPEG")
    with pytest.raises(NotPermitted):
        calling.send_still(town.ben, visit, out.getvalue())
    permit(town.ben, patient, "recording")
    sent = calling.send_still(town.ben, visit, out.getvalue())
    assert sent.attachments[0].content_type == "image/jpeg"
    assert not sent.spoken
