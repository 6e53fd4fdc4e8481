# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.keys.cards import Card, PinMissing, card_text, new_card, open_capsule, read_card, seal_capsule
from clinic.keys.codes import CodeKind, WrongCode, code_kind, read_code, write_code
from clinic.keys.refusals import Unreadable

from .conftest import repeating

CARD = new_card(repeating(b"card"))
DNI = "00123456789@QUIROGA@MARIA LUZ@F@12345678@A@01/02/1950@03/04/2015@270"


@given(st.sampled_from([CodeKind.CARD, CodeKind.JOIN]), st.binary(max_size=200))
def test_a_code_reads_back_in_any_case(kind: CodeKind, payload: bytes) -> None:
    text = write_code(kind, payload)
    assert read_code(kind, text) == read_code(kind, f" {text.lower()}\n") == payload


@given(st.data())
def test_a_code_read_wrongly_in_one_letter_is_refused(data: st.DataObject) -> None:
    text = card_text(CARD.secret)
    place = data.draw(st.integers(len("POSTA:CARD:"), len(text) - 1))
    letter = data.draw(
        st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:@ ñß").filter(lambda x: x != text[place])
    )
    with pytest.raises(WrongCode) as problem:
        read_card(text[:place] + letter + text[place + 1 :])
    assert problem.value.kind == CodeKind.CARD


@given(st.text(max_size=200))
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(WrongCode):
        read_card(text)


@pytest.mark.parametrize(("text", "kind", "sentence"), [
    (DNI, CodeKind.NATIONAL_ID, "national identity"), ("https://example.org", CodeKind.OTHER, "not one of Posta's"),
    (write_code(CodeKind.JOIN, b"x"), CodeKind.JOIN, "invitation"), ("POSTA:CARD:2:AAAA", CodeKind.CARD, "another version"),
    (card_text(b"x" * 32)[:-9], CodeKind.CARD, "not read whole"),
    (write_code(CodeKind.CARD, b"short"), CodeKind.CARD, "not read whole"),
    ("POSTA:CARD:1:" + "A" * 5000, CodeKind.CARD, "not read whole"), ("POSTA:CARD", CodeKind.CARD, "another version"),
    ("", CodeKind.OTHER, "not one of Posta's"), ("POSTA:XYZ:1:AA", CodeKind.OTHER, "not one of Posta's"),
])  # fmt: skip
def test_each_code_is_told_from_the_others(text: str, kind: CodeKind, sentence: str) -> None:
    with pytest.raises(WrongCode, match=sentence) as problem:
        read_card(text)
    assert problem.value.kind == code_kind(text) == kind


def test_a_card_is_no_invitation() -> None:
    with pytest.raises(WrongCode, match="patient's card"):
        read_code(CodeKind.JOIN, card_text(CARD.secret))


def test_a_card_keeps_its_secret_to_itself() -> None:
    assert read_card(card_text(CARD.secret)) == CARD
    assert repr(CARD) == "Card()" and CARD.lookup not in card_text(CARD.secret).lower()


@given(st.binary(max_size=3000))
def test_a_capsule_opens_with_its_card_only(contents: bytes) -> None:
    capsule = seal_capsule(CARD.public_key, contents)
    assert open_capsule(CARD, capsule) == contents
    with pytest.raises(Unreadable):
        open_capsule(Card(b"another secret".ljust(32)), capsule)


CAPSULE = seal_capsule(CARD.public_key, b"appointment on Monday")


@given(st.integers(0, len(CAPSULE) - 1), st.integers(0, 7))
def test_every_flipped_bit_of_a_capsule_is_refused(place: int, bit: int) -> None:
    damaged = bytearray(CAPSULE)
    damaged[place] ^= 1 << bit
    with pytest.raises(Unreadable):
        open_capsule(CARD, bytes(damaged))
    with pytest.raises(Unreadable):
        open_capsule(CARD, CAPSULE[:place])


WITH_PIN = new_card(repeating(b"pin"), "2749")
SEALED = seal_capsule(WITH_PIN.public_key, b"appointment on Monday")


def test_a_card_with_a_pin_opens_with_both_and_with_neither_alone() -> None:
    read = read_card(card_text(WITH_PIN.secret, asks_pin=True))
    assert open_capsule(read.with_pin("2749"), SEALED) == b"appointment on Monday"
    with pytest.raises(PinMissing):
        open_capsule(read, SEALED)
    for wrong in (read.with_pin("2740"), Card(WITH_PIN.secret), Card(bytes(32), True, "2749")):
        with pytest.raises(Unreadable):
            open_capsule(wrong, SEALED)
    assert "2749" not in repr(read.with_pin("2749"))


@pytest.mark.parametrize("payload", [b"\x02" + bytes(32), bytes(31), b"\x01" + bytes(33), b""])
def test_a_card_of_another_shape_is_refused(payload: bytes) -> None:
    with pytest.raises(WrongCode):
        read_card(write_code(CodeKind.CARD, payload))
