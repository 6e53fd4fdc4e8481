# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written to each patient and not sent yet: it stands in the field of that patient alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from clinic.domain.ids import PatientId


@dataclass(frozen=True, slots=True)
class Draft:
    """`file`: a photo or a PDF that goes along."""

    text: str = ""
    file: Path | None = None


class Drafts:
    """One per desk, in memory alone: the page of messages and the chart write on the same."""

    def __init__(self) -> None:
        self._kept: dict[PatientId, Draft] = {}

    def of(self, patient: PatientId) -> Draft:
        return self._kept.get(patient, Draft())

    def keep(self, patient: PatientId, draft: Draft) -> None:
        """Under this patient's name; nothing of an empty one is kept."""
        self._kept.pop(patient, None)
        if patient and (draft.text.strip() or draft.file is not None):
            self._kept[patient] = draft

    def write(self, patient: PatientId, text: str) -> None:
        self.keep(patient, replace(self.of(patient), text=text))

    def attach(self, patient: PatientId, file: Path | None) -> None:
        self.keep(patient, replace(self.of(patient), file=file))

    def sent(self, patient: PatientId, sent: Draft) -> None:
        """This is in the record; what was written after it stays."""
        now = self.of(patient)
        left = now.text.lstrip().removeprefix(sent.text.strip()).lstrip()
        self.keep(patient, Draft(left, None if now.file == sent.file else now.file))

    def any(self) -> bool:
        """Whether something would be lost if the program ended now."""
        return bool(self._kept)
