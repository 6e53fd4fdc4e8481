# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.facts import Gender, Location, Observation, Patient, Questionnaire
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.record import Record, UnknownRecord
from clinic.domain.values import Attachment, Coding, HumanName, Quantity
from clinic.protocol.codec import MAX_BYTES, MAX_DEPTH, Malformed, decode, dumps, encode, loads
from clinic.protocol.op import Op
from clinic.protocol.sync import SyncRequest

from .any_record import ALL, PLAIN, any_record, records_of, unknown_fields, unknown_records

AT = datetime(2026, 11, 21, 12, 30, 1, 250, tzinfo=UTC)
MARIA = Patient(id=FactId("p"), patient=PatientId("p"), name=HumanName(family="Quiroga"))


# there and back ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_kind_of_record_comes_back(kind: type[Record], data: st.DataObject) -> None:
    value = data.draw(records_of(kind))
    wire = encode(value)
    back = decode(wire, kind)
    assert back == value and type(back) is kind
    assert encode(back) == wire


@settings(deadline=None)
@given(unknown_records())
def test_a_kind_nobody_knows_is_kept_byte_for_byte(value: UnknownRecord) -> None:
    wire = encode(value)
    assert decode(wire) == value and encode(decode(wire)) == wire


@given(unknown_fields(Patient))
def test_fields_nobody_knows_are_kept_byte_for_byte(unknown: tuple[tuple[int, object], ...]) -> None:
    wire = encode(replace(MARIA, unknown=unknown))
    assert decode(wire, Patient).unknown == unknown
    assert encode(decode(wire)) == wire
    renamed = replace(decode(wire, Patient), language="en")
    assert dict(renamed.unknown) == dict(unknown)


TAGGED = st.builds(
    cbor2.CBORTag,
    st.integers(6, 2**30)
    | st.sampled_from([0, 1, 5, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 55799]),
    PLAIN,
)


@given(TAGGED)
def test_tags_of_a_newer_program_are_kept_byte_for_byte(tagged: cbor2.CBORTag) -> None:
    wire = dumps([98, {7: tagged, 8: [tagged]}])
    assert encode(decode(wire)) == wire


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_words_nobody_knows_are_kept(word: str) -> None:
    value = replace(MARIA, gender=Gender(word))
    back = decode(encode(value), Patient)
    assert back.gender == word and encode(back) == encode(value)


def test_what_equals_its_default_is_left_out() -> None:
    assert encode(MARIA) == dumps([1, {1: "p", 2: "p", 3: {1: "Quiroga"}}])
    assert encode(replace(MARIA, photo=b"x", language="es")) == dumps(
        [1, {1: "p", 2: "p", 3: {1: "Quiroga"}, 10: b"x"}]
    )


@given(any_record())
@settings(deadline=None)
def test_equal_records_give_equal_bytes(value: Record) -> None:
    assert encode(value) == encode(replace(value))


def test_values_on_the_wire() -> None:
    observation = Observation(
        id=FactId("o"),
        code=Coding(system="s", code="c"),
        effective_at=AT,
        value=Quantity(value=Decimal("36.80"), unit="Cel"),
    )
    _, body = loads(encode(observation))
    assert body[4] == 1795264201000250
    assert body[5] == {1: Decimal("36.80"), 2: "Cel"}
    assert decode(encode(observation), Observation).value.value.as_tuple().exponent == -2  # type: ignore[union-attr]
    assert loads(encode(replace(MARIA, birth_date=date(1950, 2, 1))))[1][4] == "1950-02-01"


def test_the_same_moment_in_another_zone_is_the_same() -> None:
    here = AT.astimezone(timezone(timedelta(hours=-3)))
    one, other = (
        Observation(id=FactId("o"), code=Coding(system="s", code="c"), effective_at=at) for at in (AT, here)
    )
    assert encode(one) == encode(other)
    assert decode(encode(other), Observation).effective_at.utcoffset() == timedelta(0)


def test_an_int_is_taken_for_a_float() -> None:
    wire = dumps([19, {1: "l", 3: "Posta", 6: -31}])
    assert decode(wire, Location).latitude == -31.0


# what is refused --------------------------------------------------------------------------------


@settings(max_examples=400)
@given(st.binary(max_size=80))
def test_garbage_is_malformed_and_nothing_else(garbage: bytes) -> None:
    survives(garbage)


def survives(data: bytes) -> None:
    """Malformed, or a record that can be sent on."""
    try:
        value = decode(data)
    except Malformed:
        return
    assert encode(decode(encode(value))) == encode(value)


@settings(max_examples=400, deadline=None)
@given(value=any_record(), data=st.data())
def test_damaged_bytes_are_malformed_or_a_record(value: Record, data: st.DataObject) -> None:
    wire = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(wire) - 1))
        action = data.draw(st.sampled_from(["flip", "cut", "insert", "drop"]))
        if action == "flip":
            wire[place] ^= 1 << data.draw(st.integers(0, 7))
        elif action == "cut":
            wire = wire[: place + 1]
        elif action == "insert":
            wire[place:place] = data.draw(st.binary(min_size=1, max_size=3))
        elif len(wire) > 1:
            del wire[place]
    survives(bytes(wire))


KINDS = st.sampled_from([cls.NUMBER for cls in ALL])
BODIES = st.dictionaries(st.integers(0, 20), PLAIN, max_size=12)


