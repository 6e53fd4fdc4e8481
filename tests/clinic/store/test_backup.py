# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups against power cuts, full disks and damaged bytes: real SQLCipher files, real kills."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.ids import DeviceId
from clinic.keys.backups import ArchiveKeys, BackupKey
from clinic.protocol.archive import BackupManifest
from clinic.store.backup_archive import Archive, archives_in
from clinic.store.backup_copy import (
    Copy,
    connect,
    copy_book,
    empty_on_purpose,
    no_progress,
    pages_of,
    sound_pages,
)
from clinic.store.backup_packs import DamagedBackup
from clinic.store.backup_restore import prove, write_book
from clinic.store.book import Book
from clinic.store.cipherpages import CONTENT, PAGE, PageCipher

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
KEY = BackupKey.make(os.urandom)


def fill(book: Book, rows: int, mark: str = "a") -> None:
    codes = [(f"{mark}{number:06}", f"{mark} wording {number * 7919 % 10007}") for number in range(rows)]
    book.keep(lambda page: page.load_codes(mark, "es", codes, "1", "CC0", "", AT))


def write(archive: Archive, copy: Copy, made_at: datetime = AT) -> BackupManifest:
    no, previous = archive.next_place()
    manifest = BackupManifest(
        no=no, made_at=made_at, device=DeviceId("d"), device_name="d", incarnation=1, program="t", schema=copy.schema,
        pages=copy.pages, roots=archive.put_pages(pages_of(copy), copy.pages), store_key=bytes(32), slots=b"s", height=1,
        previous=previous,
    )  # fmt: skip
    archive.add(manifest)
    return manifest


@pytest.fixture
def secret() -> bytes:
    return os.urandom(32)


@pytest.fixture
def archive(tmp_path: Path, secret: bytes) -> Iterator[Archive]:
    with Archive.to_write(tmp_path / "usb", secret, KEY.public, os.urandom) as opened:
        yield opened


def copied(book: Path, key: bytes, target: Path) -> Copy:
    target.unlink(missing_ok=True)
    return copy_book(book, key, target, os.urandom, no_progress)


def test_pages_are_opened_and_sealed_as_sqlcipher_does(book: Book, key: bytes, tmp_path: Path) -> None:
    fill(book, 2000)
    copy = copied(tmp_path / "book.db", key, tmp_path / "copy.db")
    other = os.urandom(32)
    write_book(pages_of(copy), copy.pages, tmp_path / "again.db", other, os.urandom)
    opened = prove(tmp_path / "again.db", other, copy.schema, copy.counts)
    assert opened.pages == copy.pages
    with (
        closing(connect(tmp_path / "again.db", other)) as again,
        closing(connect(tmp_path / "book.db", key)) as was,
    ):
        query = "SELECT * FROM code ORDER BY code"
        assert again.execute(query).fetchall() == was.execute(query).fetchall()


