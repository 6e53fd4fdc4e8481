# SPDX-License-Identifier: GPL-3.0-or-later
"""What carries other things or says how things are: cards, chips, notices, empty states, status, toasts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.kit import icons, theme
from desktop.kit.buttons import IconButton, QuietButton, SecondaryButton
from desktop.kit.text import Text, Tinted, named, styled
from desktop.kit.words import _

SIGNS = {
    "neutral": "info",
    "primary": "info",
    "info": "info",
    "ok": "check",
    "warn": "alert-triangle",
    "danger": "alert-triangle",
}


class Sign(Tinted, QLabel):
    """A small icon as a label, in a tone."""

    def __init__(self, icon: str, tone: str = "text", size: int = 0) -> None:
        super().__init__()
        self._icon, self._tone, self._size = icon, tone, size
        self.tinted()

    def show_icon(self, icon: str, tone: str) -> None:
        """Another icon or tone."""
        self._icon, self._tone = icon, tone
        self.tint()

    def tint(self) -> None:
        side = self._size or theme.current().scale.icon
        self.setFixedSize(side, side)
        if self._icon:
            self.setPixmap(icons.pixmap(self._icon, side, self._tone, max(2.0, self.devicePixelRatioF())))


class Card(QFrame):
    """A surface for things that belong together; title and action in its head."""

    def __init__(self, title: str = "", *, name: str = "", action: QWidget | None = None) -> None:
        super().__init__()
        named(self, name, title)
        self.setProperty("kind", "card")
        self.body = QVBoxLayout(self)
        pad = theme.current().scale.pad + 2
        self.body.setContentsMargins(pad, pad - 2, pad, pad - 2)
        self.body.setSpacing(theme.current().scale.gap)
        self._title = Text(title, "heading")
        if title or action is not None:
            self._head(action)

    def _head(self, action: QWidget | None) -> None:
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        if action is not None:
            row.addWidget(action)
        self.body.addLayout(row)

    def set_title(self, title: str) -> None:
        """Another title (the card must have been made with one)."""
        self._title.setText(title)
        self.setAccessibleName(title)

    def add(self, thing: QWidget | QLayout, stretch: int = 0) -> None:
        """Put a widget or a layout below what is there."""
        if isinstance(thing, QWidget):
            self.body.addWidget(thing, stretch)
        else:
            self.body.addLayout(thing, stretch)


class Rule(QFrame):
    """A hairline."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "rule")


class Chip(QFrame):
    """A short fact on a coloured ground, with an icon where it warns."""

    def __init__(self, text: str, tone: str = "neutral", icon: str = "", *, name: str = "") -> None:
        super().__init__()
        named(self, name, text)
        self.setProperty("kind", "chip")
        self.setProperty("tone", tone)
        small = theme.current().scale.caption
        self.setFixedHeight(small + 10)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(4)
        sign = icon or ("alert-triangle" if tone in ("warn", "danger") else "")
        if sign:
            row.addWidget(Sign(sign, tone, small + 2))
        self.label = QLabel(text)
        row.addWidget(self.label)  # first: what has no parent would open as a window and take the keyboard
        self.label.setVisible(bool(text))


class Notice(QFrame):
    """A bar inside the screen: what happened and what to do next. Hidden while it has nothing to say."""

    acted = Signal()

    def __init__(
        self, *, name: str, tone: str = "info", text: str = "", next_step: str = "", action: str = ""
    ) -> None:
        super().__init__()
        named(self, name)
        self.setProperty("kind", "notice")
        row = QHBoxLayout(self)
        pad = theme.current().scale.gap
        row.setContentsMargins(pad + 4, pad, pad + 4, pad)
        row.setSpacing(pad + 2)
        self._sign = Sign("info", tone)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._text = Text("", "strong", name=f"{name}.text", wrap=True)
        self._next = Text("", "body", name=f"{name}.next", wrap=True)
        words.addWidget(self._text)
        words.addWidget(self._next)
        self._action = SecondaryButton(action or " ", name=f"{name}.action")
        self._action.clicked.connect(self.acted)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._action)
        self._says: tuple[str, ...] = ()
        self.say(tone, text, next_step, action)

    def say(self, tone: str, text: str, next_step: str = "", action: str = "", *, aloud: bool = True) -> None:
        """Show a message; an empty text hides the bar. What stands there already is not read aloud again; `aloud` False:
        nor is this, a number that moves."""
        says = (tone, text, next_step, action)
        if says == self._says and self.isHidden() != bool(text):
            return
        self._says = says
        self._next.setText(next_step)
        self._next.setVisible(bool(next_step))
        self._action.setText(action)
        self._action.setAccessibleName(action)
        self._action.setVisible(bool(action))
        self._sign.show_icon(SIGNS[tone], tone)
        self._text.say(text, tone)
        self.setAccessibleName(f"{text} {next_step}".strip())
        styled(self, tone=tone)
        self.setVisible(bool(text))
        if text and aloud:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def hush(self) -> None:
        """Nothing to say any more."""
        self.setVisible(False)