@settings(max_examples=600, deadline=None)
@given(KINDS, BODIES)
def test_wrong_values_in_known_fields_are_malformed_or_a_record(kind: int, body: dict[int, Any]) -> None:
    survives(dumps([kind, body]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        dumps({}),
        dumps([1]),
        dumps([1, {}, 3]),
        dumps(["1", {}]),
        dumps([True, {}]),
        dumps([1, []]),
        dumps([1, {"1": 2}]),
        dumps([1, {-1: 2}]),
        dumps([1, {True: 2}]),
        dumps([1, {}]),
        dumps([98, []]),
        b"\x81" * 10_000,
        b"\x9f\x01\xff",
        bytes.fromhex("820 1a2 01 01 01 02".replace(" ", "")),
        bytes.fromhex("d81c81d81d00"),
        bytes.fromhex("9b7fffffffffffffff"),
        bytes.fromhex("5b7fffffffffffffff"),
        encode(MARIA) + b"\0",
        encode(MARIA)[:-1],
    ],
    ids=lambda data: data[:12].hex() or "nothing",
)
def test_shapes_that_are_no_record(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data)


def test_nesting_has_an_end() -> None:
    deep: Any = 0
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(Malformed):
        decode(dumps([98, {1: deep}]))


def test_size_has_an_end() -> None:
    with pytest.raises(Malformed, match="16 MiB"):
        loads(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (3, "no name"), (3, {}), (3, None), (4, "1950-2-1"), (4, "19500201"), (4, "1950-W05-1"), (4, "1950-13-01"),
        (4, 7), (5, 5),
        (6, {}), (6, "text"), (6, [[]]), (8, b"bytes"), (10, "text"), (11, 1), (11, "yes"), (1, None),
    ],
)  # fmt: skip
def test_a_known_field_with_a_wrong_value(field: int, value: object) -> None:
    with pytest.raises(Malformed):
        decode(dumps([1, {1: "p", 3: {1: "Quiroga"}, field: value}]))


@pytest.mark.parametrize("number", [Decimal("1E+61"), Decimal("1E-61"), Decimal(10**60), "1", 1, 1.5, None])
def test_numbers_that_cannot_be(number: object) -> None:
    with pytest.raises(Malformed):
        decode(dumps([105, {1: number, 2: "kg"}]))


@pytest.mark.parametrize("place", [float("nan"), float("inf"), 10**400, 2**53 + 1, "1", True, Decimal(1)])
def test_floats_that_cannot_be(place: object) -> None:
    with pytest.raises(Malformed):
        decode(dumps([19, {1: "l", 3: "x", 6: place}]))


@pytest.mark.parametrize("moment", [10**30, -(10**18), 2.5, "now", None])
def test_times_that_cannot_be(moment: object) -> None:
    with pytest.raises(Malformed):
        decode(dumps([3, {1: "o", 3: {1: "s", 2: "c"}, 4: moment}]))


def test_another_kind_than_expected_is_named() -> None:
    with pytest.raises(Malformed, match="This is a Patient, not a Op"):
        decode(encode(MARIA), Op)
    with pytest.raises(Malformed):
        decode(dumps([98, {}]), Op)


@pytest.mark.parametrize(
    "value",
    [
        Quantity(value=Decimal("NaN"), unit="x"),
        Quantity(value=Decimal("Infinity"), unit="x"),
        Quantity(value=1.5, unit="x"),  # type: ignore[arg-type]
        Location(id=FactId("l"), name="x", latitude=float("nan")),
        Observation(id=FactId("o"), code=Coding(system="s", code="c"), effective_at=datetime(2026, 1, 1)),
        Observation(id=FactId("o"), code="c", effective_at=AT),  # type: ignore[arg-type]
        replace(MARIA, birth_date=AT),
        replace(MARIA, name=Coding(system="s", code="c")),  # type: ignore[arg-type]
        replace(MARIA, name=None),  # type: ignore[arg-type]
        replace(MARIA, gender=3),  # type: ignore[arg-type]
        replace(MARIA, identifiers=None),  # type: ignore[arg-type]
        replace(MARIA, address="\ud800"),
        replace(MARIA, unknown=((50, object()),)),
        HumanName(family="x", given="Maria"),  # type: ignore[arg-type]
        Questionnaire(id=FactId("q"), name="n", version=True, language="es", text=""),
        Attachment(id="a", key="text", content_type="x", size=1),  # type: ignore[arg-type]
        SyncRequest(device="d", incarnation=0, sent_at=None),  # type: ignore[arg-type]
        Op(id="o", stamp=1, author=UserId(""), fact="no fact"),  # type: ignore[arg-type]
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_could_not_be_decoded_is_not_encoded(value: Record) -> None:
    with pytest.raises(Malformed):
        encode(value)


def test_an_uncodable_type_is_a_bug_and_not_malformed() -> None:
    from clinic.protocol.codec import _ways

    with pytest.raises(TypeError, match="no way to encode"):
        _ways(complex, "Some.field")


def test_what_is_made_once_for_many_is_no_other() -> None:
    """Records of words alone are shared; what only looks alike is not."""
    plainly = dumps([NAMES, {1: "a", 2: "b"}])
    assert decode(plainly) is decode(plainly)
    for strange in ({1: "a", 2: "b", 90: True}, {1: "a", 2: "b", 90: 1}, {1: "a", 2: "b", 90: 1.0}):
        for _ in range(2):
            assert encode(decode(dumps([NAMES, strange]))) == dumps([NAMES, strange])
    assert encode(decode(dumps([NAMES, {1: "a", 2: "b", 90: [1]}]))) == dumps(
        [NAMES, {1: "a", 2: "b", 90: [1]}]
    )
    tagged = dumps([NAMES, {1: "a", 2: "b", 90: cbor2.CBORTag(5, [""])}])
    assert encode(decode(tagged)) == tagged, "a tag around a list has no hash"
    for wrong in ({1: "a", 2: 1}, {1: "a"}, {True: "a", 2: "b"}, {1: "a", 2: b"b"}):
        with pytest.raises(Malformed):
            decode(dumps([NAMES, wrong]))


NAMES = Coding.NUMBER
