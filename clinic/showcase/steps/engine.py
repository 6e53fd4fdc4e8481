# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 6: the desktop's media process is killed. Chart and note do not notice; the call is back within 5 s, by the one that
waited beside it."""

import time

import psutil

from clinic.showcase.findings import Findings
from clinic.showcase.pace import patient
from clinic.showcase.scene import Scene
from clinic.showcase.steps.call import check_received

BACK_S = 5.0
SECTIONS = ("subjective", "objective", "assessment", "plan")
ENGINE = "clinic.media"
AT_ONCE = 2


def run(scene: Scene, seen: Findings) -> None:
    before = _written(scene)
    there = engines(scene.actors["desktop"].process.pid)
    if not seen.expect(
        1 <= len(there) <= AT_ONCE,
        "one media process below the desktop, and perhaps one that waits",
        [process.pid for process in there],
    ):
        return
    victim = there[0]
    marks = {side: scene.mark_seen(side) for side in ("desktop", "kiosk")}
    began = time.monotonic()
    victim.kill()
    scene.shot("desktop", "media-process-killed")
    seen.expect(
        _written(scene) == before,
        "note and banner untouched while the media process is gone",
        _written(scene),
    )
    scene.wait_picture("desktop", 20, after=marks["desktop"])
    back = {"desktop": time.monotonic() - began}
    scene.wait_picture("kiosk", 20)
    back["kiosk"] = time.monotonic() - began
    for side, seconds in back.items():
        within = patient(BACK_S)
        seen.expect(
            seconds <= within, f"the call back on the {side} within {within:.0f} s", f"{seconds:.1f} s"
        )
    seen.expect(_written(scene) == before, "note and banner as before", _written(scene))
    fresh = engines(scene.actors["desktop"].process.pid)
    seen.expect(
        bool(fresh) and victim.pid not in [process.pid for process in fresh],
        "a new media process",
        [process.pid for process in fresh],
    )
    scene.pause(8.0)
    scene.both("after-the-kill")
    for side in ("desktop", "kiosk"):
        check_received(scene, seen, side, "after the kill", last_s=7.0)
    seen.note(
        f"call back {max(back.values()):.1f} s after the kill, note and chart untouched",
        back_s={side: round(seconds, 2) for side, seconds in back.items()},
        asked_for_pictures=scene.asked,
    )


def engines(parent: int) -> list[psutil.Process]:
    """The living media processes below a program, the oldest first: that is the one at work."""
    found = []
    for child in psutil.Process(parent).children(recursive=True):
        try:
            if ENGINE in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return sorted(found, key=lambda process: process.create_time())


def _written(scene: Scene) -> dict[str, str]:
    texts = {section: scene.desktop.text(f"visit.note.{section}") for section in SECTIONS}
    return texts | {"banner": scene.desktop.text("visit.banner.name")}
