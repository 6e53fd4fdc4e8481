# SPDX-License-Identifier: GPL-3.0-or-later
"""The open alerts of one chart: read, answered with what was done, taken over; each can be undone for a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId, UserId
from desktop.kit.words import _

if TYPE_CHECKING:
    from clinic.services.alerts import Alert

FEW = 2
"""So many are shown until all are asked for: the band must not push the chart away."""


@dataclass(frozen=True, slots=True)
class State:
    """`answering`: the alert a note is being written for; `drafts`: what was typed for each and not sent, kept while the
    program runs; `busy`: the alert a write is under way for; `unfolded`: all are shown.
    """

    now: datetime
    patient: PatientId = PatientId("")
    alerts: tuple[Alert, ...] = ()
    answering: FactId = FactId("")
    drafts: Mapping[FactId, str] = field(default_factory=dict)
    busy: FactId = FactId("")
    unfolded: bool = False
    sentence: str = ""

    @property
    def shown(self) -> tuple[Alert, ...]:
        """While a note is written, its alert alone."""
        if self.answered is not None:
            return (self.answered,)
        return self.alerts if self.unfolded else self.alerts[:FEW]

    @property
    def answered(self) -> Alert | None:
        """The alert the note is for."""
        return self.find(self.answering)

    def find(self, alert: FactId) -> Alert | None:
        """The line an alert stands on: its own, or that of another one of the same rule."""
        return next((one for one in self.alerts if alert in _ids(one)), None)


def _ids(alert: Alert) -> tuple[FactId, ...]:
    return (alert.standing.alert.id, *(also.id for also in alert.standing.also))


@dataclass(frozen=True, slots=True)
class PatientShown:
    patient: PatientId
    now: datetime


@dataclass(frozen=True, slots=True)
class AlertsLoaded:
    patient: PatientId
    alerts: tuple[Alert, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class MinutePassed:
    now: datetime


@dataclass(frozen=True, slots=True)
class FactsChanged:
    pass


@dataclass(frozen=True, slots=True)
class AnswerOpened:
    alert: FactId


@dataclass(frozen=True, slots=True)
class AnswerLeft:
    pass


@dataclass(frozen=True, slots=True)
class NoteTyped:
    text: str


@dataclass(frozen=True, slots=True)
class AnswerSent:
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    alert: FactId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class TakePressed:
    alert: FactId


@dataclass(frozen=True, slots=True)
class Taken:
    alert: FactId
    before: UserId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class Unfolded:
    """All alerts are asked for, or the few again."""


@dataclass(frozen=True, slots=True)
class Failed:
    patient: PatientId
    sentence: str


@dataclass(frozen=True, slots=True)
class Load:
    """Effect: read the open alerts of this chart."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Effect: write down what was done."""

    alert: FactId
    note: str
    patient: PatientId


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Effect: become the owner."""

    alert: FactId
    before: UserId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class OfferReopen:
    """Effect: say that it is answered; it can be undone for a moment."""

    alert: FactId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class OfferHandBack:
    """Effect: say that it is mine now; it can be undone for a moment."""

    alert: FactId
    before: UserId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class Warn:
    """Effect: say what went wrong on a chart that is not in front any more."""

    sentence: str


Event = (
    PatientShown
    | AlertsLoaded
    | MinutePassed
    | FactsChanged
    | AnswerOpened
    | AnswerLeft
    | NoteTyped
    | AnswerSent
    | Answered
    | TakePressed
    | Taken
    | Unfolded
    | Failed
)
Effect = Load | Acknowledge | TakeOver | OfferReopen | OfferHandBack | Warn
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911 - one line a case
    match event:
        case PatientShown(patient, now):
            return State(now=now, patient=patient, drafts=state.drafts), (Load(patient),)
        case AlertsLoaded():
            return _loaded(state, event), ()
        case MinutePassed(now):
            return replace(state, now=now), ()
        case FactsChanged():
            return state, ((Load(state.patient),) if state.patient else ())
        case AnswerOpened(alert):
            known = state.find(alert) is not None
            return (replace(state, answering=alert, sentence="") if known else state), ()
        case AnswerLeft():
            return replace(state, answering=FactId(""), sentence=""), ()
        case NoteTyped(text):
            return _typed(state, text), ()
        case AnswerSent(text):
            return _send(_typed(state, text), text)
        case Answered(alert, patient):
            return _answered(state, alert, patient)
        case TakePressed(alert):
            return _take(state, alert)
        case Taken(alert, before, patient):
            return _settled(state, patient), (OfferHandBack(alert, before, patient), Load(state.patient))
        case Unfolded():
            return replace(state, unfolded=not state.unfolded), ()
        case Failed(patient, sentence) if patient == state.patient:
            return replace(state, busy=FactId(""), sentence=sentence), ()
        case Failed(_, sentence):
            return state, (Warn(sentence),)


def _loaded(state: State, event: AlertsLoaded) -> State:
    """A note under way stays with its alert; when somebody else has answered it, that is said and the words are kept."""
    if event.patient != state.patient:
        return state
    fresh = replace(state, alerts=event.alerts, now=event.now)
    if not state.answering or fresh.answered is not None or state.busy:
        return fresh
    gone = _("This alert has been answered meanwhile. Read what was done in the timeline.")
    return replace(fresh, answering=FactId(""), sentence=gone)


def _typed(state: State, text: str) -> State:
    if not state.answering:
        return state
    kept = {alert: words for alert, words in state.drafts.items() if alert != state.answering}
    return replace(state, drafts={**kept, state.answering: text} if text else kept, sentence="")


def _send(state: State, text: str) -> Result:
    if not state.answering or state.busy:
        return state, ()
    if not text.strip():
        return replace(state, sentence=_("Write what you did or why nothing is needed.")), ()
    sent = Acknowledge(state.answering, text.strip(), state.patient)
    return replace(state, busy=state.answering, sentence=""), (sent,)


def _answered(state: State, alert: FactId, patient: PatientId) -> Result:
    drafts = {other: words for other, words in state.drafts.items() if other != alert}
    done = replace(_settled(state, patient), drafts=drafts)
    if state.answering == alert:
        done = replace(done, answering=FactId(""))
    return done, (OfferReopen(alert, patient), Load(state.patient))


def _take(state: State, alert: FactId) -> Result:
    found = state.find(alert)
    if found is None or state.busy:
        return state, ()
    before = found.standing.alert.owner
    return replace(state, busy=alert, sentence=""), (TakeOver(alert, before, state.patient),)


def _settled(state: State, patient: PatientId) -> State:
    """Nothing is under way any more, if it was on the chart that is shown."""
    return replace(state, busy=FactId(""), sentence="") if patient == state.patient else state
