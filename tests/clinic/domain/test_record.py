# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import FrozenInstanceError, replace

import pytest

from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.facts import EncounterStatus, Fact, Patient
from clinic.domain.record import (
    MUST_UNDERSTAND,
    Record,
    UnknownRecord,
    Word,
    field_numbers,
    made_of,
    n,
    record,
    record_class,
)
from clinic.domain.values import Coding, HumanName


class Colour(Word):
    RED = "red"


def test_a_record_is_frozen_and_compares_by_value() -> None:
    one = Coding(system="s", code="c")
    assert one == Coding(system="s", code="c") != replace(one, code="d")
    assert hash(one) == hash(Coding(system="s", code="c"))
    with pytest.raises(FrozenInstanceError):
        one.code = "d"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        one.other = 1  # type: ignore[attr-defined]


def test_a_record_is_known_by_its_number() -> None:
    assert record_class(1) is Patient and Patient.NUMBER == 1
    assert record_class(123_456) is None
    assert field_numbers(Patient)["id"] == field_numbers(Fact)["id"] == 1
    assert list(field_numbers(HumanName).items()) == [("family", 1), ("given", 2)]


def test_numbers_are_for_ever() -> None:
    with pytest.raises(ValueError, match="is Patient already"):

        @record(1)
        class Impostor(Record):
            pass

    with pytest.raises(ValueError, match="is Patient already"):
        record(1)(type("Patient", (Record,), {"__module__": "elsewhere"}))
    with pytest.raises(ValueError, match="twice"):

        @record(999_001)
        class Twice(Record):
            one: int = n(1)
            other: int = n(1)

    assert record_class(999_001) is None
    with pytest.raises(ValueError, match="start at 1"):
        n(0)


def test_a_record_may_not_check_itself() -> None:
    """Its making is passed by when it is decoded."""
    with pytest.raises(ValueError, match="__post_init__"):

        @record(999_002)
        class Even(Record):
            number: int = n(1)

            def __post_init__(self) -> None:
                raise AssertionError


def test_made_of_is_the_same_as_made() -> None:
    values = {"family": "x", "given": ("y",)}
    assert made_of(HumanName, values) == HumanName(**values)
    assert hash(made_of(HumanName, values)) == hash(HumanName(**values))
    assert replace(made_of(HumanName, values), family="z") == HumanName(family="z", given=("y",))
    with pytest.raises(TypeError, match="family"):
        made_of(HumanName, {"given": ()})
    with pytest.raises(FrozenInstanceError):
        made_of(HumanName, values).family = "other"  # type: ignore[misc]


def test_who_must_be_understood_is_read_only() -> None:
    assert not HumanName(family="x").read_only
    assert HumanName(family="x", unknown=((MUST_UNDERSTAND, True),)).read_only
    assert not UnknownRecord(kind=98, unknown=((5, "later"),)).read_only


def test_a_word_of_a_newer_program_is_kept() -> None:
    word = Colour("green")
    assert word == "green" and not word.known and str(word) == "green" and hash(word) == hash("green")
    assert Colour("red") is Colour.RED and Colour.RED.known and word == Colour("green")
    assert EncounterStatus("on-hold").value == "on-hold"
    assert word in {"green"} and len(Colour) == 1
    with pytest.raises(ValueError):
        Colour(7)


def test_names_as_people_read_them() -> None:
    name = HumanName(family="Quiroga", given=("María", "Luz"))
    assert (name.full, name.spoken, name.initials) == ("Quiroga, María Luz", "María Luz Quiroga", "MQ")
    bare = HumanName(family="")
    assert (bare.full, bare.spoken, bare.initials) == ("", "", "")


def test_an_error_keeps_its_sentence_and_its_values_apart() -> None:
    error = Refusal("No more than {count}.", count=3)
    assert (str(error), error.sentence, error.values) == (
        "No more than 3.",
        "No more than {count}.",
        {"count": 3},
    )
    assert str(Unavailable("50 % of {disk} is full")) == "50 % of {disk} is full"
    assert issubclass(Refusal, PostaError) and not issubclass(Refusal, Unavailable)
