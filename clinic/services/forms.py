# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of a specialty on the chart: begun, filled in, completed, and amended by a new one that names the old one (decision 61).

A form is data: it comes with the program, or an administrator signed it (services.questionnaires). An answered one is read,
gone on with and amended by the very version that was asked.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from clinic.domain.errors import Refusal
from clinic.domain.facts import Fact, FormItem, Method, Observation, Questionnaire, QuestionnaireResponse
from clinic.domain.filled_forms import COMPLETED, OPEN, THROWN_AWAY, amendments, happened_at
from clinic.domain.forms import LONGEST, Answer, as_draft, as_text, check_answers
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.questionnaires import CLINICIAN, Given, as_said, in_use, kept, strange
from clinic.domain.values import Quantity
from clinic.domain.vitals import BY_CODE
from clinic.keys.rights import Action
from clinic.services.charted import fact_of, patient_of
from clinic.services.charts import Asked
from clinic.services.desks import Desk, WrongPatient
from clinic.services.gate import needs
from clinic.services.questionnaires import known
from clinic.store.page import Page
from clinic.store.writing import WritePage


@needs(Action.WRITE_NOTE)
def to_fill_in(desk: Desk) -> tuple[Questionnaire, ...]:
    """The forms a clinician can begin: of each the newest version in use, of those that come with the program and those that
    an administrator signed."""
    return tuple(in_use(known(desk), CLINICIAN)[0].values())


@needs(Action.WRITE_NOTE)
def begin(
    desk: Desk, url: str, version: int, window: PatientId, encounter: EncounterId = EncounterId("")
) -> Asked:
    """An empty one of this person, not filed yet. Raises WrongPatient for a visit of somebody else."""
    return _opened(desk, QuestionnaireResponse(
        id=FactId(desk.new_id()), patient=patient_of(desk, window, encounter), questionnaire=url, version=version,
        status=OPEN, authored_at=desk.clock.now(), author=desk.someone.user, encounter=encounter,
    ))  # fmt: skip


@needs(Action.WRITE_NOTE)
def begin_amending(desk: Desk, response: FactId, window: PatientId) -> Asked:
    """A new one, not filed yet, that has the answers of a completed one and will stand for it."""
    old = fact_of(desk, QuestionnaireResponse, response, window)
    if old.status not in COMPLETED:
        raise Refusal("Only a completed form can be amended.")
    desk.book.read(lambda page: _check_stands(page, old))
    return _opened(desk, replace(
        old, id=FactId(desk.new_id()), status=OPEN, authored_at=desk.clock.now(), author=desk.someone.user,
        amends=FactId(old.id), reason="", said=(),
    ))  # fmt: skip


@needs(Action.WRITE_NOTE)
def draft(desk: Desk, response: FactId, window: PatientId) -> Asked:
    """One that is still being filled in, as the disk has it. Refused for one that is completed or thrown away meanwhile."""
    found = fact_of(desk, QuestionnaireResponse, response, window)
    _check_open(found)
    return _opened(desk, found)


@needs(Action.WRITE_NOTE)
def keep_draft(
    desk: Desk, response: QuestionnaireResponse, given: Given, window: PatientId, reason: str = ""
) -> QuestionnaireResponse:
    """File what is answered so far, as it was typed. Raises WrongPatient if the window shows somebody else than the form was
    begun for; Refusal if it was completed meanwhile."""
    newer = _answered(desk, response, _drafted(_form(desk, response), given), reason)
    _file(desk, window, newer)
    return newer


@needs(Action.WRITE_NOTE)
def complete(
    desk: Desk, response: QuestionnaireResponse, given: Given, window: PatientId, reason: str = ""
) -> QuestionnaireResponse:
    """From now on it stays as it is; what the form says becomes observations in the same write. Refused, question by
    question, for what is missing or cannot be, and for an amendment that does not say why."""
    form = _form(desk, response)
    counted = kept(form, given)
    answers = _drafted(form, counted)
    check_answers(form, answers)
    if response.amends and not reason.strip():
        raise Refusal("Say why this form is amended.")
    done = replace(
        _answered(desk, response, answers, reason.strip()), status="amended" if response.amends else "completed",
        said=as_said(form, counted, form.language),
    )  # fmt: skip
    extracted = [
        (item, counted[item.key][0])
        for item in form.items
        if item.observation_extract and item.key in counted
    ]
    _file(desk, window, done, extracted)
    return done


