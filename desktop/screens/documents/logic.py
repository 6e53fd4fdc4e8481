# SPDX-License-Identifier: GPL-3.0-or-later
"""How a document lies on the screen: which page, how large, which way up, which part of it.

Pure. Lengths are pixels of the screen at 100 %; places on a page are 0..1 of it as it lies, turned or not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

STEP = 1.25
"""Of one press, or one notch of the wheel."""
LARGEST = 8.0
SMALLEST = 0.1
MOST_DOTS = 16_000_000
"""Of a page as it is drawn; larger than that it is stretched."""
SHARP, BLUNT = 1.05, 3.0
"""A page drawn so much too small is drawn again, and one drawn so much too large."""

Size = tuple[float, float]
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class State:
    """`sizes`: of every page, before turning; () until the document is open. `zoom`: 1.0 is 100 %; None fits the page to the
    room. `middle`: the place of the page that lies in the middle of the room. `drawn`: scale of the picture of it that is here,
    0 for none; `drawing`: of the one on its way. `dots`: of the screen for one pixel. `busy`: save, print.
    """

    document: str = ""
    sizes: tuple[Size, ...] = ()
    page: int = 0
    turned: int = 0
    """Quarters of a turn, clockwise."""
    zoom: float | None = None
    middle: Place = (0.5, 0.5)
    room: Size = (1.0, 1.0)
    dots: float = 1.0
    drawn: float = 0.0
    drawing: float = 0.0
    opening: bool = False
    trouble: str = ""
    """Why it cannot be shown."""
    busy: str = ""
    asking: str = ""
    """save, print: whether with the marks that lie on it."""
    tone: str = ""
    sentence: str = ""

    @property
    def pages(self) -> int:
        return len(self.sizes)

    @property
    def size(self) -> Size:
        """Of the page as it lies, at 100 %."""
        if not self.sizes:
            return (1.0, 1.0)
        wide, high = self.sizes[self.page]
        return (high, wide) if self.turned % 2 else (wide, high)

    @property
    def fit(self) -> float:
        """The zoom at which all of the page is seen."""
        (wide, high), (room_wide, room_high) = self.size, self.room
        return max(0.001, min(room_wide / wide, room_high / high, LARGEST))

    @property
    def scale(self) -> float:
        return self.fit if self.zoom is None else self.zoom

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Where the page lies in the room: left, top, width, height."""
        wide, high = (side * self.scale for side in self.size)
        left = self.room[0] / 2 - self.middle[0] * wide
        top = self.room[1] / 2 - self.middle[1] * high
        return left, top, wide, high

    @property
    def waits(self) -> bool:
        """Nothing of the page is here yet, and something is on its way."""
        return self.opening or (self.drawing > 0 and self.drawn == 0)


# events


@dataclass(frozen=True, slots=True)
class Chosen:
    """This document is to be shown; "" for none."""

    document: str


@dataclass(frozen=True, slots=True)
class BytesCame:
    document: str


@dataclass(frozen=True, slots=True)
class Opened:
    document: str
    sizes: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class NotShown:
    document: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Drawn:
    document: str
    page: int
    scale: float


@dataclass(frozen=True, slots=True)
class RoomChanged:
    room: Size
    dots: float


@dataclass(frozen=True, slots=True)
class Zoomed:
    """`by`: a factor; `at`: the point of the room that stays where it is, None for its middle."""

    by: float
    at: Place | None = None


@dataclass(frozen=True, slots=True)
class FitPressed:
    pass


@dataclass(frozen=True, slots=True)
class RealPressed:
    """100 %."""

    at: Place | None = None


@dataclass(frozen=True, slots=True)
class Toggled:
    """From fitted to 100 %, from anything else to fitted."""

    at: Place | None = None


@dataclass(frozen=True, slots=True)
class Dragged:
    """The page moves by that many pixels."""

    right: float
    down: float


@dataclass(frozen=True, slots=True)
class Turned:
    """Quarters clockwise; less than 0 the other way."""

    by: int


