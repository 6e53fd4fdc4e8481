# SPDX-License-Identifier: GPL-3.0-or-later
"""People: finding, registering, saying who a provisional patient is. Duplicates: clinic.services.duplicates."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from clinic.domain.errors import Refusal
from clinic.domain.facts import Gender, Link, Patient
from clinic.domain.id_documents import read_document
from clinic.domain.ids import FactId, PatientId
from clinic.domain.plausible import check_birth_date, digits_of
from clinic.domain.values import DNI, ContactPoint, HumanName, Identifier, Verification
from clinic.keys.cards import read_card
from clinic.keys.codes import WrongCode
from clinic.keys.rights import CHARTLESS, Action
from clinic.services.audits import audit
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.store.page import Page
from clinic.store.rows import PersonRow
from clinic.store.writing import WritePage


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person as one line of a list; everything a reader needs to tell two people apart."""

    patient: PatientId
    name: HumanName
    birth_date: date | None
    gender: Gender
    dni: str
    photo: bytes
    provisional: bool
    last_seen_at: datetime | None


@needs(Action.FIND)
def find_people(desk: Desk, text: str, limit: int = 20) -> tuple[PersonLine, ...]:
    """People whose name, DNI, birth date or telephone begins with every typed word; nothing typed: the latest seen. What a
    reader of codes types is taken as the card or the document that it is."""
    today = desk.clock.now().date()
    return desk.book.read(
        lambda page: tuple(
            line(page, row) for row in _scanned(page, text, today) or page.find_people(text, limit)
        )
    )


def _scanned(page: Page, text: str, today: date) -> tuple[PersonRow, ...]:
    """Whose card or identity document was read into the field; () for words, and for what belongs to nobody here."""
    with suppress(WrongCode):
        found = page.person_with_card(read_card(text).lookup)
        return () if found is None else (found,)
    document = read_document(text, today)
    return () if document is None else page.people_with_dni(document.number)


@needs(Action.FIND)
def search_begins(desk: Desk, before: str, text: str, where: str) -> None:
    """Write down that somebody looks people up: once for all that is typed until nothing is typed any more."""
    if text.strip() and not before.strip():
        audit(desk, "search", PatientId(""), entity=where)


@needs(Action.FIND)
def person(desk: Desk, patient: PatientId) -> PersonLine:
    return desk.book.read(lambda page: person_on(page, patient))


def person_on(page: Page, patient: PatientId) -> PersonLine:
    """The line of one person. Refused if this computer does not hold the record."""
    row = page.person(patient)
    if row is None:
        raise Refusal("This person is not on this computer. Wait for the next exchange, or search by DNI.")
    return line(page, row)


def line_of(fact: Patient, last_seen_at: datetime | None = None) -> PersonLine:
    """A Patient fact as a line."""
    dni = next((i.value for i in fact.identifiers if i.system == DNI), "")
    return PersonLine(
        fact.patient, fact.name, fact.birth_date, fact.gender, dni, fact.photo, fact.provisional, last_seen_at
    )


@needs(Action.REGISTER)
def register(
    desk: Desk, name: HumanName, birth_date: date | None, gender: Gender, dni: str, phone: str = "", address: str = "",
    language: str = "es",
) -> PatientId:  # fmt: skip
    """Put a new person on record. Refused without a name, with a birth date to come or a DNI that is no number, and at the
    computer of a team that has no patients: whoever treats people would never see her."""
    if desk.team in CHARTLESS:
        raise Refusal("This computer's team has no patients. Register people at a computer of a care team.")
    if not name.family.strip() or not name.given:
        raise Refusal("Write the family name and the first name.")
    check_birth_date(birth_date, desk.clock.now().date())
    digits = digits_of(dni)
    patient = PatientId(desk.new_id())
    telecom = (ContactPoint(system="phone", value=phone.strip()),) if phone.strip() else ()
    identifiers = (Identifier(system=DNI, value=digits, verification=Verification.SEEN),) if digits else ()
    fact = Patient(
        id=FactId(patient), patient=patient, name=name, birth_date=birth_date, gender=gender, identifiers=identifiers,
        telecom=telecom, address=address, language=language,
    )  # fmt: skip
    desk.write(fact, window=patient)
    return patient


@needs(Action.REGISTER)
def confirm_identity(desk: Desk, provisional: PatientId, other: PatientId) -> Written:
    """Say that a record is of the same person as `other`: from now on both are one chart. Undone by undo_identity.

    Refused for a record that is part of a chart already, whichever way round: a chain of links is made only by two computers
    at once, and then resolved alike on both (clinic.domain.identity).
    """
    if provisional == other:
        raise Refusal("This is the same record already.")

    return desk.write_within(lambda page: (link_on(desk, page, provisional, other),))


def link_on(desk: Desk, page: Page, provisional: PatientId, other: PatientId) -> Link:
    """The Link that makes two records one chart. Refused as confirm_identity."""
    if page.person(provisional) is None or page.person(other) is None:
        raise Refusal("One of these records is not on this computer. Wait for the next exchange.")
    first, second = page.linked_to(provisional), page.linked_to(other)
    if (first or provisional) == (second or other):
        raise Refusal("These two records are one chart already.")
    if first is not None:
        raise Refusal("This record is part of another person's chart. Part those two first.")
    return _link(desk, provisional, other, active=True)


@needs(Action.REGISTER)
def undo_identity(desk: Desk, provisional: PatientId, other: PatientId) -> Written:
    """Part two records again; each note is where it was written. Refused when they were not linked."""

    def part(page: WritePage) -> tuple[Link]:
        found = page.fact(Link, f"{provisional}>{other}")
        if found is None or not found.active:
            raise Refusal("These two records were not joined, or somebody parted them already.")
        return (_link(desk, provisional, other, active=False),)

    return desk.write_within(part)


def joined(desk: Desk, patient: PatientId) -> tuple[Link, ...]:
    """The links that make a chart one, the oldest first: what a screen offers to undo."""

    def look(page: Page) -> tuple[Link, ...]:
        chart = page.chart_of(page.linked_to(patient) or patient)
        links = {link.id: link for one in chart for link in page.facts(Link, one) if link.active}
        return tuple(sorted(links.values(), key=lambda link: (link.linked_at, link.id)))

    return desk.book.read(look)


def _link(desk: Desk, provisional: PatientId, other: PatientId, active: bool) -> Link:
    return Link(
        id=FactId(f"{provisional}>{other}"), patient=provisional, other=other, active=active,
        by=desk.someone.user, linked_at=desk.clock.now(),
    )  # fmt: skip


def line(page: Page, row: PersonRow) -> PersonLine:
    """A row of the store as a line, with the photo."""
    fact = page.fact(Patient, row.patient)
    if fact is not None:
        return line_of(fact, row.last_seen_at)
    name = HumanName(family=row.family, given=tuple(row.given.split()))
    return PersonLine(
        row.patient, name, row.birth_date, Gender(row.gender), row.dni, b"", row.provisional, row.last_seen_at
    )
