# SPDX-License-Identifier: GPL-3.0-or-later
"""Six digits of a phone (RFC 6238), and what a security key adds to a password."""

import os

import pyotp
import pytest

from clinic.domain.errors import Refusal
from clinic.keys.factors import (
    STEP_S,
    CodeMissing,
    CodeWrong,
    check_code,
    mixed,
    new_totp,
    totp_typed,
    totp_uri,
)

SECRET = b"12345678901234567890"
"""Of the test vectors of RFC 6238, appendix B (SHA-1)."""


@pytest.mark.parametrize(
    ("now_s", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_vectors_of_the_rfc(now_s: int, code: str) -> None:
    """Their eight digits, the last six of them."""
    assert check_code(SECRET, code, now_s, 0) == now_s // STEP_S


def test_clocks_half_a_minute_apart_agree_a_minute_apart_they_do_not() -> None:
    now = 1_800_000_000.0
    for drift in (-STEP_S, 0, STEP_S):
        check_code(SECRET, pyotp.TOTP(_base32()).at(int(now) + drift), now, 0)
    for drift in (-2 * STEP_S, 2 * STEP_S):
        with pytest.raises(CodeWrong, match="both clocks"):
            check_code(SECRET, pyotp.TOTP(_base32()).at(int(now) + drift), now, 0)


def test_a_code_and_those_before_it_count_once() -> None:
    now = 1_800_000_000.0
    totp = pyotp.TOTP(_base32())
    step = check_code(SECRET, totp.at(int(now)), now, 0)
    for spent in (int(now), int(now) - STEP_S):
        with pytest.raises(CodeWrong, match="has been used"):
            check_code(SECRET, totp.at(spent), now, step)
    assert check_code(SECRET, totp.at(int(now) + STEP_S), now, step) == step + 1


@pytest.mark.parametrize("typed", ["12345", "1234567", "abcdef", "٣٣٤٤٥٥", "\ud800", "-12345"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(CodeWrong):
        check_code(SECRET, typed, 59, 0)


def test_nothing_typed_is_another_sentence() -> None:
    with pytest.raises(CodeMissing):
        check_code(SECRET, "  ", 59, 0)
    check_code(SECRET, " 287 082 ", 59, 0)


def test_a_phone_reads_the_same_secret_from_the_code_and_from_the_letters() -> None:
    secret = new_totp(os.urandom)
    phone = pyotp.parse_uri(totp_uri(secret, "Ana Ruiz", "Posta Hospital"))
    assert isinstance(phone, pyotp.TOTP)
    assert (phone.name, phone.issuer) == ("Ana Ruiz", "Posta Hospital")
    assert phone.secret == totp_typed(secret).replace(" ", "")
    assert check_code(secret, phone.at(59), 59, 0) == 1


def test_neither_password_nor_key_tells_the_slot_s_key_alone() -> None:
    one, other = bytes(32), bytes([1]) * 32
    assert len({mixed(one, one), mixed(one, other), mixed(other, one), one, other}) == 5
    with pytest.raises(Refusal, match="something unexpected"):
        mixed(one, b"short")


def _base32() -> str:
    return totp_typed(SECRET).replace(" ", "")
