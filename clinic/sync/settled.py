# SPDX-License-Identifier: GPL-3.0-or-later
"""A hash of what a device holds, the same on every device that holds the same, in whatever order it came."""

from collections.abc import Iterable
from hashlib import blake2b

from clinic.protocol.codec import encode
from clinic.protocol.op import Op

DIGEST = 8
"""Bytes of a settled hash: it finds damage, it keeps nobody out."""


def state_hash(ops: Iterable[Op]) -> bytes:
    """BLAKE2b-256 over the sorted pairs (op id, hash of its bytes); an op held twice counts once."""
    return _whole((op.id, encode(op)) for op in ops)


def settled_hash(bodies: Iterable[tuple[str, bytes]]) -> bytes:
    """The same of (op id, bytes as they are kept), the first DIGEST bytes."""
    return _whole(bodies)[:DIGEST]


def _whole(bodies: Iterable[tuple[str, bytes]]) -> bytes:
    pairs = {(name, blake2b(body, digest_size=32).digest()) for name, body in bodies}
    whole = blake2b(digest_size=32)
    for name, digest in sorted(pairs):
        text = name.encode()
        whole.update(len(text).to_bytes(4, "big") + text + digest)
    return whole.digest()
