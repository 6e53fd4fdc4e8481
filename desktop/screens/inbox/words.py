# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions and their lines in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING

from clinic.domain.facts import NoteSection
from clinic.domain.ids import UserId
from clinic.domain.values import DNI, Attachment, Coding, ContactPoint, HumanName, Identifier, Quantity
from desktop.kit.people import Mark
from desktop.kit.words import N_, _, fmt_ago, fmt_date, fmt_moment, fmt_value, plural
from desktop.screens.chart.rows import KINDS
from desktop.screens.inbox.logic import State
from desktop.screens.lines import Line
from desktop.screens.phrases import LANGUAGES, SECTIONS, SEXES

if TYPE_CHECKING:
    from clinic.services.choosing import Choice, Dispute, Side
    from clinic.services.clashes import Clash
    from clinic.services.people import PersonLine

NameOf = Callable[[UserId], str]

_MORE_KINDS = {"NoteSection": N_("Draft note"), "PatientCard": N_("Card")}
NAMES = {
    "name": N_("Name"),
    "birth_date": N_("Birth date"),
    "gender": N_("Sex"),
    "identifiers": N_("Identity numbers"),
    "telecom": N_("Phone and mail"),
    "address": N_("Address"),
    "language": N_("Language"),
    "languages": N_("Other languages"),
    "photo": N_("Photo"),
    "provisional": N_("Provisional"),
    "contacts": N_("Contacts"),
    "deceased_on": N_("Died on"),
    "active": N_("In use"),
    "text": N_("Text"),
    "note": N_("Note"),
    "status": N_("Status"),
    "practitioner": N_("With"),
    "practitioner_name": N_("With"),
    "started_at": N_("Began"),
    "finished_at": N_("Ended"),
    "start": N_("When"),
    "minutes": N_("Minutes"),
    "reason": N_("Reason"),
    "title": N_("What"),
    "owner": N_("Whose"),
    "due": N_("Until"),
    "done_at": N_("Done"),
    "priority": N_("Priority"),
    "code": N_("What"),
    "reaction": N_("Reaction"),
    "severe": N_("Severe"),
    "dose": N_("Dose"),
    "instructions": N_("Instructions"),
    "value": N_("Value"),
}
_PEOPLE = frozenset(
    {"practitioner", "owner", "author", "requester", "recorder", "performer", "by", "acknowledged_by"}
)


def kind_word(one: Dispute | Choice) -> str:
    """What it is; of a draft, which part."""
    fact = getattr(one, "sides", ())
    if fact and isinstance(fact[0].fact, NoteSection):
        section = str(fact[0].fact.section)
        return _("Draft note: %(part)s") % {"part": _(SECTIONS.get(section, section))}
    word = _MORE_KINDS.get(one.kind) or (KINDS[one.kind][0] if one.kind in KINDS else one.kind)
    if getattr(one, "notes", ()):
        return _("Two signed notes of one visit")
    return _(word)


def line_word(name: str) -> str:
    return _(NAMES[name]) if name in NAMES else name.replace("_", " ")


def who(side: Side) -> str:
    """Who wrote it; the computer's name, or what it is, where nobody was logged in."""
    return side.author_name or side.device_name or _("Unknown computer")


def where(side: Side) -> str:
    """When, and on which computer."""
    named = f"“{side.device_name}”" if side.device_name else ""
    return " · ".join(part for part in (fmt_moment(side.at), named) if part)


def said(name: str, value: object, name_of: NameOf) -> str:  # noqa: PLR0911 - one line a type
    """A value of a line as people read it; a dash for nothing."""
    if value is None or value in ("", (), b""):
        return "—"
    if name in _PEOPLE:
        return name_of(UserId(str(value))) or str(value)
    if name in ("language",):
        return _(LANGUAGES.get(str(value), str(value)))
    match value:
        case bool():
            return _("Yes") if value else _("No")
        case datetime():
            return fmt_moment(value)
        case date():
            return fmt_date(value)
        case Enum():
            return _(SEXES.get(str(value.value), str(value.value)))
        case tuple():
            return "\n".join(said("", one, name_of) for one in value)
        case bytes():
            return _("A picture of %(size)s") % {"size": fmt_value(len(value) // 1000 or 1, "kB")}
        case _:
            return _record(value)


def _record(value: object) -> str:
    match value:
        case HumanName():
            return value.full
        case Identifier():
            return value.value if value.system == DNI else f"{value.system} {value.value}"
        case ContactPoint():
            return value.value
        case Coding():
            return " ".join(part for part in (value.display, value.code) if part)
        case Quantity():
            return fmt_value(value.value, value.unit)
        case Attachment():
            return value.title or value.content_type
        case _:
            return str(value)


# rows


def rows(state: State) -> list[Line]:
    """The rows of the tab that shows."""
    if state.found is None:
        return []
    if state.tab == "done":
        return [_choice(one, state.now) for one in state.found.choices]
    clashes = [_clash(one) for one in state.found.clashes]
    return [*(_dispute(one, state.now) for one in state.found.disputes), *clashes]


def _dispute(one: Dispute, now: datetime) -> Line:
    people = ", ".join(dict.fromkeys(who(side) for side in one.sides))
    newest = max(side.at for side in one.sides)
    return _line(one.key, one.person, kind_word(one), people, fmt_ago(newest, now))


def _clash(one: Clash) -> Line:
    mark = (Mark(_("Twice booked"), "warn"),)
    line = _line(
        one.key, one.person, fmt_moment(one.appointment.start), one.appointment.practitioner_name, ""
    )
    return replace(line, marks=mark)


def _choice(one: Choice, now: datetime) -> Line:
    return _line(f"{one.kind} {one.fact}", one.person, kind_word(one), "", fmt_ago(one.at, now))


def _line(key: str, person: PersonLine | None, kind: str, more: str, when: str) -> Line:
    """Whose, and below it what; what concerns nobody is told by its kind alone."""
    detail = " · ".join(part for part in (kind, more) if part)
    if person is None:
        return Line(key, kind, more, when, icon="file", tone="neutral")
    return Line(key, person.name.full, detail, when, face=person.name.full, photo=person.photo)


def clash_words(one: Clash) -> str:
    """What happened, and what to do."""
    other = one.other.name.spoken if one.other else _("another person")
    return _(
        "%(time)s with %(with)s was booked on two computers. %(other)s was first and keeps it. Choose another time and tell "
        "%(person)s."
    ) % {
        "time": fmt_moment(one.appointment.start),
        "with": one.appointment.practitioner_name or _("the same person"),
        "other": other,
        "person": one.person.name.spoken if one.person else _("whoever lost it"),
    }


def waiting_words(count: int) -> str:
    return plural("%(n)d waits for a choice", "%(n)d wait for a choice", count)
