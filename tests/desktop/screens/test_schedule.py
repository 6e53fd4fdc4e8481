# SPDX-License-Identifier: GPL-3.0-or-later
"""The schedule: columns that never hide anybody, days as the wall's clock counts them, and appointments moved by hand, by keys
and by form over a real book, with a way back."""

import time as clock_of_the_system
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic.domain.errors import Unavailable
from clinic.domain.facts import Appointment
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.protocol.trust import Role
from clinic.services import bookings
from clinic.services.bookings import Agenda
from clinic.services.overviews import Booked
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.words import set_language
from desktop.screens.room import Room
from desktop.screens.schedule import happenings as h
from desktop.screens.schedule import logic as s
from desktop.screens.schedule.faces import cells, strips
from desktop.screens.schedule.layout import CLOSES, OPENS, hours, lanes
from desktop.screens.schedule.spans import VIEWS, bounds, days, minute_of, moment, stepped
from desktop.screens.schedule.view import ScheduleView
from desktop.screens.verbs import Clinic as Verbs
from tests.clinic.services.local import Local
from tests.clinic.services.local import clinic as two_desks
from tests.desktop.screens.standin import NOW, PEOPLE, AtOnce

BEN, EVA = UserId("ben"), UserId("eva")
CTRL = Qt.KeyboardModifier.ControlModifier

# columns

spans = st.lists(
    st.tuples(st.integers(0, 1430), st.integers(1, 200)).map(lambda one: (one[0], min(1440, one[0] + one[1]))), max_size=25
)  # fmt: skip


@given(spans)
def test_what_shares_time_stands_side_by_side_and_nothing_covers_anything(of: list[tuple[int, int]]) -> None:
    places = lanes(of)
    assert len(places) == len(of)
    for n, (start, end) in enumerate(of):
        assert 0 <= places[n].at < places[n].of
        for m, (other, until) in enumerate(of):
            if n != m and start < until and other < end:
                assert places[n].of == places[m].of and places[n].at != places[m].at


@given(spans)
def test_no_column_is_narrower_than_it_must_be(of: list[tuple[int, int]]) -> None:
    for place in lanes(of):
        most = max(sum(start <= at < end for start, end in of) for at, _end in of)
        assert place.of <= most


@given(spans)
def test_all_of_the_day_that_holds_somebody_is_shown(of: list[tuple[int, int]]) -> None:
    first, last = hours(of)
    assert first <= OPENS and last >= CLOSES and first % 60 == last % 60 == 0
    assert all(first <= start and end <= last for start, end in of)


# days

any_day = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(st.sampled_from(VIEWS), any_day, st.integers(-30, 30))
def test_a_page_holds_its_day_and_a_step_there_and_back_shows_it_again(view: str, day: date, by: int) -> None:
    shown = days(view, day)
    assert day in shown and all(b - a == timedelta(days=1) for a, b in pairwise(shown))
    assert view == "day" or shown[0].weekday() == 0
    there = stepped(view, day, by)
    assert days(view, stepped(view, there, -by)) == shown
    assert (there > day) == (by > 0) and (there < day) == (by < 0)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    clock_of_the_system.tzset()
    yield
    monkeypatch.undo()
    clock_of_the_system.tzset()


def test_where_clocks_go_forward_an_hour_is_missing_and_nobody_is_booked_into_it(berlin: None) -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert moment(spring, 150) is None
    early, late = moment(spring, 119), moment(spring, 180)
    assert early is not None and late is not None and late - early == timedelta(minutes=1)
    twice = moment(autumn, 150)
    assert twice is not None and twice.astimezone(UTC).hour == 0, "the first of the two"
    since, until = bounds("day", spring)
    assert until - since == timedelta(hours=23)
    since, until = bounds("week", autumn)
    assert until - since == timedelta(hours=7 * 24 + 1)
    for day in (spring, autumn):
        nine = moment(day, 540)
        assert nine is not None and minute_of(nine) == 540


