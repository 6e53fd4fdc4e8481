# SPDX-License-Identifier: GPL-3.0-or-later
"""The envelope: signature, header in clear, sealed body. The server stores it as bytes and never opens it.

On the wire: CBOR array `[signature (64), header bytes, body bytes]`. The signature covers
``b"posta envelope 1" + header + body``; the header is the AEAD's additional data.
"""

from dataclasses import dataclass

from clinic.domain.ids import DeviceId, ScopeId, TeamId
from clinic.domain.record import Record, n, record
from clinic.protocol.codec import Malformed, decode, dumps, loads
from clinic.protocol.snapshots import Attested, Part

SIGNING_CONTEXT = b"posta envelope 1"
MAX_ENVELOPE = 64 * 1024
MAX_WIRE = MAX_ENVELOPE + 1024
"""Bytes of an envelope as it travels, with its signature and wrapping."""
MAX_COUNT = 2**62

# how a body is sealed (the header's `alg` byte)
ALG_SCOPE_KEY = 1
"""XChaCha20-Poly1305 under HKDF(scope key, salt)."""
ALG_TEAM_BOX = 2
"""A fresh key in a SealedBox to the team's epoch key (kiosk, gateway), then as 1."""
ALG_KEY_GRANT = 3
"""The scope key itself in a SealedBox to the team's epoch key."""

P0_ALERT, P1_TALK, P2_RECORD, P3_THUMBNAIL, P4_ATTACHMENT = range(5)
P3_SNAPSHOT = P3_THUMBNAIL
"""Snapshots and their attestations; thumbnails lie inside facts."""


@record(302)
class Header(Record):
    """`env_no`: this device's running number in this incarnation; `scope_no`: the same within the scope."""

    version: int = n(1)
    alg: int = n(2)
    scope: ScopeId = n(3)
    team: TeamId = n(4)
    device: DeviceId = n(5)
    incarnation: int = n(6)
    env_no: int = n(7)
    scope_no: int = n(8)
    key_epoch: int = n(9)
    salt: bytes = n(10)
    priority: int = n(11, default=P2_RECORD)
    dictionary: int = n(12, default=0)
    key_id: bytes = n(13, default=b"")
    """First 8 bytes of BLAKE2b of the scope key, when `alg` is 1."""
    part: Part | None = n(14, default=None)
    """It is part of a snapshot; programs that do not know it find no ops inside."""
    attests: Attested | None = n(15, default=None)
    """Its sender attests a snapshot; nothing is inside."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sealed bytes and their parsed header."""

    signature: bytes
    header_bytes: bytes
    body: bytes
    header: Header

    @property
    def signed(self) -> bytes:
        """The bytes the signature covers."""
        return SIGNING_CONTEXT + self.header_bytes + self.body


def pack(envelope: Envelope) -> bytes:
    """Wire bytes."""
    return dumps([envelope.signature, envelope.header_bytes, envelope.body])


def unpack(data: bytes) -> Envelope:
    """The envelope in wire bytes, its header checked for form only. Raises Malformed."""
    if len(data) > MAX_WIRE:
        raise Malformed("This envelope is larger than 64 kB.")
    raw = loads(data)
    if not (isinstance(raw, list) and len(raw) == 3 and all(isinstance(part, bytes) for part in raw)):
        raise Malformed("This is not an envelope.")
    signature, header_bytes, body = raw
    if len(signature) != 64:
        raise Malformed("This envelope has no signature.")
    header = decode(header_bytes, Header)
    counts = (header.incarnation, header.env_no, header.scope_no, header.key_epoch)
    if not all(0 <= count < MAX_COUNT for count in (*counts, *_counts(header))):
        raise Malformed("This envelope counts as no device counts.")
    envelope = Envelope(signature, header_bytes, body, header)
    if pack(envelope) != data:
        raise Malformed("This envelope was wrapped anew on its way.")
    return envelope


def _counts(header: Header) -> tuple[int, ...]:
    """Of a part and an attestation."""
    said: list[int] = []
    if header.part is not None:
        said += [header.part.seq, header.part.number, header.part.of]
        said += [count for one in header.part.covered for count in (one.incarnation, one.up_to)]
    if header.attests is not None:
        said += [header.attests.up_to, header.attests.parts]
    return tuple(said)
