# SPDX-License-Identifier: GPL-3.0-or-later
"""Which findings become an alert, under which id, and what alerts on record come to.

The id is a hash of rule, patient and what was measured: two computers that see the same chart make one alert. While one of a
rule is open there is no other; after it was acknowledged, only something that was not on it makes a new one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from clinic.domain.alerts.rules import BY_ID, Finding, Rule, Seen
from clinic.domain.facts import DetectedIssue, IssueStatus, Observation
from clinic.domain.ids import FactId, PatientId, UserId, short_hash_id
from clinic.domain.values import Coding

NOBODY = UserId("")
SYSTEM = "urn:posta:alert"
MINUTES = {"high": 15, "moderate": 60, "low": 24 * 60}
"""How long an alert of a rule that is not known here may stand."""
CLOCKS = timedelta(minutes=5)
"""How far the clocks of two computers may differ without being wrong."""
_TEXT = 200


def due(
    rules: Iterable[Rule],
    seen: Seen,
    on_record: Sequence[DetectedIssue],
    patient: PatientId,
    owner: UserId = NOBODY,
) -> tuple[DetectedIssue, ...]:
    """The alerts that are not on record yet."""
    made = []
    for rule in rules:
        finding = rule.look(seen)
        if (
            finding is not None
            and finding.evidence
            and seen.at - finding.evidence[-1].effective_at <= rule.recent
        ):
            alert = _alert(rule, finding, patient, owner)
            if _is_new(alert, on_record):
                made.append(alert)
    return tuple(made)


def alert_id(rule: str, patient: PatientId, evidence: Iterable[Observation]) -> FactId:
    """The same for the same rule, patient and measurements, in whatever order they are given."""
    lines = sorted(_measured(one) for one in evidence)
    digest = blake2b(
        "\n".join([rule, patient, *lines]).encode(), digest_size=32, person=b"posta alert"
    ).digest()
    return FactId(f"alert-{short_hash_id(digest)}")


def _measured(one: Observation) -> str:
    """An observation with what it says: a corrected value is something else."""
    values = [one.value, *(part.value for part in one.components)]
    said = "|".join(f"{v.value.normalize():f} {v.unit}" for v in values if v is not None)
    return f"{one.id}|{one.effective_at.isoformat()}|{said}|{one.text}"


def _alert(rule: Rule, finding: Finding, patient: PatientId, owner: UserId) -> DetectedIssue:
    last = finding.evidence[-1]
    return DetectedIssue(
        id=alert_id(rule.id, patient, finding.evidence), patient=patient, severity=rule.severity, text=finding.text[:_TEXT],
        code=Coding(system=SYSTEM, code=rule.id, display=rule.title), identified_at=last.effective_at, rule=rule.stamp,
        evidence=tuple(sorted({one.id for one in finding.evidence})), owner=owner, encounter=last.encounter,
    )  # fmt: skip


def _is_new(alert: DetectedIssue, on_record: Sequence[DetectedIssue]) -> bool:
    of_rule = [one for one in on_record if one.code.code == alert.code.code]
    if any(is_open(one) or one.id == alert.id for one in of_rule):
        return False
    answered = {fact for one in of_rule for fact in one.evidence}
    corrected = any(set(one.evidence) == set(alert.evidence) for one in of_rule)
    return corrected or not set(alert.evidence) <= answered


# what alerts come to --------------------------------------------------------------------------------------------------


def is_open(alert: DetectedIssue) -> bool:
    return alert.status not in (IssueStatus.FINAL, IssueStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Standing:
    """An open alert; `also`: others of its rule and patient, made elsewhere; `escalated`: nobody answered in time."""

    alert: DetectedIssue
    also: tuple[DetectedIssue, ...]
    answer_by: datetime
    escalated: bool

    def concerns(self, user: UserId) -> bool:
        """True if it is this person's: hers, nobody's in particular, or everybody's by now."""
        return self.escalated or self.alert.owner in ("", user)

    def by_now(self, now: datetime) -> "Standing":
        """The same alert some time after it was read: it escalates by the clock alone."""
        return replace(self, escalated=self.escalated or now >= self.answer_by)


def standing(alerts: Iterable[DetectedIssue], at: datetime) -> tuple[Standing, ...]:
    """The open alerts, one for each rule and patient: escalated first, then by severity, then who waits longest."""
    groups: dict[tuple[PatientId, str], list[DetectedIssue]] = {}
    for alert in alerts:
        if is_open(alert):
            groups.setdefault((alert.patient, alert.code.code), []).append(alert)
    rows = [_standing(group, at) for group in groups.values()]
    return tuple(sorted(rows, key=pressing))


def pressing(row: Standing) -> tuple[bool, int, datetime, str]:
    """Sorts the most pressing first."""
    return not row.escalated, _rank(row.alert), row.answer_by, row.alert.id


def _standing(group: list[DetectedIssue], at: datetime) -> Standing:
    newest_first = sorted(group, key=lambda a: (a.identified_at, a.id), reverse=True)
    first = min(alert.identified_at for alert in group)
    by = first + timedelta(minutes=_minutes(newest_first[0]))
    ahead = first > at + CLOCKS  # a clock that is wrong must not keep an alert quiet
    return Standing(newest_first[0], tuple(newest_first[1:]), by, ahead or at >= by)


def _minutes(alert: DetectedIssue) -> int:
    rule = BY_ID.get(alert.code.code)
    return rule.minutes if rule else MINUTES.get(alert.severity, MINUTES["moderate"])


def _rank(alert: DetectedIssue) -> int:
    return {"high": 0, "moderate": 1, "low": 2}.get(alert.severity, 1)
