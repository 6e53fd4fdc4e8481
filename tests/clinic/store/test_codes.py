# SPDX-License-Identifier: GPL-3.0-or-later
"""Code tables in the store: where they are from, and every way of finding a row."""

from datetime import UTC, datetime

import pytest

from clinic.store.book import Book
from clinic.store.codes import Codes, CodeSource

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROWS = (("J18.9", "Neumonía, no especificada"), ("J18.1", "Neumonía lobar"), ("I10", "Hipertensión esencial"))


@pytest.fixture
def filled(book: Book) -> Book:
    book.keep(lambda page: page.load_codes("icd", "es", ROWS, "2026", "CC0", "abc", AT))
    book.keep(lambda page: page.load_codes("icd", "en", (("R05", "Cough"),), "2019", "MIT", "def", AT))
    return book


def test_every_table_says_where_it_is_from(filled: Book) -> None:
    assert filled.read(lambda page: Codes(page).sources()) == (
        CodeSource("icd", "en", "2019", "MIT", "def", 1, AT),
        CodeSource("icd", "es", "2026", "CC0", "abc", 3, AT),
    )
    assert filled.read(lambda page: Codes(page).digests("icd")) == {"es": "abc", "en": "def"}
    assert filled.read(lambda page: Codes(page).digests("nothing")) == {}


def test_rows_by_code_by_words_and_alone(filled: Book) -> None:
    def codes(found: object) -> list[str]:
        return [row.code for row in found]  # type: ignore[attr-defined]

    assert codes(filled.read(lambda page: Codes(page).by_code("icd", "es", "J18", 9))) == ["J18.1", "J18.9"]
    assert codes(filled.read(lambda page: Codes(page).by_code("icd", "es", "J18", 1))) == ["J18.1"]
    assert codes(filled.read(lambda page: Codes(page).by_words("icd", "es", '"neumonia"*', 9))) == [
        "J18.1",
        "J18.9",
    ]
    assert codes(
        filled.read(lambda page: Codes(page).by_words("icd", "es", '"neumonia"*', 9, ["J18.9", "I10"]))
    ) == ["J18.9"]
    cough = filled.read(lambda page: Codes(page).row("icd", "R05", "es"))
    assert cough is not None and cough.display == "Cough"
    assert filled.read(lambda page: Codes(page).row("icd", "Z99", "es")) is None
    assert filled.read(lambda page: Codes(page).vocabulary("icd", "es")) == (
        "esencial", "especificada", "hipertension", "lobar", "neumonia", "no",
    )  # fmt: skip
