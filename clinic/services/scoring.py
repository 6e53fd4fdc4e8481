# SPDX-License-Identifier: GPL-3.0-or-later
"""The scores of a patient: what is known of the person, what was measured, which scores this clinic uses."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    ClinicalStatus,
    Condition,
    Observation,
    Patient,
    Questionnaire,
    RequestStatus,
    ServiceRequest,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.scores.charts import chart_score
from clinic.domain.scores.kinds import Result, ScoreKind, Who
from clinic.domain.scores.reading import compute
from clinic.domain.scores.registry import Registry, registry
from clinic.domain.values import Coding
from clinic.exchange.growth_tables import chart_text, growth_tables
from clinic.keys.consents import sign_fact
from clinic.keys.rights import Action
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.store.page import Page

log = logging.getLogger(__name__)

SCALE_2 = Coding(
    system="urn:posta:order", code="news2-spo2-scale-2", display="NEWS2: SpO2 scale 2 (target 88-92 %)"
)
CHARTS = ("pews",)
"""Charts of points that ship with the program; each is off until the clinic signs it off."""
PREGNANCY = "82810-3"
"""LOINC: pregnancy status."""
_PREGNANT = frozenset({"la15173-0", "pregnant", "embarazada", "grávida"})
GESTATION = timedelta(days=300)
"""After so long a pregnancy on record is over."""
_CHART = "score:"


@needs(Action.OPEN_CHART)
def scores_of(desk: Desk, patient: PatientId) -> tuple[Result, ...]:
    """Every score of a patient as of now; those that do not fit the person say why, those without an input which."""
    return desk.book.read(lambda page: scores_on(page, patient, desk.clock.now()))


def scores_on(page: Page, patient: PatientId, at: datetime) -> tuple[Result, ...]:
    observations = page.facts(Observation, patient)
    who = who_on(page, patient, at, observations)
    return tuple(compute(kind, who, observations, at) for kind in scores_here(page).values())


def who_on(page: Page, patient: PatientId, at: datetime, observations: Sequence[Observation]) -> Who:
    """What scores need to know of the person, as recorded until then."""
    fact = page.fact(Patient, patient)
    who = Who() if fact is None else Who(birth_date=fact.birth_date, gender=fact.gender)
    problems = [c for c in page.facts(Condition, patient) if c.status == ClinicalStatus.ACTIVE]
    orders = page.facts(ServiceRequest, patient)
    return replace(
        who,
        pregnant=_pregnant(problems, observations, at),
        oedema=any(c.code.code.startswith(("E40", "E42")) for c in problems),
        scale_2=any(o.code.code == SCALE_2.code and o.status == RequestStatus.ACTIVE for o in orders),
    )


def scores_here(page: Page) -> Registry:
    """The scores of this clinic: those built in, and the charts as it signed them off."""
    signed = {
        q.name.removeprefix(_CHART): q for q in page.facts(Questionnaire, PatientId("")) if _is_signed(q)
    }
    shipped = [_chart(chart_text(name), False) for name in CHARTS if name not in signed]
    return registry(growth_tables(), [*shipped, *_readable(signed.values())])


@needs(Action.SIGN_NOTE)
def sign_off(desk: Desk, text: str, language: str = "es") -> ScoreKind:
    """Take a chart of points into use for the whole team. Refused for somebody who may not sign, or a broken chart."""
    kind = _chart(text, True)
    if kind.id in registry(growth_tables()):
        raise Refusal("A score of this name is built in. Give the chart another id.")
    name = f"{_CHART}{kind.id}"
    before = desk.book.read(lambda page: page.fact(Questionnaire, name))
    desk.write(
        Questionnaire(
            id=FactId(name), name=name, version=1 if before is None else before.version + 1, language=language, text=text
        )
    )  # fmt: skip
    return kind


@needs(Action.SIGN_NOTE)
def switch_off(desk: Desk, score: str) -> Written:
    """Take a chart of points out of use again. Refused for one that is not in use."""
    before = desk.book.read(lambda page: page.fact(Questionnaire, f"{_CHART}{score}"))
    if before is None or before.status != "active":
        raise Refusal("This score is not in use here.")
    return desk.write(replace(before, status="retired", version=before.version + 1))


@needs(Action.PRESCRIBE)
def order_scale_2(
    desk: Desk, patient: PatientId, reason: Coding, encounter: EncounterId | None = None
) -> ServiceRequest:
    """A clinician's signed order to score SpO2 on scale 2. Refused for anybody else, or without the reason."""
    if not (reason.code or reason.display).strip():
        raise Refusal("Write why this patient's target is 88-92 %, such as chronic respiratory failure.")
    order = ServiceRequest(
        id=FactId(desk.new_id()), patient=patient, code=SCALE_2, authored_at=desk.clock.now(), requester=desk.someone.user,
        reason=reason, encounter=encounter or EncounterId(""),
    )  # fmt: skip
    signed = sign_fact(order, desk.user_keys)
    desk.write(signed, window=patient)
    return signed


@needs(Action.PRESCRIBE)
def stop_scale_2(desk: Desk, patient: PatientId) -> Written:
    """Back to scale 1. Refused for anybody but a clinician, or when it was not ordered."""
    orders = desk.book.read(lambda page: page.facts(ServiceRequest, patient))
    standing = [o for o in orders if o.code.code == SCALE_2.code and o.status == RequestStatus.ACTIVE]
    if not standing:
        raise Refusal("SpO2 scale 2 is not ordered for this patient.")
    stopped = [sign_fact(replace(o, status=RequestStatus.STOPPED), desk.user_keys) for o in standing]
    return desk.write(*stopped, window=patient)


@lru_cache(maxsize=32)
def _chart(text: str, signed_off: bool) -> ScoreKind:
    return chart_score(text, signed_off)


def _readable(forms: Iterable[Questionnaire]) -> Iterator[ScoreKind]:
    """The charts this program can read: one made for a newer program must not take the other scores away."""
    for form in forms:
        try:
            yield _chart(form.text, True)
        except Refusal as refusal:
            log.warning("a chart of points was left out: %s", refusal.sentence)


def _is_signed(form: Questionnaire) -> bool:
    return form.name.startswith(_CHART) and form.status == "active"


def _pregnant(problems: Iterable[Condition], observations: Iterable[Observation], at: datetime) -> bool:
    """The newest word on it counts; none: an active diagnosis of pregnancy."""
    told = [o for o in observations if o.code.code == PREGNANCY and not o.retracted and o.effective_at <= at]
    if told:
        last = max(told, key=lambda o: (o.effective_at, o.id))
        word = (last.value_code.code if last.value_code else last.text).strip().casefold()
        return word in _PREGNANT and at - last.effective_at <= GESTATION
    return any(
        c.code.code.startswith(("O", "Z33", "Z34", "Z35")) and at - c.recorded_at <= GESTATION
        for c in problems
    )
