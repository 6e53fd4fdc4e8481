# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a step of the visit may touch: the hands on each program, the network, the folders, the
pictures taken."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from clinic.media.mark import INDEXES, Mark
from clinic.showcase.hands import Hands, Stuck
from clinic.showcase.look import lit, mark_on
from clinic.showcase.network import Network
from clinic.showcase.stage import Actor, Stage, wait_until

DESKTOP_SIDE, KIOSK_SIDE = "A", "B"
VIEWS = {"desktop": "visit.call.video", "kiosk": "kiosk.call.view"}
SENT_BY = {"desktop": KIOSK_SIDE, "kiosk": DESKTOP_SIDE}
"""Whose marks a side must see."""
MORE = {"desktop": "visit.rung.more", "kiosk": "kiosk.call.voice"}
PICTURES = re.compile("image[nm]|picture")
"""On the kiosk's button while the ladder stands lower; at the top it says that voice alone is enough."""
ASK_S = 12.0
"""So long without a moving picture, somebody asks for it."""


@dataclass(slots=True)
class Scene:
    """`out`: what is kept for the reader; `stage.folder`: homes, logs and temporary files."""

    out: Path
    stage: Stage
    network: Network
    programs: dict[str, tuple[str, ...]]
    """Command lines of desktop, kiosk and second, as `python -m` takes them."""
    language: str = "es"
    patient: str = ""
    actors: dict[str, Actor] = field(default_factory=dict)
    hands: dict[str, Hands] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    """What a step leaves for a later one to compare, by name."""
    asked: int = 0
    """How often somebody had to ask for the picture, since the ladder had stepped down."""
    pictures: int = 0
    taken: list[str] = field(default_factory=list)
    """Names of the files of this step's pictures, in order."""

    @property
    def desktop(self) -> Hands:
        return self.hands["desktop"]

    @property
    def kiosk(self) -> Hands:
        return self.hands["kiosk"]

    @property
    def second(self) -> Hands:
        return self.hands["second"]

    def home(self, name: str) -> Path:
        return self.stage.folder / "machines" / name

    def password_file(self, name: str) -> Path:
        return self.stage.folder / "machines" / f"{name}.password"

    def password(self, name: str) -> str:
        return self.password_file(name).read_text(encoding="utf-8").strip()

    def shot(self, side: str, name: str) -> Path:
        """A picture of the whole window, numbered in order."""
        return self.hands[side].shot(self.picture(side, name))

    def picture(self, side: str, name: str) -> Path:
        """Where the next picture goes."""
        self.pictures += 1
        self.taken.append(f"{self.pictures:02d}-{side}-{name}.png")
        return self.out / self.taken[-1]

    def both(self, name: str) -> None:
        for side in ("desktop", "kiosk"):
            self.shot(side, name)

    def mark_seen(self, side: str) -> Mark | None:
        """The mark in the picture that the call's widget of a side shows now."""
        return mark_on(self.hands[side].shot(self.stage.temp / f"look-{side}.png", VIEWS[side], only=True))

    def wait_camera(self, side: str, view: str, timeout_s: float = 15.0) -> None:
        """Until a camera's own picture is shown. Raises Unavailable."""
        look = self.stage.temp / f"look-{side}.png"
        wait_until(
            f"the camera's picture in {view}",
            lambda: lit(self.hands[side].shot(look, view, only=True)),
            timeout_s,
            0.1,
        )

    def wait_picture(self, side: str, timeout_s: float, after: Mark | None = None) -> float:
        """Seconds until the other side's marks are seen to move on (past `after`). Where a machine was too busy to carry
        pictures and the ladder has stepped down, more is asked for, as people do. Raises Unavailable."""
        last: list[Mark] = []
        asked = [time.monotonic()]

        def moving() -> bool:
            if time.monotonic() - asked[-1] > ASK_S:
                asked.append(time.monotonic())
                self.ask_for_pictures()
            mark = self.mark_seen(side)
            if mark is None or mark.side != SENT_BY[side] or (after is not None and _ahead(mark, after) < 1):
                return False
            moved = bool(last) and _ahead(mark, last[-1]) > 0
            last.append(mark)
            return moved

        return wait_until(f"a moving picture on the {side}", moving, timeout_s, 0.04)

    def ask_for_pictures(self) -> None:
        """Whoever of both sees a button for it presses it; while pictures go, there is none."""
        with suppress(Stuck):  # it went away meanwhile
            if self.desktop.exists(MORE["desktop"]):
                self.desktop.click(MORE["desktop"])
                self.asked += 1
        with suppress(Stuck):
            if PICTURES.search(self.said("kiosk", MORE["kiosk"])):
                self.kiosk.tap(MORE["kiosk"])
                self.asked += 1

    def said(self, side: str, name: str) -> str:
        """The text of a widget, '' while it is not there."""
        hands = self.hands[side]
        return hands.text(name) if hands.exists(name) else ""

    def pause(self, seconds: float) -> None:
        """Let the visit go on for a while, as people do."""
        time.sleep(seconds)


def _ahead(mark: Mark, of: Mark) -> int:
    """How many pictures later, on a counter that goes round."""
    return (mark.index - of.index + INDEXES // 2) % INDEXES - INDEXES // 2
