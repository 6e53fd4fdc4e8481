# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a kiosk: a wipe that an administrator ordered is obeyed, and a plain sentence says whom to phone.

The screen stays until the kiosk is set up again, and brings the receipt as soon as the centre can be reached.
"""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QLayout, QPushButton, QWidget

from clinic.services.desks import Desk, is_enrolled
from clinic.services.wiping import Closed, bring_receipt, closed, wipe
from clinic.store.home import Home
from desktop.kit.bridge import Desk as Worker
from desktop.kit.words import _, tell
from kiosk.screens.frame import Sheet

log = logging.getLogger(__name__)
LOOK_AGAIN_MS = 30_000


def sentence(gone: Closed) -> str:
    """Who closed this kiosk and whom to phone, as far as it is known."""
    organization = gone.organization or _("The clinic")
    if gone.phone:
        said = _("%(organization)s has taken this kiosk out of service. Please phone %(phone)s.")
        return said % {"organization": organization, "phone": gone.phone}
    if gone.administrator:
        said = _(
            "%(organization)s has taken this kiosk out of service. Please ask here for %(administrator)s."
        )
        return said % {"organization": organization, "administrator": gone.administrator}
    return _("%(organization)s has taken this kiosk out of service. Please ask somebody who works here.") % {
        "organization": organization
    }


class Closing(QObject):
    """`desk`: what is to be wiped; None where it was wiped before. `ended`: the program may start again."""

    ended = Signal()

    def __init__(self, window: QWidget, home: Path, desk: Desk | None) -> None:
        super().__init__(window)
        self._window, self._home, self._desk = window, Home(home), desk
        self.again = False
        self._worker = Worker(self)
        self._sheet: Sheet | None = None
        self._watch = QTimer(self, interval=LOOK_AGAIN_MS)
        self._watch.timeout.connect(self._look)

    def begin(self) -> None:
        """Obey if there is something to obey; nothing here can be touched."""
        self._say(_("One moment"), _("This kiosk is being closed."))
        if self._desk is None:
            self._worker.ask(closed, self._home, then=self._closed, failed=self._failed)
        else:
            self._worker.ask(wipe, self._desk, then=lambda _receipt: self._wiped(), failed=self._failed)

    def _wiped(self) -> None:
        log.info("this kiosk was wiped by an administrator's order")
        self._worker.ask(closed, self._home, then=self._closed, failed=self._failed)

    def _closed(self, gone: Closed | None) -> None:
        self._say(_("This kiosk is closed"), sentence(gone or Closed("", "", "")))
        self._watch.start()
        self._look()

    def _failed(self, error: Exception) -> None:
        """What was left is destroyed by the next start."""
        log.error("the wipe could not be ended: %s", error)
        self._say(_("This kiosk is closed"), tell(error))
        QTimer.singleShot(LOOK_AGAIN_MS, self, self._start_again)

    def _look(self) -> None:
        self._worker.ask(_brought_and_set_up, self._home, then=self._looked, failed=self._failed)

    def _looked(self, set_up_again: bool) -> None:
        if set_up_again:
            self._start_again()

    def _start_again(self) -> None:
        self.again = True
        self.ended.emit()

    def _say(self, title: str, text: str) -> None:
        layout = self._window.layout()
        assert isinstance(layout, QLayout)
        if self._sheet is not None:
            layout.removeWidget(self._sheet)
            self._sheet.deleteLater()
        self._sheet = Sheet("kiosk.closed", "settings", title, text, "")
        for button in self._sheet.findChildren(QPushButton):
            button.hide()
        layout.addWidget(self._sheet)


def _brought_and_set_up(home: Home) -> bool:
    """On a worker: the receipt is brought; True once this kiosk was set up again."""
    bring_receipt(home)
    return is_enrolled(home.path)
