# SPDX-License-Identifier: GPL-3.0-or-later
"""Every op of a kind that is looked for over all charts has one line that says what it says, and no other op has one."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.facts import AuditEvent, EmergencySummary, Link, Patient
from clinic.domain.ids import DeviceId, FactId, OpId, PatientId, TeamId, UserId, team_scope
from clinic.domain.misuse.lists import Filters
from clinic.domain.sound import plain
from clinic.domain.values import HumanName
from clinic.protocol.codec import decode, encode
from clinic.protocol.op import Op
from clinic.store.book import Book
from clinic.store.lines import MOST_WORDS
from clinic.store.mending import drop_unlike
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.sync.merge import settle

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCOPE = team_scope(TeamId("t"))
WORDS = ("Íñiguez", "Quispe", "de la Ó", "récipe", "straße")


def entry(number: int, fact: int = 0, word: str = "", patient: str = "", replaces: Sequence[int] = ()) -> Op:
    told = AuditEvent(
        id=FactId(f"a{fact}"), patient=PatientId(patient), action="open", recorded_at=AT + timedelta(minutes=number),
        agent=f"Dra. {word}", device=DeviceId("here"), entity=word,
    )  # fmt: skip
    return _op(number, told, replaces)


def summary(number: int, fact: int, word: str, replaces: Sequence[int]) -> Op:
    name, whose = HumanName(family=word, given=("Ana",)), PatientId(f"elsewhere.p{fact}")
    told = EmergencySummary(
        id=FactId(f"emergency.{fact}"),
        subject=whose,
        name=name,
        dni=f"{40 + number}",
        team=TeamId("t"),
        written_at=AT,
    )
    return _op(number, told, replaces)


def _op(
    number: int, fact: AuditEvent | EmergencySummary | Patient | Link, replaces: Sequence[int] = ()
) -> Op:
    names = tuple(OpId(f"op{other}") for other in replaces)
    return Op(
        id=OpId(f"op{number}"), stamp=number, fact=fact, replaces=names, author=UserId(f"u{number % 3}")
    )


def person(number: int, patient: str, word: str, replaces: Sequence[int] = ()) -> Op:
    name = HumanName(family=word, given=("Ana",))
    return _op(number, Patient(id=FactId(patient), patient=PatientId(patient), name=name), replaces)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Op], list[int]]:
    """Ops of a few facts, each replacing some earlier or unknown ones, in any order; where to cut it."""
    count = draw(st.integers(1, 14))
    ops = []
    for n in range(count):
        replaces = sorted(draw(st.sets(st.integers(0, count), max_size=2)))
        make = draw(st.sampled_from([entry, summary]))
        word = draw(st.sampled_from(WORDS))
        fact = draw(st.integers(0, 2))
        ops.append(entry(n, fact, word, "", replaces) if make is entry else summary(n, fact, word, replaces))
    return draw(st.permutations(ops)), draw(st.lists(st.integers(0, count), max_size=3))


def lines(page: Page) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    return (
        sorted(page._all("SELECT at, no, chart, author, action, device, outcome, words FROM audit_line")),
        sorted(page._all("SELECT no, subject, name, words FROM summary_line")),
    )


def due(page: Page) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """What the lines should be, of every op that is shown."""
    audit: list[tuple[object, ...]] = []
    summaries: list[tuple[object, ...]] = []
    for at, no, chart, body in page._all("SELECT at, no, chart, body FROM op WHERE state = 1"):
        op = decode(body, Op)
        match op.fact:
            case AuditEvent() as e:
                words = plain(f"{e.agent} {e.action} {e.entity}")
                audit.append((at, no, chart, op.author, e.action, e.device, e.outcome, words))
            case EmergencySummary() as s:
                words = " ".join(["", *plain(s.name.full).split(), s.dni])
                summaries.append((no, s.subject, s.name.full, words))
    return sorted(audit), sorted(summaries)


@settings(max_examples=30, deadline=None)
@given(histories())
def test_lines_say_what_is_shown_however_it_arrives(history: tuple[list[Op], list[int]]) -> None:
    ops, cuts = history
    with TemporaryDirectory() as folder:
        book = Book.open(Path(folder) / "book.db", os.urandom(32))
        marks = sorted({0, *cuts, len(ops)})
        for begin, end in pairwise(marks):
            some = [(op, encode(op)) for op in ops[begin:end]]
            book.write(lambda page, some=some: (page.file_ops(some, SCOPE), Changes()))  # type: ignore[misc]
        assert book.read(lines) == book.read(due)
        shown = sum(len(kind) for kind in book.read(lines))
        facts = {op.fact.id for op in ops}  # type: ignore[union-attr]
        settled = [settle([op for op in ops if op.fact.id == fact]) for fact in facts]  # type: ignore[union-attr]
        assert shown == sum(one.shown is not None for one in settled)
        book.close()


def keep(book: Book, *ops: Op) -> None:
    book.write(lambda page: (page.file_ops([(op, encode(op)) for op in ops], SCOPE), Changes()))


def numbers(book: Book, text: str) -> list[str]:
    """The entries that are found, by the fact's id."""

    def look(page: Page) -> list[str]:
        where = page.audit_found(
            Filters(text=text), lambda word: [DeviceId("here")] if word in "consultorio" else []
        )
        ops = page.audit_ops([no for _, no in where])
        return [ops[no].fact.id for _, no in where]  # type: ignore[union-attr]

    return book.read(look)


