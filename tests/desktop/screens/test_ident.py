# SPDX-License-Identifier: GPL-3.0-or-later
"""The cards of a person: what is decided, and what the panel shows and asks for."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from clinic.domain.ids import FactId, PatientId
from clinic.services.codes_out import GivenCode
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.buttons import PrimaryButton
from desktop.screens.ident import logic as i
from desktop.screens.ident.view import CardsPanel
from desktop.screens.room import Room
from tests.desktop.screens.standin import NOW, Clinic

ROSA, JUAN = PatientId("p.rosa"), PatientId("p.juan")


def played(*events: i.Event) -> tuple[i.State, list[i.Effect]]:
    state, effects = i.State(), list[i.Effect]()
    for event in events:
        state, more = i.update(state, event)
        effects += more
    return state, effects


CARDS = tuple(Clinic().cards)


def test_a_card_is_made_once_the_two_pins_are_the_same_and_its_secret_goes_with_the_face() -> None:
    state, effects = played(i.Opened(ROSA, "Rosa"), i.NewPressed(), i.MakePressed("2749", "2740"))
    assert (state.sentence, effects) == (i.PINS_DIFFER, [i.Load(ROSA)])
    state, effects = i.update(state, i.MakePressed("2749", "2749"))
    assert effects == (i.Make(ROSA, "2749"),) and state.busy
    assert i.update(state, i.MakePressed("2749", "2749"))[1] == ()
    state, _effects = i.update(state, i.Made(ROSA, "secret"))
    assert (state.face, state.text) == (i.Face.SHOWN, "secret")
    state, _effects = i.update(state, i.BackPressed())
    assert (state.face, state.text) == (i.Face.LIST, "")
    assert "secret" not in repr(state)


def test_what_comes_late_is_not_shown_for_the_next_person() -> None:
    state, _effects = played(
        i.Opened(ROSA, "Rosa"), i.NewPressed(), i.MakePressed("", ""), i.Opened(JUAN, "Juan")
    )
    for late in (
        i.Made(ROSA, "secret"),
        i.CardsCame(ROSA, CARDS),
        i.CodeCame(ROSA, GivenCode("1", "2", NOW)),
    ):
        assert i.update(state, late) == (state, ())


def test_only_a_card_that_works_is_ended() -> None:
    state, _effects = played(i.Opened(ROSA, "Rosa"), i.CardsCame(ROSA, CARDS))
    assert state.chosen == "k2"
    asked, _effects = i.update(state, i.EndPressed())
    assert i.update(asked, i.WhyGiven("lost"))[1] == (i.End(ROSA, FactId("k2"), "lost"),)
    old, _effects = i.update(state, i.Chosen("k1"))
    assert i.update(old, i.EndPressed()) == (old, ()) and i.update(old, i.WhyGiven("lost")) == (old, ())


def test_a_code_is_watched_until_it_has_left() -> None:
    state, effects = played(
        i.Opened(ROSA, "Rosa"), i.CodePressed(), i.CodeCame(ROSA, GivenCode("1", "2", NOW))
    )
    assert effects[-2:] == [i.GiveCode(ROSA), i.LookOut()]
    assert i.LookOut() in i.update(state, i.FactsChanged())[1]
    out, _effects = i.update(state, i.CodeLeft(True))
    assert i.LookOut() not in i.update(out, i.FactsChanged())[1]
    assert i.update(out, i.BackPressed())[0].code is None


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication, room: Room) -> CardsPanel:
    theme.apply(qapp, "light", "desktop")
    panel = CardsPanel(room, "chart")
    panel.resize(520, 560)
    qtbot.addWidget(panel)
    panel.show()
    panel.open(ROSA, "Rosa Quispe")
    qtbot.waitUntil(lambda: panel.loop.state.loaded)
    return panel


def test_the_list_says_since_when_last_use_and_why_it_ended(panel: CardsPanel) -> None:
    rows = [line.spoken() for line in panel.cards._model.lines()]
    assert "with PIN" in rows[0] and "last used" in rows[0] and "Works" in rows[0]
    assert "not used yet" in rows[1] and "Ended" in rows[1] and "lost" in rows[1]
    assert audit(panel) == []


def test_the_panel_makes_prints_and_ends_a_card(
    qtbot: QtBot, panel: CardsPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = panel._room.clinic
    panel.new.click()
    for field in (panel.pin, panel.again):
        field.setText("2749")
    assert audit(panel) == []
    panel.make.click()
    qtbot.waitUntil(lambda: bool(panel.loop.state.text))
    assert ("card", ROSA, "2749") in clinic.calls
    assert panel.pin.text() == ""
    paper = tmp_path / "card.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(paper), ""))
    panel.findChild(PrimaryButton, "chart.cards.print").click()
    qtbot.waitUntil(lambda: paper.exists() and paper.read_bytes() == b"%PDF")
    assert audit(panel) == []
    panel.loop.send(i.BackPressed())
    panel.end.click()
    panel.why.choose("stolen")
    assert audit(panel) == []
    panel.sure.click()
    qtbot.waitUntil(lambda: bool(panel.loop.state.done))
    assert ("end card", "k2", "stolen", ROSA) in clinic.calls
    qtbot.waitUntil(lambda: not panel.end.isEnabled())


def test_a_card_is_printed_where_the_program_was_told_to(
    qtbot: QtBot, panel: CardsPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel._room.save_to = tmp_path
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: pytest.fail("asked"))
    panel.new.click()
    panel.make.click()
    qtbot.waitUntil(lambda: bool(panel.loop.state.text))
    panel.findChild(PrimaryButton, "chart.cards.print").click()
    qtbot.waitUntil(lambda: [path.suffix for path in tmp_path.iterdir()] == [".pdf"])


def test_the_panel_shows_a_code_in_two_groups(qtbot: QtBot, panel: CardsPanel) -> None:
    panel.give.click()
    qtbot.waitUntil(lambda: panel.loop.state.out)
    assert panel.digits.text() == "4821 3377"
    assert "14.233.456" in panel.until.text()
    assert audit(panel) == []
