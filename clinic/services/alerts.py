# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts of a clinic: raised when something was measured here or arrived, owned, acknowledged with a note, escalated.

Escalation is read from the clock, never kept by a timer: a computer that was off knows it at once.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from clinic.domain.alerts.due import Standing, due, is_open, standing
from clinic.domain.alerts.rules import RULES, Rule, Seen
from clinic.domain.errors import PostaError, Refusal
from clinic.domain.facts import ClinicalStatus, Condition, DetectedIssue, Encounter, IssueStatus, Observation
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.keys.rights import Action
from clinic.protocol.envelope import P0_ALERT
from clinic.protocol.trust import DeviceKind
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.people import PersonLine, person_on
from clinic.services.scoring import scores_here, who_on
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

log = logging.getLogger(__name__)
LOOKED_AT = 1000
"""The newest observations of a chart that rules look at: a year of visits, or days of a bed with a monitor."""
NOTE = 2000
"""Longest note of an acknowledgement, in characters."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A line of the list of alerts. `evidence`: what it stands on, as it is now; `gone`: all of that was retracted since;
    `owner`: the name of who has it, '' for nobody yet.
    """

    person: PersonLine
    standing: Standing
    evidence: tuple[Observation, ...]
    gone: bool
    owner: str = ""


def watch(desk: Desk, rules: Sequence[Rule] = RULES) -> Callable[[], None]:
    """Raise alerts whenever observations are written here or arrive; returns a function that stops it."""

    def heard(changes: Changes) -> None:
        if changes.kinds & {"Observation", "Condition", "Link"}:
            for patient in sorted(changes.patients):
                _try(desk, patient, rules)

    return desk.listen(heard)


def raise_alerts(desk: Desk, patient: PatientId, rules: Sequence[Rule] = RULES) -> tuple[DetectedIssue, ...]:
    """Look at a chart with every rule and file what is new. A kiosk raises nothing: it cannot read the chart."""
    if desk.kind == DeviceKind.KIOSK or desk.person is None:
        return ()
    if not desk.book.read(lambda page: _due(desk, page, patient, rules)):
        return ()
    made: tuple[DetectedIssue, ...] = ()

    def again(page: WritePage) -> Sequence[DetectedIssue]:
        nonlocal made
        made = _due(desk, page, patient, rules)  # another thread may have been faster
        return made

    desk.write_within(again, priority=P0_ALERT)
    return made


@needs(Action.OPEN_CHART)
def alerts(desk: Desk, everybody: bool = False) -> tuple[Alert, ...]:
    """The open alerts that are mine to answer (all, if `everybody`), the most pressing first."""
    return desk.book.read(lambda page: _alerts(desk, page, everybody))


@needs(Action.OPEN_CHART)
def alerts_of(desk: Desk, patient: PatientId) -> tuple[DetectedIssue, ...]:
    """Every alert on a chart, answered ones too, newest first."""
    return desk.book.read(lambda page: page.facts(DetectedIssue, patient))[::-1]


@needs(Action.OPEN_CHART)
def open_alerts(desk: Desk, patient: PatientId) -> tuple[Alert, ...]:
    """The open alerts on a chart, whoever has them, the most pressing first."""

    def look(page: Page) -> tuple[Alert, ...]:
        rows = standing(page.facts(DetectedIssue, patient), desk.clock.now())
        return tuple(_line(desk, page, row) for row in rows)

    return desk.book.read(look)


@needs(Action.WRITE_NOTE)
def acknowledge(desk: Desk, alert: FactId, note: str, window: PatientId) -> Written:
    """Say what was done about an alert. Those of the same rule and patient that stand beside it are answered with it.

    Refused without a note, for another patient than the window's, or when somebody answered before.
    """
    if not note.strip():
        raise Refusal("Write what you did or why nothing is needed.")
    if len(note) > NOTE:
        raise Refusal("The note is too long: at most {most} characters.", most=NOTE)
    me = desk.someone.user

    def answered(page: WritePage) -> Sequence[DetectedIssue]:
        found = _found(page, alert)
        if not is_open(found):
            raise Refusal("A colleague has answered this alert already. Read what was done on the chart.")
        beside = [
            a
            for a in page.facts(DetectedIssue, found.patient)
            if is_open(a) and a.code.code == found.code.code
        ]
        done = replace(
            found,
            status=IssueStatus.FINAL,
            acknowledged_by=me,
            acknowledged_at=desk.clock.now(),
            mitigation=note.strip(),
        )
        same = {
            name: getattr(done, name)
            for name in ("status", "acknowledged_by", "acknowledged_at", "mitigation")
        }
        return [
            done,
            *(replace(a, **same) for a in beside if a.id != found.id and a.patient == found.patient),
        ]

    return desk.write_within(answered, window, P0_ALERT)


