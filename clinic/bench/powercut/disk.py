# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a watched program as a disk: what is durable, what is not yet, and what a cut could leave.

The rules are the strictest a journalling file system keeps: a file's bytes are durable after its own fsync, and
before that any of its writes may be there or not, the last one torn at a sector; a name (created, renamed, removed) is
durable after the fsync of its folder, names change in order.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from random import Random

SECTOR = 512
_Choice = tuple[tuple[int, ...], int, int | None]
_HEAD = struct.Struct("=5q")
_CREATE, _TRUNCATE = 0o100, 0o1000
_REBUILT = "-shm"
"""The index of the write-ahead log is made anew by whoever opens the book first; a cut may leave anything in it."""


class Kind(IntEnum):
    """As in shim.c."""

    OPEN = 1
    WRITE = 2
    TRUNCATE = 3
    SYNC = 4
    CLOSE = 5
    UNLINK = 6
    RENAME = 7
    MKDIR = 8
    MARK = 9


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the log."""

    kind: Kind
    handle: int
    offset: int
    name: str
    data: bytes


def entries(log: bytes) -> Iterator[Entry]:
    """The log of shim.c, in order; what a killed program left half written is left out."""
    at = 0
    while at + _HEAD.size <= len(log):
        kind, handle, offset, named, length = _HEAD.unpack_from(log, at)
        name_at = at + _HEAD.size
        data_at = name_at + named
        at = data_at + length
        if at > len(log):
            return
        yield Entry(Kind(kind), handle, offset, log[name_at:data_at].decode(), log[data_at:at])


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A write at an offset, or (data None) a length."""

    file: "File"
    offset: int
    data: bytes | None


@dataclass(slots=True, eq=False)
class File:
    """`durable` bytes, and the changes since, oldest first."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """From now on these names mean these files (None: nothing)."""

    folder: str
    names: tuple[tuple[str, File | None], ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A disk after a cut: path below the root -> bytes. `how` tells which of the choices made it."""

    how: str
    files: dict[str, bytes]


class Disk:
    """Follows a log from the durable state that a folder was in."""

    def __init__(self, before: Path, root: Path) -> None:
        """`before`: a copy of the folder as it was, all of it durable; `root`: its name in the log."""
        self._root = str(root.resolve())
        self._names: dict[str, File | None] = {
            f"{self._root}/{path.relative_to(before)}": File(bytearray(path.read_bytes()))
            for path in before.rglob("*")
            if path.is_file() and not path.name.endswith(_REBUILT)
        }
        self._durable_names = dict(self._names)
        self._namings: list[Naming] = []
        self._handles: dict[int, File | str] = {}
        self._order: list[Change] = []

    def follow(self, entry: Entry) -> None:
        """Take in one record."""
        step = _STEPS.get(entry.kind)
        if step is not None:
            step(self, entry)

    def images(self, random: Random, many: int) -> Iterator[Image]:
        """What a cut at this moment could leave: nothing of what is not synced, all of it, then `many` random ones,
        every other with its last write torn. Each choice once."""
        pending = list(self._order)
        yield self._image("none", [], 0)
        if not pending and not self._namings:
            return
        yield self._image("all", pending, len(self._namings))
        seen: set[_Choice] = {((), 0, None), (tuple(range(len(pending))), len(self._namings), None)}
        for number in range(many):
            share = random.choice((0.2, 0.5, 0.8, 1.0))
            chosen = tuple(i for i in range(len(pending)) if random.random() < share)
            torn = _torn(pending, chosen, random) if number % 2 and chosen else None
            names = random.randint(0, len(self._namings))
            if (chosen, names, torn) in seen:
                continue
            seen.add((chosen, names, torn))
            how = f"{len(chosen)} of {len(pending)}" + (f", last {torn} B" if torn is not None else "")
            yield self._image(how, [pending[i] for i in chosen], names, torn)

    def _image(self, how: str, kept: Sequence[Change], namings: int, torn: int | None = None) -> Image:
        names = dict(self._durable_names)
        for naming in self._namings[:namings]:
            names.update(naming.names)
        by_file: dict[File, list[Change]] = {}
        for change in kept:
            by_file.setdefault(change.file, []).append(change)
        last = kept[-1] if kept else None
        files = {}
        for path, file in names.items():
            if file is not None:
                content = bytearray(file.durable)
                for change in by_file.get(file, ()):
                    _apply(content, change, torn if change is last else None)
                files[path.removeprefix(self._root).lstrip("/")] = bytes(content)
        return Image(how, files)

    # one step for each kind of record ------------------------------------------------------------

    def _open(self, entry: Entry) -> None:
        if entry.name.endswith(_REBUILT):
            self._handles.pop(entry.handle, None)
            return
        file = self._names.get(entry.name)
        if file is None and entry.offset & _CREATE:
            file = File()
            self._call((entry.name, file))
        if file is None:
            self._handles[entry.handle] = entry.name  # a folder
            return
        self._handles[entry.handle] = file
        if entry.offset & _TRUNCATE:
            self._change(Change(file, 0, None))

    def _write(self, entry: Entry) -> None:
        file = self._handles.get(entry.handle)
        if isinstance(file, File):
            self._change(Change(file, entry.offset, entry.data))

    def _truncate(self, entry: Entry) -> None:
        file = self._handles.get(entry.handle)
        if isinstance(file, File):
            self._change(Change(file, entry.offset, None))

    def _sync(self, entry: Entry) -> None:
        file = self._handles.get(entry.handle)
        if isinstance(file, File):
            for change in file.pending:
                _apply(file.durable, change)
            file.pending.clear()
            self._order = [change for change in self._order if change.file is not file]
        elif isinstance(file, str):
            for naming in self._namings:
                if naming.folder == file:
                    self._durable_names.update(naming.names)
            self._namings = [naming for naming in self._namings if naming.folder != file]

    def _close(self, entry: Entry) -> None:
        self._handles.pop(entry.handle, None)

    def _unlink(self, entry: Entry) -> None:
        if entry.name in self._names:
            self._call((entry.name, None))

    def _rename(self, entry: Entry) -> None:
        self._call((entry.name, None), (entry.data.decode(), self._names.get(entry.name)))

    def _change(self, change: Change) -> None:
        change.file.pending.append(change)
        self._order.append(change)

    def _call(self, *names: tuple[str, File | None]) -> None:
        self._names.update(names)
        self._namings.append(Naming(names[0][0].rpartition("/")[0], names))


_STEPS = {
    Kind.OPEN: Disk._open,
    Kind.WRITE: Disk._write,
    Kind.TRUNCATE: Disk._truncate,
    Kind.SYNC: Disk._sync,
    Kind.CLOSE: Disk._close,
    Kind.UNLINK: Disk._unlink,
    Kind.RENAME: Disk._rename,
}


def _apply(content: bytearray, change: Change, torn: int | None = None) -> None:
    """Do a change to some bytes; `torn`: only so many of its first bytes."""
    if change.data is None:
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    data = change.data if torn is None else change.data[:torn]
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(data)] = data


def _torn(pending: Sequence[Change], chosen: Sequence[int], random: Random) -> int | None:
    """How many bytes of the last chosen write are there; whole sectors of the file. None if it has just one."""
    change = pending[chosen[-1]]
    if change.data is None:
        return None
    first = SECTOR - change.offset % SECTOR
    edges = range(first, len(change.data), SECTOR)
    return random.choice(edges) if edges else None


def image_onto(image: Image, folder: Path) -> None:
    """Write an image as real files into an empty folder."""
    for name, data in image.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
