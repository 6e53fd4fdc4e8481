# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new password must be: long, not the first an attacker tries, not the name on the door."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.keys.passwords import PasswordTooShort, check_password, is_row_of_keys

NAMES = ("Zoe Luna Quiroga", "Hospital San Roque")


@pytest.mark.parametrize(
    "password",
    [
        "fifteen letters",
        "siete gatos bajo la mesa",
        "un no si ya va",
        "ñandú ñoño ágil él",
        "Quiroga y su perro marrón",
    ],
)
def test_long_ones_will_do(password: str) -> None:
    check_password(password, names=NAMES)


@pytest.mark.parametrize(
    ("password", "match"),
    [
        ("fourteen lette", "15 characters"),
        ("no no no no no", "15 characters"),
        ("", "15 characters"),
        ("   " + "a" * 20, "repeats"),
        ("abababababababab", "repeats"),
        ("contraseñacontraseña", "first that are tried"),
        ("C0ntr4señ4 123456", "first that are tried"),
        ("qwertyuiopasdfghjkl", "first that are tried"),
        ("0123456789012345", "first that are tried"),
        ("lkjhgfdsapoiuytrewq", "first that are tried"),
        ("1q2w3e4r5t6y7u8i", "first that are tried"),
        ("correct horse battery staple", "first that are tried"),
        ("ZoeLunaQuiroga2026", "your name"),
        ("hospital-san-roque", "your name"),
        ("Quiroga 1980 1980", "your name"),
    ],
)
def test_what_is_tried_first_will_not(password: str, match: str) -> None:
    with pytest.raises(PasswordTooShort, match=match):
        check_password(password, names=NAMES)


def test_beside_a_second_factor_eight_are_enough_but_not_any_eight() -> None:
    check_password("gatitos9", beside_factor=True)
    for weak in ("gatito9", "12345678", "password", "aaaabbbb"):
        with pytest.raises(PasswordTooShort):
            check_password(weak, beside_factor=True)


@given(st.text(max_size=40), st.booleans())
def test_whatever_is_typed_is_taken_or_refused(text: str, beside: bool) -> None:
    with suppress(PasswordTooShort):
        check_password(text, beside_factor=beside, names=NAMES)
        assert len(unicodedata.normalize("NFKC", text).strip()) >= 8


def test_rows_of_keys() -> None:
    assert is_row_of_keys("asdfgh") and is_row_of_keys("654321") and is_row_of_keys("abcabcabc")
    assert not is_row_of_keys("280519")
