# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged books: whatever page is hit, what lies outside it is saved, and what is missing is named."""

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from clinic.domain.errors import Unavailable
from clinic.domain.facts import Communication, Composition, CompositionStatus, Observation, Patient
from clinic.domain.ids import EncounterId, FactId, OpId, PatientId, UserId, patient_scope
from clinic.domain.values import Coding, HumanName, Quantity
from clinic.protocol.op import Op
from clinic.store.book import Book
from clinic.store.btrees import TABLE_INNER, free_pages, node_of, walk
from clinic.store.cipherpages import PAGE
from clinic.store.codes import Codes
from clinic.store.raw_pages import RawPages
from clinic.store.salvage import Salvaged, salvage
from clinic.store.survey import FREE, SCHEMA, survey, tables_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = bytes(range(32))
PEOPLE = 12


@dataclass(frozen=True)
class Whole:
    """A book without damage: where its ops lie."""

    path: Path
    ops: frozenset[str]
    pages_of: dict[str, frozenset[int]]
    trees: dict[str, int]
    inner: tuple[int, ...]
    """Inner pages of the tree of ops."""
    total: int


def ops() -> Iterator[Op]:
    number = 0
    for who in range(PEOPLE):
        patient = PatientId(f"dev.p{who}")
        facts: list[Patient | Observation | Composition | Communication] = [
            Patient(
                id=FactId(patient), patient=patient, name=HumanName(family=f"Suárez{who}", given=("Ana",))
            )
        ]
        for turn in range(40):
            at = AT + timedelta(days=turn, minutes=who)
            facts.append(
                Observation(
                    id=FactId(f"o{who}.{turn}"),
                    patient=patient,
                    code=Coding(system="http://loinc.org", code="8480-6"),
                    effective_at=at,
                    value=Quantity(value=Decimal(120 + turn), unit="mm[Hg]"),
                )
            )
            facts.append(
                Communication(
                    id=FactId(f"m{who}.{turn}"),
                    patient=patient,
                    sent_at=at,
                    sender="u",
                    text=f"palabra {turn} " * 9,
                )
            )
        facts.append(
            Composition(
                id=FactId(f"n{who}"),
                patient=patient,
                encounter=EncounterId(f"e{who}"),
                status=CompositionStatus.FINAL,
                subjective="larga historia " * 900,
                author=UserId("u"),
                signed_at=AT,
            )
        )
        for fact in facts:
            number += 1
            yield Op(id=OpId(f"dev.{number}"), stamp=number << 16, fact=fact)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    path = tmp_path_factory.mktemp("whole") / "book.db"
    with closing(Book.open(path, KEY)) as book:
        everything = list(ops())
        for start in range(0, len(everything), 40):
            some = everything[start : start + 40]
            book.keep(
                lambda page, some=some: [page.file_op(op, patient_scope(op.patient)) for op in some] and None
            )
        book.keep(lambda page: [page.put_meta(f"setting {n}", os.urandom(40)) for n in range(200)] and None)
        book.keep(
            lambda page: (
                [page.put_attachment(f"{n:064}", "sent", os.urandom(9000)) for n in range(20)] and None
            )
        )
        book.keep(
            lambda page: page.load_codes(
                "x", "es", [(f"{n}", f"palabra {n}") for n in range(300)], "1", "", "", AT
            )
        )
        book.keep(lambda page: [page.add_trust(n, b"\x82\x18", True) for n in range(9)] and None)
        book.keep(lambda page: [page.next_number(name) for name in ("env", "ticket", "in p:dev.p1")] and None)
    lies: dict[str, frozenset[int]] = {}
    inner = []
    with RawPages(path, KEY) as pages:
        known = survey(pages)
        assert not known.lost and not pages.bad
        for number, node in walk(known.trees["op"].root, pages.page, pages.total):
            assert node is not None
            if node.children:
                inner.append(number)
            for cell in node.cells:
                assert cell.values is not None
                lies[str(cell.values[4])] = frozenset({number}) | node.overflow
        roots = {name: tree.root for name, tree in known.trees.items()}
        return Whole(path, frozenset(op.id for op in everything), lies, roots, tuple(inner), pages.total)


def damaged(whole: Whole, folder: Path, hits: list[int], how: str) -> Path:
    path = Path(shutil.copy(whole.path, folder / "book.db"))
    raw = whole.path.read_bytes()
    with path.open("r+b") as file:
        for place, number in enumerate(hits):
            at = (number - 1) * PAGE
            page = bytearray(raw[at : at + PAGE])
            if how == "flipped":
                page[(number * 37) % PAGE] ^= 1 << number % 8
            elif how == "zeroed":
                page = bytearray(PAGE)
            else:
                other = hits[(place + 1) % len(hits)]
                page = bytearray(raw[(other - 1) * PAGE : other * PAGE])
            file.seek(at)
            file.write(page)
    return path


