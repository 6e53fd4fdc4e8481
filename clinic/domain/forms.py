# SPDX-License-Identifier: GPL-3.0-or-later
"""What a form may ask and what an answer to it may be. FHIR Questionnaire.item types, the ones a clinic uses."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from clinic.domain.errors import Refusal
from clinic.domain.facts import EnableWhen, FormItem, Questionnaire, QuestionnaireResponse, RedFlag
from clinic.domain.questionnaires import (
    ASKED,
    BODY_MAP,
    CLINICIAN,
    GENERAL,
    LANGUAGES,
    MOST_OPTIONS,
    OPERATORS,
    REASON,
    SYMPTOMS,
    Given,
    as_given,
    enabled,
    strange,
)
from clinic.domain.values import LOINC

Answer = str | bool | int | list[str]
"""As JSON keeps it: a decimal number and a date are text, so that no digit is lost; a choice is its code, or their list
where an item repeats."""

LONGEST = 20_000
"""Letters of one answer."""
NUMBERS = frozenset({"integer", "decimal"})


def check_definition(form: Questionnaire) -> None:
    """Refused for a form without questions, with one key twice, or with a question nobody could answer."""
    keys = [item.key for item in form.items]
    if not form.name.strip() or form.version < 1 or not keys:
        raise Refusal("A form needs a name, a version from 1 and at least one question.")
    for item in form.items:
        if not item.key or keys.count(item.key) > 1 or not item.question.strip():
            raise Refusal("Question {key} needs a name of its own and its words.", key=item.key or "?")
        if item.kind not in _KINDS and item.kind not in _UNANSWERED:
            raise Refusal(
                "Question {key} has a kind this program does not know: {kind}.", key=item.key, kind=item.kind
            )
        if (item.kind == "choice") != bool(item.options):
            raise Refusal("Question {key}: a choice, and only a choice, needs its options.", key=item.key)
        codes = [one.code for one in item.options if one.code]
        twice = next((code for code in codes if codes.count(code) > 1), "")
        if twice:
            raise Refusal("Question {key} has the answer {code} twice.", key=item.key, code=twice)
    _check_branches(form)


def check_asked(form: Questionnaire) -> None:
    """Refused unless a kiosk can ask it: in three languages, with screens for all of it, each red flag with its source."""
    check_definition(form)
    if not form.url or "|" in form.url or " " in form.url:
        raise Refusal("A questionnaire for kiosks needs a url of its own, without spaces.")
    why = strange(form)
    if why:
        raise Refusal("A kiosk cannot ask this questionnaire: {why}.", why=why)
    _check_extracts(form)
    for item in form.items:
        _check_screen(form, item)
        codes = ("true", "false") if item.kind == "boolean" else tuple(one.code for one in item.options)
        for flag in item.red_flags:
            _check_flag(form, item, flag, codes)
    _check_words(form)
    if form.url == GENERAL:
        _check_general(form)


def check_filled_in(form: Questionnaire) -> None:
    """Refused unless a clinician can fill it in on the chart: in three languages, with a field for all of it."""
    check_definition(form)
    if not form.url or "|" in form.url or " " in form.url:
        raise Refusal("A form for the chart needs a url of its own, without spaces.")
    why = strange(form)
    if why:
        raise Refusal("This form cannot be filled in here: {why}.", why=why)
    for item in form.items:
        if item.hidden or item.sub_questionnaire or item.red_flags:
            raise Refusal(
                "Question {key}: a form for the chart has no hidden questions, no other questionnaires and no red flags.",
                key=item.key,
            )
    _check_extracts(form)
    _check_words(form)


def check_purpose(form: Questionnaire) -> None:
    """As a kiosk's, or as one for the chart: by what it is for."""
    (check_filled_in if form.purpose == CLINICIAN else check_asked)(form)


def _check_extracts(form: Questionnaire) -> None:
    for item in form.items:
        if item.observation_extract and (
            item.kind not in NUMBERS or item.code is None or item.code.system != LOINC or not item.unit
        ):
            raise Refusal(
                "Question {key} becomes an observation: it needs a number, a unit and a LOINC code.",
                key=item.key,
            )


