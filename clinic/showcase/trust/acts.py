# SPDX-License-Identifier: GPL-3.0-or-later
"""What several steps do: ask a store, read digits, know where things lie."""

from pathlib import Path
from typing import Any

from clinic.showcase.founding import words_of
from clinic.showcase.scene import Scene
from clinic.showcase.trust.terminal import told


def looked(scene: Scene, name: str, what: str, *more: str, machine: str = "") -> dict[str, Any]:
    """What the store of a home holds (`clinic.showcase.trust.probe`); its program must not be running."""
    words = (what, *words_of(scene, name), *more)
    return told(scene.stage.outcome(machine or name, "clinic.showcase.trust.probe", *words))


def sync(scene: Scene, *names: str) -> None:
    """Exchange with the centre, one home after the other."""
    for name in names:
        scene.stage.run(name, "clinic", "sync", *words_of(scene, name))


def sheets(scene: Scene, name: str) -> list[Path]:
    """The recovery sheets in a folder, by their number."""
    return sorted(scene.home(name).glob("*.pdf"), key=lambda path: path.stem.rsplit("-", 1)[-1])
