# SPDX-License-Identifier: GPL-3.0-or-later
"""What the staff's page may do, and the page that tries a printer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from clinic.calls.trial import Tried
from clinic.domain.clock import Clock
from clinic.domain.errors import Refusal
from desktop.kit import theme
from desktop.kit.engine import CallEngine
from desktop.kit.printing import DOTS, draw_pages
from desktop.kit.words import _, fmt_moment
from kiosk.health import Devices, Facts
from kiosk.screens.staff.logic import Wish

_A5 = (1166, 1653)
"""Pixels at `DOTS` an inch."""


@dataclass(frozen=True, slots=True)
class Staff:
    """`come_in`, `keep_pin` and `facts` wait on a worker and raise Refusal or Unavailable; the others answer at once."""

    come_in: Callable[[str], None]
    keep_pin: Callable[[str], None]
    facts: Callable[[Devices], Facts]
    devices: Callable[[], Devices]
    sync: Callable[[], None]
    end: Callable[[Wish], None]
    try_link: Callable[[], Tried]
    engine: CallEngine
    clock: Clock


def devices_here() -> Devices:
    """In the Qt thread. None of a kind where Qt cannot list it."""
    from PySide6.QtMultimedia import QMediaDevices

    return Devices(
        cameras=len(QMediaDevices.videoInputs()),
        microphones=len(QMediaDevices.audioInputs()),
        speakers=len(QMediaDevices.audioOutputs()),
    )


def print_test(clock: Clock, printer: QPrinter | None = None) -> None:
    """A page on the system's printer, or on `printer`. Raises Refusal without one, Unavailable where it takes nothing."""
    if printer is None and not QPrinterInfo.availablePrinterNames():
        raise Refusal("No printer is set up on this kiosk. Set one up in the system first.")
    draw_pages(printer or QPrinter(QPrinter.PrinterMode.HighResolution), [_test_page(clock)])


def _test_page(clock: Clock) -> QImage:
    page = QImage(*_A5, QImage.Format.Format_RGB32)
    page.fill(Qt.GlobalColor.white)
    painter = QPainter(page)
    painter.setPen(Qt.GlobalColor.black)
    painter.setFont(theme.font(DOTS // 3, 700))
    head = QRect(80, 80, _A5[0] - 160, 200)
    painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, _("Posta prints"))
    painter.setFont(theme.font(DOTS // 5, 400))
    words = _("A test page of this kiosk, %(when)s. Nothing of any patient is on it.")
    text = words % {"when": fmt_moment(clock.now())}
    painter.drawText(head.translated(0, 220), Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, text)
    for step in range(8):  # dark to light: what a tired cartridge no longer shows
        painter.fillRect(80 + step * 120, 620, 110, 220, QColor(step * 32, step * 32, step * 32))
    painter.end()
    return page
