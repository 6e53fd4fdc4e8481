# SPDX-License-Identifier: GPL-3.0-or-later
"""Code lists come with where they are from, and have what a clinic types."""

from clinic.domain.values import ATC, ICD10
from clinic.exchange.code_tables import icd10_english, icd10_spanish, medication, tables


def test_every_list_says_its_version_licence_and_hash() -> None:
    for table in tables():
        assert table.version and table.licence and len(table.digest) == 64 and len(table.rows) > 100
        assert len({code for code, _ in table.rows}) == len(table.rows)
        assert all(code and display for code, display in table.rows)


def test_icd10_in_both_languages_names_the_same_diseases() -> None:
    english, spanish = dict(icd10_english().rows), dict(icd10_spanish().rows)
    assert icd10_english().system == icd10_spanish().system == ICD10
    assert "hypertension" in english["I10"].lower() and "hipertensi" in spanish["I10"].lower()
    assert "J06.9" in english and "J06.9" in spanish
    shared = set(english) & set(spanish)
    assert len(shared) > 0.7 * min(len(english), len(spanish))


def test_medication_has_a_name_in_each_language() -> None:
    spanish, english = dict(medication("es").rows), dict(medication("en").rows)
    assert medication("es").system == ATC and spanish.keys() == english.keys()
    assert (spanish["J01CA04"], english["J01CA04"]) == ("Amoxicilina", "Amoxicillin")
