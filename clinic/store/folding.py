# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for look-ups in the book: queries of the full-text search, stems, letters that can be laid over the original."""

import re
import unicodedata
from collections.abc import Callable

from clinic.domain.sound import PARTICLES, name_words, skeleton, sound
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


_DOTTED = re.compile(r"\b\d{1,3}(?:\.\d{3}){2}\b")
_WORD = re.compile(r"[^\W_]+")
_SOUND, _BONES = "\u2d63", "\u2d65"
"""Letters (of Tifinagh) that begin no word of these countries: a sound is never taken for a word."""
_LEAST = 3
"""Letters of a word, or consonants, that say something."""


def prefix_query(text: str) -> str:
    """An FTS5 query that finds rows having every word as a prefix, in any order; '' if there is no word."""
    return " ".join(f'"{word}"*' for word in words_of(text))


def undotted(text: str) -> str:
    """An identity number without its dots, wherever one stands: 14.203.881."""
    return _DOTTED.sub(lambda found: found[0].replace(".", ""), text)


def heard_words(name: str) -> str:
    """The words under which a name is found by who spells it otherwise: each word's sound, and its consonants."""
    heard = [sound(word) for word in name_words(name)]
    return " ".join(f"{_SOUND}{one} {_BONES}{_bones(one)}" for one in heard if one)


def _bones(heard: str) -> str:
    return skeleton(heard).replace("Y", "")


def heard_query(text: str) -> str:
    """As `prefix_query`, by how the words sound; numbers as they are. '' where nothing is a word of a name."""
    return _heard_query(text, lambda heard: f'"{_SOUND}{heard}"*')


def bones_query(text: str) -> str:
    """Coarser: by the consonants alone, for whole words with letters wrong, left out or swapped. '' for words of less than
    three."""
    return _heard_query(
        text, lambda heard: f'"{_BONES}{_bones(heard)}"' if len(_bones(heard)) >= _LEAST else ""
    )


def _heard_query(text: str, asked: Callable[[str], str]) -> str:
    made = []
    for word in words_of(text):
        if not word.isalpha() or len(word) < _LEAST:
            made.append(f'"{word}"*')
        elif word not in PARTICLES:
            made.append(asked(sound(word)) if sound(word) else "")
    return " ".join(made) if made and all(made) else ""


def search_words(text: str) -> list[str]:
    """The folded words of a search, each cut to its stem: 'dolores crónicas' -> ['dolor', 'cronic'].

    Only the endings of number and gender go, from words of five letters and more, so that what is found still begins
    with what was typed.
    """
    return [_STEM.sub("", word) if len(word) >= 5 and word.isalpha() else word for word in words_of(text)]


_STEM = re.compile(r"(?<=\w{4})(?:es|[aoe]?s|[aoe])$")
