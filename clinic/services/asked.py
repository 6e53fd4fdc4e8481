# SPDX-License-Identifier: GPL-3.0-or-later
"""What patients asked for at kiosks, answered by the clinic: accepted, which books, moves or calls off, or declined.

Two may ask for one time, each at a kiosk without a line. Both stand here; whoever is accepted has it, and the other one's
conflict is said before she is answered (decision 55).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clinic.domain.asking import CANCEL, MOVE
from clinic.domain.bookings import HOLDING, LONGEST, end_of
from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    Appointment,
    AppointmentRequest,
    AskedStatus,
    Encounter,
    VerificationResult,
)
from clinic.domain.ids import DeviceId, FactId, PatientId, UserId
from clinic.domain.offers import busy, fits, inside, spread
from clinic.domain.schedules import FREE, outside, slots
from clinic.keys.rights import Action
from clinic.protocol.envelope import P1_TALK
from clinic.protocol.letters import Answered, FreeTime, FreeTimes
from clinic.services.bookings import (
    Collision,
    checked,
    hours_on,
    practitioner_name,
    sharing_on,
    team_of,
    whole,
)
from clinic.services.capsules import send_capsule
from clinic.services.desks import Desk, WrongPatient
from clinic.services.gate import needs
from clinic.services.people import PersonLine, line
from clinic.services.schedules import slots_on
from clinic.services.vouching import identified
from clinic.store.page import Page
from clinic.store.sheet import to_ms
from clinic.store.writing import WritePage

SOON, FAR = timedelta(hours=1), timedelta(days=28)
"""Times are offered at kiosks from so soon on, and so far ahead."""
OFFERED = 120
LATER = timedelta(days=7)
"""So long after what she wished for a slot is still proposed."""
PROPOSED = 3
"""Times that are proposed to whoever answers."""


@dataclass(frozen=True, slots=True)
class AskedFor:
    """One request. `before`: the appointment that moves or is called off, None if it is not here; `collisions`: what stands at
    the time she asked for; `rivals`: who else asked for it and is not answered, with whether she came first; `free`: times that
    can be given to her, hers first where it is free. `identified` None: a number that nobody has confirmed."""

    request: AppointmentRequest
    person: PersonLine
    identified: VerificationResult | None
    before: Appointment | None
    collisions: tuple[Collision, ...]
    rivals: tuple[tuple[PersonLine, bool], ...]
    free: tuple[FreeTime, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer did: `before` and `after` the appointment, as far as there is one; the word for the kiosk of the visit."""

    request: AppointmentRequest
    before: Appointment | None
    after: Appointment | None
    kiosk: DeviceId
    letter: Answered


@needs(Action.BOOK)
def asked(desk: Desk) -> tuple[AskedFor, ...]:
    """What waits for an answer, of people this computer holds; who asked first stands first."""

    def look(page: Page) -> tuple[AskedFor, ...]:
        waiting = page.open_facts(AppointmentRequest)
        return tuple(
            _asked_for(desk, page, one, waiting, person)
            for one in waiting
            if (person := _person(page, one.patient)) is not None
        )

    return desk.book.read(look)


@needs(Action.BOOK)
def free_times(desk: Desk) -> FreeTimes:
    """What the kiosks of the team may be told: slots at which nobody is booked and for which nobody asked, of practitioners'
    hours and of those that another system told."""
    now, names = desk.clock.now(), dict(team_of(desk))
    found = desk.book.read(lambda page: slots_on(page, now + SOON, now + FAR))
    free = spread((one for one in found if one.status == FREE and one.practitioner in names), OFFERED)
    times = tuple(
        FreeTime(start=one.start, minutes=one.minutes, practitioner=one.practitioner, practitioner_name=names[one.practitioner])
        for one in free
    )  # fmt: skip
    return FreeTimes(made_at=now, times=times)


@needs(Action.BOOK)
def accept(
    desk: Desk, request: FactId, window: PatientId, given: FreeTime | None = None, despite: Collection[FactId] = (),
    reason: str = "",
) -> Answer:  # fmt: skip
    """She has it: booked or moved to the time that is `given`, or called off with that `reason`. Refused once somebody answered
    it, where the time was taken meanwhile by others than `despite`, and of an appointment that is not hers.

    Two desks that accept one request at once make one appointment of it."""
    name = practitioner_name(desk, given.practitioner) if given is not None else ""
    done: list[tuple[AppointmentRequest, Appointment | None, Appointment]] = []

    def both(page: WritePage) -> tuple[Appointment, AppointmentRequest]:
        stands = _open(page, request, window)
        before = None if stands.wish not in (MOVE, CANCEL) else _before(page, stands)
        if stands.wish in (MOVE, CANCEL) and (before is None or before.status != "booked"):
            raise Refusal("The appointment it is about is not booked any more. Say no, and why.")
        if stands.wish == CANCEL and before is not None:
            after = replace(before, status="cancelled", cancelation_reason=reason.strip())
        else:
            after = checked(desk, lambda _page: _wanted(stands, before, given, name), despite, [])(page)[0]
        done[:] = [(_answered(desk, stands, AskedStatus.ACCEPTED), before, after)]
        return after, done[0][0]

    desk.write_within(both, window=window, priority=P1_TALK)
    send_capsule(desk, window)
    said, before, after = done[0]
    return _told(desk, said, before, after)


