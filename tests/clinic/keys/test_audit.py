# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import AuditEvent
from clinic.domain.ids import DeviceId, FactId
from clinic.keys.audit import chained, entry_hash, first_break

from .conftest import AT


def chain(length: int) -> list[AuditEvent]:
    entries, before = [], b""
    for number in range(length):
        entry = AuditEvent(
            id=FactId(str(number)), action="open", recorded_at=AT, agent="eva", device=DeviceId("d")
        )
        entries.append(chained(entry, before))
        before = entry_hash(entries[-1])
    return entries


@given(st.integers(0, 8))
def test_a_whole_chain_holds(length: int) -> None:
    entries = chain(length)
    assert first_break(entries) is None
    assert first_break(entries, head=entry_hash(entries[-1]) if entries else b"") is None


@given(st.integers(2, 8), st.data())
def test_a_changed_or_missing_entry_shows(length: int, data: st.DataObject) -> None:
    entries = chain(length)
    number = data.draw(st.integers(0, length - 2))
    changed = [*entries[:number], replace(entries[number], agent="mallory"), *entries[number + 1 :]]
    assert first_break(changed) == number + 1
    assert first_break(entries[:number] + entries[number + 1 :]) == number


def test_a_cut_tail_shows_to_who_has_seen_more() -> None:
    entries = chain(5)
    assert first_break(entries[:3]) is None
    assert first_break(entries[:3], head=entry_hash(entries[4])) == 3
    assert first_break(entries, head=entry_hash(entries[2])) is None


def test_a_chain_goes_on_from_where_it_was_checked() -> None:
    entries = chain(5)
    assert first_break(entries[2:], before=entry_hash(entries[1])) is None
    assert first_break(entries[2:]) == 0
