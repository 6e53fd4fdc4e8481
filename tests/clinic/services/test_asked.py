# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for at a kiosk and answered by the clinic: real books, and two kiosks without a line over a real server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clinic.domain.asking import BOOK, CANCEL, MOVE, Wanted
from clinic.domain.errors import Refusal
from clinic.domain.facts import Appointment, AppointmentRequest, AskedStatus, Gender, Slot
from clinic.domain.ids import DeviceId, FactId, PatientId, UserId
from clinic.domain.values import Coding, HumanName
from clinic.protocol.letters import FreeTime, FreeTimes
from clinic.protocol.trust import DeviceKind, Role
from clinic.services import asked, bookings, cards, intake, people, requesting, vouching
from clinic.services.asked import AskedFor
from clinic.services.desks import Desk, WrongPatient
from clinic.services.gate import Denied
from clinic.services.intake import Known, Visit
from clinic.services.link import exchange_now
from tests.clinic.services.conftest import Town, town
from tests.clinic.services.local import Local, clinic

__all__ = ["town"]
WHY = Coding(system="urn:posta:reason", code="check_up", display="Vengo a un control")


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as both:
        both.as_role(both.eva, Role.CLINICIAN)
        yield both


def at(desk: Desk, hours: float = 24) -> datetime:
    return desk.clock.now() + timedelta(hours=hours)


def visit_of(desk: Desk, patient: PatientId) -> Visit:
    return intake.arrive(desk, Known(patient, HumanName(family="x"), None, ""), "es")


def booking(desk: Desk, hours: float = 24, whom: str = "ben") -> Wanted:
    return Wanted(BOOK, at(desk, hours), 20, UserId(whom), whom, WHY)


def only(desk: Desk) -> AskedFor:
    (found,) = asked.asked(desk)
    return found


def stands(desk: Desk, request: AppointmentRequest) -> AppointmentRequest:
    found = desk.book.read(lambda page: page.fact(AppointmentRequest, request.id))
    assert found is not None
    return found


def appointments(desk: Desk, patient: PatientId) -> list[Appointment]:
    found = desk.book.read(lambda page: page.facts(Appointment, patient))
    return [one for one in found if one.status == "booked"]


def test_what_is_asked_for_takes_no_time_until_it_is_accepted(local: Local) -> None:
    patient = local.person()
    request = requesting.ask_for(local.ben, visit_of(local.ben, patient), booking(local.ben))
    assert appointments(local.ben, patient) == []
    waits = only(local.ben)
    assert (waits.request.id, waits.person.patient, waits.collisions, waits.rivals) == (
        request.id,
        patient,
        (),
        (),
    )
    (given,) = waits.free
    answer = asked.accept(local.ben, request.id, patient, given)
    (made,) = appointments(local.ben, patient)
    assert (made.start, made.practitioner, made.reason) == (
        at(local.ben),
        "ben",
        "Vengo a un control",
    )
    assert answer.letter.status == AskedStatus.ACCEPTED and answer.letter.start == made.start
    assert asked.asked(local.ben) == ()
    said = stands(local.ben, request)
    assert (said.status, said.answered_by_name) == (AskedStatus.ACCEPTED, "ben")


def test_an_answer_is_undone_and_it_waits_again(local: Local) -> None:
    patient = local.person()
    request = requesting.ask_for(local.ben, visit_of(local.ben, patient), booking(local.ben))
    answer = asked.accept(local.ben, request.id, patient, only(local.ben).free[0])
    asked.reopen(local.ben, answer, patient)
    assert appointments(local.ben, patient) == [] and only(local.ben).request.answered_by == ""
    no = asked.decline(local.ben, request.id, patient, "  Ese día no hay consultas ")
    assert no.letter.answer == "Ese día no hay consultas" and asked.asked(local.ben) == ()
    asked.reopen(local.ben, no, patient)
    again = asked.accept(local.ben, request.id, patient, only(local.ben).free[0])
    assert again.after is not None and appointments(local.ben, patient) == [again.after]


