# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor: no Qt, no store. It starts one session child per patient; when one ends, for whatever
reason, the next begins: a spare that was loaded beforehand and waits, having opened nothing, where there is one.

Every child holds a pipe from here as its standard input: when the supervisor is gone, the child ends too.
With `--hands` the pipe
carries a driver's commands to the session of the moment and its answers back.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

from clinic.domain.clock import SystemClock
from kiosk import noted, options, relay
from kiosk.restarts import AGAIN, STOP, End, Restarts, after, ended_badly

SLOW_TO_END_S = 10.0
SPARE_AFTER_S = 4.0
"""A session has this long for itself before the next one is loaded beside it."""


class Child:
    """A session's process. `go`: the end of a pipe by which a spare is told to begin; None for one that has begun."""

    def __init__(self, process: subprocess.Popen[bytes], go: int | None = None) -> None:
        self.process, self._go = process, go

    def begin(self) -> bool:
        """False for a spare that has ended meanwhile."""
        go, self._go = self._go, None
        if go is None:
            return True
        try:
            os.write(go, b"!")
        except OSError:
            return False
        finally:
            os.close(go)
        return self.process.poll() is None

    def drop(self) -> None:
        """A spare that nobody needs ends by itself once its pipe is closed."""
        go, self._go = self._go, None
        if go is not None:
            os.close(go)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.process.wait(SLOW_TO_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Supervisor:
    """Runs sessions until told to stop. `command(n)` is the command line of the n-th session; `spare`: the next one is
    loaded while one runs, with `--wait-fd FD` added. `crashed(code)`: a session ended badly."""

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        hands: bool,
        spare: bool = False,
        crashed: Callable[[int], None] = lambda code: None,
    ) -> None:
        self._command, self._hands, self._crashed = command, hands, crashed
        self._spare: Child | None = None
        self._spares = spare and os.name != "nt"  # Windows hands no descriptors on
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._unanswered = relay.Unanswered()

    def run(self) -> int:
        """Sessions one after the other; answers the exit code of the supervisor."""
        if self._hands:
            threading.Thread(target=self._relay_commands, name="commands", daemon=True).start()
        restarts, number, next_step = Restarts(), 0, None
        while not self._stopping.is_set():
            number += 1
            began = time.monotonic()
            code = self._one_session(number)
            if ended_badly(code):
                self._crashed(code)
            restarts, next_step = after(restarts, code, time.monotonic() - began)
            if isinstance(next_step, End):
                break
            self._stopping.wait(next_step.seconds)
        if self._spare is not None:
            self._spare.drop()
        return next_step.code if isinstance(next_step, End) else 0

    def stop(self) -> None:
        """End the session politely, and then the supervisor."""
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()

    def _one_session(self, number: int) -> int:
        child = self._begun(number)
        with self._lock:
            self._child = child
            for _id, line in self._unanswered.commands:
                _write(child, line)
        telling = threading.Thread(target=self._relay_answers, args=(child,), name="answers", daemon=True)
        if self._hands:
            telling.start()
        code = self._ended(child, number)
        if self._hands:
            telling.join()
        with self._lock:
            self._child = None
            self._unanswered, sentences = relay.orphaned(self._unanswered)
            for sentence in sentences:
                _tell(sentence)
        return STOP if self._stopping.is_set() else code

    def _begun(self, number: int) -> subprocess.Popen[bytes]:
        """The spare, told to begin; a new process where there is none, or where it has died."""
        spare, self._spare = self._spare, None
        if spare is not None:
            if spare.begin():
                return spare.process
            spare.drop()
        return self._start(number).process

    def _start(self, number: int, wait: bool = False) -> Child:
        answers = subprocess.PIPE if self._hands else None
        if not wait:
            return Child(subprocess.Popen(self._command(number), stdin=subprocess.PIPE, stdout=answers))
        its, go = os.pipe()
        try:
            line = (*self._command(number), "--wait-fd", str(its))
            return Child(subprocess.Popen(line, stdin=subprocess.PIPE, stdout=answers, pass_fds=[its]), go)
        finally:
            os.close(its)

    def _ended(self, child: subprocess.Popen[bytes], number: int) -> int:
        began = time.monotonic()
        while True:
            try:
                return child.wait(SLOW_TO_END_S if self._stopping.is_set() else 1.0)
            except subprocess.TimeoutExpired:
                if self._stopping.is_set():
                    child.kill()
                elif self._spares and self._spare is None and time.monotonic() - began > SPARE_AFTER_S:
                    self._spare = self._start(number + 1, wait=True)

    def _relay_answers(self, child: subprocess.Popen[bytes]) -> None:
        """Until the child closes its standard output, which it does by ending."""
        assert child.stdout is not None
        for line in child.stdout:
            with self._lock:
                self._unanswered = relay.answered(self._unanswered, line)
                _tell(line)

    def _relay_commands(self) -> None:
        for line in _lines_of(sys.stdin.fileno()):
            with self._lock:
                self._unanswered = relay.said(self._unanswered, line)
                if self._child is not None:
                    _write(self._child, line)
        self._stopping.set()
        with self._lock:
            child = self._child
            if child is not None and child.stdin is not None:
                child.stdin.close()


def _write(child: subprocess.Popen[bytes], line: bytes) -> None:
    """A session that is ending takes nothing any more; its successor is asked instead."""
    assert child.stdin is not None
    try:
        child.stdin.write(line)
        child.stdin.flush()
    except (OSError, ValueError):
        return


def _tell(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _lines_of(descriptor: int) -> Iterator[bytes]:
    """Whole lines, read without a buffer that a thread could hold at the program's end."""
    rest = b""
    while part := os.read(descriptor, 65536):
        *lines, rest = (rest + part).split(b"\n")
        yield from (line + b"\n" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m kiosk`: 0 when told to stop; 2, 3, 4 when a session cannot even begin, after its own
    sentence.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parsed = options.parse(given)
    if parsed.find_instruments:
        from clinic.devices import finding

        return finding.main()
    if parsed.staff_pin:
        from kiosk import choosing_pin

        return choosing_pin.main(parsed.home, parsed.lang)
    supervisor = Supervisor(
        lambda number: (sys.executable, "-m", "kiosk.session", *given, "--number", str(number)),
        parsed.hands,
        spare=True,
        crashed=lambda code: noted.note_crash(parsed.home / "log" / "crashes", SystemClock().now(), code),
    )

    def told(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    code = supervisor.run()
    if code == AGAIN:
        os.execv(sys.executable, (sys.executable, "-m", "kiosk", *given))
    return code
