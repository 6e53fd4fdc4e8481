# SPDX-License-Identifier: GPL-3.0-or-later
"""Step 5: for 20 s nothing goes between anybody. The note goes on, both screens say it, the call comes back
by itself."""

import re
import time

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.pace import patient
from clinic.showcase.scene import Scene
from clinic.showcase.steps.call import check_received

CUT_S = 20.0
WORST_STALL_MS = 250.0
SAY_S = 8.0
BACK_S = 15.0
STATES = {"desktop": "visit.call.state", "kiosk": "kiosk.call.state"}


def run(scene: Scene, seen: Findings) -> None:
    desktop = scene.desktop
    before = {side: scene.mark_seen(side) for side in STATES}
    words = {side: scene.said(side, name) for side, name in STATES.items()}
    desktop.stalls()
    scene.network.cut()
    began = time.monotonic()
    try:
        _write_on(scene, seen)
        said = {side: _says(scene, side, words[side]) for side, name in STATES.items()}
        for side, sentence in said.items():
            seen.expect(
                bool(sentence) or not scene.network.whole,
                f"the {side} to say what is happening within the cut",
                f"still “{words[side]}”",
            )
        scene.both("network-cut")
        sync = desktop.text("status.sync")
        seen.expect(
            bool(re.search(r"\d+.*(esperan? salir|waits? to leave)", sync)),
            "a count of what waits in the status line",
            sync,
        )
        scene.pause(max(0.0, CUT_S - (time.monotonic() - began)))
    finally:
        scene.network.restore()
    lasted = time.monotonic() - began
    back = {side: scene.wait_picture(side, BACK_S, after=before[side]) for side in STATES}
    scene.pause(8.0)
    scene.both("call-is-back")
    for side in STATES:
        check_received(scene, seen, side, "after the cut", last_s=7.0)
    if not scene.network.whole:
        seen.expect(
            False,
            "a cut between everybody",
            "this machine does not allow network namespaces: only the way to the server was cut",
        )
    slowest = max(back.values())
    seen.note(
        f"{lasted:.0f} s without network; desktop said “{said['desktop']}”, kiosk said “{said['kiosk']}”, "
        f"status “{sync}”; "
        f"pictures back {slowest:.1f} s after the network",
        cut_s=round(lasted, 1),
        back_s={side: round(seconds, 2) for side, seconds in back.items()},
        asked_for_pictures=scene.asked,
    )


def _write_on(scene: Scene, seen: Findings) -> None:
    """Type in the middle of the cut; every word must be there at once and the window must not stall."""
    desktop, typed = scene.desktop, cast.NOTE["plan"]
    for word in cast.NOTE_IN_THE_CUT.split(" ")[1:]:
        desktop.type("visit.note.plan", f" {word}", pace_ms=45)
        typed += f" {word}"
        shown = desktop.text("visit.note.plan")
        if not seen.expect(shown == typed, "every letter typed to appear", shown):
            break
    late, worst = desktop.stalls(), patient(WORST_STALL_MS)
    seen.expect(
        late["max_ms"] < worst,
        f"no stall over {worst:.0f} ms while typing",
        f"{late['max_ms']} ms",
    )
    seen.note(
        f"typing without a stutter (worst {late['max_ms']:.0f} ms)",
        typing_worst_ms=late["max_ms"],
        typing_p99_ms=late["p99_ms"],
    )
    scene.texts["plan"] = typed


def _says(scene: Scene, side: str, usual: str) -> str:
    """The sentence that replaced the usual one; '' if none did in time."""
    until = time.monotonic() + patient(SAY_S)
    while time.monotonic() < until:
        if (sentence := scene.said(side, STATES[side])) not in ("", usual):
            return sentence
        time.sleep(0.1)
    return ""
