# SPDX-License-Identifier: GPL-3.0-or-later
"""One visit at the level of the verbs, through a real server, real stores and real keys."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import (
    AuditEvent,
    Consent,
    Decision,
    EncounterStatus,
    Gender,
    Method,
    Observation,
    Section,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.instruments.readings import Source
from clinic.domain.values import Coding, HumanName, Point, Stroke
from clinic.domain.vitals import BLOOD_PRESSURE, HEART_RATE, SPO2
from clinic.keys.consents import verify_consent, verify_fact
from clinic.protocol.envelope import P0_ALERT, unpack
from clinic.services import (
    cards,
    charts,
    coding,
    consents,
    duplicates,
    intake,
    messages,
    overviews,
    people,
    prescribing,
    summaries,
    visits,
    waiting,
)
from clinic.services.desks import WrongPatient
from clinic.services.syncing import sync_status
from tests.clinic.services.conftest import Town

NAME = HumanName(family="Quispe", given=("María", "Elena"))
VITALS = {
    k: Decimal(v)
    for k, v in {
        "systolic": "96",
        "diastolic": "60",
        "heart_rate": "118",
        "respiratory_rate": "24",
        "spo2": "93",
        "temperature": "38.6",
    }.items()
}
SIGNATURE = (Stroke(points=(Point(x=100, y=500, t=0), Point(x=900, y=400, t=300))),)


def _person(town: Town, dni: str = "") -> PatientId:
    return people.register(town.desk, NAME, date(1958, 3, 7), Gender.FEMALE, dni)


def _arrived(town: Town, known: intake.Known) -> intake.Visit:
    visit = intake.arrive(town.kiosk, known, "es")
    intake.tell_reason(town.kiosk, visit, Coding(system="urn:posta:reason", code="cough", display="Tos"), ())
    intake.tell_vitals(town.kiosk, visit, VITALS, on_oxygen=False, alert=True)
    form = consents.template(town.kiosk, "es")
    intake.give_consent(
        town.kiosk, visit, form, {i.scope: Decision.PERMIT for i in form.items}, SIGNATURE, 20
    )
    intake.ready(town.kiosk, visit)
    town.sync()
    return visit


def _row(town: Town, encounter: EncounterId) -> waiting.Waiting:
    return next(row for row in waiting.queue(town.desk) if row.encounter.id == encounter)


def _card_visit(town: Town) -> tuple[PatientId, intake.Visit]:
    patient = _person(town)
    text = cards.issue(town.desk, patient)
    town.sync()
    from clinic.services.link import remote_of, with_remote

    remote = remote_of(town.kiosk)
    sealed = with_remote(remote, lambda r: r.capsule(intake.card_lookup(text)))
    assert sealed is not None
    intake.keep_capsule(town.kiosk, intake.card_lookup(text), sealed)
    return patient, _arrived(town, intake.read_card(town.kiosk, text))


def test_a_visit_from_card_to_summary(town: Town, jpeg: Callable[..., bytes]) -> None:
    patient, visit = _card_visit(town)
    photo = intake.give_photo(town.kiosk, visit, jpeg(), "Foto")
    town.sync()
    row = _row(town, visit.encounter)
    assert (row.person.patient, row.person.name, row.verified) == (patient, NAME, True)
    assert row.news2.total == 2 + 2 + 2 + 2 + 1  # breaths 24, SpO2 93, systolic 96, pulse 118, 38.6
    assert row.encounter.status == EncounterStatus.TRIAGED

    assert charts.open_chart(town.desk, patient).consents
    assert [o.name for o in charts.chart(town.desk, patient).opened_by] == ["Dra. Lucía Paz"]
    visits.start_visit(town.desk, visit.encounter, patient)
    for section, text in ((Section.SUBJECTIVE, "Tos de 3 días"), (Section.PLAN, "Reposo y líquidos")):
        visits.autosave(town.desk, visit.encounter, section, text, patient)
    assert visits.draft(town.desk, visit.encounter).texts[Section.PLAN] == "Reposo y líquidos"
    coding.load_codes(town.desk)
    found = coding.find_condition(town.desk, "neumon", "es")
    assert any(code.code.startswith("J1") for code in found)
    assert [c.code for c in coding.find_medication(town.desk, "amoxicillin")][:1] == ["J01CA04"]
    visits.add_condition(town.desk, visit.encounter, found[0], patient)
    drug = coding.find_medication(town.desk, "amoxi")[0]
    request = prescribing.prescribe(town.desk, visit.encounter, drug, "500 mg", "oral", 8, 7, "", patient)
    assert prescribing.sentence(request, "es") == "500 mg por boca cada 8 horas durante 7 días"
    assert prescribing.check(town.desk, patient, drug)[0].severity == "duplicate"
    messages.send_message(town.desk, patient, "Le mando la foto", visit.encounter, (photo,), patient)
    visits.book_next(town.desk, patient, town.desk.clock.now() + timedelta(days=7), "Control")

    coming = overviews.booked(town.desk, town.desk.clock.now(), town.desk.clock.now() + timedelta(days=8))
    assert [(one.person.patient, one.appointment.reason) for one in coming] == [(patient, "Control")]
    assert overviews.talks(town.desk)[0].message.text == "Le mando la foto"

    with pytest.raises(Refusal, match="Sign the note first"):
        summaries.summary_text(town.desk, visit.encounter, "es")
    note = visits.sign(town.desk, visit.encounter, patient)
    assert verify_fact(note, town.desk.user_keys.public.signing)
    assert summaries.summary_pdf(town.desk, visit.encounter).startswith(b"%PDF")
    assert "Amoxicilina 500 mg" in summaries.summary_text(town.desk, visit.encounter, "es")
    with pytest.raises(Refusal, match="addendum"):
        visits.sign(town.desk, visit.encounter, patient)
    assert visits.addendum(town.desk, note.id, "Mejoró", patient).addendum_to == note.id

    with pytest.raises(Unavailable):
        messages.picture(town.desk, photo)
    town.sync()
    assert messages.picture(town.desk, photo).startswith(b"\xff\xd8")

    second = town.enrol("Dr. Juan Soto")
    town.sync()
    ours, theirs = charts.chart(town.desk, patient), charts.chart(second, patient)
    assert replace(theirs, reached=ours.reached) == ours
    assert theirs.reached.keys() == ours.reached.keys()
    assert not any(one.mine for one in theirs.reached.values()) and all(
        one.mine for one in ours.reached.values()
    )
    assert second.book.read(lambda page: page.bodies(patient)) == town.desk.book.read(
        lambda page: page.bodies(patient)
    )
    assert (
        sync_status(town.desk).waiting == 0
        and sync_status(town.desk).refused == 0
        and sync_status(second).quarantined == 0
    )
    assert visit.encounter not in [row.encounter.id for row in waiting.queue(second)]


def test_the_consent_is_signed_by_the_kiosk_over_the_text_that_was_shown(town: Town) -> None:
    patient, _ = _card_visit(town)
    consent = town.desk.book.read(lambda page: page.facts(Consent, patient))[0]
    device = town.desk.trust.device(town.kiosk.device)
    assert device is not None
    text = consents.load_template(consent.jurisdiction, "es").text
    assert verify_consent(consent, device.signing_key, text)
    assert not verify_consent(consent, device.signing_key, text + " ")
    assert consents.may(town.desk, patient, "recording")


def test_a_number_is_a_claim_until_staff_confirm(town: Town) -> None:
    patient = _person(town, "23456789")
    visit = _arrived(town, intake.claim(town.kiosk, "23.456.789", date(1958, 3, 7)))
    row = _row(town, visit.encounter)
    assert not row.verified and [m.patient for m in row.matches] == [patient]
    people.confirm_identity(town.desk, row.person.patient, patient)
    assert _row(town, visit.encounter).person.patient == patient
    assert "heart_rate" in charts.chart(town.desk, patient).readings
    people.undo_identity(town.desk, visit.patient, patient)
    assert "heart_rate" not in charts.chart(town.desk, patient).readings


def test_what_is_typed_in_another_patients_window_is_not_saved(town: Town) -> None:
    other = _person(town)
    _, visit = _card_visit(town)
    with pytest.raises(WrongPatient):
        visits.autosave(town.desk, visit.encounter, Section.PLAN, "para otra persona", other)
    with pytest.raises(WrongPatient):
        prescribing.prescribe(
            town.desk, visit.encounter, Coding(system="x", code="y"), "1 g", "oral", 8, 3, "", other
        )
    assert visits.draft(town.desk, visit.encounter).texts == {}


def test_a_kiosk_reads_nothing_it_filed(town: Town) -> None:
    _card_visit(town)
    assert town.kiosk.book.read(lambda page: (page.count_ops(), page.count_people())) == (0, 0)
    assert town.kiosk.team_keys == {}


def test_an_empty_note_is_not_signed(town: Town) -> None:
    patient, visit = _card_visit(town)
    with pytest.raises(Refusal, match="empty"):
        visits.sign(town.desk, visit.encounter, patient)


def test_a_red_parameter_and_arrival_order_the_queue(town: Town) -> None:
    _, visit = _card_visit(town)
    keys = [waiting.urgency(row) for row in waiting.queue(town.desk)]
    assert keys == sorted(keys) and any(
        row.encounter.id == visit.encounter for row in waiting.queue(town.desk)
    )


@pytest.mark.parametrize("dni", ["12", "abc", "1234567890123"])
def test_an_id_number_that_cannot_be_is_refused(town: Town, dni: str) -> None:
    with pytest.raises(Refusal):
        intake.claim(town.kiosk, dni, None)


def test_people_are_found_in_any_order_without_accents_and_alike_ones_shown(town: Town) -> None:
    patient = people.register(
        town.desk,
        HumanName(family="Núñez Ayala", given=("Ramón",)),
        date(1949, 12, 1),
        Gender.MALE,
        "9876543",
    )
    for typed in ("nunez ram", "RAMON AYA", "9876543", "1/12/1949"):
        assert patient in [line.patient for line in people.find_people(town.desk, typed)]
    alike = duplicates.alike(
        town.desk, HumanName(family="Nuñes Ayala", given=("Ramon",)), date(1949, 12, 1), ""
    )
    assert alike[0].patient == patient
    with pytest.raises(Refusal):
        people.register(
            town.desk, HumanName(family="Futuro", given=("X",)), date(2090, 1, 1), Gender.MALE, ""
        )


@pytest.mark.expects_log("a file waits on")
def test_another_file_than_the_one_asked_for_is_not_kept(town: Town, jpeg: Callable[..., bytes]) -> None:
    document = messages.add_photo(town.desk, _person(town), jpeg(), "Foto")
    town.sync()
    with pytest.raises(Unavailable):
        messages.picture(town.station, document.attachment)
    there = town.folder / "server" / "attachments" / document.attachment.id
    whole = there.read_bytes()
    there.write_bytes(whole[:-1] + b"?")
    town.sync()
    with pytest.raises(Unavailable):
        messages.picture(town.station, document.attachment)
    there.write_bytes(whole)
    town.sync()
    assert messages.picture(town.station, document.attachment).startswith(b"\xff\xd8")


def test_a_document_somebody_opens_is_in_the_audit_once_and_only_if_she_saw_it(
    town: Town, jpeg: Callable[..., bytes]
) -> None:
    patient = _person(town)
    document = messages.add_photo(town.desk, patient, jpeg(), "Foto")

    def read() -> list[str]:
        found = town.desk.book.read(lambda page: page.facts(AuditEvent, patient))
        return [one.entity for one in found if one.action == "read"]

    assert messages.open_document(town.desk, patient, document.attachment).startswith(b"\xff\xd8")
    assert read() == [f"document {document.attachment.id}"]
    messages.picture(town.desk, document.attachment)
    assert len(read()) == 1, "the program's own work is no opening"
    absent = replace(document.attachment, id="0" * 64)
    with pytest.raises(Unavailable):
        messages.open_document(town.desk, patient, absent)
    assert len(read()) == 1


def _told(code: str) -> Coding:
    return Coding(system="urn:posta:symptom", code=code, display=code)


def _without_vitals(town: Town, dni: str) -> intake.Visit:
    return intake.arrive(town.kiosk, intake.claim(town.kiosk, dni, date(1970, 1, 1)), "es")


def test_a_red_flag_comes_before_every_score_while_she_still_answers(town: Town) -> None:
    _, scored = _card_visit(town)
    later = _without_vitals(town, "30111333")
    town.sync()
    before = [row.encounter.id for row in waiting.queue(town.desk)]
    assert before.index(FactId(scored.encounter)) < before.index(FactId(later.encounter))
    intake.raise_flags(town.kiosk, later, _told("pain"), (_told("chest_pain"),), (_told("chest_pain"),))
    town.sync()
    after = [row.encounter.id for row in waiting.queue(town.desk)]
    assert after.index(FactId(later.encounter)) < after.index(FactId(scored.encounter))
    row = _row(town, later.encounter)
    assert row.encounter.status == EncounterStatus.ARRIVED
    assert [flag.code for flag in row.encounter.red_flags] == ["chest_pain"]
    assert [one.code for one in row.encounter.symptoms] == ["chest_pain"]


def test_a_red_flag_is_not_lost_by_what_is_told_after_it_nor_by_going(town: Town) -> None:
    flagged, other = _without_vitals(town, "30111444"), _without_vitals(town, "30111555")
    intake.raise_flags(town.kiosk, flagged, _told("pain"), (_told("chest_pain"),), (_told("chest_pain"),))
    intake.tell_reason(town.kiosk, flagged, _told("pain"), ())
    for visit in (flagged, other):
        intake.leave(town.kiosk, visit)
    town.sync()
    rows = {row.encounter.id: row.encounter for row in waiting.queue(town.desk)}
    assert FactId(other.encounter) not in rows
    kept = rows[FactId(flagged.encounter)]
    assert [flag.code for flag in kept.red_flags] == ["chest_pain"] and kept.symptoms == ()
    intake.ready(town.kiosk, flagged)
    town.sync()
    assert _row(town, flagged.encounter).encounter.red_flags == kept.red_flags


def test_a_red_flag_leaves_before_everything_else(town: Town) -> None:
    visit = _without_vitals(town, "30111666")
    town.sync()
    intake.raise_flags(town.kiosk, visit, _told("pain"), (), (_told("chest_pain"),))
    waits = town.kiosk.book.read(lambda page: [unpack(row.envelope) for row in page.numbered()])
    assert waits[-1].header.priority == P0_ALERT
    town.sync()


CUFF = Source(b"\x00\x60\x00\x3c\x00\xff\x07", "cuff C0:FF:EE:01:02:03")


def _measured(town: Town, sources: dict[str, Source]) -> dict[str, Observation]:
    """What the desk has of the observations afterwards, by their code."""
    visit = intake.arrive(town.kiosk, intake.claim(town.kiosk, "34567891", date(1961, 9, 2)), "es")
    intake.tell_vitals(town.kiosk, visit, VITALS, sources=sources)
    town.sync()
    observations = town.desk.book.read(lambda page: page.facts(Observation, visit.patient))
    return {one.code.code: one for one in observations}


def test_what_an_instrument_measured_is_kept_with_the_octets_it_sent_and_the_rest_as_typed(
    town: Town,
) -> None:
    kept = _measured(town, dict.fromkeys(("systolic", "diastolic", "heart_rate"), CUFF))
    for measured in (kept[BLOOD_PRESSURE.code], kept[HEART_RATE.code]):
        assert (measured.method, measured.raw) == (Method.DEVICE, CUFF.octets)
        assert measured.device_name == CUFF.instrument
    oxygen = kept[SPO2.code]
    assert (oxygen.method, oxygen.raw, oxygen.device_name) == (Method.KIOSK, b"", "")


def test_half_a_measured_pressure_counts_as_typed(town: Town) -> None:
    for half in ("systolic", "diastolic"):
        assert _measured(town, {half: CUFF})[BLOOD_PRESSURE.code].method is Method.KIOSK
