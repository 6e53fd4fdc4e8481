# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on which page of a book: every table's tree followed from its root, and what stands apart from all of them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from clinic.store.btrees import TABLE_INNER, Cell, Node, Value, free_pages, node_of, walk
from clinic.store.migrations import STEPS
from clinic.store.raw_pages import RawPages

SCHEMA, FREE, OVERFLOW, UNKNOWN = (
    "the list of tables",
    "nothing: a free page",
    "the rest of a long row",
    "not known",
)
_NO_ROWID = re.compile(r"\)\s*WITHOUT\s+ROWID\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tree:
    """A table or an index. `columns`: names in the order their values are stored; '' for a rowid that is none."""

    name: str
    root: int
    index: bool
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """A damaged page and what lies on it. `inner`: other pages hung on it."""

    page: int
    what: str


@dataclass(slots=True)
class Survey:
    """`schema`: number of the file's last migration, None if that is lost; `owner`: page -> tree or one of the words."""

    schema: int | None
    trees: dict[str, Tree] = field(default_factory=dict)
    owner: dict[int, str] = field(default_factory=dict)
    lost: tuple[Lost, ...] = ()
    whole_list: bool = True
    """False if a part of the list of tables is lost."""


def survey(pages: RawPages) -> Survey:
    """Follow every tree. Reads each page once or twice."""
    first = pages.page(1)
    found = Survey(None if first is None else int.from_bytes(first[60:64], "big"))
    for row in _master(pages, found):
        _add_tree(found, row)
    for name, tree in found.trees.items():
        _follow(pages, found, tree.root, name)
    for number in free_pages(pages.page, pages.total):
        found.owner.setdefault(number, FREE)
    found.lost = tuple(Lost(number, found.owner.get(number, UNKNOWN)) for number in sorted(pages.bad))
    return found


def rows_of(pages: RawPages, found: Survey, name: str) -> Iterator[Cell]:
    """Every row of a tree that can be reached from its root."""
    tree = found.trees.get(name)
    if tree is None:
        return
    for _, node in walk(tree.root, pages.page, pages.total):
        if node is not None:
            yield from node.cells


def rows_apart(pages: RawPages, found: Survey) -> Iterator[Cell]:
    """Rows of pages that no tree leads to any more, for the page between is damaged."""
    for number in range(2, pages.total + 1):
        if number in found.owner:
            continue
        node = node_of(number, pages.page, pages.total)
        if node is not None and node.kind != TABLE_INNER:
            yield from node.cells


def columns_of(statement: str) -> tuple[str, ...]:
    """The columns a CREATE TABLE makes, in the order their values are stored; () for a virtual table or nonsense."""
    memory = sqlcipher.connect(":memory:")
    try:
        memory.execute(re.sub(r'^CREATE TABLE\s+(?:"[^"]+"|\w+)', "CREATE TABLE t", statement, count=1))
        return _stored(memory, "t", bool(_NO_ROWID.search(statement)))
    except (sqlcipher.Error, sqlcipher.Warning):
        return ()
    finally:
        memory.close()


def tables_of(version: int) -> dict[str, tuple[str, ...]]:
    """Table -> stored columns, as migrations make them in an empty book of that version."""
    memory = sqlcipher.connect(":memory:", isolation_level=None)
    try:
        for step in STEPS[:version]:
            for statement in (*step.BEFORE, *getattr(step, "AFTER", ())):
                memory.execute(statement)
        made = memory.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
        )
        return {name: _stored(memory, name, bool(_NO_ROWID.search(sql))) for name, sql in made.fetchall()}
    finally:
        memory.close()


def _stored(connection: Any, table: str, no_rowid: bool) -> tuple[str, ...]:
    told = connection.execute(f"PRAGMA table_info({table})").fetchall()
    if not no_rowid:
        return tuple(row[1] for row in told)
    key = [row[1] for row in sorted((row for row in told if row[5]), key=lambda row: row[5])]
    return (*key, *(row[1] for row in told if not row[5]))


def _master(pages: RawPages, found: Survey) -> Iterable[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    for number, node in walk(1, pages.page, pages.total):
        found.owner[number] = SCHEMA
        if node is None:
            found.whole_list = False
            continue
        _note_overflow(found, node)
        for cell in node.cells:
            if cell.values is None or len(cell.values) < 5:
                found.whole_list = False
            else:
                rows.append(cell.values)
    return rows


def _add_tree(found: Survey, row: tuple[Value, ...]) -> None:
    kind, name, _, root, sql = row[:5]
    if not (isinstance(name, str) and isinstance(root, int) and root > 1):
        return
    index = kind == "index"
    columns = () if index or not isinstance(sql, str) else columns_of(sql)
    found.trees[name] = Tree(name, root, index, columns)


def _follow(pages: RawPages, found: Survey, root: int, name: str) -> None:
    for number, node in walk(root, pages.page, pages.total, values=False):
        found.owner[number] = name
        if node is not None:
            _note_overflow(found, node)


def _note_overflow(found: Survey, node: Node) -> None:
    for number in node.overflow:
        found.owner[number] = OVERFLOW
