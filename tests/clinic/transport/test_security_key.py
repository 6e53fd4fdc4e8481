# SPDX-License-Identifier: GPL-3.0-or-later
"""The port of security keys, against a key in software that speaks the real protocol."""

import os

import pytest
from fido2.hid import ConnectionFailure

from clinic.domain.errors import Refusal, Unavailable
from clinic.transport.security_key import UsbKey
from tests.soft_key import SoftKey

SALT = bytes(range(32))


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> list[SoftKey]:
    """What is plugged in."""
    keys: list[SoftKey] = []
    monkeypatch.setattr("fido2.hid.CtapHidDevice.list_devices", lambda: iter(keys))
    return keys


def test_the_same_secret_for_the_same_salt_another_for_another(plugged: list[SoftKey]) -> None:
    plugged.append(SoftKey())
    key = UsbKey(os.urandom)
    credential = key.enrol("Ana Ruiz")
    secret = key.secret(credential, SALT)
    assert len(secret) == 32 and key.secret(credential, SALT) == secret
    assert key.secret(credential, bytes(32)) != secret
    assert key.secret(key.enrol("Ana Ruiz"), SALT) != secret


def test_a_key_with_a_pin_is_asked_for_it_once_and_never_at_the_door(plugged: list[SoftKey]) -> None:
    """At the log-in nobody types it, so the secret is the one without."""
    plugged.append(SoftKey(pin="280519"))
    credential = UsbKey(os.urandom, lambda: "280519").enrol("Ana Ruiz")
    secret = UsbKey(os.urandom, lambda: "280519").secret(credential, SALT)
    assert UsbKey(os.urandom).secret(credential, SALT) == secret


@pytest.mark.parametrize("typed", ["", "111111"])
def test_a_wrong_pin_of_the_key_is_a_sentence(plugged: list[SoftKey], typed: str) -> None:
    plugged.append(SoftKey(pin="280519"))
    with pytest.raises(Refusal, match="PIN right"):
        UsbKey(os.urandom, lambda: typed).enrol("Ana Ruiz")


def test_another_key_is_told_apart(plugged: list[SoftKey]) -> None:
    plugged.append(SoftKey())
    credential = UsbKey(os.urandom).enrol("Ana Ruiz")
    plugged[0] = SoftKey()
    with pytest.raises(Refusal, match="not the one"):
        UsbKey(os.urandom).secret(credential, SALT)


def test_none_several_and_one_that_cannot(plugged: list[SoftKey], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="No security key"):
        UsbKey(os.urandom).enrol("Ana Ruiz")
    plugged += [SoftKey(), SoftKey()]
    with pytest.raises(Refusal, match="Leave only yours"):
        UsbKey(os.urandom).enrol("Ana Ruiz")
    plugged[:] = [SoftKey(keeps_secrets=False)]
    with pytest.raises(Refusal, match="cannot keep secrets"):
        UsbKey(os.urandom).enrol("Ana Ruiz")

    def none_here() -> object:
        raise OSError("no access")

    monkeypatch.setattr("fido2.hid.CtapHidDevice.list_devices", none_here)
    with pytest.raises(Unavailable, match="cannot be reached"):
        UsbKey(os.urandom).enrol("Ana Ruiz")


def test_nobody_touches_it(plugged: list[SoftKey]) -> None:
    plugged.append(SoftKey())
    credential = UsbKey(os.urandom).enrol("Ana Ruiz")
    plugged[0].touched = False
    with pytest.raises(Refusal, match="touched"):
        UsbKey(os.urandom).secret(credential, SALT)


@pytest.mark.parametrize("fault", [OSError("no such device"), ConnectionFailure("Wrong channel")])
def test_pulled_out_on_the_way_or_talking_to_another_program(
    plugged: list[SoftKey], monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    plugged.append(SoftKey())
    credential = UsbKey(os.urandom).enrol("Ana Ruiz")

    def gone(*_: object, **__: object) -> bytes:
        raise fault

    monkeypatch.setattr(SoftKey, "call", gone)
    with pytest.raises(Unavailable, match="Plug it in again"):
        UsbKey(os.urandom).secret(credential, SALT)
