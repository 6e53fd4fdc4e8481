# SPDX-License-Identifier: GPL-3.0-or-later
"""The waiting room as the clinician sees it, and what is booked for today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.alerts.due import pressing
from clinic.domain.ids import DeviceId, EncounterId, PatientId, UserId
from desktop.screens.tasks.logic import pressing as pressing_tasks

if TYPE_CHECKING:
    from clinic.domain.facts import Appointment
    from clinic.services.alerts import Alert
    from clinic.services.overviews import Booked
    from clinic.services.plans import Due
    from clinic.services.waiting import Waiting


@dataclass(frozen=True, slots=True)
class State:
    """`rows` come sorted by the queue (most urgent first); `chosen` is the encounter the buttons act on: when
    it leaves the queue nobody is chosen, so that a click under way never reaches somebody else. `alerts`: the
    open ones, whoever has them.
    """

    now: datetime
    rows: tuple[Waiting, ...] = ()
    booked: tuple[Booked, ...] = ()
    alerts: tuple[Alert, ...] = ()
    due: tuple[Due, ...] = ()
    me: UserId = UserId("")
    chosen: str = ""
    loaded: bool = False
    confirming: bool = False
    slot: str = ""
    """The appointment the buttons under the list act on."""
    writing: bool = False
    """That she came, or did not, is being written down."""
    sentence: str = ""

    @property
    def marked(self) -> Booked | None:
        return next((one for one in self.booked if one.appointment.id == self.slot), None)

    @property
    def selected(self) -> Waiting | None:
        return next((row for row in self.rows if row.encounter.id == self.chosen), None)

    @property
    def to_answer(self) -> tuple[Alert, ...]:
        """Alerts that are mine, nobody's, or by now everybody's; the most pressing first."""
        by_now = (replace(one, standing=one.standing.by_now(self.now)) for one in self.alerts)
        mine = (one for one in by_now if one.standing.concerns(self.me))
        return tuple(sorted(mine, key=lambda one: pressing(one.standing)))

    @property
    def to_do(self) -> tuple[Due, ...]:
        """Tasks of today that are mine or nobody's, after the late ones of everybody."""
        return pressing_tasks(self.due, self.me, self.now.astimezone().date())


