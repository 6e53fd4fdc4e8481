# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen during a visit (past tense), and what is then to be done (imperative)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from clinic.domain.facts import Section
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId
from clinic.domain.values import Attachment, Coding
from desktop.screens.visit.rung_happenings import RungEffect, RungEvent
from desktop.screens.visit.share_happenings import ShareEffect, ShareEvent

if TYPE_CHECKING:
    from clinic.domain.facts import Communication, Composition
    from clinic.domain.schedules import Outside
    from clinic.services.bookings import Collision
    from clinic.services.charts import Chart
    from clinic.services.prescribing import Caution
    from clinic.services.visits import Draft

# What happened


@dataclass(frozen=True, slots=True)
class VisitOpened:
    encounter: EncounterId
    patient: PatientId
    kiosk: DeviceId
    now: datetime
    reachable: bool = True
    ring: bool = False


@dataclass(frozen=True, slots=True)
class DraftLoaded:
    draft: Draft


@dataclass(frozen=True, slots=True)
class DraftChanged:
    """The same note after another computer wrote in it; read behind our own saves."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class ChartLoaded:
    chart: Chart
    now: datetime


@dataclass(frozen=True, slots=True)
class Typed:
    """`at`: monotonic seconds."""

    section: Section
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class TypingRested:
    section: Section


@dataclass(frozen=True, slots=True)
class SectionLeft:
    section: Section


@dataclass(frozen=True, slots=True)
class Saved:
    encounter: EncounterId
    section: Section
    text: str
    at: datetime
    since: float


@dataclass(frozen=True, slots=True)
class SaveFailed:
    encounter: EncounterId
    section: Section
    sentence: str


@dataclass(frozen=True, slots=True)
class SaveRetried:
    pass


@dataclass(frozen=True, slots=True)
class OtherTextTaken:
    """The text another desk wrote at the same time is put under ours."""

    section: Section


@dataclass(frozen=True, slots=True)
class LockAsked:
    pass


@dataclass(frozen=True, slots=True)
class ToolChosen:
    tool: str


@dataclass(frozen=True, slots=True)
class RingPressed:
    pass


@dataclass(frozen=True, slots=True)
class HangPressed:
    pass


@dataclass(frozen=True, slots=True)
class MutePressed:
    pass


@dataclass(frozen=True, slots=True)
class CameraPressed:
    pass


@dataclass(frozen=True, slots=True)
class HoldPressed:
    """The call is put on hold, or taken up again."""


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """Whether we hold the call that runs, and whether the other side does."""

    ours: bool
    theirs: bool


@dataclass(frozen=True, slots=True)
class OtherPressed:
    """Back to the visit the running call belongs to."""


@dataclass(frozen=True, slots=True)
class CallChanged:
    phase: str
    reason: str
    letters: bool
    encounter: str


@dataclass(frozen=True, slots=True)
class ReachChanged:
    reachable: bool


@dataclass(frozen=True, slots=True)
class CodeSearched:
    text: str


@dataclass(frozen=True, slots=True)
class CodesFound:
    text: str
    codes: tuple[Coding, ...]


@dataclass(frozen=True, slots=True)
class CodeChosen:
    code: str


@dataclass(frozen=True, slots=True)
class ConditionRemoved:
    condition: FactId


@dataclass(frozen=True, slots=True)
class DrugSearched:
    text: str


@dataclass(frozen=True, slots=True)
class DrugsFound:
    text: str
    drugs: tuple[Coding, ...]


@dataclass(frozen=True, slots=True)
class DrugChosen:
    code: str


@dataclass(frozen=True, slots=True)
class DrugResumed:
    """A prescription begun before this visit was left; it is checked anew."""

    drug: Coding


@dataclass(frozen=True, slots=True)
class CautionsCame:
    patient: PatientId
    drug: Coding
    cautions: tuple[Caution, ...]
    replacing: FactId = FactId("")


@dataclass(frozen=True, slots=True)
class DoseTyped:
    """What stands in the form has rested."""

    dose: str
    route: str
    every_hours: int


@dataclass(frozen=True, slots=True)
class DoseChecked:
    """`dose`: as it was typed when it was asked."""

    patient: PatientId
    drug: Coding
    dose: DoseTyped
    cautions: tuple[Caution, ...]


@dataclass(frozen=True, slots=True)
class PrescribePressed:
    dose: str
    route: str
    every_hours: int
    days: int
    instructions: str
    reason: str = ""
    """Why, in spite of a serious caution."""


@dataclass(frozen=True, slots=True)
class RepeatChosen:
    """A prescription of the chart is to be repeated, as it is or changed."""

    request: FactId


@dataclass(frozen=True, slots=True)
class VitalsPressed:
    """What stands in the fields of the readings."""

    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VitalsTaken:
    """`said`: what was measured, in a line."""

    encounter: EncounterId
    patient: PatientId
    taken: tuple[FactId, ...]
    said: str


@dataclass(frozen=True, slots=True)
class PregnancyAnswered:
    """She was asked, and said so."""

    pregnant: bool


@dataclass(frozen=True, slots=True)
class PregnancyWritten:
    """What she answered is on the chart, or was taken back: the medicine is checked anew."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class Prescribed:
    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class PhotoToggled:
    on: bool


