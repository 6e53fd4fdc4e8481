# SPDX-License-Identifier: GPL-3.0-or-later
"""Attachments that are still arriving: pieces in a folder, until they are whole and have gone where they stay.

Each device brings its own (`NAME.DEVICE.part`), and each request writes its bytes at their place, so two that bring the same do
not harm each other. What is whole is copied while its hash is taken: nobody who still has the pieces open can change what was
seen to be right (`NAME.DEVICE.whole`).
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from clinic.domain.ids import DeviceId

_PIECE = 1024 * 1024
_LEFT = timedelta(days=30)
"""Pieces that nobody added to for so long are not waited for."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """Of one attachment, from one device. Every method may raise OSError."""

    folder: Path
    name: str
    device: DeviceId

    @property
    def part(self) -> Path:
        """What has come so far."""
        return self._file("part")

    @property
    def whole(self) -> Path:
        """All of it, on the disk and seen to be what its name says."""
        return self._file("whole")

    def have(self) -> int:
        """Bytes from the beginning."""
        try:
            return self.part.stat().st_size
        except FileNotFoundError:
            return 0

    def open_at(self, offset: int) -> BinaryIO | None:
        """To be written from there on; None where that is not the end of what is here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        new = os.O_CREAT if offset == 0 else 0
        try:
            file = open(  # noqa: SIM115  # handed on
                self.part, "r+b", opener=lambda name, flags: os.open(name, flags | new, 0o600)
            )
        except FileNotFoundError:
            return None
        if file.seek(0, os.SEEK_END) != offset:
            file.close()
            return None
        return file

    def settle(self, chance: bytes) -> bool:
        """Makes them whole; False, and they are gone, where they are not what the name says. `chance`: for a name that nobody
        else takes."""
        copy = self._file(f"{chance.hex()}.copy")
        try:
            with self.part.open("rb") as source, copy.open("xb") as target:
                right = _copied(source, target) == self.name
            if right:
                os.replace(copy, self.whole)
            self.throw_away()
        finally:
            copy.unlink(missing_ok=True)
        return right

    def throw_away(self) -> None:
        """Begins anew."""
        self.part.unlink(missing_ok=True)

    def _file(self, kind: str) -> Path:
        mark = blake2b(self.device.encode(), digest_size=8).hexdigest()
        return self.folder / f"{self.name}.{mark}.{kind}"


def _copied(source: BinaryIO, target: BinaryIO) -> str:
    """Hex of BLAKE2b-256 of what was copied, after it is on the disk."""
    hashed = blake2b(digest_size=32)
    while piece := source.read(_PIECE):
        hashed.update(piece)
        target.write(piece)
    target.flush()
    os.fsync(target.fileno())
    return hashed.hexdigest()


def sweep(folder: Path, now: datetime) -> int:
    """Takes away what stopped arriving long ago; how many. What is whole stays."""
    left = 0
    for file in [*folder.glob("*.part"), *folder.glob("*.copy")]:
        with suppress(OSError):
            if file.stat().st_mtime < (now - _LEFT).timestamp():
                file.unlink()
                left += 1
    return left
