# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen while a document is shown in the call (past tense), and what is then to be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.values import Attachment

if TYPE_CHECKING:
    from desktop.kit.shared import Shared


@dataclass(frozen=True, slots=True)
class ShareMoved:
    """What is shown, how far it is, or that nothing is."""

    shared: Shared


@dataclass(frozen=True, slots=True)
class SharePressed:
    """Something is to be shown."""


@dataclass(frozen=True, slots=True)
class ShareAllowed:
    """The patient has permitted it."""

    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class ChooserLeft:
    """Nothing is to be shown after all."""


@dataclass(frozen=True, slots=True)
class DocumentPicked:
    """The document with that fact id."""

    document: str


@dataclass(frozen=True, slots=True)
class FilePressed:
    """Something that is not on the chart."""


@dataclass(frozen=True, slots=True)
class PageTurned:
    """Pages on, or back."""

    by: int


@dataclass(frozen=True, slots=True)
class ShareStopped:
    pass


@dataclass(frozen=True, slots=True)
class FrontChosen:
    """`document` or `note` is in front."""

    key: str


@dataclass(frozen=True, slots=True)
class AskToShare:
    """Effect: the consent gate."""

    encounter: EncounterId
    patient: PatientId


@dataclass(frozen=True, slots=True)
class ShareDocument:
    """Effect: show that document of the chart."""

    encounter: EncounterId
    attachment: Attachment
    title: str


@dataclass(frozen=True, slots=True)
class ShareFile:
    """Effect: let her choose a file, and show it."""

    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class TurnPage:
    """Effect: to that page."""

    page: int


@dataclass(frozen=True, slots=True)
class StopSharing:
    """Effect: show nothing."""


ShareEvent = (
    ShareMoved
    | SharePressed
    | ShareAllowed
    | ChooserLeft
    | DocumentPicked
    | FilePressed
    | PageTurned
    | ShareStopped
    | FrontChosen
)
ShareEffect = AskToShare | ShareDocument | ShareFile | TurnPage | StopSharing
