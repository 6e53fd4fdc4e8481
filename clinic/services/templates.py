# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of notes: one's own, the team's, and those that come with the program. They speak of nobody.

All lie in the team's scope (decision 54): a template that is not shared is read by its author on any of her computers,
and this program shows it to nobody else.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from clinic.domain.errors import Refusal
from clinic.domain.facts import NoteTemplate, Section
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.templates import CODE, SECTIONS, TONGUES, strange_places, template_of
from clinic.exchange.resources import resource
from clinic.keys.rights import Action
from clinic.services.desks import Desk, Written
from clinic.services.gate import allowed, needs

LONGEST = 4000
"""Letters of one text."""
_TEAM = PatientId("")
_STARTED = datetime(2026, 11, 1, tzinfo=UTC)
_GONE = "This template is not here any more. Choose another."


@needs(Action.WRITE_NOTE)
def templates(desk: Desk, language: str) -> tuple[NoteTemplate, ...]:
    """What whoever is here can use: her own, then the team's, then those of the program in her language that none of these
    stands for. Of a code the first counts."""
    mine = _held(desk)
    own = sorted((one for one in mine if not one.shared), key=_by_title)
    team = sorted((one for one in mine if one.shared), key=_by_title)
    written = {one.code.casefold() for one in mine}
    return (*own, *team, *(one for one in starters(language) if one.code.casefold() not in written))


@needs(Action.WRITE_NOTE)
def keep(
    desk: Desk, code: str, title: str, text: str, sections: Mapping[Section, str], shared: bool,
    replacing: FactId = FactId(""),
) -> NoteTemplate:  # fmt: skip
    """Write a template, or another version of one's own or a shared one. Refused without a code, a title or words, for
    a code that is taken, and for places that no chart can fill in."""
    texts = {section: sections.get(section, "").strip() for section in SECTIONS}
    _check(code, title, (text.strip(), *texts.values()))
    before = _changeable(desk, replacing) if replacing else None
    taken = template_of(code, (one for one in _held(desk) if one.id != replacing))
    if taken is not None:
        raise Refusal(
            "The code .{code} belongs to “{title}”. Choose another one.", code=code, title=taken.title
        )
    me = desk.someone.user
    made = NoteTemplate(
        id=before.id if before else FactId(desk.new_id()), code=code, title=title.strip(), author=before.author if before else me,
        written_at=desk.clock.now(), text=text.strip("\n") if text.strip() else "",
        shared=shared or (before is not None and before.author != me),
    )  # fmt: skip
    if not made.text:
        made = replace(
            made, subjective=texts[Section.SUBJECTIVE], objective=texts[Section.OBJECTIVE],
            assessment=texts[Section.ASSESSMENT], plan=texts[Section.PLAN],
        )  # fmt: skip
    desk.write(made)
    return made


@needs(Action.WRITE_NOTE)
def put_back(desk: Desk, before: NoteTemplate) -> Written:
    """Undo a change or a removal: it is as it was."""
    _changeable(desk, FactId(before.id))
    return desk.write(before)


@needs(Action.WRITE_NOTE)
def remove(desk: Desk, template: FactId) -> NoteTemplate:
    """Take one away, one's own or, for a clinician, a shared one. Gives it as it was, for `put_back`."""
    found = _changeable(desk, template)
    desk.write(replace(found, status="retired"))
    return found


@lru_cache
def starters(language: str) -> tuple[NoteTemplate, ...]:
    """Those that come with the program (resources/templates), of nobody; the Spanish ones for a language that has none."""
    spoken = language if language in TONGUES else TONGUES[0]
    with resource("templates", f"{spoken}.toml").open("rb") as file:
        found = tomllib.load(file)["template"]
    return tuple(
        NoteTemplate(
            id=FactId(f"starter/{spoken}/{one['code']}"), author=UserId(""), written_at=_STARTED, shared=True,
            **{name: words.strip() for name, words in one.items()},
        )
        for one in found
    )  # fmt: skip


def _held(desk: Desk) -> list[NoteTemplate]:
    """What stands, of whoever is here and of the team."""
    me = desk.someone.user
    held = desk.book.read(lambda page: page.facts(NoteTemplate, _TEAM))
    return [one for one in held if one.status == "active" and (one.shared or one.author == me)]


def _changeable(desk: Desk, template: FactId) -> NoteTemplate:
    found = desk.book.read(lambda page: page.fact(NoteTemplate, template))
    if found is None:
        raise Refusal(_GONE)
    mine = found.author == desk.someone.user
    if not mine and not (found.shared and allowed(desk, Action.SIGN_NOTE)):
        raise Refusal("Only a clinician changes what a colleague shared. Write one of your own.")
    if found.read_only:
        raise Refusal("A newer Posta wrote this template. Update this computer to change it.")
    return found


def _check(code: str, title: str, texts: tuple[str, ...]) -> None:
    if not CODE.fullmatch(code):
        raise Refusal(
            "Write a short code without spaces or dots, such as hta: at most 20 letters and digits."
        )
    if not title.strip() or len(title) > 80:
        raise Refusal("Write a title, at most 80 letters.")
    if not any(texts):
        raise Refusal("Write at least one text.")
    if any(len(text) > LONGEST for text in texts):
        raise Refusal(
            "One of the texts is longer than {most} letters. Make two templates of it.", most=LONGEST
        )
    strange = next((name for text in texts for name in strange_places(text)), "")
    if strange:
        raise Refusal(
            "The chart has nothing for “{name}”. Choose the place from the list, or write ___ to fill it in by hand.",
            name=strange,
        )


def _by_title(template: NoteTemplate) -> str:
    return template.title.casefold()
