# SPDX-License-Identifier: GPL-3.0-or-later
"""Sitting down at a desk: from a password, or a kiosk's key file, to the open book."""

from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import Unavailable
from clinic.keys.factors import SecondFactor
from clinic.keys.slots import Opened
from clinic.services.desks import Desk
from clinic.services.door import read_slots, unlock
from clinic.services.knocking import take_code, tell_knocks
from clinic.store.book import Book
from clinic.store.cut_off import salt_of
from clinic.store.home import Home

KEY_FILE = "device.key"


def open_desk(
    path: Path, password: str, clock: Clock, random: Random, who: str = "", code: str = "",
    factor: SecondFactor | None = None,
) -> Desk:  # fmt: skip
    """Unlock a profile with a person's password. `who`: her name on the log-in screen, '' to try all; `code`: the six
    digits of her phone; `factor`: her security key.

    Refused for a wrong one or too many wrong tries; Unavailable for disk or a newer store."""
    home = Home(path)
    return sit_down(home, unlock(home, password, clock, random, who, factor), clock, random, code)


def sit_down(home: Home, opened: Opened, clock: Clock, random: Random, code: str = "") -> Desk:
    """The desk of a person whose password was right. Raises CodeMissing, CodeWrong, Refusal, Unavailable."""
    desk = _open(home, opened, clock, random)
    try:
        if opened.totp:
            take_code(desk, opened, code)
        tell_knocks(desk, opened.label)
    except BaseException:
        desk.close()
        raise
    return desk


def open_kiosk(path: Path, clock: Clock, random: Random) -> Desk:
    """Open an unattended device by its key file: local protection only, it holds no key that opens a record."""
    home = Home(path)
    try:
        key = (path / KEY_FILE).read_bytes()
    except FileNotFoundError as error:
        raise Unavailable(
            "This device's key file is missing. Enrol it again with an invitation code."
        ) from error
    except OSError as error:
        raise Unavailable(
            "The folder {path} cannot be read. Check its permissions and the disk.", path=path
        ) from error
    return _open(home, read_slots(home).open_with_key(key), clock, random)


def _open(home: Home, opened: Opened, clock: Clock, random: Random) -> Desk:
    if not home.book.exists():
        raise Unavailable(
            "The records of this computer are missing: {path}. Restore a backup.", path=home.book
        )
    salt = salt_of(home.book)
    book = Book.open(home.book, opened.store_key)
    try:
        if salt_of(home.book) != salt:
            raise Unavailable("The store was just given a new key. Unlock it once more.")
        return Desk(home, book, opened, clock, random)
    except BaseException:
        book.close()
        raise
