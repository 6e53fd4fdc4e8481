# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor on a real profile: says what is whole, names what is not, rescues into a new folder, deletes nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from clinic.doctor import main
from clinic.domain.errors import Refusal
from clinic.keys.backups import BackupKey
from clinic.services import people
from clinic.services.backups import back_up, set_up
from clinic.store.backup_copy import connect
from clinic.store.cipherpages import PAGE
from clinic.store.migrations import STEPS
from clinic.store.raw_pages import RawPages
from clinic.store.survey import survey
from tests.clinic.conftest import Profile

ROOT = Path(__file__).parents[3]


def told(capsys: pytest.CaptureFixture[str], words: list[str]) -> tuple[int, dict[str, dict[str, object]]]:
    code = main([*words, "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, {str(line["name"]): line for line in lines}


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file but those SQLite keeps for open books."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm", "lock"))
    }


def store_key(profile: Profile) -> bytes:
    with closing(profile.desk()) as desk:
        return desk.store_key


def hit(profile: Profile, page: int) -> None:
    with profile.home.book.open("r+b") as file:
        file.seek((page - 1) * PAGE + 1234)
        byte = file.read(1)[0]
        file.seek((page - 1) * PAGE + 1234)
        file.write(bytes([byte ^ 0x10]))


def page_of(profile: Profile, table: str) -> int:
    with RawPages(profile.home.book, store_key(profile)) as pages:
        return survey(pages).trees[table].root


