# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinic opens: both programs start, the clinician unlocks her store, the desktop holds everybody."""

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.pace import patient
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until
from clinic.showcase.steps.queue import rows

QUIET_MS = 30.0
"""99 of 100 beats of the window are less late than this when no exchange is under way."""


def run(scene: Scene, seen: Findings) -> None:
    for side in ("desktop", "kiosk"):
        scene.actors[side], scene.hands[side] = scene.stage.handed(side, side, *scene.programs[side])
    desktop = scene.desktop
    desktop.wait("login.password", timeout_s=30)
    scene.shot("desktop", "login")
    desktop.type("login.password", scene.password("desktop"))
    desktop.click("login.unlock")
    desktop.wait("shell.rail.today", timeout_s=30)
    waited = wait_until(
        "those who wait already", lambda: len(rows(scene, "today.queue")) >= len(cast.WAITERS), 90, 0.3
    )
    waited += wait_until("the end of the first exchange", lambda: _quiet(scene), 90, 1.0)
    scene.shot("desktop", "today")
    seen.note(f"the desktop holds everybody after {waited:.1f} s", first_sync_s=round(waited, 1))


def _quiet(scene: Scene) -> bool:
    """She of the visit is found, and the window has had a second without much to do: nothing more is coming
    in."""
    desktop = scene.desktop
    if not scene.texts.get("found"):
        desktop.type("shell.search", cast.FAMILY, clear=True)
        scene.pause(0.5)
        found = desktop.exists("shell.search.results") and any(
            cast.FAMILY in row for row in rows(scene, "shell.search.results")
        )
        scene.texts["found"] = "yes" if found else ""
        if found:
            scene.shot("desktop", "search")
        desktop.key("Escape", on="shell.search")
    return bool(scene.texts["found"]) and float(desktop.stalls()["p99_ms"]) < patient(QUIET_MS)
