# SPDX-License-Identifier: GPL-3.0-or-later
"""A kiosk that is not set up shows where its code goes, says what went wrong, and lets it be tried again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from clinic.domain.clock import SystemClock
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.enrolment import admit, invite
from clinic.services.short_codes import shorten
from clinic.services.sitting import open_kiosk
from clinic.services.staff_pin import has_staff_pin
from desktop.kit.audit import audit
from desktop.kit.fields import LineField
from desktop.kit.program import Program
from desktop.kit.words import set_language
from kiosk import options
from kiosk.joining import SettingUp
from tests.clinic.services.conftest import Town, town
from tests.kiosk.test_room_on_screen import findings

__all__ = ["town"]
pytestmark = pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn|FFmpeg")
PIN = "274915"


class Bench:
    """The window of a kiosk's first start."""

    def __init__(self, bot: QtBot, home: Path, language: str = "en") -> None:
        args = options.parse(["--home", str(home), "--lang", language])
        self.program, self.bot, self.home = Program(args, "Posta", "kiosk", None), bot, home
        self.window = QWidget()
        bot.addWidget(self.window)
        QVBoxLayout(self.window).setContentsMargins(0, 0, 0, 0)
        self.window.resize(1280, 720)
        self.ended: list[bool] = []
        self.joining = SettingUp(self.window, home, "", "", "")
        self.joining.ended.connect(lambda: self.ended.append(True))
        self.joining.begin()
        self.window.show()
        bot.waitExposed(self.window)

    def find(self, name: str) -> QWidget:
        seen = [one for one in self.window.findChildren(QWidget, name) if one.isVisible()]
        assert seen, f"{name} is not on the screen"
        return seen[0]

    def sees(self, name: str) -> bool:
        return any(one.isVisible() for one in self.window.findChildren(QWidget, name))

    def touch(self, name: str) -> None:
        button = self.find(name)
        assert isinstance(button, QAbstractButton) and button.isEnabled(), name
        button.click()

    def text(self, name: str) -> str:
        return str(self.find(name).text())  # type: ignore[attr-defined]  # labels and lines have one

    def write(self, line: str, text: str) -> None:
        """By the keys on the screen."""
        field = self.find(f"kiosk.setup.{line}")
        assert isinstance(field, LineField)
        field.setFocus()
        field.clear()
        for sign in text.lower():
            self.touch(f"kiosk.setup.key.{'space' if sign == ' ' else sign}")
        assert field.text() == text.lower()

    def fits(self) -> None:
        QTest.qWait(50)
        assert (self.window.width(), self.window.height()) == (1280, 720)
        found = [*findings(self.window), *audit(self.window)]
        assert not found, "\n".join(found)


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    yield Bench(qtbot, tmp_path / "new kiosk")
    set_language("en")


def test_the_code_is_asked_for_and_what_is_wrong_with_it_is_said(bench: Bench) -> None:
    bench.fits()
    bench.touch("kiosk.setup.go")
    assert "first" in bench.text("kiosk.setup.trouble.text")
    bench.write("code", "abcd-efgh-jkmn-pqr2")
    bench.write("server", "http://127.0.0.1:9")
    bench.touch("kiosk.setup.go")
    bench.bot.waitUntil(lambda: bench.sees("kiosk.setup.trouble.text"))
    assert "mistyped" in bench.text("kiosk.setup.trouble.text")
    assert bench.text("kiosk.setup.code") == "abcd-efgh-jkmn-pqr2", "to be put right, not typed anew"
    bench.fits()


@pytest.mark.parametrize("language", ["es", "pt"])
def test_it_fits_in_every_language(qtbot: QtBot, tmp_path: Path, language: str) -> None:
    Bench(qtbot, tmp_path / "new kiosk", language).fits()
    set_language("en")


def test_a_short_code_sets_the_kiosk_up_and_the_staff_choose_their_pin(bench: Bench, town: Town) -> None:
    code = shorten(town.station, invite(town.station, Role.KIOSK, DeviceKind.KIOSK))
    bench.write("code", code)
    bench.write("server", town.url)
    bench.write("name", "entrance 2")
    bench.touch("kiosk.setup.go")
    bench.bot.waitUntil(lambda: bench.sees("kiosk.joining.title"))
    bench.bot.waitUntil(lambda: bench.text("kiosk.joining.title").replace(" ", "").isdigit())
    digits = bench.text("kiosk.joining.title").replace(" ", "")
    admit(
        town.station, lambda newcomer: (newcomer.digits, newcomer.device_name) == (digits, "entrance 2"), 60
    )
    bench.bot.waitUntil(lambda: bench.sees("kiosk.setup.keypad"))
    bench.fits()
    for _time in range(2):
        for sign in (*PIN, "enter"):
            bench.touch(f"kiosk.setup.keypad.{sign}")
    bench.bot.waitUntil(lambda: bool(bench.ended))
    assert bench.joining.joined
    with closing(open_kiosk(bench.home, SystemClock(), os.urandom)) as desk:
        assert desk.kind == DeviceKind.KIOSK and has_staff_pin(desk)
