# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows known by their form, where the way from a table's root to them is damaged."""

from collections.abc import Callable
from functools import cache
from typing import Any

from clinic.domain.errors import PostaError
from clinic.protocol.codec import decode
from clinic.protocol.envelope import unpack
from clinic.protocol.op import Op
from clinic.protocol.trust import Statement
from clinic.store.btrees import Value
from clinic.store.migrations import STEPS
from clinic.store.survey import tables_of

Values = tuple[Value, ...]
Fits = Callable[[Values], bool]
_NONE = type(None)
_OPTIONAL_INT = (int, _NONE)
_COUNTERS = ("env", "id block", "stamp", "ticket")
_COUNTER_FAMILIES = ("in ", "letter of ")


def table_of(values: Values) -> str | None:
    """Which table a row is of; None for an index, or for what is made anew anyway."""
    return next((table for table, fits in _FORMS.items() if fits(values)), None)


@cache
def columns_for(table: str, count: int) -> tuple[str, ...]:
    """The stored columns of a table in the newest version that has so many; () if none has."""
    for version in range(len(STEPS), 0, -1):
        columns = tables_of(version).get(table, ())
        if len(columns) == count:
            return columns
    return ()


def _shaped(*kinds: type | tuple[type, ...]) -> Fits:
    def fits(values: Values) -> bool:
        return len(values) == len(kinds) and all(map(isinstance, values, kinds))

    return fits


_counter = _shaped(str, int)
_outbox = _shaped(_NONE, str, int, int, bytes, int, _OPTIONAL_INT, _OPTIONAL_INT, str)
_trust = _shaped(_NONE, bytes, int)


def _is_op(values: Values) -> bool:
    columns = columns_for("op", len(values))
    return bool(columns) and _decodes(dict(zip(columns, values, strict=True)).get("body"), Op)


def _is_counter(values: Values) -> bool:
    name = values[0] if _counter(values) else None
    return isinstance(name, str) and (name in _COUNTERS or name.startswith(_COUNTER_FAMILIES))


def _is_outbox(values: Values) -> bool:
    return _outbox(values) and _unpacks(values[4])


def _is_trust(values: Values) -> bool:
    return _trust(values) and _decodes(values[1], Statement)


_FORMS: dict[str, Fits] = {
    "op": _is_op, "counter": _is_counter, "outbox": _is_outbox, "trust": _is_trust, "meta": _shaped(str, bytes),
    "cursor": _shaped(str, int, bytes, int), "quarantine": _shaped(_NONE, str, int, str, str, int, bytes),
    "scope_key": _shaped(str, bytes, bytes, int), "attachment": _shaped(_NONE, str, str, (bytes, _NONE)),
    "capsule": _shaped(str, bytes, int), "code": _shaped(str, str, str, str),
    "code_source": _shaped(str, str, str, str, str, int),
}  # fmt: skip


def _decodes(data: Value, kind: type[Any]) -> bool:
    try:
        return isinstance(data, bytes) and decode(data, kind) is not None
    except PostaError:
        return False


def _unpacks(data: Value) -> bool:
    try:
        return isinstance(data, bytes) and unpack(data) is not None
    except PostaError:
        return False
