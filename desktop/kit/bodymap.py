# SPDX-License-Identifier: GPL-3.0-or-later
"""The drawing of a body from the front and from behind: to show where it hurts, or to see where somebody showed it.

Each place is a button of its own: for a finger, for the keys of a keypad or a switch, and for a screen reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from clinic.domain.body import HEIGHT, REGIONS, WIDTH, Region
from desktop.kit import icons, theme
from desktop.kit.text import named
from desktop.kit.tokens import mixed
from desktop.kit.words import _

VIEWS = ("front", "back")
_BETWEEN = 40
"""Units between the two figures."""
_AIR = 4.0
_WORDS = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


class BodyMap(QWidget):
    """`names`: code -> its words; a place without a name is drawn and not offered. `changed`: the codes that are marked, in the
    order of the drawing. With `shows` it only shows, and takes no finger and no key."""

    changed = Signal(tuple)
    touched = Signal(str, bool)
    """A place was marked, or its mark taken off."""

    def __init__(self, names: Mapping[str, str], *, name: str, spoken: str, shows: bool = False) -> None:
        super().__init__()
        named(self, name, spoken)
        self._spoken, self._shows = spoken, shows
        self._places: dict[str, _Place | _Shown] = {}
        for code, region in REGIONS.items():
            named_so = names.get(code, ""), region, f"{name}.{code}", self
            if shows:
                self._places[code] = _Shown(*named_so)
            else:
                place = self._places[code] = _Place(*named_so)
                place.clicked.connect(lambda _on=False, code=code: self._marked(code))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def marked(self) -> tuple[str, ...]:
        """The codes that are marked."""
        return tuple(code for code, place in self._places.items() if place.isChecked())

    def mark(self, codes: Iterable[str]) -> None:
        """Mark these and no others."""
        wanted = set(codes)
        for code, place in self._places.items():
            place.setChecked(code in wanted)
        if self._shows:
            words = ", ".join(self._places[code].text() for code in self.marked)
            self.setAccessibleName(f"{self._spoken}: {words}" if words else self._spoken)

    def show_names(self, names: Mapping[str, str]) -> None:
        """Other words for the same places."""
        for code, place in self._places.items():
            place.call(names.get(code, ""))

    def _marked(self, code: str) -> None:
        self.touched.emit(code, self._places[code].isChecked())
        self.changed.emit(self.marked)

    # room

    def sizeHint(self) -> QSize:
        return self._room(0.45 if self._shows else 1.0)

    def minimumSizeHint(self) -> QSize:
        return self._room(0.3 if self._shows else 1.0)

    def _room(self, scale: float) -> QSize:
        return QSize(round((2 * WIDTH + _BETWEEN) * scale), round(HEIGHT * scale) + self._caption())

    def _caption(self) -> int:
        """Height of the words above a figure; where a finger needs the room they stand beside the head."""
        if not self._shows:
            return 0
        return QFontMetrics(theme.font(theme.current().scale.caption, 600)).height() + 4

    def _scale(self) -> float:
        tall = (self.height() - self._caption()) / HEIGHT
        return max(0.1, min(self.width() / (2 * WIDTH + _BETWEEN), tall))

    def _top(self) -> float:
        """Where the heads begin: figures and captions stand in the middle."""
        return self._caption() + max(0.0, (self.height() - self._caption() - HEIGHT * self._scale()) / 2)

    def _left(self, view: str) -> float:
        scale = self._scale()
        start = (self.width() - (2 * WIDTH + _BETWEEN) * scale) / 2
        return start + VIEWS.index(view) * (WIDTH + _BETWEEN) * scale

    def resizeEvent(self, event: QResizeEvent) -> None:
        scale, top = self._scale(), self._top()
        for place in self._places.values():
            region = place.region
            left, right = (
                round(self._left(region.view) + x * scale) for x in (region.x, region.x + region.wide)
            )
            upper, lower = (round(top + y * scale) for y in (region.y, region.y + region.high))
            place.setGeometry(left, upper, right - left, lower - upper)
        super().resizeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        worn = theme.current()
        painter = QPainter(self)
        painter.setFont(theme.font(worn.scale.caption, 600))
        painter.setPen(worn.colour("muted"))
        for view, words in zip(VIEWS, (_("From the front"), _("From behind")), strict=True):
            painter.drawText(self._words_box(view), int(_WORDS), words)
        self._arms_behind(painter)

    def _words_box(self, view: str) -> QRectF:
        scale = self._scale()
        if self._shows:
            return QRectF(self._left(view), self._top() - self._caption(), WIDTH * scale, self._caption())
        head = next(one for one in REGIONS.values() if one.view == view and one.shape == "head")
        return QRectF(self._left(view), self._top(), (head.x - 4) * scale, head.high * scale)

    def _arms_behind(self, painter: QPainter) -> None:
        """Drawn, so that it is a body; to be marked on the other figure."""
        worn, scale = theme.current(), self._scale()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(worn.tokens.primary, worn.tokens.bg, 0.85)))
        for code in ("right_arm", "left_arm", "right_hand", "left_hand"):
            region = REGIONS[code]
            box = QRectF(
                self._left("back") + (region.x + 9) * scale, self._top() + region.y * scale,
                (region.wide - 18) * scale, (region.high - 3) * scale,
            )  # fmt: skip
            painter.drawRoundedRect(box, 16 * scale, 16 * scale)


class _Place(QAbstractButton):
    """One place of the body: marked by colour, a thick edge and a tick."""

    def __init__(self, words: str, region: Region, name: str, body: BodyMap) -> None:
        super().__init__(body)
        self.region = region
        named(self, name, words or name)
        self.setCheckable(True)
        self.call(words)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def call(self, words: str) -> None:
        """Its words; without any it is drawn, and not offered."""
        self.setText(words)
        self.setAccessibleName(words or self.objectName())
        self.setEnabled(bool(words))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(self.region.wide, self.region.high)

    def paintEvent(self, _event: QPaintEvent) -> None:
        _paint(self, self.region, self.isChecked(), self.underMouse() and self.isEnabled())


class _Shown(QWidget):
    """The same where it is only looked at: no button, for nobody to press."""

    def __init__(self, words: str, region: Region, name: str, body: BodyMap) -> None:
        super().__init__(body)
        self.setObjectName(name)
        self.region, self._words, self._marked = region, words, False

    def call(self, words: str) -> None:
        self._words = words

    def text(self) -> str:
        return self._words

    def isChecked(self) -> bool:  # noqa: N802 - as a button says it
        return self._marked

    def setChecked(self, marked: bool) -> None:  # noqa: N802 - as above
        self._marked = marked
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        _paint(self, self.region, self._marked, False)


def _paint(place: QWidget, region: Region, marked: bool, under: bool) -> None:
    worn = theme.current()
    painter = QPainter(place)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = mixed(worn.tokens.primary, worn.tokens.surface, 0.45 if under else 0.62)
    edge, width = worn.tokens.surface, 2.0
    if marked:
        ground, edge, width = worn.tokens.danger, worn.tokens.text, 3.0
    if place.hasFocus():
        edge, width = worn.tokens.focus, float(worn.scale.focus)
    painter.setPen(QPen(QColor(edge), width))
    painter.setBrush(QColor(ground))
    painter.drawPath(_outline(QRectF(place.rect()), region, width))
    if marked:
        side = round(min(34.0, 0.6 * min(place.width(), place.height())))
        left, top = round((place.width() - side) / 2), round((place.height() - side) / 2)
        painter.drawPixmap(left, top, icons.pixmap("check", side, "surface", place.devicePixelRatioF()))


def _outline(rect: QRectF, region: Region, width: float) -> QPainterPath:
    half = width / 2
    box = rect.adjusted(half, half, -half, -half)
    air = _AIR * rect.width() / region.wide
    path = QPainterPath()
    match region.shape:
        case "head":
            path.addEllipse(box)
        case "trunk":
            path.addRoundedRect(box, 3 * air, 3 * air)
        case "limb":
            path.addRoundedRect(box.adjusted(2 * air, 0, -2 * air, 0), 4 * air, 4 * air)
        case _:
            path.addRoundedRect(box.adjusted(3 * air, 0, -3 * air, -air), box.width() / 3, box.height() / 3)
    return path
