# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium as a side of a call: without a window, the film as its camera, a page of ours, driven through the DevTools protocol
over a pipe (`--remote-debugging-pipe`), so that it needs nothing of the network but the call.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import wave
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from clinic.bench.calling.film import Film
from clinic.bench.calling.peer import Description, Maker, Place
from clinic.bench.calling.speech import RATE, Samples
from clinic.bench.calling.trace import Kept, Shown, Trace, Track, track_of
from clinic.bench.syncing.processes import family_pids
from clinic.domain.errors import Unavailable
from clinic.media.mark import COLUMNS, ROWS, read_mark

NAMES = ("chromium", "chromium-browser", "google-chrome")
_PAGE = Path(__file__).with_name("page.html")
_ORIGIN = "http://localhost/"
"""Pages of this address may use a camera; what they ask for is answered here and never leaves the program."""
_ANSWER_S, _BLOCKS = 30.0, 25
_LOOKS = 25
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


def why_not() -> str:
    """Why Chromium cannot be compared with here; '' where it can."""
    return "" if program() else "Chromium is not installed (Debian: apt-get install chromium)."


def chromium(codec: str = "") -> Maker:
    """One that offers and takes that video codec only."""
    return partial(Chromium, codec=codec)


class Chromium:
    """Raises Unavailable where it is not, or does not answer."""

    name = "chromium"

    def __init__(self, place: Place, codec: str = "") -> None:
        self._place, self._codec, self._trace = place, codec, Trace()
        self._first_picture: float | None = None
        self._first_sound: float | None = None
        self._tools = DevTools(place)
        try:
            self._offset = self._clock()
            film = Film(place.film)
            wish = {"codec": codec, "picture": place.picture, "width": film.width, "height": film.height}
            self.codecs: list[str] = self._do(f"begin({json.dumps(wish)})")
        except BaseException:
            self._tools.close()
            raise

    @property
    def pid(self) -> int:
        return self._tools.pid

    def offer(self) -> Description:
        return Description(self._do("offer()"), "offer")

    def answer(self, offer: Description) -> Description:
        sdp = only(offer.sdp, self._codec) if self._codec else offer.sdp
        return Description(self._do(f"answer({json.dumps(sdp)})"), "answer")

    def take(self, answer: Description) -> None:
        self._do(f"take({json.dumps(answer.sdp)})")

    def first_picture(self) -> float | None:
        self._hear_the_page()
        return self._first_picture

    def first_sound(self) -> float | None:
        self._hear_the_page()
        return self._first_sound

    def noticed(self) -> list[float]:
        return []

    def end(self) -> Trace:
        kept = self._do("all()")
        self._do("peer.close()")
        letter = self._place.letter
        self._trace.sent = [(one.at, one.index) for one in self._pictures(kept["sent"], letter)]
        other = "BA"[self._place.side]
        self._trace.shown = self._pictures(kept["shown"], other)
        for nth in range(kept["kept"]):
            one = self._do(f"keptAt({nth})")
            (seen,) = self._pictures([one["one"]], other)
            plane = np.frombuffer(base64.b64decode(one["plane"]), np.uint8).reshape(seen.height, seen.width)
            self._trace.kept.append(Kept(seen.index, plane, seen.at))
        blocks = [
            block
            for at in range(0, kept["heard"], _BLOCKS)
            for block in self._do(f"heardAt({at}, {at + _BLOCKS})")
        ]
        self._trace.heard = self._heard(blocks, self._moment(kept["earAt"]))
        self._trace.spoken = self._spoken(self._moment(kept["spokenAt"]))
        return self._trace

    def close(self) -> None:
        self._tools.close()

    def _do(self, script: str) -> Any:
        return self._tools.evaluate(script)

    def _moment(self, ms: float) -> float:
        """A moment of the page by our clock."""
        return ms / 1000 + self._offset

    def _clock(self) -> float:
        """Our monotonic clock less the page's, by the quickest of some answers."""
        looks = []
        for _ in range(_LOOKS):
            before = time.monotonic()
            at = self._do("now()") / 1000
            after = time.monotonic()
            looks.append((after - before, (before + after) / 2 - at))
        return float(min(looks)[1])

    def _pictures(self, rows: list[list[float]], letter: str) -> list[Shown]:
        """Rows of the page: ms, width, height, the means of the cells."""
        out = []
        for ms, width, height, *cells in rows:
            mark = read_mark(_strip(cells))
            index = mark.index if mark is not None and mark.side == letter else -1
            out.append(Shown(self._moment(ms), index, int(width), int(height)))
        return out

    def _hear_the_page(self) -> None:
        for said in self._tools.said():
            if "heard" in said and self._first_sound is None:
                self._first_sound = self._moment(said["heard"])
            if "shown" in said and self._first_picture is None:
                (seen,) = self._pictures([said["shown"]], "BA"[self._place.side])
                self._first_picture = seen.at if seen.index >= 0 else None

    def _heard(self, blocks: list[tuple[int, str]], zero: float) -> Track:
        sounds = [
            (first, np.frombuffer(base64.b64decode(data), "<i2").astype(np.int16)) for first, data in blocks
        ]
        return track_of((zero + first / RATE, sound) for first, sound in sounds)

    def _spoken(self, at: float) -> Track:
        """The loop from its first sample on, until now."""
        with wave.open(str(self._place.speech)) as file:
            loop: Samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
        return replace(Track(at, loop), sound=np.resize(loop, int((time.monotonic() - at) * RATE)))


def _strip(cells: list[float]) -> NDArray[np.float64]:
    """The smallest picture whose strip has these cells."""
    rows = np.array(cells, dtype=np.float64).reshape(ROWS, COLUMNS)
    return np.vstack([rows, np.zeros((10 * ROWS - ROWS, COLUMNS))])


def only(sdp: str, codec: str) -> str:
    """An offer without the other video codecs. (Preferences would not do: Chromium sends what the offer names first,
    though its own answer does not name it.)"""
    before, video, after = _sections(sdp)
    names = dict(re.findall(r"^a=rtpmap:(\d+) ([\w-]+)/", video, re.MULTILINE))
    kept = {number for number, name in names.items() if name == codec}
    kept |= {
        number for number, of in re.findall(r"^a=fmtp:(\d+) apt=(\d+)", video, re.MULTILINE) if of in kept
    }
    lines = []
    for line in video.splitlines():
        number = re.match(r"a=(?:rtpmap|fmtp|rtcp-fb):(\d+) ", line)
        if line.startswith("m="):
            words = line.split()
            line = " ".join(words[:3] + [word for word in words[3:] if word in kept])
        if number is None or number[1] in kept:
            lines.append(line)
    return before + "\r\n".join(lines) + "\r\n" + after


def _sections(sdp: str) -> tuple[str, str, str]:
    """What comes before the video, the video, what comes behind it."""
    begin = sdp.index("m=video")
    end = sdp.find("m=", begin + 1)
    return sdp[:begin], sdp[begin:end] if end >= 0 else sdp[begin:], sdp[end:] if end >= 0 else ""


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
