# SPDX-License-Identifier: GPL-3.0-or-later
"""A new store key: everybody's way in follows, the old key opens nothing, whatever is cut off leaves one book that opens."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import date
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Gender
from clinic.domain.values import HumanName
from clinic.keys.slots import WrongPassword
from clinic.services import people, ways_in
from clinic.services.door import read_slots
from clinic.services.recovery import make_sheets, recover
from clinic.services.rekeying import Rekeyed, rekey
from clinic.store.book import Book
from clinic.store.home import Home
from tests.clinic.services.shared import BEN, BENS, ZOE, ZOES, entries, shared_home, sit
from tests.paper import qr_of
from tests.small_clinic import AT

pytestmark = pytest.mark.usefixtures("quick_passwords")
ROOT = Path(__file__).parents[3]
NAMES = tuple(f"Quiroga{number}" for number in range(40))
STEPS = ("copied", "next slots", "renamed", "book", "slots")
"""Moments between which the power can go."""


class Cut(BaseException):
    """The power went."""


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(AT)


@pytest.fixture
def home(tmp_path: Path, clock: FrozenClock, quick_passwords: None) -> Home:
    made = shared_home(tmp_path / "home")
    with closing(sit(made, clock)) as desk:
        for name in NAMES:
            people.register(desk, HumanName(family=name, given=("Luz",)), date(1980, 1, 1), Gender.FEMALE, "")
    return made


def renew(home: Home, clock: FrozenClock, step: Callable[[str], None] = lambda name: None) -> Rekeyed:
    return rekey(home.path, BENS, clock, os.urandom, who=BEN, step=step)


def key_of(home: Home, password: str = BENS, who: str = BEN) -> bytes:
    return read_slots(home).open(password, who).store_key


def everybody_reads_everything(home: Home, clock: FrozenClock) -> None:
    for password, who in ((BENS, BEN), (ZOES, ZOE)):
        with closing(sit(home, clock, password, who)) as desk:
            assert {person.name.family for person in people.find_people(desk, "", 90)} == set(NAMES)
            assert not desk.book.missing


def opens_raw(path: Path, key: bytes) -> bool:
    """Whether SQLCipher itself opens the file with that key."""
    with closing(sqlcipher.connect(str(path))) as book:
        try:
            book.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
            book.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlcipher.DatabaseError:
            return False
    return True


def test_the_old_key_opens_nothing_and_everybody_s_way_in_follows(
    home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    with closing(sit(home, clock)) as desk:
        made = make_sheets(desk, BENS, tmp_path / "usb", "es")
    before = key_of(home)
    done = renew(home, clock)
    after = key_of(home)
    assert before != after and set(done.kept) == {BEN, ZOE} and not done.dropped and done.megabytes > 0
    assert not opens_raw(home.book, before) and opens_raw(home.book, after)
    with pytest.raises(Unavailable):
        Book.open(home.book, before)
    everybody_reads_everything(home, clock)
    assert key_of(home, ZOES, ZOE) == after, "hers holds the new key itself once she came in"
    with closing(sit(home, clock)) as desk:
        assert entries(desk, "store key") == [(desk.someone.name, "changed")]
    new = "siete gatos duermen bajo la mesa"
    assert recover(home.path, [qr_of(path) for path in made.files[:2]], new, clock, os.urandom) == BEN
    sit(home, clock, new).close()
    assert sorted(path.name for path in home.path.glob("*next*")) == []


def test_no_page_of_the_old_book_is_left_beside_it(home: Home, clock: FrozenClock) -> None:
    old = home.book.read_bytes()[: 4096 * 8]
    renew(home, clock)
    for path in home.path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(old[at : at + 4096] in data for at in range(0, len(old), 4096)), path


def test_again_and_again_a_colleague_who_was_away_still_gets_in(home: Home, clock: FrozenClock) -> None:
    keys = [key_of(home)]
    for _ in range(3):
        renew(home, clock)
        keys.append(key_of(home))
    assert len(set(keys)) == 4
    with closing(sit(home, clock, ZOES, ZOE)) as desk:
        assert len(people.find_people(desk, "", 90)) == len(NAMES)


def test_a_person_whose_way_in_was_taken_does_not_follow(home: Home, clock: FrozenClock) -> None:
    old_slots = home.read_slots()[0]
    with closing(sit(home, clock)) as desk:
        ways_in.remove_way_in(desk, ZOE, BENS)
    renew(home, clock)
    home.keep_slots(old_slots)  # she kept a copy of the folder's slots
    with pytest.raises(Unavailable):
        sit(home, clock, ZOES, ZOE)


@pytest.mark.parametrize("cut", STEPS)
def test_the_power_goes_at_any_moment_and_one_book_opens(home: Home, clock: FrozenClock, cut: str) -> None:
    before = key_of(home)

    def step(name: str) -> None:
        if name == cut:
            raise Cut

    with pytest.raises(Cut):
        renew(home, clock, step=step)
    everybody_reads_everything(home, clock)
    assert (key_of(home) == before) == (cut in ("copied", "next slots"))
    assert not list(home.path.glob("*next*"))
    renew(home, clock)
    everybody_reads_everything(home, clock)


def test_a_disk_that_refuses_at_any_write_leaves_one_book(
    home: Home, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each rename and each sync of a file, in turn, says no."""
    for call in ("replace", "fsync"):
        for nth in range(1, 9):
            real, left = getattr(os, call), [nth]

            def refuse(*given: object, real: Callable[..., object] = real, left: list[int] = left) -> object:
                left[0] -= 1
                if left[0] == 0:
                    raise OSError(28, "No space left on device")
                return real(*given)

            with monkeypatch.context() as patch:
                patch.setattr(os, call, refuse)
                with suppress(Unavailable):
                    renew(home, clock)
            everybody_reads_everything(home, clock)
            if left[0] > 0:
                break


