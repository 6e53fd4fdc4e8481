# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of the other person: newest frame, aspect kept, rounded card, small self-view,
words when it stands still.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.kit import theme
from desktop.kit.engine import CallEngine

Which = Literal["local", "remote", "played", ""]


class VideoView(QWidget):
    """Paints what a ring of the call engine shows."""

    def __init__(self, *, name: str, spoken: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._which: Which = "remote"
        self._inset: Which = ""
        self._picture = QImage()
        self._small = QImage()
        self._still: QImage | None = None
        self._caption = ""
        self._message = ""
        self._placeholder = ""
        self._live = True
        self._engine: CallEngine | None = None

    @property
    def has_picture(self) -> bool:
        return not self._picture.isNull()

    @property
    def picture(self) -> QImage:
        """The frame that is shown, as it came."""
        return self._picture

    def watch(self, engine: CallEngine, which: Which = "remote", inset: Which = "") -> None:
        """Show that ring from now on, and another one small in the corner ("" for none)."""
        if self._engine is not None:
            self._engine.frame.disconnect(self._on_frame)
        self._engine, self._which, self._inset = engine, which, inset
        self.clear()
        engine.frame.connect(self._on_frame)

    def leave(self) -> None:
        """Show nothing of any ring until `watch` again."""
        if self._engine is not None:
            self._engine.frame.disconnect(self._on_frame)
            self._engine = None
        self.clear()

    @property
    def is_live(self) -> bool:
        return self._live

    def set_live(self, live: bool) -> None:
        """Whether pictures that come are shown; those that are on their way when a call ends are not."""
        if live is not self._live:
            self._live = live
            self.clear()

    def set_message(self, text: str) -> None:
        """Words over the picture, e.g. that it is reconnecting; "" takes them away."""
        if text != self._message:
            self._message = text
            self.setAccessibleDescription(text)
            self.update()

    def set_placeholder(self, text: str) -> None:
        """Words while there is no picture."""
        self._placeholder = text
        self.update()

    def set_still(self, still: QImage | None, caption: str = "") -> None:
        """One picture that stands where the moving one was, and what it is in words; None for the moving one again."""
        before, self._still, self._caption = self._still, still, caption
        if still is not before:
            self._picture = QImage()  # what moved before is not what is shown now
        self.setAccessibleDescription(caption or self._message)
        self.update()

    def clear(self) -> None:
        """Forget the pictures."""
        self._picture, self._small = QImage(), QImage()
        self._still, self._caption = None, ""
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def _on_frame(self, which: str, picture: QImage) -> None:
        if not self._live:
            return
        if which == self._which:
            self._picture = picture
        elif which == self._inset:
            self._small = picture
        else:
            return
        if self.isVisible():
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        worn = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        card = QPainterPath()
        card.addRoundedRect(QRectF(self.rect()), worn.scale.card, worn.scale.card)
        painter.setClipPath(card)
        painter.fillRect(self.rect(), QColor("#0B1113"))
        if self._still is not None:
            _paint_fitted(painter, self._still, QRectF(self.rect()))
            self._paint_caption(painter)
        elif self.has_picture:
            _paint_fitted(painter, self._picture, QRectF(self.rect()))
        else:
            self._paint_words(painter, self._placeholder, QColor("#A3B3BA"))
        if self._message:
            painter.fillRect(self.rect(), QColor(6, 12, 14, 170))
            self._paint_words(painter, self._message, QColor("#FFFFFF"))
        if not self._small.isNull() and not self._message:
            self._paint_inset(painter)

    def _paint_caption(self, painter: QPainter) -> None:
        worn = theme.current()
        strip = QRectF(0, 0, self.width(), worn.scale.caption * 2.6)
        painter.fillRect(strip, QColor(6, 12, 14, 190))
        painter.setFont(theme.font(worn.scale.caption, 600))
        painter.setPen(QColor("#FFFFFF"))
        painter.drawText(strip, int(Qt.AlignmentFlag.AlignCenter), self._caption)

    def _paint_words(self, painter: QPainter, text: str, colour: QColor) -> None:
        worn = theme.current()
        painter.setFont(theme.font(worn.scale.heading, 600))
        painter.setPen(colour)
        box = QRectF(self.rect()).adjusted(24, 24, -24, -24)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), text)

    def _paint_inset(self, painter: QPainter) -> None:
        worn = theme.current()
        width = max(72.0, self.width() * 0.22)
        height = width * self._small.height() / max(1, self._small.width())
        gap = float(worn.scale.gap + 4)
        box = QRectF(self.width() - width - gap, self.height() - height - gap, width, height)
        edge = QPainterPath()
        edge.addRoundedRect(box, worn.scale.radius, worn.scale.radius)
        painter.save()
        painter.setClipPath(edge, Qt.ClipOperation.IntersectClip)
        painter.translate(box.right(), 0)
        painter.scale(-1, 1)  # people know themselves from the mirror
        painter.drawImage(QRectF(0, box.top(), box.width(), box.height()), self._small)
        painter.restore()
        painter.setPen(QColor(255, 255, 255, 150))
        painter.drawPath(edge)


def fitted(picture: QSize, into: QRectF) -> QRectF:
    """The largest rectangle of the picture's aspect inside `into`, centred."""
    if picture.isEmpty():
        return QRectF()
    scale = min(into.width() / picture.width(), into.height() / picture.height())
    box = QRectF(0, 0, picture.width() * scale, picture.height() * scale)
    box.moveCenter(QPointF(into.center()))
    return box


def _paint_fitted(painter: QPainter, picture: QImage, into: QRectF) -> None:
    painter.drawImage(fitted(picture.size(), into), picture)
