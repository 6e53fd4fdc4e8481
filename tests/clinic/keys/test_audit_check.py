# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever changes an audit is found out, and the first bad entry is named."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from clinic.domain.facts import AuditEvent, AuditHead
from clinic.domain.ids import FactId
from clinic.keys.audit import chained, entry_hash
from clinic.keys.audit_check import Bad, check_audit
from clinic.keys.audit_heads import AuditTree, grown, headed
from tests.small_clinic import AT, Clinic, small_clinic

COUNT, EVERY = 60, 7
POSITIONS = range(1, 59, 3)
Entries = list[AuditEvent]


@cache
def small() -> Clinic:
    return small_clinic()


def entry(number: int, agent: str = "eva") -> AuditEvent:
    at = AT + timedelta(minutes=number)
    return AuditEvent(
        id=FactId(f"e{number}"), action="open", recorded_at=at, agent=agent, device=small().eva.device
    )


def written(facts: Entries, last: bytes = b"") -> tuple[Entries, list[AuditHead]]:
    """The entries in their places, a head after each seven and at the end."""
    tree, entries, heads = AuditTree(incarnation=1, last=last), [], []
    for number, fact in enumerate(facts, 1):
        tree, placed = grown(tree, replace(fact, sequence=0, previous=b""), fact.recorded_at)
        entries.append(placed)
        if number % EVERY == 0 or number == len(facts):
            tree, head = headed(tree, FactId(f"h{number}"), small().eva.device, small().eva.device_keys, AT)
            heads.append(head)
    return entries, heads


@cache
def whole() -> tuple[Entries, list[AuditHead]]:
    return written([entry(number) for number in range(COUNT)])


def bad(entries: Entries, heads: list[AuditHead]) -> Bad | None:
    (checked,) = check_audit(entries, heads, small().log)
    return checked.bad


def test_a_whole_audit_holds() -> None:
    (checked,) = check_audit(*whole(), small().log)
    assert (checked.entries, checked.covered, checked.bad) == (COUNT, COUNT, None)


def test_there_are_twenty_positions() -> None:
    assert len(POSITIONS) == 20 and POSITIONS[-1] < COUNT


@pytest.mark.parametrize("at", POSITIONS)
def test_tampering_is_found_where_it_was_done(at: int) -> None:
    entries, heads = whole()
    mine = list(entries)
    later = replace(entries[at], recorded_at=entries[at].recorded_at - timedelta(days=3))
    tampered = {
        "edit": [*mine[:at], replace(mine[at], agent="mallory"), *mine[at + 1 :]],
        "delete": mine[:at] + mine[at + 1 :],
        "insert": [
            *mine[:at],
            replace(entry(99), incarnation=1, sequence=at + 1, previous=mine[at].previous),
            *mine[at:],
        ],
        "swap": [*mine[:at], mine[at + 1], mine[at], *mine[at + 2 :]],
        "back-date": [*mine[:at], later, *mine[at + 1 :]],
    }
    for how, forged in tampered.items():
        found = bad(forged, heads)
        assert found is not None and found.index == at + 1, how
        assert found.device == small().eva.device and found.at == forged[at].recorded_at, how
    replayed = bad([*mine[: at + 1], mine[at], *mine[at + 1 :]], heads)
    assert replayed is not None and replayed.index == at + 2


@pytest.mark.parametrize("at", POSITIONS)
def test_a_cut_tail_shows_by_the_head_a_colleague_kept(at: int) -> None:
    entries, heads = whole()
    cut, own = written(entries[:at])
    assert bad(cut, own) is None
    found = bad(cut, [*own, *heads])
    assert found is not None and found.index == at + 1 and "cut off" in found.why


@pytest.mark.parametrize("at", POSITIONS)
def test_a_past_written_and_signed_anew_shows_by_the_head_a_colleague_kept(at: int) -> None:
    entries, heads = whole()
    anew, own = written([*entries[:at], replace(entries[at], agent="mallory"), *entries[at + 1 :]])
    assert bad(anew, own) is None
    for kept in (heads, [*own, *heads]):
        found = bad(anew, kept)
        assert found is not None and found.index == at + 1


@pytest.mark.parametrize("at", POSITIONS)
def test_what_no_head_tells_yet_is_held_by_its_chain(at: int) -> None:
    entries, _ = whole()
    found = bad([*entries[:at], replace(entries[at], agent="mallory"), *entries[at + 1 :]], [])
    assert found is not None and found.index == at + 1


def test_a_head_that_somebody_else_signed_shows() -> None:
    entries, heads = whole()
    forged = replace(heads[3], device_signature=small().ben.sign(b"anything"))
    found = bad(entries, [*heads[:3], forged, *heads[4:]])
    assert found is not None and "not signed" in found.why


@pytest.mark.parametrize("at", [0, 3, 8])
def test_entries_from_before_there_were_trees_still_count(at: int) -> None:
    old: Entries = []
    before = b""
    for number in range(10):
        old.append(chained(entry(200 + number), before))
        before = entry_hash(old[-1])
    entries, heads = written([entry(number) for number in range(9)], last=before)
    assert bad(old + entries, heads) is None
    assert bad([*old[:at], replace(old[at], agent="mallory"), *old[at + 1 :], *entries], heads) is not None
    found = bad(old[:-1] + entries, heads)
    assert found is not None and found.incarnation == 0
