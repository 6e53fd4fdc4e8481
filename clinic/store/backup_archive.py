# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive: all backups of one device in one folder.

`archive.key` (the secret, sealed to the backup key), `packs/`, `backups/000001.backup` (sealed manifests), `lock`,
and `going`: the list of what is being taken away, on the disk before anything goes. A book is cut into chunks of four
pages; the ids of its chunks are cut into lists that are chunks themselves, so what did not change costs nothing.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType

from clinic.domain.clock import Random
from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.keys.backups import ArchiveKeys, BackupKey, manifest_hash
from clinic.protocol.archive import ArchiveLock, BackupManifest
from clinic.protocol.codec import Malformed, decode, dumps, encode, loads
from clinic.store.backup_copy import Progress, no_progress
from clinic.store.backup_packs import DamagedBackup, Packs
from clinic.store.cipherpages import CONTENT
from clinic.store.home import keep, lock_file, sync_folder

CHUNK_PAGES = 4
LIST_IDS = 512
_ID = 32
SPARSE = 0.5
"""A pack of which less than this share is still needed is written anew without the rest."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup of the list. `manifest` is None where it cannot be read; `sentence` says why."""

    no: int
    path: Path
    manifest: BackupManifest | None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went: backups, packs, and packs that were written anew smaller."""

    backups: int = 0
    packs: int = 0
    repacked: int = 0


class Archive:
    """Open for one program at a time where it writes; a context."""

    def __init__(self, folder: Path, keys: ArchiveKeys, random: Random, lock: int | None = None) -> None:
        self.folder, self.keys, self._random, self._lock = folder, keys, random, lock
        self.packs = Packs(folder / "packs", keys, random)

    @classmethod
    def to_write(cls, folder: Path, secret: bytes, public: bytes, random: Random) -> "Archive":
        """The device's own archive, made if it is not there. Raises Refusal for another's, Unavailable for the disk."""
        keys, lock = ArchiveKeys(secret), _held(folder)
        try:
            _own(folder, keys, public)
            _finish(folder)
            return cls(folder, keys, random, lock)
        except BaseException:
            os.close(lock)
            raise

    @classmethod
    def to_read(cls, folder: Path, key: BackupKey, random: Random) -> "Archive":
        """With the backup key, on any computer. Raises Unreadable for a wrong key, Unavailable."""
        return cls(folder, ArchiveKeys.unlocked(_lock_of(folder), key), random)

    @classmethod
    def of_device(cls, folder: Path, secret: bytes, random: Random) -> "Archive":
        """With the device's own secret, to read. Raises Refusal for another device's archive, Unavailable."""
        keys = ArchiveKeys(secret)
        if not keys.fits(_lock_of(folder)):
            raise _not_ours()
        return cls(folder, keys, random)

    # writing --------------------------------------------------------------------------------------

    def put_pages(
        self, pages: Iterable[bytes], total: int, progress: Progress = no_progress
    ) -> tuple[bytes, ...]:
        """Keep the pages of a book (4016 bytes each); returns the ids of the lists. On the disk once this returns."""
        roots: list[bytes] = []
        ids: list[bytes] = []
        left = iter(pages)
        done = 0
        while group := list(islice(left, CHUNK_PAGES)):
            ids.append(self.packs.put(b"".join(group)))
            done += len(group)
            if len(ids) == LIST_IDS:
                roots.append(self.packs.put(b"".join(ids)))
                ids = []
                progress("keep", done, total)
        if ids:
            roots.append(self.packs.put(b"".join(ids)))
        self.packs.flush()
        progress("keep", done, total)
        return tuple(roots)

    def add(self, manifest: BackupManifest) -> None:
        """Name a backup: from now on it exists. Raises Unavailable."""
        keep(self._path(manifest.no), self.keys.seal_manifest(manifest, self._random))

    def next_place(self) -> tuple[int, bytes]:
        """(number of the next backup, hash of the one before)."""
        last = max(self._files(), default=None)
        return (1, b"") if last is None else (last[0] + 1, manifest_hash(last[1].read_bytes()))

    # reading --------------------------------------------------------------------------------------

    def backups(self) -> tuple[Kept, ...]:
        """All backups, oldest first, unreadable ones too."""
        return tuple(self._kept(no, path) for no, path in sorted(self._files()))

    def _kept(self, no: int, path: Path) -> Kept:
        try:
            manifest = self.keys.open_manifest(path.read_bytes())
        except (OSError, PostaError) as error:
            return Kept(no, path, None, str(error))
        if manifest.no != no:
            return Kept(no, path, None, "This backup was put in the place of another.")
        return Kept(no, path, manifest)

    def pages(self, manifest: BackupManifest) -> Iterator[bytes]:
        """The pages of a backup in order. Raises DamagedBackup at the first part that is not whole."""
        given = 0
        for chunk in self.chunks(manifest):
            plain = self.packs.get(chunk)
            for start in range(0, len(plain), CONTENT):
                given += 1
                yield plain[start : start + CONTENT]
        if given != manifest.pages:
            raise DamagedBackup("This backup has another length than it says. Take another one of the list.")

    def chunks(self, manifest: BackupManifest) -> Iterator[bytes]:
        """The ids of the book's chunks in order. Raises DamagedBackup."""
        for root in manifest.roots:
            listed = self.packs.get(root)
            for start in range(0, len(listed), _ID):
                yield listed[start : start + _ID]

    def damaged(self, manifest: BackupManifest) -> frozenset[bytes]:
        """The chunks of a backup that cannot be read. Reads all of it."""
        bad = set()
        for root in manifest.roots:
            try:
                listed = self.packs.get(root)
            except DamagedBackup:
                bad.add(root)
                continue
            for start in range(0, len(listed), _ID):
                chunk = listed[start : start + _ID]
                try:
                    self.packs.get(chunk)
                except DamagedBackup:
                    bad.add(chunk)
        return frozenset(bad)

    # taking away ----------------------------------------------------------------------------------

    def prune(self, keep_numbers: Iterable[int]) -> Pruned:
        """Take away all backups but these, and the chunks nothing names any more; an unreadable backup stays, and as
        long as one does, no chunk goes. Raises Unavailable; begun again it goes on where it was."""
        wanted = set(keep_numbers)
        all_of_them = self.backups()
        going = [kept for kept in all_of_them if kept.manifest is not None and kept.no not in wanted]
        staying = [kept for kept in all_of_them if kept not in going]
        needed = self._needed(staying)
        if needed is None:
            self._take_away([kept.path for kept in going])
            return Pruned(len(going))
        packs, repacked = self._repack(needed)
        self._take_away([kept.path for kept in going] + [self.packs.folder / name for name in packs])
        return Pruned(len(going), len(packs), repacked)

    def _needed(self, staying: Iterable[Kept]) -> set[bytes] | None:
        """Every chunk that a backup names; None if that cannot be known."""
        needed: set[bytes] = set()
        for kept in staying:
            if kept.manifest is None:
                return None
            try:
                needed.update(kept.manifest.roots, self.chunks(kept.manifest))
            except DamagedBackup:
                return None
        return needed

    def _repack(self, needed: set[bytes]) -> tuple[list[str], int]:
        """Packs that can go, once what is needed of the sparse ones lies in new packs."""
        going, sparse = [], []
        for name, index in self.packs.indices.items():
            whole = sum(chunk.length for chunk in index.chunks)
            alive = sum(chunk.length for chunk in index.chunks if chunk.id in needed)
            if not alive:
                going.append(name)
            elif alive < whole * SPARSE:
                sparse.append(name)
        for name in sparse:
            for chunk in self.packs.indices[name].chunks:
                if chunk.id in needed:
                    self.packs.put_sealed(chunk.id, self.packs.sealed(name, chunk))
        self.packs.flush()
        return going + sparse, len(sparse)

    def _take_away(self, paths: list[Path]) -> None:
        if not paths:
            return
        self.packs.close()
        keep(self.folder / "going", dumps([path.relative_to(self.folder).as_posix() for path in paths]))
        _finish(self.folder)
        self.packs = Packs(self.folder / "packs", self.keys, self._random)

    def _path(self, no: int) -> Path:
        return self.folder / "backups" / f"{no:06}.backup"

    def _files(self) -> list[tuple[int, Path]]:
        paths = (self.folder / "backups").glob("*.backup")
        return [(int(path.stem), path) for path in paths if path.stem.isdecimal()]

    def close(self) -> None:
        """Let go of the files and of the lock; twice is once."""
        self.packs.close()
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def archives_in(folder: Path) -> tuple[Path, ...]:
    """The archives in a folder, or the folder itself if it is one. Raises Unavailable if there is none."""
    if (folder / "archive.key").exists():
        return (folder,)
    found = tuple(sorted(path.parent for path in folder.glob("*/archive.key")))
    if not found:
        raise Unavailable(
            "There are no backups of Posta in {folder}. Is the right disk connected?", folder=folder
        )
    return found


