# SPDX-License-Identifier: GPL-3.0-or-later
"""The DTLS fingerprints of a session description (RFC 8122); apart,
because the engine needs nothing else of a call.
"""

import re

_FINGERPRINT = re.compile(r"^a=fingerprint:(\S+) (\S+)\s*$", re.MULTILINE)


def fingerprints(sdp: str) -> tuple[str, ...]:
    """The distinct ones, as `sha-256 AA:BB…`, sorted."""
    return tuple(sorted({f"{kind.lower()} {digest.upper()}" for kind, digest in _FINGERPRINT.findall(sdp)}))
