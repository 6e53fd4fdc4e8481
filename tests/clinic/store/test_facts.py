# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read over a whole chart."""

from datetime import UTC, datetime, timedelta

from clinic.domain.facts import AllergyIntolerance, Appointment, AuditEvent, Fact
from clinic.domain.ids import DeviceId, FactId, OpId, PatientId, patient_scope
from clinic.domain.values import Coding
from clinic.protocol.op import Op
from clinic.store.book import Book
from clinic.store.sheet import to_ms

ANA = PatientId("ana.1")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def file(book: Book, fact: Fact) -> None:
    op = Op(id=OpId(f"op.{fact.id}"), stamp=1, fact=fact)
    book.keep(lambda page: page.file_op(op, patient_scope(ANA)) and None)


def test_the_last_moment_of_a_chart(book: Book) -> None:
    """Any kind counts, but for who looked at it and for what is still to come."""

    def last() -> int | None:
        return book.read(lambda page: page.last_moment(ANA, to_ms(NOW)))

    assert last() is None
    seen = NOW - timedelta(hours=1)
    file(
        book,
        AuditEvent(
            id=FactId("a"), patient=ANA, action="open", recorded_at=seen, agent="x", device=DeviceId("d")
        ),
    )
    file(book, Appointment(id=FactId("b"), patient=ANA, start=NOW + timedelta(days=3), reason="control"))
    assert last() is None
    told = NOW - timedelta(days=40)
    file(
        book,
        AllergyIntolerance(
            id=FactId("c"), patient=ANA, recorded_at=told, substance=Coding(system="x", code="y")
        ),
    )
    assert last() == to_ms(told)
