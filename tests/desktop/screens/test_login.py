# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening and opening again: who, with what, and when an untouched screen covers itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from clinic.services.pins import MAX_DIGITS, MIN_DIGITS
from desktop.kit.words import set_language
from desktop.screens.login import logic as lo
from desktop.screens.login.idle import Idle, looked_at, touched
from desktop.screens.login.view import LoginView

ANA, ZOE = lo.Way("Ana Ruiz"), lo.Way("Zoe Luna", code=True, key=True)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def entered(state: lo.State, secret: str, code: str = "") -> tuple[lo.Effect, ...]:
    return lo.update(state, lo.Entered(secret, code))[1]


def test_a_pin_is_as_long_as_one_that_can_be_set() -> None:
    assert range(MIN_DIGITS, MAX_DIGITS + 1) == lo.PIN_DIGITS


class TestLogic:
    def test_one_person_need_not_choose_of_several_whoever_the_password_belongs_to(self) -> None:
        assert entered(lo.begun((ANA,)), "x") == (lo.OpenBook("Ana Ruiz", "x"),)
        assert entered(lo.begun((ANA, ZOE)), "x") == (lo.OpenBook("", "x"),)

    def test_what_else_is_asked_of_the_person_chosen(self) -> None:
        state, effects = lo.update(lo.begun((ANA, ZOE)), lo.PersonChosen("Zoe Luna"))
        assert state.takes_code and state.takes_key and effects == (lo.ForgetSecrets(),)
        assert entered(state, "x") == ()
        assert "six digits" in lo.update(state, lo.Entered("x"))[0].sentence
        assert entered(state, "x", " 123456 ") == (lo.OpenBook("Zoe Luna", "x", "123456", True),)

    def test_pressing_twice_asks_once_and_nothing_typed_is_not_tried(self) -> None:
        assert entered(replace(lo.begun((ANA,)), busy=True), "x") == ()
        assert entered(lo.begun((ANA,)), "") == ()
        assert (
            lo.update(replace(lo.begun((ANA,)), busy=True), lo.PersonChosen("Zoe Luna"))[0].who == "Ana Ruiz"
        )

    def test_a_refusal_is_a_sentence(self) -> None:
        state, effects = lo.update(replace(lo.begun((ANA,)), busy=True), lo.Refused("Wrong."))
        assert (state.busy, state.sentence, effects) == (False, "Wrong.", ())

    def test_behind_a_lock_a_pin_lifts_the_cover_a_password_opens_again(self) -> None:
        state, effects = lo.update(lo.begun((ANA, ZOE)), lo.Locked("Ana Ruiz", pin=True))
        assert effects == (lo.ForgetSecrets(),)
        assert entered(state, "280519") == (lo.LiftCover("280519"),)
        assert entered(state, "seis palabras") == (lo.OpenAgain("Ana Ruiz", "seis palabras"),)
        assert entered(state, "12345") == (lo.OpenAgain("Ana Ruiz", "12345"),), "too short for a PIN"
        spent, _ = lo.update(state, lo.Refused("Too many wrong tries.", pin=False))
        assert entered(spent, "280519") == (lo.OpenAgain("Ana Ruiz", "280519"),)

    def test_a_colleague_at_the_cover_types_no_pin_but_all_that_is_asked_of_her(self) -> None:
        state, _ = lo.update(lo.begun((ANA, ZOE)), lo.Locked("Ana Ruiz", pin=True))
        state, _ = lo.update(state, lo.PersonChosen("Zoe Luna"))
        assert not state.takes_pin and state.takes_code and state.takes_key
        assert entered(state, "280519", "123456") == (lo.OpenAgain("Zoe Luna", "280519", "123456", True),)

    def test_whoever_is_only_covered_is_asked_for_no_code(self) -> None:
        state, _ = lo.update(lo.begun((ANA, ZOE)), lo.Locked("Zoe Luna"))
        assert not state.takes_code

    def test_no_secret_is_part_of_the_state(self) -> None:
        state = lo.update(lo.begun((ANA,)), lo.Entered("muy secreta"))[0]
        assert "muy secreta" not in repr(state)


class TestIdle:
    def test_it_covers_after_the_limit_and_a_touch_begins_anew(self) -> None:
        idle = Idle(60.0, NOW, 0.0)
        assert not looked_at(idle, NOW + timedelta(seconds=59), 59.0, False)[1]
        assert looked_at(idle, NOW + timedelta(seconds=60), 60.0, False)[1]
        idle = touched(idle, NOW + timedelta(seconds=59), 59.0)
        assert not looked_at(idle, NOW + timedelta(seconds=118), 118.0, False)[1]

    def test_who_talks_to_a_patient_is_there_and_the_time_begins_when_the_call_ends(self) -> None:
        idle, due = looked_at(Idle(60.0, NOW, 0.0), NOW + timedelta(hours=1), 3600.0, True)
        assert not due
        assert not looked_at(idle, NOW + timedelta(hours=1, seconds=59), 3659.0, False)[1]
        assert looked_at(idle, NOW + timedelta(hours=1, seconds=60), 3660.0, False)[1]

    def test_a_computer_that_slept_is_covered_when_it_wakes(self) -> None:
        """One clock stood still meanwhile."""
        assert looked_at(Idle(60.0, NOW, 0.0), NOW + timedelta(hours=8), 3.0, False)[1]

    @given(st.integers(-(10**8), 0), st.integers(0, 59))
    def test_a_clock_set_back_neither_covers_at_once_nor_never(self, back: int, more: int) -> None:
        idle, due = looked_at(Idle(60.0, NOW, 0.0), NOW + timedelta(seconds=back), more, False)
        assert not due
        assert looked_at(idle, NOW + timedelta(seconds=back), 60.0, False)[1]
        assert looked_at(idle, NOW + timedelta(seconds=back + 61), 3.0, False)[1]


class TestView:
    def test_what_is_asked_is_shown_and_fields_are_emptied(self, qtbot: QtBot) -> None:
        asked: list[object] = []
        view = LoginView(lo.begun((ANA, ZOE), sheets=True), lambda effect, _told: asked.append(effect))
        qtbot.addWidget(view)
        view.show()
        assert view.of.isVisible() and not view.digits.isVisible() and not view.key.isVisible()
        assert "posta station recover" in view.promise.text()
        view.password.setText("for nobody else")
        view.who.setCurrentIndex(2)
        view.who.activated.emit(2)
        assert view.password.text() == "" and view.digits.isVisible() and view.key.isVisible()
        view.password.setText("siete gatos")
        view.code.setText("123456")
        view.unlock.click()
        assert asked == [lo.OpenBook("Zoe Luna", "siete gatos", "123456", True)]
        assert view.progress.isVisible() and not view.unlock.isEnabled()
        view._refused("No.", False)
        assert view.notice.isVisible() and view.password.selectedText() == "siete gatos"

    def test_a_locked_screen_names_nobody_but_the_person_and_says_what_opens_it(self, qtbot: QtBot) -> None:
        view = LoginView(lo.begun((ANA, ZOE)), lambda *_: None)
        qtbot.addWidget(view)
        view.loop.send(lo.Locked("Ana Ruiz", pin=True))
        view.show()
        assert view.title.text() == "Locked" and view.behind.text() == "Ana Ruiz"
        assert view.password.accessibleName() == "PIN or password"
        view.loop.send(lo.PersonChosen("Zoe Luna"))
        assert "Ana Ruiz" in view.behind.text() and "saved" in view.behind.text()
        assert view.password.accessibleName() == "Password"
