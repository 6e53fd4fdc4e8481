# SPDX-License-Identifier: GPL-3.0-or-later
"""Each packet may carry the one or two before it again (RFC 2198): what one packet loses the next one brings.

Pure. A packet that was carried again has no sequence number of its own, only its timestamp.
"""

from dataclasses import dataclass

MAX_COPIES = 2
MAX_OFFSET = (1 << 14) - 1
"""Samples that a copy may be older than its packet (14 bits; 341 ms at 48 kHz)."""
MAX_COPY = (1 << 10) - 1
"""Bytes of a copy (10 bits)."""
MAX_PACKET = 1_200
"""Bytes of a packet with its copies, so that it fits any path."""
MAX_BLOCKS = 8
"""Copies that are read from a stranger's packet."""
_MORE = 0x80


class Damaged(ValueError):
    """These bytes are no packet of RFC 2198."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One packet of the codec; `at` is its first sample, counted by the sender (32 bits on the wire)."""

    at: int
    payload: bytes


def packed(now: Frame, before: tuple[Frame, ...], kind: int) -> bytes:
    """The packet of `now` with what fits of the frames `before` it, oldest first. `kind`: the codec's payload
    type.
    """
    if not 0 <= kind < _MORE:
        raise ValueError("a payload type has 7 bits")
    heads, bodies, size = b"", b"", len(now.payload) + 1
    for frame in _fitting(now, before):
        if size + 4 + len(frame.payload) > MAX_PACKET:
            continue
        size += 4 + len(frame.payload)
        offset_and_length = (now.at - frame.at) << 10 | len(frame.payload)
        heads += bytes([_MORE | kind]) + offset_and_length.to_bytes(3, "big")
        bodies += frame.payload
    return heads + bytes([kind]) + bodies + now.payload


def unpacked(data: bytes, at: int, kind: int) -> tuple[Frame, ...]:
    """The frames of a packet with timestamp `at`: copies first, oldest first, then its own.
    Blocks of another payload type are left out. Raises Damaged.
    """
    blocks, start = _heads(data)
    frames = []
    for number, (block_kind, offset, length) in enumerate(blocks):
        last = number == len(blocks) - 1
        body = data[start:] if last else data[start : start + length]
        if not last and len(body) < length:
            raise Damaged("shorter than it says")
        start += length
        if block_kind == kind and body:
            frames.append(Frame((at - offset) & 0xFFFFFFFF, body))
    return tuple(frames)


def _fitting(now: Frame, before: tuple[Frame, ...]) -> list[Frame]:
    return [
        frame
        for frame in before[-MAX_COPIES:]
        if 0 < now.at - frame.at <= MAX_OFFSET and 0 < len(frame.payload) <= MAX_COPY
    ]


def _heads(data: bytes) -> tuple[list[tuple[int, int, int]], int]:
    """(payload type, offset, length) of each block, and where the first body starts."""
    blocks: list[tuple[int, int, int]] = []
    position = 0
    while position < len(data):
        first = data[position]
        if not first & _MORE:
            return [*blocks, (first, 0, 0)], position + 1
        if position + 4 > len(data) or len(blocks) == MAX_BLOCKS:
            raise Damaged("blocks without end")
        word = int.from_bytes(data[position + 1 : position + 4], "big")
        blocks.append((first & 0x7F, word >> 10, word & MAX_COPY))
        position += 4
    raise Damaged("no packet of its own")
