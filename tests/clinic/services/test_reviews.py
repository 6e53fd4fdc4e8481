# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit read by people: lists and filters, reviews that are found once and judged by somebody else, same-day notices."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AccessReview,
    AuditEvent,
    Decision,
    Encounter,
    EncounterStatus,
    Finding,
    Gender,
    ReviewStatus,
    Task,
    TaskStatus,
)
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.misuse.lists import Filters
from clinic.domain.values import HumanName
from clinic.keys.refusals import Unreadable
from clinic.keys.testimony import REVIEW_CODE, check_op, review_id
from clinic.protocol.trust import Role
from clinic.services import access, acted, charts, notices, people, reviews
from clinic.services.audits import audit, audit_earlier
from clinic.services.desks import Desk
from clinic.services.gate import Denied
from tests.clinic.desk_alone import permit
from tests.clinic.services.local import Local, clinic

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOBODY = PatientId("")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as local:
        yield local


def later(town: Local, by: timedelta) -> None:
    town.clock.advance(by.total_seconds())


def seen_by_eva(town: Local, *patients: PatientId) -> None:
    town.carry(*patients, NOBODY)


def visit(
    desk: Desk, patient: PatientId, status: EncounterStatus, practitioner: str = "", **more: object
) -> None:
    desk.write(
        Encounter(
            id=FactId(desk.new_id()), patient=patient, status=status, arrived_at=desk.clock.now(),
            practitioner=UserId(practitioner), **more,  # type: ignore[arg-type]
        )
    )  # fmt: skip


def old_patient(town: Local, family: str = "Quispe") -> PatientId:
    """Registered by Eva long ago, so that Ben has no tie to her."""
    patient = people.register(
        town.eva, HumanName(family=family, given=("María",)), date(1958, 3, 7), Gender.FEMALE, ""
    )
    town.carry(patient)
    later(town, 60 * DAY)
    return patient


# lists -----------------------------------------------------------------------------------------------------------------


def test_entries_come_newest_first_in_pages_over_all_charts(town: Local) -> None:
    first, second = town.person(), town.person("Sosa")
    for _ in range(3):
        for patient in (first, second):
            later(town, HOUR)
            charts.open_chart(town.ben, patient)
    seen_by_eva(town, first, second)
    whole = access.again(town.eva, Filters(), None)
    assert [e.act.patient for e in whole.entries] == [second, first] * 3 and whole.next is None
    assert whole.entries[0].person == "Sosa, María" and whole.entries[0].act.user == "ben"
    walked, cursor = [], None
    while True:
        page = access.again(town.eva, Filters(), cursor, limit=2)
        walked += page.entries
        cursor = page.next
        if cursor is None:
            break
    assert tuple(walked) == whole.entries


def test_entries_of_one_moment_are_all_given_whatever_the_page(town: Local) -> None:
    audit_earlier(town.eva, "failed unlock", [(town.clock.now(), "Ben", f"{n}") for n in range(7)])
    walked: list[str] = []
    cursor = None
    for _ in range(8):
        page = access.again(town.eva, Filters(), cursor, limit=2)
        walked += [entry.act.entity for entry in page.entries]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(walked) == [f"{n}" for n in range(7)]


def test_every_filter_narrows(town: Local) -> None:
    rosa, juan = town.person("Quispe"), town.person("Íñiguez")
    charts.open_chart(town.ben, rosa)
    later(town, DAY)
    audit(town.ben, "print", juan, entity="record")
    audit(town.ben, "attempt", juan, "denied", "export")
    seen_by_eva(town, rosa, juan)
    start = town.clock.now()
    audit(town.eva, "backup", NOBODY)
    later(town, HOUR)

    def count(**narrowed: object) -> int:
        return len(access.again(town.eva, Filters(**narrowed), None).entries)  # type: ignore[arg-type]

    assert count() == 4
    assert count(user=UserId("ben")) == 3 and count(user=UserId("eva")) == 1
    assert count(patient=juan) == 2 and count(action="print") == 1
    assert count(device=town.eva.device) == 1 and count(outcome="denied") == 1
    assert count(since=start) == 3 and count(until=start) == 1
    assert count(text="iniguez") == 2 and count(text="INI rec") == 1 and count(text="nobody") == 0
    for asked in (
        Filters(),
        Filters(text="INI rec"),
        Filters(text="nobody", since=start),
        Filters(patient=juan),
    ):
        whole = access.found(town.eva, asked, written_down=False)
        assert (
            whole.first
            == access.entries(town.eva, whole.numbers)
            == access.again(town.eva, asked, None).entries
        )
        assert whole.held == {juan: 2}.get(asked.patient, 3 if asked.since else 4)
    chosen = access.choices(town.eva)
    assert UserId("ben") in dict(chosen.users) and town.ben.device in dict(chosen.devices)


def test_a_joined_chart_is_one_chart(town: Local) -> None:
    kiosk, known = town.person(), town.person("Quispe Mamani")
    audit(town.ben, "open", kiosk)
    people.confirm_identity(town.ben, kiosk, known)
    seen_by_eva(town, kiosk, known)
    for patient in (kiosk, known):
        (entry,) = access.again(town.eva, Filters(patient=patient), None).entries
        assert entry.act.patient == known and entry.person == "Quispe Mamani, María"


