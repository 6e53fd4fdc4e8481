# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity documents: the specimen of the standard, invented cards written and read back, and one sign that is wrong."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.id_documents import check_digit, read_document

TODAY = date(2026, 11, 21)


def td1(number: str, born: date, family: str, given: str) -> str:
    """Three lines as an Argentine card prints them."""
    first = f"IDARG{number:<9}".replace(" ", "<") + check_digit(f"{number:<9}".replace(" ", "<"))
    first = f"{first:<30}".replace(" ", "<")
    birth, expiry = f"{born:%y%m%d}", "300101"
    second = f"{birth}{check_digit(birth)}F{expiry}{check_digit(expiry)}ARG" + "<" * 11
    second += check_digit(first[5:30] + second[:7] + second[8:15] + second[18:29])
    third = f"{family}<<{given}".replace(" ", "<")[:30]
    return "\n".join((first, second, third.ljust(30, "<")))


def test_the_check_digits_of_the_standard() -> None:
    """ICAO 9303-3, appendix A: the date 27 July 1952, and the number AB2134."""
    assert (check_digit("520727"), check_digit("AB2134<<<"), check_digit("é")) == ("3", "5", "")


@given(
    st.integers(1_000_000, 99_999_999),
    st.dates(date(1927, 1, 1), TODAY),
    st.from_regex(r"[A-Z]{2,8}( [A-Z]{2,4})?", fullmatch=True),
    st.from_regex(r"[A-Z]{2,6}( [A-Z]{2,4})?", fullmatch=True),
)
def test_a_card_is_read_back(number: int, born: date, family: str, given: str) -> None:
    found = read_document(td1(str(number), born, family, given), TODAY)
    assert found is not None
    assert (found.number, found.born, found.name.family, " ".join(found.name.given)) == (
        str(number), born, family.title(), given.title(),
    )  # fmt: skip


CARD = td1("14233456", date(1961, 3, 5), "QUISPE", "ROSA ELENA")


@given(st.sampled_from([*range(5, 13), 14, *range(31, 38), *range(39, 46)]), st.sampled_from("0123456789"))
def test_a_wrong_digit_is_noticed(place: int, digit: str) -> None:
    """But for a 0 in place of a filler, which weighs the same."""
    wrong = CARD[:place] + digit + CARD[place + 1 :]
    assert wrong == CARD or read_document(wrong, TODAY) is None


@given(st.text(max_size=120))
def test_whatever_is_scanned_is_a_document_or_none(text: str) -> None:
    read_document(text, TODAY)
