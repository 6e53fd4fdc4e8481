# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis strategies for a record of every kind the program knows, and of kinds it does not."""

import pkgutil
import types
import typing
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import clinic.domain
import clinic.protocol
from clinic.domain import record as records
from clinic.domain.record import Record, UnknownRecord, Word, field_numbers
from clinic.domain.values import Coding, HumanName

for _package in (clinic.domain, clinic.protocol):
    for _module in pkgutil.iter_modules(_package.__path__):
        import_module(f"{_package.__name__}.{_module.name}")

ALL: list[type[Record]] = [
    cls
    for _, cls in sorted(records._by_number.items())
    if cls.__module__.startswith(("clinic.domain.", "clinic.protocol."))
]
NEW_KINDS = st.integers(1, 2**32).filter(lambda number: number not in records._by_number)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.binary(max_size=8)
    | st.decimals(-(10**6), 10**6, places=2)
)
PLAIN = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers(0, 99) | st.text("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)
"""What a newer program may put into a field of its own."""
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
SIMPLE: dict[Any, SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**66), 2**66),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=12),
    Decimal: st.decimals(-(10**9), 10**9, places=3),
    datetime: TIMES,
    date: st.dates(),
}


def unknown_fields(cls: type[Record] | None = None) -> SearchStrategy[tuple[tuple[int, object], ...]]:
    """Fields of a newer program: none of a number that `cls` has."""
    known = set(field_numbers(cls).values()) if cls else set()
    numbers = st.integers(0, 2**20).filter(lambda number: number not in known)
    return st.dictionaries(numbers, PLAIN, max_size=2).map(lambda found: tuple(sorted(found.items())))


def unknown_records() -> SearchStrategy[UnknownRecord]:
    return st.builds(UnknownRecord, kind=NEW_KINDS, unknown=unknown_fields())


def records_of(cls: type[Record]) -> SearchStrategy[Any]:
    """Records of that kind with any values in any fields."""
    hints, given = typing.get_type_hints(cls), {}
    for field in fields(cls):
        if field.name in field_numbers(cls):
            values = _values(hints[field.name])
            if field.default is not MISSING:
                values = st.just(field.default) | values
            given[field.name] = values
    return st.builds(cls, unknown=st.just(()) | unknown_fields(cls), **given)


def any_record() -> SearchStrategy[Any]:
    return st.sampled_from(ALL).flatmap(records_of) | unknown_records()


def _values(hint: Any) -> SearchStrategy[Any]:
    hint = getattr(hint, "__supertype__", hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.none() | _values(args[0])
    if origin is tuple:
        return st.lists(_values(args[0]), max_size=2).map(tuple)
    if hint is Record:
        name = st.builds(HumanName, family=TEXT)
        return name | st.builds(Coding, system=TEXT, code=TEXT) | unknown_records()
    if issubclass(hint, Record):
        return st.deferred(lambda: records_of(hint))
    if issubclass(hint, Word):
        return st.sampled_from(list(hint)) | TEXT.map(hint)
    return SIMPLE[hint]


__all__ = ["ALL", "PLAIN", "any_record", "records_of", "unknown_fields", "unknown_records"]
