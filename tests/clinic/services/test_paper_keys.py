# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys on paper: two sheets of three give a backup key or a custodian's key back, one does not, a mixed set is refused."""

import json
import os
from collections.abc import Callable
from contextlib import closing
from itertools import combinations
from pathlib import Path

import pytest

from clinic.__main__ import main
from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal
from clinic.domain.ids import TeamId
from clinic.keys.backups import BackupKey
from clinic.keys.epochs import new_epoch
from clinic.protocol.trust import DeviceKind, Role, TeamCreate
from clinic.services import people
from clinic.services.enrolment import state
from clinic.services.everybody import prepare
from clinic.services.link import exchange_now
from clinic.services.paper_keys import backup_key_of, backup_sheets, escrow_sheets, take_up_escrow
from clinic.services.tending import tend
from tests.clinic.conftest import Profile
from tests.clinic.services.conftest import PASSWORD, Town
from tests.clinic.services.test_break_glass import enrolled
from tests.paper import qr_of

Sheets = Callable[[str], list[str]]


@pytest.fixture
def sheets(tmp_path: Path) -> Sheets:
    """The QR texts of a folder's sheets, read from the paper."""

    def read(folder: str) -> list[str]:
        return [qr_of(file) for file in sorted((tmp_path / folder).glob("*.pdf"))]

    return read


def test_any_two_sheets_give_the_backup_key_back_and_nothing_less(tmp_path: Path, sheets: Sheets) -> None:
    key, other = BackupKey.make(os.urandom), BackupKey.make(os.urandom)
    made = backup_sheets(key, "Red del Norte", tmp_path / "a", "es", SystemClock())
    backup_sheets(other, "Red del Norte", tmp_path / "b", "en", SystemClock())
    assert [file.name for file in made.files] == [f"posta-backup-{made.mark}-{n}.pdf" for n in (1, 2, 3)]
    mine, strange = sheets("a"), sheets("b")
    for pair in combinations(mine, 2):
        assert backup_key_of(pair) == key
    with pytest.raises(Refusal, match="One alone"):
        backup_key_of([mine[0]])
    with pytest.raises(Refusal, match="One alone"):
        backup_key_of([mine[1], mine[1]])
    with pytest.raises(Refusal, match="different sets"):
        backup_key_of([mine[0], strange[1]])
    with pytest.raises(Refusal, match="misspelt"):
        backup_key_of([mine[0], "academic acid nonsense"])
    with pytest.raises(Refusal, match="there already"):
        _again(tmp_path / "a", key)


def _again(folder: Path, key: BackupKey) -> None:
    """A set of the same number in the same folder overwrites nothing: 32,768 numbers, so it is made to collide."""
    from clinic.services import paper_keys

    words = paper_keys.split(key.private)
    taken = folder / f"posta-backup-{words[0].mark}-1.pdf"
    taken.write_bytes(b"somebody's")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper_keys, "split", lambda secret: words)
        try:
            backup_sheets(key, "x", folder, "es", SystemClock())
        finally:
            assert taken.read_bytes() == b"somebody's"


def test_a_profile_comes_back_from_a_backup_with_two_sheets(
    profile: Profile, tmp_path: Path, sheets: Sheets, capsys: pytest.CaptureFixture[str]
) -> None:
    usb, paper, new = tmp_path / "usb", tmp_path / "paper", tmp_path / "new"
    assert main(["backup-setup", *profile.words, "--to", str(usb), "--sheets", str(paper)]) == 0
    assert main(["backup", *profile.words]) == 0
    files = []
    for number, text in enumerate(sheets("paper")):
        files.append(tmp_path / f"sheet{number}")
        files[-1].write_text(text)
    source = ["--from", str(usb), "--home", str(new)]
    capsys.readouterr()
    assert main(["restore", *source, "--sheet", str(files[0])]) == 3
    assert "One alone" in capsys.readouterr().err and not new.exists()
    two = ["--sheet", str(files[2]), "--sheet", str(files[0])]
    assert main(["backup-key", *two, "--key-out", str(tmp_path / "key")]) == 0
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert main(["backups", "--from", str(usb), "--key", str(tmp_path / "key")]) == 0
    assert main(["backup-sheets", "--key", str(tmp_path / "key"), "--out", str(tmp_path / "more")]) == 0
    assert backup_key_of(sheets("more")[:2]).text == (tmp_path / "key").read_text().strip()
    backup_sheets(BackupKey.make(os.urandom), "Otra", tmp_path / "other", "es", SystemClock())
    strange = tmp_path / "strange"
    strange.write_text(sheets("other")[0])
    assert main(["restore", *source, "--sheet", str(files[0]), "--sheet", str(strange)]) == 3
    assert "different sets" in capsys.readouterr().err
    assert main(["restore", *source, *two]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["no"] == 1
    with closing(profile.desk(new)) as desk:
        assert {person.name.family for person in people.find_people(desk, "", 50)} == set(profile.people)


@pytest.mark.slow
def test_a_custodian_that_burnt_is_rebuilt_from_two_sheets(
    town: Town, tmp_path: Path, sheets: Sheets
) -> None:
    """Of a team of which nobody's computer is left, too."""
    lone = TeamId("lone")
    state(town.station, lambda log: [TeamCreate(team=lone, name="Puesto lejano")])
    omar = enrolled(
        town.station, town.folder / "lone", "Dr. Omar Sosa", Role.CLINICIAN, DeviceKind.DESKTOP, lone
    )
    state(town.station, lambda log: [new_epoch(log, lone, {}, os.urandom)])
    station, first = town.station, town.station.team
    keeper = enrolled(station, town.folder / "k1", "Custodia", Role.CUSTODIAN, DeviceKind.STATION, first)
    town.opened += [keeper, omar]
    prepare(station)
    exchange_now(omar)
    tend(omar)  # the only one who has that team's key passes it to the custodian, and is heard of no more
    exchange_now(keeper)
    assert (lone, 1) in keeper.team_keys
    with pytest.raises(Refusal, match="no custodian"):
        escrow_sheets(town.desk, PASSWORD, tmp_path / "no", "es")
    with pytest.raises(Refusal):
        escrow_sheets(keeper, "wrong " + PASSWORD, tmp_path / "no", "es")
    assert not (tmp_path / "no").exists()
    escrow_sheets(keeper, PASSWORD, tmp_path / "escrow", "en")
    paper = sheets("escrow")

    heir = enrolled(station, town.folder / "k2", "Custodia nueva", Role.CUSTODIAN, DeviceKind.STATION, first)
    town.opened.append(heir)
    prepare(station)
    exchange_now(heir)
    assert (lone, 1) not in heir.team_keys
    with pytest.raises(Refusal, match="One alone"):
        take_up_escrow(heir, paper[:1])
    backup_sheets(BackupKey.make(os.urandom), "x", tmp_path / "backup", "es", SystemClock())
    strange = sheets("backup")
    with pytest.raises(Refusal, match="different sets"):
        take_up_escrow(heir, [paper[0], strange[1]])
    with pytest.raises(Refusal, match="not sheets of a custodian"):
        take_up_escrow(heir, strange[:2])
    with pytest.raises(Refusal, match="no custodian"):
        take_up_escrow(town.desk, paper[:2])
    assert take_up_escrow(heir, [paper[2], paper[0]]) == 1
    assert heir.team_keys[lone, 1] == keeper.team_keys[lone, 1]
    assert take_up_escrow(heir, paper[:2]) == 0, "again changes nothing"
