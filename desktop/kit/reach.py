# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person at this screen could see and touch right now, by objectName."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QPainter, QPixmap, QPointingDevice, QRegion, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QTextEdit,
    QWidget,
)


class CannotReach(Exception):
    """A person could not do this now; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on a widget that is free to be touched."""

    widget: QWidget
    point: QPoint


def _named(name: str) -> list[QWidget]:
    return [widget for widget in QApplication.allWidgets() if widget.objectName() == name]


def find(name: str) -> QWidget:
    """The widget of that name, the visible one if there are several."""
    everyone = _named(name)
    seen = [widget for widget in everyone if widget.isVisible()]
    if len(seen) > 1:
        active = QApplication.activeModalWidget() or QApplication.activeWindow()
        seen = [widget for widget in seen if active is not None and widget.window() is active] or seen
    if not everyone:
        raise CannotReach(f"there is nothing called {name}")
    return (seen or everyone)[0]


def exists(name: str) -> bool:
    """Whether a visible widget has that name."""
    return any(widget.isVisible() for widget in _named(name))


def spot(name: str, row: int | None = None, text: str | None = None) -> Spot:
    """A free point on the widget, or on its row; raises CannotReach with the reason."""
    widget = find(name)
    if not widget.isVisible():
        raise CannotReach(f"{name} is not visible")
    if not widget.isEnabled():
        raise CannotReach(f"{name} is not enabled")
    _not_behind_a_dialog(widget)
    target, point = _aim(widget, row, text)
    _scroll_to(target, point)
    _not_covered(name, target, point)
    return Spot(target, point)


def _aim(widget: QWidget, row: int | None, text: str | None) -> tuple[QWidget, QPoint]:
    if row is None and text is None:
        return widget, _middle(widget)
    view = _view(widget)
    index = _row(view, row, text)
    view.scrollTo(index)
    return view, view.viewport().mapTo(view, view.visualRect(index).center())