def saved(path: Path) -> tuple[Salvaged, frozenset[str]]:
    new = path.with_name("new.db")
    done = salvage(path, KEY, new)
    with closing(Book.open(new, KEY)) as book:
        held = {
            op.id
            for who in range(PEOPLE)
            for op in book.read(lambda page, w=who: list(page.ops(PatientId(f"dev.p{w}"))))
        }
        assert book.read(lambda page: page.count_ops()) == len(held) == done.ops
        row = book.read(lambda page: page._connection.exec_driver_sql("PRAGMA integrity_check").scalar_one())
        assert row == "ok"
    return done, frozenset(held)


def outside(whole: Whole, hits: list[int]) -> frozenset[str]:
    return frozenset(op for op, pages in whole.pages_of.items() if not pages & set(hits))


def test_a_book_without_damage_is_saved_whole(whole: Whole, tmp_path: Path) -> None:
    done, held = saved(damaged(whole, tmp_path, [], "flipped"))
    assert held == whole.ops and done.missing == () and done.all_missing_named and done.incomplete == ()
    assert (done.rows["meta"], done.rows["attachment"], done.rows["code"], done.rows["trust"]) == (
        200,
        20,
        300,
        9,
    )
    assert done.unreadable == 0 and done.lost == ()


@pytest.mark.parametrize("how", ["flipped", "zeroed", "swapped"])
@pytest.mark.parametrize("seed", range(5))
def test_whatever_pages_are_hit_what_lies_outside_is_saved(
    whole: Whole, tmp_path: Path, seed: int, how: str
) -> None:
    chance = random.Random(seed)
    hits = sorted(chance.sample(range(2, whole.total + 1), 1 + seed % 5 if how != "swapped" else 4))
    path = damaged(whole, tmp_path, hits, how)
    done, held = saved(path)
    if how == "swapped":
        assert held == whole.ops and done.lost == (), "pages that changed places are put back"
        return
    assert [lost.page for lost in done.lost] == hits, "never silent"
    expected = outside(whole, hits)
    assert len(held & expected) == len(expected)
    assert held <= whole.ops, "nothing is invented"
    if done.all_missing_named:
        assert {missing.op for missing in done.missing} == whole.ops - held


def test_an_inner_page_of_the_ops_costs_only_what_lies_on_itself(whole: Whole, tmp_path: Path) -> None:
    assert len(whole.inner) >= 1
    for number in whole.inner[:3]:
        done, held = saved(damaged(whole, tmp_path, [number], "zeroed"))
        assert held == outside(whole, [number])
        assert done.lost[0].what == "op" and "op" in done.incomplete
        assert {missing.op for missing in done.missing} == whole.ops - held
        assert all(missing.patient and missing.at for missing in done.missing)
        (tmp_path / "new.db").unlink()


@pytest.mark.parametrize("how", ["flipped", "zeroed"])
def test_without_its_first_page_a_book_is_saved_by_the_form_of_its_rows(
    whole: Whole, tmp_path: Path, how: str
) -> None:
    """Zeroed, the salt is gone with it: nothing can be checked, and that is said."""
    done, held = saved(damaged(whole, tmp_path, [1], how))
    assert held == whole.ops
    assert done.checked == (how == "flipped")
    assert (done.rows["meta"], done.rows["attachment"], done.rows["code"]) == (200, 20, 300)
    assert {"env", "ticket", "in p:dev.p1"} <= set(counters(tmp_path / "new.db"))
    assert done.lost[0].page == 1 and "op" in done.incomplete


def counters(path: Path) -> dict[str, int]:
    with closing(Book.open(path, KEY)) as book:
        return book.read(lambda page: page.numbers(""))


def test_a_flipped_byte_of_the_salt_is_found_out(whole: Whole, tmp_path: Path) -> None:
    path = damaged(whole, tmp_path, [], "flipped")
    with path.open("r+b") as file:
        file.seek(7)
        byte = file.read(1)[0]
        file.seek(7)
        file.write(bytes([byte ^ 0x55]))
    done, held = saved(path)
    assert held == whole.ops and done.checked


@pytest.mark.parametrize(
    "table", ["meta", "counter", "trust", "outbox", "code", "attachment", "scope_key", "op"]
)
def test_the_root_of_any_table_may_be_lost(whole: Whole, tmp_path: Path, table: str) -> None:
    hit = whole.trees[table]
    done, held = saved(damaged(whole, tmp_path, [hit], "flipped"))
    assert [(lost.page, lost.what) for lost in done.lost] == [(hit, table)]
    assert table in done.incomplete
    assert held == outside(whole, [hit])


