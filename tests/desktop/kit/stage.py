# SPDX-License-Identifier: GPL-3.0-or-later
"""A small program for the hands to act on; started as a process by the tests."""

import argparse
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from desktop.kit.buttons import PrimaryButton
from desktop.kit.fields import Choice, LineField, NoteField
from desktop.kit.people import PersonList, PersonRow
from desktop.kit.program import add_options, start
from desktop.kit.signature import SignaturePad
from desktop.kit.text import Text


def page(window: QMainWindow) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    said = Text("nothing yet", name="stage.said")
    press = PrimaryButton("Press", name="stage.press", shortcut="Ctrl+P")
    press.clicked.connect(lambda: said.setText("pressed"))
    off = PrimaryButton("Off", name="stage.off")
    off.setEnabled(False)
    later = PrimaryButton("Later", name="stage.later")
    later.setEnabled(False)
    late = PrimaryButton("Late", name="stage.late")
    late.clicked.connect(lambda: QTimer.singleShot(150, lambda: later.setEnabled(True)))
    ask = PrimaryButton("Ask", name="stage.ask")
    ask.clicked.connect(lambda: dialog(window, said))
    bug = PrimaryButton("Bug", name="stage.bug")
    bug.clicked.connect(lambda: {}["Rosa Quispe"])
    people = PersonList(name="stage.people")
    people.show_rows([PersonRow(str(n), f"Person {n}") for n in range(40)])
    people.chosen.connect(said.setText)
    people.setFixedHeight(150)
    things = (
        said,
        press,
        off,
        late,
        later,
        ask,
        bug,
        LineField(name="stage.line"),
        NoteField(name="stage.note"),
    )
    for thing in (*things, Choice([("a", "One"), ("b", "Two")], name="stage.choice", spoken="Which"), people):
        column.addWidget(thing)
    pad = SignaturePad(name="stage.pad")
    pad.setFixedHeight(140)
    column.addWidget(pad)
    hidden = Text("hidden", name="stage.hidden")
    column.addWidget(hidden)
    hidden.hide()
    covered = PrimaryButton("Covered", name="stage.covered")
    column.addWidget(covered)
    cover = PrimaryButton("Cover", name="stage.cover")
    cover.setParent(covered.parentWidget() or holder)
    QTimer.singleShot(0, lambda: (cover.setGeometry(covered.geometry()), cover.raise_(), cover.show()))
    return holder


def dialog(window: QMainWindow, said: Text) -> None:
    box = QDialog(window)
    box.setObjectName("stage.dialog")
    column = QVBoxLayout(box)
    go = PrimaryButton("Sure", name="stage.dialog.sure")
    go.clicked.connect(box.accept)
    column.addWidget(go)
    box.exec()
    said.setText("was sure")


def main() -> int:
    parser = argparse.ArgumentParser()
    add_options(parser)
    parser.add_argument("--log", type=Path)
    args = parser.parse_args()
    program = start(args, "Stage", log=args.log)
    window = QMainWindow()
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(page(window))
    window.setCentralWidget(area)
    window.resize(700, 600)
    program.on_quit(lambda: sys.stderr.write("quit politely\n"))
    program.show(window)
    return program.run(window)


if __name__ == "__main__":
    sys.exit(main())