def test_who_looks_into_the_audit_stands_in_it_and_clinicians_do_not_look(town: Local) -> None:
    patient = town.person()
    access.read_audit(town.eva, Filters(patient=patient))
    (entry,) = access.again(town.eva, Filters(action=access.READ), None).entries
    assert (entry.act.user, entry.act.patient) == ("eva", patient)
    for asked in (
        lambda: access.read_audit(town.ben, Filters()), lambda: reviews.reviews(town.ben), lambda: reviews.look(town.ben),
    ):  # fmt: skip
        with pytest.raises(Denied):
            asked()


# reviews ---------------------------------------------------------------------------------------------------------------


def test_a_chart_opened_for_no_reason_is_found_once_and_judged_by_somebody_else(town: Local) -> None:
    patient = old_patient(town)
    charts.open_chart(town.ben, patient)
    seen_by_eva(town, patient)
    assert reviews.look(town.eva) == (), "the day is not over"
    later(town, DAY)
    (made,) = reviews.look(town.eva)
    assert (made.rule, made.concerns, made.about) == ("no-relation/1", "ben", patient)
    assert reviews.look(town.eva) == ()
    (row,) = reviews.reviews(town.eva)
    assert row.person is not None and row.person.patient == patient and row.open and not row.mine
    (entry,) = reviews.evidence(town.eva, made.id)
    assert (entry.act.action, entry.act.user, entry.person) == ("open", "ben", "Quispe, María")
    reviews.assign(town.eva, made.id)
    assert reviews.reviews(town.eva)[0].owner == town.eva.someone.name
    for finding, note in (
        (Finding.NONE, "so"),
        (Finding("other"), "so"),
        (Finding.JUSTIFIED, " "),
        (Finding.MISUSE, "x" * 2001),
    ):
        with pytest.raises(Refusal):
            reviews.close(town.eva, made.id, finding, note)
    reviews.close(town.eva, made.id, Finding.JUSTIFIED, "Asked Ben: the laboratory called.")
    with pytest.raises(Refusal):
        reviews.close(town.eva, made.id, Finding.MISUSE, "again")
    assert reviews.reviews(town.eva) == () and reviews.look(town.eva) == ()
    (done,) = reviews.reviews(town.eva, closed=True)
    assert done.review.finding == Finding.JUSTIFIED and done.closed_by == town.eva.someone.name
    assert access.again(town.eva, Filters(action="review"), None).entries[0].act.entity == made.id


def test_a_visit_an_appointment_or_a_word_of_ones_own_is_a_reason(town: Local) -> None:
    waits, seen, wrote = old_patient(town, "Uno"), old_patient(town, "Dos"), old_patient(town, "Tres")
    visit(town.eva, waits, EncounterStatus.TRIAGED)
    visit(town.eva, seen, EncounterStatus.FINISHED, "ben")
    town.carry(waits, seen)
    later(town, 5 * DAY)
    visit(town.ben, wrote, EncounterStatus.FINISHED, "eva")
    for patient in (waits, seen, wrote):
        charts.open_chart(town.ben, patient)
    seen_by_eva(town, waits, seen, wrote)
    later(town, DAY)
    assert reviews.look(town.eva) == ()


def test_nobody_judges_herself_on_any_computer(town: Local) -> None:
    patient = old_patient(town)
    town.carry(patient)
    later(town, 60 * DAY)
    audit(town.eva, "print", patient)
    later(town, DAY)
    (made,) = reviews.look(town.eva)
    assert reviews.reviews(town.eva)[0].mine
    for act in (
        lambda: reviews.close(town.eva, made.id, Finding.JUSTIFIED, "mine"),
        lambda: reviews.assign(town.eva, made.id),
    ):
        with pytest.raises(Refusal):
            act()
    with pytest.raises(Refusal):
        reviews.assign(town.eva, made.id, UserId("ben"))
    forged = AccessReview(
        id=made.id, rule=made.rule, severity="low", concerns=UserId("eva"), evidence=made.evidence, since=made.since,
        identified_at=made.identified_at, group=made.group, status=ReviewStatus.COMPLETED, finding=Finding.JUSTIFIED,
        closed_by=UserId("eva"),
    )  # fmt: skip
    town.eva.write(forged)
    op = town.eva.book.read(lambda page: page.standing(AccessReview.NUMBER, made.id))[0]
    with pytest.raises(Unreadable):
        check_op(op, town.eva.device, town.ben.trust)


def test_a_watched_chart_and_a_refusal_are_looked_at(town: Local) -> None:
    watched, refused = old_patient(town, "Uno"), old_patient(town, "Dos")
    reviews.watch_chart(town.eva, watched, note="known to many")
    permit(town.eva, refused, "treatment", Decision.DENY)
    seen_by_eva(town, watched, refused)
    later(town, 2 * HOUR)
    for patient in (watched, refused):
        charts.open_chart(town.ben, patient)
    seen_by_eva(town, watched, refused)
    later(town, DAY)
    found = {(one.rule, one.about) for one in reviews.look(town.eva)}
    assert {("watched-chart/1", watched), ("refused-then-read/1", refused)} <= found
    reviews.watch_chart(town.eva, watched, on=False)
    assert not town.eva.book.read(lambda page: acted.charts_on(page, (), town.clock.now()))


