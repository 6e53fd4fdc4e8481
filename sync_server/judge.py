# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of an envelope that need no database: form, size, sender, signature, revocation, and the right
to that scope."""

from collections.abc import Iterable
from dataclasses import dataclass

from clinic.domain.ids import DeviceId, TeamId, org_scope, team_scope
from clinic.keys.roster import TrustLog
from clinic.keys.sealing import NotAccepted, check_envelope
from clinic.protocol.codec import Malformed
from clinic.protocol.envelope import MAX_WIRE, P4_ATTACHMENT, Envelope, Header, unpack
from clinic.protocol.sync import EnvelopeRefused, Refused
from clinic.sync.exchange import envelope_hash
from sync_server.access import Rights, rights_of
from sync_server.book.port import EVERYBODY, Incoming

MAX_NUMBER = 2**62
_MAX_SCOPE = 128


def judge(log: TrustLog, rights: Rights, incarnation: int, wires: Iterable[bytes]) -> tuple[Incoming, ...]:
    """Each envelope with what is wrong about it, if anything. An unreadable one takes the number after the
    one before it."""
    items: list[Incoming] = []
    last: int | None = None
    for wire in wires:
        item = _judged(log, rights, incarnation, wire, None if last is None else last + 1)
        items.append(item)
        if item.refusal is None or item.refusal.why != Refused.WRONG_SENDER:
            last = item.env_no
    return tuple(items)


@dataclass(frozen=True, slots=True)
class Author:
    """What was brought of one device that is not the one that brought it. `writes`: what the author may write to."""

    device: DeviceId
    incarnation: int
    items: tuple[Incoming, ...]
    writes: frozenset[TeamId]


def judge_carried(log: TrustLog, wires: Iterable[bytes]) -> tuple[tuple[Author, ...], int]:
    """Each author's envelopes by number, under the author's own rights; and how many are nobody's.

    Who brought them adds nothing to those rights and takes nothing away. What is refused keeps its number free
    (`Push.carried`): the author brings it and hears why.
    """
    found: dict[tuple[DeviceId, int], list[tuple[int, bytes]]] = {}
    stray = 0
    for wire in wires:
        try:
            header = unpack(wire).header
        except Malformed:
            stray += 1
            continue
        found.setdefault((header.device, header.incarnation), []).append((header.env_no, wire))
    authors: list[Author] = []
    for (device, incarnation), numbered in sorted(found.items(), key=lambda one: one[0]):
        rights = rights_of(log, device)
        if rights is None or not 0 <= incarnation < MAX_NUMBER:
            stray += len(numbered)
            continue
        items = judge(log, rights, incarnation, (wire for _, wire in sorted(numbered)))
        authors.append(Author(device, incarnation, items, rights.writes))
    return tuple(authors), stray


def _judged(log: TrustLog, rights: Rights, incarnation: int, wire: bytes, expected: int | None) -> Incoming:
    digest = envelope_hash(wire)
    if len(wire) > MAX_WIRE:
        return _unread(expected, wire, digest, Refused.TOO_LARGE, "An envelope holds at most 64 kB.")
    try:
        envelope = unpack(wire)
    except Malformed as problem:
        return _unread(expected, wire, digest, Refused.MALFORMED, problem.sentence)
    header = envelope.header
    if not (
        1 <= header.env_no < MAX_NUMBER and 0 < len(header.scope) <= _MAX_SCOPE and "\0" not in header.scope
    ):
        return _unread(expected, wire, digest, Refused.MALFORMED, "This envelope's header cannot be.")
    tag = EVERYBODY if header.scope.startswith("o:") else header.team
    priority = min(max(header.priority, 0), P4_ATTACHMENT)
    refusal = _refusal(log, rights, incarnation, envelope)
    return Incoming(header.env_no, wire, digest, header.scope, tag, priority, refusal)


def _unread(number: int | None, wire: bytes, digest: bytes, why: Refused, sentence: str) -> Incoming:
    return Incoming(
        number, wire, digest, refusal=EnvelopeRefused(env_no=number or 0, why=why, sentence=sentence)
    )


def _refusal(log: TrustLog, rights: Rights, incarnation: int, envelope: Envelope) -> EnvelopeRefused | None:
    header = envelope.header
    if (header.device, header.incarnation) != (rights.device, incarnation):
        return _because(header, Refused.WRONG_SENDER, "This envelope is not of the device that sent it.")
    try:
        check_envelope(envelope, log)
    except NotAccepted as no:
        return _because(header, no.why, no.sentence)
    if not _may_write(log, rights, header):
        return _because(header, Refused.NOT_ALLOWED, "This device may not write here.")
    return None


def _because(header: Header, why: Refused, sentence: str) -> EnvelopeRefused:
    return EnvelopeRefused(env_no=header.env_no, why=why, sentence=sentence)


def _may_write(log: TrustLog, rights: Rights, header: Header) -> bool:
    if header.scope == org_scope(log.organization().organization):
        return rights.staff
    if header.scope.startswith("t:") and header.scope != team_scope(header.team):
        return False
    return header.scope[:2] in ("p:", "t:") and header.team in rights.writes
