# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of trust from founding to the audit: each step told, shown, and checked."""

import argparse
import sys
from pathlib import Path

from clinic.showcase.founding import card_film
from clinic.showcase.report import Report, Row
from clinic.showcase.scene import KIOSK_SIDE, Scene
from clinic.showcase.trust import card, consent, enrolment, founding, glass, lost, proof, recovery
from clinic.showcase.trust.page import page
from clinic.showcase.trust.seats import awake
from clinic.showcase.trust.words import Words, words
from clinic.showcase.visit import Step, take

STEPS: tuple[tuple[str, Step], ...] = (
    ("founding", founding.run),
    ("enrolment", enrolment.run),
    ("card", card.run),
    ("consent", consent.run),
    ("emergency", glass.run),
    ("lost", lost.run),
    ("recovery", recovery.run),
    ("audit", proof.run),
)
"""By the names of their words in resources/demo."""
DESKTOPS = ("station", "desktop", "second", "officer", "fresh")


def tell(scene: Scene, chosen: argparse.Namespace, steps: tuple[tuple[str, Step], ...] = STEPS) -> int:
    """Every step in order; 0 if each promise held, else 1. Without --auto a person presses Enter before each."""
    said = words(scene.language)
    names = [name for name, _step in steps]

    def draw(rows: list[Row], _folder: Path) -> str:
        return page(rows, names, said, scene.language)

    report = Report(scene.out, draw)
    asks = not chosen.auto
    if asks:
        print(said.passwords.format(folder=scene.stage.folder / "machines"), flush=True)
    for number, (name, step) in enumerate(steps, start=1):
        title, promise = said.steps[name]
        if asks:
            asks = _waited(f"\n{number}. {title}\n   {promise}\n   {said.enter} ")
            awake(scene)
        take(scene, report, number, title, step, promise)
        if number == 1 and not report.ok:
            break  # without an organisation there is nothing to go on with
    return _verdict(report, said, len(steps), scene.out)


def _waited(text: str) -> bool:
    """Until Enter; False once nobody is there to press it."""
    print(text, end="", flush=True)
    if sys.stdin.readline():
        return True
    print(flush=True)
    return False


def _verdict(report: Report, said: Words, count: int, out: Path) -> int:
    held = sum(row.ok for row in report.rows)
    good = held == count
    line = said.held if good else said.broken
    print(line.format(held=held, count=count, page=out / "index.html"), flush=True)
    return 0 if good else 1


def programs(out: Path, language: str, visible: bool) -> dict[str, tuple[str, ...]]:
    """The command lines of the window programs; nobody calls anybody in this story."""
    machines = out / "work" / "machines"
    silent = ("--microphone", "none", "--speaker", "null", "--lang", language)

    def desktop(name: str, number: int) -> tuple[str, ...]:
        place = f"1180x760+{40 * number}+{30 * number}" if visible else "1366x800"
        folder = ("--home", str(machines / name), "--save-to", str(out), "--geometry", place)
        return ("desktop", *folder, "--camera", "none", *silent)

    made = {name: desktop(name, number) for number, name in enumerate(DESKTOPS)}
    made["kiosk"] = (
        "kiosk", "--home", str(machines / "kiosk"), "--camera", f"clip:{KIOSK_SIDE}", "--camera-scan",
        f"file:{card_film(out / 'work')}", "--window", "--size", "730x760" if visible else "1024x768",
        *(("--scale", "desktop") if visible else ()), *silent,
    )  # fmt: skip
    return made