def test_a_form_for_an_hour_that_is_missing_says_so(berlin: None) -> None:
    form = h.Form(date(2027, 3, 28), 150, person=PEOPLE[0])
    state, effects = s.update(state_with(side="form", form=form), h.FormSent())
    assert effects == () and "clocks go forward" in state.sentence


# logic


def booked(n: int, minute: int, whom: UserId = BEN, minutes: int = 20, day: int = 1) -> Booked:
    start = moment(NOW.astimezone().date() + timedelta(days=day), minute)
    assert start is not None
    one = Appointment(
        id=FactId(f"a{n}"), patient=PEOPLE[n].patient, start=start, minutes=minutes, practitioner=whom, practitioner_name=whom
    )  # fmt: skip
    return Booked(one, PEOPLE[n])


def state_with(*rows: Booked, **more: object) -> s.State:
    agenda = Agenda(((BEN, "ben"), (EVA, "eva")), rows)
    shown = NOW.astimezone().date() + timedelta(days=1)
    return replace(s.State(now=NOW, shown=shown, agenda=agenda), **more)  # type: ignore[arg-type]


def test_only_what_is_shown_is_read() -> None:
    for view in VIEWS:
        state, (load,) = s.update(replace(state_with(), view="none"), h.ViewChosen(view))
        assert load == h.Load(*bounds(view, state.day)) and state.agenda is None


def test_an_answer_for_a_page_that_was_left_is_not_shown() -> None:
    state, (load,) = s.update(state_with(booked(0, 540)), h.Stepped(1))
    assert isinstance(load, h.Load)
    old = bounds("day", state_with().day)[0]
    assert s.update(state, h.AgendaLoaded(old, Agenda()))[0].agenda is None
    assert s.update(state, h.AgendaLoaded(load.since, Agenda()))[0].agenda == Agenda()


def test_a_drop_is_weighed_before_it_is_written() -> None:
    one = booked(0, 540)
    state, (weigh,) = s.update(state_with(one), h.Dropped(one.appointment.id, EVA, state_with().day, 600))
    assert isinstance(weigh, h.Weigh) and weigh.wish.before == one.appointment
    wanted = weigh.wish.wanted
    assert (minute_of(wanted.start), wanted.practitioner, wanted.practitioner_name) == (600, EVA, "eva")
    assert s.update(state, h.Weighed(weigh.wish, ()))[1] == (h.Write(weigh.wish),)
    other = replace(weigh.wish, name="x")
    assert s.update(state, h.Weighed(other, ()))[1] == (), "of another wish"
    assert s.update(s.update(state, h.Stepped(1))[0], h.Weighed(weigh.wish, ()))[1] == (), "it was left"


def test_laid_down_where_it_was_nothing_is_written() -> None:
    one = booked(0, 540)
    state, effects = s.update(state_with(one), h.Dropped(one.appointment.id, BEN, state_with().day, 540))
    assert effects == () and state.side == "details"


def test_keys_move_it_by_a_step_or_a_column_and_not_beyond_the_edge() -> None:
    one = booked(0, 540)
    state = state_with(one, chosen=one.appointment.id)
    later = s.update(state, h.Nudged(0, 10))[1][0]
    assert isinstance(later, h.Weigh) and minute_of(later.wish.wanted.start) == 550
    aside = s.update(state, h.Nudged(1, 0))[1][0]
    assert isinstance(aside, h.Weigh) and aside.wish.wanted.practitioner == EVA
    assert s.update(state, h.Nudged(-1, 0))[1] == ()
    week = replace(state, view="week")
    tomorrow = s.update(week, h.Nudged(-1, 0))[1][0]
    assert isinstance(tomorrow, h.Weigh) and tomorrow.wish.wanted.practitioner == BEN
    assert tomorrow.wish.wanted.start == one.appointment.start - timedelta(days=1)


def test_the_week_shows_everybody_or_one_and_the_month_counts() -> None:
    rows = (booked(0, 540), booked(1, 540, EVA), booked(2, 700))
    week = state_with(*rows, view="week")
    made, _hours = strips(week)
    assert len(made) == 7 and sum(len(one.placed) for one in made) == 3
    hers, _hours = strips(replace(week, whose=EVA))
    assert [p.face.key for one in hers for p in one.placed] == ["a1"]
    found = {cell.day: cell.count for cell in cells(replace(week, view="month"))}
    assert found[week.day] == "3 appointments" and list(found.values()).count("") == len(found) - 1


