# SPDX-License-Identifier: GPL-3.0-or-later
"""Card first, id number as the other way. A code is a claim, a number is a claim: who somebody is, staff
confirm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from clinic.domain.values import HumanName
from desktop.kit.words import N_

if TYPE_CHECKING:
    from clinic.services.intake import Known

BAD_NUMBER = N_("An id number has 7 or 8 digits. Please look at it again.")
BAD_BIRTH = N_("That date does not exist. Type day, month and year: 0 5 0 3 1 9 6 1.")
NO_CAMERA = N_("The camera does not answer. You can type your id number.")
OLDEST = 120


class Way(StrEnum):
    CARD = "card"
    NUMBER = "number"
    BIRTH = "birth"


@dataclass(frozen=True, slots=True)
class State:
    """`busy`: the clinic is being asked; `refused`: texts of cards that were answered with a no."""

    way: Way = Way.CARD
    number: str = ""
    say: str = ""
    busy: bool = False
    refused: frozenset[str] = frozenset()
    asked: str = ""
    camera: bool = True


@dataclass(frozen=True, slots=True)
class NoCard:
    pass


@dataclass(frozen=True, slots=True)
class UseCard:
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
class NotFound:
    """A sentence of the desk: not a Posta card, revoked, damaged, no disk."""

    sentence: str


@dataclass(frozen=True, slots=True)
class CameraGone:
    pass


Event = NoCard | UseCard | Seen | Typed | Found | NotFound | CameraGone


@dataclass(frozen=True, slots=True)
class ReadCard:
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    number: str
    born: date
    name: HumanName | None = None


@dataclass(frozen=True, slots=True)
class Identify:
    """Go on with this person."""

    known: Known


Effect = ReadCard | Claim | Identify
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event, today: date) -> Result:
    """`today`: for birth dates that cannot be."""
    match event:
        case NoCard():
            return replace(state, way=Way.NUMBER, say=""), ()
        case UseCard():
            return replace(state, way=Way.CARD, say="", number=""), ()
        case Seen(text) if state.way is Way.CARD and not state.busy and text not in state.refused:
            return _seen(state, text)
        case Typed(text) if not state.busy:
            return _typed(state, text, today)
        case Found(known):
            return replace(state, busy=False, say=""), (Identify(known),)
        case NotFound(sentence):
            return replace(state, busy=False, say=sentence, refused=state.refused | {state.asked} - {""}), ()
        case CameraGone() if state.way is Way.CARD:
            return replace(state, way=Way.NUMBER, say=NO_CAMERA, camera=False), ()
        case CameraGone():
            return replace(state, camera=False), ()
    return state, ()


def back(state: State) -> State | None:
    """One step back inside this screen; None when "back" leaves it."""
    match state.way:
        case Way.BIRTH:
            return replace(state, way=Way.NUMBER, say="")
        case Way.NUMBER if state.camera:
            return replace(state, way=Way.CARD, say="", number="")
    return None


def _seen(state: State, text: str) -> Result:
    claim = id_card(text)
    asked = replace(state, busy=True, say="", asked=text)
    return asked, (claim or ReadCard(text),)


def _typed(state: State, text: str, today: date) -> Result:
    if state.way is Way.NUMBER:
        if not 7 <= len(text) <= 8:
            return replace(state, say=BAD_NUMBER), ()
        return replace(state, way=Way.BIRTH, number=text, say=""), ()
    born = birth_date(text, today)
    if state.way is not Way.BIRTH or born is None:
        return replace(state, say=BAD_BIRTH), ()
    return replace(state, busy=True, say="", asked=""), (Claim(state.number, born),)


def birth_date(text: str, today: date) -> date | None:
    """`05031961` as a date; None if there was no such day, it is to come, or nobody is that old."""
    born = _day(text)
    return born if born is not None and born <= today and today.year - born.year <= OLDEST else None


def _day(text: str) -> date | None:
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None


def id_card(text: str) -> Claim | None:
    """What an Argentine DNI says of itself (PDF417, both layouts of standards.md); None if it is none."""
    parts = [part.strip() for part in text.split("@")]
    if len(parts) >= 8 and parts[4].isdigit():
        family, given, number, born = parts[1], parts[2], parts[4], parts[6]
    elif len(parts) >= 9 and parts[0] == "" and parts[1].isdigit():
        number, family, given, born = parts[1], parts[4], parts[5], parts[7]
    else:
        return None
    day = _day(born.replace("/", ""))
    if day is None or not family:
        return None
    name = HumanName(family=family.title(), given=tuple(word.title() for word in given.split()))
    return Claim(number, day, name)
