# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen to the ladder of a call, its stills and voice notes (past tense), and what is then to be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinic.calls.quality import Ladder, Rung
from clinic.domain.ids import DeviceId, EncounterId, PatientId
from clinic.domain.values import Attachment

if TYPE_CHECKING:
    from desktop.kit.still import Still


@dataclass(frozen=True, slots=True)
class LadderMoved:
    """A second of figures, a hand on either side, or a new call."""

    ladder: Ladder


@dataclass(frozen=True, slots=True)
class StillsChanged:
    stills: tuple[Still, ...]


@dataclass(frozen=True, slots=True)
class NotesChanged:
    """Whether a voice note is being recorded, for how long, and which one is heard."""

    recording: bool
    seconds: int
    playing: str


@dataclass(frozen=True, slots=True)
class HoldPressed:
    """Voice only, or no longer."""


@dataclass(frozen=True, slots=True)
class MorePressed:
    """Ask for a higher rung."""


@dataclass(frozen=True, slots=True)
class StillPressed:
    pass


@dataclass(frozen=True, slots=True)
class KeepPressed:
    """The still that is shown shall stay in the chart."""


@dataclass(frozen=True, slots=True)
class StillKept:
    encounter: EncounterId
    number: int


@dataclass(frozen=True, slots=True)
class NotePressed:
    """Begin a voice note, or end and send it."""


@dataclass(frozen=True, slots=True)
class NoteDropped:
    pass


@dataclass(frozen=True, slots=True)
class NoteCame:
    """What was said, for the visit it was said in."""

    sound: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class NoteFailed:
    trouble: str


@dataclass(frozen=True, slots=True)
class ListenPressed:
    """Play that voice note of the thread, or stop it."""

    message: str


@dataclass(frozen=True, slots=True)
class HoldRung:
    """Effect: no more than that; VIDEO lets go."""

    rung: Rung


@dataclass(frozen=True, slots=True)
class AskMore:
    """Effect: a higher rung as soon as the link carries it."""


@dataclass(frozen=True, slots=True)
class AskStill:
    """Effect: one picture of the other camera."""


@dataclass(frozen=True, slots=True)
class KeepStill:
    """Effect: put that picture on the chart, if the patient permits it."""

    encounter: EncounterId
    picture: bytes
    title: str
    number: int


@dataclass(frozen=True, slots=True)
class BeginNote:
    """Effect: record."""


@dataclass(frozen=True, slots=True)
class EndNote:
    """Effect: stop recording; keep what was said, or forget it."""

    keep: bool


@dataclass(frozen=True, slots=True)
class SendNote:
    """Effect: file the voice note and hand it to the kiosk."""

    patient: PatientId
    encounter: EncounterId
    kiosk: DeviceId
    sound: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Listen:
    """Effect: play it; who said it hears that it was heard."""

    patient: PatientId
    encounter: EncounterId
    kiosk: DeviceId
    message: str
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class StopListening:
    """Effect: be quiet."""


RungEvent = (
    LadderMoved
    | StillsChanged
    | NotesChanged
    | HoldPressed
    | MorePressed
    | StillPressed
    | KeepPressed
    | StillKept
    | NotePressed
    | NoteDropped
    | NoteCame
    | NoteFailed
    | ListenPressed
)
RungEffect = (
    HoldRung | AskMore | AskStill | KeepStill | BeginNote | EndNote | SendNote | Listen | StopListening
)
