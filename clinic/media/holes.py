# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets of pictures as they come: put together, missed ones asked for while that helps, holes left behind.

Without sockets and clocks. A picture is whole with its last packet (the RTP marker), not with the next picture's
first. What comes after a hole waits for it as long as a repetition can still arrive; a whole picture behind the
hole ends the waiting at once.
"""

import math
from dataclasses import dataclass

HISTORY = 128
"""Packets a sender can repeat; a larger hole is skipped at once."""
TRIES = 4
_VP8_START = b"\x9d\x01\x2a"
_SIZES = 7
"""NAL unit type of a sequence parameter set."""
_TURN16, _TURN32 = 1 << 16, 1 << 32


@dataclass(frozen=True, slots=True)
class Piece:
    """A packet of a picture, its payload's own header taken off."""

    timestamp: int
    last: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    timestamp: int
    data: bytes


class Unwrapped:
    """A counter that turns over, counted on."""

    def __init__(self, turn: int) -> None:
        self._turn = turn
        self._last: int | None = None

    def __call__(self, value: int) -> int:
        if self._last is None:
            self._last = value
        half = self._turn // 2
        number = self._last + (value - self._last + half) % self._turn - half
        self._last = max(self._last, number)
        return number


class PictureBuffer:
    """Gives pictures in order, and says when a whole one should be asked for."""

    def __init__(self) -> None:
        self.rtt_s = 0.2
        self.skipped = 0
        """Holes that were left behind."""
        self._pieces: dict[int, Piece] = {}
        self._number, self._time = Unwrapped(_TURN16), Unwrapped(_TURN32)
        self._next: int | None = None
        self._hole_since: float | None = None
        self._needs_whole, self._refused = True, False
        self._asked_at = -math.inf

    @property
    def patience_s(self) -> float:
        """How long a hole may be waited for: two repetitions and a little."""
        return 2.3 * self.rtt_s + 0.15

    def add(self, sequence: int, piece: Piece, now: float) -> tuple[bool, list[Picture]]:
        """(whether a whole picture is to be asked for, pictures that can be decoded now)"""
        number = self._number(sequence)
        if self._next is None:
            self._next = number
        elif number < self._next:
            if self._next - number < _TURN16 // 8:
                return False, []  # came too late, or twice
            self._restart(number)
        elif number - self._next > 2 * HISTORY:
            self._restart(number)
        self._pieces[number] = piece
        pictures = self._ready()
        if self._pieces and (start := self._whole_behind()) is not None:
            self._skip_to(start)
            pictures += self._ready()
        return self._ask(now), pictures

    def _restart(self, number: int) -> None:
        """Too much is missing, or the sender counts anew: nothing of before is worth waiting for."""
        self._pieces.clear()
        self._next, self._needs_whole, self._hole_since = number, True, None
        self.skipped += 1

    def _ready(self) -> list[Picture]:
        found = []
        assert self._next is not None
        while (end := self._end_of(self._skip_padding(self._next))) is not None:
            pieces = [self._pieces.pop(number) for number in range(self._next, end + 1)]
            self._next, self._hole_since = end + 1, None
            if self._needs_whole and not is_whole(pieces[0].data):
                self._refused = True
                continue
            self._needs_whole = self._refused = False
            found.append(Picture(self._time(pieces[0].timestamp), b"".join(piece.data for piece in pieces)))
        return found

    def _skip_padding(self, start: int) -> int:
        """Browsers try a link with packets that hold nothing, between pictures."""
        while (piece := self._pieces.get(start)) is not None and not piece.data and not piece.last:
            del self._pieces[start]
            start += 1
            self._next, self._hole_since = start, None
        return start

    def _end_of(self, start: int) -> int | None:
        """Number of the last packet of a picture that is all there."""
        number = start
        while (piece := self._pieces.get(number)) is not None:
            if piece.last:
                return number
            number += 1
        return None

    def _whole_behind(self) -> int | None:
        """Where the newest complete whole picture behind the hole begins."""
        for number in sorted(self._pieces, reverse=True):
            before = self._pieces.get(number - 1)
            begins = before is None or before.last or before.timestamp != self._pieces[number].timestamp
            if begins and is_whole(self._pieces[number].data) and self._end_of(number) is not None:
                return number
        return None

    def _skip_to(self, number: int) -> None:
        self._pieces = {later: piece for later, piece in self._pieces.items() if later >= number}
        self._next, self._hole_since = number, None
        self.skipped += 1

    def _ask(self, now: float) -> bool:
        wanted = self._refused
        if self._pieces and self._next not in self._pieces:
            if self._hole_since is None:
                self._hole_since = now
            wanted |= now - self._hole_since > self.patience_s
        if not wanted or now - self._asked_at < 1.2 * self.rtt_s + 0.25:
            return False
        self._asked_at = now
        return True


@dataclass(slots=True)
class _Missed:
    since: float
    asked_at: float = -math.inf
    tries: int = 0


class Missing:
    """Which packets to ask for again: at once, then once a round trip, until they would come too late."""

    def __init__(self) -> None:
        self.rtt_s = 0.2
        self.asked = 0
        self._number = Unwrapped(_TURN16)
        self._highest: int | None = None
        self._missed: dict[int, _Missed] = {}

    def add(self, sequence: int, now: float) -> list[int]:
        """Sequence numbers to ask for now that this one has come."""
        number = self._number(sequence)
        if self._highest is None or number - self._highest > HISTORY:
            self._missed.clear()
            self._highest = number
        elif number > self._highest:
            for between in range(self._highest + 1, number):
                self._missed[between] = _Missed(now)
            self._highest = number
        else:
            self._missed.pop(number, None)
        return self._due(now)

    def _due(self, now: float) -> list[int]:
        life_s, due = 2.0 * self.rtt_s + 0.1, []
        for number, missed in list(self._missed.items()):
            if now - missed.since > life_s or (missed.tries >= TRIES):
                del self._missed[number]
            elif now - missed.asked_at > 1.15 * self.rtt_s + 0.02:
                missed.asked_at, missed.tries = now, missed.tries + 1
                due.append(number % _TURN16)
        self.asked += len(due)
        return due


def is_whole(data: bytes) -> bool:
    """Whether this is the first piece of a picture that needs none before it (RFC 6386 9.1, H.264 7.4.1). In H.264 it is
    the one that says the size: the coded picture alone, when that piece was lost, would be read in the old size.
    """
    if not data.startswith((b"\0\0\0\1", b"\0\0\1")):
        return data[3:6] == _VP8_START and not data[0] & 1
    at = 0
    while (at := data.find(b"\0\0\1", at)) != -1 and at + 3 < min(len(data), 400):
        if data[at + 3] & 31 == _SIZES:
            return True
        at += 3
    return False
