# SPDX-License-Identifier: GPL-3.0-or-later
"""Reviews of the audit: what the rules found in the entries this computer holds, who looks into it, what came of it.

Finding is no verdict: a person judges, somebody else than the one concerned, and nothing follows by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AccessReview,
    AuditEvent,
    EmergencySummary,
    Finding,
    Flag,
    Gender,
    ReviewStatus,
)
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.misuse.due import closable, due
from clinic.domain.misuse.lists import Entry
from clinic.domain.misuse.rules import BY_ID, RULES, Rule
from clinic.domain.misuse.seen import Act
from clinic.keys.rights import Action, user_may
from clinic.keys.testimony import is_glass
from clinic.services.access import entry_on
from clinic.services.acted import act_of, seen_on
from clinic.services.audits import audit
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.glass_word import team_of
from clinic.services.people import PersonLine, line
from clinic.store.page import Page
from clinic.store.writing import WritePage

NOTE = 2000
"""Longest note of a finding, in characters."""
_RANK = {"high": 0, "moderate": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Review:
    """A line of the list. `rule`: the rule's own words where it is known here; `person`: whose chart, None for several;
    `owner`, `closed_by`: names; `mine`: it is about whoever looks at it, who cannot judge it;
    `watched`: whether every opening of that chart is looked at, None where it is not on this computer.
    """

    review: AccessReview
    rule: Rule | None
    person: PersonLine | None
    owner: str
    closed_by: str
    device: str
    mine: bool
    watched: bool | None = None

    @property
    def open(self) -> bool:
        return self.review.status != ReviewStatus.COMPLETED


@needs(Action.REVIEW)
def look(desk: Desk, rules: Sequence[Rule] = RULES) -> tuple[AccessReview, ...]:
    """Go through the entries of the last week with every rule and file what is new, or has grown."""
    seen = desk.book.read(lambda page: seen_on(desk, page, _on_record(page)))
    if not desk.book.read(lambda page: due(rules, seen, _on_record(page))):
        return ()
    made: tuple[AccessReview, ...] = ()

    def again(page: WritePage) -> Sequence[AccessReview]:
        nonlocal made
        made = due(rules, seen, _on_record(page))  # somebody else may have been faster
        return made

    desk.write_within(again)
    return made


@needs(Action.READ_AUDIT)
def reviews(desk: Desk, closed: bool = False) -> tuple[Review, ...]:
    """Those that wait, the gravest first, then the newest; or, if `closed`, those that were judged, the newest first."""

    def read(page: Page) -> tuple[Review, ...]:
        wanted = [one for one in _on_record(page) if (one.status == ReviewStatus.COMPLETED) is closed]
        wanted.sort(key=lambda one: (one.identified_at, one.id), reverse=True)
        if not closed:
            wanted.sort(key=lambda one: _RANK.get(one.severity, 1))
        return tuple(_line(desk, page, one) for one in wanted)

    return desk.book.read(read)


@needs(Action.REVIEW)
def broken_glass(desk: Desk) -> tuple[Review, ...]:
    """What the organisation was told of break-glass and nobody has judged yet, the newest first."""

    def read(page: Page) -> tuple[Review, ...]:
        wanted = [one for one in _on_record(page) if is_glass(one) and one.status in AccessReview.OPEN]
        wanted.sort(key=lambda one: (one.identified_at, one.id), reverse=True)
        return tuple(_line(desk, page, one) for one in wanted)

    return desk.book.read(read)


@needs(Action.READ_AUDIT)
def evidence(desk: Desk, review: FactId) -> tuple[Entry, ...]:
    """The entries a review stands on, oldest first; those this computer does not hold are left out."""

    def read(page: Page) -> tuple[Entry, ...]:
        found = (_act(page, entry) for entry in _found(page, review).evidence)
        return tuple(entry_on(desk, page, act) for act in found if act is not None)

    return desk.book.read(read)


@needs(Action.READ_AUDIT)
def reviewers(desk: Desk) -> tuple[tuple[UserId, str], ...]:
    """Who may judge reviews here: (id, name), by name."""
    known = {
        one.user: one.name for one in desk.trust.users() if user_may(desk.trust, one.user, Action.REVIEW)
    }
    return tuple(sorted(known.items(), key=lambda one: (one[1], one[0])))


@needs(Action.REVIEW)
def assign(desk: Desk, review: FactId, to: UserId = UserId("")) -> Written:
    """Give an open review to somebody who may judge it; to whoever is here, if nobody is named."""
    whom = to or desk.someone.user

    def given(page: WritePage) -> Sequence[AccessReview]:
        found = _found(page, review)
        closable(found, whom)
        if not user_may(desk.trust, whom, Action.REVIEW):
            raise Refusal(
                "That person may not judge reviews. Choose a compliance officer or an administrator."
            )
        taken = replace(found, status=ReviewStatus.ACCEPTED, owner=whom)
        return () if taken == found else (taken,)

    return desk.write_within(given, team=team_of(desk, review))


@needs(Action.REVIEW)
def close(desk: Desk, review: FactId, finding: Finding, note: str) -> Written:
    """Say what was found. Refused without a finding and a note, for one's own acts, and when it was closed before."""
    if finding not in set(Finding) - {Finding.NONE}:
        raise Refusal("Say what you found: justified, a mistake, misuse, or that it stays unclear.")
    if not note.strip():
        raise Refusal("Write how you know: whom you asked, what you looked at.")
    if len(note) > NOTE:
        raise Refusal("The note is too long: at most {most} characters.", most=NOTE)
    me = desk.someone.user

    def judged(page: WritePage) -> Sequence[AccessReview]:
        found = _found(page, review)
        closable(found, me)
        done = replace(
            found, status=ReviewStatus.COMPLETED, owner=found.owner or me, finding=finding, note=note.strip(), closed_by=me,
            closed_at=desk.clock.now(),
        )  # fmt: skip
        return (done,)

    written = desk.write_within(judged, team=team_of(desk, review))
    audit(desk, "review", PatientId(""), entity=review)
    return written


