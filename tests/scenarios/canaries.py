# SPDX-License-Identifier: GPL-3.0-or-later
"""Words no text has by chance, facts of every kind full of them, and where such a word would be found."""

import types
import typing
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from typing import Any

from clinic.domain import facts
from clinic.domain.facts import Fact
from clinic.domain.ids import FactId, PatientId
from clinic.domain.record import Record, Word

WORDS = tuple(f"Zarzaparrilla{letter}uvqw" for letter in "BCDFGHJKLMNP")
KINDS = sorted(
    {
        kind
        for kind in vars(facts).values()
        if isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact
    },
    key=lambda kind: kind.NUMBER,
)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def spellings(word: str) -> Iterator[bytes]:
    """How a word may lie on a disk: in three encodings, folded as for a search, and in base64 at each of its beats."""
    for text in (word, word.lower(), word.upper()):
        plain = text.encode()
        yield from (plain, text.encode("utf-16-le"), text.encode("utf-16-be"))
        for before in range(3):
            for encoded in (b64encode(bytes(before) + plain), urlsafe_b64encode(bytes(before) + plain)):
                whole = (before + len(plain)) // 3 * 4
                yield encoded[(before * 8 + 5) // 6 : whole]


def found_in(folders: Iterable[Path], more: bytes = b"") -> list[str]:
    """Where any of the words lies: 'file: word'. Names of files count too."""
    needles = {spelling: word for word in WORDS for spelling in spellings(word)}
    found = [f"output: {word}" for needle, word in needles.items() if needle in more]
    for folder in folders:
        for path in folder.rglob("*"):
            data = str(path).encode() + (path.read_bytes() if path.is_file() else b"")
            found += [f"{path.name}: {word}" for needle, word in needles.items() if needle in data]
    return found


def full_of_words(kind: type[Fact], fact_id: str, patient: PatientId) -> Fact:
    """A fact of that kind with a word in everything that takes text or bytes."""
    words = cycle(WORDS)
    made = {
        f.name: _made(hint, words)
        for f, hint in _fields(kind)
        if f.name not in ("id", "patient") and f.metadata
    }
    return kind(id=FactId(fact_id), patient=patient, **made)


def _fields(kind: type[Record]) -> list[tuple[Any, Any]]:
    hints = typing.get_type_hints(kind)
    return [(f, hints[f.name]) for f in fields(kind)]


def _made(hint: Any, words: Iterator[str]) -> Any:  # noqa: PLR0911
    hint = getattr(hint, "__supertype__", hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _made(next(arg for arg in args if arg is not type(None)), words)
    if origin is tuple:
        return (_made(args[0], words), _made(args[0], words))
    if issubclass(hint, Word):
        return next(iter(hint))
    if issubclass(hint, Record):
        return hint(**{f.name: _made(its, words) for f, its in _fields(hint) if f.metadata})
    simple = {str: lambda: next(words), bytes: lambda: next(words).encode(), bool: lambda: False, int: lambda: 7,
              float: lambda: 1.5, Decimal: lambda: Decimal("1.5"), datetime: lambda: AT, date: AT.date}  # fmt: skip
    return simple[hint]()
