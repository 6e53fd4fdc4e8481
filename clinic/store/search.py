# SPDX-License-Identifier: GPL-3.0-or-later
"""Full-text search inside the encrypted file: what words a fact has, and finding them, newest first.

The index holds no text of its own: a row's number is its time (ms << 20, plus a count), so the newest are found without
sorting, and a stretch of time is a stretch of numbers; patient and kind are words of a second column.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import blake2b
from itertools import count
from json import dumps as json
from typing import Any

from clinic.domain.facts import (
    AllergyIntolerance,
    Appointment,
    Communication,
    Composition,
    Condition,
    DetectedIssue,
    DiagnosticReport,
    DocumentReference,
    Encounter,
    Fact,
    Immunization,
    MedicationRequest,
    MedicationStatement,
    NoteSection,
    OriginalResource,
    Patient,
    Procedure,
    QuestionnaireResponse,
    ServiceRequest,
    Task,
)
from clinic.domain.ids import PatientId
from clinic.domain.record import Record
from clinic.protocol.op import Op, fact_in
from clinic.store.folding import plain, search_words
from clinic.store.rows import Hit, Piece
from clinic.store.sheet import Sheet, from_ms

RANKED = 1000
"""Newest finds among which the best are looked for: ranking them all would take as long as the book is large."""
_AROUND = 60
"""Letters of a snippet before and after what was found."""
_SHIFT = 20
_FARTHEST = (1 << 42) - 2

TEXTS: dict[type[Record], Callable[[Any], tuple[str, ...]]] = {
    Patient: lambda f: (f.name.family, *f.name.given, *(i.value for i in f.identifiers)),
    Encounter: lambda f: (f.reason.display if f.reason else "", *(s.display for s in f.symptoms)),
    NoteSection: lambda f: (f.text,),
    Composition: lambda f: (
        f.subjective,
        f.objective,
        f.assessment,
        f.plan,
        *(c.display for c in f.conditions),
        f.author_name,
    ),
    Communication: lambda f: (
        "" if f.retracted else f.text,
        f.sender_name,
        *(a.title for a in f.attachments),
    ),
    Condition: lambda f: (f.code.display, f.code.code, f.note),
    AllergyIntolerance: lambda f: (f.substance.display, f.reaction, f.note),
    MedicationRequest: lambda f: (f.medication.display, f.medication.code, f.dose, f.instructions),
    MedicationStatement: lambda f: (f.medication.display, f.medication.code, f.dose, f.note),
    DocumentReference: lambda f: (f.attachment.title, f.text),
    Procedure: lambda f: (f.code.display, f.code.code, f.note),
    Immunization: lambda f: (f.vaccine.display, f.vaccine.code, f.lot, f.note),
    ServiceRequest: lambda f: (f.code.display, f.code.code, f.note),
    DiagnosticReport: lambda f: (f.code.display, f.conclusion, f.performer),
    Task: lambda f: (f.title, f.note),
    Appointment: lambda f: (f.reason, f.practitioner_name),
    DetectedIssue: lambda f: (f.text, f.mitigation),
    QuestionnaireResponse: lambda f: (f.answers,),
    OriginalResource: lambda f: (f.title, f.resource_type),
}
"""The words of each kind that can be searched; vitals and the log of who did what are not text."""


class SearchReads(Sheet):
    """Finding words."""

    def search(
        self, typed: str, *, patient: PatientId | None = None, kinds: Collection[type[Fact]] = (), since_ms: int | None = None,
        until_ms: int | None = None, limit: int = 20, ranked: bool = False,
    ) -> tuple[Hit, ...]:  # fmt: skip
        """Facts that have every typed word (or one that begins so), newest first; `ranked`: the best of the newest 1,000."""
        words = search_words(typed)
        if not words:
            return ()
        query = " ".join(f'words:"{word}"*' for word in words)
        if patient is not None:
            query += " AND (" + " OR ".join(f'tags:"{_patient_tag(p)}"' for p in self._whose(patient)) + ")"
        if kinds:
            query += " AND (" + " OR ".join(f'tags:"{_kind_tag(kind.NUMBER)}"' for kind in kinds) + ")"
        low = -(1 << 62) if since_ms is None else _base(since_ms)
        high = 1 << 62 if until_ms is None else _base(until_ms)
        order = "rowid DESC"
        if ranked:
            newest = self._all(_FIND.format(order=order), query=query, low=low, high=high, limit=RANKED)
            low, order = (newest[-1][0] if newest else low), "rank"
        rows = self._all(_FIND.format(order=order), query=query, low=low, high=high, limit=limit)
        return tuple(hit for row in rows for hit in self._hit(row[0], words))

    def _whose(self, patient: PatientId) -> tuple[PatientId, ...]:
        rows = self._all("SELECT provisional FROM linked WHERE other = :patient", patient=patient)
        return (patient, *(PatientId(row[0]) for row in rows))

    def _hit(self, number: int, words: list[str]) -> Iterator[Hit]:
        row = self._one(
            "SELECT op.patient, op.at, op.body FROM searched JOIN op ON op.id = searched.op WHERE searched.no = :no",
            no=number,
        )
        if row is not None:
            fact = fact_in(row[2], Fact)
            yield Hit(fact, PatientId(row[0]), from_ms(row[1]), snippet(text_of(fact), words))


_FIND = "SELECT rowid FROM search WHERE search MATCH :query AND rowid >= :low AND rowid < :high ORDER BY {order} LIMIT :limit"


class SearchWrites(SearchReads):
    """Keeping the index."""

    def index_texts(self, ops: Iterable[tuple[Op, int]]) -> None:
        """The words of these ops are found from now on; each comes with its moment in ms."""
        texts = [(op, _base(at), text) for op, at in ops if (text := text_of(op.fact))]
        free = self._free_numbers({base for _, base, _ in texts})
        numbered = [(next(free[base]), op, text) for op, base, text in texts]
        self._many(
            "INSERT INTO searched (no, op) VALUES (?, ?)", ((number, op.id) for number, op, _ in numbered)
        )
        self._many(
            "INSERT INTO search (rowid, words, tags) VALUES (?, ?, ?)",
            ((number, text, f"{_patient_tag(op.patient)} {_kind_tag(type(op.fact).NUMBER)}") for number, op, text in numbered),
        )  # fmt: skip

    def _free_numbers(self, bases: Collection[int]) -> dict[int, Iterator[int]]:
        """For each moment, the numbers that no text of that moment has."""
        rows = self._all(
            "SELECT value, (SELECT max(no) FROM searched WHERE no >= value AND no < value + :span) FROM json_each(:bases)",
            bases=json(list(bases)), span=1 << _SHIFT,
        )  # fmt: skip
        return {base: count(base if last is None else last + 1) for base, last in rows}

    def forget_texts(self, ops: Iterable[tuple[Op, int]]) -> None:
        """The words of these ops are found no longer."""
        for op, at in ops:
            base = _base(at)
            row = self._one(
                "SELECT no FROM searched WHERE no >= :low AND no < :high AND op = :op",
                low=base,
                high=base + (1 << _SHIFT),
                op=op.id,
            )
            if row is not None:
                self._do("DELETE FROM search WHERE rowid = :no", no=row[0])
                self._do("DELETE FROM searched WHERE no = :no", no=row[0])


def _base(at_ms: int) -> int:
    """The first number of a moment; moments that no patient lives through (before 1830, after 2109) share the outermost."""
    return max(-_FARTHEST, min(at_ms, _FARTHEST)) << _SHIFT


def text_of(fact: Record) -> str:
    """The searchable text of a fact, '' for none."""
    words = TEXTS.get(type(fact))
    return "" if words is None else "\n".join(part for part in words(fact) if part)


def snippet(text: str, words: list[str]) -> tuple[Piece, ...]:
    """The text around the first word found, in pieces, with every found word marked."""
    text = unicodedata.normalize("NFC", text)
    found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words)) or '(?!)'})\w*")
    flat = plain(text)
    first = found.search(flat)
    start = max(0, first.start() - _AROUND) if first else 0
    stop = min(len(text), (first.end() if first else 0) + 2 * _AROUND)
    pieces, here = ([Piece("…", False)] if start else []), start
    for match in found.finditer(flat, start, stop):
        pieces += [Piece(text[here : match.start()], False), Piece(text[match.start() : match.end()], True)]
        here = match.end()
    pieces += [Piece(text[here:stop], False), Piece("…" if stop < len(text) else "", False)]
    return tuple(piece for piece in pieces if piece.text)


def _patient_tag(patient: str) -> str:
    return "p" + blake2b(patient.encode(), digest_size=10).hexdigest()


def _kind_tag(kind: int) -> str:
    return f"k{kind}"
