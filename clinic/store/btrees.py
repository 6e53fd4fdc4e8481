# SPDX-License-Identifier: GPL-3.0-or-later
"""SQLite's b-trees, read page by page (file format, sections 1.6 and 2.1), believing nothing that does not add up."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clinic.store.cipherpages import CONTENT

Value = int | float | str | bytes | None
PageOf = Callable[[int], bytes | None]
INDEX_INNER, TABLE_INNER, INDEX_LEAF, TABLE_LEAF = 2, 5, 10, 13
_HEADER = 100
_MOST_OVERFLOW = 1_000_000
_INTS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


@dataclass(frozen=True, slots=True)
class Cell:
    """A row: its rowid (None in an index or a WITHOUT ROWID table) and values; None where its overflow is lost."""

    rowid: int | None
    values: tuple[Value, ...] | None


@dataclass(frozen=True, slots=True)
class Node:
    """A page of a tree; `children`: pages below it."""

    kind: int
    cells: tuple[Cell, ...]
    children: tuple[int, ...] = ()
    overflow: frozenset[int] = frozenset()


def node_of(number: int, page_of: PageOf, last_page: int, values: bool = True) -> Node | None:
    """The tree page of that number; None if it is none, or it does not add up. Without `values` no cell is read out."""
    content = page_of(number)
    if content is None:
        return None
    start = _HEADER if number == 1 else 0
    kind = content[start]
    if kind not in (INDEX_INNER, TABLE_INNER, INDEX_LEAF, TABLE_LEAF):
        return None
    inner = kind in (INDEX_INNER, TABLE_INNER)
    count = int.from_bytes(content[start + 3 : start + 5], "big")
    pointers = start + (12 if inner else 8)
    if pointers + 2 * count > CONTENT:
        return None
    reader = _Reader(content, page_of, last_page, values)
    cells: list[Cell] = []
    children: list[int] = []
    for place in range(count):
        at = int.from_bytes(content[pointers + 2 * place : pointers + 2 * place + 2], "big")
        if not pointers + 2 * count <= at < CONTENT:
            return None
        try:
            reader.cell(kind, at, cells, children)
        except (IndexError, ValueError, struct.error):
            return None
    if inner:
        children.append(int.from_bytes(content[start + 8 : start + 12], "big"))
        if any(not 1 < child <= last_page for child in children):
            return None
    return Node(kind, tuple(cells), tuple(children), frozenset(reader.overflow))


class _Reader:
    def __init__(self, content: bytes, page_of: PageOf, last_page: int, values: bool) -> None:
        self._content, self._page_of, self._last, self._values = content, page_of, last_page, values
        self.overflow: set[int] = set()

    def cell(self, kind: int, at: int, cells: list[Cell], children: list[int]) -> None:
        content = self._content
        if kind in (INDEX_INNER, TABLE_INNER):
            children.append(int.from_bytes(content[at : at + 4], "big"))
            at += 4
        if kind == TABLE_INNER:
            return
        size, at = varint(content, at)
        rowid = None
        if kind == TABLE_LEAF:
            rowid, at = varint(content, at)
        payload = self._payload(size, at, kind == TABLE_LEAF)
        if self._values:
            cells.append(Cell(rowid, None if payload is None else record(payload)))

    def _payload(self, size: int, at: int, table: bool) -> bytes | None:
        """The whole payload, its overflow pages followed; None if one of them is lost. Raises ValueError."""
        most = CONTENT - 35 if table else (CONTENT - 12) * 64 // 255 - 23
        if size < 0:
            raise ValueError("a negative size")
        if size <= most:
            if at + size > CONTENT:
                raise ValueError("a cell beyond its page")
            return self._content[at : at + size]
        least = (CONTENT - 12) * 32 // 255 - 23
        here = least + (size - least) % (CONTENT - 4)
        here = here if here <= most else least
        if at + here + 4 > CONTENT:
            raise ValueError("a cell beyond its page")
        parts, left = [self._content[at : at + here]], size - here
        following = int.from_bytes(self._content[at + here : at + here + 4], "big")
        while left > 0:
            if not 1 < following <= self._last or following in self.overflow or len(parts) > _MOST_OVERFLOW:
                return None
            self.overflow.add(following)
            page = self._page_of(following)
            if page is None:
                return None
            part = page[4 : 4 + min(left, CONTENT - 4)]
            parts.append(part)
            left -= len(part)
            following = int.from_bytes(page[:4], "big")
        return b"".join(parts)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """(signed value, place after it). Raises IndexError."""
    value = 0
    for place in range(8):
        byte = data[at + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    value = value << 8 | data[at + 8]
    return (value - (1 << 64) if value >= 1 << 63 else value), at + 9


def record(payload: bytes) -> tuple[Value, ...]:
    """The values of a record. Raises ValueError, IndexError for what is none."""
    size, at = varint(payload, 0)
    if not at <= size <= len(payload):
        raise ValueError("not a record")
    kinds = []
    while at < size:
        kind, at = varint(payload, at)
        kinds.append(kind)
    if at != size:
        raise ValueError("not a record")
    values = []
    for kind in kinds:
        value, at = _value(payload, kind, at)
        values.append(value)
    if at > len(payload):
        raise ValueError("a record cut short")
    return tuple(values)


def _value(payload: bytes, kind: int, at: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in _INTS:
        return int.from_bytes(payload[at : at + _INTS[kind]], "big", signed=True), at + _INTS[kind]
    if kind == 7:
        return struct.unpack(">d", payload[at : at + 8])[0], at + 8
    if kind in (8, 9):
        return kind - 8, at
    if kind < 12:
        raise ValueError("a kind of value nobody writes")
    length = (kind - 12) // 2
    raw = payload[at : at + length]
    return (raw if kind % 2 == 0 else raw.decode("utf-8")), at + length


def walk(
    root: int, page_of: PageOf, last_page: int, values: bool = True
) -> Iterator[tuple[int, Node | None]]:
    """(page, node) of every page of a tree, in its order; None for one that is lost."""
    waiting, seen = [root], set[int]()
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        node = node_of(number, page_of, last_page, values)
        yield number, node
        if node is not None:
            waiting.extend(reversed(node.children))


def free_pages(page_of: PageOf, last_page: int) -> set[int]:
    """Pages SQLite has put aside (file format, section 1.5), as far as their list can be followed."""
    free: set[int] = set()
    first = page_of(1)
    trunk = 0 if first is None else int.from_bytes(first[32:36], "big")
    while 1 < trunk <= last_page and trunk not in free:
        free.add(trunk)
        content = page_of(trunk)
        if content is None:
            break
        count = min(int.from_bytes(content[4:8], "big"), CONTENT // 4 - 2)
        free |= {int.from_bytes(content[8 + 4 * n : 12 + 4 * n], "big") for n in range(count)}
        trunk = int.from_bytes(content[:4], "big")
    return free
