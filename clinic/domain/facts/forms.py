# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of a specialty: versioned definitions that are synced as data, and answers."""

from datetime import datetime
from decimal import Decimal

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import EncounterId, FactId, UserId
from clinic.domain.record import Record, n, record
from clinic.domain.values import Coding


@record(651)
class Translation(Record):
    """The same words in another language; `language`: BCP 47, such as en."""

    language: str = n(1)
    text: str = n(2)


@record(650)
class EnableWhen(Record):
    """FHIR Questionnaire.item.enableWhen: the item is asked only if this holds."""

    question: str = n(1)
    """linkId of a question that comes before."""
    operator: str = n(2, default="=")
    """exists, =, !=, >, <, >=, <=; of a question with several answers one that fits is enough."""
    answer: str = n(3, default="")
    """A code, a number, or true and false."""


@record(652)
class OptionFace(Record):
    """How an answer that can be chosen looks to a patient: its words in other languages, its drawing."""

    code: str = n(1)
    words: tuple[Translation, ...] = n(2, default=())
    picture: str = n(3, default="")
    """Name of a drawing of resources/icons; '' for none."""


@record(653)
class RedFlag(Record):
    """An answer that nobody should wait with (clinic.domain.red_flags)."""

    code: str = n(1)
    answers: tuple[str, ...] = n(2)
    """Each of them raises it: codes, or true and false."""
    source: str = n(3)
    """The guideline that says so."""
    words: tuple[Translation, ...] = n(4, default=())
    """What staff read, in every language."""
    under_days: int = n(5, default=0)
    """Only for somebody younger than that; 0 for everybody."""
    unless: str = n(6, default="")
    """Code of a flag that says the same better, and stands instead."""
    enable_when: tuple[EnableWhen, ...] = n(7, default=())
    """Only where all of these hold."""


@record(113)
class FormItem(Record):
    """FHIR Questionnaire.item: one question of a form. The tree is kept flat, in the order in which it is asked."""

    key: str = n(1)
    """Its name in the answers."""
    question: str = n(2)
    kind: str = n(3, default="text")
    """boolean, integer, decimal, date, text, choice; group, display, attachment."""
    options: tuple[Coding, ...] = n(4, default=())
    unit: str = n(5, default="")
    code: Coding | None = n(6, default=None)
    required: bool = n(7, default=False)
    low: Decimal | None = n(8, default=None)
    high: Decimal | None = n(9, default=None)
    within: str = n(10, default="")
    """The item it stands in: hidden with it. '' for the form itself."""
    enable_when: tuple[EnableWhen, ...] = n(11, default=())
    enable_behavior: str = n(12, default="all")
    """all or any of `enable_when`."""
    repeats: bool = n(13, default=False)
    """Several of `options` may be chosen."""
    words: tuple[Translation, ...] = n(14, default=())
    """`question` in other languages."""
    faces: tuple[OptionFace, ...] = n(15, default=())
    red_flags: tuple[RedFlag, ...] = n(16, default=())
    picture: str = n(17, default="")
    control: str = n(18, default="")
    """How it is shown (FHIR itemControl): body-map, or '' for what the type has."""
    sub_questionnaire: str = n(19, default="")
    """Of a `display`: url of the questionnaire that is asked in its place."""
    hidden: bool = n(20, default=False)
    """Known beforehand and not asked, such as the age."""
    observation_extract: bool = n(21, default=False)
    """Its answer, a number, is an Observation of `code` too, in `unit`."""


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
    url: str = n(10, default="")
    """The name under which its versions belong together, everywhere; '' for a form of this clinic alone, known by `name`."""
    words: tuple[Translation, ...] = n(11, default=())
    """`text`, the title, in other languages."""
    author: UserId = n(12, default=UserId(""))
    user_signature: bytes = n(13, default=b"")
    """The administrator's who put it out or retired it: a kiosk believes nobody else."""
    published_at: datetime | None = n(14, default=None)
    """Of one version the latest word counts; None for what comes with the program."""
    purpose: str = n(15, default="")
    """clinician: filled in on the chart; '' for what a kiosk asks."""


@record(654)
class Said(Record):
    """A question and its answers as they stood on the patient's screen, in her language: readable without the form."""

    key: str = n(1)
    question: str = n(2)
    answers: tuple[str, ...] = n(3, default=())


@record(31)
class QuestionnaireResponse(Fact):
    """A form filled in. `answers` is a JSON object; keys that the definition does not know are kept."""

    questionnaire: str = n(3)
    """Its url, or its name where it has none."""
    version: int = n(4)
    status: str = n(5, default="completed")
    """in-progress, completed, amended."""
    authored_at: datetime = n(6)
    author: UserId = n(7, default=UserId(""))
    answers: str = n(8, default="{}")
    encounter: EncounterId = n(9, default=EncounterId(""))
    said: tuple[Said, ...] = n(10, default=())
    amends: FactId = n(11, default=FactId(""))
    """The completed response that this one stands for from now on; that one stays as it was."""
    reason: str = n(12, default="")
    """Why it was amended."""
