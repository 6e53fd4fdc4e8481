# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page asks of the services; called on workers."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from desktop.kit.words import language

if TYPE_CHECKING:
    from clinic.services.desks import Desk
    from clinic.services.feedback import Opinion


class Hearing:
    """Of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def opinions(self, since: date) -> tuple[Opinion, ...]:
        """From that day on. Raises Refusal for a role that may not, Unavailable."""
        from clinic.services.feedback import opinions

        return opinions(self._desk, language(), datetime.combine(since, time()).astimezone())
