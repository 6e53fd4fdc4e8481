# SPDX-License-Identifier: GPL-3.0-or-later
"""An op: one fact as one device wrote it, and which versions of it the writer had seen."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import TypeVar

from clinic.domain.facts import Fact
from clinic.domain.ids import OpId, PatientId, UserId
from clinic.domain.record import Record, field_numbers, n, record
from clinic.protocol.codec import (
    Malformed,
    array_head,
    array_start,
    decode,
    encode,
    head_of,
    items,
    loads,
    record_in,
    record_of,
)

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
    """The contents of an envelope. `bodies`: the ops' own bytes, where they have just been read; else ()."""

    ops: tuple[Op, ...] = n(1)
    held: tuple[bytes, ...] = n(2, default=())
    """Of a part of a snapshot, which has no `ops`: the bytes of ops of whoever wrote them (decision 35)."""
    bodies: tuple[bytes, ...] = field(default=(), compare=False, repr=False)

    @property
    def pairs(self) -> Iterable[tuple[Op, bytes]]:
        """Each op with its bytes, b'' where they are not at hand."""
        return zip(self.ops, self.bodies or (b"",) * len(self.ops), strict=True)


_FACT = field_numbers(Op)["fact"]


def fact_in(data: bytes, kind: type[F]) -> F:
    """The fact alone, out of the bytes of an op. Raises Malformed for anything else, or another kind."""
    raw = loads(data)
    try:
        return record_of(raw[1][_FACT], kind)
    except (IndexError, KeyError, TypeError) as error:
        raise Malformed("This is not an op.") from error


_LISTED = encode(Ops(ops=()))[:-1]
"""How the bytes of Ops begin, before the number of its ops."""
_LISTED_ONE = _LISTED + array_head(1)
_ONE = head_of(Op)


def ops_of(bodies: Sequence[bytes]) -> bytes:
    """The encoded Ops of encoded ops, none of which is read."""
    return _LISTED + array_head(len(bodies)) + b"".join(body[len(_ONE) :] for body in bodies)


def join_ops(parts: Iterable[bytes]) -> bytes:
    """The encoded Ops of several encoded Ops, one after the other; none of their ops is read. Raises Malformed."""
    counts, tails = zip(*(_counted(part) for part in parts), strict=True)
    return _LISTED + array_head(sum(counts)) + b"".join(tails)


def _counted(data: bytes) -> tuple[int, bytes]:
    """(how many ops, their bytes)."""
    if data.startswith(_LISTED_ONE):
        return 1, data[len(_LISTED_ONE) :]
    if not data.startswith(_LISTED):
        raise Malformed("This is not an envelope's content.")
    count, here = array_start(data, len(_LISTED))
    return count, data[here:]


def decode_ops(data: bytes) -> Ops:
    """Ops with their bytes, which are then not made again. Raises Malformed.

    The bytes are cut out of `data` where it is written as we write it; anything else is decoded as usual.
    """
    if not data.startswith(_LISTED):
        return decode(data, Ops)
    parts = list(items(data, len(_LISTED)))
    return Ops(
        ops=tuple(record_in(Op, raw) for raw, _ in parts), bodies=tuple(_ONE + part for _, part in parts)
    )
