# SPDX-License-Identifier: GPL-3.0-or-later
"""The book keeps what it said it kept, as ciphertext, and refuses with a sentence what it cannot do."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Unavailable
from clinic.domain.facts import Condition, Encounter, EncounterStatus, Link, NoteSection, Patient, Section
from clinic.domain.ids import (
    DeviceId,
    EncounterId,
    FactId,
    OpId,
    PatientId,
    ScopeId,
    UserId,
    counted_id,
    patient_scope,
)
from clinic.domain.record import UnknownRecord
from clinic.domain.values import DNI, Coding, HumanName, Identifier
from clinic.protocol.codec import decode, encode
from clinic.protocol.op import Op
from clinic.store.book import Book
from clinic.store.folding import prefix_query
from clinic.store.migrations import STEPS, version_of
from clinic.store.opening import engine_for
from clinic.store.raw_pages import RawPages
from clinic.store.rows import Changes
from clinic.store.survey import OVERFLOW, survey
from clinic.store.writing import WritePage

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
CANARY = "Quebrachoverde"


def person(number: int, family: str = "Gómez", given: tuple[str, ...] = ("María", "Inés")) -> Patient:
    patient = PatientId(counted_id(DeviceId("dev"), number))
    return Patient(
        id=FactId(patient), patient=patient, name=HumanName(family=family, given=given), birth_date=date(1954, 3, 7),
        identifiers=(Identifier(system=DNI, value=str(11_000_000 + number)),),
    )  # fmt: skip


def op_of(
    fact: Patient | Encounter | NoteSection | Link | Condition,
    number: int,
    replaces: tuple[str, ...] = (),
    stamp: int = 0,
) -> Op:
    return Op(
        id=OpId(f"op.{number}"), stamp=stamp or number, fact=fact, replaces=tuple(OpId(r) for r in replaces)
    )


TEAM = ScopeId("t:1")


def file(book: Book, *ops: Op) -> None:
    book.keep(lambda page: [page.file_op(op, patient_scope(op.patient)) for op in ops] and None)


def test_nothing_readable_is_on_the_disk(book: Book, tmp_path: Path) -> None:
    file(book, op_of(person(1, CANARY), 1))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "book.db-wal" for path in files)
    for path in files:
        data = path.read_bytes()
        for spelled in (CANARY.encode(), CANARY.encode("utf-16-le"), b"SQLite format 3"):
            assert spelled not in data


def test_a_wrong_key_says_so_and_not_that_the_file_is_damaged(book: Book, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="key does not open"):
        Book.open(tmp_path / "book.db", os.urandom(32))


def test_a_store_of_a_newer_program_is_left_untouched(book: Book, tmp_path: Path, key: bytes) -> None:
    book.close()
    engine = engine_for(tmp_path / "book.db", key)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA user_version={len(STEPS) + 1}")
    engine.dispose()
    with pytest.raises(Unavailable, match="newer Posta"):
        Book.open(tmp_path / "book.db", key)
    again = engine_for(tmp_path / "book.db", key)
    with again.connect() as connection:
        assert version_of(connection) == len(STEPS) + 1
    again.dispose()


def test_opening_again_finds_what_was_written(book: Book, tmp_path: Path, key: bytes) -> None:
    file(book, op_of(person(1), 1))
    book.close()
    again = Book.open(tmp_path / "book.db", key)
    assert again.read(lambda page: page.count_people()) == 1
    again.close()


def test_durability_is_switched_on_for_every_connection(book: Book) -> None:
    def look(page: object) -> tuple[str, int, int]:
        connection = page._connection  # type: ignore[attr-defined]
        return tuple(
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "temp_store")
        )

    assert book.read(look) == ("wal", 2, 2)


def test_a_write_that_fails_leaves_nothing_and_says_nothing(book: Book) -> None:
    heard: list[Changes] = []
    book.listen(heard.append)

    def act(page: object) -> tuple[None, Changes]:
        page.file_op(op_of(person(1), 1), patient_scope(person(1).patient))  # type: ignore[attr-defined]
        raise Unavailable("the power went")

    with pytest.raises(Unavailable, match="the power went"):
        book.write(act)
    assert book.read(lambda page: page.count_ops()) == 0 and heard == []
    file(book, op_of(person(1), 1))
    assert book.read(lambda page: page.count_ops()) == 1


def test_many_threads_read_while_one_writes(book: Book) -> None:
    counts: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: counts.extend(book.read(lambda page: page.count_people()) for _ in range(20))
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for number in range(30):
        file(book, op_of(person(number), number))
    for thread in threads:
        thread.join()
    assert len(counts) == 120 and book.read(lambda page: page.count_people()) == 30


def test_the_same_op_twice_changes_nothing(book: Book) -> None:
    op = op_of(person(1), 1)
    file(book, op, op)
    assert book.read(lambda page: page.count_ops()) == 1


def test_a_replaced_version_is_not_shown_whatever_comes_first(book: Book) -> None:
    old, new = op_of(person(1, "Gomes"), 1), op_of(person(1, "Gómez"), 2, ("op.1",))
    file(book, new, old)
    assert [row.family for row in book.read(lambda page: page.find_people("", 5))] == ["Gómez"]
    assert book.read(lambda page: page.standing_ids(Patient.NUMBER, person(1).id)) == ("op.2",)


def test_concurrent_versions_stand_side_by_side(book: Book) -> None:
    file(book, op_of(person(1, "Gomes"), 1), op_of(person(1, "Gómez"), 2))
    assert len(book.read(lambda page: page.standing(Patient.NUMBER, person(1).id))) == 2


def test_a_link_shows_both_charts_as_one_until_it_is_undone(book: Book) -> None:
    claimed, real = person(1), person(2)
    cold = Condition(
        id=FactId("c"), patient=claimed.patient, code=Coding(system="x", code="J00"), recorded_at=AT
    )
    link = Link(id=FactId("l"), patient=claimed.patient, other=real.patient, by=UserId("u"), linked_at=AT)
    file(book, op_of(claimed, 1), op_of(real, 2), op_of(cold, 3), op_of(link, 4))
    assert len(book.read(lambda page: page.facts(Condition, real.patient))) == 1
    undone = Link(
        id=FactId("l"),
        patient=claimed.patient,
        other=real.patient,
        by=UserId("u"),
        linked_at=AT,
        active=False,
    )
    file(book, op_of(undone, 5, ("op.4",)))
    assert book.read(lambda page: page.facts(Condition, real.patient)) == ()
    assert len(book.read(lambda page: page.facts(Condition, claimed.patient))) == 1


def test_a_kind_this_program_does_not_know_is_kept_whole(book: Book) -> None:
    op = Op(
        id=OpId("op.9"),
        stamp=9,
        fact=UnknownRecord(kind=198, unknown=((1, "x"), (7, b"later"))),
        window=PatientId("p"),
    )
    book.keep(lambda page: page.file_op(op, patient_scope(PatientId("p"))) and None)
    kept = next(iter(book.read(lambda page: list(page.ops(PatientId("p"))))))
    assert encode(kept) == encode(op) == encode(decode(encode(op), Op))


def test_open_encounters_are_found(book: Book) -> None:
    waiting = Encounter(
        id=FactId("e1"), patient=person(1).patient, status=EncounterStatus.TRIAGED, arrived_at=AT
    )
    over = Encounter(
        id=FactId("e2"), patient=person(1).patient, status=EncounterStatus.FINISHED, arrived_at=AT
    )
    file(book, op_of(person(1), 1), op_of(waiting, 2), op_of(over, 3))
    assert [e.id for e in book.read(lambda page: page.open_facts(Encounter))] == ["e1"]


def test_sections_of_a_note_are_found_by_their_encounter(book: Book) -> None:
    note = NoteSection(
        id=FactId("e1/plan"),
        patient=PatientId("p"),
        encounter=EncounterId("e1"),
        section=Section.PLAN,
        text="Reposo",
        written_at=AT,
    )
    visit = Encounter(
        id=FactId("e1"), patient=PatientId("p"), status=EncounterStatus.IN_PROGRESS, arrived_at=AT
    )
    file(book, op_of(note, 1), op_of(visit, 2))
    assert book.read(lambda page: page.facts_of_encounter(NoteSection, EncounterId("e1"))) == (note,)


@pytest.mark.parametrize(
    "typed", ["gomez", "GÓMEZ mar", "ines gom", "11000001", "7/3/1954", "07031954", "1954-03-07"]
)
def test_a_person_is_found_however_she_is_typed(book: Book, typed: str) -> None:
    file(book, op_of(person(1), 1), op_of(person(2, "Suárez", ("Juan",)), 2))
    assert person(1).patient in [row.patient for row in book.read(lambda page: page.find_people(typed, 5))]


@given(st.text(max_size=60))
def test_nothing_typed_breaks_the_search(typed: str) -> None:
    query = prefix_query(typed)
    assert query.count('"') % 2 == 0


@pytest.mark.parametrize("typed", ['"', "a OR b", "NEAR(", "* -", "maría) (", "'; DROP TABLE op; --", "\x00"])
def test_search_syntax_is_only_text(book: Book, typed: str) -> None:
    file(book, op_of(person(1), 1))
    book.read(lambda page: page.find_people(typed, 5))
    assert book.read(lambda page: page.count_people()) == 1


def test_the_outbox_is_acknowledged_in_order_and_refusals_stay(book: Book) -> None:
    for number in (1, 2, 3):
        book.keep(
            lambda page, number=number: page.post(number, patient_scope(PatientId("p")), 2, 2, b"sealed", AT)
        )
    book.keep(lambda page: page.acknowledge(2, [(2, 4, "Not signed by this computer.")], AT) and None)
    counts = book.read(lambda page: page.outbox_counts())
    assert (counts.waiting, counts.acknowledged, counts.refused) == (2, 2, 2)
    assert [row.env_no for row in book.read(lambda page: page.outbox())] == [3]
    book.keep(lambda page: page.offer_again())
    assert [row.env_no for row in book.read(lambda page: page.outbox())] == [1, 2, 3]


def test_a_full_disk_is_a_sentence_and_the_store_goes_on(tmp_path: Path, key: bytes) -> None:
    book = Book.open(tmp_path / "book.db", key)
    pages = book._connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    book._writer.submit(lambda: book._connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")).result()
    with pytest.raises(Unavailable, match="disk is full"):
        file(book, *(op_of(person(number, "x" * 2000), number) for number in range(200)))
    kept = book.read(lambda page: page.count_ops())
    book._writer.submit(lambda: book._connection.exec_driver_sql("PRAGMA max_page_count=1073741823")).result()
    file(book, op_of(person(999), 999))
    assert book.read(lambda page: page.count_ops()) == kept + 1
    book.close()


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, key: bytes) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from clinic.store.book import Book
        from tests.clinic.store.test_book import file, op_of, person
        book = Book.open(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
        number = 0
        while True:
            number += 1
            file(book, op_of(person(number), number))
            print(number, flush=True)
    """)
    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "killed.db"), key.hex()],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert writer.stdout is not None
    said = [int(writer.stdout.readline()) for _ in range(25)]
    writer.send_signal(signal.SIGKILL)
    said += [int(line) for line in writer.stdout.read().split()]
    writer.wait()
    writer.stdout.close()
    book = Book.open(tmp_path / "killed.db", key)
    assert book.read(lambda page: page.count_ops()) >= said[-1]
    book.close()


