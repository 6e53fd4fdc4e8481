# SPDX-License-Identifier: GPL-3.0-or-later
"""From a damaged book to a new one: every row that can be read, and a list of what is missing. The old is only read.

Ops are the truth: they are filed anew, and everything that follows from them (charts, people, search) is made anew.
What follows from nothing (keys, trust, outbox, counters, files, codes) is taken row by row. Where the way from a root
to a page is damaged, the page's rows are known by their form.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clinic.domain.errors import PostaError
from clinic.domain.ids import OpId, PatientId, ScopeId, patient_scope
from clinic.protocol.codec import decode
from clinic.protocol.op import Op
from clinic.store.book import Book
from clinic.store.btrees import Cell, Value
from clinic.store.lastwritten import last_written
from clinic.store.migrations import STEPS
from clinic.store.raw_pages import RawPages
from clinic.store.salvage_forms import columns_for, table_of
from clinic.store.survey import OVERFLOW, UNKNOWN, Lost, Survey, rows_apart, rows_of, survey, tables_of
from clinic.store.writing import WritePage

Row = dict[str, Value]
Progress = Callable[[str, int, int], None]
KEPT = (
    "meta", "counter", "outbox", "cursor", "quarantine", "scope_key", "trust", "attachment", "capsule", "code", "code_source",
)  # fmt: skip
"""Tables whose rows follow from nothing else."""
_BATCH = 500
_OP_INDICES = ("op_by_id", "sqlite_autoindex_op_1")


@dataclass(frozen=True, slots=True)
class MissingOp:
    """An op that was there and cannot be read: as much as an index still knows of it."""

    op: OpId
    patient: PatientId | None = None
    kind: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was saved and what was not. `incomplete`: tables of which rows are, or may be, missing."""

    pages: int
    lost: tuple[Lost, ...]
    ops: int
    rows: dict[str, int]
    missing: tuple[MissingOp, ...]
    all_missing_named: bool
    """False if what names all ops is damaged too: then there may be more."""
    incomplete: tuple[str, ...]
    unreadable: int
    """Rows that were there, of any table, and could not be read."""
    checked: bool = True
    """False if the salt is lost too: no page could be checked, and what was saved may have been changed."""


def salvage(book: Path, key: bytes, new: Path, progress: Progress = lambda what, done, of: None) -> Salvaged:
    """Make `new` under the same key out of what can be read. Close the book first. Raises Unavailable for the disk."""
    last_written(new).unlink(missing_ok=True)  # of another book that lay there
    with RawPages(book, key) as pages, closing(Book.open(new, key)) as fresh:
        known, filler = survey(pages), _Filler(fresh)
        _collect(pages, known, filler, progress)
        filler.flush()
        filler.keep_stamp()
        missing, named = _missing(pages, known, filler.ops)
        return Salvaged(
            pages=pages.total, lost=known.lost, ops=len(filler.ops), rows=dict(filler.counts), missing=missing,
            all_missing_named=named, incomplete=_incomplete(known, filler), unreadable=sum(filler.unreadable.values()),
            checked=pages.checked,
        )  # fmt: skip


def _collect(pages: RawPages, known: Survey, filler: "_Filler", progress: Progress) -> None:
    """What is reached from a root first: what stands apart never replaces it."""
    for done, table in enumerate((*KEPT, "op")):
        progress(table, done, len(KEPT) + 2)
        tree = known.trees.get(table)
        for cell in rows_of(pages, known, table):
            columns = tree.columns if tree and tree.columns else columns_for(table, len(cell.values or ()))
            filler.take(table, columns, cell)
    if known.lost or not known.whole_list or not pages.checked:
        progress("apart", len(KEPT) + 1, len(KEPT) + 2)
        for cell in rows_apart(pages, known):
            named = None if cell.values is None else table_of(cell.values)
            if named is not None:
                filler.take(named, columns_for(named, len(cell.values or ())), cell)


