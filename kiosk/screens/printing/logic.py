# SPDX-License-Identifier: GPL-3.0-or-later
"""One page on its way to the printer: `update(state, event) -> (state, effects)`. Whatever ends it, its job is purged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from kiosk.health import Printer, has_no_paper, is_off

if TYPE_CHECKING:
    from clinic.services.own_papers import Paper
    from kiosk.spooler import Seen

PATIENCE_S = 8.0
"""So long a printer may say that it has no paper: what it said before may be old."""
LONGEST_S = 90.0


class Phase(StrEnum):
    CHOOSING = "choosing"
    SENDING = "sending"
    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"


class Trouble(StrEnum):
    NONE = ""
    NO_PRINTER = "no printer"
    NO_PAPER = "no paper"
    STOPPED = "stopped"
    SLOW = "slow"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class State:
    """`since_s`: when the page was sent, on the session's own clock. `sentence`: why it was refused."""

    phase: Phase = Phase.CHOOSING
    paper: Paper | None = None
    printer: str = ""
    job: str = ""
    since_s: float = 0.0
    trouble: Trouble = Trouble.NONE
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class PaperChosen:
    paper: Paper


@dataclass(frozen=True, slots=True)
class PrinterFound:
    printer: Printer | None


@dataclass(frozen=True, slots=True)
class Sent:
    job: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Looked:
    seen: Seen
    at_s: float


@dataclass(frozen=True, slots=True)
class Refused:
    """By the spooler, or by a rule of the clinic."""

    sentence: str


@dataclass(frozen=True, slots=True)
class CalledOff:
    """She wants it no longer, or goes."""


@dataclass(frozen=True, slots=True)
class ListTouched:
    pass


Event = PaperChosen | PrinterFound | Sent | Looked | Refused | CalledOff | ListTouched


@dataclass(frozen=True, slots=True)
class FindPrinter:
    pass


@dataclass(frozen=True, slots=True)
class Send:
    paper: Paper
    printer: str


@dataclass(frozen=True, slots=True)
class Purge:
    job: str


Effect = FindPrinter | Send | Purge


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    match state.phase, event:
        case ((Phase.CHOOSING | Phase.PRINTED | Phase.FAILED), PaperChosen(paper)):
            return State(Phase.SENDING, paper), (FindPrinter(),)
        case Phase.SENDING, PrinterFound(None):
            return _failed(state, Trouble.NO_PRINTER)
        case Phase.SENDING, PrinterFound(printer) if printer is not None and state.paper is not None:
            if is_off(printer):
                return _failed(state, Trouble.STOPPED)
            return replace(state, printer=printer.name), (Send(state.paper, printer.name),)
        case Phase.SENDING, Sent(job, at_s):
            return replace(state, phase=Phase.PRINTING, job=job, since_s=at_s), ()
        case Phase.PRINTING, Looked(seen, at_s):
            return _looked(state, seen, at_s)
        case _, Sent(job, _at_s):  # she went while it was handed over
            return state, (Purge(job),)
        case ((Phase.SENDING | Phase.PRINTING), Refused(sentence)):
            failed, effects = _failed(state, Trouble.REFUSED)
            return replace(failed, sentence=sentence), effects
        case ((Phase.SENDING | Phase.PRINTING), CalledOff()):
            return State(), _purge(state)
        case ((Phase.PRINTED | Phase.FAILED), ListTouched()):
            return State(), ()
    return state, ()


def _looked(state: State, seen: Seen, at_s: float) -> tuple[State, tuple[Effect, ...]]:
    waited = at_s - state.since_s
    if seen.printed:
        return replace(state, phase=Phase.PRINTED, job=""), _purge(state)
    if seen.printer is None or (is_off(seen.printer) and (seen.printer.stopped or waited >= PATIENCE_S)):
        return _failed(state, Trouble.STOPPED)
    if has_no_paper(seen.printer) and waited >= PATIENCE_S:
        return _failed(state, Trouble.NO_PAPER)
    return _failed(state, Trouble.SLOW) if waited >= LONGEST_S else (state, ())


def _failed(state: State, trouble: Trouble) -> tuple[State, tuple[Effect, ...]]:
    return replace(state, phase=Phase.FAILED, trouble=trouble, job=""), _purge(state)


def _purge(state: State) -> tuple[Effect, ...]:
    return (Purge(state.job),) if state.job else ()
