# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of a bench: those that are told what to do by lines of JSON, and what a server's family has used."""

import json
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil


class Told:
    """A process that answers each line of JSON with a line; its errors are kept for whoever asks why it ended."""

    def __init__(self, command: Sequence[str], where: Path | None = None) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=where
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def line(self) -> str:
        """What it says next; '' once it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def say(self, what: dict[str, Any]) -> None:
        """One line, whose answer is not waited for."""
        assert self._process.stdin is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)

    def tell(self, what: dict[str, Any]) -> str:
        """Its answer."""
        self.say(what)
        return self.line()

    def why(self) -> str:
        """The last line of its errors, once it has ended."""
        _, said = self._process.communicate()
        return (said.strip().splitlines() or ["no reason given"])[-1]

    def close(self) -> None:
        end(self._process)


def end(process: "subprocess.Popen[Any]") -> None:
    """Ask it to end, and see to it that it does."""
    process.terminate()
    try:
        process.communicate(timeout=8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def family_s(pid: int) -> float:
    """Seconds of processor a process and its children have used."""
    return sum(float(times.user + times.system) for times in (one.cpu_times() for one in _family(pid)))


def family_peak_mb(pid: int) -> float:
    """The most memory they have held (Linux; elsewhere what they hold)."""
    return sum(_peak_mb(one) for one in _family(pid))


def family_pids(pid: int) -> list[int]:
    """A process and its children."""
    return [one.pid for one in _family(pid)]


def _family(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _peak_mb(process: psutil.Process) -> float:
    with suppress(OSError):
        status = Path(f"/proc/{process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    return float(process.memory_info().rss) / 2**20
