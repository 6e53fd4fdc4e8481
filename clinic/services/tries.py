# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong PINs and codes at a kiosk: each is counted before it is looked at, waits grow, and then a person is called.

A local control (L): it holds while the kiosk's program and store are its own. Counts outlast the session and work
without the network.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from clinic.domain.errors import Refusal
from clinic.domain.ids import PatientId
from clinic.keys.knocks import check_wait, knocked, not_ahead, read_knocks, write_knocks
from clinic.keys.refusals import Unreadable
from clinic.protocol.custody import KnockFile
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

MOST = 10
"""Wrong PINs in a row until a card is not taken here any more: with 4 digits 1 in 1000 would be guessed."""
CODES = "codes"
"""One-time codes are counted together, whoever types them."""
STAFF = "staff PIN"
"""The staff's way into a kiosk: waits grow, but nobody at the screen can shut them out for good."""
_FILE = "tries here"
FAILED = "failed identification"


class PinWrong(Refusal):
    """Not the PIN of the card."""

    def __init__(self) -> None:
        super().__init__("That is not the PIN of this card. Try again, or call a person.")


class CallAPerson(Refusal):
    """No more tries: somebody of the staff has to help."""

    def __init__(self) -> None:
        super().__init__("This was tried too often here. Call a person: they know another way.")


@contextmanager
def counted(desk: Desk, label: str, wrong: type[Refusal], failed: str = FAILED) -> Iterator[None]:
    """One try: `wrong`, or what cannot be opened, leaves as `wrong`, stays counted and stands in the audit as `failed`;
    anything else does not count.

    Raises TooSoon before the try while a wait runs, CallAPerson for the card that was tried too often."""
    _not_ahead(desk)
    before = desk.book.write(lambda page: (_begin(desk, page, label), Changes()))
    try:
        yield
    except (wrong, Unreadable) as error:
        audit(desk, failed, PatientId(""), outcome="failure", entity=label)
        raise wrong from error
    except BaseException:
        desk.book.keep(lambda page: page.put_meta(_FILE, write_knocks(before)))  # nobody looked at it
        raise
    forgiven = KnockFile(in_a_row=tuple(row for row in before.in_a_row if row.label != label))
    desk.book.keep(lambda page: page.put_meta(_FILE, write_knocks(forgiven)))


def _not_ahead(desk: Desk) -> None:
    """After the clock was set back a wait begins now at the latest, and goes on from there."""
    kept = desk.book.read(lambda page: read_knocks(page.meta(_FILE) or b""))
    file = not_ahead(kept, desk.clock.now())
    if file != kept:
        desk.book.keep(lambda page: page.put_meta(_FILE, write_knocks(file)))


def _begin(desk: Desk, page: WritePage, label: str) -> KnockFile:
    """The file as it was, after the try was written into it."""
    now = desk.clock.now()
    file = read_knocks(page.meta(_FILE) or b"")
    check_wait(file, label, now)
    tries = next((row.tries for row in file.in_a_row if row.label == label), 0)
    if tries >= MOST and label not in (CODES, STAFF):
        raise CallAPerson
    page.put_meta(_FILE, write_knocks(KnockFile(in_a_row=knocked(file, label, now).in_a_row)))
    return file
