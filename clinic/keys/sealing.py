# SPDX-License-Identifier: GPL-3.0-or-later
"""Envelopes: ops sealed to a scope's readers and signed by the device, and the way back.

Body key and nonce = BLAKE2b-448 keyed with the scope key (or with the fresh key in a SealedBox), salted
with the header's 16 random bytes, personalised `posta envelope 1`: 32 bytes of XChaCha20-Poly1305 key, then
24 of nonce. The header's bytes are the additional data. Contents: zstd with a dictionary, then PADMÉ (`clinic.keys.packing`).

A scope's key is derived from the key of the team that began it (`derived_scope_key`): who holds the team's key makes it
again, so it need not be told. A computer that does not hold the team's key draws one, and grants it.

A reader checks: `check_envelope` (form, signature, rights), counters (the sync machine), `open_envelope`
(decrypt, schema, and that every op is about the scope's patient).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent, AuditHead
from clinic.domain.ids import AUDITORS, DeviceId, ScopeId, TeamId, patient_of, team_scope
from clinic.keys.boxes import NONCE_BYTES, SEAL_OVERHEAD, lock, open_sealed, seal_to, unlock
from clinic.keys.epochs import TeamKeys
from clinic.keys.hashing import KEY_BYTES, SALT_BYTES, derive, digest, fresh_key, tag
from clinic.keys.identity import DeviceKeys, verify
from clinic.keys.packing import MAX_PLAIN, NEWEST_DICTIONARY, expand, squeeze, squeeze_hard
from clinic.keys.refusals import KeyMissing, TooLong, Unreadable
from clinic.keys.roster import Epoch, TrustLog
from clinic.protocol.codec import encode
from clinic.protocol.envelope import (
    ALG_KEY_GRANT,
    ALG_SCOPE_KEY,
    ALG_TEAM_BOX,
    MAX_ENVELOPE,
    P2_RECORD,
    SIGNING_CONTEXT,
    Envelope,
    Header,
)
from clinic.protocol.op import Ops, decode_ops
from clinic.protocol.snapshots import Attested, Part
from clinic.protocol.sync import Refused
from clinic.protocol.trust import DeviceKind

VERSION = 1
AUDIT = (AuditEvent, AuditHead)
"""What a computer seals to the auditors as well."""
_SURE_TO_FIT = MAX_ENVELOPE // 2
_MOST_PACKED = MAX_ENVELOPE - 1_024


class NotAccepted(Refusal):
    """An envelope nobody should take; `why` is the number a remote answers."""

    def __init__(self, why: Refused, sentence: str, **values: object) -> None:
        super().__init__(sentence, **values)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an envelope belongs: scope and team, and its running numbers."""

    scope: ScopeId
    team: TeamId
    device: DeviceId
    incarnation: int
    env_no: int
    scope_no: int
    priority: int = P2_RECORD
    part: Part | None = None
    attests: Attested | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """A scope's key, as it came out of a grant."""

    scope: ScopeId
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """Scope keys a reader holds: scope -> {key id: key}; the last added is the one to write with."""

    keys: Mapping[ScopeId, Mapping[bytes, bytes]] = field(default_factory=dict, repr=False)

    def plus(self, scope: ScopeId, key: bytes) -> "Keyring":
        """A keyring with one key more."""
        return Keyring({**self.keys, scope: {**self.keys.get(scope, {}), scope_key_id(key): key}})

    def key(self, scope: ScopeId, key_id: bytes) -> bytes | None:
        return self.keys.get(scope, {}).get(key_id)

    def newest(self, scope: ScopeId) -> bytes | None:
        """The key to seal with; None if this reader has none (then seal for the team, or make one and grant
        it)."""
        return next(reversed(list(self.keys.get(scope, {}).values())), None)


def new_scope_key(random: Random) -> bytes:
    """32 random bytes that open one patient's (or team's) scope."""
    return fresh_key(random)


def derived_scope_key(team_key: bytes, scope: ScopeId) -> bytes:
    """The key of a scope that a team begins in that epoch; `team_key`: the epoch's private half. From it nobody finds the team's
    key, or that of another scope."""
    return tag(team_key, scope.encode(), b"posta chart key")


def derived_key(scope: ScopeId, key_id: bytes, team_keys: TeamKeys) -> tuple[TeamId, bytes] | None:
    """The key of that name, and the team whose key leads to it; None if none of these does."""
    for (team, _), team_key in team_keys.items():
        key = derived_scope_key(team_key, scope)
        if scope_key_id(key) == key_id:
            return team, key
    return None


