# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of the audit and of other teams' patients in a large clinic: a desk with a real trust log, signed heads and a
month of entries. Everything here runs on workers; what takes longer than a fifth of a second is felt all the same.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from clinic.bench.crowd import FAMILIES, GIVEN
from clinic.bench.result import Result, percentile
from clinic.domain.clock import FrozenClock
from clinic.domain.facts import AuditEvent, EmergencySummary, Fact, Gender, Patient
from clinic.domain.ids import (
    FactId,
    OpId,
    OrgId,
    PatientId,
    TeamId,
    UserId,
    counted_id,
    patient_scope,
    team_scope,
)
from clinic.domain.misuse.lists import Filters, Matches
from clinic.domain.values import DNI, HumanName, Identifier
from clinic.keys.audit_heads import HEAD_EVERY, AuditTree, grown, headed, untold
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys
from clinic.keys.slots import Opened
from clinic.protocol.codec import encode
from clinic.protocol.op import Op
from clinic.protocol.trust import DeviceKind
from clinic.services import access, audit_proofs, emergency, notices, reviews
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, first_page
from clinic.store.book import Book
from clinic.store.home import Home
from clinic.store.writing import WritePage

AT = datetime(2026, 11, 21, 20, tzinfo=UTC)
TEAM, ELSEWHERE = TeamId("bench"), TeamId("elsewhere")
DAYS = 28
COLLEAGUES = 12
FELT_MS = 200.0
PAINTED_MS = 70.0
"""What leaves the screen time to paint within 100 ms of a key."""
_AT_ONCE = 2_000
_ROUNDS = 7


@dataclass
class _Pen:
    """Numbers ops of one computer in the order in which they are made."""

    desk: Desk
    made: int = 0

    def op(self, fact: Fact, author: str = "") -> tuple[Op, bytes]:
        self.made += 1
        name = OpId(counted_id(self.desk.device, self.made))
        op = Op(id=name, stamp=self.made << 16, fact=fact, author=UserId(author))
        return op, encode(op)


def measure(people: int) -> Iterator[Result]:
    """Results as they are ready."""
    with tempfile.TemporaryDirectory(prefix="posta-bench-") as folder, closing(_desk(Path(folder))) as desk:
        entries = _fill(desk, people)
        here = f"{people:,} people, {entries:,} entries"
        yield _once("patients of other teams, the first key", lambda: _elsewhere(desk, "quis mar"), FELT_MS)
        for name, act, target in (
            (f"audit page, first look, {here}", lambda: _found(desk, ""), PAINTED_MS),
            ("audit page, words nobody wrote", lambda: _found(desk, "xyzzy"), PAINTED_MS),
            ("audit page, a word that every entry has", lambda: _found(desk, "colleague"), PAINTED_MS),
            ("audit page, two names", lambda: _found(desk, "mamani mar"), PAINTED_MS),
            ("audit page, a page further down", lambda: _further(desk), PAINTED_MS),
            ("notices of the day", lambda: notices.notices(desk), FELT_MS),
            ("patients of other teams, two words", lambda: _elsewhere(desk, "quis mar"), FELT_MS),
            ("patients of other teams, a DNI", lambda: _elsewhere(desk, "40000123"), FELT_MS),
            ("patients of other teams, nobody", lambda: _elsewhere(desk, "zzz"), FELT_MS),
            ("what compliance is told of break-glass", lambda: reviews.broken_glass(desk), FELT_MS),
        ):
            yield _p95(name, act, target)
        yield _once(f"rules over the audit of a week, {here}", lambda: reviews.look(desk), 60_000)
        yield _once(f"verify the audit, {here}", lambda: _whole(desk), 60_000)


def _found(desk: Desk, text: str) -> Matches:
    return access.found(desk, Filters(text=text), written_down=False)


def _further(desk: Desk) -> None:
    numbers = desk.book.read(lambda page: page.audit_found(Filters(), lambda word: (), None, 20_000))
    assert len(access.entries(desk, [no for _, no in numbers[-access.PAGE :]])) == min(
        access.PAGE, len(numbers)
    )


def _elsewhere(desk: Desk, text: str) -> None:
    emergency.find_elsewhere(desk, text)


def _whole(desk: Desk) -> None:
    assert all(one.bad is None for one in audit_proofs.verify_audit(desk))


def _p95(name: str, act: Callable[[], object], target: float) -> Result:
    taken = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - began))
    return Result(f"{name}, p95", percentile(taken, 0.95), "ms", target, "lower")


