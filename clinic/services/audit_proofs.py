# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit going out and being checked: as a proof that needs no store, and as FHIR AuditEvents."""

from dataclasses import dataclass
from datetime import datetime

from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent, AuditHead
from clinic.domain.ids import DeviceId, PatientId
from clinic.domain.record import Record, n, record
from clinic.exchange.fhir.context import FOREIGN, Outgoing
from clinic.exchange.fhir.kinds import resource_of
from clinic.exchange.fhir.links import full_url, resource_id
from clinic.exchange.fhir.times import instant
from clinic.exchange.fhir.tree import text
from clinic.keys.audit_check import Bad, Checked, check_audit
from clinic.keys.rights import Action
from clinic.keys.roster import statement_hash
from clinic.keys.trust import verify_all
from clinic.protocol.codec import Malformed, decode, encode
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs


@record(346)
class AuditFile(Record):
    """Everything a stranger needs to check an audit."""

    trust: tuple[bytes, ...] = n(1)
    entries: tuple[AuditEvent, ...] = n(2)
    heads: tuple[AuditHead, ...] = n(3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries go out: '' and None leave nothing out; from `since` and before `until`."""

    patient: PatientId = PatientId("")
    device: DeviceId = DeviceId("")
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, entry: AuditEvent) -> bool:
        return (
            self.patient in ("", entry.patient)
            and self.device in ("", entry.device)
            and (self.since is None or entry.recorded_at >= self.since)
            and (self.until is None or entry.recorded_at < self.until)
        )


def verify_audit(desk: Desk) -> tuple[Checked, ...]:
    """Every device's entries held here against its heads and the trust log. Raises Unavailable."""
    entries, heads = _held(desk)
    return check_audit(entries, heads, desk.trust)


def verify_file(
    data: bytes, fingerprint: bytes = b"", kept: bytes = b""
) -> tuple[bytes, tuple[Checked, ...]]:
    """The organisation's fingerprint and what the file comes to. `fingerprint`: the one it must have, b'' takes the
    file's own; `kept`: a colleague's file, whose heads count too. Raises Distrust, Refusal."""
    try:
        file = decode(data, AuditFile)
    except Malformed as other:
        raise Refusal(
            "This file is no proof of an audit, or was cut off. Make one with 'posta station export-audit --proof'."
        ) from other
    log = verify_all(file.trust, fingerprint or _claimed(file))
    heads = {head.id: head for head in (*file.heads, *(decode(kept, AuditFile).heads if kept else ()))}
    return log.fingerprint, check_audit(file.entries, heads.values(), log)


def _claimed(file: AuditFile) -> bytes:
    """The fingerprint a file claims. Refused for a file without a trust log."""
    if not file.trust:
        raise Refusal("This file holds no trust log, so nothing in it can be checked.")
    return statement_hash(file.trust[0])


@needs(Action.READ_AUDIT)
def proof_file(desk: Desk) -> bytes:
    """All entries and heads held here with the trust log; an export in the audit before a byte leaves."""
    desk.require_someone()
    audit(desk, "export", PatientId(""), entity="audit proof")
    entries, heads = _held(desk)
    return encode(AuditFile(trust=desk.trust.statements, entries=entries, heads=heads))


@needs(Action.READ_AUDIT)
def fhir_audit(desk: Desk, wanted: Wanted) -> tuple[bytes, int]:
    """A collection Bundle of AuditEvents and how many; an export in the audit before a byte leaves."""
    desk.require_someone()
    audit(desk, "export", wanted.patient, entity="audit, FHIR R4 Bundle")
    entries = [entry for entry in _held(desk)[0] if wanted.takes(entry)]
    names = {("Patient", str(e.patient)): full_url("Patient", e.patient) for e in entries if e.patient}
    to = Outgoing(names, {}, lambda attachment: None, {})
    told = [
        {
            "fullUrl": full_url("AuditEvent", e.id),
            "resource": {"resourceType": "AuditEvent", "id": resource_id(e.id)} | resource_of(e, to),
        }
        for e in entries
    ]
    at = instant(desk.clock.now())
    bundle = {"resourceType": "Bundle", "type": "collection", "timestamp": at} | ({"entry": told} if told else {})  # fmt: skip
    return text(bundle).encode(), len(told)


def sentence(bad: Bad) -> str:
    """The first bad entry in a sentence: which computer, which entry, when."""
    place = f"entry {bad.index}" + (
        f" of incarnation {bad.incarnation}" if bad.incarnation else " before the tree"
    )
    return f"Device {bad.device}, {place}, {bad.at.isoformat()}: {bad.why}."


def _held(desk: Desk) -> tuple[tuple[AuditEvent, ...], tuple[AuditHead, ...]]:
    """The clinic's own entries in the order their devices wrote them, and every head."""
    entries = desk.book.read(lambda page: page.ops_of(AuditEvent))
    heads = desk.book.read(lambda page: page.all_facts(AuditHead))
    ordered = sorted(entries, key=lambda op: op.stamp)
    facts = [op.fact for op in ordered if isinstance(op.fact, AuditEvent)]
    facts.sort(key=lambda e: (e.device, e.incarnation, e.sequence))
    return tuple(e for e in facts if not _foreign(e.device)), heads


def _foreign(device: DeviceId) -> bool:
    """True for what an imported file said of another system's computer."""
    return device.startswith(FOREIGN)
