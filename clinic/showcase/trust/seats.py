# SPDX-License-Identifier: GPL-3.0-or-later
"""Desktops of the story: started, unlocked, closed, by hands only."""

from collections.abc import Callable

from clinic.showcase.hands import Hands
from clinic.showcase.scene import Scene
from clinic.showcase.stage import wait_until
from clinic.showcase.steps.queue import rows


def sit(scene: Scene, side: str) -> Hands:
    """Start the desktop of a machine; it shows the way in."""
    actor, hands = scene.stage.handed(side, side, *scene.programs[side])
    scene.actors[side], scene.hands[side] = actor, hands
    return hands


def unlock(scene: Scene, side: str) -> Hands:
    """Type the password of whoever works there, where it is asked."""
    hands = scene.hands[side]
    hands.wait("login.password", timeout_s=40)
    hands.type("login.password", scene.password(side), clear=True)
    hands.click("login.unlock")
    hands.wait("shell.rail.today", timeout_s=40)
    return hands


def come_in(scene: Scene, side: str) -> Hands:
    """Start and unlock."""
    sit(scene, side)
    return unlock(scene, side)


def rise(scene: Scene, side: str) -> None:
    """Close the program, so that verbs may work on its home."""
    if side in scene.hands and scene.actors[side].running:
        scene.hands[side].quit()
    scene.hands.pop(side, None)


def awake(scene: Scene) -> None:
    """Whoever's screen covered itself while a person was reading types the password again."""
    for side, hands in scene.hands.items():
        if side != "kiosk" and scene.actors[side].running and hands.exists("login.names"):
            unlock(scene, side)


def until_row(
    scene: Scene, side: str, widget: str, fits: Callable[[str], bool], what: str, timeout_s: float = 30
) -> int:
    """The number of the first row that fits, once there is one. Raises Unavailable."""
    wait_until(what, lambda: any(fits(row) for row in rows(scene, widget, side)), timeout_s, 0.2)
    return next(number for number, row in enumerate(rows(scene, widget, side)) if fits(row))
