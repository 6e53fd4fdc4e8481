# SPDX-License-Identifier: GPL-3.0-or-later
"""One notice at a time, the newest first; put away, the next one shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from desktop.kit.words import N_, _, fmt_moment, fmt_time, plural

if TYPE_CHECKING:
    from clinic.services.notices import Notice


GLASS = {
    "glass-summary": N_(
        "%(who)s of another team opened the emergency summary of your patient %(patient)s, %(time)s"
    ),
    "glass-chart": N_("%(who)s of another team opened the whole chart of your patient %(patient)s, %(time)s"),
}
"""Words to the team that somebody broke the glass."""


@dataclass(frozen=True, slots=True)
class State:
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class LookDue:
    pass


@dataclass(frozen=True, slots=True)
class Came:
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class PutAway:
    pass


@dataclass(frozen=True, slots=True)
class Look:
    """Effect: read the notices of today."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Effect: never show this one again."""

    key: str


Event = LookDue | Came | PutAway
Effect = Look | Dismiss


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match event:
        case LookDue():
            return state, (Look(),)
        case Came(notices):
            return replace(state, notices=notices), ()
        case PutAway():
            if not state.notices:
                return state, ()
            return replace(state, notices=state.notices[1:]), (Dismiss(state.notices[0].key),)


def sentence(state: State) -> str:
    """What the newest says; '' for none."""
    if not state.notices:
        return ""
    one = state.notices[0]
    if one.action in GLASS:
        words = {"who": one.name, "patient": one.person.name.spoken, "time": fmt_moment(one.at)}
        return _(GLASS[one.action]) % words
    said = {
        "print": _("%(who)s printed papers of your patient %(patient)s, %(time)s"),
        "export": _("%(who)s exported the chart of your patient %(patient)s, %(time)s"),
    }.get(one.action, _("%(who)s opened the chart of your patient %(patient)s, %(time)s"))
    return said % {"who": one.name, "patient": one.person.name.spoken, "time": fmt_time(one.at)}


def more(state: State) -> str:
    """What to do about it, and how many wait behind it."""
    if not state.notices:
        return ""
    one = state.notices[0]
    if one.action in GLASS:
        ask = _("Reason given: %(reason)s") % {"reason": one.reason}
    else:
        ask = _("She or he has no visit with the patient today. If you do not know why, ask.")
    behind = len(state.notices) - 1
    others = plural("%(n)d more notice after this one.", "%(n)d more notices after this one.", behind)
    return f"{ask} {others}" if behind else ask