def _check_branches(form: Questionnaire) -> None:
    """What an item depends on comes before it: so every way through the form ends."""
    before: dict[str, FormItem] = {}
    for item in form.items:
        if item.within and (item.within not in before or before[item.within].kind != "group"):
            raise Refusal("Question {key} stands in a group that does not come before it.", key=item.key)
        for condition in item.enable_when:
            _check_condition(item, condition, before)
        before[item.key] = item
        for condition in (one for flag in item.red_flags for one in flag.enable_when):
            _check_condition(item, condition, before)


def _check_condition(item: FormItem, condition: EnableWhen, before: Mapping[str, FormItem]) -> None:
    asked = before.get(condition.question)
    if asked is None:
        raise Refusal(
            "Question {key} depends on {other}, which does not come before it.", key=item.key, other=condition.question
        )  # fmt: skip
    codes = ("true", "false") if asked.kind == "boolean" else tuple(one.code for one in asked.options)
    if condition.operator in ("=", "!=") and codes and condition.answer not in codes:
        raise Refusal(
            "Question {key} depends on the answer {answer} to {other}, which nobody can give.",
            key=item.key, answer=condition.answer, other=asked.key,
        )  # fmt: skip
    if condition.operator in OPERATORS - {"=", "!=", "exists"} and _number(condition.answer) is None:
        raise Refusal(
            "Question {key} compares {other} with {answer}, which is no number.",
            key=item.key, other=asked.key, answer=condition.answer or "-",
        )  # fmt: skip


def _check_words(form: Questionnaire) -> None:
    for language in (one for one in LANGUAGES if one != form.language):
        if not _has(language, form.words):
            raise Refusal("The title is not there in {language}.", language=language)
        for item in form.items:
            faces = {face.code: face.words for face in item.faces}
            told = (
                [item.words]
                if item.kind != "group" and not item.hidden and not item.sub_questionnaire
                else []
            )
            told += [] if item.hidden else [faces.get(one.code, ()) for one in item.options]
            told += [flag.words for flag in item.red_flags]
            if not all(_has(language, words) for words in told):
                raise Refusal(
                    "Question {key} and its answers are not all there in {language}.", key=item.key, language=language
                )  # fmt: skip


def _has(language: str, words: Sequence[object]) -> bool:
    return any(getattr(one, "language", "") == language and getattr(one, "text", "").strip() for one in words)


def _check_screen(form: Questionnaire, item: FormItem) -> None:
    if item.hidden or item.kind not in ASKED:
        if item.sub_questionnaire and form.url != GENERAL:
            raise Refusal(
                "Question {key} leads to another questionnaire: only the general one may.", key=item.key
            )
        return
    if (item.repeats and item.kind != "choice") or (item.control == BODY_MAP and not item.repeats):
        raise Refusal(
            "Question {key}: only a choice can have several answers, and a drawing of the body always has.", key=item.key
        )  # fmt: skip
    if not all(one.code for one in item.options):
        raise Refusal("Question {key} has an answer without a code.", key=item.key)
    if item.low is not None and item.high is not None and item.low > item.high:
        raise Refusal("Question {key} has no number that fits between its limits.", key=item.key)
    if item.control != BODY_MAP and len(item.options) > MOST_OPTIONS:
        raise Refusal(
            "Question {key} has {count} answers; one screen has room for {most}.",
            key=item.key, count=len(item.options), most=MOST_OPTIONS,
        )  # fmt: skip


def _check_flag(form: Questionnaire, item: FormItem, flag: RedFlag, codes: Sequence[str]) -> None:
    if not flag.code or not flag.source.strip():
        raise Refusal(
            "The red flag of question {key} needs a code and the guideline it comes from.", key=item.key
        )
    if not flag.answers or not set(flag.answers) <= set(codes):
        raise Refusal(
            "The red flag {code} of question {key} is raised by an answer nobody can give.",
            code=flag.code, key=item.key,
        )  # fmt: skip
    if not _has(form.language, flag.words):
        raise Refusal("The red flag {code} of question {key} has no words.", code=flag.code, key=item.key)


