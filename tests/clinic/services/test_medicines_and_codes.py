# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding codes as people type, prescribing against a caution, a clinic's own lists, and who signed what."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clinic.__main__ import main
from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AllergyIntolerance,
    Encounter,
    EncounterStatus,
    Gender,
    Location,
    MedicationRequest,
    MedicationStatement,
    Provenance,
    RequestStatus,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import ATC, ICD10, Coding, HumanName
from clinic.exchange.code_files import PROCEDURES, read_code_file
from clinic.exchange.facility_files import Facility
from clinic.exchange.lists import medicine_lists
from clinic.keys.consents import verify_fact
from clinic.protocol.trust import Role
from clinic.services import coding, people, prescribing, visits
from clinic.services.desks import Desk
from clinic.services.facilities import Brought, import_facilities
from clinic.services.gate import Denied
from clinic.services.signed_lists import sign_crossings, signature_of_crossings
from tests.clinic.services.conftest import PASSWORD, Town


def atc(code: str, display: str = "") -> Coding:
    return Coding(system=ATC, code=code, display=display)


@pytest.fixture
def desk(town: Town) -> Desk:
    coding.load_codes(town.desk)
    return town.desk


@pytest.fixture
def patient(desk: Desk) -> PatientId:
    return people.register(desk, HumanName(family="Sosa", given=("Rosa",)), None, Gender.FEMALE, "")


@pytest.fixture
def visit(desk: Desk, patient: PatientId) -> EncounterId:
    made = EncounterId(desk.new_id())
    desk.write(
        Encounter(
            id=FactId(made), patient=patient, status=EncounterStatus.ARRIVED, arrived_at=desk.clock.now()
        )
    )
    return made


def given(
    desk: Desk, patient: PatientId, code: str, display: str, days_ago: int = 1, days: int = 0, **more: object
) -> None:
    desk.write(MedicationRequest(
        id=FactId(desk.new_id()), patient=patient, medication=atc(code, display), every_hours=24, days=days,
        authored_at=desk.clock.now() - timedelta(days=days_ago), dose="1", **more,
    ))  # type: ignore[arg-type]  # fmt: skip


def allergic(desk: Desk, patient: PatientId, display: str, code: str = "") -> None:
    substance = Coding(system=ATC if code else "", code=code, display=display)
    desk.write(AllergyIntolerance(
        id=FactId(desk.new_id()), patient=patient, substance=substance, reaction="urticaria", recorded_at=desk.clock.now()
    ))  # fmt: skip


def severities(desk: Desk, patient: PatientId, code: str) -> list[str]:
    return [one.severity for one in prescribing.check(desk, patient, atc(code))]


# finding codes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "language", "first"),
    [
        ("J18", "es", "J18"),
        ("j189", "es", "J18.9"),
        ("J18.9", "es", "J18.9"),
        ("i10", "en", "I10"),
        ("presión alta", "es", "I10"),
        ("alta presion", "es", "I10"),
        ("azucar", "es", "E11.9"),
        ("panza", "es", "R10.4"),
        ("heart attack", "en", "I21.9"),
        ("HTA", "es", "I10"),
        ("hipertencion esencial", "es", "I10"),
        ("asmma", "es", "J45"),
        ("covid", "es", "U07.1"),
        ("pressão alta", "pt", "I10"),
        ("dor de barriga", "pt", "R10.4"),
        ("falta de ar", "pt", "R06.0"),
        ("I10", "pt", "I10"),
    ],
)
def test_conditions_as_people_type_them(desk: Desk, typed: str, language: str, first: str) -> None:
    assert coding.find_condition(desk, typed, language)[0].code == first


