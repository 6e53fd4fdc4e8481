# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening this computer, and opening it again after a lock: by the same person, or by a colleague. Neither password nor
PIN nor digits are ever part of the state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from desktop.kit.words import _

PIN_DIGITS = range(6, 13)
"""Lengths of a PIN; no password is made of so few digits alone."""


@dataclass(frozen=True, slots=True)
class Way:
    """A person's way in: what is asked beside the password."""

    name: str
    code: bool = False
    key: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """`who`: the person chosen, '' for whoever the password belongs to. `locked_for`: the name of the person whose work
    is behind the lock, '' at the first start; `pin`: her PIN would do; `sheets`: recovery sheets were made here."""

    ways: tuple[Way, ...] = ()
    who: str = ""
    locked_for: str = ""
    pin: bool = False
    sheets: bool = False
    busy: bool = False
    sentence: str = ""

    @property
    def way(self) -> Way:
        """What is asked of the person chosen."""
        return next((way for way in self.ways if way.name == self.who), Way(self.who))

    @property
    def takes_pin(self) -> bool:
        return self.pin and bool(self.locked_for) and self.who == self.locked_for

    @property
    def takes_code(self) -> bool:
        """Whether the six digits of a phone are asked: not of whoever is only covered."""
        return self.way.code and self.who != self.locked_for

    @property
    def takes_key(self) -> bool:
        return self.way.key


@dataclass(frozen=True, slots=True)
class Locked:
    """The screen was covered; what the ways in are may have changed meanwhile."""

    name: str
    pin: bool = False
    ways: tuple[Way, ...] = ()
    sheets: bool = False


@dataclass(frozen=True, slots=True)
class PersonChosen:
    name: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Enter was pressed: a password, or a PIN where one would do; `code` where it is asked."""

    secret: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class SecretChanged:
    pass


@dataclass(frozen=True, slots=True)
class Unlocked:
    pass


@dataclass(frozen=True, slots=True)
class Refused:
    """`pin`: whether a PIN would still do."""

    sentence: str
    pin: bool = False


@dataclass(frozen=True, slots=True)
class OpenBook:
    """Effect: open the store with this password."""

    who: str
    password: str
    code: str = ""
    key: bool = False


@dataclass(frozen=True, slots=True)
class OpenAgain:
    """Effect: whose password is it? The same person goes on, a colleague gets a seat of her own."""

    who: str
    password: str
    code: str = ""
    key: bool = False


@dataclass(frozen=True, slots=True)
class LiftCover:
    """Effect: show the work again if this is the PIN."""

    pin: str


@dataclass(frozen=True, slots=True)
class ForgetSecrets:
    """Effect: empty the fields."""


Event = Locked | PersonChosen | Entered | SecretChanged | Unlocked | Refused
Effect = OpenBook | OpenAgain | LiftCover | ForgetSecrets
Result = tuple[State, tuple[Effect, ...]]


def begun(ways: tuple[Way, ...], sentence: str = "", sheets: bool = False) -> State:
    """The first screen: one person is chosen already, of several one chooses."""
    return State(ways, ways[0].name if len(ways) == 1 else "", sheets=sheets, sentence=sentence)


def update(state: State, event: Event) -> Result:
    match event:
        case Locked(name, pin, ways, sheets):
            fresh = State(ways or state.ways, name, name, pin, sheets or state.sheets)
            return fresh, (ForgetSecrets(),)
        case PersonChosen(name):
            return (state if state.busy else replace(state, who=name, sentence="")), (ForgetSecrets(),)
        case Entered(secret, code):
            return _entered(state, secret, code)
        case SecretChanged():
            return replace(state, sentence=""), ()
        case Unlocked():
            return replace(state, busy=False, sentence=""), (ForgetSecrets(),)
        case Refused(sentence, pin):
            return replace(state, busy=False, sentence=sentence, pin=pin), ()


def _entered(state: State, secret: str, code: str) -> Result:
    if state.busy:
        return state, ()
    wrong = _missing(state, secret, code)
    if wrong:
        return replace(state, sentence=wrong), ()
    return replace(state, busy=True, sentence=""), (_work(state, secret, code),)


def _missing(state: State, secret: str, code: str) -> str:
    if not secret and state.takes_pin:
        return _("Type your PIN or your password first.")
    if not secret:
        return _("Type your password first.")
    if state.takes_code and not code.strip():
        return _("Type the six digits that your phone shows now.")
    return ""


def _work(state: State, secret: str, code: str) -> Effect:
    if state.takes_pin and secret.isascii() and secret.isdigit() and len(secret) in PIN_DIGITS:
        return LiftCover(secret)
    kind = OpenAgain if state.locked_for else OpenBook
    return kind(state.who, secret, code.strip(), state.takes_key)
