# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of a specialty: versioned definitions that are synced as data, and answers."""

from datetime import datetime
from decimal import Decimal

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import EncounterId, UserId
from clinic.domain.record import Record, n, record
from clinic.domain.values import Coding


@record(113)
class FormItem(Record):
    """FHIR Questionnaire.item: one question of a form."""

    key: str = n(1)
    """Its name in the answers."""
    question: str = n(2)
    kind: str = n(3, default="text")
    """boolean, integer, decimal, date, text, choice."""
    options: tuple[Coding, ...] = n(4, default=())
    unit: str = n(5, default="")
    code: Coding | None = n(6, default=None)
    required: bool = n(7, default=False)
    low: Decimal | None = n(8, default=None)
    high: Decimal | None = n(9, default=None)


@record(21)
class Questionnaire(Fact):
    """A versioned definition of a form, or a consent template: synced as data."""

    name: str = n(3)
    version: int = n(4)
    language: str = n(5)
    text: str = n(6)
    specialty: str = n(7, default="")
    status: str = n(8, default="active")
    """draft, active, retired."""
    items: tuple[FormItem, ...] = n(9, default=())


@record(31)
class QuestionnaireResponse(Fact):
    """A form filled in. `answers` is a JSON object; keys that the definition does not know are kept."""

    questionnaire: str = n(3)
    version: int = n(4)
    status: str = n(5, default="completed")
    """in-progress, completed, amended."""
    authored_at: datetime = n(6)
    author: UserId = n(7, default=UserId(""))
    answers: str = n(8, default="{}")
    encounter: EncounterId = n(9, default=EncounterId(""))