@dataclass(frozen=True, slots=True)
class PageTurned:
    by: int


@dataclass(frozen=True, slots=True)
class SavePressed:
    """`marked`: whether there are marks on it that are shown."""

    marked: bool = False


@dataclass(frozen=True, slots=True)
class PrintPressed:
    marked: bool = False


@dataclass(frozen=True, slots=True)
class MarksAnswered:
    """With the marks, without them; None for not at all."""

    marked: bool | None


@dataclass(frozen=True, slots=True)
class Done:
    """Saved or printed; "" where the person thought better of it."""

    sentence: str = ""


@dataclass(frozen=True, slots=True)
class NotDone:
    sentence: str


Event = (
    Chosen
    | BytesCame
    | Opened
    | NotShown
    | Drawn
    | RoomChanged
    | Zoomed
    | FitPressed
    | RealPressed
    | Toggled
    | Dragged
    | Turned
    | PageTurned
    | SavePressed
    | PrintPressed
    | MarksAnswered
    | Done
    | NotDone
)

# effects


@dataclass(frozen=True, slots=True)
class Open:
    """Look into the bytes."""

    document: str


@dataclass(frozen=True, slots=True)
class Draw:
    document: str
    page: int
    scale: float


@dataclass(frozen=True, slots=True)
class Save:
    """`marked`: as a paper of its own, with the marks; else the bytes as they are."""

    marked: bool


@dataclass(frozen=True, slots=True)
class Print:
    marked: bool


Effect = Open | Draw | Save | Print
Step = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Step:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case Chosen(document):
            return (state if document == state.document else _fresh(state, document)), ()
        case BytesCame(document):
            return _coming(state, document)
        case Opened(document, sizes):
            if document != state.document:
                return state, ()
            return _drawn(_held(replace(state, sizes=sizes, opening=False, trouble="")))
        case NotShown(document, sentence):
            mine = document == state.document
            return (replace(state, opening=False, drawing=0.0, trouble=sentence) if mine else state), ()
        case Drawn(document, page, scale):
            if document != state.document:
                return state, ()
            here = scale if page == state.page else 0.0
            return _drawn(replace(state, drawing=0.0, drawn=here))
        case RoomChanged(room, dots):
            return _drawn(_held(replace(state, room=(max(1.0, room[0]), max(1.0, room[1])), dots=dots)))
        case Zoomed(by, at):
            return _drawn(_zoomed(state, state.scale * by, at))
        case FitPressed():
            return _drawn(_held(replace(state, zoom=None)))
        case RealPressed(at):
            return _drawn(_zoomed(state, 1.0, at))
        case Toggled(at):
            fitted = state.zoom is None
            return _drawn(_zoomed(state, 1.0, at) if fitted else _held(replace(state, zoom=None)))
        case Dragged(right, down):
            return _moved(state, right, down), ()
        case Turned(by):
            return _drawn(_turned(state, by))
        case PageTurned(by):
            return _leafed(state, by)
        case SavePressed(marked):
            return _asked(state, "save", marked)
        case PrintPressed(marked):
            return _asked(state, "print", marked)
        case MarksAnswered(marked):
            asked = replace(state, asking="")
            return (asked, ()) if marked is None else _busy(asked, state.asking, marked)
        case Done(sentence):
            return replace(state, busy="", tone="ok" if sentence else "", sentence=sentence), ()
        case NotDone(sentence):
            return replace(state, busy="", tone="danger", sentence=sentence), ()


def _fresh(state: State, document: str) -> State:
    """What is being saved or printed goes on; how it ends is told."""
    return State(document=document, room=state.room, dots=state.dots, busy=state.busy)


def _coming(state: State, document: str) -> Step:
    if document != state.document or state.opening or state.sizes or state.trouble:
        return state, ()
    return replace(state, opening=True), (Open(document),)


