# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine does about recordings: one film of the running call, and one that is watched while there is none.

The engine hands in what it hears, says and sees; commands and events are `clinic.protocol.engine`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from clinic.domain.errors import PostaError
from clinic.domain.record import Record
from clinic.media.ring import Ring
from clinic.media.sources import Missing
from clinic.protocol import engine as wire

if TYPE_CHECKING:
    from av import VideoFrame

    from clinic.media.capture import CameraFeed
    from clinic.media.film import Film
    from clinic.media.speaker import Sink
    from clinic.media.voice import Sound
    from clinic.media.watching import At, Watching

LOOK_S = 1.0


class Host(Protocol):
    """The engine, as far as it is needed here."""

    @property
    def running_call(self) -> str: ...

    @property
    def camera(self) -> CameraFeed | None: ...

    def tell(self, message: Record) -> None: ...

    def ring(self, name: str) -> Ring | None: ...

    def announce(self, ring: str, slot: int, seq: int, width: int, height: int) -> None: ...

    def sink(self) -> Sink: ...


class Filming:
    """Made with the engine; `now`: seconds of a clock that only goes on."""

    def __init__(self, host: Host, now: Callable[[], float]) -> None:
        self._host, self._now = host, now
        self._loop = asyncio.get_running_loop()
        self._film: Film | None = None
        self._call_id = ""
        self._watch: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._watching: Watching | None = None
        self.orders: dict[type, Callable[[Any], Awaitable[None]]] = {
            wire.RecordCall: self._record,
            wire.StopRecording: self._stop_asked,
            wire.PlayRecording: self._play,
            wire.PlayOn: self._play_on,
        }

    # what the engine hands in, from any thread

    def said(self, block: Sound, muted: bool) -> None:
        """20 ms of our microphone; muted is silence here too."""
        if (film := self._film) is not None:
            film.said(block * 0 if muted else block)

    def heard(self, block: Sound) -> None:
        if (film := self._film) is not None:
            film.heard(block)

    def saw(self, frame: VideoFrame) -> None:
        if (film := self._film) is not None:
            film.saw(frame)

    def call_over(self) -> None:
        """The film is finished beside whatever comes next."""
        if self._film is not None:
            self._ending = asyncio.ensure_future(self._end("over"))

    async def close(self) -> None:
        """The engine ends: so does what is written and what is watched."""
        await self.end_watching()
        await self._end("over")
        if self._ending is not None:
            await self._ending

    # a film of the call

    async def _record(self, command: wire.RecordCall) -> None:
        from clinic.media.film import Film

        if self._film is not None or command.call_id != self._host.running_call:
            self._refused(command, "There is no call to record, or it is being recorded already.")
            return
        ended = self._ended_by_itself
        try:
            film = Film(Path(command.path), command.key, command.consent_id, self._now, ended)
        except PostaError as problem:
            self._refused(command, str(problem))
            return
        self._film, self._call_id = film, command.call_id
        self._moved(film)
        self._watch = asyncio.ensure_future(self._look(film))

    def _refused(self, command: wire.RecordCall, sentence: str) -> None:
        self._host.tell(
            wire.RecordingEnded(call_id=command.call_id, path=command.path, why="refused", sentence=sentence)
        )

    async def _stop_asked(self, command: wire.StopRecording) -> None:
        if command.call_id == self._call_id:
            await self._end("")

    async def _look(self, film: Film) -> None:
        """How far it is, each second; our own picture, as it comes."""
        own = asyncio.ensure_future(self._own_pictures(film))
        try:
            while self._film is film:
                await asyncio.sleep(LOOK_S)
                self._moved(film)
        finally:
            own.cancel()

    async def _own_pictures(self, film: Film) -> None:
        while True:
            camera = self._host.camera
            if camera is None:
                await asyncio.sleep(LOOK_S)
                continue
            queue = camera.outlets.open()
            try:
                while camera is self._host.camera:
                    with contextlib.suppress(TimeoutError):
                        film.own(await asyncio.wait_for(queue.get(), LOOK_S))
            finally:
                camera.outlets.close(queue)

    def _moved(self, film: Film) -> None:
        from clinic.media.film import LITTLE_FREE

        if self._film is film:
            self._host.tell(
                wire.RecordingMoved(
                    call_id=self._call_id, path=str(film.path), seconds=round(film.seconds, 1), size=film.size,
                    free=film.free, little=film.free < LITTLE_FREE,
                )
            )  # fmt: skip

    def _ended_by_itself(self, why: str) -> None:
        """From the film's thread, which ends with it."""
        self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._end(why)))

    async def _end(self, why: str) -> None:
        film, self._film, call_id = self._film, None, self._call_id
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
        if film is None:
            return
        await self._loop.run_in_executor(None, film.close)
        self._host.tell(
            wire.RecordingEnded(
                call_id=call_id, path=str(film.path), seconds=round(film.seconds, 1), size=film.size,
                id=film.id, why=why,
            )
        )  # fmt: skip

    # a film that is watched

    async def end_watching(self) -> None:
        """A call begins, or the engine ends."""
        watching, self._watching = self._watching, None
        if watching is not None:
            await self._loop.run_in_executor(None, watching.stop)

    async def _play(self, command: wire.PlayRecording) -> None:
        from clinic.media.capture import show
        from clinic.media.watching import Watching

        await self.end_watching()
        if not command.path:
            return
        if self._host.running_call:
            self._host.tell(wire.PlayMoved(trouble="in a call"))
            return
        try:
            sink = await self._loop.run_in_executor(None, self._host.sink)
        except Missing:
            self._host.tell(wire.PlayMoved(trouble="no loudspeaker"))
            return
        ring = self._host.ring(command.ring)

        def shown(frame: VideoFrame) -> None:
            if ring is not None:
                show(frame, ring, self._announce)

        self._watching = Watching(Path(command.path), command.key, sink, self._stands, shown)

    def _announce(self, *picture: Any) -> None:
        self._loop.call_soon_threadsafe(self._host.announce, *picture)

    def _stands(self, at: At) -> None:
        """From the thread that plays."""
        moved = wire.PlayMoved(
            at_s=round(at.at_s, 2), seconds=round(at.seconds, 2), playing=at.playing, over=at.over,
            cut_off=at.cut_off, trouble=at.trouble,
        )  # fmt: skip
        self._loop.call_soon_threadsafe(self._host.tell, moved)

    async def _play_on(self, command: wire.PlayOn) -> None:
        if self._watching is not None:
            self._watching.wish(
                playing=command.playing,
                at_s=command.at_s if command.at_s >= 0 else None,
                speed=command.speed if command.speed > 0 else None,
                loud=command.loud if command.loud >= 0 else None,
            )
