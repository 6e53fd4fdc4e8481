# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery sheets: a secret of 32 bytes in three parts, any two of which give it back (SLIP-39); one alone tells nothing.

The library splits with the system's own randomness. Words and QR code of a sheet say the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics

from clinic.domain.errors import Refusal
from clinic.keys.codes import CodeKind, code_kind, read_code, write_code

SHEETS, NEEDED = 3, 2


@dataclass(frozen=True, slots=True)
class SheetWords:
    """What one sheet holds. `mark` names the set (0 to 32767, as SLIP-39 numbers them); `number` is 1 to 3."""

    mark: str
    number: int
    words: tuple[str, ...] = field(repr=False)

    @property
    def qr_text(self) -> str:
        """The words as the sheet's QR code has them."""
        return write_code(CodeKind.SHEET, " ".join(self.words).encode())


def split(secret: bytes) -> tuple[SheetWords, ...]:
    """Three sheets of one new set. `secret`: 32 bytes."""
    (mnemonics,) = generate_mnemonics(1, [(NEEDED, SHEETS)], secret)
    return tuple(read_sheet(mnemonic) for mnemonic in mnemonics)


def read_sheet(text: str) -> SheetWords:
    """A sheet from its QR text, or from its words as somebody typed them: numbers, commas and lines do not matter.
    Raises Refusal."""
    words = _words(text)
    try:
        share = Share.from_mnemonic(" ".join(words))
    except MnemonicError as error:
        raise Refusal(
            "These are not the words of a recovery sheet, or one of them is misspelt. Compare them with the sheet."
        ) from error
    return SheetWords(str(share.identifier), share.index + 1, words)


def join(sheets: Sequence[SheetWords], mark: str = "") -> bytes:
    """The secret of two sheets of one set; `mark`: the set that is wanted, '' for any. Raises Refusal."""
    if mark and any(sheet.mark != mark for sheet in sheets):
        raise Refusal(
            "A sheet is of another set than this computer's newest, number {mark}. Older sheets open nothing any more.",
            mark=mark,
        )
    if len({sheet.mark for sheet in sheets}) > 1:
        raise Refusal("These sheets are of different sets. Take two with the same set number at the top.")
    apart = {sheet.number: sheet for sheet in sheets}
    if len(apart) < NEEDED:
        raise Refusal("Two different sheets are needed. One alone, even twice, tells nothing.")
    try:
        return bytes(combine_mnemonics([" ".join(sheet.words) for sheet in list(apart.values())[:NEEDED]]))
    except MnemonicError as error:
        raise Refusal("These two sheets do not belong together. Compare them letter by letter.") from error


def _words(text: str) -> tuple[str, ...]:
    if code_kind(text) == CodeKind.SHEET:
        text = read_code(CodeKind.SHEET, text).decode("ascii", "replace")
    return tuple(re.findall(r"[a-z]+", text.lower()))
