# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import pytest
from argon2.exceptions import HashingError
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import UserId
from clinic.keys.boxes import seal_to
from clinic.keys.factors import FactorMissing
from clinic.keys.hashing import tag
from clinic.keys.identity import UserKeys
from clinic.keys.refusals import Unreadable
from clinic.keys.slots import Opened, PasswordTooShort, Slots, WrongPassword, check_password
from clinic.keys.stretch import FLOOR_KIB, WEAK, Cost, stretch
from clinic.protocol.codec import Malformed
from clinic.protocol.custody import SlotFile, SlotKind

from .conftest import repeating

RANDOM = repeating(b"slots")
EVA = Opened("Eva", RANDOM(32), UserId("eva"), UserKeys.make(RANDOM))
BEN = replace(EVA, label="Ben", user_id=UserId("ben"), user_keys=UserKeys.make(RANDOM))
EVAS, BENS, FILE, PAPER = "lluvia sobre el techo de chapa", "a horse, a boat and a lamp", b"k" * 32, b"p" * 32


def two_users() -> Slots:
    slots = Slots.none(weak_for_tests=True).with_password("Eva", EVAS, EVA, RANDOM, WEAK)
    return slots.with_password("Ben", BENS, BEN, RANDOM, WEAK)


def test_each_password_opens_the_same_store_for_its_user() -> None:
    slots = Slots.read(two_users().encode(), weak_for_tests=True)
    assert slots.labels == ("Eva", "Ben")
    assert slots.open(EVAS) == EVA and slots.open(BENS) == BEN
    assert slots.open(BENS, "Ben") == BEN


def test_a_wrong_password_says_what_to_do() -> None:
    for attempt in (
        lambda: two_users().open("a wrong password, really"),
        lambda: two_users().open(EVAS, "Ben"),
        lambda: two_users().open(EVAS, "Nobody"),
        lambda: two_users().open("\ud800"),
    ):
        with pytest.raises(WrongPassword, match="does not open this computer's store"):
            attempt()


def test_a_password_is_the_same_however_its_accents_are_typed() -> None:
    slots = Slots.none(weak_for_tests=True).with_password(
        "Eva", "canci\u00f3n de la monta\u00f1a", EVA, RANDOM, WEAK
    )
    assert slots.open(" cancio\u0301n de la montan\u0303a") == EVA


def test_a_key_file_and_recovery_sheets_open_too() -> None:
    device = Opened("kiosk", EVA.store_key)
    slots = (
        two_users()
        .with_key_file("kiosk", FILE, device, RANDOM)
        .with_recovery("sheets", PAPER, device, RANDOM)
    )
    slots = Slots.read(slots.encode(), weak_for_tests=True)
    assert slots.open_with_key(FILE) == device and slots.open_recovery(PAPER).store_key == EVA.store_key
    assert slots.labels == ("Eva", "Ben")
    with pytest.raises(WrongPassword, match="key file"):
        slots.open_with_key(PAPER)
    with pytest.raises(WrongPassword, match="recovery sheets"):
        slots.open_recovery(b"")
    with pytest.raises(ValueError):
        slots.with_key_file("short", b"k", device, RANDOM)
    with pytest.raises(ValueError):
        Slots.none().with_key_file("short", FILE, Opened("x", b"k"), RANDOM)


def test_a_new_password_replaces_the_old_one() -> None:
    slots = two_users().with_password("Eva", "another long sentence", EVA, RANDOM, WEAK)
    assert slots.open("another long sentence") == EVA and slots.open(BENS) == BEN
    with pytest.raises(WrongPassword):
        slots.open(EVAS)


def test_a_slot_can_go_but_not_the_last() -> None:
    slots = two_users().without("Ben", EVA.store_key)
    with pytest.raises(WrongPassword):
        slots.open(BENS)
    with pytest.raises(Refusal, match="last way"):
        slots.without("Eva", EVA.store_key)
    with pytest.raises(Refusal, match="no way in of that name"):
        slots.without("Ben", EVA.store_key)


