# SPDX-License-Identifier: GPL-3.0-or-later
"""Merkle trees over audit entries as RFC 6962, section 2.1 has them: SHA-256, leaves under 0x00, nodes under 0x01.

SHA-256 and not the BLAKE2b of the rest, so that any verifier of RFC 6962 can check a head without us.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that appending needs: roots of the full subtrees, the largest first, one for each bit of `size`."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def plus(self, leaf: bytes) -> "Frontier":
        """With one more leaf hash; O(log size)."""
        peaks, left = list(self.peaks), self.size
        while left & 1:
            leaf, left = node_hash(peaks.pop(), leaf), left >> 1
        return Frontier(self.size + 1, (*peaks, leaf))

    def root(self) -> bytes:
        """The root of the whole, 32 bytes."""
        if not self.peaks:
            return sha256().digest()
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256().digest()
    k = _split(len(leaves))
    return node_hash(root_of(leaves[:k]), root_of(leaves[k:]))


def inclusion(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The path (2.1.1) that shows leaf `index` in the tree, lowest first. Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return ()
    k = _split(len(leaves))
    if index < k:
        return (*inclusion(leaves[:k], index), root_of(leaves[k:]))
    return (*inclusion(leaves[k:], index - k), root_of(leaves[:k]))


def includes(root: bytes, size: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """True if the path leads from the leaf to the root."""
    if not 0 <= index < size:
        return False
    last, node = size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            node = node_hash(step, node)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = node_hash(node, step)
        index, last = index >> 1, last >> 1
    return last == 0 and node == root


def consistency(leaves: Sequence[bytes], old: int) -> tuple[bytes, ...]:
    """The proof (2.1.2) that the tree of the first `old` leaves is the beginning of this one. Raises IndexError."""
    if not 0 < old <= len(leaves):
        raise IndexError(old)
    return _subproof(leaves, old, whole=True)


def _subproof(leaves: Sequence[bytes], old: int, whole: bool) -> tuple[bytes, ...]:
    if old == len(leaves):
        return () if whole else (root_of(leaves),)
    k = _split(len(leaves))
    if old <= k:
        return (*_subproof(leaves[:k], old, whole), root_of(leaves[k:]))
    return (*_subproof(leaves[k:], old - k, whole=False), root_of(leaves[:k]))


def consistent(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """True if the proof shows that the tree of `old` leaves became the one of `size`."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    path = ([old_root] if old & (old - 1) == 0 else []) + list(proof)
    if not path:
        return False
    index, last = old - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    before = after = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            after = node_hash(after, step)
        index, last = index >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
