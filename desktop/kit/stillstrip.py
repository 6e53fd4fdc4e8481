# SPDX-License-Identifier: GPL-3.0-or-later
"""The stills of a call side by side: each with its time, or how much of it is here, or why it did not come."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.kit import theme
from desktop.kit.rungs import trouble_words
from desktop.kit.stills import LATER, Still
from desktop.kit.text import named
from desktop.kit.words import _, fmt_number, fmt_time

THUMB = QSize(84, 63)
GAP = 8


class StillStrip(QWidget):
    """Newest right. Hidden while there is none."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        named(self, name, _("Pictures of this call"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._stills: tuple[Still, ...] = ()
        self.hide()

    def show_stills(self, stills: tuple[Still, ...]) -> None:
        self._stills = stills
        self.setAccessibleName(_("Pictures of this call"))
        self.setAccessibleDescription(". ".join(_said(still) for still in stills))
        self.setVisible(bool(stills))
        self.update()

    def sizeHint(self) -> QSize:
        words = round(theme.current().scale.caption * 1.7)
        return QSize(THUMB.width() * 3, THUMB.height() + words)

    def minimumSizeHint(self) -> QSize:
        return QSize(THUMB.width(), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        room = max(1, (self.width() + GAP) // (THUMB.width() + GAP))
        for place, still in enumerate(self._stills[-room:]):
            _paint(painter, still, place * (THUMB.width() + GAP))


def _paint(painter: QPainter, still: Still, left: int) -> None:
    worn = theme.current()
    box = QRectF(left + 0.5, 0.5, THUMB.width() - 1, THUMB.height() - 1)
    edge = QPainterPath()
    edge.addRoundedRect(box, 6, 6)
    painter.save()
    painter.setClipPath(edge)
    painter.fillRect(box, QColor(worn.colour("line")))
    if still.image is not None:
        painter.drawImage(box, still.image)
    elif still.trouble:
        _cross(painter, box, QColor(worn.colour("warn")))
    painter.restore()
    if still.waits:
        _bar(painter, box, still.share)
    painter.setPen(QColor(worn.colour("muted")))
    painter.drawPath(edge)
    painter.setFont(theme.font(worn.scale.caption))
    painter.setPen(QColor(worn.colour("text")))
    under = QRectF(left, THUMB.height() + 2, THUMB.width(), worn.scale.caption * 1.6)
    painter.drawText(under, int(Qt.AlignmentFlag.AlignCenter), _under(still))


def _bar(painter: QPainter, box: QRectF, share: float) -> None:
    """How much is here: length, and the number under it."""
    worn = theme.current()
    track = QRectF(box.left() + 8, box.center().y() - 4, box.width() - 16, 8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(worn.colour("surface")))
    painter.drawRoundedRect(track, 4, 4)
    painter.setBrush(QColor(worn.colour("primary")))
    painter.drawRoundedRect(QRectF(track.left(), track.top(), max(8.0, track.width() * share), 8), 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _cross(painter: QPainter, box: QRectF, colour: QColor) -> None:
    pen = painter.pen()
    pen.setColor(colour)
    pen.setWidthF(2.4)
    painter.setPen(pen)
    mark = QRectF(0, 0, 18, 18)
    mark.moveCenter(box.center())
    painter.drawLine(mark.topLeft(), mark.bottomRight())
    painter.drawLine(mark.topRight(), mark.bottomLeft())


def _under(still: Still) -> str:
    if still.trouble:
        return _("by message") if still.trouble == LATER else _("did not come")
    if still.came_at is not None:
        return fmt_time(still.came_at)
    return f"{fmt_number(round(still.share * 100))} %"


def _said(still: Still) -> str:
    return trouble_words(still.trouble) if still.trouble else _under(still)
