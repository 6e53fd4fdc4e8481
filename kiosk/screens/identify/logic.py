# SPDX-License-Identifier: GPL-3.0-or-later
"""Card first, id number as the other way, with a code of the staff if there is one. A code before the camera is a claim,
a number is a claim: who somebody is show her card (with its PIN), a one-time code, or staff.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from clinic.domain.id_documents import day_of, read_document
from clinic.domain.values import HumanName
from desktop.kit.words import N_

if TYPE_CHECKING:
    from clinic.services.intake import Known

BAD_NUMBER = N_("An id number has 7 or 8 digits. Please look at it again.")
BAD_BIRTH = N_("That date does not exist. Type day, month and year: 0 5 0 3 1 9 6 1.")
BAD_PIN = N_("The PIN of a card has 4 to 6 digits.")
BAD_CODE = N_("The code has 8 digits. Please look at it again.")
NO_CAMERA = N_("The camera does not answer. You can type your id number.")
OLDEST = 120


class Way(StrEnum):
    CARD = "card"
    NUMBER = "number"
    BIRTH = "birth"
    PIN = "pin"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class State:
    """`busy`: the clinic is being asked; `refused`: texts of cards that were answered with a no; `code`: digits that wait
    for a number; `scanned`: what an identity document said."""

    way: Way = Way.CARD
    number: str = ""
    say: str = ""
    busy: bool = False
    refused: frozenset[str] = frozenset()
    asked: str = ""
    camera: bool = True
    code: str = ""
    scanned: Claim | None = None


@dataclass(frozen=True, slots=True)
class NoCard:
    pass


@dataclass(frozen=True, slots=True)
class UseCard:
    pass


@dataclass(frozen=True, slots=True)
class HaveCode:
    """The staff gave her a code."""


@dataclass(frozen=True, slots=True)
class NoCode:
    pass


@dataclass(frozen=True, slots=True)
class Seen:
    """The camera saw a code with this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The keypad's "done" with what was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Found:
    known: Known


@dataclass(frozen=True, slots=True)
class PinAsked:
    """The card that was shown has a PIN."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """A sentence of the desk: not a Posta card, ended, damaged, a wrong PIN or code, no disk."""

    sentence: str


@dataclass(frozen=True, slots=True)
class CameraGone:
    pass


Event = NoCard | UseCard | HaveCode | NoCode | Seen | Typed | Found | PinAsked | NotFound | CameraGone


@dataclass(frozen=True, slots=True)
class ReadCard:
    text: str
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    number: str
    born: date
    name: HumanName | None = None


@dataclass(frozen=True, slots=True)
class UseCode:
    number: str
    code: str


@dataclass(frozen=True, slots=True)
class Identify:
    """Go on with this person."""

    known: Known


Effect = ReadCard | Claim | UseCode | Identify
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event, today: date) -> Result:  # noqa: PLR0911 - one line a case
    """`today`: for birth dates that cannot be."""
    match event:
        case NoCard():
            return replace(state, way=Way.NUMBER, say=""), ()
        case UseCard():
            return replace(state, way=Way.CARD, say="", number="", scanned=None), ()
        case HaveCode() if not state.busy:
            return replace(state, way=Way.CODE, say="", code=""), ()
        case NoCode() if not state.busy:
            return _without_code(state)
        case Seen(text) if state.way is Way.CARD and not state.busy and text not in state.refused:
            return _seen(state, text, today)
        case Typed(text) if not state.busy:
            return _typed(state, text, today)
        case Found(known):
            return replace(state, busy=False, say=""), (Identify(known),)
        case PinAsked():
            return replace(state, busy=False, way=Way.PIN, say=""), ()
        case NotFound(sentence):
            return _not_found(state, sentence), ()
        case CameraGone() if state.way is Way.CARD:
            return replace(state, way=Way.NUMBER, say=NO_CAMERA, camera=False), ()
        case CameraGone():
            return replace(state, camera=False), ()
    return state, ()


def back(state: State) -> State | None:
    """One step back inside this screen; None when "back" leaves it."""
    before = replace(state, say="", code="")
    match state.way:
        case Way.BIRTH:
            return replace(before, way=Way.NUMBER)
        case Way.CODE if state.number and state.scanned is None:
            return replace(before, way=Way.NUMBER)
        case Way.NUMBER | Way.CODE | Way.PIN if state.camera:
            return replace(before, way=Way.CARD, number="", scanned=None)
        case Way.CODE | Way.PIN:
            return replace(before, way=Way.NUMBER, number="", scanned=None)
        case Way.CARD if state.code:
            return replace(before, way=Way.CODE)
    return None


def _seen(state: State, text: str, today: date) -> Result:
    document = id_card(text, today)
    asked = replace(state, busy=True, say="", asked=text)
    if document is None:
        return asked, (ReadCard(text),)
    if state.code:
        known = replace(asked, number=document.number, scanned=document)
        return known, (UseCode(document.number, state.code),)
    return asked, (document,)


def _typed(state: State, text: str, today: date) -> Result:
    match state.way:
        case Way.NUMBER:
            return _number_typed(state, text)
        case Way.PIN:
            right = text.isdigit() and 4 <= len(text) <= 6
            asking = replace(state, busy=right, say="" if right else BAD_PIN)
            return asking, (ReadCard(state.asked, text),) if right else ()
        case Way.CODE:
            return _code_typed(state, text)
        case Way.BIRTH:
            born = birth_date(text, today)
            if born is not None:
                return replace(state, busy=True, say="", asked=""), (Claim(state.number, born),)
            return replace(state, say=BAD_BIRTH), ()
    return state, ()


def _number_typed(state: State, text: str) -> Result:
    if not 7 <= len(text) <= 8:
        return replace(state, say=BAD_NUMBER), ()
    known = replace(state, number=text, say="", asked="", scanned=None)
    if state.code:
        return replace(known, busy=True), (UseCode(text, state.code),)
    return replace(known, way=Way.BIRTH), ()


def _code_typed(state: State, text: str) -> Result:
    """The code goes with a number: the one typed before, or the one to be shown or typed next."""
    if not (len(text) == 8 and text.isdigit()):
        return replace(state, say=BAD_CODE), ()
    if state.number:
        return replace(state, code=text, busy=True, say=""), (UseCode(state.number, text),)
    return replace(state, code=text, say="", way=Way.CARD if state.camera else Way.NUMBER), ()


def _without_code(state: State) -> Result:
    bare = replace(state, code="", say="")
    if state.scanned is not None:
        return replace(bare, busy=True, asked=""), (state.scanned,)
    if state.number:
        return replace(bare, way=Way.BIRTH), ()
    return replace(bare, way=Way.CARD if state.camera else Way.NUMBER), ()


def _not_found(state: State, sentence: str) -> State:
    """A wrong PIN leaves the card known, a wrong code leaves the number."""
    after = replace(state, busy=False, say=sentence)
    if state.way is Way.PIN:
        return after
    if state.code:
        return replace(after, way=Way.CODE, code="")
    return replace(after, refused=state.refused | {state.asked} - {""})


def birth_date(text: str, today: date) -> date | None:
    """`05031961` as a date; None if there was no such day, it is to come, or nobody is that old."""
    born = day_of(text)
    return born if born is not None and born <= today and today.year - born.year <= OLDEST else None


def id_card(text: str, today: date) -> Claim | None:
    """What an identity document says of itself, by its barcode or its machine-readable lines; None if it is none."""
    found = read_document(text, today)
    return None if found is None else Claim(found.number, found.born, found.name)