@needs(Action.BOOK)
def decline(desk: Desk, request: FactId, window: PatientId, why: str) -> Answer:
    """She does not get it, and is told why. Undone by `reopen`."""
    if not why.strip():
        raise Refusal("Say why not: she reads it at the kiosk.")
    said: list[AppointmentRequest] = []

    def no(page: WritePage) -> tuple[AppointmentRequest, ...]:
        said[:] = [_answered(desk, _open(page, request, window), AskedStatus.DECLINED, why.strip())]
        return tuple(said)

    desk.write_within(no, window=window, priority=P1_TALK)
    send_capsule(desk, window)
    return _told(desk, said[0], None, None)


@needs(Action.BOOK)
def reopen(desk: Desk, answer: Answer, window: PatientId) -> Answer:
    """Undo `accept` and `decline`: it waits again, and the appointment is as it was."""

    def back(page: WritePage) -> tuple[Appointment | AppointmentRequest, ...]:
        stands = page.fact(AppointmentRequest, answer.request.id)
        if stands is None or stands.status != answer.request.status:
            raise Refusal("Somebody changed this meanwhile. Look at the schedule.")
        waits = replace(
            stands, status=AskedStatus.PROPOSED, answered_at=None, answered_by=UserId(""), answered_by_name="", answer="",
        )  # fmt: skip
        if answer.after is None:
            return (waits,)
        now = page.fact(Appointment, answer.after.id)
        if now != answer.after:
            raise Refusal("Somebody changed this meanwhile. Look at the schedule.")
        was = answer.before or replace(answer.after, status="entered-in-error")
        return was, waits

    desk.write_within(back, window=window, priority=P1_TALK)
    send_capsule(desk, window)
    stands = replace(answer.request, status=AskedStatus.PROPOSED)
    return _told(desk, stands, answer.before, None)


def _open(page: Page, request: FactId, window: PatientId) -> AppointmentRequest:
    stands = page.fact(AppointmentRequest, request)
    if stands is None:
        raise Refusal("This is not on this computer. Wait for the next exchange.")
    if whole(page, stands.patient) != whole(page, window):
        raise WrongPatient()
    if stands.status != AskedStatus.PROPOSED:
        raise Refusal("This was answered already, or she took it back.")
    return stands


def _before(page: Page, request: AppointmentRequest) -> Appointment | None:
    """The appointment it is about, if it is hers: a kiosk may name any."""
    found = page.fact(Appointment, request.appointment)
    if found is None or whole(page, found.patient) != whole(page, request.patient):
        return None
    return found


def _wanted(
    request: AppointmentRequest, before: Appointment | None, given: FreeTime | None, name: str
) -> Appointment:
    if given is None:
        raise Refusal("Choose a time first.")
    if before is not None:
        return replace(
            before,
            start=given.start,
            minutes=given.minutes,
            practitioner=given.practitioner,
            practitioner_name=name,
        )
    return Appointment(
        id=FactId(f"{request.id}/booked"), patient=request.patient, start=given.start, minutes=given.minutes,
        practitioner=given.practitioner, practitioner_name=name, reason=request.reason.display if request.reason else "",
    )  # fmt: skip


def _answered(
    desk: Desk, request: AppointmentRequest, status: AskedStatus, why: str = ""
) -> AppointmentRequest:
    by = desk.someone
    return replace(
        request, status=status, answered_at=desk.clock.now(), answered_by=by.user, answered_by_name=by.name, answer=why,
    )  # fmt: skip


def _told(
    desk: Desk, said: AppointmentRequest, before: Appointment | None, after: Appointment | None
) -> Answer:
    visit = desk.book.read(lambda page: page.fact(Encounter, said.encounter))
    stands = after is not None and after.status == "booked"
    letter = Answered(
        encounter=said.encounter, request=said.id, status=said.status, answer=said.answer,
        start=after.start if after is not None and stands else None,
        practitioner_name=after.practitioner_name if after is not None and stands else "",
    )  # fmt: skip
    return Answer(said, before, after, visit.kiosk if visit is not None else DeviceId(""), letter)