@needs(Action.WRITE_NOTE)
def take_over(desk: Desk, alert: FactId, window: PatientId) -> Written:
    """Become the owner of an open alert. Refused when it was answered."""
    me = desk.someone.user

    def mine(page: WritePage) -> Sequence[DetectedIssue]:
        found = _found(page, alert)
        if not is_open(found):
            raise Refusal("A colleague has answered this alert already. Read what was done on the chart.")
        return () if found.owner == me else (replace(found, owner=me),)

    return desk.write_within(mine, window)


@needs(Action.WRITE_NOTE)
def reopen(desk: Desk, alert: FactId, window: PatientId) -> Written:
    """Take back one's own answer, and with it those that were answered with it. Refused for anybody else's."""
    me = desk.someone.user

    def opened(page: WritePage) -> Sequence[DetectedIssue]:
        found = _found(page, alert)
        if found.status != IssueStatus.FINAL:
            raise Refusal("This alert has not been answered.")
        if found.acknowledged_by != me:
            raise Refusal("A colleague has answered this alert. Speak with them.")
        together = [found, *(a for a in page.facts(DetectedIssue, found.patient) if _answered_with(a, found))]
        return [
            replace(
                one,
                status=IssueStatus.REGISTERED,
                acknowledged_by=UserId(""),
                acknowledged_at=None,
                mitigation="",
            )
            for one in together
        ]

    return desk.write_within(opened, window, P0_ALERT)


def _answered_with(other: DetectedIssue, found: DetectedIssue) -> bool:
    return other.id != found.id and all(
        getattr(other, name) == getattr(found, name)
        for name in ("patient", "code", "status", "acknowledged_by", "acknowledged_at", "mitigation")
    )


@needs(Action.WRITE_NOTE)
def hand_back(desk: Desk, alert: FactId, to: UserId, window: PatientId) -> Written:
    """Give an open alert of one's own to somebody, '' for nobody in particular. Refused when it is not one's own."""
    me = desk.someone.user

    def theirs(page: WritePage) -> Sequence[DetectedIssue]:
        found = _found(page, alert)
        if not is_open(found) or found.owner != me:
            raise Refusal("This alert is not yours any more. Look at the chart.")
        return () if to == me else (replace(found, owner=to),)

    return desk.write_within(theirs, window)


def _try(desk: Desk, patient: PatientId, rules: Sequence[Rule]) -> None:
    """What was measured is on record: a rule that fails must not look as if that had failed."""
    try:
        raise_alerts(desk, patient, rules)
    except PostaError as error:
        log.warning("alerts were not looked for: %s", error.sentence)
    except Exception as error:  # noqa: BLE001  # what it looked at must not be in the log
        log.error("a bug in a rule of alerts: %s", type(error).__name__)


def _due(desk: Desk, page: Page, patient: PatientId, rules: Iterable[Rule]) -> tuple[DetectedIssue, ...]:
    whole = page.linked_to(patient) or patient
    observations = page.newest_facts(Observation, whole, LOOKED_AT)[::-1]
    at = max([desk.clock.now(), *(o.effective_at for o in observations[-1:])])
    seen = Seen(
        who_on(page, whole, at, observations),
        observations,
        frozenset(_problems(page.facts(Condition, whole))),
        scores_here(page),
        at,
    )
    newest = max(observations, key=lambda o: (o.effective_at, o.id), default=None)
    return due(rules, seen, page.facts(DetectedIssue, whole), patient, _owner(page, newest))


def _problems(conditions: Iterable[Condition]) -> Iterable[str]:
    return (c.code.code for c in conditions if c.status == ClinicalStatus.ACTIVE)


def _owner(page: Page, newest: Observation | None) -> UserId:
    """Who sees the patient in the visit the newest reading belongs to; '' for nobody yet."""
    visit = page.fact(Encounter, newest.encounter) if newest is not None and newest.encounter else None
    return visit.practitioner if visit is not None else UserId("")


def _found(page: Page, alert: FactId) -> DetectedIssue:
    found = page.fact(DetectedIssue, alert)
    if found is None:
        raise Refusal("This alert is not on this computer. Wait for the next exchange.")
    return found


def _alerts(desk: Desk, page: Page, everybody: bool) -> tuple[Alert, ...]:
    rows = standing(page.open_facts(DetectedIssue), desk.clock.now())
    me = desk.someone.user
    mine = (row for row in rows if everybody or row.concerns(me))
    return tuple(_line(desk, page, row) for row in mine if page.person(row.alert.patient) is not None)


def _line(desk: Desk, page: Page, row: Standing) -> Alert:
    who = person_on(page, page.linked_to(row.alert.patient) or row.alert.patient)
    found = (page.fact(Observation, one) for one in row.alert.evidence)
    evidence = tuple(one for one in found if one is not None)
    gone = bool(evidence) and all(one.retracted for one in evidence)
    owner = row.alert.owner
    return Alert(who, row, evidence, gone, desk.trust.name_of(owner) if owner else "")
