# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and papers on a stick: sealed as they are, a file each, named by the hash of its bytes.

Thumbnails lie inside the facts and have gone with those. What has no room waits for the next stick, or for the link.
"""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clinic.keys.attachments import attachment_id
from clinic.protocol.stick import StickFile
from clinic.services.desks import Desk
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

FOLDER = "files"
RESERVE = 16 * 1024 * 1024
"""Bytes that stay free on a stick."""
LARGEST = 32 * 1024 * 1024
"""Bytes of a file; what the centre takes (`sync_server.limits.ATTACHMENT`)."""
_NAME = re.compile(r"[0-9a-f]{64}")
_CAME = Changes(frozenset({"DocumentReference", "Communication", "Sync"}))


@dataclass(frozen=True, slots=True)
class FilesPut:
    """`size`: bytes that were written now; `left`: how many have no room."""

    there: int = 0
    size: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class FilesTook:
    """`missing`: listed, and not on this stick; `bad`: not what their names say."""

    new: int = 0
    missing: int = 0
    bad: int = 0


def files_waiting(page: Page) -> tuple[StickFile, ...]:
    """Those that no centre has, the smallest first: the most come along."""
    found = sorted(page.attachments_waiting(), key=lambda one: (one[1], one[0]))
    return tuple(StickFile(id=name, size=size) for name, size in found if size <= LARGEST)


def put_files(desk: Desk, drive: Path, listed: Sequence[StickFile], most: int | None = None) -> FilesPut:
    """Write what is not there yet, whole or not at all, each on the stick before the next one. `most`: bytes; None takes what the
    stick has free. A stick that is full or gone takes no more; what is on it stays."""
    folder = drive / FOLDER
    there = size = 0
    room = most
    for one in listed:
        path = folder / one.id
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not is_whole(path, one):
                room = shutil.disk_usage(folder).free - RESERVE if most is None else most - size
                if one.size > room or not _copy(desk, one, path):
                    continue
                size += one.size
        except OSError:
            continue
        there += 1
    return FilesPut(there, size, len(listed) - there)


def clear(drive: Path, names: Sequence[str]) -> None:
    """Take away what this computer put there and the centre has by now."""
    for name in names:
        if _NAME.fullmatch(name):
            with suppress(OSError):
                (drive / FOLDER / name).unlink(missing_ok=True)


def take_files(
    desk: Desk, drive: Path, listed: Sequence[StickFile], progress: Callable[[int], None]
) -> FilesTook:
    """Take in those that are not here; each is kept for the centre too. One that is damaged hides none of the others.

    `progress(done)` is called before each and may raise. Raises Unavailable for this computer's disk.
    """
    new = missing = bad = 0
    for done, one in enumerate(listed):
        progress(done)
        path = drive / FOLDER / one.id
        if not _NAME.fullmatch(one.id) or one.size > LARGEST:
            bad += 1
        elif desk.book.read(partial(Page.has_attachment, attachment_id=one.id)):
            continue
        elif (data := _read(path)) is None:
            missing += 1
        elif len(data) != one.size or attachment_id([data]) != one.id:
            bad += 1
        else:
            here = partial(WritePage.put_attachment, attachment_id=one.id, state="waiting", ciphertext=data)
            desk.book.keep(here, _CAME)
            new += 1
    return FilesTook(new, missing, bad)


def is_whole(path: Path, one: StickFile) -> bool:
    """It is there, byte for byte. Raises OSError."""
    if not path.is_file() or path.stat().st_size != one.size:
        return False
    return attachment_id([path.read_bytes()]) == one.id


def _copy(desk: Desk, one: StickFile, path: Path) -> bool:
    """False where it has gone from here meanwhile. Raises OSError."""
    data = desk.book.read(partial(Page.attachment, attachment_id=one.id))
    if data is None:
        return False
    fresh = path.with_suffix(".new")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise
    return True


def _read(path: Path) -> bytes | None:
    """None where nothing can be read; never more than the largest and a byte."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError:
        return None
