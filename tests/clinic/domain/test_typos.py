# SPDX-License-Identifier: GPL-3.0-or-later
"""One wrong letter is forgiven, in words long enough to have one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.typos import LETTERS, SHORTEST, begins, meant

WORDS = tuple(sorted(["asma", "hipertension", "hipotension", "neumonia", "esencial"]))


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("hipertencion", "hipertension"),
        ("hpertension", "hipertension"),
        ("hipertennsion", "hipertension"),
        ("hipretension", "hipertension"),
        ("nuemo", "neumo"),
        ("neumonia", ""),
        ("neumo", ""),
        ("asn", ""),
        ("xxxxx", ""),
    ],
)
def test_what_somebody_may_have_meant(typed: str, near: str) -> None:
    assert (near in meant(typed, WORDS)) if near else meant(typed, WORDS) == ()


@given(st.text(LETTERS, min_size=SHORTEST, max_size=9), st.integers(0, 8), st.sampled_from(LETTERS))
def test_a_replaced_letter_is_always_found_again(word: str, at: int, letter: str) -> None:
    at %= len(word)
    typed = word[:at] + letter + word[at + 1 :]
    assert typed == word or word in meant(typed, (word,))


@given(st.lists(st.text(LETTERS, min_size=1, max_size=6), max_size=12), st.text(LETTERS, max_size=4))
def test_beginnings_are_found_as_by_looking_at_every_word(words: list[str], start: str) -> None:
    assert begins(start, sorted(words)) == any(word.startswith(start) for word in words)
