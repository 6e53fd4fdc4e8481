# SPDX-License-Identifier: GPL-3.0-or-later
"""The station's verbs for backups, from setting them up to using what was restored."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from clinic.__main__ import main
from clinic.services import people
from tests.clinic.conftest import Profile


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_from_the_key_to_the_restored_profile(
    profile: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usb, key, new = tmp_path / "usb", tmp_path / "stick.key", tmp_path / "new"
    assert main(["backup", *profile.words]) == 3
    assert "backup-setup" in capsys.readouterr().err
    assert main(["backup-setup", *profile.words, "--to", str(usb), "--key-out", str(key)]) == 0
    assert key.read_text().startswith("POSTA:BACKUPKEY:1:") and key.stat().st_mode & 0o077 == 0
    (told,) = said(capsys)
    assert str(told["public"]).startswith("POSTA:BACKUPTO:1:")
    for number in (1, 2):
        assert main(["backup", *profile.words]) == 0
        assert said(capsys)[0]["no"] == number
    for words in (["--from", str(usb), "--key", str(key)], profile.words):
        assert main(["backups", *words]) == 0
        lines = said(capsys)
        assert [line["backup"] for line in lines] == [1, 2] and all(line["readable"] for line in lines)
    assert main(["restore-drill", "--from", str(usb), "--key", str(key), "--in", str(tmp_path)]) == 0
    (report,) = said(capsys)
    assert report["seconds"] and report["people"] == ["Ana Ruiz"] and not list(tmp_path.glob(".drill*"))
    assert main(["restore", "--from", str(usb), "--key", str(key), "--home", str(new), "--backup", "1"]) == 0
    assert said(capsys)[0]["no"] == 1
    with closing(profile.desk(new)) as desk:
        assert {person.name.family for person in people.find_people(desk, "", 50)} == set(profile.people)


def test_a_second_computer_seals_to_the_key_of_the_first(
    profile: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    assert main(["backup-setup", *profile.words, "--to", str(tmp_path / "a"), "--key-out", str(key)]) == 0
    public = str(said(capsys)[0]["public"])
    assert main(["backup-setup", *profile.words, "--to", str(tmp_path / "b"), "--public", public]) == 0
    assert main(["backup", *profile.words]) == 0
    capsys.readouterr()
    assert main(["backups", "--from", str(tmp_path / "b"), "--key", str(key)]) == 0
    mistyped = public[:-1] + ("A" if public[-1] != "A" else "B")
    assert main(["backup-setup", *profile.words, "--to", str(tmp_path / "b"), "--public", mistyped]) == 3


def test_refusals_are_sentences(profile: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key"
    key.write_text("here already")
    assert main(["backup-setup", *profile.words, "--to", str(tmp_path), "--key-out", str(key)]) == 3
    assert main(["backups", "--from", str(tmp_path), "--key", str(key)]) == 3
    assert main(["backups"]) == 3
    assert (
        main(
            ["restore", "--from", str(tmp_path), "--key", str(tmp_path / "no"), "--home", str(tmp_path / "n")]
        )
        == 4
    )
    assert "Traceback" not in capsys.readouterr().err


def test_what_must_be_kept_is_told_with_the_law(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retention", *profile.words, "--jurisdiction", "AR"]) == 0
    lines = said(capsys)
    assert {"chart", "consent", "access log"} <= {line.get("class") for line in lines}
    assert any("26.529" in str(line.get("source")) for line in lines)
    assert main(["purge", *profile.words, "--older-than-days", "30"]) == 3
    assert main(["purge", *profile.words]) == 0
