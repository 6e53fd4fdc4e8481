# SPDX-License-Identifier: GPL-3.0-or-later
"""Words as they are compared: lower case, no accents, apart."""

import re
import unicodedata


def folded(text: str) -> str:
    """Lower case without accents: 'Peña' -> 'pena'."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, digits included."""
    return tuple(re.findall(r"\w+", folded(text)))


def phrase(text: str) -> str:
    """The folded words with one space between: how names are keyed."""
    return " ".join(words_of(text))
