# SPDX-License-Identifier: GPL-3.0-or-later
"""Vitals over time: reference band, last value labelled, unit, source by shape, reading under the pointer. Readable in grey."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.kit import theme
from desktop.kit.plot import Reading, Series, moments, reach, taken_at, thinned, ticks
from desktop.kit.surfaces import Card, Chip
from desktop.kit.text import Text, named, styled
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
        top = small * (0.4 + 1.7 * len(self._legend_rows()))
        return QRectF(
            left,
            top,
            max(10.0, self.width() - left - right),
            max(10.0, self.height() - top - small * 2.2),
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
        self._legend(painter)
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

    def _legend_rows(self) -> list[list[_Key]]:
        """What each line and mark means, in as many rows as the width needs."""
        small = theme.current().scale.caption
        metrics = QFontMetrics(theme.font(small))
        keys = [_Key("line", f"{s.label} {s.unit}".strip(), n) for n, s in enumerate(self._series)]
        if any(s.low is not None or s.high is not None for s in self._series):
            keys.append(_Key("band", _("reference range")))
        sources = {r.source for s in self._series for r in s.readings}
        if all(len(s.readings) < MARKS_BELOW for s in self._series):
            keys += [_Key(source, source_name(source)) for source in SOURCES if source in sources]
        rows: list[list[_Key]] = [[]]
        left = float(small * 3.2)
        for key in keys:
            width = small * 3.8 + metrics.horizontalAdvance(key.text)
            if rows[-1] and left + width > self.width():
                rows.append([])
                left = float(small * 3.2)
            rows[-1].append(key)
            left += width
        return rows

    def _legend(self, painter: QPainter) -> None:
        worn, small = theme.current(), theme.current().scale.caption
        metrics = QFontMetrics(painter.font())
        for number, row in enumerate(self._legend_rows()):
            left, middle = float(small * 3.2), small * (0.9 + 1.7 * number)
            for key in row:
                key.draw(painter, QPointF(left, middle), small)
                left += small * 2.2
                painter.setPen(worn.colour("muted"))
                width = metrics.horizontalAdvance(key.text)
                box = QRectF(left, middle - small, width + 2, small * 2)
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, key.text)
                left += width + small * 1.6

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
        first = self._series[0].readings[near]
        together = [(series, taken_at(series, first.at)) for series in self._series]
        numbers = " / ".join(fmt_number(r.value, s.digits) for s, r in together if r is not None)
        shown = fmt_value(numbers, self._series[0].unit)
        return f"{shown} · {fmt_moment(first.at)} · {source_name(first.source)}"

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


SOURCES = ("device", "manual", "kiosk")


@dataclass(frozen=True, slots=True)
class _Key:
    """One entry of the legend; `kind`: line, band, or a source."""

    kind: str
    text: str
    number: int = 0

    def draw(self, painter: QPainter, place: QPointF, small: int) -> None:
        """The sample, from `place` (left, middle) on."""
        worn = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if self.kind == "line":
            painter.setPen(QPen(worn.colour(_TONES[self.number % 3]), 2, _DASHES[self.number % 3]))
            painter.drawLine(place, place + QPointF(small * 1.8, 0))
        elif self.kind == "band":
            painter.setPen(QPen(worn.colour("ok"), 1, Qt.PenStyle.DotLine))
            painter.setBrush(QColor(worn.tokens.wash("ok")))
            painter.drawRect(QRectF(place.x() + 1, place.y() - small * 0.45, small * 1.6, small * 0.9))
        else:
            source_mark(painter, place + QPointF(small * 1.3, 0), self.kind, worn.colour("text"))


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
    """One vital sign: caption, flag, big value, unit, when it was measured, course. Mouse, Enter or Space choose
    it.
    """

    clicked = Signal()

    def __init__(self, title: str, *, name: str) -> None:
        super().__init__(name=name)
        self.setAccessibleName(title)
        self._spoken, self._tight = title, False
        self.setMinimumWidth(104)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        styled(self, pressable="true")
        top = QHBoxLayout()
        top.addWidget(Text(title, "caption"), 1)
        self._flags = QVBoxLayout()
        self._flag: Chip | None = None
        top.addLayout(self._flags)
        top_holder = QWidget()
        top_holder.setLayout(top)
        top.setContentsMargins(0, 0, 0, 0)
        top_holder.setFixedHeight(theme.current().scale.caption + 12)
        middle = QHBoxLayout()
        middle.setSpacing(4)
        self._value = Text("–", "value", name=f"{name}.value")
        self._unit = Text("", "muted")
        middle.addWidget(self._value)
        middle.addWidget(self._unit, 0, Qt.AlignmentFlag.AlignBottom)
        middle.addStretch(1)
        self._when = Text("", "caption", name=f"{name}.when")
        self._course = Sparkline(name=f"{name}.course")
        self.body.setSpacing(2)
        self.add(top_holder)
        self.add(middle)
        self.add(self._when)
        self.add(self._course)

    def set_tight(self, tight: bool, small: bool = False) -> None:
        """With little room a flag is its arrow alone and the sides are narrow; `small`: the value too."""
        self._tight = tight
        styled(self._value, role="title" if small else "value")
        styled(self._unit, role="caption" if small else "muted")
        side = 10 if tight else theme.current().scale.pad + 2
        margins = self.body.contentsMargins()
        self.body.setContentsMargins(side, margins.top(), side, margins.bottom())

    def choose(self, chosen: bool) -> None:
        """Mark it as the one whose course is shown large."""
        if chosen is not (self.property("chosen") == "true"):
            styled(self, chosen="true" if chosen else "false")

    def show_value(
        self,
        text: str,
        unit: str = "",
        tone: str = "",
        flag: str = "",
        values: Sequence[float] = (),
        low: float | None = None,
        high: float | None = None,
        when: str = "",
        icon: str = "",
    ) -> None:
        """The value as shown; `flag` (High, Low …) needs a tone; `when`: how old the value is."""
        self._value.setText(fmt_value(text) if text else "–")
        self._unit.setText(unit)
        self._when.setText(when)
        self._when.setVisible(bool(when))
        self._course.show_points(values, low, high, tone or "primary")
        self._show_flag(flag, tone, icon)
        self.setAccessibleName(f"{self._spoken}: {text} {unit} {flag}".strip())
        self.setAccessibleDescription(when)

    def _show_flag(self, flag: str, tone: str, icon: str) -> None:
        if self._flag is not None:
            self._flag.hide()
            self._flag.deleteLater()
            self._flag = None
        if flag:
            self._flag = Chip("" if self._tight and icon else flag, tone or "neutral", icon)
            self._flag.setToolTip(flag)
            self._flags.addWidget(self._flag)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        inside = self.rect().contains(event.position().toPoint())
        if inside and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
            return
        super().keyPressEvent(event)
