# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the way: side rail, tabs, search field, step dots, clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.kit import icons, theme
from desktop.kit.text import Text, Tinted, named, styled
from desktop.kit.words import _, fmt_time

SOON_MS = 30
"""A search answers within a blink: only keys that come in one go are asked together."""


@dataclass(frozen=True, slots=True)
class RailItem:
    """One place in the rail."""

    key: str
    icon: str
    text: str


class _RailButton(Tinted, QPushButton):
    def __init__(self, item: RailItem, name: str) -> None:
        super().__init__()
        self._item, self._badge = item, 0
        named(self, name, item.text)
        self.setProperty("kind", "railitem")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.show_badge(0)
        self.tinted()

    def show_badge(self, count: int) -> None:
        self.setText(f"  {self._item.text}" + (f"   {count}" if count else ""))
        self.setAccessibleName(f"{self._item.text}, {count}" if count else self._item.text)

    def tint(self) -> None:
        self.setIconSize(icons.icon_size())
        self.setIcon(icons.icon(self._item.icon, "muted", checked="primary"))


class SideRail(QFrame):
    """The places of the desktop, one chosen; `foot` is a layout for status and settings."""

    chosen = Signal(str)

    def __init__(self, items: Sequence[RailItem], *, name: str, brand: str = "Posta") -> None:
        super().__init__()
        named(self, name, _("Main menu"))
        self.setProperty("kind", "rail")
        self.set_narrow(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 18, 12, 14)
        column.setSpacing(2)
        column.addLayout(_brand(brand))
        column.addSpacing(14)
        self._group = QButtonGroup(self)
        self._buttons = {item.key: _RailButton(item, f"{name}.{item.key}") for item in items}
        for key, button in self._buttons.items():
            self._group.addButton(button)
            column.addWidget(button)
            button.clicked.connect(lambda _on=False, chosen=key: self.chosen.emit(chosen))
        column.addStretch(1)
        self.foot = QVBoxLayout()
        self.foot.setSpacing(8)
        column.addLayout(self.foot)

    def set_narrow(self, narrow: bool) -> None:
        """Give room away in a small window; every word stays."""
        self.setFixedWidth(round(theme.current().scale.body * (12 if narrow else 15)))

    def choose(self, key: str) -> None:
        """Mark a place as the present one, without a signal; '' marks none."""
        self._group.setExclusive(bool(key))
        for place, button in self._buttons.items():
            button.setChecked(place == key)
        self._group.setExclusive(True)

    def set_badge(self, key: str, count: int) -> None:
        """Show how many things wait there; 0 shows nothing."""
        self._buttons[key].show_badge(count)


