# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that sound alike, and how likely two descriptions are of one person."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import Gender
from clinic.domain.likeness import Described, Reason, keys, likeness
from clinic.domain.sound import edits, name_words, sound

HER = Described("Quispe Mamani", "María Elena", date(1958, 3, 7), "12345678", Gender.FEMALE)


@pytest.mark.parametrize(
    "spelled",
    ["Vera Bera", "Sosa Zoza Sossa", "González Gonsales Gonzalez", "Quispe Kispe Quispi Qhispe", "Yupanqui Llupanqui Yupanki",
     "Huamán Guamán Waman", "Giménez Jiménez Ximénez", "Núñez Nuñes Nunez", "Hernández Ernandes", "Condori Cundori Kondori",
     "Ibáñez Ibanhez Ibanyez", "Campos Canpos", "Filho Fillo", "Gonçalves Gonsalves", "Choque Choke", "Mattos Matos",
     "Zeballos Cevallos Seballos",
     "T'ito Tito Ttito"],
)  # fmt: skip
def test_spellings_of_one_sound(spelled: str) -> None:
    assert len({sound(word) for word in spelled.split()}) == 1, {
        word: sound(word) for word in spelled.split()
    }


@pytest.mark.parametrize(
    "different",
    ["Vera Vega", "Sosa Rosa", "Díaz Paz", "Cruz Ruiz", "Acosta Costa", "Ayala Ayzala", "Gómez Gámez"],
)
def test_other_names_sound_otherwise(different: str) -> None:
    assert len({sound(word) for word in different.split()}) == 2


def test_particles_accents_and_apostrophes_of_a_name() -> None:
    assert name_words("De la Cruz y Peña") == ("cruz", "pena")
    assert name_words("de los") == ("de", "los")
    assert name_words("O'Higgins-Núñez") == ("ohiggins", "nunez")
    assert name_words("李 明") == ("李", "明")


@pytest.mark.parametrize(
    ("a", "b", "n"),
    [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "abxc", 1), ("abc", "xyz", 3)],
)
def test_edits(a: str, b: str, n: int) -> None:
    assert edits(a, b, 2) == edits(b, a, 2) == n


CHANGES = {
    "as she is": {},
    "other spelling": {"family": "Kispi Mamany"},
    "surnames swapped": {"family": "Mamani Quispe"},
    "second surname missing": {"family": "Quispe", "given": "María"},
    "given names swapped": {"given": "Elena Maria"},
    "digits of the DNI swapped": {"dni": "12354678"},
    "one digit wrong": {"dni": "12945678"},
    "day and month swapped": {"born": date(1958, 7, 3)},
    "a year off": {"born": date(1959, 3, 7)},
    "no DNI": {"dni": ""},
    "no birth date": {"born": None},
    "name and surname in each other's field": {"family": "María Elena", "given": "Quispe Mamani"},
    "no DNI, spelling, day and month": {"dni": "", "family": "Kispe", "born": date(1958, 7, 3)},
    "a nickname": {"given": "Mari Elena"},
    "an initial": {"given": "M. Elena"},
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_the_same_person_with_errors_is_found_and_looked_for(name: str) -> None:
    other = replace(HER, **CHANGES[name])  # type: ignore[arg-type]
    assert likeness(HER, other).likely, likeness(HER, other)
    assert keys(HER) & keys(other)


@pytest.mark.parametrize(
    "changed",
    [
        {"given": "Rosa Beatriz", "dni": "12345679"},  # a twin, with the next number
        {"given": "Rosa Beatriz", "dni": "12345679", "born": date(1960, 1, 2)},  # a sister
        {"dni": "30111222", "born": date(1981, 9, 9)},  # a namesake
        {"dni": "", "born": date(1981, 9, 9)},
        {"family": "Gómez", "dni": "", "born": None},
        {"family": "Gómez", "given": "Rosa", "dni": "30111222"},  # the same birthday
        {"gender": Gender.MALE, "given": "Mario", "dni": "12345671"},  # a twin brother
    ],
)
def test_other_people_are_not(changed: dict[str, object]) -> None:
    assert not likeness(HER, replace(HER, **changed)).likely  # type: ignore[arg-type]


def test_a_number_in_two_records_is_always_asked_about_with_what_speaks_against_it() -> None:
    found = likeness(HER, Described("Gómez", "Hugo", date(1990, 1, 1), HER.dni, Gender.MALE))
    assert found.likely and found.reasons[0] == Reason.SAME_DNI and Reason.OTHER_SURNAME in found.reasons


def test_the_reasons_say_what_agrees_strongest_first() -> None:
    found = likeness(HER, replace(HER, family="Kispe", given="Marya", dni="12354678"))
    assert found.reasons == (Reason.SAME_BIRTH, Reason.DNI_NEARLY, Reason.SURNAME_SOUNDS, Reason.GIVEN_SOUNDS)
    assert likeness(HER, replace(HER, family="Mamani Quispe")).reasons[-1] == Reason.SURNAMES_SWAPPED


PEOPLE = st.builds(
    Described,
    family=st.sampled_from(
        ["Quispe", "Kispe Mamani", "Mamani Quispe", "Gómez", "de la Cruz", "", "李", "Vera Vera"]
    ),
    given=st.sampled_from(["María", "Mari Elena", "José", "Pepe Luis", "M", "", "Elena María Rosa Luz Paz"]),
    born=st.none() | st.dates(date(1950, 1, 1), date(1951, 12, 31)),
    dni=st.sampled_from(["", "12345678", "12354678", "12345679", "30111222", "AB12"]),
    gender=st.sampled_from(["female", "male", "other", "unknown", ""]),
)


@given(PEOPLE, PEOPLE)
def test_it_does_not_matter_who_is_asked_first(a: Described, b: Described) -> None:
    here, there = likeness(a, b), likeness(b, a)
    assert here.probability == pytest.approx(there.probability)
    assert set(here.reasons) == set(there.reasons)
    assert 0 <= here.probability <= 1


@given(PEOPLE)
def test_nobody_is_less_like_himself_than_like_others(a: Described) -> None:
    if a.dni or (a.born and a.family and a.given):
        assert likeness(a, a).likely


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_name(family: str, given_name: str) -> None:
    likeness(Described(family, given_name), Described(given_name, family))
    assert isinstance(keys(Described(family, given_name)), frozenset)
