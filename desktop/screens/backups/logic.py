# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether something must be said about the backups of this computer, and what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.errors import PostaError, Unavailable
from clinic.domain.keeping import RETRY_AFTER, is_late
from desktop.kit.words import _, fmt_ago, fmt_date, tell

if TYPE_CHECKING:
    from clinic.services.backups import Plan


@dataclass(frozen=True, slots=True)
class State:
    """`plan`: what was set up, None for nothing; `owner`: who is here administers the clinic; `error`: how the last backup of
    this sitting ended, if it failed; `hushed`: the hint was put away.
    """

    now: datetime
    known: bool = False
    plan: Plan | None = None
    owner: bool = False
    error: PostaError | None = None
    failed_at: datetime | None = None
    hushed: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """How things stand in the book."""

    plan: Plan | None
    owner: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """A backup came to its end: None when it is good."""

    error: PostaError | None
    now: datetime


@dataclass(frozen=True, slots=True)
class LookDue:
    pass


@dataclass(frozen=True, slots=True)
class Hushed:
    pass


@dataclass(frozen=True, slots=True)
class Look:
    """Effect: read how things stand."""


Event = Looked | Ended | LookDue | Hushed
Effect = Look


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match event:
        case Looked(plan, owner, now):
            fresh = replace(state, known=True, plan=plan, owner=owner, now=now)
            return (replace(fresh, error=None) if _mended(fresh) else fresh), ()
        case Ended(error, now):
            # a refusal is no failure: another program was making one
            failed = error if isinstance(error, Unavailable) else None
            return replace(state, error=failed, failed_at=now if failed else None), (Look(),)
        case LookDue():
            return state, (Look(),)
        case Hushed():
            return replace(state, hushed=True), ()


def _mended(state: State) -> bool:
    """A good one came after the failure, made by another program."""
    made = state.plan.made_at if state.plan else None
    return made is not None and state.failed_at is not None and made > state.failed_at


@dataclass(frozen=True, slots=True)
class Told:
    """What the band says; nothing while `text` is ''. `action`: the button that puts it away."""

    tone: str = "warn"
    text: str = ""
    next_step: str = ""
    action: str = ""


def told(state: State) -> Told:
    """Nothing while all is well, or while a late one is just being tried."""
    plan = state.plan
    if not state.known:
        return Told()
    if plan is None:
        return _hint() if state.owner and not state.hushed else Told()
    if state.error is not None:
        why = _("%(why)s Posta tries again by itself.") % {"why": tell(state.error)}
        return Told("warn", _last(plan, state.now), why)
    if not is_late(state.now, plan.made_at, plan.rule) or _being_tried(plan, state.now):
        return Told()
    plugged = _("Check that the disk for backups is plugged in: %(place)s. Posta tries again by itself.")
    return Told("warn", _last(plan, state.now), plugged % {"place": plan.place})


def _being_tried(plan: Plan, now: datetime) -> bool:
    """The first one is due at once; one that was begun has its time, then it is tried again."""
    if plan.tried_at is None:
        return plan.made_at is None
    return now - plan.tried_at < RETRY_AFTER and (plan.made_at is None or plan.tried_at > plan.made_at)


def _last(plan: Plan, now: datetime) -> str:
    if plan.made_at is None:
        return _("No backup of this computer has come about yet.")
    when = {"date": fmt_date(plan.made_at), "ago": fmt_ago(plan.made_at, now)}
    return _("The last good backup of this computer is of %(date)s, %(ago)s.") % when


def _hint() -> Told:
    return Told(
        "info",
        _("Backups are not set up on this computer."),
        _("Whoever looks after it sets them up once, with a disk of their own: posta station backup-setup."),
        _("Not now"),
    )
