# SPDX-License-Identifier: GPL-3.0-or-later
"""Who it is about: avatar, patient banner, and lists of people that load as they are scrolled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar
from weakref import WeakSet
from zlib import crc32

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop.kit import icons, theme
from desktop.kit.surfaces import Chip
from desktop.kit.text import Text, named, styled
from desktop.kit.words import _

Index = QModelIndex | QPersistentModelIndex
MARKS_SHOWN = 3
NAME_SHARE = 0.45  # of a row's width stays for the name before marks give way
HUES = ("#1F77B4", "#C2560C", "#2E8B3D", "#8A5FD0", "#C2388B", "#0E8A8A", "#8F6B1F", "#C43B3B")
"""Colours that part one patient's windows from another's, beside photo, name, age and number; in both looks."""
STRIPE = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """A short fact beside a person: an allergy, a consent, a warning."""

    text: str
    tone: str = "neutral"
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a window is about; every field but `key` and `photo` is text as shown."""

    key: str
    name: str
    born: str = ""
    age: str = ""
    number: str = ""
    sex: str = ""
    photo: bytes = b""
    chips: tuple[Mark, ...] = ()
    as_of: str = ""
    unverified: bool = False

    def line(self) -> str:
        """Sex, age, birth date and number in one line."""
        born = _("born %(date)s") % {"date": self.born} if self.born else ""
        return " · ".join(part for part in (self.sex, self.age, born, self.number) if part)


def hue_of(key: str, shown: Mapping[str, int], away: Mapping[str, int] = MappingProxyType({})) -> int:
    """The number of the colour on this person's banners: as on any that is shown, else one that nobody else has. `shown` and
    `away` (in windows that are closed or hidden for now): key -> number. Where all are taken those away give theirs up, and
    where even that is not enough it is the person's own first choice."""
    if key in shown:
        return shown[key]
    first, taken = away.get(key, crc32(key.encode()) % len(HUES)), set(shown.values())
    free = [hue for n in range(len(HUES)) if (hue := (first + n) % len(HUES)) not in taken] or [first]
    others = {hue for one, hue in away.items() if one != key}
    return next((hue for hue in free if hue not in others), free[0])


def initials(name: str) -> str:
    """One or two letters: of "Quispe, Rosa Elena" QR, of "Rosa Quispe" RQ."""
    words = [word for word in name.replace(",", " ").split() if word[0].isalpha()]
    return "".join(word[0].upper() for word in words[:2])