def test_a_form_says_what_lacks() -> None:
    state = s.update(state_with(), h.NewPressed(EVA, state_with().day, 600))[0]
    assert state.form is not None and (state.form.minute, state.form.practitioner) == (600, EVA)
    state, effects = s.update(state, h.FormSent())
    assert effects == () and "patient" in state.sentence


# the page over a real book


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with two_desks(tmp_path) as both:
        both.as_role(both.eva, Role.CLINICIAN)
        yield both


class Hand:
    """The page, the mouse, and what the messages offered to take back."""

    def __init__(self, qtbot: QtBot, local: Local) -> None:
        self.qtbot, self.local = qtbot, local
        self.room = Room(Verbs(local.ben), local.clock, AtOnce(), AtOnce(), AtOnce())
        self.said: list[tuple[str, Callable[[], None]]] = []
        self.room.ways.undoable.connect(lambda _tone, text, undo: self.said.append((text, undo)))
        self.page = ScheduleView(self.room)
        qtbot.addWidget(self.page)
        self.page.resize(1170, 710)
        with qtbot.waitExposed(self.page):
            self.page.show()
        self.page.activateWindow()
        self.page.loop.send(h.DayChosen(tomorrow(local)))
        self.settled()

    @property
    def canvas(self) -> QWidget:
        return self.page.grid.canvas

    @property
    def state(self) -> s.State:
        return self.page.loop.state

    def settled(self) -> None:
        self.qtbot.waitUntil(lambda: self.state.agenda is not None and not self.state.busy)
        QApplication.processEvents()

    def shows(self, one: Appointment) -> None:
        self.page.refresh()
        self.qtbot.waitUntil(lambda: one.id in self.page.grid.canvas.blocks)
        QApplication.processEvents()

    def place(self, column: int, minute: int) -> QPoint:
        """In the canvas."""
        canvas = self.page.grid.canvas
        return QPoint(round(canvas.column_box(column).center().x()), round(canvas.y_of(minute)))

    def drag(self, one: Appointment, column: int, minute: int, drop: bool = True) -> None:
        block = self.page.grid.canvas.blocks[one.id]
        grip = QPoint(block.width() // 2, 4)
        QTest.mousePress(block, Qt.MouseButton.LeftButton, pos=grip)
        for part in (0.3, 1.0):
            start = block.mapToParent(grip)
            goal = self.place(column, minute) + QPoint(0, 4)
            at = start + (goal - start) * part
            QTest.mouseMove(block, block.mapFromParent(at))
            QApplication.processEvents()
        if drop:
            QTest.mouseRelease(block, Qt.MouseButton.LeftButton, pos=block.mapFromParent(goal))
            QApplication.processEvents()

    def undo(self) -> None:
        self.said[-1][1]()


def tomorrow(local: Local) -> date:
    return local.clock.now().astimezone().date() + timedelta(days=1)


def at(local: Local, minute: int) -> datetime:
    found = moment(tomorrow(local), minute)
    assert found is not None
    return found


def made(local: Local, patient: PatientId, minute: int, whom: UserId = BEN) -> Appointment:
    return bookings.book(local.ben, patient, at(local, minute), 20, whom, "Control")


def stands(local: Local, one: Appointment) -> Appointment:
    found = local.ben.book.read(lambda page: page.fact(Appointment, one.id))
    assert found is not None
    return found


@pytest.fixture
def hand(qtbot: QtBot, qapp: QApplication, local: Local) -> Iterator[Hand]:
    theme.apply(qapp, "light", "desktop")
    hand = Hand(qtbot, local)
    yield hand
    hand.page.hide()


def test_it_is_dragged_to_another_hour_and_another_clinician_and_back(hand: Hand, local: Local) -> None:
    one = made(local, local.person(), 540)
    hand.shows(one)
    hand.drag(one, 1, 630)
    hand.qtbot.waitUntil(lambda: bool(hand.said))
    moved = stands(local, one)
    assert (moved.practitioner, minute_of(moved.start)) == (EVA, 630)
    assert "moved" in hand.said[0][0] and "eva" in hand.said[0][0]
    hand.undo()
    assert stands(local, one) == one


def test_a_drag_that_is_broken_off_moves_nothing(hand: Hand, local: Local) -> None:
    one = made(local, local.person(), 540)
    hand.shows(one)
    hand.drag(one, 1, 630, drop=False)
    block = hand.page.grid.canvas.blocks[one.id]
    QTest.keyClick(block, Qt.Key.Key_Escape)
    QTest.mouseRelease(block, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert stands(local, one) == one and not hand.said


def test_in_the_week_it_is_dragged_to_another_day(hand: Hand, local: Local) -> None:
    tuesday = tomorrow(local) + timedelta(days=2)
    start, wanted = moment(tuesday, 540), moment(tuesday + timedelta(days=2), 700)
    assert start is not None and tuesday.weekday() == 1
    one = bookings.book(local.ben, local.person(), start, 20, BEN, "Control")
    hand.page.loop.send(h.DayChosen(tuesday, "week"))
    hand.shows(one)
    hand.drag(one, 3, 700)
    hand.qtbot.waitUntil(lambda: bool(hand.said))
    assert (stands(local, one).start, stands(local, one).practitioner) == (wanted, BEN)


def test_what_is_over_takes_nobody(hand: Hand, local: Local) -> None:
    one = made(local, local.person(), 540)
    hand.page.loop.send(h.DayChosen(tomorrow(local), "week"))
    hand.shows(one)
    hand.drag(one, tomorrow(local).weekday() - 1, 540)
    hand.qtbot.waitUntil(lambda: "future" in hand.state.sentence)
    assert stands(local, one) == one and hand.page.notice.isVisible() and not hand.said


def test_who_has_arrived_is_said_and_taken_back(hand: Hand, local: Local) -> None:
    soon = local.clock.now() + timedelta(hours=1)
    one = bookings.book(local.ben, local.person(), soon, 20, BEN, "control")
    hand.page.loop.send(h.DayChosen())
    hand.shows(one)
    hand.page.loop.send(h.Chosen(one.id))
    side = hand.page.side
    assert side.came.isVisible() and not side.missed.isVisible(), "its time has not come"
    QTest.mouseClick(side.came, Qt.MouseButton.LeftButton)
    hand.qtbot.waitUntil(lambda: len(hand.said) == 1)
    assert stands(local, one).status == "arrived" and "has arrived" in hand.said[0][0]
    hand.said[0][1]()
    hand.qtbot.waitUntil(lambda: stands(local, one).status == "booked")


def test_keys_alone_mark_move_and_cancel_it(hand: Hand, local: Local) -> None:
    one = made(local, local.person(), 540)
    hand.shows(one)
    block = hand.page.grid.canvas.blocks[one.id]
    with hand.qtbot.waitActive(hand.page):
        hand.page.activateWindow()
    block.setFocus()
    QTest.keyClick(block, Qt.Key.Key_Return)
    assert hand.page.side.isVisible() and block.isChecked()
    assert hand.page.side.name.text().startswith("Quispe")
    QTest.keyClick(block, Qt.Key.Key_Down, CTRL)
    hand.qtbot.waitUntil(lambda: len(hand.said) == 1)
    hand.settled()
    assert minute_of(stands(local, one).start) == 550
    assert hand.page.grid.canvas.blocks[one.id].hasFocus(), "and goes on from there"
    QTest.keyClick(hand.page.grid.canvas.blocks[one.id], Qt.Key.Key_Right, CTRL)
    hand.qtbot.waitUntil(lambda: len(hand.said) == 2)
    hand.settled()
    assert stands(local, one).practitioner == EVA
    hand.page.loop.send(h.Chosen(one.id))
    hand.page.side.cancel.click()
    hand.page.side.let_go.click()
    assert "why" in hand.state.sentence and stands(local, one).status == "booked"
    QTest.keyClicks(hand.page.side.because, "viaja")
    QTest.keyClick(hand.page.side.because, Qt.Key.Key_Return)
    hand.qtbot.waitUntil(lambda: len(hand.said) == 3)
    gone = stands(local, one)
    assert (gone.status, gone.cancelation_reason) == ("cancelled", "viaja")
    hand.undo()
    assert stands(local, one).status == "booked"


def test_an_empty_place_is_booked_for_who_is_found(hand: Hand, local: Local) -> None:
    patient = local.person("Zalazar", ("Irma",))
    QTest.mouseClick(hand.canvas, Qt.MouseButton.LeftButton, pos=hand.place(1, 600) + QPoint(0, 3))
    side = hand.page.side
    assert side.isVisible() and (side.time.key(), side.with_whom.key()) == ("10:00", "eva")
    side.send.click()
    assert "patient" in hand.state.sentence
    QTest.keyClicks(side.search, "zalazar")
    hand.qtbot.waitUntil(lambda: side.people.model().rowCount() == 1)
    QTest.keyClick(side.search, Qt.Key.Key_Return)
    QTest.keyClick(side.people, Qt.Key.Key_Return)
    assert side.person.text().startswith("Zalazar, Irma")
    QTest.keyClicks(side.why, "Control")
    side.send.click()
    hand.qtbot.waitUntil(lambda: bool(hand.said))
    hand.settled()
    hand.qtbot.waitUntil(lambda: len(hand.page.grid.canvas.blocks) == 1)
    (one,) = local.ben.book.read(lambda page: page.facts(Appointment, patient))
    assert (minute_of(one.start), one.practitioner, one.reason) == (600, EVA, "Control")
    hand.undo()
    assert stands(local, one).status == "entered-in-error"


def test_a_time_that_is_taken_is_asked_about_and_meant_so_is_said(hand: Hand, local: Local) -> None:
    first, second = local.person(), local.person("Sosa", ("Marta",), dni="123")
    one, two = made(local, first, 540), made(local, second, 600)
    hand.shows(two)
    hand.drag(two, 0, 540)
    side = hand.page.side
    hand.qtbot.waitUntil(lambda: hand.state.side == "ask")
    assert "Quispe" in side.others.text() and side.anyway.isVisible()
    side.back.click()
    assert stands(local, two) == two and not hand.said
    hand.drag(two, 0, 540)
    hand.qtbot.waitUntil(lambda: hand.state.side == "ask" and not hand.state.busy)
    side.anyway.click()
    hand.qtbot.waitUntil(lambda: bool(hand.said))
    assert stands(local, two).start == one.start and stands(local, two).beside == (one.id,)
    hand.shows(two)
    hand.settled()
    assert "Conflict" not in hand.page.grid.canvas.blocks[two.id].accessibleName()
    hand.page.loop.send(h.Chosen(two.id))
    assert "on purpose" in side.conflict.accessibleName()


def test_the_same_patient_is_not_booked_twice_at_once_at_all(hand: Hand, local: Local) -> None:
    patient = local.person()
    made(local, patient, 540)
    two = made(local, patient, 600, EVA)
    hand.shows(two)
    hand.drag(two, 1, 540)
    hand.qtbot.waitUntil(lambda: hand.state.side == "ask")
    assert hand.page.side.anyway.isHidden() and "another appointment" in hand.page.side.others.text()
    assert stands(local, two) == two


def test_a_conflict_that_came_by_an_exchange_is_marked_in_words(hand: Hand, local: Local) -> None:
    first, second = local.person(), local.person("Sosa", ("Marta",), dni="123")
    one = made(local, first, 540)
    theirs = bookings.book(local.eva, second, at(local, 550), 20, BEN, "")
    local.carry(first, second)
    hand.shows(theirs)
    blocks = hand.page.grid.canvas.blocks
    assert not blocks[one.id].geometry().intersects(blocks[theirs.id].geometry())
    assert "Conflict: ben has another patient then: Sosa, Marta" in blocks[one.id].accessibleName()
    assert blocks[theirs.id].face.state == "Conflict"
    assert "2 in conflict" in hand.page.count.text()
    hand.page.loop.send(h.ViewChosen("month"))
    hand.settled()
    cell = next(c for c in hand.page.month.cells if c.cell and c.cell.day == tomorrow(local))
    assert "2 appointments, 2 in conflict" in cell.accessibleName()
    QTest.keyClick(cell, Qt.Key.Key_Return)
    assert (hand.state.view, hand.state.day) == ("day", tomorrow(local))


def test_pages_turn_by_keys_and_by_the_calendar(hand: Hand, local: Local) -> None:
    with hand.qtbot.waitActive(hand.page):
        hand.page.activateWindow()
    alt, day = Qt.KeyboardModifier.AltModifier, tomorrow(local)
    for key, view in ((Qt.Key.Key_W, "week"), (Qt.Key.Key_M, "month"), (Qt.Key.Key_D, "day")):
        QTest.keyClick(hand.page, key, alt)
        assert hand.state.view == view
    for key, shown in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Left, 0), (Qt.Key.Key_T, -1)):
        QTest.keyClick(hand.page, key, alt)
        hand.qtbot.waitUntil(lambda goal=day + timedelta(days=shown): hand.state.day == goal)
    hand.page.jump.show_day(date(2027, 2, 3))
    assert hand.state.day == date(2027, 2, 3)
    QTest.keyClick(hand.page, Qt.Key.Key_N, CTRL)
    hand.qtbot.waitUntil(hand.page.side.isVisible)
    assert hand.page.side.day.day() == date(2027, 2, 3)