def _asked(state: State, what: str, marked: bool) -> Step:
    """Where marks lie on it somebody says whether they go along."""
    if state.busy or not state.document:
        return state, ()
    return (replace(state, asking=what), ()) if marked else _busy(state, what, marked=False)


def _busy(state: State, what: str, marked: bool) -> Step:
    if state.busy or not state.document or not what:
        return state, ()
    effect = Save(marked) if what == "save" else Print(marked)
    return replace(state, busy=what, asking="", tone="", sentence=""), (effect,)


def _zoomed(state: State, zoom: float, at: Place | None) -> State:
    """So large, with what lies at `at` still there. At the size that fits, it fits from then on."""
    if not state.sizes:
        return state
    zoom = min(max(zoom, min(SMALLEST, state.fit)), LARGEST)
    left, top, wide, high = state.box
    x, y = at or (state.room[0] / 2, state.room[1] / 2)
    place = (x - left) / wide, (y - top) / high
    to_wide, to_high = (side * zoom for side in state.size)
    middle = (
        place[0] + (state.room[0] / 2 - x) / to_wide,
        place[1] + (state.room[1] / 2 - y) / to_high,
    )
    fits = abs(zoom / state.fit - 1) < 0.001 and zoom != 1.0
    return _held(replace(state, zoom=None if fits else zoom, middle=middle))


def _held(state: State) -> State:
    """No further than its edges: what is smaller than the room lies in the middle of it."""
    wide, high = (side * state.scale for side in state.size)
    middle = (_within(state.middle[0], state.room[0] / wide), _within(state.middle[1], state.room[1] / high))
    return replace(state, middle=middle)


def _within(place: float, seen: float) -> float:
    """`seen`: the share of the page that there is room for."""
    return 0.5 if seen >= 1 else min(max(place, seen / 2), 1 - seen / 2)


def _moved(state: State, right: float, down: float) -> State:
    _left, _top, wide, high = state.box
    return _held(replace(state, middle=(state.middle[0] - right / wide, state.middle[1] - down / high)))


def _turned(state: State, by: int) -> State:
    """The place in the middle stays there."""
    if not state.sizes:
        return state
    (x, y), turned = state.middle, (state.turned + by) % 4
    for _quarter in range(by % 4):
        x, y = 1 - y, x
    return _held(replace(state, turned=turned, middle=(x, y)))


def _leafed(state: State, by: int) -> Step:
    """To another page, from above, as large as this one is."""
    page = min(max(0, state.page + by), max(0, state.pages - 1))
    if page == state.page:
        return state, ()
    return _drawn(_held(replace(state, page=page, middle=(state.middle[0], 0.0), drawn=0.0, trouble="")))


def _drawn(state: State) -> Step:
    """One page at a time is drawn, as sharp as it is shown; what changes meanwhile is looked at when it is there."""
    if not state.sizes or state.drawing or state.trouble:
        return state, ()
    wide, high = state.size
    wanted = min(state.scale * state.dots, (MOST_DOTS / (wide * high)) ** 0.5)
    if state.drawn and state.drawn * SHARP >= wanted and state.drawn <= wanted * BLUNT:
        return state, ()
    return replace(state, drawing=wanted), (Draw(state.document, state.page, wanted),)


def place_at(state: State, at: Place) -> Place:
    """The place of the page, as it was filed, at a point of the room; below 0 or above 1 beside it."""
    left, top, wide, high = state.box
    x, y = (at[0] - left) / wide, (at[1] - top) / high
    for _quarter in range(state.turned):
        x, y = y, 1 - x
    return x, y


def point_of(state: State, place: Place) -> Place:
    """Undoes `place_at`."""
    x, y = place
    for _quarter in range(state.turned):
        x, y = 1 - y, x
    left, top, wide, high = state.box
    return left + x * wide, top + y * high


def seen_below(state: State) -> tuple[bool, bool]:
    """Whether there is more of the page above, and below."""
    _left, top, _wide, high = state.box
    return top < -0.5, top + high > state.room[1] + 0.5
