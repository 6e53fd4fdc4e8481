# SPDX-License-Identifier: GPL-3.0-or-later
"""The hands of a driver: JSON commands on stdin act on the running windows with real mouse, touch and key events.

Only with `--hands`. One line `{"id": 1, "do": "click", "on": "login.enter"}` gives one line `{"id": 1, "ok": true, ...}`.
A thing that a person could not touch (hidden, disabled, covered, behind a dialog) is answered with a sentence, not touched.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from desktop.kit import reach
from desktop.kit.reach import CannotReach
from desktop.kit.strokes import key, keys_go_to, stroke, type_text

Answer = dict[str, Any]
Steps = Iterator[int]  # each value: milliseconds to let the event loop run before the next step


def attach(app: QApplication, source: TextIO | None = None, sink: TextIO | None = None) -> Hands:
    """Give a driver hands on this program; the program ends when the driver closes the line."""
    hands = Hands(app, sink or sys.stdout)
    hands.listen(source or sys.stdin)
    return hands


class Hands(QObject):
    """Runs one command after the other in the Qt thread, never blocking it."""

    _line = Signal(str)
    _closed = Signal()

    def __init__(self, app: QApplication, sink: TextIO) -> None:
        super().__init__(app)
        self._sink = sink
        self.pulse = Pulse(self)
        self._line.connect(self.take)
        self._closed.connect(app.quit)

    def listen(self, source: TextIO) -> None:
        """Read commands on a thread of their own until the source ends."""
        threading.Thread(target=self._read, args=(source,), name="hands", daemon=True).start()

    def _read(self, source: TextIO) -> None:
        for line in source:
            if line.strip():
                self._line.emit(line)
        self._closed.emit()

    def take(self, line: str) -> None:
        """Understand one command and begin it."""
        try:
            command = json.loads(line)
            number, act = command.get("id"), _ACTS[command.pop("do")]
        except (ValueError, KeyError, AttributeError):
            self._say(None, {"ok": False, "error": f"not a command: {line.strip()[:80]}"})
            return
        found: Answer = {}
        self._step(number, act(self, command, found), found)

    def _step(self, number: object, steps: Steps, found: Answer) -> None:
        try:
            pause = next(steps)
        except StopIteration:
            self._say(number, {"ok": True, **found})
        except (CannotReach, KeyError, TypeError, ValueError) as error:
            self._say(number, {"ok": False, "error": _sentence(error)})
        else:
            QTimer.singleShot(pause, self, lambda: self._step(number, steps, found))
        self.pulse.forgive()

    def _say(self, number: object, answer: Answer) -> None:
        self._sink.write(json.dumps({"id": number, **answer}, ensure_ascii=False) + "\n")
        self._sink.flush()


def _sentence(error: Exception) -> str:
    if isinstance(error, CannotReach):
        return str(error)
    return f"the command is incomplete or wrong: {type(error).__name__} {error}"


class Pulse(QObject):
    """Beats every 5 ms in the Qt thread and keeps how late each beat was."""

    BEAT_MS = 5

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._late: list[float] = []
        self._since = QElapsedTimer()
        self._since.start()
        timer = QTimer(self, interval=self.BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        timer.timeout.connect(self._beat)
        timer.start()

    def _beat(self) -> None:
        late = self._since.nsecsElapsed() / 1e6 - self.BEAT_MS
        self._since.restart()
        if len(self._late) < 1_000_000:
            self._late.append(max(0.0, late))

    def forgive(self) -> None:
        """What the hands themselves took does not count."""
        self._since.restart()

    def told(self) -> Answer:
        """Milliseconds late since last asked: the worst, the 99th percentile, and of how many beats."""
        late, self._late = sorted(self._late), []
        if not late:
            return {"max_ms": 0.0, "p99_ms": 0.0, "beats": 0}
        ninety_nine = late[min(len(late) - 1, len(late) * 99 // 100)]
        return {"max_ms": round(late[-1], 2), "p99_ms": round(ninety_nine, 2), "beats": len(late)}


def _press_soon(press: Callable[[], object]) -> Steps:
    """Press from the event loop, so that a dialog opened by the press does not hold the answer back."""
    broke: list[CannotReach] = []

    def pressing() -> None:
        try:
            press()
        except CannotReach as error:
            broke.append(error)
        except RuntimeError:
            broke.append(CannotReach("it went away before it could be pressed"))

    QTimer.singleShot(0, pressing)
    yield 0
    if broke:
        raise broke[0]


def _click(_hands: Hands, command: Answer, _found: Answer) -> Steps:
    spot = reach.spot(command["on"], command.get("row"), command.get("text"))
    yield from _press_soon(lambda: reach.click(spot, command.get("double", False)))


def _tap(_hands: Hands, command: Answer, _found: Answer) -> Steps:
    spot = reach.spot(command["on"], command.get("row"), command.get("text"))
    yield from _press_soon(lambda: reach.tap(spot))


def _type(_hands: Hands, command: Answer, _found: Answer) -> Steps:
    spot = reach.spot(command["on"])
    if keys_go_to(spot.widget) is not spot.widget:
        yield from _press_soon(lambda: reach.click(spot))
        yield 0
    yield from type_text(spot.widget, command["text"], command.get("clear", False), command.get("pace_ms", 0))


def _key(_hands: Hands, command: Answer, _found: Answer) -> Steps:
    if command.get("on"):
        reach.spot(command["on"]).widget.setFocus(Qt.FocusReason.OtherFocusReason)
    window = reach.window(command.get("on"))
    reach.activate(window)
    yield 0
    yield from _press_soon(lambda: key(window, command["keys"]))


def _stroke(_hands: Hands, command: Answer, _found: Answer) -> Steps:
    spot = reach.spot(command["on"])
    for line in command["strokes"]:
        yield from stroke(spot.widget, line, command.get("by", "mouse"))


_LIST_CLOSES, _AGAIN = 120, 24
"""Looks, 25 ms apart, for a list to close after a row of it was clicked; after so many it is clicked again."""


def _choose(_hands: Hands, command: Answer, _found: Answer) -> Steps:
    opened = reach.opens(command["on"])
    if opened is not None:
        yield from _press_soon(lambda: reach.click(opened))
        yield 50
    spot, of_it = (
        reach.spot(command["on"], command.get("row"), command.get("text")),
        QApplication.activePopupWidget(),
    )
    yield from _press_soon(lambda: reach.click(spot))
    for waited in range(1, _LIST_CLOSES + 1):
        if of_it is None or QApplication.activePopupWidget() is not of_it:
            return
        yield 25
        if waited % _AGAIN == 0:  # Qt takes a click that follows the opening too soon for its end
            yield from _press_soon(lambda: reach.click(spot))


def _read(_hands: Hands, command: Answer, found: Answer) -> Steps:
    found.update(reach.told(reach.find(command["on"])))
    yield from ()


def _exists(_hands: Hands, command: Answer, found: Answer) -> Steps:
    found["exists"] = reach.exists(command["on"])
    yield from ()


def _wait(_hands: Hands, command: Answer, found: Answer) -> Steps:
    limit_s = float(command.get("timeout_s", 10))
    gone = QElapsedTimer()
    gone.start()
    while not reach.holds(command):
        if gone.elapsed() > limit_s * 1000:
            raise CannotReach(
                f"{command['on']} did not become so within {limit_s:g} s: {reach.state(command['on'])}"
            )
        yield 25
    found.update(reach.told_if_there(command["on"]), waited_s=round(gone.elapsed() / 1000, 3))


def _shot(_hands: Hands, command: Answer, found: Answer) -> Steps:
    found["size"] = reach.shot(command["path"], command.get("on"), command.get("only", False))
    yield from ()


def _tree(_hands: Hands, _command: Answer, found: Answer) -> Steps:
    found["tree"] = reach.tree()
    yield from ()


def _stalls(hands: Hands, _command: Answer, found: Answer) -> Steps:
    found.update(hands.pulse.told())
    yield from ()


def _quit(_hands: Hands, _command: Answer, _found: Answer) -> Steps:
    QTimer.singleShot(20, QApplication.quit)
    yield from ()


_ACTS: dict[str, Callable[[Hands, Answer, Answer], Steps]] = {
    "click": _click,
    "tap": _tap,
    "type": _type,
    "key": _key,
    "stroke": _stroke,
    "choose": _choose,
    "read": _read,
    "exists": _exists,
    "wait": _wait,
    "shot": _shot,
    "tree": _tree,
    "stalls": _stalls,
    "quit": _quit,
}
