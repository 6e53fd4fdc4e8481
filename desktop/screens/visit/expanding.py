# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates in the fields of a note: a code and Tab or Space, the way from one open place to the next, and all of it taken
back by one Ctrl+Z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRegularExpression, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextCursor, QTextDocument

from clinic.domain.facts import NoteTemplate, Section
from clinic.domain.templates import OPEN_PLACE, Put, called, expanded, template_of
from desktop.kit.fields import NoteField, seen_only

Known = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filled:
    """What one expansion made of a field."""

    before: str
    after: str
    place: int
    """Where the cursor stood."""


class Expander(QObject):
    """Watches the fields. `templates()` and `known()` are asked at the moment of use: nobody's words are kept here."""

    left = Signal(object)
    """sections (tuple) a template had words for, which stay as they were written"""

    def __init__(
        self,
        fields: Mapping[Section, NoteField],
        templates: Callable[[], Sequence[NoteTemplate]],
        known: Callable[[], Known],
        owner: QObject,
    ) -> None:
        super().__init__(owner)
        self._fields, self._templates, self._known = fields, templates, known
        self._sections = {id(field): section for section, field in fields.items()}
        self._last: dict[Section, Filled] = {}
        for field in fields.values():
            field.installEventFilter(self)

    def forget(self) -> None:
        """Another note stands in the fields."""
        self._last = {}

    def put(self, template: NoteTemplate, section: Section) -> None:
        """A template that was chosen from the list, where the cursor of that section stands."""
        self._put(template, section, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        section = self._sections.get(id(watched))
        if section is None or event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if self._fields[section].isReadOnly():
            return False
        return self._pressed(event, section)

    def _pressed(self, event: QKeyEvent, section: Section) -> bool:
        if event.matches(QKeySequence.StandardKey.Undo):
            return self._take_back(section)
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        match event.key():
            case Qt.Key.Key_Tab if plain:
                return self._call(section) or self._go(section)
            case Qt.Key.Key_Space if plain:
                return self._call(section)
            case Qt.Key.Key_Backtab:
                return self._go(section, back=True)
        return False

    # expanding

    def _call(self, section: Section) -> bool:
        field = self._fields[section]
        if field.textCursor().hasSelection():
            return False
        code = called(_around(field)[0])
        found = template_of(code, self._templates()) if code else None
        if found is None:
            return False
        self._put(found, section, len(code) + 1)
        return True

    def _put(self, template: NoteTemplate, section: Section, taken: int) -> None:
        texts = {key: field.toPlainText() for key, field in self._fields.items()}
        before, after = _around(self._fields[section])
        made = expanded(template, texts, section, before, after, taken, self._known())
        self._last = {}
        places = {put.section: self._write(put, put.section == section) for put in made.puts}
        first = next((one for one in self._fields if one in places), section)
        if not self._mark(first, places.get(first, 0)) and not self._mark_after(first):
            self._fields[section].setFocus()
        if made.left:
            self.left.emit(made.left)

    def _write(self, put: Put, here: bool) -> int:
        """Write it in one step that can be undone; where it begins."""
        field = self._fields[put.section]
        before, cursor = field.toPlainText(), field.textCursor()
        place = cursor.position()
        if not here:
            cursor.movePosition(QTextCursor.MoveOperation.Start)
        else:
            cursor.setPosition(cursor.selectionEnd())
        cursor.beginEditBlock()
        for _letter in range(put.taken):
            cursor.deletePreviousChar()
        begins = cursor.position()
        cursor.insertText(seen_only(put.text))
        cursor.endEditBlock()
        field.setTextCursor(cursor)
        self._last[put.section] = Filled(before, field.toPlainText(), place)
        return begins

    def _take_back(self, section: Section) -> bool:
        """The whole template, as long as nothing was typed in this section since; sections in which something was stay."""
        mine = self._last.get(section)
        if mine is None or self._fields[section].toPlainText() != mine.after:
            return False
        made, self._last = self._last, {}
        for one, filled in made.items():
            field = self._fields[one]
            if field.toPlainText() == filled.after:
                _as_before(field, filled)
        self._fields[section].setFocus()
        return True

    # from one open place to the next

    def _go(self, section: Section, back: bool = False) -> bool:
        """To the next open place of this section or a later one (an earlier one, back). False where there is none: then Tab is
        what it is everywhere."""
        cursor = self._fields[section].textCursor()
        at = cursor.selectionStart() if back else cursor.selectionEnd()
        return self._mark(section, at, back) or self._mark_after(section, back)

    def _mark_after(self, section: Section, back: bool = False) -> bool:
        order = list(self._fields)
        here = order.index(section)
        others = reversed(order[:here]) if back else order[here + 1 :]
        return any(self._mark(one, None, back) for one in others)

    def _mark(self, section: Section, at: int | None, back: bool = False) -> bool:
        """Mark the first open place from there on, so that what is typed takes its place; None: from the end that is near."""
        field = self._fields[section]
        start = field.textCursor()
        if at is None:
            start.movePosition(QTextCursor.MoveOperation.End if back else QTextCursor.MoveOperation.Start)
        else:
            start.setPosition(at)
        way = QTextDocument.FindFlag.FindBackward if back else QTextDocument.FindFlag(0)
        found = field.document().find(QRegularExpression(OPEN_PLACE.pattern), start, way)
        if found.isNull():
            return False
        field.setTextCursor(found)
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        field.ensureCursorVisible()
        return True


def _around(field: NoteField) -> tuple[str, str]:
    """The text before and after the cursor."""
    before, after = field.textCursor(), field.textCursor()
    before.setPosition(before.selectionEnd())
    after.setPosition(after.selectionEnd())
    before.movePosition(QTextCursor.MoveOperation.Start, QTextCursor.MoveMode.KeepAnchor)
    after.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
    return _lines(before.selectedText()), _lines(after.selectedText())


def _lines(text: str) -> str:
    return text.replace("\u2029", "\n").replace("\u2028", "\n")


def _as_before(field: NoteField, filled: Filled) -> None:
    """By the field's own undo, so that a further Ctrl+Z goes on behind it; by hand where that leads elsewhere."""
    field.undo()
    if field.toPlainText() != filled.before:
        whole = field.textCursor()
        whole.select(QTextCursor.SelectionType.Document)
        whole.insertText(filled.before)
    cursor = field.textCursor()
    cursor.setPosition(min(filled.place, field.document().characterCount() - 1))
    field.setTextCursor(cursor)
