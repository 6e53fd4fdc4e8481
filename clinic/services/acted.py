# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rules over the audit look at, read from the book: entries, charts with their ties, the staff, the opening hours."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AccessReview,
    Appointment,
    AuditEvent,
    CareTeam,
    Communication,
    Consent,
    Decision,
    Encounter,
    Flag,
    Patient,
    Practitioner,
    Receipt,
    ReviewStatus,
    Task,
    TaskStatus,
)
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.misuse.hours import Hours, hours_of
from clinic.domain.misuse.rules import BREAKS_GLASS, BY_ID, HISTORY
from clinic.domain.misuse.seen import ANYBODY, Act, Charted, Seen, Somebody, Tie
from clinic.domain.policies import HOURS as HOURS
from clinic.domain.sound import name_words
from clinic.domain.values import DNI, HumanName
from clinic.domain.wording import words_of
from clinic.keys.consenting import standing_decision
from clinic.keys.testimony import REVIEW_CODE, is_glass
from clinic.protocol.op import Op
from clinic.services.desks import Desk
from clinic.store.page import Page
from clinic.store.sheet import to_ms

JUDGED = timedelta(days=7)
"""How far back entries are judged: those that arrive a week late still are."""
AT_ONCE = 1000
DAY = timedelta(days=1)
ALWAYS = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_BEARERS = 50
_TITLES = frozenset("dr dra doctor doctora lic enf prof sr sra ing med".split())


def acts_between(page: Page, since: datetime, until: datetime) -> tuple[Act, ...]:
    """Entries of the audit over all charts, oldest first."""
    return tuple(_backwards(page, to_ms(since), to_ms(until)))[::-1]


def act_of(page: Page, op: Op) -> Act:
    """An entry as rules see it: by the chart it is on now, and by the user who signed in, not by a name."""
    entry = op.fact
    assert isinstance(entry, AuditEvent)
    return Act(
        entry.id, entry.recorded_at, entry.action, op.author, entry.agent, page.linked_to(entry.patient) or entry.patient,
        entry.device, entry.outcome, entry.entity,
    )  # fmt: skip


def seen_on(desk: Desk, page: Page, reviews: Iterable[AccessReview]) -> Seen:
    """All that the rules look at. Reads the charts that somebody opened in the last week, not more."""
    now = desk.clock.now()
    since = now - JUDGED
    acts = acts_between(page, since - HISTORY, now + DAY)
    late = now - timedelta(days=30)
    judged = [act for act in acts if act.at >= since or (act.action in BREAKS_GLASS and act.at >= late)]
    return Seen(
        acts=acts, charts=charts_on(page, judged, now), staff=staff_on(desk, page), now=now, since=since,
        zone=now.astimezone().tzinfo or UTC, hours=hours_here(desk), common=_common(page),
        reviewed=frozenset(e for r in reviews if r.status == ReviewStatus.COMPLETED for e in r.evidence) | _judged(page, acts),
    )  # fmt: skip


def _judged(page: Page, acts: Iterable[Act]) -> frozenset[FactId]:
    """Entries of a break-glass whose own review somebody has closed: both name the request."""
    tasks = page.all_facts(Task)
    closed = [t.id for t in tasks if t.code == REVIEW_CODE and t.status == TaskStatus.COMPLETED]
    words = page.facts(AccessReview, PatientId(""))
    closed += [one.id for one in words if is_glass(one) and one.status == ReviewStatus.COMPLETED]
    requests = [name.split(".")[1] for name in closed]
    glass = [act for act in acts if act.action in BREAKS_GLASS]
    return frozenset(act.entry for act in glass if any(f"request {one}" in act.entity for one in requests))


def hours_here(desk: Desk) -> Hours | None:
    """When the clinic is open; None if nobody said so, or not readably."""
    try:
        return hours_of(desk.trust.policies.get(HOURS, ""))
    except Refusal:
        return None


def charts_on(page: Page, acts: Iterable[Act], now: datetime) -> Mapping[PatientId, Charted]:
    """The charts of these acts, as far as they are here."""
    flagged = {flag.about for flag in page.facts(Flag, PatientId("")) if flag.active}
    of: dict[PatientId, list[Act]] = {}
    for act in acts:
        if act.reads:
            of.setdefault(act.patient, []).append(act)
    made = {patient: _charted(page, patient, some, now, flagged) for patient, some in of.items()}
    return {patient: chart for patient, chart in made.items() if chart is not None}


def _backwards(page: Page, since_ms: int, until_ms: int) -> Iterator[Act]:
    cursor = (until_ms, 0)
    while rows := page.audit_page(since_ms, cursor, AT_ONCE):
        yield from (act_of(page, row.op) for row in rows)
        cursor = rows[-1].cursor


# a chart ---------------------------------------------------------------------------------------------------------------


