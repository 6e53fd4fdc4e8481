# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of every computer is sealed to the auditors: compliance reads all teams', and nobody else one that is not hers."""

from dataclasses import dataclass

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent
from clinic.domain.ids import ADMINISTRATORS, AUDITORS, DeviceId, PatientId, TeamId, team_scope
from clinic.keys.glass import everybody
from clinic.protocol.trust import DeviceKind, Role, TeamCreate
from clinic.services.audit_proofs import verify_audit
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.enrolment import invite, state
from clinic.services.link import exchange_now
from clinic.services.organising import add_member, give_role
from clinic.services.people import find_people
from clinic.services.syncing import sync_status
from clinic.services.tending import tend
from tests.clinic.services.conftest import Town
from tests.clinic.services.test_break_glass import enrolled
from tests.clinic.services.test_receipts import patient_at

pytestmark = pytest.mark.slow
SOUTH = TeamId("south")


@dataclass
class House:
    """`officer` looks after the audit; `omar` is of a team of his own."""

    town: Town
    officer: Desk
    omar: Desk


@pytest.fixture(scope="module")
def house(town: Town) -> House:
    for desk in (town.station, town.desk, town.kiosk):
        audit(desk, "search", PatientId(""))
        exchange_now(desk)
    officer = town.enrol("Elena Funes", Role.COMPLIANCE)
    state(town.station, lambda log: [TeamCreate(team=SOUTH, name="Hospital Sur")])
    omar = enrolled(
        town.station, town.folder / "omar", "Dr. Omar Sosa", Role.CLINICIAN, DeviceKind.DESKTOP, SOUTH
    )
    town.opened.append(omar)
    tend(town.station)
    for desk in (omar, officer, town.desk):
        exchange_now(desk)
    return House(town, officer, omar)


def seen_of(desk: Desk, device: DeviceId) -> list[tuple[str, PatientId]]:
    entries = desk.book.read(lambda page: page.all_facts(AuditEvent))
    return sorted((one.action, one.patient) for one in entries if one.device == device)


def test_compliance_reads_the_audit_of_a_team_whose_keys_she_has_not(house: House) -> None:
    patient = patient_at(house.omar, "Perdida")
    audit(house.omar, "open", patient)
    audit(house.omar, "search", PatientId(""))
    for desk in (house.omar, house.officer, house.town.desk):
        exchange_now(desk)
    written = seen_of(house.omar, house.omar.device)
    assert ("open", patient) in written and ("search", PatientId("")) in written
    assert seen_of(house.officer, house.omar.device) == written
    assert house.officer.book.read(lambda page: page.person(patient)) is None, "the chart itself is not hers"
    assert (SOUTH, 1) not in house.officer.team_keys
    assert not seen_of(house.town.desk, house.omar.device), "of another team, and no auditor"
    assert (AUDITORS, 1) not in house.town.desk.team_keys
    assert all(one.bad is None for one in verify_audit(house.officer) if one.device == house.omar.device)


def test_a_colleague_of_the_auditors_reads_what_came_before_her(house: House) -> None:
    audit(house.omar, "search", PatientId(""))
    exchange_now(house.omar)
    second = house.town.enrol("Nora Paz", Role.COMPLIANCE)
    for desk in (house.officer, second):
        exchange_now(desk)
        tend(desk)
        exchange_now(desk)
    exchange_now(second)
    assert (AUDITORS, 1) in second.team_keys
    assert ("search", PatientId("")) in seen_of(second, house.omar.device)


def test_who_is_made_an_auditor_later_is_one(house: House) -> None:
    nurse = house.town.enrol("Rita Sol", Role.NURSE)
    assert give_role(house.town.station, nurse.someone.user, Role.COMPLIANCE)
    tend(house.town.station)
    assert nurse.someone.user in house.town.station.trust.members(AUDITORS)


