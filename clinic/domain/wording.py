# SPDX-License-Identifier: GPL-3.0-or-later
"""Words as they are compared: lower case, no accents, apart."""

import re
import unicodedata


def folded(text: str) -> str:
    """Lower case without accents: 'Peña' -> 'pena'."""
    return _NOT_ASCII.sub(_without_mark, unicodedata.normalize("NFKD", text.casefold()))


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def _without_mark(found: re.Match[str]) -> str:
    return "" if unicodedata.combining(found[0]) else found[0]


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, digits included."""
    return tuple(re.findall(r"\w+", folded(text)))


def phrase(text: str) -> str:
    """The folded words with one space between: how names are keyed."""
    return " ".join(words_of(text))