def scope_key_id(key: bytes) -> bytes:
    """8 bytes that name a scope key in headers without telling it."""
    return digest(key, b"posta scope key", 8)


def packed_ops(plain: bytes, thin: bool = False) -> bytes:
    """Encoded Ops as they lie in an envelope, not sealed yet. `thin`: a fortieth smaller, in five times the time."""
    return squeeze(plain, NEWEST_DICTIONARY, thin)


def packed_hard(held: Sequence[bytes]) -> bytes:
    """Encoded ops of a part of a snapshot as they lie in its envelope: made once and read often."""
    return squeeze_hard(encode(Ops(ops=(), held=tuple(held))), NEWEST_DICTIONARY)


def check_fits(plain: bytes) -> None:
    """Raises TooLong for encoded Ops that fit into no envelope."""
    if len(plain) > MAX_PLAIN or (len(plain) > _SURE_TO_FIT and len(packed_ops(plain)) > _MOST_PACKED):
        raise _too_long()


def seal_packed(
    packed: bytes, place: Place, scope_key: bytes, key_epoch: int, device_keys: DeviceKeys, random: Random
) -> Envelope:
    """What `packed_ops` gave, as an envelope for all who hold the scope key. Raises Refusal above 64 kB."""
    header = _header(place, ALG_SCOPE_KEY, key_epoch, random(SALT_BYTES), scope_key_id(scope_key))
    header_bytes = encode(header)
    return _signed(
        header, header_bytes, lock(*_body_key(scope_key, header), packed, header_bytes), device_keys
    )


def seal_for_team(ops: Ops, place: Place, epoch: Epoch, device_keys: DeviceKeys, random: Random) -> Envelope:
    """An envelope only the team can open, not even this device: kiosk and gateway. Raises Refusal above 64
    kB."""
    check_ops(ops, place.scope)
    plain = encode(ops)
    check_fits(plain)
    return box_packed(packed_ops(plain), place, epoch, device_keys, random)


def box_packed(
    packed: bytes, place: Place, epoch: Epoch, device_keys: DeviceKeys, random: Random
) -> Envelope:
    """What `packed_ops` gave, as an envelope only the team can open. Raises Refusal above 64 kB."""
    key = fresh_key(random)
    header = _header(place, ALG_TEAM_BOX, epoch.epoch, random(SALT_BYTES))
    header_bytes = encode(header)
    sealed = lock(*_body_key(key, header), packed, header_bytes)
    return _signed(header, header_bytes, seal_to(epoch.public_key, key) + sealed, device_keys)


def grant(scope_key: bytes, place: Place, epoch: Epoch, device_keys: DeviceKeys, random: Random) -> Envelope:
    """The scope's key itself, sealed to a team's present key."""
    header = _header(place, ALG_KEY_GRANT, epoch.epoch, random(SALT_BYTES), scope_key_id(scope_key))
    return _signed(header, encode(header), seal_to(epoch.public_key, scope_key), device_keys)


def check_envelope(envelope: Envelope, trust: TrustLog) -> None:
    """Signature, then the right to send it; needs no key, so a server asks it too. Raises NotAccepted."""
    header = envelope.header
    if (
        header.version != VERSION
        or header.alg not in (ALG_SCOPE_KEY, ALG_TEAM_BOX, ALG_KEY_GRANT)
        or header.read_only
    ):
        raise NotAccepted(Refused.MALFORMED, "This was sealed by a newer Posta. Update this computer.")
    device = trust.device(header.device)
    if device is None:
        raise NotAccepted(Refused.UNKNOWN_DEVICE, "This was sent by a computer that was not admitted.")
    if not verify(device.signing_key, envelope.signed, envelope.signature):
        raise NotAccepted(Refused.BAD_SIGNATURE, "This was not signed by the computer it names.")
    if trust.is_revoked(header.device, header.incarnation, header.env_no):
        raise NotAccepted(Refused.REVOKED, "This was sent by a computer after it had been revoked.")
    if header.alg != ALG_TEAM_BOX and device.kind == DeviceKind.KIOSK:
        raise NotAccepted(Refused.NOT_ALLOWED, "A kiosk writes to its team only.")
    if header.alg != ALG_TEAM_BOX and header.team and not carries_member(trust, header.device, header.team):
        raise NotAccepted(Refused.NOT_ALLOWED, "This was sent by somebody outside the team it names.")


