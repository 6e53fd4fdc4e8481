# SPDX-License-Identifier: GPL-3.0-or-later
"""What the visit page knows: the note section by section, the call, the prescription being written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.calls.quality import Ladder
from clinic.domain.facts import EncounterStatus, Section
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId
from clinic.domain.values import Attachment, Coding
from desktop.screens.visit.happenings import DoseTyped, Effect, NextTaken

if TYPE_CHECKING:
    from clinic.domain.facts import Communication, Composition, Condition, Encounter, MedicationRequest
    from clinic.services.charts import Chart
    from clinic.services.prescribing import Caution
    from desktop.kit.shared import Role, Shared
    from desktop.kit.still import Still

SECTIONS = (Section.SUBJECTIVE, Section.OBJECTIVE, Section.ASSESSMENT, Section.PLAN)
TOOLS = ("intake", "vitals", "codes", "prescription", "chat", "next", "tasks", "orders")


@dataclass(frozen=True, slots=True)
class Part:
    """One section: what stands on the screen, what is saved, and what is on its way to the disk."""

    text: str = ""
    saved: str = ""
    saving: str | None = None
    due: bool = False
    saved_at: datetime | None = None
    since: float = 0.0
    failed: str = ""
    others: tuple[str, ...] = ()

    @property
    def dirty(self) -> bool:
        return self.text != self.saved or self.saving is not None


Parts = Mapping[Section, Part]


def no_parts() -> Parts:
    return {section: Part() for section in SECTIONS}


@dataclass(frozen=True, slots=True)
class Left:
    """The note of a visit that was left: it is held until the disk has all of it."""

    patient: PatientId
    parts: Parts

    @property
    def dirty(self) -> bool:
        return any(part.dirty for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class Rx:
    """The prescription being written."""

    drug: Coding | None = None
    searched: str = ""
    found: tuple[Coding, ...] = ()
    cautions: tuple[Caution, ...] | None = None
    busy: bool = False
    repeats: MedicationRequest | None = None
    """The prescription of the chart that this one is to replace."""

    dose: DoseTyped | None = None
    """The dose whose check was asked for last."""
    dosed: tuple[Caution, ...] = ()
    """What speaks against it."""

    @property
    def against(self) -> tuple[Caution, ...]:
        """Everything, the dose first."""
        return (*self.dosed, *(self.cautions or ()))

    @property
    def replacing(self) -> FactId:
        return FactId("") if self.repeats is None else self.repeats.id


@dataclass(frozen=True, slots=True)
class Other:
    """The visit whose patient the running call is with, while this page shows another one."""

    encounter: EncounterId
    patient: PatientId
    kiosk: DeviceId
    name: str


@dataclass(frozen=True, slots=True)
class CallFace:
    """What the screen knows of the call; `letters`: messages travel; `reachable`: the kiosk is online;
    `other`: the call is with somebody else than this page is about.
    """

    phase: str = "idle"
    reason: str = ""
    letters: bool = True
    reachable: bool = True
    muted: bool = False
    camera_off: bool = False
    held: bool = False
    """on hold, by us; `waits`: by the other side"""
    waits: bool = False
    other: Other | None = None
    ladder: Ladder = field(default_factory=Ladder)
    stills: tuple[Still, ...] = ()
    kept: frozenset[int] = frozenset()
    """numbers of the stills that are in the chart"""

    @property
    def running(self) -> bool:
        return self.phase in ("calling", "connecting", "talking", "reconnecting")

    @property
    def here(self) -> bool:
        """Whether this page's own call has been answered."""
        return self.phase in ("connecting", "talking", "reconnecting") and self.other is None


@dataclass(frozen=True, slots=True)
class NoteFace:
    """The voice note that is being said: for the visit in which the button was pressed, whatever page is shown by now.
    `playing`: the message that is heard."""

    recording: bool = False
    seconds: int = 0
    playing: str = ""
    encounter: EncounterId = EncounterId("")
    patient: PatientId = PatientId("")
    kiosk: DeviceId = DeviceId("")


