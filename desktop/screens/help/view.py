# SPDX-License-Identifier: GPL-3.0-or-later
"""The help page: the keys, a short guide, and the report of a problem, under one row of tabs."""

from __future__ import annotations

import io
import platform
from collections import deque
from pathlib import Path

import PySide6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLabel, QPlainTextEdit, QStackedWidget, QWidget

from clinic import __version__
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, SecondaryButton
from desktop.kit.fields import NoteField
from desktop.kit.navigation import TabBar
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text, named, styled
from desktop.kit.words import _, language
from desktop.screens.files import keep_file
from desktop.screens.help import logic as h
from desktop.screens.help.keys import GUIDE, SHEET, Keys
from desktop.screens.layouts import Page, across, down, holding, scrolling
from desktop.screens.room import Room

NAME = "posta-report.txt"
_CAPS = {"Left": "←", "Right": "→", "Return": "Enter"}
"""What stands on the key itself."""


class HelpView(Page):
    """`log`: the file this program writes its log to; None for none."""

    def __init__(self, room: Room, log: Path | None = None, state: h.State | None = None) -> None:
        super().__init__("help", _("Help"))
        self._room, self._log, self._help = room, log, room.helper(self)
        self._build()
        self.loop: Loop[h.State, h.Event, h.Effect] = Loop(
            state or h.State(), h.update, self._perform, self.render_state
        )
        self.loop.show()

    def refresh(self) -> None:
        self.loop.send(h.PartChosen(self.loop.state.part))

    # widgets

    def _build(self) -> None:
        parts = (("keys", _("Keys")), ("guide", _("How it goes")), ("report", _("Report a problem")))
        self.tabs = TabBar(parts, name="help.tabs")
        self.tabs.chosen.connect(lambda part: self.loop.send(h.PartChosen(part)))
        self.parts = {"keys": _keys(), "guide": _guide(), "report": self._report()}
        self.stack = QStackedWidget()
        for part in self.parts.values():
            self.stack.addWidget(part)
        head = across((Text(_("Help"), "title"), 1))
        self.setLayout(down(head, self.tabs, (self.stack, 1), gap=12, margins=(24, 20, 24, 18)))

    def _report(self) -> QWidget:
        hint = _("What did you do, and what happened? Please name no patient.")
        self.said = NoteField(hint, name="help.report.said", lines=4)
        self.said.textChanged.connect(lambda: self.loop.send(h.Typed(self.said.toPlainText())))
        self.shown = QPlainTextEdit(readOnly=True)
        named(self.shown, "help.report.shown", _("All that the report says"))
        self.shown.setTabChangesFocus(True)
        self.notice = Notice(name="help.report.notice")
        self.save = PrimaryButton(_("Save the report"), name="help.report.save", icon="file")
        self.copy = SecondaryButton(_("Copy"), name="help.report.copy", icon="clipboard")
        self.save.clicked.connect(lambda: self.loop.send(h.SavePressed()))
        self.copy.clicked.connect(lambda: self.loop.send(h.CopyPressed()))
        why = _(
            "This is all that leaves, and only by your hand. Names, numbers and addresses in the log are covered."
        )
        card = Card(name="help.report")
        card.add(self.said)
        card.add(Text(why, "muted", wrap=True))
        card.add(self.shown, 1)
        card.add(self.notice)
        card.add(across(None, self.copy, self.save))
        return card

    # rendering

    def render_state(self, state: h.State) -> None:
        self.tabs.choose(state.part)
        self.stack.setCurrentWidget(self.parts[state.part])
        self.said.show_text(state.said)
        if self.shown.toPlainText() != state.report:
            self.shown.setPlainText(state.report)
        self.notice.say(state.tone or "info", state.sentence)

    # doings

    def _perform(self, effect: h.Effect) -> None:
        match effect:
            case h.Look():
                self._help.read(
                    self._about, then=lambda about: self.loop.send(h.Looked(about)), failed=self._failed
                )
            case h.Save(text):
                self._save(text)
            case h.Copy(text):
                QGuiApplication.clipboard().setText(text)

    def _failed(self, sentence: str) -> None:
        self.loop.send(h.Failed(sentence))

    def _save(self, text: str) -> None:
        path = self._room.save_to / NAME if self._room.save_to is not None else self._chosen()
        if path is not None:
            self._help.by_hand(
                keep_file, path, text.encode(), then=lambda _path: self.loop.send(h.Saved(path.name)),
                failed=self._failed,
            )  # fmt: skip

    def _chosen(self) -> Path | None:
        title, kind = _("Save the report"), "Text (*.txt)"
        chosen, _kind = QFileDialog.getSaveFileName(self, title, NAME, kind)
        return Path(chosen) if chosen else None

    def _about(self) -> h.About:
        """How this computer stands: numbers and versions, never whose. On a worker."""
        status = self._room.clinic.sync_status()
        counts = f"{status.waiting} wait, {status.refused} refused, {status.quarantined} set aside"
        facts = (
            ("Posta", __version__),
            ("Python, Qt", f"{platform.python_version()}, {PySide6.__version__}"),
            ("system", platform.platform(terse=True)),
            ("language", language()),
            ("exchange", f"{counts}, {'online' if status.online else 'offline'}"),
        )
        return h.About(facts, last_lines(self._log))


def last_lines(log: Path | None, most: int = h.LINES) -> tuple[str, ...]:
    """The end of a log; () where there is none, or it cannot be read."""
    try:
        with log.open(encoding="utf-8", errors="replace") if log is not None else io.StringIO() as lines:
            return tuple(line.rstrip("\n") for line in deque(lines, most))
    except OSError:
        return ()


def _keys() -> QWidget:
    """Every key in groups, two columns of cards."""
    columns: tuple[list[QWidget], list[QWidget]] = ([], [])
    heights = [0, 0]
    for title, group in SHEET:
        card = Card(_(title), name="help.keys.group")
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(1, 1)
        for row, one in enumerate(group):
            keys = styled(QLabel(shown(one)), role="strong")
            does = Text(_(one.does), wrap=True)
            grid.addWidget(keys, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(does, row, 1)
        card.body.addLayout(grid)
        shorter = 0 if heights[0] <= heights[1] else 1
        columns[shorter].append(card)
        heights[shorter] += len(group) + 2
    sides = [(holding(down(*column, None, gap=14)), 1) for column in columns]
    return scrolling(holding(across(*sides, gap=14)), name="help.keys")


def shown(one: Keys) -> str:
    """As this system writes keys.

    >>> shown(Keys(("Ctrl+1", "Ctrl+2", "Ctrl+3"), ""))
    'Ctrl+1 … Ctrl+3'
    """
    native = [QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) for keys in one.keys]
    for word, cap in _CAPS.items():
        native = [keys.replace(word, cap) for keys in native]
    return " … ".join((native[0], native[-1])) if len(native) > 2 else ", ".join(native)


def _guide() -> QWidget:
    cards: list[QWidget] = []
    for title, text in GUIDE:
        card = Card(_(title), name="help.guide.part")
        card.add(Text(_(text), wrap=True))
        cards.append(card)
    return scrolling(holding(down(*cards, None, gap=12)), name="help.guide")
