# SPDX-License-Identifier: GPL-3.0-or-later
"""A damaged profile made anew in another folder, out of what can be read. The old one is only read."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.keys.slots import Opened, Slots
from clinic.services.restores import begin_anew
from clinic.services.sitting import KEY_FILE
from clinic.store.book import Book
from clinic.store.home import Home, keep
from clinic.store.salvage import Salvaged, salvage

REPORT = "salvage"
"""The setting of the new book that keeps the list of what is missing."""


@dataclass(frozen=True, slots=True)
class Rescued:
    """What was saved, and whether the new profile can go on by itself; `why` not."""

    salvaged: Salvaged
    usable: bool
    why: str = ""


def rescue(home: Home, slots: Slots, opened: Opened, to: Path, clock: Clock, random: Random) -> Rescued:
    """Make `to` out of what can be read of `home`. Raises Refusal (a program is open, something is there), Unavailable.

    The new profile has the same ways in, begins a new incarnation and asks the centre for everything once more.
    """
    if to.exists() and any(to.iterdir()):
        raise Refusal("There is something in {home} already. Restore into a new folder.", home=to)
    held = home.hold()
    new = Home(to)
    try:
        new.make()
        salvaged = salvage(home.book, opened.store_key, new.book)
        _copy_rest(home, new, slots)
        _note(new, opened, salvaged)
    except OSError as error:
        raise Unavailable("{home} could not be written. Check the disk: is it full?", home=to) from error
    finally:
        held.release()
    try:
        begin_anew(new, opened.store_key, clock, random, f"salvaged, {len(salvaged.missing)} missing")
    except PostaError as error:
        return Rescued(salvaged, False, str(error))
    return Rescued(salvaged, True)


def _copy_rest(home: Home, new: Home, slots: Slots) -> None:
    if (home.path / KEY_FILE).exists():
        shutil.copyfile(home.path / KEY_FILE, new.path / KEY_FILE)
        (new.path / KEY_FILE).chmod(0o600)
    if home.height.exists():
        keep(new.height, home.height.read_bytes())
    new.keep_slots(slots.encode())


def _note(new: Home, opened: Opened, salvaged: Salvaged) -> None:
    """Keep the list where it is sealed, and ask the centre for everything once more."""
    book = Book.open(new.book, opened.store_key)
    try:
        book.keep(lambda page: page.put_meta(REPORT, json.dumps(asdict(salvaged), default=str).encode()))
        book.keep(lambda page: page.forget_cursors())
    finally:
        book.close()
