# SPDX-License-Identifier: GPL-3.0-or-later
"""What rules look at: entries of the audit, and what is known of the charts and people they name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

from clinic.domain.ids import DeviceId, FactId, PatientId, UserId
from clinic.domain.misuse.hours import Hours

READS = frozenset({"open", "read", "print", "export", "search"})
"""Actions by which somebody sees what is on a chart."""
CARRIES_OUT = frozenset({"print", "export"})
"""Actions by which a chart leaves the computer."""
ANYBODY = UserId("")


@dataclass(frozen=True, slots=True)
class Act:
    """An entry of the audit. `user`: who the op says wrote it, '' where nobody was logged in."""

    entry: FactId
    at: datetime
    action: str
    user: UserId = ANYBODY
    name: str = ""
    patient: PatientId = PatientId("")
    device: DeviceId = DeviceId("")
    outcome: str = "success"
    entity: str = ""

    @property
    def reads(self) -> bool:
        """True if somebody saw something of a chart."""
        return self.action in READS and self.outcome == "success" and bool(self.patient)


@dataclass(frozen=True, slots=True)
class Tie:
    """A reason to open a chart: a visit, an appointment, a task, what one wrote there. `user` ANYBODY: of the whole team,
    as while a patient waits and nobody has taken her."""

    user: UserId
    since: datetime
    until: datetime

    def covers(self, user: UserId, at: datetime, around: timedelta) -> bool:
        """True for that person at that time, or that long before or after; a tie of all only within itself."""
        if self.user == ANYBODY:
            return self.since <= at <= self.until
        return self.user == user and self.since - around <= at <= self.until + around


@dataclass(frozen=True, slots=True)
class Somebody:
    """A name in plain lower-case words, and what else tells people apart; '' or nothing where it is not known."""

    names: frozenset[str] = frozenset()
    family: frozenset[str] = frozenset()
    dni: str = ""
    address: str = ""

    def same_person(self, other: "Somebody") -> bool:
        """By number where both have one; else by the whole name, of two words at least."""
        if self.dni and other.dni:
            return self.dni == other.dni
        return len(self.names) > 1 and self.names == other.names


@dataclass(frozen=True, slots=True)
class Charted:
    """Whose chart, who had reason to open it, when the patient had refused it, whether every opening is looked at."""

    who: Somebody
    ties: tuple[Tie, ...] = ()
    refused: tuple[tuple[datetime, datetime], ...] = ()
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """`acts`: oldest first, with those of the weeks before that rules compare with; `since`: from here on they are judged.
    `charts`: only charts that are here whole; `common`: family names so frequent that they say nothing; `hours`: None if the
    clinic has not said when it is open; `reviewed`: entries that somebody has judged.
    """

    acts: tuple[Act, ...]
    charts: Mapping[PatientId, Charted]
    staff: Mapping[UserId, Somebody]
    now: datetime
    since: datetime
    zone: tzinfo = UTC
    hours: Hours | None = None
    common: frozenset[str] = frozenset()
    reviewed: frozenset[FactId] = field(default_factory=frozenset)

    def day(self, at: datetime) -> date:
        """The day where the clinic is."""
        return at.astimezone(self.zone).date()

    def judged(self, wanted: Callable[[Act], bool], settled: bool = False) -> tuple[Act, ...]:
        """Acts to judge. `settled`: of days that are over, so that what explains them had time to be written and to arrive."""
        today = self.day(self.now)
        return tuple(
            act
            for act in self.acts
            if act.at >= self.since and wanted(act) and not (settled and self.day(act.at) >= today)
        )

    def related(self, act: Act, around: timedelta) -> bool:
        """True if that person had reason to open that chart then; also where the chart is not here to tell."""
        chart = self.charts.get(act.patient)
        return chart is None or any(tie.covers(act.user, act.at, around) for tie in chart.ties)
