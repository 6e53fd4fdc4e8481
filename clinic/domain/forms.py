# SPDX-License-Identifier: GPL-3.0-or-later
"""What a form may ask and what an answer to it may be. FHIR Questionnaire.item types, the ones a clinic uses."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from clinic.domain.errors import Refusal
from clinic.domain.facts import FormItem, Questionnaire, QuestionnaireResponse

Answer = str | bool | int
"""As JSON keeps it: a decimal number and a date are text, so that no digit is lost; a choice is its code."""

LONGEST = 20_000
"""Letters of one answer."""


def check_definition(form: Questionnaire) -> None:
    """Refused for a form without questions, with one key twice, or with a question nobody could answer."""
    keys = [item.key for item in form.items]
    if not form.name.strip() or form.version < 1 or not keys:
        raise Refusal("A form needs a name, a version from 1 and at least one question.")
    for item in form.items:
        if not item.key or keys.count(item.key) > 1 or not item.question.strip():
            raise Refusal("Question {key} needs a name of its own and its words.", key=item.key or "?")
        if item.kind not in _KINDS:
            raise Refusal(
                "Question {key} has a kind this program does not know: {kind}.", key=item.key, kind=item.kind
            )
        if (item.kind == "choice") != bool(item.options):
            raise Refusal("Question {key}: a choice, and only a choice, needs its options.", key=item.key)


def check_answers(form: Questionnaire, answers: Mapping[str, Answer], whole: bool = True) -> None:
    """Refused for an answer that cannot be, for one to a question that is not asked, and, if `whole`, for a missing one."""
    items = {item.key: item for item in form.items}
    for key, value in answers.items():
        if key not in items:
            raise Refusal("This form does not ask {key}.", key=key)
        if value != "" and not _fits(items[key], value):
            raise Refusal("Check the answer to: {question}", question=items[key].question)
    missing = next((i for i in form.items if whole and i.required and answers.get(i.key, "") == ""), None)
    if missing is not None:
        raise Refusal("Answer this first: {question}", question=missing.question)


def read_answers(response: QuestionnaireResponse) -> dict[str, Answer]:
    """The answers by key; {} for text that is no JSON object."""
    try:
        found = json.loads(response.answers)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _fits(item: FormItem, value: Answer) -> bool:
    return _KINDS[item.kind](item, value) if item.kind in _KINDS else True


def _number(value: Answer) -> Decimal | None:
    if isinstance(value, bool):
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
    "choice": lambda item, value: value in {option.code for option in item.options},
}
