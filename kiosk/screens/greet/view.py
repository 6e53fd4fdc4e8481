# SPDX-License-Identifier: GPL-3.0-or-later
"""A face, a first name, a year."""

from __future__ import annotations

from PySide6.QtCore import Qt

from desktop.kit.buttons import YesNo
from desktop.kit.people import Avatar
from desktop.kit.text import Text
from desktop.kit.words import _
from kiosk import flow
from kiosk.screens.greet.logic import greeting
from kiosk.screens.pieces import middle
from kiosk.screens.room import Heading, Room, Screen

FACE = 220


class GreetScreen(Screen):
    """Yes goes on, no asks for the card again."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        assert journey.known is not None
        shown = greeting(journey.known)
        face = Avatar(FACE, name="kiosk.greet.face")
        face.show_person(shown.initials_of, shown.photo)
        answers = YesNo(name="kiosk.greet", yes=_("Yes, it is me"), no=_("No"))
        answers.answered.connect(lambda yes: room.send(flow.Confirmed(yes)))
        self.body.addStretch(1)
        self.body.addWidget(face, 0, Qt.AlignmentFlag.AlignHCenter)
        self.body.addWidget(middle(Text(shown.name, "display", name="kiosk.greet.name")))
        self.body.addWidget(middle(Text(shown.born, "heading", name="kiosk.greet.born")))
        self.body.addStretch(1)
        self.body.addWidget(answers)
        said = ". ".join(part for part in (shown.name, shown.born) if part)
        self.head(Heading(_("Is this you?"), said, _("Touch the green button if this is you."), private=True))
