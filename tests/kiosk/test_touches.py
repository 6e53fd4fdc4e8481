# SPDX-License-Identifier: GPL-3.0-or-later
"""A first visit is short: from the first touch to goodbye, with a card, 14 touches at most besides the answers."""

import pytest
from PySide6.QtTest import QTest

from desktop.kit.strokes import stroke
from kiosk import flow
from tests.kiosk.conftest import Kiosk
from tests.kiosk.standin import CARD, ENCOUNTER
from tests.kiosk.test_stage import OVER, shown

pytestmark = pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
MOST = 14


class Counted:
    """Touches by what they are: an answer says something about her, all others only go on."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.kiosk, self.answers, self.besides = kiosk, 0, 0

    def answer(self, *names: str) -> None:
        for name in names:
            self.answers += 1
            self.kiosk.touch(name)

    def move(self, name: str) -> None:
        self.besides += 1
        self.kiosk.touch(name)


def test_a_visit_with_a_card_needs_few_touches_and_no_sign_is_typed(kiosk: Kiosk) -> None:
    counted = Counted(kiosk)
    counted.answer("kiosk.language.en")
    shown(kiosk, CARD)
    kiosk.until(lambda: kiosk.sees("kiosk.greet.yes"))
    counted.answer("kiosk.greet.yes", "kiosk.reason.unwell", "kiosk.symptom.fever")
    counted.move("kiosk.symptom.done")
    counted.answer("kiosk.question.few_days")
    counted.move("kiosk.question.done")
    counted.answer("kiosk.question.no")
    while not kiosk.sees("kiosk.photo.skip"):
        counted.answer("kiosk.vitals.skip")
    counted.move("kiosk.photo.skip")
    kiosk.until(lambda: kiosk.sees("kiosk.consent.next"))
    while kiosk.sees("kiosk.consent.next"):
        counted.move("kiosk.consent.next")
    while not kiosk.sees("kiosk.consent.pad"):
        counted.answer("kiosk.consent.item.yes")
    pad = kiosk.find("kiosk.consent.pad")
    for pause in stroke(pad, [(0.2, 0.5, 0), (0.4, 0.3, 80), (0.6, 0.5, 160)], "mouse"):
        QTest.qWait(pause)
    counted.move("kiosk.consent.sign")
    counted.move("kiosk.check.yes")
    kiosk.until(lambda: kiosk.journey.waiting_for_staff)
    kiosk.stage.send(flow.CallMoved("ringing", ENCOUNTER, "Dra. F"))
    counted.move("kiosk.call.answer")
    for phase in ("connecting", "talking", "ended"):
        kiosk.stage.send(flow.CallMoved(phase, ENCOUNTER, "Dra. F", "hung up"))
    kiosk.stage.letter_came("desk", OVER)
    counted.move("kiosk.after.goodbye")
    counted.move("kiosk.feedback.skip")
    assert kiosk.ended == [True]
    assert counted.besides <= MOST, counted.besides
