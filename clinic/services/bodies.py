# SPDX-License-Identifier: GPL-3.0-or-later
"""What a chart says of the body a medicine goes into: age, weight, pregnancy, kidneys, each with its day."""

from datetime import datetime, timedelta
from decimal import Decimal

from clinic.domain.dosing import ADULT, Body
from clinic.domain.facts import Encounter, Observation
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.scores.kidney import EGFR, EGFR_CHILD
from clinic.domain.scores.kinds import Who
from clinic.domain.scores.reading import compute
from clinic.domain.values import LOINC, Coding
from clinic.domain.vitals import readings
from clinic.keys.rights import Action
from clinic.services.charted import patient_of
from clinic.services.desks import Desk, WrongPatient
from clinic.services.gate import needs
from clinic.services.scoring import GESTATION, PREGNANCY, who_on
from clinic.store.page import Page

KIDNEYS_COUNT = timedelta(days=365)
"""How long an eGFR counts; an older one is none. Own rule: KDIGO asks for one a year at least where it is watched."""
WEIGHT_COUNTS = {False: timedelta(days=365), True: timedelta(days=90)}
"""How long a weight counts: of an adult, of a child. Own rule."""
NOT_PREGNANT_COUNTS = timedelta(days=14)
"""How long a "no" counts. Own rule."""
STATUS = Coding(system=LOINC, code=PREGNANCY, display="Pregnancy status")
ANSWERS = {
    True: Coding(system=LOINC, code="LA15173-0", display="Pregnant"),
    False: Coding(system=LOINC, code="LA26683-5", display="Not pregnant"),
}
"""LOINC answer list LL4129-4."""
_NOT_PREGNANT = frozenset({"la26683-5", "not pregnant", "no embarazada", "não grávida"})


@needs(Action.TAKE_VITALS)
def answer_pregnancy(
    desk: Desk, patient: PatientId, pregnant: bool, encounter: EncounterId, window: PatientId
) -> Observation:
    """What she answered to whether she could be pregnant: who asked and when. A no is believed for NOT_PREGNANT_COUNTS, a yes
    as a pregnancy on record. Undone by `visits.take_back_vitals`. Raises WrongPatient."""
    if patient_of(desk, window, encounter) != patient:
        raise WrongPatient()
    told = Observation(
        id=FactId(desk.new_id()), patient=patient, code=STATUS, effective_at=desk.clock.now(), value_code=ANSWERS[pregnant],
        encounter=encounter, category="social-history", performer=desk.someone.user,
    )  # fmt: skip
    desk.write(told, window=window)
    return told


def body_on(page: Page, patient: PatientId, at: datetime) -> Body:
    """The body on a page of the book, at a moment. What is not on record, or too old, is not there."""
    observations = page.facts(Observation, patient)
    who = who_on(page, patient, at, observations)
    age = who.age(at)
    child = age is not None and age.years < ADULT
    kg, weighed_at = _weight(observations, at, child)
    egfr, measured_at = _egfr(who, observations, at)
    pregnant = _pregnant(who, observations, page.facts(Encounter, patient), at)
    return Body(
        who=who, at=at, pregnant=pregnant, egfr=egfr, egfr_on=_day(measured_at), kg=kg,
        kg_on=_day(weighed_at),
    )  # fmt: skip


def _weight(
    observations: tuple[Observation, ...], at: datetime, child: bool
) -> tuple[Decimal | None, datetime | None]:
    weighed = [
        (one.effective_at, one.id, kg)
        for one in observations
        if (kg := readings(one).get("weight")) is not None and one.effective_at <= at
    ]
    if not weighed:
        return None, None
    when, _id, kg = max(weighed)
    return (kg, when) if at - when <= WEIGHT_COUNTS[child] else (None, None)


def _egfr(
    who: Who, observations: tuple[Observation, ...], at: datetime
) -> tuple[Decimal | None, datetime | None]:
    for kind in (EGFR, EGFR_CHILD):
        found = compute(kind, who, observations, at)
        if found.value is not None and found.oldest_at is not None and at - found.oldest_at <= KIDNEYS_COUNT:
            return found.value, found.oldest_at
    return None, None


def _pregnant(
    who: Who, observations: tuple[Observation, ...], visits: tuple[Encounter, ...], at: datetime
) -> bool | None:
    """Yes as the scores read it, or as she said at the kiosk; no, only while a no on record is recent; else nobody knows."""
    told = [o for o in observations if o.code.code == PREGNANCY and not o.retracted and o.effective_at <= at]
    last = max(told, key=lambda o: (o.effective_at, o.id), default=None)
    if who.pregnant:
        return True
    if last is not None and _word(last) in _NOT_PREGNANT and at - last.effective_at <= NOT_PREGNANT_COUNTS:
        return False
    said = [one for one in visits if one.reason is not None and one.reason.code == "pregnancy"]
    newer = [one for one in said if last is None or one.arrived_at > last.effective_at]
    return True if any(timedelta(0) <= at - one.arrived_at <= GESTATION for one in newer) else None


def _word(observation: Observation) -> str:
    coded = observation.value_code
    return (coded.code if coded else observation.text).strip().casefold()


def _day(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d}"
