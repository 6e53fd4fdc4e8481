# SPDX-License-Identifier: GPL-3.0-or-later
"""What the schedule asks of the services; called on workers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId, UserId
from desktop.screens.schedule.happenings import Cancel, Wish

if TYPE_CHECKING:
    from clinic.domain.facts import Appointment, Slot
    from clinic.domain.schedules import Outside
    from clinic.protocol.letters import FreeTime, FreeTimes
    from clinic.services.asked import Answer, AskedFor
    from clinic.services.bookings import Agenda, Collision
    from clinic.services.desks import Desk


class Scheduling:
    """Of the person at one desk. All raise Refusal or Unavailable."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def agenda(self, since: datetime, until: datetime) -> Agenda:
        from clinic.services.bookings import agenda

        return agenda(self._desk, since, until)

    def weigh(self, wish: Wish) -> tuple[tuple[Collision, ...], Outside | None]:
        """What stands at that time, and why the practitioner does not work then."""
        from clinic.services.bookings import collisions, unusual

        return collisions(self._desk, wish.wanted), unusual(self._desk, wish.wanted)

    def next_free(self, after: datetime, whose: tuple[UserId, ...]) -> Slot | None:
        from clinic.services.schedules import next_slot

        return next_slot(self._desk, after, whose)

    def beside(self, patient: PatientId, start: datetime) -> tuple[Collision, ...]:
        """What stands at that time with whoever is here, or with that patient."""
        from clinic.domain.facts import Appointment
        from clinic.services.bookings import collisions

        me = self._desk.someone.user
        return collisions(
            self._desk, Appointment(id=FactId(""), patient=patient, start=start, practitioner=me)
        )

    def out_of_hours(self, patient: PatientId, start: datetime) -> Outside | None:
        """Whether whoever is here does not work then."""
        from clinic.domain.facts import Appointment
        from clinic.services.bookings import unusual

        me = self._desk.someone.user
        return unusual(self._desk, Appointment(id=FactId(""), patient=patient, start=start, practitioner=me))

    def write(self, wish: Wish, despite: tuple[FactId, ...], anyway: bool = False) -> FactId:
        """Booked or moved; which one it is."""
        from clinic.services.bookings import book, move

        one = wish.wanted
        if wish.before is None:
            made = book(
                self._desk, one.patient, one.start, one.minutes, one.practitioner, one.reason, despite, anyway
            )
            return FactId(made.id)
        move(self._desk, one.id, one.start, one.practitioner, one.patient, despite, one.minutes, anyway)
        return FactId(one.id)

    def cancel(self, asked: Cancel) -> object:
        from clinic.services.bookings import cancel

        return cancel(self._desk, asked.appointment.id, asked.reason, asked.appointment.patient)

    def attend(self, one: Appointment, came: bool) -> Appointment:
        """As it was before."""
        from clinic.services.bookings import arrive, miss

        return (arrive if came else miss)(self._desk, FactId(one.id), one.patient)

    def restore(self, before: Appointment) -> object:
        from clinic.services.bookings import restore

        return restore(self._desk, before, before.patient)

    # what was asked for at kiosks

    def asked(self) -> tuple[AskedFor, ...]:
        from clinic.services.asked import asked

        return asked(self._desk)

    def accept(self, row: AskedFor, given: FreeTime | None, reason: str) -> Answer:
        from clinic.services.asked import accept

        return accept(self._desk, row.request.id, row.person.patient, given, reason=reason)

    def decline(self, row: AskedFor, why: str) -> Answer:
        from clinic.services.asked import decline

        return decline(self._desk, row.request.id, row.person.patient, why)

    def reopen(self, row: AskedFor, answer: Answer) -> Answer:
        from clinic.services.asked import reopen

        return reopen(self._desk, answer, row.person.patient)

    def free_times(self) -> FreeTimes:
        """What the kiosks of the team are told."""
        from clinic.services.asked import free_times

        return free_times(self._desk)

    def take_back(self, appointment: FactId, patient: PatientId) -> object:
        from clinic.services.bookings import take_back

        return take_back(self._desk, appointment, patient)
