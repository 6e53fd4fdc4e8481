# SPDX-License-Identifier: GPL-3.0-or-later
"""A band above the waiting room: who opened a chart of one's team today without seeing the patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.kit.bridge import Loop
from desktop.kit.surfaces import Notice
from desktop.kit.words import _
from desktop.screens.notices.logic import (
    GLASS,
    Came,
    Dismiss,
    Effect,
    Event,
    LookDue,
    PutAway,
    State,
    more,
    sentence,
    update,
)
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.services.notices import Notice as Told


class NoticeBand(Notice):
    """Hidden while nobody did."""

    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__(name="today.opened")
        self._room, self._help = room, room.helper(self)
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(), update, self._perform, self.render_state
        )
        self.acted.connect(lambda: self.loop.send(PutAway()))
        self._known: frozenset[str] | None = None
        self.loop.show()
        self.look()

    def look(self) -> None:
        """See what there is now."""
        self.loop.send(LookDue())

    def render_state(self, state: State) -> None:
        self.say("warn", sentence(state), more(state), _("Put away"))

    def _came(self, found: tuple[Told, ...]) -> None:
        """That somebody broke the glass is said on whatever page shows."""
        glass = {one.key: one for one in found if one.action in GLASS}
        new, self._known = (
            glass.keys() - (glass.keys() if self._known is None else self._known),
            frozenset(glass),
        )
        self.loop.send(Came(found))
        if new and not self.isVisible():
            self._room.ways.said.emit("warn", sentence(State(tuple(glass[key] for key in sorted(new)))))

    def _perform(self, effect: Effect) -> None:
        clinic = self._room.clinic
        if isinstance(effect, Dismiss):
            self._help.write(
                clinic.put_away, effect.key, failed=lambda said: self._room.ways.said.emit("warn", said)
            )
            return
        self._help.read(clinic.notices, then=self._came, failed=lambda _sentence: None)
