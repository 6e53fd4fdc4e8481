# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen on the schedule, and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId, UserId

if TYPE_CHECKING:
    from clinic.domain.facts import Appointment, Slot
    from clinic.domain.schedules import Outside
    from clinic.services.bookings import Agenda, Collision
    from clinic.services.people import PersonLine


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form of a new appointment, or of one that is moved (`moved`)."""

    day: date
    minute: int
    minutes: int = 20
    practitioner: UserId = UserId("")
    person: PersonLine | None = None
    reason: str = ""
    moved: Appointment | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """An appointment as it is to be. `before`: as it was, of one that is moved; None for a new one."""

    wanted: Appointment
    name: str
    before: Appointment | None = None


# Events


@dataclass(frozen=True, slots=True)
class Shown:
    now: datetime


@dataclass(frozen=True, slots=True)
class Ticked:
    now: datetime


@dataclass(frozen=True, slots=True)
class FactsChanged:
    pass


@dataclass(frozen=True, slots=True)
class AgendaLoaded:
    since: datetime
    agenda: Agenda


@dataclass(frozen=True, slots=True)
class ReadFailed:
    sentence: str


@dataclass(frozen=True, slots=True)
class ViewChosen:
    view: str


@dataclass(frozen=True, slots=True)
class Stepped:
    by: int


@dataclass(frozen=True, slots=True)
class DayChosen:
    """From the calendar, "today" (None), or a day of the month (`view` "day")."""

    day: date | None = None
    view: str = ""


@dataclass(frozen=True, slots=True)
class WhoseChosen:
    practitioner: UserId


@dataclass(frozen=True, slots=True)
class Chosen:
    appointment: FactId


@dataclass(frozen=True, slots=True)
class Left:
    """The form, the question or the details are closed."""


@dataclass(frozen=True, slots=True)
class ChartPressed:
    pass


@dataclass(frozen=True, slots=True)
class NewPressed:
    """`minute` -1: by the button, not in a place of the grid."""

    practitioner: UserId = UserId("")
    day: date | None = None
    minute: int = -1


@dataclass(frozen=True, slots=True)
class MovePressed:
    pass


@dataclass(frozen=True, slots=True)
class CancelPressed:
    pass


@dataclass(frozen=True, slots=True)
class CamePressed:
    """`came`: she is here; else she did not come."""

    came: bool


@dataclass(frozen=True, slots=True)
class CancelSent:
    reason: str


@dataclass(frozen=True, slots=True)
class FormTyped:
    form: Form


@dataclass(frozen=True, slots=True)
class FormSent:
    pass


@dataclass(frozen=True, slots=True)
class NameTyped:
    text: str


@dataclass(frozen=True, slots=True)
class PeopleFound:
    text: str
    people: tuple[PersonLine, ...]


@dataclass(frozen=True, slots=True)
class PatientChosen:
    """'' to look for another one."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class Dropped:
    """Laid down in a column of the grid."""

    appointment: FactId
    practitioner: UserId
    day: date
    minute: int


@dataclass(frozen=True, slots=True)
class Nudged:
    """The chosen one by keys: so many columns to the right, so many minutes later."""

    columns: int
    minutes: int


@dataclass(frozen=True, slots=True)
class SpotMoved:
    """By arrows: to the free slot so many columns to the right, so many further down; (0, 0) to the first one."""

    across: int
    down: int


@dataclass(frozen=True, slots=True)
class SpotTaken:
    """Enter on the marked free slot."""


@dataclass(frozen=True, slots=True)
class NextFreePressed:
    pass


@dataclass(frozen=True, slots=True)
class FreeFound:
    """None: there is none in the next half year."""

    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """`outside`: the time is outside of the practitioner's hours, or in days off."""

    wish: Wish
    collisions: tuple[Collision, ...]
    outside: Outside | None = None


@dataclass(frozen=True, slots=True)
class AnywayPressed:
    pass


@dataclass(frozen=True, slots=True)
class Written:
    """Done; `appointment` is the one to mark, '' for none."""

    appointment: FactId


@dataclass(frozen=True, slots=True)
class WriteFailed:
    sentence: str


Event = (
    Shown | Ticked | FactsChanged | AgendaLoaded | ReadFailed | ViewChosen | Stepped | DayChosen | WhoseChosen | Chosen
    | Left | ChartPressed | NewPressed | MovePressed | CancelPressed | CamePressed | CancelSent | FormTyped | FormSent | NameTyped
    | PeopleFound | PatientChosen | Dropped | Nudged | SpotMoved | SpotTaken | NextFreePressed | FreeFound | Weighed
    | AnywayPressed | Written | WriteFailed
)  # fmt: skip

# Effects


@dataclass(frozen=True, slots=True)
class Load:
    """Effect: read what the view shows."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Find:
    """Effect: people by what was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Weigh:
    """Effect: what else stands at that time, and whether the practitioner works then."""

    wish: Wish


@dataclass(frozen=True, slots=True)
class Write:
    """Effect: book or move it, beside those in `despite`, and `anyway` outside of the hours."""

    wish: Wish
    despite: tuple[FactId, ...] = ()
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class FindFree:
    """Effect: the first free slot after that moment, of one of them or (none) of anybody."""

    after: datetime
    whose: tuple[UserId, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancel:
    """Effect: cancel it, with the reason."""

    appointment: Appointment
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Attend:
    """Effect: she came, or she did not."""

    appointment: Appointment
    name: str
    came: bool


@dataclass(frozen=True, slots=True)
class OpenChart:
    """Effect: show this person's chart."""

    patient: PatientId


Effect = Load | Find | FindFree | Weigh | Write | Cancel | Attend | OpenChart
