# SPDX-License-Identifier: GPL-3.0-or-later
"""At a kiosk: a patient asks for an appointment, for another time, or that one is called off (decision 55).

A kiosk books nothing. It knows the times that a desk of its team told it are free, which say nothing of anybody, and files what
is asked for; the clinic answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clinic.domain.asking import BOOK, CANCEL, MOST, Wanted
from clinic.domain.errors import Refusal
from clinic.domain.facts import AppointmentRequest, AskedStatus
from clinic.domain.ids import DeviceId, FactId, UserId
from clinic.domain.plausible import check_appointment
from clinic.keys.rights import Action
from clinic.protocol.codec import decode, encode
from clinic.protocol.envelope import P1_TALK
from clinic.protocol.letters import FreeTime, FreeTimes
from clinic.services.bookings import team_of
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.intake import Visit
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

_TOLD, _ASKED = "free times", "free times asked for"
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Offers:
    """`times` that can be asked for, the earliest first, as a desk told them at `as_of` (None: never); `practitioners` of the
    team, (id, name)."""

    times: tuple[FreeTime, ...] = ()
    practitioners: tuple[tuple[UserId, str], ...] = ()
    as_of: datetime | None = None


def keep_free_times(desk: Desk, sender: DeviceId, said: FreeTimes) -> None:
    """Hold what a desk of the team says; an older word, one of the future and one of anybody else changes nothing."""
    if sender not in desk.trust.desks(desk.team) or said.made_at > desk.clock.now() + _AHEAD:
        return

    def keep(page: WritePage) -> tuple[None, Changes]:
        if (told := _told(page)) is None or told.made_at < said.made_at:
            page.put_meta(_TOLD, encode(said))
        return None, Changes()

    desk.book.write(keep)


@needs(Action.INTAKE)
def offers(desk: Desk) -> Offers:
    """What she can choose from; a time that somebody asked for at this kiosk is not among it."""
    now = desk.clock.now()
    told, asked = desk.book.read(lambda page: (_told(page), _asked_here(page)))
    held = {(one.practitioner, one.start) for one in asked}
    times = [] if told is None else told.times
    free = tuple(one for one in times if one.start > now and (one.practitioner, one.start) not in held)
    return Offers(free, team_of(desk), None if told is None else told.made_at)


@needs(Action.INTAKE)
def ask_for(desk: Desk, visit: Visit, wanted: Wanted) -> AppointmentRequest:
    """Filed and on its way; nothing is booked by it. Refused in the past, without a time, and when much is asked for already."""
    open_ones = [one for one in visit.asked.values() if one.status == AskedStatus.PROPOSED]
    if len(open_ones) >= MOST:
        raise Refusal("Three things are asked for already. The clinic answers them first.")
    now = desk.clock.now()
    if wanted.wish != CANCEL:
        if wanted.start is None and (wanted.since is None or wanted.until is None):
            raise Refusal("Choose a day first.")
        check_appointment(wanted.start or wanted.until or now, now)
    if wanted.wish != BOOK and wanted.appointment is None:
        raise Refusal("Choose which appointment it is about.")
    request = AppointmentRequest(
        id=FactId(desk.new_id()), patient=visit.patient, status=AskedStatus.PROPOSED, wish=wanted.wish, authored_at=now,
        encounter=visit.encounter, start=wanted.start, minutes=wanted.minutes, practitioner=wanted.practitioner,
        practitioner_name=wanted.practitioner_name, reason=wanted.reason,
        appointment=wanted.appointment.id if wanted.appointment else FactId(""), requested_from=wanted.since,
        requested_until=wanted.until, device_name=desk.device_name,
    )  # fmt: skip
    desk.write(request, window=visit.patient, priority=P1_TALK)
    visit.asked[request.id] = request
    if wanted.start is not None:
        held = FreeTime(
            start=wanted.start, minutes=wanted.minutes, practitioner=wanted.practitioner, practitioner_name=""
        )
        _hold(desk, held)
    return request


@needs(Action.INTAKE)
def take_back(desk: Desk, visit: Visit, request: FactId) -> AppointmentRequest:
    """She wants it no more. Only what was asked for in this visit and is not answered."""
    asked = visit.asked.get(request)
    if asked is None or asked.status != AskedStatus.PROPOSED:
        raise Refusal("This was answered already. Call a person of the clinic.")
    gone = replace(asked, status=AskedStatus.CANCELLED)
    desk.write(gone, window=visit.patient, priority=P1_TALK)
    visit.asked[request] = gone
    _let_go(desk, asked)
    return gone


def _told(page: Page) -> FreeTimes | None:
    said = page.meta(_TOLD)
    return None if said is None else decode(said, FreeTimes)


def _asked_here(page: Page) -> tuple[FreeTime, ...]:
    said = page.meta(_ASKED)
    return () if said is None else decode(said, FreeTimes).times


def _hold(desk: Desk, one: FreeTime) -> None:
    """Of nobody: a time and a practitioner, until it is over."""
    _keep(desk, lambda times: (*times, one))


def _let_go(desk: Desk, asked: AppointmentRequest) -> None:
    gone = asked.practitioner, asked.start
    _keep(desk, lambda times: tuple(one for one in times if (one.practitioner, one.start) != gone))


def _keep(desk: Desk, change: Callable[[tuple[FreeTime, ...]], tuple[FreeTime, ...]]) -> None:
    now = desk.clock.now()

    def keep(page: WritePage) -> tuple[None, Changes]:
        times = tuple(one for one in change(_asked_here(page)) if one.start > now)
        page.put_meta(_ASKED, encode(FreeTimes(made_at=now, times=times)))
        return None, Changes()

    desk.book.write(keep)
