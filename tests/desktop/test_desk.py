# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole desktop over a real book: an alert is raised, answered and reopened; a visit is played again; words are found."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from clinic.domain.facts import (
    AuditEvent,
    DetectedIssue,
    Encounter,
    EncounterStatus,
    Gender,
    IssueStatus,
    Section,
)
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId
from clinic.domain.record import Record
from clinic.domain.values import Coding, HumanName
from clinic.exchange.shipped_questionnaires import shipped
from clinic.protocol.letters import (
    HeldVersion,
    KioskStands,
    Letter,
    PersonCalled,
    PersonComes,
    QuestionnaireCame,
    QuestionnairesHeld,
)
from clinic.protocol.trust import DeviceKind
from clinic.services import people, questionnaires, visits
from clinic.services.desks import Desk
from desktop.app import Window
from desktop.kit.words import set_language
from desktop.screens.visit.happenings import VisitOpened
from tests.clinic.domain.scores.taken import vitals
from tests.clinic.services.shared import BEN, BENS
from tests.desktop.test_switching import home as home
from tests.desktop.test_switching import seat_of, unlock
from tests.desktop.test_switching import window as window

ROSA = HumanName(family="Quispe", given=("Rosa",))


def registered(desk: Desk) -> PatientId:
    return people.register(desk, ROSA, date(1961, 3, 3), Gender.FEMALE, "14203881")


def very_ill(desk: Desk, patient: PatientId) -> None:
    taken = vitals(rr=30, spo2=88, hr=140, at=desk.clock.now() - timedelta(minutes=2))
    desk.write(*(replace(one, patient=patient, id=FactId(desk.new_id())) for one in taken), window=patient)


def seen(desk: Desk, patient: PatientId) -> None:
    """A visit whose note is typed twice and signed."""
    arrived = Encounter(
        id=FactId(desk.new_id()), patient=patient, status=EncounterStatus.TRIAGED, arrived_at=desk.clock.now(),
        reason=Coding(system="urn:posta:reason", code="cough", display="Cough"),
    )  # fmt: skip
    visit = EncounterId(arrived.id)
    desk.write(arrived, window=patient)
    visits.start_visit(desk, visit, patient)
    for text in ("Tos seca", "Tos seca de tres días"):
        visits.autosave(desk, visit, Section.SUBJECTIVE, text, patient)
    visits.sign(desk, visit, patient)


def searches(desk: Desk) -> int:
    entries = desk.book.read(lambda page: page.all_facts(AuditEvent))
    return [one.action for one in entries].count("search")


