# SPDX-License-Identifier: GPL-3.0-or-later
"""A new organisation is set up on screen, by keyboard, at a real server; going back loses nothing, a failure leaves nothing."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from clinic.domain.clock import SystemClock
from clinic.keys.sheets import read_sheet
from clinic.keys.stretch import WEAK, Cost, stretch
from clinic.services.sitting import open_desk
from clinic.store.home import Home
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.bridge import Desk as Worker
from desktop.kit.words import set_language
from desktop.screens.founding import logic as f
from desktop.screens.founding.doing import Founder
from desktop.screens.founding.view import FoundingView
from sync_server.app import main
from tests.paper import qr_of
from tests.server_process import ServerProcess

PASSWORD = "siete gatos duermen bajo la mesa"
READY = f.State(
    organization="Red del Norte", name="Ana Ruiz", device="Sala 1", server="https://posta.example"
)


def after(state: f.State, *events: f.Event) -> tuple[f.State, tuple[f.Effect, ...]]:
    effects: tuple[f.Effect, ...] = ()
    for event in events:
        state, effects = f.update(state, event)
    return state, effects


# logic


@pytest.mark.parametrize("typed", ["", "   ", "https://", "ftp://posta", "https://posta norte"])
def test_an_address_that_is_none_is_told_before_anybody_is_asked(typed: str) -> None:
    state, effects = after(f.State(), f.CentreSubmitted(typed, "", ""))
    assert state.step == f.Step.CENTRE and state.sentence and not effects


def test_an_address_without_a_scheme_is_asked_in_secret() -> None:
    state, effects = after(f.State(), f.CentreSubmitted(" posta.example/ ", "", " c0de "))
    assert (state.server, state.code, effects) == ("https://posta.example", "c0de", (f.AskCentre(),))


def test_a_centre_that_asks_for_a_code_gets_no_further_without_one() -> None:
    state, _ = after(f.State(), f.CentreSubmitted("posta.example", "", ""), f.CentreAnswered(True))
    assert state.step == f.Step.CENTRE and "founding code" in state.sentence
    state, _ = after(state, f.CentreSubmitted("posta.example", "", "c0de"), f.CentreAnswered(True))
    assert state.step == f.Step.WHO and not state.sentence


def test_an_earlier_try_that_arrived_leads_to_login() -> None:
    _, effects = after(f.State(busy=True), f.FoundBefore())
    assert effects == (f.GoToLogin(),)


@pytest.mark.parametrize("form", [("", "Ana", "Sala"), ("Red", "", "Sala"), ("Red", "Ana", " ")])
def test_three_names_are_needed(form: tuple[str, str, str]) -> None:
    state, _ = after(f.State(step=f.Step.WHO), f.WhoSubmitted(*form))
    assert state.step == f.Step.WHO and state.sentence


@pytest.mark.parametrize(
    ("password", "again", "good"),
    [
        ("", "", False),
        ("siete gatos", "siete gatos", False),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", False),
        ("red del norte red del norte", "red del norte red del norte", False),
        (PASSWORD, "another one", False),
        (PASSWORD, PASSWORD, True),
    ],
)
def test_the_meter_and_the_page_agree(password: str, again: str, good: bool) -> None:
    state = f.State(**{**_dict(READY), "step": f.Step.PASSWORD})
    assert f.strength(password, again, state).good is good
    on, _ = after(state, f.PasswordSubmitted(password, again))
    assert (on.step == f.Step.SHEETS) is good and bool(on.sentence) is not good


def test_the_meter_says_how_much_is_missing() -> None:
    assert "4 characters more" in f.strength("siete gatos", "", READY).sentence
    assert f.strength(PASSWORD, "", READY) == f.Strength(100, True, "Good. Now the same once more.")


def _dict(state: f.State) -> dict[str, object]:
    return {name: getattr(state, name) for name in state.__slots__}


AT_SHEETS = f.State(**{**_dict(READY), "step": f.Step.SHEETS})  # type: ignore[arg-type]


def test_sheets_are_not_skipped_by_accident() -> None:
    for events in ((), (f.PaperChosen("none"),), (f.PaperChosen("folder"),)):
        state, effects = after(AT_SHEETS, *events, f.SheetsSubmitted())
        assert state.step == f.Step.SHEETS and state.sentence and not effects
    state, effects = after(AT_SHEETS, f.PaperChosen("none"), f.SureToggled(True), f.SheetsSubmitted())
    assert state.step == f.Step.FOUNDING and effects == (f.DropSheets(), f.Found())


def test_choosing_another_way_takes_the_tick_back() -> None:
    state, _ = after(AT_SHEETS, f.PaperChosen("none"), f.SureToggled(True), f.PaperChosen("printer"))
    assert not state.sure


MADE = (f.FolderChosen("/usb"), f.SheetsSubmitted(), f.SheetsMade(2, 7))


def test_sheets_are_made_once_and_anew_for_another_name() -> None:
    state, _ = after(AT_SHEETS, *MADE)
    again, effects = after(state, f.BackPressed(), f.SheetsSubmitted())
    assert again.step == f.Step.PROOF and not effects
    other, effects = after(
        state, f.BackPressed(), f.BackPressed(), f.BackPressed(), f.WhoSubmitted("Otra red", "Ana", "Sala"),
        f.PasswordSubmitted(PASSWORD, PASSWORD), f.SheetsSubmitted(),
    )  # fmt: skip
    assert other.busy and effects == (f.MakeSheets(),)


def test_nothing_is_founded_before_a_word_was_read() -> None:
    state, _ = after(AT_SHEETS, *MADE)
    wrong, effects = after(state, f.WordSubmitted("x"))
    assert effects == (f.ReadWord(2, 7, "x"),)
    wrong, effects = after(wrong, f.WordRead(False))
    assert wrong.step == f.Step.PROOF and "word 7 of sheet 2" in wrong.sentence and not effects
    right, effects = after(wrong, f.WordSubmitted("y"), f.WordRead(True))
    assert right.step == f.Step.FOUNDING and effects == (f.Found(),)


def test_a_failure_leads_back_and_the_proof_stands() -> None:
    state, _ = after(
        AT_SHEETS, *MADE, f.WordSubmitted("y"), f.WordRead(True), f.Failed("The centre is away.")
    )
    assert (state.step, state.sentence, state.busy) == (f.Step.PROOF, "The centre is away.", False)
    _, effects = after(state, f.WordSubmitted(""))
    assert effects == (f.Found(),)


def test_stop_is_asked_once_and_only_while_it_is_founded() -> None:
    assert after(AT_SHEETS, f.StopPressed())[1] == ()
    state, effects = after(AT_SHEETS, *MADE, f.WordSubmitted("y"), f.WordRead(True), f.StopPressed())
    assert effects == (f.Stop(),) and after(state, f.StopPressed())[1] == ()


def test_a_busy_page_takes_no_second_press() -> None:
    state, _ = after(f.State(), f.CentreSubmitted("posta.example", "", ""))
    assert after(state, f.CentreSubmitted("posta.example", "", ""))[1] == ()
    assert after(state, f.BackPressed())[0] == state


def test_the_word_that_is_asked_stands_on_the_sheet() -> None:
    for drawn in range(256):
        sheet, word = f.word_to_ask(lambda _n, d=drawn: bytes((d, 255 - d)), 3, 33)
        assert 1 <= sheet <= 3 and 4 <= word <= 33


# on screen


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def least(secret: bytes, salt: bytes, _cost: Cost, **_more: object) -> bytes:
        return stretch(secret, salt, WEAK, weak_for_tests=True)

    monkeypatch.setattr("clinic.keys.slots.stretch", least)


class Screen:
    """The pages as somebody with a keyboard has them."""

    def __init__(self, qtbot: QtBot, home: Path) -> None:
        self.qtbot, self.home = qtbot, home
        self.went: list[str] = []
        self.owner = QWidget()
        qtbot.addWidget(self.owner)
        self.printed: list[tuple[bytes, ...]] = []
        self.founder = Founder(home, SystemClock(), os.urandom)
        self.view = FoundingView(
            self.founder, Worker(self.owner), lambda: self.went.append("back"), lambda: self.went.append("login"),
            lambda pages: self.printed.append(pages) is None,
        )  # fmt: skip
        qtbot.addWidget(self.view)
        self.view.resize(1024, 680)
        self.view.show()

    def types(self, *texts: str) -> None:
        """Into the field that has the hands, and the next ones; then Return."""
        for number, text in enumerate(texts):
            where = QApplication.focusWidget() or self.view
            if number:
                self.qtbot.keyClick(where, Qt.Key.Key_Tab)
                where = QApplication.focusWidget() or self.view
            self.qtbot.keyClicks(where, text)
        self.qtbot.keyClick(QApplication.focusWidget() or self.view, Qt.Key.Key_Return)

    def comes_to(self, step: f.Step) -> None:
        self.qtbot.waitUntil(lambda: self.view.loop.state.step == step and not self._busy())

    def is_told(self, words: str) -> None:
        self.qtbot.waitUntil(lambda: words in self.view.loop.state.sentence)

    def _busy(self) -> bool:
        return self.view.loop.state.busy

    def up_to_the_sheets(self, url: str) -> None:
        self.view.panes[self.view.loop.state.step].first().setFocus()
        self.types(url)
        self.comes_to(f.Step.WHO)
        self.types("Red del Norte", "Ana Ruiz", "Sala 1")
        self.comes_to(f.Step.PASSWORD)
        self.types(PASSWORD, PASSWORD)
        self.comes_to(f.Step.SHEETS)

    def word_on(self, folder: Path) -> str:
        sheet, word = self.view.loop.state.proof
        texts = [read_sheet(qr_of(file)) for file in folder.glob("*.pdf")]
        return next(text.words[word - 1] for text in texts if text.number == sheet)


@pytest.fixture
def screen(qtbot: QtBot, qapp: QApplication, tmp_path: Path, quick: None) -> Screen:
    theme.apply(qapp, "light", "desktop")
    return Screen(qtbot, tmp_path / "home")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "server") as running:
        yield running


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "usb"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    return folder


@pytest.mark.slow
def test_an_organisation_is_set_up_by_keyboard(screen: Screen, server: ServerProcess, paper: Path) -> None:
    screen.up_to_the_sheets(server.url)
    view = screen.view
    screen.qtbot.keyClick(view.sheets.ways["folder"], Qt.Key.Key_Space)
    screen.qtbot.keyClick(view.sheets.look, Qt.Key.Key_Space)
    screen.qtbot.keyClick(view.next, Qt.Key.Key_Space)
    screen.comes_to(f.Step.PROOF)
    screen.types("wrong")
    assert view.loop.state.step == f.Step.PROOF and not Home(screen.home).enrolled
    view.proof.word.clear()
    screen.types(screen.word_on(paper))
    screen.comes_to(f.Step.DONE)
    assert view.password.password.text() == view.password.again.text() == view.proof.word.text() == ""
    desk = open_desk(screen.home, PASSWORD, SystemClock(), os.urandom)
    assert view.loop.state.fingerprint == desk.trust.fingerprint.hex()
    assert desk.trust.organization().name == "Red del Norte" and desk.someone.name == "Ana Ruiz"
    desk.close()
    screen.qtbot.keyClick(view.next, Qt.Key.Key_Space)
    assert screen.went == ["login"] and len(list(paper.glob("*.pdf"))) == 3


@pytest.mark.slow
def test_printed_sheets_never_lie_on_the_disk(screen: Screen, server: ServerProcess, tmp_path: Path) -> None:
    screen.up_to_the_sheets(server.url)
    screen.qtbot.keyClick(screen.view.sheets.ways["printer"], Qt.Key.Key_Space)
    screen.qtbot.keyClick(screen.view.next, Qt.Key.Key_Space)
    screen.comes_to(f.Step.PROOF)
    (pages,) = screen.printed
    assert len(pages) == 3 and not list(tmp_path.rglob("*.pdf"))
    for number, page in enumerate(pages):
        (tmp_path / f"{number}.pdf").write_bytes(page)
    screen.types(screen.word_on(tmp_path))
    screen.comes_to(f.Step.DONE)
    assert Home(screen.home).enrolled


@pytest.mark.slow
def test_a_centre_that_goes_away_leaves_nothing_half_made_and_everything_typed(
    screen: Screen, server: ServerProcess, paper: Path
) -> None:
    screen.up_to_the_sheets(server.url)
    view = screen.view
    screen.qtbot.keyClick(view.sheets.ways["folder"], Qt.Key.Key_Space)
    screen.qtbot.keyClick(view.sheets.look, Qt.Key.Key_Space)
    screen.qtbot.keyClick(view.next, Qt.Key.Key_Space)
    screen.comes_to(f.Step.PROOF)
    server.kill()
    screen.types(screen.word_on(paper))
    screen.is_told("No centre answers")
    assert not Home(screen.home).enrolled and not Home(screen.home).book.exists()
    for _page in range(4):
        screen.qtbot.keyClick(view.back, Qt.Key.Key_Space)
    assert view.centre.server.text() == server.url and view.password.password.text() == PASSWORD
    screen.view.panes[f.Step.CENTRE].first().setFocus()
    screen.types("")
    screen.is_told("No centre answers")
    server.start()
    for step in (f.Step.WHO, f.Step.PASSWORD, f.Step.SHEETS, f.Step.PROOF):
        screen.qtbot.keyClick(view.next, Qt.Key.Key_Space)
        screen.comes_to(step)
    assert len(list(paper.glob("*.pdf"))) == 3, "the same sheets serve"
    screen.qtbot.keyClick(view.next, Qt.Key.Key_Space)
    screen.comes_to(f.Step.DONE)


def test_leaving_before_it_is_founded_takes_the_sheets_away(screen: Screen, paper: Path) -> None:
    screen.view.loop.state = AT_SHEETS
    for event in (f.PaperChosen("folder"), f.FolderWanted(), f.SheetsSubmitted()):
        screen.view.loop.send(event)
    screen.comes_to(f.Step.PROOF)
    assert len(list(paper.glob("*.pdf"))) == 3
    screen.founder.leave()
    assert not list(paper.glob("*.pdf")) and not Home(screen.home).founding.exists()


def test_the_first_page_leads_back_to_joining(screen: Screen) -> None:
    screen.qtbot.keyClick(screen.view.back, Qt.Key.Key_Space)
    assert screen.went == ["back"]


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("tongue", ["es", "en", "pt"])
def test_every_page_can_be_used_by_everybody(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, look: str, tongue: str
) -> None:
    theme.apply(qapp, look, "desktop")
    set_language(tongue)
    view = Screen(qtbot, tmp_path).view
    pages = {
        f.Step.SHEETS: {"paper": "folder", "folder": "/media/usb"},
        f.Step.PROOF: {"paper": "folder", "folder": "/media/usb", "proof": (2, 17)},
        f.Step.FOUNDING: {"busy": True, "stage": "profile"},
        f.Step.DONE: {"paper": "printer", "fingerprint": "8f" * 32},
    }
    for step in f.Step:
        view.loop.state = f.State(step=step, sentence="Nothing was printed.", **pages.get(step, {}))  # type: ignore[arg-type]
        view.render_state(view.loop.state)
        for _turn in range(3):
            QApplication.processEvents()
        assert audit(view) == [], step


@pytest.mark.slow
def test_a_centre_that_was_just_set_up_is_founded_with_its_certificate_and_its_code(
    screen: Screen, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--data", str(tmp_path / "server"), "--own-certificate", "--name", "127.0.0.1"]) == 0
    told = json.loads(capsys.readouterr().out)
    with ServerProcess(tmp_path / "server") as server:
        assert server.url.startswith("https://")
        pane = screen.view.centre
        pane.server.setFocus()
        screen.types(server.url)
        screen.is_told("certificate file")
        pane.authority.setText(told["authority"])
        screen.types("")
        screen.is_told("founding code")
        pane.code.setText("0000-0000-0000-0000")
        screen.types("")
        screen.is_told("not the founding code")
        pane.code.setText(told["founding_code"])
        screen.up_to_the_sheets("")
        screen.qtbot.keyClick(screen.view.sheets.ways["none"], Qt.Key.Key_Space)
        screen.qtbot.keyClick(screen.view.sheets.sure, Qt.Key.Key_Space)
        screen.qtbot.keyClick(screen.view.next, Qt.Key.Key_Space)
        screen.comes_to(f.Step.DONE)
    assert Home(screen.home).enrolled
