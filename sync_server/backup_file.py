# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup of the server is on disk: a SQLite file, sealed whole to the clinic's backup key.

``POSTA-SERVER-1`` and a line end, a SealedBox of a fresh key to the backup key, then libsodium's secretstream: cut short,
changed or added to, it does not open. Without a backup key it is the SQLite file as it is: ciphertext of the clinic, but
with the trust log's names in clear.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal, Unavailable
from clinic.keys.attachments import decrypt, encrypt
from clinic.keys.backups import BackupKey
from clinic.keys.boxes import SEAL_OVERHEAD, open_sealed, seal_to
from clinic.keys.hashing import KEY_BYTES, fresh_key
from clinic.keys.refusals import Unreadable

MAGIC = b"POSTA-SERVER-1\n"
_PIECE = 1024 * 1024
_PLAIN = b"SQLite format 3\0"


def seal_file(plain: Path, to: Path, public: bytes | None, random: Random) -> int:
    """Writes the backup and settles it on the disk; its size in bytes. Raises Unavailable."""
    part = to.with_name(to.name + ".part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
            for piece in _sealed(_pieces(plain), public, random):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, to)
        return to.stat().st_size
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Unavailable(
            "The backup cannot be written to {file} ({why}).", file=to, why=error.strerror
        ) from error


def open_file(sealed: Path, to: Path, key: BackupKey | None) -> None:
    """Writes the SQLite file that is in it. Raises Refusal (no key, not a backup), Unreadable, Unavailable."""
    try:
        with open(to, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
            for piece in _opened(sealed, key):
                out.write(piece)
    except OSError as error:
        raise Unavailable(
            "The backup {file} cannot be read ({why}).", file=sealed, why=error.strerror
        ) from error


def _sealed(plain: Iterator[bytes], public: bytes | None, random: Random) -> Iterator[bytes]:
    if public is None:
        yield from plain
        return
    key = fresh_key(random)
    yield MAGIC + seal_to(public, key)
    yield from encrypt(plain, key)


def _opened(file: Path, key: BackupKey | None) -> Iterator[bytes]:
    pieces = _pieces(file)
    first = next(pieces, b"")
    if first.startswith(_PLAIN):
        yield first
        yield from pieces
        return
    if not first.startswith(MAGIC):
        raise Refusal("{file} is no backup of a Posta server.", file=file)
    if key is None:
        raise Refusal("This backup is sealed. Give the clinic's backup key: --key FILE.")
    end = len(MAGIC) + KEY_BYTES + SEAL_OVERHEAD
    try:
        inner = open_sealed(key.private, first[len(MAGIC) : end])
    except Unreadable as error:
        raise Refusal(
            "This key does not open this backup. Take the backup key of the clinic that made it."
        ) from error
    yield from decrypt(_after(first[end:], pieces), inner)


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
