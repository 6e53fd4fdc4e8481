# SPDX-License-Identifier: GPL-3.0-or-later
"""Two real engine processes and a pipe that carries their descriptions, for scenarios without any screen."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from clinic.domain.record import Record
from clinic.media.ring import Ring
from clinic.protocol import engine as wire

ROOT = Path(__file__).resolve().parents[2]


class EngineChild:
    """An engine, its events with the seconds at which they came, and its rings."""

    def __init__(
        self, side: str, *, within: Sequence[str] = (), options: Sequence[str] = (), cache: Path
    ) -> None:
        self.side, self._within, self._cache = side, within, cache
        self._options = options or (f"--camera=clip:{side}", f"--microphone=clip:{side}", "--speaker=null")
        self.local, self.remote = Ring.make(), Ring.make()
        self.events: list[tuple[float, Record]] = []
        self.changed = threading.Condition()
        self.relay: Callable[[Record], None] = lambda event: None
        self.spawn()

    def spawn(self) -> None:
        """Start the process, again after a kill."""
        command = [
            *self._within,
            sys.executable,
            "-m",
            "clinic.media",
            *self._options,
            f"--cache={self._cache}",
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.spawned = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment
        )
        self._listener = threading.Thread(target=self._listen, args=(self.process,), daemon=True)
        self._listener.start()

    def send(self, command: Record) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(wire.frame(command))
        self.process.stdin.flush()

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait(
        self, kind: type[Record], since: float = 0.0, seconds: float = 15.0, **values: object
    ) -> tuple[float, Record]:
        """The first event of that kind after `since`; fails after `seconds`."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                for at, event in self.events:
                    if (
                        at >= since
                        and isinstance(event, kind)
                        and all(getattr(event, k) == v for k, v in values.items())
                    ):
                        return at, event
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"side {self.side}: no {kind.__name__} {values} in {seconds} s")
                self.changed.wait(left)

    def kill(self) -> None:
        """A violent death, and nothing of the process left."""
        self.process.kill()
        self.process.wait(5)
        self._listener.join(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def close(self) -> None:
        self.kill()
        self.local.close()
        self.remote.close()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        framing = wire.Framing()
        assert process.stdout is not None
        try:
            while data := os.read(process.stdout.fileno(), 65536):
                for event in framing.feed(data):
                    if isinstance(event, Record):
                        self._take(event)
        except (OSError, ValueError):
            return

    def _take(self, event: Record) -> None:
        with self.changed:
            self.events.append((time.monotonic(), event))
            self.changed.notify_all()
        self.relay(event)


def joined(caller: EngineChild, callee: EngineChild, call_id: str) -> Callable[[int], float]:
    """Carry descriptions between the two; the answer starts an attempt and gives its time."""

    def carry(to: EngineChild, event: Record) -> None:
        if isinstance(event, wire.LocalDescription):
            if event.type == "offer":
                to.send(start(to, call_id, event.attempt, offerer=False))
            to.send(wire.AcceptRemote(call_id=call_id, attempt=event.attempt, sdp=event.sdp, type=event.type))

    caller.relay = lambda event: carry(callee, event)
    callee.relay = lambda event: carry(caller, event)

    def offer(attempt: int) -> float:
        at = time.monotonic()
        caller.send(start(caller, call_id, attempt, offerer=True))
        return at

    return offer


def start(child: EngineChild, call_id: str, attempt: int, *, offerer: bool) -> wire.StartCall:
    return wire.StartCall(
        call_id=call_id,
        attempt=attempt,
        offerer=offerer,
        local_ring=child.local.name,
        remote_ring=child.remote.name,
    )