@pytest.mark.parametrize(
    ("typed", "language", "first"),
    [
        ("amoxi", "es", "J01CA04"),
        ("aspirina", "es", "B01AC06"),
        ("dipirona", "es", "N02BB02"),
        ("J01CA", "es", "J01CA01"),
        ("dipirona", "pt", "N02BB02"),
        ("losartana", "pt", "C09CA01"),
        ("acetaminophen", "en", "N02BE01"),
        ("ibuprofneo", "es", "M01AE01"),
    ],
)
def test_medicines_as_people_type_them(desk: Desk, typed: str, language: str, first: str) -> None:
    assert coding.find_medication(desk, typed, language)[0].code == first


def test_words_in_any_order_with_or_without_accents_find_the_same(desk: Desk) -> None:
    found = coding.find_condition(desk, "neumonía bacteriana")
    assert found and found == coding.find_condition(desk, "BACTERIANA neumonia")


def test_a_wrong_letter_is_tried_only_where_nothing_else_is_found(desk: Desk) -> None:
    assert all("diabetes" in one.display.lower() for one in coding.find_condition(desk, "diabetes"))
    assert coding.find_condition(desk, "zzzzzz") == () == coding.find_condition(desk, "  ")
    assert coding.find_condition(desk, '"; DROP TABLE code; --') == ()


def test_what_this_person_chose_comes_first_the_next_time(
    desk: Desk, patient: PatientId, visit: EncounterId
) -> None:
    rows = coding.find_condition(desk, "fractura", limit=12)
    far = rows[-1]
    assert rows[0] != far
    visits.add_condition(desk, visit, far, patient)
    assert coding.find_condition(desk, "fractura", limit=12)[0] == far
    assert coding.find_condition(desk, "tos")[0].code == "R05"  # and only where it fits


def test_loading_twice_loads_nothing(desk: Desk) -> None:
    assert coding.load_codes(desk) == 0
    tables = {(one.system, one.language): one for one in coding.code_sources(desk)}
    shipped = [(ICD10, "es"), (ICD10, "en"), (ATC, "es"), (ATC, "en"), (ATC, "pt")]
    for one in (tables[key] for key in shipped):
        assert one.licence and one.version and len(one.digest) == 64 and one.rows > 400


def test_a_clinics_own_list_stays_when_the_program_starts_again(desk: Desk) -> None:
    data = b"code;nombre\n89.7;Examen general\n93.94;Nebulizaci\xc3\xb3n\n"
    table = read_code_file(data, "procedures", "es", "2026", "licensed to this clinic")
    assert coding.import_codes(desk, table) and not coding.import_codes(desk, table)
    assert [one.code for one in coding.find_code(desk, PROCEDURES, "nebuliz")] == ["93.94"]
    renewed = replace(table, licence="licensed until 2028")
    assert coding.import_codes(desk, renewed)
    own = read_code_file(b"code,display\nJ18,Pneumonia\n", "icd10", "pt", "CID-10", "public")
    assert coding.import_codes(desk, own)
    assert coding.load_codes(desk) == 0
    assert coding.find_condition(desk, "pneumo", "pt")[0].display == "Pneumonia"


# prescribing -------------------------------------------------------------------------------------------


def test_what_is_prescribed_and_what_is_told_both_count(desk: Desk, patient: PatientId) -> None:
    given(desk, patient, "C09AA02", "Enalapril")
    told = MedicationStatement(
        id=FactId(desk.new_id()), patient=patient, medication=Coding(system="", code="", display="Warfarin 5 MG"),
        recorded_at=desk.clock.now(),
    )  # fmt: skip
    desk.write(told)
    found = prescribing.check(desk, patient, atc("M01AE01", "Ibuprofeno"))
    assert {one.with_what for one in found if one.severity == "major"} == {"Warfarin 5 MG"}
    assert "Enalapril" in {one.with_what for one in found if one.severity == "moderate"}


def test_what_has_run_out_or_was_stopped_does_not_count(desk: Desk, patient: PatientId) -> None:
    given(desk, patient, "B01AA03", "Warfarina", days_ago=40, days=30)
    given(desk, patient, "C10AA01", "Simvastatina", status=RequestStatus.STOPPED)
    assert severities(desk, patient, "J01FA09") == ["unchecked", "none-listed", "none-listed"]  # the kidneys
    given(desk, patient, "C10AA01", "Simvastatina")
    assert severities(desk, patient, "J01FA09")[0] == "contraindicated"


