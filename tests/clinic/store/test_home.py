# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that must survive a power cut, and the folder they lie in."""

from pathlib import Path

import pytest

from clinic.domain.errors import Unavailable
from clinic.store.home import Home, keep


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "slots.bin"
    keep(path, b"old")
    keep(path, b"new")
    assert path.read_bytes() == b"new" and [p.name for p in tmp_path.iterdir()] == ["slots.bin"]
    assert path.stat().st_mode & 0o077 == 0


def test_the_second_copy_of_the_slots_is_read_when_the_first_is_gone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keep_slots(b"slots")
    home.slots.unlink()
    assert home.enrolled and home.read_slots() == (b"slots",)


def test_a_computer_that_is_not_set_up_says_what_to_do(tmp_path: Path) -> None:
    assert not Home(tmp_path).enrolled
    with pytest.raises(Unavailable, match="invitation"):
        Home(tmp_path).read_slots()


def test_the_height_begins_below_everything_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.read_height() == -1
    home.keep_height(7)
    assert home.read_height() == 7
    home.height.write_text("seven")
    with pytest.raises(Unavailable, match="doctor"):
        home.read_height()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be made"):
        Home(tmp_path / "file" / "home").make()
    with pytest.raises(Unavailable, match="could not be written"):
        keep(tmp_path / "file" / "slots.bin", b"")
