# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of trust in the whole window, over a real desk and a real centre: break-glass is heard at once, judged, watched;
a consent is said, proved and taken back; a rule is signed; a card is made; another team's summary is opened.
"""

import os
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from clinic.domain.facts import AccessReview, AuditEvent, Finding, Gender, ReviewStatus
from clinic.domain.ids import PatientId, TeamId
from clinic.domain.policies import HOURS
from clinic.domain.values import HumanName
from clinic.keys.epochs import new_epoch
from clinic.protocol.trust import DeviceKind, Role, TeamCreate
from clinic.services import emergency
from clinic.services.acted import hours_here
from clinic.services.desks import Desk
from clinic.services.enrolment import state
from clinic.services.everybody import prepare
from clinic.services.link import exchange_now
from clinic.services.messages import add_photo
from clinic.services.organising import give_role
from clinic.services.people import register
from clinic.verify import main as verify
from desktop import options
from desktop.app import Window
from desktop.kit import theme
from desktop.kit.words import set_language
from desktop.screens.audit import judging as j
from desktop.screens.consents import logic as c
from desktop.screens.organisation import logic as m
from desktop.seat import Seat
from tests.clinic.services import conftest
from tests.clinic.services.conftest import PASSWORD, Town
from tests.clinic.services.test_break_glass import enrolled
from tests.desktop.test_switching import seat_of

pytestmark = pytest.mark.slow
town, jpeg = conftest.town, conftest.jpeg
REASON = "Inconsciente en la guardia, sin familiares"
ELSEWHERE = "Llegó sola, no puede hablar"
SHOTS = os.environ.get("POSTA_SHOTS", "")
LONG_MS = 60_000


@dataclass
class House:
    """`home` is Ada's, who administers, looks after the audit and sees patients; `omar` is of another team, with `lost` as
    his patient; `ana` is of Ada's."""

    town: Town
    home: Path
    omar: Desk
    ana: PatientId
    lost: PatientId


@pytest.fixture(scope="module")
def house(town: Town) -> House:
    ada = town.enrol("Ada Ríos", Role.CLINICIAN)
    for role in (Role.COMPLIANCE, Role.ADMINISTRATOR):
        assert give_role(town.station, ada.someone.user, role)
    south = TeamId("south")
    state(town.station, lambda log: [TeamCreate(team=south, name="Hospital Sur")])
    omar = enrolled(
        town.station, town.folder / "omar", "Dr. Omar Sosa", Role.CLINICIAN, DeviceKind.DESKTOP, south
    )
    town.opened.append(omar)
    state(town.station, lambda log: [new_epoch(log, south, {}, os.urandom)])
    prepare(town.station)
    for _ in range(2):
        exchange_now(omar)
        town.sync()
    lost = _patient(omar, "Perdida", "22222222")
    ana = _patient(town.desk, "Quispe", "11111111")
    for _ in range(2):
        exchange_now(omar)
        town.sync()
    town.opened.remove(ada)
    ada.close()
    return House(town, ada.home.path, omar, ana, lost)


def _patient(desk: Desk, family: str, dni: str) -> PatientId:
    name = HumanName(family=family, given=("Ana",))
    patient = register(desk, name, date(1958, 3, 7), Gender.FEMALE, dni)
    emergency.refresh(desk, [patient])
    return patient


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    """Logged in, and connected to the centre."""
    monkeypatch.setattr(QApplication, "quit", lambda: None)
    set_language(os.environ.get("POSTA_SHOTS_IN", "en"))
    theme.apply(qapp, "light", "desktop")
    args: Namespace = options.parse(["--home", str(house.home), "--save-to", str(tmp_path / "papers")])
    made = Window(SimpleNamespace(look="light"), args)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.begin()
    made.show()
    login = made._login
    assert login is not None
    login.password.setText(PASSWORD)
    login.unlock.click()
    qtbot.waitUntil(lambda: made._seat is not None, timeout=LONG_MS)
    qtbot.waitUntil(lambda: seat_of(made).telephone.online, timeout=LONG_MS)
    yield made
    made.leave()
    set_language("es")


def shot(window: Window, name: str) -> None:
    if SHOTS:
        QApplication.processEvents()
        window.grab().save(f"{SHOTS}_{name}.png")


def wait(qtbot: QtBot, until: Callable[[], bool]) -> None:
    qtbot.waitUntil(until, timeout=LONG_MS)


def press(button: QPushButton) -> None:
    assert button.isVisible() and button.isEnabled(), button.objectName()
    button.click()


def test_break_glass_is_heard_at_once_and_judged(qtbot: QtBot, window: Window, house: House) -> None:
    seat = seat_of(window)
    seat.shell.go("patients")
    emergency.open_summary(house.omar, house.ana, REASON)
    exchange_now(house.omar)
    wait(qtbot, lambda: bool(seat.today.glass.accessibleName()) and bool(seat.today.opened.accessibleName()))
    shot(window, "told_elsewhere")
    seat.shell.go("today")
    assert REASON in seat.today.glass.accessibleName() and REASON in seat.today.opened.accessibleName()
    shot(window, "today")
    seat.today.glass.acted.emit()
    panel = seat.audit.reviews
    wait(qtbot, lambda: panel.isVisible() and bool(panel.loop.state.reviews))
    (row,) = [one for one in panel.loop.state.reviews if one.review.about == house.ana]
    panel.loop.send(j.Chosen(row.review.id))
    wait(qtbot, lambda: panel.watch.isVisible() and bool(panel.loop.state.reviewers))
    press(panel.watch)
    wait(qtbot, lambda: bool(panel.loop.state.selected and panel.loop.state.selected.watched))
    eva = next(key for key, name in panel.loop.state.others if name == house.town.station.someone.name)
    panel.whom.choose(eva)
    press(panel.give)
    wait(qtbot, lambda: bool(panel.loop.state.selected and panel.loop.state.selected.review.owner == eva))
    shot(window, "reviews")
    press(panel.take)
    wait(qtbot, lambda: not panel.take.isVisible())
    panel.loop.send(j.FindingChosen("justified"))
    panel.note.setPlainText("Llamé a la guardia.")
    press(panel.close_it)
    wait(qtbot, lambda: panel.loop.state.chosen == "")
    _close_of(seat, row.review.id)
    seat.shell.go("today")
    wait(qtbot, lambda: not seat.today.glass.isVisible() or REASON not in seat.today.glass.accessibleName())


