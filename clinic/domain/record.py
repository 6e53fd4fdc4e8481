# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbered, frozen records: the shape of every fact and message.

A field number is for ever: never reused, never renumbered. What a program does not know, it keeps in
``unknown`` and sends on, so old and new versions can share a patient.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

MUST_UNDERSTAND = 0
"""Reserved field number: a record that carries it, unknown to us, may be shown but not edited here."""

_NUMBER = "number"
_by_number: dict[int, type["Record"]] = {}


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every fact and message is. `unknown`: (field number, raw value) pairs of a newer program.

    Not slotted: so a field that is not there costs nothing, and most fields of most facts are not (see `made_of`).
    """

    NUMBER: ClassVar[int] = 0
    unknown: tuple[tuple[int, object], ...] = field(default=(), repr=False)

    @property
    def read_only(self) -> bool:
        """True if a newer program asked that only those who understand the whole may edit it."""
        return any(number == MUST_UNDERSTAND for number, _ in self.unknown)


@dataclass(frozen=True, kw_only=True)
class UnknownRecord(Record):
    """A kind this program does not know; kept whole and sent on whole."""

    kind: int


class Word(StrEnum):
    """An open enumeration: a value it does not know is kept as it came."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_, word._value_ = "UNKNOWN", value
        return word

    @property
    def known(self) -> bool:
        return self._value_ in type(self)._value2member_map_


def n(number: int, default: Any = ...) -> Any:
    """A field with its number for ever; without a default it is required."""
    if number < 1:
        raise ValueError("field numbers start at 1")
    metadata = {_NUMBER: number}
    if default is ...:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


R = TypeVar("R", bound=Record)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(n,))
def record(number: int) -> Callable[[type[R]], type[R]]:
    """Make a subclass of Record a frozen, keyword-only dataclass known by `number`."""

    def make(cls: type[R]) -> type[R]:
        made = dataclass(frozen=True, kw_only=True)(cls)
        if hasattr(made, "__post_init__"):
            raise ValueError(f"{cls.__qualname__} has a __post_init__, which `made_of` would pass by")
        made.NUMBER = number
        numbers = list(field_numbers(made).values())
        taken = _by_number.get(number)
        if taken is not None and (taken.__module__, taken.__qualname__) != (
            made.__module__,
            made.__qualname__,
        ):
            raise ValueError(f"record number {number} is {taken.__qualname__} already")
        if len(set(numbers)) != len(numbers):
            raise ValueError(f"{cls.__qualname__} uses a field number twice")
        _by_number[number] = made
        return made

    return make


def made_of(cls: type[R], values: Mapping[str, Any]) -> R:
    """`cls(**values)` in a tenth of the time, for names that are fields. Raises TypeError if a required one is not there.

    What is not given is at its default, which the class holds.
    """
    required = _required.get(cls)
    if required is None:
        required = _required[cls] = frozenset(f.name for f in fields(cls) if f.default is MISSING)
    if not required <= values.keys():
        raise TypeError(f"{cls.__name__} without {', '.join(sorted(required - values.keys()))}")
    made = object.__new__(cls)
    made.__dict__.update(values)
    return made


_required: dict[type[Record], frozenset[str]] = {}


def field_numbers(cls: type[Record]) -> dict[str, int]:
    """Field name -> number, in order of definition."""
    return {f.name: f.metadata[_NUMBER] for f in fields(cls) if _NUMBER in f.metadata}


def record_class(number: int) -> type[Record] | None:
    """The record known by that number, if this program knows it."""
    return _by_number.get(number)
