# SPDX-License-Identifier: GPL-3.0-or-later
"""What a patient's statements come to, whatever order they arrive in."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import Cited, Consent, ConsentItem, Decision
from clinic.domain.ids import DeviceId, FactId, PatientId
from clinic.keys.consenting import permit_of, standing_decision, standing_of, statement_digest, to_cite

from .conftest import AT

PERMIT, DENY = Decision.PERMIT, Decision.DENY


def said(name: str, decision: Decision, *cited: Consent, scope: str = "recording") -> Consent:
    return Consent(
        id=FactId(name), patient=PatientId("p"), template="t", template_version=1, template_hash=b"", language="es",
        jurisdiction="AR", items=(ConsentItem(scope=scope, decision=decision),), given_at=AT, device=DeviceId("k"),
        cites=tuple(Cited(statement=one.id, digest=statement_digest(one)) for one in cited),
    )  # fmt: skip


def test_a_permit_counts_until_it_is_taken_back() -> None:
    permit = said("one", PERMIT)
    assert standing_decision([permit], "recording") == PERMIT
    assert standing_decision([permit, said("two", DENY, permit)], "recording") == DENY
    assert standing_decision([permit], "sharing") is None


def test_only_a_permit_that_cites_the_denial_lifts_it() -> None:
    denial = said("one", DENY)
    assert standing_decision([denial, said("two", PERMIT)], "recording") == DENY
    assert standing_decision([denial, said("two", PERMIT, denial)], "recording") == PERMIT


def test_the_name_of_a_denial_alone_lifts_nothing() -> None:
    """Names are counted, so one could be written down before its denial is there; a digest could not."""
    denial = said("one", DENY)
    ahead = replace(said("two", PERMIT), previous=denial.id, cites=(Cited(statement=denial.id, digest=b"?"),))
    assert standing_decision([denial, ahead], "recording") == DENY


def test_a_permit_lifts_what_it_knew_through_others() -> None:
    denial = said("one", DENY)
    between = said("two", PERMIT, denial, scope="sharing")
    assert standing_decision([denial, between], "recording") == DENY
    assert standing_decision([denial, between, said("three", PERMIT, between)], "recording") == PERMIT


def test_a_permit_has_a_beginning_and_an_end_and_a_denial_has_none() -> None:
    hour = timedelta(hours=1)
    permit = replace(said("one", PERMIT), valid_from=AT, valid_until=AT + hour)
    for at, decision in ((AT - hour, None), (AT, PERMIT), (AT + hour, None)):
        assert standing_decision([permit], "recording", at) == decision
    denial = replace(said("two", DENY), valid_until=AT)
    assert standing_decision([denial], "recording", AT + hour) == DENY


def test_the_permit_that_counts_is_the_newest_valid_one() -> None:
    old = said("one", PERMIT)
    new = replace(said("two", PERMIT, old), given_at=AT + timedelta(hours=1))
    assert permit_of([new, old], "recording", AT + timedelta(hours=2)) == new
    assert permit_of([new, old, said("no", DENY)], "recording", AT) is None
    assert standing_of([old, said("s", DENY, scope="sharing")], AT) == {"recording": PERMIT, "sharing": DENY}


Plan = list[tuple[Decision, str, set[int]]]
plans: st.SearchStrategy[Plan] = st.lists(
    st.tuples(st.sampled_from(Decision), st.sampled_from(("recording", "sharing")), st.sets(st.integers(0, 7), max_size=3)),
    max_size=8,
)  # fmt: skip


def histories(plan: Plan) -> list[Consent]:
    """Statements that cite some of those before them: branches, as devices make them that have not met."""
    made: list[Consent] = []
    for number, (decision, scope, cited) in enumerate(plan):
        before = [made[n] for n in sorted(cited) if n < len(made)]
        made.append(said(str(number), decision, *before, scope=scope))
    return made


@given(plans, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(plan: Plan, random: Random) -> None:
    made = histories(plan)
    mixed = [*made, *made[:2]]
    random.shuffle(mixed)
    for scope in ("recording", "sharing"):
        assert standing_decision(mixed, scope) == standing_decision(made, scope)


@given(plans, st.integers(0, 8))
def test_a_withdrawal_wins_every_merge_until_a_later_permit_cites_it(plan: Plan, position: int) -> None:
    """Two devices: one takes the withdrawal at any point of the history, the other goes on without knowing of it."""
    made = histories(plan)
    withdrawal = said("no", DENY, *made[:position])
    assert standing_decision([*made, withdrawal], "recording") == DENY
    again = said("yes", PERMIT)
    assert standing_decision([*made, withdrawal, again], "recording") == DENY
    everything = [*made, withdrawal]
    knowing = replace(said("yes", PERMIT), cites=to_cite(everything))
    assert standing_decision([*everything, knowing], "recording") == PERMIT


@given(plans)
def test_a_permit_that_cites_nothing_never_turns_a_no_into_a_yes(plan: Plan) -> None:
    made = histories(plan)
    if standing_decision(made, "recording") == DENY:
        assert standing_decision([*made, said("new", PERMIT)], "recording") == DENY
