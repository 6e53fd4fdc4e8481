# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that hold a judgement and count only once a clinician has signed them: the list of cross-reactions.

A signature is a Provenance of the team with the list's SHA-256. Another list, or a corrected one, is unsigned again.
"""

from clinic.domain.cautions import CROSS_LIST, Signed
from clinic.domain.errors import Refusal
from clinic.domain.facts import Provenance
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.exchange.lists import medicine_lists
from clinic.keys.rights import Action
from clinic.protocol.trust import Role
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.store.page import Page

_SIGN = "sign"
_TEAM = PatientId("")


def signature_of_crossings(desk: Desk, page: Page) -> Signed:
    """Who signed the list in use, the latest; nobody where its writer was not the clinician it names."""
    digest = medicine_lists().allergology.digest
    for fact in reversed(page.facts(Provenance, _TEAM)):
        if fact.activity == _SIGN and fact.digest == digest and _by_its_clinician(desk, page, fact):
            return Signed(desk.trust.name_of(UserId(fact.agent)), f"{fact.recorded_at:%Y-%m-%d}")
    return Signed()


@needs(Action.SIGN_NOTE)
def sign_crossings(desk: Desk, digest: str) -> Written:
    """Sign the list of cross-reactions whose SHA-256 was read. Refused to anybody but a clinician, or for another list."""
    if desk.someone.role != Role.CLINICIAN:
        raise Refusal("Only a clinician may sign this list. Ask one to do it.")
    if digest != medicine_lists().allergology.digest:
        raise Refusal("The list has changed since it was read. Read it again, then sign it.")
    signature = Provenance(
        id=FactId(desk.new_id()), targets=(), recorded_at=desk.clock.now(), agent=desk.someone.user,
        activity=_SIGN, source=CROSS_LIST, digest=digest,
    )  # fmt: skip
    return desk.write(signature)


def _by_its_clinician(desk: Desk, page: Page, fact: Provenance) -> bool:
    user = UserId(fact.agent)
    wrote = {op.author for op in page.standing(Provenance.NUMBER, fact.id)}
    return wrote == {user} and desk.trust.role_of(user) == Role.CLINICIAN
