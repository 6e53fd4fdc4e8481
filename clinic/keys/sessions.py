# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device signs to get a session: a nonce, bound to whose centre the device means and to what it saw of that centre.

A centre that hands another centre's nonce on gets a proof for itself, which the other one refuses: the organisation, the
life of its store, or the certificate is another. Where the two are of one organisation and neither speaks TLS itself, only
the link protects (docs/hostile.md).
"""

from clinic.keys.hashing import digest
from clinic.protocol.codec import dumps

OLD_CONTEXT, CONTEXT = b"posta session 1", b"posta session 2"
NEWEST = 2
"""`Challenge.proofs` of a centre that takes the bound proof, and no other."""


def session_proof(fingerprint: bytes, server: str, certificate: bytes, nonce: bytes) -> bytes:
    """The message. `fingerprint`: of the organisation's trust log, as pinned when the device joined; `server`: the epoch
    the centre named; `certificate`: `certificate_mark` of the one it showed, b'' without TLS."""
    return CONTEXT + dumps([fingerprint, server, certificate, nonce])


def old_proof(nonce: bytes) -> bytes:
    """What centres took before they named their proofs; no newer centre takes it."""
    return OLD_CONTEXT + nonce


def certificate_mark(der: bytes) -> bytes:
    """32 bytes for a certificate in DER form."""
    return digest(der, b"posta tls cert")