def test_an_officer_of_the_auditors_alone_holds_no_chart_and_looks_at_every_team(house: House) -> None:
    with pytest.raises(Refusal, match="compliance officers and custodians"):
        invite(house.town.station, Role.CLINICIAN, DeviceKind.DESKTOP, team=AUDITORS)
    alone = enrolled(
        house.town.station, house.town.folder / "alone", "Ada Luz", Role.COMPLIANCE, DeviceKind.DESKTOP
    )
    house.town.opened.append(alone)
    patient = patient_at(house.omar, "Mirada")
    audit(house.omar, "open", patient)
    for desk in (house.officer, alone, house.omar, alone):
        exchange_now(desk)
        tend(desk)
    exchange_now(alone)
    assert {team for team, _ in alone.team_keys} <= {AUDITORS, everybody(alone.trust)}
    assert ("open", patient) in seen_of(alone, house.omar.device)
    checked = {one.device: one for one in verify_audit(alone)}
    wanted = {"station": house.town.station, "kiosk": house.town.kiosk, "omar": house.omar}
    assert [name for name, desk in wanted.items() if desk.device not in checked] == []
    assert [one for one in checked.values() if one.bad is not None] == [], "each from its first entry"
    audit(alone, "read audit", patient)
    for desk in (alone, house.officer):
        exchange_now(desk)
    assert sync_status(alone).refused == 0 and sync_status(alone).waiting == 0
    assert ("read audit", patient) in seen_of(house.officer, alone.device)


def test_a_second_administrator_works_for_the_clinic_and_reads_no_chart(house: House) -> None:
    """Who is invited without a team being named; the first one's own computer keeps its team."""
    station = house.town.station
    with pytest.raises(Refusal, match="Only administrators"):
        invite(station, Role.NURSE, DeviceKind.DESKTOP, team=ADMINISTRATORS)
    mara = enrolled(station, house.town.folder / "mara", "Mara Gil", Role.ADMINISTRATOR, DeviceKind.DESKTOP)
    house.town.opened.append(mara)
    assert mara.team == ADMINISTRATORS and mara.someone.user in station.trust.members(ADMINISTRATORS)
    patient = patient_at(house.omar, "Ajena")
    ours = patient_at(house.town.desk, "Nuestra")
    for desk in (house.omar, house.town.desk, station, mara):
        exchange_now(desk)
        tend(desk)
    exchange_now(mara)
    assert {team for team, _ in mara.team_keys} - {everybody(mara.trust)} == {ADMINISTRATORS, AUDITORS}
    assert all(mara.book.read(lambda page, who=one: page.person(who)) is None for one in (patient, ours))
    assert ours not in {one.id for one in find_people(mara, "Nuestra")}
    with pytest.raises(Refusal, match="has no patients"):
        patient_at(mara, "Nadie")
    invited = enrolled(mara, house.town.folder / "nina", "Nina Rey", Role.NURSE, DeviceKind.DESKTOP, SOUTH)
    house.town.opened.append(invited)
    assert invited.someone.user in invited.trust.members(SOUTH)
    assert sync_status(mara).refused == 0 and sync_status(mara).waiting == 0


def test_what_a_kiosk_writes_down_reaches_the_auditors(house: House) -> None:
    kiosk = house.town.kiosk
    exchange_now(kiosk)
    audit(kiosk, "open", PatientId(""))
    for desk in (kiosk, house.officer):
        exchange_now(desk)
    assert ("open", PatientId("")) in seen_of(house.officer, kiosk.device)
    held = house.officer.book.read(lambda page: page.cursors())
    assert team_scope(AUDITORS) in held


def test_nobody_is_made_an_auditor_who_is_not_to_look(house: House) -> None:
    nurse = house.town.enrol("Lía Paz", Role.NURSE)
    with pytest.raises(Refusal, match="compliance officers and custodians"):
        add_member(house.town.station, AUDITORS, nurse.someone.user)
