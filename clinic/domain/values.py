# SPDX-License-Identifier: GPL-3.0-or-later
"""Small values that facts are made of, in FHIR R4 words: names, identifiers, codes, quantities, attachments."""

from decimal import Decimal

from clinic.domain.record import Record, Word, n, record

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
DNI = "urn:oid:2.16.840.1.113883.2.10.4.1"


class Verification(Word):
    """How sure we are of an identifier: a code read from a card is a claim, not proof."""

    CLAIMED = "claimed"
    SEEN = "seen"
    VERIFIED = "verified"


@record(101)
class HumanName(Record):
    family: str = n(1)
    given: tuple[str, ...] = n(2, default=())

    @property
    def full(self) -> str:
        """`Family, Given Given`."""
        return ", ".join(part for part in (self.family, " ".join(self.given)) if part)

    @property
    def spoken(self) -> str:
        """`Given Family`, as a person is called."""
        return " ".join((*self.given, self.family)).strip()

    @property
    def initials(self) -> str:
        words = (*self.given[:1], self.family)
        return "".join(word[0].upper() for word in words if word)


@record(102)
class Identifier(Record):
    system: str = n(1)
    value: str = n(2)
    verification: Verification = n(3, default=Verification.CLAIMED)


@record(103)
class ContactPoint(Record):
    system: str = n(1)
    value: str = n(2)


@record(104)
class Coding(Record):
    system: str = n(1)
    code: str = n(2)
    display: str = n(3, default="")


@record(105)
class Quantity(Record):
    """A value with its UCUM unit."""

    value: Decimal = n(1)
    unit: str = n(2)


@record(106)
class Attachment(Record):
    """Where the ciphertext of a file is (id = BLAKE2b of the ciphertext) and the key that opens it."""

    id: str = n(1)
    key: bytes = n(2)
    content_type: str = n(3)
    size: int = n(4)
    """Bytes of plaintext."""
    title: str = n(5, default="")
    thumbnail: bytes = n(6, default=b"")
    """A JPEG of at most 6 kB that travels with the fact."""


@record(107)
class Point(Record):
    """One point of a pen or finger: x and y in thousandths of the pad, t in ms since the first point, pressure 0-1000."""

    x: int = n(1)
    y: int = n(2)
    t: int = n(3)
    pressure: int = n(4, default=500)


@record(108)
class Stroke(Record):
    points: tuple[Point, ...] = n(1)
