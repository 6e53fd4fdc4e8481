# SPDX-License-Identifier: GPL-3.0-or-later
"""The note that is never lost.

One save per section runs at a time, so that an older text can never overtake a newer one. A section is saved
when typing rests, when it is left, at the latest `LONGEST_S` after the last save while typing goes on, and
before signing. The note of a visit that was left stays in hand until the disk has all of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clinic.domain.facts import Section
from clinic.domain.ids import EncounterId, PatientId
from desktop.screens.visit.happenings import (
    CoverScreen,
    DraftChanged,
    DraftLoaded,
    Effect,
    Event,
    LockAsked,
    OtherTextTaken,
    Save,
    Saved,
    SaveFailed,
    SaveRetried,
    Say,
    SectionLeft,
    Sign,
    Typed,
    TypingRested,
)
from desktop.screens.visit.state import SECTIONS, Left, Part, Parts, Result, State

if TYPE_CHECKING:
    from clinic.services.visits import Draft

LONGEST_S = 4.0
Step = tuple[Parts, tuple[Effect, ...]]


def note(state: State, event: Event) -> Result | None:
    """The rule of everything that happens to the text."""
    match event:
        case DraftLoaded(draft) | DraftChanged(draft) if draft.encounter != state.encounter:
            return state, ()
        case DraftLoaded(draft):
            return _drafted(state, draft), ()
        case DraftChanged(draft):
            return _changed_elsewhere(state, draft), ()
        case Typed(section, text, at):
            return _typed(state, section, text, at)
        case TypingRested(section) | SectionLeft(section):
            return _save(state, section)
        case Saved():
            return _saved(state, event)
        case SaveFailed():
            return _save_failed(state, event)
        case SaveRetried():
            return save_everything(state)
        case OtherTextTaken(section):
            return _take_other(state, section)
        case LockAsked():
            return _lock(state)
    return None


def save_all(state: State) -> Result:
    """Every section of this note that is not on the disk."""
    parts, effects = _save_parts(state.encounter, state.patient, state.parts)
    return replace(state, parts=parts), effects


def save_everything(state: State) -> Result:
    """The same of this note and of those left before."""
    saved, effects = save_all(state)
    left = dict(state.left)
    for encounter, old in state.left.items():
        parts, more = _save_parts(encounter, old.patient, old.parts)
        left[encounter] = replace(old, parts=parts)
        effects += more
    return replace(saved, left=left), effects


def put_aside(state: State) -> Result:
    """This note is left: saved, and held until it is."""
    saved, effects = save_all(state)
    if not saved.dirty:
        return saved, effects
    return replace(saved, left={**saved.left, saved.encounter: Left(saved.patient, saved.parts)}), effects


def taken_up(state: State, encounter: EncounterId) -> tuple[Parts | None, dict[EncounterId, Left]]:
    """The held text of a visit that is opened again (None if there is none), and the notes still held."""
    left = dict(state.left)
    held = left.pop(encounter, None)
    return (held.parts if held else None), left


def when_all_saved(state: State, more: tuple[Effect, ...]) -> Result:
    """Signing and locking wait until nothing is on its way to the disk."""
    if more:
        return state, more
    if state.locking and not state.unsaved:
        return replace(state, locking=False), (CoverScreen(),)
    if state.signing and not state.dirty:
        sign = Sign(state.encounter, state.patient, state.kiosk, state.secret)
        return replace(state, secret=""), (sign,)
    return state, ()


def _drafted(state: State, draft: Draft) -> State:
    parts = {}
    for section in SECTIONS:
        mine, text = state.parts[section], draft.texts.get(section, "")
        others = tuple(draft.conflicts.get(section, ()))
        keep = mine.text if mine.dirty else text
        parts[section] = replace(
            mine, text=keep, saved=text, saved_at=draft.saved_at if text else None, others=others
        )
    return replace(state, parts=parts, loaded=True)


def _changed_elsewhere(state: State, draft: Draft) -> State:
    """Another computer wrote in this note. What is being typed here stays; the other text stands beside it."""
    if not state.loaded or state.signed is not None:
        return state
    parts = dict(state.parts)
    for section in SECTIONS:
        parts[section] = _met(state.parts[section], draft.texts.get(section, ""), draft, section)
    return replace(state, parts=parts)


def _met(mine: Part, text: str, draft: Draft, section: Section) -> Part:
    others = tuple(draft.conflicts.get(section, ()))
    if not mine.dirty:
        return replace(mine, text=text, saved=text, saved_at=draft.saved_at if text else None, others=others)
    fresh = (text,) if text and text not in (mine.text, mine.saved, mine.saving, *others) else ()
    return replace(mine, others=(*fresh, *others))


def _with(state: State, section: Section, part: Part) -> State:
    return replace(state, parts={**state.parts, section: part})


def _typed(state: State, section: Section, text: str, at: float) -> Result:
    part = state.parts[section]
    if state.signed is not None or state.signing or text == part.text:
        return state, ()
    typed = _with(state, section, replace(part, text=text, since=part.since or at))
    if at - typed.parts[section].since >= LONGEST_S:
        return _save(typed, section)
    return typed, ()


def _save(state: State, section: Section) -> Result:
    part, effects = _save_part(state.encounter, state.patient, section, state.parts[section])
    return _with(state, section, part), effects


def _save_parts(encounter: EncounterId, patient: PatientId, parts: Parts) -> Step:
    kept: dict[Section, Part] = {}
    effects: tuple[Effect, ...] = ()
    for section in SECTIONS:
        kept[section], more = _save_part(encounter, patient, section, parts[section])
        effects += more
    return kept, effects


def _save_part(
    encounter: EncounterId, patient: PatientId, section: Section, part: Part
) -> tuple[Part, tuple[Effect, ...]]:
    if part.text == part.saved and part.saving is None:
        return part, ()
    if part.saving is not None:
        return replace(part, due=part.saving != part.text), ()
    saving = replace(part, saving=part.text, due=False, since=0.0)
    return saving, (Save(encounter, section, part.text, patient, part.since),)


def _on_disk(part: Part, event: Saved) -> Part:
    return replace(part, saved=event.text, saved_at=event.at, saving=None, due=False, failed="")


def _saved(state: State, event: Saved) -> Result:
    if event.encounter != state.encounter:
        return _saved_behind(state, event)
    due = state.parts[event.section].due
    recovered = bool(state.parts[event.section].failed)
    saved = _with(state, event.section, _on_disk(state.parts[event.section], event))
    if recovered:
        saved = replace(saved, tone="", sentence="")
    if due or saved.signing or saved.locking:
        saved, more = _save(saved, event.section)
        return when_all_saved(saved, more)
    return saved, ()


def _saved_behind(state: State, event: Saved) -> Result:
    """Something of a note that was left reached the disk."""
    held = state.left.get(event.encounter)
    if held is None:
        return state, ()
    part = _on_disk(held.parts[event.section], event)
    part, more = _save_part(event.encounter, held.patient, event.section, part)
    note = replace(held, parts={**held.parts, event.section: part})
    left = {key: one for key, one in {**state.left, event.encounter: note}.items() if one.dirty}
    return when_all_saved(replace(state, left=left), more)


def _save_failed(state: State, event: SaveFailed) -> Result:
    cover: tuple[Effect, ...] = (CoverScreen(),) if state.locking else ()
    if event.encounter != state.encounter:
        return _failed_behind(state, event, cover)
    part = state.parts[event.section]
    kept = _with(
        state, event.section, replace(part, saving=None, due=False, failed=event.sentence, since=0.0)
    )
    return replace(kept, tone="danger", sentence=event.sentence, signing=False, locking=False), cover


def _failed_behind(state: State, event: SaveFailed, cover: tuple[Effect, ...]) -> Result:
    """A note that was left could not be saved: it stays in hand, and the reason is said."""
    held = state.left.get(event.encounter)
    if held is None:
        return state, ()
    part = replace(held.parts[event.section], saving=None, due=False, failed=event.sentence, since=0.0)
    note = replace(held, parts={**held.parts, event.section: part})
    kept = replace(state, left={**state.left, event.encounter: note}, locking=False)
    return kept, (Say("danger", event.sentence), *cover)


def _take_other(state: State, section: Section) -> Result:
    part = state.parts[section]
    text = "\n\n".join((part.text, *part.others)).strip()
    return _save(_with(state, section, replace(part, text=text, others=())), section)


def _lock(state: State) -> Result:
    saved, effects = save_everything(state)
    if not saved.unsaved:
        return saved, (CoverScreen(),)
    return replace(saved, locking=True), effects
