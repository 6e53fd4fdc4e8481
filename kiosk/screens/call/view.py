# SPDX-License-Identifier: GPL-3.0-or-later
"""The other person big, oneself small; messages large beside the picture."""

from __future__ import annotations

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout

from clinic.protocol.letters import ChatLine
from desktop.kit.buttons import DangerButton, SecondaryButton
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.video import VideoView
from desktop.kit.words import _
from kiosk import flow, volume
from kiosk.screens.call.logic import shown
from kiosk.screens.photo.view import Still
from kiosk.screens.room import Heading, Room, Screen, Sides


class CallScreen(Screen):
    """Stays until the call ends."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._camera = True
        self._line: ChatLine | None = None
        self._view = VideoView(name="kiosk.call.view", spoken=_("The clinician"))
        self._view.set_placeholder(_("No picture comes from the other side"))
        self._view.watch(room.engine, "remote", inset="local")
        self._state = Notice(name="kiosk.call.state")
        self._chat = self._chat_card()
        self.body.addWidget(Sides(self._view, self._chat, (3, 2)), 1)
        self.body.addLayout(self._foot())
        room.engine.missing.connect(self._missing)
        self._journey = journey
        self.follow(journey)

    def _chat_card(self) -> Card:
        card = Card(name="kiosk.call.chat")
        self._from = Text("", "caption", wrap=True)
        self._text = Text("", "heading", name="kiosk.call.line", wrap=True)
        self._picture = Still()
        self._picture.setObjectName("kiosk.call.picture")
        self._picture.setAccessibleName(_("Picture from the clinician"))
        card.add(self._from)
        card.add(self._text)
        card.add(self._picture, 1)
        card.hide()
        return card

    def _foot(self) -> QHBoxLayout:
        hang = DangerButton(_("End the call"), name="kiosk.call.hang", icon="phone-off")
        hang.clicked.connect(lambda: self.room.calls.hang())
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self._state, 1)
        if (mixer := volume.mixer()) is not None:
            for text, name, icon, step in (
                (_("Quieter"), "quieter", "minus", -volume.STEP),
                (_("Louder"), "louder", "plus", volume.STEP),
            ):
                button = SecondaryButton(text, name=f"kiosk.call.{name}", icon=icon)
                button.clicked.connect(lambda _on=False, by=step: self.desk.ask(volume.change, mixer, by))
                foot.addWidget(button)
        foot.addWidget(hang)
        return foot

    def follow(self, journey: flow.Journey) -> None:
        self._journey = journey
        now = shown(journey, self._camera)
        self._state.say(now.tone, now.sentence)
        self._view.set_message(now.over_picture)
        if now.line is not None and now.line != self._line:
            self._show_line(now.line)
        moving = journey.call_phase == "talking"
        name = journey.clinician or _("The clinic")
        self.head(Heading(name if moving else now.sentence, "", now.sentence, private=moving))

    def _show_line(self, line: ChatLine) -> None:
        self._line = line
        self._chat.show()
        self._from.setText(_("Message from %(name)s") % {"name": line.sender_name})
        self._text.setText(line.text)
        picture = QImage.fromData(line.picture) if line.picture else QImage()
        self._picture.setVisible(not picture.isNull())
        if not picture.isNull():
            self._picture.show_image(picture)

    def _missing(self, what: str, _sentence: str) -> None:
        if what == "camera":
            self._camera = False
            self.follow(self._journey)

    def leave(self) -> None:
        super().leave()
        self._view.clear()
