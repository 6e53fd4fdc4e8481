# SPDX-License-Identifier: GPL-3.0-or-later
"""A call on this device: the pure machine joined to the engine, to the letters of the peer,
and to the screen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from clinic.calls import claims
from clinic.calls import events as e
from clinic.calls.call import LIVE, RESTING, Call, idle
from clinic.calls.link import Quality, seen
from clinic.calls.machine import step
from clinic.calls.quality import Rung
from clinic.domain.clock import Clock, Random
from clinic.domain.errors import Unavailable
from clinic.domain.record import Record
from clinic.protocol import calling as peer_says
from clinic.protocol import engine as wire
from clinic.protocol.codec import Malformed
from clinic.protocol.sharing import ShareWord
from desktop.kit.engine import CallEngine
from desktop.kit.holding import Holding
from desktop.kit.laddering import Laddering
from desktop.kit.recording import Recordings
from desktop.kit.relays import AskLeave, Relays
from desktop.kit.sharing import Sharing
from desktop.kit.spoken import Notes
from desktop.kit.stills import Stills

Post = Callable[[str, peer_says.CallMessage], None]
Told = (
    peer_says.RungSaid
    | peer_says.StillAsked
    | peer_says.RecordingSaid
    | peer_says.RecordingShown
    | peer_says.HoldSaid
)
"""What is said over the data channel, or as a letter while there is none."""


class CallDesk(QObject):
    """One per program. Hands every happening to the machine and carries out what it decides."""

    changed = Signal(object)
    noted = Signal(str, str)
    said = Signal(str)
    quality = Signal(object)
    still_wanted = Signal(str)
    """call id: the peer asks for a picture, and there is no data channel to send it over"""

    def __init__(
        self,
        *,
        me: str,
        engine: CallEngine,
        post: Post,
        sign: claims.Sign,
        verify: claims.Verify,
        clock: Clock,
        random: Random,
        hands: str = "staff",
        relay: AskLeave | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engine, self._post, self._sign, self._verify = engine, post, sign, verify
        self._clock, self._random = clock, random
        self._call = idle(me)
        self._queue: deque[e.Event] = deque()
        self._link = Quality()
        self._mute = wire.Mute()
        self._keep: wire.KeepReceived | None = None
        self._timers = {timer: self._alarm(timer) for timer in e.Timer}
        self._channel = False
        self.ladder = Laddering(self._say, clock, hands, self)
        self.ladder.showing.connect(self._carry)
        self.stills = Stills(self._ask_for_still, clock, self)
        self.notes = Notes(engine, self)
        self.sharing = Sharing(self._tell_peer, clock, self)
        self.recording = Recordings(engine, self._say, self)
        self.holding = Holding(self._say, self)
        self.holding.changed.connect(lambda _ours, _theirs: self._engine.send(self._sent()))
        self.holding.turned.connect(self._held)
        self.relays = Relays(relay, engine, clock, self)
        engine.told.connect(self._from_engine)
        engine.ready.connect(self._engine_ready)
        engine.lost.connect(partial(self._happened, e.EngineLost()))
        if engine.is_ready:
            self._engine_ready()

    # what screens use

    @property
    def call(self) -> Call:
        return self._call

    @property
    def muted(self) -> tuple[bool, bool]:
        """(microphone, camera)"""
        return self._mute.audio, self._mute.video

    @property
    def link(self) -> Quality:
        return self._link

    def ring(self, peer: str, encounter_id: str, my_name: str) -> str:
        """Ring that device; the id of the call, or of the one that is already running."""
        call_id = self._random(10).hex()
        self._happened(e.RingPressed(peer, call_id, encounter_id, my_name))
        return self._call.call_id

    def answer(self) -> None:
        self._happened(e.AnswerPressed())

    def decline(self) -> None:
        self._happened(e.DeclinePressed())

    def hang(self) -> None:
        if self._call.phase not in RESTING:
            self._happened(e.HangPressed())

    def dismiss(self) -> None:
        """Forget an ended call."""
        self._happened(e.Dismissed())

    def mute(self, *, audio: bool = False, video: bool = False) -> None:
        """True: send silence, or a dark picture. Holds for the call, also through a new engine."""
        self._mute = wire.Mute(audio=audio, video=video)
        self._engine.send(self._sent())

    def hold(self, on: bool) -> None:
        """True: neither side hears or sees the other, and both know; False: the call goes on as it was."""
        self.holding.press(on)

    def keep(self, path: str, consent_id: str) -> None:
        """Write what is received into a file, until `stop_keeping` or the call's end."""
        self._keep = wire.KeepReceived(path=path, consent_id=consent_id)
        self._engine.send(self._keep)

    def stop_keeping(self) -> None:
        if self._keep is not None:
            self._keep = None
            self._engine.send(wire.StopKeeping())

    def signalling(self, up: bool) -> None:
        """Letters to the peer travel now, or do not."""
        if up is not self._call.signalling_up:
            self._happened(e.SignallingBack() if up else e.SignallingLost())

    def deliver(self, peer: str, message: Record) -> None:
        """A letter about a call, opened and its sender checked by the letter layer."""
        if (event := self._event_of(peer, message)) is not None:
            self._happened(event)

    # happenings

    def _event_of(self, peer: str, message: Record) -> e.Event | None:
        match message:
            case peer_says.Ring():
                return e.RingArrived(peer, message)
            case peer_says.Accept(call_id=call_id):
                return e.PeerAccepted(peer, call_id)
            case peer_says.Decline(call_id=call_id):
                return e.PeerDeclined(peer, call_id)
            case peer_says.Busy(call_id=call_id):
                return e.PeerBusy(peer, call_id)
            case peer_says.Hang(call_id=call_id):
                return e.PeerHung(peer, call_id)
            case peer_says.Again(call_id=call_id, attempt=attempt):
                return e.PeerAskedAgain(peer, call_id, attempt)
            case peer_says.Description():
                return self._checked(peer, message)
            case peer_says.RungSaid(call_id=call_id) if self._call.about(peer, call_id):
                self.ladder.heard(message)
            case peer_says.StillAsked(call_id=call_id) if self._call.about(peer, call_id):
                self.still_wanted.emit(call_id)
            case peer_says.RecordingSaid() | peer_says.RecordingShown() if self._call.about(
                peer, message.call_id
            ):
                self.recording.heard(message)
            case peer_says.HoldSaid() if self._call.about(peer, message.call_id):
                self.holding.heard(message)
        return None

    def _checked(self, peer: str, came: peer_says.Description) -> e.Event:
        if self._call.about(peer, came.call_id):
            try:
                claims.check(self._call, peer, came, self._clock.now(), self._verify)
            except (claims.Distrusted, Malformed):
                return e.DescriptionDistrusted(peer, came.call_id)
        return e.DescriptionArrived(peer, came)

    def _from_engine(self, message: Record) -> None:
        match message:
            case wire.LocalDescription(call_id=call_id) if call_id == self._call.call_id:
                described = claims.describe(
                    self._call, message.attempt, message.sdp, message.type, self._clock.now(), self._sign
                )
                self._happened(e.DescriptionMade(described))
            case wire.MediaBack(call_id=call_id):
                self._happened(e.MediaFlowing(call_id))
            case wire.MediaSilent(call_id=call_id):
                self._happened(e.MediaWentSilent(call_id))
            case wire.RelayTold():
                self._relay_said(message)
            case wire.PathChosen(call_id=call_id) if call_id == self._call.call_id:
                self._relay_said(message)
            case wire.AttemptFailed(call_id=call_id, attempt=attempt):
                self._happened(e.AttemptBroke(call_id, attempt))
            case wire.CallStats(call_id=call_id) if call_id == self._call.call_id:
                self._channel = message.channel
                self._link = seen(self._link, message)
                self.quality.emit(self._link)
                self.ladder.figures(message)
                self.sharing.figures(message)
            case wire.PeerSaid(call_id=call_id, content=content) if call_id == self._call.call_id:
                self._heard(content)
            case wire.StillMoved() | wire.StillCame() if message.call_id == self._call.call_id:
                self.stills.take(message)

    def _relay_said(self, message: wire.RelayTold | wire.PathChosen) -> None:
        self.relays.heard(message)
        self.ladder.relay = self.relays.verdict

    def _heard(self, content: Record) -> None:
        """What came over the data channel of the call that runs."""
        match content:
            case peer_says.RungSaid(call_id=call_id) if call_id == self._call.call_id:
                self.ladder.heard(content)
            case peer_says.RecordingSaid() | peer_says.RecordingShown():
                self.recording.heard(content)
            case peer_says.HoldSaid():
                self.holding.heard(content)
            case _ if isinstance(content, ShareWord):
                self.sharing.heard(content)

    def _tell_peer(self, content: Record) -> None:
        """Over the data channel, or not at all: what is said of a share is said again."""
        self._engine.send(wire.SayToPeer(call_id=self._call.call_id, content=content))

    def _say(self, message: Told) -> None:
        """Over the data channel; as a letter while there is none that the peer has spoken on."""
        self._engine.send(wire.SayToPeer(call_id=self._call.call_id, content=message))
        if not self._channel:
            self._write(message)

    def _ask_for_still(self, number: int) -> str:
        """By which way it was asked for: over the channel where it is open, else by a letter; '' where nobody hears it."""
        if self._call.phase not in LIVE:
            return ""
        asked = peer_says.StillAsked(call_id=self._call.call_id, number=number)
        if self._channel:
            self._engine.send(wire.SayToPeer(call_id=self._call.call_id, content=asked))
            return "channel"
        return "letter" if self._write(asked) else ""

    def _write(self, message: Told) -> bool:
        """As a letter; True if letters travel. What is said here is said again, or asked again."""
        try:
            self._post(self._call.peer, message)
        except Unavailable:
            return False
        return self._call.signalling_up

    def _held(self, on: bool) -> None:
        self.noted.emit(self._call.encounter_id, "on hold" if on else "off hold")

    def _sent(self) -> wire.Mute:
        """What was switched off by hand; on hold, everything."""
        return wire.Mute(audio=True, video=True, deaf=True) if self.holding.ours else self._mute

    def _carry(self, video: bool) -> None:
        self._engine.send(wire.Carry(call_id=self._call.call_id, video=video))

    def _engine_ready(self) -> None:
        self._channel = False
        self.relays.engine_ready()
        self._engine.send(self._sent())
        if self._keep is not None:
            self._engine.send(self._keep)
        self._happened(e.EngineReady())
        self.sharing.engine_ready()

    def _happened(self, event: e.Event) -> None:
        """Steps the machine; what happens while effects are carried out waits its turn."""
        self._queue.append(event)
        if len(self._queue) > 1:
            return
        while self._queue:
            before = self._call
            self._call, effects = step(before, self._queue[0])
            try:
                for effect in effects:
                    self._carry_out(effect)
            finally:
                self._queue.popleft()
            if self._call != before:
                self.ladder.follow(self._call)
                self.relays.follow(self._call)
                self.sharing.follow(self._call)
                self.recording.follow(self._call)
                self.holding.follow(self._call)
                self._engine.stand_by(self._call.phase not in RESTING)
                self.changed.emit(self._call)

    # doings

    def _carry_out(self, effect: e.Effect) -> None:
        match effect:
            case e.SendToPeer(peer=peer, message=message):
                self._send(peer, message)
            case e.StartEngineCall():
                self._engine.send(self._start_command(effect))
                self._carry(self.ladder.ladder.rung is Rung.VIDEO)
            case e.FeedRemote(call_id=call_id, attempt=attempt, sdp=sdp, type=kind):
                self._engine.send(wire.AcceptRemote(call_id=call_id, attempt=attempt, sdp=sdp, type=kind))
            case e.StopEngineCall(call_id=call_id):
                self._stop_engine_call(call_id)
            case e.StartTimer(timer=timer, seconds=seconds):
                self._timers[timer].setProperty("call", self._call.call_id)
                self._timers[timer].start(round(seconds * 1000))
            case e.StopTimer(timer=timer):
                self._timers[timer].stop()
            case e.Note(encounter_id=encounter_id, step=step):
                self.noted.emit(encounter_id, step)
            case e.Say(status=status):
                self.said.emit(str(status))

    def _send(self, peer: str, message: peer_says.CallMessage) -> None:
        """A letter that cannot go now is not kept: the machine says it again when letters travel."""
        try:
            self._post(peer, message)
        except Unavailable:
            self._queue.append(e.SignallingLost())

    def _start_command(self, effect: e.StartEngineCall) -> wire.StartCall:
        return wire.StartCall(
            call_id=effect.call_id,
            attempt=effect.attempt,
            offerer=effect.offerer,
            local_ring=self._engine.ring_name("local"),
            remote_ring=self._engine.ring_name("remote"),
            ice_servers=self.relays.servers,
        )

    def _stop_engine_call(self, call_id: str) -> None:
        self.stop_keeping()
        self._channel = False
        self.stills.forget()
        self._engine.send(wire.Hangup(call_id=call_id))
        self._mute, self._link = wire.Mute(), Quality()
        self._engine.send(self._sent())
        self._engine.wipe("remote")

    def _alarm(self, timer: e.Timer) -> QTimer:
        alarm = QTimer(self)
        alarm.setSingleShot(True)
        alarm.timeout.connect(partial(self._rang, timer))
        return alarm

    def _rang(self, timer: e.Timer) -> None:
        self._happened(e.TimerFired(timer, str(self._timers[timer].property("call"))))
