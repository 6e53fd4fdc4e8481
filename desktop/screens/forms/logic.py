# SPDX-License-Identifier: GPL-3.0-or-later
"""One chart's forms, without pixels. What is filled in belongs to the person it was begun for, whoever is shown later.

A draft is saved when typing rests, when its form, its chart or the window is left, and before it is completed; one save of it
runs at a time. One that was left stays in hand until the disk has all of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clinic.domain.facts import FormItem, Questionnaire, QuestionnaireResponse
from clinic.domain.filled_forms import COMPLETED, OPEN
from clinic.domain.forms import NUMBERS, open_items
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.questionnaires import Given, given_in
from desktop.kit.words import read_day

if TYPE_CHECKING:
    from clinic.services.charts import Asked

BEGIN = "begin "
"""Of a row of the list: what follows is the url of a form."""


def typed(item: FormItem, text: str) -> tuple[str, ...]:
    """What was typed as an answer: a number with a point, a day as FHIR writes it; as it stands where it is neither yet."""
    plain = text.strip()
    if not plain:
        return ()
    if item.kind in NUMBERS:
        number = plain.replace(",", ".")
        return (
            str(int(number)) if number.isascii() and number.isdigit() and item.kind == "integer" else number,
        )
    if item.kind == "date":
        day = read_day(plain)
        return (day.isoformat() if day else plain,)
    return (text,)


def shown(item: FormItem, answer: str) -> str:
    """The same as it stands in the field."""
    if item.kind == "date" and re.fullmatch(r"\d{4}-\d{2}-\d{2}", answer):
        return f"{answer[8:]}/{answer[5:7]}/{answer[:4]}"
    return answer


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form that is being filled in. `window`: the chart it was begun in; `saved`: what the disk has of it."""

    window: PatientId
    name: str
    response: QuestionnaireResponse
    form: Questionnaire
    given: Given = field(default_factory=dict)
    reason: str = ""
    saved: tuple[Given, str] = field(default_factory=lambda: ({}, ""))
    saving: bool = False
    due: bool = False
    """To be saved again as soon as the save that is on its way is done."""
    completing: bool = False
    """It is on its way to be completed or thrown away: nothing is written in it meanwhile."""
    filed: bool = False
    """Whether the disk knows of it at all."""
    failed: str = ""

    @property
    def key(self) -> FactId:
        return FactId(self.response.id)

    @property
    def dirty(self) -> bool:
        return (self.given, self.reason) != self.saved

    @property
    def lacking(self) -> tuple[FormItem, ...]:
        """What stands between it and its completion."""
        return open_items(self.form, self.given)


@dataclass(frozen=True, slots=True)
class State:
    """`tried`: completing it was asked for, so what lacks is said; `busy`: a form is on its way to be opened; `item`: the
    question whose numbers are drawn."""

    patient: PatientId = PatientId("")
    name: str = ""
    encounter: EncounterId = EncounterId("")
    forms: tuple[Questionnaire, ...] = ()
    answers: tuple[Asked, ...] = ()
    reading: FactId = FactId("")
    item: str = ""
    sheet: Sheet | None = None
    tried: bool = False
    busy: bool = False
    left: Mapping[FactId, Sheet] = field(default_factory=dict)
    sentence: str = ""

    @property
    def drafts(self) -> tuple[Asked, ...]:
        return tuple(one for one in self.answers if one.response.status == OPEN and one.response.author)

    @property
    def completed(self) -> tuple[Asked, ...]:
        return tuple(one for one in self.answers if one.response.status in COMPLETED)

    @property
    def read(self) -> Asked | None:
        """The completed form that is shown."""
        return next((one for one in self.completed if one.response.id == self.reading), None)

    @property
    def unsaved(self) -> bool:
        """Whether something filled in is not on the disk yet."""
        return bool(self.left) or (self.sheet is not None and (self.sheet.dirty or self.sheet.saving))

    def carried(self) -> State:
        """For a page made anew, which hears of no save that is on its way: it saves again."""
        sheet = (
            replace(self.sheet, saving=False, due=False, completing=False) if self.sheet is not None else None
        )
        left = {key: replace(one, saving=False, completing=False) for key, one in self.left.items()}
        return replace(self, sheet=sheet, left=left, busy=False)


# events


