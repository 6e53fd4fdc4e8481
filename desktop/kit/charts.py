# SPDX-License-Identifier: GPL-3.0-or-later
"""Vitals over time: reference band, last value labelled, unit, source by shape, reading under the pointer. Readable in grey."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.kit import theme
from desktop.kit.plot import Reading, Series, moments, reach, thinned, ticks
from desktop.kit.surfaces import Card, Chip
from desktop.kit.text import Text, named
from desktop.kit.words import _, fmt_date, fmt_moment, fmt_number, fmt_time, fmt_value

__all__ = ["Reading", "Series", "Sparkline", "VitalCard", "VitalsChart"]

_TONES = ("primary", "info", "warn")
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
SMOOTH_BELOW = 300  # points; more are drawn without antialiasing, 1 px
MARKS_BELOW = 80  # readings; more carry no source marks


class VitalsChart(QWidget):
    """One or more series on one time axis (never mirrored)."""

    def __init__(self, *, name: str, spoken: str = "") -> None:
        super().__init__()
        named(self, name, spoken or _("Chart of readings"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._series: tuple[Series, ...] = ()
        self._near: int | None = None
        self._low, self._high = 0.0, 1.0

    def show_series(self, *series: Series) -> None:
        """Show these; readings in time order."""
        self._series, self._near = series, None
        self._low, self._high = reach(series)
        self.setAccessibleDescription("; ".join(_told(s) for s in series))
        self.update()

    def text(self) -> str:
        """The reading under the pointer, or the last values."""
        first = self._series[0] if self._series else None
        if first is not None and self._near is not None:
            return self._reading(self._near)
        return "; ".join(_told(series) for series in self._series)

    def sizeHint(self) -> QSize:
        return QSize(520, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 120)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._look(event.position().x())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._look(event.position().x())

    def leaveEvent(self, _event: object) -> None:
        self._near = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() not in steps or not self._series or not self._series[0].readings:
            super().keyPressEvent(event)
            return
        last = len(self._series[0].readings) - 1
        now = last + 1 if self._near is None else self._near
        self._near = min(last, max(0, now + steps[Qt.Key(event.key())]))
        self.update()

    def _look(self, x: float) -> None:
        if not self._series or not self._series[0].readings:
            return
        readings, room = self._series[0].readings, self._room()
        begin, end = self._span()
        share = min(1.0, max(0.0, (x - room.left()) / room.width()))
        at = begin + (end - begin) * share
        after = bisect_left(readings, at, key=lambda reading: reading.at)
        near = range(max(0, after - 1), min(len(readings), after + 1))
        self._near = min(near, key=lambda place: abs(readings[place].at - at))
        self.update()

    def _room(self) -> QRectF:
        small = theme.current().scale.caption
        metrics = QFontMetrics(theme.font(small + 1, 600))
        lasts = [fmt_value(s.readings[-1].value, s.unit, s.digits) for s in self._series if s.readings]
        right = max((metrics.horizontalAdvance(last) for last in lasts), default=0) + 14
        left = small * 3.2
        return QRectF(
            left, small * 1.8, max(10.0, self.width() - left - right), max(10.0, self.height() - small * 4.0)
        )

    def _span(self) -> tuple[datetime, datetime]:
        times = [r.at for s in self._series for r in (s.readings[0], s.readings[-1])]
        begin, end = min(times), max(times)
        return (begin, end) if end > begin else (begin - timedelta(hours=1), end)

    def _x(self, at: datetime, room: QRectF) -> float:
        begin, end = self._span()
        return room.left() + room.width() * ((at - begin) / (end - begin))

    def _y(self, value: float, room: QRectF) -> float:
        low, high = self._low, self._high
        return room.bottom() - room.height() * (value - low) / (high - low)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        worn = theme.current()
        painter.setFont(theme.font(worn.scale.caption))
        if not any(series.readings for series in self._series):
            painter.setPen(worn.colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _("No readings yet"))
            return
        self._series = tuple(s for s in self._series if s.readings)
        room = self._room()
        self._bands(painter, room)
        self._axes(painter, room)
        for number, series in enumerate(self._series):
            self._line(painter, room, series, number)
        self._lasts(painter, room)
        if self._near is not None:
            self._bubble(painter, room, self._near)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(worn.colour("focus"), worn.scale.focus))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _bands(self, painter: QPainter, room: QRectF) -> None:
        worn = theme.current()
        for series in self._series:
            if series.low is None and series.high is None:
                continue
            top = room.top() if series.high is None else self._y(series.high, room)
            bottom = room.bottom() if series.low is None else self._y(series.low, room)
            painter.fillRect(
                QRectF(room.left(), top, room.width(), bottom - top), QColor(worn.tokens.wash("ok"))
            )
            painter.setPen(QPen(worn.colour("ok"), 1, Qt.PenStyle.DotLine))
            for edge in (series.low, series.high):
                if edge is not None:
                    y = self._y(edge, room)
                    painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))

    def _axes(self, painter: QPainter, room: QRectF) -> None:
        worn, small = theme.current(), theme.current().scale.caption
        low, high = self._low, self._high
        digits = self._series[0].digits if high - low < 10 else 0
        for tick in ticks(low, high):
            y = self._y(tick, room)
            painter.setPen(QPen(worn.colour("line"), 1))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(worn.colour("muted"))
            box = QRectF(0, y - small, room.left() - 6, small * 2)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, fmt_number(tick, digits)
            )
        self._times(painter, room)
        units = " · ".join(dict.fromkeys(f"{s.label} {s.unit}".strip() for s in self._series))
        painter.drawText(
            QRectF(room.left(), 0, self.width() - room.left(), small * 1.6),
            Qt.AlignmentFlag.AlignVCenter,
            units,
        )

    def _times(self, painter: QPainter, room: QRectF) -> None:
        worn, small = theme.current(), theme.current().scale.caption
        begin, end = self._span()
        painter.setPen(worn.colour("muted"))
        free = -1.0
        for moment in moments(begin, end, max(2, round(room.width() / (small * 9)))):
            shown = fmt_time(moment) if end - begin < timedelta(days=2) else fmt_date(moment)
            width = QFontMetrics(painter.font()).horizontalAdvance(shown)
            left = min(max(self._x(moment, room) - width / 2, 0.0), self.width() - width)
            if left > free:
                painter.drawText(QPointF(left, room.bottom() + small * 1.6), shown)
                free = left + width + small

    def _line(self, painter: QPainter, room: QRectF, series: Series, number: int) -> None:
        ink = theme.current().colour(_TONES[number % 3])
        readings = series.readings
        points = thinned([r.value for r in readings], max(2, int(room.width())))
        places = [QPointF(self._x(readings[i].at, room), self._y(value, room)) for i, value in points]
        few = len(points) < SMOOTH_BELOW
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, few)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 2 if few else 1, _DASHES[number % 3] if few else Qt.PenStyle.SolidLine))
        painter.drawPolyline(QPolygonF(places))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if len(readings) < MARKS_BELOW:
            for place, reading in zip(places, readings, strict=True):
                source_mark(painter, place, reading.source, ink)

    def _lasts(self, painter: QPainter, room: QRectF) -> None:
        worn, small = theme.current(), theme.current().scale.caption
        painter.setFont(theme.font(worn.scale.caption + 1, 600))
        free = -1e9
        for number, series in sorted(enumerate(self._series), key=lambda one: -one[1].readings[-1].value):
            last = series.readings[-1]
            place = QPointF(self._x(last.at, room), self._y(last.value, room))
            source_mark(painter, place, last.source, worn.colour(_TONES[number % 3]), 5.0)
            y = max(place.y(), free + small * 1.4)
            free = y
            painter.setPen(worn.colour(_outside(series) or "text"))
            words = fmt_value(last.value, series.unit, series.digits)
            painter.drawText(QPointF(place.x() + 10, y + small * 0.35), words)
        painter.setFont(theme.font(worn.scale.caption))

    def _reading(self, near: int) -> str:
        at = self._series[0].readings[near].at
        values = [s.readings[near] for s in self._series if near < len(s.readings)]
        numbers = " / ".join(
            fmt_number(r.value, s.digits) for r, s in zip(values, self._series, strict=False)
        )
        return (
            f"{fmt_value(numbers, self._series[0].unit)} · {fmt_moment(at)} · {source_name(values[0].source)}"
        )

    def _bubble(self, painter: QPainter, room: QRectF, near: int) -> None:
        worn, small = theme.current(), theme.current().scale.caption
        x = self._x(self._series[0].readings[near].at, room)
        painter.setPen(QPen(worn.colour("text"), 1))
        painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        words = self._reading(near)
        width = QFontMetrics(painter.font()).horizontalAdvance(words) + 16
        left = min(max(x - width / 2, 2.0), max(2.0, self.width() - width - 2))
        box = QRectF(left, room.top() - small * 0.4, width, small * 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(worn.colour("text"))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(worn.colour("surface"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def source_name(source: str) -> str:
    """Where a reading comes from, in words."""
    return {
        "device": _("measured by a device"),
        "manual": _("typed by staff"),
        "kiosk": _("typed at the kiosk"),
    }.get(source, source)


def source_mark(painter: QPainter, place: QPointF, source: str, ink: QColor, side: float = 3.5) -> None:
    """Disc: device. Hollow square: typed by staff. Hollow triangle: typed at the kiosk."""
    painter.setPen(QPen(ink, 1.6))
    painter.setBrush(ink if source == "device" else theme.current().colour("surface"))
    x, y = place.x(), place.y()
    if source == "manual":
        painter.drawRect(QRectF(x - side, y - side, side * 2, side * 2))
    elif source == "kiosk":
        tall = side * 1.3
        painter.drawPolygon(
            QPolygonF([QPointF(x, y - tall), QPointF(x + tall, y + side), QPointF(x - tall, y + side)])
        )
    else:
        painter.drawEllipse(place, side, side)


def _outside(series: Series) -> str:
    value = series.readings[-1].value
    low = series.low is not None and value < series.low
    return "danger" if low or (series.high is not None and value > series.high) else ""


def _told(series: Series) -> str:
    if not series.readings:
        return f"{series.label}: {_('No readings yet')}"
    last = series.readings[-1]
    return f"{series.label}: {fmt_value(last.value, series.unit, series.digits)}, {fmt_moment(last.at)}"


class Sparkline(QWidget):
    """The course of a value at a glance: band, line, last point."""

    def __init__(self, *, name: str = "") -> None:
        super().__init__()
        named(self, name)
        self._values: tuple[float, ...] = ()
        self._low: float | None = None
        self._high: float | None = None
        self._tone = "primary"
        self.setMinimumHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_points(
        self,
        values: Sequence[float],
        low: float | None = None,
        high: float | None = None,
        tone: str = "primary",
    ) -> None:
        """Values in time order, evenly spaced; low..high is the reference band."""
        self._values, self._low, self._high, self._tone = tuple(values), low, high, tone
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._values:
            return
        worn = theme.current()
        painter = QPainter(self)
        room = QRectF(self.rect()).adjusted(2, 4, -10, -4)
        floor, roof = self._reach()

        def y(value: float) -> float:
            return room.bottom() - room.height() * (value - floor) / (roof - floor)

        top = room.top() if self._high is None else max(room.top(), y(self._high))
        bottom = room.bottom() if self._low is None else min(room.bottom(), y(self._low))
        if self._low is not None or self._high is not None:
            painter.fillRect(
                QRectF(room.left(), top, room.width(), bottom - top), QColor(worn.tokens.wash("ok"))
            )
        points = thinned(self._values, max(2, int(room.width())))
        step = room.width() / max(1, len(self._values) - 1)
        places = [QPointF(room.left() + index * step, y(value)) for index, value in points]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(points) < SMOOTH_BELOW)
        painter.setPen(QPen(worn.colour(self._tone), 1.8))
        painter.drawPolyline(QPolygonF(places))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(worn.colour("surface"), 2))
        painter.setBrush(worn.colour(self._tone))
        painter.drawEllipse(places[-1], 5, 5)

    def _reach(self) -> tuple[float, float]:
        """All values, and as much of the band as lies near them."""
        low, high = min(self._values), max(self._values)
        near = max(high - low, abs(high) * 0.08, 0.5)
        edges = [
            edge for edge in (self._low, self._high) if edge is not None and low - near <= edge <= high + near
        ]
        low, high = min([low, *edges]), max([high, *edges])
        air = max(high - low, near) * 0.1
        return low - air, high + air


class VitalCard(Card):
    """One vital sign: caption, flag, big value, unit, course."""

    clicked = Signal()

    def __init__(self, title: str, *, name: str) -> None:
        super().__init__(name=name)
        self.setAccessibleName(title)
        self._spoken = title
        self.setMinimumWidth(150)
        top = QHBoxLayout()
        top.addWidget(Text(title.upper(), "caption"), 1)
        self._flags = QVBoxLayout()
        self._flag: Chip | None = None
        top.addLayout(self._flags)
        top_holder = QWidget()
        top_holder.setLayout(top)
        top.setContentsMargins(0, 0, 0, 0)
        top_holder.setFixedHeight(theme.current().scale.caption + 12)
        middle = QHBoxLayout()
        middle.setSpacing(6)
        self._value = Text("–", "value", name=f"{name}.value")
        self._unit = Text("", "muted")
        middle.addWidget(self._value)
        middle.addWidget(self._unit, 0, Qt.AlignmentFlag.AlignBottom)
        middle.addStretch(1)
        self._course = Sparkline(name=f"{name}.course")
        self.body.setSpacing(2)
        self.add(top_holder)
        self.add(middle)
        self.add(self._course)

    def show_value(
        self,
        text: str,
        unit: str = "",
        tone: str = "",
        flag: str = "",
        values: Sequence[float] = (),
        low: float | None = None,
        high: float | None = None,
    ) -> None:
        """The value as shown; `flag` (High, Low …) needs a tone."""
        self._value.setText(fmt_value(text) if text else "–")
        self._unit.setText(unit)
        self._course.show_points(values, low, high, tone or "primary")
        if self._flag is not None:
            self._flag.hide()
            self._flag.deleteLater()
            self._flag = None
        if flag:
            self._flag = Chip(flag, tone or "neutral")
            self._flags.addWidget(self._flag)
        self.setAccessibleName(f"{self._spoken}: {text} {unit} {flag}".strip())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
