# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against a dose, or against a medicine in this body: too much a day, ten times a dose, too often, a pregnancy,
kidneys that no longer carry it off.

The figures are a list's (resources/codes/dosing.csv), each with where it is from. Where the chart lacks what a rule needs,
nothing is claimed, and that is said.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from clinic.domain.cautions import Caution
from clinic.domain.facts import Gender
from clinic.domain.medicines import Medicine
from clinic.domain.scores.kinds import Who

DOSING_LIST = "list of doses"
PREGNANCY = ("stop", "care", "late")
ADULT = 18
"""Years from which an adult's figures count; below, only those by weight."""
CHILD_BEARING = (12, 50)
"""Completed years between which a pregnancy is asked about. Own rule."""
_GRAMS = {"kg": Decimal(1_000_000), "g": Decimal(1000), "mg": Decimal(1), "mcg": Decimal("0.001")}
_UNITS = {
    "g": "g", "gr": "g", "gramo": "g", "gramos": "g", "grama": "g", "gramas": "g", "gram": "g", "grams": "g",
    "mg": "mg", "miligramos": "mg", "miligramas": "mg", "mcg": "mcg", "ug": "mcg", "µg": "mcg", "μg": "mcg",
    "microgramos": "mcg", "microgramas": "mcg", "micrograms": "mcg",
}  # fmt: skip
_AMOUNT = re.compile(r"(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>[a-zµμ]+)(?P<per>\s*/\s*\w+)?")
_COUNT = re.compile(
    r"^(?P<count>\d+(?:[.,]\d+)?|½|1/2|media|medio|meia|meio|half)\s*"
    r"(?:a\s+)?(?:comp\w*|tab\w*|c[aá]ps\w*|caps\w*|pastillas?|x)\.?\s*(?:de\s+|of\s+)?(?=\d)"
)
_HALVES = {"½", "1/2", "media", "medio", "meia", "meio", "half"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Figures of one substance; None or '' where the list has none. `usual_mg`, `dose_mg`: the smallest and the largest usual
    single dose of an adult; `day_mg`: most a day of an adult; `child_day_mg_kg`: most a day by weight, never above
    `day_mg`; `hours`: least between two doses; `routes`: for which these hold. `pregnancy`: 'stop', 'care' or 'late' (from
    20 weeks). `kidney_stop`, `kidney_care`: below this eGFR (mL/min/1.73 m2)."""

    inn: str
    routes: tuple[str, ...] = ("oral",)
    usual_mg: Decimal | None = None
    dose_mg: Decimal | None = None
    day_mg: Decimal | None = None
    child_day_mg_kg: Decimal | None = None
    hours: int = 0
    pregnancy: str = ""
    kidney_stop: int = 0
    kidney_care: int = 0
    source: str = ""


Guides = Mapping[str, Guide]
"""By international name."""


@dataclass(frozen=True, slots=True)
class Order:
    """A dose as it is prescribed; `every_hours` 0: once only, below 0: not said."""

    dose: str
    route: str = "oral"
    every_hours: int = 0


@dataclass(frozen=True, slots=True)
class Body:
    """What the chart says of the person at `at`. `pregnant`: None where nothing is on record. `egfr` with the day of its
    creatinine; `why_no_egfr`: 'missing' or 'old'. `kg` with its day."""

    who: Who
    at: datetime
    pregnant: bool | None = None
    egfr: Decimal | None = None
    egfr_on: str = ""
    kg: Decimal | None = None
    kg_on: str = ""

    @property
    def years(self) -> int | None:
        age = self.who.age(self.at)
        return None if age is None else age.years

    @property
    def may_be_pregnant(self) -> bool:
        """A woman of an age in which it is asked; a sex or an age that nobody knows asks nothing."""
        years, (least, most) = self.years, CHILD_BEARING
        return self.who.gender == Gender.FEMALE and years is not None and least <= years <= most


def milligrams(text: str) -> Decimal | None:
    """The amount of a dose in words; None where it is not one amount by weight: units, drops, two strengths, per kg.

    >>> milligrams("1 g"), milligrams("2 comprimidos de 500 mg"), milligrams("875/125 mg"), milligrams("2 puffs")
    (Decimal('1000'), Decimal('1000'), None, None)
    """
    plain = " ".join(text.casefold().split())
    count, counted = Decimal(1), _COUNT.match(plain)
    if counted is not None:
        said = counted.group("count")
        count = Decimal("0.5") if said in _HALVES else Decimal(said.replace(",", "."))
        plain = plain[counted.end() :]
    found = _AMOUNT.match(plain)
    if found is None or found.group("per") or found.group("unit") not in _UNITS:
        return None
    rest = plain[found.end() :]
    if re.search(r"\d|/", rest) or _is_thousands(found.group("number")):
        return None
    return count * Decimal(found.group("number").replace(",", ".")) * _GRAMS[_UNITS[found.group("unit")]]


def _is_thousands(number: str) -> bool:
    """'1.000 mg' is a thousand for some and one for others: nobody guesses."""
    return bool(re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", number))


def body_cautions(medicine: Medicine, body: Body, guides: Guides) -> Iterator[Caution]:
    """What speaks against it in this body, whatever the dose."""
    for guide in _of(medicine, guides):
        yield from _pregnancy(medicine, guide, body)
        yield from _kidney(medicine, guide, body)


def dose_cautions(medicine: Medicine, order: Order, body: Body, guides: Guides) -> tuple[Caution, ...]:
    """What speaks against this dose. One that cannot be checked says why; () where the list has no figures for it."""
    several = len(medicine.ingredients) != 1
    found = [guide for guide in _of(medicine, guides) if guide.day_mg or guide.child_day_mg_kg]
    if not found:
        return ()
    (guide, *_others) = found
    amount = milligrams(order.dose)
    why = "route" if order.route not in guide.routes else "several" if several else "" if amount else "dose"
    if why or amount is None:
        return (_said("unchecked", medicine, guide, f"dose-{why}"),)
    return tuple(_amounts(medicine, guide, order, amount, body))


def _amounts(
    medicine: Medicine, guide: Guide, order: Order, amount: Decimal, body: Body
) -> Iterator[Caution]:
    times = Decimal(24) / order.every_hours if 0 < order.every_hours <= 24 else Decimal(1)
    a_day = amount * times
    if guide.hours and 0 < order.every_hours < guide.hours:
        yield _said("too-often", medicine, guide, str(guide.hours))
    if body.years is not None and body.years < ADULT:
        yield from _child(medicine, guide, amount, a_day, body)
        return
    if (guide.day_mg and a_day > guide.day_mg) or (guide.dose_mg and amount > guide.dose_mg):
        yield _too_much(medicine, guide, amount, a_day)
    elif guide.usual_mg and guide.dose_mg and amount * 4 <= guide.usual_mg <= amount * 10 <= guide.dose_mg:
        yield _said("too-little", medicine, guide, _figures(amount, amount * 10))


def _child(
    medicine: Medicine, guide: Guide, amount: Decimal, a_day: Decimal, body: Body
) -> Iterator[Caution]:
    if guide.day_mg and a_day > guide.day_mg:  # more than an adult has, whatever the weight
        yield _too_much(medicine, guide, amount, a_day)
    elif guide.child_day_mg_kg is None:
        yield _said("unchecked", medicine, guide, "dose-child")
    elif body.kg is None or body.kg <= 0:
        yield _said("unchecked", medicine, guide, "dose-weight")
    elif a_day > guide.child_day_mg_kg * body.kg:
        most = guide.child_day_mg_kg * body.kg
        ten = "tenfold" if most / 4 <= a_day / 10 <= most else "overdose"
        yield _said(ten, medicine, guide, f"{_figures(a_day, most)} {body.kg.normalize():f} {body.kg_on}")


def _too_much(medicine: Medicine, guide: Guide, amount: Decimal, a_day: Decimal) -> Caution:
    """Ten times a usual dose is most likely a slip of the decimal point; it is said as that."""
    tenth = amount / 10
    usual = guide.usual_mg is not None and guide.dose_mg is not None
    if usual and (guide.usual_mg or 0) <= tenth <= (guide.dose_mg or 0) and amount > (guide.dose_mg or 0):
        return _said("tenfold", medicine, guide, _figures(amount, tenth))
    if guide.day_mg and a_day > guide.day_mg:
        return _said("overdose", medicine, guide, _figures(a_day, guide.day_mg))
    return _said("overdose", medicine, guide, f"once {_figures(amount, guide.dose_mg or Decimal(0))}")


def _pregnancy(medicine: Medicine, guide: Guide, body: Body) -> Iterator[Caution]:
    if not guide.pregnancy or not body.may_be_pregnant:
        return
    if body.pregnant:
        severity = "pregnancy" if guide.pregnancy == "stop" else "pregnancy-care"
        yield _said(severity, medicine, guide, guide.pregnancy)
    elif body.pregnant is None:
        yield _said("ask-pregnancy", medicine, guide, guide.pregnancy)


def _kidney(medicine: Medicine, guide: Guide, body: Body) -> Iterator[Caution]:
    if not guide.kidney_stop and not guide.kidney_care:
        return
    if body.egfr is None:
        yield _said("unchecked", medicine, guide, "kidney-unknown")
    elif body.egfr < guide.kidney_stop:
        yield _said("kidney", medicine, guide, f"{body.egfr:f} {guide.kidney_stop} {body.egfr_on}")
    elif body.egfr < guide.kidney_care:
        yield _said("kidney-care", medicine, guide, f"{body.egfr:f} {guide.kidney_care} {body.egfr_on}")


def _of(medicine: Medicine, guides: Guides) -> Iterator[Guide]:
    if not medicine.local:
        for ingredient in medicine.ingredients:
            if ingredient.inn in guides:
                yield guides[ingredient.inn]


def _said(severity: str, medicine: Medicine, guide: Guide, mechanism: str) -> Caution:
    return Caution(severity, medicine.display, "", guide.source, "", mechanism)


def _figures(*amounts: Decimal) -> str:
    return " ".join(f"{amount.normalize():f}" for amount in amounts)
