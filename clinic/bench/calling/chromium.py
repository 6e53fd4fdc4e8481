# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium as a side of a call: without a window, the film as its camera, a page of ours, driven through the DevTools protocol
over a pipe (`--remote-debugging-pipe`), so that it needs nothing of the network but the call.
"""

from __future__ import annotations

import base64
import json
import re
import time
import wave
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.bench.calling.devtools import DevTools, program
from clinic.bench.calling.film import Film
from clinic.bench.calling.peer import Description, Maker, Place
from clinic.bench.calling.speech import RATE, Samples
from clinic.bench.calling.trace import Kept, Shown, Trace, Track, track_of
from clinic.media.mark import COLUMNS, ROWS, read_mark

_BLOCKS, _LOOKS = 25, 25
"""Blocks of sound fetched at a time; looks at the page's clock."""


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
