# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page of the kiosk on the smallest screens: nothing is cut, nothing lies on anything else, every target takes a finger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton, QScrollArea, QWidget

from clinic.domain import questionnaires as q
from clinic.protocol.letters import ChatLine, QueuePlace, VisitOver
from desktop.kit.audit import audit
from desktop.kit.signature import SignaturePad
from desktop.kit.strokes import stroke
from desktop.kit.video import VideoView
from kiosk import flow
from kiosk.screens.frame import flag_sheet
from kiosk.screens.photo.view import jpeg
from kiosk.screens.questions import logic
from kiosk.spooler import Cups
from tests.kiosk.conftest import Kiosk, picture
from tests.kiosk.standin import ENCOUNTER, NOW, ROSA

pytestmark = pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn|FFmpeg")
SEEN = (QAbstractButton, QLabel, QLineEdit, SignaturePad, VideoView)
OVER = VisitOver(
    encounter=ENCOUNTER,
    clinician="Dra. Florencia Paz",
    summary="Reposo, mucho líquido y control de la temperatura tres veces por día durante una semana.",
    prescriptions=("Paracetamol 500 mg, 1 comprimido cada 8 horas", "Enalapril 10 mg, 1 por día"),
    next_appointment=NOW + timedelta(7),
)


def findings(top: QWidget) -> Iterator[str]:
    """What is cut or covered, as sentences; `top`: what lies uppermost."""
    shown = [
        (thing, QRect(thing.mapTo(top, QPoint(0, 0)), thing.size()))
        for thing in top.findChildren(QWidget)
        if isinstance(thing, SEEN) and thing.isVisible() and _says(thing) and not _scrolled(thing, top)
    ]
    for thing, place in shown:
        if not top.rect().contains(place):
            yield f"{_which(thing)} reaches out of the screen: {place}"
        parent = thing.parentWidget()
        if parent is not None and not parent.rect().contains(thing.geometry()):
            yield f"{_which(thing)} is cut by what holds it: {thing.geometry()} in {parent.rect()}"
        if (
            isinstance(thing, QLabel)
            and thing.wordWrap()
            and thing.heightForWidth(place.width()) > place.height() + 2
        ):
            yield f"{_which(thing)} needs {thing.heightForWidth(place.width())} px and has {place.height()}"
        if (
            isinstance(thing, QPushButton)
            and thing.text()
            and thing.minimumSizeHint().width() > place.width() + 2
        ):
            yield f"{_which(thing)} is narrower than its words"
    for (one, here), (other, there) in combinations(shown, 2):
        if here.intersects(there) and not _over(one, other):
            yield f"{_which(one)} lies on {_which(other)}"


def _over(one: QWidget, other: QWidget) -> bool:
    """One belongs to the other, or to a picture that carries things."""
    return one.isAncestorOf(other) or other.isAncestorOf(one) or VideoView in (type(one), type(other))


def _says(thing: QWidget) -> bool:
    return not isinstance(thing, QLabel) or bool(thing.text())


def _scrolled(thing: QWidget, top: QWidget) -> bool:
    """In a list with big arrows: what is below is reached by them."""
    place = thing.parentWidget()
    while place is not None and place is not top:
        if isinstance(place, QScrollArea):
            return True
        place = place.parentWidget()
    return False


def _which(thing: QWidget) -> str:
    words = thing.text() if isinstance(thing, QLabel | QAbstractButton) else ""
    return f"{thing.objectName() or type(thing).__name__} {words!r}"


class Walk:
    """Collects what is wrong on each page, so that all of it is told at once."""

    def __init__(self, kiosk: Kiosk, size: tuple[int, int]) -> None:
        self.kiosk, self._size = kiosk, size
        self.found: list[str] = []
        self.pages: list[str] = []
        self.again()

    def again(self) -> None:
        self.kiosk.window.resize(*self._size)
        QTest.qWait(1)

    def look(self, page: str) -> None:
        QTest.qWait(1)
        window = self.kiosk.window
        if (window.width(), window.height()) != self._size:
            self.found.append(f"{page}: takes {window.width()}×{window.height()}")
        sheet = self.kiosk.stage._frame.sheet  # type: ignore[union-attr]  # there is one
        top = sheet if sheet is not None else window
        self.found += [f"{page}: {said}" for said in (*findings(top), *audit(top))]
        self.pages.append(page)
        self.again()


def _questionnaires(here: Walk) -> None:
    """Every question of every questionnaire that comes with the program, as its screen shows it, then those of the visit."""
    kiosk, journey = here.kiosk, here.kiosk.journey
    assert journey.interview is not None
    for form in journey.interview.forms.values():
        for item in form.items:
            if (
                item.kind in q.ASKED
                and not item.hidden
                and item.key.partition(".")[0] not in (q.REASON, q.SYMPTOMS)
            ):
                alone = replace(form, url=q.GENERAL, items=(replace(item, enable_when=()),))
                asked = q.Interview({q.GENERAL: alone})
                kiosk.stage._screen._state = logic.State(asked)  # type: ignore[union-attr]  # there is one
                kiosk.stage._screen._show()  # type: ignore[union-attr]  # it is the screen of questions
                here.look(f"{form.name}-{item.key}")
    kiosk.stage._screen._state = logic.State(journey.interview)  # type: ignore[union-attr]  # as above
    kiosk.stage._screen._show()  # type: ignore[union-attr]  # as above
    kiosk.answer_all()


