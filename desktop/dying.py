# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinician types a note in the visit's real page while the engine of her call dies, in every phase and in every way.

`python -m desktop.dying FOLDER PHASE WAY [PHASE WAY …]` says one line of JSON for each (`clinic.bench.dying.Death`). For
`posta bench engine-deaths`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

from nacl.signing import VerifyKey
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from clinic.bench.dying import BACK_S, LIMIT_S, Death
from clinic.calls.call import RESTING, Call, Phase
from clinic.domain.clock import SystemClock
from clinic.domain.errors import Unavailable
from clinic.domain.facts import Section
from clinic.domain.ids import DeviceId, EncounterId
from clinic.protocol import calling as says
from clinic.services.visits import draft
from desktop.duet import READY_S, Chart, Side
from desktop.kit import theme
from desktop.screens.room import Room
from desktop.screens.verbs import Clinic
from desktop.screens.visit.errands import Line
from desktop.screens.visit.happenings import CallChanged, VisitOpened
from desktop.screens.visit.view import VisitView
from desktop.waiting import wait

WATCHED_S = BACK_S + 1.0
SLOW_S = 10.0
SETTLED_S = 8.0
"""A call that has talked for so long has another engine waiting (`desktop.kit.spare`)."""
LOOK_MS = 5
KEY_MS = 40
WORDS = "dolor de pecho desde ayer, cede con reposo. "
"""What is typed, over and over."""
ANSWERED = ("connecting", "talking", "reconnecting")
_SIGNALS = {
    "killed": "SIGKILL",
    "segv": "SIGSEGV",
    "hangs": "SIGSTOP",
    "spins": "SIGUSR1",
    "memory": "SIGUSR2",
}


class Typist:
    """Types into a field and looks how late the screen is, as long as it is told to."""

    def __init__(self, field: QWidget) -> None:
        self._field, self.typed, self.late_ms = field, "", list[float]()
        self._looked = time.perf_counter()
        self._look = QTimer(field, interval=LOOK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._look.timeout.connect(self._late)
        self._keys = QTimer(field, interval=KEY_MS, timerType=Qt.TimerType.PreciseTimer)
        self._keys.timeout.connect(self._type)

    def begin(self) -> None:
        self._looked = time.perf_counter()
        self._look.start()
        self._keys.start()

    def end(self) -> None:
        self._look.stop()
        self._keys.stop()

    def _late(self) -> None:
        now = time.perf_counter()
        self.late_ms.append(max(0.0, (now - self._looked) * 1000 - LOOK_MS))
        self._looked = now

    def _type(self) -> None:
        letter = WORDS[len(self.typed) % len(WORDS)]
        began = time.perf_counter()
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(self._field, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))
        self.late_ms.append((time.perf_counter() - began) * 1000)
        self.typed += letter


