# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody tries who wants to get out of a kiosk, as real keys and fingers; each a name and an act on the display."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import partial

from tests.kiosk.display import SIZE, Display

Act = Callable[[Display], None]
WIDE, HIGH = SIZE
COMBINATIONS = """
Alt_L F4|Alt_L F2|Alt_L F1|Alt_L Tab|Alt_L Escape|Alt_L space|Alt_L Return|Alt_L Left|Alt_L Home|Alt_L d|Alt_L f
Control_L Alt_L Delete|Control_L Alt_L BackSpace|Control_L Alt_L t|Control_L Alt_L F1|Control_L Alt_L F2|Control_L Alt_L F7
Control_L q|Control_L w|Control_L n|Control_L o|Control_L p|Control_L s|Control_L f|Control_L h|Control_L j|Control_L t
Control_L l|Control_L u|Control_L r|Control_L a|Control_L c|Control_L x|Control_L v|Control_L z|Control_L y|Control_L d
Control_L Shift_L i|Control_L Shift_L u|Control_L Shift_L Escape|Control_L Shift_L n|Control_L Shift_L q|Control_L Escape
Control_L Tab|Control_L plus|Control_L minus|Control_L F4|Control_L space
Super_L|Super_L d|Super_L e|Super_L l|Super_L r|Super_L Tab|Super_L space
F1|F2|F3|F4|F5|F6|F7|F8|F9|F10|F11|F12|Print|Alt_L Print|Menu|Shift_L F10|Control_L Menu|Escape|Pause|Scroll_Lock
Insert|Shift_L Insert|Control_L Insert|Shift_L Delete|Home|End|Prior|Next|Control_R|Alt_R
XF86HomePage|XF86Mail|XF86Calculator|XF86Search|XF86Back|XF86Reload|XF86Explorer|XF86PowerOff|XF86Sleep|XF86Eject
"""
_PLACES = {
    "the title": (400, 60),
    "the middle": (640, 380),
    "the left half": (250, 420),
    "the field": (800, 190),
}
ARABIC, TURN = 0x1000627, 0x100202E
"""Keysyms: alef, and the sign that turns the order of what follows."""


def acts(card: str) -> Iterator[tuple[str, Act]]:
    """All of them; `card`: what a scanner would type."""
    for line in COMBINATIONS.replace("\n", "|").split("|"):
        if line:
            yield line.replace(" ", "+"), partial(_together, line)
    for name, (x, y) in _PLACES.items():
        yield f"right click on {name}", lambda display, x=x, y=y: display.click(x, y, 3)  # type: ignore[misc]
        yield f"middle click on {name}", lambda display, x=x, y=y: display.click(x, y, 2)  # type: ignore[misc]
    yield "long press on the title", lambda display: _long(display, 400, 60)
    yield "long press on the field", lambda display: _long(display, 800, 190)
    yield "three clicks on the field", lambda display: [display.click(800, 190) for _ in range(3)] and None
    yield "a drag over the field", lambda display: _drag(display, (760, 190), (1100, 190))
    yield "a drag from the left edge", lambda display: _drag(display, (0, 400), (500, 400))
    yield "a drag from the right edge", lambda display: _drag(display, (WIDE - 1, 400), (700, 400))
    yield "a drag from above", lambda display: _drag(display, (640, 0), (640, 500))
    yield "a drag from below", lambda display: _drag(display, (560, HIGH - 1), (560, 300))
    for x, y in ((0, 0), (WIDE - 1, 0), (0, HIGH - 1), (WIDE - 1, HIGH - 1)):
        yield f"the corner {x},{y}", lambda display, x=x, y=y: display.click(x, y)  # type: ignore[misc]
    yield "buttons 8 and 9", lambda display: [display.click(400, 60, n) for n in (8, 9)] and None
    yield "the wheel with Ctrl", _wheel
    yield "a window manager's cross", lambda display: display.ask_to_close()
    yield "5000 signs", lambda display: _types(display, "7q,.x 0" * 715)
    yield "letters from right to left", lambda display: [display.other_key(s) for s in (ARABIC, TURN)] and None  # fmt: skip
    yield "a scanner", lambda display: _types(display, card.lower().replace(":", ".") + "\n")
    yield "a key held for a minute", lambda display: _types(display, "7" * 1500)
    yield "a key held down", _held
    yield (
        "all modifiers at once",
        lambda display: display.keys("Control_L", "Alt_L", "Shift_L", "Super_L", "x"),
    )
    yield "a modifier never let go, then letters", _stuck


def _together(line: str, display: Display) -> None:
    display.keys(*line.split())


def _long(display: Display, x: int, y: int) -> None:
    display.move(x, y)
    display.button(1, True)
    time.sleep(1.2)
    display.button(1, False)


def _drag(display: Display, begin: tuple[int, int], end: tuple[int, int]) -> None:
    display.move(*begin)
    display.button(1, True)
    for n in range(1, 11):
        display.move(*(round(a + (b - a) * n / 10) for a, b in zip(begin, end, strict=True)))
    display.button(1, False)


def _wheel(display: Display) -> None:
    display.press("Control_L")
    for number in (4, 5) * 5:
        display.click(640, 380, number)
    display.let_go("Control_L")


_SIGNS = {" ": "space", ",": "comma", ".": "period", "\n": "Return"}


def _types(display: Display, text: str) -> None:
    for sign in text:
        display.keys(_SIGNS.get(sign, sign))


def _held(display: Display) -> None:
    display.press("7")
    time.sleep(2)
    display.let_go("7")


def _stuck(display: Display) -> None:
    display.press("Alt_L")
    _types(display, "fileq")
    display.let_go("Alt_L")


def monkey(display: Display, seed: int, moves: int, look: Callable[[int], None]) -> None:
    """Random keys and fingers; `look(n)` after every hundred."""
    chance = random.Random(seed)
    keys = sorted({key for line in COMBINATIONS.replace("\n", "|").split("|") for key in line.split()})
    plain = [*"abcdefghijklmnopqrstuvwxyz0123456789", "Return", "Tab", "space", "BackSpace"]
    for n in range(moves):
        match chance.randrange(6):
            case 0:
                display.keys(*chance.sample(keys, chance.randrange(1, 4)))
            case 1 | 2:
                display.keys(chance.choice(plain))
            case 3 | 4:
                display.click(chance.randrange(WIDE), chance.randrange(HIGH), chance.choice((1, 1, 1, 3)))
            case _:
                ends = [(chance.randrange(WIDE), chance.randrange(HIGH)) for _ in range(2)]
                _drag(display, ends[0], ends[1])
        time.sleep(0.01)
        if n % 100 == 99:
            look(n)
