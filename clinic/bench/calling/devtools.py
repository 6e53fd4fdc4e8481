# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium's process and one page of ours in it, spoken to by the DevTools protocol over a pipe."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from clinic.bench.calling.peer import Place
from clinic.bench.syncing.processes import family_pids
from clinic.domain.errors import Unavailable

NAMES = ("chromium", "chromium-browser", "google-chrome")
_PAGE = Path(__file__).with_name("page.html")
_ORIGIN = "http://localhost/"
"""Pages of this address may use a camera; what they ask for is answered here and never leaves the program."""
_ANSWER_S = 30.0
_SWITCHES = (
    "--headless", "--remote-debugging-pipe", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows", "--no-first-run",
)  # fmt: skip

_MOVED = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for end, wanted in zip(ends, (3, 4)):
    os.dup2(end, wanted)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""The protocol is spoken over descriptors 3 and 4, whatever ours are."""


def program() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


class DevTools:
    """The browser's process and one page of ours in it."""

    def __init__(self, place: Place) -> None:
        self._place, self._said, self._answers = place, list[dict[str, Any]](), dict[int, dict[str, Any]]()
        self._came, self._number, self._session = threading.Condition(), 0, ""
        self._ended = False
        read, self._out = os.pipe()
        self._in, write = os.pipe()
        self._process = self._start(read, write)
        for end in (read, write):
            os.close(end)
        threading.Thread(target=self._listen, name=f"browser {place.letter}", daemon=True).start()
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def evaluate(self, script: str) -> Any:
        """What the script gives, promises awaited. Raises Unavailable when it fails."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = self._ask("Runtime.evaluate", asked)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            why = details.get("exception", {}).get("description", details["text"])
            raise Unavailable(f"Chromium: {why[:200]}")
        return answer["result"].get("value")

    def said(self) -> list[dict[str, Any]]:
        """What the page has told since the last time."""
        with self._came:
            said, self._said = self._said, []
        return said

    def close(self) -> None:
        """End it and all its children."""
        family: list[int] = []
        with suppress(psutil.NoSuchProcess):
            family = family_pids(self._process.pid)
        with suppress(Unavailable):
            self._ask("Browser.close", {}, page=False, seconds=2.0)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(3)
        for pid in family:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        self._process.wait()
        with self._came:
            self._ended = True
        with suppress(OSError):
            os.close(self._out)

    def _start(self, read: int, write: int) -> subprocess.Popen[bytes]:
        place = self._place
        own = [
            f"--user-data-dir={place.folder / 'profile'}",
            f"--use-file-for-fake-video-capture={place.film}",
        ]
        own += ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
        browser = [program() or NAMES[0], *_SWITCHES, *own, "about:blank"]
        moved = [sys.executable, "-I", "-S", "-c", _MOVED, str(read), str(write), *browser]
        with (place.folder / "browser.log").open("wb") as log:
            return subprocess.Popen(
                place.link.command(place.side, moved), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(*place.link.handles, read, write), env={**os.environ, "HOME": str(place.folder)},
            )  # fmt: skip

    def _open(self) -> None:
        target = self._ask("Target.createTarget", {"url": "about:blank"}, page=False)["targetId"]
        self._session = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True}, page=False)[
            "sessionId"
        ]
        self._ask("Fetch.enable", {"patterns": [{"urlPattern": f"{_ORIGIN}*"}]})
        for domain in ("Page", "Runtime"):
            self._ask(f"{domain}.enable", {})
        self._ask("Runtime.addBinding", {"name": "bench"})
        self._ask("Page.navigate", {"url": _ORIGIN})
        until = time.monotonic() + _ANSWER_S
        while self.evaluate("typeof begin") != "function":
            if time.monotonic() > until:
                raise Unavailable("Chromium does not open the page.")
            time.sleep(0.05)

    def _ask(
        self, method: str, asked: dict[str, Any], page: bool = True, seconds: float = _ANSWER_S
    ) -> dict[str, Any]:
        number = self._send(method, asked, page)
        until = time.monotonic() + seconds
        with self._came:
            while number not in self._answers:
                left = until - time.monotonic()
                if left <= 0 or self._ended:
                    raise Unavailable(f"Chromium does not answer ({method}).")
                self._came.wait(left)
            answer = self._answers.pop(number)
        if "error" in answer:
            raise Unavailable(f"Chromium: {answer['error']['message'][:200]}")
        result: dict[str, Any] = answer["result"]
        return result

    def _send(self, method: str, asked: dict[str, Any], page: bool = True) -> int:
        with self._came:
            self._number += 1
            message = {"id": self._number, "method": method, "params": asked}
            if page:
                message["sessionId"] = self._session
            data, number = json.dumps(message).encode() + b"\0", self._number
            try:
                while data:
                    data = data[os.write(self._out, data) :]
            except OSError:
                raise Unavailable("Chromium has ended by itself.") from None
        return number

    # the listener's thread

    def _listen(self) -> None:
        text = bytearray()
        with open(self._in, "rb", buffering=0) as pipe:
            while data := pipe.read(1 << 20):
                text += data
                *whole, rest = text.split(b"\0") if b"\0" in data else [text]
                for one in whole:
                    self._take(json.loads(one))
                text = bytearray(rest)
        with self._came:
            self._ended = True
            self._came.notify_all()

    def _take(self, message: dict[str, Any]) -> None:
        method, told = message.get("method", ""), message.get("params", {})
        if method == "Fetch.requestPaused":
            self._serve(told)
            return
        with self._came:
            if "id" in message:
                self._answers[message["id"]] = message
            elif method == "Runtime.bindingCalled":
                self._said.append(json.loads(told["payload"]))
            self._came.notify_all()

    def _serve(self, told: dict[str, Any]) -> None:
        """The page and its speech."""
        path = told["request"]["url"].removeprefix(_ORIGIN)
        known = {"": (_PAGE, "text/html; charset=utf-8"), "speech.wav": (self._place.speech, "audio/wav")}
        answer: dict[str, Any] = {"requestId": told["requestId"], "responseCode": 404}
        if path in known:
            file, kind = known[path]
            body = base64.b64encode(file.read_bytes()).decode()
            answer |= {
                "responseCode": 200,
                "body": body,
                "responseHeaders": [{"name": "Content-Type", "value": kind}],
            }
        self._send("Fetch.fulfillRequest", answer)
