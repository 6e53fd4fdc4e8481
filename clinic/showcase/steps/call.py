# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 3: the clinician rings, the patient answers with one touch; what each side receives is what the
other sent."""

from pathlib import Path

import av
import numpy as np

from clinic.domain.errors import Unavailable
from clinic.media.microphone import read_sound
from clinic.media.recognise import HEARD, hears, marks_in
from clinic.media.voice import RATE
from clinic.showcase.findings import Findings
from clinic.showcase.scene import SENT_BY, Scene
from clinic.showcase.steps.intake import READS_S

TALK_S = 9.0
"""How long they talk before the recordings are listened to: several windows of two seconds."""


def run(scene: Scene, seen: Findings) -> None:
    there = talk(scene)
    scene.pause(TALK_S)
    scene.both("call")
    for side in ("desktop", "kiosk"):
        check_received(scene, seen, side, "in the call")
    slowest = max(there.values())
    seen.note(
        f"pictures of both sides after {slowest:.1f} s, "
        "marks and speech of the other side recognised on both",
        first_picture_s={side: round(seconds, 2) for side, seconds in there.items()},
    )


def talk(scene: Scene) -> dict[str, float]:
    """She rings, the patient answers: seconds until each side sees the other move. Raises Unavailable."""
    desktop, kiosk = scene.desktop, scene.kiosk
    desktop.click("chart.visit")
    desktop.wait("visit.call.ring", enabled=True)
    scene.shot("desktop", "visit")
    desktop.click("visit.call.ring")
    kiosk.wait("kiosk.call.answer", timeout_s=20)
    scene.both("ringing")
    scene.pause(READS_S)
    kiosk.tap("kiosk.call.answer")
    return {side: scene.wait_picture(side, 20) for side in ("desktop", "kiosk")}


def received_files(scene: Scene, side: str) -> list[Path]:
    """The recordings of a side, in order: a new engine begins a new one."""
    return sorted(scene.out.glob(f"{side}-received*.mkv"), key=lambda path: (len(path.name), path.name))


def check_received(scene: Scene, seen: Findings, side: str, when: str, last_s: float = TALK_S) -> None:
    """Marks and speech of the other side at the end of the newest recording."""
    files = received_files(scene, side)
    if not seen.expect(bool(files), f"a recording of what the {side} received {when}", "no file"):
        return
    try:
        marks = marks_in(files[-1])
        sure = hears(_tail(files[-1], last_s), SENT_BY[side], scene.stage.temp)
    except (OSError, av.FFmpegError, Unavailable) as error:
        seen.expect(False, f"a readable recording of the {side} {when}", error)
        return
    theirs = [mark for mark in marks[-60:] if mark.side == SENT_BY[side]]
    seen.expect(
        len(theirs) >= 30,
        f"at least 30 of the last 60 pictures on the {side} {when} to carry the mark",
        len(theirs),
    )
    seen.expect(sure >= HEARD, f"the other side's speech on the {side} {when} (≥ {HEARD})", f"{sure:.2f}")
    seen.measured[f"{side} {when}"] = {
        "pictures": len(marks),
        "of_last_60": len(theirs),
        "speech": round(sure, 2),
    }


def _tail(file: Path, seconds: float) -> np.ndarray:
    return read_sound(str(file))[-int(seconds * RATE) :]
