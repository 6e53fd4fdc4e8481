# SPDX-License-Identifier: GPL-3.0-or-later
"""The text in our QR codes: `POSTA:KIND:VERSION:BASE32`, the last part with a 4-byte checksum; told apart
from other codes."""

import binascii
from base64 import b32decode, b32encode
from enum import StrEnum

from clinic.domain.errors import Refusal
from clinic.keys.hashing import digest, same

_CHECK_BYTES = 4
_MAX_TEXT = 4096


class CodeKind(StrEnum):
    """What somebody has just held before the camera."""

    CARD = "CARD"
    JOIN = "JOIN"
    SHEET = "SHEET"
    BACKUP_KEY = "BACKUPKEY"
    """The private half of a backup key: on paper or a USB stick, never on the computer it backs up."""
    BACKUP_TO = "BACKUPTO"
    """The public half: what backups are sealed to."""
    NATIONAL_ID = "national id"
    OTHER = "other"


class WrongCode(Refusal):
    """Not the code that was asked for; `kind` is what it is instead."""

    def __init__(self, kind: CodeKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


_OURS = (CodeKind.CARD, CodeKind.JOIN, CodeKind.SHEET, CodeKind.BACKUP_KEY, CodeKind.BACKUP_TO)
_INSTEAD = {
    CodeKind.CARD: "This is a patient's card, not what is asked for here. Show the other code.",
    CodeKind.JOIN: "This is an invitation for a computer, not what is asked for here. Show the other code.",
    CodeKind.SHEET: "This is a recovery sheet. Keep it away from here; show the other code.",
    CodeKind.BACKUP_KEY: "This is a backup key, not what is asked for here. Put it away safely.",
    CodeKind.BACKUP_TO: "This is the public half of a backup key, not what is asked for here.",
    CodeKind.NATIONAL_ID: "This is a national identity card, not what is asked for. Show the other code.",
    CodeKind.OTHER: "This is not one of Posta's codes. Show the other code.",
}


def code_kind(text: str) -> CodeKind:
    """What a scanned text is; the Argentine DNI's PDF417 has its fields between @ signs."""
    parts = text.strip().upper().split(":", 2)
    if parts[0] == "POSTA" and len(parts) > 1 and parts[1] in _OURS:
        return CodeKind(parts[1])
    return CodeKind.NATIONAL_ID if text.count("@") >= 6 else CodeKind.OTHER


def write_code(kind: CodeKind, payload: bytes) -> str:
    """Capital letters, digits and colons only, so that a QR code stays small."""
    return f"POSTA:{kind}:1:{b32encode(payload + _check(kind, payload)).decode().rstrip('=')}"


def read_code(kind: CodeKind, text: str) -> bytes:
    """The payload. Raises WrongCode with a sentence for any other text."""
    found = code_kind(text)
    if found != kind:
        raise WrongCode(found, _INSTEAD[found])
    version, _, encoded = text.strip().upper().split(":", 2)[-1].partition(":")
    if version != "1":
        raise WrongCode(found, "This code was made by another version of Posta. Update this computer.")
    payload = _checked(kind, encoded)
    if payload is None:
        raise WrongCode(found, "This code was not read whole. Clean it, hold it flat and show it again.")
    return payload


def _checked(kind: CodeKind, encoded: str) -> bytes | None:
    if len(encoded) > _MAX_TEXT or not encoded.isascii():
        return None
    try:
        raw = b32decode(encoded + "=" * (-len(encoded) % 8))
    except binascii.Error:
        return None
    payload, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
    whole = same(check, _check(kind, payload)) and write_code(kind, payload).endswith(":" + encoded)
    return payload if whole else None


def _check(kind: CodeKind, payload: bytes) -> bytes:
    return digest(kind.encode() + payload, b"posta code", _CHECK_BYTES)