class EmptyState(QWidget):
    """Instead of an empty list: what would be here and how to get it here."""

    acted = Signal()

    def __init__(self, icon: str, title: str, hint: str = "", action: str = "", *, name: str = "") -> None:
        super().__init__()
        named(self, name, title)
        column = QVBoxLayout(self)
        column.setSpacing(theme.current().scale.gap)
        column.addStretch(1)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(Sign(icon, "muted", theme.current().scale.icon * 2), 0, centre)
        for words, role in ((title, "heading"), (hint, "muted")):
            label = Text(words, role, wrap=True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
            label.setVisible(bool(words))
        if action:
            button = SecondaryButton(action, name=f"{name}.action")
            button.clicked.connect(self.acted)
            column.addWidget(button, 0, centre)
        column.addStretch(1)


class StatusLine(QWidget):
    """How things stand, as a sentence with a number; shape and colour repeat it."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        named(self, name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._sign = Sign("", "neutral", theme.current().scale.caption + 4)
        self._text = Text("", "caption", name=f"{name}.text", wrap=True)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        row.addWidget(self._text, 1)

    def say(self, tone: str, sentence: str, icon: str = "") -> None:
        """Show the sentence; the icon follows the tone unless one is named."""
        self._sign.show_icon(icon or _STATES[tone], tone)
        self._text.setText(sentence)
        self.setAccessibleName(sentence)

    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()


_STATES = {**SIGNS, "ok": "cloud-check", "warn": "clock", "danger": "cloud-off", "neutral": "clock"}


UNDO_KEYS = "Alt+Z"
"""The button of the message that shows; Ctrl+Z belongs to the text."""
TELLING_MS, ASKING_MS = 6_000, 20_000


class Toast(QFrame):
    """A short message over the window's lower edge that goes by itself, by Escape or by its cross, and never takes the focus.
    `about` tells one of a kind from others."""

    def __init__(
        self, window: QWidget, text: str, tone: str, undo: str, beside: QWidget | None = None, about: str = ""
    ) -> None:
        super().__init__(window)
        self._window, self._beside, self.about = window, beside, about
        named(self, "toast", text)
        self.setProperty("kind", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.addWidget(Sign(SIGNS[tone], "surface"))
        self._text = Text(text, "strong", name="toast.text")
        row.addWidget(self._text, 1)
        self.undo = QuietButton(undo, name="toast.undo", shortcut=UNDO_KEYS if undo else "")
        row.addWidget(self.undo)
        self.undo.setVisible(bool(undo))
        cross = IconButton("x", _("Close this message"), name="toast.close", tone="surface", bare=True)
        cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        cross.clicked.connect(self.close)
        row.addWidget(cross)
        window.installEventFilter(self)
        self.settle()

    def settle(self) -> None:
        """Sit at the lower middle of the window, or at the lower left, beside what stands there."""
        room = self._window
        edge = 16 if self._beside is None else self._beside.geometry().right() + 24
        most = max(120, room.width() - edge - 16)
        self._text.setWordWrap(False)
        wide = self.sizeHint().width()
        self._text.setWordWrap(wide > most)
        width = min(wide, most)
        height = self.heightForWidth(width) if wide > most else self.sizeHint().height()
        left = (room.width() - width) // 2 if self._beside is None else edge
        self.setGeometry(left, room.height() - height - 24, width, height)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.settle()
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.matches(QKeySequence.StandardKey.Cancel) and self.isVisible():
            self.close()  # nothing else in the window had a use for the key
            return True
        return super().eventFilter(watched, event)


def toast(
    window: QWidget,
    text: str,
    tone: str = "info",
    undo: str = "",
    on_undo: Callable[[], object] | None = None,
    stay_ms: int = 0,
    beside: QWidget | None = None,
    about: str = "",
) -> Toast:
    """Show a toast in the window, in place of the one before; `undo` adds a button that calls `on_undo`;
    `beside`: what stands at the left of the window, where buttons are on the right. One that asks stays longer.
    """
    for old in window.findChildren(Toast):
        old.close()
    made = Toast(window, text, tone, undo, beside, about)
    if on_undo is not None:
        made.undo.clicked.connect(on_undo)
    made.undo.clicked.connect(made.close)
    QTimer.singleShot(stay_ms or (ASKING_MS if undo else TELLING_MS), made, made.close)
    made.show()
    QAccessible.updateAccessibility(QAccessibleEvent(made, QAccessible.Event.Alert))
    return made


def room_beside(window: QWidget) -> tuple[QRect, bool]:
    """Where a window beside that one has room, and whether that is another screen."""
    screen = window.screen()
    other = next((one for one in screen.virtualSiblings() if one is not screen), None)
    return (other or screen).availableGeometry(), other is not None