@dataclass(frozen=True, slots=True)
class SendPressed:
    text: str


@dataclass(frozen=True, slots=True)
class MessageSent:
    message: Communication
    kiosk: DeviceId


@dataclass(frozen=True, slots=True)
class NextPressed:
    start: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class NextTaken:
    """The time of the next appointment is not free, or `outside` of the hours: nothing was written."""

    encounter: EncounterId
    asked: NextPressed
    collisions: tuple[Collision, ...]
    outside: Outside | None = None


@dataclass(frozen=True, slots=True)
class NextAnyway:
    """Book it beside those that were shown."""


@dataclass(frozen=True, slots=True)
class NextLeft:
    """Another time is chosen."""


@dataclass(frozen=True, slots=True)
class NextBooked:
    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class SignPressed:
    pass


@dataclass(frozen=True, slots=True)
class SignLeft:
    pass


@dataclass(frozen=True, slots=True)
class SignConfirmed:
    """`password`: where it is typed again."""

    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    note: Composition
    kiosk: DeviceId


@dataclass(frozen=True, slots=True)
class AddendumPressed:
    text: str


@dataclass(frozen=True, slots=True)
class AddendumSigned:
    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class SummaryPressed:
    pass


@dataclass(frozen=True, slots=True)
class SummarySaved:
    path: str


@dataclass(frozen=True, slots=True)
class FactsChanged:
    patients: frozenset[PatientId]


@dataclass(frozen=True, slots=True)
class TextsChanged:
    """Notes of these people came in from other computers."""

    patients: frozenset[PatientId]


@dataclass(frozen=True, slots=True)
class Failed:
    """`encounter`: the visit that asked; '' for the one that is shown. `unasked`: the patient's consent is what lacks."""

    sentence: str
    encounter: str = ""
    unasked: bool = False


# What is then to be done


@dataclass(frozen=True, slots=True)
class StartVisit:
    """Effect: the encounter is in progress and mine; read the draft and the chart."""

    encounter: EncounterId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class Save:
    """Effect: write one section to the disk. `since`: monotonic seconds of the first key not yet saved."""

    encounter: EncounterId
    section: Section
    text: str
    patient: PatientId
    since: float


@dataclass(frozen=True, slots=True)
class Redraw:
    """Effect: read the chart again, without a new entry."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """Effect: read the saved note again, behind our own saves."""

    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class Say:
    """Effect: a short message about something that is not on this page."""

    tone: str
    sentence: str


@dataclass(frozen=True, slots=True)
class OpenOther:
    """Effect: show the visit the running call belongs to."""

    encounter: EncounterId
    patient: PatientId
    kiosk: DeviceId


@dataclass(frozen=True, slots=True)
class CoverScreen:
    """Effect: everything is saved; the lock may cover the screen."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Effect: ring the kiosk."""

    kiosk: DeviceId
    encounter: EncounterId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class Hang:
    """Effect: end the call."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Effect: what the other side does not get."""

    audio: bool
    video: bool


@dataclass(frozen=True, slots=True)
class HoldCall:
    """Effect: neither side hears or sees the other, or both do again."""

    on: bool


@dataclass(frozen=True, slots=True)
class FindCodes:
    """Effect: ICD-10 as typed."""

    text: str


@dataclass(frozen=True, slots=True)
class AddCode:
    """Effect: a condition of this encounter."""

    encounter: EncounterId
    code: Coding
    patient: PatientId


@dataclass(frozen=True, slots=True)
class RemoveCode:
    """Effect: that condition was entered by mistake."""

    condition: FactId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class FindDrugs:
    """Effect: generic names as typed."""

    text: str


