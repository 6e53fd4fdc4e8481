# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions of one form, one under the other, each with the field that fits it; those that are not asked are not there."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from clinic.domain import questionnaires as q
from clinic.domain.facts import FormItem, Questionnaire
from clinic.domain.questionnaires import Given, enabled
from desktop.kit.fields import Choice, LineField, NoteField
from desktop.kit.text import Text, named
from desktop.kit.words import _, language
from desktop.screens.forms.logic import shown, typed
from desktop.screens.forms.words import question_words, range_words, trouble_words
from desktop.screens.layouts import across, down, holding

SHORT = 220
"""Pixels of a field for a number, a day or a choice of two."""


class Fields(QWidget):
    """Made anew for each form that is opened: nothing of one person's can stand in another's."""

    answered = Signal(str, object, bool)
    """key, the answer (tuple of texts), whether it is settled: chosen, not typed"""
    left = Signal()
    """a field was left"""

    def __init__(self, form: Questionnaire, given: Given) -> None:
        super().__init__()
        named(self, "chart.form.fields", q.title(form, language()))
        self._form = form
        self._items = {item.key: item for item in form.items}
        self.rows: dict[str, QWidget] = {}
        self.inputs: dict[str, QWidget] = {}
        self._troubles: dict[str, Text] = {}
        column = down(gap=12, margins=(2, 2, 10, 8))
        for item in form.items:
            row = self.rows[item.key] = self._row(item, given.get(item.key, ()))
            column.addWidget(row)
        column.addStretch(1)
        self.setLayout(column)
        self.show_standing(given)

    def show_standing(self, given: Given) -> None:
        """Only what is asked after these answers."""
        standing = {item.key for item in enabled(self._form, given)}
        filled = {item.within for item in self._form.items if item.key in standing and item.within}
        for key, row in self.rows.items():
            empty = self._items[key].kind == "group" and key not in filled
            row.setVisible(key in standing and not empty)

    def show_troubles(self, wrong: Collection[str], given: Given) -> None:
        """Under each of these, what has to be put right."""
        for key, text in self._troubles.items():
            text.setText(trouble_words(self._items[key], given.get(key, ())) if key in wrong else "")
            text.setVisible(key in wrong)

    def lock(self, locked: bool) -> None:
        """Not to be written in while it is completed."""
        if self.isEnabled() is locked:
            self.setEnabled(not locked)

    def take_hands(self, key: str = "") -> None:
        """The keyboard goes to that question, or to the first."""
        standing = [name for name in self.inputs if not self.rows[name].isHidden()]
        name = key if key in standing else next(iter(standing), "")
        if name:
            self.inputs[name].setFocus(Qt.FocusReason.TabFocusReason)

    # building

    def _row(self, item: FormItem, given: tuple[str, ...]) -> QWidget:
        if item.kind == "group":
            return Text(q.question(item, language()), "title", wrap=True)
        if item.kind == "display":
            return Text(q.question(item, language()), "muted", wrap=True)
        words = question_words(item)
        caption = Text(f"{words} *" if item.required else words, "strong", wrap=True)
        made = self._input(item, given)
        spoken = ", ".join(
            part for part in (words, _("required") if item.required else "", range_words(item)) if part
        )
        for one in made if isinstance(made, list) else [made]:
            one.setAccessibleDescription(spoken)
        first = made[0] if isinstance(made, list) else made
        caption.setBuddy(first)
        self.inputs[item.key] = first
        trouble = self._troubles[item.key] = Text("", "caption", wrap=True, tone="danger")
        trouble.hide()
        hint = Text(range_words(item), "caption")
        if isinstance(made, list):
            body: QWidget = holding(across(*made, None, gap=14))
        elif isinstance(made, NoteField):
            body = made
        else:
            made.setFixedWidth(SHORT if item.kind != "choice" else SHORT * 2)
            body = holding(across(made, hint, None, gap=10))
        return holding(down(caption, body, trouble, gap=3))

    def _input(self, item: FormItem, given: tuple[str, ...]) -> QWidget | list[QWidget]:
        name, spoken = f"chart.form.{item.key}", question_words(item)
        if item.kind in ("boolean", "choice"):
            return (
                self._several(item, given, name) if item.repeats else self._choice(item, given, name, spoken)
            )
        text = shown(item, given[0]) if given else ""
        if item.kind == "text":
            note = NoteField(name=name, spoken=spoken, lines=2)
            note.setMaximumHeight(84)
            note.show_text(text)
            note.textChanged.connect(lambda: self._tell(item, note.toPlainText()))
            note.settled.connect(self.left)
            return note
        line = LineField(name=name, spoken=spoken)
        line.setText(text)
        line.textChanged.connect(lambda said: self._tell(item, said))
        line.editingFinished.connect(self.left)
        return line

    def _choice(self, item: FormItem, given: tuple[str, ...], name: str, spoken: str) -> Choice:
        options = [(one.code, q.option(item, one.code, language())) for one in item.options]
        if item.kind == "boolean":
            options = [(code, q.in_words(item, code, language())) for code in ("true", "false")]
        choice = Choice([("", "—"), *options], name=name, spoken=spoken)
        choice.choose(given[0] if given else "")
        choice.chosen.connect(lambda key: self.answered.emit(item.key, (key,) if key else (), True))
        return choice

    def _several(self, item: FormItem, given: tuple[str, ...], name: str) -> list[QWidget]:
        boxes: dict[str, QCheckBox] = {}

        def tell(_on: bool) -> None:
            chosen = tuple(code for code, box in boxes.items() if box.isChecked())
            self.answered.emit(item.key, chosen, True)

        for one in item.options:
            box = boxes[one.code] = QCheckBox(q.option(item, one.code, language()))
            named(box, f"{name}.{one.code}", f"{q.question(item, language())}: {box.text()}")
            box.setChecked(one.code in given)
            box.toggled.connect(tell)
        return list(boxes.values())

    def _tell(self, item: FormItem, text: str) -> None:
        self.answered.emit(item.key, typed(item, text), False)
