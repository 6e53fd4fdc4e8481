# SPDX-License-Identifier: GPL-3.0-or-later
"""A slot file that an earlier version wrote lets its people in, and is brought to today's by whoever comes in.

`slots-0001.bin` was written by the program before slots could follow a new store key. Its store key is that of the books
beside it; kept as it is for ever.
"""

import os
import shutil
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.keys.slots import Slots, WrongPassword
from clinic.protocol.custody import SlotKind
from clinic.services.door import unlock
from clinic.store.book import Book
from clinic.store.home import Home

HERE = Path(__file__).parent
KEY = bytes(range(32))
ANAS, BENS = "cinco palabras que nadie adivina", "otra frase larga de verdad aquí"


@pytest.fixture
def old() -> Slots:
    return Slots.read((HERE / "slots-0001.bin").read_bytes())


def test_every_way_in_it_had_it_has(old: Slots) -> None:
    ana = old.open(ANAS, "Ana Ruiz")
    assert (ana.store_key, ana.user_id, ana.worn, ana.totp, ana.credential) == (KEY, "ana", False, b"", b"")
    assert old.open_recovery(b"p" * 32).user_id == "ana" and old.open_with_key(b"k" * 32).store_key == KEY
    with pytest.raises(WrongPassword):
        old.open(BENS, "Ana Ruiz")


def test_what_was_written_is_written_again_to_the_letter(old: Slots) -> None:
    assert old.encode() == (HERE / "slots-0001.bin").read_bytes()


def test_an_old_home_opens(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for name in ("slots.bin", "slots.bak"):
        shutil.copy(HERE / "slots-0001.bin", tmp_path / name)
    shutil.copy(HERE / "book-0001.db", home.book)
    opened = unlock(home, BENS, SystemClock(), os.urandom)
    assert opened.label == "Ben Soto"
    book = Book.open(home.book, opened.store_key)
    assert book.read(lambda page: page.count_ops()) > 0
    book.close()


def test_they_cannot_follow_a_new_store_key_until_their_password_was_there(old: Slots) -> None:
    followed, lost = old.passed_on(KEY, b"f" * 32)
    assert not followed.file.slots and len(lost) == 4
    renewed = old.renewed("Ana Ruiz", ANAS, old.open(ANAS, "Ana Ruiz"), os.urandom)
    followed, lost = renewed.passed_on(KEY, b"f" * 32)
    assert [(way.label, way.kind) for way in lost if way.kind == SlotKind.PASSWORD] == [
        ("Ben Soto", SlotKind.PASSWORD)
    ]
    assert followed.open(ANAS).store_key == b"f" * 32
