# SPDX-License-Identifier: GPL-3.0-or-later
"""What was said, what to take, when to come; a QR to take it along; goodbye."""

from __future__ import annotations

from io import BytesIO

import segno
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic.domain.questionnaires import FEEDBACK
from desktop.kit.buttons import PrimaryButton
from desktop.kit.surfaces import Card
from desktop.kit.text import Text
from desktop.kit.words import _
from kiosk import flow
from kiosk.screens.after.logic import Shown, shown
from kiosk.screens.photo.view import Still
from kiosk.screens.pieces import Arrows, middle, row, stacked
from kiosk.screens.room import Heading, Room, Screen, Sides, print_button


class AfterScreen(Screen):
    """Goodbye leads to the one question how it was, where the clinic asks it; else it ends the session."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        assert journey.over is not None
        now = shown(journey.over)
        goodbye = PrimaryButton(_("Goodbye"), name="kiosk.after.goodbye", icon="check")
        asks = FEEDBACK in room.questions.forms
        goodbye.clicked.connect(lambda: room.send(flow.FeedbackAsked() if asks else flow.Goodbye()))
        self.body.addWidget(Sides(_summary(now), _take_along(now), (3, 2)), 1)
        below: list[QWidget] = [goodbye]
        if room.spooler is not None:
            below.insert(0, print_button(room, "kiosk.after.print"))
        self.body.addLayout(row(*below))
        spoken = ". ".join(f"{caption}: {words}" for caption, words in now.parts)
        self.head(Heading(_("Your visit is over"), now.clinician, spoken, private=True))


def _summary(now: Shown) -> Card:
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    for number, (caption, words) in enumerate(now.parts):
        column.addWidget(Text(caption, "caption"))
        column.addWidget(Text(words, "strong", name=f"kiosk.after.part.{number}", wrap=True))
        column.addSpacing(12)
    column.addStretch(1)
    card = Card(name="kiosk.after.card")
    card.add(Arrows(inside, name="kiosk.after"), 1)
    return card


def _take_along(now: Shown) -> Card:
    card = Card(name="kiosk.after.phone")
    code = Still()
    code.setObjectName("kiosk.after.qr")
    code.setAccessibleName(_("Square code with your summary"))
    code.show_image(qr(now.qr))
    card.add(
        stacked(
            (code, 1), (middle(Text(_("Take it along: photograph this with your telephone"), "muted")), 0)
        )
    )
    return card


def qr(text: str) -> QImage:
    """A QR of the text, 8 pixels a module, black on white whatever the look."""
    stream = BytesIO()
    segno.make(text, micro=False, error="l").save(stream, kind="png", scale=8, border=3)
    return QImage.fromData(stream.getvalue())
