# SPDX-License-Identifier: GPL-3.0-or-later
"""A band that says when no administrator has been heard for long."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from clinic.keys.lease import ASK_AFTER, Lease
from desktop.kit.surfaces import Notice
from desktop.kit.words import _, plural
from desktop.screens.room import Room

LOOK_MS = 3_600_000


class LeaseBand(Notice):
    """Hidden while there is nothing to say."""

    def __init__(self, room: Room) -> None:
        super().__init__(name="today.lease")
        self._room = room
        self._hour = QTimer(self, interval=LOOK_MS)
        self._hour.timeout.connect(self.look)
        self._hour.start()
        self.look()

    def look(self) -> None:
        """See how things stand now; nothing is read from the disk."""
        tone, text, next_step = told(*self._room.clinic.lease(self._room.in_care()))
        self.say(tone, text, next_step)


def told(lease: Lease, days: int) -> tuple[str, str, str]:
    """Tone, what is said, what to do; ("info", "", "") for nothing."""
    if lease == Lease.FRESH:
        return "info", "", ""
    said = plural(
        "For %(n)d day nothing signed by an administrator has reached this computer.",
        "For %(n)d days nothing signed by an administrator has reached this computer.",
        days,
    )
    if lease == Lease.WARN:
        left = plural(
            "Connect it to the centre. In %(n)d day it asks for contact.",
            "Connect it to the centre. In %(n)d days it asks for contact.",
            ASK_AFTER.days - days,
        )
        return "warn", said, left
    if lease == Lease.ASK_LATER:
        return "warn", said, _("After this visit, connect it to the centre or call your administrator.")
    ask = _(
        "Connect it to the centre now, or call your administrator: this computer may have been revoked without hearing it."
    )
    return "danger", said, ask
