# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of entries: as long as all that match, though only what is in sight has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QResizeEvent, QShowEvent

from clinic.domain.misuse.lists import Filters
from desktop.kit.words import N_, _
from desktop.screens.audit.logic import PAGE, Entries, State
from desktop.screens.audit.rows import entry_line, entry_title
from desktop.screens.lines import Line, LineList

Index = QModelIndex | QPersistentModelIndex
LOOKED_MS = 30
"""How often, while it is scrolled, it says what is in sight."""
COMING = N_("The entry is being read …")
GONE = N_("This entry is shown no longer.")


class EntryModel(QAbstractListModel):
    """Rows that are not read yet say so."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers: tuple[int, ...] = ()
        self._pages: Mapping[int, Entries] = {}
        self._made: dict[int, Line] = {}

    def show(self, numbers: tuple[int, ...], pages: Mapping[int, Entries]) -> bool:
        """Show these; True if the rows are others than before."""
        if numbers != self._numbers:
            self.beginResetModel()
            self._numbers, self._pages, self._made = numbers, pages, {}
            self.endResetModel()
            return True
        before, self._pages = self._pages, pages
        for page in {*before, *pages}:
            if before.get(page) != pages.get(page):
                self._anew(page)
        return False

    def _anew(self, page: int) -> None:
        rows = range(PAGE * page, min(PAGE * (page + 1), len(self._numbers)))
        for row in rows:
            self._made.pop(row, None)
        if rows:
            self.dataChanged.emit(self.index(rows[0], 0), self.index(rows[-1], 0))

    def number(self, row: int) -> int:
        return self._numbers[row]

    def row_of(self, number: int) -> int:
        """-1 for one that is not among them."""
        return self._numbers.index(number) if number in self._numbers else -1

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        return 0 if parent.isValid() else len(self._numbers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.line(index.row()).title
            case Qt.ItemDataRole.AccessibleTextRole:
                return self.line(index.row()).spoken()
            case Qt.ItemDataRole.UserRole:
                line = self.line(index.row())
                return line if line.detail else replace(line, detail=" ")  # all rows are of one height
        return None

    def line(self, row: int) -> Line:
        """What a row says."""
        page = self._pages.get(row // PAGE)
        if page is None or row % PAGE >= len(page):
            return Line(f"{row}", _(COMING), icon="clock", tone="neutral")
        line = self._made.get(row)
        if line is None:
            entry = page[row % PAGE]
            line = entry_line(f"{row}", entry) if entry else Line(f"{row}", _(GONE), icon="x", tone="neutral")
            self._made[row] = line
        return line

    def match(
        self, start: Index, role: int, value: object, hits: int = 1, flags: object = None
    ) -> list[QModelIndex]:
        """The next row that begins so, of those that were read: letters typed into the list read no others."""
        typed, rows = f"{value}".casefold(), len(self._numbers)
        known = sorted(
            ((PAGE * page + n - start.row()) % rows, PAGE * page + n, entry)
            for page, entries in self._pages.items()
            for n, entry in enumerate(entries)
        ) if rows else []  # fmt: skip
        for _distance, row, entry in known:
            if entry is not None and entry_title(entry).casefold().startswith(typed):
                return [self.index(row, 0)]
        return []


class EntryList(LineList):
    """`seen`: the first and the last row in sight, soon after that changed."""

    seen = Signal(int, int)

    def __init__(self, *, name: str, spoken: str) -> None:
        super().__init__(name=name, spoken=spoken)
        self._entries = EntryModel(self)
        self._shown: Filters | None = None
        self.setUniformItemSizes(True)
        self._look = QTimer(self, interval=LOOKED_MS, singleShot=True)
        self._look.timeout.connect(self._tell_seen)
        self.setModel(self._entries)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._look_soon())

    def show_entries(self, state: State) -> None:
        """Show what was found. What is asked anew for the same keeps the marked entry and the place; else it begins at the
        top."""
        row, place = self.currentIndex().row(), self.verticalScrollBar().value()
        marked = self._entries.number(row) if row >= 0 else -1
        same, self._shown = state.shown == self._shown, state.shown
        if self._entries.show(state.numbers, state.pages):
            at = self._entries.row_of(marked) if same else -1
            if at >= 0:
                self.setCurrentIndex(self._entries.index(at, 0))
            if same:
                self.verticalScrollBar().setValue(place)
            else:
                self.scrollToTop()
            self._look_soon()

    def line(self, row: int) -> Line:
        """What a row says."""
        return self._entries.line(row)

    def lines(self) -> list[Line]:
        """What all rows say."""
        return [self._entries.line(row) for row in range(self._entries.rowCount())]

    def key(self) -> str:
        row = self.currentIndex().row()
        return f"{row}" if row >= 0 else ""

    def choose(self, key: str) -> None:
        """Mark a row from outside."""
        if key:
            self.setCurrentIndex(self._entries.index(int(key), 0))

    def _tell(self, signal: object, index: QModelIndex) -> None:
        if index.isValid():
            signal.emit(f"{index.row()}")  # type: ignore[attr-defined]

    def _look_soon(self) -> None:
        if not self._look.isActive():
            self._look.start()

    def _tell_seen(self) -> None:
        rows = self._entries.rowCount()
        if not rows or not self.isVisible():
            return
        first = self.indexAt(QPoint(4, 1)).row()
        last = self.indexAt(QPoint(4, self.viewport().height() - 2)).row()
        self.seen.emit(max(first, 0), last if last >= 0 else rows - 1)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._look_soon()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._look_soon()
