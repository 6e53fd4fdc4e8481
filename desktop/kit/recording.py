# SPDX-License-Identifier: GPL-3.0-or-later
"""The recording of the call on this device: the pure `clinic.calls.recording` joined to the engine and to the other side, and
on the other side the mark that says so.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from clinic.calls import recording as rec
from clinic.calls.call import LIVE, Call, Phase
from clinic.domain.record import Record
from clinic.protocol import engine as wire
from clinic.protocol.calling import RecordingSaid, RecordingShown
from desktop.kit.engine import CallEngine

TICK_MS = 1000


class Recordings(QObject):
    """One per call desk. `say(message)` hands a word to the peer, over the channel or as a letter."""

    changed = Signal(object)
    """clinic.calls.recording.Recording: ours"""
    asked = Signal(object)
    """an effect for whoever has the store: AskConsent, LookAtConsent, OpenFile, File"""
    marked = Signal(bool)
    """whether the other side says that it records; also when it says so again"""

    def __init__(
        self,
        engine: CallEngine,
        say: Callable[[RecordingSaid | RecordingShown], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engine, self._say = engine, say
        self.ours, self.theirs = rec.Recording(), False
        self.shown: Callable[[], bool] = lambda: False
        """Whether a screen shows the mark now: only then the other side hears so."""
        self._call: Call | None = None
        self._number = 0
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._second)
        engine.told.connect(self._told)
        engine.lost.connect(lambda: self.send(rec.EngineLost()))

    # hands, and what the store answers

    def begin(self) -> None:
        """Record the call that runs, if the patient permits it and the other side can show it."""
        if (call := self._call) is not None and call.phase is Phase.TALKING:
            self.send(rec.RecordPressed(call.call_id, call.encounter_id))

    def end(self) -> None:
        self.send(rec.StopPressed())

    def object(self) -> None:
        """Whoever sits here wants no more of what the other side records."""
        if self.theirs and self._call is not None:
            self._say(RecordingShown(call_id=self._call.call_id, number=self._number, stop=True))

    def send(self, event: rec.Event) -> None:
        before = self.ours
        self.ours, effects = rec.step(before, event)
        busy = self.ours.stage is not rec.Stage.OFF
        if busy is not self._tick.isActive():
            self._tick.start() if busy else self._tick.stop()
        for effect in effects:
            self._carry_out(effect)
        if self.ours != before:
            self.changed.emit(self.ours)

    # the call

    def follow(self, call: Call) -> None:
        """The call has a new state."""
        before, self._call = self._call, call
        over = call.phase not in LIVE or (before is not None and before.call_id != call.call_id)
        if over:
            self.send(rec.CallOver())
            self._mark(False)

    def heard(self, message: Record) -> None:
        """A word of the peer about the call that runs."""
        match message:
            case RecordingSaid(call_id=call_id, on=on, number=number) if self._about(call_id):
                self._number = number
                self._mark(on, again=True)
                if on and self.shown():
                    self._say(RecordingShown(call_id=call_id, number=number))
            case RecordingShown(call_id=call_id, number=number, stop=stop) if self._about(call_id):
                self.send(rec.PeerStops(call_id, number) if stop else rec.PeerShows(call_id, number))

    def _about(self, call_id: str) -> bool:
        return self._call is not None and self._call.phase in LIVE and call_id == self._call.call_id

    def _mark(self, on: bool, again: bool = False) -> None:
        changed, self.theirs = self.theirs is not on, on
        if changed or (again and on):
            self.marked.emit(on)

    # doings

    def _second(self) -> None:
        self.send(rec.Ticked(self._call is not None and self._call.phase is Phase.TALKING))

    def _told(self, message: Record) -> None:
        match message:
            case wire.RecordingMoved(path=path, seconds=seconds, little=little):
                self.send(rec.Moved(path, seconds, little))
            case wire.RecordingEnded():
                ended = rec.Ended(
                    message.path, message.seconds, message.size, message.id, message.why, message.sentence
                )
                self.send(ended)

    def _carry_out(self, effect: rec.Effect) -> None:
        match effect:
            case rec.Tell(call, on, number):
                if self._about(call):
                    self._say(RecordingSaid(call_id=call, on=on, number=number))
            case rec.Write(call, path, consent, key):
                self._engine.send(wire.RecordCall(call_id=call, path=path, key=key, consent_id=consent))
            case rec.Finish(call):
                self._engine.send(wire.StopRecording(call_id=call))
            case _:
                self.asked.emit(effect)
