# SPDX-License-Identifier: GPL-3.0-or-later
"""What never moves: the question above, the screen in the middle, back, help, a person and leave below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.kit import theme
from desktop.kit.buttons import (
    IconButton,
    PrimaryButton,
    QuietButton,
    SecondaryButton,
    YesNo,
)
from desktop.kit.navigation import StepDots
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text, named, styled
from desktop.kit.words import _
from kiosk.screens.pieces import Drawing, centred, middle
from kiosk.screens.room import Heading, Screen

EDGE = 36
LOW = 800


class Frame(QWidget):
    """One per language spoken; holds one screen at a time."""

    back, help, person, leave, listen, letters, contrast, again = (Signal() for _ in range(8))

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._screen: Screen | None = None
        self._sheet: QWidget | None = None
        column = self._column = QVBoxLayout(self)
        column.addLayout(self._top())
        self._trouble = Notice(name="kiosk.trouble", tone="danger")
        self._trouble.acted.connect(self.again)
        column.addWidget(self._trouble)
        self._place = QVBoxLayout()
        column.addLayout(self._place, 1)
        column.addLayout(self._bottom())

    def _top(self) -> QHBoxLayout:
        self.title = Text("", "display", name="kiosk.title", wrap=True)
        self.hint = Text("", "body", name="kiosk.hint", wrap=True, tone="neutral")
        self._words = QVBoxLayout()
        self._words.setSpacing(2)
        self._dots = StepDots(name="kiosk.steps")
        for text in self._dots.findChildren(Text):
            text.hide()  # the dots say it; the words are in its accessible name
        self._words.addWidget(self._keeps_place(self._dots), 0, Qt.AlignmentFlag.AlignLeft)
        self._words.addWidget(self.title)
        self._words.addWidget(self.hint)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addLayout(self._words, 1)
        self._ear = IconButton("volume", _("Read aloud"), name="kiosk.bar.listen")
        self._letters = IconButton("letters", _("Bigger letters"), name="kiosk.bar.size", checkable=True)
        self._sun = IconButton("sun", _("Stronger contrast"), name="kiosk.bar.contrast", checkable=True)
        for button, signal in (
            (self._ear, self.listen),
            (self._letters, self.letters),
            (self._sun, self.contrast),
        ):
            button.clicked.connect(lambda _on=False, told=signal: told.emit())
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _bottom(self) -> QHBoxLayout:
        self._back = SecondaryButton(_("Back"), name="kiosk.bar.back", icon="arrow-left")
        self._help = SecondaryButton(_("Help"), name="kiosk.bar.help", icon="help-circle")
        self._person = SecondaryButton(_("Call a person"), name="kiosk.bar.person", icon="hand")
        self._leave = QuietButton(_("Leave"), name="kiosk.bar.leave", icon="log-out")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._keeps_place(self._back))
        row.addStretch(1)
        buttons = (
            (self._back, self.back),
            (self._help, self.help),
            (self._person, self.person),
            (self._leave, self.leave),
        )
        for button, signal in buttons:
            button.clicked.connect(lambda _on=False, told=signal: told.emit())
            if button is not self._back:
                row.addWidget(self._keeps_place(button))
        return row

    def _keeps_place(self, widget: QWidget) -> QWidget:
        """Hidden, it still takes its room: nothing else moves."""
        policy = widget.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        widget.setSizePolicy(policy)
        return widget

    # what the session says

    def ask(self, heading: Heading) -> None:
        """Show a question above, in smaller letters if it would take a second line."""
        self.title.setText(heading.title)
        self._fit_title()
        self.title.setAccessibleName(heading.title)
        self.hint.setText(heading.hint)
        self.hint.setVisible(bool(heading.hint))

    def _fit_title(self) -> None:
        scale = theme.current().scale
        room = self.width() - 2 * EDGE - 3 * (scale.control + 16)
        wide = QFontMetrics(theme.font(scale.display, 700)).horizontalAdvance(self.title.text())
        styled(self.title, role="title" if wide > room or self.height() < LOW else "display")

    def _fit_edges(self) -> None:
        """On a low screen the middle gets what the edges can spare."""
        low = self.height() < LOW
        edge, gap = (EDGE - 24, 6) if low else (EDGE - 8, theme.current().scale.gap + 4)
        self._column.setContentsMargins(EDGE, edge, EDGE, edge - 4)
        self._column.setSpacing(gap)

    def wear(self, bigger: bool, contrast: bool) -> None:
        """Which of the two buttons above are on."""
        self._letters.setChecked(bigger)
        self._fit_title()
        self._sun.setChecked(contrast)

    def step(self, done: int, total: int) -> None:
        """Dots; total 0 hides them."""
        self._dots.setVisible(total > 0)
        if total:
            self._dots.show_step(done, total)

    def offer(self, *, back: bool, leave: bool) -> None:
        """Which of the two lead anywhere."""
        self._back.setVisible(back)
        self._leave.setVisible(leave)

    def trouble(self, sentence: str) -> None:
        """Something could not be filed; "" when all is well."""
        if sentence:
            self._trouble.say(
                "danger", sentence, _("Nothing you told is lost. Call a person."), _("Try again")
            )
        else:
            self._trouble.hush()

    def show_screen(self, screen: Screen) -> None:
        """Put another screen in the middle; the one before is thrown away."""
        if self._screen is not None:
            self._screen.hide()
            self._place.removeWidget(self._screen)
            self._screen.deleteLater()
        self._screen = screen
        screen.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._place.addWidget(screen, 1)
        screen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        screen.show()
        screen.setFocus(Qt.FocusReason.OtherFocusReason)

    # what lies over everything

    def cover(self, sheet: QWidget) -> None:
        """Lay a sheet over the whole frame."""
        self.uncover()
        self._sheet = sheet
        sheet.setParent(self)
        sheet.setGeometry(self.rect())
        sheet.show()
        sheet.raise_()
        first = sheet.findChild(QPushButton)
        if first is not None:
            first.setFocus(Qt.FocusReason.PopupFocusReason)

    def uncover(self) -> None:
        """Take the sheet away."""
        if self._sheet is not None:
            self._sheet.hide()
            self._sheet.deleteLater()
            self._sheet = None

    @property
    def covered(self) -> str:
        """Name of the sheet on top, "" when there is none."""
        return self._sheet.objectName() if self._sheet is not None else ""

    @property
    def sheet(self) -> QWidget | None:
        return self._sheet

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._sheet is not None:
            self._sheet.setGeometry(self.rect())
        self._fit_edges()
        self._fit_title()
        super().resizeEvent(event)


class Sheet(QWidget):
    """A question or a message over the whole screen: a drawing, words, and what can be touched."""

    answered = Signal(bool)

    def __init__(self, name: str, picture: str, title: str, text: str, yes: str, no: str = "") -> None:
        super().__init__()
        named(self, name, title)
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.words, self.private = f"{title}. {text}", False
        self.text = middle(Text(text, "heading", name=f"{name}.text"))
        column = QVBoxLayout(self)
        column.setContentsMargins(EDGE * 3, EDGE, EDGE * 3, EDGE)
        drawing = Drawing(picture, largest=300)
        column.addWidget(drawing, 2)
        column.addWidget(centred(middle(Text(title, "display", name=f"{name}.title")), self.text), 2)
        column.addWidget(self._answers(name, yes, no))

    def _answers(self, name: str, yes: str, no: str) -> QWidget:
        if no:
            both = YesNo(name=name, yes=yes, no=no)
            both.setObjectName(f"{name}.answers")
            both.answered.connect(self.answered)
            return both
        one = PrimaryButton(yes, name=f"{name}.close", icon="check")
        one.clicked.connect(lambda: self.answered.emit(True))
        return one


def help_sheet(heading: Heading) -> Sheet:
    """More words about the question asked now."""
    text = heading.help or heading.hint or _("Touch “Call a person” and somebody comes to help you.")
    sheet = Sheet("kiosk.help", "help-circle", heading.title, text, _("I understood"))
    sheet.private = heading.private
    return sheet


def person_sheet() -> Sheet:
    """The screen itself calls: large, and spoken again and again."""
    return Sheet(
        "kiosk.person",
        "help-person",
        _("Help is needed here"),
        _("The kiosk is calling a person. Please stay."),
        _("Thank you, somebody is here"),
    )


def flag_sheet(online: bool) -> Sheet:
    """Somebody is called because of what she told. What it was is neither shown nor spoken: others are listening."""
    told = (
        _("The clinic is being told now that you should be seen soon. Please stay here.")
        if online
        else _(
            "There is no connection, so the kiosk calls the staff here. Please stay, or tell anybody near you."
        )
    )
    more = _("You can go on with the questions meanwhile.")
    return Sheet(
        "kiosk.flag", "help-person", _("We are calling somebody for you"), f"{told} {more}", _("Go on")
    )


def leave_sheet() -> Sheet:
    return Sheet(
        "kiosk.leave",
        "log-out",
        _("Do you want to leave?"),
        _("What you told stays with the clinic. This screen forgets you."),
        _("Yes, leave"),
        _("No, stay"),
    )


def still_sheet() -> Sheet:
    sheet = Sheet("kiosk.still", "touch", _("Are you still there?"), "", _("Yes, I am here"))
    button = sheet.findChild(PrimaryButton)
    if button is not None:
        button.setObjectName("kiosk.still.yes")
    return sheet