def _close_of(seat: Seat, review: str) -> None:
    done = seat.desk.book.read(lambda page: page.fact(AccessReview, review))  # type: ignore[arg-type]
    assert done is not None and (done.status, done.finding) == (ReviewStatus.COMPLETED, Finding.JUSTIFIED)


def test_the_audit_page_lists_what_happened(qtbot: QtBot, window: Window, house: House) -> None:
    seat = seat_of(window)
    seat.room.ways.chart.emit(house.ana, "summary")
    wait(qtbot, lambda: seat.chart.loop.state.chart is not None)
    seat.shell.go("audit")
    seat.audit.show_tab("entries")
    wait(qtbot, lambda: bool(seat.audit.loop.state.numbers) and not seat.audit.loop.state.busy)
    newest = [one.act.action for one in seat.audit.loop.state.pages[0] if one]
    assert "open" in newest and "read audit" in newest
    shot(window, "audit")


def test_a_consent_is_said_proved_and_taken_back(
    qtbot: QtBot, window: Window, house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seat = seat_of(window)
    seat.room.ways.chart.emit(house.ana, "consents")
    panel = seat.chart.consents
    wait(qtbot, lambda: panel.ask.isVisible() and panel.loop.state.patient == house.ana)
    press(panel.ask)
    wait(qtbot, lambda: len(panel.answers) == 5)
    shot(window, "consent_asked")
    panel.loop.send(c.Answered("sharing", "permit"))
    panel.loop.send(c.HowChosen("phone"))
    assert seat.unfinished()[0] == "chart"
    press(panel.save)
    wait(qtbot, lambda: "sharing" in panel.loop.state.permitted and bool(panel.loop.state.statements))
    assert panel.loop.state.statements[0].how == "phone"
    undo = seat.shell.findChild(QPushButton, "toast.undo")
    assert isinstance(undo, QPushButton) and undo.isVisible()
    press(panel.prove)
    wait(qtbot, lambda: bool(panel.loop.state.saved) or bool(panel.loop.state.sentence))
    assert panel.loop.state.sentence == ""
    shot(window, "consent_saved")
    kept = Path(panel.loop.state.saved)
    assert kept.parent == tmp_path / "papers" and "Quispe" not in kept.name
    assert verify(["consent", str(kept)]) == 0, capsys.readouterr()
    undo.click()
    wait(qtbot, lambda: "sharing" not in panel.loop.state.permitted)
    assert not panel.takings["sharing"].isVisible()


def test_a_document_that_is_looked_at_is_written_down(
    qtbot: QtBot, window: Window, house: House, jpeg: Callable[..., bytes]
) -> None:
    seat = seat_of(window)
    add_photo(seat.desk, house.ana, jpeg(), "Foto")
    seat.room.ways.chart.emit(house.ana, "documents")
    wait(qtbot, lambda: bool(seat.chart.loop.state.picture))
    found = seat.desk.book.read(lambda page: page.facts(AuditEvent, house.ana))
    assert [one.action for one in found].count("read") == 1


def test_a_rule_is_signed_for_every_computer(qtbot: QtBot, window: Window, house: House) -> None:
    seat = seat_of(window)
    seat.shell.go("organisation")
    page = seat.organisation
    wait(qtbot, lambda: page.loop.state.found is not None)
    page.loop.send(m.TabChosen("rules"))
    page.loop.send(m.RowChosen(HOURS))
    page.value.setText("Mo-Fr 07:00-20:00")
    shot(window, "rules")
    press(page.set_rule)
    wait(qtbot, lambda: page.loop.state.tone == "ok")
    exchange_now(house.omar)
    assert hours_here(house.omar) is not None


def test_a_summary_of_another_team_is_found_and_opened(qtbot: QtBot, window: Window, house: House) -> None:
    seat = seat_of(window)
    seat.room.ways.elsewhere.emit("perd")
    page = seat.emergency
    wait(qtbot, lambda: [one.subject for one in page.loop.state.people] == [house.lost])
    page.reason.setPlainText(ELSEWHERE)
    press(page.brief)
    wait(qtbot, lambda: page.loop.state.summary is not None)
    shot(window, "emergency")

    def told() -> bool:
        exchange_now(house.omar)
        found = house.omar.book.read(lambda book: book.facts(AccessReview, PatientId("")))
        return any(one.about == house.lost for one in found)

    wait(qtbot, told)


def test_a_card_is_made_at_the_desk(qtbot: QtBot, window: Window, house: House) -> None:
    seat = seat_of(window)
    seat.room.ways.chart.emit(house.ana, "summary")
    wait(qtbot, lambda: seat.chart.loop.state.chart is not None and seat.chart.give.isVisible())
    qtbot.mouseClick(seat.chart.give, Qt.MouseButton.LeftButton)
    wait(qtbot, seat.chart.card.isVisible)
    shot(window, "cards")
