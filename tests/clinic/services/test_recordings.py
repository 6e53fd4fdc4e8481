# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings begin only with the consent of this very patient that holds now; what was made is filed, played and deleted
with an entry for each."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import AuditEvent, Decision, DocumentReference, MediaStep
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.keys.attachments import attachment_id
from clinic.keys.growing import Growing
from clinic.services import consents, recordings
from clinic.services.consents import NotPermitted, Purpose, ask
from clinic.services.messages import picture
from clinic.services.recordings import FOLDER, Ticket
from tests.clinic.desk_alone import permit
from tests.clinic.services.local import AT, Local, clinic
from tests.clinic.services.test_timeline import arrived


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as made:
        yield made


def a_visit(town: Local, permits: bool = True) -> tuple[PatientId, EncounterId]:
    patient = town.person()
    visit = arrived(town, patient)
    if permits:
        permit(town.ben, patient, "recording")
    return patient, visit


def consent_of(town: Local, patient: PatientId) -> FactId:
    return ask(town.ben, patient, Purpose.RECORD)


def begun(town: Local, patient: PatientId, visit: EncounterId) -> Ticket:
    return recordings.begin(town.ben, visit, "c1", consent_of(town, patient))


def written(ticket: Ticket, parts: int = 3) -> str:
    """The file as the engine leaves it -> its id; without its end for no parts."""
    Path(ticket.path).parent.mkdir(exist_ok=True)
    with Path(ticket.path).open("wb") as file:
        growing = Growing(ticket.key, file.write)
        growing.add(os.urandom(5000))
        return growing.finish().id if parts else ""


def entries(town: Local, patient: PatientId) -> list[tuple[str, str, str]]:
    found = town.ben.book.read(lambda page: page.facts(AuditEvent, patient))
    return [
        (one.action, one.outcome, one.entity)
        for one in found
        if "record" in one.action or "record" in one.entity
    ]


def steps(town: Local, visit: EncounterId) -> list[str]:
    return [one.step for one in town.ben.book.read(lambda page: page.facts_of_encounter(MediaStep, visit))]


def documents(town: Local, patient: PatientId) -> tuple[DocumentReference, ...]:
    return town.ben.book.read(lambda page: page.facts(DocumentReference, patient))


def nothing_began(town: Local) -> bool:
    return (
        not town.ben.book.read(lambda page: page.metas("recording "))
        and not (town.ben.home.path / FOLDER).exists()
    )


def test_from_the_first_second_to_the_chart_and_gone_again(town: Local) -> None:
    patient, visit = a_visit(town)
    ticket = begun(town, patient, visit)
    assert entries(town, patient) == [("recording", "success", f"began {ticket.id}")]
    assert steps(town, visit) == ["recording began"]
    assert documents(town, patient) == ()
    named = written(ticket)
    town.clock.advance(65)
    made = recordings.finish(town.ben, ticket.id, 65.4, named, "by hand")
    assert made is not None
    assert (made.id, made.category, made.encounter, made.made_at) == (ticket.id, "recording", visit, AT)
    assert (made.attachment.id, made.attachment.key, made.author) == (named, b"", "ben")
    assert made.attachment.title == f"1:05 · {town.ben.device_name}"
    assert recordings.finish(town.ben, ticket.id, 65.4, named, "by hand") is None  # said twice
    assert documents(town, patient) == (made,)
    opened = recordings.open_recording(town.ben, patient, made)
    assert (opened.path, opened.key) == (ticket.path, ticket.key)
    assert steps(town, visit) == ["recording began", "recording ended"]
    with pytest.raises(Refusal, match="few words"):
        recordings.delete(town.ben, made, " x ", patient)
    recordings.delete(town.ben, made, "she asked for it", patient)
    (gone,) = documents(town, patient)
    assert (gone.text, gone.attachment.size, gone.attachment.id) == ("she asked for it", 0, named)
    assert not Path(ticket.path).exists()
    assert not town.ben.book.read(lambda page: page.metas("recording "))
    with pytest.raises(Unavailable, match="deleted"):
        recordings.open_recording(town.ben, patient, gone)
    assert entries(town, patient) == [
        ("recording", "success", f"began {made.id}"),
        ("recording", "success", f"ended {made.id}"),
        ("read", "success", f"recording {made.id}"),
        ("recording", "success", f"deleted {made.id}"),
    ]


