# SPDX-License-Identifier: GPL-3.0-or-later
"""What was typed for one patient and not sent yet: it never stands in the fields of the next one, and it is
there again when the visit is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clinic.domain.ids import EncounterId
from clinic.domain.values import Coding
from desktop.kit.fields import Choice, LineField, NoteField

Writable = NoteField | LineField


@dataclass(frozen=True, slots=True)
class Texts:
    """The fields' texts in their order, the chosen route, and the medicine they belong to (None: none yet)."""

    words: tuple[str, ...]
    route: str
    drug: Coding | None


class Unsent:
    """One per visit page; `fields` are those whose text is sent by a button."""

    def __init__(self, fields: Sequence[Writable], route: Choice) -> None:
        self._fields, self._route = tuple(fields), route
        self._kept: dict[EncounterId, Texts] = {}
        self._fresh = self.now(None)

    def now(self, drug: Coding | None) -> Texts:
        """What stands in the fields."""
        return Texts(tuple(_text(field) for field in self._fields), self._route.key(), drug)

    def turn(self, away: EncounterId, drug: Coding | None, to: EncounterId) -> Coding | None:
        """Put the texts of one visit aside and lay out those of the other; answers the medicine it was about."""
        texts = self.now(drug)
        self._kept.pop(away, None)
        if away and texts != self._fresh:
            self._kept[away] = texts
        shown = self._kept.pop(to, self._fresh)
        self.show(shown)
        return shown.drug

    def sent(self, encounter: EncounterId, *fields: Writable) -> None:
        """What stood in these fields of a visit that was left has been sent meanwhile."""
        kept = self._kept.get(encounter)
        if kept is None:
            return
        rows = zip(self._fields, kept.words, self._fresh.words, strict=True)
        words = tuple(fresh if field in fields else word for field, word, fresh in rows)
        self._kept[encounter] = replace(kept, words=words, drug=None)

    def show(self, texts: Texts) -> None:
        """Lay these texts out."""
        for field, text in zip(self._fields, texts.words, strict=True):
            field.setPlainText(text) if isinstance(field, NoteField) else field.setText(text)
        self._route.choose(texts.route)

    def take_over(self, before: Unsent, drug: Coding | None) -> None:
        """The page is made anew: everything of the one before."""
        self._kept = before._kept
        self.show(before.now(drug))

    def any(self, drug: Coding | None) -> bool:
        """Whether something typed would be lost if the program ended now."""
        return bool(self._kept) or self.now(drug) != self._fresh


def _text(field: Writable) -> str:
    return field.toPlainText() if isinstance(field, NoteField) else field.text()
