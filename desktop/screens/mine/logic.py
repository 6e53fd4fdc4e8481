# SPDX-License-Identifier: GPL-3.0-or-later
"""One's own way into this computer: another password, a PIN for the cover, the code of a phone. What is typed is never part
of the state; each change asks the password of now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from desktop.kit.words import _


class Change(StrEnum):
    """What is being changed."""

    PASSWORD = "password"
    PIN = "pin"
    NO_PIN = "no pin"
    CODE = "code"
    NO_CODE = "no code"


@dataclass(frozen=True, slots=True)
class Mine:
    """How the way in of the person here stands."""

    pin: bool = False
    code: bool = False
    key: bool = False
    sheets: str = ""
    """The set of recovery sheets that holds; '' for none."""


@dataclass(frozen=True, slots=True)
class State:
    """`uri` and `typed`: what a phone is to scan or be told, while a code is being set up."""

    mine: Mine | None = None
    busy: bool = False
    uri: str = ""
    typed: str = ""
    tone: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    pass


@dataclass(frozen=True, slots=True)
class Read:
    mine: Mine


@dataclass(frozen=True, slots=True)
class PasswordSubmitted:
    now: str
    new: str
    again: str


@dataclass(frozen=True, slots=True)
class PinSubmitted:
    now: str
    new: str
    again: str


@dataclass(frozen=True, slots=True)
class PinDropped:
    pass


@dataclass(frozen=True, slots=True)
class CodeWanted:
    pass


@dataclass(frozen=True, slots=True)
class CodeMade:
    uri: str
    typed: str


@dataclass(frozen=True, slots=True)
class CodeSubmitted:
    now: str
    digits: str


@dataclass(frozen=True, slots=True)
class CodeDropped:
    now: str


@dataclass(frozen=True, slots=True)
class Done:
    change: Change


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Look:
    """Effect: read how the way in stands."""


@dataclass(frozen=True, slots=True)
class MakeCode:
    """Effect: make the secret of a code."""


@dataclass(frozen=True, slots=True)
class Do:
    """Effect: change it, with the password of now and what is new ('' where nothing is)."""

    change: Change
    now: str
    new: str = ""


@dataclass(frozen=True, slots=True)
class ForgetSecrets:
    """Effect: empty the fields."""


Event = (
    Shown | Read | PasswordSubmitted | PinSubmitted | PinDropped | CodeWanted | CodeMade | CodeSubmitted | CodeDropped
    | Done | Failed
)  # fmt: skip
Effect = Look | MakeCode | Do | ForgetSecrets
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911 - one line a case
    match event:
        case Shown():
            return replace(state, sentence="", uri="", typed=""), (Look(),)
        case Read(mine):
            return replace(state, mine=mine), ()
        case PasswordSubmitted(now, new, again):
            return _asked(state, now, new, again, Change.PASSWORD)
        case PinSubmitted(now, new, again):
            return _asked(state, now, new, again, Change.PIN)
        case PinDropped():
            return _do(state, Do(Change.NO_PIN, ""))
        case CodeWanted():
            return (state, ()) if state.busy else (replace(state, sentence=""), (MakeCode(),))
        case CodeMade(uri, typed):
            return replace(state, uri=uri, typed=typed), ()
        case CodeSubmitted(now, digits):
            return _asked(state, now, digits, digits, Change.CODE)
        case CodeDropped(now):
            return _asked(state, now, "-", "-", Change.NO_CODE)
        case Done(change):
            done = replace(state, busy=False, uri="", typed="", tone="ok", sentence=_SAID[change]())
            return done, (ForgetSecrets(), Look())
        case Failed(sentence):
            return replace(state, busy=False, tone="danger", sentence=sentence), ()


def _asked(state: State, now: str, new: str, again: str, change: Change) -> Result:
    wrong = ""
    if not now:
        wrong = _("Type your password of now first.")
    elif not new.strip():
        wrong = _("Type what is new first.")
    elif new != again:
        wrong = _("The two new ones are not the same. Type the second one again.")
    if wrong:
        return replace(state, tone="warn", sentence=wrong), ()
    return _do(state, Do(change, now, "" if change == Change.NO_CODE else new))


def _do(state: State, effect: Do) -> Result:
    return (state, ()) if state.busy else (replace(state, busy=True, sentence=""), (effect,))


_SAID = {
    Change.PASSWORD: lambda: _("Your password is changed."),
    Change.PIN: lambda: _("Your PIN is set: it shows your work again after a lock."),
    Change.NO_PIN: lambda: _("Your PIN is gone: after a lock your password is asked."),
    Change.CODE: lambda: _("From now on your phone's six digits are asked too."),
    Change.NO_CODE: lambda: _("No six digits are asked any more."),
}
