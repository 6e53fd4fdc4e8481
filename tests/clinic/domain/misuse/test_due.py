# SPDX-License-Identifier: GPL-3.0-or-later
"""When a case becomes a review: the same everywhere, nothing twice, and closed by somebody else."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.facts import AccessReview, Finding, ReviewStatus
from clinic.domain.misuse.due import EVIDENCE, closable, due
from clinic.domain.misuse.rules import BY_ID
from clinic.domain.misuse.seen import Act
from tests.clinic.domain.misuse.acted import BEN, DAY, HER, HOUR, MINUTE, NOON, ZOE, act, seen

RULES = [BY_ID["no-relation"]]


def raised(*acts: Act, on_record: tuple[AccessReview, ...] = ()) -> tuple[AccessReview, ...]:
    return due(RULES, seen(*acts), on_record)


def closed(review: AccessReview) -> AccessReview:
    return replace(review, status=ReviewStatus.COMPLETED, finding=Finding.JUSTIFIED, closed_by=ZOE)


def test_a_review_names_rule_person_chart_and_evidence() -> None:
    first, second = act(), act(NOON + HOUR)
    (review,) = raised(first, second)
    assert review.rule == "no-relation/1" and (review.concerns, review.about) == (BEN, HER)
    assert review.evidence == (first.entry, second.entry) and review.concerns_name == "Ben"
    assert (review.since, review.identified_at) == (first.at, second.at) and review.patient == ""


@given(st.randoms(use_true_random=False))
def test_two_computers_make_the_same_review(chance: Random) -> None:
    acts = [act(NOON + n * MINUTE, user=user) for n in range(5) for user in (BEN, ZOE)]
    mixed = list(acts)
    chance.shuffle(mixed)
    mixed.sort(key=lambda one: one.at)
    assert sorted(raised(*acts), key=lambda r: r.id) == sorted(raised(*mixed), key=lambda r: r.id)


def test_another_day_person_or_chart_is_another_review() -> None:
    reviews = raised(act(NOON - DAY), act(), act(user=ZOE))
    assert len({review.id for review in reviews}) == 3


def test_nothing_is_found_twice_and_an_open_review_grows() -> None:
    first, second = act(), act(NOON + HOUR)
    (review,) = raised(first)
    assert raised(first, on_record=(review,)) == ()
    (grown,) = raised(first, second, on_record=(review,))
    assert grown.id == review.id and grown.evidence == (first.entry, second.entry)
    assert raised(second, on_record=(grown,)) == (), "a computer that holds less takes nothing away"


def test_after_it_was_closed_only_what_is_new_makes_another() -> None:
    first, second = act(), act(NOON + HOUR)
    done = closed(raised(first)[0])
    assert raised(first, on_record=(done,)) == ()
    (again,) = raised(first, second, on_record=(done,))
    assert again.id != done.id and again.group == done.group and again.evidence == (second.entry,)
    assert raised(first, second, on_record=(done, again)) == ()


def test_a_count_that_was_judged_takes_as_many_again() -> None:
    rule = [BY_ID["many-denied"]]
    acts = [act(NOON + n * MINUTE, action="attempt", outcome="denied") for n in range(10)]
    done = closed(due(rule, seen(*acts[:5]), ())[0])
    assert due(rule, seen(*acts[:9]), (done,)) == ()
    assert len(due(rule, seen(*acts), (done,))) == 1


def test_evidence_is_bounded() -> None:
    acts = [act(NOON + n * MINUTE / 10) for n in range(EVIDENCE + 50)]
    (review,) = raised(*acts)
    assert len(review.evidence) == EVIDENCE and raised(*acts, on_record=(review,)) == ()


def test_nobody_closes_what_is_about_herself_or_twice() -> None:
    (review,) = raised(act())
    closable(review, ZOE)
    for bad, by in ((review, BEN), (review, ""), (closed(review), ZOE)):
        with pytest.raises(Refusal):
            closable(bad, by)  # type: ignore[arg-type]
