# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinician's desktop as it is, with a person's keys, and a stopwatch in its own thread: nobody asks from outside.

`python -m desktop.measured HOME PASSWORD-FILE PEOPLE CHARTS WORDS` unlocks, opens so many charts, types so many words, and says
one line of JSON for each thing measured: {"what", "ms" (each time), "alone_ms" (the same asked of the book without a screen),
"processor_ms" (of the whole program)}, {"what": "memory", "mb", …}. With no CHARTS (0) it ends after the unlocking. For
`posta bench ui`.

What is measured ends when the screen stands: what has come is drawn into the window's memory, nothing is left to lay out.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random  # noqa: TID251  # the dice of a bench, made from its seed
from typing import TypeVar

import psutil
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from clinic.bench.crowd import COMMON, FAMILIES, GIVEN, dni_of, person_id
from clinic.domain.errors import Unavailable
from clinic.domain.ids import PatientId
from clinic.services.charts import drawn_chart
from clinic.services.desks import read_slots
from clinic.store.book import Book
from clinic.store.home import Home
from clinic.store.page import Page
from desktop import options
from desktop.app import Window
from desktop.kit import reach
from desktop.kit.charts import VitalsChart
from desktop.kit.program import start
from desktop.screens.chart.view import ChartView
from desktop.screens.search.view import SearchView
from desktop.screens.shell.view import ShellView
from desktop.screens.today.view import TodayView
from desktop.waiting import wait

Kind = TypeVar("Kind", bound=QWidget)
PATIENCE_S = 120.0
BEFORE_S = 3.0
"""Before the password is entered, and again before the first chart is opened: a person is no faster."""
REMEMBERED = 50
"""Charts after which the memory is looked at."""
AGAIN = 20
"""How often the chart of ten years is opened."""
STEP = 7919
"""From one person to the next: far apart in the book."""
NOWHERE = "http://127.0.0.1:9"


class Painted(QObject):
    """Counts when a widget draws itself."""

    def __init__(self, of: QWidget) -> None:
        super().__init__(of)
        self.times = 0
        of.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.times += event.type() == QEvent.Type.Paint
        return False


class Stopwatch:
    """A person at the window whose every act is timed; says what it measured when `run` is over."""

    def __init__(self, window: Window, home: Path, password: str, people: int) -> None:
        self._window, self._home, self._password, self._people = window, home, password, people
        self._spent: list[float] = []
        """Milliseconds of the processor that the whole program took, for each thing timed since it was last said."""

    def run(self, charts: int, words: int) -> None:
        """Raises Unavailable when the screen does not come to what was asked."""
        self._unlock()
        if not charts:
            return
        wait(lambda: False, BEFORE_S)
        home = Home(self._home)
        self._beside = Book.open(home.book, read_slots(home).open(self._password).store_key)
        try:
            self._charts(charts)
            self._ten_years()
            self._finder(words)
            self._texts(words)
        finally:
            self._beside.close()

    # what is done

    def _unlock(self) -> None:
        """A password takes a person some seconds, in which the program loads what comes next."""
        field = self._field("login.password")
        wait(lambda: False, BEFORE_S)
        field.setText(self._password)
        took = self._timed(partial(_press, field, Qt.Key.Key_Return), self._today_stands)
        self._say("unlock", [took])

    def _today_stands(self) -> bool:
        today = self._window.findChild(TodayView)
        return (
            today is not None
            and today.isVisible()
            and today.loop.state.loaded
            and bool(today.loop.state.rows)
        )

    def _charts(self, count: int) -> None:
        took, alone = [], []
        for turn in range(count):
            number = turn * STEP % self._people
            took.append(self._open(dni_of(number), person_id(number)))
            alone.append(self._asked(partial(drawn_chart, patient=person_id(number))))
            if turn + 1 == min(REMEMBERED, count):
                _remember(turn + 1)
        self._say("charts", took, alone)

    def _ten_years(self) -> None:
        """Hers and somebody else's in turn: nothing of hers stands from the time before."""
        curve, took, alone = self._find(VitalsChart, "chart.curve"), [], []
        patient, drawn = person_id(self._people), Painted(curve)
        for turn in range(AGAIN):
            number = turn * STEP % self._people
            self._open(dni_of(number), person_id(number))
            self._spent.pop()
            before = drawn.times
            took.append(self._open(dni_of(self._people), patient))
            if drawn.times == before:
                raise Unavailable("The chart of the vitals was not drawn.")
            alone.append(self._asked(partial(drawn_chart, patient=patient)))
        readings = self._window.findChild(ChartView).loop.state.chart  # type: ignore[union-attr]
        assert readings is not None
        self._say("vitals", took, alone, readings=sum(map(len, readings.readings.values())))

    def _open(self, dni: str, patient: PatientId) -> float:
        """Milliseconds from Enter in the finder to her chart on the screen; that she was found is not in it."""
        field, shell, page = self._field("shell.search"), self._shell(), self._window.findChild(ChartView)
        assert page is not None
        field.setFocus()
        field.setText(dni)
        _need(lambda: shell.loop.state.answered == dni)
        if [one.patient for one in shell.loop.state.found] != [patient]:
            raise Unavailable("The finder did not find her alone by the number of her document.")

        def stands() -> bool:
            chart = page.loop.state.chart
            return page.isVisible() and chart is not None and chart.person.patient == patient

        return self._timed(partial(_press, field, Qt.Key.Key_Return), stands)

    def _finder(self, words: int) -> None:
        """Names as they are typed in the line on top, two at a time for half of them."""
        dice, shell, field = Random(1), self._shell(), self._field("shell.search")
        took, alone = [], []
        for turn in range(words):
            names = dice.choice(FAMILIES), dice.choice(GIVEN)
            typed = " ".join(names[: 1 + turn % 2])
            for text in _beginnings(typed):
                took.append(
                    self._type(field, text, lambda text=text: shell.loop.state.answered == text.strip())
                )
                alone.append(self._asked(partial(Page.find_people, typed=text, limit=8)))
            field.clear()
            _need(lambda: not shell.loop.state.searched)
        self._say("finder", took, alone)

    def _texts(self, words: int) -> None:
        """Words of notes and messages as they are typed on the page of the search."""
        shell = self._shell()
        shell.go("search")
        page, field = self._find(SearchView, "search"), self._field("search.field")
        dice, took, alone = Random(2), [], []
        for _turn in range(words):
            for text in _beginnings(dice.choice(COMMON)):
                took.append(self._type(field, text, partial(_answers, page, text)))
                alone.append(self._asked(partial(Page.search, typed=text)))
            field.clear()
            _need(lambda: page.loop.state.asked is None)
        self._say("texts", took, alone)

    def _type(self, field: QLineEdit, text: str, stands: Callable[[], bool]) -> float:
        """What of it does not stand there yet: its last letter, with the space before it."""
        field.setFocus()
        return self._timed(partial(_letters, field, text[len(field.text()) :]), stands)

    # how it is timed

    def _timed(self, act: Callable[[], object], stands: Callable[[], bool]) -> float:
        began, spent = time.perf_counter(), time.process_time()
        act()
        _need(stands)
        for _round in range(2):  # what is laid out first is drawn then
            QApplication.sendPostedEvents()
        self._spent.append((time.process_time() - spent) * 1000)
        return (time.perf_counter() - began) * 1000

    def _asked(self, look: Callable[[Page], object]) -> float:
        """Milliseconds of the same question to the same book, by a reader of its own."""
        began = time.perf_counter()
        self._beside.read(look)
        return (time.perf_counter() - began) * 1000

    def _say(self, what: str, took: list[float], alone: list[float] | None = None, **more: float) -> None:
        spent, self._spent = self._spent[-len(took) :], []
        figures = {"ms": took, "alone_ms": alone or [], "processor_ms": spent}
        told = {name: [round(ms, 2) for ms in each] for name, each in figures.items()}
        print(json.dumps({"what": what, **told, **more}), flush=True)

    # what is there

    def _shell(self) -> ShellView:
        shell = self._window.findChild(ShellView)
        assert shell is not None
        return shell

    def _field(self, name: str) -> QLineEdit:
        return self._find(QLineEdit, name)

    def _find(self, kind: type[Kind], name: str) -> Kind:
        found = reach.find(name)
        if not isinstance(found, kind):
            raise Unavailable("There is no {name} on the screen.", name=name)
        return found


