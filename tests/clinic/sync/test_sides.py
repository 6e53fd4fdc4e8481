# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions side by side: what differs, what one side alone changed, and that a combination invents nothing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import Patient
from clinic.domain.ids import FactId, OpId, PatientId
from clinic.domain.values import HumanName
from clinic.protocol.op import Op
from clinic.sync.sides import before, changed_by_one, combined, differing, written_first

NAMES = ("address", "language", "photo")
WORDS = st.sampled_from(("", "a", "b", "c"))
FIRST = Patient(id=FactId("p"), patient=PatientId("p"), name=HumanName(family="Quispe"))
patients = st.builds(
    lambda address, language, photo: replace(FIRST, address=address, language=language, photo=photo.encode()),
    WORDS, WORDS, WORDS,
)  # fmt: skip


@given(st.lists(patients, min_size=2, max_size=4))
def test_only_what_differs_is_asked(facts: list[Patient]) -> None:
    names = differing(facts)
    for name in NAMES:
        assert (name in names) == (len({getattr(one, name) for one in facts}) > 1)
    assert set(names) <= set(NAMES)


@given(st.lists(patients, min_size=2, max_size=3), st.data())
def test_every_field_of_a_combination_comes_from_the_side_picked(
    facts: list[Patient], data: st.DataObject
) -> None:
    sides = {OpId(f"d.{n}"): fact for n, fact in enumerate(facts)}
    picks = {name: data.draw(st.sampled_from(sorted(sides))) for name in differing(facts)}
    if picks:
        made = combined(sides, picks)
        assert all(getattr(made, name) == getattr(sides[op], name) for name, op in picks.items())
        assert differing([made, *facts]) == differing(facts)
    for op, fact in sides.items():
        assert combined(sides, {"": op}) is fact


@given(patients, st.lists(patients, min_size=2, max_size=3))
def test_what_one_alone_changed_is_suggested_and_what_two_changed_is_not(
    base: Patient, facts: list[Patient]
) -> None:
    sides = {OpId(f"d.{n}"): fact for n, fact in enumerate(facts)}
    suggested = changed_by_one(base, sides, differing(facts))
    for name in differing(facts):
        values = {getattr(one, name) for one in facts} - {getattr(base, name)}
        assert (name in suggested) == (len(values) == 1)
        if name in suggested:
            assert {getattr(sides[suggested[name]], name)} == values
    assert not changed_by_one(None, sides, NAMES)


def op(name: str, fact: Patient, *replaces: str, stamp: int = 5) -> Op:
    return Op(id=OpId(name), stamp=stamp, fact=fact, replaces=tuple(OpId(one) for one in replaces))


def test_what_stood_before_is_the_newest_that_all_have_seen() -> None:
    one, two, three = (replace(FIRST, address=text) for text in "123")
    ops = {one.id: one for one in (
        op("a.1", FIRST), op("a.2", one, "a.1"), op("b.1", two, "a.2"), op("c.1", three, "a.1"),
    )}  # fmt: skip
    assert before([ops[OpId("b.1")], ops[OpId("c.1")]], ops) == ops[OpId("a.1")]
    assert before([ops[OpId("b.1")], op("z.1", FIRST)], ops) is None


def test_a_version_brought_back_is_its_first_writers_whatever_the_clocks_say() -> None:
    theirs, ours = replace(FIRST, address="1"), replace(FIRST, address="2")
    ops = {one.id: one for one in (
        op("a.1", theirs, stamp=900), op("b.1", ours, stamp=20), op("b.2", theirs, "a.1", "b.1", stamp=21),
        op("b.3", theirs, "b.2", stamp=22), op("b.4", ours, "b.2", stamp=23),
    )}  # fmt: skip
    assert written_first(ops[OpId("b.3")], ops).id == "a.1"
    assert written_first(ops[OpId("b.4")], ops).id == "b.1"
