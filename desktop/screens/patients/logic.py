# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding a person, registering a new one with a warning about people alike, her cards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from clinic.domain.ids import PatientId
from clinic.domain.values import HumanName
from desktop.kit.words import _, read_day

if TYPE_CHECKING:
    from clinic.services.people import PersonLine


@dataclass(frozen=True, slots=True)
class NewPerson:
    """The form as typed."""

    family: str = ""
    given: str = ""
    birth: str = ""
    dni: str = ""
    gender: str = "unknown"
    phone: str = ""

    @property
    def name(self) -> HumanName:
        return HumanName(family=self.family.strip(), given=tuple(self.given.split()))

    @property
    def number(self) -> str:
        return "".join(letter for letter in self.dni if letter.isascii() and letter.isdigit())


@dataclass(frozen=True, slots=True)
class State:
    """`warned`: the people alike have been shown for exactly this form, so saving again is meant."""

    now: datetime
    text: str = ""
    people: tuple[PersonLine, ...] = ()
    chosen: str = ""
    form: NewPerson | None = None
    alike: tuple[PersonLine, ...] = ()
    warned: NewPerson | None = None
    busy: bool = False
    carded: PersonLine | None = None
    """Whose cards are shown."""
    sentence: str = ""

    @property
    def selected(self) -> PersonLine | None:
        return next((line for line in self.people if line.patient == self.chosen), None)


@dataclass(frozen=True, slots=True)
class Shown:
    now: datetime


@dataclass(frozen=True, slots=True)
class TextTyped:
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    text: str
    people: tuple[PersonLine, ...]


@dataclass(frozen=True, slots=True)
class PersonChosen:
    patient: str


@dataclass(frozen=True, slots=True)
class PersonOpened:
    patient: str


@dataclass(frozen=True, slots=True)
class NewPressed:
    pass


@dataclass(frozen=True, slots=True)
class FormTyped:
    form: NewPerson


@dataclass(frozen=True, slots=True)
class SavePressed:
    form: NewPerson


@dataclass(frozen=True, slots=True)
class AlikeFound:
    form: NewPerson
    people: tuple[PersonLine, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class FormLeft:
    pass


@dataclass(frozen=True, slots=True)
class CardPressed:
    pass


@dataclass(frozen=True, slots=True)
class CardClosed:
    pass


@dataclass(frozen=True, slots=True)
class FactsChanged:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Find:
    """Effect: look people up."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenChart:
    """Effect: show this person's chart."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class FindAlike:
    """Effect: look for people who may be the same."""

    form: NewPerson
    birth: date


@dataclass(frozen=True, slots=True)
class Register:
    """Effect: make the record."""

    form: NewPerson
    birth: date


Event = (
    Shown
    | TextTyped
    | Found
    | PersonChosen
    | PersonOpened
    | NewPressed
    | FormTyped
    | SavePressed
    | AlikeFound
    | Registered
    | FormLeft
    | CardPressed
    | CardClosed
    | FactsChanged
    | Failed
)
Effect = Find | OpenChart | FindAlike | Register


def birth_date(text: str, today: date) -> date | None:
    """A birth date typed as 3/3/1974, 03-03-1974 or 1974-03-03; None if it is none or lies ahead."""
    born = read_day(text)
    return born if born is not None and date(1890, 1, 1) <= born <= today else None


def mistake(form: NewPerson, today: date) -> str:
    """The first thing to mend; '' when the form can be saved."""
    if not form.family.strip() or not form.given.strip():
        return _("Write the family name and at least one given name.")
    if birth_date(form.birth, today) is None:
        return _("Write the birth date as day/month/year, such as 3/3/1974.")
    if form.number and not 6 <= len(form.number) <= 9:
        return _("A DNI has 7 or 8 digits. Leave it empty if the person has none.")
    return ""


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case Shown(now):
            return replace(state, now=now), (Find(state.text),)
        case TextTyped(text):
            return replace(state, text=text, sentence=""), (Find(text),)
        case Found(text, people):
            return (_found(state, people) if text == state.text else state), ()
        case PersonChosen(patient):
            return replace(state, chosen=patient), ()
        case PersonOpened(patient):
            return replace(state, chosen=patient), (OpenChart(PatientId(patient)),)
        case NewPressed():
            return replace(state, form=state.form or NewPerson(), sentence=""), ()
        case FormTyped(form):
            keep = state.alike if form == state.warned else ()
            return replace(state, form=form, alike=keep, sentence=""), ()
        case SavePressed(form):
            return _save(replace(state, form=form))
        case AlikeFound(form, people):
            return _alike(state, form, people)
        case Registered(patient):
            fresh = replace(state, form=None, alike=(), warned=None, busy=False, chosen=patient)
            return fresh, (Find(state.text), OpenChart(patient))
        case FormLeft():
            return replace(state, form=None, alike=(), warned=None, busy=False, sentence=""), ()
        case CardPressed():
            return replace(state, carded=state.selected, sentence=""), ()
        case CardClosed():
            return replace(state, carded=None), ()
        case FactsChanged():
            return state, (Find(state.text),)
        case Failed(sentence):
            return replace(state, sentence=sentence, busy=False), ()


def _found(state: State, people: tuple[PersonLine, ...]) -> State:
    present = {person.patient for person in people}
    chosen = state.chosen if state.chosen in present else (people[0].patient if people else "")
    return replace(state, people=people, chosen=chosen)


def _save(state: State) -> tuple[State, tuple[Effect, ...]]:
    form, today = state.form, state.now.date()
    if form is None or state.busy:
        return state, ()
    wrong = mistake(form, today)
    if wrong:
        return replace(state, sentence=wrong), ()
    born = birth_date(form.birth, today)
    assert born is not None
    if form == state.warned:
        return replace(state, busy=True, sentence=""), (Register(form, born),)
    return replace(state, busy=True, sentence=""), (FindAlike(form, born),)


def _alike(state: State, form: NewPerson, people: tuple[PersonLine, ...]) -> tuple[State, tuple[Effect, ...]]:
    if form != state.form:
        return replace(state, busy=False), ()
    born = birth_date(form.birth, state.now.date())
    if not people and born is not None:
        return replace(state, warned=form), (Register(form, born),)
    return replace(state, alike=people, warned=form, busy=False), ()