def test_against_a_serious_caution_a_reason_is_needed_and_kept(
    desk: Desk, patient: PatientId, visit: EncounterId
) -> None:
    allergic(desk, patient, "Penicilinas", "J01C")

    def prescribe(reason: str) -> MedicationRequest:
        return prescribing.prescribe(
            desk, visit, atc("J01CA04", "Amoxicilina"), "500 mg", "oral", 8, 7, "", patient, reason
        )

    with pytest.raises(Refusal, match="Write why"):
        prescribe("  ")
    assert desk.book.read(lambda page: page.facts(MedicationRequest, patient)) == ()
    signed = prescribe(" desensibilizada en 2025 ")
    assert signed.override_reason == "desensibilizada en 2025"
    assert signed.overrode == (f"allergy: Penicilinas (same-class); this chart, {desk.clock.now():%Y-%m-%d}",)
    kept = desk.book.read(lambda page: page.facts(MedicationRequest, patient))
    assert kept == (signed,) and verify_fact(signed, desk.user_keys.public.signing)


def test_without_a_serious_caution_no_reason_is_kept(
    desk: Desk, patient: PatientId, visit: EncounterId
) -> None:
    signed = prescribing.prescribe(
        desk, visit, atc("N02BE01", "Paracetamol"), "1 g", "oral", 8, 3, "", patient, "porque sí"
    )
    assert (signed.override_reason, signed.overrode) == ("", ())


def test_a_chart_with_twenty_five_medicines_is_checked_in_a_moment(desk: Desk, patient: PatientId) -> None:
    for medicine in medicine_lists().formulary.medicines[::22][:25]:
        given(desk, patient, medicine.atc, medicine.display)
    best = min(_seconds(desk, patient) for _ in range(8))
    assert best < 0.020, f"{best * 1000:.1f} ms"


def _seconds(desk: Desk, patient: PatientId) -> float:
    begun = time.perf_counter()
    assert len(prescribing.check(desk, patient, atc("C09AA02"))) > 5
    return time.perf_counter() - begun


# signed lists ------------------------------------------------------------------------------------------


def test_the_list_of_cross_reactions_counts_as_signed_only_when_a_clinician_signed_it(
    town: Town, desk: Desk, patient: PatientId
) -> None:
    digest = medicine_lists().allergology.digest
    allergic(desk, patient, "Amoxicilina", "J01CA04")

    def cross() -> str:
        return next(
            one.signed
            for one in prescribing.check(desk, patient, atc("J01DB01"))
            if one.severity == "cross-allergy"
        )

    nurse = town.enrol("Enf. Clara Mora", Role.NURSE)
    assert cross() == ""
    with pytest.raises(Denied):
        sign_crossings(nurse, digest)
    with pytest.raises(Refusal, match="has changed"):
        sign_crossings(desk, "0" * 64)
    claimed = Provenance(
        id=FactId(nurse.new_id()), targets=(), recorded_at=datetime(2026, 11, 1, tzinfo=UTC),
        agent=desk.someone.user, activity="sign", digest=digest,
    )  # fmt: skip
    nurse.write(claimed)  # a nurse in a clinician's name
    town.sync()
    assert cross() == ""
    sign_crossings(desk, digest)
    assert cross() == "Dra. Lucía Paz"
    second = town.enrol("Dr. Hugo Rey")
    town.sync()
    assert second.book.read(lambda page: signature_of_crossings(second, page)).by == "Dra. Lucía Paz"


# facilities --------------------------------------------------------------------------------------------