def test_a_no_says_why(local: Local) -> None:
    patient = local.person()
    request = requesting.ask_for(local.ben, visit_of(local.ben, patient), booking(local.ben))
    with pytest.raises(Refusal, match="Say why not"):
        asked.decline(local.ben, request.id, patient, " ")


def test_it_is_answered_once(local: Local) -> None:
    patient, other = local.person(), local.person("Sosa", dni="123")
    request = requesting.ask_for(local.ben, visit_of(local.ben, patient), booking(local.ben))
    given = only(local.ben).free[0]
    with pytest.raises(WrongPatient):
        asked.accept(local.ben, request.id, other, given)
    answer = asked.accept(local.ben, request.id, patient, given)
    with pytest.raises(Refusal, match="answered already"):
        asked.decline(local.ben, request.id, patient, "no")
    assert answer.after is not None
    bookings.cancel(local.ben, answer.after.id, "viaja", patient)
    with pytest.raises(Refusal, match="changed this meanwhile"):
        asked.reopen(local.ben, answer, patient)


def test_two_desks_that_accept_at_once_make_one_appointment(local: Local) -> None:
    patient = local.person()
    request = requesting.ask_for(local.ben, visit_of(local.ben, patient), booking(local.ben))
    local.carry(patient)
    for desk in (local.ben, local.eva):
        asked.accept(desk, request.id, patient, only(desk).free[0])
    local.carry(patient)
    assert [len(appointments(desk, patient)) for desk in (local.ben, local.eva)] == [1, 1]


def test_the_time_she_asked_for_was_taken_and_others_near_it_are_proposed(local: Local) -> None:
    patient, other = local.person(), local.person("Sosa", dni="123")
    request = requesting.ask_for(local.ben, visit_of(local.ben, patient), booking(local.ben))
    taken = bookings.book(local.ben, other, at(local.ben), 20, UserId("ben"), "")
    waits = only(local.ben)
    assert [one.shared.other.id for one in waits.collisions] == [taken.id]
    assert waits.collisions[0].person is not None and waits.collisions[0].person.name.family == "Sosa"
    assert len(waits.free) == 3 and all(
        abs(one.start - taken.start) >= timedelta(minutes=20) for one in waits.free
    )
    hers = FreeTime(start=at(local.ben), minutes=20, practitioner=UserId("ben"), practitioner_name="ben")
    with pytest.raises(Refusal, match="taken meanwhile"):
        asked.accept(local.ben, request.id, patient, hers)
    answer = asked.accept(local.ben, request.id, patient, waits.free[0])
    assert answer.letter.start == waits.free[0].start


def test_who_asked_for_the_same_time_first_is_said(local: Local) -> None:
    first, second = local.person(), local.person("Sosa", dni="123")
    for patient in (first, second):
        requesting.ask_for(local.ben, visit_of(local.ben, patient), booking(local.ben))
    one, two = asked.asked(local.ben)
    assert [(who.patient, before) for who, before in one.rivals] == [(second, False)]
    assert [(who.patient, before) for who, before in two.rivals] == [(first, True)]
    asked.accept(local.ben, one.request.id, one.person.patient, one.free[0])
    left = only(local.ben)
    assert left.rivals == () and len(left.collisions) == 1


def test_any_time_of_a_morning_finds_the_free_ones_of_whoever_is_free(local: Local) -> None:
    patient, other = local.person(), local.person("Sosa", dni="123")
    begins = at(local.ben, 20)
    bookings.book(local.ben, other, begins, 20, UserId("ben"), "")
    wish = Wanted(BOOK, reason=WHY, since=begins, until=begins + timedelta(hours=4))
    requesting.ask_for(local.ben, visit_of(local.ben, patient), wish)
    found = [(one.start - begins, one.practitioner) for one in only(local.ben).free]
    twenty = timedelta(minutes=20)
    assert found == [(timedelta(0), "eva"), (twenty, "ben"), (twenty, "eva")]


