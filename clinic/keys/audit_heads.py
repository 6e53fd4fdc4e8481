# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of one device as a growing tree, and the heads it signs."""

from dataclasses import replace
from datetime import datetime

from clinic.domain.facts import AuditEvent, AuditHead
from clinic.domain.ids import DeviceId, FactId
from clinic.domain.record import Record, n, record
from clinic.keys.audit import chained, entry_hash
from clinic.keys.audit_tree import HASH_BYTES, Frontier, leaf_hash
from clinic.keys.hashing import digest
from clinic.keys.identity import DeviceKeys, verify
from clinic.protocol.codec import encode

HEAD_EVERY = 25
"""Entries after which a head is signed, whether or not anything leaves."""


@record(345)
class AuditTree(Record):
    """Where the audit of this device stands: one row of the store, whatever its length."""

    incarnation: int = n(1)
    size: int = n(2, default=0)
    peaks: tuple[bytes, ...] = n(3, default=())
    since: bytes = n(4, default=b"")
    """Leaf hashes no head has told yet."""
    last: bytes = n(5, default=b"")
    """Hash of the last entry."""
    at: datetime | None = n(6, default=None)
    """When the last entry was written, by the clock here."""


def grown(tree: AuditTree, entry: AuditEvent, at: datetime) -> tuple[AuditTree, AuditEvent]:
    """The tree with one more entry, and the entry with its place in it."""
    entry = replace(chained(entry, tree.last), sequence=tree.size + 1, incarnation=tree.incarnation)
    leaf = leaf_of(entry)
    grew = Frontier(tree.size, tree.peaks).plus(leaf)
    return replace(
        tree, size=grew.size, peaks=grew.peaks, since=tree.since + leaf, last=entry_hash(entry), at=at
    ), entry  # fmt: skip


def headed(
    tree: AuditTree, id: FactId, device: DeviceId, keys: DeviceKeys, at: datetime
) -> tuple[AuditTree, AuditHead]:
    """The tree with everything told, and the signed head that tells it."""
    head = AuditHead(
        id=id, device=device, incarnation=tree.incarnation, size=tree.size,
        root=Frontier(tree.size, tree.peaks).root(), at=at, leaves=tree.since,
    )  # fmt: skip
    return replace(tree, since=b""), replace(head, device_signature=keys.sign(_said(head)))


def untold(tree: AuditTree) -> int:
    """How many entries no head has told yet."""
    return len(tree.since) // HASH_BYTES


def head_signed_by(head: AuditHead, signing_key: bytes) -> bool:
    """True if the holder of that key signed the head."""
    return verify(signing_key, _said(head), head.device_signature)


def leaf_of(entry: AuditEvent) -> bytes:
    """The leaf hash of an entry, 32 bytes."""
    return leaf_hash(encode(entry))


def _said(head: AuditHead) -> bytes:
    return digest(encode(replace(head, device_signature=b"")), b"posta audit head")
