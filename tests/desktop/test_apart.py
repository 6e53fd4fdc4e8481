# SPDX-License-Identifier: GPL-3.0-or-later
"""Several charts at once, each in a window of its own, by real keys over a real book: nobody is taken for somebody else."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from clinic.domain.ids import PatientId
from clinic.domain.values import Coding
from clinic.services import background
from desktop.apart import MOST
from desktop.app import Window
from desktop.kit.people import HUES, Identity, PatientBanner, hue_of
from desktop.kit.surfaces import Toast
from desktop.kit.tokens import LOOKS, contrast
from desktop.kit.words import set_language
from desktop.screens.chart.window import ChartWindow
from desktop.seat import Seat
from tests.desktop.at_work import in_front, pressed, registered, typed, until
from tests.desktop.at_work import seat as seat
from tests.desktop.at_work import window as window
from tests.desktop.screens.standin import QUEUE
from tests.desktop.test_desk import very_ill

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def alone(seat: Seat) -> Iterator[None]:
    yield
    seat.apart.close()
    seat.shell.go("today")


def shown(seat: Seat, patient: PatientId) -> None:
    """Her chart is the page in front."""
    seat.room.ways.chart.emit(patient, "summary")
    until(lambda: seat.chart.loop.state.chart is not None and seat.chart.shows(patient))
    in_front(seat.shell.window())


def moved_out(seat: Seat, patient: PatientId) -> ChartWindow:
    shown(seat, patient)
    page = seat.chart
    QTest.keyClick(page, Qt.Key.Key_N, CTRL | SHIFT)
    until(lambda: page.window() is not seat.shell.window())
    found = page.window()
    assert isinstance(found, ChartWindow)
    return found


def one_told(window: QWidget) -> str:
    """The one message that stands there."""
    (found,) = [one for one in window.findChildren(Toast) if one.isVisible()]
    return found.accessibleName()


def hue(window: ChartWindow) -> str:
    return window.chart.banner.hue


def test_the_page_itself_goes_to_its_window_and_the_next_chart_has_another_colour(seat: Seat) -> None:
    ana, berta = registered(seat.desk, "Alfaro"), registered(seat.desk, "Bustos", "Berta")
    closed = [
        PatientBanner(name=f"closed.{n}") for n in range(len(HUES))
    ]  # as windows leave them that nobody sees any more
    for n, banner in enumerate(closed):
        banner.show_person(Identity(f"somebody{n}", f"Somebody {n}"))
    page = seat.chart
    window = moved_out(seat, ana)
    assert window.chart is page and seat.chart is not page
    assert seat.shell.loop.state.page == "patients"
    assert window.windowTitle().startswith("Alfaro, Ana · 65")
    shown(seat, berta)
    assert {hue(window), seat.chart.banner.hue} <= set(HUES) and hue(window) != seat.chart.banner.hue


def test_one_person_has_one_place_only(seat: Seat) -> None:
    ana = registered(seat.desk, "Arce")
    window = moved_out(seat, ana)
    before = seat.chart.loop.state
    seat.room.ways.chart.emit(ana, "results")
    assert window.chart.loop.state.tab == "results" and seat.chart.loop.state is before
    seat.room.ways.apart.emit(ana, "notes")
    until(lambda: QApplication.activeWindow() is window)
    assert seat.apart.windows == [window]


def test_each_window_hears_of_its_own_person(seat: Seat) -> None:
    ana, berta = registered(seat.desk, "Acosta"), registered(seat.desk, "Bravo", "Berta")
    window = moved_out(seat, ana)
    shown(seat, berta)
    substance = Coding(system="urn:posta:allergy", code="penicillin", display="Penicillin")
    background.record_allergy(seat.desk, substance, window=ana)
    until(lambda: len(window.chart.loop.state.chart.allergies) == 1)
    assert seat.chart.loop.state.chart is not None and not seat.chart.loop.state.chart.allergies


def test_words_copied_in_one_window_are_not_pasted_in_another_and_it_says_so_there(seat: Seat) -> None:
    ana, berta = registered(seat.desk, "Aguirre"), registered(seat.desk, "Baez", "Berta")
    hers, theirs = moved_out(seat, ana), moved_out(seat, berta)
    for one in (hers, theirs):
        one.chart.turn("messages")
        until(lambda page=one.chart: page.talk.text.isVisible() and not page.talk.text.isReadOnly())
    in_front(hers)
    hers.chart.talk.text.setFocus()
    typed("solo para Aguirre")
    pressed(Qt.Key.Key_A, CTRL)
    pressed(Qt.Key.Key_C, CTRL)
    in_front(theirs)
    theirs.chart.talk.text.setFocus()
    pressed(Qt.Key.Key_V, CTRL)
    assert theirs.chart.talk.text.toPlainText() == ""
    said = one_told(theirs)
    assert "Aguirre" in said and "Baez" in said
    assert not [one for one in seat.shell.findChildren(Toast) if "Aguirre" in one.accessibleName()]


def test_an_alarm_is_seen_where_somebody_is_at_work(seat: Seat) -> None:
    window = moved_out(seat, registered(seat.desk, "Arias"))
    in_front(window)
    flag = Coding(system="urn:posta:red-flag", code="chest_pain", display="dolor en el pecho")
    row = replace(QUEUE[1], encounter=replace(QUEUE[1].encounter, red_flags=(flag,)))
    seat.room.ways.flagged.emit((row,))
    for one in (window, seat.shell):
        assert one_told(one).startswith("Red flag: chest pain") and row.person.name.full in one_told(one)


def test_a_visit_that_is_begun_in_a_window_comes_to_the_front_in_the_main_one(seat: Seat) -> None:
    window = moved_out(seat, registered(seat.desk, "Armas"))
    in_front(window)
    window.chart.visit.click()
    until(lambda: seat.shell.loop.state.page == "visit" and seat.shell.window().isActiveWindow())


def test_there_are_so_many_and_no_more(seat: Seat) -> None:
    people = [registered(seat.desk, f"Familia{n}") for n in range(MOST + 1)]
    windows = [moved_out(seat, one) for one in people[:-1]]
    assert len({hue(one) for one in windows}) == MOST
    shown(seat, people[-1])
    seat.chart.apart.click()
    assert "Close one of them first" in one_told(seat.shell)
    assert seat.apart.windows == windows and seat.chart.shows(people[-1]), "it stays where it was"


def test_who_closes_a_window_is_told_of_what_she_wrote_and_closes_it_all_the_same(seat: Seat) -> None:
    patient = registered(seat.desk, "Avila")
    very_ill(seat.desk, patient)
    window = moved_out(seat, patient)
    in_front(window)
    band = window.chart.band
    until(lambda: band.isVisible() and band.rows)
    band.rows[0].answer.click()
    band.answer.note.setFocus()
    typed("Oxygen")
    assert seat.unfinished() == (
        "",
        f"{window.windowTitle()}: What you wrote about an alert has not been sent.",
    )
    QTest.keyClick(window, Qt.Key.Key_W, CTRL)
    until(lambda: window.findChildren(Toast))
    assert "not been sent" in one_told(window) and seat.apart.windows == [window]
    QTest.keyClick(window, Qt.Key.Key_W, CTRL)
    until(lambda: not seat.apart.windows)


def test_one_that_holds_nothing_closes_at_once(seat: Seat) -> None:
    window = moved_out(seat, registered(seat.desk, "Ayala"))
    in_front(window)
    QTest.keyClick(window, Qt.Key.Key_W, CTRL)
    until(lambda: not seat.apart.windows)


def test_the_lock_hides_them_and_they_are_there_again(seat: Seat, window: Window) -> None:
    ana = moved_out(seat, registered(seat.desk, "Araya"))
    in_front(ana)
    QTest.keyClick(ana, Qt.Key.Key_L, CTRL)
    until(lambda: window.stack.currentWidget() is window._login)
    assert not ana.isVisible()
    window._uncover(seat)
    assert ana.isVisible() and ana.chart.loop.state.chart is not None


def test_another_language_keeps_the_window_and_what_it_shows(seat: Seat) -> None:
    window = moved_out(seat, registered(seat.desk, "Almada"))
    window.chart.turn("tasks")
    seat._program = SimpleNamespace(speak=set_language)  # type: ignore[assignment]
    seat._speak("es")
    assert [one.chart.loop.state.tab for one in seat.apart.windows] == ["tasks"]
    assert window.chart.tabs.findChildren(QPushButton)[0].text() == "Resumen"
    assert window.windowTitle().startswith("Almada, Ana")
    seat._speak("en")


def test_the_keys_of_the_main_window_work_there_too(seat: Seat) -> None:
    window = moved_out(seat, registered(seat.desk, "Alem"))
    in_front(window)
    QTest.keyClick(window, Qt.Key.Key_K, CTRL)
    until(seat.shell.search.hasFocus)
    in_front(window)
    QTest.keyClick(window, Qt.Key.Key_F1)
    assert seat.shell.loop.state.page == "help"


def test_no_two_people_shown_have_the_same_colour_while_there_are_enough() -> None:
    given = dict[str, int]()
    for n in range(len(HUES)):
        given[f"patient{n}"] = hue_of(f"patient{n}", given)
    assert sorted(given.values()) == list(range(len(HUES)))
    assert hue_of("patient3", given) == given["patient3"]
    assert hue_of("one more", given) in range(len(HUES))


def test_whoever_is_seen_goes_before_windows_that_are_away() -> None:
    seen = {"ana": hue_of("ana", {})}
    away = {f"gone{n}": n for n in range(len(HUES))}
    assert hue_of("berta", seen, away) != seen["ana"]
    free = dict(away)
    last = free.pop("gone5")
    assert hue_of("berta", seen if seen["ana"] != last else {}, free) == last
    assert hue_of("gone5", {}, away) == 5 and hue_of("gone5", {"ana": 5}, away) != 5


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("colour", HUES)
def test_each_colour_is_seen_in_each_look(look: str, colour: str) -> None:
    assert contrast(colour, LOOKS[look].surface) >= 3.0