@dataclass(frozen=True, slots=True)
class WritePregnancy:
    """Effect: what she answered to whether she could be pregnant."""

    encounter: EncounterId
    patient: PatientId
    pregnant: bool
    name: str


@dataclass(frozen=True, slots=True)
class Check:
    """Effect: allergies, interactions, duplicates."""

    patient: PatientId
    drug: Coding
    replacing: FactId = FactId("")


@dataclass(frozen=True, slots=True)
class CheckDose:
    """Effect: what speaks against this dose."""

    patient: PatientId
    drug: Coding
    dose: DoseTyped


@dataclass(frozen=True, slots=True)
class TakeVitals:
    """Effect: write these readings down. `said`: the same in a line."""

    encounter: EncounterId
    patient: PatientId
    values: Mapping[str, Decimal]
    said: str


@dataclass(frozen=True, slots=True)
class SayTaken:
    """Effect: say what was written down, with a way back."""

    patient: PatientId
    taken: tuple[FactId, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Prescribe:
    """Effect: sign this prescription."""

    encounter: EncounterId
    drug: Coding
    order: PrescribePressed
    patient: PatientId
    replacing: FactId = FactId("")


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Effect: a message into the record."""

    patient: PatientId
    encounter: EncounterId
    text: str
    attachments: tuple[Attachment, ...]
    kiosk: DeviceId


@dataclass(frozen=True, slots=True)
class PostChatLine:
    """Effect: the same line to the kiosk's screen."""

    kiosk: DeviceId
    message: Communication


@dataclass(frozen=True, slots=True)
class BookNext:
    """Effect: the next appointment, if its time is free but for those in `despite`, and inside of the hours or `anyway`."""

    encounter: EncounterId
    patient: PatientId
    start: datetime
    reason: str
    despite: tuple[FactId, ...] = ()
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """Effect: the note is final, the encounter finished."""

    encounter: EncounterId
    patient: PatientId
    kiosk: DeviceId
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PostVisitOver:
    """Effect: tell the kiosk what the patient takes along."""

    kiosk: DeviceId
    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class SignAddendum:
    """Effect: a signed addition to the signed note."""

    note: FactId
    text: str
    patient: PatientId


@dataclass(frozen=True, slots=True)
class SaveSummary:
    """Effect: write the summary as a PDF where the person says."""

    encounter: EncounterId


Event = (
    VisitOpened
    | DraftLoaded
    | DraftChanged
    | ChartLoaded
    | Typed
    | TypingRested
    | SectionLeft
    | Saved
    | SaveFailed
    | SaveRetried
    | OtherTextTaken
    | LockAsked
    | ToolChosen
    | RingPressed
    | HangPressed
    | MutePressed
    | CameraPressed
    | HoldPressed
    | HoldChanged
    | OtherPressed
    | CallChanged
    | ReachChanged
    | CodeSearched
    | CodesFound
    | CodeChosen
    | ConditionRemoved
    | DrugSearched
    | DrugsFound
    | DrugChosen
    | DrugResumed
    | CautionsCame
    | DoseTyped
    | DoseChecked
    | PrescribePressed
    | PregnancyAnswered
    | PregnancyWritten
    | RepeatChosen
    | VitalsPressed
    | VitalsTaken
    | Prescribed
    | PhotoToggled
    | SendPressed
    | MessageSent
    | NextPressed
    | NextTaken
    | NextAnyway
    | NextLeft
    | NextBooked
    | SignPressed
    | SignLeft
    | SignConfirmed
    | Signed
    | AddendumPressed
    | AddendumSigned
    | SummaryPressed
    | SummarySaved
    | FactsChanged
    | TextsChanged
    | Failed
    | RungEvent
    | ShareEvent
)
Effect = (
    StartVisit
    | Save
    | Redraw
    | ReadDraft
    | Say
    | OpenOther
    | CoverScreen
    | Ring
    | Hang
    | Mute
    | HoldCall
    | FindCodes
    | AddCode
    | RemoveCode
    | FindDrugs
    | TakeVitals
    | SayTaken
    | Check
    | CheckDose
    | WritePregnancy
    | Prescribe
    | SendMessage
    | PostChatLine
    | BookNext
    | Sign
    | PostVisitOver
    | SignAddendum
    | SaveSummary
    | RungEffect
    | ShareEffect
)
