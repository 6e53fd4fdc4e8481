# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said of a profile from outside: its files, its slots, its room. Needs no password."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clinic.doctor.finding import Finding
from clinic.domain.errors import PostaError, Refusal
from clinic.keys.slots import Slots
from clinic.keys.stretch import FLOOR_KIB
from clinic.protocol.codec import Malformed
from clinic.protocol.custody import SlotKind
from clinic.store.cipherpages import PAGE
from clinic.store.home import Home

ROOM = 64 * 1024 * 1024
"""What should be free beside a second copy of the book: for a step to a new version, a backup, a rescue."""


@dataclass(frozen=True, slots=True)
class SlotCopies:
    """The slots of the copy that is whole, and a word on each copy."""

    slots: Slots | None
    told: tuple[str, ...]


def outside(home: Home) -> Iterator[Finding]:
    """Everything that needs no key; changes nothing."""
    yield _slots(read_copies(home))
    yield _height(home)
    yield _book(home)
    yield _room(home)
    yield _program(home)


def read_copies(home: Home) -> SlotCopies:
    """Read both copies of the slots file."""
    whole, told, seen = None, [], set()
    for path in (home.slots, home.slots.with_suffix(".bak")):
        try:
            data = path.read_bytes()
            read = Slots.read(data)
        except OSError:
            told.append(f"{path.name} cannot be read")
        except Malformed:
            told.append(f"{path.name} is damaged")
        else:
            whole = whole or read
            seen.add(data)
    if len(seen) > 1:
        told.append("the two copies differ")
    return SlotCopies(whole, tuple(told))


def _slots(copies: SlotCopies) -> Finding:
    if copies.slots is None:
        return Finding(
            "slots", False, True, "; ".join(copies.told), "restore a backup: nothing else opens the book"
        )
    weak = [
        slot.label for slot in copies.slots.file.slots
        if slot.kind == SlotKind.PASSWORD and (slot.memory_kib < FLOOR_KIB or slot.time_cost < 3)
    ]  # fmt: skip
    told = [f"{len(copies.slots.file.slots)} ways in", *copies.told]
    if weak:
        told.append(f"made too weak: {', '.join(weak)}")
    advice = "" if not (copies.told or weak) else "change a password: that writes both copies anew"
    return Finding("slots", not (copies.told or weak), True, "; ".join(told), advice)


def _height(home: Home) -> Finding:
    try:
        height = home.read_height()
    except PostaError:
        return Finding(
            "height", False, True, "the file is damaged", "restore a backup, or enrol this computer again"
        )
    return Finding(
        "height",
        height >= 0,
        True,
        f"trust seen up to {height}",
        "" if height >= 0 else "the file is missing: restore a backup",
    )


def _book(home: Home) -> Finding:
    if not home.book.exists():
        return Finding("book", False, True, "not there", "restore a backup")
    size = home.book.stat().st_size
    log = Path(f"{home.book}-wal")
    waiting = log.stat().st_size if log.exists() else 0
    told = f"{size / 1e6:.1f} MB, {waiting / 1e6:.1f} MB in its log"
    whole = size > 0 and size % PAGE == 0
    return Finding(
        "book",
        whole,
        True,
        told,
        "" if whole else "the file was cut short: rescue it with --salvage, or restore a backup",
    )


def _room(home: Home) -> Finding:
    book = home.book.stat().st_size if home.book.exists() else 0
    free = shutil.disk_usage(home.path).free
    enough = free >= book + ROOM
    return Finding(
        "room",
        enough,
        True,
        f"{free / 1e6:.0f} MB free beside the book",
        "" if enough else "free some space: a new version and a backup need a second copy for a moment",
    )


def _program(home: Home) -> Finding:
    try:
        held = home.hold()
    except Refusal:
        return Finding("program", True, False, "Posta is open for this profile")
    except PostaError as error:
        return Finding("program", False, True, str(error))
    held.release()
    return Finding("program", True, False, "no window is open for this profile")
