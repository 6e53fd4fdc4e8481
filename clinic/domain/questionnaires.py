# SPDX-License-Identifier: GPL-3.0-or-later
"""A questionnaire with branches: which of its items are asked after what was answered, and what of it must not wait.

Answers are texts by linkId: a code, a number, true or false; several where an item repeats, none where it was passed over.
An item depends on items before it only, so one pass decides, and every way through ends.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from clinic.domain.body import REGIONS
from clinic.domain.facts import (
    EnableWhen,
    FormItem,
    OptionFace,
    Questionnaire,
    QuestionnaireResponse,
    Said,
    Translation,
)
from clinic.domain.record import Record

Given = Mapping[str, tuple[str, ...]]

GENERAL = "urn:posta:questionnaire:general"
"""The one with which every intake begins: it asks the reason and the symptoms, and leads to the others."""
FEEDBACK = "urn:posta:questionnaire:feedback"
"""What is asked after a visit: of no chart, and shown without a name unless she wishes to be spoken to (decision 59)."""
VISIT, CONTACT = "visit", "contact"
"""linkIds of it: how it was (good, fair, bad); whether somebody shall speak with her."""
REASON = "reason"
SYMPTOMS = "symptoms"
AGE = "age_years"
"""linkIds of what is known of everybody: reason and symptoms as told in the general questionnaire, whole years of age."""
LANGUAGES = ("es", "en", "pt")
MOST_OPTIONS = 6
"""Tiles of one screen."""
BODY_MAP = "body-map"
CLINICIAN = "clinician"
"""`purpose` of a form that is filled in on the chart and that no kiosk asks."""
ASKED = frozenset({"boolean", "choice", "integer"})
"""What the kiosk has a screen for."""
_SILENT = frozenset({"group", "display", "attachment"})
"""What has its place without a screen of its own: a photo is taken in the intake's own step."""
FILLED_IN = frozenset({"boolean", "choice", "integer", "decimal", "date", "text"})
"""What the chart has a field for."""
_HEADINGS = frozenset({"group", "display"})
OPERATORS = frozenset({"exists", "=", "!=", ">", "<", ">=", "<="})
_YES_NO = ("true", "false")


# words


def said_in(words: Iterable[Translation], language: str, otherwise: str) -> str:
    """The words in that language, or the form's own."""
    return next((one.text for one in words if one.language == language), otherwise)


def question(item: FormItem, language: str) -> str:
    return said_in(item.words, language, item.question)


def title(form: Questionnaire, language: str) -> str:
    return said_in(form.words, language, form.text)


def face(item: FormItem, code: str) -> OptionFace:
    return next((one for one in item.faces if one.code == code), OptionFace(code=code))


def option(item: FormItem, code: str, language: str) -> str:
    """The words of an answer that can be chosen; the code itself for one that is not there."""
    own = next((one.display for one in item.options if one.code == code), "")
    return said_in(face(item, code).words, language, own) or code


def of_no_chart(fact: object) -> bool:
    """What a patient said of her visit: no chart shows it, nothing finds it there (decision 59)."""
    return isinstance(fact, QuestionnaireResponse) and fact.questionnaire == FEEDBACK


def canonical(form: Questionnaire) -> str:
    """FHIR canonical without its version: the url, or the name of a form that has none."""
    return form.url or form.name


# branches


def enabled(form: Questionnaire, given: Given) -> tuple[FormItem, ...]:
    """The items that stand, in order, after these answers. The answer of one that does not stand counts for nothing."""
    standing: dict[str, FormItem] = {}
    for item in form.items:
        if (not item.within or item.within in standing) and _stands(item, given, standing):
            standing[item.key] = item
    return tuple(standing.values())


def kept(form: Questionnaire, given: Given) -> dict[str, tuple[str, ...]]:
    """The answers that count: none of an item that does not stand, none that was passed over."""
    return {item.key: given[item.key] for item in enabled(form, given) if given.get(item.key)}


def holds(condition: EnableWhen, answers: Sequence[str]) -> bool:
    """Whether one of the answers fits; of `!=`, whether there are some and none is equal."""
    match condition.operator:
        case "exists":
            return bool(answers) is (condition.answer != "false")
        case "=":
            return condition.answer in answers
        case "!=":
            return bool(answers) and condition.answer not in answers
    limit = _number(condition.answer)
    return limit is not None and any(
        number is not None and _compare(condition.operator, number, limit) for number in map(_number, answers)
    )


