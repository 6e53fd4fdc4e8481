# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes that people type: 16 symbols in groups of four, the last two catch what was mistyped.

Symbols are Crockford's base 32: I and L are read as 1, O as 0. 14 of them are drawn: 70 random bits.
"""

from clinic.domain.clock import Random
from clinic.keys.hashing import digest, same

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DRAWN, CHECKS, _GROUP = 14, 2, 4
_ALIKE = str.maketrans("ILO", "110")


def new_short_code(random: Random) -> str:
    """'4KZ7-9QPM-XW2C-81TD'."""
    drawn = "".join(SYMBOLS[byte & 31] for byte in random(DRAWN))
    return _grouped(drawn + _check(drawn))


def is_short(text: str) -> bool:
    """True for what can only be meant as such a code: its letters and their number, right or mistyped."""
    bare = as_read(text)
    return len(bare) == DRAWN + CHECKS and all(letter.isascii() and letter.isalnum() for letter in bare)


def is_right(text: str) -> bool:
    """True if it is one and its last two symbols fit."""
    bare = as_read(text)
    fits = same(bare[DRAWN:].encode(), _check(bare[:DRAWN]).encode())
    return is_short(text) and set(bare[:DRAWN]) <= set(SYMBOLS) and fits


def as_read(text: str) -> str:
    """What a code comes to however it was typed: without spaces and strokes, in capitals, look-alikes put right."""
    return "".join(text.replace("-", " ").split()).upper().translate(_ALIKE)


def _grouped(symbols: str) -> str:
    return "-".join(symbols[at : at + _GROUP] for at in range(0, len(symbols), _GROUP))


def _check(drawn: str) -> str:
    return "".join(SYMBOLS[byte & 31] for byte in digest(drawn.encode(), b"posta short chk", CHECKS))
