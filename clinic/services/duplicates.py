# SPDX-License-Identifier: GPL-3.0-or-later
"""People on record who may be the one at the desk: offline, with the reasons in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from clinic.domain.facts import Gender
from clinic.domain.ids import PatientId
from clinic.domain.likeness import Described, Likeness, likeness
from clinic.domain.values import HumanName
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.people import PersonLine, line
from clinic.store.likeness import described, make_keys, sharing, unkeyed
from clinic.store.page import Page
from clinic.store.rows import Changes, PersonRow
from clinic.store.writing import WritePage

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody on record, how likely it is the same person, and why."""

    person: PersonLine
    likeness: Likeness


@needs(Action.REGISTER)
def likely_same(
    desk: Desk, name: HumanName, birth_date: date | None, dni: str, gender: Gender = Gender.UNKNOWN_
) -> tuple[Alike, ...]:
    """At most five people who may be the one described, likeliest first; several records of one chart count once."""
    prepare(desk)
    who = Described(name.family, " ".join(name.given), birth_date, _digits(dni), gender)
    return desk.book.read(lambda page: tuple(_found(page, who)))


@needs(Action.REGISTER)
def alike(desk: Desk, name: HumanName, birth_date: date | None, dni: str) -> tuple[PersonLine, ...]:
    """The people of likely_same, without the reasons."""
    return tuple(found.person for found in likely_same(desk, name, birth_date, dni))


@needs(Action.REGISTER)
def pairs_like(desk: Desk, patient: PatientId) -> tuple[Alike, ...]:
    """Other records that may be of the same person as this one, which are not one chart with it yet."""
    prepare(desk)

    def look(page: Page) -> tuple[Alike, ...]:
        row = page.person(patient)
        if row is None:
            return ()
        chart = set(page.chart_of(page.linked_to(patient) or patient))
        return tuple(
            one for one in _found(page, described(row), SHOWN + len(chart)) if one.person.patient not in chart
        )[:SHOWN]

    return desk.book.read(look)


def prepare(desk: Desk) -> None:
    """Make the keys of records that came since; a few at a time, so that nobody waits behind it for long."""
    while desk.book.read(unkeyed):
        if not desk.book.write(_make):
            return


def _make(page: WritePage) -> tuple[int, Changes]:
    return make_keys(page), Changes()


def _found(page: Page, who: Described, most: int = SHOWN) -> Iterator[Alike]:
    compared = ((likeness(who, described(row)), row) for row in sharing(page, who))
    likely = sorted(
        (pair for pair in compared if pair[0].likely),
        key=lambda pair: (-pair[0].probability, pair[1].patient),
    )
    told: set[PatientId] = set()
    for found, row in likely:
        whole = page.linked_to(row.patient) or row.patient
        if whole not in told and len(told) < most:
            told.add(whole)
            yield Alike(line(page, _shown(page, row, whole)), found)


def _shown(page: Page, row: PersonRow, whole: PatientId) -> PersonRow:
    return page.person(whole) or row


def _digits(dni: str) -> str:
    return "".join(letter for letter in dni if letter.isalnum())
