# SPDX-License-Identifier: GPL-3.0-or-later
"""Help: every key that a page listens to is in the sheet, and of a problem nothing leaves that was not shown."""

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from desktop.app import Window
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.help import logic as h
from desktop.screens.help.keys import SHEET
from desktop.screens.help.view import NAME, HelpView, last_lines
from desktop.screens.room import Room
from tests.clinic.services.shared import BEN, BENS
from tests.desktop.test_desk import registered
from tests.desktop.test_switching import home as home
from tests.desktop.test_switching import seat_of, unlock
from tests.desktop.test_switching import window as window

ABOUT = h.About((("Posta", "0.1.0"),), ("2026-11-21 12:00:00,000 INFO x opened 'Rosa' 14.203.881",))


def test_of_a_problem_nothing_leaves_before_somebody_says_what_happened() -> None:
    state, effects = h.update(h.State(), h.PartChosen("report"))
    assert effects == (h.Look(),)
    state, _ = h.update(state, h.Looked(ABOUT))
    for press in (h.SavePressed(), h.CopyPressed()):
        empty, effects = h.update(state, press)
        assert (effects, empty.tone) == ((), "warn")
    state, _ = h.update(state, h.Typed("The page stays empty."))
    saved, effects = h.update(state, h.SavePressed())
    assert effects == (h.Save(state.report),)
    assert h.update(state, h.CopyPressed())[1] == (h.Copy(state.report),)
    assert state.report.startswith("The page stays empty.\n\nPosta: 0.1.0\n")
    assert "Rosa" not in state.report and "203" not in state.report and "INFO x opened" in state.report
    assert h.update(saved, h.Saved("r.txt"))[0].sentence.startswith("Saved as r.txt")


def test_only_the_end_of_the_log_is_in_it(tmp_path: Path) -> None:
    log = tmp_path / "desktop.log"
    assert last_lines(None) == last_lines(log) == ()
    log.write_text("".join(f"line {n}\n" for n in range(1000)))
    assert last_lines(log)[-1] == "line 999" and len(last_lines(log)) == h.LINES


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, room: Room, tmp_path: Path) -> HelpView:
    theme.apply(qapp, "light", "desktop")
    log = tmp_path / "desktop.log"
    log.write_text("2026-11-21 12:00:00,000 INFO x at http://clinic:8000\n")
    room.save_to = tmp_path
    view = HelpView(room, log)
    qtbot.addWidget(view)
    view.resize(1170, 710)
    view.show()
    return view


def test_a_report_is_shown_whole_and_saved_as_shown(qtbot: QtBot, page: HelpView, tmp_path: Path) -> None:
    page.tabs.chosen.emit("report")
    qtbot.waitUntil(lambda: "INFO x at" in page.shown.toPlainText())
    page.said.setPlainText("Nothing happens when I press Call.")
    shown = page.shown.toPlainText()
    assert "clinic:8000" not in shown and "Nothing happens" in shown
    page.save.click()
    qtbot.waitUntil(lambda: page.loop.state.tone == "ok")
    assert (tmp_path / NAME).read_text() == shown
    page.copy.click()
    assert QGuiApplication.clipboard().text() == shown


def test_every_part_can_be_used_by_everybody(page: HelpView) -> None:
    for part in ("keys", "guide", "report"):
        page.tabs.chosen.emit(part)
        assert page.parts[part].isVisible()
        assert audit(page) == []


@pytest.mark.slow
def test_every_key_that_something_listens_to_is_in_the_sheet_and_no_other(
    qtbot: QtBot, window: Window
) -> None:
    unlock(qtbot, window, BEN, BENS)
    shell = seat_of(window).shell
    shell.say("info", "Done.", "Undo", lambda: None)
    seat = seat_of(window)
    seat.room.ways.apart.emit(registered(seat.desk), "summary")
    heard = set[str]()
    for one in (shell, *seat.apart.windows):
        heard |= {keys.key().toString() for keys in one.findChildren(QShortcut)}
        heard |= {button.shortcut().toString() for button in one.findChildren(QAbstractButton)}
    told = {QKeySequence(keys).toString() for _title, group in SHEET for one in group for keys in one.keys}
    assert heard - {""} - told == set(), "not in the sheet"
    assert told - heard - {f"Alt+{n}" for n in range(1, 8)} == set(), "nobody listens to it"
    next(one for one in shell.findChildren(QShortcut) if one.key().toString() == "F1").activated.emit()
    assert seat_of(window).help.isVisible()