def test_a_move_keeps_what_it_was_and_is_undone(local: Local) -> None:
    patient = local.person()
    before = bookings.book(local.ben, patient, at(local.ben), 20, UserId("ben"), "presión")
    wish = replace(booking(local.ben, 48), wish=MOVE, appointment=before)
    request = requesting.ask_for(local.ben, visit_of(local.ben, patient), wish)
    waits = only(local.ben)
    assert waits.before == before and waits.collisions == ()
    answer = asked.accept(local.ben, request.id, patient, waits.free[0])
    (moved,) = appointments(local.ben, patient)
    assert (moved.id, moved.start, moved.reason) == (before.id, at(local.ben, 48), "presión")
    asked.reopen(local.ben, answer, patient)
    assert appointments(local.ben, patient) == [before]


def test_it_is_called_off_with_the_reason(local: Local) -> None:
    patient = local.person()
    before = bookings.book(local.ben, patient, at(local.ben), 20, UserId("ben"), "")
    request = requesting.ask_for(local.ben, visit_of(local.ben, patient), Wanted(CANCEL, appointment=before))
    answer = asked.accept(local.ben, request.id, patient, reason="Pedido en el puesto")
    assert appointments(local.ben, patient) == [] and answer.letter.start is None
    assert answer.after is not None and answer.after.cancelation_reason == "Pedido en el puesto"
    asked.reopen(local.ben, answer, patient)
    assert appointments(local.ben, patient) == [before]


def test_nobody_calls_off_what_is_somebody_elses(local: Local) -> None:
    patient, other = local.person(), local.person("Sosa", dni="123")
    theirs = bookings.book(local.ben, other, at(local.ben), 20, UserId("ben"), "")
    request = requesting.ask_for(local.ben, visit_of(local.ben, patient), Wanted(CANCEL, appointment=theirs))
    assert only(local.ben).before is None
    with pytest.raises(Refusal, match="not booked any more"):
        asked.accept(local.ben, request.id, patient)
    assert appointments(local.ben, other) == [theirs]


def test_whoever_was_vouched_for_has_her_own_appointment_moved(local: Local) -> None:
    patient = local.person()
    before = bookings.book(local.ben, patient, at(local.ben), 20, UserId("ben"), "")
    visit = intake.arrive(local.ben, intake.claim(local.ben, "14233456", date(1958, 3, 7)), "es")
    vouching.vouch(local.ben, visit.encounter, patient)
    wish = replace(booking(local.ben, 48), wish=MOVE, appointment=before)
    request = requesting.ask_for(local.ben, visit, wish)
    waits = only(local.ben)
    assert waits.person.patient == patient and waits.before == before
    asked.accept(local.ben, request.id, patient, waits.free[0])
    assert [one.start for one in appointments(local.ben, patient)] == [at(local.ben, 48)]


def test_she_takes_it_back_until_it_is_answered(local: Local) -> None:
    patient = local.person()
    visit = visit_of(local.ben, patient)
    request = requesting.ask_for(local.ben, visit, booking(local.ben))
    requesting.take_back(local.ben, visit, request.id)
    assert asked.asked(local.ben) == () and stands(local.ben, request).status == AskedStatus.CANCELLED
    with pytest.raises(Refusal, match="answered already"):
        requesting.take_back(local.ben, visit, request.id)


def test_a_visit_asks_for_three_things_at_most(local: Local) -> None:
    visit = visit_of(local.ben, local.person())
    for hours in (24, 48, 72):
        requesting.ask_for(local.ben, visit, booking(local.ben, hours))
    with pytest.raises(Refusal, match="Three things"):
        requesting.ask_for(local.ben, visit, booking(local.ben, 96))