def test_an_alert_comes_to_today_is_answered_on_the_chart_and_undone(qtbot: QtBot, window: Window) -> None:
    unlock(qtbot, window, BEN, BENS)
    seat = seat_of(window)
    patient = registered(seat.desk)
    very_ill(seat.desk, patient)
    qtbot.waitUntil(lambda: seat.today.alerts.model().rowCount() == 1)
    spot = seat.today.alerts.visualRect(seat.today.alerts.model().index(0, 0)).center()
    qtbot.mouseClick(seat.today.alerts.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    band = seat.chart.band
    qtbot.waitUntil(lambda: band.isVisible() and band.rows[0].title.text().startswith("NEWS2 7 or more"))
    band.rows[0].answer.click()
    qtbot.keyClicks(band.answer.note, "Oxygen")
    assert seat.unfinished()[0] == "chart"
    seat._program = SimpleNamespace(speak=set_language)  # type: ignore[assignment]
    seat._speak("es")  # another language keeps what was typed
    band = seat.chart.band
    qtbot.waitUntil(band.answer.isVisible)
    assert band.answer.note.toPlainText() == "Oxygen"
    band.answer.done.click()
    qtbot.waitUntil(lambda: not band.isVisible() and seat.today.loop.state.alerts == ())

    def issues() -> tuple[DetectedIssue, ...]:
        return seat.desk.book.read(lambda page: page.facts(DetectedIssue, patient))

    assert [(one.status, one.mitigation) for one in issues()] == [(IssueStatus.FINAL, "Oxygen")]
    undo = seat.shell.findChild(QPushButton, "toast.undo")
    assert isinstance(undo, QPushButton) and undo.isVisible()
    undo.click()
    qtbot.waitUntil(lambda: band.isVisible() and len(seat.today.loop.state.alerts) == 1)
    assert [one.status for one in issues()] == [IssueStatus.REGISTERED]


def test_a_signed_visit_is_played_again_and_its_words_are_found(qtbot: QtBot, window: Window) -> None:
    unlock(qtbot, window, BEN, BENS)
    seat = seat_of(window)
    patient = registered(seat.desk)
    seen(seat.desk, patient)
    seat.room.ways.chart.emit(patient, "notes")
    qtbot.waitUntil(seat.chart.play.isVisible)
    seat.chart.play.click()
    panel = seat.chart.replay
    qtbot.waitUntil(lambda: panel.loop.state.steps >= 5)
    panel.slider.setValue(panel.loop.state.steps)
    assert panel.status.text().startswith("Signed by ben")
    with qtbot.waitActive(window):
        window.activateWindow()
    seat.shell.search.setFocus()
    qtbot.keyClicks(seat.shell.search, "tres dias")
    qtbot.waitUntil(seat.shell.texts.isVisible)
    seat.shell.texts.click()
    qtbot.waitUntil(lambda: seat.search.isVisible() and seat.search.finds.model().rowCount() == 1)
    assert seat.search.where.isVisible() and not seat.search.reading.isVisible()
    qtbot.keyClick(seat.search.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: seat.search.count.text() == "1 find · the best first")
    qtbot.waitUntil(lambda: searches(seat.desk) == 1)
    assert searches(seat.desk) == 1, "what was found while typing is not written down"
    assert not seat.today.backup.isVisible(), "who does not administer the clinic is not asked for backups"


def test_a_red_flag_is_said_on_whatever_page_is_open_and_leads_to_today(qtbot: QtBot, window: Window) -> None:
    unlock(qtbot, window, BEN, BENS)
    seat = seat_of(window)
    patient = registered(seat.desk)
    arrived = Encounter(
        id=FactId(seat.desk.new_id()), patient=patient, status=EncounterStatus.ARRIVED, ticket="S-07",
        arrived_at=seat.desk.clock.now(),
    )  # fmt: skip
    seat.desk.write(arrived, window=patient)
    qtbot.waitUntil(lambda: seat.today.queue.model().rowCount() == 1)
    seat.shell.go("patients")
    flag = Coding(system="urn:posta:red-flag", code="chest_pain", display="dolor en el pecho")
    seat.desk.write(replace(arrived, red_flags=(flag,)), window=patient)

    def said() -> str:
        toasts = [one for one in seat.shell.findChildren(QLabel, "toast.text") if one.isVisible()]
        return toasts[-1].text() if toasts else ""

    qtbot.waitUntil(lambda: said().startswith("Red flag: chest pain"))
    assert "Quispe" in said() and "S-07" in said() and not seat.today.isVisible()
    button = seat.shell.findChildren(QPushButton, "toast.undo")[-1]
    assert button.isVisible()
    button.click()
    qtbot.waitUntil(seat.today.isVisible)
    (row,) = seat.today.loop.state.rows
    other = replace(row, encounter=replace(row.encounter, patient=PatientId("q"), ticket="S-08"))
    seat.room.ways.flagged.emit((row, other))
    assert "S-07" in said() and "S-08" in said()
    assert not any(one.isVisible() for one in seat.shell.findChildren(QPushButton, "toast.undo")), (
        "Today is open"
    )
    seat.room.ways.visit.emit(
        VisitOpened(EncounterId(arrived.id), patient, DeviceId(""), seat.desk.clock.now())
    )
    assert "S-08" in said() and "S-07" not in said(), "who is being seen needs no alarm any more"
    qtbot.keyClick(seat.shell.search, Qt.Key.Key_Escape)
    assert said() == ""


def test_a_kiosk_that_calls_a_person_is_heard_on_every_page_until_somebody_comes(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(qtbot, window, BEN, BENS)
    seat, posted = seat_of(window), list[tuple[str, Record]]()
    monkeypatch.setattr(seat.telephone._link, "post", lambda to, content: posted.append((to, content)))
    log = seat.desk.trust
    kiosk = next(one for one in log.devices() if one.kind == DeviceKind.KIOSK)

    def letter(sender: DeviceId, content: Record) -> None:
        at = seat.desk.clock.now()
        seat.telephone._open(
            Letter(sender=sender, receiver=seat.desk.device, number=1, sent_at=at, content=content)
        )

    def said() -> list[str]:
        return [one.text() for one in seat.shell.findChildren(QLabel, "toast.text") if one.isVisible()]

    letter(seat.desk.device, PersonCalled())
    assert said() == [], "from a desk it is nothing"
    for _again in range(2):
        letter(kiosk.device, PersonCalled(ticket="S-07"))
        assert said() == [f"Help is asked for at {kiosk.name} · S-07"]
    letter(kiosk.device, PersonCalled(over=True))
    assert said() == []
    letter(kiosk.device, PersonCalled())
    seat.shell.findChildren(QPushButton, "toast.undo")[-1].click()
    assert posted == [(kiosk.device, PersonComes(by_name=seat.desk.someone.name))]
    assert said() == []


def test_a_kiosk_that_stands_badly_is_told_on_today_until_it_says_that_all_is_well(
    qtbot: QtBot, window: Window
) -> None:
    unlock(qtbot, window, BEN, BENS)
    seat = seat_of(window)
    kiosk = next(one for one in seat.desk.trust.devices() if one.kind == DeviceKind.KIOSK)

    def letter(sender: DeviceId, troubles: tuple[str, ...]) -> None:
        at, content = seat.desk.clock.now(), KioskStands(troubles=troubles)
        seat.telephone._open(
            Letter(sender=sender, receiver=seat.desk.device, number=1, sent_at=at, content=content)
        )

    band = seat.today.kiosks
    letter(seat.desk.device, ("clock",))
    assert band.isHidden(), "from a desk it is nothing"
    letter(kiosk.device, ("clock", "printer"))
    says = "needs somebody: its clock is wrong; its printer has no paper or does not answer."
    assert band.accessibleName().startswith(f"{kiosk.name} {says}") and not band.isHidden()
    band.hear("another", kiosk.name, ("disk",))
    assert "its disk is nearly full" in band.accessibleName() and says in band.accessibleName()
    band.hear("another", kiosk.name, ())
    letter(kiosk.device, ("a trouble of a later program",))
    assert "something is wrong with it" in band.accessibleName()
    letter(kiosk.device, ())
    assert band.isHidden()


def test_a_kiosk_is_told_the_questionnaires_it_has_not_heard_of(
    qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(qtbot, window, BEN, BENS)
    seat = seat_of(window)
    kiosk = next(one for one in seat.desk.trust.devices() if one.kind == DeviceKind.KIOSK)
    posted: list[tuple[DeviceId, object]] = []
    form = replace(shipped()[0], version=9, published_at=seat.desk.clock.now())
    monkeypatch.setattr(questionnaires, "held", lambda _desk: (form,))
    monkeypatch.setattr(seat.telephone._link, "is_present", lambda _device: True)
    monkeypatch.setattr(seat.telephone._link, "post", lambda to, what: posted.append((to, what)))

    def says(*held: HeldVersion) -> None:
        at, content = seat.desk.clock.now(), QuestionnairesHeld(held=held)
        seat.telephone._open(
            Letter(sender=kiosk.device, receiver=seat.desk.device, number=1, sent_at=at, content=content)
        )

    says()
    qtbot.waitUntil(lambda: posted == [(kiosk.device, QuestionnaireCame(form=form))])
    assert form.published_at is not None
    says(HeldVersion(url=form.url, version=9, published_at=form.published_at))
    qtbot.wait(200)
    assert len(posted) == 1, "what it holds is not told again"
