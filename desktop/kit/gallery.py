# SPDX-License-Identifier: GPL-3.0-or-later
"""Every widget of the kit in one window: `python -m desktop.kit.gallery --theme dark --scale kiosk --shot out.png`."""

from __future__ import annotations

import argparse
import math
import sys
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QMainWindow,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.kit import icons
from desktop.kit.audit import audit
from desktop.kit.buttons import DangerButton, IconButton, PrimaryButton, QuietButton, SecondaryButton, YesNo
from desktop.kit.charts import Reading, Series, VitalCard, VitalsChart
from desktop.kit.fields import Choice, Field, LineField, NoteField
from desktop.kit.navigation import RailItem, SearchField, SideRail, StepDots, TabBar
from desktop.kit.people import Identity, Mark, PatientBanner, PersonList, PersonRow
from desktop.kit.program import add_options, start
from desktop.kit.signature import SignaturePad
from desktop.kit.surfaces import Card, Chip, EmptyState, Notice, Sign, StatusLine, toast
from desktop.kit.text import Text
from desktop.kit.tokens import TONES
from desktop.kit.touch import Keypad, Tile, TileGrid

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def rows(*things: QWidget | QLayout, across: bool = False) -> QWidget:
    """A plain holder with these one after the other."""
    holder = QWidget()
    holder.setProperty("kind", "plain")
    box = QHBoxLayout(holder) if across else QVBoxLayout(holder)
    box.setContentsMargins(0, 0, 0, 0)
    for thing in things:
        box.addWidget(thing) if isinstance(thing, QWidget) else box.addLayout(thing)
    if across:
        box.addStretch(1)
    return holder


def wave(middle: float, swing: float, count: int = 40) -> tuple[float, ...]:
    """A plausible course."""
    return tuple(
        middle + swing * math.sin(n * 0.9) * math.cos(n * 0.31) + n * swing / 60 for n in range(count)
    )


def buttons() -> Card:
    """All buttons."""
    card = Card("Buttons")
    card.add(
        rows(
            PrimaryButton("Start video visit", name="g.primary", icon="video", shortcut="Ctrl+Return"),
            SecondaryButton("New note", name="g.secondary", icon="pen"),
            DangerButton("Hang up", name="g.danger", icon="phone-off"),
            QuietButton("Show all", name="g.quiet"),
            IconButton("mic", "Microphone", name="g.mic", checkable=True),
            IconButton("video-off", "Camera", name="g.camera", tone="danger"),
            across=True,
        )
    )
    off = SecondaryButton("Not now", name="g.off")
    off.setEnabled(False)
    card.add(rows(*(Chip(tone, tone) for tone in TONES), off, across=True))
    card.add(YesNo(name="g.answer"))
    return card


def notices() -> Card:
    """All tones of notices, the status line."""
    card = Card("Notices")
    for tone in ("info", "ok", "warn", "danger"):
        card.add(
            Notice(
                name=f"g.notice.{tone}",
                tone=tone,
                text="The centre cannot be reached.",
                next_step="Everything is kept here and leaves by itself.",
                action="Details" if tone == "warn" else "",
            )
        )
    line = StatusLine(name="g.status")
    line.say("ok", "All 128 changes are at the centre · last sync 1 min ago")
    card.add(line)
    return card


def fields() -> Card:
    """Where one writes."""
    card = Card("Fields")
    card.add(SearchField("Search patients, notes, commands", name="g.search", shortcut="Ctrl+K"))
    card.add(Field("Document number", LineField("21.418.227", name="g.number"), hint="As on the card"))
    card.add(Field("Subjective", NoteField("What the patient tells", name="g.note")))
    card.add(Field("Reason", Choice([("a", "Control visit"), ("b", "New problem")], name="g.choice")))
    return card


def vitals() -> QWidget:
    """Cards and a chart."""
    pressure = VitalCard("Blood pressure", name="g.bp")
    pressure.show_value("148 / 92", "mmHg", "warn", "High", wave(140, 8), 90, 140)
    pulse = VitalCard("Heart rate", name="g.hr")
    pulse.show_value("76", "bpm", values=wave(74, 5), low=60, high=100)
    weight = VitalCard("Weight", name="g.kg")
    weight.show_value("84,2", "kg", values=wave(84, 0.5))
    chart = VitalsChart(name="g.chart")
    chart.show_series(
        Series("Systolic", "mmHg", _readings(wave(140, 9, 24)), 90, 140),
        Series("Diastolic", "mmHg", _readings(wave(88, 5, 24))),
    )
    chart.setMinimumHeight(240)
    card = Card("Blood pressure, last 6 months")
    card.add(chart, 1)
    top = QHBoxLayout()
    for one in (pressure, pulse, weight):
        top.addWidget(one)
    return rows(top, card)


def _readings(values: tuple[float, ...]) -> tuple[Reading, ...]:
    sources = ("device", "device", "manual", "kiosk")
    return tuple(
        Reading(NOW - timedelta(days=7 * (len(values) - n)), round(value), sources[n % 4])
        for n, value in enumerate(values)
    )


