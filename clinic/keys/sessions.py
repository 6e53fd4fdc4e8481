# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device signs to get a session, and a root key to take an organisation over: a nonce, bound to whose centre is meant and
to what was seen of that centre.

A centre that hands another centre's nonce on gets a proof for itself, which the other one refuses: the organisation, the
life of its store, or the certificate is another. Where the two are of one organisation and neither speaks TLS itself, only
the link protects (docs/hostile.md).
"""

from clinic.keys.hashing import digest
from clinic.protocol.codec import dumps

OLD_CONTEXT, CONTEXT = b"posta session 1", b"posta session 2"
OLD_ROOT_CONTEXT, ROOT_CONTEXT = b"posta root 1", b"posta root 2"
BOUND, ROOT_BOUND = 2, 3
"""`Challenge.proofs` from which on a centre takes a session's bound proof, and a root key's, and no older form."""
NEWEST = ROOT_BOUND


def session_proof(fingerprint: bytes, server: str, certificate: bytes, nonce: bytes) -> bytes:
    """The message. `fingerprint`: of the organisation's trust log, as pinned when the device joined; `server`: the epoch
    the centre named; `certificate`: `certificate_mark` of the one it showed, b'' without TLS."""
    return CONTEXT + dumps([fingerprint, server, certificate, nonce])


def old_proof(nonce: bytes) -> bytes:
    """What centres took before they named their proofs; no newer centre takes it."""
    return OLD_CONTEXT + nonce


def root_proof(organization: str, server: str, certificate: bytes, nonce: bytes) -> bytes:
    """What a root key signs, from recovery sheets: they do not hold the log's fingerprint, so the organisation's id as the centre
    named it stands for it; the key is that organisation's alone. The rest as in `session_proof`."""
    return ROOT_CONTEXT + dumps([organization, server, certificate, nonce])


def old_root_proof(nonce: bytes) -> bytes:
    """What centres before ROOT_BOUND take."""
    return OLD_ROOT_CONTEXT + nonce


def certificate_mark(der: bytes) -> bytes:
    """32 bytes for a certificate in DER form."""
    return digest(der, b"posta tls cert")
