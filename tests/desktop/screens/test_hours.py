# SPDX-License-Identifier: GPL-3.0-or-later
"""Hours and days off written by hand, and the free slots of the schedule that follow: marked by keys, booked by Enter or a
click, and asked about where somebody does not work."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import AvailableTime, Schedule, Slot
from clinic.domain.ids import FactId, UserId
from clinic.domain.schedules import Hours, Outside
from clinic.protocol.trust import Role
from clinic.services import schedules
from clinic.services.bookings import Agenda
from clinic.services.schedules import TeamHours
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.words import set_language, zone_here
from desktop.screens.hours import logic as t
from desktop.screens.hours.view import HoursPane
from desktop.screens.schedule import happenings as h
from desktop.screens.schedule import logic as s
from desktop.screens.schedule.faces import strips
from desktop.screens.schedule.spans import minute_of, moment
from tests.clinic.services.local import Local
from tests.clinic.services.local import clinic as two_desks
from tests.desktop.screens.standin import NOW, PEOPLE
from tests.desktop.screens.test_schedule import BEN, EVA, Hand, tomorrow

# what is typed

clocks = st.lists(st.integers(0, 96), min_size=0, max_size=6, unique=True).map(
    lambda drawn: tuple(
        (a * 15, b * 15) for a, b in zip(sorted(drawn)[::2], sorted(drawn)[1::2], strict=False)
    )
)


@given(clocks)
def test_hours_that_are_said_are_read_as_they_were(spans: tuple[tuple[int, int], ...]) -> None:
    assert t.hours_typed(t.hours_said(spans)) == spans


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ()),
        ("8-12", ((480, 720),)),
        ("8:30 - 12.15 y 14h a 18h30", ((510, 735), (840, 1110))),
        ("8 to 12 and 14 to 24", ((480, 720), (840, 1440))),
        ("12-8", None),
        ("8-25", None),
        ("8:75-9", None),
        ("8-12 never", None),
        ("mornings", None),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, read: tuple[tuple[int, int], ...] | None) -> None:
    assert t.hours_typed(typed) == read


def pane(**more: object) -> t.State:
    one = Schedule(
        id=FactId("sch.1"), practitioner=BEN, zone="Europe/Madrid", practitioner_name="ben",
        available=(AvailableTime(day=0, starts=480, ends=720),),
    )  # fmt: skip
    known = TeamHours(Hours((one,)), ((BEN, "ben"), (EVA, "eva")), True)
    day = date(2026, 12, 1)
    state = t.update(t.State(BEN, "Europe/Madrid", t.Off(day, day)), t.Came(known))[0]
    return replace(state, **more)  # type: ignore[arg-type]


def test_the_hours_of_whoever_is_here_are_shown_first_and_changed() -> None:
    state = pane()
    assert (state.whose, state.which, state.draft.days[0]) == (BEN, "sch.1", "08:00-12:00")
    state = t.update(state, t.Filled("9-13"))[0]
    state, (keep,) = t.update(state, t.KeepPressed())
    assert isinstance(keep, t.Keep) and keep.before is not None and state.busy
    assert keep.wanted.available == tuple(AvailableTime(day=day, starts=540, ends=780) for day in range(5))
    assert t.update(state, t.KeepPressed())[1] == (), "not twice"
    other = t.update(pane(), t.WhoseChosen(EVA))[0]
    assert other.before is None and other.draft == t.Draft(zone="Europe/Madrid")


def test_what_cannot_be_read_is_said_and_nothing_is_kept() -> None:
    state = pane()
    for wrong, said in (
        (replace(state.draft, days=("mornings", *state.draft.days[1:])), "mornings"),
        (replace(state.draft, since="31/02/2027"), "dd/mm/yyyy"),
    ):
        typed = t.update(state, t.Typed(wrong))[0]
        told, effects = t.update(typed, t.KeepPressed())
        assert effects == () and said in told.sentence
    told, effects = t.update(replace(state, off=replace(state.off, hours="x")), t.OffPressed())
    assert effects == () and told.sentence


# free slots


def shown(*minutes: int, whose: UserId = BEN) -> s.State:
    day = NOW.astimezone().date() + timedelta(days=1)

    def at(minute: int) -> datetime:
        found = moment(day, minute)
        assert found is not None
        return found

    slots = tuple(
        Slot(id=FactId(f"s{n}"), practitioner=whose, start=at(minute), minutes=30)
        for n, minute in enumerate(minutes)
    )
    agenda = Agenda(((BEN, "ben"), (EVA, "eva")), slots=slots, open={whose: ((at(480), at(720)),)})
    return s.State(now=NOW, shown=day, agenda=agenda)


def test_arrows_go_over_the_free_slots_and_enter_books_in_one() -> None:
    state = s.update(shown(480, 510, 600), h.SpotMoved(0, 0))[0]
    for down, minute in ((1, 510), (1, 600), (1, 600), (-1, 510)):
        state = s.update(state, h.SpotMoved(0, down))[0]
        assert state.spot is not None and minute_of(state.spot.start) == minute
    state = s.update(state, h.SpotTaken())[0]
    assert state.form is not None
    assert (state.form.minute, state.form.minutes, state.form.practitioner) == (510, 30, BEN)


def test_a_click_inside_a_free_slot_takes_it_from_its_beginning() -> None:
    state = shown(480, 510)
    form = s.update(state, h.NewPressed(BEN, state.day, 525))[0].form
    assert form is not None and (form.minute, form.minutes) == (510, 30)
    beside = s.update(state, h.NewPressed(EVA, state.day, 520))[0].form
    assert beside is not None and (beside.minute, beside.minutes) == (520, 20)


def test_the_column_says_when_she_works_and_what_is_free() -> None:
    made, _hours = strips(shown(480, 510))
    assert (
        made[0].offered == ((480, 720),)
        and made[0].closed
        and [one.start for one in made[0].free] == [480, 510]
    )
    assert not made[1].closed and made[1].offered == ()


def test_outside_of_the_hours_is_asked_about_before_it_is_written() -> None:
    state = shown(480)
    form = replace(s.update(state, h.NewPressed(BEN, state.day, 1200))[0], now=NOW)
    assert form.form is not None
    ready = replace(form, form=replace(form.form, person=PEOPLE[0]))
    weighing, (weigh,) = s.update(ready, h.FormSent())
    assert isinstance(weigh, h.Weigh)
    asked, effects = s.update(weighing, h.Weighed(weigh.wish, (), Outside()))
    assert effects == () and asked.side == "ask"
    assert s.update(asked, h.AnywayPressed())[1] == (h.Write(weigh.wish, (), True),)


def test_nothing_free_for_half_a_year_is_said() -> None:
    state, (find,) = s.update(shown(), h.NextFreePressed())
    assert find == h.FindFree(NOW) and state.busy
    told = s.update(state, h.FreeFound(None))[0]
    assert "half year" in told.sentence and not told.busy


# over a real book


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with two_desks(tmp_path) as both:
        both.as_role(both.eva, Role.CLINICIAN)
        yield both


@pytest.fixture
def hand(qtbot: QtBot, qapp: QApplication, local: Local) -> Iterator[Hand]:
    theme.apply(qapp, "light", "desktop")
    hand = Hand(qtbot, local)
    yield hand
    hand.page.hide()


def hours_of_ben(local: Local) -> Schedule:
    week = tuple(AvailableTime(day=day, starts=9 * 60, ends=11 * 60) for day in range(7))
    return schedules.keep_hours(
        local.ben, Schedule(id=FactId(""), practitioner=BEN, zone=zone_here(), available=week)
    )


def test_the_next_free_slot_is_jumped_to_and_booked_by_keys_alone(hand: Hand, local: Local) -> None:
    hours_of_ben(local)
    hand.page.loop.send(h.DayChosen(tomorrow(local) + timedelta(days=9)))
    hand.settled()
    QTest.keyClick(hand.page, Qt.Key.Key_F, Qt.KeyboardModifier.AltModifier)
    hand.qtbot.waitUntil(lambda: hand.state.spot is not None and hand.state.agenda is not None)
    first = hand.state.spot
    assert first is not None and first.start > local.clock.now()
    assert "Enter" in hand.canvas.accessibleDescription()
    hand.canvas.setFocus()
    QTest.keyClick(hand.canvas, Qt.Key.Key_Down)
    second = hand.state.spot
    assert second is not None and second.start == first.start + timedelta(minutes=20)
    QTest.keyClick(hand.canvas, Qt.Key.Key_Return)
    form = hand.state.form
    assert form is not None and form.minute == minute_of(second.start) and form.practitioner == BEN


def opened(hand: Hand) -> HoursPane:
    """It is made when it is wanted first."""
    hand.qtbot.waitUntil(lambda: hand.page.team is not None)
    return hand.page.team


def test_hours_are_typed_kept_shown_and_taken_back(hand: Hand, local: Local) -> None:
    QTest.keyClick(hand.page, Qt.Key.Key_H, Qt.KeyboardModifier.AltModifier)
    page = opened(hand)
    hand.qtbot.waitUntil(lambda: page.loop.state.known is not None)
    assert page.isVisible() and page.loop.state.whose == BEN
    day = tomorrow(local)
    field = page.days[day.weekday()]
    QTest.keyClicks(field, "9-11")
    QTest.keyClick(field, Qt.Key.Key_Return)
    hand.qtbot.waitUntil(lambda: len(hand.said) == 1 and page.loop.state.before is not None)
    assert field.text() == "09:00-11:00"
    QTest.keyClick(page, Qt.Key.Key_Escape)
    hand.page.loop.send(h.DayChosen(day))
    hand.settled()
    hand.qtbot.waitUntil(lambda: bool(hand.state.agenda and hand.state.agenda.slots))
    strip = hand.page.grid.canvas.strips[0]
    assert strip.closed and strip.offered == ((540, 660),) and len(strip.free) == 6
    hand.undo()
    hand.page.refresh()
    hand.qtbot.waitUntil(lambda: bool(hand.state.agenda and not hand.state.agenda.slots))


def test_days_off_are_added_listed_and_removed(hand: Hand, local: Local) -> None:
    hours_of_ben(local)
    hand.page.hours.click()
    page = opened(hand)
    hand.qtbot.waitUntil(lambda: page.loop.state.known is not None)
    page.first.show_day(tomorrow(local))
    QTest.keyClicks(page.why, "Congreso")
    QTest.keyClick(page.why, Qt.Key.Key_Return)
    hand.qtbot.waitUntil(lambda: bool(page.list.lines()))
    assert page.list.lines()[0].title == "Congreso" and hand.said[-1][0].startswith("Days off")
    page.list.choose(page.list.lines()[0].key)
    page.take.click()
    hand.qtbot.waitUntil(lambda: page.list.lines() == [])
    hand.undo()
    page.look()
    hand.qtbot.waitUntil(lambda: bool(page.list.lines()))


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_the_page_of_hours_can_be_used_by_everybody(
    language: str, qtbot: QtBot, qapp: QApplication, local: Local
) -> None:
    set_language(language)
    theme.apply(qapp, "dark", "desktop")
    hand = Hand(qtbot, local)
    hours_of_ben(local)
    hand.page.hours.click()
    page = opened(hand)
    qtbot.waitUntil(lambda: page.loop.state.known is not None)
    assert audit(hand.page) == []
    hand.page.hide()
