# SPDX-License-Identifier: GPL-3.0-or-later
"""An op: one fact as one device wrote it, and which versions of it the writer had seen."""

from typing import TypeVar

from clinic.domain.facts import Fact
from clinic.domain.ids import OpId, PatientId, UserId
from clinic.domain.record import Record, field_numbers, n, record
from clinic.protocol.codec import Malformed, loads, record_of

F = TypeVar("F", bound=Record)


@record(300)
class Op(Record):
    """`stamp`: hybrid logical clock; `replaces`: exactly the versions the writer saw; `window`: whose chart was on screen."""

    id: OpId = n(1)
    stamp: int = n(2)
    author: UserId = n(3, default=UserId(""))
    fact: Record = n(4)
    replaces: tuple[OpId, ...] = n(5, default=())
    window: PatientId = n(6, default=PatientId(""))

    @property
    def patient(self) -> PatientId:
        """The patient the fact is about ('' for nobody, or for a kind this program does not know: see window)."""
        return self.fact.patient if isinstance(self.fact, Fact) else self.window


@record(301)
class Ops(Record):
    """The contents of an envelope."""

    ops: tuple[Op, ...] = n(1)


_FACT = field_numbers(Op)["fact"]


def fact_in(data: bytes, kind: type[F]) -> F:
    """The fact alone, out of the bytes of an op. Raises Malformed for anything else, or another kind."""
    raw = loads(data)
    try:
        return record_of(raw[1][_FACT], kind)
    except (IndexError, KeyError, TypeError) as error:
        raise Malformed("This is not an op.") from error
