# SPDX-License-Identifier: GPL-3.0-or-later
"""The real program without any network: the PIN set at its computer, the staff's page, the program begun anew, the way out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from clinic.bench.kiosks.house import House, Running, founded, running
from clinic.domain.clock import SystemClock
from clinic.services.sitting import open_kiosk
from clinic.services.staff_pin import has_staff_pin
from kiosk import noted

PIN = "274915"
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return founded(tmp_path, film=False)


def set_pin(house: House, pin: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kiosk", "--home", str(house.home), "--lang", "en", "--staff-pin"]
    return subprocess.run(command, input=f"{pin}\n", capture_output=True, text=True, timeout=120, check=False)


def sessions(kiosk: Running) -> set[int]:
    """Their process ids; a spare counts too, once there is one."""
    found = set()
    for child in psutil.Process(kiosk.process.pid).children():
        with suppress(psutil.Error):  # it ended meanwhile
            if "kiosk.session" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.2)


def knock(kiosk: Running, pin: str) -> None:
    kiosk.hands.wait("kiosk.language.en", timeout_s=90)
    kiosk.hands.key("Ctrl+Alt+Shift+P")
    kiosk.hands.wait("kiosk.staff.keypad.enter", timeout_s=60)
    for sign in (*pin, "enter"):
        kiosk.hands.click(f"kiosk.staff.keypad.{sign}")


def test_the_pin_is_set_at_the_computer_and_a_bad_one_is_refused(house: House) -> None:
    refused = set_pin(house, "123456")
    assert (refused.returncode, refused.stdout) == (3, "") and "first that are tried" in refused.stderr
    done = set_pin(house, PIN)
    assert (done.returncode, done.stderr) == (0, "")
    with closing(open_kiosk(house.home, SystemClock(), os.urandom)) as desk:
        assert has_staff_pin(desk)


def test_the_staff_see_how_it_stands_begin_it_anew_and_leave(house: House, tmp_path: Path) -> None:
    set_pin(house, PIN)
    mark = tmp_path / "left"
    with running(house, "--lang", "en", environment={"POSTA_KIOSK_LEFT": str(mark)}) as kiosk:
        knock(kiosk, "830264")
        kiosk.hands.wait("kiosk.staff.say", text="That is not the staff PIN of this kiosk.", timeout_s=60)
        for sign in (*PIN, "enter"):
            kiosk.hands.click(f"kiosk.staff.keypad.{sign}")
        kiosk.hands.wait("kiosk.staff.row.sync.says", timeout_s=60)
        assert "Nothing was exchanged" in kiosk.hands.text("kiosk.staff.row.sync.says")
        assert "cannot be reached" in kiosk.hands.text("kiosk.staff.row.link.says")
        kiosk.hands.click("kiosk.staff.restart")
        before = sessions(kiosk)
        kiosk.hands.click("kiosk.staff.sure.yes")
        wait_until(lambda: bool(sessions(kiosk) - before) and not sessions(kiosk) & before)
        knock(kiosk, PIN)
        kiosk.hands.wait("kiosk.staff.leave", enabled=True, timeout_s=60)
        assert not mark.exists()
        kiosk.hands.click("kiosk.staff.leave")
        kiosk.hands.click("kiosk.staff.sure.yes")
        assert kiosk.process.wait(60) == 0
    assert mark.exists()
    assert noted.crashes(house.home / "log" / "crashes") == ()


def test_a_session_that_is_killed_is_on_the_list_of_crashes(house: House) -> None:
    with running(house, "--lang", "en") as kiosk:
        kiosk.hands.wait("kiosk.language.en", timeout_s=90)
        os.kill(min(sessions(kiosk)), signal.SIGKILL)  # the one that began before its spare
        kiosk.hands.wait("kiosk.language.en", timeout_s=90)
    file = house.home / "log" / "crashes"
    assert [one.code for one in noted.crashes(file)] == [-9], json.loads(file.read_text())