# what stands beside a request


def _person(page: Page, patient: PatientId) -> PersonLine | None:
    row = page.person(whole(page, patient))
    return None if row is None else line(page, row)


def _asked_for(
    desk: Desk, page: Page, one: AppointmentRequest, waiting: Sequence[AppointmentRequest], person: PersonLine
) -> AskedFor:
    before = _before(page, one) if one.appointment else None
    wish = _at(one)
    found = sharing_on(page, wish) if wish is not None else ()
    free = () if one.wish == CANCEL else _free(desk, page, one, bool(found))
    return AskedFor(
        one, person, _known_by(page, one), before, tuple(c for c in found if c.shared.other.id != one.appointment),
        _rivals(page, one, waiting), free,
    )  # fmt: skip


def _known_by(page: Page, one: AppointmentRequest) -> VerificationResult | None:
    """A kiosk may name any visit: one of somebody else shows nothing."""
    visit = page.fact(Encounter, one.encounter)
    hers = visit is not None and whole(page, visit.patient) == whole(page, one.patient)
    return identified(page, one.encounter) if hers else None


def _at(one: AppointmentRequest) -> Appointment | None:
    """The appointment that she wishes for, where she named a time."""
    if one.start is None or one.wish == CANCEL:
        return None
    return Appointment(
        id=one.appointment,
        patient=one.patient,
        start=one.start,
        minutes=one.minutes,
        practitioner=one.practitioner,
    )


def _rivals(
    page: Page, one: AppointmentRequest, waiting: Sequence[AppointmentRequest]
) -> tuple[tuple[PersonLine, bool], ...]:
    wish = _at(one)
    if wish is None:
        return ()
    found = []
    for other in waiting:
        theirs = _at(other)
        same = theirs is not None and theirs.practitioner == wish.practitioner and other.id != one.id
        if same and theirs is not None and theirs.start < end_of(wish) and wish.start < end_of(theirs):
            person = _person(page, other.patient)
            first = (other.authored_at, other.id) < (one.authored_at, one.id)
            found += [(person, first)] if person is not None else []
    return tuple(found)


def _free(desk: Desk, page: Page, one: AppointmentRequest, taken: bool) -> tuple[FreeTime, ...]:
    """Hers alone where it is free; else the nearest ones of whom she named, or of anybody: slots of whoever keeps hours, and
    any time of whoever keeps none."""
    now, team = desk.clock.now(), team_of(desk)
    names, hours, wish = dict(team), hours_on(page), _at(one)
    usable = wish is not None and not taken and wish.start > now and outside(wish, hours) is None
    if usable and one.practitioner in names:
        return (_time(one, one.practitioner, names),)
    whom = [one.practitioner] if one.practitioner in names else [user for user, _name in team]
    begins, until = _span(one)
    far = begins + LATER
    booked = page.facts_between(Appointment, to_ms(min(begins, now) - timedelta(minutes=LONGEST)), to_ms(far))
    hers = tuple(
        (each.start, end_of(each))
        for each in booked
        if each.status in HOLDING
        and whole(page, each.patient) == whole(page, one.patient)
        and each.id != one.appointment
    )
    rivals = [each for each in page.open_facts(AppointmentRequest) if each.id != one.id]
    offered = [
        (slot.start, slot.minutes, slot.practitioner)
        for slot in slots(hours, booked, rivals, max(begins, now), far)
        if slot.status == FREE
        and slot.practitioner in whom
        and fits(slot.start, slot.start + timedelta(minutes=slot.minutes), hers)
    ]
    unsaid = [
        (at, one.minutes, user)
        for user in whom
        if user not in hours.keepers
        for at in inside(begins, until, one.minutes, (*busy(user, booked), *hers), now, 24)
    ]
    wished = one.start or begins
    nearest = sorted((*offered, *unsaid), key=lambda each: (abs(each[0] - wished), each[0], each[2]))
    return tuple(
        FreeTime(start=at, minutes=minutes, practitioner=user, practitioner_name=names[user])
        for at, minutes, user in nearest[:PROPOSED]
    )


def _span(one: AppointmentRequest) -> tuple[datetime, datetime]:
    if one.start is not None:
        around = timedelta(hours=2)
        return one.start - around, one.start + around
    begins = one.requested_from or one.authored_at
    return begins, one.requested_until or begins + timedelta(hours=4)


def _time(one: AppointmentRequest, user: UserId, names: dict[UserId, str]) -> FreeTime:
    assert one.start is not None
    return FreeTime(start=one.start, minutes=one.minutes, practitioner=user, practitioner_name=names[user])