def test_who_breaks_off_while_the_copy_takes_its_place_has_a_book_that_opens(
    home: Home, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = key_of(home), os.replace

    def replace(old: Path, new: Path) -> None:
        real(old, new)
        if new == home.book:
            raise KeyboardInterrupt  # it comes between the call and what follows

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            renew(home, clock)
    everybody_reads_everything(home, clock)
    assert key_of(home) != before and not list(home.path.glob("*next*"))


def test_slots_that_cannot_be_taken_away_undo_no_later_change(
    home: Home, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == home.next_slots:
            raise PermissionError("another program looks at it")
        real(path, missing_ok)

    real = Path.unlink
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        with pytest.raises(Unavailable, match="disk"):
            renew(home, clock)
        with pytest.raises(Unavailable, match="disk"):
            sit(home, clock)
    everybody_reads_everything(home, clock)
    assert not list(home.path.glob("*next*"))


def test_a_desk_that_is_open_is_not_pulled_away(home: Home, clock: FrozenClock) -> None:
    before = key_of(home)
    with home.hold(), pytest.raises(Refusal, match="already open"):
        renew(home, clock)
    with closing(sit(home, clock)), pytest.raises(Unavailable, match="Another program holds"):
        renew(home, clock)  # a station works beside
    assert key_of(home) == before and not list(home.path.glob("*next*"))
    everybody_reads_everything(home, clock)


@pytest.mark.expects_log("a page of the store is damaged")
def test_a_wrong_password_and_a_damaged_book_change_nothing(home: Home, clock: FrozenClock) -> None:
    with pytest.raises(WrongPassword):
        rekey(home.path, ZOES, clock, os.urandom, who=BEN)
    data = bytearray(home.book.read_bytes())
    data[-2000] ^= 1
    home.book.write_bytes(data)
    with pytest.raises(Unavailable):
        renew(home, clock)
    assert home.book.read_bytes()[-4096:] == bytes(data)[-4096:] and not list(home.path.glob("*next*"))


KILLED = """
import os, signal, sys
from pathlib import Path
from clinic.domain.clock import SystemClock
from clinic.keys import slots
from clinic.keys.stretch import WEAK, stretch
slots.stretch = lambda secret, salt, cost, **_: stretch(secret, salt, WEAK, weak_for_tests=True)
from clinic.services.rekeying import rekey

def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

def progress(what, done, of):
    step(f"{what} {done * 2 // max(of, 1)}")

rekey(Path(sys.argv[1]), sys.argv[3], SystemClock(), os.urandom, who=sys.argv[4], step=step, progress=progress)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("moment", ["copy 2", "check 0", "check 2", *STEPS])
def test_the_program_is_killed_and_one_book_opens(home: Home, clock: FrozenClock, moment: str) -> None:
    before = key_of(home)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(home.path), moment, BENS, BEN], cwd=ROOT, capture_output=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    everybody_reads_everything(home, clock)
    assert (key_of(home) == before) == (moment not in ("renamed", "book", "slots"))
    assert not list(home.path.glob("*next*"))
