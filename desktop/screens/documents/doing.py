# SPDX-License-Identifier: GPL-3.0-or-later
"""What the marks on documents ask of the services; called on workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.strokes import packed
from desktop.screens.documents.marking import Draft

if TYPE_CHECKING:
    from clinic.domain.facts import DocumentMark
    from clinic.domain.values import Attachment
    from clinic.services.desks import Desk


class Marking:
    """Of the person at one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def me(self) -> UserId:
        return self._desk.someone.user

    def marks(self, patient: PatientId, attachment: Attachment) -> tuple[DocumentMark, ...]:
        from clinic.services.marks import marks

        return marks(self._desk, patient, attachment)

    def put(self, patient: PatientId, attachment: Attachment, draft: Draft) -> DocumentMark:
        from clinic.services.marks import put_mark

        return put_mark(
            self._desk, patient, attachment, draft.page, draft.kind, packed(draft.line), draft.ink, draft.text
        )

    def rub_out(self, patient: PatientId, mark: FactId) -> object:
        from clinic.services.marks import rub_out

        return rub_out(self._desk, mark, patient)

    def put_back(self, patient: PatientId, mark: FactId) -> object:
        from clinic.services.marks import put_back

        return put_back(self._desk, mark, patient)
