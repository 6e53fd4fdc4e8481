# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinic in a call while records come in: the demo's server, desktop and kiosk as real programs with real engines, and an
administrator's desk that writes people and sends them to the centre, from which the desktop in the call takes them."""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import PostaError
from clinic.showcase.demo import programs
from clinic.showcase.findings import Findings
from clinic.showcase.founding import set_up, words_of
from clinic.showcase.network import Relay
from clinic.showcase.scene import Scene
from clinic.showcase.stage import Stage, read_line
from clinic.showcase.steps import call, intake, opening, queue

LOOK_S = 5.0
"""The pulse is read each so often: what is told is of the worst of these stretches."""
CALL_S = 15.0
AFTER_S = 15.0
"""What has been sent is taken in meanwhile."""
FIRST, MORE = 60, 200
"""People who are there when the call begins, and who come in during it."""
LONGEST_S = 300.0
Pulse = tuple[float, float, int]
"""p99 and most, in milliseconds, and how many beats."""


@dataclass(frozen=True, slots=True)
class Stalls:
    """Milliseconds that the desktop's window was late: in the call alone, and while `records` came in beside."""

    call_p99_ms: float
    call_max_ms: float
    p99_ms: float
    max_ms: float
    beats: int
    records: int


def stalls_in_a_call(more: int = MORE) -> Stalls | str:
    """About two minutes. A sentence where the call or the records did not come about."""
    with tempfile.TemporaryDirectory(prefix="posta-busy-", ignore_cleanup_errors=True) as folder:
        out, network = Path(folder), Relay()
        scene = Scene(out, Stage(out / "work", network, "es", visible=False), network, {})
        scene.programs = programs(out, scene.language, driven=True, visible=False)
        try:
            _talk(scene)
            alone = _watch(scene, CALL_S)
            beside, records = _while_records_come(scene, more)
        except PostaError as missing:
            return str(missing)
        finally:
            scene.stage.close()
            network.close()
    return Stalls(alone[0], alone[1], beside[0], beside[1], beside[2], records)


def _talk(scene: Scene) -> None:
    """From nothing to a call with pictures on both sides; what the demo expects on the way is the demo's affair."""
    set_up(scene, Findings(), FIRST, seed=7)
    for step in (opening.run, intake.run, queue.run):
        step(scene, Findings())
    call.talk(scene)


def _watch(scene: Scene, seconds: float) -> Pulse:
    scene.desktop.stalls()
    seen: list[Pulse] = []
    for _stretch in range(max(1, round(seconds / LOOK_S))):
        seen.append(_look(scene))
    return _worst(seen)


def _look(scene: Scene) -> Pulse:
    scene.pause(LOOK_S)
    told = scene.desktop.stalls()
    return float(told["p99_ms"]), float(told["max_ms"]), int(told["beats"])


def _worst(seen: list[Pulse]) -> Pulse:
    return max(one[0] for one in seen), max(one[1] for one in seen), sum(one[2] for one in seen)


def _while_records_come(scene: Scene, more: int) -> tuple[Pulse, int]:
    card = scene.stage.temp / "another.text"
    asked = ("--people", str(more), "--seed", "8", "--card", str(card))
    words = (*words_of(scene, "station"), *asked)
    sender = scene.stage.start("station", "prepare-more", "clinic.showcase.prepare", *words)
    scene.desktop.stalls()
    seen: list[Pulse] = []
    until = time.monotonic() + LONGEST_S
    while sender.running and time.monotonic() < until:
        seen.append(_look(scene))
    told = json.loads(read_line(sender, r"\{.*\}").group(0))
    seen.append(_watch(scene, AFTER_S))
    return _worst(seen), int(told["facts"])
