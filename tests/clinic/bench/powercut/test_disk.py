# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that keeps the strictest rules: what is durable stays, what is not may be there, torn, or not."""

from pathlib import Path
from random import Random

import pytest

from clinic.bench.powercut.disk import SECTOR, Disk, Entry, Kind, entries

CREATE = 0o100 | 0o2


def did(kind: Kind, handle: int = 3, offset: int = 0, name: str = "", data: bytes = b"") -> Entry:
    return Entry(kind, handle, offset, name, data)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "old").write_bytes(b"old")
    return tmp_path


def disk_after(root: Path, *log: Entry) -> Disk:
    disk = Disk(root, root)
    for entry in log:
        disk.follow(entry)
    return disk


def left(disk: Disk, many: int = 60) -> list[dict[str, bytes]]:
    return [image.files for image in disk.images(Random(1), many)]


def test_what_is_synced_is_in_every_image(root: Path) -> None:
    log = [did(Kind.OPEN, offset=2, name=f"{root}/old"), did(Kind.WRITE, data=b"new"), did(Kind.SYNC)]
    assert left(disk_after(root, *log)) == [{"old": b"new"}]


def test_what_is_not_synced_is_there_or_not(root: Path) -> None:
    log = [
        did(Kind.OPEN, offset=2, name=f"{root}/old"),
        did(Kind.WRITE, data=b"NEW"),
        did(Kind.TRUNCATE, offset=1),
    ]
    found = {image["old"] for image in left(disk_after(root, *log))}
    assert found == {b"old", b"NEW", b"o", b"N"}


def test_a_write_is_torn_at_sectors_of_the_file(root: Path) -> None:
    log = [did(Kind.OPEN, offset=2, name=f"{root}/old"), did(Kind.WRITE, offset=256, data=b"x" * 1024)]
    lengths = {len(image["old"]) for image in left(disk_after(root, *log), 200)}
    assert lengths == {3, SECTOR, 2 * SECTOR, 256 + 1024}


def test_the_sync_of_a_file_does_not_keep_its_name(root: Path) -> None:
    made = [did(Kind.OPEN, offset=CREATE, name=f"{root}/a"), did(Kind.WRITE, data=b"x"), did(Kind.SYNC)]
    assert [set(image) for image in left(disk_after(root, *made), 0)] == [{"old"}, {"old", "a"}]
    folder = [did(Kind.OPEN, handle=4, name=str(root)), did(Kind.SYNC, handle=4)]
    assert left(disk_after(root, *made, *folder)) == [{"old": b"old", "a": b"x"}]


def test_a_rename_is_whole_and_waits_for_the_folder(root: Path) -> None:
    log = [
        did(Kind.OPEN, offset=CREATE, name=f"{root}/new"),
        did(Kind.WRITE, data=b"new"),
        did(Kind.SYNC),
        did(Kind.RENAME, name=f"{root}/new", data=f"{root}/old".encode()),
    ]
    found = {tuple(sorted(image.items())) for image in left(disk_after(root, *log))}
    assert found == {(("old", b"old"),), (("new", b"new"), ("old", b"old")), (("old", b"new"),)}


def test_a_name_taken_away_may_come_back_and_names_change_in_order(root: Path) -> None:
    log = [did(Kind.UNLINK, name=f"{root}/old"), did(Kind.OPEN, offset=CREATE, name=f"{root}/b")]
    assert {tuple(sorted(image)) for image in left(disk_after(root, *log))} == {("old",), (), ("b",)}


def test_the_index_of_the_log_is_nobodys_truth(root: Path) -> None:
    log = [
        did(Kind.OPEN, offset=CREATE, name=f"{root}/book.db-shm"),
        did(Kind.WRITE, data=b"x"),
        did(Kind.SYNC),
    ]
    assert left(disk_after(root, *log)) == [{"old": b"old"}]


def test_a_log_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    import struct

    whole = struct.pack("=5q", Kind.MARK, 0, 0, 0, 4) + b"said"
    assert [entry.data for entry in entries(whole + whole[:-2])] == [b"said"]