def _charted(
    page: Page, patient: PatientId, acts: list[Act], now: datetime, flagged: set[PatientId]
) -> Charted | None:
    fact = page.fact(Patient, patient)
    if fact is None:
        return None
    ties = tuple(_ties(page, patient, now))
    around = BY_ID["no-relation"].window
    if not all(any(tie.covers(act.user, act.at, around) for tie in ties) for act in acts):
        ties += tuple(_written(page, patient))  # costs a look at the whole chart
    watched = not flagged.isdisjoint(page.chart_of(patient))
    return Charted(_who(fact.name, fact), ties, tuple(refused(page.facts(Consent, patient))), watched)


def _ties(page: Page, patient: PatientId, now: datetime) -> Iterator[Tie]:
    for visit in page.facts(Encounter, patient):
        yield from _of_visit(visit, now)
    for booked in page.facts(Appointment, patient):
        if booked.status not in ("cancelled", "entered-in-error"):
            slack = timedelta() if booked.practitioner else DAY / 2
            until = booked.start + timedelta(minutes=booked.minutes)
            yield Tie(booked.practitioner, booked.start - slack, until + slack)
    for task in page.facts(Task, patient):
        over = task.done_at or (max(now, task.authored_at) if task.status in Task.OPEN else task.authored_at)
        for user in {task.owner, task.author} - {ANYBODY}:
            yield Tie(user, task.authored_at, over)
    for message in page.facts(Communication, patient):
        if message.sender == "patient":  # who waits for an answer by any of the team
            yield Tie(ANYBODY, message.sent_at, message.sent_at + 3 * DAY)
    for team in page.facts(CareTeam, patient):
        if team.status == "active":
            for member in team.members:
                yield Tie(member.user, *ALWAYS)


def _of_visit(visit: Encounter, now: datetime) -> Iterator[Tie]:
    """While nobody has taken her she is everybody's; then of those who see her."""
    over = visit.finished_at or (
        max(now, visit.arrived_at) if visit.status in Encounter.OPEN else visit.arrived_at + DAY
    )
    taken = visit.started_at or (visit.arrived_at if visit.practitioner else over)
    yield Tie(ANYBODY, visit.arrived_at, taken)
    for user in {visit.practitioner, *(one.user for one in visit.participants)} - {ANYBODY}:
        yield Tie(user, visit.arrived_at, over)


def _written(page: Page, patient: PatientId) -> Iterator[Tie]:
    """What somebody wrote on the chart is a reason to have opened it; that she looked is none."""
    for op in (op for one in page.chart_of(patient) for op in page.ops(one)):
        if op.author and not isinstance(op.fact, (AuditEvent, Receipt)):
            at = datetime.fromtimestamp((op.stamp >> 16) / 1000, UTC)
            yield Tie(op.author, at, at)


def refused(consents: Iterable[Consent]) -> Iterator[tuple[datetime, datetime]]:
    """From when to when a refusal of treatment stood."""
    ordered = sorted(consents, key=lambda one: (one.given_at, one.id))
    since: datetime | None = None
    for n, consent in enumerate(ordered, 1):
        denied = standing_decision(ordered[:n], "treatment") == Decision.DENY
        if denied and since is None:
            since = consent.given_at
        elif not denied and since is not None:
            yield since, consent.given_at
            since = None
    if since is not None:
        yield since, ALWAYS[1]


# people ----------------------------------------------------------------------------------------------------------------


def staff_on(desk: Desk, page: Page) -> dict[UserId, Somebody]:
    """Everybody who works here: the name of the trust log, or of the register of practitioners, which has a number too."""
    known = {user.user: HumanName(family="", given=(user.name,)) for user in desk.trust.users()}
    staff = {user: _called(name.spoken) for user, name in known.items() if name.spoken}
    for one in page.facts(Practitioner, PatientId("")):
        if one.user in staff:
            dni = next((i.value for i in one.identifiers if i.system == DNI), "")
            staff[one.user] = _registered(page, one.name, dni)
    return staff


def _registered(page: Page, name: HumanName, dni: str) -> Somebody:
    own = page.people_with_dni(dni)[:1] if dni else ()
    fact = page.fact(Patient, own[0].patient) if own else None
    return Somebody(_words(name.spoken), _words(name.family), dni, _address(fact.address if fact else ""))


def _called(name: str) -> Somebody:
    """Of a name in one piece, its last word is taken for the family's."""
    words = [word for word in name_words(name) if word not in _TITLES]
    return Somebody(frozenset(words), frozenset(words[-1:]) if len(words) > 1 else frozenset())


def _who(name: HumanName, fact: Patient) -> Somebody:
    dni = next((i.value for i in fact.identifiers if i.system == DNI), "")
    return Somebody(_words(name.spoken), _words(name.family), dni, _address(fact.address))


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in name_words(text) if word not in _TITLES)


def _address(text: str) -> str:
    """In plain words; '' for one too short to tell houses apart."""
    words = " ".join(words_of(text))
    return words if len(words) >= 8 and any(letter.isdigit() for letter in words) else ""


def _common(page: Page) -> frozenset[str]:
    """Family names that more than 1 in 50 people here bear: in a small place, that more than one does."""
    families = page.family_names()
    bearers = Counter(word for family in families for word in _words(family))
    return frozenset(word for word, count in bearers.items() if count > max(1, len(families) // _BEARERS))