def _need(condition: Callable[[], bool]) -> None:
    if not wait(condition, PATIENCE_S, look_ms=1):
        raise Unavailable("The screen did not come to what was asked of it.")


def _press(field: QWidget, key: Qt.Key) -> None:
    QTest.keyClick(field, key)


def _letters(field: QWidget, letters: str) -> None:
    for letter in letters:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(field, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))


def _answers(page: SearchView, text: str) -> bool:
    """Whether the finds are those of this text."""
    return page.loop.state.asked is not None and page.loop.state.asked.text == text


def _beginnings(text: str) -> list[str]:
    return [text[:length] for length in range(1, len(text) + 1) if text[length - 1] != " "]


def _remember(charts: int) -> None:
    """What the program takes, and what those that it started take beside."""
    me = psutil.Process()
    beside = sum(one.memory_info().rss for one in me.children(recursive=True))
    print(
        json.dumps(
            {"what": "memory", "charts": charts, "mb": me.memory_info().rss / 1e6, "beside_mb": beside / 1e6}
        ),
        flush=True,
    )


def main(words: list[str]) -> int:
    """0; 4 with a sentence."""
    home, file, (people, charts, typed) = Path(words[0]), Path(words[1]), map(int, words[2:])
    quiet = ("--camera", "none", "--microphone", "none", "--speaker", "null", "--geometry", "1366x768")
    args = options.parse(["--home", str(home), "--server", NOWHERE, *quiet])
    program = start(args, title="Posta", scale="desktop", log=home / "log" / "desktop.log")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    held = Home(home).hold()
    window = Window(program, args)
    program.on_quit(window.leave)
    window.begin()
    program.show(window)
    stopwatch = Stopwatch(window, home, file.read_text(encoding="utf-8").strip(), people)
    broken: list[Unavailable] = []

    def play() -> None:
        try:
            stopwatch.run(charts, typed)
        except (Unavailable, reach.CannotReach) as missing:
            broken.append(missing if isinstance(missing, Unavailable) else Unavailable(str(missing)))
        window.leave()
        QApplication.quit()

    QTimer.singleShot(0, play)
    code = program.run(window)
    held.release()
    for missing in broken:
        print(missing, file=sys.stderr)
    return 4 if broken else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