def _stands(item: FormItem, given: Given, before: Mapping[str, FormItem]) -> bool:
    if not item.enable_when:
        return True
    held = [
        holds(one, given.get(one.question, ()) if one.question in before else ()) for one in item.enable_when
    ]
    return any(held) if item.enable_behavior == "any" else all(held)


def _compare(operator: str, number: Decimal, limit: Decimal) -> bool:
    return {">": number > limit, "<": number < limit, ">=": number >= limit, "<=": number <= limit}.get(
        operator, False
    )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


# a whole intake


@dataclass(frozen=True, slots=True)
class Interview:
    """`forms`: by url, those in use; `known`: what hidden items know beforehand; `given`: url -> the answers so far."""

    forms: Mapping[str, Questionnaire]
    known: Given = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)

    def answers(self, url: str) -> Given:
        """With what its hidden items know; never with an answer typed over that."""
        hidden = {item.key for item in self.forms[url].items if item.hidden}
        return {
            **self.given.get(url, {}),
            **{key: self.known.get(key, ()) for key in hidden},
        }


def path(interview: Interview) -> Iterator[tuple[Questionnaire, FormItem]]:
    """Every item that is asked, in order; a questionnaire that is led to is asked where it is named, once."""
    seen = {GENERAL}
    for item in _of(interview, GENERAL):
        if not item.sub_questionnaire:
            yield interview.forms[GENERAL], item
        elif item.sub_questionnaire in interview.forms and item.sub_questionnaire not in seen:
            seen.add(item.sub_questionnaire)
            form = interview.forms[item.sub_questionnaire]
            yield from ((form, one) for one in _of(interview, form.url))


def _of(interview: Interview, url: str) -> tuple[FormItem, ...]:
    form = interview.forms.get(url)
    return () if form is None else tuple(i for i in enabled(form, interview.answers(url)) if not i.hidden)


def next_question(interview: Interview) -> tuple[Questionnaire, FormItem] | None:
    """What is asked now; None when all is told."""
    open_ones = (
        (form, item)
        for form, item in path(interview)
        if item.kind in ASKED and item.key not in interview.given.get(form.url, {})
    )
    return next(open_ones, None)


def answered(interview: Interview, url: str, key: str, answers: tuple[str, ...]) -> Interview:
    """The same with an answer; () for one that was passed over."""
    mine = {**interview.given.get(url, {}), key: answers}
    return replace(interview, given={**interview.given, url: mine})


def taken_back(
    interview: Interview, before: frozenset[str] = frozenset({REASON, SYMPTOMS})
) -> Interview | None:
    """The same without the last answer, so that it is asked again; None where the first question is asked now. `before`:
    linkIds of the general questionnaire that have screens of their own."""
    asked = [
        (form.url, item.key)
        for form, item in path(interview)
        if item.key in interview.given.get(form.url, {}) and not _own_screen(form, item, before)
    ]
    if not asked:
        return None
    url, key = asked[-1]
    left = {name: said for name, said in interview.given[url].items() if name != key}
    return replace(interview, given={**interview.given, url: left})


def _own_screen(form: Questionnaire, item: FormItem, before: frozenset[str]) -> bool:
    return form.url == GENERAL and item.key.partition(".")[0] in before


def wanted_photo(interview: Interview) -> FormItem | None:
    """The photo that is asked for, if one is."""
    return next((item for _, item in path(interview) if item.kind == "attachment"), None)


def told(
    interview: Interview, language: str
) -> Iterator[tuple[Questionnaire, dict[str, tuple[str, ...]], tuple[Said, ...]]]:
    """Each questionnaire with answers: what counts of them, and how it stood on the screen."""
    for url in dict.fromkeys(form.url for form, _ in path(interview)):
        form = interview.forms[url]
        answers = kept(form, interview.answers(url))
        own = {key: said for key, said in answers.items() if key in interview.given.get(url, {})}
        if own:
            yield form, answers, as_said(form, own, language)


def as_said(form: Questionnaire, answers: Given, language: str) -> tuple[Said, ...]:
    """The answers in words, in the order of the form."""
    return tuple(
        Said(
            key=item.key,
            question=question(item, language),
            answers=tuple(in_words(item, one, language) for one in answers[item.key]),
        )
        for item in form.items
        if item.key in answers and not item.hidden
    )


_YES = {"es": "Sí", "en": "Yes", "pt": "Sim"}
_NO = {"es": "No", "en": "No", "pt": "Não"}


