# SPDX-License-Identifier: GPL-3.0-or-later
"""A visit played again: which step is shown, and the note as it was then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clinic.domain.facts import ClinicalStatus as Status
from clinic.domain.facts import Composition, Condition, MedicationRequest, NoteSection, RequestStatus, Section
from clinic.domain.ids import EncounterId

if TYPE_CHECKING:
    from clinic.services.replay import Played, Replay

SECTIONS = (Section.SUBJECTIVE, Section.OBJECTIVE, Section.ASSESSMENT, Section.PLAN)


@dataclass(frozen=True, slots=True)
class State:
    """`step`: the moment shown, from 1; 0 while nothing is read."""

    encounter: EncounterId = EncounterId("")
    replay: Replay | None = None
    step: int = 0
    sentence: str = ""

    @property
    def steps(self) -> int:
        return len(self.replay.moments) if self.replay else 0

    @property
    def played(self) -> Played | None:
        """What was done at the step shown."""
        return self.replay.moments[self.step - 1] if self.replay and self.step else None


@dataclass(frozen=True, slots=True)
class VisitOpened:
    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class Loaded:
    replay: Replay


@dataclass(frozen=True, slots=True)
class StepChosen:
    step: int


@dataclass(frozen=True, slots=True)
class Moved:
    """So many steps on, or back."""

    by: int


@dataclass(frozen=True, slots=True)
class Closed:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    encounter: EncounterId
    sentence: str


@dataclass(frozen=True, slots=True)
class Load:
    """Effect: read the visit; it is written down who looked."""

    encounter: EncounterId


Event = VisitOpened | Loaded | StepChosen | Moved | Closed | Failed
Effect = Load


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match event:
        case VisitOpened(encounter):
            return State(encounter), (Load(encounter),)
        case Loaded(found):
            return _loaded(state, found), ()
        case StepChosen(step):
            return _at(state, step), ()
        case Moved(by):
            return _at(state, state.step + by), ()
        case Closed():
            return State(), ()
        case Failed(encounter, sentence):
            return (replace(state, sentence=sentence) if encounter == state.encounter else state), ()


def _loaded(state: State, found: Replay) -> State:
    if found.encounter != state.encounter:
        return state
    return replace(state, replay=found, step=1 if found.moments else 0, sentence="")


def _at(state: State, step: int) -> State:
    return replace(state, step=max(1, min(step, state.steps))) if state.steps else state


@dataclass(frozen=True, slots=True)
class Note:
    """The note at one moment. `texts`: what stood in each section that had words; `changed`: the section this step typed,
    or None; `signed`: the note as signed, None while it was a draft.
    """

    texts: dict[Section, str]
    changed: Section | None
    codes: tuple[Condition, ...]
    prescriptions: tuple[MedicationRequest, ...]
    signed: Composition | None
    addenda: tuple[Composition, ...]

    @property
    def empty(self) -> bool:
        return not (self.texts or self.codes or self.prescriptions or self.signed)


def note_at(state: State) -> Note:
    """What stood in the note after the step shown."""
    assert state.replay is not None and state.played is not None
    scene, fact = state.replay.scene(state.step), state.played.step.op.fact
    notes = scene.all(Composition)
    signed = next((one for one in notes if not one.addendum_to), None)
    texts = {section: scene.text(section) or str(getattr(signed, section, "")) for section in SECTIONS}
    return Note(
        {section: text for section, text in texts.items() if text},
        fact.section if isinstance(fact, NoteSection) else None,
        tuple(one for one in scene.all(Condition) if one.status == Status.ACTIVE),
        tuple(one for one in scene.all(MedicationRequest) if one.status == RequestStatus.ACTIVE),
        signed,
        tuple(one for one in notes if one.addendum_to),
    )
