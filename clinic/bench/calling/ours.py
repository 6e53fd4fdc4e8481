# SPDX-License-Identifier: GPL-3.0-or-later
"""Our engine, `python -m clinic.media`, driven through its pipe and watched through its rings as the desktop does it, but
without Qt.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clinic.bench.calling.desk import Desk
from clinic.bench.calling.peer import Description, Place
from clinic.bench.calling.speech import RATE
from clinic.bench.calling.trace import Kept, Shown, Trace, track_of
from clinic.domain.errors import Unavailable
from clinic.domain.record import Record
from clinic.media.mark import read_mark
from clinic.media.ring import Ring
from clinic.media.traced import read_trace
from clinic.protocol import engine as wire

CALL = "bench"
Pilot = Callable[[Record], Sequence[Record]]
"""What the desktop would command the engine at an event of it."""
KEEP_EVERY_S = 0.7
READY_S, DESCRIBED_S = 30.0, 20.0
_ROOT = Path(__file__).parents[3]
_BGR_TO_LUMA = np.array([25.06, 129.06, 65.74]) / 256
"""ITU-R BT.601, limited range."""


class Ours:
    """An engine, warm and idle at first, as it is while a program runs."""

    name = "posta"

    def __init__(self, place: Place, pilot: Pilot | None = None) -> None:
        self._place, self._pilot = place, pilot or Desk()
        self._rings = {"local": Ring.make(), "remote": Ring.make()}
        self._trace, self._came = Trace(), threading.Condition()
        self._events: list[tuple[float, Record]] = []
        self._missed = 0
        self._keep_next = 0.0
        self._spoken, self._heard = place.folder / "spoken", place.folder / "heard"
        self._process = subprocess.Popen(
            place.link.command(place.side, self._command()), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=_ROOT, pass_fds=place.link.handles, env={**os.environ, "PYTHONPATH": str(_ROOT)},
        )  # fmt: skip
        self._listener = threading.Thread(target=self._listen, name=f"engine {place.letter}", daemon=True)
        self._listener.start()
        try:
            self._wait(wire.Ready, READY_S)
            self._warm()
        except Unavailable:
            self.close()
            raise

    def _warm(self) -> None:
        """Commands are taken when all libraries are there; nobody rings sooner. One for a call that is not is refused."""
        self._send(wire.AcceptRemote(call_id="", attempt=0, sdp="", type=""))
        self._wait(wire.CommandRefused, READY_S)

    def _command(self) -> list[str]:
        place = self._place
        camera = f"file:{place.film}" if place.picture else "none"
        return [
            sys.executable, "-m", "clinic.media", f"--camera={camera}", f"--microphone=file:{place.speech}",
            f"--speaker=file:{self._heard}", f"--spoken={self._spoken}", f"--cache={place.folder}",
            f"--log={place.folder / 'engine.log'}", "--fps=30",
        ]  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def offer(self) -> Description:
        self._send(self._start(offerer=True))
        return self._described()

    def answer(self, offer: Description) -> Description:
        self._send(self._start(offerer=False))
        self._send(wire.AcceptRemote(call_id=CALL, attempt=1, sdp=offer.sdp, type=offer.type))
        return self._described()

    def take(self, answer: Description) -> None:
        self._send(wire.AcceptRemote(call_id=CALL, attempt=1, sdp=answer.sdp, type=answer.type))

    def first_picture(self) -> float | None:
        with self._came:
            return next((one.at for one in self._trace.shown if one.index >= 0), None)

    def first_sound(self) -> float | None:
        return self._first(wire.MediaBack)

    def noticed(self) -> list[float]:
        with self._came:
            return [at for at, event in self._events if isinstance(event, wire.MediaSilent)]

    def end(self) -> Trace:
        self._send(wire.Hangup(call_id=CALL))
        self._send(wire.Quit())
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            raise Unavailable("The call engine did not end.") from None
        self._listener.join(5)
        # a microphone hands a block over when it is full
        self._trace.spoken = track_of(
            (at - len(block) / RATE, block) for at, block in read_trace(self._spoken)
        )
        self._trace.heard = track_of(read_trace(self._heard))
        return self._trace

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        for ring in self._rings.values():
            ring.close()

    def _start(self, offerer: bool) -> wire.StartCall:
        local, remote = self._rings["local"].name, self._rings["remote"].name
        return wire.StartCall(call_id=CALL, attempt=1, offerer=offerer, local_ring=local, remote_ring=remote)

    def _described(self) -> Description:
        made = self._wait(wire.LocalDescription, DESCRIBED_S)
        assert isinstance(made, wire.LocalDescription)
        return Description(made.sdp, made.type)

    def _send(self, command: Record) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(wire.frame(command))
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Unavailable("The call engine has ended by itself.") from None

    def _first(self, kind: type[Record]) -> float | None:
        with self._came:
            return next((at for at, event in self._events if isinstance(event, kind)), None)

    def _wait(self, kind: type[Record], seconds: float) -> Record:
        until = time.monotonic() + seconds
        with self._came:
            while True:
                for _, event in self._events:
                    if isinstance(event, kind):
                        return event
                if not self._came.wait(until - time.monotonic()) and time.monotonic() >= until:
                    raise Unavailable(f"The call engine said no {kind.__name__} within {seconds:g} s.")

    # the listener's thread

    def _listen(self) -> None:
        framing, pipe = wire.Framing(), self._process.stdout
        assert pipe is not None
        while data := os.read(pipe.fileno(), 65536):
            for event in framing.feed(data):
                if isinstance(event, wire.FrameReady):
                    self._look(event)
                elif isinstance(event, Record):
                    self._take(event)

    def _take(self, event: Record) -> None:
        with self._came:
            self._events.append((time.monotonic(), event))
            self._came.notify_all()
        if isinstance(event, wire.StillCame):
            self._look_at_still(event.picture)
        for command in self._pilot(event):
            with suppress(Unavailable):
                self._send(command)

    def _look_at_still(self, picture: bytes) -> None:
        """A still is a picture too."""
        at = time.monotonic()
        with suppress(OSError), Image.open(io.BytesIO(picture)) as still:
            mark = read_mark(np.asarray(still.convert("L")))
            index = mark.index if mark is not None and mark.side != self._place.letter else -1
            with self._came:
                self._trace.shown.append(Shown(at, index, *still.size))

    def _look(self, announced: wire.FrameReady) -> None:
        """A picture lies in a ring: this is the moment a screen would show it."""
        at = time.monotonic()
        which = next((name for name, ring in self._rings.items() if ring.name == announced.ring), "")
        picture = self._rings[which].read(announced.slot, announced.seq) if which else None
        if picture is None:
            self._missed += 1
            return
        pixels = np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 4)
        mark = read_mark(pixels[..., :3])
        mine = mark is not None and (mark.side == self._place.letter) == (which == "local")
        index = mark.index if mark is not None and mine else -1
        with self._came:
            if which == "local":
                self._trace.sent.append((at, index))
                return
            self._trace.shown.append(Shown(at, index, picture.width, picture.height))
        if at >= self._keep_next and index >= 0:
            self._keep_next = at + KEEP_EVERY_S
            self._trace.kept.append(Kept(index, _luma(pixels), at))


def _luma(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    luma: NDArray[np.uint8] = np.clip(pixels[..., :3] @ _BGR_TO_LUMA + 16.5, 0, 255).astype(np.uint8)
    return luma