@needs(Action.REVIEW)
def watch_chart(desk: Desk, patient: PatientId, on: bool = True, note: str = "") -> Written:
    """Say that every opening of a chart is looked at, or no longer. Refused for somebody this computer does not hold."""

    def flagged(page: WritePage) -> Sequence[Flag]:
        whole = page.linked_to(patient) or patient
        if page.person(whole) is None:
            raise Refusal(
                "This person is not on this computer. Wait for the next exchange, or search by DNI."
            )
        if on is any(one.active and one.about == whole for one in page.facts(Flag, PatientId(""))):
            return ()
        flag = Flag(
            id=FactId(f"flag-{whole}"), about=whole, active=on, note=note.strip(), by=desk.someone.user,
            recorded_at=desk.clock.now(),
        )  # fmt: skip
        return (flag,)

    written = desk.write_within(flagged)
    audit(desk, "watch chart", PatientId(""), entity=f"{'on' if on else 'off'}: {patient}")
    return written


def _on_record(page: Page) -> tuple[AccessReview, ...]:
    return page.facts(AccessReview, PatientId(""))


def _found(page: Page, review: FactId) -> AccessReview:
    found = page.fact(AccessReview, review)
    if found is None:
        raise Refusal("This review is not on this computer. Wait for the next exchange.")
    return found


def _act(page: Page, entry: FactId) -> Act | None:
    ops = page.standing(AuditEvent.NUMBER, entry)
    return act_of(page, ops[0]) if ops else None


def _line(desk: Desk, page: Page, one: AccessReview) -> Review:
    device = desk.trust.device(one.device)
    return Review(
        one, BY_ID.get(one.rule.partition("/")[0]), _whose(page, one), desk.trust.name_of(one.owner),
        desk.trust.name_of(one.closed_by), device.name if device is not None else "",
        desk.person is not None and one.concerns == desk.person.user, _watched(page, one.about),
    )  # fmt: skip


def _watched(page: Page, about: PatientId) -> bool | None:
    whole = page.linked_to(about) or about
    if not about or page.person(whole) is None:
        return None
    flag = page.fact(Flag, FactId(f"flag-{whole}"))
    return flag is not None and flag.active


def _whose(page: Page, one: AccessReview) -> PersonLine | None:
    """Whose chart it is about; of another team's patient what everybody's summary says of her name."""
    row = page.person(page.linked_to(one.about) or one.about) if one.about else None
    if row is not None:
        return line(page, row)
    known = page.fact(EmergencySummary, FactId(f"emergency.{one.about}")) if is_glass(one) else None
    if known is None:
        return None
    return PersonLine(
        one.about, known.name, known.birth_date, Gender.UNKNOWN_, known.dni, b"", False, None
    )  # fmt: skip
