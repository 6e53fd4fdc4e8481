# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing a document in a call on this device: pages out or in, both sides' pens and pointers, how far it is. Joins the pure
`clinic.calls.sharing` to a call desk. What came in lies in memory alone, until the share or the call ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from clinic.calls import sharing as s
from clinic.calls.board import Board, Name, pointed_at
from clinic.calls.call import LIVE, Call, Phase
from clinic.calls.quality import CALM, estimated
from clinic.domain.clock import Clock
from clinic.domain.errors import PostaError
from clinic.domain.record import Record
from clinic.domain.strokes import whole_place
from clinic.protocol.engine import CallStats
from clinic.protocol.sharing import (
    Inked,
    PageGot,
    PagePiece,
    PageShown,
    Pointed,
    Rubbed,
    ShareOver,
)
from desktop.kit.bridge import Desk
from desktop.kit.papers import Paper, page_of, shown_image
from desktop.kit.shared import Over, Shared
from desktop.kit.words import tell

PUMP_MS = 40
POINTS_S = 2.5
"""A pointer that says nothing more for that long is gone."""
POINTS_AGAIN_S = 1.0
CALM_KBPS, NEAR_MS = 160.0, 150.0
"""What a link is taken to carry that loses nothing and answers soon, where no estimate says more."""


