# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device's backup is sealed with.

An archive has one random secret. It rests in two places: in the device's own book, so that backups need nobody there,
and beside the backups in a SealedBox to the clinic's backup key, whose private half is on paper or a USB stick. From
it come a key that names chunks (so that equal ones are written once, and nobody else can tell which are equal to what)
and a key that seals them, indexes and manifests: XChaCha20-Poly1305, each bound to its name.
"""

from dataclasses import dataclass, field

import zstandard

from clinic.domain.clock import Random
from clinic.keys.boxes import NONCE_BYTES, lock, new_box_key, open_sealed, public_box_key, seal_to, unlock
from clinic.keys.codes import CodeKind, read_code, write_code
from clinic.keys.hashing import KEY_BYTES, derive, digest, same, tag
from clinic.keys.refusals import Unreadable
from clinic.protocol.archive import ArchiveLock, BackupManifest, PackIndex
from clinic.protocol.codec import decode, encode

MAX_CHUNK = 1024 * 1024
_CHUNK, _INDEX, _MANIFEST, _CHECK = b"posta chunk", b"posta pack", b"posta backup", b"posta bk check"


@dataclass(frozen=True, slots=True)
class BackupKey:
    """A clinic's backup key, both halves; only for the moment it is made or used to restore."""

    private: bytes = field(repr=False)

    @classmethod
    def make(cls, random: Random) -> "BackupKey":
        return cls(new_box_key(random))

    @classmethod
    def read(cls, text: str) -> "BackupKey":
        """From the text on paper. Raises WrongCode."""
        return cls(read_code(CodeKind.BACKUP_KEY, text))

    @property
    def text(self) -> str:
        """What is printed once and kept away from the computer."""
        return write_code(CodeKind.BACKUP_KEY, self.private)

    @property
    def public(self) -> bytes:
        return public_box_key(self.private)


def public_text(public: bytes) -> str:
    """The public half, to be typed into other computers of the clinic."""
    return write_code(CodeKind.BACKUP_TO, public)


def read_public(text: str) -> bytes:
    """The inverse of `public_text`. Raises WrongCode for a mistyped one."""
    return read_code(CodeKind.BACKUP_TO, text)


class ArchiveKeys:
    """What one archive is named and sealed with. Not for two threads at once: it keeps a compressor."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise Unreadable("This is not the key of a backup. Take the key that was printed with it.")
        self.secret = secret
        self._naming = derive(secret, b"posta chunk name")
        self._sealing = derive(secret, b"posta chunk seal")
        self._small = zstandard.ZstdCompressor(level=3, write_content_size=True)
        self._large = zstandard.ZstdDecompressor()

    @classmethod
    def unlocked(cls, sealed: ArchiveLock, key: BackupKey) -> "ArchiveKeys":
        """With the backup key. Raises Unreadable for another clinic's."""
        try:
            keys = cls(open_sealed(key.private, sealed.sealed))
        except Unreadable as error:
            raise Unreadable(
                "This key does not open these backups. Take the backup key of the clinic that made them."
            ) from error
        if not keys.fits(sealed):
            raise Unreadable("Somebody has changed the key file of these backups. Take another copy of them.")
        return keys

    def locked_to(self, public: bytes) -> ArchiveLock:
        """What lies beside the backups."""
        return ArchiveLock(public=public, sealed=seal_to(public, self.secret), check=self._check)

    def fits(self, sealed: ArchiveLock) -> bool:
        """True if that archive has this secret."""
        return same(sealed.check, self._check)

    @property
    def _check(self) -> bytes:
        return tag(self.secret, b"", _CHECK)

    def name(self, plain: bytes) -> bytes:
        """The id of a chunk: keyed BLAKE2b-256 of its plaintext."""
        return tag(self._naming, plain, _CHUNK)

    def seal(self, chunk: bytes, plain: bytes, random: Random) -> bytes:
        """A chunk, made small and sealed under its name."""
        return self._sealed(self._small.compress(plain), _CHUNK + chunk, random)

    def open(self, chunk: bytes, sealed: bytes) -> bytes:
        """The inverse. Raises Unreadable for a flipped bit, or for a chunk of another name."""
        small = self._opened(sealed, _CHUNK + chunk)
        try:
            size = zstandard.get_frame_parameters(small).content_size
            if size > MAX_CHUNK:
                raise Unreadable("A part of this backup claims to be larger than any is.")
            plain = self._large.decompress(small, max_output_size=size)
        except zstandard.ZstdError as error:
            raise Unreadable("A part of this backup was not made by Posta.") from error
        if not same(self.name(plain), chunk):
            raise Unreadable("A part of this backup is another than its name says.")
        return plain

    def seal_index(self, index: PackIndex, random: Random) -> bytes:
        return self._sealed(encode(index), _INDEX, random)

    def open_index(self, sealed: bytes) -> PackIndex:
        """Raises Unreadable, Malformed."""
        return decode(self._opened(sealed, _INDEX), PackIndex)

    def seal_manifest(self, manifest: BackupManifest, random: Random) -> bytes:
        return self._sealed(encode(manifest), _MANIFEST, random)

    def open_manifest(self, sealed: bytes) -> BackupManifest:
        """Raises Unreadable, Malformed."""
        return decode(self._opened(sealed, _MANIFEST), BackupManifest)

    def _sealed(self, plain: bytes, context: bytes, random: Random) -> bytes:
        nonce = random(NONCE_BYTES)
        return nonce + lock(self._sealing, nonce, plain, context)

    def _opened(self, sealed: bytes, context: bytes) -> bytes:
        return unlock(self._sealing, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)


def manifest_hash(sealed: bytes) -> bytes:
    """What the next backup calls this one."""
    return digest(sealed, _MANIFEST)
