# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinic opens: both programs start, the clinician unlocks her store, the desktop holds everybody."""

from clinic.showcase import cast
from clinic.showcase.findings import Findings
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until
from clinic.showcase.steps.queue import rows


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
        "those who wait already", lambda: len(rows(scene, "today.queue")) >= len(cast.WAITERS) and _settled(scene), 90, 0.3
    )
    scene.shot("desktop", "today")
    seen.note(f"the desktop holds everybody after {waited:.1f} s", first_sync_s=round(waited, 1))


def _settled(scene: Scene) -> bool:
    """The status line says the same twice: nothing more is coming in."""
    now = scene.desktop.text("status.sync")
    before = scene.texts.get("status", "")
    scene.texts["status"] = now
    return now == before
