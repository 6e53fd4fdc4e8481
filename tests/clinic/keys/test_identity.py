# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys, device_id, verify
from clinic.keys.refusals import Unreadable

KEYS = DeviceKeys.make(lambda size: bytes(range(size)))


@given(st.binary(max_size=200))
def test_what_a_key_signs_verifies_and_nothing_else_does(message: bytes) -> None:
    signature = KEYS.sign(message)
    assert verify(KEYS.public.signing, message, signature)
    assert not verify(KEYS.public.signing, message + b"!", signature)
    assert not verify(KEYS.public.box, message, signature)


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_verify_is_false_for_garbage(public: bytes, message: bytes, signature: bytes) -> None:
    assert not verify(public, message, signature)


def test_keys_survive_a_slot() -> None:
    assert DeviceKeys.decode(KEYS.encode()) == KEYS
    assert len(KEYS.encode()) == 65


def test_keys_of_one_kind_are_not_taken_for_another() -> None:
    for kind in (UserKeys, RootKeys):
        with pytest.raises(Unreadable):
            kind.decode(KEYS.encode())
    with pytest.raises(Unreadable):
        DeviceKeys.decode(KEYS.encode()[:-1])


def test_private_keys_are_never_printed() -> None:
    assert repr(KEYS) == "DeviceKeys()"


def test_a_device_is_named_by_its_key() -> None:
    name = device_id(KEYS.public.signing)
    assert len(name) == 16 and name == device_id(KEYS.public.signing) != device_id(KEYS.public.box)
