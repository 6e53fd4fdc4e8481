# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages as a conversation: what patients wrote stands at the left, what staff wrote at the right."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from clinic.domain.facts import Communication
from desktop.kit import icons, theme
from desktop.kit.words import _, fmt_moment
from desktop.screens.lines import PICTURE_HEIGHT, Index, Line, LineList
from desktop.screens.photos import rounded

SHARE = 0.78
"""Of the list's width, at most, for one message."""
PAD, GAP, LEAST = 12, 4, 120
_WRAP = int(Qt.TextFlag.TextWordWrap) | int(Qt.TextFlag.TextWrapAnywhere)


@dataclass(frozen=True, slots=True)
class Bubble(Line):
    """`ours`: staff wrote it; `paper`: the title of a document that goes along; `fresh`: not opened before."""

    ours: bool = False
    paper: str = ""
    fresh: bool = False

    def spoken(self) -> str:
        """The whole message as one sentence."""
        parts = (
            self.title,
            self.detail,
            _("Photo") if self.picture else "",
            self.paper,
            *(mark.text for mark in self.marks),
            _("new") if self.fresh else "",
            self.when,
        )
        return ", ".join(part for part in parts if part)


def message_words(message: Communication) -> str:
    """What was written, or what it is if nothing was."""
    if message.retracted:
        return _("Taken back: %(why)s") % {"why": message.retracted}
    if message.spoken:
        return _("Voice note, %(length)s") % {"length": message.attachments[0].title}
    return message.text


def in_short(message: Communication) -> str:
    """The same for a list; a picture or a paper says that it is one."""
    kinds = [one.content_type for one in message.attachments]
    return message_words(message) or (
        _("Photo") if any(one.startswith("image/") for one in kinds) else _("Document")
    )


def message_bubble(message: Communication, fresh: bool = False) -> Bubble:
    """A message: who, what, when, its picture or paper."""
    shown = () if message.retracted else message.attachments
    picture = next((one.thumbnail for one in shown if one.thumbnail), b"")
    paper = next((one.title or _("Document") for one in shown if not one.thumbnail), "")
    from_patient = message.sender == "patient"
    who = message.sender_name or (_("Patient") if from_patient else _("Staff"))
    return Bubble(
        message.id,
        who,
        message_words(message),
        fmt_moment(message.sent_at),
        picture=picture,
        icon="volume" if message.spoken else "user" if from_patient else "stethoscope",
        tone="info" if from_patient else "primary",
        ours=not from_patient,
        paper="" if message.spoken else paper,
        fresh=fresh,
    )


class BubbleList(LineList):
    """`chosen`: click or Enter on a message."""

    def __init__(self, *, name: str, spoken: str) -> None:
        super().__init__(name=name, spoken=spoken, wrap=True)
        self.setItemDelegate(_BubblePainter(self))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Who was at the newest message stays there."""
        bar = self.verticalScrollBar()
        newest = bar.value() >= bar.maximum()
        super().resizeEvent(event)
        if newest:
            QTimer.singleShot(0, self, self.show_end)


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a bubble's height: words in a font, or a picture."""

    text: str
    font: QFont
    tone: str
    size: QSize
    icon: str = ""
    picture: bytes = b""


class _BubblePainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        view = self.parent()
        assert isinstance(view, LineList)
        parts = self._parts(index.data(Qt.ItemDataRole.UserRole), view.viewport().width())
        return QSize(LEAST, sum(part.size.height() + GAP for part in parts) + 2 * PAD + 2 * GAP)

    def _parts(self, line: Line, width: int) -> list[_Part]:
        scale = theme.current().scale
        room = max(LEAST, round(width * SHARE) - 2 * PAD)
        small, body = theme.font(scale.caption), theme.font(scale.body)
        strong = theme.font(scale.caption, 600)
        parts = [_words(f"{line.title} · {line.when}", strong, "muted", room, line.icon)]
        if line.detail:
            parts.append(_words(line.detail, body, "text", room))
        if line.picture:
            picture = rounded(line.picture, PICTURE_HEIGHT)
            size = QSize(min(room, picture.width() // 2), PICTURE_HEIGHT)
            parts.append(_Part("", small, "text", size, picture=line.picture))
        if isinstance(line, Bubble) and line.paper:
            parts.append(_words(line.paper, theme.font(scale.body, 600), "primary", room, "file"))
        if isinstance(line, Bubble) and line.fresh:
            parts.append(_words(_("new"), strong, "primary", room, "message"))
        parts += [_words(mark.text, small, _ink(mark.tone), room, mark.icon) for mark in line.marks]
        return parts

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: Line = index.data(Qt.ItemDataRole.UserRole)
        worn, whole = theme.current(), QRectF(option.rect)
        parts = self._parts(line, round(whole.width()))
        width = max(part.size.width() for part in parts) + 2 * PAD
        ours = isinstance(line, Bubble) and line.ours
        left = whole.right() - width - 6 if ours else whole.left() + 6
        box = QRectF(left, whole.top() + GAP, width, whole.height() - 2 * GAP)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(worn.tokens.wash("primary" if ours else "neutral")))
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        held = chosen and bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(QPen(worn.colour("primary" if held else "line"), 2 if held else 1))
        painter.drawRoundedRect(box, 12, 12)
        top = box.top() + PAD
        for part in parts:
            self._draw(painter, part, left + PAD, top)
            top += part.size.height() + GAP
        painter.restore()

    def _draw(self, painter: QPainter, part: _Part, left: float, top: float) -> None:
        if part.picture:
            painter.drawPixmap(QPoint(round(left), round(top)), rounded(part.picture, PICTURE_HEIGHT))
            return
        painter.setFont(part.font)
        painter.setPen(theme.current().colour(part.tone))
        aside = 0
        if part.icon:
            side = QFontMetrics(part.font).height() - 2
            painter.drawPixmap(
                QRect(round(left), round(top) + 1, side, side),
                icons.pixmap(part.icon, side, part.tone, 2.0),
            )
            aside = side + 5
        room = QRectF(left + aside, top, part.size.width() - aside, part.size.height())
        painter.drawText(room, _WRAP, part.text)


def _words(text: str, font: QFont, tone: str, room: int, icon: str = "") -> _Part:
    metrics = QFontMetrics(font)
    aside = metrics.height() + 3 if icon else 0
    box = metrics.boundingRect(QRect(0, 0, room - aside, 100_000), _WRAP, text)
    return _Part(text, font, tone, QSize(box.width() + aside + 2, box.height()), icon)


def _ink(tone: str) -> str:
    return "muted" if tone == "neutral" else tone
