# SPDX-License-Identifier: GPL-3.0-or-later
"""Search over everything that was written on this computer: as you type, and, on Enter, the best first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from clinic.domain.facts import (
    AllergyIntolerance,
    Appointment,
    Communication,
    Composition,
    Condition,
    DetectedIssue,
    DiagnosticReport,
    DocumentReference,
    Encounter,
    Fact,
    Immunization,
    MedicationRequest,
    MedicationStatement,
    NoteSection,
    OriginalResource,
    Patient,
    Procedure,
    QuestionnaireResponse,
    ServiceRequest,
    Task,
)
from clinic.domain.ids import PatientId
from clinic.keys.rights import Action
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.people import PersonLine, line
from clinic.store.page import Page
from clinic.store.rows import Hit, Piece
from clinic.store.search import PILE_SEEN
from clinic.store.sheet import to_ms

_DRAFTS = 2
"""A note that is signed is there as its draft too, which is not shown: so many more hits are asked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """One find: the fact, whose chart it is on (None: nobody's), when it happened, and its words with the found ones marked."""

    fact: Fact
    person: PersonLine | None
    at: datetime
    snippet: tuple[Piece, ...]


@needs(Action.OPEN_CHART)
def as_typed(desk: Desk, text: str, patient: PatientId | None = None, limit: int = 12) -> tuple[Found, ...]:
    """Facts that have every word typed so far, newest first. Asked at each key: leaves no audit entry."""
    return desk.book.read(
        lambda page: _found(page, page.search(text, patient=patient, limit=_DRAFTS * limit), limit)
    )


KINDS: Mapping[str, tuple[type[Fact], ...]] = {
    "notes": (Composition, NoteSection),
    "messages": (Communication,),
    "problems": (Condition, AllergyIntolerance),
    "medicines": (MedicationRequest, MedicationStatement),
    "results": (ServiceRequest, DiagnosticReport, Procedure, Immunization),
    "documents": (DocumentReference, QuestionnaireResponse, OriginalResource),
    "visits": (Encounter, Appointment, Task),
    "alerts": (DetectedIssue,),
    "people": (Patient,),
}
"""What a search can be narrowed to, in words a person chooses from."""


def unread(desk: Desk) -> int:
    """Texts that no search finds yet because they wait to be read into the index; 0 while a search looks through them all."""
    waiting = desk.book.read(lambda page: page.unread())
    return waiting if waiting > PILE_SEEN else 0


@needs(Action.OPEN_CHART)
def search(
    desk: Desk, text: str, *, patient: PatientId | None = None, kinds: Collection[type[Fact]] = (), since: datetime | None = None,
    until: datetime | None = None, best_first: bool = True, limit: int = 50,
) -> tuple[Found, ...]:  # fmt: skip
    """Facts that have every typed word, filtered by chart, kind and time; `best_first`: of the newest 1,000, else newest first.

    An audited act: the entry says on whose chart it was looked, never what for.
    """
    audit(desk, "search", patient or PatientId(""))
    return again(
        desk, text, patient=patient, kinds=kinds, since=since, until=until, best_first=best_first, limit=limit
    )


@needs(Action.OPEN_CHART)
def again(
    desk: Desk, text: str, *, patient: PatientId | None = None, kinds: Collection[type[Fact]] = (), since: datetime | None = None,
    until: datetime | None = None, best_first: bool = False, limit: int = 50,
) -> tuple[Found, ...]:  # fmt: skip
    """The same without the entry: at each key, and to draw a search that was written down once more."""

    def look(page: Page) -> tuple[Found, ...]:
        hits = page.search(
            text, patient=patient, kinds=kinds, since_ms=to_ms(since) if since else None,
            until_ms=to_ms(until) if until else None, limit=_DRAFTS * limit, ranked=best_first,
        )  # fmt: skip
        return _found(page, hits, limit)

    return desk.book.read(look)


def _found(page: Page, hits: tuple[Hit, ...], limit: int) -> tuple[Found, ...]:
    kept = [hit for hit in hits if not _signed_since(page, hit.fact)][:limit]
    return tuple(Found(hit.fact, _person(page, hit.patient), hit.at, hit.snippet) for hit in kept)


def _signed_since(page: Page, fact: Fact) -> bool:
    """True for a draft whose note is signed: the note itself is found."""
    return isinstance(fact, NoteSection) and bool(page.facts_of_encounter(Composition, fact.encounter))


def _person(page: Page, patient: PatientId) -> PersonLine | None:
    row = page.person(page.linked_to(patient) or patient)
    return None if row is None else line(page, row)