def _once(name: str, act: Callable[[], object], target: float) -> Result:
    began = time.perf_counter()
    act()
    return Result(name, 1000 * (time.perf_counter() - began), "ms", target, "lower")


def _desk(folder: Path) -> Desk:
    keys, device_keys, key = UserKeys.make(os.urandom), DeviceKeys.make(os.urandom), os.urandom(32)
    founder = Founder(user=UserId("eva"), name="Eva", keys=keys, device_name="bench", device_keys=device_keys)
    log = found(
        organization=OrgId("bench"), name="Bench", team=TEAM, team_name="Bench", founder=founder,
        root=RootKeys.make(os.urandom), at=AT, random=os.urandom,
    )  # fmt: skip
    home = Home(folder / "home")
    home.make()
    book = Book.open(home.book, key)
    setup = DeviceSetup("bench", DeviceKind.DESKTOP, "http://localhost:1", TEAM)
    book.keep(lambda page: first_page(page, log, setup, device_keys))
    home.keep_height(log.position)
    return Desk(home, book, Opened("eva", key, founder.user, keys), FrozenClock(AT), os.urandom)


def _fill(desk: Desk, people: int) -> int:
    """People who are here, as many of other teams, and two entries of the audit for each; gives how many entries."""
    pen, entries = _Pen(desk), 2 * people
    for first in range(0, people, _AT_ONCE):
        some = range(first, min(first + _AT_ONCE, people))
        desk.book.keep(lambda page, some=some: _people(page, pen, some))  # type: ignore[misc]
    tree, random = AuditTree(incarnation=1), Random(1)
    for first in range(0, entries, _AT_ONCE):
        facts: list[tuple[Op, bytes]] = []
        for number in range(first, min(first + _AT_ONCE, entries)):
            tree = _entry(desk, pen, facts, tree, number, entries, random.randrange(people))
        desk.book.keep(lambda page, facts=facts: _file(page, facts))  # type: ignore[misc]
    return entries


def _people(page: WritePage, pen: _Pen, numbers: range) -> None:
    for number in numbers:
        mine = _patient(number)
        page.file_ops([pen.op(mine)], patient_scope(mine.patient))
    _file(page, [pen.op(_summary(number)) for number in numbers])


def _file(page: WritePage, ops: list[tuple[Op, bytes]]) -> None:
    page.file_ops(ops, team_scope(TEAM))


def _patient(number: int) -> Patient:
    patient = PatientId(f"bench.p{number}")
    return Patient(
        id=FactId(patient), patient=patient, name=_name(number), birth_date=date(1960, 1, 1), gender=Gender.FEMALE,
        identifiers=(Identifier(system=DNI, value=str(10_000_000 + number)),),
    )  # fmt: skip


def _summary(number: int) -> EmergencySummary:
    return EmergencySummary(
        id=FactId(f"emergency.other.p{number}"), subject=PatientId(f"other.p{number}"), name=_name(number),
        birth_date=date(1960, 1, 1), dni=str(40_000_000 + number), team=ELSEWHERE, allergies=("Penicilina",),
        medication=("Enalapril 10 mg",), problems=("Hipertensión",), directives=(), written_at=AT,
    )  # fmt: skip


def _name(number: int) -> HumanName:
    family, given = FAMILIES[number % len(FAMILIES)], GIVEN[number // len(FAMILIES) % len(GIVEN)]
    return HumanName(family=f"{family} {number % 997}", given=(given,))


def _entry(
    desk: Desk, pen: _Pen, facts: list[tuple[Op, bytes]], tree: AuditTree, number: int, of: int, whose: int
) -> AuditTree:  # fmt: skip
    """One opening, evenly over the month, in its place in the tree, with a head when one is due."""
    at = AT - timedelta(days=DAYS) * (1 - (number + 1) / of)
    who = f"colleague {number % COLLEAGUES}"
    opened = AuditEvent(
        id=FactId(f"{desk.device}.e{number}"), patient=PatientId(f"bench.p{whose}"), action="open", recorded_at=at,
        agent=who, device=desk.device, entity="",
    )  # fmt: skip
    tree, placed = grown(tree, opened, at)
    facts.append(pen.op(placed, who))
    if untold(tree) >= HEAD_EVERY:
        tree, head = headed(tree, FactId(f"{desk.device}.h{number}"), desk.device, desk.device_keys, at)
        facts.append(pen.op(head))
    return tree