def open_envelope(envelope: Envelope, keyring: Keyring, team_keys: TeamKeys) -> Ops | Granted:
    """What is inside, checked against its scope. Raises KeyMissing, Unreadable or Malformed."""
    header = envelope.header
    if header.alg == ALG_KEY_GRANT:
        return _granted(envelope, team_keys)
    if header.alg == ALG_SCOPE_KEY:
        key, body = keyring.key(header.scope, header.key_id), envelope.body
        if key is None:
            if (derived := derived_key(header.scope, header.key_id, team_keys)) is None:
                raise KeyMissing("The key of this record has not arrived yet.")
            key = derived[1]
    elif header.alg == ALG_TEAM_BOX:
        box, body = envelope.body[: KEY_BYTES + SEAL_OVERHEAD], envelope.body[KEY_BYTES + SEAL_OVERHEAD :]
        key = open_sealed(_team_key(header, team_keys), box)
    else:
        raise Unreadable("This was sealed by a newer Posta. Update this computer.")
    return _opened(envelope, key, body)


def check_ops(ops: Ops, scope: ScopeId) -> None:
    """Every op in a patient's scope is about that patient, and was written on that patient's chart; in a team's or
    the organisation's scope, which others read, none is about a patient, but for the auditors' copy of the audit. Raises
    Unreadable."""
    patient = patient_of(scope) or ""
    audited = scope == team_scope(AUDITORS)
    if any(
        (op.patient != patient or op.window not in ("", patient))
        and not (audited and isinstance(op.fact, AUDIT))
        for op in ops.ops
    ):
        raise Unreadable("This holds something about another patient than it says.")


def _opened(envelope: Envelope, key: bytes, body: bytes) -> Ops:
    ops = decode_ops(_unlocked(envelope, key, body))
    check_ops(ops, envelope.header.scope)
    return ops


def _unlocked(envelope: Envelope, key: bytes, body: bytes) -> bytes:
    header = envelope.header
    if len(key) != KEY_BYTES or len(header.salt) != SALT_BYTES:
        raise Unreadable("This was sealed by a newer Posta. Update this computer.")
    return expand(unlock(*_body_key(key, header), body, envelope.header_bytes), header.dictionary)


def _granted(envelope: Envelope, team_keys: TeamKeys) -> Granted:
    key = open_sealed(_team_key(envelope.header, team_keys), envelope.body)
    if len(key) != KEY_BYTES or scope_key_id(key) != envelope.header.key_id:
        raise Unreadable("This grant holds another key than it says.")
    return Granted(envelope.header.scope, key)


def _team_key(header: Header, team_keys: TeamKeys) -> bytes:
    key = team_keys.get((header.team, header.key_epoch))
    if key is None:
        raise KeyMissing(
            "The team's key has not reached this computer yet. A colleague's computer must be on-line once."
        )
    return key


def carries_member(trust: TrustLog, device: DeviceId, team: TeamId) -> bool:
    """Somebody on that device is, or was, a member: what was written then still counts."""
    known = trust.by_team.get(team)
    return known is not None and any(trust.user(member, device) is not None for member in known.ever)


def _header(place: Place, alg: int, key_epoch: int, salt: bytes, key_id: bytes = b"") -> Header:
    return Header(
        version=VERSION,
        alg=alg,
        scope=place.scope,
        team=place.team,
        device=place.device,
        incarnation=place.incarnation,
        env_no=place.env_no,
        scope_no=place.scope_no,
        key_epoch=key_epoch,
        salt=salt,
        priority=place.priority,
        dictionary=0 if alg == ALG_KEY_GRANT else NEWEST_DICTIONARY,
        key_id=key_id,
        part=place.part,
        attests=place.attests,
    )


def _body_key(key: bytes, header: Header) -> tuple[bytes, bytes]:
    both = derive(key, SIGNING_CONTEXT, header.salt, KEY_BYTES + NONCE_BYTES)
    return both[:KEY_BYTES], both[KEY_BYTES:]


def _signed(header: Header, header_bytes: bytes, body: bytes, device_keys: DeviceKeys) -> Envelope:
    if len(header_bytes) + len(body) > MAX_ENVELOPE:
        raise _too_long()
    return Envelope(device_keys.sign(SIGNING_CONTEXT + header_bytes + body), header_bytes, body, header)


def _too_long() -> TooLong:
    return TooLong("This is too long to be sent in one piece. Make it shorter, or attach it as a file.")
