# SPDX-License-Identifier: GPL-3.0-or-later
"""Staff vouch for somebody who came without a card: her record joins her chart, and the kiosk learns who she is, for
this visit alone."""

from clinic.domain.errors import Refusal
from clinic.domain.facts import Encounter, IdentifiedBy, Link, Patient, VerificationResult
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.keys.boxes import seal_to
from clinic.keys.packing import squeeze
from clinic.keys.rights import Action
from clinic.protocol.codec import encode
from clinic.protocol.letters import Vouched
from clinic.services.capsules import capsule_of
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.people import link_on
from clinic.store.page import Page
from clinic.store.writing import WritePage


@needs(Action.REGISTER)
def vouch(desk: Desk, encounter: EncounterId, other: PatientId) -> Vouched | None:
    """Say that the patient of a visit is the person of that record; in the record stands who said so.

    Answers the letter for the visit's kiosk, None for a visit that no kiosk can be told of. Refused as
    `people.confirm_identity`; undone by `people.undo_identity`."""
    by = desk.someone

    def say(page: WritePage) -> tuple[Link, VerificationResult]:
        visit = _visit(page, encounter)
        result = VerificationResult(
            id=FactId(desk.new_id()), patient=visit.patient, encounter=encounter, how=IdentifiedBy.VOUCHED,
            at=desk.clock.now(), by=by.user, by_name=by.name,
        )  # fmt: skip
        return link_on(desk, page, visit.patient, other), result

    desk.write_within(say)
    return desk.book.read(lambda page: _letter(desk, page, encounter))


def identified(page: Page, encounter: EncounterId) -> VerificationResult | None:
    """What showed who the person of a visit is: the latest word of it."""
    found = page.facts_of_encounter(VerificationResult, encounter)
    return found[-1] if found else None


def _letter(desk: Desk, page: Page, encounter: EncounterId) -> Vouched | None:
    visit = _visit(page, encounter)
    fact = page.fact(Patient, page.linked_to(visit.patient) or visit.patient)
    if fact is None or not (visit.kiosk and visit.session_key):
        return None
    sealed = seal_to(visit.session_key, squeeze(encode(capsule_of(desk, page, fact))))
    return Vouched(encounter=encounter, by=desk.someone.user, by_name=desk.someone.name, sealed=sealed)


def _visit(page: Page, encounter: EncounterId) -> Encounter:
    visit = page.fact(Encounter, encounter)
    if visit is None:
        raise Refusal("This visit is not on this computer. Wait for the next exchange.")
    return visit
