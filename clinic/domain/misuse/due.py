# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cases become a review, under which id, what an open one grows to; who may close one.

Nothing is found twice: the id is a hash of rule, person, chart and day. More of the same joins the review while it is open;
after it was closed, only what was not on it makes a new one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b

from clinic.domain.errors import Refusal
from clinic.domain.facts.reviews import AccessReview, ReviewStatus
from clinic.domain.ids import FactId, UserId, short_hash_id
from clinic.domain.misuse.rules import Case, Rule
from clinic.domain.misuse.seen import Act, Seen

EVIDENCE = 200
"""Entries kept on a review, the first ones: more do not say more."""


def due(rules: Iterable[Rule], seen: Seen, on_record: Iterable[AccessReview]) -> tuple[AccessReview, ...]:
    """Reviews that are new, and open ones that have grown, in the order of the rules."""
    groups: dict[FactId, list[AccessReview]] = {}
    for review in on_record:
        groups.setdefault(review.group, []).append(review)
    made = (
        _made(rule, case, groups.get(group_id(rule, case), ()), seen)
        for rule in rules
        for case in rule.look(rule, seen)
    )
    return tuple(one for one in made if one is not None)


def group_id(rule: Rule, case: Case) -> FactId:
    """The same on every computer for the same rule, person, chart, device and day."""
    return _hashed(rule.id, case.user, case.patient, case.device, case.key)


def closable(review: AccessReview, by: UserId) -> None:
    """Raises Refusal unless that person may judge it: not one's own acts, not twice."""
    if review.status == ReviewStatus.COMPLETED:
        raise Refusal("A colleague has closed this review already. Read what was found.")
    if not by or by == review.concerns:
        raise Refusal("This is about what you did yourself. Somebody else has to review it.")


def _made(rule: Rule, case: Case, before: Sequence[AccessReview], seen: Seen) -> AccessReview | None:
    closed = [one for one in before if one.status == ReviewStatus.COMPLETED]
    judged = {entry for one in closed for entry in one.evidence}
    acts = tuple(act for act in case.acts if act.entry not in judged)[:EVIDENCE]
    if not acts or (closed and rule.counted and len(acts) < rule.threshold):
        return None
    open_ = next((one for one in before if one.status != ReviewStatus.COMPLETED), None)
    if open_ is None:
        return _review(rule, case, acts, again=bool(closed))
    return _grown(open_, acts)


def _review(rule: Rule, case: Case, acts: tuple[Act, ...], again: bool) -> AccessReview:
    group = group_id(rule, case)
    name = _hashed(group, *(act.entry for act in acts)) if again else group
    return AccessReview(
        id=name, rule=rule.stamp, severity=rule.severity, concerns=case.user, about=case.patient, device=case.device,
        concerns_name=acts[-1].name if case.user else "", evidence=tuple(act.entry for act in acts), since=acts[0].at,
        identified_at=acts[-1].at, group=group,
    )  # fmt: skip


def _grown(review: AccessReview, acts: tuple[Act, ...]) -> AccessReview | None:
    """The open review with what came since; None if nothing did."""
    more = tuple(act.entry for act in acts if act.entry not in review.evidence)
    if not more or len(review.evidence) >= EVIDENCE:
        return None
    since, until = min(review.since, acts[0].at), max(review.identified_at, acts[-1].at)
    return replace(review, evidence=(*review.evidence, *more)[:EVIDENCE], since=since, identified_at=until)


def _hashed(*parts: str) -> FactId:
    digest = blake2b("\n".join(parts).encode(), digest_size=32, person=b"posta review").digest()
    return FactId(f"review-{short_hash_id(digest)}")
