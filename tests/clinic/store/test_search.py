# SPDX-License-Identifier: GPL-3.0-or-later
"""Words are found however they are spelled, newest first, with what was found marked; what is replaced is not found."""

import threading
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import Communication, Composition, CompositionStatus, Condition, Link
from clinic.domain.ids import EncounterId, FactId, OpId, PatientId, UserId, patient_scope
from clinic.domain.record import Record
from clinic.domain.values import Coding
from clinic.domain.wording import words_of
from clinic.protocol.op import Op
from clinic.store.book import Book, Changes
from clinic.store.folding import search_words
from clinic.store.lastwritten import TURN
from clinic.store.search import PILE_SEEN, snippet

KEY = bytes(range(32))
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA, BEA = PatientId("ana.1"), PatientId("bea.1")


def message(number: int, text: str, patient: PatientId = ANA, retracted: str = "") -> Communication:
    return Communication(
        id=FactId(f"m{number}"), patient=patient, sent_at=AT + timedelta(days=number), sender="u", text=text,
        retracted=retracted,
    )  # fmt: skip


def file(book: Book, number: int, fact: Record, replaces: tuple[str, ...] = ()) -> None:
    op = Op(id=OpId(f"op{number}"), stamp=number, fact=fact, replaces=tuple(OpId(r) for r in replaces))
    book.keep(lambda page: page.file_op(op, patient_scope(op.patient)) and None)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts stay on the pile until a test has them read."""
    monkeypatch.setattr("clinic.store.book.READ_AFTER_S", 3600.0)


def found(book: Book, typed: str, **how: object) -> list[str]:
    """What is found on the pile and in the index: the same."""
    looks = []
    for _ in range(2):
        looks.append([hit.fact.id for hit in book.read(lambda page: page.search(typed, **how))])
        book.read_all_texts()
    assert looks[0] == looks[1]
    return looks[1]


@pytest.mark.parametrize(
    "typed", ["dolor", "DOLÓR", "dolores", "pecho dolor", "dolor pech", "opresivos", "dol"]
)
def test_a_word_is_found_however_it_is_typed(book: Book, typed: str) -> None:
    file(book, 1, message(1, "Dolor opresivo de pecho desde ayer"))
    file(book, 2, message(2, "Tos seca"))
    assert found(book, typed) == ["m1"]


def test_the_newest_comes_first_whatever_was_filed_first(book: Book) -> None:
    for number in (2, 5, 1, 4):
        file(book, number, message(number, "control de presión"))
    assert found(book, "presion") == ["m5", "m4", "m2", "m1"]
    assert found(book, "presion", limit=2) == ["m5", "m4"]


def test_the_best_comes_first_when_ranked(book: Book) -> None:
    file(book, 1, message(1, "asma asma asma"))
    file(
        book,
        2,
        message(2, "asma, y además mucho de otras cosas que nada tienen que ver con lo que se busca aquí"),
    )
    assert [hit.fact.id for hit in book.read(lambda page: page.search("asma", ranked=True))] == ["m2", "m1"]
    book.read_all_texts()
    assert found(book, "asma", ranked=True) == ["m1", "m2"]


def test_filters_by_patient_kind_and_time(book: Book) -> None:
    file(book, 1, message(1, "tos"))
    file(book, 2, message(2, "tos", BEA))
    cold = Condition(
        id=FactId("c"), patient=ANA, code=Coding(system="x", code="R05", display="Tos"), recorded_at=AT
    )
    file(book, 3, cold)
    day = 86_400_000
    start = int(AT.timestamp() * 1000)
    assert set(found(book, "tos")) == {"m1", "m2", "c"}
    assert set(found(book, "tos", patient=ANA)) == {"m1", "c"}
    assert found(book, "tos", patient=ANA, kinds=(Condition,)) == ["c"]
    assert found(book, "tos", since_ms=start + day, until_ms=start + 2 * day) == ["m1"]
    assert found(book, "R05") == ["c"]


def test_what_turned_out_to_be_the_same_person_is_found_with_her(book: Book) -> None:
    file(book, 1, message(1, "fiebre", BEA))
    link = Link(id=FactId("l"), patient=BEA, other=ANA, by=UserId("u"), linked_at=AT)
    assert found(book, "fiebre", patient=ANA) == []
    file(book, 2, link)
    assert found(book, "fiebre", patient=ANA) == ["m1"]


def test_what_was_replaced_or_taken_back_is_not_found(book: Book) -> None:
    file(book, 1, message(1, "penicilina"))
    file(book, 2, message(1, "amoxicilina"), ("op1",))
    assert found(book, "penicilina") == [] and found(book, "amoxicilina") == ["m1"]
    file(book, 3, message(1, "amoxicilina", retracted="written on the wrong chart"), ("op2",))
    assert found(book, "amoxicilina") == []


def test_many_of_one_moment_are_all_found(book: Book) -> None:
    for number in range(30):
        same = Communication(id=FactId(f"m{number}"), patient=ANA, sent_at=AT, sender="u", text="igual")
        file(book, number, same)
    assert len(found(book, "igual", limit=50)) == 30


def test_a_moment_of_another_age_is_filed_and_found(book: Book) -> None:
    for number, year in ((1, 9999), (2, 1)):
        far = Communication(
            id=FactId(f"m{number}"),
            patient=ANA,
            sent_at=datetime(year, 6, 1, tzinfo=UTC),
            sender="u",
            text="lejano",
        )
        file(book, number, far)
    assert found(book, "lejano") == ["m1", "m2"]


def test_what_was_found_is_marked_in_a_piece_of_the_text(book: Book) -> None:
    note = Composition(
        id=FactId("n"), patient=ANA, encounter=EncounterId("e"), status=CompositionStatus.FINAL, author=UserId("u"), signed_at=AT,
        plan="Antes de todo lo demás, que no viene al caso y es largo de contar. Control de la presión arterial en una semana.",
    )  # fmt: skip
    file(book, 1, note)
    (hit,) = book.read(lambda page: page.search("PRESION"))
    assert [piece.text for piece in hit.snippet if piece.found] == ["presión"]
    assert hit.snippet[0].text == "…" and "arterial" in "".join(piece.text for piece in hit.snippet)


@pytest.mark.parametrize(
    "typed", ["", "  ", '"', "a OR b", "NEAR(", "* -", "\x00", "tags:k9", "😀", "words:"]
)
def test_search_syntax_is_only_text(book: Book, typed: str) -> None:
    file(book, 1, message(1, "hola"))
    assert found(book, typed) == []


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=8), max_size=3))
def test_the_pieces_of_a_snippet_are_the_text(text: str, typed: list[str]) -> None:
    pieces = snippet(text, search_words(" ".join(typed)))
    whole = "".join(piece.text for piece in pieces if piece.text != "…")
    assert "…" in text or whole in unicodedata.normalize("NFC", text)


@given(st.text(max_size=40))
def test_the_stem_of_a_word_begins_it(text: str) -> None:
    assert all(
        word.startswith(stem) and len(stem) >= min(4, len(word))
        for word, stem in zip(words_of(text), search_words(text), strict=True)
    )


def test_what_is_shown_again_is_found_once(book: Book) -> None:
    """Shown, replaced, and shown again by a version that says otherwise; some of it read into the index in between."""
    for step in range(3):
        if step == 1:
            book.read_all_texts()
        file(book, step, message(1, "tos seca"), (f"op{step - 1}",) if step else ())
    book.keep(lambda page: page.lay_on_pile([Op(id=OpId("op2"), stamp=2, fact=message(1, "tos seca"))]))
    assert found(book, "tos") == ["m1"]
    assert book.read(lambda page: page.unread()) == 0


def test_a_pile_that_was_left_is_read_when_the_book_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book.open(tmp_path / "left.db", KEY)
    for number in range(250):
        file(book, number, message(number, "control de presión"))
    book.close()
    monkeypatch.setattr("clinic.store.book.READ_AFTER_S", 0.0)
    book = Book.open(tmp_path / "left.db", KEY)
    while book.read(lambda page: page.unread()):
        pass
    assert len(found(book, "presion", limit=300)) == 250
    book.close()


def test_of_a_long_pile_the_newest_are_found(book: Book) -> None:
    for number in range(PILE_SEEN + 20):
        file(book, number, message(number, "control"))
    hits = book.read(lambda page: page.search("control", limit=500))
    assert len(hits) == PILE_SEEN and hits[0].fact.id == f"m{PILE_SEEN + 19}"
    book.read_all_texts()
    assert len(found(book, "control", limit=500)) == PILE_SEEN + 20


def test_a_write_without_words_is_followed_by_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty pile is not read: a computer at rest writes nothing."""
    rested = threading.Event()
    monkeypatch.setattr("clinic.store.book.READ_AFTER_S", 0.0)
    monkeypatch.setattr("clinic.store.book.EMPTY_AFTER_S", 0.0)
    monkeypatch.setattr(Book, "_empty_log", lambda _book: rested.set())  # the chore after it
    book = Book.open(tmp_path / "quiet.db", KEY)
    rested.clear()
    before = book.write(lambda page: (page.number(TURN), Changes()))
    assert rested.wait(10)
    assert book.read(lambda page: page.numbers(TURN)) == {TURN: before + 1}
    book.close()
