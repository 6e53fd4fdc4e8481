# SPDX-License-Identifier: GPL-3.0-or-later
"""Three faces; then up to two reasons, and whether somebody shall speak with her. One touch passes over all of it."""

from __future__ import annotations

from clinic.domain import questionnaires as q
from clinic.domain.facts import FormItem
from desktop.kit.buttons import SecondaryButton
from desktop.kit.words import _
from kiosk import flow
from kiosk.screens.asking import AskingScreen
from kiosk.screens.feedback import logic
from kiosk.screens.room import Heading, Room

_TONES = {"bad": "danger", "fair": "warn", "good": "ok"}


class FeedbackScreen(AskingScreen):
    """Each answer goes to the flow at once; the last one ends the visit."""

    NAME = "kiosk.feedback"

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._state = logic.State(room.questions.forms[q.FEEDBACK])
        self._show()

    def back(self) -> bool:
        before = logic.taken_back(self._state)
        if before is None:
            return False
        self._state = before
        self._show()
        return True

    def tell(self, answers: tuple[str, ...]) -> None:
        self._state = logic.answered(self._state, answers)
        self._send(self._state.asked is None)
        self._show()

    def mark(self, code: str, on: bool) -> None:
        self._state = logic.marked(self._state, code, on)

    def marked(self) -> tuple[str, ...]:
        return self._state.on

    def skip(self, item: FormItem) -> SecondaryButton:
        skip = SecondaryButton(_("Skip"), name=f"{self.NAME}.skip", icon="arrow-right")
        skip.clicked.connect(self._skip)
        return skip

    def tone(self, item: FormItem, code: str) -> str:
        return _TONES.get(code, "primary") if item.key == q.VISIT else "primary"

    def label(self) -> None:
        super().label()
        if self._done is not None and self.grid is not None:
            for tile in self.grid.tiles:
                tile.setEnabled(tile.isChecked() or not logic.is_full(self._state))

    def _show(self) -> None:
        item = self._state.asked
        if item is not None:
            self.ask(item, self._heading(item))

    def _heading(self, item: FormItem) -> Heading:
        hint = _("Touch one answer")
        if item.repeats:
            hint = _("Touch up to two drawings, then go on")
        elif item.key == q.VISIT:
            hint = _("Touch a face. The clinic reads it without your name.")
        more = _("You need not answer. Touch “Skip” to go.")
        return Heading(q.question(item, self.language), hint, more)

    def _skip(self) -> None:
        """Marked reasons count: she touched them."""
        if self._state.on:
            self._state = logic.answered(self._state, self._state.on)
        self._send(True)

    def _send(self, over: bool) -> None:
        self.room.send(flow.FeedbackGiven(self._state.form, self._state.given, over))
