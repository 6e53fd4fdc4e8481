# SPDX-License-Identifier: GPL-3.0-or-later
"""When to exchange with one remote: `(state, event) -> (state, effects)`.

At most one exchange is under way; whatever happens meanwhile causes exactly one more. After failures it
rests, longer each time, and asks for less at once: what a thin link cannot carry whole, it carries in parts.
Time is monotonic seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from clinic.sync.backoff import delay_s
from clinic.sync.pace import Pace
from clinic.sync.status import SyncStatus

NOTHING_YET = SyncStatus()


class Phase(StrEnum):
    """What the machine is at. Being online is told apart: an exchange may outlive its link."""

    STILL = "still"
    BUSY = "busy"
    RESTING = "resting"


class Failure(StrEnum):
    """Why an exchange came to nothing."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    LOCAL = "local"
    """Our own disk or store."""


# events


@dataclass(frozen=True, slots=True)
class SyncDue:
    """By the clock, or because somebody pressed the button."""

    now: float


@dataclass(frozen=True, slots=True)
class Rang:
    """The remote has something new."""

    now: float


@dataclass(frozen=True, slots=True)
class LocalWrite:
    """Something was written here; `waiting` envelopes are in the outbox now."""

    now: float
    waiting: int


@dataclass(frozen=True, slots=True)
class ExchangeDone:
    """An answer came and is applied. `status`: the store's counts afterwards; `moved`: bytes of envelopes, the larger way, in
    `took_s` seconds on the link."""

    now: float
    status: SyncStatus = NOTHING_YET
    more: bool = False
    moved: int = 0
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ExchangeFailed:
    now: float
    kind: Failure


@dataclass(frozen=True, slots=True)
class Connected:
    now: float


@dataclass(frozen=True, slots=True)
class Disconnected:
    now: float


@dataclass(frozen=True, slots=True)
class Ticked:
    """The time asked for by WaitUntil has come, or any other time."""

    now: float


Event = SyncDue | Rang | LocalWrite | ExchangeDone | ExchangeFailed | Connected | Disconnected | Ticked


# effects


@dataclass(frozen=True, slots=True)
class Exchange:
    """Do one exchange with that byte budget, then say ExchangeDone or ExchangeFailed."""

    budget: int


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Say Ticked at that monotonic time."""

    at: float


@dataclass(frozen=True, slots=True)
class Report:
    """Show this."""

    status: SyncStatus


Effect = Exchange | WaitUntil | Report


@dataclass(frozen=True, slots=True)
class State:
    """`again`: something happened during the exchange; `due_at`: when a rest ends; `pace`: what the link is asked for."""

    phase: Phase = Phase.STILL
    online: bool = False
    again: bool = False
    failures: int = 0
    due_at: float = 0.0
    status: SyncStatus = NOTHING_YET
    pace: Pace = field(default_factory=Pace)


Stepped = tuple[State, tuple[Effect, ...]]


def start(status: SyncStatus = NOTHING_YET) -> State:
    """Nothing under way, not connected; `status` as the store remembers it."""
    return State(status=replace(status, online=False))


def step(state: State, event: Event, jitter: float = 0.5) -> Stepped:
    """What comes of an event. `jitter`: from 0 to 1, anew for each call."""
    noted = _noted(state, event)
    after, effects = TABLE[noted.phase, type(event)](noted, event, jitter)
    if after.status != state.status:
        effects = (*effects, Report(after.status))
    return after, effects


def _noted(state: State, event: Event) -> State:
    """What an event says about the world, whatever we are at."""
    match event:
        case LocalWrite(waiting=waiting):
            return replace(state, status=replace(state.status, waiting=waiting))
        case Connected():
            return replace(state, online=True, status=replace(state.status, online=True))
        case Disconnected():
            return replace(state, online=False, status=replace(state.status, online=False))
    return state


def _stay(state: State, event: Event, jitter: float) -> Stepped:
    return state, ()


def _go(state: State, event: Event, jitter: float) -> Stepped:
    return replace(state, phase=Phase.BUSY, again=False), (Exchange(state.pace.budget),)


def _go_if_online(state: State, event: Event, jitter: float) -> Stepped:
    return _go(state, event, jitter) if state.online else (state, ())


def _once_more(state: State, event: Event, jitter: float) -> Stepped:
    return replace(state, again=True), ()


def _if_due(state: State, event: Event, jitter: float) -> Stepped:
    return _go(state, event, jitter) if event.now >= state.due_at else (state, (WaitUntil(state.due_at),))


def _done(state: State, event: Event, jitter: float) -> Stepped:
    if not isinstance(event, ExchangeDone):
        raise TypeError("only an ExchangeDone ends an exchange well")
    status = replace(event.status, online=state.online)
    pace = state.pace.carried(event.moved, event.took_s)
    still = replace(state, phase=Phase.STILL, failures=0, status=status, pace=pace)
    return _go(still, event, jitter) if event.more or state.again else (still, ())


def _failed(state: State, event: Event, jitter: float) -> Stepped:
    failures = state.failures + 1
    due_at = event.now + delay_s(failures, jitter)
    resting = replace(
        state, phase=Phase.RESTING, again=False, failures=failures, due_at=due_at, pace=state.pace.broken()
    )
    return resting, (WaitUntil(due_at),)


Rule = Callable[[State, Event, float], Stepped]

TABLE: dict[tuple[Phase, type[Event]], Rule] = {
    (Phase.STILL, SyncDue): _go,
    (Phase.STILL, Rang): _go,
    (Phase.STILL, LocalWrite): _go_if_online,
    (Phase.STILL, Connected): _go,
    (Phase.STILL, Disconnected): _stay,
    (Phase.STILL, Ticked): _stay,
    (Phase.STILL, ExchangeDone): _stay,
    (Phase.STILL, ExchangeFailed): _stay,
    (Phase.BUSY, SyncDue): _once_more,
    (Phase.BUSY, Rang): _once_more,
    (Phase.BUSY, LocalWrite): _once_more,
    (Phase.BUSY, Connected): _once_more,
    (Phase.BUSY, Disconnected): _stay,
    (Phase.BUSY, Ticked): _stay,
    (Phase.BUSY, ExchangeDone): _done,
    (Phase.BUSY, ExchangeFailed): _failed,
    (Phase.RESTING, SyncDue): _go,
    (Phase.RESTING, Rang): _stay,
    (Phase.RESTING, LocalWrite): _stay,
    (Phase.RESTING, Connected): _go,
    (Phase.RESTING, Disconnected): _stay,
    (Phase.RESTING, Ticked): _if_due,
    (Phase.RESTING, ExchangeDone): _stay,
    (Phase.RESTING, ExchangeFailed): _stay,
}
"""Every phase meets every event. A bell or a write never shortens a rest; a new link does."""
