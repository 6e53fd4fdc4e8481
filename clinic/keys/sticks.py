# SPDX-License-Identifier: GPL-3.0-or-later
"""The file on a stick: signed by the computer that wrote it, and whole or not taken at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from clinic.domain.errors import Refusal
from clinic.keys.identity import verify
from clinic.keys.roster import Distrust, TrustLog
from clinic.keys.trust import follow
from clinic.protocol.codec import Malformed, decode, dumps, encode, loads
from clinic.protocol.stick import STICK_CONTEXT, STICK_VERSION, StickManifest


class StickRefused(Refusal):
    """The file is not taken; nothing here has changed."""


@dataclass(frozen=True, slots=True)
class Stick:
    """What a file holds. `statements`: of the trust log, from its first one on."""

    manifest: StickManifest
    statements: tuple[bytes, ...]
    envelopes: tuple[bytes, ...]


def pack_stick(
    manifest: StickManifest, statements: Sequence[bytes], envelopes: Sequence[bytes], sign: Callable[[bytes], bytes]
) -> bytes:  # fmt: skip
    """The bytes of the file. `sign` signs with the device key; the manifest's hash and count are filled in here."""
    body = dumps([list(statements), list(envelopes)])
    told = encode(replace(manifest, body_hash=_hash(body), envelopes=len(envelopes)))
    return dumps([sign(STICK_CONTEXT + told), told, body])


def unpack_stick(data: bytes, log: TrustLog) -> tuple[Stick, TrustLog]:
    """What is in the file, and our trust log with what the file's adds to it. Raises StickRefused for a file that is cut
    off, damaged, of another organisation, of a computer nobody admitted, or of a newer Posta."""
    signature, told, body = _parts(data)
    manifest = _manifest(told)
    if manifest.version != STICK_VERSION or manifest.read_only:
        raise StickRefused("This stick was written by a newer Posta. Update this computer.")
    if manifest.organization != log.organization().organization:
        raise _other_organization()
    if _hash(body) != manifest.body_hash:
        raise _damaged()
    statements, envelopes = _lists(body)
    if statements[:1] != log.statements[:1]:
        raise _other_organization()
    try:
        longer = follow(log, 0, statements)
    except Distrust as distrust:
        raise StickRefused(
            "What this stick says about who is admitted does not follow from what is known here. Nothing of it was taken."
        ) from distrust
    device = longer.device(manifest.device)
    if device is None or not verify(device.signing_key, STICK_CONTEXT + told, signature):
        raise StickRefused(
            "This stick was not written by a computer of your organisation. Nothing of it was taken."
        )
    if manifest.envelopes != len(envelopes):
        raise _damaged()
    return Stick(manifest, statements, envelopes), longer


def listed_in(data: bytes) -> tuple[str, ...]:
    """The attachments that a file of our own lists; nothing for one that cannot be read. Nothing is believed of it."""
    try:
        return tuple(one.id for one in _manifest(_parts(data)[1]).files)
    except StickRefused:
        return ()


def _parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    try:
        signature, told, body = loads(data)
    except (Malformed, TypeError, ValueError) as error:
        raise _damaged() from error
    if not (isinstance(signature, bytes) and isinstance(told, bytes) and isinstance(body, bytes)):
        raise _damaged()
    return signature, told, body


def _manifest(told: bytes) -> StickManifest:
    try:
        return decode(told, StickManifest)
    except Malformed as error:
        raise _damaged() from error


def _lists(body: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    try:
        statements, envelopes = loads(body)
        found = tuple(statements), tuple(envelopes)
    except (Malformed, TypeError, ValueError) as error:
        raise _damaged() from error
    if not all(isinstance(one, bytes) for part in found for one in part):
        raise _damaged()
    return found


def _other_organization() -> StickRefused:
    return StickRefused("This stick belongs to another organisation. Nothing of it was taken.")


def _damaged() -> StickRefused:
    return StickRefused(
        "The file on this stick is damaged or cut off. Nothing of it was taken: write it once more on the other computer."
    )


def _hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()