@dataclass(frozen=True, slots=True)
class ShareFace:
    """What is shown in the call; `choosing`: what to show is being chosen; `front`: it is in front of the note."""

    shown: Shared | None = None
    choosing: bool = False
    front: bool = False

    @property
    def role(self) -> Role:
        """Who shows: this side, the other, or ''."""
        return self.shown.role if self.shown is not None else ""


_OVER = (EncounterStatus.FINISHED, EncounterStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class State:
    """Everything the visit page shows. `patient` is the person this window was opened for: every write
    carries it. `left`: notes of visits left before the disk had all of them.
    """

    now: datetime
    encounter: EncounterId = EncounterId("")
    patient: PatientId = PatientId("")
    kiosk: DeviceId = DeviceId("")
    chart: Chart | None = None
    parts: Parts = field(default_factory=no_parts)
    left: Mapping[EncounterId, Left] = field(default_factory=dict)
    loaded: bool = False
    tool: str = "intake"
    call: CallFace = CallFace()
    note: NoteFace = NoteFace()
    share: ShareFace = ShareFace()
    searched: str = ""
    codes: tuple[Coding, ...] = ()
    rx: Rx = Rx()
    attach: bool = False
    sending: bool = False
    booking: bool = False
    taken: NextTaken | None = None
    """A next appointment that waits for an answer: its time is not free."""
    adding: bool = False
    measuring: bool = False
    asking: bool = False
    secret: str = field(default="", repr=False)
    """The password typed again, until the signature is asked for."""
    signing: bool = False
    locking: bool = False
    signed: Composition | None = None
    tone: str = ""
    sentence: str = ""
    unasked: str = ""
    """The sentence that says whose consent lacks, as long as it is the one that shows."""

    @property
    def visit(self) -> Encounter | None:
        found = self.chart.encounters if self.chart else ()
        return next((one for one in found if str(one.id) == self.encounter), None)

    @property
    def in_care(self) -> bool:
        """Whether a visit is open here: neither signed nor over."""
        over = self.visit is not None and self.visit.status in _OVER
        return bool(self.encounter) and self.signed is None and not over

    @property
    def name(self) -> str:
        """The person's name as it is spoken; '' before the chart is here."""
        return self.chart.person.name.spoken if self.chart else ""

    @property
    def caller(self) -> str:
        """The name of who the call is with."""
        return self.call.other.name if self.call.other is not None else self.name

    @property
    def about(self) -> frozenset[PatientId]:
        """The person, and the provisional records that turned out to be the same person."""
        found = self.chart.encounters if self.chart else ()
        return frozenset({self.patient, *(one.patient for one in found)})

    @property
    def conditions(self) -> tuple[Condition, ...]:
        found = self.chart.conditions if self.chart else ()
        return tuple(one for one in found if one.encounter == self.encounter and one.status == "active")

    @property
    def prescriptions(self) -> tuple[MedicationRequest, ...]:
        found = self.chart.medication if self.chart else ()
        return tuple(one for one in found if one.encounter == self.encounter)

    @property
    def takes(self) -> tuple[MedicationRequest, ...]:
        """What was prescribed before this visit and has not been stopped: what can be repeated."""
        found = self.chart.medication if self.chart else ()
        return tuple(one for one in found if one.encounter != self.encounter)

    @property
    def chat(self) -> tuple[Communication, ...]:
        return self.chart.messages if self.chart else ()

    @property
    def photo(self) -> Attachment | None:
        """The newest picture of this visit."""
        found = [
            one for one in (self.chart.documents if self.chart else ()) if one.encounter == self.encounter
        ]
        pictures = [one for one in found if one.attachment.content_type.startswith("image/")]
        return max(pictures, key=lambda one: one.made_at).attachment if pictures else None

    @property
    def dirty(self) -> bool:
        """Whether something of this note is not on the disk yet."""
        return any(part.dirty for part in self.parts.values())

    @property
    def unsaved(self) -> bool:
        """The same of this note and of those left before."""
        return self.dirty or any(note.dirty for note in self.left.values())

    @property
    def written(self) -> bool:
        return any(part.text.strip() for part in self.parts.values())


Result = tuple[State, tuple[Effect, ...]]