@pytest.mark.parametrize("index", ["op_by_id", "op_by_fact", "linked_other"])
def test_an_index_costs_nothing(whole: Whole, tmp_path: Path, index: str) -> None:
    done, held = saved(damaged(whole, tmp_path, [whole.trees[index]], "zeroed"))
    assert held == whole.ops and done.lost[0].what == index
    assert done.all_missing_named == (index != "op_by_id")


def test_a_damaged_search_is_made_anew(whole: Whole, tmp_path: Path) -> None:
    hits = [whole.trees["search_data"], whole.trees["person_words_data"]]
    saved(damaged(whole, tmp_path, hits, "zeroed"))
    with closing(Book.open(tmp_path / "new.db", KEY)) as book:
        assert len(book.read(lambda page: page.search("historia larga"))) > 0
        assert len(book.read(lambda page: page.find_people("suarez3", 50))) == 1
        assert len(book.read(lambda page: Codes(page).by_words("x", "es", "palabra 12*", 9))) > 0


def test_what_is_committed_in_the_log_counts_and_what_is_not_does_not(tmp_path: Path) -> None:
    live = tmp_path / "live"
    live.mkdir()
    with closing(Book.open(live / "book.db", KEY)) as book:
        some = list(ops())[:200]
        book.keep(lambda page: [page.file_op(op, patient_scope(op.patient)) for op in some] and None)
        for name in ("book.db", "book.db-wal"):
            shutil.copy(live / name, tmp_path / name)
    log = tmp_path / "book.db-wal"
    data = log.read_bytes()
    assert len(data) > 20 * PAGE
    for cut in (len(data), len(data) - 1, len(data) // 2, 40, 0):
        log.write_bytes(data[:cut])
        with RawPages(tmp_path / "book.db", KEY) as pages:
            known = survey(pages)
            assert not pages.bad
            held = {
                cell.values[4]
                for page in [known.trees.get("op")]
                if page
                for cell in _cells(pages, page.root)
            }
        assert len(held) in (0, 200), "a transaction counts whole or not at all"
        assert (len(held) == 200) == (cut == len(data))


def _cells(pages: RawPages, root: int) -> Iterator[object]:
    for _, node in walk(root, pages.page, pages.total):
        if node is not None:
            yield from node.cells


def test_a_book_of_the_first_version_is_saved_into_one_of_today(tmp_path: Path) -> None:
    old = Path(__file__).parents[2] / "history" / "book-0001.db"
    path = Path(shutil.copy(old, tmp_path / "book.db"))
    with RawPages(path, KEY) as pages:
        assert survey(pages).schema == 1
        ops_before = {cell.values[1] for cell in _cells(pages, survey(pages).trees["op"].root)}  # type: ignore[attr-defined]
    done = salvage(path, KEY, tmp_path / "new.db")
    assert done.ops == len(ops_before) and done.missing == ()
    assert done.rows["outbox"] == 3 and done.rows["attachment"] == 1 and done.rows["trust"] == 1


def test_the_whole_file_cut_short_saves_what_is_left(whole: Whole, tmp_path: Path) -> None:
    path = damaged(whole, tmp_path, [], "flipped")
    keep = whole.total * 2 // 3
    with path.open("r+b") as file:
        file.truncate(keep * PAGE)
    done, held = saved(path)
    gone = set(range(keep + 1, whole.total + 1))
    assert outside(whole, sorted(gone)) <= held <= whole.ops
    assert not done.all_missing_named or {m.op for m in done.missing} == whole.ops - held


def test_every_tree_page_and_free_page_has_an_owner(whole: Whole) -> None:
    with RawPages(whole.path, KEY) as pages:
        known = survey(pages)
        assert set(known.owner) == set(range(1, pages.total + 1))
        assert known.owner[1] == SCHEMA
        for number in free_pages(pages.page, pages.total):
            assert known.owner[number] == FREE


def test_noise_is_no_tree() -> None:
    chance = random.Random(7)
    for _ in range(3000):
        noise = bytearray(chance.randbytes(4016))
        noise[0] = chance.choice((2, 5, 10, 13))
        node = node_of(2, {2: bytes(noise)}.get, 1000)
        assert (
            node is None
            or node.kind == TABLE_INNER
            or all(cell.values is None for cell in node.cells)
            or node.cells == ()
        )


def test_tables_are_known_as_each_version_stores_them() -> None:
    assert tables_of(1)["op"][0] == "no" and tables_of(2)["op"][:4] == ("patient", "kind", "at", "id")
    assert tables_of(1)["fact"][:2] == ("kind", "id") and "fact" not in tables_of(2)


def test_a_book_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        salvage(tmp_path / "none.db", KEY, tmp_path / "new.db")
