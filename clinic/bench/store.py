# SPDX-License-Identifier: GPL-3.0-or-later
"""The book on real files: SQLCipher against the same tables in plain SQLite, same work, one run.

Targets: the store's design. The design's sizes (1 M observations, 20,000 people) are reached with --people 20000
--observations 1000000; the measure's name says the size it was taken at.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

from clinic.bench.result import Result, percentile
from clinic.domain.facts import (
    AuditEvent,
    Encounter,
    EncounterStatus,
    Fact,
    MedicationRequest,
    Observation,
    Patient,
)
from clinic.domain.ids import DeviceId, FactId, OpId, PatientId, patient_scope
from clinic.domain.values import ATC, DNI, Coding, HumanName, Identifier, Quantity
from clinic.domain.vitals import HEART_RATE, SPO2, TEMPERATURE, WEIGHT
from clinic.keys.identity import UserKeys
from clinic.keys.slots import Opened, Slots
from clinic.protocol.op import Op
from clinic.services.charts import drawn_chart
from clinic.store.book import Book
from clinic.store.migrations import migrate
from clinic.store.opening import PRAGMAS
from clinic.store.page import Page
from clinic.store.writing import WritePage

_START = datetime(2020, 1, 1, tzinfo=UTC)
_FAMILIES = ("Gómez", "Quispe", "Núñez", "Ayala", "Mamani", "Ledesma", "Ibáñez", "Sosa", "Figueroa", "Acuña")
_GIVEN = ("María", "José", "Ramona", "Inés", "Hugo", "Rosa", "Elvira", "Santos", "Nélida", "Raúl")
_VITALS = (HEART_RATE, SPO2, TEMPERATURE, WEIGHT)
_SEALED = b"\0" * 400
"""Bytes of an envelope of one op."""


def measure(people: int, observations: int) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="posta-bench-") as folder:
        sealed, plain = (
            _Side(Path(folder) / "sealed.db", os.urandom(32)),
            _Side(Path(folder) / "plain.db", None),
        )
        for side in (sealed, plain):
            side.load(people, observations)
        writes, plain_writes = sealed.writes(), plain.writes()
        yield Result("fact + outbox + audit, durable, p95", writes, "ms", 2.0, "lower", plain_writes)
        charts, plain_charts = sealed.charts(people), plain.charts(people)
        yield Result(
            f"chart as dataclasses, p95, {observations:,} observations",
            charts,
            "ms",
            10.0,
            "lower",
            plain_charts,
        )
        finds, plain_finds = sealed.finds(), plain.finds()
        yield Result(
            f"person finder, p95 a keystroke, {people:,} people", finds, "ms", 15.0, "lower", plain_finds
        )
        yield Result("encrypted / plain, same writes", writes / plain_writes, "x", 1.6, "lower")
        yield Result("encrypted / plain, same charts", charts / plain_charts, "x", 1.6, "lower")
        yield Result("ops filed, one transaction", sealed.rate, "/s", 25_000.0, "higher", plain.rate)
        yield Result("unlock, Argon2id included", _unlock_s(), "s", 0.6, "lower")
        for side in (sealed, plain):
            side.book.close()


class _Side:
    """One book and the work it is given."""

    def __init__(self, path: Path, key: bytes | None) -> None:
        self.book = Book.open(path, key) if key else Book(_plain(path))
        self.rate = 0.0
        self._numbers = count(1)

    def load(self, people: int, observations: int) -> None:
        each = max(1, observations // people)
        ops = [(self._op(fact), fact.patient) for number in range(people) for fact in _life(number, each)]
        began = time.perf_counter()
        self.book.keep(lambda page: _file_all(page, ops))
        self.rate = len(ops) / (time.perf_counter() - began)

    def writes(self) -> float:
        return percentile([_timed(partial(self._write, number)) for number in range(300)], 0.95)

    def charts(self, people: int) -> float:
        look = [PatientId(f"p{number * 7919 % people}") for number in range(300)]
        return percentile(
            [_timed(partial(self.book.read, partial(drawn_chart, patient=who))) for who in look], 0.95
        )

    def finds(self) -> float:
        typed = [name[:length] for name in (*_FAMILIES, *_GIVEN) for length in range(2, len(name) + 1)]
        return percentile(
            [
                _timed(partial(self.book.read, partial(Page.find_people, typed=text, limit=20)))
                for text in typed
            ],
            0.95,
        )

    def _op(self, fact: Fact) -> Op:
        number = next(self._numbers)
        return Op(id=OpId(f"o{number}"), stamp=number << 16, fact=fact)

    def _write(self, number: int) -> None:
        patient = PatientId(f"p{number}")
        reading = _reading(patient, number, 99_999)
        seen = AuditEvent(
            id=FactId(f"a{number}"),
            patient=patient,
            action="open",
            recorded_at=_START,
            agent="bench",
            device=DeviceId("d"),
        )

        def act(page: WritePage) -> None:
            for fact in (reading, seen):
                page.file_op(self._op(fact), patient_scope(patient))
            page.post(page.next_number("env"), patient_scope(patient), 2, 2, _SEALED, _START)

        self.book.keep(act)


def _plain(path: Path) -> Engine:
    """The same tables and pragmas without a key."""

    def creator() -> Any:
        connection = sqlcipher.connect(str(path), check_same_thread=False, isolation_level=None)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", module=sqlcipher, creator=creator, poolclass=QueuePool)
    migrate(engine)
    return engine


def _file_all(page: WritePage, ops: list[tuple[Op, PatientId]]) -> None:
    for op, patient in ops:
        page.file_op(op, patient_scope(patient))


def _life(number: int, observations: int) -> Iterator[Fact]:
    patient = PatientId(f"p{number}")
    name = HumanName(
        family=_FAMILIES[number % 10], given=(_GIVEN[number // 10 % 10], _GIVEN[number // 100 % 10])
    )
    born = date(1930 + number % 80, 1 + number % 12, 1 + number % 28)
    yield Patient(
        id=FactId(patient), patient=patient, name=name, birth_date=born,
        identifiers=(Identifier(system=DNI, value=str(5_000_000 + number)),),
    )  # fmt: skip
    yield Encounter(
        id=FactId(f"e{number}"), patient=patient, status=EncounterStatus.FINISHED, arrived_at=_START
    )
    drug = Coding(system=ATC, code="C09AA02", display="Enalapril")
    yield MedicationRequest(
        id=FactId(f"m{number}"),
        patient=patient,
        medication=drug,
        authored_at=_START,
        dose="10 mg",
        every_hours=12,
    )
    for nth in range(observations):
        yield _reading(patient, number, nth)


def _reading(patient: PatientId, number: int, nth: int) -> Observation:
    vital = _VITALS[nth % len(_VITALS)]
    return Observation(
        id=FactId(f"r{number}.{nth}"), patient=patient, code=vital.coding, effective_at=_START + timedelta(days=nth % 2000),
        value=Quantity(value=Decimal(60 + (number + nth) % 30), unit=vital.unit),
    )  # fmt: skip


def _timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _unlock_s() -> float:
    password = "una clave larga para medir"
    slots = Slots.none().with_password(
        "bench", password, Opened("bench", os.urandom(32), user_keys=UserKeys.make(os.urandom)), os.urandom
    )
    return min(_timed(lambda: slots.open(password)) for _ in range(3)) / 1000
