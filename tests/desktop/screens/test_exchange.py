# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of exchange over real desks: a stick is written and read by buttons, what is set aside is tried again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from clinic.keys.islands import IslandRefused
from clinic.services import people
from clinic.services.desks import Desk
from clinic.services.islands import Network
from clinic.services.leaving import make_ready
from clinic.services.messages import keep_bytes
from clinic.services.serving import serves_network
from clinic.services.syncing import take_carried
from clinic.sync.status import SyncStatus
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.exchange import logic as m
from desktop.screens.exchange import view as page_module
from desktop.screens.exchange.doing import Carrying
from desktop.screens.exchange.view import ExchangeView
from desktop.screens.exchange.words import goes_words
from desktop.screens.phrases import sync_words
from desktop.screens.room import Room
from tests.clinic.services.local import AT, Local, clinic
from tests.desktop.screens.standin import AtOnce


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path / "homes") as both:
        yield both


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "drive"
    folder.mkdir()
    monkeypatch.setattr(page_module, "drives", lambda: ((str(folder), "KINGSTON"),))
    return folder


def page_of(qtbot: QtBot, desk: Desk, qapp: QApplication) -> ExchangeView:
    theme.apply(qapp, "light", "desktop")
    clinic = SimpleNamespace(carrying=Carrying(desk), me=desk.someone)
    view = ExchangeView(Room(clinic, desk.clock, AtOnce(), AtOnce(), AtOnce()))  # type: ignore[arg-type]
    qtbot.addWidget(view)
    view.resize(1180, 700)
    view.show()
    qtbot.waitUntil(lambda: view.loop.state.found is not None)
    return view


def press(qtbot: QtBot, page: ExchangeView, name: str) -> None:
    (button,) = [one for one in page.findChildren(QPushButton, f"exchange.{name}") if one.isVisibleTo(page)]
    assert button.isEnabled()
    button.click()
    qtbot.waitUntil(lambda: not page.loop.state.busy and bool(page.loop.state.sentence))


def test_a_stick_goes_from_one_page_to_the_other(
    qtbot: QtBot, qapp: QApplication, local: Local, drive: Path
) -> None:
    patient = local.person()
    ours = page_of(qtbot, local.ben, qapp)
    assert ours.loop.state.goes and "kB" in goes_words(ours.loop.state) and not audit(ours)
    press(qtbot, ours, "put")
    assert ours.loop.state.tone == "ok"
    theirs = page_of(qtbot, local.eva, qapp)
    press(qtbot, theirs, "read")
    assert theirs.loop.state.tone == "ok" and "“ben”" in theirs.loop.state.sentence
    assert people.person(local.eva, patient).patient == patient
    press(qtbot, theirs, "read")
    assert "nothing new" in theirs.loop.state.sentence


def test_pictures_on_a_stick_are_told_and_so_is_one_that_is_damaged(
    qtbot: QtBot, qapp: QApplication, local: Local, drive: Path
) -> None:
    local.person()
    good, bad = (keep_bytes(local.ben, text, "application/pdf", "paper").id for text in (b"good", b"bad"))
    page = page_of(qtbot, local.ben, qapp)
    press(qtbot, page, "put")
    assert "2 pictures and papers are on it." in page.loop.state.sentence
    (drive / "posta" / "files" / bad).write_bytes(b"x")
    other = page_of(qtbot, local.eva, qapp)
    press(qtbot, other, "read")
    said = other.loop.state.sentence
    assert other.loop.state.tone == "warn"
    assert "1 picture or paper came along." in said
    assert "damaged or cut off on this stick: 1." in said
    assert "goes to the centre from here" in said
    assert local.eva.book.read(lambda page: page.has_attachment(good))


def test_a_bad_stick_is_one_sentence(qtbot: QtBot, qapp: QApplication, local: Local, drive: Path) -> None:
    page = page_of(qtbot, local.ben, qapp)
    press(qtbot, page, "read")
    assert page.loop.state.tone == "warn" and "right stick" in page.loop.state.sentence


def test_without_a_stick_nothing_can_be_pressed(
    qtbot: QtBot, qapp: QApplication, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "drives", lambda: ())
    page = page_of(qtbot, local.ben, qapp)
    assert not page.put.isEnabled() and not page.read.isEnabled()
    assert page.empty.isVisibleTo(page) and not audit(page)


def test_what_was_set_aside_is_opened_and_tried_again(
    qtbot: QtBot, qapp: QApplication, local: Local, drive: Path
) -> None:
    local.person()
    make_ready(local.ben, 1 << 30)
    wire = local.ben.book.read(lambda page: page.numbered())[-1].envelope
    take_carried(local.eva, local.eva.trust, [wire[:-1] + bytes([wire[-1] ^ 1])])
    page = page_of(qtbot, local.eva, qapp)
    page.list.setCurrentIndex(page.list.model().index(0, 0))
    page.list.chosen.emit(page.list.key())
    assert "not signed" in page.about.text() and "Health post" in page.about.text() and not audit(page)
    press(qtbot, page, "retry")
    assert page.loop.state.tone == "warn" and page.loop.state.aside is not None


def test_stopping_is_asked_only_while_a_stick_is_read() -> None:
    reading = m.State(busy="read")
    assert m.update(reading, m.StopPressed())[1] == (m.Stop(),)
    assert m.update(m.State(), m.StopPressed())[1] == ()
    state, _ = m.update(m.State(drive="/a", drives=(("/a", "A"),)), m.Shown((("/b", "B"),)))
    assert state.drive == "/b", "an unplugged stick is not offered"


def test_serving_the_network_is_off_until_it_is_ticked_and_says_how_it_stands(
    qtbot: QtBot, qapp: QApplication, local: Local, drive: Path
) -> None:
    page = page_of(qtbot, local.ben, qapp)
    assert not page.serve.isChecked() and not serves_network(local.ben)
    assert "None is in use now" in page.network.text()
    page.serve.click()
    qtbot.waitUntil(lambda: serves_network(local.ben))
    qtbot.waitUntil(lambda: page.loop.state.found is not None and page.loop.state.found.serves)
    assert "about to serve" in page.network.text()
    page.network_came(Network(serves=True, port=45123, beside=("Quiosco", "Recepción")))
    assert page.network.text() == "This computer serves this network: Quiosco, Recepción."
    page.network_came(Network(through="Consultorio 2", refused=IslandRefused("It was not believed.")))
    assert "“Consultorio 2”" in page.network.text() and "It was not believed." in page.network.text()
    assert not audit(page)
    page.serve.click()
    qtbot.waitUntil(lambda: not serves_network(local.ben))


def test_the_status_says_by_which_way_work_goes_on() -> None:
    gone = SyncStatus(waiting=3, last_exchange_at=AT)
    assert "through “Consultorio 2”" in sync_words(replace(gone, through="Consultorio 2"), AT).text
    assert "2 other computers on this network" in sync_words(replace(gone, waiting=0, beside=2), AT).text
    back = replace(gone, online=True, through="Consultorio 2", beside=1)
    assert "network" not in sync_words(back, AT).text
