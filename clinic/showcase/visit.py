# SPDX-License-Identifier: GPL-3.0-or-later
"""The driven visit: set-up, then the eight steps in order. A step that fails is reported with a picture,
and the visit goes on."""

import logging
import time
from collections.abc import Callable

from clinic.domain.errors import PostaError
from clinic.showcase.findings import Findings
from clinic.showcase.founding import set_up
from clinic.showcase.hands import Stuck
from clinic.showcase.report import CHECK, CROSS, Report, Row
from clinic.showcase.scene import Scene
from clinic.showcase.steps import arrival, call, cut, engine, intake, notes, opening, queue, sealed

log = logging.getLogger(__name__)
Step = Callable[[Scene, Findings], None]
STEPS: tuple[tuple[str, Step], ...] = (
    ("The patient at the kiosk", intake.run),
    ("Waiting room, queue by NEWS2, chart", queue.run),
    ("The call", call.run),
    ("Note, code, prescription, chat", notes.run),
    ("The network is cut for 20 s", cut.run),
    ("The media process is killed", engine.run),
    ("Signed, at the centre, on a second desktop", arrival.run),
    ("Nothing readable where it must not be", sealed.run),
)


def drive(scene: Scene, report: Report, people: int, seed: int) -> bool:
    """Set up, drive all steps, report each. True if every step's own check held."""

    def prepare(scene: Scene, seen: Findings) -> None:
        set_up(scene, seen, people, seed)
        opening.run(scene, seen)

    take(scene, report, 0, "Set-up", prepare)
    if report.ok:
        for number, (title, step) in enumerate(STEPS, start=1):
            take(scene, report, number, title, step)
    return report.ok and len(report.rows) == 1 + len(STEPS)


def take(scene: Scene, report: Report, number: int, title: str, step: Step, promise: str = "") -> None:
    """One step; whatever goes wrong in it becomes its row. `promise`: printed where it held, instead of the details."""
    print(f"{number}. {title} …", flush=True)
    seen, began = Findings(), time.monotonic()
    scene.taken.clear()
    try:
        step(scene, seen)
    except PostaError as error:
        seen.failed.append(str(error))
    except Exception as error:
        log.exception("step %d", number)
        seen.failed.append(f"a mistake of the demo's own: {type(error).__name__} {error}")
    if not seen.ok:
        _last_pictures(scene, number)
    took = round(time.monotonic() - began, 2)
    row = Row(
        number, title, seen.ok, took, seen.detail, seen.measured, tuple(seen.checks), tuple(scene.taken)
    )
    report.add(row)
    print(
        f"   {CHECK if row.ok else CROSS} {row.seconds:.1f} s  {(row.ok and promise) or row.detail}",
        flush=True,
    )


def _last_pictures(scene: Scene, number: int) -> None:
    """What stood on every screen when it failed."""
    for side, hands in scene.hands.items():
        if scene.actors[side].running:
            try:
                hands.shot(scene.out / f"failed-{number}-{side}.png")
            except Stuck:
                log.warning("no picture of the %s", side)
