# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.ids import EncounterId
from clinic.keys.letters import open_letter, seal_letter
from clinic.keys.refusals import Unreadable
from clinic.protocol.codec import Malformed, dumps, loads
from clinic.protocol.letters import Letter, QueuePlace
from clinic.protocol.trust import Revoke

from .conftest import AT, Clinic, Somebody, repeating

PLACE = QueuePlace(encounter=EncounterId("e1"), place=2, wait_minutes=10, status="arrived")


def letter(clinic: Clinic, number: int = 1) -> Letter:
    return Letter(
        sender=clinic.eva.device, receiver=clinic.kiosk.device, number=number, sent_at=AT, content=PLACE
    )


def sealed(clinic: Clinic, written: Letter | None = None, by: Somebody | None = None) -> bytes:
    return seal_letter(
        (by or clinic.eva).device_keys, clinic.kiosk.device_keys.public.box, written or letter(clinic)
    )


def opened(clinic: Clinic, data: bytes, last: int = 0, late: timedelta = timedelta(0)) -> Letter:
    return open_letter(data, clinic.log, clinic.kiosk.device_keys, AT + late, {clinic.eva.device: last})


def test_a_letter_arrives(clinic: Clinic) -> None:
    assert opened(clinic, sealed(clinic)) == letter(clinic)
    assert open_letter(sealed(clinic), clinic.log, clinic.kiosk.device_keys, AT, {}) == letter(clinic)


def test_only_the_receiver_opens_it(clinic: Clinic) -> None:
    with pytest.raises(Unreadable):
        open_letter(sealed(clinic), clinic.log, clinic.ben.device_keys, AT, {})


def test_a_letter_passed_on_to_another_is_refused(clinic: Clinic) -> None:
    """Ben cannot show the kiosk what Eva wrote to him."""
    to_ben = replace(letter(clinic), receiver=clinic.ben.device)
    data = seal_letter(clinic.eva.device_keys, clinic.kiosk.device_keys.public.box, to_ben)
    with pytest.raises(Unreadable):
        opened(clinic, data)


def test_old_early_and_repeated_letters_are_refused(clinic: Clinic) -> None:
    data = sealed(clinic, letter(clinic, number=5))
    for late in (timedelta(minutes=2), timedelta(minutes=-2)):
        assert opened(clinic, data, late=late).number == 5
        with pytest.raises(Unreadable, match="too old"):
            opened(clinic, data, late=late * 1.01)
    assert opened(clinic, data, last=4).number == 5
    for last in (5, 6):
        with pytest.raises(Unreadable, match="before"):
            opened(clinic, data, last=last)


@pytest.mark.parametrize("number", [2**62, 2**64, 2**200])
def test_a_number_that_no_store_could_keep_is_refused(clinic: Clinic, number: int) -> None:
    with pytest.raises(Unreadable, match="numbered"):
        opened(clinic, sealed(clinic, letter(clinic, number=number)))


def test_strangers_and_the_revoked_are_refused(clinic: Clinic) -> None:
    for by in (clinic.mallory, clinic.ben):
        with pytest.raises(Unreadable):
            opened(clinic, sealed(clinic, by=by))
    with pytest.raises(Unreadable):
        opened(
            clinic, sealed(clinic, replace(letter(clinic), sender=clinic.mallory.device), by=clinic.mallory)
        )
    gone = clinic.plus(Revoke(device=clinic.ben.device, incarnation=0, last_env_no=9))
    with pytest.raises(Unreadable):
        opened(gone, sealed(clinic, replace(letter(clinic), sender=clinic.ben.device), by=clinic.ben))


@given(data=st.data())
def test_every_flipped_bit_is_refused(clinic: Clinic, data: st.DataObject) -> None:
    wire = bytearray(sealed(clinic))
    wire[data.draw(st.integers(0, len(wire) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Refusal):
        opened(clinic, bytes(wire))


@given(garbage=st.binary(max_size=200))
def test_garbage_is_refused(clinic: Clinic, garbage: bytes) -> None:
    with pytest.raises(Refusal):
        opened(clinic, garbage)


def test_wrong_shapes_are_refused(clinic: Clinic) -> None:
    signature, inside = loads(sealed(clinic))
    for wire in (
        dumps([signature, inside, b""]),
        dumps([b"", inside]),
        dumps([signature, "text"]),
        dumps([signature, b""]),
        b"x" * 70_000,
    ):
        with pytest.raises(Refusal):
            opened(clinic, wire)


def test_a_letter_too_long_is_refused_before_it_leaves(clinic: Clinic) -> None:
    long = replace(letter(clinic), content=replace(PLACE, status=repeating(b"x")(40_000).hex()))
    with pytest.raises(Malformed, match="64 kB"):
        sealed(clinic, long)