def test_a_sound_profile_is_said_to_be_sound(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    code, findings = told(capsys, profile.words)
    assert code == 0
    sound = (
        "slots",
        "height",
        "book",
        "room",
        "program",
        "key",
        "log",
        "pages",
        "tables",
        "version",
        "trust",
        "own clock",
        "sync",
    )
    assert all(findings[name]["ok"] for name in sound), findings
    assert findings["backup"]["found"] == "not set up"


def test_without_a_password_it_says_what_it_did_not_look_at(
    profile: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    code, findings = told(capsys, ["--home", str(profile.home.path)])
    assert code == 0 and "pages" not in findings
    assert "--password-file" in str(findings["inside"]["advice"])


def test_a_wrong_password_is_refused(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("otras cinco palabras de nadie mas")
    with pytest.raises(Refusal, match="does not open"):
        main(["--home", str(profile.home.path), "--password-file", str(tmp_path / "wrong")])


def test_a_damaged_page_is_named_with_what_lies_on_it_and_nothing_is_changed(
    profile: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    page = page_of(profile, "op")
    hit(profile, page)
    before = snapshot(profile.home.path)
    code, findings = told(capsys, profile.words)
    assert code == 1 and not findings["pages"]["ok"]
    assert f"{page} (op)" in str(findings["pages"]["found"]) and "--salvage" in str(
        findings["pages"]["advice"]
    )
    assert snapshot(profile.home.path) == before


def test_a_book_whose_first_page_is_lost_is_damaged_not_wrongly_opened(
    profile: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    with profile.home.book.open("r+b") as file:
        file.write(bytes(PAGE))
    code, findings = told(capsys, profile.words)
    assert code == 1 and findings["key"]["ok"] and not findings["pages"]["ok"]


def test_a_page_torn_while_the_log_was_written_back_is_no_damage(
    profile: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log still holds the page whole: emptying it once more mends the file."""
    with closing(profile.desk()) as desk:
        for number in range(20):
            desk.book.keep(lambda page, n=number: page.put_meta(f"note {n}", os.urandom(400)))
        torn = tmp_path / "torn"
        torn.mkdir()
        for path in profile.home.path.iterdir():
            if path.is_file():
                shutil.copy(path, torn / path.name)
        with RawPages(torn / "book.db", desk.store_key) as pages:
            in_log = sorted(pages._in_log)
    assert in_log
    with (torn / "book.db").open("r+b") as file:
        for number in in_log[:3]:
            file.seek((number - 1) * PAGE + 512)
            file.write(os.urandom(512))
    code, findings = told(capsys, ["--home", str(torn), "--password-file", str(profile.password_file)])
    assert code == 0 and findings["pages"]["ok"] and findings["tables"]["ok"], findings


def test_one_damaged_copy_of_the_slots_is_said_and_the_other_used(
    profile: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    profile.home.slots.write_bytes(b"noise")
    code, findings = told(capsys, profile.words)
    assert code == 1 and "slots.bin is damaged" in str(findings["slots"]["found"]) and findings["pages"]["ok"]
    profile.home.slots.with_suffix(".bak").write_bytes(b"noise")
    code, findings = told(capsys, profile.words)
    assert code == 1 and "pages" not in findings


def test_a_store_of_a_newer_posta_is_told_and_taken_out_whole(
    profile: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from clinic.__main__ import main as station

    with closing(connect(profile.home.book, store_key(profile))) as book:
        book.execute("CREATE TABLE later (a INTEGER PRIMARY KEY, b BLOB)")
        book.execute("INSERT INTO later VALUES (1, x'00ff')")
        book.execute(f"PRAGMA user_version={len(STEPS) + 1}")
    code, findings = told(capsys, profile.words)
    assert code == 1 and "export-raw" in str(findings["version"]["advice"])
    key = BackupKey.make(os.urandom)
    from clinic.keys.backups import public_text

    out, key_file = tmp_path / "all.raw", tmp_path / "key"
    key_file.write_text(key.text)
    assert station(["export-raw", *profile.words, "--to", str(out), "--public", public_text(key.public)]) == 0
    capsys.readouterr()
    assert b"Quiroga" not in out.read_bytes()
    assert station(["read-raw", "--from", str(out), "--key", str(key_file)]) == 0
    told_rows = json.loads(capsys.readouterr().out)
    assert (
        told_rows["schema"] == len(STEPS) + 1
        and told_rows["rows"]["op"] >= 30
        and told_rows["rows"]["later"] == 1
    )
    assert station(["read-raw", "--from", str(out), "--key", str(key_file), "--rows", "later"]) == 0
    assert json.loads(capsys.readouterr().out) == {"a": 1, "b": {"base64": "AP8="}}
    data = bytearray(out.read_bytes())
    data[len(data) // 2] ^= 1
    out.write_bytes(data)
    assert station(["read-raw", "--from", str(out), "--key", str(key_file)]) == 3
    assert "damaged" in capsys.readouterr().err


def test_a_rescued_profile_goes_on_and_the_old_one_is_untouched(
    profile: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = page_of(profile, "op")
    hit(profile, page)
    with closing(connect(profile.home.book, _key(profile))):
        pass
    before = snapshot(profile.home.path)
    new = tmp_path / "new"
    code = main([*profile.words, "--salvage", str(new), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert snapshot(profile.home.path).items() >= {k: v for k, v in before.items() if k != "lock"}.items()
    assert report["usable"] and report["salvaged"]["lost"] == [{"page": page, "what": "op"}]
    assert code == (1 if report["salvaged"]["missing"] or not report["salvaged"]["all_missing_named"] else 0)
    with closing(profile.desk(new)) as desk:
        names = {person.name.family for person in people.find_people(desk, "", 50)}
        assert names <= set(profile.people)
        assert len(names) + len(report["salvaged"]["missing"]) >= len(profile.people)
        assert desk.incarnation > 1 and desk.book.read(lambda p: p.meta("salvage")) is not None
        desk.write(window=people.find_people(desk, "")[0].patient) if names else None
    code, findings = told(capsys, ["--home", str(new), "--password-file", str(profile.password_file)])
    assert code == 0, findings


def _key(profile: Profile) -> bytes:
    from clinic.services.door import read_slots
    from tests.clinic.conftest import PASSWORD

    return read_slots(profile.home).open(PASSWORD).store_key


def test_nothing_is_rescued_onto_anything_nor_while_posta_is_open(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    with pytest.raises(Refusal, match="new folder"):
        main([*profile.words, "--salvage", str(tmp_path / "full")])
    held = profile.home.hold()
    with pytest.raises(Refusal, match="already open"):
        main([*profile.words, "--salvage", str(tmp_path / "new")])
    held.release()


def test_an_old_backup_is_late_and_a_clock_set_back_is_seen(
    profile: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from clinic.doctor.inside import inside
    from clinic.domain.clock import SystemClock
    from clinic.services.door import read_slots
    from tests.clinic.conftest import PASSWORD

    with closing(profile.desk()) as desk:
        set_up(desk, tmp_path / "usb", BackupKey.make(os.urandom).public)
        back_up(desk)
    opened = read_slots(profile.home).open(PASSWORD)
    now = SystemClock().now()
    today = {finding.name: finding for finding in inside(profile.home, opened, now)}
    assert today["backup"].ok and today["own clock"].ok
    later = {finding.name: finding for finding in inside(profile.home, opened, now + timedelta(days=9))}
    assert not later["backup"].ok
    earlier = {finding.name: finding for finding in inside(profile.home, opened, now - timedelta(days=9))}
    assert not earlier["own clock"].ok


def test_a_lost_height_file_is_said(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    profile.home.height.write_text("not a number")
    code, findings = told(capsys, profile.words)
    assert code == 1 and not findings["height"]["ok"]


@pytest.mark.slow
def test_the_command_itself_ends_with_1_for_damage_and_3_for_a_wrong_password(
    profile: Profile, tmp_path: Path
) -> None:
    def doctor(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "clinic.cli", "doctor", *words], cwd=ROOT, capture_output=True, text=True
        )

    assert doctor(*profile.words).returncode == 0
    (tmp_path / "wrong").write_text("otras cinco palabras de nadie mas")
    refused = doctor("--home", str(profile.home.path), "--password-file", str(tmp_path / "wrong"))
    assert refused.returncode == 3 and "Traceback" not in refused.stderr
    hit(profile, page_of(profile, "op"))
    assert doctor(*profile.words).returncode == 1


@pytest.mark.slow
def test_a_restore_that_is_killed_is_begun_anew_and_whole(profile: Profile, tmp_path: Path) -> None:
    key = BackupKey.make(os.urandom)
    (tmp_path / "key").write_text(key.text)
    with closing(profile.desk()) as desk:
        codes = [(f"{number:06}", f"wording {number * 7919 % 10007}") for number in range(60000)]
        desk.book.keep(lambda page: page.load_codes("x", "es", codes, "1", "", "", desk.clock.now()))
        set_up(desk, tmp_path / "usb", key.public)
        back_up(desk)
    line = [
        sys.executable,
        "-m",
        "clinic",
        "restore",
        "--from",
        str(tmp_path / "usb"),
        "--key",
        str(tmp_path / "key"),
        "--home",
        str(tmp_path / "new"),
    ]
    killed = 0
    for tenths in range(4, 30, 2):
        with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            try:
                program.wait(tenths / 10)
            except subprocess.TimeoutExpired:
                program.send_signal(signal.SIGKILL)
                killed += 1
            program.wait()
        if (tmp_path / "new").exists():
            break
    else:
        assert subprocess.run(line, cwd=ROOT, capture_output=True).returncode == 0
    assert killed >= 2 and not (tmp_path / "new.restoring").exists()
    with closing(profile.desk(tmp_path / "new")) as desk:
        assert {person.name.family for person in people.find_people(desk, "", 50)} == set(profile.people)
        assert desk.incarnation > 1
