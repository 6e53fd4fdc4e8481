# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between two texts, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
MOST = 4_000
"""Words that are compared one by one; beyond it the whole text is marked."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text; `marked`: not in the other one."""

    text: str
    marked: bool = False


def pieces(text: str, other: str) -> tuple[Piece, ...]:
    """The text in runs, those that the other does not have marked. Together they are the text."""
    mine, theirs = _WORDS.findall(text), _WORDS.findall(other)
    if max(len(mine), len(theirs)) > MOST:
        return (Piece(text, text != other),) if text else ()
    found: list[Piece] = []
    for tag, start, end, _from, _to in SequenceMatcher(a=mine, b=theirs, autojunk=False).get_opcodes():
        if start < end:
            found.append(Piece("".join(mine[start:end]), tag != "equal"))
    return tuple(found)