@given(st.integers(1, 2**31), st.binary(min_size=CONTENT, max_size=CONTENT), st.integers(0, PAGE * 8 - 1))
@settings(max_examples=60)
def test_any_flipped_bit_of_a_page_is_noticed(number: int, content: bytes, bit: int) -> None:
    cipher = PageCipher(bytes(32), bytes(16))
    number = max(2, number)
    sealed = cipher.seal(number, content, os.urandom(16))
    assert cipher.open(number, sealed) == content and cipher.open(number + 1, sealed) is None
    flipped = bytearray(sealed)
    flipped[bit // 8] ^= 1 << bit % 8
    assert cipher.open(number, bytes(flipped)) is None


def test_a_copy_is_of_one_moment_while_the_program_writes(book: Book, key: bytes, tmp_path: Path) -> None:
    fill(book, 20000)
    stop = threading.Event()
    writes = []

    def busy() -> None:
        while not stop.is_set():
            fill(book, 50, f"b{len(writes)}")
            writes.append(1)

    worker = threading.Thread(target=busy)
    worker.start()
    try:
        copies = [copied(tmp_path / "book.db", key, tmp_path / f"copy{number}.db") for number in range(3)]
    finally:
        stop.set()
        worker.join()
    assert writes
    for number, copy in enumerate(copies):
        write_book(pages_of(copy), copy.pages, tmp_path / f"n{number}.db", key, os.urandom)
        prove(tmp_path / f"n{number}.db", key, copy.schema, copy.counts)


@pytest.mark.parametrize("where", [2, 5, 200, -3, -1])
@pytest.mark.parametrize("how", ["flipped", "zeroed"])
def test_a_damaged_page_is_never_backed_up(
    book: Book, key: bytes, tmp_path: Path, where: int, how: str
) -> None:
    """SQLCipher copies most of them as zeros and says nothing."""
    fill(book, 20000)
    book.close()
    path = tmp_path / "book.db"
    number = where if where > 0 else path.stat().st_size // PAGE + 1 + where
    damage(path, number, how)

    def backup() -> int:
        return len(list(sound_pages(copied(path, key, tmp_path / "copy.db"), path, key)))

    with pytest.raises(Unavailable, match="damaged"):
        backup()


def test_free_pages_and_pages_of_zeros_are_no_damage(book: Book, key: bytes, tmp_path: Path) -> None:
    fill(book, 20000)
    book.keep(lambda page: page.put_attachment("zeros", "sent", bytes(50_000)))
    fill(book, 10)  # frees hundreds of pages
    copy = copied(tmp_path / "book.db", key, tmp_path / "copy.db")
    assert len(empty_on_purpose(copy)) > 100
    assert len(list(sound_pages(copy, tmp_path / "book.db", key))) == copy.pages


def damage(path: Path, number: int, how: str) -> None:
    with path.open("r+b") as file:
        file.seek((number - 1) * PAGE + (0 if how == "zeroed" else 99))
        file.write(bytes(PAGE) if how == "zeroed" else os.urandom(3))


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=40), min_size=1, max_size=5))
@settings(max_examples=12)
def test_equal_chunks_are_written_once_and_every_backup_comes_back_whole(books: list[list[int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        secret = os.urandom(32)
        manifests = []
        chunks: set[bytes] = set()
        for number, pages in enumerate(books):
            contents = [bytes([page]) * CONTENT for page in pages]
            chunks |= {b"".join(contents[start : start + 4]) for start in range(0, len(contents), 4)}
            with Archive.to_write(Path(folder), secret, KEY.public, os.urandom) as archive:
                roots = archive.put_pages(contents, len(contents))
                manifests.append(_manifest(number + 1, roots, len(contents)))
                archive.add(manifests[-1])
        with Archive.to_read(Path(folder), KEY, os.urandom) as archive:
            for pages, manifest in zip(books, manifests, strict=True):
                assert list(archive.pages(manifest)) == [bytes([page]) * CONTENT for page in pages]
            listed = {root for manifest in manifests for root in manifest.roots}
            ids = [chunk.id for index in archive.packs.indices.values() for chunk in index.chunks]
            assert len(ids) == len(set(ids)) == len(chunks) + len(listed)


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=30), min_size=1, max_size=6), st.data())
@settings(max_examples=12)
def test_pruning_takes_only_what_no_backup_needs(books: list[list[int]], data: st.DataObject) -> None:
    keep = data.draw(st.sets(st.integers(1, len(books))))
    with tempfile.TemporaryDirectory() as folder:
        secret = os.urandom(32)
        manifests = {}
        for number, pages in enumerate(books, 1):
            contents = [bytes([page, number % 3]) * (CONTENT // 2) for page in pages]
            with Archive.to_write(Path(folder), secret, KEY.public, os.urandom) as archive:
                manifests[number] = _manifest(
                    number, archive.put_pages(contents, len(contents)), len(contents)
                )
                archive.add(manifests[number])
        with Archive.to_write(Path(folder), secret, KEY.public, os.urandom) as archive:
            pruned = archive.prune(keep)
            assert pruned.backups == len(books) - len(keep)
            assert {kept.no for kept in archive.backups()} == keep
            for number in keep:
                contents = [bytes([page, number % 3]) * (CONTENT // 2) for page in books[number - 1]]
                assert list(archive.pages(manifests[number])) == contents
            assert archive.prune(keep).backups == 0
            if not keep:
                assert not archive.packs.indices


def _manifest(no: int, roots: tuple[bytes, ...], pages: int) -> BackupManifest:
    return BackupManifest(
        no=no, made_at=AT + timedelta(days=no), device=DeviceId("d"), device_name="d", incarnation=1, program="t",
        schema=1, pages=pages, roots=roots, store_key=bytes(32), slots=b"", height=1,
    )  # fmt: skip


def test_a_backup_that_cannot_be_read_stays_and_holds_every_chunk(archive: Archive) -> None:
    for number in range(3):
        contents = [bytes([number]) * CONTENT] * 9
        archive.add(_manifest(number + 1, archive.put_pages(contents, 9), 9))
    path = archive.folder / "backups" / "000001.backup"
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    packs = set(archive.packs.indices)
    assert archive.prune([3]).packs == 0
    assert [kept.no for kept in archive.backups()] == [1, 3] and set(archive.packs.indices) == packs


@pytest.mark.parametrize("where", ["head", "middle", "tail", "short", "gone"])
def test_a_damaged_pack_is_said_and_nothing_of_it_restored(archive: Archive, where: str) -> None:
    contents = [bytes([number]) * CONTENT for number in range(200)]
    manifest = _manifest(1, archive.put_pages(contents, 200), 200)
    archive.add(manifest)
    archive.close()
    (pack,) = (archive.folder / "packs").glob("*.pack")
    data = bytearray(pack.read_bytes())
    if where == "gone":
        pack.unlink()
    else:
        at = {"head": 0, "middle": len(data) // 2, "tail": len(data) - 60, "short": 0}[where]
        data[at] ^= 4
        pack.write_bytes(data[:-100] if where == "short" else data)
    with Archive.to_read(archive.folder, KEY, os.urandom) as again:
        with pytest.raises(DamagedBackup):
            list(again.pages(manifest))
        assert again.damaged(manifest)


def test_backups_cannot_be_swapped_or_cut(archive: Archive) -> None:
    for number in (1, 2):
        contents = [bytes([number]) * CONTENT] * 4
        archive.add(_manifest(number, archive.put_pages(contents, 4), 4))
    folder = archive.folder / "backups"
    shutil.copy(folder / "000001.backup", folder / "000002.backup")
    assert [kept.manifest is not None for kept in archive.backups()] == [True, False]


def test_one_program_writes_at_a_time(archive: Archive, secret: bytes) -> None:
    with pytest.raises(Refusal, match="under way"):
        Archive.to_write(archive.folder, secret, KEY.public, os.urandom)


def test_a_new_backup_key_opens_the_old_backups_too(tmp_path: Path, secret: bytes) -> None:
    with Archive.to_write(tmp_path / "usb", secret, KEY.public, os.urandom) as archive:
        archive.add(_manifest(1, archive.put_pages([bytes(CONTENT)], 1), 1))
    other = BackupKey.make(os.urandom)
    Archive.to_write(tmp_path / "usb", secret, other.public, os.urandom).close()
    with Archive.to_read(tmp_path / "usb", BackupKey.read(other.text), os.urandom) as archive:
        assert archive.backups()[0].manifest is not None
    with pytest.raises(Refusal):
        Archive.to_read(tmp_path / "usb", KEY, os.urandom)


def test_a_folder_without_backups_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="right disk"):
        archives_in(tmp_path)


def test_a_list_of_what_goes_never_reaches_outside(archive: Archive, tmp_path: Path, secret: bytes) -> None:
    from clinic.protocol.codec import dumps

    (tmp_path / "precious").write_text("mine")
    (archive.folder / "archive.key").read_bytes()
    (archive.folder / "going").write_bytes(dumps(["../precious", "packs/../../precious", "archive.key", 7]))
    archive.close()
    Archive.to_write(archive.folder, secret, KEY.public, os.urandom).close()
    assert (tmp_path / "precious").exists() and (archive.folder / "archive.key").exists()
    assert not (archive.folder / "going").exists()


def test_every_write_of_a_backup_may_be_the_last(
    book: Book, key: bytes, tmp_path: Path, secret: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power goes before, within or after each file that is put in place: what was there stays whole."""
    import clinic.store.backup_packs as packs
    from clinic.store import home

    monkeypatch.setattr(packs, "PACK_BYTES", 40_000)
    fill(book, 6000)
    usb = tmp_path / "usb"
    with Archive.to_write(usb, secret, KEY.public, os.urandom) as archive:
        first = write(archive, copied(tmp_path / "book.db", key, tmp_path / "copy.db"))
    fill(book, 3000, "b")
    copy = copied(tmp_path / "book.db", key, tmp_path / "copy.db")
    real, calls = os.replace, 0

    class Cut(BaseException):
        pass

    for cut in range(40):
        for after in (False, True):
            place = tmp_path / f"cut{cut}{after}"
            shutil.copytree(usb, place)
            calls = 0

            def replace(source: Path, target: Path, cut: int = cut, after: bool = after) -> None:
                nonlocal calls
                calls += 1
                if calls == cut + 1:
                    if after:
                        real(source, target)
                    raise Cut
                real(source, target)

            monkeypatch.setattr(home.os, "replace", replace)
            try:
                with Archive.to_write(place, secret, KEY.public, os.urandom) as archive:
                    write(archive, copy, AT + timedelta(days=1))
                    archive.prune([2])
                finished = True
            except Cut:
                finished = False
            monkeypatch.setattr(home.os, "replace", real)
            _whole(place, secret, copy, first, key, tmp_path)
            shutil.rmtree(place)
        if finished:
            break
    else:
        pytest.fail("the backup never came to its end")
    assert cut > 3, "there were several writes to cut"


def _whole(place: Path, secret: bytes, copy: Copy, first: BackupManifest, key: bytes, room: Path) -> None:
    """Whatever is listed restores, at least one is, and the next backup works and leaves nothing half."""
    with Archive.to_read(place, KEY, os.urandom) as archive:
        listed = archive.backups()
        assert listed and all(kept.manifest is not None for kept in listed)
        for kept in listed:
            assert kept.manifest is not None and archive.damaged(kept.manifest) == frozenset()
    with Archive.to_write(place, secret, KEY.public, os.urandom) as archive:
        last = write(archive, copy, AT + timedelta(days=2))
        archive.prune([last.no])
        assert list(archive.pages(last)) == list(pages_of(copy))
    assert not list(place.rglob("*.new")) and not (place / "going").exists()


WRITER = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[5])
import clinic.store.backup_packs as packs
packs.PACK_BYTES = 60_000
from clinic.store.backup_archive import Archive
from clinic.store.backup_copy import copy_book, no_progress
from tests.clinic.store.test_backup import write
home, usb, key, secret = Path(sys.argv[1]), Path(sys.argv[2]), bytes.fromhex(sys.argv[3]), bytes.fromhex(sys.argv[4])
public = bytes.fromhex(sys.argv[6])
print("ready", flush=True)
while True:
    (home / "copy.db").unlink(missing_ok=True)
    copy = copy_book(home / "book.db", key, home / "copy.db", os.urandom, no_progress)
    with Archive.to_write(usb, secret, public, os.urandom) as archive:
        manifest = write(archive, copy)
        print("made", manifest.no, flush=True)
        archive.prune([manifest.no, manifest.no - 2])
"""


@pytest.mark.slow
def test_killed_at_any_time_nothing_that_was_made_is_lost(
    book: Book, key: bytes, tmp_path: Path, secret: bytes
) -> None:
    fill(book, 8000)
    usb = tmp_path / "usb"
    made = 0
    for turn in range(12):
        line = [
            sys.executable,
            "-c",
            WRITER,
            str(tmp_path),
            str(usb),
            key.hex(),
            secret.hex(),
            str(ROOT),
            KEY.public.hex(),
        ]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT) as program:
            assert program.stdout is not None and program.stdout.readline() == "ready\n"
            killer = threading.Timer(0.15 + 0.11 * turn, program.send_signal, [signal.SIGKILL])
            killer.start()
            numbers = [int(said.split()[1]) for said in program.stdout if said.startswith("made")]
            program.wait()
        made = max([made, *numbers])
        fill(book, 500 + turn, f"t{turn}")
        if made:
            with Archive.to_read(usb, KEY, os.urandom) as archive:
                listed = archive.backups()
                assert all(kept.manifest is not None for kept in listed)
                newest = listed[-1]
                assert newest.no >= made and newest.manifest is not None
                assert archive.damaged(newest.manifest) == frozenset()
    assert made >= 3
    with Archive.to_write(usb, secret, KEY.public, os.urandom) as archive:
        copy = copied(tmp_path / "book.db", key, tmp_path / "copy.db")
        last = write(archive, copy)
        write_book(archive.pages(last), last.pages, tmp_path / "again.db", key, os.urandom)
    prove(tmp_path / "again.db", key, copy.schema, copy.counts)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A real file system of so many bytes; needs the right to mount."""
    mounted: list[Path] = []

    def make(size: int) -> Path:
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True
        )
        if done.returncode:
            pytest.skip("no right to mount a small disk here")
        mounted.append(place)
        return place

    yield make
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True)


@pytest.mark.parametrize("size", [16_384, 65_536, 300_000])
def test_a_full_disk_is_said_and_what_was_there_stays(
    book: Book, key: bytes, tmp_path: Path, secret: bytes, small_disk: Callable[[int], Path], size: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import clinic.store.backup_packs as packs

    monkeypatch.setattr(packs, "PACK_BYTES", 60_000)
    usb = small_disk(size) / "usb"
    tiny = [bytes([1]) * CONTENT]
    with Archive.to_write(usb, secret, KEY.public, os.urandom) as archive:
        first = _manifest(1, archive.put_pages(tiny, 1), 1)
        archive.add(first)
    fill(book, 30000)
    copy = copied(tmp_path / "book.db", key, tmp_path / "copy.db")
    with (
        Archive.to_write(usb, secret, KEY.public, os.urandom) as archive,
        pytest.raises(Unavailable, match="full"),
    ):
        write(archive, copy)
    with Archive.to_write(usb, secret, KEY.public, os.urandom) as archive:
        assert [kept.no for kept in archive.backups()] == [1]
        assert list(archive.pages(first)) == tiny
        archive.prune([1])  # what the failed one left goes; then there is room again
        assert list(archive.pages(first)) == tiny


def test_a_full_disk_while_restoring_is_said(archive: Archive, small_disk: Callable[[int], Path]) -> None:
    contents = [os.urandom(CONTENT) for _ in range(100)]
    manifest = _manifest(1, archive.put_pages(contents, 100), 100)
    with pytest.raises(Unavailable, match="full"):
        write_book(archive.pages(manifest), 100, small_disk(200_000) / "book.db", bytes(32), os.urandom)


def test_the_key_on_paper_is_read_back_and_a_mistyped_one_refused() -> None:
    assert BackupKey.read(f" {KEY.text.lower()} \n").private == KEY.private
    with pytest.raises(PostaError):
        BackupKey.read(KEY.text[:-1] + ("A" if KEY.text[-1] != "A" else "B"))
    assert KEY.private.hex() not in repr(KEY)
    assert ArchiveKeys(bytes(32)).name(b"x") != ArchiveKeys(b"1" * 32).name(b"x")
