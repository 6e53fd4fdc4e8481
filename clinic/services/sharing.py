# SPDX-License-Identifier: GPL-3.0-or-later
"""A document shown to the other side of a call: asked of the patient's consent first, in the audit and in the encounter after.

What is shown leaves page by page as pictures over the call itself; nothing of it is kept over there.
"""

from dataclasses import replace

from clinic.domain.errors import Refusal
from clinic.domain.facts import Communication, DocumentReference, MediaStep
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId
from clinic.domain.values import Attachment
from clinic.keys.rights import Action
from clinic.services.audits import audit
from clinic.services.consents import Purpose, ask
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.messages import picture
from clinic.services.visits import encounter_of
from clinic.store.page import Page

SHARED, ENDED = "shared", "share ended"
FILE = "a file"
MOST_TITLE = 200


@needs(Action.OPEN_CHART)
def share_document(
    desk: Desk, encounter: EncounterId, call: str, to: DeviceId, attachment: Attachment
) -> bytes:
    """The bytes of a document of this chart that is to be shown. Raises NotPermitted, Unavailable while it has not arrived,
    Refusal for a document of another chart."""
    visit = encounter_of(desk, encounter)
    of_chart = desk.book.read(lambda page: page.linked_to(visit.patient)) or visit.patient
    if attachment.id not in documents_of(desk, of_chart):
        raise Refusal("This document is not on this person's chart. Open the chart it belongs to.")
    data = picture(desk, attachment)
    _begun(desk, encounter, call, to, attachment.title, f"document {attachment.id}")
    return data


@needs(Action.CALL)
def share_file(desk: Desk, encounter: EncounterId, call: str, to: DeviceId, title: str) -> Written:
    """Something that is not on the chart is to be shown. Raises NotPermitted."""
    return _begun(desk, encounter, call, to, title, FILE)


@needs(Action.CALL)
def share_over(
    desk: Desk, encounter: EncounterId, call: str, to: DeviceId, title: str, seen: int, pages: int
) -> Written:
    """It is shown no longer: so many of its pages were on the other side's screen."""
    return desk.write(replace(_step(desk, encounter, call, to, title, ENDED), seen=seen, pages=pages))


def _begun(desk: Desk, encounter: EncounterId, call: str, to: DeviceId, title: str, entity: str) -> Written:
    """Asked, then in the audit (which document, to which device), then in the encounter; nothing is handed out before."""
    step = _step(desk, encounter, call, to, title, SHARED)
    ask(desk, step.patient, Purpose.SHARE)
    audit(desk, "share", step.patient, entity=f"{entity} to {to}")
    return desk.write(step)


def _step(desk: Desk, encounter: EncounterId, call: str, to: DeviceId, title: str, step: str) -> MediaStep:
    visit = encounter_of(desk, encounter)
    person = desk.person
    return MediaStep(
        id=FactId(desk.new_id()), patient=visit.patient, encounter=EncounterId(visit.id), at=desk.clock.now(), step=step,
        call=call, by=person.user if person else "", by_name=person.name if person else "", what=title[:MOST_TITLE], to=to,
    )  # fmt: skip


def documents_of(desk: Desk, patient: PatientId) -> frozenset[str]:
    """Ids of every attachment of a chart."""

    def found(page: Page) -> frozenset[str]:
        sent = (each.id for one in page.facts(Communication, patient) for each in one.attachments)
        return frozenset((*(one.attachment.id for one in page.facts(DocumentReference, patient)), *sent))

    return desk.book.read(found)