class _Filler:
    """Puts rows into the new book as they come, some hundred at a time."""

    def __init__(self, fresh: Book) -> None:
        self._fresh = fresh
        self._columns = tables_of(len(STEPS))
        self._waiting: dict[str, list[Row]] = defaultdict(list)
        self._ops: dict[ScopeId, list[tuple[Op, bytes]]] = defaultdict(list)
        self._held = 0
        self._stamp = 0
        self.ops: set[OpId] = set()
        self.positions: set[int] = set()
        self.counts: Counter[str] = Counter()
        self.unreadable: Counter[str] = Counter()

    def take(self, table: str, columns: tuple[str, ...], cell: Cell) -> None:
        if cell.values is None or not columns or len(cell.values) > len(columns):
            self.unreadable[table] += 1
            return
        row = dict(zip(columns, cell.values, strict=False))
        if row[columns[0]] is None and cell.rowid is not None:
            row[columns[0]] = cell.rowid
        if table == "op":
            self._take_op(row)
        else:
            self._waiting[table].append(row)
        self._held += 1
        if self._held >= _BATCH:
            self.flush()

    def _take_op(self, row: Row) -> None:
        body, scope = row.get("body"), row.get("scope")
        try:
            op = decode(body, Op) if isinstance(body, bytes) else None
        except PostaError:
            op = None
        if op is None or not isinstance(body, bytes) or op.id != row.get("id"):
            self.unreadable["op"] += 1
            return
        whose = ScopeId(scope) if isinstance(scope, str) and scope else patient_scope(op.patient)
        self._ops[whose].append((op, body))
        self.ops.add(op.id)
        self._stamp = max(self._stamp, op.stamp)

    def flush(self) -> None:
        """Raises Unavailable for the disk."""
        ops, rows = self._ops, self._waiting
        self._ops, self._waiting, self._held = defaultdict(list), defaultdict(list), 0

        def act(page: WritePage) -> None:
            for scope, some in ops.items():
                page.file_ops(some, scope)
            for table, some_rows in rows.items():
                for row in some_rows:
                    self._put(page, table, row)

        self._fresh.keep(act)

    def _put(self, page: WritePage, table: str, row: Row) -> None:
        names = [name for name in self._columns[table] if name in row]
        holes = ", ".join(f":{name}" for name in names)
        new = page._do(
            f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({holes})",
            **{n: row[n] for n in names},
        )
        self.counts[table] += new
        if table == "code" and new:
            page._do(
                "INSERT INTO code_words (system, code, language, words) VALUES (:system, :code, :language, :words)",
                system=row["system"], code=row["code"], language=row["language"],
                words=" ".join(str(row[name]) for name in ("code", "display")),
            )  # fmt: skip
        position = row.get("position")
        if table == "trust" and isinstance(position, int):
            self.positions.add(position)

    def keep_stamp(self) -> None:
        """Where the counter of stamps is lost, go on after the highest one that was found."""
        if not self._fresh.read(lambda page: page.numbers("stamp")):
            self._fresh.keep(lambda page: page.keep_number("stamp", self._stamp))


def _missing(pages: RawPages, known: Survey, ops: set[OpId]) -> tuple[tuple[MissingOp, ...], bool]:
    """Ops that an index names and no page gives; and whether that index is whole."""
    index = next((name for name in _OP_INDICES if name in known.trees), None)
    if index is None:
        return (), not known.lost and known.whole_list
    whole = pages.checked and not any(lost.what in (index, UNKNOWN) for lost in known.lost)
    named = (cell.values for cell in rows_of(pages, known, index))
    missing = {OpId(str(v[0])): v[1:] for v in named if v and OpId(str(v[0])) not in ops}
    if not missing:
        return (), whole
    lying = {rest[0] for rest in missing.values() if len(rest) == 1}
    patients: dict[Value, Value] = {
        cell.rowid: cell.values[1] for cell in rows_of(pages, known, "chart") if cell.values
    }
    places = {
        v[-1]: (patients.get(v[0]), *v[-3:-1]) for v in _values(pages, known, "op_on_chart") if v[-1] in lying
    }

    def told(op: OpId, rest: tuple[Value, ...]) -> MissingOp:
        if len(rest) == 1 and isinstance(rest[0], int):
            rest = places.get(rest[0], ())
        patient, kind, at = (*rest, None, None, None)[:3]
        return MissingOp(
            op,
            PatientId(patient) if isinstance(patient, str) else None,
            kind if isinstance(kind, int) else None,
            datetime.fromtimestamp(at / 1000, UTC) if isinstance(at, int) else None,
        )

    return tuple(told(op, rest) for op, rest in missing.items()), whole


def _values(pages: RawPages, known: Survey, name: str) -> Iterator[tuple[Value, ...]]:
    return (cell.values for cell in rows_of(pages, known, name) if cell.values)


def _incomplete(known: Survey, filler: _Filler) -> tuple[str, ...]:
    """Tables that lie on a damaged page, or may."""
    touched = {lost.what for lost in known.lost} | set(filler.unreadable)
    if filler.positions != set(range(len(filler.positions))):
        touched.add("trust")
    unclear = bool(touched & {UNKNOWN, OVERFLOW}) or not known.whole_list
    return tuple(t for t in ("op", *KEPT) if t in touched or (unclear and t not in known.trees))
