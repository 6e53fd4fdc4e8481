# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages in the real window: the rail and Today count them, keys answer them, and nothing typed is closed away."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from clinic.domain.facts import Communication
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.services.desks import Desk
from desktop.kit.words import set_language
from desktop.seat import Seat
from tests.desktop.at_work import hands, in_front, pressed, registered, typed, until
from tests.desktop.at_work import seat as seat
from tests.desktop.at_work import window as window


def asked(desk: Desk, patient: PatientId, text: str) -> None:
    """A colleague who sat here before wrote it."""
    mine = desk.person
    assert mine is not None
    message = Communication(
        id=FactId(desk.new_id()), patient=patient, sent_at=desk.clock.now(), sender="u.other", sender_name="Eva",
        text=text,
    )  # fmt: skip
    desk.person = type(mine)(UserId("u.other"), "Eva", mine.role)
    desk.write(message, window=patient)
    desk.person = mine


def test_a_message_is_seen_from_every_page_and_answered_by_keys(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat._program, "speak", set_language, raising=False)
    desk, patient = seat.desk, registered(seat.desk, "Zabala")
    rail = seat.shell.rail.findChild(QPushButton, "shell.rail.messages")
    assert rail is not None
    asked(desk, patient, "Pide que la llamen.")
    until(lambda: rail.accessibleName() == "Messages, 1")
    assert not seat.today.unread.isHidden() and seat.today.unread.text() == "1 unread message"
    in_front(seat.shell.window())
    seat.today.unread.click()
    until(lambda: seat.messages.isVisible() and bool(seat.messages.list.key()))
    assert hands() is seat.messages.list
    pressed(Qt.Key.Key_Return)
    until(lambda: seat.messages.thread.loop.state.thread is not None)
    until(lambda: rail.accessibleName() == "Messages" and seat.today.unread.isHidden())
    typed("La llamo a las diez")
    assert seat.unfinished() == ("messages", "A message you wrote has not been sent.")
    seat._speak("es")
    until(lambda: seat.messages.isVisible() and seat.messages.thread.loop.state.thread is not None)
    assert seat.messages.thread.text.toPlainText() == "La llamo a las diez", "another language keeps it"
    seat._speak("en")
    in_front(seat.shell.window())
    until(lambda: seat.messages.thread.loop.state.thread is not None)
    QTest.keyClick(seat.messages.thread.text, Qt.Key.Key_Return)

    def answered() -> bool:
        found = desk.book.read(lambda page: page.facts(Communication, patient))
        return [one.text for one in found][1:] == ["La llamo a las diez"]

    until(answered)
    until(lambda: seat.unfinished() == ("", ""))
