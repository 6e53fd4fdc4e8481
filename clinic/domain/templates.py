# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of notes: the code that calls one, the places to be filled in, and what it comes to in a note.

Nothing that is written is ever taken away but the code itself. What the chart does not know stays open as `___`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clinic.domain.facts import NoteTemplate, Section
from clinic.domain.wording import folded

SECTIONS = (Section.SUBJECTIVE, Section.OBJECTIVE, Section.ASSESSMENT, Section.PLAN)
OPEN = "___"
"""A place that somebody has yet to fill in."""
TONGUES = ("es", "en", "pt")
PLACES: Mapping[str, tuple[str, str, str]] = {
    "name": ("nombre", "name", "nome"),
    "age": ("edad", "age", "idade"),
    "sex": ("sexo", "sex", "sexo"),
    "today": ("hoy", "today", "hoje"),
    "vitals": ("signos", "vitals", "sinais"),
    "blood_pressure": ("presión", "pressure", "pressão"),
    "heart_rate": ("pulso", "pulse", "pulso"),
    "respiratory_rate": ("respiración", "breathing", "respiração"),
    "temperature": ("temperatura", "temperature", "temperatura"),
    "spo2": ("saturación", "saturation", "saturação"),
    "weight": ("peso", "weight", "peso"),
    "height": ("talla", "height", "altura"),
    "glucose": ("glucemia", "glucose", "glicemia"),
    "allergies": ("alergias", "allergies", "alergias"),
    "medication": ("medicación", "medication", "medicação"),
    "problems": ("problemas", "problems", "problemas"),
}
"""What a chart can fill in -> what people write between braces for it, in TONGUES; accents and capitals do not matter."""
CODE = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ÿ_-]{1,20}")
_CALLED = re.compile(rf"(?:(?<=\s)|(?<=[(/])|^)\.({CODE.pattern})\Z")
_PLACE = re.compile(r"\{([^{}\n]{1,40})\}")
OPEN_PLACE = re.compile(r"_{3,}")


_KEYS = {folded(name): key for key, names in PLACES.items() for name in names}


def place_in(key: str, language: str) -> str:
    """How that place is written in a language, braces and all."""
    return f"{{{PLACES[key][TONGUES.index(language) if language in TONGUES else 0]}}}"


@dataclass(frozen=True, slots=True)
class Put:
    """`text` goes into a section: at the cursor, in place of the last `taken` letters before it; where there is no
    cursor, at the beginning of a section in which nothing is written."""

    section: Section
    text: str
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a template comes to. `left`: sections it has words for, in which something is written already."""

    puts: tuple[Put, ...]
    left: tuple[Section, ...] = ()


def called(before: str) -> str:
    """The code that ends where the cursor stands, from the text before it; '' where there is none.

    >>> called("Control de .hta"), called("3.5"), called("mail@posta.org")
    ('hta', '', '')
    """
    found = _CALLED.search(before)
    return found.group(1) if found else ""


def template_of(code: str, templates: Iterable[NoteTemplate]) -> NoteTemplate | None:
    """The first of them that has that code, large or small."""
    return next((one for one in templates if one.code.casefold() == code.casefold()), None)


def filled(text: str, known: Mapping[str, str]) -> str:
    """The text with what is known of a patient (by key of PLACES) in its places; the others open."""
    return _PLACE.sub(lambda place: known.get(_KEYS.get(folded(place.group(1).strip()), "")) or OPEN, text)


def strange_places(text: str) -> tuple[str, ...]:
    """Names between braces that no chart can fill in."""
    return tuple(name for name in _PLACE.findall(text) if folded(name.strip()) not in _KEYS)


def open_places(text: str) -> int:
    """How many places are open in a text."""
    return len(OPEN_PLACE.findall(text))


def words_of(template: NoteTemplate) -> dict[Section, str]:
    """The words it has for each section."""
    texts = {section: str(getattr(template, section.value)) for section in SECTIONS}
    return {section: text for section, text in texts.items() if text.strip()}


def expanded(
    template: NoteTemplate, texts: Mapping[Section, str], section: Section, before: str, after: str, taken: int,
    known: Mapping[str, str],
) -> Expansion:  # fmt: skip
    """What it comes to in a note of those `texts`, called in `section`; `before` and `after`: the text around the cursor,
    the code of `taken` letters still in it. Elsewhere, only sections in which nothing is written are filled."""
    if template.text.strip():
        return Expansion((Put(section, filled(template.text, known), taken),))
    words = {one: filled(text, known) for one, text in words_of(template).items()}
    here = _on_lines_of_its_own(words.pop(section, ""), before[: len(before) - taken], after)
    puts = [Put(section, here, taken)] if here or taken else []
    puts += [Put(one, text) for one, text in words.items() if not texts.get(one, "").strip()]
    return Expansion(tuple(puts), tuple(one for one in words if texts.get(one, "").strip()))


def _on_lines_of_its_own(text: str, before: str, after: str) -> str:
    if not text:
        return ""
    begins = "\n" if before and not before.endswith("\n") else ""
    ends = "\n" if after and not after.startswith("\n") else ""
    return f"{begins}{text}{ends}"
