# SPDX-License-Identifier: GPL-3.0-or-later
"""Consents of one chart: taken back in one step, said aloud item by item, proved by a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clinic.domain.facts import Decision
from clinic.domain.ids import FactId, PatientId

if TYPE_CHECKING:
    from clinic.domain.facts import Consent


@dataclass(frozen=True, slots=True)
class Form:
    """What is read aloud: (scope, question) one by one."""

    language: str
    title: str
    intro: str
    items: tuple[tuple[str, str], ...]
    closing: str


@dataclass(frozen=True, slots=True)
class State:
    """`standing`: scope -> what counts now; `taking`: the scope whose button was pressed once; `asking`: the answers are
    being taken, in `answers` what was said so far; `saved`: where the evidence lies."""

    patient: PatientId = PatientId("")
    statements: tuple[Consent, ...] = ()
    standing: Mapping[str, Decision] = field(default_factory=dict)
    chosen: str = ""
    taking: str = ""
    asking: bool = False
    form: Form | None = None
    language: str = "es"
    answers: Mapping[str, Decision] = field(default_factory=dict)
    how: str = "voice"
    until: str = ""
    busy: bool = False
    saved: str = ""
    sentence: str = ""

    @property
    def permitted(self) -> tuple[str, ...]:
        return tuple(scope for scope, decision in self.standing.items() if decision == Decision.PERMIT)

    @property
    def unfinished(self) -> bool:
        """Whether answers were taken that nothing keeps yet."""
        return self.asking and bool(self.answers)


@dataclass(frozen=True, slots=True)
class Opened:
    """The consents of this chart, or the same again after something changed."""

    patient: PatientId
    statements: tuple[Consent, ...]
    language: str


@dataclass(frozen=True, slots=True)
class StandingCame:
    patient: PatientId
    standing: Mapping[str, Decision]


@dataclass(frozen=True, slots=True)
class StatementChosen:
    statement: str


@dataclass(frozen=True, slots=True)
class TakeBackPressed:
    """Once: asks; a second time: the permission is taken back."""

    scope: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    pass


@dataclass(frozen=True, slots=True)
class AskPressed:
    """The patient is to answer aloud."""


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    language: str


@dataclass(frozen=True, slots=True)
class FormCame:
    form: Form


@dataclass(frozen=True, slots=True)
class Answered:
    """`decision` '' for what was not asked."""

    scope: str
    decision: str


@dataclass(frozen=True, slots=True)
class HowChosen:
    how: str


@dataclass(frozen=True, slots=True)
class UntilChosen:
    until: str


@dataclass(frozen=True, slots=True)
class SavePressed:
    pass


@dataclass(frozen=True, slots=True)
class Said:
    pass


@dataclass(frozen=True, slots=True)
class AskLeft:
    pass


@dataclass(frozen=True, slots=True)
class EvidencePressed:
    pass


@dataclass(frozen=True, slots=True)
class EvidenceKept:
    path: str


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class LoadStanding:
    """Effect: read what counts now."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class LoadForm:
    """Effect: read the form."""

    language: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Effect: these permissions end."""

    patient: PatientId
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Say:
    """Effect: write the answers down. `undo`: what the same person may take back at once: new permissions, and nothing but
    those, for a denial is lifted by the patient's own word alone."""

    patient: PatientId
    answers: Mapping[str, Decision]
    language: str
    how: str
    until: str
    undo: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeepEvidence:
    """Effect: make the file."""

    patient: PatientId
    statement: FactId


Event = (
    Opened | StandingCame | StatementChosen | TakeBackPressed | TakenBack | AskPressed | LanguageChosen | FormCame | Answered
    | HowChosen | UntilChosen | SavePressed | Said | AskLeft | EvidencePressed | EvidenceKept | Failed
)  # fmt: skip
Effect = LoadStanding | LoadForm | TakeBack | Say | KeepEvidence
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case Opened(patient, statements, language):
            return _opened(state, patient, statements, language)
        case StandingCame(patient, standing):
            return (replace(state, standing=standing) if patient == state.patient else state), ()
        case StatementChosen(statement):
            return replace(
                state, chosen=statement, saved="" if statement != state.chosen else state.saved
            ), ()
        case TakeBackPressed(scope):
            return _take_back(state, scope)
        case TakenBack():
            return replace(state, busy=False), (LoadStanding(state.patient),)
        case AskPressed():
            return replace(state, asking=True, taking="", sentence=""), (LoadForm(state.language),)
        case LanguageChosen(language):
            return replace(state, language=language), (LoadForm(language),)
        case FormCame(form):
            return replace(state, form=form, language=form.language), ()
        case Answered(scope, decision):
            return _answered(state, scope, decision), ()
        case HowChosen(how):
            return replace(state, how=how), ()
        case UntilChosen(until):
            return replace(state, until=until), ()
        case SavePressed():
            return _save(state)
        case Said():
            return _left(state), (LoadStanding(state.patient),)
        case AskLeft():
            return _left(state), ()
        case EvidencePressed():
            return _evidence(state)
        case EvidenceKept(path):
            return replace(state, busy=False, saved=path), ()
        case Failed(sentence):
            return replace(state, busy=False, sentence=sentence), ()


def _opened(state: State, patient: PatientId, statements: tuple[Consent, ...], language: str) -> Result:
    """What was answered stays with its person only."""
    fresh = state if patient == state.patient else State(patient=patient, language=language)
    known = any(one.id == fresh.chosen for one in statements)
    chosen = fresh.chosen if known else (statements[0].id if statements else "")
    return replace(fresh, statements=statements, chosen=chosen), (LoadStanding(patient),)


def _take_back(state: State, scope: str) -> Result:
    """Asked for twice, done at once: nobody has to give a reason."""
    if scope not in state.permitted or state.busy:
        return state, ()
    if state.taking != scope:
        return replace(state, taking=scope), ()
    return replace(state, taking="", busy=True, sentence=""), (TakeBack(state.patient, (scope,)),)


def _answered(state: State, scope: str, decision: str) -> State:
    left = {key: value for key, value in state.answers.items() if key != scope}
    return replace(state, answers={**left, scope: Decision(decision)} if decision else left, sentence="")


def _save(state: State) -> Result:
    if state.busy or not state.answers or state.form is None:
        return state, ()
    new = tuple(scope for scope in state.answers if scope not in state.permitted)
    undoable = all(d == Decision.PERMIT for d in state.answers.values()) and len(new) == len(state.answers)
    said = Say(state.patient, state.answers, state.language, state.how, state.until, new if undoable else ())
    return replace(state, busy=True, sentence=""), (said,)


def _left(state: State) -> State:
    return replace(state, asking=False, answers={}, how="voice", until="", busy=False, sentence="")


def _evidence(state: State) -> Result:
    if state.busy or not state.chosen:
        return state, ()
    return replace(state, busy=True, saved="", sentence=""), (
        KeepEvidence(state.patient, FactId(state.chosen)),
    )
