# SPDX-License-Identifier: GPL-3.0-or-later
"""The staff behind the start screen: the hidden way, the PIN, how the kiosk stands, and the way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtPrintSupport import QPrinterInfo
from PySide6.QtTest import QTest

from clinic.calls.trial import Tried
from clinic.domain.clock import FrozenClock
from clinic.domain.instruments.kinds import Kind
from clinic.services.staff_pin import StaffPinWrong
from clinic.sync.status import SyncStatus
from desktop.kit.audit import audit
from desktop.kit.engine import CallEngine
from kiosk import door, flow
from kiosk.health import Battery, Devices, Facts, Printer
from kiosk.noted import Crash
from kiosk.screens.staff import logic as s
from kiosk.screens.staff.doing import Staff
from tests.kiosk.conftest import Kiosk
from tests.kiosk.standin import NOW, ROSA
from tests.kiosk.test_room_on_screen import findings

pytestmark = pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn|FFmpeg|No QtMultimedia")
PIN = "274915"
FACTS = Facts(
    now=NOW,
    sync=SyncStatus(waiting=3, last_exchange_at=NOW - timedelta(hours=30), ahead_s=600),
    version="0.1.0",
    link=Tried(rtt_ms=640.0, up_kbps=90.0),
    disk_free=400_000_000,
    memory_free=2_100_000_000,
    battery=Battery(64, plugged=False),
    devices=Devices(cameras=0, microphones=1, speakers=1),
    printers=(Printer("Epson", ("media-empty",)),),
    instruments=((Kind.CUFF, NOW - timedelta(hours=2)), (Kind.OXIMETER, None)),
    crashes=tuple(Crash(NOW - timedelta(minutes=20 * n), -11) for n in range(3)),
    fault="2026-11-21 12:00:00,000 kiosk.stage a still was not sent: ▮",
)


@dataclass
class Rooms:
    """What the page asked for."""

    asked: list[str] = field(default_factory=list)
    facts: Facts = FACTS

    def come_in(self, pin: str) -> None:
        self.asked.append("pin")
        if pin != PIN:
            raise StaffPinWrong

    def made(self, engine: CallEngine) -> Staff:
        return Staff(
            come_in=self.come_in,
            keep_pin=lambda pin: self.asked.append(f"new {pin}"),
            facts=lambda devices: replace(self.facts, devices=devices),
            devices=lambda: FACTS.devices,
            sync=lambda: self.asked.append("sync"),
            end=lambda wish: self.asked.append(wish),
            try_link=lambda: Tried(rtt_ms=90.0, up_kbps=400.0),
            engine=engine,
            clock=FrozenClock(NOW),
        )


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def staff(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> Callable[[CallEngine], Staff]:
    monkeypatch.setattr(door, "HOLD_MS", 40)
    return rooms.made


def hold(kiosk: Kiosk, place: QPoint) -> None:
    QTest.mousePress(kiosk.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def typed(kiosk: Kiosk, pin: str) -> None:
    for sign in pin:
        kiosk.touch(f"kiosk.staff.keypad.{sign}")
    kiosk.touch("kiosk.staff.keypad.enter")


def come_in(kiosk: Kiosk) -> None:
    hold(kiosk, QPoint(20, 20))
    kiosk.until(lambda: kiosk.sees("kiosk.staff"))
    QTest.mouseRelease(
        kiosk.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 20)
    )
    typed(kiosk, PIN)
    kiosk.until(lambda: kiosk.sees("kiosk.staff.row.sync.says"))


def test_a_finger_held_in_the_corner_of_the_start_screen_opens_the_keypad(kiosk: Kiosk) -> None:
    come_in(kiosk)
    assert audit(kiosk.window) == []
    assert kiosk.text("kiosk.staff.title") == "How this kiosk stands"


def test_a_tap_in_the_corner_opens_nothing(kiosk: Kiosk) -> None:
    QTest.mouseClick(kiosk.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 20))
    QTest.qWait(120)
    assert not kiosk.sees("kiosk.staff")


def test_a_finger_held_anywhere_else_opens_nothing(kiosk: Kiosk) -> None:
    hold(kiosk, QPoint(400, 300))
    QTest.qWait(120)
    assert not kiosk.sees("kiosk.staff")


def test_the_keys_open_it_too(kiosk: Kiosk) -> None:
    keys = (
        Qt.KeyboardModifier.ControlModifier
        | Qt.KeyboardModifier.AltModifier
        | Qt.KeyboardModifier.ShiftModifier
    )
    QTest.keyClick(kiosk.window, Qt.Key.Key_P, keys)
    assert kiosk.sees("kiosk.staff")


def test_while_a_patient_is_seen_to_nobody_comes_behind_the_screens(kiosk: Kiosk) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.stage.send(flow.Identified(ROSA))
    hold(kiosk, QPoint(20, 20))
    QTest.qWait(120)
    assert not kiosk.sees("kiosk.staff")


def test_a_wrong_pin_says_so_and_shows_nothing(kiosk: Kiosk, rooms: Rooms) -> None:
    hold(kiosk, QPoint(20, 20))
    kiosk.until(lambda: kiosk.sees("kiosk.staff"))
    typed(kiosk, "830264")
    kiosk.until(lambda: "not the staff PIN" in kiosk.text("kiosk.staff.say"))
    assert rooms.asked == ["pin"] and not kiosk.sees("kiosk.staff.row.sync.says")
    assert audit(kiosk.window) == []


def test_what_is_bad_stands_first_with_a_mark_in_words(kiosk: Kiosk) -> None:
    come_in(kiosk)
    says = {
        key: kiosk.find(f"kiosk.staff.row.{key}").accessibleName()
        for key in ("sync", "clock", "disk", "camera", "printer", "restarts", "microphone")
    }
    assert says["clock"] == "Clock: Bad. This kiosk's clock is 10 minutes off the centre's. Set it."
    assert says["disk"].startswith("Disk: Bad. 0.4 GB free.")
    assert says["printer"] == "Printer: Bad. Epson has no paper."
    assert says["camera"] == "Camera: Bad. No camera is connected. Look at its cable."
    assert says["microphone"] == "Microphone: Good. Connected."
    assert says["restarts"].startswith("Crashes: Bad. 3 times in the last 24 hours")


def test_each_button_does_what_it_says(kiosk: Kiosk, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    come_in(kiosk)
    kiosk.touch("kiosk.staff.sync")
    assert rooms.asked == ["pin", "sync"]
    kiosk.touch("kiosk.staff.try")
    kiosk.until(lambda: kiosk.sees("kiosk.staff.check.link"))
    kiosk.touch("kiosk.staff.back")
    monkeypatch.setattr(QPrinterInfo, "availablePrinterNames", list)
    kiosk.touch("kiosk.staff.print")
    kiosk.until(lambda: "No printer is set up" in kiosk.text("kiosk.staff.say"))
    rooms.facts = replace(FACTS, disk_free=9_000_000_000)
    kiosk.touch("kiosk.staff.look")
    kiosk.until(lambda: kiosk.text("kiosk.staff.row.disk.says") == "9.0 GB free.")
    kiosk.touch("kiosk.staff.restart")
    kiosk.touch("kiosk.staff.sure.no")
    assert rooms.asked == ["pin", "sync"]
    kiosk.touch("kiosk.staff.leave")
    kiosk.touch("kiosk.staff.sure.yes")
    assert rooms.asked[-1] == s.Wish.LEAVE


def test_another_pin_is_typed_twice(kiosk: Kiosk, rooms: Rooms) -> None:
    come_in(kiosk)
    kiosk.touch("kiosk.staff.pin")
    typed(kiosk, "830264")
    typed(kiosk, "830265")
    assert "another one" in kiosk.text("kiosk.staff.say")
    typed(kiosk, "830264")
    typed(kiosk, "830264")
    kiosk.until(lambda: "from now on" in kiosk.text("kiosk.staff.say"))
    assert rooms.asked == ["pin", "new 830264"]


def test_silence_brings_the_start_screen_back(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "PATIENCE_S", 0.5)
    hold(kiosk, QPoint(20, 20))
    kiosk.until(lambda: kiosk.sees("kiosk.staff"))
    kiosk.until(lambda: not kiosk.sees("kiosk.staff"))
    assert kiosk.sees("kiosk.language.en")


@pytest.mark.parametrize("part", list(s.Part))
def test_the_logic_lets_nobody_past_the_pin(part: s.Part) -> None:
    for event in (
        s.Sure(True),
        s.Wished(s.Wish.LEAVE),
        s.PinPressed(),
        s.SyncPressed(),
        s.Looked(()),
        s.PinKept(),
    ):
        assert s.update(s.State(), event) == (s.State(), ())
    state, _effects = s.update(s.State(part=part), s.Silence())
    assert state.over and s.update(state, s.CameIn()) == (state, ())


@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize("size", [(1280, 720), (1024, 768)], ids=str)
def test_its_pages_fit_the_smallest_screens(kiosk: Kiosk, size: tuple[int, int], language: str) -> None:
    kiosk.stage._program.speak(language)
    kiosk.window.resize(*size)
    hold(kiosk, QPoint(20, 20))
    kiosk.until(lambda: kiosk.sees("kiosk.staff"))
    found: list[str] = []

    def look() -> None:
        QTest.qWait(1)
        assert (kiosk.window.width(), kiosk.window.height()) == size
        found.extend([*findings(kiosk.find("kiosk.staff")), *audit(kiosk.find("kiosk.staff"))])

    look()
    typed(kiosk, "830264")
    kiosk.until(lambda: kiosk.sees("kiosk.staff.say"))
    kiosk.until(lambda: kiosk.find("kiosk.staff.keypad").isEnabled())
    look()
    typed(kiosk, PIN)
    kiosk.until(lambda: kiosk.sees("kiosk.staff.row.sync.says"))
    for button in ("try", "pin", "restart", "leave"):
        look()
        kiosk.touch(f"kiosk.staff.{button}")
        if button == "try":
            kiosk.until(lambda: "400" in kiosk.text("kiosk.staff.check.link.text"))
            kiosk.until(
                lambda: not list(findings(kiosk.find("kiosk.staff")))
            )  # its sentence takes a second line
        look()
        kiosk.touch("kiosk.staff.back")
    assert not found, "\n".join(found)
