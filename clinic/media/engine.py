# SPDX-License-Identifier: GPL-3.0-or-later
"""The call engine: one asyncio loop that takes commands, runs attempts and tells what happens.

Heavy libraries are imported while the first command is awaited, so this module must not import them at its
head.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinic.domain.errors import PostaError
from clinic.domain.record import Record
from clinic.media import spent
from clinic.media.filming import Filming
from clinic.media.ring import Ring
from clinic.media.sources import Missing, Spec
from clinic.protocol import engine as wire
from clinic.protocol.codec import Malformed

if TYPE_CHECKING:
    from av import VideoFrame

    from clinic.media.capture import CameraFeed, MicrophoneFeed
    from clinic.media.echo import EchoWatch
    from clinic.media.notes import Note, Playing, Pump, Tapped
    from clinic.media.recorder import Recorder
    from clinic.media.relays import Relays
    from clinic.media.session import Session, Traffic
    from clinic.media.speaker import Sink, Speaker
    from clinic.media.trying import Listening

BEAT_S = 0.5
LOOK_S = 0.2
"""How often silence is looked for."""
SILENT_S = 1.2
"""Nothing received for that long is silence; both screens must say so within 2 s."""
OLD_PATH_S = 2.0
"""How long a replaced path lives on, so that the peer sees the new one first."""
HEAVY = ("aiortc", "av", "numpy", "clinic.media.doors", "clinic.media.session", "clinic.media.recorder")
PLUGGED_S = 1.0
"""How often devices are looked for while somebody tries them."""
PICTURE_S = 2.0
"""How long a still waits for the camera's next picture."""
CALM_KBPS, NEAR_MS = 160.0, 150.0
"""What a link is taken to carry that loses nothing and answers within that time, where no estimate says more."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    camera: Spec
    camera_scan: Spec | None
    microphone: Spec
    speaker: str
    fps: int
    cache: Path | None
    spoken: Path | None = None


class Engine:
    """Owns the devices and the attempts of at most one call."""

    def __init__(
        self, options: Options, tell: Callable[[Record], None], commands: asyncio.Queue[Record | Malformed]
    ) -> None:
        self._options, self._tell, self._commands = options, tell, commands
        self._loop = asyncio.get_running_loop()
        self._rings: dict[str, Ring] = {}
        self._camera: CameraFeed | None = None
        self._camera_spec: Spec | None = None
        self._microphone: MicrophoneFeed | None = None
        self._speaker: Speaker | None = None
        self._echo: EchoWatch
        self._recorder: Recorder | None = None
        self._sessions: dict[int, Session] = {}
        self._carrying: Session | None = None
        self._call_id = ""
        self._silent = False
        self._flowed = False
        self._seen_picture = False
        self._mute = wire.Mute()
        self._last: Traffic | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._told: wire.CallStats | None = None
        self._no_video_for = ""
        """The call whose pictures stay here."""
        self._rested = False
        """Whether no picture came in the second before."""
        self._tap: Tapped | None = None
        self._note: Note | None = None
        self._pump: Pump | None = None
        self._playing: Playing | None = None
        self._listening: Listening | None = None
        self._watching: asyncio.Task[None] | None = None
        self._filming = Filming(self, time.monotonic)
        self._relays: Relays | None = None

    async def run(self) -> None:
        """Until Quit."""
        self._tell(wire.Ready(pid=os.getpid(), devices=devices(self._options)))
        watches = [
            spent.needed(asyncio.create_task(each())) for each in (self._beat, self._look, self._measure)
        ]
        await self._loop.run_in_executor(None, _load, self._options)
        while not isinstance(command := await self._commands.get(), wire.Quit):
            await self._obey(command)
        for watch in watches:
            watch.cancel()
        await self._stop_listening()
        await self._hang_up()
        await self._filming.close()
        if self._relays is not None:
            await self._relays.close()
        self._close_camera()
        for ring in self._rings.values():
            ring.close()

    # commands

    async def _obey(self, command: Record | Malformed) -> None:
        """A command that cannot be done is answered; it never ends the engine."""
        if isinstance(command, Malformed):
            self._refuse(str(command))
            return
        orders: dict[type, Callable[[Any], Awaitable[None]]] = {
            wire.OpenCamera: self._open_camera,
            wire.CloseCamera: self._close_preview,
            wire.ReadyRelay: self._ready_relay,
            wire.StartCall: self._start_call,
            wire.AcceptRemote: self._accept_remote,
            wire.Hangup: self._hang,
            wire.Mute: self._set_mute,
            wire.KeepReceived: self._keep,
            wire.StopKeeping: self._stop_keeping,
            wire.Carry: self._carry,
            wire.SayToPeer: self._say_to_peer,
            wire.RecordNote: self._record_note,
            wire.PlayNote: self._play_note,
            wire.ListenIn: self._listen_in,
            wire.PlayChime: self._play_chime,
            **self._filming.orders,
        }
        order = orders.get(type(command))
        if order is None:
            self._refuse("The call engine does not know this command. Update Posta on this device.")
            return
        try:
            await order(command)
        except PostaError as problem:
            spent.end_if_spent(problem)
            self._refuse(str(problem))
        except Exception as problem:  # noqa: BLE001  # the engine's roof: bugs end here
            spent.end_if_spent(problem)
            log.error("%s failed: %s", type(command).__name__, _place(problem))
            self._could_not(command)

    def _could_not(self, command: Record) -> None:
        """Something went wrong inside: that attempt is over, the engine goes on."""
        if isinstance(command, wire.StartCall | wire.AcceptRemote) and command.attempt in self._sessions:
            self._failed(
                self._sessions[command.attempt], "This connection could not be made. It is tried again."
            )
        else:
            self._refuse("The call engine could not do this. Try again.")

    def _refuse(self, sentence: str) -> None:
        self._tell(wire.CommandRefused(sentence=sentence))

    async def _open_camera(self, command: wire.OpenCamera) -> None:
        if self._call_id:
            self._refuse("The camera belongs to the running call.")
            return
        await self._use_camera(command.purpose, command.preview)

    async def _close_preview(self, _: wire.CloseCamera) -> None:
        if not self._call_id:
            self._close_camera()

    async def _start_call(self, command: wire.StartCall) -> None:
        from clinic.media.session import Session

        if command.call_id != self._call_id:
            if self._call_id:
                await self._hang_up()
            await self._begin(command)
        elif command.attempt <= max(self._sessions, default=0):
            self._refuse("This attempt of the call is over.")
            return
        assert self._microphone is not None
        await self._drop_hopeless()
        known = self._carrying.believed_bps if self._carrying is not None else None
        session = Session(command, self._camera, self._microphone, self, known, self._relays_now())
        self._sessions[command.attempt] = session
        if command.offerer:
            await self._describe(command, session.offer())

    async def _begin(self, command: wire.StartCall) -> None:
        """Devices of a call: whatever is missing is said, and the call goes on without it."""
        from clinic.media.capture import MicrophoneFeed
        from clinic.media.echo import EchoWatch
        from clinic.media.microphone import silence
        from clinic.media.notes import Tapped
        from clinic.media.speaker import NullSink, Speaker, loudness, open_sink

        await self._stop_listening()
        await self._filming.end_watching()
        self._call_id = command.call_id
        self._silent = self._flowed = self._seen_picture = False
        await self._use_camera(wire.Purpose.CALL, command.local_ring)
        microphone = silence()
        with self._missing(wire.Medium.MICROPHONE):
            microphone = await self._loop.run_in_executor(None, self._open_microphone)
        self._tap = Tapped(microphone)
        if self._note is not None:
            await self._end_pump()
            self._tap.take = self._note.take
        self._microphone = MicrophoneFeed(self._tap, self._microphone_lost)
        self._echo = EchoWatch()

        def taken(block: Any) -> None:
            self._echo.taken(loudness(block))
            self._filming.said(block, self._mute.audio)

        self._microphone.listen = taken
        self._say_if_hummed()
        sink: Any = NullSink()
        with self._missing(wire.Medium.SPEAKER):
            sink = open_sink(self._options.speaker)
        self._speaker = Speaker(sink, self._heard_block)
        self._apply_mute()

    async def _accept_remote(self, command: wire.AcceptRemote) -> None:
        session = self._sessions.get(command.attempt) if command.call_id == self._call_id else None
        if session is None:
            self._refuse("This description belongs to an attempt that is over.")
            return
        await self._describe(command, session.accept(command))

    async def _describe(
        self, command: wire.StartCall | wire.AcceptRemote, making: Awaitable[wire.LocalDescription | None]
    ) -> None:
        """Where a relay may have to be waited for, beside the commands: nobody's hanging up waits for it."""
        session = self._sessions[command.attempt]
        if session.start.ice_servers:
            self._later(self._described_beside(command, session, making))
        elif (made := await making) is not None:
            self._tell(made)

    async def _described_beside(
        self,
        command: wire.StartCall | wire.AcceptRemote,
        session: Session,
        making: Awaitable[wire.LocalDescription | None],
    ) -> None:
        try:
            made = await making
        except Exception as problem:  # noqa: BLE001  # a roof as that of the commands
            spent.end_if_spent(problem)
            if self._sessions.get(command.attempt) is session:
                log.error("%s failed: %s", type(command).__name__, _place(problem))
                self._could_not(command)
            return
        if made is not None and self._sessions.get(command.attempt) is session:
            self._tell(made)

    async def _ready_relay(self, command: wire.ReadyRelay) -> None:
        self._relays_now().ready(command.ice_servers)

    def _relays_now(self) -> Relays:
        from clinic.media.relays import Relays

        if self._relays is None:
            self._relays = Relays(self._tell)
        return self._relays

    async def _hang(self, command: wire.Hangup) -> None:
        if command.call_id == self._call_id:
            await self._hang_up()

    async def _set_mute(self, command: wire.Mute) -> None:
        self._mute = command
        self._apply_mute()

    async def _keep(self, command: wire.KeepReceived) -> None:
        from clinic.media.recorder import Recorder

        if self._recorder is not None:
            self._refuse("This call is being recorded already.")
            return
        self._recorder = Recorder(Path(command.path), command.consent_id, time.monotonic)
        self._tell(wire.Keeping(path=str(self._recorder.path)))

    async def _stop_keeping(self, _: wire.StopKeeping) -> None:
        await self._finish_recording()

    # devices

    async def _use_camera(self, purpose: wire.Purpose, preview: str) -> None:
        """Open what the purpose asks for; a missing camera is said, and no camera is used."""
        from clinic.media.camera import open_camera
        from clinic.media.capture import CameraFeed

        scan = self._options.camera_scan if purpose is wire.Purpose.SCAN else None
        spec = scan or self._options.camera
        if self._camera is None or self._camera_spec != spec:
            self._close_camera()
            with self._missing(wire.Medium.CAMERA):
                options = self._options
                camera = await self._loop.run_in_executor(None, open_camera, spec, options.fps, options.cache)
                self._camera, self._camera_spec = CameraFeed(camera, self._announce, self._camera_lost), spec
        if self._camera is None:
            return
        self._camera.show_in(self._ring(preview))
        self._apply_mute()
        self._tell(wire.CameraOpened(purpose=purpose, name=self._camera.camera.name))

    def _open_microphone(self) -> Any:
        from clinic.media.microphone import open_microphone
        from clinic.media.traced import TracedMicrophone

        microphone = open_microphone(self._options.microphone, self._options.cache)
        spoken = self._options.spoken
        return TracedMicrophone(microphone, spoken) if spoken else microphone

    def _close_camera(self) -> None:
        if self._camera is not None:
            self._camera.close()
        self._camera = self._camera_spec = None

    def _camera_lost(self) -> None:
        self._tell(
            wire.DeviceMissing(medium=wire.Medium.CAMERA, sentence="The camera is gone. Plug it in again.")
        )
        self._close_camera()

    def _microphone_lost(self) -> None:
        sentence = "The microphone is gone. Plug it in again, or write in the chat."
        self._tell(wire.DeviceMissing(medium=wire.Medium.MICROPHONE, sentence=sentence))

    @contextlib.contextmanager
    def _missing(self, medium: wire.Medium) -> Any:
        try:
            yield
        except Missing as missing:
            spent.end_if_spent(missing)
            self._tell(wire.DeviceMissing(medium=medium, sentence=str(missing)))

    def _say_if_hummed(self) -> None:
        from clinic.media.voice import voice

        spec = self._options.microphone
        if spec.kind == "clip" and not voice(spec.value, self._options.cache).spoken:
            self._tell(
                wire.Notice(sentence="espeak-ng is not installed, so the clip hums instead of speaking.")
            )

    def _apply_mute(self) -> None:
        if self._camera is not None:
            self._camera.muted = self._mute.video
        if self._microphone is not None:
            self._microphone.muted = self._mute.audio
        if self._speaker is not None:
            self._speaker.deaf = self._mute.deaf

    def _ring(self, name: str) -> Ring | None:
        if name and name not in self._rings:
            try:
                self._rings[name] = Ring.attach(name)
            except FileNotFoundError:
                self._refuse("The shared pictures are gone. Start the program again.")
        return self._rings.get(name)

    def _announce(self, ring: str, slot: int, seq: int, width: int, height: int) -> None:
        self._tell(wire.FrameReady(ring=ring, slot=slot, seq=seq, width=width, height=height))

    # the ladder: whether pictures go, the data channel, voice notes

    @property
    def carries_video(self) -> bool:
        return not self._call_id or self._no_video_for != self._call_id

    async def _carry(self, command: wire.Carry) -> None:
        self._no_video_for = "" if command.video else command.call_id
        if command.call_id == self._call_id:
            for session in self._sessions.values():
                session.send_pictures(command.video)

    async def _say_to_peer(self, command: wire.SayToPeer) -> None:
        session = self._carrying
        if command.call_id == self._call_id and session is not None and session.channel is not None:
            session.channel.say(command.content)

    def tell(self, message: Record) -> None:
        self._tell(message)

    # what recordings ask (clinic.media.filming.Host)

    @property
    def running_call(self) -> str:
        return self._call_id

    @property
    def camera(self) -> CameraFeed | None:
        return self._camera

    def ring(self, name: str) -> Ring | None:
        return self._ring(name)

    def announce(self, ring: str, slot: int, seq: int, width: int, height: int) -> None:
        self._announce(ring, slot, seq, width, height)

    def sink(self) -> Sink:
        from clinic.media.speaker import open_sink

        return open_sink(self._options.speaker)

    async def newest_picture(self) -> VideoFrame | None:
        """The next picture of the camera; None where there is none, or it is covered."""
        camera = self._camera
        if camera is None or camera.muted:
            return None
        queue = camera.outlets.open()
        try:
            return await asyncio.wait_for(queue.get(), PICTURE_S)
        except TimeoutError:
            return None
        finally:
            camera.outlets.close(queue)

    def link_kbps(self) -> float | None:
        """What the link carries, as far as is known: the estimate, or what a calm link carried just now."""
        from clinic.calls.quality import CALM, estimated

        told = self._told
        if told is None or (known := estimated(told)) is not None:
            return None if told is None else known
        return max(CALM_KBPS, told.sent_kbps) if told.loss <= CALM and 0 < told.rtt_ms < NEAR_MS else None

    async def _record_note(self, command: wire.RecordNote) -> None:
        from clinic.media.notes import Note, Pump

        if not command.on:
            await self._end_note(command.keep)
        elif self._note is None:
            self._note = note = Note()
            if self._call_id and self._tap is not None:
                self._tap.take = note.take
                return
            if self._listening is not None:
                self._listening.take = note.take
                return
            try:
                microphone = await self._loop.run_in_executor(None, self._open_microphone)
            except Missing:
                self._note = None
                self._tell(wire.NoteRecorded(trouble="no microphone"))
                return
            self._pump = Pump(microphone, note.take)

    async def _end_note(self, keep: bool) -> None:
        note, self._note = self._note, None
        if self._tap is not None:
            self._tap.take = None
        if self._listening is not None:
            self._listening.take = None
        await self._end_pump()
        if note is None or not keep:
            return
        sound = await self._loop.run_in_executor(None, note.sound)
        trouble = "" if sound else "empty"
        self._tell(wire.NoteRecorded(sound=sound, seconds=round(note.seconds, 1), trouble=trouble))

    async def _end_pump(self) -> None:
        pump, self._pump = self._pump, None
        if pump is not None:
            await self._loop.run_in_executor(None, pump.close)

    async def _play_note(self, command: wire.PlayNote) -> None:
        from clinic.media.notes import decoded

        await self._stop_playing()
        if command.sound:
            await self._play(lambda: decoded(command.sound))

    async def _play_chime(self, _: wire.PlayChime) -> None:
        from clinic.media.trying import chime

        await self._stop_playing()
        await self._play(chime)

    async def _stop_playing(self) -> None:
        before, self._playing = self._playing, None
        if before is not None:
            await self._loop.run_in_executor(None, before.stop)

    async def _play(self, made: Callable[[], Any]) -> None:
        from clinic.media.notes import Playing
        from clinic.media.speaker import BUSY, open_sink

        try:
            sound = await self._loop.run_in_executor(None, made)
            sink = await self._loop.run_in_executor(None, open_sink, self._options.speaker)
        except Missing as missing:
            trouble = "loudspeaker in use" if str(missing) == BUSY else "no loudspeaker"
            self._tell(wire.NotePlayed(whole=False, trouble=trouble))
        except PostaError:
            self._tell(wire.NotePlayed(whole=False, trouble="damaged"))
        else:
            self._playing = Playing(sound, sink, self._note_played)

    def _note_played(self, whole: bool) -> None:
        """From the thread that plays."""
        if whole:
            self._loop.call_soon_threadsafe(self._tell, wire.NotePlayed())

    # trying the devices before a call

    async def _listen_in(self, command: wire.ListenIn) -> None:
        await self._stop_listening()
        if command.on and self._call_id:
            self._refuse("The microphone belongs to the running call.")
        elif command.on:
            self._watching = asyncio.create_task(self._watch_devices())
            await self._listen()

    async def _listen(self) -> None:
        from clinic.media.trying import Listening

        with self._missing(wire.Medium.MICROPHONE):
            microphone = await self._loop.run_in_executor(None, self._open_microphone)
            self._listening = Listening(microphone, self._level, self._listening_lost)

    async def _stop_listening(self) -> None:
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
        listening, self._listening = self._listening, None
        if listening is not None:
            await self._loop.run_in_executor(None, listening.close)

    def _level(self, level: float, silent: bool) -> None:
        """From the thread that listens."""
        self._loop.call_soon_threadsafe(self._tell, wire.MicrophoneLevel(level=level, silent=silent))

    def _listening_lost(self) -> None:
        """From the thread that listens: the next change of the devices opens it again."""

        def lost() -> None:
            self._listening = None
            self._microphone_lost()

        self._loop.call_soon_threadsafe(lost)

    async def _watch_devices(self) -> None:
        """Each second: what was plugged in is said, and a microphone that was missing is opened."""
        from clinic.media.trying import plugged

        seen: tuple[tuple[str, str], ...] | None = None
        while True:
            now = await self._loop.run_in_executor(None, plugged)
            if now != seen:
                first, seen = seen is None, now
                self._tell(wire.DevicesSeen(devices=self._devices_now(now)))
                if not first and self._listening is None and self._note is None:
                    await self._listen()
            await asyncio.sleep(PLUGGED_S)

    def _devices_now(self, found: tuple[tuple[str, str], ...]) -> tuple[wire.Device, ...]:
        """Of the real ones, those that may be used; and what stands in for them."""
        options = self._options
        used = {
            "camera": options.camera.kind,
            "microphone": options.microphone.kind,
            "speaker": options.speaker,
        }
        real = [
            wire.Device(medium=wire.Medium(kind), name=name) for kind, name in found if used[kind] == "auto"
        ]
        other = [
            wire.Device(medium=wire.Medium(kind), name=what, real=False)
            for kind, what in used.items()
            if what not in ("auto", "none")
        ]
        return (*real, *other)

    # what attempts tell (clinic.media.session.Listener)

    def heard(self, session: Session) -> None:
        self._carries(session)

    def saw(self, session: Session, frame: VideoFrame) -> None:
        from clinic.media.capture import show

        self._carries(session)
        if session is not self._carrying:
            return
        if not self._seen_picture:
            self._seen_picture = True
            self._tell(wire.FirstFrame(call_id=self._call_id, attempt=session.attempt))
        if self._mute.deaf:
            return
        if (ring := self._ring(session.start.remote_ring)) is not None:
            show(frame, ring, self._announce)
        self._filming.saw(frame)
        if self._recorder is not None:
            self._recorder.picture(frame)

    def connection(self, session: Session, state: str) -> None:
        log.info("attempt %d is %s", session.attempt, state)
        if self._sessions.get(session.attempt) is not session:
            return
        self._tell(self._state_of(session, state))
        if state in ("failed", "closed"):
            self._failed(session, "This connection has broken. It is tried again.")

    def _state_of(self, session: Session, state: str) -> wire.MediaState:
        receiving = session is self._carrying and not self._silent
        return wire.MediaState(
            call_id=self._call_id, attempt=session.attempt, connection=state, receiving=receiving
        )

    def _failed(self, session: Session, sentence: str) -> None:
        self._tell(wire.AttemptFailed(call_id=self._call_id, attempt=session.attempt, sentence=sentence))
        if session is not self._carrying:
            self._sessions.pop(session.attempt, None)
            self._later(session.close())

    def _carries(self, session: Session) -> None:
        """Media came in on that attempt: the newest one that receives carries the call."""
        carrying = self._carrying
        if carrying is None or session.attempt > carrying.attempt:
            self._carrying, self._last = session, None
            session.talking.speak()
            if self._speaker is not None:
                self._speaker.hear(session.talking.playout.take)
            self._later(self._retire_before(session.attempt))
        if session is self._carrying and (self._silent or not self._flowed):
            self._silent, self._flowed = False, True
            session.refresh()
            self._tell(wire.MediaBack(call_id=self._call_id, attempt=session.attempt))
            self._tell(self._state_of(session, session.state))

    async def _retire_before(self, attempt: int) -> None:
        await asyncio.sleep(OLD_PATH_S)
        for number in [old for old in self._sessions if old < attempt]:
            await self._sessions.pop(number).close()

    async def _drop_hopeless(self) -> None:
        """Before a new attempt: only the one that carries, or carried, lives on beside it."""
        for number in [n for n, session in self._sessions.items() if session is not self._carrying]:
            self._later(self._sessions.pop(number).close())

    def _heard_block(self, block: Any) -> None:
        from clinic.media.speaker import loudness

        self._echo.played(loudness(block))
        self._filming.heard(block)
        if (recorder := self._recorder) is not None:
            recorder.sound(block)

    # watches

    async def _beat(self) -> None:
        beat = 0
        while True:
            self._tell(wire.Heartbeat(beat=beat))
            beat += 1
            await asyncio.sleep(BEAT_S)

    async def _look(self) -> None:
        while True:
            due = self._loop.time() + LOOK_S
            await asyncio.sleep(LOOK_S)
            if self._loop.time() - due > LOOK_S:
                continue  # it was we who slept: what came meanwhile is taken first
            quiet = self._quiet_s()
            if self._flowed and not self._silent and quiet > SILENT_S and self._carrying is not None:
                self._silent = True
                attempt = self._carrying.attempt
                self._tell(wire.MediaSilent(call_id=self._call_id, attempt=attempt, seconds=quiet))

    def _quiet_s(self) -> float:
        if self._carrying is None or self._carrying.last_media is None:
            return 0.0
        return self._loop.time() - self._carrying.last_media

    async def _measure(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            if (session := self._carrying) is not None:
                now = await session.traffic()
                before, self._last = self._last, now
                if before is not None:
                    self._told = replace(self._stats(session, before, now), channel=session.speaks)
                    self._tell(self._told)
                    self._tell(self._speech_stats(session))
                if not self._mute.audio and self._echo.look():
                    self._tell(wire.EchoHeard(call_id=self._call_id))

    def _stats(self, session: Session, before: Traffic, now: Traffic) -> wire.CallStats:
        seconds = max(0.001, now.at - before.at)
        lost, came = now.lost - before.lost, now.packets - before.packets
        lost -= self._lost_long_ago(before, now)
        lost = min(max(0, lost), max(0, lost + came))
        return wire.CallStats(
            call_id=self._call_id,
            attempt=session.attempt,
            sent_kbps=round((now.sent - before.sent) * 0.008 / seconds, 1),
            received_kbps=round((now.received - before.received) * 0.008 / seconds, 1),
            loss=round(lost / (lost + came), 3) if lost else 0.0,
            packets=max(0, lost + came),
            rtt_ms=round(now.rtt_s * 1000, 1),
            video_fps=round((now.pictures - before.pictures) / seconds, 1),
            audio_level=round(self._speaker.level, 3) if self._speaker else 0.0,
            silent_s=round(self._quiet_s(), 1),
            estimate_up_bps=now.up_bps,
            estimate_down_bps=now.down_bps,
            queue_ms=round(now.queue_s * 1000, 1),
            frozen=round(now.frozen, 3),
            width=now.size[0],
            height=now.size[1],
            sent_width=now.sent_size[0],
            sent_height=now.sent_size[1],
            sent_fps=round((now.sent_pictures - before.sent_pictures) / seconds, 1),
        )

    def _speech_stats(self, session: Session) -> wire.SpeechStats:
        talking = session.talking
        recovered, guessed = talking.heard_shares()
        return wire.SpeechStats(
            call_id=self._call_id,
            attempt=session.attempt,
            bitrate=talking.speech.bitrate,
            packet_ms=talking.speech.packet_ms,
            copies=talking.speech.copies,
            planned_loss=round(talking.loss, 3),
            delay_ms=round(talking.playout.delay_s * 1000, 1),
            recovered=round(recovered, 3),
            guessed=round(guessed, 3),
        )

    def _lost_long_ago(self, before: Traffic, now: Traffic) -> int:
        """Of pictures that rested, the last ones that were lost are missed only when the next one comes: not this second's."""
        came, lost = (a - b for a, b in zip(now.of_video, before.of_video, strict=True))
        rested, self._rested = self._rested, came == 0
        return max(0, lost) if rested else 0

    # endings

    async def _hang_up(self) -> None:
        """End the call; the recording is finished, the devices are free."""
        self._filming.call_over()
        if self._relays is not None:
            self._relays.ready(())
        sessions, self._sessions = list(self._sessions.values()), {}
        self._carrying, self._call_id, self._last = None, "", None
        self._silent = self._flowed = False
        await asyncio.gather(*(session.close() for session in sessions))
        if self._microphone is not None:
            self._microphone.close()
        if self._speaker is not None:
            self._speaker.close()
        self._microphone = self._speaker = None
        if sessions:
            self._close_camera()
        self._tap, self._told = None, None
        if (note := self._note) is not None:  # who is speaking goes on
            self._note = None
            await self._record_note(wire.RecordNote(on=True))
            if self._note is not None:
                self._note.go_on_from(note)
        await self._finish_recording()

    async def _finish_recording(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            await self._loop.run_in_executor(None, recorder.close)
            seconds = round(recorder.seconds, 2)
            self._tell(wire.Saved(path=str(recorder.path), seconds=seconds, pictures=recorder.pictures))

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def devices(options: Options) -> tuple[wire.Device, ...]:
    """What this engine would use, without opening it."""
    found = []
    for medium, spec in ((wire.Medium.CAMERA, options.camera), (wire.Medium.MICROPHONE, options.microphone)):
        if spec.kind not in ("auto", "none"):
            found.append(wire.Device(medium=medium, name=str(spec), real=False))
    if options.camera.kind == "auto":
        found += [
            wire.Device(medium=wire.Medium.CAMERA, name=str(p))
            for p in sorted(Path("/dev").glob("video[0-9]*"))
        ]
    if options.microphone.kind == "auto" and any(Path("/dev/snd").glob("pcm*c")):
        found.append(wire.Device(medium=wire.Medium.MICROPHONE, name="default"))
    return tuple(found)


def _place(problem: BaseException) -> str:
    """Kind of the problem and where it happened; its words may hold addresses and stay out of the log."""
    places = [
        f"{Path(step.filename).name}:{step.lineno}" for step in traceback.extract_tb(problem.__traceback__)
    ]
    return f"{type(problem).__name__} at {' < '.join(reversed(places[-3:]))}"


def _load(options: Options) -> None:
    """Import what is heavy, open the doors and learn the clip's sentences, beside the loop."""
    for name in HEAVY:
        importlib.import_module(name)
    from clinic.media import clip, doors, voice

    doors.open_doors()
    if options.microphone.kind == "clip":
        voice.voice(options.microphone.value, options.cache)
    if options.camera.kind == "clip":
        clip.TalkingClip(options.camera.value, options.fps, options.cache)
