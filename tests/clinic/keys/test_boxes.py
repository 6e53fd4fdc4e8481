# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.keys.boxes import lock, open_sealed, public_box_key, seal_to, sound_box_key, unlock
from clinic.keys.refusals import Unreadable

PRIVATE = bytes(range(32))
KEY, NONCE = b"k" * 32, b"n" * 24


@given(st.binary(max_size=300))
def test_a_sealed_box_opens_for_its_owner(data: bytes) -> None:
    assert open_sealed(PRIVATE, seal_to(public_box_key(PRIVATE), data)) == data


def test_nobody_else_opens_it() -> None:
    sealed = seal_to(public_box_key(PRIVATE), b"secret")
    with pytest.raises(Unreadable):
        open_sealed(b"x" * 32, sealed)
    with pytest.raises(Unreadable):
        open_sealed(PRIVATE, sealed[:40])


@pytest.mark.parametrize("public", [b"", b"\0" * 32, b"\x01" + b"\0" * 31, b"x" * 31])
def test_keys_one_cannot_seal_to_are_refused(public: bytes) -> None:
    assert not sound_box_key(public)
    with pytest.raises(Unreadable):
        seal_to(public, b"secret")


@given(st.binary(max_size=300), st.binary(max_size=50))
def test_lock_and_unlock(data: bytes, context: bytes) -> None:
    locked = lock(KEY, NONCE, data, context)
    assert unlock(KEY, NONCE, locked, context) == data
    for bad in (
        (KEY, NONCE, locked, context + b"!"),
        (KEY, NONCE[::-1] + b"", locked[:-1], context),
        (KEY, b"", locked, context),
    ):
        with pytest.raises(Unreadable):
            unlock(*bad)
