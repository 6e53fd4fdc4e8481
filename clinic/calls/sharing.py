# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing a document in a call: a page on its way out and in, and how much of the link it may take.

Pure: clock and messages are handed in. The watcher says how much of a page it has, so a cut, a new attempt or a new engine
goes on where it stopped. What goes out is behind the voice three times: a share of the link that leaves the voice its own, a
pace, and a window that shrinks when answers come later than they could (after LEDBAT, RFC 6817).
"""

from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from hashlib import blake2b

from clinic.protocol.sharing import PageGot, PagePiece, PageShown, ShareOver

PIECE = 900
"""Bytes of a page in one message: with its heads one packet."""
MOST_BYTES, MOST_PAGES, MOST_KEPT = 400_000, 500, 6
"""Of one page; pages of a document; pages the watcher holds, so that turning back costs nothing."""
VOICE_KBPS, THIN_KBPS, LEAST_KBPS, MOST_KBPS = 40.0, 64.0, 12.0, 1200.0
"""Protected speech on the wire; a link nobody knows; the least and most that a page takes."""
BESIDE_PICTURES = 0.35
"""Of what the voice leaves over, while moving pictures want it too."""
SECONDS, SPARE, LEAST_BYTES = 12.0, 0.85, 20_000
"""A page comes within so many seconds where it can still be read then; heads take what is not spare."""
TARGET_S = 0.15
"""Answers later than the soonest by that much: something waits in a queue, and the voice waits there too."""
NEAR_S, MOST_GAIN = 0.1, 8.0
"""Where answers come that soon, a page may take more than was said the link carries, as long as nothing waits."""
LEAST_WINDOW, MOST_WINDOW = 2 * PIECE, 64 * PIECE
ANSWER_EVERY = 2
"""Pieces that one answer covers."""
AGAIN_S, STUCK_S, UNHEARD_S, OVER_S = 4.0, 3.0, 12.0, 60.0
"""A page is said again; without an answer pieces are sent again; an old program never answers; nobody hears the end."""


class Stage(StrEnum):
    """How far the page is, for who shows it."""

    DRAWING = "drawing"
    """it is being made into a picture here"""
    SENDING = "sending"
    ARRIVED = "arrived"
    SEEN = "seen"
    CUT = "cut"
    """nothing is heard of it: it goes on by itself"""
    UNHEARD = "unheard"
    """the other side's program does not know it"""
    DAMAGED = "damaged"
    BUSY = "busy"


def share_kbps(link_kbps: float | None, pictures: bool) -> float:
    """What a page may use of a link that carries so much (None: not known), beside voice and perhaps moving pictures.

    >>> share_kbps(64, pictures=False)
    24.0
    """
    spare = (link_kbps or THIN_KBPS) - VOICE_KBPS
    return max(LEAST_KBPS, min(MOST_KBPS, spare * (BESIDE_PICTURES if pictures else 1.0)))


def most_bytes(kbps: float) -> int:
    """How large a page may be that comes in SECONDS; never so small that nobody could read it."""
    return max(LEAST_BYTES, min(MOST_BYTES, round(kbps * 1000 / 8 * SECONDS * SPARE)))


def often_s(link_kbps: float | None) -> float:
    """Seconds between two words about pointer and pen: a packet of 40 bytes is 140 on the wire."""
    return 0.2 if (link_kbps or THIN_KBPS) < 128 else 0.066


