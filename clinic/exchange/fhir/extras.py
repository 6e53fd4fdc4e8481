# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of ours for which R4 has no element: carried as extensions `urn:posta:<field>`, read back by the field's type."""

import typing
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from clinic.domain.facts import Fact
from clinic.domain.record import Word
from clinic.domain.values import Coding
from clinic.exchange.fhir.elements import coded, coding_of, listed
from clinic.exchange.fhir.times import day, instant, moment
from clinic.exchange.fhir.tree import Json

ROOT = "urn:posta:"

_OUT: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    (bool, "valueBoolean", bool),
    (int, "valueInteger", int),
    (str, "valueString", str),
    (bytes, "valueBase64Binary", lambda value: b64encode(value).decode()),
    (datetime, "valueInstant", instant),
    (date, "valueDate", date.isoformat),
    (Decimal, "valueDecimal", lambda value: value),
    (Coding, "valueCoding", coded),
)


def extensions(fact: Fact, *names: str) -> list[Json]:
    """Extensions for those of these fields that differ from their default."""
    defaults = {f.name: f.default for f in fields(fact)}
    told = []
    for name in names:
        value = getattr(fact, name)
        if value != defaults[name] and value is not None:
            told += [_extension(name, item) for item in (value if isinstance(value, tuple) else (value,))]
    return told


def extension(name: str, value: Any) -> list[Json]:
    """One extension of ours; none for ''."""
    return [_extension(name, value)] if value not in ("", None) else []


def read_extensions(resource: Json, kind: type[Fact], *names: str) -> dict[str, Any]:
    """The fields that are there, ready to be handed to the fact's class. Raises ValueError for a wrong value."""
    hints, found = typing.get_type_hints(kind), {}
    for name in names:
        values = [value_of(e) for e in listed(resource.get("extension")) if e.get("url") == ROOT + name]
        if values:
            found[name] = _typed(hints[name], values)
    return found


def read_extension(resource: Any, name: str) -> str:
    """The text of one extension of ours."""
    told = listed(resource.get("extension")) if isinstance(resource, dict) else []
    return next((str(value_of(e)) for e in told if e.get("url") == ROOT + name), "")


def value_of(told: Json) -> Any:
    """value[x] of an extension or an answer; '' for none."""
    return next((value for key, value in told.items() if key.startswith("value")), "")


def _extension(name: str, value: Any) -> Json:
    for kind, element, out in _OUT:
        if isinstance(value, kind):
            return {"url": ROOT + name, element: out(value)}
    raise TypeError(f"{name}: no extension for {type(value).__name__}")


def _typed(hint: Any, values: list[Any]) -> Any:
    hint = getattr(hint, "__supertype__", hint)
    if typing.get_origin(hint) is tuple:
        return tuple(_one(typing.get_args(hint)[0], value) for value in values)
    return _one(hint, values[0])


def _one(hint: Any, value: Any) -> Any:
    kinds = [getattr(k, "__supertype__", k) for k in typing.get_args(hint) or (hint,) if k is not type(None)]
    kind = kinds[0]
    if kind is bytes and isinstance(value, str):
        return b64decode(value, validate=True)
    if kind is datetime:
        value = moment(value)
    elif kind is date:
        value = day(value)
    elif kind is Coding and isinstance(value, dict):
        value = coding_of(value)
    elif isinstance(kind, type) and issubclass(kind, Word) and isinstance(value, str):
        value = kind(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError("an extension of another type than its field")
    return value
