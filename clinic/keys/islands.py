# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom to believe on a clinic's own network: only a computer of the staff that the trust log knows, by its own signature.

The network proves nothing. An announcement is a hint where to look; a paper counts with the certificate that was shown with it.
"""

from datetime import datetime

from clinic.domain.clock import milliseconds
from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId
from clinic.keys.hashing import digest, same
from clinic.keys.identity import DeviceKeys, device_id, verify
from clinic.keys.roster import TrustLog
from clinic.protocol.codec import dumps
from clinic.protocol.island import PAPER_CONTEXT, IslandPaper
from clinic.protocol.trust import DeviceKind

MARK_BYTES = 6


class IslandRefused(Refusal):
    """What was found on the network is not believed: nothing was said to it."""


def organization_mark(fingerprint: bytes) -> str:
    """12 hex digits that tell a clinic's own islands from a neighbour's, and nobody else anything."""
    return digest(fingerprint, b"posta island", MARK_BYTES).hex()


def paper_message(fingerprint: bytes, device: DeviceId, certificate: bytes, made_at: datetime) -> bytes:
    """What the computer that serves signs."""
    return PAPER_CONTEXT + dumps([fingerprint, device, certificate, milliseconds(made_at)])


def sign_paper(keys: DeviceKeys, fingerprint: bytes, certificate: bytes, made_at: datetime) -> IslandPaper:
    """`certificate`: the mark of the one the island shows."""
    device = device_id(keys.public.signing)
    signature = keys.sign(paper_message(fingerprint, device, certificate, made_at))
    return IslandPaper(device=device, certificate=certificate, made_at=made_at, signature=signature)


def may_serve(log: TrustLog, device: DeviceId) -> None:
    """Raises IslandRefused unless that is a computer of the staff, admitted and not revoked."""
    known = log.device(device)
    if known is None:
        raise IslandRefused("A computer on this network says it serves your clinic, but nobody admitted it.")
    if log.is_revoked(device):
        raise IslandRefused("A computer on this network that was revoked says it serves your clinic.")
    if known.kind != DeviceKind.DESKTOP:
        raise IslandRefused("Only a computer of the staff may serve this network, and this is none.")


def check_paper(log: TrustLog, paper: IslandPaper, shown: bytes) -> None:
    """`shown`: the mark of the certificate that came with it. Raises IslandRefused."""
    may_serve(log, paper.device)
    known = log.device(paper.device)
    message = paper_message(log.fingerprint, paper.device, paper.certificate, paper.made_at)
    if known is None or not verify(known.signing_key, message, paper.signature):
        raise IslandRefused("What a computer on this network shows was not signed by the computer it names.")
    if not same(paper.certificate, shown):
        raise IslandRefused(
            "A computer on this network shows another certificate than the one that was signed."
        )