def _brand(brand: str) -> QHBoxLayout:
    from desktop.kit.surfaces import Sign

    row = QHBoxLayout()
    row.setContentsMargins(8, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(Sign("posta", size=24))
    row.addWidget(Text(brand, "title"), 1)
    return row


class TabBar(QWidget):
    """A row of tabs, one chosen; `rows`: where one is too narrow for the words, they stand in two."""

    chosen = Signal(str)

    def __init__(self, tabs: Sequence[tuple[str, str]], *, name: str, rows: bool = False) -> None:
        super().__init__()
        named(self, name)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._rows = [QHBoxLayout() for _number in range(2 if rows else 1)]
        for row in self._rows:
            row.setSpacing(4)
            column.addLayout(row)
        self._group = QButtonGroup(self)
        self._buttons = {key: self._tab(key, text, name) for key, text in tabs}
        self._split = False
        for button in self._buttons.values():
            self._rows[0].addWidget(button)
        for row in self._rows:
            row.addStretch(1)
        if tabs:
            self.choose(tabs[0][0])

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In little room the words stand closer together; none is cut."""
        super().resizeEvent(event)
        wide = sum(button.fontMetrics().horizontalAdvance(button.text()) for button in self._buttons.values())
        split = len(self._rows) > 1 and wide + len(self._buttons) * 2 * 5 > self.width()
        if split is not self._split:
            self._share(split)
        tight = (
            wide / (2 if split else 1) + len(self._buttons) * (2 * 14 + 4) / (2 if split else 1)
            > self.width()
        )
        for row in self._rows:
            row.setSpacing(0 if tight else 4)
        for button in self._buttons.values():
            if (button.property("tight") == "true") is not tight:
                styled(button, tight="true" if tight else "false")

    def _share(self, split: bool) -> None:
        """The first half above the second, or all in one row again."""
        self._split = split
        buttons = list(self._buttons.values())
        half = (len(buttons) + 1) // 2 if split else len(buttons)
        for number, button in enumerate(buttons):
            for row in self._rows:
                row.removeWidget(button)
            row = self._rows[0 if number < half else 1]
            row.insertWidget(row.count() - 1, button)
        self.updateGeometry()

    def _tab(self, key: str, text: str, name: str) -> QPushButton:
        button = named(QPushButton(text), f"{name}.{key}", text)
        styled(button, kind="tab").setCheckable(True)
        self._group.addButton(button)
        button.clicked.connect(lambda _on=False: self.chosen.emit(key))
        return button

    def choose(self, key: str) -> None:
        """Mark a tab as the present one, without a signal."""
        self._buttons[key].setChecked(True)


class SearchField(Tinted, QLineEdit):
    """A line that asks after the typing rests; Esc empties it."""

    asked = Signal(str)

    def __init__(self, placeholder: str, *, name: str, shortcut: str = "", delay_ms: int = SOON_MS) -> None:
        super().__init__()
        named(self, name, placeholder)
        self.setProperty("kind", "search")
        self.setPlaceholderText(f"{placeholder}   {shortcut}" if shortcut else placeholder)
        self._rest = QTimer(self, interval=delay_ms, singleShot=True)
        self._rest.timeout.connect(lambda: self.asked.emit(self.text()))
        self.textChanged.connect(lambda _text: self._rest.start())
        self.returnPressed.connect(self._now)
        if shortcut:
            QShortcut(QKeySequence(shortcut), self, self._take).setContext(
                Qt.ShortcutContext.ApplicationShortcut
            )
        QShortcut(QKeySequence("Esc"), self, self.clear).setContext(Qt.ShortcutContext.WidgetShortcut)
        self.tinted()

    def _take(self) -> None:
        self.window().raise_()
        self.window().activateWindow()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def _now(self) -> None:
        self._rest.stop()
        self.asked.emit(self.text())

    def tint(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        side = theme.current().scale.icon
        glass = icons.pixmap("search", side, "muted", self.devicePixelRatioF())
        painter = QPainter(self)
        painter.drawPixmap(12, (self.height() - side) // 2, glass)
        painter.end()


class StepDots(QWidget):
    """How far along: done, now, to come; a word beside it."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        named(self, name)
        self._done, self._total = 0, 1
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._dots = _Dots(self)
        self._text = Text("", "caption", name=f"{name}.text")
        row.addWidget(self._dots)
        row.addWidget(self._text, 1)

    def show_step(self, done: int, total: int, text: str = "") -> None:
        """`done` steps lie behind, the next one is now."""
        said = text or _("Step %(now)d of %(total)d") % {"now": min(done + 1, total), "total": total}
        self._dots.show_step(done, total)
        self._text.setText(said)
        self.setAccessibleName(said)


class _Dots(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._done, self._total = 0, 1
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_step(self, done: int, total: int) -> None:
        self._done, self._total = done, total
        self.updateGeometry()
        self.update()

    def _side(self) -> int:
        return theme.current().scale.caption

    def sizeHint(self) -> QSize:
        side = self._side()
        return QSize((self._total + 1) * (side + 8), side + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        worn, side = theme.current(), self._side()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = 2.0
        for step in range(self._total):
            width = side * 2 if step == self._done else side
            full = step <= self._done
            painter.setPen(worn.colour("primary" if full else "edge"))
            painter.setBrush(worn.colour("primary") if full else QColor(worn.tokens.surface))
            painter.drawRoundedRect(QRectF(x, 2, width, side), side / 2, side / 2)
            x += width + 8


class Clock(Text):
    """The time where the reader is; the clock is handed in."""

    def __init__(self, now: Callable[[], datetime], *, name: str) -> None:
        super().__init__("", "strong", name=name)
        self._now = now
        self._timer = QTimer(self, interval=5000)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self.refresh()

    def refresh(self) -> None:
        """Show the time now."""
        self.setText(fmt_time(self._now()))
        self.setAccessibleName(_("Time %(time)s") % {"time": self.text()})
