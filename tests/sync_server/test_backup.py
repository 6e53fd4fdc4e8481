# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of a server that serves, restored elsewhere: by real processes, over both databases and from one to the other."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import pytest

from clinic.keys.backups import BackupKey, public_text
from clinic.sync.exchange import Snapshot, meaning_of, request_for
from tests.postgres_cluster import SERVER
from tests.server_process import ServerProcess
from tests.small_clinic import AT, repeating

from .test_process import founded, refused, run

pytestmark = pytest.mark.slow
Options = Callable[[str, Path], tuple[str, ...]]


@pytest.fixture
def options(request: pytest.FixtureRequest) -> Options:
    """The arguments that put a server's book in that database."""

    def of(kind: str, folder: Path) -> tuple[str, ...]:
        if kind == "sqlite":
            return ()
        return ("--database", request.getfixturevalue("postgres").url(SERVER), "--book", str(folder))

    return of


def verb(name: str, *words: str) -> dict[str, object]:
    ran = subprocess.run(
        [sys.executable, "-m", "sync_server", name, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.parametrize(
    ("before", "after"),
    [("sqlite", "sqlite"), ("postgres", "postgres"), ("sqlite", "postgres"), ("postgres", "sqlite")],
)
def test_what_was_sent_after_the_backup_is_offered_again(
    before: str, after: str, tmp_path: Path, options: Options
) -> None:
    old, new, backup = tmp_path / "old", tmp_path / "new", tmp_path / "stick" / "monday.posta"
    key = BackupKey.make(repeating(b"backup"))
    (tmp_path / "key").write_text(key.text)
    with ServerProcess(old, *options(before, old)) as process:
        clinic, eva, ben = founded(process)
        first, second = (clinic.eva.envelope(clinic.log, "p:1", text) for text in ("one", "Quiroga two"))
        eva.sync(first)
        made = verb(
            "backup",
            "--data",
            str(old),
            *options(before, old),
            "--to",
            str(backup),
            "--public",
            public_text(key.public),
        )
        assert made["envelopes"] == 1
        epoch = eva.sync(second).epoch
        assert {item.seq for item in ben.sync().envelopes} == {1, 2}
        process.kill()
    for secret in (first, b"small clinic", b"SQLite format"):
        assert secret not in backup.read_bytes()
    restored = verb(
        "restore",
        "--data",
        str(new),
        *options(after, new),
        "--from",
        str(backup),
        "--key",
        str(tmp_path / "key"),
    )
    assert restored["envelopes"] == 1 and restored["epoch"] != epoch
    with ServerProcess(new, *options(after, new)) as process:
        eva.url = ben.url = process.url
        snapshot = Snapshot(eva.who.device, 1, epoch, {}, {}, clinic.log.position, (), ())
        request = request_for(snapshot, AT)
        meaning = meaning_of(request, eva.do(lambda remote: remote.sync(request)))
        assert (meaning.acked_env_no, meaning.lost_some, meaning.forget_cursors) == (1, True, True)
        assert eva.sync(second).acked_env_no == 2
        assert [got.envelope for got in ben.sync().envelopes] == [first, second]
    assert [file.name for file in new.iterdir() if file.name.startswith(".")] == []


def test_attachments_go_along_and_come_back(process: ServerProcess, tmp_path: Path) -> None:
    founded(process)
    (process.folder / "attachments").mkdir()
    name = blake2b(b"photo", digest_size=32).hexdigest()
    (process.folder / "attachments" / name).write_bytes(b"photo")
    (process.folder / "attachments" / f"{name}.ab.part").write_bytes(b"ph")
    stick = tmp_path / "stick"
    for day, new in (("1", 1), ("2", 0)):
        assert verb("backup", "--data", str(process.folder), "--to", str(stick / day))["attachments"] == new
    process.stop()
    back = verb("restore", "--data", str(tmp_path / "new"), "--from", str(stick / "2"))
    assert back["attachments"] == 1 and (tmp_path / "new" / "attachments" / name).read_bytes() == b"photo"
    assert sorted(file.name for file in (stick / "attachments").iterdir()) == [name]


def test_what_is_no_good_backup_is_told_and_changes_nothing(process: ServerProcess, tmp_path: Path) -> None:
    clinic, eva, _ = founded(process)
    eva.sync(*(clinic.eva.envelope(clinic.log, "p:1", str(n)) for n in range(3)))
    key, other = BackupKey.make(repeating(b"one")), BackupKey.make(repeating(b"two"))
    for file, text in (("key", key.text), ("other", other.text)):
        (tmp_path / file).write_text(text)
    good = tmp_path / "good"
    verb("backup", "--data", str(process.folder), "--to", str(good), "--public", public_text(key.public))
    raw = good.read_bytes()
    new = ("restore", "--data", str(tmp_path / "new"), "--from")
    refused(run(*new, str(good)), 3, "--key")
    refused(run(*new, str(good), "--key", str(tmp_path / "other")), 3, "does not open")
    for bad in (raw[:-1], raw[:70_000], raw[:500] + bytes([raw[500] ^ 1]) + raw[501:], raw + b"x"):
        (tmp_path / "bad").write_bytes(bad)
        refused(
            run(*new, str(tmp_path / "bad"), "--key", str(tmp_path / "key")),
            3,
            "damaged" if len(bad) == len(raw) else "",
        )
    (tmp_path / "bad").write_bytes(b"something else")
    refused(run(*new, str(tmp_path / "bad")), 3, "no backup")
    refused(run("backup", "--data", str(process.folder), "--to", str(good)), 4, "there already")
    verb(*new, str(good), "--key", str(tmp_path / "key"))
    refused(run(*new, str(good), "--key", str(tmp_path / "key")), 3, "already")


def test_a_backup_with_a_hole_is_refused(tmp_path: Path, process: ServerProcess) -> None:
    clinic, eva, _ = founded(process)
    eva.sync(*(clinic.eva.envelope(clinic.log, "p:1", str(n)) for n in range(3)))
    verb("backup", "--data", str(process.folder), "--to", str(tmp_path / "holed"))
    with closing(sqlite3.connect(tmp_path / "holed")) as raw:
        raw.execute("DELETE FROM envelopes WHERE seq = 2")
        raw.commit()
    refused(
        run("restore", "--data", str(tmp_path / "new"), "--from", str(tmp_path / "holed")), 3, "go on from 1"
    )