@dataclass(frozen=True, slots=True)
class QueueLoaded:
    rows: tuple[Waiting, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class BookedLoaded:
    booked: tuple[Booked, ...]


@dataclass(frozen=True, slots=True)
class AlertsLoaded:
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class AlertOpened:
    alert: str


@dataclass(frozen=True, slots=True)
class TasksLoaded:
    due: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class TaskOpened:
    task: str


@dataclass(frozen=True, slots=True)
class MinutePassed:
    now: datetime


@dataclass(frozen=True, slots=True)
class RowChosen:
    encounter: str


@dataclass(frozen=True, slots=True)
class RowOpened:
    encounter: str


@dataclass(frozen=True, slots=True)
class CallPressed:
    pass


@dataclass(frozen=True, slots=True)
class IdentityAsked:
    pass


@dataclass(frozen=True, slots=True)
class IdentityLeft:
    pass


@dataclass(frozen=True, slots=True)
class MatchConfirmed:
    other: PatientId


@dataclass(frozen=True, slots=True)
class SlotChosen:
    """An appointment of today is marked."""

    appointment: str


@dataclass(frozen=True, slots=True)
class CamePressed:
    """Of the one that is marked; `came`: she is here, else she did not come."""

    came: bool


@dataclass(frozen=True, slots=True)
class Attended:
    """It is written down."""


@dataclass(frozen=True, slots=True)
class BookedOpened:
    appointment: str


@dataclass(frozen=True, slots=True)
class FactsChanged:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class LoadQueue:
    """Effect: read the queue and today's appointments."""


@dataclass(frozen=True, slots=True)
class LoadAlerts:
    """Effect: read the open alerts, whoever has them."""


@dataclass(frozen=True, slots=True)
class LoadTasks:
    """Effect: read the open tasks of all charts."""


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """Effect: open the visit page; `ring` also rings the kiosk."""

    encounter: EncounterId
    patient: PatientId
    kiosk: DeviceId
    ring: bool = False


@dataclass(frozen=True, slots=True)
class OpenChart:
    """Effect: show this person's chart."""

    patient: PatientId
    tab: str = "summary"


@dataclass(frozen=True, slots=True)
class Attend:
    """Effect: write down that she came, or did not."""

    appointment: Appointment
    name: str
    came: bool


@dataclass(frozen=True, slots=True)
class ConfirmIdentity:
    """Effect: somebody here vouches that the person who came is the one in the record; the kiosk hears it."""

    encounter: EncounterId
    kiosk: DeviceId
    provisional: PatientId
    other: PatientId


@dataclass(frozen=True, slots=True)
class Announce:
    """Effect: somebody has arrived: sound and badge."""

    arrived: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """Effect: these have told something that must not wait: sound, and words on whatever page is shown."""

    rows: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class CountWaiting:
    """Effect: tell the rail and the kiosks how many wait."""

    rows: tuple[Waiting, ...]


Event = (
    QueueLoaded
    | BookedLoaded
    | AlertsLoaded
    | AlertOpened
    | TasksLoaded
    | TaskOpened
    | MinutePassed
    | RowChosen
    | RowOpened
    | CallPressed
    | IdentityAsked
    | IdentityLeft
    | MatchConfirmed
    | SlotChosen
    | CamePressed
    | Attended
    | BookedOpened
    | FactsChanged
    | Failed
)
Effect = (
    LoadQueue
    | LoadAlerts
    | LoadTasks
    | OpenVisit
    | OpenChart
    | Attend
    | ConfirmIdentity
    | Announce
    | Alarm
    | CountWaiting
)


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case QueueLoaded(rows, now):
            return _loaded(state, rows, now)
        case BookedLoaded(booked):
            return replace(state, booked=booked), ()
        case AlertsLoaded(alerts):
            return replace(state, alerts=alerts), ()
        case AlertOpened(alert):
            return state, _charts_of(state, alert)
        case TasksLoaded(due):
            return replace(state, due=due), ()
        case TaskOpened(task):
            return state, _chart_of(state, task)
        case MinutePassed(now):
            return replace(state, now=now), ()
        case RowChosen(encounter):
            same = encounter == state.chosen
            return replace(state, chosen=encounter, confirming=state.confirming and same), ()
        case RowOpened(encounter):
            return _opened(replace(state, chosen=encounter), ring=False)
        case CallPressed():
            return _opened(state, ring=True)
        case IdentityAsked():
            asked = state.selected is not None and not state.selected.verified
            return replace(state, confirming=asked), ()
        case IdentityLeft():
            return replace(state, confirming=False), ()
        case MatchConfirmed(other):
            return _confirmed(state, other)
        case SlotChosen(appointment):
            return replace(state, slot=appointment), ()
        case CamePressed(came):
            return _attend(state, came)
        case Attended():
            return replace(state, writing=False), (LoadQueue(),)
        case BookedOpened(appointment):
            found = (one.person.patient for one in state.booked if one.appointment.id == appointment)
            return state, tuple(OpenChart(patient) for patient in found)
        case FactsChanged():
            return state, (LoadQueue(), LoadAlerts(), LoadTasks())
        case Failed(sentence):
            return replace(state, sentence=sentence, writing=False), ()


def _attend(state: State, came: bool) -> tuple[State, tuple[Effect, ...]]:
    one = state.marked
    if one is None or state.writing:
        return state, ()
    return replace(state, writing=True), (Attend(one.appointment, one.person.name.full, came),)


def _chart_of(state: State, task: str) -> tuple[Effect, ...]:
    """The chart with its tasks; of somebody whose record is not here yet there is none to show."""
    found = next((one for one in state.due if one.task.id == task), None)
    return (
        (OpenChart(found.person.patient, "tasks"),) if found is not None and found.person is not None else ()
    )


def _loaded(state: State, rows: tuple[Waiting, ...], now: datetime) -> tuple[State, tuple[Effect, ...]]:
    known = {row.encounter.id for row in state.rows}
    present = [row.encounter.id for row in rows]
    new = [row for row in rows if row.encounter.id not in known and row.encounter.status != "in-progress"]
    arrived = len(new) if state.loaded else 0
    first = present[0] if present and not state.rows else ""
    chosen = state.chosen if state.chosen in present else first
    confirming = state.confirming and chosen == state.chosen
    fresh = replace(state, rows=rows, now=now, chosen=chosen, loaded=True, confirming=confirming, sentence="")
    news: tuple[Effect, ...] = (Announce(arrived),) if arrived else ()
    flagged = _newly_flagged(state, rows)
    alarm: tuple[Effect, ...] = (Alarm(flagged),) if flagged else ()
    return fresh, (CountWaiting(rows), *news, *alarm)


def _newly_flagged(state: State, rows: tuple[Waiting, ...]) -> tuple[Waiting, ...]:
    """Those with a red flag that was not there when the queue was last read, also at the first reading; none that somebody
    sees already."""
    before = {row.encounter.id: {flag.code for flag in row.encounter.red_flags} for row in state.rows}
    return tuple(
        row
        for row in rows
        if row.encounter.status != "in-progress"
        and {flag.code for flag in row.encounter.red_flags} - before.get(row.encounter.id, set())
    )


def _charts_of(state: State, alert: str) -> tuple[Effect, ...]:
    return tuple(OpenChart(one.person.patient) for one in state.alerts if one.standing.alert.id == alert)


def _opened(state: State, *, ring: bool) -> tuple[State, tuple[Effect, ...]]:
    row = state.selected
    if row is None:
        return state, ()
    visit = row.encounter
    return state, (OpenVisit(EncounterId(visit.id), row.person.patient, visit.kiosk, ring=ring),)


def _confirmed(state: State, other: PatientId) -> tuple[State, tuple[Effect, ...]]:
    row = state.selected
    if row is None or not any(match.patient == other for match in row.matches):
        return state, ()
    visit = row.encounter
    vouched = ConfirmIdentity(EncounterId(visit.id), visit.kiosk, row.person.patient, other)
    return replace(state, confirming=False), (vouched,)
