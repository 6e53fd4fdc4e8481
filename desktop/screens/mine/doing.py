# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of one's own way in asks of the services; called on workers."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.domain.ids import DeviceId
from desktop.kit.words import language
from desktop.screens.mine.logic import Change, Do, Mine, Other, Session
from desktop.screens.organisation.rows import session_words

if TYPE_CHECKING:
    from clinic.services.colleagues import Welcoming
    from clinic.services.desks import Desk
    from clinic.services.ways_in import NewCode
    from clinic.transport.security_key import Enrolling

NEWCOMER_S = 3600.0
"""How long a colleague's six digits stand on the screen."""


class MyWays:
    """Of the person at one desk. A code and a newcomer are kept here until they are confirmed or sent away."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._code: NewCode | None = None
        self._newcomer: Welcoming | None = None
        self._came: Future[None] | None = None
        self._away = False

    def read(self) -> Mine:
        """How the way in of the person here stands, and who else has one. Raises Unavailable."""
        from clinic.services.locking import lock_minutes, most_minutes
        from clinic.services.pins import has_pin
        from clinic.services.ways_in import SlotKind, ways

        here, found = self._desk.label, ways(self._desk)
        own = next((way for way in found if (way.label, way.kind) == (here, SlotKind.PASSWORD)), None)
        sheets = {way.label: way.mark for way in found if way.kind == SlotKind.RECOVERY}
        others = tuple(
            Other(way.label, bool(sheets.get(way.label)))
            for way in found
            if way.label != here and way.kind == SlotKind.PASSWORD
        )
        return Mine(
            pin=has_pin(self._desk), code=bool(own and own.asks_code), key=bool(own and own.asks_key),
            sheets=sheets.get(here, ""), others=others, minutes=lock_minutes(self._desk),
            most=most_minutes(self._desk),
        )  # fmt: skip

    def sessions(self) -> tuple[Session, ...]:
        """Computers one works on that are logged in at the centre. Raises Unavailable without it."""
        from clinic.services.organising import my_computers

        found = my_computers(self._desk)
        return tuple(
            Session(one.device, one.name, session_words(one), one.here) for one in found if one.session_since
        )

    def new_code(self) -> NewCode:
        """The secret of a phone's code; asked of nobody until it is confirmed."""
        from clinic.services.ways_in import new_code

        self._code = new_code(self._desk)
        return self._code

    def change(self, asked: Do) -> None:
        """Raises Refusal for a wrong password of now, or for something new that will not do; Unavailable."""
        from clinic.services import locking, organising, pins, recovery, ways_in

        desk, now, new = self._desk, asked.now, asked.new
        match asked.change:
            case Change.PASSWORD:
                ways_in.change_password(desk, now, new, self.key())
            case Change.PIN:
                pins.set_pin(desk, now, new, self.key())
            case Change.NO_PIN:
                pins.drop_pin(desk)
            case Change.CODE if self._code is not None:
                ways_in.confirm_code(desk, now, self._code, new, self.key())
                self._code = None
            case Change.NO_CODE:
                ways_in.remove_code(desk, now, self.key())
            case Change.KEY:
                ways_in.add_security_key(desk, now, _usb(desk, new))
            case Change.NO_KEY:
                ways_in.remove_security_key(desk, now, _usb(desk))
            case Change.SHEETS:
                recovery.make_sheets(desk, now, Path(new), language(), self.key())
            case Change.NO_OTHER:
                ways_in.remove_way_in(desk, new, now, factor=self.key())
            case Change.SESSION:
                organising.end_my_session(desk, DeviceId(new))
            case Change.MINUTES:
                locking.keep_lock_minutes(desk, int(new))

    def welcome(self, code: str, name: str, password: str) -> str:
        """A colleague's request is laid in; the six digits to compare. Raises Refusal, Unavailable."""
        from clinic.services.colleagues import welcome

        self._newcomer, self._came, self._away = welcome(self._desk, code, name, password), None, False
        return self._newcomer.digits

    def newcomer(self) -> Future[None]:
        """Done once she is admitted; the same for everybody who asks."""
        if self._came is None:
            waiter = ThreadPoolExecutor(1, "newcomer")  # a worker of the page would be missed elsewhere
            self._came = waiter.submit(self._wait, self._newcomer)
            waiter.shutdown(wait=False)
        return self._came

    def send_away(self) -> None:
        """Wait for nobody any more."""
        self._away = True

    def _wait(self, newcomer: Welcoming | None) -> None:
        if newcomer is not None:
            newcomer.wait(NEWCOMER_S, lambda: self._away)

    def key(self) -> Enrolling | None:
        """The security key plugged in, where the way in of the person here asks for one."""
        return _usb(self._desk) if self.read().key else None


def _usb(desk: Desk, pin: str = "") -> Enrolling:
    from clinic.transport.security_key import UsbKey

    return UsbKey(desk.random, lambda: pin)
