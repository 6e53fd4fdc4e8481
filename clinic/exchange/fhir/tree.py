# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON of strangers as plain values, and back without loss: decimals keep their digits, keys their order.

What could hurt is refused before it does: size, depth, counts, long numbers, keys said twice.
"""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from clinic.domain.errors import Refusal

Json = dict[str, Any]

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 100
MAX_VALUES = 3_000_000
MAX_NUMBER = 64
"""Characters of a number; FHIR asks for 18 significant digits."""
_COMPRESSED = (b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf")


class NotJson(Refusal):
    """The file cannot be read as JSON. The sentence says what to send instead."""


def parse(data: bytes) -> Any:
    """The tree of a JSON text in UTF-8. Raises NotJson with what is wrong and where."""
    _check_outside(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson("This file is not JSON in UTF-8. Export it again as FHIR JSON.") from error
    try:
        tree = json.loads(
            text, parse_float=_decimal, parse_int=_whole, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise NotJson(
            "This file is not JSON: line {line}, column {column}. Export it again.",
            line=error.lineno,
            column=error.colno,
        ) from error
    except RecursionError as error:
        raise NotJson("This file is nested deeper than any record is. It was not read.") from error
    if depth(tree) > MAX_DEPTH:
        raise NotJson("This file is nested deeper than any record is. It was not read.")
    return tree


def text(tree: Any) -> str:
    """Compact JSON. A text that no UTF-8 can carry (half a surrogate) is written in escapes."""
    written = "".join(_parts(tree, encode_basestring))
    try:
        written.encode()
    except UnicodeEncodeError:
        return "".join(_parts(tree, encode_basestring_ascii))
    return written


def depth(tree: Any) -> int:
    """How many lists and objects lie inside each other."""
    level, row = 0, [tree]
    while row:
        row = [
            inner
            for value in row
            if isinstance(value, (dict, list))
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        level += 1
    return level


def _check_outside(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise NotJson("This file is larger than 64 MiB. Split it, one patient a file.")
    if data.startswith(_COMPRESSED):
        raise NotJson("This file is compressed. Unpack it first, then import what is inside.")
    if not data.strip():
        raise NotJson("This file is empty.")
    if data.count(b",") + data.count(b":") > MAX_VALUES:
        raise NotJson("This file holds more than 3 million values. Split it, one patient a file.")


def _object(pairs: list[tuple[str, Any]]) -> Json:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise NotJson(
            "This file says {key} twice in one object, so it can be read two ways. Export it again.",
            key=twice[:60],
        )
    return made


def _decimal(digits: str) -> Decimal:
    try:
        if len(digits) <= MAX_NUMBER:
            return Decimal(digits)
    except InvalidOperation:  # an exponent of more than 18 digits
        pass
    raise NotJson("This file has a number that is too long: {number} …", number=digits[:20])


def _whole(digits: str) -> int:
    if len(digits) > MAX_NUMBER:
        raise NotJson("This file has a number that is too long: {number} …", number=digits[:20])
    return int(digits)


def _constant(word: str) -> None:
    raise NotJson("This file has {word} where a number should be.", word=word)


def _parts(value: Any, quote: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield quote(value)
    elif isinstance(value, dict):
        mark = "{"
        for key, inner in value.items():
            yield f"{mark}{quote(key)}:"
            yield from _parts(inner, quote)
            mark = ","
        yield "}" if value else "{}"
    elif isinstance(value, list):
        mark = "["
        for inner in value:
            yield mark
            yield from _parts(inner, quote)
            mark = ","
        yield "]" if value else "[]"
    else:
        yield _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
