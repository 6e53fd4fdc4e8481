# SPDX-License-Identifier: GPL-3.0-or-later
"""It rings: a name, and one big touch."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from desktop.kit.buttons import YesNo
from desktop.kit.people import Avatar
from desktop.kit.text import Text
from desktop.kit.words import _
from kiosk import flow
from kiosk.screens.incoming.logic import caller
from kiosk.screens.pieces import middle
from kiosk.screens.room import Heading, Room, Screen

FACE = 260
AGAIN_MS = 6000


class IncomingScreen(Screen):
    """Answer, or not now."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        name = caller(journey)
        face = Avatar(FACE, name="kiosk.call.face")
        face.show_person(name)
        answers = YesNo(name="kiosk.call", yes=_("Answer"), no=_("Not now"))
        answers.yes.setObjectName("kiosk.call.answer")
        answers.no.setObjectName("kiosk.call.decline")
        answers.answered.connect(lambda yes: room.calls.answer() if yes else room.calls.decline())
        self.body.addStretch(1)
        self.body.addWidget(face, 0, Qt.AlignmentFlag.AlignHCenter)
        self.body.addWidget(middle(Text(name, "display", name="kiosk.call.name")))
        self.body.addStretch(1)
        self.body.addWidget(answers)
        self._ringing = QTimer(self, interval=AGAIN_MS)
        self._ringing.timeout.connect(self._ring)
        self._ringing.start()
        self.head(Heading(_("The clinician is calling you"), _("Touch the green button to answer")))

    def _ring(self) -> None:
        """Once more, for who did not look."""
        QApplication.beep()
        self.room.voice.say(self.heading.spoken, self.language)

    def leave(self) -> None:
        super().leave()
        self._ringing.stop()
