# SPDX-License-Identifier: GPL-3.0-or-later
"""The first start: a code from the administrator, who you are, a password, then six digits to compare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from desktop.kit.words import _

LETTERS, WORDS = 15, 5


class Step(StrEnum):
    FORM = "form"
    ASKING = "asking"
    COMPARING = "comparing"
    ADMITTED = "admitted"


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed; kept whole whatever happens, so that nobody types it twice."""

    code: str = ""
    name: str = ""
    device: str = ""
    password: str = ""
    again: str = ""
    server: str = ""
    authority: str = ""
    """Path of the centre's own certificate, '' for none."""


@dataclass(frozen=True, slots=True)
class State:
    step: Step = Step.FORM
    code: str = ""
    device: str = ""
    digits: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    form: Form


@dataclass(frozen=True, slots=True)
class DigitsMade:
    digits: str


@dataclass(frozen=True, slots=True)
class Admitted:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class AskToJoin:
    """Effect: make the keys and post the request."""

    form: Form


@dataclass(frozen=True, slots=True)
class WaitForAdmission:
    """Effect: wait until the administrator has compared the digits."""


@dataclass(frozen=True, slots=True)
class GoToLogin:
    """Effect: the home is ready."""


Event = Submitted | DigitsMade | Admitted | Failed
Effect = AskToJoin | WaitForAdmission | GoToLogin


def password_rule(password: str) -> str:
    """What is still wrong with a password; '' when it is long enough (15 characters or 5 words)."""
    if len(password) >= LETTERS or len(password.split()) >= WORDS:
        return ""
    return _("Use at least 15 characters, or 5 words with spaces between them.")


def needs_address(code: str) -> bool:
    """True for a short code: the long one names its centre itself."""
    from clinic.keys.typed_codes import is_short

    return is_short(code)


def mistake(form: Form) -> str:
    """The first thing to mend in the form; '' when it can be sent."""
    if not form.code.strip():
        return _("Type the code the administrator gave you.")
    if needs_address(form.code) and not form.server.strip():
        return _("Type the address of the centre, which stands beside the code.")
    if not form.name.strip():
        return _("Type your name as your patients and colleagues know it.")
    if not form.device.strip():
        return _("Give this computer a name, such as Consulting room 2.")
    rule = password_rule(form.password)
    if rule:
        return rule
    if form.password != form.again:
        return _("The two passwords are not the same. Type the second one again.")
    return ""


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match event:
        case Submitted(form):
            return _submitted(state, form)
        case DigitsMade(digits):
            return replace(state, step=Step.COMPARING, digits=digits, sentence=""), (WaitForAdmission(),)
        case Admitted():
            return replace(state, step=Step.ADMITTED, sentence=""), (GoToLogin(),)
        case Failed(sentence):
            return replace(state, step=Step.FORM, digits="", sentence=sentence), ()


def _submitted(state: State, form: Form) -> tuple[State, tuple[Effect, ...]]:
    if state.step is not Step.FORM:
        return state, ()
    wrong = mistake(form)
    if wrong:
        return replace(state, sentence=wrong), ()
    return replace(state, step=Step.ASKING, sentence=""), (AskToJoin(form),)
