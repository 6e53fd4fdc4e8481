# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a consent: everything somebody needs to check it years later, without a store and without a key.

Shapes only; the checks are in `clinic.keys.evidence`, the file that people see in `clinic.exchange.evidence_file`.
"""

from datetime import date, datetime

from clinic.domain.facts import Consent
from clinic.domain.ids import DeviceId, FactId, PatientId, UserId
from clinic.domain.record import Record, n, record

SEAL_CONTEXT = b"posta consent evidence 1"


@record(333)
class FormText(Record):
    """A form as it was shown and read aloud, whole. Its BLAKE2b-256 stands in the statements that name it."""

    template: str = n(1)
    version: int = n(2)
    language: str = n(3)
    jurisdiction: str = n(4)
    text: str = n(5)


@record(334)
class EvidenceSeal(Record):
    """What the maker of the evidence vouches for: that this is all she knew that day, in this order.

    `digests`: of the statements, oldest first. `trust_head`: hash of the last statement of the trust log in the bundle.
    `words`: BLAKE2b-256 of the words above the proof.
    """

    made_at: datetime = n(1)
    device: DeviceId = n(2)
    user: UserId = n(3)
    asked: FactId = n(4)
    patients: tuple[PatientId, ...] = n(5)
    name: str = n(6)
    digests: tuple[bytes, ...] = n(7)
    trust_head: bytes = n(8)
    words: bytes = n(9)
    birth_date: date | None = n(10, default=None)
    identifier: str = n(11, default="")
    language: str = n(12, default="en")
    """Of the words above the proof."""


@record(335)
class ConsentEvidence(Record):
    """`statements`: all of this person's known to the maker, oldest first; `trust`: the trust log from its first statement.

    Both signatures cover ``b"posta consent evidence 1" + seal``.
    """

    statements: tuple[Consent, ...] = n(1)
    forms: tuple[FormText, ...] = n(2)
    trust: tuple[bytes, ...] = n(3)
    seal: bytes = n(4)
    """An encoded EvidenceSeal."""
    device_signature: bytes = n(5)
    user_signature: bytes = n(6)
