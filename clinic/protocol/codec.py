# SPDX-License-Identifier: GPL-3.0-or-later
"""The one codec: records to canonical CBOR (RFC 8949) and back, keeping whatever it does not know byte for byte.

Wire shape: a record on its own is ``[NUMBER, {field number: value}]``; a record inside a field of its own type is
just the map. Fields that equal their default are left out. datetime: int microseconds since 1970 UTC; date: ISO text;
Decimal: CBOR tag 4; tuple: array; Word: text.
"""

import io
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from math import isfinite
from typing import Any, NamedTuple, TypeVar

import cbor2

from clinic.domain.errors import Refusal
from clinic.domain.record import (
    Record,
    UnknownRecord,
    Word,
    field_numbers,
    made_of,
    record_class,
)

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_DIGITS = 60
"""Places before or after the point that a decimal number may start at."""
_TAGS = (0, 1, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
"""Tags cbor2 would turn into Python values that do not encode to the same bytes: dates, sets, references, patterns, mail."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
T = TypeVar("T", bound=Record)
Way = Callable[[Any], Any]


class Malformed(Refusal):
    """The bytes are not a message of ours."""


def _kept(number: int, value: object, immutable: bool) -> cbor2.CBORTag:
    return cbor2.CBORTag(number, value)


_AS_THEY_ARE = {number: partial(_kept, number) for number in _TAGS}


class _Field(NamedTuple):
    """`exact`: values of just this type go and come as they are; None where `out` and `back` are needed."""

    name: str
    number: int
    default: Any
    exact: type | None
    out: Way
    back: Way


class _Canonical:
    """A value whose canonical form cbor2 has to find: a float, or what we do not know."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


def _write_canonical(encoder: Any, value: object) -> None:
    if not isinstance(value, _Canonical):
        raise cbor2.CBOREncodeTypeError(f"cannot encode {type(value).__name__}")
    encoder.write(dumps(value.value))


def encode(value: Record) -> bytes:
    """Canonical bytes of a record. Raises Malformed for what could not be decoded: naive times, NaN, wrong types.

    Equal records give equal bytes, but for the zeros at the end of a decimal number, which are kept.
    """
    try:
        return cbor2.dumps(_wrapped(value), default=_write_canonical)
    except (cbor2.CBOREncodeError, ValueError, RecursionError) as error:
        raise Malformed("A {kind} that cannot be sent.", kind=type(value).__name__) from error


def decode(data: bytes, expect: type[T] | None = None) -> T:
    """The record in `data`. Raises Malformed for anything else, or for another kind than `expect`."""
    value = _unwrapped(loads(data))
    return typing.cast(T, value) if expect is None else _expected(value, expect)


def record_of(raw: object, expect: type[T]) -> T:
    """The record in plain values that `loads` gave. Raises Malformed."""
    return _expected(_unwrapped(raw), expect)


def record_in(cls: type[T], raw: object) -> T:
    """The record whose bare fields, in plain values, these are. Raises Malformed."""
    return typing.cast(T, _from_map(cls, raw))


def _expected(value: Record, expect: type[T]) -> T:
    if isinstance(value, expect):
        return value
    raise Malformed(
        "This is a {kind}, not a {expected}.", kind=type(value).__name__, expected=expect.__name__
    )


def dumps(value: object) -> bytes:
    """Canonical CBOR of plain values."""
    return cbor2.dumps(value, canonical=True)


def loads(data: bytes) -> Any:
    """Plain values of CBOR bytes, nothing after them. Raises Malformed."""
    stream = _stream(data)
    value = _next(_decoder(stream))
    if stream.tell() != len(data):
        raise Malformed("This message has more bytes than it should.")
    return value


def items(data: bytes, start: int) -> Iterator[tuple[Any, bytes]]:
    """The items of the array that begins at `start` and ends the data, each with its bytes. Raises Malformed."""
    stream = _stream(data)
    count, here = array_start(data, start)
    stream.seek(here)
    decoder = _decoder(stream)
    for _ in range(count):
        value, end = _next(decoder), stream.tell()
        yield value, data[here:end]
        here = end
    if here != len(data):
        raise Malformed("This message has more bytes than it should.")


def head_of(cls: type[Record]) -> bytes:
    """The bytes that stand before a record's fields when it is on its own."""
    return b"\x82" + dumps(cls.NUMBER)


def array_head(count: int) -> bytes:
    """How the bytes of an array of that many items begin (RFC 8949, 3.1). Raises Malformed above 65,535."""
    if count < 24:
        return bytes([0x80 + count])
    if count > 0xFFFF:
        raise Malformed("This message has more parts than it should.")
    return b"\x98" + bytes([count]) if count < 256 else b"\x99" + count.to_bytes(2, "big")


def array_start(data: bytes, start: int) -> tuple[int, int]:
    """(number of items, where the first one begins) of the array that begins at `start`. Raises Malformed."""
    first = data[start] if start < len(data) else 0
    more = {0x98: 1, 0x99: 2}.get(first, 0)
    if not (0x80 <= first <= 0x97 or more):
        raise Malformed("This message is damaged or was not made by Posta.")
    count = int.from_bytes(data[start + 1 : start + 1 + more], "big") if more else first - 0x80
    return count, start + 1 + more


def _stream(data: bytes) -> io.BytesIO:
    if len(data) > MAX_BYTES:
        raise Malformed("This message is larger than 16 MiB.")
    return io.BytesIO(data)


def _decoder(stream: io.BytesIO) -> cbor2.CBORDecoder:
    return cbor2.CBORDecoder(
        stream,
        semantic_decoders=_AS_THEY_ARE,
        max_depth=MAX_DEPTH,
        allow_indefinite=False,
        allow_duplicate_keys=False,
    )


def _next(decoder: cbor2.CBORDecoder) -> Any:
    try:
        return decoder.decode()
    except (cbor2.CBORDecodeError, ValueError, ArithmeticError, TypeError, MemoryError) as error:
        raise Malformed("This message is damaged or was not made by Posta.") from error


def _wrapped(value: Record) -> list[Any]:
    if isinstance(value, UnknownRecord):
        return [value.kind, _Canonical(dict(value.unknown))]
    return [value.NUMBER, _to_map(value)]


def _unwrapped(raw: Any) -> Record:
    if not (isinstance(raw, (list, tuple)) and len(raw) == 2 and type(raw[0]) is int):
        raise Malformed("This message has no kind.")
    number, body = raw
    cls = record_class(number)
    if cls is None:
        return UnknownRecord(kind=number, unknown=_unknown(_mapping(body), set()))
    return _from_map(cls, body)


def _to_map(value: Record) -> dict[int, Any]:
    """Field number -> what goes out, numbers ascending, as canonical CBOR wants them."""
    body: dict[int, Any] = {}
    for name, number, default, exact, out, _ in _plan(type(value)):
        got = getattr(value, name)
        if got != default or default is MISSING:
            body[number] = got if type(got) is exact else out(got)
    if not value.unknown:
        return body
    for number, strange in value.unknown:
        body.setdefault(number, _Canonical(strange))
    return dict(sorted(body.items()))


def _from_map(cls: type[Record], raw: Any) -> Record:
    body, (ways, shared) = _mapping(raw), _reading(cls)
    if shared is None:
        return _built(cls, body, ways)
    key = tuple(body.items())
    try:
        made = shared.get(key)
    except (TypeError, RuntimeError):  # a list, or a tag around one, in what we do not know
        return _built(cls, body, ways)
    if made is None:
        made = _built(cls, body, ways)
        if len(shared) >= _SHARED:
            shared.clear()
        if not made.unknown:  # there, 1 and True would be one key
            shared[key] = made
    return made


def _built(cls: type[Record], body: dict[int, Any], ways: "_Ways") -> Record:
    values: dict[str, Any] = {}
    for number, got in body.items():
        way = ways.get(number)
        if way is not None:
            values[way[0]] = got if type(got) is way[1] else way[2](got)
    if len(values) != len(body):
        values["unknown"] = _unknown(body, set(ways))
    try:
        return made_of(cls, values)
    except TypeError as error:
        raise _misfit(cls, values) from error


def _misfit(cls: type[Record], values: dict[str, Any]) -> Malformed:
    lacking = next(item.name for item in _plan(cls) if item.default is MISSING and item.name not in values)
    return Malformed("A {kind} without its {field}.", kind=cls.__name__, field=lacking)


def _mapping(raw: Any) -> dict[int, Any]:
    if type(raw) is dict:
        for key in raw:
            if type(key) is not int or key < 0:
                break
        else:
            return raw
    raise Malformed("This message has no numbered fields.")


def _unknown(body: dict[int, Any], known: set[int]) -> tuple[tuple[int, object], ...]:
    return tuple(sorted((number, _frozen(value)) for number, value in body.items() if number not in known))


def _frozen(value: Any) -> Any:
    """Lists as tuples, so that what we do not know compares as it should."""
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return {key: _frozen(item) for key, item in value.items()} if isinstance(value, dict) else value


def _plan(cls: type[Record]) -> tuple[_Field, ...]:
    plan = _plans.get(cls)
    if plan is None:
        plan = _plans[cls] = _planned(cls)
    return plan


_plans: dict[type[Record], tuple[_Field, ...]] = {}


_Ways = dict[int, tuple[str, type | None, Way]]
"""Field number -> name, exact type, way back."""
_SHARED = 5000
"""Records of words alone (a code with its wording) come again and again: so many of a kind are made once."""


def _reading(cls: type[Record]) -> tuple[_Ways, dict[Any, Record] | None]:
    """How a kind is read, and those made already, if they are of words alone."""
    reading = _readings.get(cls)
    if reading is None:
        plan = _plan(cls)
        ways = {item.number: (item.name, item.exact, item.back) for item in plan}
        of_words = all(item.exact is str for item in plan)
        reading = _readings[cls] = (ways, {} if of_words else None)
    return reading


_readings: dict[type[Record], tuple[_Ways, dict[Any, Record] | None]] = {}


def _planned(cls: type[Record]) -> tuple[_Field, ...]:
    hints, numbers = typing.get_type_hints(cls), field_numbers(cls)
    plan = []
    for f in fields(cls):
        if f.name in numbers:
            hint = hints[f.name]
            out, back = _ways(hint, f"{cls.__name__}.{f.name}")
            plan.append(_Field(f.name, numbers[f.name], f.default, _exact(hint), out, back))
    return tuple(sorted(plan, key=lambda item: item.number))


def _exact(hint: Any) -> type | None:
    """The type whose values are the same inside and on the wire."""
    bare = getattr(hint, "__supertype__", hint)
    return bare if bare in (str, int, bool, bytes) else None


def _ways(hint: Any, where: str) -> tuple[Way, Way]:
    """How a value of that type goes out and comes back."""
    hint = getattr(hint, "__supertype__", hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [arg for arg in args if arg is not type(None)]
        out, back = _ways(inner, where)
        return (lambda v: None if v is None else out(v)), (lambda v: None if v is None else back(v))
    if origin is tuple:
        out, back = _ways(args[0], where)
        return (lambda v: [out(item) for item in _listed(v, where)]), (
            lambda v: tuple(back(item) for item in _listed(v, where))
        )
    if isinstance(hint, type) and issubclass(hint, Record):
        return _record_ways(hint, where)
    if isinstance(hint, type) and issubclass(hint, Word):
        return _word_ways(hint, where)
    if hint is datetime:
        return (lambda v: _micros(v, where)), lambda v: _moment(v, where)
    if hint is date:
        return (lambda v: _iso(v, where)), lambda v: _day(v, where)
    if hint is Decimal:
        return (lambda v: _finite(v, where)), lambda v: _finite(v, where)
    if hint is float:
        return (lambda v: _Canonical(_real(v, where))), lambda v: _real(v, where)
    if hint in (str, int, bool, bytes):
        return (lambda v: _typed(hint, v, where)), (lambda v: _typed(hint, v, where))
    raise TypeError(f"{where}: no way to encode {hint}")


def _word_ways(hint: type[Word], where: str) -> tuple[Way, Way]:
    known = {str(word.value): word for word in hint}

    def back(value: Any) -> Word:
        word = known.get(value) if type(value) is str else None
        return hint(_typed(str, value, where)) if word is None else word

    return (lambda v: _typed(str, v, where)), back


def _record_ways(hint: type[Record], where: str) -> tuple[Way, Way]:
    """Any record travels with its number; one of a known type as its fields alone."""

    def out(value: Any) -> Any:
        if not isinstance(value, hint) or (hint is not Record and type(value) is not hint):
            raise Malformed("{field} should be a {expected}.", field=where, expected=hint.__name__)
        return _wrapped(value) if hint is Record else _to_map(value)

    return out, (_unwrapped if hint is Record else lambda v: _from_map(hint, v))


def _typed(expected: type, value: Any, where: str) -> Any:
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        raise Malformed("{field} should be {expected}.", field=where, expected=expected.__name__)
    return str(value) if expected is str else value


def _real(value: Any, where: str) -> float:
    """A finite float; an int is taken for one."""
    real = value
    if type(value) is int and abs(value) <= 2**53:
        real = float(value)
    if type(real) is not float or not isfinite(real):
        raise Malformed("{field} is not a number.", field=where)
    return real


def _listed(value: Any, where: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise Malformed("{field} should be a list.", field=where)
    return value


def _micros(value: object, where: str) -> int:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Malformed("{field} needs a time with its zone.", field=where)
    return (value - _EPOCH) // _MICRO


def _moment(value: Any, where: str) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=_typed(int, value, where))
    except OverflowError as error:
        raise Malformed("{field} is not a time.", field=where) from error


def _iso(value: Any, where: str) -> str:
    if type(value) is not date:
        raise Malformed("{field} is not a date.", field=where)
    return value.isoformat()


def _day(value: Any, where: str) -> date:
    text = _typed(str, value, where)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("{field} is not a date.", field=where) from error
    if day.isoformat() != text:
        raise Malformed("{field} is not a date.", field=where)
    return day


def _finite(value: Any, where: str) -> Decimal:
    """A number people could have written; a billion zeros fit into ten bytes."""
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < MAX_DIGITS:
        return value
    raise Malformed("{field} is not a number.", field=where)
