# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing a template and keeping one's own, without pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from clinic.domain.facts import NoteTemplate, Section
from clinic.domain.ids import FactId, UserId
from clinic.domain.templates import SECTIONS


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form: one text (`text`), or several sections."""

    code: str = ""
    title: str = ""
    whole: bool = True
    """A note of sections; else one text."""
    text: str = ""
    sections: Mapping[Section, str] = field(default_factory=dict)
    shared: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """`me`: who is here; `clinician`: whether she may change what others shared."""

    me: UserId = UserId("")
    clinician: bool = False
    templates: tuple[NoteTemplate, ...] = ()
    typed: str = ""
    marked: FactId = FactId("")
    editing: bool = False
    changes: NoteTemplate | None = None
    """What is changed or taken as a pattern; None for a new one."""
    writing: bool = False
    sentence: str = ""

    @property
    def shown(self) -> tuple[NoteTemplate, ...]:
        """Those in which every typed word is found, whose code begins so first."""
        words = self.typed.casefold().replace(".", " ").split()
        found = [one for one in self.templates if all(word in _text(one) for word in words)]
        code = words[0] if words else ""
        return tuple(sorted(found, key=lambda one: not one.code.casefold().startswith(code)))

    @property
    def chosen(self) -> NoteTemplate | None:
        """The marked one, or the first that shows."""
        shown = self.shown
        return next((one for one in shown if one.id == self.marked), shown[0] if shown else None)

    @property
    def replacing(self) -> FactId:
        """The one that the form puts another version of; '' where it makes a new one."""
        before = self.changes
        return FactId(before.id) if before is not None and self.mine(before) else FactId("")

    def mine(self, template: NoteTemplate) -> bool:
        """Whether whoever is here may change it. What comes with the program is a pattern for one's own."""
        return bool(template.author) and (template.author == self.me or (template.shared and self.clinician))


def _text(one: NoteTemplate) -> str:
    texts = (one.text, *(str(getattr(one, section.value)) for section in SECTIONS))
    return " ".join((one.code, one.title, *texts)).casefold()


# events


@dataclass(frozen=True, slots=True)
class Came:
    templates: tuple[NoteTemplate, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    text: str


@dataclass(frozen=True, slots=True)
class Marked:
    template: FactId


@dataclass(frozen=True, slots=True)
class NewPressed: ...


@dataclass(frozen=True, slots=True)
class ChangePressed: ...


@dataclass(frozen=True, slots=True)
class FormLeft: ...


@dataclass(frozen=True, slots=True)
class KeepPressed:
    draft: Draft


@dataclass(frozen=True, slots=True)
class RemovePressed: ...


@dataclass(frozen=True, slots=True)
class Kept:
    template: NoteTemplate


@dataclass(frozen=True, slots=True)
class Removed:
    template: NoteTemplate


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


# effects


@dataclass(frozen=True, slots=True)
class Read:
    """Effect: the templates as they are now."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Effect: write it; `before`: the version it takes the place of, for undo."""

    draft: Draft
    before: NoteTemplate | None


@dataclass(frozen=True, slots=True)
class Remove:
    template: NoteTemplate


Event = (
    Came | Typed | Marked | NewPressed | ChangePressed | FormLeft | KeepPressed | RemovePressed | Kept
    | Removed | Failed
)  # fmt: skip
Effect = Read | Keep | Remove
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    """The list and the form after the event."""
    match event:
        case Came(templates):
            return replace(state, templates=templates), ()
        case Typed(text):
            return replace(state, typed=text, marked=FactId("")), ()
        case Marked(template):
            return replace(state, marked=template), ()
        case NewPressed():
            return replace(state, editing=True, changes=None, sentence=""), ()
        case ChangePressed():
            chosen = state.chosen
            opened = replace(state, editing=True, changes=chosen, sentence="")
            return (opened if chosen is not None else state), ()
        case FormLeft():
            return replace(state, editing=False, changes=None, sentence=""), ()
        case KeepPressed(draft):
            before = state.changes if state.replacing else None
            busy = replace(state, writing=True, sentence="")
            return (state, ()) if state.writing else (busy, (Keep(draft, before),))
        case RemovePressed():
            return _remove(state)
        case Kept(template):
            done = replace(state, writing=False, editing=False, changes=None, typed="", sentence="")
            return replace(done, marked=FactId(template.id)), (Read(),)
        case Removed():
            return replace(state, writing=False, sentence=""), (Read(),)
        case Failed(sentence):
            return replace(state, writing=False, sentence=sentence), ()


def _remove(state: State) -> Result:
    chosen = state.chosen
    if chosen is None or not state.mine(chosen) or state.writing:
        return state, ()
    return replace(state, writing=True, sentence=""), (Remove(chosen),)
