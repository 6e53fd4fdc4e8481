# SPDX-License-Identifier: GPL-3.0-or-later
"""Books that earlier versions wrote are opened by today's code, and hold what they held.

`book-NNNN.db` was written by the program whose newest step was NNNN, under the key 00 01 … 1f; `book-NNNN.json` says what that
program read in it. Both are kept as they are for ever.
"""

import json
import shutil
from pathlib import Path

import pytest

from clinic.domain import facts
from clinic.domain.ids import PatientId
from clinic.domain.misuse.lists import Filters
from clinic.domain.values import ICD10
from clinic.protocol.codec import encode
from clinic.store.book import Book
from clinic.store.codes import Codes
from clinic.store.migrations import STEPS, version_of
from clinic.store.opening import engine_for
from clinic.sync.settled import state_hash

HERE = Path(__file__).parent
KEY = bytes(range(32))
BOOKS = sorted(path.stem for path in HERE.glob("book-*.db"))
PEOPLE = [PatientId(f"devicedevicedevi.p{number}") for number in range(4)]


@pytest.fixture(params=BOOKS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, object]]:
    copied = Path(shutil.copy(HERE / f"{request.param}.db", tmp_path))
    return copied, json.loads((HERE / f"{request.param}.json").read_text())


def test_there_is_a_book_of_every_version_before_this_one() -> None:
    assert len(BOOKS) == len(STEPS) - 1


def test_what_it_held_it_holds(old: tuple[Path, dict[str, object]]) -> None:
    path, said = old
    book = Book.open(path, KEY)
    assert book.read(lambda page: page.count_ops()) == said["ops"]
    ops = [op for who in PEOPLE for op in book.read(lambda page, who=who: list(page.ops(who)))]
    assert state_hash(ops).hex() == said["state"]
    for name, charts in said["facts"].items():  # type: ignore[attr-defined]
        kind = getattr(facts, name)
        for who, chart in zip(PEOPLE, charts, strict=True):
            held = book.read(lambda page, kind=kind, who=who: page.facts(kind, who))
            assert sorted(encode(fact).hex() for fact in held) == sorted(chart), name
    assert list(book.read(lambda page: page.standing_ids(1, PEOPLE[0]))) == said["standing"]
    assert [row.family for row in book.read(lambda page: page.find_people("", 9))] == said["people"]
    book.close()


def test_the_outbox_keys_files_and_codes_are_still_there(old: tuple[Path, dict[str, object]]) -> None:
    book = Book.open(old[0], KEY)
    assert [row.env_no for row in book.read(lambda page: page.outbox())] == [3]
    counts = book.read(lambda page: page.outbox_counts())
    assert (counts.waiting, counts.acknowledged, counts.refused) == (1, 1, 1)
    assert book.read(lambda page: page.attachment("blake" * 8)) == bytes(9000)
    assert book.read(lambda page: page.attachments_in("waiting")) == ("blake" * 8,)
    assert len(book.read(lambda page: page.scope_keys(page.quarantine_waiting_for_key()[0][1]))) == 1  # type: ignore[arg-type]
    assert book.read(lambda page: page.trust()) == (b"statement",)
    assert [row.code for row in book.read(lambda page: Codes(page).by_words(ICD10, "es", "infec*", 5))] == [
        "J06.9"
    ]
    book.close()


def test_what_was_written_before_there_was_a_search_is_found(old: tuple[Path, dict[str, object]]) -> None:
    book = Book.open(old[0], KEY)
    found = book.read(lambda page: page.search("reposo liquidos", kinds=(facts.Composition,)))
    assert len(found) == 4 and all(isinstance(hit.fact, facts.Composition) for hit in found)
    assert len(book.read(lambda page: page.search("paracetamol"))) == 4
    book.close()


def test_its_audit_and_people_elsewhere_are_found(old: tuple[Path, dict[str, object]]) -> None:
    path, said = old
    book = Book.open(path, KEY)
    entries = book.read(lambda page: page.all_facts(facts.AuditEvent))

    def found(text: str) -> list[object]:
        where = book.read(lambda page: page.audit_found(Filters(text=text), lambda word: ()))
        ops = book.read(lambda page: page.audit_ops([no for _, no in where]))
        return [[ops[no].fact.id, ops[no].fact.action] for _, no in reversed(where)]  # type: ignore[attr-defined]

    assert len(entries) >= 4 and len(found("")) == len(entries)
    assert len(found("gomez, maria")) >= 1, "by the name on the chart"
    if "audit" in said:
        assert found("")[-3:] == said["audit"] and found("RECIPE") == [said["audit"][1]]  # type: ignore[index]
        (elsewhere,) = book.read(lambda page: page.people_elsewhere("iniguez 4000", 9))
        assert elsewhere.subject == said["elsewhere"]
    book.close()


def test_a_step_that_is_cut_off_leaves_the_old_book_whole(
    old: tuple[Path, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = old
    if not any(hasattr(step, "fill") for step in STEPS[int(path.stem[-4:]) :]):
        pytest.skip("the steps since then rewrite no rows")

    def stop(done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Book.open(path, KEY, progress=stop)
    engine = engine_for(path, KEY)
    with engine.connect() as connection:
        rewriting = next(n for n in range(int(path.stem[-4:]), len(STEPS)) if hasattr(STEPS[n], "fill"))
        assert version_of(connection) == rewriting
        tables = {
            row[0]
            for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        assert "op_4" not in tables, "a step that was cut off is undone whole"
    engine.dispose()
    book = Book.open(path, KEY)
    assert book.read(lambda page: page.count_ops()) == said["ops"]
    book.close()
