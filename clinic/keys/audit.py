# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit chain of one device: every entry holds the hash of the one before, so a cut or rewritten chain
shows."""

from collections.abc import Iterable
from dataclasses import replace

from clinic.domain.facts import AuditEvent
from clinic.keys.hashing import digest, same
from clinic.protocol.codec import encode


def entry_hash(entry: AuditEvent) -> bytes:
    """BLAKE2b-256 of an entry."""
    return digest(encode(entry), b"posta audit")


def chained(entry: AuditEvent, before: bytes) -> AuditEvent:
    """The entry with the hash of the one before (b'' for the first)."""
    return replace(entry, previous=before)


def first_break(entries: Iterable[AuditEvent], before: bytes = b"", head: bytes | None = None) -> int | None:
    """Index of the first entry that does not follow, or None for a whole chain.

    With `head`, the hash somebody else saw last, a cut tail shows too: the index is then one past the last
    entry.
    """
    index, seen = 0, head is None or same(before, head)
    for index, entry in enumerate(entries, 1):
        if not same(entry.previous, before):
            return index - 1
        before = entry_hash(entry)
        seen = seen or (head is not None and same(before, head))
    return None if seen else index
