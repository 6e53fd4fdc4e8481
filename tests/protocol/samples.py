# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples of every record's bytes, kept for ever: `python -m tests.protocol` adds what is new and changes none that is there.

Three of each kind: with what it cannot do without, with every field, and as a newer program might write it (fields, words and
kinds that nobody knows, and `must_understand`).
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict

import cbor2

from clinic.domain.record import MUST_UNDERSTAND, Record, UnknownRecord, Word
from clinic.domain.values import Coding
from clinic.protocol.codec import encode
from clinic.protocol.shapes import Kind, Shape, shapes_of
from tests.protocol.page import every_record

FILE = Path(__file__).parents[1] / "history" / "wire-1.json"
NOT_KEPT = "clinic/protocol/engine.py"
"""A pipe between two processes of one program: neither is ever older."""
AT = datetime(2026, 11, 21, 12, 30, 1, 250, tzinfo=UTC)
TOMORROW = "a word of tomorrow"
NEW_KIND = UnknownRecord(kind=59_001, unknown=((1, "of a newer program"), (7, (1, b"\x01", None))))
NEW_FIELDS: tuple[tuple[int, object], ...] = (
    (MUST_UNDERSTAND, True),
    (9_001, ("text", -1, 2**65, b"", 1.5, Decimal("36.80"))),
    (9_002, {1: cbor2.CBORTag(1004, "2026-11-21"), "a": False}),
)


class Samples(TypedDict):
    """What was once written of a kind. `fields`: number -> [name, what it stands for when left out, or null]."""

    name: str
    fields: dict[str, list[str | None]]
    bytes: list[str]


def kept() -> dict[str, Samples]:
    """Record number -> its samples."""
    found: dict[str, Samples] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return found


def wire_records() -> list[type[Record]]:
    """Every kind that another program, or a later one, may have to read."""
    return [cls for file, several in every_record().items() if file != NOT_KEPT for cls in several]


def complete() -> None:
    """Adds samples of kinds and fields that have none yet."""
    samples = kept()
    for cls in wire_records():
        fields = {str(shape.number): [shape.name, stands_for(shape)] for shape in shapes_of(cls)}
        here = samples.setdefault(str(cls.NUMBER), {"name": cls.__name__, "fields": {}, "bytes": []})
        grown = here["bytes"][-2:-1] != [
            encode(whole(cls)).hex()
        ]  # it, or a record inside it, has a field more
        if grown or fields.keys() - here["fields"].keys():
            here["fields"] = fields | here["fields"]
            here["bytes"] += [encode(one).hex() for one in (least_of(cls), whole(cls), newer(cls))]
    rows = (f' "{number}": {json.dumps(samples[number])}' for number in sorted(samples, key=int))
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def stands_for(shape: Shape) -> str | None:
    """What a field that is left out means, as text; None for one that must be there."""
    if shape.needed:
        return None
    return encode(shape.default).hex() if isinstance(shape.default, Record) else repr(_plainly(shape.default))


def _plainly(value: object) -> object:
    return str(value) if isinstance(value, (Word, Decimal)) else value


def least_of(cls: type[Record]) -> Record:
    return cls(
        **{shape.name: _value(shape, tomorrow=False, deep=False) for shape in shapes_of(cls) if shape.needed}
    )


def whole(cls: type[Record]) -> Record:
    return cls(**{shape.name: _value(shape, tomorrow=False, deep=True) for shape in shapes_of(cls)})


def newer(cls: type[Record]) -> Record:
    given: dict[str, Any] = {shape.name: _value(shape, tomorrow=True, deep=True) for shape in shapes_of(cls)}
    return cls(unknown=NEW_FIELDS, **given)


def _value(shape: Shape, tomorrow: bool, deep: bool) -> Any:
    value = _of(shape.kind, shape, tomorrow, deep)
    return (not value) if value is True and shape.default is True else value


def _of(kind: Kind, shape: Shape, tomorrow: bool, deep: bool) -> Any:
    if kind.base == "list" and kind.of:
        return tuple(_of(kind.of, shape, tomorrow, deep=False) for _ in range(2))
    if kind.base == "maybe" and kind.of:
        return _of(kind.of, shape, tomorrow, deep)
    if kind.base == "word" and kind.cls:
        known = [word for word in kind.cls if word != shape.default]
        return (
            kind.cls(TOMORROW)
            if tomorrow
            else known[shape.number % len(known)]
            if known
            else kind.cls(TOMORROW)
        )
    if kind.base == "record":
        if kind.cls is None:
            return NEW_KIND if tomorrow else Coding(system="http://loinc.org", code="8867-4")
        return whole_but_flat(kind.cls) if deep else least_of(kind.cls)
    return {
        "text": f"{shape.name} ñ", "int": 1_000 + shape.number, "bool": True, "bytes": bytes([shape.number]) * 3,
        "float": -31.5, "decimal": Decimal("36.80"), "time": AT, "date": date(1958, 3, 7),
    }[kind.base]  # fmt: skip


def whole_but_flat(cls: type[Record]) -> Record:
    """Every field, with the least in records below it: a record may hold itself."""
    return cls(**{shape.name: _value(shape, tomorrow=False, deep=False) for shape in shapes_of(cls)})
