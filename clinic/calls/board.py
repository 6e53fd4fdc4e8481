# SPDX-License-Identifier: GPL-3.0-or-later
"""What both sides draw on a shown document and point at: strokes by page, bounded, and said again without doubling.

Pure. Each side draws its own strokes and numbers them; who shares may rub out anything, who watches only her own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from clinic.calls.sharing import MOST_PAGES
from clinic.domain.strokes import EDGE, packed, passes, places
from clinic.protocol.sharing import Inked, Pointed, Rubbed

MOST_STROKES, MOST_POINTS, MOST_IN_WORD = 1000, 20_000, 200
"""Of one side in one share, and points in one message: 20 000 points are 80 kB."""


@dataclass(frozen=True, slots=True)
class Name:
    """A stroke: on which page, whose (True: of who shares), its number."""

    page: int
    sharer: bool
    stroke: int


class Board:
    """The strokes of both sides over the pages of one share. `sharer`: whether this side shares."""

    def __init__(self, call_id: str, share: int, sharer: bool) -> None:
        self.call_id, self.share, self.sharer = call_id, share, sharer
        self.lines: dict[Name, bytearray] = {}
        self._number = 0
        self._drawn: Name | None = None
        self._told = 0
        self._gone: set[Name] = set()
        self._risen: set[Name] = set()

    def on(self, page: int) -> list[tuple[Name, list[tuple[float, float]]]]:
        """The strokes of a page, oldest first, with places in 0..1."""
        return [(name, places(line)) for name, line in self.lines.items() if name.page == page]

    # our pen

    def begin(self, page: int, x: float, y: float) -> None:
        if self._room(self.sharer):
            self._number += 1
            self._drawn, self._told = Name(page, self.sharer, self._number), 0
            self.lines[self._drawn] = bytearray(packed([(x, y)]))

    def go(self, x: float, y: float) -> None:
        line = self.lines.get(self._drawn) if self._drawn else None
        if line is not None and self._room(self.sharer) and bytes(line[-4:]) != packed([(x, y)]):
            line += packed([(x, y)])

    def told(self) -> Iterator[Inked]:
        """Points that the other side does not have yet."""
        if self._drawn is not None and self._drawn in self.lines:
            yield from self._words(self._drawn, self._told)
            self._told = len(self.lines[self._drawn]) // 4

    def lift(self) -> Iterator[Inked]:
        yield from self.told()
        self._drawn = None

    def undo(self, page: int) -> Iterator[Rubbed]:
        """Our newest stroke on that page."""
        mine = [name for name in self.lines if name.page == page and name.sharer is self.sharer]
        if mine:
            yield self._rub(mine[-1])

    def clear(self, page: int) -> Iterator[Rubbed]:
        """Who shares clears the page; who watches, her own strokes on it."""
        for others in (False, True) if self.sharer else (False,):
            whose = self.sharer is not others
            for name in self.lines:
                if name.page == page and name.sharer is whose:
                    self._buried(name)
            self._wipe(page, whose)
            yield Rubbed(call_id=self.call_id, share=self.share, page=page, others=others)

    def erase(self, page: int, x: float, y: float) -> Iterator[Rubbed]:
        """Strokes that pass there; of the other side only where we share."""
        for name in [one for one, line in self.on(page) if passes(line, x, y)]:
            if self.sharer or not name.sharer:
                yield self._rub(name)

    def anew(self, page: int) -> Iterator[Rubbed | Inked]:
        """All our strokes of that page, for a side that may have missed some."""
        yield Rubbed(call_id=self.call_id, share=self.share, page=page)
        for name in [n for n in self.lines if n.page == page and n.sharer is self.sharer]:
            yield from self._words(name, 0)

    # the other side's

    def take(self, word: Inked | Rubbed) -> bool:
        """True if something is drawn otherwise now."""
        if word.share != self.share or not 0 <= word.page < MOST_PAGES:
            return False
        if isinstance(word, Inked):
            return self._inked(word)
        whose = self.sharer if word.others else not self.sharer
        if word.others and self.sharer:
            return False  # who watches rubs out only her own
        if word.stroke:
            return self.lines.pop(Name(word.page, whose, word.stroke), None) is not None
        return self._wipe(word.page, whose)

    def answers(self) -> Iterator[Rubbed]:
        """Strokes that came again, but were rubbed out here while nothing could be said."""
        while self._risen:
            name = self._risen.pop()
            yield self._word_of(name)

    def _inked(self, word: Inked) -> bool:
        name = Name(word.page, not self.sharer, word.stroke)
        sound = (
            0 < word.stroke < 2**31 and len(word.points) % 4 == 0 and 0 < len(word.points) <= 4 * MOST_IN_WORD
        )
        line = self.lines.get(name, bytearray())
        if name in self._gone:
            self._risen.add(name)
            return False
        if not sound or word.first * 4 != len(line) or not self._room(not self.sharer, len(word.points) // 4):
            return False
        line += word.points
        self.lines[name] = line
        return True

    def _room(self, sharer: bool, more: int = 1) -> bool:
        held = [line for name, line in self.lines.items() if name.sharer is sharer]
        return len(held) < MOST_STROKES and sum(map(len, held)) // 4 + more <= MOST_POINTS

    def _words(self, name: Name, first: int) -> Iterator[Inked]:
        line = bytes(self.lines[name])
        for at in range(first, len(line) // 4, MOST_IN_WORD):
            points = line[at * 4 : (at + MOST_IN_WORD) * 4]
            yield Inked(
                call_id=self.call_id,
                share=self.share,
                page=name.page,
                stroke=name.stroke,
                first=at,
                points=points,
            )

    def _rub(self, name: Name) -> Rubbed:
        del self.lines[name]
        self._buried(name)
        return self._word_of(name)

    def _buried(self, name: Name) -> None:
        if self.sharer and not name.sharer:
            self._gone.add(name)

    def _word_of(self, name: Name) -> Rubbed:
        return Rubbed(
            call_id=self.call_id, share=self.share, page=name.page, stroke=name.stroke,
            others=name.sharer is not self.sharer,
        )  # fmt: skip

    def _wipe(self, page: int, sharer: bool) -> bool:
        gone = [name for name in self.lines if name.page == page and name.sharer is sharer]
        for name in gone:
            del self.lines[name]
        return bool(gone)


def pointed_at(word: Pointed) -> tuple[float, float] | None:
    """Where on the page, in 0..1; None for nowhere."""
    inside = 0 <= word.x <= EDGE and 0 <= word.y <= EDGE
    return (word.x / EDGE, word.y / EDGE) if word.on and inside else None
