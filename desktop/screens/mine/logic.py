# SPDX-License-Identifier: GPL-3.0-or-later
"""One's own way into this computer: password, PIN, code of a phone, security key, recovery sheets, when the screen covers
itself; and the colleagues who share the computer. What is typed is never part of the state; nearly every change asks
the password of now.
"""

from __future__ import annotations

from collections.abc import Callable
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
    KEY = "key"
    NO_KEY = "no key"
    SHEETS = "sheets"
    NO_OTHER = "no other"
    MINUTES = "minutes"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Other:
    """A colleague who has a way in here; `sheets`: she has recovery sheets."""

    name: str
    sheets: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A computer one works on that is logged in at the centre; `about`: since when, and from where."""

    device: str
    name: str
    about: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Mine:
    """How the way in of the person here stands, and who else has one."""

    pin: bool = False
    code: bool = False
    key: bool = False
    sheets: str = ""
    """The set of recovery sheets that holds; '' for none."""
    others: tuple[Other, ...] = ()
    minutes: int = 5
    """Untouched minutes until the screen covers itself."""
    most: int = 5
    """What the clinic allows."""


@dataclass(frozen=True, slots=True)
class State:
    """`uri` and `typed`: what a phone is to scan or be told, while a code is being set up; `leaving`: the colleague whose way
    in goes when that is pressed again; `digits`: what a newcomer compares with the administrator."""

    mine: Mine | None = None
    sessions: tuple[Session, ...] | None = None
    busy: bool = False
    uri: str = ""
    typed: str = ""
    leaving: str = ""
    newcomer: str = ""
    digits: str = ""
    tone: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """The page comes to the front."""


@dataclass(frozen=True, slots=True)
class Read:
    mine: Mine


@dataclass(frozen=True, slots=True)
class SessionsRead:
    """None: the centre cannot be asked."""

    sessions: tuple[Session, ...] | None


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """Its button was pressed."""

    device: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """Something new, typed twice where it is hidden. `again` '' where once is enough."""

    change: Change
    now: str
    new: str
    again: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """`change` needs the password of now and nothing else."""

    change: Change
    now: str


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
class KeyWanted:
    """`pin`: the key's own, if it has one."""

    now: str
    pin: str


@dataclass(frozen=True, slots=True)
class SheetsWanted:
    now: str


@dataclass(frozen=True, slots=True)
class FolderChosen:
    now: str
    folder: str


@dataclass(frozen=True, slots=True)
class MinutesChosen:
    minutes: int


@dataclass(frozen=True, slots=True)
class OtherLeaves:
    """Pressed once it asks, twice it is done."""

    now: str
    name: str


@dataclass(frozen=True, slots=True)
class NewcomerSubmitted:
    code: str
    name: str
    new: str
    again: str


@dataclass(frozen=True, slots=True)
class DigitsMade:
    digits: str


@dataclass(frozen=True, slots=True)
class NewcomerCame:
    pass


@dataclass(frozen=True, slots=True)
class NewcomerFailed:
    sentence: str


@dataclass(frozen=True, slots=True)
class NewcomerSentAway:
    pass


@dataclass(frozen=True, slots=True)
class Done:
    change: Change
    about: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Look:
    """Effect: read how the way in stands."""


@dataclass(frozen=True, slots=True)
class LookAtSessions:
    """Effect: ask the centre which of one's computers are logged in."""


@dataclass(frozen=True, slots=True)
class MakeCode:
    """Effect: make the secret of a code."""


@dataclass(frozen=True, slots=True)
class AskFolder:
    """Effect: where the sheets are to be written."""

    now: str


