# SPDX-License-Identifier: GPL-3.0-or-later
"""A second person on a computer that is set up: she uses an invitation while a colleague is logged in.

Her keys are made here; the administrator admits her on this computer after comparing six digits; then she gets a way in of
her own. Until then her keys live in this process only: whoever closes it asks for a new invitation.
"""

from dataclasses import replace

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import PatientId, UserId
from clinic.domain.wording import name_as_said
from clinic.keys.invites import sign_request
from clinic.keys.passwords import check_password
from clinic.keys.roster import TrustLog
from clinic.keys.slots import Opened, Slots
from clinic.protocol.custody import Invitation
from clinic.protocol.sync import JoinRequest
from clinic.protocol.trust import DeviceKind
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.door import change_slots, read_slots
from clinic.services.enrolment import Joining, names
from clinic.services.link import authority_text, exchange_now
from clinic.services.short_codes import invitation_of


class Welcoming(Joining):
    """A person on her way in, on a computer that others use. `digits` and `wait` as for a new computer."""

    def __init__(self, desk: Desk, invitation: Invitation, password: str) -> None:
        authority = authority_text(desk)
        super().__init__(
            desk.home, invitation, password, desk.clock, desk.random, authority, desk.device_keys
        )
        self._desk = desk

    def _vouched(self, request: JoinRequest) -> JoinRequest:
        return sign_request(request, self._device_keys)

    def _begin(self, log: TrustLog, request: JoinRequest, user: UserId) -> None:
        """Her way in, once this computer's own log names her."""
        desk = self._desk
        exchange_now(desk)
        if not names(desk.trust, request, user):
            raise Unavailable("The list of colleagues has not reached this computer yet. Try again.")
        label = request.user_name
        content = Opened(label, desk.store_key, user, self._user_keys)

        def with_hers(slots: Slots) -> Slots:
            _check_free(slots, label)
            return slots.with_password(label, self._password, content, desk.random)

        change_slots(desk.home, with_hers)
        audit(desk, "way in", PatientId(""), entity=f"added: {label}")


def welcome(desk: Desk, code: str, name: str, password: str) -> Welcoming:
    """Begin: the request is laid into the centre's mailbox. Refused: expired or foreign code, one for a kiosk, a weak
    password, a name that has a way in here. Unavailable without the centre."""
    invitation = invitation_of(code, desk.server, desk.clock, authority_text(desk))
    if not name.strip():
        raise Refusal("Write your name as colleagues and patients know it.")
    name = name_as_said(name)
    if invitation.kind == DeviceKind.KIOSK or desk.kind == DeviceKind.KIOSK:
        raise Refusal("Nobody logs in on a kiosk. Ask for an invitation of your own.")
    if invitation.fingerprint != desk.trust.fingerprint:
        raise Refusal("This invitation is of another organisation than this computer.")
    _check_free(read_slots(desk.home), name)
    check_password(password, names=(name, desk.trust.organization().name))
    welcoming = Welcoming(desk, replace(invitation, kind=desk.kind), password)
    welcoming.ask(name, desk.device_name)
    return welcoming


def _check_free(slots: Slots, name: str) -> None:
    if name in slots.labels:
        raise Refusal("Somebody of that name has a way in here already. Write your name as it differs.")