def test_what_the_clinic_answered_while_she_is_here_counts_no_more(local: Local) -> None:
    patient = local.person()
    visit = visit_of(local.ben, patient)
    for hours in (24, 48, 72):
        requesting.ask_for(local.ben, visit, booking(local.ben, hours))
    first, *_others = asked.asked(local.ben)
    answer = asked.accept(local.ben, first.request.id, patient, first.free[0])
    visit.hear(answer.letter)
    with pytest.raises(Refusal, match="answered already"):
        requesting.take_back(local.ben, visit, first.request.id)
    requesting.ask_for(local.ben, visit, booking(local.ben, 96))
    visit.hear(asked.reopen(local.ben, answer, patient).letter)
    with pytest.raises(Refusal, match="Three things"):
        requesting.ask_for(local.ben, visit, booking(local.ben, 120))


def test_how_somebody_else_was_known_says_nothing_of_her(local: Local) -> None:
    hers, other = local.person(), local.person("Sosa", dni="123")
    visit = intake.arrive(local.ben, intake.claim(local.ben, "14233456", date(1958, 3, 7)), "es")
    vouching.vouch(local.ben, visit.encounter, other)
    request = requesting.ask_for(local.ben, visit_of(local.ben, hers), booking(local.ben))
    local.ben.write(replace(request, encounter=visit.encounter), window=hers)
    waits = only(local.ben)
    assert waits.person.patient == hers and waits.identified is None


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wanted(BOOK), "Choose a day"),
        (Wanted(BOOK, datetime(2020, 1, 1, tzinfo=UTC)), "future"),
        (Wanted(CANCEL), "which appointment"),
    ],
)
def test_what_is_no_wish_is_refused(local: Local, wish: Wanted, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        requesting.ask_for(local.ben, visit_of(local.ben, local.person()), wish)


# which times a kiosk may know


def slot(desk: Desk, hours: float, whom: str = "ben", status: str = "free") -> None:
    desk.write(
        Slot(id=FactId(desk.new_id()), practitioner=UserId(whom), start=at(desk, hours), status=status)
    )


def test_kiosks_are_told_of_times_that_are_offered_and_that_nobody_has_or_wants(local: Local) -> None:
    patient = local.person()
    for hours, whom, status in (
        (24, "ben", "free"),
        (25, "ben", "free"),
        (26, "ben", "free"),
        (27, "ben", "busy"),
        (28, "eva", "free"),
        (29, "somebody of another team", "free"),
        (0.5, "ben", "free"),
    ):
        slot(local.ben, hours, whom, status)
    bookings.book(local.ben, patient, at(local.ben, 24.1), 20, UserId("ben"), "")
    requesting.ask_for(local.ben, visit_of(local.ben, patient), booking(local.ben, 25))
    told = asked.free_times(local.ben)
    assert [(one.start, one.practitioner_name) for one in told.times] == [
        (at(local.ben, 26), "ben"),
        (at(local.ben, 28), "eva"),
    ]


def test_the_newest_word_of_a_desk_counts_and_nobody_elses(local: Local) -> None:
    eva = local.eva.device
    one = FreeTime(start=at(local.ben), minutes=20, practitioner=UserId("ben"), practitioner_name="ben")
    now = local.clock.now()
    assert requesting.offers(local.ben).as_of is None
    requesting.keep_free_times(local.ben, eva, FreeTimes(made_at=now, times=(one,)))
    for sender, made in (
        (eva, now - timedelta(minutes=1)),
        (eva, now + timedelta(hours=1)),
        (DeviceId("a stranger"), now + timedelta(minutes=1)),
    ):
        requesting.keep_free_times(local.ben, sender, FreeTimes(made_at=made))
    known = requesting.offers(local.ben)
    assert known.times == (one,) and known.as_of == now
    assert known.practitioners == (("ben", "ben"), ("eva", "eva"))


def test_a_time_asked_for_here_is_not_offered_to_the_next_one_here(local: Local) -> None:
    one = FreeTime(start=at(local.ben), minutes=20, practitioner=UserId("ben"), practitioner_name="ben")
    requesting.keep_free_times(
        local.ben, local.eva.device, FreeTimes(made_at=local.clock.now(), times=(one,))
    )
    visit = visit_of(local.ben, local.person())
    request = requesting.ask_for(local.ben, visit, booking(local.ben))
    assert requesting.offers(local.ben).times == ()
    requesting.take_back(local.ben, visit, request.id)
    assert requesting.offers(local.ben).times == (one,)


# a kiosk


def test_two_kiosks_without_a_line_ask_for_one_time_and_one_of_the_two_has_it(town: Town) -> None:
    other = town.enrol("Abra Pampa", Role.KIOSK, DeviceKind.KIOSK)
    lucia = town.desk.someone
    who = [
        people.register(
            town.desk, HumanName(family=family, given=("Ana",)), date(1960, 1, 2), Gender.FEMALE, dni
        )
        for family, dni in (("Mamani", "20111444"), ("Sosa", "20111445"))
    ]
    texts = [cards.issue(town.desk, patient) for patient in who]
    town.sync()
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    requests = []
    for kiosk, text in zip((town.kiosk, other), texts, strict=True):  # nothing is exchanged between the two
        lookup = intake.card_lookup(text)
        sealed = town.desk.book.read(lambda page, key=lookup: page.capsule(key))
        assert sealed is not None
        intake.keep_capsule(kiosk, lookup, sealed)
        visit = intake.arrive(kiosk, intake.read_card(kiosk, text), "es")
        wish = Wanted(BOOK, start, 20, lucia.user, lucia.name, WHY)
        requests.append(requesting.ask_for(kiosk, visit, wish))
        assert requests[-1].status == AskedStatus.PROPOSED, "she is told that it is asked for, and no more"
    town.sync()
    town.sync()
    first, second = asked.asked(town.desk)
    assert [one.request.device_name for one in (first, second)] == ["Quebracho", "Abra Pampa"]
    assert first.identified is not None and [before for _who, before in second.rivals] == [True]
    yes = asked.accept(town.desk, first.request.id, first.person.patient, first.free[0])
    assert yes.kiosk == town.kiosk.device and yes.letter.start == start
    (left,) = asked.asked(town.desk)
    assert [one.shared.other.id for one in left.collisions] == [yes.after.id if yes.after else ""]
    with pytest.raises(Refusal, match="taken meanwhile"):
        asked.accept(town.desk, left.request.id, left.person.patient, first.free[0])
    asked.accept(town.desk, left.request.id, left.person.patient, left.free[0])
    town.sync()
    town.sync()
    told = []
    for kiosk, text in zip((town.kiosk, other), texts, strict=True):
        lookup = intake.card_lookup(text)
        sealed = town.desk.book.read(lambda page, key=lookup: page.capsule(key))
        assert sealed is not None
        intake.keep_capsule(kiosk, lookup, sealed)
        known = intake.read_card(kiosk, text)
        told.append(known.appointments[0].start)
        assert known.asked[0].status == AskedStatus.ACCEPTED
    assert told[0] == start and told[1] == left.free[0].start != start


def test_what_a_kiosk_takes_back_is_no_longer_asked_for(town: Town) -> None:
    lucia = town.desk.someone
    visit = intake.arrive(town.kiosk, intake.claim(town.kiosk, "20111777", date(1960, 1, 2)), "es")
    wish = Wanted(BOOK, datetime.now(UTC) + timedelta(days=3), 20, lucia.user, lucia.name, WHY)
    request = requesting.ask_for(town.kiosk, visit, wish)
    exchange_now(town.kiosk)
    exchange_now(town.desk)
    assert request.id in [one.request.id for one in asked.asked(town.desk)]
    assert next(one for one in asked.asked(town.desk) if one.request.id == request.id).identified is None
    requesting.take_back(town.kiosk, visit, request.id)
    exchange_now(town.kiosk)
    exchange_now(town.desk)
    assert request.id not in [one.request.id for one in asked.asked(town.desk)]


def test_a_kiosk_answers_nothing_and_sees_nobodys_requests(town: Town) -> None:
    for verb in (lambda: asked.asked(town.kiosk), lambda: asked.free_times(town.kiosk)):
        with pytest.raises(Denied):
            verb()
