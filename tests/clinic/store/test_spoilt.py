# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages flipped, zeroed, exchanged; logs cut short or of another day: whatever a disk does to a book, somebody is told."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.exc import DBAPIError

from clinic.bench.powercut.proof import damage
from clinic.domain.errors import Unavailable
from clinic.domain.facts import Communication
from clinic.domain.ids import FactId, OpId, PatientId, patient_scope
from clinic.protocol.op import Op
from clinic.store.book import Book

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = bytes(range(32))
PAGE = 4096
WRITES = 60


def say(book: Book, number: int, words: int = 60) -> None:
    """One message, in a transaction of its own."""
    patient = PatientId(f"p{number % 5}")
    text = f"mensaje {number} " + "palabra " * words
    said = Communication(id=FactId(f"m{number}"), patient=patient, sent_at=AT, sender="ana", text=text)
    op = Op(id=OpId(f"o{number}"), stamp=number, fact=said)
    book.keep(lambda page: page.file_op(op, patient_scope(patient)) and None)


def everything(book: Book) -> list[object]:
    """All that the book holds, read as charts and searches read it."""
    return book.read(
        lambda page: [
            *(list(page.ops(PatientId(f"p{number}"))) for number in range(5)),
            page.search("palabra", limit=WRITES),
            page.outbox(),
            page.cursors(),
        ]
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed book of some sixty pages."""
    path = tmp_path_factory.mktemp("sound") / "book.db"
    book = Book.open(path, KEY)
    for number in range(WRITES):
        say(book, number)
    book.close()
    return path


@pytest.fixture(scope="module")
def held(sound: Path) -> list[object]:
    book = Book.open(sound, KEY)
    try:
        return everything(book)
    finally:
        book.close()


def spoil(path: Path, how: str, random: Random) -> list[int]:
    """Damage 1 to 5 pages; gives their numbers."""
    data = bytearray(path.read_bytes())
    pages = random.sample(range(len(data) // PAGE), random.randint(1, 5))
    for page in pages:
        place = slice(page * PAGE, (page + 1) * PAGE)
        if how == "flipped":
            data[place.start + random.randrange(PAGE)] ^= 1 << random.randrange(8)
        elif how == "zeroed":
            data[place] = bytes(PAGE)
        else:
            other = random.choice([n for n in range(len(data) // PAGE) if n != page])
            there = slice(other * PAGE, (other + 1) * PAGE)
            data[place], data[there] = data[there], data[place]
    path.write_bytes(data)
    return pages


def told(path: Path, held: list[object]) -> Iterator[str]:
    """Who says that something is wrong, and how. Whoever shows other than what was written says nothing."""
    try:
        book = Book.open(path, KEY)
    except Unavailable as refusal:
        yield f"opening: {refusal}"
        return
    try:
        if book.missing:
            yield f"{book.missing} writes are missing"
        try:
            shown = everything(book)
        except Unavailable as refusal:
            yield f"reading: {refusal}"
        else:
            assert shown == held or [*damage(book)] or book.missing, (
                "something else is shown and nobody says so"
            )
        yield from damage(book)
    except DBAPIError as error:
        yield f"checking: {error.orig}"
    finally:
        book.close()


@pytest.mark.expects_log("a page of the store is damaged")
@pytest.mark.parametrize("how", ["flipped", "zeroed", "swapped"])
@pytest.mark.parametrize("seed", range(12))
def test_a_spoilt_page_is_never_silent(
    sound: Path, held: list[object], tmp_path: Path, how: str, seed: int
) -> None:
    copy = Path(shutil.copy(sound, tmp_path))
    pages = spoil(copy, how, Random(f"{how} {seed}"))
    assert list(told(copy, held)), f"pages {pages}"


def test_a_sound_book_is_said_to_be_sound(sound: Path, held: list[object], tmp_path: Path) -> None:
    assert list(told(Path(shutil.copy(sound, tmp_path)), held)) == []


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    """A folder as a program left it that ended without closing: the log holds the last writes."""
    (tmp_path / "live").mkdir()
    book = Book.open(tmp_path / "live" / "book.db", KEY)
    for number in range(20):
        say(book, number)
    left = Path(shutil.copytree(tmp_path / "live", tmp_path / "left"))
    book.close()
    return left


def test_a_log_left_by_a_killed_program_is_taken_whole(crashed: Path) -> None:
    book = Book.open(crashed / "book.db", KEY)
    assert book.missing == 0 and book.read(lambda page: page.count_ops()) == 20
    book.close()


@pytest.mark.expects_log("acknowledged writes are missing")
@pytest.mark.parametrize("left", [0, 0.01, 0.3, 0.7, 0.95])
def test_a_log_cut_short_is_counted(crashed: Path, left: float) -> None:
    log = crashed / "book.db-wal"
    os.truncate(log, int(log.stat().st_size * left))
    (crashed / "book.db-shm").unlink()
    book = Book.open(crashed / "book.db", KEY)
    gone = 20 - book.read(lambda page: page.count_ops())
    assert gone > 0 and book.missing == gone
    say(book, 100)
    book.close()
    again = Book.open(crashed / "book.db", KEY)
    assert again.missing == 0, "it is said once, and noted"
    assert again.read(lambda page: page.meta("missing writes")) == str(gone).encode()
    again.close()


@pytest.mark.expects_log("acknowledged writes are missing|a page of the store is damaged")
def test_an_old_log_beside_a_newer_file_is_told(crashed: Path, tmp_path: Path) -> None:
    old_log = (crashed / "book.db-wal").read_bytes()
    (crashed / "book.db-shm").unlink()
    book = Book.open(crashed / "book.db", KEY)
    for number in range(20, 45):
        say(book, number, 20)
    held = everything(book)
    book.close()
    (crashed / "book.db-wal").write_bytes(old_log)
    assert list(told(crashed / "book.db", held))


def test_rubbish_beside_the_book_is_not_taken_for_a_number(crashed: Path) -> None:
    for rubbish in (b"", b"x", os.urandom(16), os.urandom(400)):
        (crashed / "book.db.last").write_bytes(rubbish)
        book = Book.open(crashed / "book.db", KEY)
        assert book.missing == 0
        say(book, 1000 + len(rubbish))
        book.close()


def test_the_number_is_laid_down_with_every_write(tmp_path: Path) -> None:
    book = Book.open(tmp_path / "book.db", KEY)
    before = (tmp_path / "book.db.last").read_bytes() if (tmp_path / "book.db.last").exists() else b""
    say(book, 1)
    after = (tmp_path / "book.db.last").read_bytes()
    assert len(after) == 16 and after != before
    book.close()
