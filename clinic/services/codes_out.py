# SPDX-License-Identifier: GPL-3.0-or-later
"""One-time codes that staff gave: the parcel waits here until the centre has it, or the code is too old."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from clinic.domain.errors import Refusal
from clinic.domain.facts import Patient
from clinic.domain.ids import PatientId
from clinic.domain.values import DNI
from clinic.keys.onetime import AT_KIOSK, LIFE_S, code_key, new_code, seal_parcel
from clinic.keys.rights import Action
from clinic.protocol.codec import decode, encode
from clinic.protocol.onetime import CodeContents, WaitingCode
from clinic.services.audits import audit
from clinic.services.capsules import capsule_of
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.withdrawing import OnStore
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage
from clinic.transport.http import Remote

log = logging.getLogger(__name__)
_WAITS = "code out "


@dataclass(frozen=True, slots=True)
class GivenCode:
    """What staff read out to the person: eight digits, good until then, with her id number."""

    code: str
    number: str
    expires_at: datetime


@needs(Action.REGISTER)
def give_code(desk: Desk, patient: PatientId) -> GivenCode:
    """A code for a person without a card. Refused without an id number on the chart, or without a kiosk."""
    person = desk.someone
    fact = desk.book.read(lambda page: page.fact(Patient, page.linked_to(patient) or patient))
    number = next((one.value for one in fact.identifiers if one.system == DNI), "") if fact else ""
    if fact is None or not number:
        raise Refusal(
            "A code goes with her id number, which is not on record. Write it down first, or vouch for her."
        )
    code, expires_at = new_code(desk.random), desk.clock.now() + timedelta(seconds=LIFE_S)
    key = code_key(desk.trust.organization().organization, number, code)
    contents = CodeContents(
        purpose=AT_KIOSK, expires_at=expires_at, capsule=desk.book.read(lambda page: capsule_of(desk, page, fact)),
        by=person.user, by_name=person.name,
    )  # fmt: skip
    parcel = seal_parcel(key, contents, desk.trust, desk.device, desk.device_keys, desk.random)
    out = WaitingCode(lookup=key.lookup, parcel=encode(parcel), expires_at=expires_at)
    audit(desk, "one-time code", patient, entity=AT_KIOSK)
    desk.book.keep(lambda page: page.put_meta(_WAITS + out.lookup, encode(out)), Changes(frozenset({"Sync"})))
    return GivenCode(code, number, expires_at)


def waiting(page: Page) -> tuple[WaitingCode, ...]:
    """Parcels that the centre does not have yet."""
    return tuple(decode(data, WaitingCode) for data in page.metas(_WAITS).values())


@needs(Action.REGISTER)
def is_out(desk: Desk) -> bool:
    """Whether every code given here has reached the centre, so that a kiosk can take it."""
    return not desk.book.read(waiting)


async def tell_centre(desk: Desk, remote: Remote, on_store: OnStore) -> None:
    """Raises Unavailable; what did not leave waits on until it is too old."""
    for out in await on_store(partial(desk.book.read, waiting)):
        left_s = int((out.expires_at - desk.clock.now()).total_seconds())
        if left_s > 0:
            try:
                await remote.put_code(out.lookup, out.parcel, left_s)
            except Refusal as refusal:
                log.warning("a code was not taken: %s", refusal.sentence)
                continue
        await on_store(partial(desk.book.keep, partial(WritePage.drop_meta, key=_WAITS + out.lookup), _LEFT))


_LEFT = Changes(frozenset({"Codes"}))
