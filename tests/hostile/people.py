# SPDX-License-Identifier: GPL-3.0-or-later
"""Two desks and a kiosk of one clinic with the house between them, and the words that must never be seen outside."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from clinic.domain.clock import CentreClock, FrozenClock
from clinic.domain.errors import PostaError
from clinic.domain.facts import Communication, Gender
from clinic.domain.ids import PatientId
from clinic.domain.record import Record
from clinic.domain.values import HumanName
from clinic.keys.epochs import open_epochs, share_epochs_with
from clinic.keys.roster import TrustLog
from clinic.keys.slots import Opened
from clinic.keys.trust import Signer, say
from clinic.protocol.trust import DeviceKind
from clinic.services import messages, people
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, _stated, first_page
from clinic.services.link import exchange, remote_of, send_files, with_remote
from clinic.services.streaming import Stream
from clinic.services.syncing import sync_status
from clinic.store.book import Book
from clinic.store.home import Home
from clinic.store.writing import WritePage
from clinic.transport.http import Remote
from desktop.screens.phrases import sync_words
from tests.hostile.house import House
from tests.small_clinic import TEAM, Clinic, Somebody, small_clinic

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
CANARY = "Zarzaparrilla"
"""Begins every word that a patient's record holds here; no byte of it may reach the centre or a log."""
LURES = ("0800-555-0000", "evil.example")
PHISH = f"{{0}} {{number}} Llame al {LURES[0]} y diga su clave <a href='http://{LURES[1]}'>"
"""What a centre would like a person to read; nothing of it may reach a screen, a log or the store."""
BENS, EVAS, LATER = f"{CANARY} de Ben", f"{CANARY} de Eva", f"{CANARY} de Eva, otra"
BUDGET, MOST = 262_144, 12


@dataclass
class Scene:
    """`ben` is the victim: he holds a note that has not left, and `eva`'s is at the centre for him."""

    house: House
    town: Clinic
    ben: Desk
    eva: Desk
    kiosk: Desk
    clock: FrozenClock
    patient: PatientId
    told: list[str] = field(default_factory=list)
    ahead_s: int = 0
    notes: dict[str, object] = field(default_factory=dict)
    """What a script keeps from one answer to the next."""

    def sync(self, desk: Desk | None = None) -> None:
        """Exchange as the program does, at most MOST times; what a person would be told is noted."""
        desk = desk or self.ben
        clock = CentreClock(desk.clock)

        async def on_store(act):  # type: ignore[no-untyped-def]
            return act()

        async def all_of_it(remote: Remote) -> None:
            for _ in range(MOST):
                taken = await exchange(desk, remote, BUDGET, on_store, clock, Stream(desk.clock))
                if not (taken.more or taken.sent):
                    break
            await send_files(desk, remote, on_store)

        try:
            with_remote(remote_of(desk, self.house.url), all_of_it)
        except PostaError as said:
            self.told.append(str(said))
        finally:
            self.ahead_s = clock.ahead_s

    def shown(self, desk: Desk | None = None) -> str:
        """The line about the centre at the foot of the desktop."""
        status = replace(sync_status(desk or self.ben, online=True), ahead_s=self.ahead_s)
        return sync_words(status, self.clock.now()).text

    def texts(self, desk: Desk) -> set[str]:
        """What stands in the patient's chart at a desk."""
        found = desk.book.read(lambda page: page.facts(Communication, self.patient))
        return {message.text for message in found}

    def say(self, *bodies: Record) -> None:
        """The administrator states something; it is at the centre afterwards."""
        for body in bodies:
            _stated(self.eva, lambda log, body=body: [body])  # type: ignore[misc]
        self.sync(self.eva)
        self.told.clear()

    def write_by_eva(self, text: str) -> None:
        messages.send_message(self.eva, self.patient, text)
        self.sync(self.eva)
        self.told.clear()

    @property
    def log(self) -> TrustLog:
        """What the clinic really said."""
        return self.eva.trust

    @property
    def by_eva(self) -> Signer:
        return self.town.eva.signer


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    clock, town = FrozenClock(AT), small_clinic()
    log = _with_shares(town)
    with ExitStack() as closing:
        house = closing.enter_context(House(folder / "centre", clock))
        desks = {}
        for who, kind in (
            (town.ben, DeviceKind.DESKTOP),
            (town.eva, DeviceKind.DESKTOP),
            (town.kiosk, DeviceKind.KIOSK),
        ):
            desks[who.name] = desk_of(folder, log, who, kind, clock, house.url)
            closing.callback(desks[who.name].close)
        with_remote(Remote(house.url), lambda remote: remote.found(log.statements))
        made = Scene(house, town, desks["ben"], desks["eva"], desks["kiosk"], clock, PatientId(""))
        _a_morning(made)
        yield made


def _with_shares(town: Clinic) -> TrustLog:
    """Ben can read what the team writes."""
    log, eva, ben = town.log, town.eva, town.ben
    keys = open_epochs(log, eva.keys, eva.user, eva.device)
    for share in share_epochs_with(log, ben.user, ben.device, keys):
        log = say(log, share, eva.signer, AT)
    return log


def _a_morning(made: Scene) -> None:
    """Both know the patient; then each writes something the other has not seen."""
    name = HumanName(family=f"{CANARY}Quispe", given=(f"{CANARY}María",))
    made.patient = people.register(made.eva, name, date(1958, 3, 7), Gender.FEMALE, "")
    made.sync(made.eva)
    made.sync()
    messages.send_message(made.ben, made.patient, BENS)
    made.write_by_eva(EVAS)
    made.told.clear()
    assert made.ben.book.read(lambda page: page.outbox_counts()).waiting == 1


def desk_of(
    folder: Path, log: TrustLog, who: Somebody, kind: DeviceKind, clock: FrozenClock, url: str
) -> Desk:
    home, key = Home(folder / who.name), os.urandom(32)
    home.make()
    book = Book.open(home.book, key)
    setup = DeviceSetup(who.name, kind, url, TEAM)

    def first(page: WritePage) -> None:
        first_page(page, log, setup, who.device_keys)

    book.keep(first)
    home.keep_height(log.position)
    mine = Opened(who.name, key) if kind == DeviceKind.KIOSK else Opened(who.name, key, who.user, who.keys)
    return Desk(home, book, mine, clock, os.urandom)
