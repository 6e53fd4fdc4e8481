# SPDX-License-Identifier: GPL-3.0-or-later
"""One wrong letter: which words of a list begin with what somebody may have meant to type."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
SHORTEST = 4
"""Letters; a shorter word is one letter away from everything."""


def meant(typed: str, vocabulary: Sequence[str]) -> tuple[str, ...]:
    """Beginnings of words of the sorted `vocabulary`, one letter away from a folded `typed`; () where it begins one
    itself or is too short."""
    if len(typed) < SHORTEST or begins(typed, vocabulary):
        return ()
    return tuple(sorted({near for near in _one_letter_away(typed) if begins(near, vocabulary)}))


def begins(start: str, vocabulary: Sequence[str]) -> bool:
    """True if a word of the sorted vocabulary begins so."""
    at = bisect_left(vocabulary, start)
    return at < len(vocabulary) and vocabulary[at].startswith(start)


def _one_letter_away(word: str) -> Iterator[str]:
    """Dropped, swapped, replaced and added letters."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in LETTERS:
            if tail:
                yield head + letter + tail[1:]
            yield head + letter + tail