def in_words(item: FormItem, answer: str, language: str) -> str:
    if item.kind == "boolean":
        words = _YES if answer == "true" else _NO
        return words.get(language, words["es"])
    if item.options:
        return option(item, answer, language)
    return f"{answer} {item.unit}".strip()


def worded(response: QuestionnaireResponse, form: Questionnaire | None, language: str) -> tuple[Said, ...]:
    """An answered questionnaire in the reader's language, by the very version that was asked; as it stood on the patient's
    screen where this computer does not hold that version."""
    if form is None or form.version != response.version:
        return response.said
    told = {one.key for one in response.said}
    return tuple(one for one in as_said(form, given_in(response), language) if one.key in told or not told)


def places(response: QuestionnaireResponse, form: Questionnaire | None) -> tuple[str, ...]:
    """The places of the body that were marked."""
    given = given_in(response)
    items = form.items if form is not None else ()
    return tuple(code for item in items if item.control == BODY_MAP for code in given.get(item.key, ()))


def given_in(response: QuestionnaireResponse) -> dict[str, tuple[str, ...]]:
    """The answers of a response as the branches want them; {} for text that is no JSON object."""
    try:
        found = json.loads(response.answers)
    except (ValueError, RecursionError):
        return {}
    return {key: as_given(value) for key, value in found.items()} if isinstance(found, dict) else {}


def as_given(value: object) -> tuple[str, ...]:
    """One answer as JSON keeps it."""
    if isinstance(value, bool):
        return (str(value).lower(),)
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    return (str(value),) if value != "" else ()


# which version


@dataclass(frozen=True, slots=True)
class Passed:
    """A version that is not asked here although it is the newest, and why: a sentence for the log."""

    url: str
    version: int
    why: str


def latest_word(known: Iterable[Questionnaire]) -> tuple[Questionnaire, ...]:
    """Each version once, as it was said last: put out, or retired."""
    found: dict[tuple[str, int], Questionnaire] = {}
    for form in known:
        before = found.get((form.url, form.version))
        if before is None or _said_at(form) > _said_at(before):
            found[form.url, form.version] = form
    return tuple(sorted(found.values(), key=lambda form: (form.url, -form.version)))


def in_use(
    known: Iterable[Questionnaire], purpose: str = ""
) -> tuple[dict[str, Questionnaire], tuple[Passed, ...]]:
    """By url the newest version for that purpose that stands and is understood here; and the newer ones that are not."""
    chosen: dict[str, Questionnaire] = {}
    passed = []
    for form in (one for one in latest_word(known) if one.purpose == purpose):
        if form.status != "active" or not form.url or form.url in chosen:
            continue
        why = strange(form)
        if why:
            passed.append(Passed(form.url, form.version, why))
        else:
            chosen[form.url] = form
    return chosen, tuple(passed)


def strange(form: Questionnaire) -> str:
    """What of it this program does not understand, and so cannot ask as it is meant; '' for nothing."""
    for part in _parts(form):
        if part.read_only:
            return "a part of it must be understood and is of a newer program"
    kinds = FILLED_IN | _HEADINGS if form.purpose == CLINICIAN else ASKED | _SILENT
    for item in form.items:
        if not item.hidden and item.kind not in kinds:
            return f"question {item.key} is of the type {item.kind}"
        if item.control not in ("", BODY_MAP) or (item.control and form.purpose == CLINICIAN):
            return f"question {item.key} is shown as {item.control}"
        if any(one.operator not in OPERATORS for one in _conditions(item)):
            return f"question {item.key} depends on others in a way of a newer program"
        if item.enable_behavior not in ("all", "any"):
            return f"question {item.key} depends on others in a way of a newer program"
        if item.control == BODY_MAP and not {one.code for one in item.options} <= REGIONS.keys():
            return f"question {item.key} names a place of the body that is not on the drawing"
    return ""


def _parts(form: Questionnaire) -> Iterator[Record]:
    yield form
    for item in form.items:
        yield item
        yield from (*item.enable_when, *item.red_flags, *item.faces)
        yield from (one for flag in item.red_flags for one in flag.enable_when)


def _conditions(item: FormItem) -> tuple[EnableWhen, ...]:
    return (*item.enable_when, *(one for flag in item.red_flags for one in flag.enable_when))


def _said_at(form: Questionnaire) -> float:
    return form.published_at.timestamp() if form.published_at else 0.0
