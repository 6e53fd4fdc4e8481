# SPDX-License-Identifier: GPL-3.0-or-later
"""Desks of one clinic without a server: real books and keys, and a hand that carries ops between them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from clinic.domain.clock import FrozenClock
from clinic.domain.facts import Gender
from clinic.domain.ids import PatientId, patient_scope
from clinic.domain.values import HumanName
from clinic.keys.slots import Opened
from clinic.protocol.op import Op
from clinic.protocol.trust import DeviceKind, Role
from clinic.services import people
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, first_page
from clinic.store.book import Book
from clinic.store.home import Home
from tests.small_clinic import TEAM, Somebody, small_clinic

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class Local:
    """`ben` is a clinician, `eva` an administrator; both in one team, each at a desk of her own."""

    ben: Desk
    eva: Desk
    clock: FrozenClock

    def carry(self, *patients: PatientId) -> None:
        """Both desks hold what either holds of these patients."""
        ours, theirs = ops_of(self.ben, patients), ops_of(self.eva, patients)
        file_ops(self.eva, ours)
        file_ops(self.ben, theirs)

    def as_nurse(self, desk: Desk) -> None:
        self.as_role(desk, Role.NURSE)

    def as_role(self, desk: Desk, role: Role) -> None:
        """Whoever sits there is that for the rest of the test."""
        user = desk.someone.user
        users = {
            key: replace(u, roles=(role,)) if u.user == user else u for key, u in desk.trust.by_user.items()
        }
        desk.trust, desk.person = replace(desk.trust, by_user=users), replace(desk.someone, role=role)

    def person(
        self, family: str = "Quispe", given: tuple[str, ...] = ("María",), born: date = date(1958, 3, 7), dni: str = "",
        gender: Gender = Gender.FEMALE,
    ) -> PatientId:  # fmt: skip
        patient = people.register(self.ben, HumanName(family=family, given=given), born, gender, dni)
        self.carry(patient)
        return patient


def ops_of(desk: Desk, patients: Iterable[PatientId]) -> list[Op]:
    return desk.book.read(lambda page: [op for patient in patients for op in page.ops(patient)])


def file_ops(desk: Desk, ops: Iterable[Op]) -> None:
    desk.book.keep(lambda page: [page.file_op(op, patient_scope(op.patient)) for op in ops])  # type: ignore[func-returns-value, arg-type, return-value]


@contextmanager
def clinic(folder: Path) -> Iterator[Local]:
    clock, town = FrozenClock(AT), small_clinic()
    with ExitStack() as closing:
        desks = [_desk(folder, town.log, who, clock) for who in (town.ben, town.eva)]
        for desk in desks:
            closing.callback(desk.close)
        yield Local(*desks, clock)


def _desk(folder: Path, log: object, who: Somebody, clock: FrozenClock) -> Desk:
    home = Home(folder / who.name)
    home.make()
    key = os.urandom(32)
    book = Book.open(home.book, key)
    setup = DeviceSetup(who.name, DeviceKind.DESKTOP, "http://localhost:1", TEAM)
    book.keep(lambda page: first_page(page, log, setup, who.device_keys))  # type: ignore[arg-type]
    home.keep_height(log.position)  # type: ignore[attr-defined]
    return Desk(home, book, Opened(who.name, key, who.user, who.keys), clock, os.urandom)
