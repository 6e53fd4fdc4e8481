# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of notes on several computers: one's own, the team's, changed, shared, taken away and brought back."""

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import NoteTemplate, Section
from clinic.domain.ids import FactId, PatientId
from clinic.protocol.trust import Role
from clinic.services.desks import Desk
from clinic.services.templates import keep, put_back, remove, starters, templates
from tests.clinic.services.conftest import Town

PLAN = {Section.PLAN: "Volver si ___."}


def codes(desk: Desk) -> list[str]:
    return [one.code for one in templates(desk, "es")]


@pytest.fixture
def other(town: Town) -> Desk:
    there = next((one for one in town.opened if one.name_here == "Dr. Juan Ibarra"), None)
    return there or town.enrol("Dr. Juan Ibarra")


def fresh(town: Town, code: str, shared: bool = False) -> NoteTemplate:
    return keep(town.desk, code, f"Plantilla {code}", "", PLAN, shared)


def test_those_that_come_with_the_program_are_there_from_the_first_day(town: Town) -> None:
    assert {one.code for one in starters("es")} <= set(codes(town.desk))


def test_one_of_ones_own_is_shown_to_its_author_alone(town: Town, other: Desk) -> None:
    fresh(town, "mia")
    town.sync()
    assert "mia" in codes(town.desk)
    assert "mia" not in codes(other)


def test_a_shared_one_is_there_on_a_colleagues_computer_word_for_word(town: Town, other: Desk) -> None:
    made = fresh(town, "nuestra", shared=True)
    town.sync()
    town.sync()
    there = next(one for one in templates(other, "es") if one.code == "nuestra")
    assert there == made


def test_a_clinician_changes_what_a_colleague_shared_and_it_stays_shared_and_hers(
    town: Town, other: Desk
) -> None:
    made = fresh(town, "cambia", shared=True)
    town.sync()
    town.sync()
    changed = keep(other, "cambia", "Otra", "Solo esto", {}, False, FactId(made.id))
    assert (changed.author, changed.shared, changed.plan) == (made.author, True, "")
    put_back(other, made)
    assert next(one for one in templates(other, "es") if one.code == "cambia") == made


def test_nobody_changes_or_removes_what_a_colleague_kept_for_herself(town: Town, other: Desk) -> None:
    made = fresh(town, "sola")
    town.sync()
    town.sync()
    with pytest.raises(Refusal, match="Only a clinician"):
        remove(other, FactId(made.id))
    with pytest.raises(Refusal, match="Only a clinician"):
        put_back(other, made)


def test_a_nurse_writes_her_own_and_leaves_the_shared_ones(town: Town) -> None:
    made = fresh(town, "enf", shared=True)
    nurse = town.enrol("Enf. Nora Díaz", Role.NURSE)
    town.sync()
    town.sync()
    assert "enf" in codes(nurse)
    keep(nurse, "curas", "Curaciones", "Herida ___", {}, False)
    assert "curas" in codes(nurse)
    with pytest.raises(Refusal, match="Only a clinician"):
        remove(nurse, FactId(made.id))


def test_a_removed_one_is_gone_until_it_is_put_back(town: Town) -> None:
    made = fresh(town, "quita")
    before = remove(town.desk, FactId(made.id))
    assert "quita" not in codes(town.desk)
    put_back(town.desk, before)
    assert "quita" in codes(town.desk)


def test_ones_own_stands_for_the_starter_of_the_same_code(town: Town) -> None:
    made = fresh(town, "RESP")
    same = [one for one in templates(town.desk, "es") if one.code.lower() == "resp"]
    assert same == [made]
    remove(town.desk, FactId(made.id))
    assert "resp" in codes(town.desk)


@pytest.mark.parametrize(
    ("code", "title", "text", "why"),
    [
        ("con espacio", "T", "x", "short code"),
        ("", "T", "x", "short code"),
        ("a.b", "T", "x", "short code"),
        ("bien", "  ", "x", "title"),
        ("bien", "T", "  ", "at least one text"),
        ("bien", "T", "{luna}", "nothing for “luna”"),
        ("bien", "T", "x" * 4001, "longer than 4000"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_way_out(
    town: Town, code: str, title: str, text: str, why: str
) -> None:
    with pytest.raises(Refusal, match=why):
        keep(town.desk, code, title, text, {}, False)


def test_a_code_that_is_taken_is_refused_and_its_owner_named(town: Town) -> None:
    made = fresh(town, "doble")
    with pytest.raises(Refusal, match=made.title):
        keep(town.desk, "Doble", "Otra", "x", {}, False)
    assert keep(town.desk, "doble", "Otra", "x", {}, False, FactId(made.id)).title == "Otra"


def test_a_template_is_filed_on_nobodys_chart(town: Town) -> None:
    made = fresh(town, "nadie", shared=True)
    assert made.patient == ""
    held = town.desk.book.read(lambda page: page.facts(NoteTemplate, PatientId("")))
    assert made in held