def test_slots_that_somebody_added_moved_or_removed_are_noticed() -> None:
    slots = two_users()
    eva, ben = slots.file.slots
    stranger = Slots.none(weak_for_tests=True).with_password("Mallory", EVAS, EVA, RANDOM, WEAK).file.slots[0]
    for changed in ((eva,), (ben, eva), (eva, ben, stranger)):
        with pytest.raises(Unreadable, match="changed this computer's slot file"):
            replace(slots, file=replace(slots.file, slots=changed)).open(EVAS)
    with pytest.raises(Unreadable):
        slots.without("Ben", b"x" * 32)
    with pytest.raises(Unreadable):
        slots.with_password("New", EVAS, replace(EVA, store_key=b"x" * 32), RANDOM, WEAK)


def test_lowered_parameters_are_refused() -> None:
    weak = Slots.none(weak_for_tests=True).with_password("Eva", EVAS, EVA, RANDOM, WEAK)
    with pytest.raises(Refusal, match="too weak"):
        Slots.read(weak.encode()).open(EVAS)
    with pytest.raises(Refusal, match="too weak"):
        Slots.none().with_password("Eva", EVAS, EVA, RANDOM, Cost(memory_kib=FLOOR_KIB - 1))
    (slot,) = weak.file.slots
    lowered = replace(weak, file=SlotFile(slots=(replace(slot, memory_kib=9),), mac=weak.file.mac))
    with pytest.raises(WrongPassword):
        lowered.open(EVAS)


def test_absurd_parameters_are_refused() -> None:
    for cost in (
        Cost(memory_kib=2**40),
        Cost(time_cost=10**6),
        Cost(lanes=0),
        Cost(lanes=999),
        Cost(time_cost=0),
    ):
        with pytest.raises(Refusal):
            stretch(b"secret", b"s" * 16, cost, weak_for_tests=True)


def test_too_little_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> bytes:
        raise HashingError("Memory allocation error")

    monkeypatch.setattr("clinic.keys.stretch.hash_secret_raw", full)
    with pytest.raises(Unavailable, match="free memory"):
        stretch(b"secret", b"s" * 16, WEAK, weak_for_tests=True)


def test_the_real_cost_opens() -> None:
    slots = Slots.none().with_password("Eva", EVAS, EVA, RANDOM, Cost(memory_kib=FLOOR_KIB))
    assert slots.file.slots[0].kind == SlotKind.PASSWORD
    assert Slots.read(slots.encode()).open(EVAS) == EVA
    assert Cost().memory_kib == 128 * 1024


@settings(max_examples=100)
@given(data=st.data())
def test_every_flipped_bit_of_the_file_is_refused(data: st.DataObject) -> None:
    whole = bytearray(FILE_BYTES)
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Malformed):
        Slots.read(bytes(whole), weak_for_tests=True)


@settings(max_examples=100)
@given(data=st.data())
def test_every_changed_field_is_refused_even_with_a_fresh_checksum(data: st.DataObject) -> None:
    from clinic.keys.slots import _checksum

    body = bytearray(FILE_BYTES[8:])
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Refusal):
        Slots.read(_checksum(bytes(body)) + bytes(body), weak_for_tests=True).open(EVAS)


@given(st.binary(max_size=100))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(Malformed):
        Slots.read(garbage)


def test_an_empty_file_of_ours_is_refused() -> None:
    with pytest.raises(Malformed, match="empty"):
        Slots.read(Slots.none().encode())


def test_damaged_salt_is_refused() -> None:
    slots = two_users()
    slot = replace(slots.file.slots[0], salt=b"short")
    with pytest.raises(Malformed):
        replace(slots, file=replace(slots.file, slots=(slot,))).open(EVAS)


@pytest.mark.parametrize(
    "password",
    ["", "short", "fourteen chars", "aaaaaaaaaaaaaaaaaaaa", "uno dos", "a b c d e f", "si si si si si"],
)
def test_passwords_that_are_too_short(password: str) -> None:
    with pytest.raises(PasswordTooShort):
        check_password(password)
    with pytest.raises(PasswordTooShort):
        Slots.none(weak_for_tests=True).with_password("Eva", password, EVA, RANDOM, WEAK)


@pytest.mark.parametrize("password", ["fifteen letters", "un no si ya va", "caballo bueno pila grapa"])
def test_passwords_that_will_do(password: str) -> None:
    check_password(password)


