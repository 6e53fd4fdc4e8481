# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding somebody by whatever there is: words in any order, however spelled, numbers however written, a card, a document."""

from collections.abc import Iterator
from datetime import date

import pytest

from clinic.domain.facts import Gender, Patient
from clinic.domain.values import HumanName
from clinic.services import cards, people
from clinic.services.desks import Desk
from tests.clinic.services.local import clinic

PEOPLE = {
    # family: given, born, DNI, telephone
    "Quispe": (("Rosa", "Elena"), date(1961, 3, 5), "14203881", "+54 9 388 412-3456"),
    "Fernández Choque": (("Héctor",), date(1954, 11, 20), "11450233", "0387 455 2038"),
    "De la Vega": (("Josefina",), date(1990, 1, 7), "35012774", ""),
    "Giménez": (("Yolanda",), date(1975, 6, 1), "24011820", "3884555555"),
}
BARCODE = "00123456789@FERNANDEZ CHOQUE@HECTOR@M@11450233@A@20/11/1954@01/02/2019"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with clinic(tmp_path_factory.mktemp("finding")) as local:
        for family, (given, born, dni, phone) in PEOPLE.items():
            people.register(
                local.ben, HumanName(family=family, given=given), born, Gender.UNKNOWN_, dni, phone
            )
        yield local.ben


def found(desk: Desk, text: str) -> list[str]:
    return [one.name.family for one in people.find_people(desk, text)]


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("rosa quis", "Quispe"),
        ("QUISPE, Rosa", "Quispe"),
        ("elena q", "Quispe"),
        ("kispe", "Quispe"),
        ("kis", "Quispe"),
        ("Qispi roza", "Quispe"),
        ("qiuspe", "Quispe"),
        ("fernandez", "Fernández Choque"),
        ("ector choke", "Fernández Choque"),
        ("Hector Fernandes", "Fernández Choque"),
        ("vega de la", "De la Vega"),
        ("bega", "De la Vega"),
        ("Jimenes", "Giménez"),
        ("llolanda", "Giménez"),
        ("14203881", "Quispe"),
        ("14.203.881", "Quispe"),
        ("5/3/1961", "Quispe"),
        ("388 412", "Quispe"),
        ("3884123456", "Quispe"),
        ("412-3456", "Quispe"),
        ("4123456", "Quispe"),
        ("5493884", "Quispe"),
        ("4552038", "Fernández Choque"),
        (BARCODE, "Fernández Choque"),
    ],
)
def test_whatever_is_typed_finds_the_one_it_belongs_to(desk: Desk, text: str, family: str) -> None:
    assert found(desk, text) == [family]


def test_what_is_spelled_right_stands_before_what_only_sounds_like_it(desk: Desk) -> None:
    for family in ("Balcarce", "Valcarse"):
        people.register(desk, HumanName(family=family, given=("Ana",)), None, Gender.FEMALE, "")
    assert found(desk, "valcarse") == ["Valcarse", "Balcarce"]
    assert found(desk, "balcarce") == ["Balcarce", "Valcarse"]


@pytest.mark.parametrize("text", ["rosa fernandez", "zzz", "0s", "9999999", "xx 9", "x@y", "de la", "ñ"])
def test_nobody_is_found_by_what_is_nobodys(desk: Desk, text: str) -> None:
    assert found(desk, text) in ([], ["De la Vega"] if text == "de la" else [])


def test_a_card_that_is_read_into_the_field_finds_its_holder_as_long_as_it_is_good(desk: Desk) -> None:
    patient = people.find_people(desk, "quispe")[0].patient
    text = cards.issue(desk, patient)
    assert found(desk, text) == ["Quispe"]
    (card,) = cards.cards_of(desk, patient)
    cards.revoke(desk, card.card, "lost", patient)
    assert found(desk, text) == []


def test_a_telephone_is_kept_with_the_person(desk: Desk) -> None:
    patient = people.find_people(desk, "quispe")[0].patient
    fact = desk.book.read(lambda page: page.facts(Patient, patient))[0]
    assert [(one.system, one.value) for one in fact.telecom] == [("phone", "+54 9 388 412-3456")]
