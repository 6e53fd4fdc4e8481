# SPDX-License-Identifier: GPL-3.0-or-later
"""However ops arrive, one by one or many at once, in any order, the chart is what settling all of them gives."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.facts import Communication, Condition, NoteSection, Section
from clinic.domain.ids import EncounterId, FactId, OpId, PatientId, TeamId, patient_scope, team_scope
from clinic.domain.values import Coding
from clinic.protocol.op import Op
from clinic.store.book import Book
from clinic.store.facts import QUARANTINED, SHOWN
from clinic.store.mending import bodies_in_order
from clinic.store.rows import Changes
from clinic.sync.merge import settle

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHO = PatientId("p")
SCOPE = patient_scope(WHO)


def section(number: int, text: str, replaces: Sequence[int] = (), fact: int = 0) -> Op:
    note = NoteSection(
        id=FactId(f"n{fact}"), patient=WHO, encounter=EncounterId("e"), section=Section.PLAN, text=text,
        written_at=AT + timedelta(minutes=number),
    )  # fmt: skip
    return Op(
        id=OpId(f"op{number}"), stamp=number, fact=note, replaces=tuple(OpId(f"op{r}") for r in replaces)
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Op], list[Op], list[int]]:
    """Ops of three facts, each replacing some earlier or unknown ones; the same in another order; where to cut it."""
    count = draw(st.integers(1, 14))
    ops = [
        section(
            n,
            draw(st.sampled_from("abc")),
            draw(st.sets(st.integers(0, count), max_size=3)),
            draw(st.integers(0, 2)),
        )
        for n in range(count)
    ]
    return ops, draw(st.permutations(ops)), draw(st.lists(st.integers(0, count), max_size=4))


@settings(max_examples=60, deadline=None)
@given(histories())
def test_any_order_and_any_batches_settle_alike(history: tuple[list[Op], list[Op], list[int]]) -> None:
    ops, shuffled, cuts = history
    with TemporaryDirectory() as folder:
        book = Book.open(Path(folder) / "book.db", os.urandom(32))
        marks = [0, *sorted(cuts), len(shuffled)]
        for start, stop in pairwise(marks):
            part = shuffled[start:stop]
            book.keep(lambda page, part=part: page.file_ops(((op, b"") for op in part), SCOPE) and None)
        for fact in {op.fact.id for op in ops}:
            mine = [op for op in ops if op.fact.id == fact]
            merged = settle(mine)
            states = dict(
                book.read(
                    lambda page, fact=fact: page._all("SELECT id, state FROM op WHERE fact = :f", f=fact)
                )
            )
            assert {name for name, state in states.items() if state in (1, 2)} == {
                op.id for op in merged.current
            }
            assert {name for name, state in states.items() if state == QUARANTINED} == {
                op.id for op in merged.quarantined
            }
            shown = [name for name, state in states.items() if state == SHOWN]
            assert shown == ([merged.shown.id] if merged.shown else [])
        book.close()


def test_a_note_saved_a_thousand_times_costs_no_more_than_saved_once(tmp_path: Path) -> None:
    """Counted in rows that are read, not in seconds."""
    book = Book.open(tmp_path / "book.db", os.urandom(32))
    for number in range(1, 400):
        op = section(number, "x" * number, [number - 1] if number > 1 else [])
        book.keep(lambda page, op=op: page.file_op(op, SCOPE) and None)

    looked: list[int] = []

    def watched(page: object) -> None:
        read = page._all  # type: ignore[attr-defined]

        def counting(sql: str, **values: object) -> object:
            rows = read(sql, **values)
            looked.append(len(rows))
            return rows

        page._all = counting  # type: ignore[attr-defined]
        page.file_op(section(400, "last", [399]), SCOPE)  # type: ignore[attr-defined]

    book.keep(watched)
    assert sum(looked) < 10
    assert book.read(lambda page: page.facts(NoteSection, WHO))[0].text == "last"
    assert len(book.read(lambda page: page.versions(NoteSection.NUMBER, "n0"))) == 400
    book.close()


def test_an_older_version_that_comes_late_is_not_shown(tmp_path: Path) -> None:
    book = Book.open(tmp_path / "book.db", os.urandom(32))
    for op in (section(1, "first"), section(3, "third", [2]), section(2, "second", [1])):
        book.keep(lambda page, op=op: page.file_op(op, SCOPE) and None)
    assert [note.text for note in book.read(lambda page: page.facts(NoteSection, WHO))] == ["third"]
    book.close()


def test_what_is_listed_over_all_patients_is_in_the_order_of_time(tmp_path: Path) -> None:
    book = Book.open(tmp_path / "book.db", os.urandom(32))
    for number in (3, 1, 2):
        who = PatientId(f"p{number}")
        said = Communication(
            id=FactId(f"m{number}"), patient=who, sent_at=AT + timedelta(hours=number), sender="u", text="x"
        )
        op = Op(id=OpId(f"op{number}"), stamp=number, fact=said)
        book.keep(lambda page, op=op: page.file_op(op, patient_scope(op.patient)) and None)
    assert [m.id for m in book.read(lambda page: page.recent_facts(Communication, 2))] == ["m3", "m2"]
    assert [m.id for m in book.read(lambda page: page.all_facts(Communication))] == ["m1", "m2", "m3"]
    book.close()


def test_the_latest_of_a_long_chart_are_read_without_the_rest(tmp_path: Path) -> None:
    book = Book.open(tmp_path / "book.db", os.urandom(32))
    ops = [
        Op(id=OpId(f"op{n}"), stamp=n, fact=Condition(
            id=FactId(f"c{n}"), patient=WHO, code=Coding(system="x", code=str(n)), recorded_at=AT + timedelta(days=n)))
        for n in range(50)
    ]  # fmt: skip
    book.keep(lambda page: page.file_ops(((op, b"") for op in ops), SCOPE) and None)
    assert [c.code.code for c in book.read(lambda page: page.newest_facts(Condition, WHO, 2))] == ["49", "48"]
    book.close()


@pytest.mark.parametrize("at_once", [True, False])
def test_of_an_op_that_came_in_two_places_the_one_in_its_chart_counts(tmp_path: Path, at_once: bool) -> None:
    """As an entry of the audit comes to an auditor who is of the patient's team, too: her chart is like her colleagues'."""
    book = Book.open(tmp_path / "book.db", os.urandom(32))
    ops, elsewhere = [section(number, "a", fact=number) for number in range(4)], team_scope(TeamId("t"))
    places = [
        (ops[0], SCOPE), (ops[1], elsewhere), (ops[2], elsewhere),
        (ops[0], elsewhere), (ops[1], SCOPE), (ops[3], SCOPE), (ops[3], SCOPE),
    ]  # fmt: skip
    filed: list[Op] = []
    for some in [places] if at_once else [[one] for one in places]:
        filed += book.write(
            lambda page, some=some: (page.file_all((op, b"", at) for op, at in some), Changes())
        )
    assert sorted(op.id for op in filed) == [op.id for op in ops]
    rows = book.read(lambda page: page._all("SELECT id, scope FROM op ORDER BY id"))
    assert [tuple(row) for row in rows] == [("op0", ""), ("op1", ""), ("op2", elsewhere), ("op3", "")]
    assert [name for name, _ in book.read(lambda page: bodies_in_order(page, WHO))] == ["op0", "op1", "op3"]
    book.close()