def test_statements_stay_ready_from_one_write_to_the_next(book: Book) -> None:
    """A book that has just been made has run every migration's statements on the writer's connection."""
    prepared: list[tuple[object, ...]] = []

    def watch(page: WritePage) -> None:
        def asked(*what: object) -> int:
            prepared.append(what)
            return 0

        page._driver.set_authorizer(asked)

    file(book, op_of(person(1), 1))
    book.keep(watch)
    file(book, op_of(person(2), 2))
    prepared.clear()
    file(book, op_of(person(3), 3))
    assert prepared == []


def test_what_comes_together_lies_together_chart_by_chart_and_a_note_whole_on_its_page(
    tmp_path: Path,
) -> None:
    path, key = tmp_path / "book.db", os.urandom(32)
    with closing(Book.open(path, key)) as book:
        for turn in range(10):
            notes = [
                NoteSection(
                    id=FactId(f"n{turn}.{nth}"), patient=person(nth % 2).patient, encounter=EncounterId("e"),
                    section=Section.PLAN, text="x" * 2500, written_at=AT,
                )
                for nth in range(4)
            ]  # fmt: skip
            ops = [(op_of(note, 10 * turn + nth), b"") for nth, note in enumerate(notes)]
            book.keep(lambda page, ops=ops: page.file_ops(ops, TEAM) and None)
        lying = book.read(
            lambda page: page._all(
                "SELECT op.fact, chart.patient FROM op JOIN chart ON chart.no = chart ORDER BY op.no"
            )
        )
    for turn in range(10):
        came = lying[4 * turn : 4 * turn + 4]
        assert [fact.split(".")[0] for fact, _ in came] == [f"n{turn}"] * 4
        assert len({patient for _, patient in came[:2]}) == len({patient for _, patient in came[2:]}) == 1
    with RawPages(path, key) as pages:
        assert OVERFLOW not in survey(pages).owner.values()


def test_a_statement_that_another_program_heard_first_is_no_other_one(book: Book) -> None:
    for _ in range(2):
        book.keep(lambda page: page.add_trust(0, b"the same", sent=True))
    with pytest.raises(Unavailable):
        book.keep(lambda page: page.add_trust(0, b"another", sent=True))
    assert book.read(lambda page: page.trust()) == (b"the same",)
