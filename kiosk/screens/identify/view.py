# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera with a frame for the card; the keypad for the number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.keys.cards import MAX_PIN, PinMissing
from desktop.kit.bridge import Loop
from desktop.kit.buttons import SecondaryButton
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text
from desktop.kit.touch import Keypad
from desktop.kit.video import VideoView
from desktop.kit.words import N_, _, tell
from kiosk import flow
from kiosk.screens.identify import logic
from kiosk.screens.pieces import Drawing, middle, stacked
from kiosk.screens.room import Heading, Live, Room, Screen, Sides

if TYPE_CHECKING:
    from kiosk.card_reader import Frame

LOOK_MS = 200


class IdentifyScreen(Screen):
    """Ends with a person the clinic knows, or with a claim."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        from kiosk.card_reader import CardReader  # slow to load, and not needed for the first screen

        super().__init__(room, journey)
        self._reader, self._looking = CardReader(), False
        self._live: Live | None = None
        self._says = [Notice(name="kiosk.identify.say", tone="warn") for _page in range(2)]
        self._pages = QStackedWidget()
        self._pages.addWidget(self._card_page())
        self._pages.addWidget(self._number_page())
        self.body.addWidget(self._pages, 1)
        self._eye = QTimer(self, interval=LOOK_MS)
        self._eye.timeout.connect(self._look)
        room.engine.missing.connect(self._missing)
        self._loop: Loop[logic.State, logic.Event, logic.Effect] = Loop(
            logic.State(),
            lambda state, event: logic.update(state, event, room.clock.now().date()),
            self._do,
            self._render,
        )
        self._shown = logic.State(way=logic.Way.BIRTH)
        self._loop.show()

    # pages

    def _card_page(self) -> QWidget:
        self._view = CardView(name="kiosk.identify.view", spoken=_("Picture of the camera"))
        self._view.set_placeholder(_("The camera is starting"))
        self._view.watch(self.room.engine, "local")
        no_card = SecondaryButton(_("I have no card"), name="kiosk.identify.no_card", icon="id")
        no_card.clicked.connect(lambda: self._loop.send(logic.NoCard()))
        code = SecondaryButton(_("I have a code"), name="kiosk.identify.code", icon="lock")
        code.clicked.connect(lambda: self._loop.send(logic.HaveCode()))
        self._with_code = code
        right = stacked(
            (Drawing("show-card"), 1),
            (middle(Text(_("Hold the square of your card inside the frame"), "heading")), 0),
            (self._says[0], 0),
            (no_card, 0),
            (code, 0),
        )
        return Sides(self._view, right, (3, 2))

    def _number_page(self) -> QWidget:
        self._pad = Keypad(name="kiosk.keypad", comma=False, longest=8)
        self._pad.entered.connect(lambda text: self._loop.send(logic.Typed(text)))
        self._picture = Drawing("id")
        self._example = middle(Text("", "heading"))
        self._card = SecondaryButton(_("I have a card"), name="kiosk.identify.card", icon="qr")
        self._card.clicked.connect(lambda: self._loop.send(logic.UseCard()))
        self._code = SecondaryButton("", name="kiosk.identify.other", icon="lock")
        self._code.clicked.connect(self._other_way)
        left = stacked(
            (self._picture, 1), (self._example, 0), (self._says[1], 0), (self._card, 0), (self._code, 0)
        )
        return Sides(left, self._pad, (2, 3))

    # what the logic asks for

    def _do(self, effect: logic.Effect) -> None:
        verbs, ask = self.room.verbs, self.desk.ask
        match effect:
            case logic.ReadCard(text, pin):
                ask(verbs.read_card, text, pin, then=self._found, failed=self._not_found)
            case logic.UseCode(number, code):
                ask(verbs.use_code, number, code, then=self._found, failed=self._not_found)
            case logic.Claim(number, born, name):
                ask(verbs.claim, number, born, name, then=self._found, failed=self._not_found)
            case logic.Identify(known):
                self.room.send(flow.Identified(known))

    def _found(self, known: object) -> None:
        self._loop.send(logic.Found(known))  # type: ignore[arg-type]  # what the verbs answer

    def _not_found(self, error: Exception) -> None:
        if isinstance(error, PinMissing):
            self._loop.send(logic.PinAsked())
            return
        self._pad.set_text(
            "" if self._loop.state.way in (logic.Way.PIN, logic.Way.CODE) else self._pad.text()
        )
        self._loop.send(logic.NotFound(tell(error)))

    def _other_way(self) -> None:
        code = self._loop.state.way is logic.Way.CODE
        self._loop.send(logic.NoCode() if code else logic.HaveCode())

    def _render(self, state: logic.State) -> None:
        card = state.way is logic.Way.CARD
        self._pages.setCurrentIndex(0 if card else 1)
        self.setFocusProxy(self._view if card else self._pad)
        self._use_camera(card and not self.left)
        for notice in self._says:
            notice.say("warn", _(state.say))
        self._view.set_message(_("One moment") if state.busy else "")
        self._pad.setEnabled(not state.busy)
        self._card.setVisible(state.camera and state.way is not logic.Way.PIN)
        self._code.setVisible(state.way is not logic.Way.PIN and not state.code)
        self._code.setText(_("I have no code") if state.way is logic.Way.CODE else _("I have a code"))
        self._with_code.setVisible(not state.code)
        if (state.way, bool(state.code)) != (self._shown.way, bool(self._shown.code)):
            self._show_way(state)
        elif state.say and state.say != self._shown.say:
            self.room.voice.say(_(state.say), self.language)
        self._shown = state

    def _show_way(self, state: logic.State) -> None:
        self._pad.hide_digits(state.way is logic.Way.PIN, MAX_PIN if state.way is logic.Way.PIN else 8)
        match state.way:
            case logic.Way.CARD if state.code:
                self.head(
                    Heading(_("Show your identity card"), _("Or touch “I have no card”"), _(NUMBER_HELP))
                )
            case logic.Way.PIN:
                self._pad.set_text("")
                self._picture.show_picture("id")
                self._example.setText(_("4 to 6 digits; nobody else sees them"))
                self.head(Heading(_("Type the PIN of your card"), _("Then touch the tick"), _(PIN_HELP)))
            case logic.Way.CODE:
                self._pad.set_text("")
                self._picture.show_picture("id")
                self._example.setText(_("8 digits, without dots"))
                self.head(Heading(_("Type the code you were given"), _("Then touch the tick"), _(CODE_HELP)))
            case logic.Way.CARD:
                self.head(Heading(_("Show your card"), _("Hold it before the camera"), _(CARD_HELP)))
            case logic.Way.NUMBER:
                self._pad.set_text(state.number)
                self._picture.show_picture("id")
                self._example.setText(_("8 digits, without dots"))
                self.head(Heading(_("Type your id number"), _("Then touch the tick"), _(NUMBER_HELP)))
            case logic.Way.BIRTH:
                self._pad.set_text("")
                self._picture.show_picture("calendar")
                self._example.setText(_("For example 05 03 1961"))
                self.head(Heading(_("When were you born?"), _("Day, month and year"), _(BIRTH_HELP)))

    # the camera

    def _use_camera(self, wanted: bool) -> None:
        if wanted and self._live is None:
            self._live = Live(self.room.engine, "scan")
            self._eye.start()
        elif not wanted and self._live is not None:
            self._live.close()
            self._live = None
            self._eye.stop()

    def _look(self) -> None:
        picture = self.room.engine.grab("local")
        if picture is None or self._looking or self._loop.state.busy:
            return
        self._looking = True
        self.desk.ask(self._reader.read, pixels(picture), then=self._seen)

    def _seen(self, text: str | None) -> None:
        self._looking = False
        if text and not self.left:
            self._loop.send(logic.Seen(text))

    def _missing(self, what: str, _sentence: str) -> None:
        if what == "camera":
            self._loop.send(logic.CameraGone())

    def can_go_back(self, journey: flow.Journey) -> bool:
        return True

    def back(self) -> bool:
        before = logic.back(self._loop.state)
        if before is None:
            return False
        self._loop.state = before
        self._loop.show()
        return True

    def leave(self) -> None:
        super().leave()
        self._use_camera(False)


CARD_HELP = N_(
    "Hold the card with the square drawing towards the camera, one hand away from it. Without a card touch "
    "“I have no card”."
)
NUMBER_HELP = N_(
    "Your id number is on your identity document. Touch its digits one after the other, then the tick."
)
PIN_HELP = N_(
    "You chose these digits when you got your card. If you forgot them, call a person: you get a new card."
)
CODE_HELP = N_(
    "Somebody of the clinic gave you eight digits. They work once, together with your id number. Without a code "
    "touch “I have no code”."
)
BIRTH_HELP = N_("Type two digits for the day, two for the month and four for the year, then touch the tick.")


class CardView(VideoView):
    """The picture with the corners of a frame over it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height()) * 0.66
        box = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        for colour, wide in (("#000000", 14), ("#FFFFFF", 8)):  # to be seen on any picture
            pen = QPen(QColor(colour), wide)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            self._corners(painter, box)

    def _corners(self, painter: QPainter, box: QRectF) -> None:
        arm = box.width() * 0.18
        for x, turn_x in ((box.left(), 1), (box.right(), -1)):
            for y, turn_y in ((box.top(), 1), (box.bottom(), -1)):
                painter.drawLine(round(x), round(y), round(x + turn_x * arm), round(y))
                painter.drawLine(round(x), round(y), round(x), round(y + turn_y * arm))


def pixels(picture: QImage) -> Frame:
    """The picture as height × width × 4 bytes (blue, green, red, unused), a copy."""
    import numpy as np

    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(plain.constBits(), dtype=np.uint8)
    return (
        flat.reshape(plain.height(), plain.bytesPerLine())[:, : plain.width() * 4]
        .reshape(plain.height(), plain.width(), 4)
        .copy()
    )