def people() -> Card:
    """A list of people."""
    card = Card("Queue")
    view = PersonList(name="g.people")
    names = ["Quispe, Rosa Elena", "Mamani, Juan Carlos", "Flores, Ana María", "Condorí, Severino"]
    view.show_rows(
        [
            PersonRow(
                f"p{n}",
                name,
                "cough, fever · since 08:12",
                f"{n * 7 + 4} min",
                (Mark("Penicillin", "danger"),) if n == 1 else (),
                score=f"NEWS2 {7 - n * 2}",
                score_tone=("danger", "warn", "neutral", "ok")[n],
            )
            for n, name in enumerate(names)
        ]
    )
    view.setCurrentIndex(view.model().index(0, 0))
    view.setMinimumHeight(250)
    card.add(view)
    return card


def touching(kiosk: bool) -> QWidget:
    """Tiles, keypad, signature."""
    words = ("Fever", "Cough", "Headache", "Chest pain", "Hard to breathe", "Something else")
    pictures = ("fever", "cough", "headache", "chest-pain", "hard-to-breathe", "other")
    tiles = [Tile(p, w, name=f"g.tile.{p}", checkable=True) for p, w in zip(pictures, words, strict=True)]
    tiles[1].setChecked(True)
    grid = TileGrid(tiles, columns=3)
    grid.setMinimumHeight(620 if kiosk else 480)
    steps = StepDots(name="g.steps")
    steps.show_step(2, 6)
    pad = SignaturePad(name="g.pad")
    pad.setMinimumHeight(200)
    keypad = Keypad(name="g.keys")
    keypad.setFixedWidth(420 if kiosk else 320)
    keypad.set_text("36,8")
    side = rows(keypad, across=True)
    return rows(steps, grid, rows(side, across=True), pad)


def drawings() -> Card:
    """All icons."""
    card = Card(f"{len(icons.names())} icons")
    grid = QGridLayout()
    for number, name in enumerate(icons.names()):
        grid.addWidget(Sign(name, "text"), number // 20, number % 20)
    card.add(grid)
    return card


def banner() -> PatientBanner:
    """The patient's banner."""
    made = PatientBanner(name="g.banner")
    made.show_person(
        Identity(
            "1", "Quispe, Rosa Elena", "3 mar 1974", "52 años", "DNI 21.418.227", "F",
            chips=(Mark("Penicillin – anaphylaxis", "danger"), Mark("Consent on file", "ok", "check")),
            as_of="data as of 2 h ago",
            unverified=True,
        )
    )  # fmt: skip
    return made


def page(kiosk: bool) -> QWidget:
    """Everything on one page."""
    holder = QWidget()
    holder.setProperty("kind", "page")
    outer = QHBoxLayout(holder)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.setSpacing(0)
    if not kiosk:
        outer.addWidget(_rail())
    column = QVBoxLayout()
    column.setSpacing(12)
    column.addWidget(banner())
    inside = QGridLayout()
    inside.setContentsMargins(20, 8, 20, 20)
    inside.setSpacing(12)
    left = rows(
        TabBar([("s", "Summary"), ("r", "Results"), ("n", "Notes")], name="g.tabs"),
        vitals(),
        buttons(),
        notices(),
    )
    right = rows(
        people(),
        fields(),
        touching(kiosk),
        EmptyState(
            "users", "Nobody is waiting", "The next patient shows up here.", "Refresh", name="g.empty"
        ),
    )
    inside.addWidget(Text("Gallery", "display"), 0, 0, 1, 2)
    inside.addWidget(left, 1, 0)
    inside.addWidget(right, 1, 1)
    inside.addWidget(drawings(), 2, 0, 1, 2)
    column.addLayout(inside, 1)
    outer.addLayout(column, 1)
    return holder


def _rail() -> SideRail:
    items = [
        ("today", "home", "Today"),
        ("patients", "users", "Patients"),
        ("schedule", "calendar", "Schedule"),
    ]
    rail = SideRail([RailItem(*item) for item in items], name="g.rail")
    rail.choose("patients")
    rail.set_badge("schedule", 6)
    line = StatusLine(name="g.rail.sync")
    line.say("warn", "4 changes wait to leave this computer · last sync 12 min ago")
    rail.foot.addWidget(line)
    return rail


def main(arguments: list[str] | None = None) -> int:
    """Show the gallery, or save it as a picture and print what the audit finds."""
    parser = argparse.ArgumentParser(prog="python -m desktop.kit.gallery")
    add_options(parser)
    parser.add_argument("--shot", help="save a PNG and end")
    args = parser.parse_args(arguments)
    program = start(args, "Posta gallery")
    window = QMainWindow()
    content = page(program.scale == "kiosk")
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(content)
    window.setCentralWidget(area)
    window.resize(1440, 900)
    program.show(window)
    if args.shot:
        QTimer.singleShot(200, lambda: _save(window, content, args.shot))
    return program.run(window)


def _save(window: QMainWindow, content: QWidget, path: str) -> None:
    window.resize(max(1440, content.minimumSizeHint().width()), content.sizeHint().height())
    toast(window, "Saved on this computer", "ok", "Undo")
    QTimer.singleShot(100, lambda: _shoot(window, content, path))


def _shoot(window: QMainWindow, content: QWidget, path: str) -> None:
    window.grab().save(path)
    for finding in audit(content):
        sys.stdout.write(finding + "\n")
    window.close()


if __name__ == "__main__":
    sys.exit(main())