class Sharing(QObject):
    """One per call desk. `say` hands a word to the peer over the data channel, or drops it where there is none."""

    changed = Signal(object)
    """Shared, when something of it is another"""
    drawn = Signal()
    """a stroke, a pointer or the page itself is another: paint again"""
    over = Signal(object)
    """Over"""

    def __init__(self, say: Callable[[Record], None], clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._say, self._clock = say, clock
        self._work = Desk(self)
        self._call: Call | None = None
        self._with: Call | None = None
        self._stats: CallStats | None = None
        self._numbers = 0
        self._paper: Paper | None = None
        self._made: dict[int, bytes] = {}
        self._out: s.Outgoing | None = None
        self._leaving: s.Leaving | None = None
        self._in: s.Incoming | None = None
        self._board: Board | None = None
        self._painted = b""
        self._reading = b""
        self._trouble = ""
        self._ours: tuple[float, float] | None = None
        self._ours_at = self._words_at = float("-inf")
        self._said_place: tuple[float, float] | None = None
        self._theirs: tuple[float, float] | None = None
        self._theirs_at = 0.0
        self.image = QImage()
        self.shared = Shared()
        self._pump = QTimer(self, interval=PUMP_MS)
        self._pump.timeout.connect(self._tick)

    # who shows

    def show_paper(self, paper: Paper) -> bool:
        """Show it to the other side of the call that runs; False where there is none, or they show something."""
        if self._call is None or self._call.phase not in LIVE or self.shared.role == "watching":
            return False
        self.stop()
        self._numbers += 1
        self._paper, self._made, self._with = paper, {}, self._call
        self._out = s.Outgoing(self._call.call_id, self._numbers, paper.pages)
        self._board = Board(self._call.call_id, self._numbers, sharer=True)
        self._pump.start()
        self.turn(0)
        return True

    def turn(self, page: int) -> None:
        """To that page of what we show."""
        if self._out is None or self._paper is None or not 0 <= page < self._paper.pages:
            return
        self._out.page, self._trouble = page, ""
        self._out.turn(page, b"", self._now())
        self._paint(QImage(), b"")
        self._lost_pointer()
        if (made := self._made.get(page)) is not None:
            self._ready(self._out.share, page, made)
            return
        share = self._out.share
        self._work.ask(
            page_of, self._paper, page, s.most_bytes(self._kbps()),
            then=lambda data: self._ready(share, page, data),
            failed=lambda error: self._not_drawn(share, error),
        )  # fmt: skip
        self._tell()

    def stop(self) -> None:
        """Show nothing any more."""
        if self._out is None:
            return
        out = self._out
        self._told_over()
        self._leaving = s.Leaving(out.call_id, out.share, self._now())
        self._clean()
        self._tick()

    def _ready(self, share: int, page: int, data: bytes) -> None:
        if self._out is None or (self._out.share, self._out.page) != (share, page):
            return
        self._made[page] = data
        self._out.turn(page, data, self._now())
        self._read(data)
        self._tick()

    def _not_drawn(self, share: int, error: Exception) -> None:
        if self._out is not None and self._out.share == share:
            self._trouble = tell(error) if isinstance(error, PostaError) else ""
            self.stop()
            self._tell()

    # both sides: pen and pointer, places in 0..1 of the page

    def point(self, x: float, y: float) -> None:
        if self._board is not None:
            self._ours = (x, y)
            self._words_soon()

    def lift_pointer(self) -> None:
        if self._ours is not None and self._board is not None:
            self._ours = None
            self._words((self._pointed(None),))

    def pen_down(self, x: float, y: float) -> None:
        if self._board is not None:
            self._board.begin(self.shared.page, x, y)
            self._drew()

    def pen_go(self, x: float, y: float) -> None:
        if self._board is not None:
            self._board.go(x, y)
            self._drew()

    def pen_up(self) -> None:
        if self._board is not None:
            self._words(self._board.lift())

    def erase(self, x: float, y: float) -> None:
        if self._board is not None:
            self._words(self._board.erase(self.shared.page, x, y))

    def undo(self) -> None:
        if self._board is not None:
            self._words(self._board.undo(self.shared.page))

    def clear(self) -> None:
        if self._board is not None:
            self._words(self._board.clear(self.shared.page))

    @property
    def strokes(self) -> list[tuple[Name, list[tuple[float, float]]]]:
        """Of the page that is shown, oldest first."""
        return self._board.on(self.shared.page) if self._board is not None else []

    @property
    def pointers(self) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
        """Ours and the other side's."""
        return self._ours, self._theirs

    # what the call desk tells

    def follow(self, call: Call) -> None:
        """The call has a new state; its end is the end of every share, and nothing of it stays."""
        before, self._call = self._call, call
        if call.phase in (Phase.ENDED, Phase.IDLE) or (before is not None and before.call_id != call.call_id):
            self._end()
        elif before is not None and before.phase is not call.phase:
            self._again()

    def engine_ready(self) -> None:
        """A new engine, or a new path: what was on its way is lost."""
        self._again()

    def figures(self, stats: CallStats) -> None:
        before, self._stats = self._stats, stats
        fresh = before is None or before.attempt != stats.attempt or (stats.channel and not before.channel)
        if fresh:
            self._again()

    def heard(self, word: Record) -> None:
        """What came over the data channel of the call that runs; of no other share, and no kind we do not know."""
        match word:
            case PageShown() | PagePiece() | ShareOver():
                self._watch(word)
            case PageGot():
                self._answered(word)
            case Inked() | Rubbed() if self._board is not None:
                if self._board.take(word):
                    self.drawn.emit()
                self._words(self._board.answers())
            case Pointed() if self._board is not None and word.share == self._board.share:
                at = pointed_at(word) if word.page == self.shared.page else None
                self._theirs, self._theirs_at = at, self._now()
                self.drawn.emit()

    # inside

    def _watch(self, word: PageShown | PagePiece | ShareOver) -> None:
        if self._call is None or self._call.phase not in LIVE:
            return
        if self._out is not None:
            if isinstance(word, PageShown):
                self._say(
                    PageGot(call_id=word.call_id, share=word.share, page=word.page, at=0, trouble="busy")
                )
            return
        if self._in is None:
            self._in = s.Incoming(self._call.call_id)
        coming = self._in
        before = coming.share, coming.page
        for answer in coming.take(word):
            self._say(answer)
        if not coming.shown:
            if self.shared.role == "watching":
                self._clean()
            return
        if self._board is None or self._board.share != coming.share:
            self._clean()
            self._board = Board(coming.call_id, coming.share, sharer=False)
        if before != (coming.share, coming.page):
            self._lost_pointer()
        self._pump.start()
        self._show_whole(isinstance(word, PageShown))
        self._tell()

    def _show_whole(self, asked: bool) -> None:
        """The page on the screen as soon as all of it is here; said again if the other side asks."""
        assert self._in is not None
        whole = self._in.whole
        if not whole:
            self._paint(QImage(), b"")
        elif whole == self._painted:
            if asked:
                self._say(self._in.seen())
        elif whole != self._reading:
            self._read(whole)

    def _read(self, data: bytes) -> None:
        self._reading = data
        self._work.ask(shown_image, data, then=lambda image: self._readable(data, image))

    def _readable(self, data: bytes, image: QImage) -> None:
        if data != self._reading:
            return
        self._reading = b""
        coming = self._in if self._out is None else None
        if coming is not None and coming.shown and coming.whole == data:
            if image.isNull():
                self._say(
                    PageGot(
                        call_id=coming.call_id, share=coming.share, page=coming.page, at=0, trouble="damaged"
                    )
                )
                return
            self._paint(image, data)
            self._say(coming.seen())
        elif self._out is not None and self._made.get(self._out.page) == data:
            self._paint(image, data)
        self._tell()

    def _paint(self, image: QImage, data: bytes) -> None:
        if data != self._painted or not data:
            self.image, self._painted = image, data
            self.drawn.emit()

    def _answered(self, got: PageGot) -> None:
        now = self._now()
        if self._leaving is not None:
            self._leaving.heard(got)
        if self._out is not None:
            self._out.heard(got, now)
            self._tick()

    def _again(self) -> None:
        """Say anew what may have been lost: where the page is, and our strokes on it."""
        if self._out is not None:
            self._out.again(self._now())
        if self._board is not None:
            self._words(self._board.anew(self.shared.page))

    def _tick(self) -> None:
        now = self._now()
        if self._leaving is not None:
            for last in self._leaving.due(now):
                self._say(last)
            if self._leaving.done:
                self._leaving = None
        if self._out is not None:
            for word in self._out.due(now, self._kbps()):
                self._say(word)
        if self._theirs is not None and now - self._theirs_at > POINTS_S:
            self._theirs = None
            self.drawn.emit()
        self._words_soon()
        if self._out is None and self._leaving is None and self._board is None:
            self._pump.stop()
        self._tell()

    def _words_soon(self) -> None:
        """Pointer and pen, as often as the link bears."""
        now = self._now()
        if self._board is None or now - self._words_at < s.often_s(self._link()):
            return
        self._words_at = now
        self._words(self._board.told(), paint=False)
        if self._ours is not None and (
            self._ours != self._said_place or now - self._ours_at > POINTS_AGAIN_S
        ):
            self._ours_at, self._said_place = now, self._ours
            self._say(self._pointed(self._ours))

    def _pointed(self, at: tuple[float, float] | None) -> Pointed:
        assert self._board is not None
        x, y = (whole_place(at[0]), whole_place(at[1])) if at is not None else (0, 0)
        self._said_place = at
        board = self._board
        return Pointed(
            call_id=board.call_id, share=board.share, page=self.shared.page, x=x, y=y, on=at is not None
        )

    def _words(self, words: Iterable[Record], paint: bool = True) -> None:
        for word in words:
            self._say(word)
        if paint:
            self.drawn.emit()

    def _drew(self) -> None:
        self.drawn.emit()
        self._words_soon()

    def _lost_pointer(self) -> None:
        self._ours = self._theirs = self._said_place = None

    def _end(self) -> None:
        """The call is over: nothing of a share stays here."""
        self._told_over()
        self._leaving = self._in = self._stats = None
        self._numbers = 0
        self._clean()
        self._pump.stop()

    def _told_over(self) -> None:
        """Our share is over: whoever keeps the encounter hears of what, to whom and how far."""
        if self._out is None or self._paper is None or self._with is None:
            return
        seen, pages, title = len(self._out.seen_pages), self._out.pages, self._paper.title
        self._out = self._paper = None
        self._made.clear()
        call = self._with
        self.over.emit(Over(call.encounter_id, call.call_id, call.peer, title, seen, pages))

    def _clean(self) -> None:
        self._board, self._painted, self._reading = None, b"", b""
        self._lost_pointer()
        self.image = QImage()
        self.drawn.emit()
        self._tell()

    def _tell(self) -> None:
        shared = self._now_shared()
        if shared != self.shared:
            self.shared = shared
            self.changed.emit(shared)

    def _now_shared(self) -> Shared:
        here = not self.image.isNull()
        if self._out is not None and self._paper is not None:
            out = self._out
            part = round(out.part, 2)
            return Shared(
                "showing", self._paper.title, out.page, out.pages, out.stage(self._now()), part, "", here
            )
        if self._in is not None and self._in.shown:
            come = self._in
            stage = s.Stage.SEEN if here else s.Stage.SENDING
            return Shared("watching", "", come.page, come.pages, stage, round(come.part, 2), "", here)
        return Shared(trouble=self._trouble)

    def _now(self) -> float:
        return self._clock.monotonic()

    def _link(self) -> float | None:
        told = self._stats
        if told is None or (known := estimated(told)) is not None:
            return None if told is None else known
        near = told.loss <= CALM and 0 < told.rtt_ms < NEAR_MS
        return max(CALM_KBPS, told.sent_kbps) if near else None

    def _kbps(self) -> float:
        told = self._stats
        return s.share_kbps(self._link(), pictures=told is not None and told.sent_kbps > 80)