@needs(Action.WRITE_NOTE)
def throw_away(desk: Desk, response: FactId, window: PatientId) -> QuestionnaireResponse:
    """A draft that is not wanted: entered in error. A completed one is amended instead."""
    gone = replace(draft(desk, response, window).response, status=THROWN_AWAY)
    _file(desk, window, gone)
    return gone


@needs(Action.WRITE_NOTE)
def take_up(desk: Desk, response: FactId, window: PatientId) -> QuestionnaireResponse:
    """Undo `throw_away`."""
    found = fact_of(desk, QuestionnaireResponse, response, window)
    if found.status != THROWN_AWAY:
        raise Refusal("This form was not thrown away.")
    back = replace(found, status=OPEN)
    desk.write(back, window=window)
    return back


def _form(desk: Desk, response: QuestionnaireResponse) -> Questionnaire:
    """The very version it was begun with, in use or not. Refused where this computer does not hold it, or nobody signed it."""
    wanted = (response.questionnaire, response.version, CLINICIAN)
    found = next((form for form in known(desk) if (form.url, form.version, form.purpose) == wanted), None)
    if found is None or strange(found):
        raise Refusal("This computer does not have this version of the form. Wait for the next exchange.")
    return found


def _opened(desk: Desk, response: QuestionnaireResponse) -> Asked:
    return Asked(response, _form(desk, response))


def _drafted(form: Questionnaire, given: Given) -> dict[str, Answer]:
    answers = {item.key: as_draft(item, given[item.key]) for item in form.items if given.get(item.key)}
    if any(len(str(one)) > LONGEST for one in answers.values()):
        raise Refusal("One of these answers is too long. Write the rest into the note.")
    return answers


def _answered(
    desk: Desk, response: QuestionnaireResponse, answers: Mapping[str, Answer], reason: str
) -> QuestionnaireResponse:
    return replace(
        response, answers=as_text(answers),
        status=OPEN, authored_at=desk.clock.now(), author=desk.someone.user, reason=reason,
    )  # fmt: skip


def _file(
    desk: Desk,
    window: PatientId,
    response: QuestionnaireResponse,
    extracted: list[tuple[FormItem, str]] | None = None,
) -> None:
    """In one transaction with a look at what stands: nothing completed is written over, and each is amended once here."""

    def once(page: WritePage) -> tuple[Fact, ...]:
        before = page.fact(QuestionnaireResponse, response.id)
        old = page.fact(QuestionnaireResponse, response.amends) if response.amends else None
        if before is not None:
            _check_open(before)
        if before is not None and (before.patient, before.amends) != (response.patient, response.amends):
            raise WrongPatient()
        if response.amends and (old is None or old.patient != response.patient):
            raise WrongPatient()
        if response.status == OPEN or response.status == THROWN_AWAY:
            return (response,)
        held = {str(one.id): one for one in page.facts(QuestionnaireResponse, response.patient)}
        at = happened_at(response, held)
        observed = tuple(_observation(response, item, answer, at) for item, answer in extracted or ())
        return response, *(_taken_back(page, old, response) if old is not None else ()), *observed

    desk.write_within(once, window)


def _taken_back(
    page: Page, old: QuestionnaireResponse, newer: QuestionnaireResponse
) -> tuple[Observation, ...]:
    """The observations of the one that is amended do not count any more; its own are made anew."""
    _check_stands(page, old)
    return tuple(
        replace(one, retracted=newer.reason)
        for one in page.facts(Observation, old.patient)
        if one.derived_from == old.id and not one.retracted
    )


def _check_stands(page: Page, response: QuestionnaireResponse) -> None:
    if response.id in amendments(page.facts(QuestionnaireResponse, response.patient)):
        raise Refusal("This form was amended already. Amend the newer one.")


def _check_open(response: QuestionnaireResponse) -> None:
    if response.status in COMPLETED:
        raise Refusal("This form was completed meanwhile. Amend it if something in it is wrong.")
    if response.status == THROWN_AWAY:
        raise Refusal("This form was thrown away meanwhile. Begin a new one.")


def _observation(response: QuestionnaireResponse, item: FormItem, answer: str, at: datetime) -> Observation:
    """FHIR SDC observationExtract: named by the response and the question, so that it is there once."""
    assert item.code is not None  # checked when the form was brought in
    vital = BY_CODE.get(item.code.code)
    return Observation(
        id=FactId(f"{response.id}/{item.key}"), patient=response.patient, code=vital.coding if vital else item.code,
        effective_at=at, value=Quantity(value=Decimal(answer), unit=item.unit), method=Method.MANUAL,
        encounter=response.encounter, category="vital-signs" if vital else "exam", performer=response.author,
        derived_from=FactId(response.id),
    )  # fmt: skip
