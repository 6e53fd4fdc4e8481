# SPDX-License-Identifier: GPL-3.0-or-later
"""The station's verbs for the ways in: what is typed on the command line, and what it says."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from clinic.__main__ import main
from clinic.keys.stretch import WEAK, Cost, stretch
from clinic.store.home import Home
from tests.clinic.services.shared import BEN, BENS, ZOE, ZOES, phone_with, shared_home
from tests.paper import qr_of
from tests.soft_key import SoftKey

NEW = "siete gatos duermen bajo la mesa"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    def quick(secret: bytes, salt: bytes, _cost: Cost, **_more: object) -> bytes:
        return stretch(secret, salt, WEAK, weak_for_tests=True)

    monkeypatch.setattr("clinic.keys.slots.stretch", quick)
    for name, text in (("bens", BENS), ("zoes", ZOES), ("new", NEW), ("weak", "corta")):
        (tmp_path / name).write_text(text)
    return shared_home(tmp_path / "home")


class Station:
    def __init__(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self.folder, self._capsys = home, home.path.parent, capsys

    def __call__(self, verb: str, *more: str, password: str = "bens", code: int = 0) -> list[dict[str, Any]]:
        own = ["--home", str(self.home.path), "--password-file", self.file(password)]
        done = main([verb, *own, *more])
        said = self._capsys.readouterr()
        self.err = said.err
        assert done == code, said.err
        return [json.loads(line) for line in said.out.splitlines()]

    def file(self, name: str) -> str:
        return str(self.folder / name)


@pytest.fixture
def station(home: Home, capsys: pytest.CaptureFixture[str]) -> Station:
    return Station(home, capsys)


def test_ways_are_listed_changed_and_taken_away(station: Station) -> None:
    way = {"kind": "password", "code": False, "security key": False}
    assert station("ways") == [{"name": BEN, **way}, {"name": ZOE, **way}]
    station("change-password", "--new-password-file", station.file("weak"), code=3)
    assert "15 characters" in station.err
    assert station("change-password", "--new-password-file", station.file("new")) == [{"changed": BEN}]
    station("status", code=3)
    assert "Type it again" in station.err
    assert station("remove-way-in", "--label", ZOE, password="new") == [{"removed": ZOE}]
    station("status", "--who", ZOE, password="zoes", code=3)
    station("remove-way-in", "--label", BEN, password="new", code=3)
    assert "last way" in station.err


def test_a_code_is_set_up_asked_and_dropped(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    class Phone:
        """Reads what stands on the screen, and answers as a phone does."""

        def readline(self) -> str:
            self.totp = phone_with(json.loads(said.readouterr().out)["scan"])
            return f"{self.totp.now()}\n"

    said, phone = station._capsys, Phone()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", phone)
        assert station("add-code") == [{"code added": BEN}]
    assert station("ways")[-1]["code"] is True
    station("export-raw", "--to", station.file("all.raw"), "--public", "x", code=3)
    assert "six digits" in station.err
    station("status", code=3)
    assert "six digits" in station.err
    digits = phone.totp.now()
    assert station("remove-code", "--code-now", digits) == [{"code removed": BEN}]
    station("status")


def test_sheets_are_printed_and_two_of_them_used(station: Station, tmp_path: Path) -> None:
    usb = tmp_path / "usb"
    (made,) = station("recovery-sheets", "--out", str(usb), "--lang", "pt")
    files = sorted(usb.iterdir())
    assert [str(file) for file in files] == made["files"] and "delete the files" in station.err
    sheets = []
    for number in (0, 2):
        text = tmp_path / f"sheet{number}"
        text.write_text(qr_of(files[number]))
        sheets += ["--sheet", str(text)]
    new = ["--new-password-file", station.file("new")]
    station("recover", *new, *sheets[:2], *sheets[:2], code=3)
    assert "Two different sheets" in station.err
    (tmp_path / "torn").write_text("academic acid acrobat")
    station("recover", *new, *sheets[:2], "--sheet", str(tmp_path / "torn"), code=3)
    assert "misspelt" in station.err
    station("recover", *new, *sheets[:2], "--sheet", str(tmp_path / "nowhere"), code=4)
    assert station("recover", *new, *sheets) == [{"recovered": BEN}]
    station("status", password="new")
    station("status", code=3)
    assert "posta station recover" in station.err
    assert [way["set"] for way in station("ways") if way["kind"] == "sheets"] == [made["set"]]


def test_the_store_gets_a_new_key(station: Station, home: Home) -> None:
    before = home.book.read_bytes()[:16]
    (done,) = station("rekey", "--who", BEN)
    assert set(done["kept"]) == {BEN, ZOE} and home.book.read_bytes()[:16] != before
    station("status", password="zoes")
    station("rekey", "--also", "nobody", code=3)
    assert "NAME=FILE" in station.err
    with home.hold():
        station("rekey", code=3)
    assert "already open" in station.err


def test_a_security_key_that_is_not_there_is_a_sentence(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fido2.hid.CtapHidDevice.list_devices", lambda: iter(()))
    station("add-security-key", code=4)
    assert "No security key was found" in station.err
    assert station("ways")[0]["security key"] is False


def test_a_security_key_that_has_a_pin_is_asked_for_it(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    keys = [SoftKey(pin="280519")]
    monkeypatch.setattr("fido2.hid.CtapHidDevice.list_devices", lambda: iter(keys))
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("clinic.station.command.getpass", lambda prompt: "280519")
    assert station("add-security-key") == [{"security key added": BEN}]


def test_a_security_key_opens_what_the_password_alone_does_not(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [SoftKey()]
    monkeypatch.setattr("fido2.hid.CtapHidDevice.list_devices", lambda: iter(keys))
    assert station("add-security-key") == [{"security key added": BEN}]
    station("status", code=3)
    assert "security key" in station.err
    station("status", "--security-key")
    (done,) = station("rekey", "--security-key", "--who", BEN)
    assert BEN in done["kept"]
    keys[:] = [SoftKey()]
    station("status", "--security-key", "--who", BEN, code=3)
    assert "not the one" in station.err
    station("status", password="zoes")
