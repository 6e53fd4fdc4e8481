# SPDX-License-Identifier: GPL-3.0-or-later
"""One computer that two people share, without a server: a real profile with a way in for each."""

import os
from pathlib import Path

import pyotp

from clinic.domain.clock import Clock
from clinic.domain.facts import AuditEvent
from clinic.domain.ids import PatientId
from clinic.keys.epochs import open_epochs, share_epochs_with
from clinic.keys.factors import SecondFactor
from clinic.keys.slots import Opened, Slots
from clinic.keys.stretch import FLOOR_KIB, Cost
from clinic.keys.trust import TrustLog, as_user, say
from clinic.protocol.trust import DeviceKind, MemberAdd, Role
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, first_page
from clinic.services.sitting import open_desk
from clinic.store.book import Book
from clinic.store.home import Home
from tests.small_clinic import AT, TEAM, Clinic, Somebody, small_clinic, somebody

BENS, ZOES = "cinco palabras que nadie adivina", "otra frase larga de verdad aquí"
BEN, ZOE = "Ben Acosta", "Zoe Luna"
LIGHT = Cost(memory_kib=FLOOR_KIB)
"""The least a slot may cost."""


def shared_home(folder: Path) -> Home:
    """Ben's desk, on which Zoe has a way in too; he is a clinician and looks after the audit."""
    town, zoe = small_clinic(), somebody("zoe")
    ben, log = town.ben, _admitted(town, zoe)
    home, key = Home(folder), os.urandom(32)
    home.make()
    book = Book.open(home.book, key)
    setup = DeviceSetup("desk", DeviceKind.DESKTOP, "http://127.0.0.1:1", TEAM)
    book.keep(lambda page: first_page(page, log, setup, ben.device_keys))
    book.close()
    home.keep_height(log.position)
    slots = Slots.none().with_password(BEN, BENS, Opened(BEN, key, ben.user, ben.keys), os.urandom, LIGHT)
    slots = slots.with_password(ZOE, ZOES, Opened(ZOE, key, zoe.user, zoe.keys), os.urandom, LIGHT)
    home.keep_slots(slots.encode())
    return home


def _admitted(town: Clinic, zoe: Somebody) -> TrustLog:
    """The log once Zoe works on Ben's computer, and both read what the team writes."""
    eva, device = town.eva, town.ben.device
    log = say(town.log, as_user(zoe.user, ZOE, Role.NURSE, device, zoe.keys), eva.signer, AT)
    log = say(log, MemberAdd(team=TEAM, user=zoe.user), eva.signer, AT)
    ben = town.ben
    log = say(log, as_user(ben.user, ben.name, Role.COMPLIANCE, device, ben.keys), eva.signer, AT)
    team_keys = open_epochs(log, eva.keys, eva.user, eva.device)
    for user in (town.ben.user, zoe.user):
        for share in share_epochs_with(log, user, device, team_keys):
            log = say(log, share, eva.signer, AT)
    return log


def sit(
    home: Home, clock: Clock, password: str = BENS, who: str = BEN, code: str = "",
    factor: SecondFactor | None = None,
) -> Desk:  # fmt: skip
    return open_desk(home.path, password, clock, os.urandom, who, code, factor)


def phone_with(uri: str) -> pyotp.TOTP:
    """A phone that has scanned that QR code."""
    phone = pyotp.parse_uri(uri)
    assert isinstance(phone, pyotp.TOTP)
    return phone


def entries(desk: Desk, action: str) -> list[tuple[str, str]]:
    """(who, what) of the audit."""
    found = desk.book.read(lambda page: page.facts(AuditEvent, PatientId("")))
    return [(e.agent, e.entity) for e in found if e.action == action]