class Ward:
    """Owns both sides, the page and the book it writes to."""

    def __init__(self, folder: Path) -> None:
        self.chart = Chart(folder / "homes")
        keys: dict[str, VerifyKey] = {}
        mortal = sys.executable, "-m", "clinic.bench.dying.mortal"
        self.a = Side("A", mortal, folder / "cache", self._post, keys)
        self.b = Side("B", (), folder / "cache", self._post, keys)
        self.room = Room(Clinic(self.chart.desk), SystemClock())
        self.page = VisitView(self.room, Line(), self.a.engine)
        self.page.resize(1366, 768)
        self.page.show()
        self.a.desk.changed.connect(
            lambda call: self.page.loop.send(
                CallChanged(str(call.phase), call.reason, True, call.encounter_id)
            )
        )
        self.a.desk.quality.connect(self.page.call.show_quality)
        self.a.desk.noted.connect(
            lambda encounter, step: self.chart.noted(encounter, step, self.a.desk.call.call_id)
        )
        self._answers = False
        self.b.desk.changed.connect(self._b_changed)
        for side in (self.a, self.b):
            side.engine.start()

    def close(self) -> None:
        for side in (self.a, self.b):
            side.engine.stop()
        self.page.flush()
        self.page.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.room.close()
        self.chart.close()

    def play(self, phase: str, way: str) -> Death:
        """One death. Raises Unavailable without engines, and where the call does not get into that phase."""
        self._need(lambda: self.a.engine.is_steady and self.b.engine.is_steady, READY_S)
        encounter = self.chart.visit()
        self.page.open(VisitOpened(encounter, self.chart.patient, DeviceId("B"), SystemClock().now()))
        self._need(lambda: self.page.loop.state.loaded, READY_S)
        seen = Seen(self)
        typist = Typist(self.page.note.fields[Section.SUBJECTIVE])
        self._answers = phase in (*ANSWERED, "ended")
        if phase != "idle":
            self.a.desk.ring("B", encounter, "Dra. Ruiz")
        self._reach(phase)
        typist.begin()
        seen.died()
        os.kill(self.a.engine.pid, getattr(signal, _SIGNALS[way]))
        wait(lambda: False, WATCHED_S)
        typist.end()
        if phase in ANSWERED:
            wait(lambda: seen.carries_s is not None and self.b.call.phase is Phase.TALKING, LIMIT_S)
        if seen.back_s is None and not wait(lambda: seen.back_s is not None, SLOW_S):
            seen.died()  # an engine that has nothing to do needs no memory: it dies at its next use
            self.a.engine.open_camera("photo")
        wait(lambda: seen.back_s is not None, LIMIT_S)
        death = Death(
            phase, way, seen.back_s, seen.carries_s, tuple(round(ms, 2) for ms in typist.late_ms),
            self._lost(encounter, typist.typed), str(self.a.call.phase),
        )  # fmt: skip
        seen.close()
        for side in (self.a, self.b):
            side.desk.hang()
        self._need(lambda: all(side.call.phase in RESTING for side in (self.a, self.b)), LIMIT_S)
        for side in (self.a, self.b):
            side.desk.dismiss()
        return death

    def _reach(self, phase: str) -> None:
        """The call gets into that phase; 'connecting' is short, so it is waited for without a look at anything else."""
        match phase:
            case "calling":
                self._need(lambda: self.b.call.phase is Phase.RINGING, LIMIT_S)
            case "connecting":
                self._need(lambda: self.a.call.phase is Phase.CONNECTING, LIMIT_S, look_ms=1)
            case "talking" | "reconnecting" | "ended":
                self._need(lambda: self.a.call.phase is self.b.call.phase is Phase.TALKING, LIMIT_S)
                wait(lambda: False, SETTLED_S)
        if phase == "reconnecting":
            os.kill(self.b.engine.pid, signal.SIGSTOP)
            self._need(lambda: self.a.call.phase is Phase.RECONNECTING, LIMIT_S)
        if phase == "ended":
            self.a.desk.hang()
            self._need(lambda: self.b.call.phase is Phase.ENDED, LIMIT_S)

    def _lost(self, encounter: EncounterId, typed: str) -> int:
        """Characters that are not in the book once the page has saved."""
        self.page.lock()

        def there() -> str:
            return draft(self.chart.desk, encounter).texts.get(Section.SUBJECTIVE, "")

        wait(lambda: there() == typed, 10.0)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(there(), typed, strict=False)))
        return len(typed) - same

    def _need(self, condition: Callable[[], bool], seconds: float, look_ms: int = 20) -> None:
        if not wait(condition, seconds, look_ms):
            raise Unavailable("The call did not get as far as it must: {phase}.", phase=self.a.call.phase)

    def _b_changed(self, call: Call) -> None:
        if call.phase is Phase.RINGING and self._answers:
            QTimer.singleShot(0, self.b.desk.answer)

    def _post(self, sender: str, _peer: str, message: says.CallMessage) -> None:
        other = self.b if sender == "A" else self.a
        QTimer.singleShot(0, lambda: other.desk.deliver(sender, message))


class Seen:
    """When the engine was back, and when the call carried again."""

    def __init__(self, ward: Ward) -> None:
        self._ward, self._died = ward, 0.0
        self.back_s: float | None = None
        self.carries_s: float | None = None
        ward.a.engine.ready.connect(self._ready)
        ward.a.desk.changed.connect(self._changed)

    def died(self) -> None:
        self._died = time.monotonic()

    def close(self) -> None:
        self._ward.a.engine.ready.disconnect(self._ready)
        self._ward.a.desk.changed.disconnect(self._changed)

    def _ready(self) -> None:
        if self._died and self.back_s is None:
            self.back_s = round(time.monotonic() - self._died, 3)

    def _changed(self, call: Call) -> None:
        if self._died and self.back_s is not None and call.phase is Phase.TALKING:
            self.carries_s = self.carries_s or round(time.monotonic() - self._died, 3)


def main(words: list[str]) -> int:
    folder, pairs = Path(words[0]), list(zip(words[1::2], words[2::2], strict=True))
    application = QApplication([])
    theme.apply(application)
    ward = Ward(folder)
    try:
        for phase, way in pairs:
            print(json.dumps(ward.play(phase, way).told), flush=True)
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return 4
    finally:
        ward.close()
        del application
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
