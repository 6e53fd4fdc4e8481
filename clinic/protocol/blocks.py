# SPDX-License-Identifier: GPL-3.0-or-later
"""A body that comes in blocks, each of which is taken in when it is there: a CBOR sequence (RFC 8742) of byte strings."""

from collections.abc import Iterator

from clinic.protocol.codec import Malformed

SEQUENCE = "application/cbor-seq"
_SHORT, _ONE, _FOUR = 0x40, 0x58, 0x5A
"""Heads of a byte string (RFC 8949, 3.1): the length in the head, in the byte after it; with 1 and 2 more, in 2 and 4 bytes."""


def block(data: bytes) -> bytes:
    """One block as it travels. At most 4 GiB."""
    size = len(data)
    if size < _ONE - _SHORT:
        return bytes([_SHORT + size]) + data
    extra = next(power for power in range(3) if size < 1 << (8 << power))
    return bytes([_ONE + extra]) + size.to_bytes(1 << extra, "big") + data


def bytes_after(head: bytes, data: bytes) -> bytes | None:
    """The byte string that follows `head` and ends the data; None for anything else."""
    begin = len(head)
    if not data.startswith(head) or len(data) == begin:
        return None
    first = data[begin]
    begin, size = begin + 1, first - _SHORT
    if _ONE <= first <= _FOUR:
        more = 1 << (first - _ONE)
        begin, size = begin + more, int.from_bytes(data[begin : begin + more], "big")
    elif not 0 <= size < _ONE - _SHORT:
        return None
    return data[begin:] if len(data) == begin + size else None


class Blocks:
    """Puts blocks together again out of whatever pieces arrive; none of more than `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, bytearray()

    def fed(self, data: bytes) -> Iterator[bytes]:
        """The blocks that are whole now. Raises Malformed."""
        self._held += data
        while (found := self._first()) is not None:
            yield found

    def end(self) -> None:
        """Raises Malformed if the last block was not whole."""
        if self._held:
            raise Malformed("This message ends too early. Send it again.")

    def _first(self) -> bytes | None:
        held = self._held
        if not held:
            return None
        begin, size = 1, held[0] - _SHORT
        if _ONE <= held[0] <= _FOUR:
            begin = 1 + (1 << (held[0] - _ONE))
            size = int.from_bytes(held[1:begin], "big")
        elif not 0 <= size < _ONE - _SHORT:
            raise Malformed("This message is damaged or was not made by Posta.")
        if len(held) < begin:
            return None
        if size > self._most:
            raise Malformed("This message would grow beyond what is taken at once.")
        if len(held) < begin + size:
            return None
        data = bytes(held[begin : begin + size])
        del held[: begin + size]
        return data