def test_an_op_that_goes_takes_its_line_along(book: Book) -> None:
    keep(book, entry(1, 1, "Quispe"), summary(2, 1, "Sosa", ()))
    unlike = [(entry(1, 1, "Mamani"), b""), (summary(2, 1, "Luna", ()), b"")]
    book.write(lambda page: (drop_unlike(page, unlike), Changes()))
    assert book.read(lines) == ([], [])
    keep(book, *(op for op, _ in unlike))
    assert book.read(lines) == book.read(due) and numbers(book, "mamani") == ["a1"]


def test_an_entry_is_found_by_the_name_that_a_reader_sees(book: Book) -> None:
    keep(
        book,
        person(1, "p", "Íñiguez"),
        person(2, "kiosk", "Nn"),
        entry(3, 3, "x", "p"),
        entry(4, 4, "y", "kiosk"),
    )
    assert numbers(book, "INIGUEZ, ana") == ["a3"] and numbers(book, "guez") == ["a3"], "also within a word"
    assert numbers(book, "nn") == ["a4"]
    keep(book, person(5, "p", "Sosa", replaces=[1]))
    assert numbers(book, "iniguez") == [] and numbers(book, "sosa") == ["a3"], "by the name of today"
    link = Link(
        id=FactId("l"), patient=PatientId("kiosk"), other=PatientId("p"), by=UserId("u"), linked_at=AT
    )
    keep(book, _op(6, link))
    assert numbers(book, "sosa") == ["a4", "a3"] and numbers(book, "nn") == [], (
        "of whoever she turned out to be"
    )


@pytest.mark.parametrize("text", ["consul", "dra. quispe OPEN", "  récipe  RECIPE ", "quispe " * 3000])
def test_words_are_looked_for_in_all_that_a_line_shows(book: Book, text: str) -> None:
    keep(book, entry(1, 1, "Quispe récipe"))
    assert numbers(book, text) == ["a1"]
    assert numbers(book, f"{text[:60]} nobody") == []


def test_more_words_than_a_statement_holds_are_no_error(book: Book) -> None:
    keep(book, entry(1, 1, "Quispe"))
    many = " ".join(f"w{n}" for n in range(5000))
    assert numbers(book, many) == []
    assert book.read(lambda page: page.people_elsewhere(many, 9)) == ()
    assert MOST_WORDS > 20


def test_people_elsewhere_are_found_by_beginnings_in_order_and_not_if_they_are_here(book: Book) -> None:
    keep(book, summary(1, 1, "Íñiguez", ()), summary(2, 2, "de la Ó", ()), summary(3, 3, "Iñiguez", ()))

    def found(text: str, limit: int = 9) -> list[str]:
        return [one.subject for one in book.read(lambda page: page.people_elsewhere(text, limit))]

    assert found("INI an") == ["elsewhere.p3", "elsewhere.p1"], "by name, as it is written"
    assert found("niguez") == [] and found("") == [] and found("4") == found("ana")
    assert (
        found("ana", 1) == ["elsewhere.p3"]
        and found("42") == ["elsewhere.p2"]
        and found("la o") == ["elsewhere.p2"]
    )
    assert found("%") == [] and found("_") == []
    keep(book, person(4, "elsewhere.p3", "Iñiguez"))
    assert found("ini") == ["elsewhere.p1"]
