# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages as people touch them: real widgets, a clinic in memory."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic.domain.facts import Section
from clinic.domain.ids import FactId, PatientId
from clinic.services.consents import NotPermitted
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.chart.view import ChartView
from desktop.screens.join.logic import DigitsMade
from desktop.screens.join.logic import State as Joining
from desktop.screens.join.view import JoinView
from desktop.screens.layouts import Page
from desktop.screens.login.logic import State as Login
from desktop.screens.login.logic import Way
from desktop.screens.login.view import LoginView
from desktop.screens.messages.view import MessagesView
from desktop.screens.patients.view import PatientsView
from desktop.screens.room import Room
from desktop.screens.schedule.view import ScheduleView
from desktop.screens.shell.view import ShellView
from desktop.screens.today import logic as t
from desktop.screens.today.view import TodayView
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit.callpanel import CallCard
from desktop.screens.visit.errands import Line
from desktop.screens.visit.view import VisitView
from tests.desktop.screens.standin import KIOSK, NOW, QUEUE, ROSA, Clinic, coding

HERE = f"e.{ROSA}"


class Spoken(Line):
    """The telephone, writing down what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def ring(self, kiosk: object, encounter: object) -> None:
        self.asked.append(("ring", kiosk, encounter))

    def chat_line(self, kiosk: object, message: object) -> None:
        self.asked.append(("chat", kiosk, message))

    def visit_over(self, kiosk: object, encounter: object) -> None:
        self.asked.append(("over", kiosk, encounter))


@pytest.fixture(params=["light", "dark"])
def look(request: pytest.FixtureRequest, qapp: QApplication) -> str:
    theme.apply(qapp, request.param, "desktop")
    return str(request.param)


@pytest.fixture
def line() -> Spoken:
    return Spoken()


@pytest.fixture
def visit(qtbot: QtBot, qapp: QApplication, room: Room, line: Spoken, tmp_path: Path) -> VisitView:
    theme.apply(qapp, "light", "desktop")
    page = VisitView(room, line, None, tmp_path)
    qtbot.addWidget(page)
    page.resize(1170, 710)
    page.show()
    page.open(h.VisitOpened(HERE, ROSA, KIOSK, NOW))  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: page.loop.state.loaded and page.loop.state.chart is not None)
    return page


def holds(page: QWidget) -> None:
    page.resize(1366, 768)
    page.show()
    for _turn in range(3):
        QApplication.processEvents()
    assert audit(page) == []


def test_login_and_join_can_be_used_by_everybody(qtbot: QtBot, look: str) -> None:
    ways = (Way("Ana Ruiz"), Way("Zoe Luna", code=True, key=True))
    login = LoginView(Login(ways, "Zoe Luna", sheets=True), lambda *_: None)
    joining = JoinView(Joining(code="7QK2"), lambda *_: None, lambda *_: None, lambda: None)
    for page in (login, joining):
        qtbot.addWidget(page)
        holds(page)
    joining.loop.send(DigitsMade("482913"))
    assert joining.digits.text() == "482 913"
    holds(joining)


def test_pages_can_be_used_by_everybody(qtbot: QtBot, look: str, room: Room) -> None:
    for make in (
        lambda: TodayView(room, lambda _k: True),
        lambda: PatientsView(room),
        lambda: ScheduleView(room),
        lambda: MessagesView(room),
    ):
        page = make()
        qtbot.addWidget(page)
        if not isinstance(page, TodayView):
            page.refresh()
        holds(page)


def test_every_tab_of_the_chart_can_be_used_by_everybody(qtbot: QtBot, look: str, room: Room) -> None:
    page = ChartView(room)
    qtbot.addWidget(page)
    page.open(ROSA)
    qtbot.waitUntil(lambda: page.loop.state.chart is not None)
    for tab in (
        "summary",
        "results",
        "notes",
        "medication",
        "problems",
        "tasks",
        "messages",
        "documents",
        "consents",
        "timeline",
        "opened",
    ):
        page.tabs.chosen.emit(tab)
        holds(page)


@pytest.mark.parametrize("tool", v.TOOLS)
def test_every_tool_of_the_visit_can_be_used_by_everybody(visit: VisitView, tool: str) -> None:
    visit.loop.send(h.ToolChosen(tool))
    QApplication.processEvents()
    assert audit(visit) == []


def test_a_wrong_password_is_said_and_stays_in_the_field(qtbot: QtBot, qapp: QApplication) -> None:
    page = LoginView(Login((Way("Ana"),), "Ana"), lambda _asked, told: told[1]("Wrong password.", False))
    qtbot.addWidget(page)
    page.show()
    qtbot.keyClicks(page.password, "no")
    qtbot.mouseClick(page.unlock, Qt.MouseButton.LeftButton)
    assert (page.notice.isVisible(), page.password.text()) == (True, "no")


def test_what_is_typed_is_saved_by_itself(qtbot: QtBot, visit: VisitView, clinic: Clinic) -> None:
    field = visit.note.fields[Section.SUBJECTIVE]
    with qtbot.waitSignal(field.settled):
        qtbot.keyClicks(field, "Tos seca")
    qtbot.waitUntil(lambda: ("subjective", "Tos seca", ROSA) in clinic.saved)
    qtbot.waitUntil(lambda: visit.note.states[Section.SUBJECTIVE].text().startswith("Saved here"))


def test_escape_never_loses_text(qtbot: QtBot, visit: VisitView) -> None:
    field = visit.note.fields[Section.PLAN]
    qtbot.keyClicks(field, "Control")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.toPlainText() == "Control"


def test_a_full_disk_keeps_the_text_and_says_so(qtbot: QtBot, visit: VisitView, clinic: Clinic) -> None:
    clinic.full = True
    field = visit.note.fields[Section.PLAN]
    with qtbot.waitSignal(field.settled):
        qtbot.keyClicks(field, "Control")
    qtbot.waitUntil(visit.notice.isVisible)
    assert field.toPlainText() == "Control"
    clinic.full = False
    visit.loop.send(h.SaveRetried())
    qtbot.waitUntil(lambda: clinic.texts.get(Section.PLAN) == "Control")


def test_signing_takes_one_confirmation_and_tells_the_kiosk(
    qtbot: QtBot, visit: VisitView, clinic: Clinic, line: Spoken
) -> None:
    qtbot.keyClicks(visit.note.fields[Section.ASSESSMENT], "Bronquitis")
    qtbot.mouseClick(visit.note.sign, Qt.MouseButton.LeftButton)
    assert "Rosa Elena" in visit.note.question.text()
    qtbot.mouseClick(visit.note.confirm, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: visit.loop.state.signed is not None)
    assert clinic.texts[Section.ASSESSMENT] == "Bronquitis"
    qtbot.waitUntil(lambda: ("over", KIOSK, HERE) in line.asked)
    assert visit.note.signed.isVisible()


def test_the_call_asks_the_consent_first(
    qtbot: QtBot, visit: VisitView, clinic: Clinic, line: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_patient: PatientId) -> FactId:
        raise NotPermitted("The patient has not agreed.")

    monkeypatch.setattr(clinic, "ask_to_call", refuse)
    qtbot.mouseClick(visit.call.ring, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(visit.notice.isVisible)
    assert line.asked == []
    with qtbot.waitSignal(visit._room.ways.chart) as way:
        visit.notice.acted.emit()
    assert way.args == [ROSA, "consents"], "one step from where she is asked"
    visit.loop.send(h.Failed("The disk is full.", HERE))
    assert visit.loop.state.sentence != visit.loop.state.unasked
    monkeypatch.setattr(clinic, "ask_to_call", lambda _patient: FactId("c1"))
    qtbot.mouseClick(visit.call.ring, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: line.asked == [("ring", KIOSK, HERE)])


def test_a_code_is_found_by_typing_and_stands_under_the_assessment(
    qtbot: QtBot, visit: VisitView, clinic: Clinic
) -> None:
    visit.loop.send(h.ToolChosen("codes"))
    qtbot.keyClicks(visit.codes.search, "neum")
    qtbot.waitUntil(lambda: visit.codes.results.model().rowCount() == 1)
    visit.codes.results.chosen.emit("J18.9")
    qtbot.waitUntil(lambda: visit.note.codes.isVisible())
    assert visit.codes.search.text() == ""


def test_another_language_keeps_what_was_typed_and_not_sent(
    qtbot: QtBot, visit: VisitView, room: Room
) -> None:
    qtbot.keyClicks(visit.note.fields[Section.PLAN], "Control")
    visit.chat.text.setPlainText("Hola")
    visit.rx.dose.setText("500 mg")
    other = VisitView(room, Spoken(), None, None, visit.loop.state)
    qtbot.addWidget(other)
    other.take_over(visit)
    assert other.note.fields[Section.PLAN].toPlainText() == "Control"
    assert (other.chat.text.toPlainText(), other.rx.dose.text()) == ("Hola", "500 mg")


def test_a_summary_is_written_whole(qtbot: QtBot, visit: VisitView, tmp_path: Path) -> None:
    visit.loop.send(h.SummaryPressed())
    qtbot.waitUntil(lambda: visit.loop.state.tone == "ok")
    assert [path.read_bytes()[:4] for path in tmp_path.glob("*.pdf")] == [b"%PDF"]


def test_typing_in_the_search_finds_people_and_enter_opens_the_chart(qtbot: QtBot, room: Room) -> None:
    shell = ShellView(
        room, {key: Page(key, key) for key in ("today", "patients", "schedule", "messages", "chart", "visit")}
    )
    qtbot.addWidget(shell)
    shell.resize(1366, 768)
    shell.show()
    opened: list[str] = []
    room.ways.chart.connect(lambda patient, _tab: opened.append(patient))
    with qtbot.waitSignal(shell.search.asked):
        qtbot.keyClicks(shell.search, "quispe")
    qtbot.waitUntil(shell.found.isVisible)
    qtbot.keyClick(shell.search, Qt.Key.Key_Return)
    assert opened == [ROSA]
    assert not shell.found.isVisible()


def test_who_goes_on_elsewhere_is_done_with_the_search(qtbot: QtBot, room: Room) -> None:
    pages = {key: Page(key, key) for key in ("today", "patients", "schedule", "messages", "chart", "visit")}
    shell = ShellView(room, pages)
    qtbot.addWidget(shell)
    shell.resize(1366, 768)
    with qtbot.waitActive(shell):
        shell.show()
        shell.activateWindow()
    shell.search.setFocus()
    qtbot.keyClicks(shell.search, "quispe")
    qtbot.waitUntil(shell.found.isVisible)
    shell.results.setFocus()
    shell._left_search()
    assert shell.found.isVisible()
    shell.look.setFocus()
    shell._left_search()
    assert not shell.found.isVisible() and shell.search.text() == ""


def test_the_question_before_the_signature_names_a_prescription_nobody_signed(visit: VisitView) -> None:
    visit.loop.send(h.Typed(Section.PLAN, "Reposo", 0.0))
    visit.loop.send(h.DrugResumed(coding("atc", "N02BE01", "Paracetamol")))
    visit.loop.send(h.SignPressed())
    assert "Paracetamol" in visit.note.undone.text() and visit.note.undone.isVisible()


def test_the_picture_of_another_patient_never_stands_on_this_page(visit: VisitView) -> None:
    visit.loop.send(h.CallChanged("talking", "", True, HERE))
    assert visit.call.video.is_live
    visit.open(h.VisitOpened("e.p.juan", "p.juan", KIOSK, NOW))  # type: ignore[arg-type]
    assert not visit.call.video.is_live
    assert visit.call.other.isVisible() and not visit.call.ring.isVisible()


def test_a_double_click_in_the_queue_opens_that_visit(qtbot: QtBot, room: Room) -> None:
    page = TodayView(room, lambda _k: True)
    qtbot.addWidget(page)
    page.resize(1170, 710)
    page.show()
    qtbot.waitUntil(lambda: page.queue.model().rowCount() == 3)
    with qtbot.waitSignal(room.ways.visit) as seen:
        spot = page.queue.visualRect(page.queue.model().index(1, 0)).center()
        qtbot.mouseClick(page.queue.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        qtbot.mouseDClick(page.queue.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert seen.args is not None and seen.args[0].patient == "p.juan"


def test_who_came_and_who_did_not_is_said_by_keyboard_from_todays_list_and_taken_back(
    qtbot: QtBot, room: Room, clinic: Clinic
) -> None:
    page = TodayView(room, lambda _k: True)
    qtbot.addWidget(page)
    page.resize(1170, 710)
    page.show()
    qtbot.waitUntil(lambda: page.booked.model().rowCount() > 1)
    assert not page.attend.isVisible()
    page.booked.setCurrentIndex(page.booked.model().index(0, 0))
    first = page.loop.state.booked[0].appointment
    assert page.came.isVisible() and not page.missed.isVisible(), "its time has not come"
    with qtbot.waitSignal(room.ways.undoable) as told:
        qtbot.keyClick(page.came, Qt.Key.Key_Space)
    assert clinic.attended == {first.id: "arrived"}
    qtbot.waitUntil(lambda: "Arrived" in page.booked.lines()[0].detail)
    assert page.loop.state.slot == first.id
    assert told.args is not None
    told.args[2]()
    assert clinic.attended == {first.id: "booked"}
    page.loop.send(t.MinutePassed(first.start))
    assert page.missed.isVisible()
    with qtbot.waitSignal(room.ways.chart) as opened:
        qtbot.mouseClick(page.chart, Qt.MouseButton.LeftButton)
    assert opened.args == [first.patient, "summary"]


def test_a_red_flag_is_told_beyond_the_page_and_stands_in_words_on_it(qtbot: QtBot, room: Room) -> None:
    page = TodayView(room, lambda _k: True)
    qtbot.addWidget(page)
    qtbot.waitUntil(lambda: page.queue.model().rowCount() == 3)
    page.loop.send(t.RowChosen(QUEUE[1].encounter.id))
    assert page.flagged.isHidden()
    told = coding("urn:posta:red-flag", "chest_pain", "dolor en el pecho")
    row = replace(QUEUE[1], encounter=replace(QUEUE[1].encounter, red_flags=(told,)))
    with qtbot.waitSignal(room.ways.flagged) as seen:
        page.loop.send(t.QueueLoaded((row, QUEUE[0], QUEUE[2]), NOW))
    assert seen.args == [(row,)]
    assert page.flagged.text() == "Red flag: chest pain"
    assert not page.flagged.isHidden()


def test_an_opened_visit_gives_the_keyboard_to_the_note_and_never_to_the_button_that_signs(
    qtbot: QtBot, visit: VisitView
) -> None:
    visit.note.sign.setFocus()
    visit.hide()
    visit.show()
    qtbot.waitUntil(lambda: visit.focusWidget() is visit.note.fields[Section.SUBJECTIVE])


def test_a_double_click_on_hang_up_does_not_ring_again(qtbot: QtBot, visit: VisitView) -> None:
    visit.loop.send(h.CallChanged("talking", "", True, visit.loop.state.encounter))
    sent: list[h.Event] = []
    card = CallCard(sent.append, None)
    qtbot.addWidget(card)
    card.render_state(visit.loop.state)
    card.hang.click()
    card.ring.click()
    assert sent == []
    qtbot.waitUntil(lambda: not card._echo.isActive())
    card.hang.click()
    assert sent == [h.HangPressed()]
