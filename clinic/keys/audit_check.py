# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the audit of a device whole? Its entries against each other and against every head that anybody kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from clinic.domain.facts import AuditEvent, AuditHead
from clinic.domain.ids import DeviceId
from clinic.keys.audit import entry_hash
from clinic.keys.audit_heads import head_signed_by, leaf_of
from clinic.keys.audit_tree import HASH_BYTES, Frontier
from clinic.keys.roster import TrustLog


@dataclass(frozen=True, slots=True)
class Bad:
    """The first entry that is not as it was written. `index` counts from 1 within its incarnation; `incarnation` 0 is
    what was written before there were trees. `at`: time of what stands there, or of the head that knew it."""

    device: DeviceId
    incarnation: int
    index: int
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """One device: how many entries hold, how many of them a signed head covers, and the first that does not."""

    device: DeviceId
    entries: int
    covered: int
    bad: Bad | None


def check_audit(
    entries: Iterable[AuditEvent], heads: Iterable[AuditHead], log: TrustLog
) -> tuple[Checked, ...]:
    """Every device of the entries and heads. Entries are expected in the order in which they were written."""
    of: dict[DeviceId, tuple[list[AuditEvent], list[AuditHead]]] = {}
    for entry in entries:
        of.setdefault(entry.device, ([], []))[0].append(entry)
    for head in heads:
        of.setdefault(head.device, ([], []))[1].append(head)
    return tuple(_device(device, *of[device], log) for device in sorted(of))


def _device(device: DeviceId, entries: list[AuditEvent], heads: list[AuditHead], log: TrustLog) -> Checked:
    covered, bad = 0, None
    runs = sorted({e.incarnation for e in entries} | {h.incarnation for h in heads})
    known = log.device(device)
    for run in runs:
        mine = [e for e in entries if e.incarnation == run]
        told, found = _told([h for h in heads if h.incarnation == run], known.signing_key if known else b"")
        if run == 0:
            after = next((e for e in entries if e.incarnation and e.sequence == 1), None)
            found = _old(mine, after)
        bad = bad or found or _walk(device, run, mine, told)
        covered += min(len(told), len(mine))
    if bad is None and known is None and entries:
        bad = _bad(entries[0], 1, "the trust log knows no such device")
    return Checked(device, len(entries), covered, bad)


def _told(heads: Sequence[AuditHead], key: bytes) -> tuple[list[tuple[bytes, datetime]], Bad | None]:
    """The leaf hashes that signed heads tell, with the time of the head; and the first place where they disagree."""
    told: list[tuple[bytes, datetime]] = []
    frontiers = [Frontier()]
    for head in sorted(heads, key=lambda h: (h.size, h.at, h.id)):
        leaves = [head.leaves[i : i + HASH_BYTES] for i in range(0, len(head.leaves), HASH_BYTES)]
        start = head.size - len(leaves)
        if not head_signed_by(head, key):
            return told, _head_bad(head, start + 1, "its head is not signed by the device")
        if start < 0 or start > len(told):
            return told, _head_bad(head, len(told) + 1, "a head that told it is missing")
        for index, leaf in enumerate(leaves, start):
            if index < len(told) and told[index][0] != leaf:
                return told, _head_bad(
                    head, index + 1, "the device signed two different entries in this place"
                )
            if index == len(told):
                told.append((leaf, head.at))
                frontiers.append(frontiers[-1].plus(leaf))
        if frontiers[head.size].root() != head.root:
            return told, _head_bad(head, start + 1, "its head tells another past than the heads before")
    return told, None


def _walk(
    device: DeviceId, run: int, entries: Sequence[AuditEvent], told: Sequence[tuple[bytes, datetime]]
) -> Bad | None:
    """Each entry in its place, following the one before, and as its head told it."""
    if run == 0:
        return None
    for index, entry in enumerate(entries):
        if entry.sequence < index + 1:
            return _bad(entry, index + 1, "an entry stands here a second time or was put in between")
        if entry.sequence > index + 1:
            return _bad(entry, index + 1, "the entry is missing, or another stands in its place")
        if index < len(told) and told[index][0] != leaf_of(entry):
            return _bad(entry, index + 1, "the entry was changed after it was written")
        if index and entry.previous != entry_hash(entries[index - 1]):
            # past the heads only the chain speaks: the changed one is the one that the next does not vouch for
            wrong = index if index <= len(told) else index - 1
            return _bad(entries[wrong], wrong + 1, "the entry was changed after it was written")
    if len(entries) < len(told):
        why = "the entry is missing: the end was cut off"
        return Bad(device, run, len(entries) + 1, told[len(entries)][1], why)
    return None


def _old(entries: Sequence[AuditEvent], after: AuditEvent | None) -> Bad | None:
    """What was written before there were trees: each names the hash of the one before, and the first of the tree the
    last of these."""
    before = b""
    for index, entry in enumerate(entries):
        if entry.previous != before:
            changed = max(index - 1, 0)
            return _bad(entries[changed], changed + 1, "the entry was changed, or one after it is missing")
        before = entry_hash(entry)
    if after is not None and entries and after.previous != before:
        return _bad(entries[-1], len(entries), "the entry was changed, or one after it is missing")
    return None


def _bad(entry: AuditEvent, index: int, why: str) -> Bad:
    return Bad(entry.device, entry.incarnation, index, entry.recorded_at, why)


def _head_bad(head: AuditHead, index: int, why: str) -> Bad:
    return Bad(head.device, head.incarnation, index, head.at, why)
