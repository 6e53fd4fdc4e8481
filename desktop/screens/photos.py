# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of patients and QR codes on the screen."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.kit import theme
from desktop.kit.text import named


@lru_cache(maxsize=64)
def rounded(photo: bytes, height: int) -> QPixmap:
    """A photo with round corners, `height` logical pixels tall, sharp on fine screens."""
    image = QImage.fromData(QByteArray(photo))
    if image.isNull():
        return QPixmap()
    image = image.scaledToHeight(height * 2, Qt.TransformationMode.SmoothTransformation)
    picture = QPixmap(image.size())
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge = QPainterPath()
    edge.addRoundedRect(QRectF(image.rect()), 16, 16)
    painter.setClipPath(edge)
    painter.drawImage(0, 0, image)
    painter.end()
    picture.setDevicePixelRatio(2.0)
    return picture


class PhotoView(QWidget):
    """One picture, as large as there is room, on a calm ground; words where it has not arrived."""

    def __init__(self, *, name: str, spoken: str) -> None:
        super().__init__()
        named(self, name, spoken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image, self._words = QImage(), ""

    def show_photo(self, photo: bytes, words: str = "") -> None:
        """The picture (any format Qt reads) and the words under it."""
        self._image, self._words = QImage.fromData(QByteArray(photo)) if photo else QImage(), words
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(420, 320)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        worn = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ground = QPainterPath()
        ground.addRoundedRect(QRectF(self.rect()), worn.scale.radius, worn.scale.radius)
        painter.fillPath(ground, worn.colour("bg"))
        painter.setClipPath(ground)
        room = QRectF(self.rect()).adjusted(8, 8, -8, -34 if self._words else -8)
        if not self._image.isNull():
            size = self._image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            box = QRectF(0, 0, size.width(), size.height())
            box.moveCenter(room.center())
            painter.drawImage(box, self._image)
        painter.setPen(worn.colour("muted"))
        painter.setFont(theme.font(worn.scale.caption))
        foot = QRectF(self.rect()).adjusted(12, 0, -12, -8)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
        painter.drawText(foot, flags | Qt.TextFlag.TextWordWrap, self._words)


class QrView(QWidget):
    """A QR code: black on white in every theme, because cameras read it."""

    def __init__(self, *, name: str, spoken: str, side: int = 260) -> None:
        super().__init__()
        named(self, name, spoken)
        self.setFixedSize(side, side)
        self._dots: list[list[bool]] = []

    def show_text(self, text: str) -> None:
        """Encode the text (error correction M)."""
        self._dots = qr_dots(text) if text else []
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        paint_qr(painter, QRectF(self.rect()), self._dots)


def qr_dots(text: str) -> list[list[bool]]:
    """Rows of dark modules."""
    import segno

    return [[bool(dot) for dot in row] for row in segno.make(text, error="m", micro=False).matrix]


def paint_qr(painter: QPainter, box: QRectF, dots: list[list[bool]]) -> None:
    """Fill the box with the code and its quiet zone of four modules."""
    painter.fillRect(box, QColor("#FFFFFF"))
    if not dots:
        return
    step = int(box.width() // (len(dots) + 8)) or 1
    left = box.left() + (box.width() - step * len(dots)) / 2
    top = box.top() + (box.height() - step * len(dots)) / 2
    for y, row in enumerate(dots):
        for x, dark in enumerate(row):
            if dark:
                painter.fillRect(QRectF(left + x * step, top + y * step, step, step), QColor("#000000"))


def small_jpeg(photo: bytes, limit: int) -> bytes:
    """The picture as a JPEG of at most `limit` bytes; b'' if it is none. May run on a worker."""
    image = QImage.fromData(QByteArray(photo))
    if image.isNull():
        return b""
    for side, quality in ((640, 75), (480, 65), (360, 55), (240, 45)):
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        smaller = (
            image.scaled(side, side, keep, smooth) if max(image.width(), image.height()) > side else image
        )
        smaller.save(buffer, b"JPEG", quality)
        if data.size() <= limit:
            return bytes(data.data())
    return b""
