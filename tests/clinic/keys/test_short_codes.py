# SPDX-License-Identifier: GPL-3.0-or-later
"""Short codes: typed as people type, mistakes caught before anybody is asked, opened by nobody else."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.keys import short_codes
from clinic.keys.codes import WrongCode
from clinic.keys.refusals import Unreadable
from clinic.keys.short_codes import (
    ShortCode,
    open_invitation,
    read_short_code,
    seal_invitation,
)
from clinic.keys.stretch import WEAK
from clinic.keys.typed_codes import SYMBOLS, is_short, new_short_code
from tests.clinic.keys.test_invites import AT, INVITATION


def read(text: str) -> ShortCode:
    return read_short_code(text, cost=WEAK, weak_for_tests=True)


@given(st.binary(min_size=14, max_size=14))
def test_a_code_is_read_however_it_is_typed(drawn: bytes) -> None:
    code = new_short_code(lambda count: drawn)
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4] and is_short(code)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read(typed) == read(code) == read(code.replace("-", "").replace("1", "I"))


def test_codes_differ_and_so_does_what_they_come_to() -> None:
    codes = {new_short_code(os.urandom) for _ in range(50)}
    found = [read(code) for code in codes]
    assert len(codes) == len({one.box for one in found}) == len({one.key for one in found}) == 50
    assert all(len(one.box) == 26 and len(one.key) == 32 for one in found)


def test_nearly_every_slip_is_caught_here() -> None:
    """One symbol for another, or two neighbours swapped: 1 of 1024 slips passes two check symbols."""
    code, caught, tried = "".join(new_short_code(os.urandom).split("-")), 0, 0
    slips = [code[:at] + other + code[at + 1 :] for at in range(16) for other in SYMBOLS if other != code[at]]
    slips += [
        code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(15) if code[at] != code[at + 1]
    ]
    for slip in slips:
        tried += 1
        try:
            read(slip)
        except WrongCode:
            caught += 1
    assert caught >= tried * 0.97


@pytest.mark.parametrize(
    "text", ["", "4KZ7-9QPM-XW2C", "POSTA:JOIN:1:QIMPBJYB", "4KZ7-9QPM-XW2C-81T!", "ñññññññññññññññ1"]
)
def test_what_is_no_short_code(text: str) -> None:
    assert not is_short(text)
    with pytest.raises(WrongCode):
        read(text)


def test_only_the_code_opens_what_it_stands_for() -> None:
    code, other = read(new_short_code(os.urandom)), read(new_short_code(os.urandom))
    sealed = seal_invitation(INVITATION, code, os.urandom)
    assert open_invitation(sealed, code, AT) == INVITATION
    for wrong in (sealed[:-1], sealed[:30], b"", sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(Unreadable):
            open_invitation(wrong, code, AT)
    with pytest.raises(Unreadable):
        open_invitation(sealed, other, AT)


def test_the_length_does_not_tell_the_role() -> None:
    code = read(new_short_code(os.urandom))
    later = replace(INVITATION, expires_at=AT + timedelta(hours=23, microseconds=1))
    assert len(seal_invitation(later, code, os.urandom)) == len(seal_invitation(INVITATION, code, os.urandom))


def test_a_try_costs_what_a_password_costs() -> None:
    assert short_codes._COST.memory_kib >= 64 * 1024 and short_codes._COST.time_cost >= 3
