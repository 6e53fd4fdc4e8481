# SPDX-License-Identifier: GPL-3.0-or-later
"""People who may be the same, and records that are joined and parted: on real books, on two computers."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.facts import Gender, Link, NoteSection, Observation, Section
from clinic.domain.identity import chosen, whole
from clinic.domain.ids import EncounterId, FactId, OpId, PatientId, UserId, patient_scope
from clinic.domain.likeness import Reason
from clinic.domain.values import HumanName
from clinic.protocol.op import Op
from clinic.services import charts, duplicates, people
from clinic.store.book import Book
from clinic.store.likeness import unkeyed
from clinic.store.writing import WritePage
from tests.clinic.domain.scores.taken import observed
from tests.clinic.domain.test_identity import LINKS, link
from tests.clinic.services.local import AT, Local, clinic, ops_of

NAME = HumanName(family="Quispe Mamani", given=("María", "Elena"))
BORN = date(1958, 3, 7)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as made:
        yield made


def test_somebody_on_record_is_shown_with_the_reasons(town: Local) -> None:
    her = town.person("Quispe Mamani", ("María", "Elena"), BORN, "12345678")
    town.person("Gómez", ("Hugo",), date(1990, 1, 1), "30111222", Gender.MALE)
    (found,) = duplicates.likely_same(
        town.ben, HumanName(family="Kispe", given=("Mari",)), date(1958, 7, 3), "12.354.678"
    )
    assert found.person.patient == her
    assert {Reason.DNI_NEARLY, Reason.BIRTH_SWAPPED, Reason.SURNAME_SOUNDS, Reason.GIVEN_NICKNAME} == set(
        found.likeness.reasons
    )
    assert (
        duplicates.alike(
            town.ben, HumanName(family="Ledesma", given=("Norma",)), date(1971, 1, 1), "20999888"
        )
        == ()
    )


def test_a_corrected_name_is_found_by_its_new_spelling(town: Local) -> None:
    from dataclasses import replace

    from clinic.domain.facts import Patient

    her = town.person("Toledo", ("Ana",), BORN)
    assert duplicates.alike(town.ben, HumanName(family="Ayala", given=("Norma",)), BORN, "") == ()
    fact = town.ben.book.read(lambda page: page.fact(Patient, her))
    assert fact is not None
    town.ben.write(replace(fact, name=HumanName(family="Ayala", given=("Norma",))), window=her)
    assert [
        p.patient for p in duplicates.alike(town.ben, HumanName(family="Aiala", given=("Norma",)), BORN, "")
    ] == [her]
    assert town.ben.book.read(unkeyed) == 0


def test_two_records_of_one_chart_are_one_answer_and_not_proposed_again(town: Local) -> None:
    first, second = (town.person("Quispe", ("María",), BORN) for _ in range(2))
    assert [a.person.patient for a in duplicates.pairs_like(town.ben, first)] == [second]
    people.confirm_identity(town.ben, second, first)
    assert duplicates.pairs_like(town.ben, first) == duplicates.pairs_like(town.ben, second) == ()
    assert [
        p.patient for p in duplicates.alike(town.ben, HumanName(family="Quispe", given=("María",)), BORN, "")
    ] == [first]


# joined and parted ----------------------------------------------------------------------------------------------------


def _note(town: Local, patient: PatientId, text: str) -> None:
    town.ben.write(
        NoteSection(
            id=FactId(town.ben.new_id()), patient=patient, encounter=EncounterId(""), section=Section.PLAN, text=text,
            written_at=AT,
        ),
        window=patient,
    )  # fmt: skip


def _on(town: Local, patient: PatientId, desk: str = "ben") -> set[str]:
    book = getattr(town, desk).book
    return {note.text for note in book.read(lambda page: page.facts(NoteSection, patient))}


def test_notes_are_under_the_right_person_at_each_stage(town: Local) -> None:
    a, b, c = (town.person(name) for name in ("Quispe", "Kispe", "Qispe"))
    for patient, text in ((a, "of a"), (b, "of b"), (c, "of c")):
        _note(town, patient, text)
    people.confirm_identity(town.ben, a, b)
    _note(town, a, "of a, joined")
    assert (_on(town, b), _on(town, a)) == ({"of a", "of a, joined", "of b"}, {"of a", "of a, joined"})
    town.clock.advance(60)
    people.confirm_identity(town.ben, b, c)
    assert _on(town, c) == {"of a", "of a, joined", "of b", "of c"}
    assert [(one.patient, one.other) for one in people.joined(town.ben, a)] == [(a, b), (b, c)]
    town.clock.advance(60)
    people.undo_identity(town.ben, b, c)
    assert (_on(town, c), _on(town, b)) == ({"of c"}, {"of a", "of a, joined", "of b"})
    people.undo_identity(town.ben, a, b)
    assert (_on(town, a), _on(town, b), _on(town, c)) == ({"of a", "of a, joined"}, {"of b"}, {"of c"})


def test_what_makes_no_sense_is_refused(town: Local) -> None:
    a, b, c = (town.person(name) for name in ("Quispe", "Kispe", "Qispe"))
    with pytest.raises(Refusal, match="same record"):
        people.confirm_identity(town.ben, a, a)
    with pytest.raises(Refusal, match="not on this computer"):
        people.confirm_identity(town.ben, a, PatientId("nobody"))
    with pytest.raises(Refusal, match="not joined"):
        people.undo_identity(town.ben, a, b)
    people.confirm_identity(town.ben, a, b)
    for one, other in ((a, b), (b, a)):
        with pytest.raises(Refusal, match="one chart already"):
            people.confirm_identity(town.ben, one, other)
    with pytest.raises(Refusal, match="another person's chart"):
        people.confirm_identity(town.ben, a, c)
    people.undo_identity(town.ben, a, b)
    with pytest.raises(Refusal, match="parted them already"):
        people.undo_identity(town.ben, a, b)


def _who(town: Local, *patients: PatientId) -> list[list[PatientId | None]]:
    return [
        [desk.book.read(lambda page, p=p: page.linked_to(p)) for p in patients]
        for desk in (town.ben, town.eva)
    ]  # type: ignore[misc]


def test_two_computers_that_join_the_other_way_round_come_to_one_chart(town: Local) -> None:
    a, b = town.person("Quispe"), town.person("Kispe")
    people.confirm_identity(town.ben, a, b)
    town.clock.advance(60)
    people.confirm_identity(town.eva, b, a)
    town.carry(a, b)
    assert _who(town, a, b) == [[b, None], [b, None]]
    people.undo_identity(town.eva, a, b)
    town.carry(a, b)
    assert _who(town, a, b) == [[None, a], [None, a]]


def test_joined_here_and_parted_there_at_once_is_the_same_on_both(town: Local) -> None:
    a, b = town.person("Quispe"), town.person("Kispe")
    people.confirm_identity(town.ben, a, b)
    town.carry(a, b)
    people.undo_identity(town.ben, a, b)
    town.clock.advance(60)
    people.undo_identity(town.eva, a, b)
    town.clock.advance(60)
    people.confirm_identity(town.eva, a, b)
    town.carry(a, b)
    assert _who(town, a, b) == [[b, None], [b, None]]
    for desk in (town.ben, town.eva):
        assert desk.book.read(lambda page: page.bodies(a)) == town.ben.book.read(lambda page: page.bodies(a))


def test_a_reading_of_a_joined_record_is_on_the_chart_and_leaves_it_again(town: Local) -> None:
    a, b = town.person("Quispe"), town.person("Kispe")
    reading = observed("8867-4", 88, at=AT, name=town.ben.new_id())
    from dataclasses import replace

    town.ben.write(replace(reading, patient=a), window=a)
    people.confirm_identity(town.ben, a, b)
    assert "heart_rate" in charts.chart(town.ben, b).readings
    people.undo_identity(town.ben, a, b)
    assert "heart_rate" not in charts.chart(town.ben, b).readings
    assert town.ben.book.read(lambda page: page.facts(Observation, a))[0].patient == a


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("links")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINKS, st.randoms(use_true_random=False))
def test_the_book_knows_who_is_whom_whatever_arrives_first(
    file: Path, links: list[Link], chance: Random
) -> None:
    ops = [
        Op(id=OpId(f"o{n}"), stamp=(n + 1) << 16, author=UserId("u"), fact=one) for n, one in enumerate(links)
    ]
    ops += [  # parted and joined again since
        Op(id=OpId(f"x{n}"), stamp=(n + 99) << 16, author=UserId("u"), replaces=(OpId(f"o{n}"),),
           fact=link(one.patient, one.other, 9 + n, not one.active))
        for n, one in enumerate(links[::2])
        for n in [links.index(one)]
    ]  # fmt: skip
    chance.shuffle(ops)
    now = {op.fact.id: op.fact for op in sorted(ops, key=lambda op: op.stamp) if isinstance(op.fact, Link)}
    path = file / "book.db"
    for leftover in file.iterdir():
        leftover.unlink()
    book = Book.open(path, b"k" * 32)
    try:
        book.keep(lambda page: _file(page, ops))
        for name in "abcdef":
            end = whole(PatientId(name), lambda p: chosen(one for one in now.values() if one.patient == p))
            shown = book.read(lambda page, name=name: page.linked_to(PatientId(name)))  # type: ignore[misc]
            assert (shown or name) == end
    finally:
        book.close()


def _file(page: WritePage, ops: list[Op]) -> None:
    for op in ops:
        page.file_op(op, patient_scope(op.patient))


def test_a_book_of_before_gets_the_keys_of_everybody(town: Local) -> None:
    for name in ("Quispe", "Sosa", "Vera"):
        town.person(name)
    assert town.ben.book.read(unkeyed) == 3
    duplicates.prepare(town.ben)
    assert town.ben.book.read(unkeyed) == 0
    assert len(ops_of(town.ben, [p.patient for p in people.find_people(town.ben, "")])) == 3
