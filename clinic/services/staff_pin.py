# SPDX-License-Identifier: GPL-3.0-or-later
"""The PIN by which the staff come behind a kiosk's screens: it belongs to the kiosk, and opens no record (L).

Kept as a slow salted hash inside the kiosk's sealed store; wrong tries wait longer and longer, through any restart and without a
network; each try stands in the audit, the right ones too.
"""

from clinic.domain.errors import Refusal
from clinic.domain.ids import PatientId
from clinic.keys.rights import Action
from clinic.protocol.trust import DeviceKind
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.knocking import FAILED
from clinic.services.pins import check_new_pin, fits, slow_row
from clinic.services.tries import STAFF, counted

CAME_IN = "kiosk staff"
"""The action of an audit entry: somebody came behind the screens of a kiosk."""
_KEPT = "staff pin"


class StaffPinWrong(Refusal):
    """Not the staff PIN of this kiosk."""

    def __init__(self) -> None:
        super().__init__("That is not the staff PIN of this kiosk.")


@needs(Action.RUN)
def set_staff_pin(desk: Desk, pin: str) -> None:
    """Another PIN from now on. Raises Refusal for one that is guessed first, or where this is no kiosk; Unavailable."""
    if desk.kind != DeviceKind.KIOSK:
        raise Refusal("Only a kiosk has a staff PIN.")
    check_new_pin(pin)
    kept = slow_row(pin, desk.random)
    desk.book.keep(lambda page: page.put_meta(_KEPT, kept))
    audit(desk, "way in", PatientId(""), entity="staff PIN set")


@needs(Action.RUN)
def has_staff_pin(desk: Desk) -> bool:
    return desk.book.read(lambda page: page.meta(_KEPT)) is not None


@needs(Action.RUN)
def staff_comes_in(desk: Desk, pin: str) -> None:
    """Raises StaffPinWrong or TooSoon, Refusal where no PIN was set, Unavailable. About 0.15 s."""
    kept = desk.book.read(lambda page: page.meta(_KEPT))
    if kept is None:
        raise Refusal(
            "This kiosk has no staff PIN yet. Set one at its computer: posta kiosk --home DIR --staff-pin."
        )
    with counted(desk, STAFF, StaffPinWrong, FAILED):
        if not fits(pin, kept):
            raise StaffPinWrong
    audit(desk, CAME_IN, PatientId(""))
