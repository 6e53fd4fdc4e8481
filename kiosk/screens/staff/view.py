# SPDX-License-Identifier: GPL-3.0-or-later
"""The staff's page over the start screen: a keypad, then marks with words, and large buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from clinic.domain.errors import PostaError
from clinic.services.pins import MAX_DIGITS
from desktop.kit.bridge import Desk, Loop
from desktop.kit.buttons import SecondaryButton, YesNo
from desktop.kit.checking import Checking, CheckPanel
from desktop.kit.surfaces import Sign, StatusLine
from desktop.kit.text import Text, named
from desktop.kit.touch import Keypad
from desktop.kit.video import VideoView
from desktop.kit.words import N_, _, tell
from kiosk.health import BAD, GOOD, LOOK, MARKS, PLAIN, TITLES, Facts, Row, rows
from kiosk.screens.pieces import Arrows, centred, middle
from kiosk.screens.room import Sides
from kiosk.screens.staff import logic as s
from kiosk.screens.staff.doing import Staff, print_test

NAME = "kiosk.staff"
_SIGNS = {GOOD: "check", LOOK: "alert-triangle", BAD: "x", PLAIN: "info"}
_TITLES = {
    s.Part.PIN: N_("For the staff: type the PIN of this kiosk"),
    s.Part.HEALTH: N_("How this kiosk stands"),
    s.Part.TRY: N_("Try camera and microphone"),
    s.Part.NEW_PIN: N_("Type the new staff PIN, 6 to 12 digits"),
    s.Part.SAME_PIN: N_("Type the new PIN once more"),
}
_SURE = {
    s.Wish.RESTART: (
        N_("Start the program anew?"),
        N_("The screen goes dark for a moment. What waits to leave stays here and goes later."),
        N_("Yes, start anew"),
    ),
    s.Wish.LEAVE: (
        N_("Leave to the system?"),
        N_("No patient can use this kiosk then. It comes back when the computer is started anew."),
        N_("Yes, leave"),
    ),
}
_TOUCHES = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.TouchBegin,
    QEvent.Type.KeyPress,
)


class StaffView(QWidget):
    """Lies over the whole frame. `closed`: the start screen again."""

    closed = Signal()

    def __init__(self, staff: Staff) -> None:
        super().__init__()
        named(self, NAME, _("For the staff"))
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._staff, self._work = staff, Desk(self)
        self._checking = Checking(staff.engine, staff.try_link, self)
        self._shown: tuple[Row, ...] = ()
        self._build()
        self._silence = QTimer(self, interval=round(s.PATIENCE_S * 1000), singleShot=True)
        self._silence.timeout.connect(lambda: self.loop.send(s.Silence()))
        self._silence.start()
        self.loop: Loop[s.State, s.Event, s.Effect] = Loop(s.State(), s.update, self._do, self._render)
        self.loop.show()
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    # widgets

    def _build(self) -> None:
        self._title = Text("", "title", name=f"{NAME}.title", wrap=True)
        self._line = StatusLine(name=f"{NAME}.say")
        self._pages = QStackedWidget()
        for page in (self._pin_page(), self._health_page(), self._try_page(), self._sure_page()):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(36, 12, 36, 8)
        column.setSpacing(12)
        column.addWidget(self._title)
        column.addWidget(self._line)
        column.addWidget(self._pages, 1)
        column.addLayout(self._bottom())

    def _pin_page(self) -> QWidget:
        self._pad = Keypad(name=f"{NAME}.keypad", comma=False, longest=MAX_DIGITS)
        self._pad.hide_digits(True, MAX_DIGITS)
        self._pad.entered.connect(lambda digits: self.loop.send(s.Typed(digits)))
        self._pad.setMaximumWidth(560)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(self._pad, 4)
        row.addStretch(1)
        return page

    def _health_page(self) -> QWidget:
        self._list = QWidget()
        self._grid = QGridLayout(self._list)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(10)
        for side in (0, 1):
            self._grid.setColumnStretch(side, 1)
        self._arrows = Arrows(self._list, name=f"{NAME}.rows")
        return self._arrows

    def _try_page(self) -> QWidget:
        self._eye = VideoView(name=f"{NAME}.view", spoken=_("Picture of the camera"))
        self._eye.set_placeholder(_("The camera is starting"))
        self._eye.watch(self._staff.engine, "local")
        return Sides(self._eye, CheckPanel(self._checking, name=f"{NAME}.check"), (1, 1))

    def _sure_page(self) -> QWidget:
        self._why = middle(Text("", "heading", name=f"{NAME}.why"))
        self._answers = YesNo(name=f"{NAME}.sure")
        self._answers.answered.connect(lambda yes: self.loop.send(s.Sure(yes)))
        return centred(self._why, self._answers, spacing=32)

    def _bottom(self) -> QGridLayout:
        """Back stands where it stands on every screen; the others belong to the health page."""
        back = SecondaryButton(_("Back"), name=f"{NAME}.back", icon="arrow-left")
        back.clicked.connect(lambda: self.loop.send(s.BackPressed()))
        self._acts: list[SecondaryButton] = []
        grid = QGridLayout()
        grid.setSpacing(12)
        places: tuple[tuple[str, str, str, s.Event], ...] = (
            (_("Sound and picture"), "try", "camera", s.TryPressed()),
            (_("Print a page"), "print", "printer", s.PrintPressed()),
            (_("Sync now"), "sync", "send", s.SyncPressed()),
            (_("Look again"), "look", "refresh", s.LookPressed()),
            (_("Change the PIN"), "pin", "lock", s.PinPressed()),
            (_("Start anew"), "restart", "settings", s.Wished(s.Wish.RESTART)),
            (_("Leave to the system"), "leave", "log-out", s.Wished(s.Wish.LEAVE)),
        )
        for number, (text, name, icon, event) in enumerate(places):
            button = SecondaryButton(text, name=f"{NAME}.{name}", icon=icon)
            button.clicked.connect(lambda _on=False, pressed=event: self.loop.send(pressed))
            row, side = divmod(number, 3)
            grid.addWidget(button, row, 2 if row == 2 else side)
            self._acts.append(button)
        grid.addWidget(back, 2, 0)
        for side in range(3):
            grid.setColumnStretch(side, 1)
        return grid

    # what the logic asks for

    def _do(self, effect: s.Effect) -> None:
        ask = self._work.ask
        match effect:
            case s.ComeIn(pin):
                ask(
                    self._staff.come_in, pin, then=lambda _in: self.loop.send(s.CameIn()), failed=self._failed
                )
            case s.KeepPin(pin):
                ask(
                    self._staff.keep_pin,
                    pin,
                    then=lambda _kept: self.loop.send(s.PinKept()),
                    failed=self._failed,
                )
            case s.Look():
                ask(self._staff.facts, self._staff.devices(), then=self._looked, failed=self._failed)
            case s.OpenDevices():
                self._checking.begin()
                self._checking.link()
            case s.CloseDevices():
                self._checking.end()
                self._eye.clear()
            case s.Print():
                QTimer.singleShot(0, self, self._print)
            case s.Sync():
                self._staff.sync()
            case s.End(wish):
                self._staff.end(wish)
            case s.Close():
                self.closed.emit()

    def _looked(self, facts: Facts) -> None:
        self.loop.send(s.Looked(rows(facts)))

    def _failed(self, error: Exception) -> None:
        self.loop.send(s.Failed(tell(error)))

    def _print(self) -> None:
        try:
            print_test(self._staff.clock)
        except PostaError as error:
            self._failed(error)
            return
        self.loop.send(s.Printed())

    # what is shown

    def _render(self, state: s.State) -> None:
        page = {s.Part.HEALTH: 1, s.Part.TRY: 2, s.Part.SURE: 3}.get(state.part, 0)
        self._pages.setCurrentIndex(page)
        for act in self._acts:
            act.setVisible(page == 1)
            act.setEnabled(not state.busy)
        self._pad.setEnabled(not state.busy)
        if page == 0:
            self._pad.set_text("")
            self._pad.setFocus(Qt.FocusReason.OtherFocusReason)
        self._head(state)
        if state.rows != self._shown:
            self._shown = state.rows
            self._fill(state.rows)

    def _head(self, state: s.State) -> None:
        if state.part is s.Part.SURE and state.wish is not None:
            title, why, yes = _SURE[state.wish]
            self._why.setText(_(why))
            self._answers.ask(_(yes), _("No, stay"))
        else:
            title = _TITLES[state.part]
        self._title.setText(_(title))
        said = _("One moment") if state.busy and not state.say else _(state.say) if state.say else ""
        tone = state.tone or "info"
        self._line.say(tone, said, _SIGNS.get(tone, "info"))
        self._line.setVisible(bool(said))

    def _fill(self, found: tuple[Row, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for number, row in enumerate(found):
            self._grid.addWidget(_row(row), number // 2, number % 2, Qt.AlignmentFlag.AlignTop)
        self._arrows.to_top()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in _TOUCHES:
            self._silence.start()
        return False

    def leave(self) -> None:
        """The page is thrown away: nothing it opened stays open."""
        self._checking.end()


def _row(row: Row) -> QWidget:
    """A mark, what it is and how it is in words, and the sentence."""
    box = named(
        QWidget(), f"{NAME}.row.{row.key}", f"{_(TITLES[row.key])}: {_(MARKS[row.tone])}. {row.sentence}"
    )
    line = QHBoxLayout(box)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(12)
    line.addWidget(Sign(_SIGNS[row.tone], row.tone), 0, Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(Text(f"{_(TITLES[row.key])} · {_(MARKS[row.tone])}", "strong", tone=row.tone))
    words.addWidget(Text(row.sentence, "body", name=f"{NAME}.row.{row.key}.says", wrap=True))
    line.addLayout(words, 1)
    return box
