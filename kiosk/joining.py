# SPDX-License-Identifier: GPL-3.0-or-later
"""A kiosk's first start: an invitation, six digits for the administrator to compare, a PIN for the staff.

What it must believe of the centre comes with the invitation. Where it was started without one, its code is typed here, and what
goes wrong is said above it, to be tried again.
"""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLayout, QPushButton, QWidget

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal
from clinic.protocol.trust import DeviceKind
from clinic.services.enrolment import Joining, join
from clinic.services.short_codes import invitation_of
from clinic.services.sitting import open_kiosk
from clinic.services.staff_pin import set_staff_pin
from desktop.kit.bridge import Desk as Worker
from desktop.kit.words import _, tell
from kiosk.screens.frame import Sheet
from kiosk.screens.joining.view import CodeForm, PinForm, Said

WAIT_S = 600.0
"""As long as the station waits; then the invitation is used up and a new one is needed."""


class SettingUp(QObject):
    """`ended`: `joined`, or the sentence on the screen was read, which is `failed`."""

    ended = Signal()

    def __init__(self, window: QWidget, home: Path, code: str, server: str, name: str) -> None:
        super().__init__(window)
        self.joined, self.failed, self._leaving = False, "", False
        self._window, self._home, self._typed = window, home, not code
        self._said = Said(code, server, name)
        self._worker = Worker(self)
        self._sheet: QWidget | None = None

    def begin(self) -> None:
        """Ask to be let in, or for the code first."""
        if self._typed:
            self._ask_for_the_code("")
        else:
            self._knock(self._said)

    def _ask_for_the_code(self, trouble: str) -> None:
        form = CodeForm(self._said, trouble)
        form.said.connect(self._knock)
        self._show(form)

    def _knock(self, said: Said) -> None:
        """Nothing here can be touched until it is decided."""
        self._said = said
        self._say(_("One moment"), _("This kiosk asks to be let in."))
        ask = partial(_ask, self._home, said.code, said.server, said.name)
        self._worker.ask(ask, then=self._asked, failed=self._refused)

    def leave(self) -> None:
        """The program ends: nobody is waited for any more."""
        self._leaving = True

    def _asked(self, joining: Joining) -> None:
        digits = joining.digits
        how = _("Read these six digits to the administrator. The same ones must stand on that screen.")
        self._say(f"{digits[:3]} {digits[3:]}", how)
        self._worker.ask(
            joining.wait, WAIT_S, lambda: self._leaving, then=lambda _nothing: self._let_in(), failed=self._refused
        )  # fmt: skip

    def _let_in(self) -> None:
        """The PIN for the staff is chosen now, or later at the computer."""
        self.joined = True
        form = PinForm(partial(_keep_pin, self._home))
        form.over.connect(self.ended)
        self._show(form)

    def _refused(self, error: Exception) -> None:
        if self._typed:
            self._ask_for_the_code(tell(error))
            return
        self.failed = tell(error)
        sheet = self._say(_("This kiosk is not set up"), self.failed, _("Close"))
        sheet.answered.connect(lambda _yes: self.ended.emit())

    def _say(self, title: str, text: str, button: str = "") -> Sheet:
        """Without a `button` there is nothing to touch."""
        sheet = Sheet("kiosk.joining", "settings", title, text, button)
        for there in sheet.findChildren(QPushButton):
            there.setVisible(bool(button))
        self._show(sheet)
        return sheet

    def _show(self, page: QWidget) -> None:
        layout = self._window.layout()
        assert isinstance(layout, QLayout)
        if self._sheet is not None:
            layout.removeWidget(self._sheet)
            self._sheet.hide()
            self._sheet.deleteLater()
        self._sheet = page
        layout.addWidget(page)
        page.show()


def _ask(home: Path, code: str, server: str, name: str) -> Joining:
    """On a worker. Refused: an invitation that is not for a kiosk, and what `join` refuses."""
    clock = SystemClock()
    if invitation_of(code, server, clock).kind != DeviceKind.KIOSK:
        raise Refusal("This invitation is not for a kiosk. Ask the administrator for one that is.")
    return join(home, code, "", "", name, clock, os.urandom, server=server)


def _keep_pin(home: Path, pin: str) -> None:
    """On a worker."""
    with closing(open_kiosk(home, SystemClock(), os.urandom)) as desk:
        set_staff_pin(desk, pin)
