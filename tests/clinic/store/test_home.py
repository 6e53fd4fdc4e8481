# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that must survive a power cut, and the folder they lie in."""

import subprocess
import sys
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal, Unavailable
from clinic.store.home import Home, keep

ROOT = Path(__file__).parents[3]
HOLDER = """
import pathlib, sys
from clinic.store.home import Home
Home(pathlib.Path(sys.argv[1])).hold()
print("held", flush=True)
sys.stdin.read()
"""


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
    Home(tmp_path / "new" / "home").check_room()
    assert not (tmp_path / "new").exists()
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


def test_one_program_at_a_time_holds_a_home_and_its_end_lets_go(tmp_path: Path) -> None:
    other = [
        sys.executable,
        "-c",
        HOLDER,
        str(tmp_path),
    ]
    with subprocess.Popen(other, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as program:
        assert program.stdout is not None and program.stdout.readline().strip() == b"held"
        with pytest.raises(Refusal, match="already open for this profile"):
            Home(tmp_path).hold()
        program.kill()
        program.wait()
    held = Home(tmp_path).hold()
    with pytest.raises(Refusal):
        Home(tmp_path).hold()
    held.release()
    held.release()
    Home(tmp_path).hold().release()


def test_a_home_that_cannot_be_written_is_not_held(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="permissions"):
        Home(tmp_path / "missing").hold()