def _held(folder: Path) -> int:
    try:
        for part in (folder, folder / "packs", folder / "backups"):
            part.mkdir(parents=True, exist_ok=True)
            sync_folder(part.parent)
        handle = lock_file(folder / "lock")
    except OSError as error:
        raise _unreachable(folder) from error
    if handle is None:
        raise Refusal("Another backup of this computer is under way. Wait until it is done.")
    return handle


def _finish(folder: Path) -> None:
    """Finish what a power cut left: the list of what goes, and files that were never whole."""
    try:
        for name in _listed(folder / "going"):
            (folder / name).unlink(missing_ok=True)
        for part in (folder, folder / "packs", folder / "backups"):
            for half in part.glob("*.new"):
                half.unlink(missing_ok=True)
            sync_folder(part)
        (folder / "going").unlink(missing_ok=True)
    except OSError as error:
        raise _unreachable(folder) from error


def _own(folder: Path, keys: ArchiveKeys, public: bytes) -> None:
    path = folder / "archive.key"
    if path.exists():
        sealed = _lock_of(folder)
        if not keys.fits(sealed):
            raise _not_ours()
        if sealed.public == public:
            return
    keep(path, encode(keys.locked_to(public)))


def _lock_of(folder: Path) -> ArchiveLock:
    try:
        return decode((folder / "archive.key").read_bytes(), ArchiveLock)
    except OSError as error:
        raise _unreachable(folder) from error
    except Malformed as error:
        raise DamagedBackup(
            "The key file of the backups in {folder} is damaged. Take another copy of them.", folder=folder
        ) from error


def _listed(path: Path) -> list[str]:
    """Names on a list, of files below the archive only."""
    if not path.exists():
        return []
    try:
        names = loads(path.read_bytes())
    except Malformed:
        return []
    return [
        name
        for name in names
        if isinstance(name, str) and name.split("/")[0] in ("packs", "backups") and ".." not in name
    ]


def _not_ours() -> Refusal:
    return Refusal("These backups are of another computer or profile. Choose another folder.")


def _unreachable(folder: Path) -> Unavailable:
    return Unavailable(
        "{folder} cannot be used for backups. Is the disk connected, and not full?", folder=folder
    )