def test_without_a_consent_none_begins_and_the_attempt_is_written_down(town: Local) -> None:
    patient, visit = a_visit(town, permits=False)
    permit(town.ben, patient, "teleconsultation")
    with pytest.raises(NotPermitted, match="recording"):
        begun(town, patient, visit)
    with pytest.raises(NotPermitted):
        recordings.begin(town.ben, visit, "c1", FactId("whatever"))
    assert nothing_began(town)
    assert steps(town, visit) == []
    assert entries(town, patient) == [("attempt", "failure", "no consent: record")] * 2


def test_another_patients_a_forged_and_an_empty_consent_are_refused(town: Local) -> None:
    patient, visit = a_visit(town)
    other, _visit = a_visit(town)
    mine = consent_of(town, patient)
    for consent in (consent_of(town, other), FactId("forged"), FactId(""), FactId(f"{mine}x")):
        with pytest.raises(NotPermitted):
            recordings.begin(town.ben, visit, "c1", consent)
    with pytest.raises(NotPermitted):
        recordings.begin(town.ben, visit, "", mine)
    assert nothing_began(town)
    assert recordings.begin(town.ben, visit, "c1", mine).key


def test_a_statement_nobody_here_signed_permits_nothing(town: Local) -> None:
    patient, _visit = a_visit(town)
    (signed,) = town.ben.book.read(lambda page: consents.statements_of(page, patient))
    stranger, theirs = a_visit(town, permits=False)
    forged = replace(signed, id=FactId(town.ben.new_id()), patient=stranger)
    town.ben.write(forged)
    with pytest.raises(NotPermitted):
        recordings.begin(town.ben, theirs, "c1", forged.id)
    assert nothing_began(town)


def test_a_consent_that_ran_out_or_was_taken_back_permits_nothing_more(town: Local) -> None:
    patient, visit = a_visit(town, permits=False)
    until = town.clock.now() + timedelta(minutes=10)
    consents.say(town.ben, patient, {"recording": Decision.PERMIT}, "es", patient, valid_until=until)
    consent = consent_of(town, patient)
    assert recordings.still_permitted(town.ben, visit)
    town.clock.advance(601)
    assert not recordings.still_permitted(town.ben, visit)
    with pytest.raises(NotPermitted):
        recordings.begin(town.ben, visit, "c1", consent)
    permit(town.ben, patient, "recording")
    again = consent_of(town, patient)
    consents.withdraw(town.ben, patient, ("recording",), "es", patient)
    assert not recordings.still_permitted(town.ben, visit)
    with pytest.raises(NotPermitted):
        recordings.begin(town.ben, visit, "c1", again)
    assert nothing_began(town)
    assert steps(town, visit) == []


def test_what_was_cut_off_is_filed_at_the_next_start_and_what_was_never_written_is_forgotten(
    town: Local,
) -> None:
    patient, visit = a_visit(town)
    cut, never = begun(town, patient, visit), begun(town, patient, visit)
    written(cut, parts=0)
    stray = Path(cut.path).with_name("stray.sealed")
    stray.write_bytes(b"noise")
    (made,) = recordings.finish_left(town.ben)
    assert recordings.finish_left(town.ben) == ()
    assert (made.id, made.attachment.id) == (cut.id, attachment_id([Path(cut.path).read_bytes()]))
    assert made.attachment.title == town.ben.device_name
    assert steps(town, visit)[-1] == "recording ended: it was cut off"
    assert not stray.exists()
    assert recordings.open_recording(town.ben, patient, made).key == cut.key
    with pytest.raises(Refusal, match="never begun"):
        recordings.finish(town.ben, never.id, 1.0, "", "")


def test_it_is_played_where_it_lies_and_a_file_that_is_gone_is_said(town: Local) -> None:
    patient, visit = a_visit(town)
    ticket = begun(town, patient, visit)
    made = recordings.finish(town.ben, ticket.id, 3.0, written(ticket), "over")
    assert made is not None
    elsewhere = replace(made, id=FactId("elsewhere"))
    with pytest.raises(Unavailable, match="computer where it was made"):
        recordings.open_recording(town.ben, patient, elsewhere)
    with pytest.raises(Refusal, match="another computer"):
        recordings.delete(town.ben, elsewhere, "she asked for it", patient)
    with pytest.raises(Unavailable, match="computer where it was made"):
        picture(town.ben, made.attachment)
    assert not town.ben.book.read(lambda page: page.attachments_in("wanted"))
    Path(ticket.path).unlink()
    before = entries(town, patient)
    with pytest.raises(Unavailable, match="not there any more"):
        recordings.open_recording(town.ben, patient, made)
    assert entries(town, patient) == before
