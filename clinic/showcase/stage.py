# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the demo as real processes on their machines: started, waited for, logged, always ended."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import Unavailable
from clinic.showcase.hands import Hands
from clinic.showcase.network import Network
from clinic.showcase.pace import patient

LANGUAGES = {"es": "es_AR.UTF-8", "en": "en_US.UTF-8", "pt": "pt_BR.UTF-8"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended: its exit code, what it printed, what it said on stderr."""

    code: int
    printed: str
    said: str


class Actor:
    """One running program. `hands` if it was started with them."""

    def __init__(self, name: str, process: subprocess.Popen[str], log: Path, log_began: int = 0) -> None:
        self.name, self.process, self.log = name, process, log
        self.hands: Hands | None = None
        self._log_began = log_began

    def said(self) -> str:
        """What it has written to stderr so far."""
        with self.log.open("rb") as file:
            file.seek(self._log_began)
            return file.read().decode("utf-8", "replace")

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def end(self, patience_s: float = 6.0) -> int:
        """Ask the program to end, then make it; its whole process group goes with it."""
        if self.running:
            self.process.terminate()
        try:
            code = self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            code = 1
            self.process.kill()
        _await_group(self.process.pid, 2.0)
        _kill_group(self.process.pid)
        self.process.wait(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass
        return code


class Stage:
    """Starts programs of Posta in `folder`: homes, logs and temporary files all lie below it."""

    def __init__(self, folder: Path, network: Network, language: str, visible: bool) -> None:
        self.folder, self.network, self._language, self._visible = folder, network, language, visible
        self._actors: list[Actor] = []
        for name in ("logs", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def temp(self) -> Path:
        return self.folder / "tmp"

    def run(self, machine: str, *program: str, timeout_s: float = 60.0) -> str:
        """A program that ends by itself; what it printed. Raises Unavailable with its last words if it
        failed."""
        ended = self.outcome(machine, *program, timeout_s=timeout_s)
        if ended.code != 0:
            words = ended.said.strip().splitlines() or ["it said nothing"]
            raise Unavailable(f"{_label(program)} ended with code {ended.code}: {words[-1]}")
        return ended.printed

    def outcome(self, machine: str, *program: str, timeout_s: float = 60.0) -> Outcome:
        """A program that ends by itself, however it ends. Raises Unavailable when it does not."""
        actor = self._spawn(machine, _label(program), program, with_input=False)
        try:
            printed, _ = actor.process.communicate(timeout=patient(timeout_s))
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{actor.name} did not end within {timeout_s:g} s; see {actor.log}") from None
        finally:
            actor.end()
            self._actors.remove(actor)
        return Outcome(actor.process.returncode, printed, actor.said())

    def start(self, machine: str, name: str, *program: str) -> Actor:
        """A program that goes on; its first line is read with `read_line`."""
        return self._spawn(machine, name, program, with_input=True)

    def handed(self, machine: str, name: str, *program: str) -> tuple[Actor, Hands]:
        actor = self._spawn(machine, name, (*program, "--hands"), with_input=True)
        actor.hands = Hands(actor.process, name)
        return actor, actor.hands

    def close(self) -> None:
        """End everything, the newest first."""
        for actor in reversed(self._actors):
            actor.end()
        self._actors.clear()

    def _spawn(self, machine: str, name: str, program: Sequence[str], with_input: bool) -> Actor:
        where = self.network.machine(machine)
        log = self.folder / "logs" / f"{name}.log"
        command = where.command([sys.executable, "-m", *program])
        began = log.stat().st_size if log.exists() else 0
        with log.open("ab") as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if with_input else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                env=self._environment(),
                start_new_session=True,
                pass_fds=(where.namespace,) if where.namespace >= 0 else (),
            )
        actor = Actor(name, process, log, began)
        self._actors.append(actor)
        return actor

    def _environment(self) -> dict[str, str]:
        env = dict(os.environ)
        env |= {
            "TMPDIR": str(self.temp),
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
            "LANG": LANGUAGES[self._language],
        }
        env["PYTHONPATH"] = os.pathsep.join(
            filter(None, (str(Path(__file__).parents[2]), env.get("PYTHONPATH", "")))
        )
        if not self._visible:
            env["QT_QPA_PLATFORM"] = "offscreen"
        return env


def read_line(actor: Actor, pattern: str, timeout_s: float = 20.0) -> re.Match[str]:
    """The first line of its output that matches. Raises Unavailable when it ends or takes too long."""
    found: list[re.Match[str]] = []

    def look() -> None:
        assert actor.process.stdout is not None
        for line in actor.process.stdout:
            if match := re.search(pattern, line):
                found.append(match)
                return

    reader = threading.Thread(target=look, name=f"first line of {actor.name}", daemon=True)
    reader.start()
    reader.join(patient(timeout_s))
    if not found:
        raise Unavailable(f"{actor.name} did not say that it is ready: {last_words(actor.log)}")
    return found[0]


def wait_until(what: str, holds: Callable[[], bool], timeout_s: float, pause_s: float = 0.1) -> float:
    """Seconds until it held. Raises Unavailable with `what` when it did not in time."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > patient(timeout_s):
            raise Unavailable(f"{what}: not within {patient(timeout_s):.0f} s")
        time.sleep(pause_s)
    return time.monotonic() - began


def _label(program: Sequence[str]) -> str:
    """The module and its verb: the name of the log."""
    verb = program[1] if len(program) > 1 and re.fullmatch(r"[a-z][a-z-]*", program[1]) else ""
    return f"{program[0].rpartition('.')[2]}-{verb}".rstrip("-")


def last_words(log: Path) -> str:
    """The last line that a program wrote to its log."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _await_group(group: int, patience_s: float) -> None:
    """Those who clear away what a killed program held (the pictures in shared memory) get the time for it."""
    until = time.monotonic() + patience_s
    while hasattr(os, "killpg") and time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(0.02)


def _kill_group(group: int) -> None:
    if hasattr(os, "killpg"):
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
