# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening this computer, and opening it again after a lock. The password is never part of the state."""

from __future__ import annotations

from dataclasses import dataclass, replace

from desktop.kit.words import _


@dataclass(frozen=True, slots=True)
class State:
    """`locked_for`: the name of the person whose work is behind the lock; '' at the first start."""

    names: tuple[str, ...] = ()
    locked_for: str = ""
    busy: bool = False
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Locked:
    name: str


@dataclass(frozen=True, slots=True)
class PasswordEntered:
    password: str


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    pass


@dataclass(frozen=True, slots=True)
class Unlocked:
    pass


@dataclass(frozen=True, slots=True)
class Refused:
    sentence: str


@dataclass(frozen=True, slots=True)
class OpenBook:
    """Effect: open the store with this password."""

    password: str


@dataclass(frozen=True, slots=True)
class OpenAgain:
    """Effect: check the password against the open store and show the work again."""

    password: str


@dataclass(frozen=True, slots=True)
class ForgetPassword:
    """Effect: empty the field."""


Event = Locked | PasswordEntered | PasswordChanged | Unlocked | Refused
Effect = OpenBook | OpenAgain | ForgetPassword


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match event:
        case Locked(name):
            return replace(state, locked_for=name, busy=False, sentence=""), (ForgetPassword(),)
        case PasswordEntered(password):
            return _entered(state, password)
        case PasswordChanged():
            return replace(state, sentence=""), ()
        case Unlocked():
            return replace(state, busy=False, sentence=""), (ForgetPassword(),)
        case Refused(sentence):
            return replace(state, busy=False, sentence=sentence), ()


def _entered(state: State, password: str) -> tuple[State, tuple[Effect, ...]]:
    if state.busy:
        return state, ()
    if not password:
        return replace(state, sentence=_("Type your password first.")), ()
    work: Effect = OpenAgain(password) if state.locked_for else OpenBook(password)
    return replace(state, busy=True, sentence=""), (work,)
