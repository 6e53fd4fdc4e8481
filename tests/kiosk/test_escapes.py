# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody gets out of the kiosk by keys or fingers: the real program on a real X server, tried in three states of a visit."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from clinic.bench.kiosks.house import House, Running, founded, running
from clinic.showcase.hands import Hands, Stuck
from tests.kiosk.display import SIZE, Display, NoSuchKey, display_or_skip, xvfb
from tests.kiosk.escapes import acts, monkey

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PROGRAMS = ("kiosk", "kiosk.session", "clinic.media")
MONKEY = int(os.environ.get("POSTA_MONKEY", "300"))
"""Random moves; 9000 are 300 minutes of somebody who does something every two seconds."""


@dataclass
class Hall:
    """The kiosk on its display, and the folders where a program that was got out of would write."""

    display: Display
    kiosk: Running
    house: House
    outside: Path
    found: list[str] = field(default_factory=list)

    @property
    def hands(self) -> Hands:
        return self.kiosk.hands

    def look(self, doing: str) -> None:
        """What is amiss now is noted with what was done."""
        if self.kiosk.process.poll() is not None:
            pytest.fail(f"{doing}: the kiosk has ended, after {self.found}")
        for it in self.display.windows():
            if it.place != (0, 0, *SIZE):
                self.found.append(f"{doing}: another window, {it.place}")
                self.display.keys("Escape")
        self.found += [f"{doing}: another program, {line}" for line in self.strangers()]
        self.found += [f"{doing}: wrote {path.name}" for path in self.outside.rglob("*") if path.is_file()]

    def strangers(self) -> list[str]:
        lines = []
        for child in psutil.Process(self.kiosk.process.pid).children(recursive=True):
            try:
                line = child.cmdline()
            except psutil.Error:
                continue
            ours = any(f"-m {name}" in " ".join(line) for name in PROGRAMS)
            tracker = "multiprocessing.resource_tracker" in " ".join(line)
            if line and not (ours or tracker or line[0].endswith("espeak-ng")):
                lines.append(" ".join(line)[:80])
        return lines

    def log(self) -> str:
        return (self.house.home / "log" / "kiosk.log").read_text()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    display_or_skip()
    folder = tmp_path_factory.mktemp("hall")
    outside = folder / "outside"
    for name in ("home", "tmp", "cwd"):
        (outside / name).mkdir(parents=True)
    house = founded(folder, film=False)
    with xvfb(folder) as display:
        environment = {
            "QT_QPA_PLATFORM": "xcb",
            "DISPLAY": display.name,
            "HOME": str(outside / "home"),
            "TMPDIR": str(outside / "tmp"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "WAYLAND_DISPLAY": "",
        }
        with running(house, "--lang", "en", environment=environment, cwd=outside / "cwd") as kiosk:
            kiosk.hands.wait("kiosk.language.en", timeout_s=60)
            yield Hall(display, kiosk, house, outside)


# the three states ----------------------------------------------------------------------------------


def at_start(hall: Hall) -> None:
    """Whatever is shown, the visit is left; the next session shows the start screen."""
    hands = hall.hands
    why: list[str] = []
    for _ in range(12):
        hands.wait("kiosk.window", timeout_s=90)
        if not hands.exists("kiosk.bar.leave"):
            hands.wait("kiosk.language.en", timeout_s=90)
            return
        why = _left(hands)
    pytest.fail(f"the start screen does not come back: {why}, {[one['name'] for one in hands.tree()]}")


COVERS = ("kiosk.help.close", "kiosk.person.close", "kiosk.still.yes")


def _left(hands: Hands) -> list[str]:
    """What covers the screen is answered; then the visit is left."""
    try:
        for cover in COVERS:
            if hands.exists(cover):
                hands.tap(cover)
        if not hands.exists("kiosk.leave.yes"):
            touch(hands, "kiosk.bar.leave")
        touch(hands, "kiosk.leave.yes")
    except Stuck as why:
        time.sleep(0.5)  # it ended meanwhile, or something else covers it
        return [str(why)]
    return []


def touch(hands: Hands, *names: str) -> None:
    for name in names:
        hands.wait(name, enabled=True)
        time.sleep(0.4)  # a faster touch of the same place is the rest of the one before
        hands.tap(name)


def at_number(hall: Hall) -> None:
    at_start(hall)
    touch(hall.hands, "kiosk.language.en")
    hall.hands.wait(
        "kiosk.identify.view", hidden=True, timeout_s=30
    )  # without a camera it asks for the number
    hall.hands.wait("kiosk.keypad.1")


def at_consent(hall: Hall) -> None:
    at_number(hall)
    hands = hall.hands
    for number in ("5233456", "05031944"):
        hands.wait("kiosk.keypad.1")
        time.sleep(0.4)
        for digit in number:
            hands.tap(f"kiosk.keypad.{digit}")
        touch(hands, "kiosk.keypad.enter")
        hands.wait("kiosk.keypad.shown" if number == "5233456" else "kiosk.greet.yes")
    touch(hands, "kiosk.greet.yes", "kiosk.reason.pain", "kiosk.symptom.done", "kiosk.body.belly")
    touch(hands, "kiosk.question.done", "kiosk.question.much", "kiosk.question.few_days")
    for _ in range(5):
        touch(hands, "kiosk.vitals.skip")
    touch(hands, "kiosk.photo.skip")
    hands.wait("kiosk.consent.next")


STATES = {
    "kiosk.language.en": at_start,
    "kiosk.keypad.1": at_number,
    "kiosk.consent.next": at_consent,
}


@pytest.mark.parametrize("marker", STATES)
def test_no_key_and_no_finger_leads_out(hall: Hall, marker: str) -> None:
    hall.found.clear()
    tried = 0
    for name, act in acts(hall.house.card):
        if not hall.hands.exists(marker):
            STATES[marker](hall)
        try:
            act(hall.display)
        except NoSuchKey:
            continue
        tried += 1
        time.sleep(0.03)
        hall.hands.exists(marker)
        hall.look(name)
    assert hall.found == []
    assert tried >= 110
    assert "bug" not in hall.log()


def test_a_monkey_gets_nowhere(hall: Hall) -> None:
    hall.found.clear()
    monkey(hall.display, 8, MONKEY, lambda n: hall.look(f"monkey {n}"))
    hall.look("monkey")
    assert hall.found == []
    at_start(hall)
    assert "bug" not in hall.log()
