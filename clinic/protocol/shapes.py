# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fields of a record hold, said apart from the code that writes them: for docs/protocol.md and docs/openapi.json."""

import types
import typing
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from clinic.domain.record import Record, Word, field_numbers

_SIMPLE = {
    str: "text", int: "int", bool: "bool", bytes: "bytes", float: "float", Decimal: "decimal", datetime: "time",
    date: "date",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value. `base`: a name of those below, "record", "word", "list" or "maybe"; `cls`: which record (None: any,
    with its number) or word; `of`: what a list or a maybe holds."""

    base: str
    cls: type[Any] | None = None
    of: "Kind | None" = None

    def __str__(self) -> str:
        if self.base == "list":
            return f"[{self.of}]"
        if self.base == "maybe":
            return f"{self.of}?"
        return self.cls.__name__ if self.cls else self.base


@dataclass(frozen=True, slots=True)
class Shape:
    """One field: its number for ever, its name here, what it holds. `needed`: a record without it is no record; else it stands
    for `default` when it is left out."""

    number: int
    name: str
    kind: Kind
    needed: bool
    default: object


def shapes_of(cls: type[Record]) -> tuple[Shape, ...]:
    """The fields of a record, by number."""
    hints, numbers = typing.get_type_hints(cls), field_numbers(cls)
    found = [
        Shape(numbers[f.name], f.name, _kind(hints[f.name]), f.default is MISSING, f.default)
        for f in fields(cls)
        if f.name in numbers
    ]
    return tuple(sorted(found, key=lambda shape: shape.number))


def _kind(hint: Any) -> Kind:
    hint = getattr(hint, "__supertype__", hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [arg for arg in args if arg is not type(None)]
        return Kind("maybe", of=_kind(inner))
    if origin is tuple:
        return Kind("list", of=_kind(args[0]))
    if issubclass(hint, Record):
        return Kind("record", None if hint is Record else hint)
    if issubclass(hint, Word):
        return Kind("word", hint)
    return Kind(_SIMPLE[hint])