def test_failed_tries_to_get_in_concern_a_computer(town: Local) -> None:
    now = town.clock.now()
    audit_earlier(town.eva, "failed unlock", [(now, "Ben", "password")] * 5)
    later(town, HOUR)
    (made,) = reviews.look(town.eva)
    assert made.rule == "failed-unlocks/1" and made.concerns == "" and len(made.evidence) == 5
    assert reviews.reviews(town.eva)[0].device == town.eva.trust.device(town.eva.device).name  # type: ignore[union-attr]


def test_hours_nobody_can_read_accuse_nobody(town: Local) -> None:
    patient = old_patient(town)
    charts.open_chart(town.ben, patient)
    seen_by_eva(town, patient)
    later(town, DAY)
    for said, expected in (("always", None), ("", None), ("Mo-Su 00:00-00:01", 1)):
        town.eva.trust = _with_policy(town.eva, said)
        assert (acted.hours_here(town.eva) is not None) is (expected is not None)
    assert "after-hours/1" in {one.rule for one in reviews.look(town.eva)}


def _with_policy(desk: Desk, said: str) -> object:
    return replace(desk.trust, policies={acted.HOURS: said})


def test_a_line_says_whether_its_chart_is_watched_and_who_has_it(town: Local) -> None:
    patient = old_patient(town)
    charts.open_chart(town.ben, patient)
    seen_by_eva(town, patient)
    later(town, DAY)
    reviews.look(town.eva)
    (line,) = [one for one in reviews.reviews(town.eva) if one.review.about == patient]
    assert line.watched is False and line.owner == ""
    reviews.watch_chart(town.eva, patient)
    reviews.assign(town.eva, line.review.id, town.eva.someone.user)
    (line,) = [one for one in reviews.reviews(town.eva) if one.review.about == patient]
    assert line.watched is True and line.owner == "eva"
    reviews.watch_chart(town.eva, patient, on=False)
    assert reviews.reviews(town.eva)[0].watched is False


# notices ---------------------------------------------------------------------------------------------------------------


def test_the_team_hears_the_same_day_that_somebody_opened_a_chart(town: Local) -> None:
    patient = old_patient(town)
    charts.open_chart(town.ben, patient)
    later(town, HOUR)
    audit(town.ben, "print", patient)
    town.carry(patient)
    town.as_nurse(town.eva)
    assert notices.notices(town.ben) == (), "not to who did it"
    told = _as_clinician(town, notices.notices)
    assert [(n.name, n.action, n.times, n.person.patient) for n in told] == [
        ("ben", "print", 2, patient)
    ] or (told[0].times == 2 and told[0].action == "print")
    _as_clinician(town, lambda desk: notices.dismiss(desk, told[0].key))
    assert _as_clinician(town, notices.notices) == ()
    later(town, HOUR)
    charts.open_chart(town.ben, patient)
    town.carry(patient)
    assert len(_as_clinician(town, notices.notices)) == 1, "she did it again"
    later(town, DAY)
    assert _as_clinician(town, notices.notices) == (), "a notice is of its day"


def test_who_sees_the_patient_today_is_not_told_of(town: Local) -> None:
    patient = old_patient(town)
    visit(town.eva, patient, EncounterStatus.IN_PROGRESS, "ben")
    town.carry(patient)
    charts.open_chart(town.ben, patient)
    town.carry(patient)
    assert _as_clinician(town, notices.notices) == ()


def _as_clinician(town: Local, ask):  # type: ignore[no-untyped-def]
    """Eva's desk, at which she is a clinician too."""
    was = town.eva.trust
    users = {
        key: replace(u, roles=(*u.roles, Role.CLINICIAN)) if u.user == "eva" else u
        for key, u in was.by_user.items()
    }
    town.eva.trust = replace(was, by_user=users)
    try:
        return ask(town.eva)
    finally:
        town.eva.trust = was


def test_a_break_glass_whose_own_review_was_closed_asks_for_no_second_one(town: Local) -> None:
    patient = town.person()
    for request in ("aa", "bb"):
        audit(
            town.ben,
            "break-glass",
            NOBODY,
            entity=f"chart of {patient}, request {request}: nobody else was there",
        )
    closed = Task(
        id=FactId(review_id("aa", "ben")), patient=patient, title="Review", code=REVIEW_CODE, author=UserId("ben"),
        authored_at=town.clock.now(), status=TaskStatus.COMPLETED, note="she was right",
    )  # fmt: skip
    town.eva.write(closed)
    seen_by_eva(town, patient)
    later(town, DAY * 4)
    found = [review for review in reviews.look(town.eva) if review.rule.startswith("unreviewed-glass")]
    entries = town.eva.book.read(lambda page: page.facts(AuditEvent, NOBODY))
    (left,) = (entry for entry in entries if "request bb" in entry.entity)
    assert [review.evidence for review in found] == [(left.id,)]