def test_a_list_of_facilities_twice_is_once_and_a_change_is_a_change(desk: Desk) -> None:
    hospital = Facility("Hospital Central", "hospital", "Salta 555", "370", -26.18, -58.17, "12")
    post = Facility("Posta El Quebracho")
    assert import_facilities(desk, [hospital, post], "f.csv", "d", really=False) == Brought(2, 0, 0)
    assert desk.book.read(lambda page: page.all_facts(Location)) == ()
    assert import_facilities(desk, [hospital, post], "f.csv", "d") == Brought(2, 0, 0)
    assert import_facilities(desk, [post, hospital], "f.csv", "d") == Brought(0, 0, 2)
    moved = replace(hospital, phone="371", name="Hospital Central de Formosa")
    assert import_facilities(desk, [moved, post], "g.csv", "e") == Brought(0, 1, 1)
    held = {one.name: one for one in desk.book.read(lambda page: page.all_facts(Location))}
    assert held.keys() == {"Hospital Central de Formosa", "Posta El Quebracho"}
    assert (held["Hospital Central de Formosa"].phone, held["Hospital Central de Formosa"].kind) == (
        "371",
        "hospital",
    )
    sources = desk.book.read(lambda page: page.facts(Provenance, PatientId("")))
    assert {"f.csv", "g.csv"} <= {one.source for one in sources}


# the station -------------------------------------------------------------------------------------------


@pytest.fixture
def station(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[object], str]]:
    """A verb of the station on a home of its own: (exit code, lines of JSON, stderr)."""
    home = town.folder / "estacion-de-listas"
    if not home.exists():
        desk = town.enrol("estacion-de-listas")
        desk.close()
        town.opened.remove(desk)
    secret = tmp_path / "password"
    secret.write_text(PASSWORD, encoding="utf-8")

    def run(*words: str) -> tuple[int, list[object], str]:
        code = main([words[0], "--home", str(home), "--password-file", str(secret), *words[1:]])
        said = capsys.readouterr()
        return code, [json.loads(line) for line in said.out.splitlines()], said.err

    return run


def test_the_station_lists_imports_and_refuses(
    station: Callable[..., tuple[int, list[dict[str, object]], str]], tmp_path: Path
) -> None:
    own = tmp_path / "own.csv"
    own.write_text("code,display\n1,Uno\n", encoding="utf-8")
    words = ("import-codes", str(own), "--system", "procedures", "--language", "es", "--version", "1")
    code, _, err = station(*words)
    assert code == 3 and "licence" in err
    assert station(*words, "--licence", "ours")[1][0]["changed"] is True
    assert station(*words, "--licence", "ours")[1][0]["changed"] is False
    code, lines, err = station("codes")
    assert (code, err) == (0, "")
    assert {"system", "language", "version", "licence", "digest", "rows", "imported_at"} == set(lines[0])
    assert any(line.get("licence") == "ours" and line["rows"] == 1 for line in lines)
    assert lines[-1]["list"] == "interactions"
    own.write_text("code,display\n1,Uno\n1,Dos\n", encoding="utf-8")
    code, _, err = station(*words, "--licence", "ours")
    assert code == 3 and "line 3: 1 stands already in line 2" in err
    assert station("import-codes", str(tmp_path / "no.csv"), *words[2:], "--licence", "x")[0] == 4


def test_the_station_brings_facilities_and_shows_what_is_to_be_signed(
    station: Callable[..., tuple[int, list[dict[str, object]], str]], tmp_path: Path
) -> None:
    places = tmp_path / "places.csv"
    places.write_text("nombre,lat,lon\nPosta Norte,-24.1,-60.2\n", encoding="utf-8")
    dry = station("import-facilities", str(places), "--dry-run")[1]
    assert dry == [{"made": 1, "changed": 0, "same": 0, "written": False}]
    assert station("import-facilities", str(places))[1][0]["made"] == 1
    assert station("import-facilities", str(places))[1][0]["same"] == 1
    code, lines, _ = station("cross-reactions")
    assert code == 0 and lines[-1]["hash"] == medicine_lists().allergology.digest
    assert all({"first", "second", "risk", "basis"} == set(line) for line in lines[:-1])
