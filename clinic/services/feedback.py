# SPDX-License-Identifier: GPL-3.0-or-later
"""What patients said of their visits at the kiosks, for whoever leads a team. No name stands beside an answer but hers who
wishes to be spoken to (decision 59)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic.domain.facts import Encounter, Patient, Questionnaire, QuestionnaireResponse
from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.questionnaires import CONTACT, FEEDBACK, VISIT, given_in, worded
from clinic.exchange.shipped_questionnaires import shipped
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.page import Page
from clinic.store.sheet import to_ms


@dataclass(frozen=True, slots=True)
class Opinion:
    """`face`: good, fair or bad; `reasons`: in the reader's words; `site`: the kiosk's name. `patient` and `name`: '' unless she
    wishes that somebody speaks with her."""

    key: str
    at: datetime
    site: str
    face: str
    reasons: tuple[str, ...] = ()
    patient: PatientId = PatientId("")
    name: str = ""


@needs(Action.MANAGE)
def opinions(desk: Desk, language: str, since: datetime) -> tuple[Opinion, ...]:
    """Of the visits that this computer holds and that began since then, newest first."""
    until = desk.clock.now() + timedelta(days=1)

    def look(page: Page) -> tuple[Opinion, ...]:
        forms = {
            form.version: form
            for form in (*shipped(), *page.all_facts(Questionnaire))
            if form.url == FEEDBACK
        }
        visits = page.facts_between(Encounter, to_ms(since), to_ms(until))
        return tuple(one for visit in visits for one in _of(page, visit, forms, language))

    return tuple(sorted(desk.book.read(look), key=lambda one: one.at, reverse=True))


def _of(page: Page, visit: Encounter, forms: dict[int, Questionnaire], language: str) -> Iterator[Opinion]:
    for said in page.facts_of_encounter(QuestionnaireResponse, EncounterId(visit.id)):
        given = given_in(said)
        if said.questionnaire != FEEDBACK or not given.get(VISIT):
            continue
        words = worded(said, forms.get(said.version), language)
        reasons = tuple(one for line in words if line.key not in (VISIT, CONTACT) for one in line.answers)
        wishes = given.get(CONTACT) == ("true",)
        patient = (page.linked_to(visit.patient) or visit.patient) if wishes else PatientId("")
        person = page.fact(Patient, patient) if wishes else None
        yield Opinion(
            str(said.id), said.authored_at, visit.device_name, given[VISIT][0], reasons, patient,
            person.name.full if person is not None else "",
        )  # fmt: skip