def _middle(widget: QWidget) -> QPoint:
    if isinstance(widget, QAbstractButton) and not widget.hitButton(widget.rect().center()):
        return QPoint(min(12, widget.width() // 2), widget.height() // 2)
    return widget.rect().center()


def _view(widget: QWidget) -> QAbstractItemView:
    if isinstance(widget, QComboBox):
        return widget.view()
    if isinstance(widget, QAbstractItemView):
        return widget
    raise CannotReach(f"{widget.objectName()} has no rows")


def _row(view: QAbstractItemView, row: int | None, text: str | None) -> QModelIndex:
    for index in _rows(view):
        if index.row() == row or (text is not None and text in _row_text(index)):
            return index
    raise CannotReach(f"{view.objectName()} has no row {row if text is None else text!r}")


def _rows(view: QAbstractItemView) -> Iterator[QModelIndex]:
    model, root = view.model(), view.rootIndex()
    if model is None:
        return
    while model.canFetchMore(root) and model.rowCount(root) < 5000:
        model.fetchMore(root)
    for number in range(model.rowCount(root)):
        yield model.index(number, 0, root)


def _row_text(index: QModelIndex) -> str:
    model = index.model()
    wide = 1 if isinstance(model, QAbstractListModel) else model.columnCount(index.parent())
    cells = [model.index(index.row(), column, index.parent()) for column in range(wide)]
    shown = [str(cell.data(Qt.ItemDataRole.DisplayRole) or "") for cell in cells]
    spoken = str(index.data(Qt.ItemDataRole.AccessibleTextRole) or "")
    return " | ".join(part for part in (*shown, spoken) if part)


def _not_behind_a_dialog(widget: QWidget) -> None:
    popup = QApplication.activePopupWidget()
    if popup is not None and widget.window() is not popup and not popup.isAncestorOf(_popped(widget)):
        raise CannotReach(f"{widget.objectName()} is behind an open list or menu")
    modal = QApplication.activeModalWidget()
    if (
        popup is None
        and modal is not None
        and widget.window() is not modal
        and not modal.isAncestorOf(widget)
    ):
        raise CannotReach(
            f"{widget.objectName()} is behind the dialog {modal.objectName() or type(modal).__name__}"
        )


def _popped(widget: QWidget) -> QWidget:
    return widget.view() if isinstance(widget, QComboBox) else widget


def _scroll_to(widget: QWidget, point: QPoint) -> None:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea) and not _seen(widget, point):
            parent.ensureWidgetVisible(widget, 8, 8)
        parent = parent.parentWidget()


def _seen(widget: QWidget, point: QPoint) -> bool:
    return bool(widget.visibleRegion().intersects(QRegion(point.x(), point.y(), 1, 1)))


def _not_covered(name: str, widget: QWidget, point: QPoint) -> None:
    window = widget.window()
    there = window.childAt(widget.mapTo(window, point)) or window
    if there is not widget and not widget.isAncestorOf(there) and there is not window:
        raise CannotReach(f"{name} is covered by {there.objectName() or type(there).__name__}")
    if not window.rect().contains(widget.mapTo(window, point)):
        raise CannotReach(f"{name} lies outside the window")


def frame(widget: QWidget) -> tuple[QWidget, QWindow]:
    """The top widget and the window it is painted in. Hold both: the binding forgets the second with the first."""
    top = widget.window()
    window = top.windowHandle()
    if window is None:
        raise CannotReach(f"{widget.objectName()} has no window")
    return top, window


def activate(widget: QWidget) -> None:
    """Bring its window to the front, as any touch of it would."""
    top = widget.window()
    if not top.isActiveWindow() and QApplication.activePopupWidget() is None:
        top.activateWindow()


def click(where: Spot, double: bool = False) -> None:
    """Press and release the left button through the window system."""
    activate(where.widget)
    top, window = frame(where.widget)
    place = where.widget.mapTo(top, where.point)
    QTest.mouseMove(window, place)
    act = QTest.mouseDClick if double else QTest.mouseClick
    act(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


class _Screen:
    finger: QPointingDevice | None = None


def finger() -> QPointingDevice:
    """The touch screen the taps come from."""
    if _Screen.finger is None:
        _Screen.finger = QTest.createTouchDevice()
    return _Screen.finger


def tap(where: Spot) -> None:
    """Touch and lift one finger."""
    activate(where.widget)
    top, window = frame(where.widget)
    place = where.widget.mapTo(top, where.point)
    QTest.touchEvent(window, finger()).press(0, place, window).commit()
    QTest.touchEvent(window, finger()).release(0, place, window).commit()


def opens(name: str) -> Spot | None:
    """Where to press first when the rows are behind a press (a closed combo box)."""
    widget = find(name)
    if isinstance(widget, QComboBox) and not widget.view().isVisible():
        return spot(name)
    return None


def told(widget: QWidget) -> dict[str, Any]:
    """What a person can see of it."""
    facts: dict[str, Any] = {
        "text": shown(widget),
        "spoken": widget.accessibleName(),
        "visible": widget.isVisible(),
        "enabled": widget.isEnabled(),
        "focus": widget.hasFocus(),
    }
    if isinstance(widget, QAbstractButton) and widget.isCheckable():
        facts["checked"] = widget.isChecked()
    if isinstance(widget, QProgressBar):
        facts["value"] = widget.value()
    if isinstance(widget, QAbstractItemView | QComboBox):
        facts["items"] = [_row_text(index) for index in _rows(_view(widget))]
    return facts


def told_if_there(name: str) -> dict[str, Any]:
    """The same, or that it is gone."""
    return told(find(name)) if _named(name) else {"visible": False}


def shown(widget: QWidget) -> str:
    """The text of a widget; of a container, the visible texts in it, one a line."""
    match widget:
        case QLabel() | QLineEdit():
            return widget.text()
        case QAbstractButton() if widget.text():
            return widget.text().strip()
        case QPlainTextEdit() | QTextEdit():
            return widget.toPlainText()
        case QComboBox():
            return widget.currentText()
    own = getattr(widget, "text", None)
    if callable(own):
        return str(own())
    inside = [label for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]
    return "\n".join(label.text() for label in inside)


def holds(command: dict[str, Any]) -> bool:
    """Whether the condition of a `wait` holds now: visible, hidden, enabled, text (regular expression)."""
    name = command["on"]
    if command.get("hidden"):
        return not exists(name)
    if not exists(name):
        return False
    widget = find(name)
    if command.get("enabled") and not widget.isEnabled():
        return False
    pattern = command.get("text")
    return pattern is None or re.search(pattern, _everything(widget)) is not None


def _everything(widget: QWidget) -> str:
    rows = [_row_text(index) for index in _rows(widget)] if isinstance(widget, QAbstractItemView) else []
    return "\n".join([shown(widget), widget.accessibleName(), *rows])


def state(name: str) -> str:
    """One line about a widget, for a failure's sentence."""
    if not _named(name):
        return "there is nothing of that name"
    widget = find(name)
    words = "visible" if widget.isVisible() else "hidden"
    return f"{words}, {'enabled' if widget.isEnabled() else 'disabled'}, shows {_everything(widget)[:160]!r}"


def window(name: str | None = None) -> QWidget:
    """The window of a widget, or the one in front."""
    if name:
        return find(name).window()
    front = QApplication.activeModalWidget() or QApplication.activeWindow()
    seen = [front] if front is not None else [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    if not seen:
        raise CannotReach("no window is open")
    return seen[0]


def _main_window(name: str | None) -> QWidget:
    if name:
        return find(name).window()
    seen = [w for w in QApplication.topLevelWidgets() if w.isVisible() and not w.parentWidget()]
    if not seen:
        raise CannotReach("no window is open")
    return max(seen, key=lambda w: w.width() * w.height())


def shot(path: str, name: str | None = None, only: bool = False) -> list[int]:
    """Save the whole window with its open dialogs and menus as PNG (`only`: that widget); answers [width, height]."""
    if only and name:
        return _saved(find(name).grab(), path)
    main = _main_window(name)
    picture = main.grab()
    painter = QPainter(picture)
    for other in QApplication.topLevelWidgets():
        if other is not main and other.isVisible() and other.isWindow() and _belongs(other, main):
            corner = other.mapToGlobal(QPoint(0, 0)) - main.mapToGlobal(QPoint(0, 0))
            painter.drawPixmap(QPointF(corner), other.grab())
    painter.end()
    return _saved(picture, path)


def _saved(picture: QPixmap, path: str) -> list[int]:
    if not picture.save(path, "PNG"):
        raise CannotReach(f"the picture could not be written to {path}")
    return [picture.width(), picture.height()]


def _belongs(other: QWidget, main: QWidget) -> bool:
    parent = other.parentWidget()
    return parent is not None and parent.window() is main


def tree() -> list[dict[str, Any]]:
    """Every named widget that is visible, with class, text and whether it can be used."""
    seen = [
        w
        for w in QApplication.allWidgets()
        if w.isVisible() and w.objectName() and "qt_" not in w.objectName()
    ]
    return [
        {"name": w.objectName(), "class": type(w).__name__, "text": shown(w)[:120], "enabled": w.isEnabled()}
        for w in sorted(seen, key=lambda w: w.objectName())
    ]
