# SPDX-License-Identifier: GPL-3.0-or-later
"""What an identity document says of its holder: the barcode of an Argentine DNI, or the machine-readable lines (MRZ) on
the back of any card of that size. A claim, not a proof: anybody can print one.

Sources: both PDF417 layouts of the DNI as printed since 2009; ICAO Doc 9303-5, TD1 (three lines of 30 signs).
"""

from dataclasses import dataclass
from datetime import date

from clinic.domain.values import HumanName

_TD1, _LINE = 90, 30
_WEIGHTS = (7, 3, 1)


@dataclass(frozen=True, slots=True)
class IdDocument:
    """`number`: digits of the document, without dots."""

    number: str
    born: date
    name: HumanName


def read_document(text: str, today: date) -> IdDocument | None:
    """What was scanned, if it is such a document, with every check digit right; None for anything else."""
    return _barcode(text) or _mrz("".join(text.split()).upper(), today)


def day_of(text: str) -> date | None:
    """`05031961` as a date; None if there was no such day."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None


def _barcode(text: str) -> IdDocument | None:
    parts = [part.strip() for part in text.split("@")]
    if len(parts) >= 8 and parts[4].isdigit():
        family, given, number, born = parts[1], parts[2], parts[4], parts[6]
    elif len(parts) >= 9 and parts[0] == "" and parts[1].isdigit():
        number, family, given, born = parts[1], parts[4], parts[5], parts[7]
    else:
        return None
    day = day_of(born.replace("/", ""))
    if day is None or not family or not number.isascii():
        return None
    return IdDocument(number, day, _named(family, given))


def _mrz(signs: str, today: date) -> IdDocument | None:
    if len(signs) != _TD1 or signs[0] not in "IAC" or not _checks(signs):
        return None
    first, second, third = signs[:_LINE], signs[_LINE : 2 * _LINE], signs[2 * _LINE :]
    number, day = first[5:14].rstrip("<"), _birthday(second[:6], today)
    family, _, given = third.partition("<<")
    if day is None or not number.isdigit() or not family:
        return None
    return IdDocument(number, day, _named(family.replace("<", " "), given.replace("<", " ")))


def _checks(signs: str) -> bool:
    """The check digits of number, birth and expiry, and the one over all of them."""
    second = signs[_LINE : 2 * _LINE]
    parts = (
        (signs[5:14], signs[14]),
        (second[:6], second[6]),
        (second[8:14], second[14]),
        (signs[5:30] + second[:7] + second[8:15] + second[18:29], second[29]),
    )
    return all(check_digit(part) == digit for part, digit in parts)


def check_digit(part: str) -> str:
    """ICAO 9303-3, 4.9: 7-3-1 over the values of the signs; '' for a sign that cannot be."""
    total = 0
    for place, sign in enumerate(part):
        value = 0 if sign == "<" else int(sign, 36) if sign.isascii() and sign.isalnum() else -1
        if value < 0:
            return ""
        total += value * _WEIGHTS[place % 3]
    return str(total % 10)


def _birthday(text: str, today: date) -> date | None:
    """YYMMDD: of this century unless that is still to come."""
    if not (text.isascii() and text.isdigit()):
        return None
    for century in (today.year // 100, today.year // 100 - 1):
        born = day_of(f"{text[4:]}{text[2:4]}{century:02d}{text[:2]}")
        if born is not None and born <= today:
            return born
    return None


def _named(family: str, given: str) -> HumanName:
    return HumanName(
        family=" ".join(family.split()).title(), given=tuple(word.title() for word in given.split())
    )
