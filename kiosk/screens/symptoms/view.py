# SPDX-License-Identifier: GPL-3.0-or-later
"""Six tiles that stay pressed, and one button to go on."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent

from clinic.domain.questionnaires import Interview
from desktop.kit.buttons import PrimaryButton
from desktop.kit.touch import Tile, TileGrid
from desktop.kit.words import _, plural
from kiosk import flow
from kiosk.questionnaire import Choice
from kiosk.screens.room import Heading, Room, Screen
from kiosk.screens.symptoms import logic


class SymptomsScreen(Screen):
    """Any number of tiles, also none."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        assert journey.reason is not None
        self._reason, self._born = journey.reason.code, journey.known.birth_date if journey.known else None
        self._state = logic.State(room.questions.symptoms_of(journey.reason.code))
        self._grid = TileGrid([self._tile(choice) for choice in self._state.offered])
        self._done = PrimaryButton("", name="kiosk.symptom.done", icon="arrow-right")
        self._done.clicked.connect(self._tell)
        self.body.addWidget(self._grid, 1)
        self.body.addWidget(self._done)
        self._label()
        self.head(
            Heading(
                _("What do you feel?"),
                _("Touch everything you have, then go on"),
                _("A drawing you touched gets a tick. Touch it again to take the tick away."),
            )
        )

    def _tile(self, choice: Choice) -> Tile:
        word = choice.word(self.language)
        tile = Tile(choice.picture, word, name=f"kiosk.symptom.{choice.id}", checkable=True)
        tile.clicked.connect(lambda _on=False: self._toggle(choice))
        tile.heard.connect(lambda said: self.room.voice.say(said, self.language))
        return tile

    def _toggle(self, choice: Choice) -> None:
        self._state = logic.toggled(self._state, choice.id)
        if choice.id in self._state.on:
            self.room.voice.say(choice.word(self.language), self.language)
        self._label()
        today = self.room.clock.now().date()
        flags = self.room.questions.flags(self._interview(), self._born, today, self.language)
        self.room.send(flow.Felt(logic.told(self._state, self.language), flags))

    def _interview(self) -> Interview:
        told = (one.code for one in logic.told(self._state, self.language))
        return self.room.questions.interview(self._reason, told, self._born, self.room.clock.now().date())

    def _label(self) -> None:
        count = len(self._state.on)
        text = plural("Go on with %(n)d", "Go on with %(n)d", count) if count else _("None of these, go on")
        self._done.setText(text)
        self._done.setAccessibleName(text)

    def _tell(self) -> None:
        self.room.send(flow.SymptomsChosen(logic.told(self._state, self.language), self._interview()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._grid.arrange(2 if event.size().height() > event.size().width() else 3)
        super().resizeEvent(event)
