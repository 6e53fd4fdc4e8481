# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is in a simulated organisation, and the profiles that everybody begins with: made once in a process, then copied.

Nobody types a password here, so no slots are made: a desk is opened with the store's key.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path

from clinic.domain.clock import FrozenClock
from clinic.domain.ids import DeviceId, OrgId, TeamId, UserId
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys, device_id
from clinic.keys.roster import TrustLog
from clinic.keys.slots import NOBODY, Opened
from clinic.keys.trust import Signer, as_device, as_user, say
from clinic.protocol.trust import DeviceKind, MemberAdd, Role
from clinic.services.enrolment import DeviceSetup, first_page
from clinic.store.book import Book
from clinic.store.home import Home
from simulator.chance import Chance
from sync_server.app import open_desk as open_centre

BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEAM = TeamId("post")
DESKTOPS = ("eva", "ben", "cai", "dua", "eli", "fay", "gus", "hal")
ADMINISTRATORS = ("eva", "ben")
KIOSK, NEWCOMER = "kiosk", "newcomer"
"""The newcomer is admitted with the others and comes in some time, at the latest when everything is over."""


@dataclass(frozen=True)
class Player:
    """A computer and whoever works there; a kiosk has nobody."""

    name: str

    @cached_property
    def device_keys(self) -> DeviceKeys:
        return DeviceKeys.make(Chance(f"device {self.name}"))

    @cached_property
    def user_keys(self) -> UserKeys:
        return UserKeys.make(Chance(f"user {self.name}"))

    @property
    def device(self) -> DeviceId:
        return device_id(self.device_keys.public.signing)

    @property
    def user(self) -> UserId:
        return NOBODY if self.name == KIOSK else UserId(self.name)

    @property
    def kind(self) -> DeviceKind:
        return DeviceKind.KIOSK if self.name == KIOSK else DeviceKind.DESKTOP

    @property
    def store_key(self) -> bytes:
        return Chance("store")(32)

    @property
    def opened(self) -> Opened:
        """As if its password had been typed."""
        return Opened(self.name, self.store_key, self.user, None if self.name == KIOSK else self.user_keys)


@cache
def player(name: str) -> Player:
    return Player(name)


@cache
def log_of(desktops: int) -> TrustLog:
    """The trust log of an organisation of so many desktops, a kiosk and a newcomer, all in one team."""
    eva, clock = player("eva"), FrozenClock(BEGAN)
    founder = Founder(
        user=eva.user, name="Eva", keys=eva.user_keys, device_name="eva", device_keys=eva.device_keys
    )
    log = found(
        organization=OrgId("org"), name="Hospital", team=TEAM, team_name="Health post", founder=founder,
        root=RootKeys.make(Chance("root")), at=clock.now(), random=Chance("epoch"),
    )  # fmt: skip
    by = Signer(eva.user, eva.device, eva.user_keys)
    for name in (*DESKTOPS[1:desktops], NEWCOMER, KIOSK):
        one = player(name)
        log = say(log, as_device(one.device, name, one.kind, one.device_keys), by, clock.now())
        if one.kind == DeviceKind.DESKTOP:
            roles = (Role.CLINICIAN, *([Role.ADMINISTRATOR] if name in ADMINISTRATORS else []))
            for role in roles:
                log = say(log, as_user(one.user, name, role, one.device, one.user_keys), by, clock.now())
            log = say(log, MemberAdd(team=TEAM, user=one.user), by, clock.now())
    return _shared(log, by, clock)


def _shared(log: TrustLog, by: Signer, clock: FrozenClock) -> TrustLog:
    """Everybody in the team gets its key."""
    from clinic.keys.epochs import open_epochs, share_waiting

    mine = open_epochs(log, player("eva").user_keys, by.user, by.device)
    share = share_waiting(log, TEAM, mine)
    return log if share is None else say(log, share, by, clock.now())


@dataclass(frozen=True)
class Templates:
    """Profiles and a centre as they are on the first day, in a folder of this process."""

    folder: Path

    def profile(self, name: str, desktops: int, to: Path) -> None:
        """Lay the profile of a player at `to`."""
        made = self.folder / f"{desktops}-{name}"
        if not made.exists():
            self._make(player(name), desktops, made)
        shutil.copytree(made, to)

    def centre(self, desktops: int, to: Path) -> None:
        """Lay the folder of the centre at `to`."""
        made = self.folder / f"{desktops}-centre"
        if not made.exists():
            made.mkdir(parents=True)
            desk = open_centre(made, FrozenClock(BEGAN), Chance("centre"))
            desk.book.at_start(lambda book: book.append_statements(0, log_of(desktops).statements))
            desk.book.close()
        shutil.copytree(made, to)

    def _make(self, one: Player, desktops: int, made: Path) -> None:
        blank = self.folder / "blank.db"
        if not blank.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            Book.open(blank, one.store_key).close()
        home, log = Home(made), log_of(desktops)
        home.make()
        shutil.copy(blank, home.book)
        setup = DeviceSetup(one.name, one.kind, address_of(one.name), TEAM)
        book = Book.open(home.book, one.store_key)
        book.keep(lambda page: first_page(page, log, setup, one.device_keys))
        book.close()
        home.keep_height(log.position)


def address_of(name: str) -> str:
    """Where a computer finds the centre; the network knows by it who asks."""
    return f"http://{name}.simulated.invalid"