@dataclass(frozen=True, slots=True)
class Opened:
    """A chart is shown, or the same one anew. `encounter`: the visit that is open, '' for none."""

    patient: PatientId
    name: str
    encounter: EncounterId
    answers: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class FormsCame:
    forms: tuple[Questionnaire, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row of the list: a form to begin, a draft or a completed one."""

    key: str


@dataclass(frozen=True, slots=True)
class SheetCame:
    patient: PatientId
    asked: Asked
    filed: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """`response`: the form whose field it was."""

    response: FactId
    key: str
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReasonTyped:
    response: FactId
    text: str


@dataclass(frozen=True, slots=True)
class Rested:
    """Typing rests, a field is left, or the page is."""


@dataclass(frozen=True, slots=True)
class Saved:
    response: FactId
    given: Given
    reason: str


@dataclass(frozen=True, slots=True)
class SaveFailed:
    response: FactId
    sentence: str


@dataclass(frozen=True, slots=True)
class CompletePressed: ...


@dataclass(frozen=True, slots=True)
class Completed:
    response: FactId


@dataclass(frozen=True, slots=True)
class AmendPressed: ...


@dataclass(frozen=True, slots=True)
class ThrowPressed: ...


@dataclass(frozen=True, slots=True)
class Thrown:
    response: FactId


@dataclass(frozen=True, slots=True)
class SheetLeft:
    """Back to the list; what is filled in stays."""


@dataclass(frozen=True, slots=True)
class ItemChosen:
    key: str


@dataclass(frozen=True, slots=True)
class Failed:
    patient: PatientId
    sentence: str


# effects


@dataclass(frozen=True, slots=True)
class ReadForms: ...


@dataclass(frozen=True, slots=True)
class Begin:
    patient: PatientId
    url: str
    version: int
    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """Effect: as the disk has it, after every save that is on its way."""

    patient: PatientId
    response: FactId


@dataclass(frozen=True, slots=True)
class Amend:
    patient: PatientId
    response: FactId


@dataclass(frozen=True, slots=True)
class Save:
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Complete:
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Throw:
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Say:
    """Effect: told where everybody looks, since the form is not shown any more."""

    tone: str
    sentence: str
    name: str


Event = (
    Opened | FormsCame | Chosen | SheetCame | Answered | ReasonTyped | Rested | Saved | SaveFailed | CompletePressed
    | Completed | AmendPressed | ThrowPressed | Thrown | SheetLeft | ItemChosen | Failed
)  # fmt: skip
Effect = ReadForms | Begin | OpenDraft | Amend | Save | Complete | Throw | Say
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case Opened():
            return _opened(state, event)
        case FormsCame(forms):
            return replace(state, forms=forms), ()
        case Chosen(key):
            return _chosen(state, key)
        case SheetCame():
            return _came(state, event), ()
        case Answered(response, key, answer):
            return _typed(state, response, key, answer), ()
        case ReasonTyped(response, text):
            sheet = _of(state, response)
            return (replace(state, sheet=replace(sheet, reason=text)) if sheet else state), ()
        case Rested():
            return save_all(state)
        case Saved(response, given, reason):
            return _saved(state, response, (given, reason))
        case SaveFailed(response, sentence):
            return _save_failed(state, response, sentence)
        case CompletePressed():
            return _complete(state)
        case Completed(response):
            return _completed(state, response)
        case AmendPressed():
            return _amend(state)
        case ThrowPressed():
            return _throw(state)
        case Thrown(response):
            shown = state.sheet is not None and state.sheet.key == response
            return (replace(state, sheet=None, tried=False, sentence="") if shown else state), ()
        case SheetLeft():
            return put_aside(state)
        case ItemChosen(key):
            return replace(state, item=key), ()
        case Failed(patient, sentence) if patient == state.patient:
            return replace(state, busy=False, sentence=sentence), ()
    return state, ()


def put_aside(state: State) -> Result:
    """What is filled in is saved, and held until it is; its form is not shown any more."""
    saved, effects = _save(state)
    sheet = saved.sheet
    if sheet is None:
        return saved, effects
    held = {**saved.left, sheet.key: sheet} if sheet.dirty or sheet.saving else saved.left
    return replace(saved, sheet=None, tried=False, sentence="", left=held), effects


def _opened(state: State, event: Opened) -> Result:
    if event.patient == state.patient:
        return replace(state, name=event.name, encounter=event.encounter, answers=event.answers), ()
    aside, effects = put_aside(state)
    fresh = State(
        patient=event.patient, name=event.name, encounter=event.encounter, answers=event.answers, forms=state.forms,
        left=aside.left,
    )  # fmt: skip
    return fresh, (*effects, ReadForms())


def _chosen(state: State, key: str) -> Result:
    if state.busy or (state.sheet is not None and state.sheet.key == key):
        return state, ()
    aside, effects = put_aside(state)
    form = next((one for one in state.forms if f"{BEGIN}{one.url}" == key), None)
    if form is not None:
        order = Begin(state.patient, form.url, form.version, state.encounter)
        return replace(aside, reading=FactId(""), busy=True), (*effects, order)
    if any(one.response.id == key for one in state.drafts):
        return replace(aside, reading=FactId(""), busy=True), (
            *effects,
            OpenDraft(state.patient, FactId(key)),
        )
    if any(one.response.id == key for one in state.completed):
        return replace(aside, reading=FactId(key), item=""), effects
    return aside, effects


def _came(state: State, event: SheetCame) -> State:
    if event.patient != state.patient or event.asked.form is None:
        return state
    response = event.asked.response
    held = state.left.get(FactId(response.id))
    given = given_in(response)
    fresh = Sheet(
        window=state.patient, name=state.name, response=response, form=event.asked.form, given=given,
        reason=response.reason, saved=(given, response.reason), filed=event.filed,
    )  # fmt: skip
    left = {key: one for key, one in state.left.items() if key != response.id}
    return replace(
        state, sheet=held or fresh, left=left, busy=False, tried=False, sentence="", reading=FactId("")
    )


def _of(state: State, response: FactId) -> Sheet | None:
    """The form that is shown, if it is that one and can still be written in."""
    sheet = state.sheet
    return sheet if sheet is not None and sheet.key == response and not sheet.completing else None


def _typed(state: State, response: FactId, key: str, answer: tuple[str, ...]) -> State:
    sheet = _of(state, response)
    if sheet is None or tuple(sheet.given.get(key, ())) == answer:
        return state
    given = {name: said for name, said in sheet.given.items() if name != key}
    return replace(state, sheet=replace(sheet, given={**given, key: answer} if answer else given))


def _save(state: State) -> Result:
    sheet = state.sheet
    if sheet is None or not sheet.dirty or sheet.completing:
        return state, ()
    if sheet.saving:
        return replace(state, sheet=replace(sheet, due=True)), ()
    saving = replace(sheet, saving=True, due=False)
    return replace(state, sheet=saving), (Save(saving),)


def save_all(state: State) -> Result:
    """What is shown, and what was left and is not on the disk yet."""
    saved, effects = _save(state)
    waiting = {
        key: replace(one, saving=True)
        for key, one in state.left.items()
        if one.dirty and not one.saving and not one.completing
    }
    return replace(saved, left={**saved.left, **waiting}), (*effects, *map(Save, waiting.values()))


def _saved(state: State, response: FactId, saved: tuple[Given, str]) -> Result:
    held = state.left.get(response)
    if held is not None:
        held = replace(held, saved=saved, saving=False, filed=True, failed="")
        left = {key: one for key, one in state.left.items() if key != response}
        if not held.dirty:
            return replace(state, left=left), ()
        again = replace(held, saving=True)
        return replace(state, left={**left, response: again}), (Save(again),)
    sheet = state.sheet
    if sheet is None or sheet.key != response:
        return state, ()
    kept = replace(state, sheet=replace(sheet, saved=saved, saving=False, filed=True, failed=""))
    return _save(kept) if sheet.due else (kept, ())


def _save_failed(state: State, response: FactId, sentence: str) -> Result:
    held = state.left.get(response)
    if held is not None:
        kept = replace(held, saving=False, completing=False, failed=sentence)
        return replace(state, left={**state.left, response: kept}), (Say("danger", sentence, held.name),)
    sheet = state.sheet
    if sheet is None or sheet.key != response:
        return state, ()
    kept = replace(sheet, saving=False, completing=False, failed=sentence)
    return replace(state, sheet=kept, sentence=sentence), ()


def _complete(state: State) -> Result:
    """What lacks is said first; two presses complete once."""
    sheet = state.sheet
    if sheet is None or sheet.completing:
        return state, ()
    if sheet.lacking or (sheet.response.amends and not sheet.reason.strip()):
        return _save(replace(state, tried=True))
    done = replace(sheet, completing=True)
    return replace(state, sheet=done, sentence=""), (Complete(done),)


def _completed(state: State, response: FactId) -> Result:
    left = {key: one for key, one in state.left.items() if key != response}
    if state.sheet is None or state.sheet.key != response:
        return replace(state, left=left), ()
    return replace(state, sheet=None, tried=False, reading=response, item="", left=left), ()


def _amend(state: State) -> Result:
    found = state.read
    if found is None or state.busy:
        return state, ()
    going = next((one for one in state.drafts if one.response.amends == found.response.id), None)
    if going is not None:
        return replace(state, busy=True), (OpenDraft(state.patient, FactId(going.response.id)),)
    return replace(state, busy=True), (Amend(state.patient, FactId(found.response.id)),)


def _throw(state: State) -> Result:
    """One that the disk does not know of, or that it refused, is only let go."""
    sheet = state.sheet
    if sheet is None or sheet.completing:
        return state, ()
    if sheet.failed or (not sheet.filed and not sheet.saving):
        return replace(state, sheet=None, tried=False, sentence=""), ()
    gone = replace(sheet, completing=True)
    return replace(state, sheet=gone), (Throw(gone),)
