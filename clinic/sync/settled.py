# SPDX-License-Identifier: GPL-3.0-or-later
"""A hash of what a device holds, the same on every device that holds the same, in whatever order it came."""

from collections.abc import Iterable
from hashlib import blake2b

from clinic.protocol.codec import encode
from clinic.protocol.op import Op


def state_hash(ops: Iterable[Op]) -> bytes:
    """BLAKE2b-256 over the sorted pairs (op id, hash of its bytes); an op held twice counts once."""
    pairs = {(op.id, blake2b(encode(op), digest_size=32).digest()) for op in ops}
    whole = blake2b(digest_size=32)
    for name, digest in sorted(pairs):
        text = name.encode()
        whole.update(len(text).to_bytes(4, "big") + text + digest)
    return whole.digest()
