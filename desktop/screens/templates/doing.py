# SPDX-License-Identifier: GPL-3.0-or-later
"""What the templates ask of the services; called on workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.domain.ids import FactId
from desktop.kit.words import language
from desktop.screens.templates.logic import Draft

if TYPE_CHECKING:
    from clinic.domain.facts import NoteTemplate
    from clinic.services.desks import Desk


class Templating:
    """Of the person at one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def all(self) -> tuple[NoteTemplate, ...]:
        from clinic.services.templates import templates

        return templates(self._desk, language())

    def keep(self, draft: Draft, replacing: FactId) -> NoteTemplate:
        from clinic.services.templates import keep

        text, sections = ("", draft.sections) if draft.whole else (draft.text, {})
        return keep(self._desk, draft.code, draft.title, text, sections, draft.shared, replacing)

    def remove(self, template: FactId) -> NoteTemplate:
        from clinic.services.templates import remove

        return remove(self._desk, template)

    def put_back(self, before: NoteTemplate) -> object:
        from clinic.services.templates import put_back

        return put_back(self._desk, before)
