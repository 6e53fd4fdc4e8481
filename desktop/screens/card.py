# SPDX-License-Identifier: GPL-3.0-or-later
"""A patient's card: the QR on the screen, and a sheet to print. The secret is shown once and kept nowhere."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtWidgets import QFileDialog, QWidget

from clinic.domain.errors import Unavailable
from desktop.kit import theme
from desktop.kit.buttons import PrimaryButton, QuietButton
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text
from desktop.kit.words import _, tell
from desktop.screens.layouts import across, down, holding
from desktop.screens.photos import QrView, paint_qr, qr_dots

CARD_MM = (85.6, 54.0)
"""The size of a bank card (ISO/IEC 7810 ID-1)."""


class CardPanel(QWidget):
    """Shows the card until it is closed; `wide`: the words stand beside the code."""

    closed = Signal()

    def __init__(self, wide: bool = False) -> None:
        super().__init__()
        self._text = self._name = self._number = ""
        self.title = Text("", "title", wrap=True)
        self.qr = QrView(name="card.qr", spoken=_("QR of the card"), side=240)
        self.notice = Notice(name="card.notice")
        keep = PrimaryButton(_("Print to PDF"), name="card.print", icon="printer")
        keep.clicked.connect(self._print)
        close = QuietButton(_("Close"), name="card.close")
        close.clicked.connect(self.closed)
        how = _(
            "The kiosk reads this code. It is shown only now: print it before closing. "
            "Giving a new card does not end older ones."
        )
        said = Text(how, "muted", wrap=True)
        buttons = across(close, None, keep)
        if wide:
            words = holding(down(None, self.title, said, self.notice, 8, buttons, None, gap=12))
            words.setFixedWidth(360)
            self.setLayout(across(down(None, self.qr, None), words, gap=24))
        else:
            code = across(None, self.qr, None)
            self.setLayout(down(self.title, code, said, self.notice, None, buttons, gap=12))

    def show_card(self, name: str, number: str, text: str) -> None:
        """The card of this person; '' hides."""
        self._text, self._name, self._number = text, name, number
        self.title.setText(_("Card of %(name)s") % {"name": name})
        self.qr.show_text(text)
        self.notice.hush()
        self.setVisible(bool(text))

    def _print(self) -> None:
        path, _kind = QFileDialog.getSaveFileName(
            self, _("Print to PDF"), f"posta-{_('card')}.pdf", "PDF (*.pdf)"
        )
        if not path:
            return
        try:
            draw_card(Path(path), self._name, self._number, self._text)
        except Unavailable as error:
            self.notice.say("danger", tell(error))
            return
        self.notice.say("ok", _("Saved: %(path)s") % {"path": path})


def draw_card(path: Path, name: str, number: str, text: str) -> None:
    """One card on an A4 page. Raises Unavailable when the file cannot be written."""
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(20, 20, 20, 20), QPageLayout.Unit.Millimeter)
    writer.setTitle("Posta")
    painter = QPainter()
    if not painter.begin(writer):
        raise Unavailable(
            "{path} could not be written. Check the disk and the folder's permissions.", path=path.name
        )
    dot = writer.resolution() / 25.4
    box = QRectF(0, 0, CARD_MM[0] * dot, CARD_MM[1] * dot)
    painter.setPen(QColor("#566872"))
    painter.drawRoundedRect(box, 3 * dot, 3 * dot)
    side = box.height() - 8 * dot
    paint_qr(painter, QRectF(4 * dot, 4 * dot, side, side), qr_dots(text))
    painter.setPen(QColor("#14232B"))
    words = QRectF(side + 7 * dot, 8 * dot, box.width() - side - 10 * dot, box.height() - 14 * dot)
    for size_mm, weight, line, top in (
        (3.4, 700, "Posta", 0.0),
        (3.2, 600, name, 9.0),
        (2.8, 400, number, 24.0),
    ):
        face = theme.font(round(size_mm * dot), weight)
        painter.setFont(face)
        painter.drawText(words.adjusted(0, top * dot, 0, 0), int(Qt.TextFlag.TextWordWrap), line)
    painter.end()
