# SPDX-License-Identifier: GPL-3.0-or-later
"""The real window over a real book, driven by keys: what walk-throughs share."""

import os
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from clinic.domain.facts import Encounter, EncounterStatus, Gender, Section
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId
from clinic.domain.values import HumanName
from clinic.keys.stretch import WEAK, Cost, stretch
from clinic.services import people
from clinic.services.desks import Desk
from clinic.services.visits import draft
from desktop import options
from desktop.app import Window
from desktop.kit import theme
from desktop.kit.words import set_language
from desktop.screens.login.logic import PersonChosen
from desktop.screens.visit.happenings import VisitOpened
from desktop.seat import Seat
from tests.clinic.services.shared import BEN, BENS, shared_home

PATIENCE_S = 60.0
"""A machine that does other things too is waited for."""


def until(true: Callable[[], object]) -> None:
    """The window lives until this holds."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not come"
        QTest.qWait(10)


def quick_stretch(patch: pytest.MonkeyPatch) -> None:
    def quick(secret: bytes, salt: bytes, _cost: Cost, **_more: object) -> bytes:
        return stretch(secret, salt, WEAK, weak_for_tests=True)

    patch.setattr("clinic.keys.slots.stretch", quick)


def sat_down(home: Path) -> Window:
    """The window with Ben at work in it; no centre is asked."""
    set_language("en")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, "light", "desktop")
    args: Namespace = options.parse(["--home", str(home)])
    window = Window(SimpleNamespace(look="light"), args)  # type: ignore[arg-type]
    window.begin()
    window.show()
    login = window._login
    assert login is not None
    login.loop.send(PersonChosen(BEN))
    login.password.setText(BENS)
    login.unlock.click()
    until(lambda: window._seat is not None)
    in_front(window)
    return window


def in_front(window: QWidget) -> None:
    """The window has the keyboard."""
    until(lambda: window.isActiveWindow() or window.activateWindow())


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[Window]:
    """One for all walk-throughs of a module: each has patients of its own."""
    with pytest.MonkeyPatch.context() as patch:
        quick_stretch(patch)
        patch.setattr(QApplication, "quit", lambda: None)
        patch.setattr("desktop.telephone.Telephone.start", lambda _self: None)
        made = sat_down(shared_home(tmp_path_factory.mktemp("walk") / "home").path)
        yield made
        made.leave()
        made.deleteLater()
        set_language("es")


@pytest.fixture
def seat(window: Window) -> Seat:
    assert window._seat is not None
    return window._seat


def registered(desk: Desk, family: str, given: str = "Ana") -> PatientId:
    name = HumanName(family=family, given=(given,))
    return people.register(desk, name, date(1961, 3, 3), Gender.FEMALE, "")


def arrived(desk: Desk, patient: PatientId, kiosk: str = "kioskaaaaaaaaaaa") -> EncounterId:
    """She waits at a kiosk."""
    visit = Encounter(
        id=FactId(desk.new_id()), patient=patient, status=EncounterStatus.TRIAGED, arrived_at=desk.clock.now(),
        kiosk=DeviceId(kiosk),
    )  # fmt: skip
    desk.write(visit, window=patient)
    return EncounterId(visit.id)


def opened(seat: Seat, visit: EncounterId, patient: PatientId, kiosk: str = "kioskaaaaaaaaaaa") -> None:
    """Her visit is in front and its note can be written."""
    seat.room.ways.visit.emit(VisitOpened(visit, patient, DeviceId(kiosk), seat.desk.clock.now()))
    state = seat.visit.loop
    until(lambda: state.state.loaded and state.state.chart is not None and state.state.encounter == visit)
    in_front(seat.shell.window())


def hands() -> QWidget:
    """What has the keyboard."""
    if QApplication.focusWidget() is None:
        for window in QApplication.topLevelWidgets():
            if window.objectName() == "desktop.window" and window.isVisible():
                in_front(window)
    held = QApplication.focusWidget()
    assert held is not None
    return held


def typed(text: str) -> None:
    QTest.keyClicks(hands(), text)


def pressed(key: Qt.Key, *held: Qt.KeyboardModifier) -> None:
    """One key, wherever the keyboard is."""
    modifiers = Qt.KeyboardModifier.NoModifier
    for one in held:
        modifiers |= one
    QTest.keyClick(hands(), key, modifiers)


def written(desk: Desk, visit: EncounterId) -> dict[Section, str]:
    """The note of that visit as the disk has it."""
    return {section: text for section, text in draft(desk, visit).texts.items() if text}
