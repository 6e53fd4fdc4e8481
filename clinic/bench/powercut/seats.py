# SPDX-License-Identifier: GPL-3.0-or-later
"""A home with its people, founded without a centre: a clinician's desk, and a colleague's who writes to her."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.clock import Clock, SystemClock
from clinic.domain.ids import OrgId, TeamId, UserId
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys, device_id
from clinic.keys.slots import Opened
from clinic.keys.trust import TrustLog, as_device, as_user, say
from clinic.protocol.trust import DeviceKind, MemberAdd, Role
from clinic.services.desks import Desk, read_slots
from clinic.services.enrolment import DeviceSetup, set_up
from clinic.store.book import Book
from clinic.store.home import Home

PASSWORD = "cinco palabras que nadie adivina"
_ORG, _TEAM = OrgId("org"), TeamId("team")
_ANA, _BEN = UserId("ana"), UserId("ben")


@dataclass(frozen=True, slots=True)
class Seat:
    """A profile and what its password opens."""

    path: Path
    opened: Opened

    @property
    def home(self) -> Home:
        return Home(self.path)

    def book(self, path: Path | None = None) -> Book:
        """The book of this profile, or of a copy of it. Raises Unavailable."""
        return Book.open(Home(path or self.path).book, self.opened.store_key)


def desk_on(seat: Seat, path: Path | None = None, clock: Clock | None = None) -> Desk:
    """The desk of this profile, or of a copy of it, without asking for the password again. Raises Unavailable."""
    home = Home(path or seat.path)
    book = seat.book(home.path)
    try:
        return Desk(home, book, seat.opened, clock or SystemClock(), os.urandom)
    except BaseException:
        book.close()
        raise


def moved(seat: Seat, path: Path) -> Seat:
    """A copy of a closed home elsewhere: founding one takes a password's time, twice."""
    shutil.copytree(seat.path, path)
    return Seat(path, seat.opened)


@contextmanager
def sitting(seat: Seat) -> Iterator[Desk]:
    """The desk, closed at the end."""
    desk = desk_on(seat)
    try:
        yield desk
    finally:
        desk.close()


def founded(folder: Path) -> tuple[Seat, Seat]:
    """Ana's seat and Ben's, both clinicians of one team, each on a computer of their own."""
    ana, ben = _person(), _person()
    log = _log(ana, ben)
    return (
        _seated(folder / "ana", log, _ANA, "Ana Ruiz", *ana),
        _seated(folder / "ben", log, _BEN, "Ben Soto", *ben),
    )


def _person() -> tuple[UserKeys, DeviceKeys]:
    return UserKeys.make(os.urandom), DeviceKeys.make(os.urandom)


def _log(ana: tuple[UserKeys, DeviceKeys], ben: tuple[UserKeys, DeviceKeys]) -> TrustLog:
    at = SystemClock().now()
    founder = Founder(user=_ANA, name="Ana Ruiz", keys=ana[0], device_name="Desk A", device_keys=ana[1])
    log = found(
        organization=_ORG, name="Red", team=_TEAM, team_name="Red", founder=founder, root=RootKeys.make(os.urandom),
        at=at, random=os.urandom,
    )  # fmt: skip
    keys, device_keys = ben
    device = device_id(device_keys.public.signing)
    for body in (
        as_device(device, "Desk B", DeviceKind.DESKTOP, device_keys),
        as_user(_BEN, "Ben Soto", Role.CLINICIAN, device, keys),
        MemberAdd(team=_TEAM, user=_BEN),
    ):
        log = say(log, body, founder.signer, at)
    return log


def _seated(path: Path, log: TrustLog, user: UserId, name: str, keys: UserKeys, device: DeviceKeys) -> Seat:
    setup = DeviceSetup(name, DeviceKind.DESKTOP, "http://127.0.0.1:9", _TEAM)
    set_up(Home(path), log, setup, device, user, keys, name, PASSWORD, os.urandom)
    return Seat(path, read_slots(Home(path)).open(PASSWORD))
