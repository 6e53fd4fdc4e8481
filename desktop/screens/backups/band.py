# SPDX-License-Identifier: GPL-3.0-or-later
"""A quiet band about the backups of this computer."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from clinic.domain.errors import PostaError
from desktop.kit.bridge import Loop
from desktop.kit.surfaces import Notice
from desktop.screens.backups.logic import (
    Effect,
    Ended,
    Event,
    Hushed,
    LookDue,
    Looked,
    State,
    told,
    update,
)
from desktop.screens.room import Room

LOOK_MS = 60_000


class BackupBand(Notice):
    """Hidden while there is nothing to say."""

    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__(name="today.backup")
        self._room, self._help = room, room.helper(self)
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(room.clock.now()), update, self._perform, self.render_state
        )
        self.acted.connect(lambda: self.loop.send(Hushed()))
        self._minute = QTimer(self, interval=LOOK_MS)
        self._minute.timeout.connect(self.look)
        self._minute.start()
        self.loop.show()

    def look(self) -> None:
        """See how things stand now."""
        self.loop.send(LookDue())

    def ended(self, error: PostaError | None) -> None:
        """A backup of the open program came to its end; None: a good one."""
        self.loop.send(Ended(error, self._room.clock.now()))

    def render_state(self, state: State) -> None:
        says = told(state)
        self.say(says.tone, says.text, says.next_step, says.action)

    def _perform(self, _effect: Effect) -> None:
        now, clinic = self._room.clock.now(), self._room.clinic
        self._help.read(
            clinic.backup_plan,
            then=lambda plan: self.loop.send(Looked(plan, clinic.is_owner, now)),
            failed=lambda _sentence: None,
        )
