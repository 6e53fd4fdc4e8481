# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of hours asks of the services; called on workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic.domain.facts import NotAvailable, Schedule
    from clinic.domain.ids import UserId
    from clinic.services.desks import Desk
    from clinic.services.schedules import TeamHours


class Timing:
    """Of the person at one desk. All raise Refusal or Unavailable."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def me(self) -> UserId:
        return self._desk.someone.user

    def all(self) -> TeamHours:
        from clinic.services.schedules import team_hours

        return team_hours(self._desk)

    def keep(self, wanted: Schedule) -> Schedule:
        from clinic.services.schedules import keep_hours

        return keep_hours(self._desk, wanted)

    def keep_off(self, wanted: NotAvailable) -> NotAvailable:
        from clinic.services.schedules import keep_absence, keep_holiday

        return (keep_absence if wanted.practitioner else keep_holiday)(self._desk, wanted)

    def remove(self, what: Schedule | NotAvailable) -> Schedule | NotAvailable:
        from clinic.services.schedules import remove

        return remove(self._desk, what)

    def put_back(self, before: Schedule | NotAvailable) -> object:
        from clinic.services.schedules import put_back

        return put_back(self._desk, before)