def walk(kiosk: Kiosk, size: tuple[int, int], language: str, bigger: bool) -> Walk:
    """Through a whole visit, and every sheet and side way on it."""
    here = Walk(kiosk, size)
    here.look("language")
    kiosk.touch(f"kiosk.language.{language}")
    if bigger:
        kiosk.touch("kiosk.bar.size")
    here.look("identify-card")
    _sheets(here, "help", "person", "leave")
    kiosk.touch("kiosk.identify.no_card")
    here.look("identify-number")
    for sign in "14233456":
        kiosk.touch(f"kiosk.keypad.{sign}")
    kiosk.touch("kiosk.keypad.enter")
    here.look("identify-birth")
    kiosk.stage.send(flow.Identified(ROSA))
    here.look("greet")
    kiosk.touch("kiosk.greet.yes")
    here.look("reason")
    kiosk.touch("kiosk.reason.unwell")
    here.look("symptoms")
    kiosk.stage._frame.cover(flag_sheet(True))  # type: ignore[union-attr]  # there is one
    here.look("flag")
    kiosk.stage._frame.uncover()  # type: ignore[union-attr]  # there is one
    kiosk.touch("kiosk.symptom.fever")
    kiosk.touch("kiosk.symptom.done")
    _questionnaires(here)
    for number in ("148", "92", "88", "95", "37,8", "18"):
        here.look(f"vitals-{number}")
        kiosk.type(number)
        if kiosk.sees("kiosk.vitals.oxygen.no"):
            here.look("vitals-oxygen")
            kiosk.touch("kiosk.vitals.oxygen.no")
    here.look("vitals-self")
    kiosk.touch("kiosk.vitals.self.yes")
    here.look("photo")
    kiosk.touch("kiosk.photo.skip")
    kiosk.until(lambda: kiosk.sees("kiosk.consent.next"))
    while kiosk.sees("kiosk.consent.next"):
        here.look("consent-text")
        kiosk.touch("kiosk.consent.next")
    for _item in range(5):
        here.look("consent-item")
        kiosk.touch("kiosk.consent.item.yes")
    here.look("consent-sign")
    pad = kiosk.find("kiosk.consent.pad")
    for pause in stroke(pad, [(0.2, 0.5, 0), (0.3, 0.3, 80), (0.4, 0.6, 160), (0.6, 0.5, 260)], "mouse"):
        QTest.qWait(pause)
    kiosk.touch("kiosk.consent.sign")
    here.look("check")
    kiosk.touch("kiosk.check.yes")
    kiosk.until(lambda: kiosk.journey.waiting_for_staff)
    here.look("waiting")
    place = QueuePlace(encounter=ENCOUNTER, place=2, wait_minutes=25, status="triaged")
    kiosk.stage.online_changed(True)
    kiosk.stage.letter_came("desk", place)
    here.look("waiting-place")
    kiosk.touch("kiosk.waiting.mine")
    here.look("waiting-mine")
    kiosk.touch("kiosk.waiting.mine.close")
    kiosk.stage.send(flow.CallMoved("ringing", ENCOUNTER, "Dra. Florencia Paz"))
    here.look("incoming")
    kiosk.stage.send(flow.CallMoved("talking", ENCOUNTER, "Dra. Florencia Paz"))
    here.look("call")
    line = ChatLine(
        encounter=ENCOUNTER, sender_name="Dra. Florencia Paz", text="Tome esto después de comer.",
        picture=jpeg(picture()), sent_at=NOW,
    )  # fmt: skip
    kiosk.stage.letter_came("desk", line)
    here.look("call-line")
    kiosk.stage.send(flow.CallMoved("ended", ENCOUNTER, "Dra. Florencia Paz", "hung up"))
    kiosk.stage.letter_came("desk", OVER)
    here.look("after")
    kiosk.touch("kiosk.after.print")
    here.look("print")
    kiosk.touch("kiosk.bar.back")
    kiosk.touch("kiosk.after.goodbye")
    here.look("feedback")
    kiosk.touch("kiosk.feedback.bad")
    here.look("feedback-why")
    kiosk.touch("kiosk.feedback.done")
    here.look("feedback-contact")
    return here


@pytest.fixture
def spooler(tmp_path: Path) -> Cups:
    """A printer may stand here: the way to it takes room."""
    return Cups(tmp_path / "printing")


def _sheets(here: Walk, *names: str) -> None:
    close = {"help": "kiosk.help.close", "person": "kiosk.person.close", "leave": "kiosk.leave.no"}
    for name in names:
        here.kiosk.touch(f"kiosk.bar.{name}")
        here.look(f"sheet-{name}")
        here.kiosk.touch(close[name])


@pytest.mark.parametrize("bigger", [False, True], ids=["", "bigger"])
@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize("size", [(1280, 720), (1024, 768)], ids=str)
def test_every_page_of_a_visit_fits(kiosk: Kiosk, size: tuple[int, int], language: str, bigger: bool) -> None:
    here = walk(kiosk, size, language, bigger)
    kiosk.stage._program.wear("light")
    assert len(here.pages) > 30
    assert not here.found, "\n".join(here.found)
