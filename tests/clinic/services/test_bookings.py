# SPDX-License-Identifier: GPL-3.0-or-later
"""The schedule's services over real books: booked, moved, cancelled, taken back; a time taken twice, known and unknown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import Appointment, Slot
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.protocol.trust import Role
from clinic.services import bookings, clashes, people, visits
from clinic.services.desks import Desk, WrongPatient
from clinic.services.gate import Denied
from tests.clinic.services.local import Local, clinic


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as both:
        both.as_role(both.eva, Role.CLINICIAN)
        yield both


def booked(
    desk: Desk, patient: PatientId, hours: float = 24, whom: str = "ben", **more: object
) -> Appointment:
    start = desk.clock.now() + timedelta(hours=hours)
    return bookings.book(desk, patient, start, 20, UserId(whom), "control", **more)  # type: ignore[arg-type]


def stands(desk: Desk, one: Appointment) -> Appointment:
    found = desk.book.read(lambda page: page.fact(Appointment, one.id))
    assert found is not None
    return found


def agenda(desk: Desk, days: int = 7) -> bookings.Agenda:
    return bookings.agenda(desk, desk.clock.now(), desk.clock.now() + timedelta(days=days))


def test_the_agenda_has_the_team_and_what_is_booked_in_the_span(local: Local) -> None:
    first, second = local.person(), local.person("Sosa", dni="123")
    one, two = booked(local.ben, first), booked(local.ben, second, 30, "eva")
    booked(local.ben, first, 24 * 9)
    found = agenda(local.ben)
    assert found.practitioners == (("ben", "ben"), ("eva", "eva"))
    assert [each.appointment.id for each in found.booked] == [one.id, two.id]
    assert (
        found.booked[1].person.name.family == "Sosa"
        and found.booked[1].appointment.practitioner_name == "eva"
    )
    assert found.collisions == {}


def test_who_is_known_by_name_only_has_a_column_too(local: Local) -> None:
    patient = local.person()
    foreign = Appointment(
        id=FactId("x"), patient=patient, start=local.clock.now() + timedelta(hours=1), practitioner_name="Dra. Paz"
    )  # fmt: skip
    local.ben.write(foreign, window=patient)
    assert agenda(local.ben).practitioners[-1] == ("Dra. Paz", "Dra. Paz")


def test_it_moves_to_another_time_and_another_practitioner_and_back(local: Local) -> None:
    patient = local.person()
    one = booked(local.ben, patient)
    later = one.start + timedelta(hours=2)
    bookings.move(local.ben, one.id, later, UserId("eva"), patient, minutes=40)
    moved = stands(local.ben, one)
    assert (moved.start, moved.practitioner, moved.practitioner_name, moved.minutes) == (
        later,
        "eva",
        "eva",
        40,
    )
    assert moved.reason == "control"
    bookings.restore(local.ben, one, patient)
    assert stands(local.ben, one) == one


def test_it_is_cancelled_with_a_reason_and_put_back(local: Local) -> None:
    patient = local.person()
    one = booked(local.ben, patient)
    with pytest.raises(Refusal, match="Say why"):
        bookings.cancel(local.ben, one.id, "  ", patient)
    bookings.cancel(local.ben, one.id, " viaja ", patient)
    gone = stands(local.ben, one)
    assert (gone.status, gone.cancelation_reason) == ("cancelled", "viaja")
    assert agenda(local.ben).booked == ()
    with pytest.raises(Refusal, match="over"):
        bookings.move(local.ben, one.id, one.start, one.practitioner, patient)
    bookings.restore(local.ben, one, patient)
    assert stands(local.ben, one) == one


def test_one_booked_by_mistake_was_never_there(local: Local) -> None:
    patient = local.person()
    one = booked(local.ben, patient)
    bookings.take_back(local.ben, one.id, patient)
    assert stands(local.ben, one).status == "entered-in-error"
    assert agenda(local.ben).booked == ()
    booked(local.ben, local.person("Sosa", dni="123"))


def test_a_practitioner_is_booked_twice_by_who_knew_alone(local: Local) -> None:
    first, second = local.person(), local.person("Sosa", dni="123")
    one = booked(local.ben, first)
    wanted = replace(one, id=FactId(""), patient=second)
    (found,) = bookings.collisions(local.ben, wanted)
    assert found.person is not None and found.person.patient == first
    assert found.shared.practitioner and not found.shared.forbidden
    with pytest.raises(Refusal, match="taken"):
        booked(local.ben, second)
    two = booked(local.ben, second, despite=(one.id,))
    assert two.beside == (one.id,)
    seen = agenda(local.ben).collisions
    assert set(seen) == {one.id, two.id} and all(each[0].shared.agreed for each in seen.values())
    assert clashes.clashes(local.ben) == (), "nobody is asked to settle what was meant so"


def test_nobody_is_booked_into_two_places_at_once_even_by_who_knew(local: Local) -> None:
    patient = local.person()
    one = booked(local.ben, patient)
    with pytest.raises(Refusal, match="another appointment"):
        booked(local.ben, patient, whom="eva", despite=(one.id,))
    two = booked(local.ben, patient, 30, "eva")
    with pytest.raises(Refusal, match="another appointment"):
        bookings.move(local.ben, two.id, one.start, two.practitioner, patient, (one.id,))
    assert stands(local.ben, two) == two


def test_two_records_of_one_person_are_one_patient(local: Local) -> None:
    known, provisional = local.person(), local.person("Quispe", dni="")
    one = booked(local.ben, known)
    people.confirm_identity(local.ben, provisional, known)
    (found,) = bookings.collisions(
        local.ben, replace(one, id=FactId(""), patient=provisional, practitioner=UserId("eva"))
    )
    assert found.shared.patient


def test_what_two_desks_booked_apart_is_marked_on_both(local: Local) -> None:
    first, second = local.person(), local.person("Sosa", dni="123")
    one, two = booked(local.ben, first), booked(local.eva, second)
    assert agenda(local.ben).collisions == {}
    local.carry(first, second)
    for desk in (local.ben, local.eva):
        found = agenda(desk).collisions
        assert set(found) == {one.id, two.id}
        assert [each.shared.agreed for each in found[one.id]] == [False]
        assert found[one.id][0].shared.other.id == two.id
    assert len(clashes.clashes(local.ben)) == 1


def test_what_began_before_the_span_still_takes_its_time(local: Local) -> None:
    first, second = local.person(), local.person("Sosa", dni="123")
    long = replace(booked(local.ben, first, 24), minutes=120)
    local.ben.write(long, window=first)
    inside = replace(
        long, id=FactId("in"), patient=second, start=long.start + timedelta(minutes=90), minutes=20
    )
    local.eva.write(inside, window=second)
    local.carry(first, second)
    found = bookings.agenda(local.ben, long.start + timedelta(minutes=60), long.start + timedelta(days=1))
    assert [each.appointment.id for each in found.booked] == ["in"]
    assert found.collisions["in"][0].shared.other.id == long.id  # type: ignore[index]


def test_a_time_that_cannot_be_is_refused(local: Local) -> None:
    patient = local.person()
    for hours, minutes, whom, why in (
        (-1, 20, "ben", "future"), (24, 2, "ben", "5 minutes"), (24, 500, "ben", "5 minutes"), (24, 20, "nobody", "team"),
        (24, 20, "", "team"),
    ):  # fmt: skip
        start = local.clock.now() + timedelta(hours=hours)
        with pytest.raises(Refusal, match=why):
            bookings.book(local.ben, patient, start, minutes, UserId(whom), "")
    assert agenda(local.ben).booked == ()


def test_another_patients_window_moves_nothing(local: Local) -> None:
    first, second = local.person(), local.person("Sosa", dni="123")
    one = booked(local.ben, first)
    with pytest.raises(WrongPatient):
        bookings.move(local.ben, one.id, one.start, one.practitioner, second)
    with pytest.raises(WrongPatient):
        bookings.cancel(local.ben, one.id, "x", second)
    assert stands(local.ben, one) == one


def test_reception_books_and_a_compliance_officer_does_not(local: Local) -> None:
    patient = local.person()
    local.as_role(local.ben, Role.RECEPTIONIST)
    one = booked(local.ben, patient, whom="eva")
    assert agenda(local.ben).practitioners == (("eva", "eva"),), "whoever writes no notes sees no patients"
    local.as_role(local.ben, Role.COMPLIANCE)
    for asked in (
        lambda: agenda(local.ben),
        lambda: bookings.collisions(local.ben, one),
        lambda: booked(local.ben, patient, 48),
        lambda: bookings.move(local.ben, one.id, one.start, one.practitioner, patient),
        lambda: bookings.cancel(local.ben, one.id, "x", patient),
        lambda: bookings.restore(local.ben, one, patient),
        lambda: bookings.take_back(local.ben, one.id, patient),
    ):
        with pytest.raises(Denied):
            asked()
    assert stands(local.ben, one) == one


def test_slots_that_practitioners_offer_come_along(local: Local) -> None:
    start = local.clock.now() + timedelta(hours=5)
    local.ben.write(Slot(id=FactId("s"), practitioner=UserId("ben"), start=start, minutes=60))
    assert [slot.id for slot in agenda(local.ben).slots] == ["s"]


def test_who_came_and_who_did_not_are_written_and_taken_back(local: Local) -> None:
    patient = local.person()
    one = booked(local.ben, patient, 1)
    with pytest.raises(Refusal, match="not the time"):
        bookings.miss(local.ben, one.id, patient)
    bookings.arrive(local.ben, one.id, patient)
    assert stands(local.ben, one).status == "arrived"
    bookings.restore(local.ben, one, patient)
    assert stands(local.ben, one) == one
    local.clock.advance(7200)
    bookings.miss(local.ben, one.id, patient)
    assert stands(local.ben, one).status == "noshow"
    before = bookings.arrive(local.ben, one.id, patient)
    assert (stands(local.ben, one).status, before.status) == ("arrived", "noshow")
    bookings.restore(local.ben, before, patient)
    assert stands(local.ben, one).status == "noshow"


def test_nobody_arrives_for_a_later_day_nor_in_another_window(local: Local) -> None:
    patient, other = local.person(), local.person("Sosa", dni="123")
    later = booked(local.ben, patient, 48)
    with pytest.raises(Refusal, match="later day"):
        bookings.arrive(local.ben, later.id, patient)
    today = booked(local.ben, patient, 1)
    with pytest.raises(WrongPatient):
        bookings.arrive(local.ben, today.id, other)
    bookings.cancel(local.ben, today.id, "viaja", patient)
    with pytest.raises(Refusal, match="is over"):
        bookings.arrive(local.ben, today.id, patient)


def test_who_has_arrived_keeps_her_time_and_who_did_not_come_leaves_it(local: Local) -> None:
    patient, other = local.person(), local.person("Sosa", dni="123")
    one = booked(local.ben, patient, 1)
    bookings.arrive(local.ben, one.id, patient)
    with pytest.raises(Refusal, match="taken meanwhile"):
        booked(local.ben, other, 1)
    local.clock.advance(61 * 60)
    bookings.miss(local.ben, one.id, patient)
    assert booked(local.ben, other, 0.1).status == "booked"


def test_the_next_appointment_of_a_visit_is_not_put_on_another_one_unawares(local: Local) -> None:
    patient, other = local.person(), local.person("Sosa", dni="123")
    one = booked(local.ben, other)
    with pytest.raises(Refusal, match="taken meanwhile"):
        visits.book_next(local.ben, patient, one.start, "control")
    made = visits.book_next(local.ben, patient, one.start, "control", [FactId(one.id)])
    assert (made.practitioner, made.beside, made.minutes) == (local.ben.someone.user, (one.id,), 20)
    with pytest.raises(Refusal, match="another appointment at that time"):
        visits.book_next(local.ben, patient, one.start, "otra vez", [FactId(one.id), FactId(made.id)])
