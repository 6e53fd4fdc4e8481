# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown in a call: only of the right chart, only with the patient's permission, in the audit and the encounter."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import AuditEvent, DocumentReference, MediaStep
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId
from clinic.services import messages
from clinic.services.consents import NotPermitted
from clinic.services.sharing import share_document, share_file, share_over
from clinic.services.timeline import timeline
from tests.clinic.desk_alone import permit
from tests.clinic.services.local import AT, Local, clinic
from tests.clinic.services.test_timeline import arrived

KIOSK = DeviceId("kiosk1")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as made:
        yield made


def on_chart(town: Local, patient: PatientId) -> DocumentReference:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    attachment = messages.keep_bytes(town.ben, out.getvalue(), "image/png", "Laboratorio 3.11.")
    document = DocumentReference(
        id=FactId(town.ben.new_id()), patient=patient, attachment=attachment, made_at=AT
    )
    town.ben.write(document, window=patient)
    return document


def entries(town: Local, patient: PatientId, action: str) -> list[AuditEvent]:
    found = town.ben.book.read(lambda page: page.facts(AuditEvent, patient))
    return [one for one in found if one.action == action]


def steps(town: Local, encounter: EncounterId) -> list[MediaStep]:
    return list(town.ben.book.read(lambda page: page.facts_of_encounter(MediaStep, encounter)))


def test_nothing_is_shown_that_the_patient_has_not_permitted(town: Local) -> None:
    patient = town.person()
    visit, document = arrived(town, patient), on_chart(town, patient)
    with pytest.raises(NotPermitted, match="then show it"):
        share_document(town.ben, visit, "c1", KIOSK, document.attachment)
    with pytest.raises(NotPermitted):
        share_file(town.ben, visit, "c1", KIOSK, "x.pdf")
    assert [one.entity for one in entries(town, patient, "attempt")] == ["no consent: share"] * 2
    assert entries(town, patient, "share") == []
    assert steps(town, visit) == []


def test_what_was_shown_to_whom_stands_in_audit_and_encounter(town: Local) -> None:
    patient = town.person()
    visit, document = arrived(town, patient), on_chart(town, patient)
    permit(town.ben, patient, "sharing")
    data = share_document(town.ben, visit, "c1", KIOSK, document.attachment)
    assert data.startswith(b"\x89PNG")
    town.clock.advance(60)
    share_over(town.ben, visit, "c1", KIOSK, document.attachment.title, 1, 3)
    share_file(town.ben, visit, "c1", KIOSK, "folleto.pdf")
    said = [one.entity for one in entries(town, patient, "share")]
    assert said == [f"document {document.attachment.id} to {KIOSK}", f"a file to {KIOSK}"]
    assert "folleto" not in str(said), "a name of a file may name a person"
    told = [(s.step, s.what, s.to, s.seen, s.pages, s.by, s.call) for s in steps(town, visit)]
    assert told == [
        ("shared", "Laboratorio 3.11.", KIOSK, 0, 0, "ben", "c1"),
        ("share ended", "Laboratorio 3.11.", KIOSK, 1, 3, "ben", "c1"),
        ("shared", "folleto.pdf", KIOSK, 0, 0, "ben", "c1"),
    ]
    assert "Laboratorio 3.11." in {one.detail for one in timeline(town.ben, patient).moments}


def test_a_document_of_another_chart_is_refused(town: Local) -> None:
    patient, other = town.person(), town.person()
    visit, document = arrived(town, patient), on_chart(town, other)
    permit(town.ben, patient, "sharing")
    permit(town.ben, other, "sharing")
    with pytest.raises(Refusal, match="not on this person's chart"):
        share_document(town.ben, visit, "c1", KIOSK, document.attachment)
    assert entries(town, patient, "share") == entries(town, other, "share") == []


def test_what_has_not_arrived_is_said_and_not_written_down(town: Local) -> None:
    patient = town.person()
    visit = arrived(town, patient)
    permit(town.ben, patient, "sharing")
    here = on_chart(town, patient)
    later = replace(here.attachment, id="0" * 64)
    town.ben.write(replace(here, id=FactId("later"), attachment=later), window=patient)
    with pytest.raises(Unavailable):
        share_document(town.ben, visit, "c1", KIOSK, later)
    assert steps(town, visit) == []