def digest_of(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


class Outgoing:
    """A document that is shown. `turn` to a page, `heard` its answers, and every few hundredths of a second `due`."""

    def __init__(self, call_id: str, share: int, pages: int) -> None:
        self.call_id, self.share, self.pages = call_id, share, pages
        self.page = 0
        self.seen_pages: set[int] = set()
        self._data, self._digest = b"", b""
        self._got = self._sent = 0
        self._seen, self._trouble = False, ""
        self._began = self._heard_at = self._moved_at = 0.0
        self._answered = self._agreed = False
        self._said_at = self._next_at = float("-inf")
        self._window, self._cut_at = 4 * PIECE, float("-inf")
        self._flying: deque[tuple[int, float]] = deque()
        self._rtt = self._soonest = 0.0
        self._gain = 1.0

    def turn(self, page: int, data: bytes, now: float) -> None:
        """Show that page; what is left of the one before stays unsent."""
        self.page, self._data, self._digest = page, data, digest_of(data)
        self._got = self._sent = 0
        self._seen = self._agreed = False
        self._flying.clear()
        self._began = self._moved_at = now
        self._said_at = float("-inf")

    def again(self, now: float) -> None:
        """Another path, or another engine: ask how much is there before more is sent."""
        if self._data:
            self._agreed = False
            self._sent, self._said_at, self._window, self._soonest = self._got, float("-inf"), 4 * PIECE, 0.0
            self._flying.clear()
            self._moved_at = now

    def heard(self, got: PageGot, now: float) -> None:
        if got.share != self.share:
            return
        self._heard_at, self._answered = now, True
        if got.trouble:
            self._trouble = got.trouble
            return
        if got.page != self.page or not 0 <= got.at <= len(self._data) or not self._data:
            return
        self._agreed = True
        self._measure(got.at, now)
        if got.at < self._got:
            self._sent = got.at  # it was lost over there: begin again from what they have
            self._flying.clear()
        if got.at != self._got:
            self._moved_at = now
        self._got, self._sent = got.at, max(self._sent, got.at)
        if got.seen and got.at == len(self._data):
            self._seen = True
            self.seen_pages.add(self.page)

    def due(self, now: float, kbps: float) -> Iterator[PageShown | PagePiece]:
        """What is to be said now; `kbps`: what the page may take of the link."""
        if not self._data or self._trouble:
            return
        if not (self._seen and self._agreed) and now - self._said_at >= AGAIN_S:
            self._said_at = now
            yield PageShown(
                call_id=self.call_id, share=self.share, page=self.page, pages=self.pages, size=len(self._data),
                digest=self._digest,
            )  # fmt: skip
        if self._sent > self._got and now - self._moved_at > max(STUCK_S, 4 * self._rtt):
            self._sent, self._window, self._moved_at = self._got, LEAST_WINDOW, now
            self._flying.clear()
        if not self._agreed:
            return  # how much is there already? An older program would only throw pieces away
        self._next_at = max(self._next_at, now - 0.1)
        while self._sent < len(self._data) and self._sent - self._got < self._window and self._next_at <= now:
            piece = self._data[self._sent : self._sent + PIECE]
            yield PagePiece(call_id=self.call_id, share=self.share, page=self.page, at=self._sent, data=piece)
            if self._sent == self._got:
                self._moved_at = now
            self._sent += len(piece)
            self._flying.append((self._sent, now))
            self._next_at += (len(piece) + 120) * 8 / (self._gain * kbps * 1000)

    @property
    def part(self) -> float:
        """How much of the page is there, 0..1."""
        return self._got / len(self._data) if self._data else 0.0

    def stage(self, now: float) -> Stage:
        if self._trouble:
            return Stage.BUSY if self._trouble == "busy" else Stage.DAMAGED
        if not self._data:
            return Stage.DRAWING
        if not self._answered and now - self._began > UNHEARD_S:
            return Stage.UNHEARD
        if self._seen:
            return Stage.SEEN
        if self._answered and now - max(self._heard_at, self._began) > 2 * STUCK_S:
            return Stage.CUT
        return Stage.ARRIVED if self._got == len(self._data) else Stage.SENDING

    def _measure(self, at: int, now: float) -> None:
        """The answer's delay opens the window or narrows it, at most once a round trip."""
        sent_at = None
        while self._flying and self._flying[0][0] <= at:
            sent_at = self._flying.popleft()[1]
        if sent_at is None:
            return
        self._rtt = now - sent_at
        self._soonest = min(self._soonest or self._rtt, self._rtt)
        if self._rtt - self._soonest <= TARGET_S:
            self._window = min(MOST_WINDOW, self._window + PIECE)
            self._gain = min(MOST_GAIN, self._gain * 1.1) if self._soonest < NEAR_S else 1.0
        elif now - self._cut_at > self._rtt:
            self._window, self._cut_at = max(LEAST_WINDOW, self._window // 2), now
            self._gain = 1.0


class Leaving:
    """The end of a share, said until it was heard."""

    def __init__(self, call_id: str, share: int, now: float) -> None:
        self.share = share
        self._word = ShareOver(call_id=call_id, share=share)
        self._until, self._next = now + OVER_S, now
        self.done = False

    def heard(self, got: PageGot) -> None:
        self.done |= got.share == self.share

    def due(self, now: float) -> Iterator[ShareOver]:
        if not self.done and self._next <= now <= self._until:
            self._next = now + STUCK_S
            yield self._word
        self.done |= now > self._until


class Incoming:
    """What the other side shows. Holds a few pages in memory until `forget`; anything out of bounds changes nothing."""

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id
        self.share = self.page = self.pages = 0
        self._over = 0
        self._size, self._digest = 0, b""
        self._data = bytearray()
        self._kept: dict[bytes, bytes] = {}
        self._spoiled = self._pieces = 0

    @property
    def shown(self) -> bool:
        """Whether something is shown to us."""
        return self.share > self._over

    @property
    def part(self) -> float:
        return len(self._data) / self._size if self._size else 0.0

    @property
    def whole(self) -> bytes:
        """The page that is to be shown, b"" until all of it is here."""
        return self._kept.get(self._digest, b"") if self.shown else b""

    def take(self, word: PageShown | PagePiece | ShareOver) -> Iterator[PageGot]:
        """Answers to what came."""
        match word:
            case PageShown():
                yield from self._announced(word)
            case PagePiece():
                yield from self._piece(word)
            case ShareOver() if word.share > 0:
                if word.share >= self.share:
                    self.forget(word.share)
                yield PageGot(call_id=self.call_id, share=word.share, page=0, at=0, trouble="over")

    def seen(self) -> PageGot:
        """The page is on the screen now."""
        return self._got(seen=True)

    def forget(self, share: int | None = None) -> None:
        """Nothing of it stays here."""
        self._over = max(self._over, self.share if share is None else share)
        self.share = max(self.share, self._over)
        self._size, self._digest, self._data = 0, b"", bytearray()
        self._kept.clear()

    def _announced(self, word: PageShown) -> Iterator[PageGot]:
        sound = (
            0 < word.size <= MOST_BYTES
            and 0 <= word.page < word.pages <= MOST_PAGES
            and len(word.digest) == 16
            and max(self._over + 1, self.share) <= word.share < 2**31
        )
        if not sound:
            return
        if word.share != self.share:
            self._kept.clear()
            self._spoiled = 0
        same = (word.share, word.size, word.digest) == (self.share, self._size, self._digest)
        self.share, self.page, self.pages = word.share, word.page, word.pages
        if not same:
            self._size, self._digest = word.size, word.digest
            self._data = bytearray(self._kept.get(word.digest, b""))
        yield self._got(seen=False)

    def _piece(self, piece: PagePiece) -> Iterator[PageGot]:
        if not self.shown or (piece.share, piece.page) != (self.share, self.page) or not piece.data:
            return
        if (
            piece.at != len(self._data)
            or len(self._data) + len(piece.data) > self._size
            or len(piece.data) > PIECE
        ):
            self._pieces += 1
            if self._pieces % ANSWER_EVERY == 0:
                yield self._got()
            return
        self._data += piece.data
        self._pieces += 1
        if len(self._data) == self._size:
            yield self._finished()
        elif self._pieces % ANSWER_EVERY == 0:
            yield self._got()

    def _finished(self) -> PageGot:
        whole = bytes(self._data)
        if digest_of(whole) == self._digest:
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[self._digest] = whole
            return self._got()
        self._data = bytearray()
        self._spoiled += 1
        return self._got(trouble="damaged" if self._spoiled > 1 else "")

    def _got(self, seen: bool = False, trouble: str = "") -> PageGot:
        at = len(self._data)
        return PageGot(
            call_id=self.call_id, share=self.share, page=self.page, at=at, seen=seen, trouble=trouble
        )