def _check_general(form: Questionnaire) -> None:
    """Every reason leads to tiles: the first two screens of an intake are made of them."""
    items = {item.key: item for item in form.items}
    reason = items.get(REASON)
    if reason is None or reason.kind != "choice" or reason.repeats:
        raise Refusal("The general questionnaire needs the question “reason” with one answer.")
    for one in reason.options:
        tiles = items.get(f"{SYMPTOMS}.{one.code}")
        shown = enabled(form, {REASON: (one.code,)})
        if tiles is None or not tiles.options or not tiles.repeats or tiles not in shown:
            raise Refusal(
                "The general questionnaire needs the question {key} for whoever chose that reason, with several answers.",
                key=f"{SYMPTOMS}.{one.code}",
            )


def check_answers(form: Questionnaire, answers: Mapping[str, Answer], whole: bool = True) -> None:
    """Refused for an answer that cannot be, for one to a question that is not asked, and, if `whole`, for a missing one."""
    items = {item.key: item for item in form.items}
    for key, value in answers.items():
        if key not in items:
            raise Refusal("This form does not ask {key}.", key=key)
        if value != "" and not _fits(items[key], value):
            raise Refusal("Check the answer to: {question}", question=items[key].question)
    standing = enabled(form, {key: as_given(value) for key, value in answers.items()}) if whole else ()
    missing = next((i for i in standing if i.required and answers.get(i.key, "") in ("", [])), None)
    if missing is not None:
        raise Refusal("Answer this first: {question}", question=missing.question)


def as_answer(item: FormItem, given: Sequence[str]) -> Answer:
    """The same as it is kept."""
    if item.repeats:
        return list(given)
    if item.kind == "boolean":
        return given[0] == "true"
    return int(given[0]) if item.kind == "integer" else given[0]


def as_text(answers: Mapping[str, Answer]) -> str:
    """As a response keeps them: JSON, the same for the same answers."""
    return json.dumps(dict(answers), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def as_draft(item: FormItem, given: Sequence[str]) -> Answer:
    """The same for a form that is still being filled in: what cannot be an answer yet is kept as it was typed."""
    try:
        return as_answer(item, given)
    except ValueError:
        return given[0]


def fits(item: FormItem, given: Sequence[str]) -> bool:
    """Whether that can be the answer; nothing given can."""
    if not given:
        return True
    try:
        return _fits(item, as_answer(item, given))
    except ValueError:
        return False


def open_items(form: Questionnaire, given: Given) -> tuple[FormItem, ...]:
    """What stands between these answers and a completed form, in order: items that lack an answer or have one that cannot be."""
    return tuple(
        item
        for item in enabled(form, given)
        if not fits(item, given.get(item.key, ())) or (item.required and not given.get(item.key))
    )


def read_answers(response: QuestionnaireResponse) -> dict[str, Answer]:
    """The answers by key; {} for text that is no JSON object."""
    try:
        found = json.loads(response.answers)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _fits(item: FormItem, value: Answer) -> bool:
    if item.kind in _UNANSWERED:
        return False
    return _KINDS[item.kind](item, value) if item.kind in _KINDS else True


def _number(value: Answer) -> Decimal | None:
    if isinstance(value, bool | list):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _in_range(item: FormItem, number: Decimal | None) -> bool:
    return (
        number is not None
        and (item.low is None or number >= item.low)
        and (item.high is None or number <= item.high)
    )


def _chosen(item: FormItem, value: Answer) -> bool:
    codes = {option.code for option in item.options}
    if isinstance(value, list):
        return item.repeats and len(value) == len(set(value)) and set(value) <= codes
    return not isinstance(value, bool) and value in codes and not item.repeats


def _is_date(value: Answer) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_KINDS: dict[str, Callable[[FormItem, Answer], bool]] = {
    "boolean": lambda item, value: isinstance(value, bool),
    "integer": lambda item, value: type(value) is int and _in_range(item, Decimal(value)),
    "decimal": lambda item, value: isinstance(value, str) and _in_range(item, _number(value)),
    "date": lambda item, value: _is_date(value),
    "text": lambda item, value: isinstance(value, str) and len(value) <= LONGEST,
    "choice": lambda item, value: _chosen(item, value),
}
_UNANSWERED = frozenset({"group", "display", "attachment"})
"""What carries no answer of its own: a photo is a document of the visit."""
