# SPDX-License-Identifier: GPL-3.0-or-later
"""Words as they are compared: lower case, no accents, apart; and names as they are kept."""

import re
import unicodedata

from clinic.domain.errors import Refusal


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


MOST_IN_A_NAME = 100
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of what nobody sees in a name and that may change how the rest of it reads (UTR 36, 2.1)."""


def name_as_said(text: str) -> str:
    """A name of a person, a computer, a team as others will read it: one line, its accents composed. Refusal for what is
    empty, longer than 100 letters, or holds signs that nobody sees."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name:
        raise Refusal("Write a name.")
    if len(name) > MOST_IN_A_NAME:
        raise Refusal("This name is too long. Write at most {most} letters.", most=MOST_IN_A_NAME)
    if any(unicodedata.category(sign) in _UNSEEN for sign in name):
        raise Refusal("This name holds signs that nobody can see. Type it anew.")
    return name
