# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a medicine out of a code or of what somebody typed."""

import pytest

from clinic.domain.values import ATC, Coding
from clinic.exchange.lists import medicine_lists


def read(display: str, code: str = "", system: str = "x"):  # type: ignore[no-untyped-def]
    return medicine_lists().formulary.read(Coding(system=system, code=code, display=display))


@pytest.mark.parametrize(
    ("typed", "inside"),
    [
        ("Simvastatin 20 MG Oral Tablet", ["simvastatin"]),
        ("AAS 100", ["acetylsalicylic acid"]),
        ("dipirona gotas", ["metamizole"]),
        ("Losartán potásico 50 mg", ["losartan"]),
        ("losartan potassium 50 MG", ["losartan"]),
        ("Acetaminophen 325 MG / Oxycodone Hydrochloride 5 MG Oral Tablet", ["paracetamol", "oxycodone"]),
        ("Amoxicilina + ácido clavulánico 875/125", ["amoxicillin", "clavulanic acid"]),
        ("cotrimoxazol", ["sulfamethoxazole", "trimethoprim"]),
        ("hidróxido de aluminio y magnesio", ["aluminium hydroxide"]),
    ],
)
def test_ingredients_are_found_in_words(typed: str, inside: list[str]) -> None:
    assert {one.inn for one in read(typed).ingredients} == set(inside)


@pytest.mark.parametrize("typed", ["", "yuyo del monte", "Enalapril y yuyo", "500 mg", "\x00", "e y"])
def test_what_is_not_understood_whole_is_not_known(typed: str) -> None:
    assert not read(typed).known


def test_a_code_counts_more_than_the_wording() -> None:
    combined = read("Bactrim", "J01EE01", ATC)
    assert (combined.display, combined.known) == ("Bactrim", True)
    assert [one.inn for one in combined.ingredients] == ["sulfamethoxazole", "trimethoprim"]
    assert set(combined.codes) == {"J01EE01", "J01EC01", "J01EA01"}


def test_a_code_we_do_not_have_is_kept_for_its_class() -> None:
    unknown = read("Penicilina rara", "J01CE99", ATC)
    assert not unknown.known and unknown.codes == ("J01CE99",)
