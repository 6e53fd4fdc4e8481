# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of notes: called by a code, filled from a chart, and never over what is written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import NoteTemplate, Section
from clinic.domain.ids import FactId, UserId
from clinic.domain.templates import (
    OPEN,
    PLACES,
    SECTIONS,
    TONGUES,
    called,
    expanded,
    filled,
    open_places,
    place_in,
    strange_places,
    template_of,
    words_of,
)
from clinic.services.templates import starters

S, OBJ, A, PLAN = SECTIONS
EMPTY = dict.fromkeys(SECTIONS, "")


def template(code: str = "hta", **texts: str) -> NoteTemplate:
    return NoteTemplate(
        id=FactId(code), code=code, title=code, author=UserId("u.me"),
        written_at=datetime(2026, 11, 21, tzinfo=UTC), **texts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "code"),
    [
        (".hta", "hta"),
        ("Control. .hta", "hta"),
        ("uno\n.niño", "niño"),
        ("(.hta", "hta"),
        ("Dosis de 0.5", ""),
        ("ana@posta.org", ""),
        ("fin.", ""),
        ("..hta", ""),
        (".hta ", ""),
        ("." + "a" * 21, ""),
    ],
)
def test_a_code_is_a_dot_and_letters_at_the_end_of_what_is_typed(before: str, code: str) -> None:
    assert called(before) == code


def test_a_code_is_found_in_capitals_too_and_ones_own_before_the_teams() -> None:
    own, team = template("HTA"), template("hta")
    assert template_of("hta", (own, team)) is own
    assert template_of("ira", (own, team)) is None


def test_what_the_chart_does_not_know_stays_open() -> None:
    text = "{Nombre}, {edad}. Alergias: { alergias }. {luna}"
    assert filled(text, {"name": "Rosa", "age": "65 años"}) == f"Rosa, 65 años. Alergias: {OPEN}. {OPEN}"
    assert open_places("a ___ b _____ c __") == 2


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize("language", TONGUES)
def test_each_place_is_filled_in_each_language_with_and_without_accents(key: str, language: str) -> None:
    written = place_in(key, language)
    bare = written.translate(str.maketrans("áéíóúãç", "aeiouac"))
    assert filled(f"{written} {bare.upper()}", {key: "x"}) == "x x"
    assert strange_places(written) == ()


def test_a_whole_template_fills_an_empty_note_at_once() -> None:
    made = expanded(
        template(subjective="De {nombre}", plan="Volver"), EMPTY, S, ".hta", "", 4, {"name": "Rosa"}
    )
    assert [(put.section, put.text, put.taken) for put in made.puts] == [
        (S, "De Rosa", 4),
        (PLAN, "Volver", 0),
    ]
    assert made.left == ()


def test_sections_with_words_in_them_are_left_as_they_are() -> None:
    texts = {**EMPTY, OBJ: "Examen normal", PLAN: " \n"}
    made = expanded(template(subjective="S", objective="O", plan="P"), texts, S, ".hta", "", 4, {})
    assert [put.section for put in made.puts] == [S, PLAN]
    assert made.left == (OBJ,)


def test_called_amid_words_its_text_stands_on_lines_of_its_own() -> None:
    made = expanded(template(subjective="S"), EMPTY, S, "Tos .hta", " y fiebre", 4, {})
    assert made.puts[0].text == "\nS\n"


def test_one_text_goes_where_the_cursor_stands() -> None:
    made = expanded(template(text="con ___"), {**EMPTY, S: "Tos .hta"}, S, "Tos .hta", "", 4, {})
    assert [(put.section, put.text) for put in made.puts] == [(S, "con ___")]


note = st.text(st.sampled_from("ab .\n_{}"), max_size=12)


@given(
    texts=st.fixed_dictionaries(dict.fromkeys(SECTIONS, note)),
    words=st.fixed_dictionaries(
        dict.fromkeys(("text", "subjective", "objective", "assessment", "plan"), note)
    ),
    here=st.sampled_from(SECTIONS),
    cut=st.integers(0, 12),
    known=st.dictionaries(st.sampled_from(sorted(PLACES)), note),
)
def test_nothing_that_is_written_is_ever_taken_away_but_the_code(
    texts: dict[Section, str], words: dict[str, str], here: Section, cut: int, known: dict[str, str]
) -> None:
    before, after = texts[here][:cut] + " .hta", texts[here][cut:]
    now = {**texts, here: before + after}
    made = expanded(template(**words), now, here, before, after, 4, known)
    for put in made.puts:
        if put.section == here:
            assert put.taken == 4
        else:
            assert (put.taken, texts[put.section].strip()) == (0, "")
    assert len({put.section for put in made.puts}) == len(made.puts)
    assert all(texts[section].strip() for section in made.left)


def test_the_same_starters_stand_in_every_language_and_know_their_places() -> None:
    spanish, *others = (starters(language) for language in TONGUES)
    for several in others:
        assert [one.code for one in several] == [one.code for one in spanish]
        assert [words_of(one).keys() for one in several] == [words_of(one).keys() for one in spanish]
    for one in (*spanish, *(one for several in others for one in several)):
        texts = (one.text, *words_of(one).values())
        assert not any(strange_places(text) for text in texts)
        assert called(f".{one.code}") == one.code


@pytest.mark.parametrize("language", TONGUES)
def test_each_starter_writes_its_places_in_its_own_language(language: str) -> None:
    mine = {place_in(key, language) for key in PLACES}
    for one in starters(language):
        for text in (one.text, *words_of(one).values()):
            rest = text
            for place in mine:
                rest = rest.replace(place, "")
            assert "{" not in rest
