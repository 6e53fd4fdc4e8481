# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against a medicine for one patient: interactions, allergies, duplicates, and what could not be checked.

Every caution names its source and the source's date. Where a source lists nothing, that is said of that source and that
date; it is never said that there is nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product

from clinic.domain.allergies import Allergology, class_of
from clinic.domain.facts import (
    AllergyIntolerance,
    ClinicalStatus,
    MedicationRequest,
    MedicationStatement,
    MedicationStatus,
    RequestStatus,
)
from clinic.domain.interactions import Interaction, Thesaurus
from clinic.domain.medicines import Formulary, Ingredient, Medicine
from clinic.domain.values import Coding

CHART = "this chart"
CROSS_LIST = "list of cross-reactions"
ORDER = (
    "contraindicated", "tenfold", "overdose", "allergy", "pregnancy", "kidney", "major", "cross-allergy", "moderate",
    "too-often", "pregnancy-care", "kidney-care", "too-little", "duplicate", "ask-pregnancy", "minor", "unchecked",
    "none-listed",
)  # fmt: skip
"""Severities of a caution, the gravest first."""
SERIOUS = frozenset(
    {"contraindicated", "tenfold", "overdose", "allergy", "pregnancy", "kidney", "major", "cross-allergy"}
)
"""To prescribe against one of these, a reason is written down."""
SILENT = frozenset({"unchecked", "none-listed"})
"""These say what is not known; they speak against nothing."""
_DEPOT = frozenset({"intramuscular", "subcutaneous"})
_DEPOT_DAYS = 30
"""How long a single injection counts: depots last weeks. Own rule, on the safe side."""
_SIDE_BY_SIDE = ("J04", "J05A", "J07", "L01", "A11", "A12", "B05", "R03", "P01", "V0", "A07CA")
"""Several of one class are usual here: tuberculosis, HIV, vaccines, vitamins, fluids, inhalers."""


@dataclass(frozen=True, slots=True)
class Caution:
    """`severity`: one of ORDER; `with_what`: the other medicine or the allergy; `text`: what the chart says of it (reaction,
    dose); `mechanism`: kind of harm or why; `severities`: all that the list gives where it depends on dose or person;
    `quote`: the list's own words, in its own language; `signed`: who signed the list, '' for nobody."""

    severity: str
    with_what: str
    text: str
    source: str
    source_date: str
    mechanism: str = ""
    severities: tuple[str, ...] = ()
    quote: str = ""
    signed: str = ""

    @property
    def serious(self) -> bool:
        return self.severity in SERIOUS and not self.mechanism.startswith("rare ")


