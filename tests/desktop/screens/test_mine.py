# SPDX-License-Identifier: GPL-3.0-or-later
"""My way in: the page, over a real desk and its slots."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pyotp
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Refusal
from clinic.domain.policies import IDLE_LOCK
from clinic.keys.slots import WrongPassword
from clinic.keys.stretch import WEAK, Cost, stretch
from clinic.services.desks import Desk
from clinic.services.locking import keep_lock_minutes, lock_minutes, most_minutes
from clinic.services.pins import has_pin
from clinic.store.home import Home
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.mine import logic as m
from desktop.screens.mine.doing import MyWays
from desktop.screens.mine.view import MineView
from desktop.screens.room import Room
from tests.clinic.services.shared import BENS, ZOE, ZOES, shared_home, sit
from tests.desktop.screens.standin import AtOnce
from tests.paper import qr_of
from tests.small_clinic import AT
from tests.soft_key import SoftKey

NEW = "siete gatos duermen bajo la mesa"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(AT)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    def quick(secret: bytes, salt: bytes, _cost: Cost, **_more: object) -> bytes:
        return stretch(secret, salt, WEAK, weak_for_tests=True)

    monkeypatch.setattr("clinic.keys.slots.stretch", quick)
    monkeypatch.setattr("clinic.services.pins.stretch", quick)
    return shared_home(tmp_path / "home")


@pytest.fixture
def desk(home: Home, clock: FrozenClock) -> Iterator[Desk]:
    with closing(sit(home, clock)) as opened:
        yield opened


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, desk: Desk, clock: FrozenClock) -> MineView:
    theme.apply(qapp, "light", "desktop")
    room = Room(SimpleNamespace(mine=MyWays(desk), me=desk.someone), clock, AtOnce(), AtOnce(), AtOnce())  # type: ignore[arg-type]
    view = MineView(room)
    qtbot.addWidget(view)
    view.resize(1366, 768)
    view.show()
    qtbot.waitUntil(lambda: view.loop.state.mine is not None)
    return view


def write(page: MineView, **texts: str) -> None:
    for name, text in texts.items():
        field = page.findChild(QLineEdit, f"mine.{name.replace('_', '.')}")
        assert field is not None, name
        field.setText(text)


def press(qtbot: QtBot, page: MineView, name: str, tone: str) -> str:
    (button,) = [one for one in page.findChildren(QPushButton, f"mine.{name}") if one.isVisibleTo(page)]
    button.click()
    qtbot.waitUntil(lambda: not page.loop.state.busy and bool(page.loop.state.sentence))
    assert page.loop.state.tone == tone, page.loop.state.sentence
    if tone == "ok":  # the page looks anew at how things stand
        now = page._room.clinic.mine.read()
        qtbot.waitUntil(lambda: page.loop.state.mine == now)
    return page.loop.state.sentence


def typed(page: MineView) -> list[str]:
    return [field.text() for field in page.findChildren(QLineEdit) if field.text()]


def test_a_password_is_changed_and_nothing_typed_stays_behind(
    qtbot: QtBot, page: MineView, home: Home, clock: FrozenClock
) -> None:
    write(page, password_new=NEW, password_again=NEW)
    assert "password of now" in press(qtbot, page, "password.change", "warn")
    write(page, now=BENS, password_again="otra")
    assert "not the same" in press(qtbot, page, "password.change", "warn")
    write(page, now=ZOES, password_again=NEW)
    press(qtbot, page, "password.change", "danger")
    write(page, now=BENS, password_new="corta", password_again="corta")
    assert "15 characters" in press(qtbot, page, "password.change", "danger")
    write(page, now=BENS, password_new=NEW, password_again=NEW)
    press(qtbot, page, "password.change", "ok")
    assert not typed(page)
    sit(home, clock, NEW).close()
    with pytest.raises(WrongPassword):
        sit(home, clock)


def test_a_pin_is_set_and_goes_again(qtbot: QtBot, page: MineView, desk: Desk) -> None:
    write(page, now=BENS, pin_new="123456", pin_again="123456")
    press(qtbot, page, "pin.set", "danger")
    write(page, now=BENS, pin_new="280519", pin_again="280519")
    press(qtbot, page, "pin.set", "ok")
    assert has_pin(desk) and not typed(page)
    press(qtbot, page, "pin.drop", "ok")
    assert not has_pin(desk)


def test_the_code_of_a_phone_is_asked_once_the_phone_has_shown_that_it_knows_it(
    qtbot: QtBot, page: MineView, clock: FrozenClock, desk: Desk
) -> None:
    want = page.findChild(QPushButton, "mine.code.want")
    assert want is not None
    want.click()
    qtbot.waitUntil(lambda: bool(page.loop.state.uri))
    phone = pyotp.parse_uri(page.loop.state.uri)
    assert isinstance(phone, pyotp.TOTP) and page.code.typing.text().replace(" ", "") == phone.secret
    write(page, now=BENS, code_digits="000000")
    press(qtbot, page, "code.confirm", "danger")
    write(page, now=BENS, code_digits=phone.at(clock.now()))
    press(qtbot, page, "code.confirm", "ok")
    assert page.loop.state.uri == "" and page.loop.state.mine == m.Mine(code=True, others=(m.Other(ZOE),))
    with pytest.raises(Refusal, match="six digits"):
        sit(desk.home, clock)
    write(page, now=BENS)
    press(qtbot, page, "code.drop", "ok")


def test_a_security_key_is_added_used_for_every_change_and_goes_again(
    qtbot: QtBot, page: MineView, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[SoftKey] = []
    monkeypatch.setattr("fido2.hid.CtapHidDevice.list_devices", lambda: iter(keys))
    write(page, now=BENS)
    assert "No security key" in press(qtbot, page, "key.want", "danger")
    keys.append(SoftKey(pin="4711"))
    write(page, now=BENS, key_pin="4711")
    assert "recovery sheets" in press(qtbot, page, "key.want", "ok")
    write(page, now=BENS, pin_new="280519", pin_again="280519")
    press(qtbot, page, "pin.set", "ok")
    write(page, now=BENS)
    press(qtbot, page, "key.drop", "ok")
    assert page.loop.state.mine is not None and not page.loop.state.mine.key


def test_sheets_are_written_where_the_person_says(
    qtbot: QtBot, page: MineView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [""]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: chosen[0])
    press(qtbot, page, "sheets.make", "warn")
    write(page, now=BENS)
    make = page.findChild(QPushButton, "mine.sheets.make")
    assert make is not None
    make.click()
    assert not page.loop.state.busy, "no folder chosen: nothing happens"
    chosen[0] = str(tmp_path / "usb")
    assert chosen[0] in press(qtbot, page, "sheets.make", "ok")
    files = sorted((tmp_path / "usb").iterdir())
    assert len(files) == 3 and qr_of(files[0]).startswith("POSTA:SHEET:")
    assert page.loop.state.mine is not None and page.loop.state.mine.sheets in page.sheets.holds.text()


def test_a_colleague_s_way_in_goes_after_a_second_press(
    qtbot: QtBot, page: MineView, home: Home, clock: FrozenClock
) -> None:
    press(qtbot, page, "other.0.leave", "warn")
    write(page, now=BENS)
    (leave,) = [one for one in page.findChildren(QPushButton, "mine.other.0.leave") if one.isVisibleTo(page)]
    leave.click()
    assert page.loop.state.leaving == ZOE
    sit(home, clock, ZOES, ZOE).close()
    QApplication.processEvents()  # the row is made anew
    assert ZOE in press(qtbot, page, "other.0.leave", "ok")
    qtbot.waitUntil(page.others.nobody.isVisible)
    with pytest.raises(WrongPassword):
        sit(home, clock, ZOES, ZOE)


def test_the_screen_covers_itself_sooner_but_never_later_than_the_clinic_says(
    qtbot: QtBot, page: MineView, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with qtbot.waitSignal(page._room.ways.lock_time):
        page.minutes.chosen.emit("2")
    qtbot.waitUntil(lambda: page.minutes.key() == "2")
    assert lock_minutes(desk) == 2
    monkeypatch.setitem(desk.trust.policies, IDLE_LOCK, "1")
    assert (most_minutes(desk), lock_minutes(desk)) == (1, 1)
    keep_lock_minutes(desk, 99)
    assert lock_minutes(desk) == 1
    for nonsense in ("0", "-3", "soon", "999999999"):
        monkeypatch.setitem(desk.trust.policies, IDLE_LOCK, nonsense)
        assert 1 <= lock_minutes(desk) <= 5


@pytest.mark.parametrize("look", ["light", "dark"])
def test_it_can_be_used_by_everybody(qapp: QApplication, page: MineView, look: str) -> None:
    theme.apply(qapp, look, "desktop")
    for event in (
        m.CodeMade("otpauth://totp/x?secret=AAAA", "AAAA"),
        m.OtherLeaves("x", ZOE),
        m.Failed("No."),
    ):
        page.loop.send(event)
        for _ in range(3):
            QApplication.processEvents()
        assert audit(page) == []


class TestNewcomer:
    FORM = m.NewcomerSubmitted("POSTA:JOIN", "Eva Sosa", "a", "a")

    def test_from_the_form_to_the_way_in(self) -> None:
        state, effects = m.update(m.State(), self.FORM)
        assert effects == (m.Welcome("POSTA:JOIN", "Eva Sosa", "a"),) and state.busy
        state, effects = m.update(state, m.DigitsMade("123456"))
        assert effects == (m.ForgetSecrets(), m.AwaitNewcomer()) and not state.busy
        state, effects = m.update(state, m.NewcomerCame())
        assert "Eva Sosa" in state.sentence and not state.digits and effects == (m.Look(),)

    def test_what_is_missing_is_said(self) -> None:
        for form in (
            m.NewcomerSubmitted("", "Eva", "a", "a"),
            m.NewcomerSubmitted("C", "", "a", "a"),
            m.NewcomerSubmitted("C", "Eva", "a", "b"),
            m.NewcomerSubmitted("C", "Eva", "", ""),
        ):
            state, effects = m.update(m.State(), form)
            assert state.sentence and effects == ()

    def test_given_up_nobody_waits_and_a_late_refusal_is_not_news(self) -> None:
        state, effects = m.update(m.State(digits="123456", newcomer="Eva"), m.NewcomerSentAway())
        assert effects == (m.SendAway(),)
        assert m.update(state, m.NewcomerFailed("Nobody let this computer in."))[0].sentence == ""

    def test_a_page_made_anew_in_another_language_goes_on_waiting(self, qtbot: QtBot, page: MineView) -> None:
        ways = page._room.clinic.mine
        ways._came = AtOnce().submit(lambda: None)
        again = MineView(page._room, m.State(digits="123456", newcomer="Eva Sosa"))
        qtbot.addWidget(again)
        qtbot.waitUntil(lambda: "Eva Sosa" in again.loop.state.sentence)


def test_nothing_typed_is_in_the_state() -> None:
    state, _ = m.update(
        m.State(), m.Submitted(m.Change.PASSWORD, "vieja clave", "nueva clave", "nueva clave")
    )
    assert "clave" not in repr(state)


def test_my_sessions_are_shown_and_ended(
    qtbot: QtBot, page: MineView, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    here = m.Session("d1", "Sala 1", "Logged in at the centre since today.", here=True)
    mine = page._room.clinic.mine
    monkeypatch.setattr(mine, "sessions", lambda: () if ended else (here,))
    monkeypatch.setattr(mine, "change", lambda asked: ended.append(asked.new))
    page.refresh()
    QApplication.processEvents()
    (button,) = page.findChildren(QPushButton, "mine.session.0.end")
    assert audit(page) == []
    button.click()
    qtbot.waitUntil(lambda: page.loop.state.sessions == ())
    assert ended == ["d1"] and page.loop.state.tone == "ok"


def test_without_the_centre_nobody_claims_to_know_my_sessions(page: MineView) -> None:
    page.refresh()
    QApplication.processEvents()
    assert page.loop.state.sessions is None and "cannot be asked" in page.sessions.none.text()
