# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs: files of sealed chunks, each written whole or not at all, each chunk written once.

A pack is the sealed chunks one after the other, the sealed index, 4 bytes of the index's length and 8 of mark. A
power cut leaves whole packs only; their chunks are found again and used by the next backup.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from clinic.domain.clock import Random
from clinic.domain.errors import PostaError, Unavailable
from clinic.keys.backups import ArchiveKeys
from clinic.protocol.archive import PackedChunk, PackIndex
from clinic.store.home import keep

PACK_BYTES = 8 * 1024 * 1024
_END, _LENGTH = b"POSTAPK1", 4
_OPEN_FILES = 24


class DamagedBackup(Unavailable):
    """Part of a backup is not what was written: never restored, always said."""


class Packs:
    """The packs of one archive. For one thread; close it."""

    def __init__(self, folder: Path, keys: ArchiveKeys, random: Random) -> None:
        self.folder, self._keys, self._random = folder, keys, random
        self.indices: dict[str, PackIndex] = {}
        self.unreadable: tuple[str, ...] = ()
        self._places: dict[bytes, list[tuple[str, PackedChunk]]] = {}
        self._distrusted: set[bytes] = set()
        self._new: dict[bytes, bytes] = {}
        self._new_bytes = 0
        self._files: dict[str, BinaryIO] = {}
        self.written_chunks = self.written_bytes = self.met_chunks = 0
        self._find()

    def _find(self) -> None:
        bad = []
        for path in sorted(self.folder.glob("*.pack")):
            try:
                self._learn(path.name, self._read_index(path))
            except (OSError, PostaError):
                bad.append(path.name)
        self.unreadable = tuple(bad)

    def _learn(self, name: str, index: PackIndex) -> None:
        self.indices[name] = index
        for chunk in index.chunks:
            self._places.setdefault(chunk.id, []).append((name, chunk))

    def _read_index(self, path: Path) -> PackIndex:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _LENGTH - len(_END)))
            tail = file.read()
            length = int.from_bytes(tail[:_LENGTH], "little")
            if tail[_LENGTH:] != _END or length > size:
                raise DamagedBackup("The pack {name} is cut short.", name=path.name)
            file.seek(size - len(tail) - length)
            return self._keys.open_index(file.read(length))

    def has(self, chunk: bytes) -> bool:
        """True if the chunk need not be written."""
        return chunk in self._new or (chunk in self._places and chunk not in self._distrusted)

    def distrust(self, chunks: Iterable[bytes]) -> None:
        """These are written anew when they are put next: what lies there was found damaged."""
        self._distrusted.update(chunks)

    def put(self, plain: bytes) -> bytes:
        """Keep a chunk; returns its id. On disk for sure only after `flush`. Raises Unavailable."""
        chunk = self._keys.name(plain)
        if self.has(chunk):
            self.met_chunks += 1
        else:
            self.put_sealed(chunk, self._keys.seal(chunk, plain, self._random))
        return chunk

    def put_sealed(self, chunk: bytes, sealed: bytes) -> None:
        """Keep a chunk that is sealed already."""
        self._new[chunk] = sealed
        self._new_bytes += len(sealed)
        self.written_chunks += 1
        self.written_bytes += len(sealed)
        if self._new_bytes >= PACK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is not on the disk yet, durably. Raises Unavailable, with nothing lost that was there."""
        if not self._new:
            return
        name, parts, chunks, offset = f"{self._random(16).hex()}.pack", [], [], 0
        for chunk, sealed in self._new.items():
            chunks.append(PackedChunk(id=chunk, offset=offset, length=len(sealed)))
            parts.append(sealed)
            offset += len(sealed)
        index = PackIndex(chunks=tuple(chunks))
        tail = self._keys.seal_index(index, self._random)
        keep(self.folder / name, b"".join((*parts, tail, len(tail).to_bytes(_LENGTH, "little"), _END)))
        self._learn(name, index)
        self._distrusted -= set(self._new)
        self._new, self._new_bytes = {}, 0

    def get(self, chunk: bytes) -> bytes:
        """The plaintext, from whichever pack holds it whole. Raises DamagedBackup."""
        for name, place in reversed(self._places.get(chunk, [])):
            try:
                return self._keys.open(chunk, self.sealed(name, place))
            except (PostaError, OSError):
                continue
        raise DamagedBackup("A part of this backup is missing or damaged. Take another one of the list.")

    def sealed(self, name: str, place: PackedChunk) -> bytes:
        """The bytes of a chunk as they lie there, unchecked. Raises OSError."""
        file = self._files.get(name)
        if file is None:
            if len(self._files) >= _OPEN_FILES:
                self._files.pop(next(iter(self._files))).close()
            file = self._files[name] = (self.folder / name).open("rb")
        file.seek(place.offset)
        return file.read(place.length)

    def places(self, chunk: bytes) -> list[tuple[str, PackedChunk]]:
        """Every place a chunk lies at."""
        return self._places.get(chunk, [])

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}