@lru_cache(maxsize=256)
def _face(photo: bytes, side: int) -> QPixmap:
    image = QImage.fromData(photo)
    if image.isNull():
        return QPixmap()
    image = image.scaled(
        side, side, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    left, top = (image.width() - side) // 2, (image.height() - side) // 2
    return QPixmap.fromImage(image.copy(left, top, side, side))


def paint_face(painter: QPainter, box: QRectF, name: str, photo: bytes) -> None:
    """A round photo, or initials on a tint."""
    worn = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(worn.colour("tint"))
    painter.drawEllipse(box)
    picture = _face(photo, round(box.width() * 2)) if photo else QPixmap()
    if not picture.isNull():
        circle = QPainterPath()
        circle.addEllipse(box)
        painter.save()
        painter.setClipPath(circle)
        painter.drawPixmap(box, picture, QRectF(picture.rect()))
        painter.restore()
        return
    letters = initials(name)
    if not letters:
        side = round(box.width() * 0.55)
        corner = box.center().toPoint()
        painter.drawPixmap(
            QRect(corner.x() - side // 2, corner.y() - side // 2, side, side),
            icons.pixmap("user", side, "primary", 2.0),
        )
        return
    painter.setFont(theme.font(round(box.width() * 0.36), 600))
    painter.setPen(worn.colour("primary"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letters)


class Avatar(QWidget):
    """A face: photo or initials, `size` logical pixels round."""

    def __init__(self, size: int = 48, *, name: str = "") -> None:
        super().__init__()
        named(self, name)
        self._name, self._photo = "", b""
        self.setFixedSize(size, size)

    def show_person(self, name: str, photo: bytes = b"") -> None:
        """Whose face."""
        self._name, self._photo = name, photo
        self.setAccessibleName(name)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_face(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), self._name, self._photo)


class PatientBanner(QFrame):
    """Whom this window is about, always in the same place; `buttons` is the layout at its right. The stripe at its left has
    the same colour wherever this person is shown, and another for everybody else."""

    changed = Signal()
    """somebody else is shown, or more is known of her"""
    _all: ClassVar[WeakSet[PatientBanner]] = WeakSet()

    def __init__(self, *, name: str) -> None:
        super().__init__()
        named(self, name)
        self._hue = -1
        self._all.add(self)
        self.setProperty("kind", "bar")
        scale = theme.current().scale
        row = QHBoxLayout(self)
        row.setContentsMargins(20 + STRIPE // 2, 10, 20, 10)
        row.setSpacing(scale.gap + 4)
        self._face = Avatar(scale.control + 18, name=f"{name}.face")
        self._name = Text("", "title", name=f"{name}.name")
        self._line = Text("", "muted", name=f"{name}.line", wrap=True)
        self._as_of = Text("", "caption", name=f"{name}.as_of")
        self._chips = QHBoxLayout()
        self._chips.setSpacing(scale.gap)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(scale.gap)
        row.addWidget(self._face)
        self._middle = self._words()
        row.addLayout(self._middle, 1)
        row.addLayout(self._chips)
        row.addLayout(self.buttons)
        self._identity: Identity | None = None
        self.show_nobody()

    def _words(self) -> QVBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(1)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self._name)
        self._unverified = Chip(
            _("Identity not verified"), "warn", "help-circle", name=f"{self.objectName()}.unverified"
        )
        top.addWidget(self._unverified)
        top.addWidget(self._as_of)
        top.addStretch(1)
        words.addLayout(top)
        words.addWidget(self._line)
        for label in (self._name, self._as_of):
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        return words

    def person(self) -> Identity | None:
        """Whom it shows."""
        return self._identity

    def show_person(self, identity: Identity) -> None:
        """Show this patient."""
        shown, away = dict[str, int](), dict[str, int]()
        for one in self._all:
            if one is not self and one._identity and isValid(one):
                (shown if one.window().isVisible() else away)[one._identity.key] = one._hue
        self._identity, self._hue = identity, hue_of(identity.key, shown, away) if identity.key else -1
        self._face.show_person(identity.name, identity.photo)
        self._name.setText(identity.name)
        self._line.setText(identity.line())
        self._as_of.setText(identity.as_of)
        self._unverified.setVisible(identity.unverified)
        self.setAccessibleName(f"{_('Patient')}: {identity.name}, {identity.line()}")
        self._show_chips(identity.chips)
        self._fit()
        self.update()
        self.changed.emit()

    @property
    def hue(self) -> str:
        """The colour of this person, "" for nobody."""
        return HUES[self._hue] if self._hue >= 0 else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hue:
            QPainter(self).fillRect(0, 0, STRIPE, self.height(), QColor(self.hue))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Who it is goes before how old the data is: the line wraps, the age of the data gives way."""
        text = self._as_of.text()
        around = self._chips.sizeHint().width() + self.buttons.sizeHint().width() + self._face.width() + 96
        need = self._name.sizeHint().width() + self._as_of.sizeHint().width() + 10
        need += self._unverified.sizeHint().width() + 10 if self._unverified.isVisibleTo(self) else 0
        self._as_of.setVisible(bool(text) and need <= self.width() - around)
        self._line.setToolTip(text)
        frame = self.layout()
        if frame is not None:
            frame.activate()  # no picture of this bar has another person's room for its words

    def show_nobody(self) -> None:
        """No patient is open."""
        self.show_person(Identity("", _("No patient open")))
        self._face.show_person("")
        self._identity = None

    def _show_chips(self, marks: tuple[Mark, ...]) -> None:
        while (old := self._chips.takeAt(0)) is not None:
            widget = old.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, mark in enumerate(marks):
            chip = Chip(mark.text, mark.tone, mark.icon, name=f"{self.objectName()}.chip.{number}")
            self._chips.addWidget(chip)
            chip.show()  # a layout shows it only later, and until then leaves no room for it


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of a list of people."""

    key: str
    name: str
    detail: str = ""
    when: str = ""
    marks: tuple[Mark, ...] = ()
    photo: bytes = b""
    score: str = ""
    score_tone: str = "neutral"

    def spoken(self) -> str:
        """The whole row as one sentence for a screen reader."""
        parts = (self.name, self.detail, self.score, *(mark.text for mark in self.marks), self.when)
        return ", ".join(part for part in parts if part)


More = Callable[[int, int], Sequence[PersonRow]]
PAGE = 50


class PersonModel(QAbstractListModel):
    """Rows that are there, and a way to get more when the view scrolls to the end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[PersonRow] = []
        self._more: More | None = None

    def show_rows(self, rows: Sequence[PersonRow], more: More | None) -> None:
        """Replace everything."""
        self.beginResetModel()
        self._rows, self._more = list(rows), more
        self.endResetModel()

    def row(self, number: int) -> PersonRow:
        """One row."""
        return self._rows[number]

    def place(self, key: str) -> int:
        """Where the row of a key stands; -1 if it does not."""
        return next((number for number, row in enumerate(self._rows) if row.key == key), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.name
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken()
            case Qt.ItemDataRole.UserRole:
                return row
        return None

    def canFetchMore(self, _parent: Index) -> bool:
        return self._more is not None

    def fetchMore(self, _parent: Index) -> None:
        assert self._more is not None
        fresh = list(self._more(len(self._rows), PAGE))
        if len(fresh) < PAGE:
            self._more = None
        if fresh:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(fresh) - 1)
            self._rows.extend(fresh)
            self.endInsertRows()


class PersonList(QListView):
    """People to choose from, with faces, marks and scores."""

    chosen = Signal(str)

    def __init__(self, *, name: str, spoken: str = "") -> None:
        super().__init__()
        named(self, name, spoken or _("People"))
        self._model = PersonModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_PersonPainter(self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        styled(self, kind="list")
        self.clicked.connect(self._choose)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._choose(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(self._model.row(index.row()).key)

    def show_rows(self, rows: Sequence[PersonRow], more: More | None = None) -> None:
        """Show these rows; the chosen key stays chosen where it is still there."""
        kept = self.key()
        self._model.show_rows(rows, more)
        place = self._model.place(kept)
        if kept and place >= 0:
            self.setCurrentIndex(self._model.index(place, 0))

    def key(self) -> str:
        """Key of the current row, or nothing."""
        index = self.currentIndex()
        return self._model.row(index.row()).key if index.isValid() else ""


class _PersonPainter(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        scale = theme.current().scale
        return QSize(240, scale.body * 2 + scale.caption + scale.gap * 3)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: PersonRow = index.data(Qt.ItemDataRole.UserRole)
        worn, scale = theme.current(), theme.current().scale
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect)
        self._ground(painter, option, box)
        side = box.height() - scale.gap * 3
        face = QRectF(box.left() + 12, box.center().y() - side / 2, side, side)
        paint_face(painter, face, row.name, row.photo)
        right = self._right(painter, row, box)
        left = face.right() + 12
        room = max(0.0, right - left - 8)
        self._words(painter, row, QRectF(left, box.top(), room, box.height()))
        painter.setPen(worn.colour("line"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, box: QRectF) -> None:
        worn = theme.current()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, worn.colour("tint"))
            painter.fillRect(QRectF(box.left(), box.top(), 4, box.height()), worn.colour("primary"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, worn.colour("bg"))

    def _words(self, painter: QPainter, row: PersonRow, box: QRectF) -> None:
        worn, scale = theme.current(), theme.current().scale
        upper = QRectF(box.left(), box.center().y() - scale.body * 1.45, box.width(), scale.body * 1.5)
        lower = QRectF(box.left(), box.center().y() + 1, box.width(), scale.caption * 1.6)
        for text, area, size, weight, tone in (
            (row.name, upper, scale.body, 600, "text"),
            (row.detail, lower, scale.caption, 400, "muted"),
        ):
            painter.setFont(theme.font(size, weight))
            painter.setPen(worn.colour(tone))
            short = QFontMetrics(painter.font()).elidedText(
                text, Qt.TextElideMode.ElideRight, round(area.width())
            )
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, short)

    def _right(self, painter: QPainter, row: PersonRow, box: QRectF) -> float:
        """Score, marks and time from the right edge; answers where they begin."""
        worn, scale = theme.current(), theme.current().scale
        right = box.right() - 12
        if row.when:
            painter.setFont(theme.font(scale.caption))
            painter.setPen(worn.colour("muted"))
            width = QFontMetrics(painter.font()).horizontalAdvance(row.when)
            area = QRectF(right - width, box.top(), width, box.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, row.when)
            right -= width + 10
        least = box.left() + box.width() * NAME_SHARE
        score = [Mark(row.score, row.score_tone)] if row.score else []
        for mark in (*score, *row.marks[:MARKS_SHOWN]):
            if mark in score or right - self._pill_width(mark) > least:
                right = self._pill(painter, mark, right, box.center().y())
        return right

    def _pill_width(self, mark: Mark) -> int:
        size = theme.current().scale.caption
        sign = size + 6 if mark.icon or mark.tone in ("warn", "danger") else 0
        return QFontMetrics(theme.font(size, 600)).horizontalAdvance(mark.text) + 20 + sign

    def _pill(self, painter: QPainter, mark: Mark, right: float, middle: float) -> float:
        worn, scale = theme.current(), theme.current().scale
        painter.setFont(theme.font(scale.caption, 600))
        sign = mark.icon or ("alert-triangle" if mark.tone in ("warn", "danger") else "")
        drawn = scale.caption + 2 if sign else 0
        width = self._pill_width(mark)
        height = scale.caption + 10
        box = QRectF(right - width, middle - height / 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.tokens.wash(mark.tone)))
        painter.drawRoundedRect(box, height / 2, height / 2)
        left = box.left() + 10
        if sign:
            spot = QRect(round(left), round(middle - drawn / 2), drawn, drawn)
            painter.drawPixmap(spot, icons.pixmap(sign, drawn, mark.tone, 2.0))
            left += drawn + 4
        painter.setPen(worn.colour(mark.tone))
        painter.drawText(QRectF(left, box.top(), width, height), Qt.AlignmentFlag.AlignVCenter, mark.text)
        return box.left() - 6
