# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery sheets: any two of three give the secret, one gives nothing, what is mistyped is said."""

import os
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.keys.codes import CodeKind, code_kind
from clinic.keys.sheets import SheetWords, join, read_sheet, split

SECRET = os.urandom(32)
SHEETS = split(SECRET)


def test_any_two_in_any_order_give_the_secret_and_all_three_too() -> None:
    for pair in permutations(SHEETS, 2):
        assert join(pair) == SECRET
    assert join(SHEETS, SHEETS[0].mark) == SECRET
    assert [sheet.number for sheet in SHEETS] == [1, 2, 3] and len({s.mark for s in SHEETS}) == 1


def test_one_alone_even_twice_tells_nothing() -> None:
    for sheets in ([], [SHEETS[0]], [SHEETS[1], SHEETS[1]]):
        with pytest.raises(Refusal, match="Two different sheets"):
            join(sheets)
    for sheet in SHEETS:
        assert SECRET not in sheet.qr_text.encode() and SECRET.hex() not in " ".join(sheet.words)


def test_another_set_is_named() -> None:
    other = split(SECRET)
    while other[0].mark == SHEETS[0].mark:  # one in 32,768
        other = split(SECRET)
    with pytest.raises(Refusal, match="different sets"):
        join([SHEETS[0], other[1]])
    with pytest.raises(Refusal, match=f"number {SHEETS[0].mark}"):
        join(other, SHEETS[0].mark)


def test_words_as_people_type_them_and_qr_texts_say_the_same() -> None:
    sheet = SHEETS[2]
    numbered = "\n".join(f"{n}. {word.upper()}," for n, word in enumerate(sheet.words, 1))
    assert read_sheet(numbered) == read_sheet(sheet.qr_text) == read_sheet(sheet.qr_text.lower()) == sheet
    assert code_kind(sheet.qr_text) == CodeKind.SHEET


@settings(max_examples=30)
@given(st.data())
def test_a_word_that_is_wrong_or_in_the_wrong_place_is_said(data: st.DataObject) -> None:
    words = list(SHEETS[0].words)
    place = data.draw(st.integers(0, len(words) - 1))
    kind = data.draw(st.sampled_from(["letter", "gone", "swapped", "other"]))
    if kind == "letter":
        words[place] = words[place][:-1] + ("x" if words[place][-1] != "x" else "y")
    elif kind == "gone":
        del words[place]
    elif kind == "swapped":
        other = data.draw(st.integers(0, len(words) - 1).filter(lambda n: words[n] != words[place]))
        words[place], words[other] = words[other], words[place]
    else:
        words[place] = data.draw(st.sampled_from([w for w in SHEETS[1].words if w != words[place]]))
    with pytest.raises(Refusal, match="misspelt"):
        read_sheet(" ".join(words))


@pytest.mark.parametrize(
    "text", ["", "posta", "POSTA:SHEET:1:AAAA", "ñandú " * 33, "academic " * 33, "\ud800"]
)
def test_what_is_no_sheet_is_a_sentence(text: str) -> None:
    with pytest.raises(Refusal):
        read_sheet(text)


def test_two_sheets_forged_to_look_alike_do_not_pass() -> None:
    """The digest inside the secret's parts is checked: a sheet of the same set number but another secret is found."""
    one, two = SHEETS[:2]
    liar = SheetWords(two.mark, two.number, split(os.urandom(32))[1].words)
    with pytest.raises(Refusal):
        join([one, liar])


def test_nothing_secret_is_printed() -> None:
    for sheet in SHEETS:
        assert not any(word in repr(sheet) for word in sheet.words if len(word) > 5)
