# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver's side of `--hands`: acts on a running window program by the names of its widgets."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clinic.domain.errors import Unavailable
from clinic.showcase.pace import patient

Told = dict[str, Any]
_SPARE_S = 15.0


class Stuck(Unavailable):
    """The program could not do what a person would have done; `tree` lists what was on its screen."""

    def __init__(self, sentence: str, tree: list[Told] | None = None) -> None:
        super().__init__(sentence)
        self.tree = tree or []


class Hands:
    """Hands on one process that was started with `--hands`, stdin and stdout as text pipes."""

    def __init__(self, process: subprocess.Popen[str], name: str = "the program") -> None:
        self._process, self._name = process, name
        self._number = 0
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._asking = threading.Lock()
        self._reader = threading.Thread(target=self._read, name=f"hands of {name}", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def let_go(self, timeout_s: float = 10.0) -> None:
        """Once the program has ended: its pipe is read to the end and closed."""
        self._reader.join(timeout_s)
        if not self._reader.is_alive() and self._process.stdout is not None:
            self._process.stdout.close()

    def do(self, act: str, patience_s: float = _SPARE_S, **details: object) -> Told:
        """One command and its answer; raises Stuck with the reason and what was on the screen."""
        with self._asking:
            answer = self._ask(act, patience_s, details)
            if answer["ok"]:
                return answer
            tree = self._ask("tree", _SPARE_S, {}).get("tree", [])
        raise Stuck(f"{self._name}: {act} {details.get('on', '')}: {answer['error']}", tree)

    def _ask(self, act: str, timeout_s: float, details: dict[str, object]) -> Told:
        self._number += 1
        command = {"id": self._number, "do": act, **{k: v for k, v in details.items() if v is not None}}
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(command, ensure_ascii=False) + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise Stuck(f"{self._name} has ended") from error
        return self._answer(act, timeout_s)

    def _answer(self, act: str, timeout_s: float) -> Told:
        timeout_s = patient(timeout_s)
        while True:
            try:
                line = self._lines.get(timeout=timeout_s)
            except queue.Empty:
                raise Stuck(f"{self._name} gave no answer to {act} within {timeout_s:g} s") from None
            if line is None:
                raise Stuck(f"{self._name} has ended")
            told = _understood(line)
            if told is not None and told.get("id") in (self._number, None):
                return told

    def click(self, on: str, *, row: int | None = None, text: str | None = None) -> Told:
        """Left click on a widget, or on one of its rows."""
        return self.do("click", on=on, row=row, text=text)

    def tap(self, on: str, *, row: int | None = None, text: str | None = None) -> Told:
        """Touch a widget, or one of its rows, with one finger."""
        return self.do("tap", on=on, row=row, text=text)

    def type(self, on: str, text: str, *, clear: bool = False, pace_ms: int = 0) -> Told:
        """Type into a field, key by key; `clear` empties it first."""
        spare = _SPARE_S + len(text) * (pace_ms + 10) / 1000
        return self.do("type", spare, on=on, text=text, clear=clear, pace_ms=pace_ms)

    def key(self, keys: str, on: str | None = None) -> Told:
        """Press a combination such as Ctrl+K."""
        return self.do("key", keys=keys, on=on)

    def stroke(self, on: str, strokes: Sequence[Sequence[Sequence[float]]], by: str = "mouse") -> Told:
        """Draw lines of (x, y, t_ms) with x, y in 0..1 of the widget, by mouse or touch."""
        last_ms = sum(line[-1][2] - line[0][2] for line in strokes if line)
        return self.do("stroke", _SPARE_S + last_ms / 1000, on=on, strokes=strokes, by=by)

    def choose(self, on: str, text: str | None = None, *, row: int | None = None) -> Told:
        """Choose a row of a list or of a combo box by what it shows."""
        return self.do("choose", on=on, text=text, row=row)

    def read(self, on: str) -> Told:
        """text, spoken, visible, enabled, focus, and checked / value / items where they exist."""
        return self.do("read", on=on)

    def text(self, on: str) -> str:
        """Only the text."""
        return str(self.read(on)["text"])

    def exists(self, on: str) -> bool:
        """Whether it is on the screen."""
        return bool(self.do("exists", on=on)["exists"])

    def wait(
        self,
        on: str,
        *,
        text: str | None = None,
        hidden: bool = False,
        enabled: bool = False,
        timeout_s: float = 10.0,
    ) -> Told:
        """Until it is visible (or hidden, enabled, or its text matches the regular expression)."""
        limit_s = patient(timeout_s)
        wish = {"text": text, "hidden": hidden, "enabled": enabled, "timeout_s": limit_s}
        return self.do("wait", limit_s + _SPARE_S, on=on, **wish)

    def shot(self, path: Path, on: str | None = None, *, only: bool = False) -> Path:
        """The whole window as PNG; `only`: just that widget."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.do("shot", path=str(path), on=on, only=only or None)
        return path

    def tree(self) -> list[Told]:
        """Every named thing on the screen."""
        return list(self.do("tree")["tree"])

    def stalls(self) -> Told:
        """max_ms, p99_ms and beats of the Qt thread's lateness since last asked."""
        return self.do("stalls")

    def quit(self, timeout_s: float = 10.0) -> int:
        """End the program politely; answers its exit code."""
        self.do("quit")
        return self._process.wait(patient(timeout_s))


def _understood(line: str) -> Told | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) and "ok" in told else None
