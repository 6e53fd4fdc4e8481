# SPDX-License-Identifier: GPL-3.0-or-later
"""Three lines and a keyboard of large keys; then a keypad. For whoever sets the kiosk up, by touch alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from clinic.services.pins import MAX_DIGITS
from desktop.kit.bridge import Desk
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import LineField
from desktop.kit.surfaces import StatusLine
from desktop.kit.text import Text, named, styled
from desktop.kit.touch import Keypad
from desktop.kit.words import _, tell

NAME = "kiosk.setup"
EDGE, GAP = 36, 8
KEYS = ("1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm.:/")
ALERT = "alert-triangle"


@dataclass(frozen=True, slots=True)
class Said:
    """`code`: of 16 symbols, with the address of the centre it lies at."""

    code: str = ""
    server: str = ""
    name: str = ""


class CodeForm(QWidget):
    """`said`: all three lines, to be tried; `trouble`: what went wrong the last time, in words."""

    said = Signal(object)

    def __init__(self, before: Said, trouble: str) -> None:
        super().__init__()
        named(self, NAME, _("This kiosk is not set up yet"))
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._code = _line("code", _("Code of the invitation"), before.code)
        self._server = _line("server", _("Address of the centre"), before.server or "https://")
        self._name = _line("name", _("Name of this kiosk"), before.name)
        self._lines = (self._code, self._server, self._name)
        column = QVBoxLayout(self)
        column.setContentsMargins(EDGE, 12, EDGE, 12)
        column.setSpacing(GAP)
        column.addWidget(Text(_("This kiosk is not set up yet"), "title", name=f"{NAME}.title", wrap=True))
        how = _("An administrator invites it in “People and computers” on a desk, and reads the code to you.")
        column.addWidget(Text(how, "body", name=f"{NAME}.how", wrap=True))
        column.addLayout(self._row())
        self._trouble = StatusLine(name=f"{NAME}.trouble")
        self._tell(trouble)
        column.addWidget(self._trouble)
        column.addLayout(self._keys(), 1)
        self._code.setFocus(Qt.FocusReason.OtherFocusReason)

    def _row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        for line in self._lines:
            part = QVBoxLayout()
            part.setSpacing(2)
            part.addWidget(Text(line.accessibleName(), "caption"))
            part.addWidget(line)
            row.addLayout(part, 1)
            line.returnPressed.connect(self._try)
        return row

    def _keys(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(GAP)
        for row, signs in enumerate(KEYS):
            for side, sign in enumerate(signs):
                grid.addWidget(self._key(sign, sign, sign), row, side)
        grid.addWidget(self._key("space", _("Space"), " "), 4, 0, 1, 3)
        erase = SecondaryButton(_("Erase"), name=f"{NAME}.key.erase", icon="backspace")
        erase.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        erase.clicked.connect(lambda: self._line_now().backspace())
        grid.addWidget(erase, 4, 3, 1, 3)
        go = PrimaryButton(_("Ask to be let in"), name=f"{NAME}.go", icon="check")
        go.clicked.connect(self._try)
        grid.addWidget(go, 4, 6, 1, 4)
        return grid

    def _key(self, name: str, text: str, sign: str) -> QPushButton:
        """A touch leaves the line where it is; by keyboard the keys are reached too."""
        key = named(QPushButton(text), f"{NAME}.key.{name}", text)
        key.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        key.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        key.setMinimumHeight(64)
        key.clicked.connect(lambda: self._line_now().insert(sign))
        return styled(key, kind="key")

    def _line_now(self) -> LineField:
        """The one that is written into: the code where none has the cursor."""
        held = self.focusWidget()
        return held if isinstance(held, LineField) else self._code

    def _try(self) -> None:
        said = Said(*(line.text().strip() for line in self._lines))
        if not said.code:
            self._tell(_("Type the code of the invitation first."))
            self._code.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.said.emit(said)

    def _tell(self, trouble: str) -> None:
        self._trouble.say("danger", trouble, ALERT)
        self._trouble.setVisible(bool(trouble))


class PinForm(QWidget):
    """`keep` waits on a worker and raises Refusal or Unavailable. `over`: it is kept, or will be set later."""

    over = Signal()

    def __init__(self, keep: Callable[[str], None]) -> None:
        super().__init__()
        named(self, f"{NAME}.pin", _("A PIN for the staff"))
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._keep, self._first, self._work = keep, "", Desk(self)
        self._title = Text("", "title", name=f"{NAME}.pin.title", wrap=True)
        self._says = StatusLine(name=f"{NAME}.pin.says")
        self._pad = Keypad(name=f"{NAME}.keypad", comma=False, longest=MAX_DIGITS)
        self._pad.hide_digits(True, MAX_DIGITS)
        self._pad.entered.connect(self._entered)
        later = QuietButton(_("Later, at the computer"), name=f"{NAME}.later", icon="clock")
        later.clicked.connect(self.over)
        column = QVBoxLayout(self)
        column.setContentsMargins(EDGE, 12, EDGE, 12)
        column.setSpacing(GAP)
        column.addWidget(self._title)
        column.addWidget(self._says)
        column.addWidget(self._pad, 1)
        column.addWidget(later, 0, Qt.AlignmentFlag.AlignRight)
        self._ask("info", _("It opens the staff's page of this kiosk, and nothing of any patient."))

    def _entered(self, digits: str) -> None:
        if not digits:
            return
        if not self._first:
            self._first = digits
            self._ask("info", "")
        elif digits != self._first:
            self._first = ""
            self._ask("warn", _("That was another one. Type the new PIN once more from the beginning."))
        else:
            self._pad.setEnabled(False)
            self._work.ask(self._keep, digits, then=lambda _kept: self.over.emit(), failed=self._failed)

    def _failed(self, error: Exception) -> None:
        self._pad.setEnabled(True)
        self._first = ""
        self._ask("warn", tell(error))

    def _ask(self, tone: str, says: str) -> None:
        again = _("Type the new PIN once more")
        self._title.setText(again if self._first else _("Choose a PIN for the staff, 6 to 12 digits"))
        self._says.say(tone, says, ALERT if tone == "warn" else "info")
        self._says.setVisible(bool(says))
        self._pad.set_text("")
        self._pad.setFocus(Qt.FocusReason.OtherFocusReason)


def _line(name: str, spoken: str, text: str) -> LineField:
    line = LineField(name=f"{NAME}.{name}", spoken=spoken)
    line.setText(text)
    return line
