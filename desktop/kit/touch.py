# SPDX-License-Identifier: GPL-3.0-or-later
"""For fingers: picture tiles, a grid of them, a keypad. Every target is at least 64 px."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.kit import icons, theme
from desktop.kit.buttons import IconButton
from desktop.kit.fields import LineField
from desktop.kit.text import Tinted, named, styled
from desktop.kit.tokens import mixed
from desktop.kit.words import _

BESIDE = 320  # px; on a wider tile the speaker has room beside the drawing


class Tile(QAbstractButton):
    """A picture with a word under it. `heard` comes when the speaker in its corner is touched."""

    heard = Signal(str)

    def __init__(
        self,
        picture: str,
        text: str,
        hint: str = "",
        *,
        name: str,
        speaks: bool = True,
        checkable: bool = False,
        tone: str = "primary",
    ) -> None:
        super().__init__()
        named(self, name, text)
        self.setAccessibleDescription(hint)
        self.setText(text)
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._picture, self._hint, self._tone = picture, hint, tone
        self.speaker: IconButton | None = None
        if speaks:
            self._give_voice(name, text, hint)

    def _give_voice(self, name: str, text: str, hint: str) -> None:
        said = f"{text}. {hint}" if hint else text
        self.speaker = IconButton(
            "volume", _("Hear: %(text)s") % {"text": text}, name=f"{name}.speak", bare=True
        )
        self.speaker.setParent(self)
        self.speaker.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.speaker.clicked.connect(lambda _on=False: self.heard.emit(said))

    def show_words(self, text: str, hint: str = "") -> None:
        """Other words for the same picture."""
        self.setText(text)
        self.setAccessibleName(text)
        self._hint = hint
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 170)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.speaker is not None:
            self.speaker.adjustSize()
            self.speaker.move(self.width() - self.speaker.width() - 10, 10)
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        self.update()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._ground(painter)
        words = self._words_box(painter)
        top = 14 if self.speaker is None or self.width() > BESIDE else 10 + self.speaker.height() * 0.6
        self._drawing(painter, QRectF(16, top, self.width() - 32, words.top() - top - 6))
        self._words(painter, words)
        if self.isChecked():
            self._tick(painter)

    def _ground(self, painter: QPainter) -> None:
        worn = theme.current()
        surface, edge, width = worn.tokens.surface, worn.tokens.line, 1.0
        if self.underMouse() or self.isDown():
            surface = mixed(surface, worn.tokens.ink(self._tone), 0.10 if self.isDown() else 0.03)
        if self.isChecked():
            surface, edge, width = (worn.tokens.wash(self._tone), worn.tokens.ink(self._tone), 4.0)
        if self.hasFocus():
            edge, width = worn.tokens.focus, float(worn.scale.focus)
        if not self.isEnabled():
            surface = worn.tokens.bg
        painter.setPen(QPen(QColor(edge), width))
        painter.setBrush(QColor(surface))
        half = width / 2
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(half, half, -half, -half), worn.scale.card, worn.scale.card
        )

    def _words_box(self, painter: QPainter) -> QRectF:
        scale = theme.current().scale
        width = self.width() - 32
        tall = self._height(scale.heading - 2, 600, self.text(), width)
        tall += self._height(scale.caption, 400, self._hint, width) if self._hint else 0
        return QRectF(16, self.height() - tall - 16, width, tall)

    def _height(self, size: int, weight: int, text: str, width: int) -> float:
        metrics = QFontMetrics(theme.font(size, weight))
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter)
        return metrics.boundingRect(0, 0, width, 400, flags, text).height()

    def _drawing(self, painter: QPainter, box: QRectF) -> None:
        side = max(
            24.0, min(box.width() - (2 * 60 if self.speaker and self.width() > BESIDE else 0), box.height())
        )
        middle = box.center()
        place = QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
        ratio = self.devicePixelRatioF()
        if icons.is_pictogram(self._picture):
            painter.drawPixmap(place.toRect(), icons.pixmap(self._picture, round(side), "text", ratio))
            return
        side = min(side, 120.0)
        worn = theme.current()
        ground = QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.tokens.wash(self._tone)))
        painter.drawRoundedRect(ground, side * 0.26, side * 0.26)
        inner = ground.adjusted(side * 0.24, side * 0.24, -side * 0.24, -side * 0.24)
        painter.drawPixmap(
            inner.toRect(), icons.pixmap(self._picture, round(inner.width()), self._tone, ratio)
        )

    def _words(self, painter: QPainter, box: QRectF) -> None:
        worn, scale = theme.current(), theme.current().scale
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter)
        painter.setFont(theme.font(scale.heading - 2, 600))
        painter.setPen(worn.colour("text" if self.isEnabled() else "muted"))
        drawn = painter.boundingRect(box, flags | int(Qt.AlignmentFlag.AlignTop), self.text())
        painter.drawText(box, flags | int(Qt.AlignmentFlag.AlignTop), self.text())
        if self._hint:
            painter.setFont(theme.font(scale.caption))
            painter.setPen(worn.colour("muted"))
            painter.drawText(
                box.adjusted(0, drawn.height(), 0, 4), flags | int(Qt.AlignmentFlag.AlignTop), self._hint
            )

    def _tick(self, painter: QPainter) -> None:
        worn = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(worn.colour(self._tone))
        painter.drawEllipse(QRectF(14, 14, 44, 44))
        painter.drawPixmap(22, 22, icons.pixmap("check", 28, "surface", self.devicePixelRatioF()))


class TileGrid(QWidget):
    """Up to six tiles, all of one size."""

    def __init__(self, tiles: Sequence[Tile], *, columns: int = 3, name: str = "") -> None:
        super().__init__()
        named(self, name)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.current().scale.gap + 4)
        self.tiles = list(tiles)
        self.arrange(columns)

    def arrange(self, columns: int) -> None:
        """Lay the tiles out in so many columns (3 in landscape, 2 in portrait)."""
        for number, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, number // columns, number % columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


class Keypad(QWidget):
    """Numbers by big keys; the hardware keyboard works too."""

    changed = Signal(str)
    entered = Signal(str)

    def __init__(self, *, name: str, comma: bool = True, longest: int = 6) -> None:
        super().__init__()
        named(self, name, _("Keypad"))
        self._longest, self._comma = longest, comma
        self._shown = LineField(name=f"{name}.shown", spoken=_("What you typed"))
        self._shown.setReadOnly(True)
        self._shown.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        styled(self._shown, kind="typed")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._shown)
        column.addLayout(self._keys(name))

    def _keys(self, name: str) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(8)
        for place, digit in enumerate("123456789"):
            grid.addWidget(self._digit(digit, name), place // 3, place % 3)
        grid.addWidget(self._digit("0", name), 3, 1)
        if self._comma:
            comma = self._key(",", f"{name}.comma", _("Comma"))
            comma.clicked.connect(lambda _on=False: self.press(","))
            grid.addWidget(comma, 3, 0)
        erase = _PictureKey("backspace", "text", f"{name}.erase", _("Erase the last one"))
        erase.clicked.connect(lambda _on=False: self.erase())
        grid.addWidget(erase, 3, 2)
        enter = _PictureKey("check", "on_primary", f"{name}.enter", _("Done"))
        styled(enter, tone="primary")
        enter.clicked.connect(lambda _on=False: self.entered.emit(self.text()))
        grid.addWidget(enter, 4, 0, 1, 3)
        return grid

    def _digit(self, digit: str, name: str) -> QPushButton:
        key = self._key(digit, f"{name}.{digit}", digit)
        key.clicked.connect(lambda _on=False: self.press(digit))
        return key

    def _key(self, text: str, name: str, spoken: str) -> QPushButton:
        key = named(QPushButton(text), name, spoken)
        key.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        key.setFocusProxy(self)
        return styled(key, kind="key", proxy="true")

    def hide_digits(self, hidden: bool, longest: int) -> None:
        """Dots instead of what is typed: others may stand behind."""
        self._longest = longest
        mode = LineField.EchoMode.Password if hidden else LineField.EchoMode.Normal
        self._shown.setEchoMode(mode)

    def text(self) -> str:
        """What was typed, with a decimal comma."""
        return self._shown.text()

    def set_text(self, text: str) -> None:
        """Put a value there without a signal."""
        self._shown.setText(text[: self._longest])

    def press(self, sign: str) -> None:
        """One more digit or the comma, where it makes sense."""
        text = self.text()
        if len(text) >= self._longest or (sign == "," and ("," in text or not text or not self._comma)):
            return
        self._become(text + sign)

    def erase(self) -> None:
        """Take the last sign away."""
        self._become(self.text()[:-1])

    def _become(self, text: str) -> None:
        if text != self.text():
            self._shown.setText(text)
            self.changed.emit(text)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        styled(self._shown, held="true")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        styled(self._shown, held="false")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        sign = "," if event.text() in (",", ".") else event.text()
        if sign and sign in "0123456789,":
            self.press(sign)
        elif event.key() == Qt.Key.Key_Backspace:
            self.erase()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(self.text())
        else:
            super().keyPressEvent(event)


class _PictureKey(Tinted, QPushButton):
    def __init__(self, icon: str, tone: str, name: str, spoken: str) -> None:
        super().__init__()
        named(self, name, spoken)
        styled(self, kind="key")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._icon, self._ink = icon, tone
        self.tinted()

    def tint(self) -> None:
        self.setIconSize(QSize(34, 34))
        self.setIcon(icons.icon(self._icon, self._ink, size=34))