def test_nothing_secret_is_printed() -> None:
    assert repr(EVA) == "Opened(label='Eva', user_id='eva')"


FILE_BYTES = two_users().encode()


class Key:
    """A security key that keeps one secret for each credential."""

    def __init__(self, secrets: dict[bytes, bytes]) -> None:
        self.secrets = secrets

    def secret(self, credential: bytes, salt: bytes) -> bytes:
        return tag(self.secrets[credential], salt, b"test")


def with_key(key: Key, credential: bytes = b"cred") -> Slots:
    content = replace(EVA, credential=credential)
    return two_users().with_password("Eva", "gatitos9", content, RANDOM, WEAK, key)


def test_a_security_key_is_part_of_the_secret_and_cannot_be_left_out() -> None:
    key = Key({b"cred": b"k" * 32})
    slots = with_key(key)
    assert slots.open("gatitos9", "Eva", key).store_key == EVA.store_key
    assert slots.open(BENS) == BEN, "a colleague without a key is not asked for one"
    with pytest.raises(FactorMissing, match="security key"):
        slots.open("gatitos9", "Eva")
    with pytest.raises(WrongPassword):
        slots.open("gatitos9", "Eva", Key({b"cred": b"x" * 32}))
    with pytest.raises(WrongPassword):
        slots.open("gatitos8", "Eva", key)
    eva = next(slot for slot in slots.file.slots if slot.label == "Eva")
    bare = replace(eva, credential=b"", factor_salt=b"")
    stripped = replace(slots, file=replace(slots.file, slots=(bare,)))
    with pytest.raises(WrongPassword):
        stripped.open("gatitos9", "Eva", key)


def test_what_asks_for_a_code_cannot_be_changed_to_ask_for_none() -> None:
    slots = two_users().with_password("Eva", "gatitos9", replace(EVA, totp=b"t" * 20), RANDOM, WEAK)
    assert slots.open("gatitos9").totp == b"t" * 20
    assert [way.asks_code for way in slots.ways] == [False, True]
    eva = next(slot for slot in slots.file.slots if slot.label == "Eva")
    stripped = replace(slots, file=replace(slots.file, slots=(replace(eva, asks_code=False),)))
    with pytest.raises(WrongPassword):
        stripped.open("gatitos9")


def test_a_new_store_key_is_passed_on_without_anybody_s_password() -> None:
    fresh, fresher = b"f" * 32, b"g" * 32
    key = Key({b"cred": b"k" * 32})
    slots = (
        with_key(key).with_recovery("Eva", PAPER, EVA, RANDOM, "7").with_key_file("desk", FILE, EVA, RANDOM)
    )
    slots, lost = slots.passed_on(EVA.store_key, fresh)
    slots, lost_too = slots.passed_on(fresh, fresher)
    slots = Slots.read(slots.encode(), weak_for_tests=True)
    assert not lost and not lost_too
    opened = (
        slots.open(BENS), slots.open("gatitos9", "Eva", key), slots.open_recovery(PAPER), slots.open_with_key(FILE),
    )  # fmt: skip
    assert {one.store_key for one in opened} == {fresher} and all(one.worn for one in opened)
    whole = slots.renewed("Ben", BENS, replace(opened[0], worn=False), RANDOM, cost=WEAK)
    assert whole.open(BENS) == replace(BEN, store_key=fresher) and whole.open_recovery(PAPER).worn


def test_a_store_key_somebody_else_slipped_in_is_refused() -> None:
    """Who has the file and not the store key can seal to a slot's public key, but cannot prove it."""
    slots = two_users()
    eva, ben = slots.file.slots
    forged = replace(ben, passed_on=(seal_to(ben.box_key, b"m" * 32 + b"p" * 32),))
    with pytest.raises(Unreadable):
        replace(slots, file=replace(slots.file, slots=(eva, forged))).open(BENS)


def test_sheets_alone_are_not_what_a_computer_is_left_with() -> None:
    slots = two_users().with_recovery("Eva", PAPER, EVA, RANDOM).without("Ben", EVA.store_key)
    with pytest.raises(Refusal, match="last way"):
        slots.without("Eva", EVA.store_key)
    assert not slots.without("Eva", EVA.store_key, SlotKind.RECOVERY).open(EVAS).worn