def test_what_cannot_be_read_says_so_and_is_tried_again(
    hand: Hand, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(local, local.person(), 540)
    scheduling = hand.room.clinic.scheduling

    def full(*_args: object) -> Agenda:
        raise Unavailable("The disk does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(scheduling, "agenda", full)
        hand.page.refresh()
        hand.qtbot.waitUntil(hand.page.notice.isVisible)
    hand.page.notice.acted.emit()
    hand.qtbot.waitUntil(lambda: one.id in hand.page.grid.canvas.blocks)
    assert hand.page.notice.isHidden()


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [(1170, 710), (540, 380)])
@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_every_face_of_it_can_be_used_by_everybody(
    qtbot: QtBot, qapp: QApplication, local: Local, look: str, size: tuple[int, int], language: str
) -> None:
    theme.apply(qapp, look, "desktop")
    set_language(language)
    one = made(local, local.person(), 540)
    hand = Hand(qtbot, local)
    hand.page.resize(*size)
    for view in ("week", "month", "day"):
        hand.page.loop.send(h.ViewChosen(view))
        hand.settled()
        assert audit(hand.page) == []
    hand.shows(one)
    hand.page.loop.send(h.Chosen(one.id))
    side = hand.page.side
    for press in (lambda: None, side.move.click, hand.page.new.click):
        press()
        QApplication.processEvents()
        assert side.isVisible() and audit(hand.page) == []
    hand.page.loop.send(h.Chosen(one.id))
    side.cancel.click()
    QApplication.processEvents()
    assert audit(hand.page) == []
    hand.page.hide()


def test_another_language_keeps_the_page_that_is_shown(hand: Hand, qtbot: QtBot) -> None:
    hand.page.loop.send(h.ViewChosen("week"))
    hand.page.new.click()
    QTest.keyClicks(hand.page.side.why, "Control")
    other = ScheduleView(hand.room, hand.state)
    qtbot.addWidget(other)
    assert other.loop.state.view == "week" and other.side.why.text() == "Control"


def test_nobody_to_see_patients_is_said(qtbot: QtBot) -> None:
    scheduling = SimpleNamespace(agenda=lambda *_span: Agenda(), asked=lambda: ())
    clock = SimpleNamespace(now=lambda: NOW)
    room = Room(
        SimpleNamespace(scheduling=scheduling, allowed=lambda _action: True),
        clock,
        AtOnce(),
        AtOnce(),
        AtOnce(),
    )  # type: ignore[arg-type]
    page = ScheduleView(room)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(page.empty.isVisible)