@dataclass(frozen=True, slots=True)
class Do:
    """Effect: change it, with the password of now and what is new ('' where nothing is)."""

    change: Change
    now: str
    new: str = ""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Effect: lay a colleague's request into the centre's mailbox."""

    code: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class AwaitNewcomer:
    """Effect: wait until the administrator lets her in."""


@dataclass(frozen=True, slots=True)
class SendAway:
    """Effect: wait no longer."""


@dataclass(frozen=True, slots=True)
class ForgetSecrets:
    """Effect: empty the fields."""


Event = (
    Shown | Read | Submitted | Dropped | PinDropped | CodeWanted | CodeMade | KeyWanted | SheetsWanted | FolderChosen
    | MinutesChosen | OtherLeaves | NewcomerSubmitted | DigitsMade | NewcomerCame | NewcomerFailed | NewcomerSentAway
    | SessionsRead | SessionEnded | Done | Failed
)  # fmt: skip
Effect = (
    Look | LookAtSessions | MakeCode | AskFolder | Do | Welcome | AwaitNewcomer | SendAway | ForgetSecrets
)
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911 - one line a case
    match event:
        case Shown():
            return replace(state, sentence="", uri="", typed="", leaving=""), (
                ForgetSecrets(),
                Look(),
                LookAtSessions(),
            )
        case Read(mine):
            return replace(state, mine=mine), ()
        case SessionsRead(sessions):
            return replace(state, sessions=sessions), ()
        case SessionEnded(device):
            return _do(state, Do(Change.SESSION, "", device))
        case Submitted(change, now, new, again):
            return _asked(state, now, Do(change, now, new), _unlike(new, again))
        case Dropped(change, now):
            return _asked(state, now, Do(change, now))
        case PinDropped():
            return _do(state, Do(Change.NO_PIN, ""))
        case CodeWanted():
            return (state, ()) if state.busy else (replace(state, sentence=""), (MakeCode(),))
        case CodeMade(uri, typed):
            return replace(state, uri=uri, typed=typed), ()
        case KeyWanted(now, pin):
            return _touching(*_asked(state, now, Do(Change.KEY, now, pin)))
        case SheetsWanted(now):
            return _said(state, _no_password(now)) or (state, () if state.busy else (AskFolder(now),))
        case FolderChosen(now, folder):
            return _do(state, Do(Change.SHEETS, now, folder)) if folder else (state, ())
        case MinutesChosen(minutes):
            return _do(state, Do(Change.MINUTES, "", str(minutes)))
        case OtherLeaves(now, name) if name == state.leaving:
            return _asked(state, now, Do(Change.NO_OTHER, now, name))
        case OtherLeaves(now, name):
            return _said(state, _no_password(now)) or (replace(state, leaving=name, sentence=""), ())
        case Done(change, about):
            done = replace(
                state, busy=False, uri="", typed="", leaving="", tone="ok", sentence=_SAID[change](about)
            )
            return done, (LookAtSessions(),) if change == Change.SESSION else (ForgetSecrets(), Look())
        case Failed(sentence):
            return replace(state, busy=False, tone="danger", sentence=sentence), ()
        case _:
            return _newcomer(state, event)


def _newcomer(state: State, event: Event) -> Result:
    match event:
        case NewcomerSubmitted(code, name, new, again):
            missing = "" if code and name else _("Her invitation and her name are needed.")
            wrong = missing or _unlike(new, again)
            return _said(state, wrong) or _do(replace(state, newcomer=name), Welcome(code, name, new))
        case DigitsMade(digits):
            return replace(state, busy=False, digits=digits), (ForgetSecrets(), AwaitNewcomer())
        case NewcomerCame():
            said = _("%(name)s has a way in of her or his own here.") % {"name": state.newcomer}
            return replace(state, digits="", newcomer="", tone="ok", sentence=said), (Look(),)
        case NewcomerFailed(sentence) if state.digits:
            return replace(state, digits="", newcomer="", tone="danger", sentence=sentence), ()
        case NewcomerSentAway():
            return replace(state, digits="", newcomer="", sentence=""), (SendAway(),)
        case _:
            return state, ()


def _asked(state: State, now: str, effect: Do, wrong: str = "") -> Result:
    return _said(state, _no_password(now) or wrong) or _do(state, effect)


def _no_password(now: str) -> str:
    return "" if now else _("Type your password of now first, at the top.")


def _unlike(new: str, again: str) -> str:
    if not new.strip():
        return _("Type what is new first.")
    return "" if new == again else _("The two new ones are not the same. Type the second one again.")


def _said(state: State, wrong: str) -> Result | None:
    return (replace(state, tone="warn", sentence=wrong), ()) if wrong else None


def _do(state: State, effect: Effect) -> Result:
    return (state, ()) if state.busy else (replace(state, busy=True, sentence=""), (effect,))


def _touching(state: State, effects: tuple[Effect, ...]) -> Result:
    """A key blinks until it is touched."""
    if not effects:
        return state, effects
    return replace(state, tone="info", sentence=_("Touch the security key whenever it blinks.")), effects


_SAID: dict[Change, Callable[[str], str]] = {
    Change.PASSWORD: lambda _about: _("Your password is changed."),
    Change.PIN: lambda _about: _("Your PIN is set: it shows your work again after a lock."),
    Change.NO_PIN: lambda _about: _("Your PIN is gone: after a lock your password is asked."),
    Change.CODE: lambda _about: _("From now on your phone's six digits are asked too."),
    Change.NO_CODE: lambda _about: _("No six digits are asked any more."),
    Change.KEY: lambda _about: _("From now on your security key is asked too. Make recovery sheets against its loss."),
    Change.NO_KEY: lambda _about: _("Your password alone opens this computer again."),
    Change.SHEETS: lambda about: _(
        "Three sheets are in %(folder)s. Print them, give them to three people, delete the files; older sheets open nothing any "
        "more."
    )
    % {"folder": about},
    Change.NO_OTHER: lambda about: _("%(name)s has no way into this computer any more.") % {"name": about},
    Change.SESSION: lambda _about: _(
        "Ended: it must prove its key anew, which its program does by itself. If it is lost, tell an administrator."
    ),
    Change.MINUTES: lambda about: _("Untouched for %(minutes)s min, the screen covers itself.") % {"minutes": about},
}  # fmt: skip
