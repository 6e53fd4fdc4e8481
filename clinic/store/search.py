# SPDX-License-Identifier: GPL-3.0-or-later
"""Full-text search inside the encrypted file: what words a fact has, and finding them, newest first.

The index holds no text of its own: a row's number is its time (ms << 20, plus a count), so the newest are found without
sorting, and a stretch of time is a stretch of numbers; patient and kind are words of a second column.

A text is not indexed by the write that brings it but laid on a pile, `unread`, which is read into the index between
writes. The newest of the pile are looked through word by word, so what was just written is found at once.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
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
from clinic.domain.questionnaires import of_no_chart
from clinic.domain.record import Record
from clinic.domain.wording import folded
from clinic.protocol.codec import Malformed
from clinic.protocol.op import Op, fact_in
from clinic.store.facts import SHOWN
from clinic.store.folding import plain, search_words, spelt
from clinic.store.rows import Hit, Piece
from clinic.store.sheet import Sheet, from_ms

RANKED = 1000
"""Newest finds among which the best are looked for: ranking them all would take as long as the book is large."""
PILE_SEEN = 100
"""Newest texts of the pile that a search looks through; more wait only while much comes in at once."""
SPELT, NAMED = 4, 64
"""Letters from which on a beginning is looked up among all words, and how many words of it are then named."""
_AROUND = 60
"""Letters of a snippet before and after what was found."""
_SHIFT = 20
_FARTHEST = (1 << 42) - 2
_EDGE = _FARTHEST + 1

_Found = tuple[int, str, Fact]
"""When (ms), on whose chart, and what."""

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
    QuestionnaireResponse: lambda f: (
        () if of_no_chart(f) else (f.answers, *(words for one in f.said for words in one.answers))
    ),
    OriginalResource: lambda f: (f.title, f.resource_type),
}
"""The words of each kind that can be searched; vitals and the log of who did what are not text."""


class SearchReads(Sheet):
    """Finding words."""

    def search(
        self, typed: str, *, patient: PatientId | None = None, kinds: Collection[type[Fact]] = (), since_ms: int | None = None,
        until_ms: int | None = None, limit: int = 20, ranked: bool = False,
    ) -> tuple[Hit, ...]:  # fmt: skip
        """Facts that have every typed word (or one that begins so), newest first; `ranked`: the best of the newest 1,000.

        Ranked, what is not in the index yet comes first, newest first.
        """
        words = search_words(typed)
        if not words:
            return ()
        within = _Within(
            None if patient is None else self._whose(patient),
            frozenset(kind.NUMBER for kind in kinds),
            -_EDGE if since_ms is None else since_ms,
            _EDGE if until_ms is None else until_ms,
        )
        found = self._on_pile(words, within) + self._indexed(words, within, limit, ranked)
        if not ranked:
            found.sort(key=lambda piece: piece[0], reverse=True)
        return tuple(_hit(*piece, words) for piece in found[:limit])

    def unread(self) -> int:
        """Texts on the pile."""
        return int(self._one("SELECT count(*) FROM unread")[0])

    def texts_wait(self) -> bool:
        """Whether there is any."""
        return self._one("SELECT 1 FROM unread LIMIT 1") is not None

    def _on_pile(self, words: list[str], within: "_Within") -> list[_Found]:
        """Those of the newest of the pile that have the words, newest first."""
        begins = [re.compile(rf"(?<!\w){re.escape(word)}") for word in words]
        rows = self._all(
            "SELECT op.at, chart.patient, op.kind, op.body FROM (SELECT op, max(no) AS no FROM "
            "(SELECT no, op FROM unread ORDER BY no DESC LIMIT :seen) GROUP BY op) AS pile "
            "JOIN op ON op.id = pile.op JOIN chart ON chart.no = op.chart "
            f"WHERE op.state = {SHOWN} ORDER BY op.at DESC, pile.no DESC", seen=PILE_SEEN,
        )  # fmt: skip
        return [
            (at, patient, fact)
            for at, patient, kind, body in rows
            if within.holds(patient, kind, at)
            and (flat := folded(text_of(fact := fact_in(body, Fact))))
            and all(word.search(flat) for word in begins)
        ]

    def _indexed(self, words: list[str], within: "_Within", limit: int, ranked: bool) -> list[_Found]:
        query = " AND ".join(f"words:{self._beginning(word)}" for word in words)
        if within.patients is not None:
            query += " AND (" + " OR ".join(f'tags:"{_patient_tag(p)}"' for p in within.patients) + ")"
        if within.kinds:
            query += " AND (" + " OR ".join(f'tags:"{_kind_tag(kind)}"' for kind in within.kinds) + ")"
        low, high, order = _bound(within.since_ms), _bound(within.until_ms), "rowid DESC"
        if ranked:
            newest = self._all(_FIND.format(order=order), query=query, low=low, high=high, limit=RANKED)
            low, order = (newest[-1][0] if newest else low), "rank"
        rows = self._all(_FIND.format(order=order), query=query, low=low, high=high, limit=limit)
        return [found for row in rows for found in self._numbered(row[0])]

    def _whose(self, patient: PatientId) -> tuple[PatientId, ...]:
        rows = self._all("SELECT provisional FROM linked WHERE other = :patient", patient=patient)
        return (patient, *(PatientId(row[0]) for row in rows))

    def _beginning(self, word: str) -> str:
        """What finds the words that begin so. Two and three letters have an index of their own; of a longer beginning FTS5
        would lay all lists of all its words together before it gives the first row, so they are named one by one."""
        if len(word) < SPELT:
            return f'"{word}"*'
        rows = self._all(
            "SELECT word FROM word WHERE word >= :word AND word < :word || char(1114111) LIMIT :most",
            word=word, most=NAMED + 1,
        )  # fmt: skip
        if not 0 < len(rows) <= NAMED:
            return f'"{word}"*'
        return "(" + " OR ".join(f'"{row[0]}"' for row in rows) + ")"

    def _numbered(self, number: int) -> Iterator[_Found]:
        row = self._one(
            "SELECT op.at, chart.patient, op.body FROM searched JOIN op ON op.id = searched.op "
            "JOIN chart ON chart.no = op.chart WHERE searched.no = :no",
            no=number,
        )
        if row is not None:
            yield row[0], row[1], fact_in(row[2], Fact)


_FIND = "SELECT rowid FROM search WHERE search MATCH :query AND rowid >= :low AND rowid < :high ORDER BY {order} LIMIT :limit"


@dataclass(frozen=True, slots=True)
class _Within:
    """Where is searched. `patients`: None for everybody; `kinds`: empty for all; from `since_ms`, before `until_ms`."""

    patients: tuple[PatientId, ...] | None
    kinds: frozenset[int]
    since_ms: int
    until_ms: int

    def holds(self, patient: str, kind: int, at_ms: int) -> bool:
        return (
            (self.patients is None or patient in self.patients)
            and (not self.kinds or kind in self.kinds)
            and self.since_ms <= _base(at_ms) >> _SHIFT < self.until_ms
        )


class SearchWrites(SearchReads):
    """Keeping the index."""

    def lay_on_pile(self, ops: Iterable[Op]) -> None:
        """The words of these ops are found from now on."""
        self._many("INSERT INTO unread (op) VALUES (?)", ((op.id,) for op in ops))

    def read_pile(self, limit: int) -> int:
        """Read the oldest texts of the pile into the index; gives how many that were. What is shown no longer is left out."""
        rows = self._all(
            "SELECT pile.no, op.id, op.at, chart.patient, op.kind, op.body "
            "FROM (SELECT no, op FROM unread ORDER BY no LIMIT :limit) AS pile "
            f"LEFT JOIN op ON op.id = pile.op AND op.state = {SHOWN} "
            "LEFT JOIN chart ON chart.no = op.chart ORDER BY pile.no", limit=limit,
        )  # fmt: skip
        if rows:
            self._index({row[1]: row for row in rows if row[1] and self._number_of(row[1], row[2]) is None})
            self._do("DELETE FROM unread WHERE no <= :no", no=rows[-1][0])
        return len(rows)

    def _index(self, rows: Mapping[str, Any]) -> None:
        """Take (.., op, at, patient, kind, body) rows into the index."""
        free = self._free_numbers({_base(row[2]) for row in rows.values()})
        texts = [
            (next(free[_base(at)]), op, text, f"{_patient_tag(patient)} {_kind_tag(kind)}")
            for _, op, at, patient, kind, body in rows.values()
            if (text := _readable(body))
        ]
        self._do(
            "INSERT OR IGNORE INTO word SELECT value FROM json_each(:words) ORDER BY value",
            words=json(list({word for _, _, text, _ in texts for word in spelt(text)})),
        )
        self._many("INSERT INTO searched (no, op) VALUES (?, ?)", (text[:2] for text in texts))
        self._many(
            "INSERT INTO search (rowid, words, tags) VALUES (?, ?, ?)",
            ((no, *rest) for no, _, *rest in texts),
        )

    def _free_numbers(self, bases: Collection[int]) -> dict[int, Iterator[int]]:
        """For each moment, the numbers that no text of that moment has."""
        rows = self._all(
            "SELECT value, (SELECT max(no) FROM searched WHERE no >= value AND no < value + :span) FROM json_each(:bases)",
            bases=json(list(bases)), span=1 << _SHIFT,
        )  # fmt: skip
        return {base: count(base if last is None else last + 1) for base, last in rows}

    def forget_texts(self, ops: Iterable[tuple[Op, int]]) -> None:
        """The words of these ops, each with its moment in ms, are found no longer. Those on the pile go when it is read."""
        for op, at in ops:
            number = self._number_of(op.id, at)
            if number is not None:
                self._do("DELETE FROM search WHERE rowid = :no", no=number)
                self._do("DELETE FROM searched WHERE no = :no", no=number)

    def _number_of(self, op: str, at_ms: int) -> int | None:
        """Its number in the index."""
        base = _base(at_ms)
        row = self._one(
            "SELECT no FROM searched WHERE no >= :low AND no < :high AND op = :op",
            low=base,
            high=base + (1 << _SHIFT),
            op=op,
        )
        return None if row is None else int(row[0])


def _hit(at_ms: int, patient: str, fact: Fact, words: list[str]) -> Hit:
    return Hit(fact, PatientId(patient), from_ms(at_ms), snippet(text_of(fact), words))


def _bound(at_ms: int) -> int:
    """The number before which, or from which on, everything lies that happened so."""
    return max(-_EDGE, min(at_ms, _EDGE)) << _SHIFT


def _base(at_ms: int) -> int:
    """The first number of a moment; moments that no patient lives through (before 1830, after 2109) share the outermost."""
    return max(-_FARTHEST, min(at_ms, _FARTHEST)) << _SHIFT


def _readable(body: bytes) -> str:
    """The text of a stored fact; '' for one that is damaged, which colleagues' books will tell (decision 29)."""
    try:
        return text_of(fact_in(body, Fact))
    except Malformed:
        return ""


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
