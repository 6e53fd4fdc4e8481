# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for look-ups in the book: queries of the full-text search, stems, letters that can be laid over the original."""

import re
import unicodedata

from clinic.domain.wording import folded, words_of


class _Plain(dict[int, str]):
    """For `str.translate`: every letter as one lower-case letter without its accent."""

    def __missing__(self, code: int) -> str:
        bare = folded(chr(code))
        self[code] = letter = bare if len(bare) == 1 else chr(code)
        return letter


_PLAIN = _Plain()


def plain(text: str) -> str:
    """The folded text, letter for letter as long as `text`, which should be composed (NFC)."""
    return text.translate(_PLAIN)


def spelt(text: str) -> list[str]:
    """The words of a text as the search index has them: FTS5's unicode61 folds letter for letter too."""
    return _WORD.findall(plain(unicodedata.normalize("NFC", text)))


_WORD = re.compile(r"[^\W_]+")


def prefix_query(text: str) -> str:
    """An FTS5 query that finds rows having every word as a prefix, in any order; '' if there is no word."""
    return " ".join(f'"{word}"*' for word in words_of(text))


def search_words(text: str) -> list[str]:
    """The folded words of a search, each cut to its stem: 'dolores crónicas' -> ['dolor', 'cronic'].

    Only the endings of number and gender go, from words of five letters and more, so that what is found still begins
    with what was typed.
    """
    return [_STEM.sub("", word) if len(word) >= 5 and word.isalpha() else word for word in words_of(text)]


_STEM = re.compile(r"(?<=\w{4})(?:es|[aoe]?s|[aoe])$")
