# SPDX-License-Identifier: GPL-3.0-or-later
"""The first protocol as its own small decoder: nothing of ours is imported. Strict where that program was strict, deaf to what
came later.

`tests/history/wire-first.json` is what the first server and its clients said to each other (2026-11-21, the commit "Sync
server: the book's contract and the routes, tested", run as it was): it is never written anew.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "history" / "wire-first.json").read_text("utf-8")
)


def sample(name: str) -> bytes:
    return bytes.fromhex(SAMPLES[name])


STATEMENTS = tuple(bytes.fromhex(text) for text in SAMPLES["trust"])


@dataclass(frozen=True)
class F:
    """A field as the first protocol knew it. `of`: what a list holds; `default`: ... where it was needed."""

    name: str
    type: type
    default: Any = ...
    of: Any = None


CURSOR = {1: F("scope", str), 2: F("seq", int)}
REFUSED = {1: F("env_no", int), 2: F("why", int), 3: F("sentence", str, "")}
SEQUENCED = {1: F("scope", str), 2: F("seq", int), 3: F("chain", bytes), 4: F("envelope", bytes)}
FIRST: dict[int, tuple[str, dict[int, F]]] = {
    310: ("Challenge", {1: F("nonce", bytes), 2: F("server", str), 3: F("organization", str, "")}),
    311: ("SessionRequest", {1: F("device", str), 2: F("nonce", bytes), 3: F("signature", bytes)}),
    312: ("Session", {1: F("token", str), 2: F("expires_at", int)}),
    313: ("TrustPart", {1: F("first", int), 2: F("statements", list, [], bytes)}),
    320: ("Cursor", CURSOR),
    321: ("SyncRequest", {
        1: F("protocol_min", int, 1), 2: F("protocol_max", int, 1), 3: F("device", str), 4: F("incarnation", int),
        5: F("server_epoch", str, ""), 6: F("cursor_digest", bytes, b""), 7: F("cursors", list, [], CURSOR),
        8: F("all_cursors", bool, False), 9: F("trust_position", int, -1), 10: F("trust", list, [], bytes),
        11: F("envelopes", list, [], bytes), 12: F("byte_budget", int, 262_144), 13: F("sent_at", int),
    }),
    322: ("EnvelopeRefused", REFUSED),
    323: ("Sequenced", SEQUENCED),
    324: ("SyncResponse", {
        1: F("protocol", int), 2: F("epoch", str), 3: F("acked_incarnation", int), 4: F("acked_env_no", int),
        5: F("refused", list, [], REFUSED), 6: F("trust", list, [], bytes), 7: F("trust_refused", str, ""),
        8: F("envelopes", list, [], SEQUENCED), 9: F("heads", list, [], CURSOR), 10: F("more", bool, False),
        11: F("want_cursors", bool, False), 12: F("server_time", int),
    }),
    325: ("Fault", {1: F("number", int), 2: F("sentence", str)}),
    330: ("JoinRequest", {
        1: F("device", str), 2: F("kind", str), 3: F("device_name", str), 4: F("device_signing_key", bytes),
        5: F("device_box_key", bytes), 6: F("user_name", str, ""), 7: F("user_signing_key", bytes, b""),
        8: F("user_box_key", bytes, b""), 9: F("mac", bytes, b""),
    }),
    331: ("JoinAnswer", {1: F("accepted", bool), 2: F("user", str, ""), 3: F("sentence", str, ""), 4: F("mac", bytes, b"")}),
}  # fmt: skip


def first(data: bytes, name: str) -> dict[str, Any]:
    """The fields of the record, by name. Raises ValueError for what the first program could not have read."""
    number, fields = cbor(data)
    said, known = FIRST[number]
    if said != name:
        raise ValueError(f"a {said}, not a {name}")
    return _fields(fields, known)


def _fields(raw: Any, known: dict[int, F]) -> dict[str, Any]:
    if list(raw) != sorted(raw):
        raise ValueError("fields out of order")
    found = {field.name: field.default for field in known.values()}
    for number, value in raw.items():
        if number in known:
            field = known[number]
            if type(value) is not field.type:
                raise ValueError(f"{field.name} is no {field.type.__name__}")
            found[field.name] = [_item(one, field.of) for one in value] if field.of else value
    lacking = [name for name, value in found.items() if value is ...]
    if lacking:
        raise ValueError(f"without {lacking}")
    return found


def _item(value: Any, of: Any) -> Any:
    if isinstance(of, dict):
        return _fields(value, of)
    if type(value) is not of:
        raise ValueError("another type in a list")
    return value


# CBOR, as much as is in a record


def cbor(data: bytes) -> Any:
    """The one item in `data`. Raises ValueError for anything longer than it need be, or with something after it."""
    value, end = _read(data, 0)
    if end != len(data):
        raise ValueError("more than one item")
    return value


def _read(data: bytes, at: int) -> tuple[Any, int]:
    major, low = data[at] >> 5, data[at] & 31
    if major == 7:
        return _simple(data, at, low)
    count, at = _count(data, at, low)
    if major == 0:
        return count, at
    if major == 1:
        return -1 - count, at
    if major in (2, 3):
        part = data[at : at + count]
        if len(part) < count:
            raise ValueError("cut short")
        return (part if major == 2 else part.decode()), at + count
    if major == 4:
        return _several(data, at, count)
    if major == 5:
        flat, at = _several(data, at, 2 * count)
        return dict(zip(flat[::2], flat[1::2], strict=True)), at
    inner, at = _read(data, at)
    return ("tag", count, inner), at


def _several(data: bytes, at: int, count: int) -> tuple[list[Any], int]:
    found = []
    for _ in range(count):
        value, at = _read(data, at)
        found.append(value)
    return found, at


def _count(data: bytes, at: int, low: int) -> tuple[int, int]:
    if low < 24:
        return low, at + 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}[low]
    count = int.from_bytes(data[at + 1 : at + 1 + size], "big")
    if count < {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[size]:
        raise ValueError("a number longer than it need be")
    return count, at + 1 + size


def _simple(data: bytes, at: int, low: int) -> tuple[Any, int]:
    if low in (20, 21, 22):
        return {20: False, 21: True, 22: None}[low], at + 1
    form, size = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}[low]
    return struct.unpack(form, data[at + 1 : at + 1 + size])[0], at + 1 + size