@dataclass(frozen=True, slots=True)
class Taken:
    """A medicine that counts today; `dose` and `since` as the chart has them."""

    medicine: Medicine
    dose: str
    since: str


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed the list of cross-reactions that is in use, and on which day (ISO); both '' for nobody."""

    by: str = ""
    on: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """What an installation knows about medicines; loaded once, shared by all."""

    formulary: Formulary
    thesaurus: Thesaurus
    allergology: Allergology


def counts(request: MedicationRequest, now: datetime) -> bool:
    """True while a request is active and its days have not passed; a single injection counts for 30 days. What says neither how
    often nor how long goes on."""
    if request.status != RequestStatus.ACTIVE:
        return False
    if request.every_hours != 0 and request.days == 0:
        return True
    once = _DEPOT_DAYS if request.route in _DEPOT else 1
    days = max(request.days, once) if request.every_hours == 0 else request.days
    return now < request.authored_at + timedelta(days=days)


def stated(statement: MedicationStatement, today: date) -> bool:
    """True while somebody is said to take it: active, and not past the day it ended."""
    return statement.status == MedicationStatus.ACTIVE and (
        statement.until is None or statement.until >= today
    )


def taken(
    formulary: Formulary, requests: Iterable[MedicationRequest], statements: Iterable[MedicationStatement],
    now: datetime,
) -> tuple[Taken, ...]:  # fmt: skip
    """Every medicine on the chart that counts at `now`, prescribed here or told."""
    prescribed = (
        Taken(formulary.read(one.medication), one.dose, _day(one.authored_at))
        for one in requests
        if counts(one, now)
    )
    told = (
        Taken(formulary.read(one.medication), one.dose, _day(one.recorded_at))
        for one in statements
        if stated(one, now.date())
    )
    return (*prescribed, *told)


def cautions(
    coding: Coding, taking: Sequence[Taken], allergies: Sequence[AllergyIntolerance], lists: Lists, signed: Signed,
    today: str,
) -> tuple[Caution, ...]:  # fmt: skip
    """All that can be said, the gravest first; never empty. The order of `taking` and `allergies` changes nothing."""
    medicine = lists.formulary.read(coding)
    found = {
        *_interactions(medicine, taking, lists.thesaurus),
        *_duplicates(medicine, taking),
        *_allergies(medicine, allergies, lists.allergology, signed, today),
    }
    return ranked(found)


def ranked(found: Iterable[Caution]) -> tuple[Caution, ...]:
    """The gravest first; each once, in an order of their own."""
    return tuple(sorted(set(found), key=_rank))


def sentence_of(caution: Caution) -> str:
    """The caution in one English sentence, as it is kept in the record of an override."""
    why = f" ({caution.mechanism})" if caution.mechanism else ""
    return f"{caution.severity}: {caution.with_what}{why}; {caution.source}, {caution.source_date}"


def _interactions(medicine: Medicine, taking: Sequence[Taken], thesaurus: Thesaurus) -> Iterator[Caution]:
    hits = _hits(medicine, taking, thesaurus)
    for (other, mechanism), hit in hits.items():
        yield Caution(
            hit.severity, other, "", thesaurus.name, thesaurus.date, mechanism, hit.severities, hit.text
        )
    everything = (medicine, *(one.medicine for one in taking))
    for why, names in _not_compared(everything).items():
        yield Caution("unchecked", ", ".join(sorted(names)), "", thesaurus.name, thesaurus.date, why)
    if not hits and _compared(medicine):
        yield Caution("none-listed", medicine.display, "", thesaurus.name, thesaurus.date, "interactions")


def _hits(
    medicine: Medicine, taking: Sequence[Taken], thesaurus: Thesaurus
) -> dict[tuple[str, str], Interaction]:
    """For each other medicine and kind of harm, the gravest of what is listed for any two of their ingredients."""
    found: dict[tuple[str, str], Interaction] = {}
    for other in taking:
        for mine, theirs in product(_in_blood(medicine), _in_blood(other.medicine)):
            for hit in thesaurus.between(mine, theirs):
                key = (other.medicine.display, hit.mechanism)
                found[key] = min(hit, found.get(key, hit), key=lambda one: (one.rank, one.text))
    return found


def _in_blood(medicine: Medicine) -> tuple[Ingredient, ...]:
    return () if medicine.local else medicine.ingredients


def _not_compared(medicines: Iterable[Medicine]) -> dict[str, set[str]]:
    """Why -> names: not understood, for local use only, or not in the list."""
    found: dict[str, set[str]] = {}
    for one in medicines:
        if _compared(one):
            continue
        if not one.known:
            found.setdefault("not-coded", set()).add(one.display)
        elif one.local:
            found.setdefault("local", set()).add(one.display)
        else:
            found.setdefault("not-listed", set()).add(one.display)
    return found


def _compared(medicine: Medicine) -> bool:
    """True if all of it could be looked up in the list."""
    return medicine.known and not medicine.local and all(one.listed for one in medicine.ingredients)


def _duplicates(medicine: Medicine, taking: Sequence[Taken]) -> Iterator[Caution]:
    mine, families = {one.inn for one in _in_blood(medicine)}, _families(medicine)
    for other in taking:
        same = mine & {one.inn for one in _in_blood(other.medicine)}
        if same or families & _families(other.medicine):
            why = "same-substance" if same else "same-class"
            yield Caution("duplicate", other.medicine.display, other.dose, CHART, other.since, why)


def _families(medicine: Medicine) -> set[str]:
    if medicine.local:
        return set()
    found = {class_of(code) for code in medicine.codes if not code.startswith(_SIDE_BY_SIDE)}
    return found - {""}


def _allergies(
    medicine: Medicine, allergies: Sequence[AllergyIntolerance], knowledge: Allergology, signed: Signed, today: str
) -> Iterator[Caution]:  # fmt: skip
    active = [one for one in allergies if one.status == ClinicalStatus.ACTIVE]
    found = [caution for one in active for caution in _allergy(medicine, one, knowledge, signed, today)]
    yield from found
    if not found and (medicine.ingredients or medicine.codes):
        yield Caution("none-listed", medicine.display, "", CHART, today, "allergies")


def _allergy(
    medicine: Medicine, allergy: AllergyIntolerance, knowledge: Allergology, signed: Signed, today: str
) -> Iterator[Caution]:  # fmt: skip
    allergen, name = knowledge.read(allergy.substance), allergy.substance.display or allergy.substance.code
    why, cross = knowledge.why(allergen, medicine)
    if why == "cross":
        yield Caution("cross-allergy", name, allergy.reaction, CROSS_LIST, signed.on, cross, signed=signed.by)
    elif why:
        yield Caution("allergy", name, allergy.reaction, CHART, today, why)
    elif not allergen.known and allergy.category != "environment":
        yield Caution("unchecked", name, allergy.reaction, CHART, today, "allergy-not-coded")


def _rank(caution: Caution) -> tuple[object, ...]:
    return (
        ORDER.index(caution.severity),
        caution.with_what,
        caution.mechanism,
        caution.text,
        caution.source_date,
        caution.quote,
    )


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
