# SPDX-License-Identifier: GPL-3.0-or-later
"""Questionnaire and QuestionnaireResponse: to facts and back. A question is known by its linkId."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from clinic.domain.facts import Fact, FormItem, Questionnaire, QuestionnaireResponse, Said
from clinic.domain.forms import fits
from clinic.domain.questionnaires import CLINICIAN
from clinic.exchange.fhir.context import Incoming, Outgoing, Unmappable
from clinic.exchange.fhir.elements import coded, filled, listed
from clinic.exchange.fhir.extras import ROOT, extension, extensions, read_extensions, value_of
from clinic.exchange.fhir.questionnaires import flat, nested, purpose_of, translated, translations
from clinic.exchange.fhir.times import instant
from clinic.exchange.fhir.tree import Json, text
from clinic.exchange.shipped_questionnaires import shipped

_KINDS = {
    "boolean": "boolean", "integer": "integer", "decimal": "decimal", "quantity": "decimal", "date": "date",
    "choice": "choice", "open-choice": "choice", "group": "group", "display": "display", "attachment": "attachment",
}  # fmt: skip
_TYPES = frozenset(_KINDS.values())
_FORM = "urn:posta:form:"
_AMENDS = f"{ROOT}amends"
_SIGNED = ("author", "user_signature", "published_at")


def questionnaire_in(it: Incoming) -> Questionnaire:
    more = read_extensions(it.resource, Questionnaire, "specialty", "text", "language", *_SIGNED)
    url = it.get("url") or ""
    return Questionnaire(**{
        "id": it.id, "name": it.get("name") or url or it.get("title") or it.get("id") or "form",
        "url": "" if url.startswith(_FORM) else url, "words": translations(it.resource, "title"),
        "version": _version(it, it.get("version")), "language": it.get("language") or "",
        "text": it.get("description") or it.get("title") or "", "status": it.get("status") or "unknown",
        "items": tuple(flat(it.get("item"), lambda kind: _KINDS.get(kind, "text"))),
        "purpose": purpose_of(it.resource), **more,
    })  # fmt: skip


def questionnaire_out(fact: Questionnaire, to: Outgoing) -> Json:
    return {
        "url": fact.url or _FORM + _slug(fact.name), "version": str(fact.version), "name": fact.name,
        **(translated("title", fact.text, fact.words) if fact.words else {}),
        "purpose": fact.purpose or None,
        "status": fact.status if fact.status in ("draft", "active", "retired") else "unknown",
        "item": nested(fact.items, lambda kind: kind if kind in _TYPES else "text"),
        "extension": extensions(fact, "specialty", *_SIGNED)
        + extension("text", fact.text) + extension("language", fact.language),
    }  # fmt: skip


def response_in(it: Incoming) -> QuestionnaireResponse:
    if it.get("status") == "entered-in-error":
        raise Unmappable("it was entered in error")
    url, _, version = str(it.get("questionnaire") or "").partition("|")
    answers: Json = {}
    _answers(it.get("item"), answers)
    items = _on_chart(url, _version(it, version), _beside(it))
    answers = {key: _read_as(items.get(key), value) for key, value in answers.items()}
    return QuestionnaireResponse(**{
        "id": it.id, "patient": it.patient, "questionnaire": url.removeprefix(_FORM), "version": _version(it, version),
        "status": it.get("status") or "completed", "authored_at": it.when("authored"), "author": it.user(it.get("author")),
        "answers": text(answers), "encounter": it.encounter(), "said": tuple(_said(it.get("item"))),
        "amends": it.fact(_amended(it.resource), "QuestionnaireResponse"),
        **read_extensions(it.resource, QuestionnaireResponse, "questionnaire", "reason"),
    })  # fmt: skip


def response_out(fact: QuestionnaireResponse, to: Outgoing) -> Json:
    slug, words = _slug(fact.questionnaire), {one.key: one for one in fact.said}
    url = fact.questionnaire if ":" in fact.questionnaire else _FORM + slug
    items = _on_chart(fact.questionnaire, fact.version, _forms(to.facts.values()))
    told = {key: _typed(items.get(key), value) for key, value in _read(fact.answers).items()}
    return {
        "questionnaire": f"{url}|{fact.version}" if url != _FORM else None, "status": fact.status,
        "subject": to.ref("Patient", fact.patient), "encounter": to.ref("Encounter", fact.encounter),
        "authored": instant(fact.authored_at), "author": to.user(fact.author),
        "item": [_worded(_answered(key, value), words.get(key)) for key, value in told.items()],
        "extension": (extension("questionnaire", fact.questionnaire) if slug != fact.questionnaire else [])
        + extension("reason", fact.reason) + _amending(fact, to),
    }  # fmt: skip


def _on_chart(url: str, version: int, more: Iterable[Questionnaire]) -> dict[str, FormItem]:
    """The questions of a form for the chart by linkId: its answers go out by their FHIR types. {} for any other form."""
    known = (*shipped(), *more)
    found = (one for one in known if (one.url, one.version, one.purpose) == (url, version, CLINICIAN))
    form = next(found, None)
    return {item.key: item for item in form.items} if form is not None else {}


def _forms(facts: Iterable[Fact]) -> Iterator[Questionnaire]:
    return (fact for fact in facts if isinstance(fact, Questionnaire))


def _beside(it: Incoming) -> Iterator[Questionnaire]:
    """The form itself, where it comes along."""
    canonical = it.get("questionnaire")
    found = it.find(canonical) if isinstance(canonical, str) else None
    if found is not None and found.type == "Questionnaire" and found.resource:
        yield questionnaire_in(replace(it, resource=found.resource, remarks=[]))


def _typed(item: FormItem | None, value: Any) -> Any:
    """An answer as the form's own type wants it."""
    if item is None:
        return value
    if isinstance(value, list):
        return [_typed(item, one) for one in value]
    if item.kind == "decimal" and isinstance(value, str) and fits(item, (value,)):
        return Decimal(value)
    if item.kind == "date" and isinstance(value, str):
        return _Day(value)
    option = next((one for one in item.options if one.code == value), None)
    return coded(option) if option is not None else value


def _read_as(item: FormItem | None, value: Any) -> Any:
    """The same as a record keeps it: no digit is lost, a choice is its code."""
    if item is None:
        return value
    if isinstance(value, list):
        return [_read_as(item, one) for one in value]
    if isinstance(value, dict) and "code" in value:
        value = value["code"]
    if item.repeats:
        return [value]
    return str(value) if item.kind == "decimal" and not isinstance(value, bool) else value


class _Day(str):
    """A text that FHIR calls a date."""


def _amending(fact: QuestionnaireResponse, to: Outgoing) -> list[Json]:
    """R4 has no element for it."""
    told = to.ref("QuestionnaireResponse", fact.amends) if fact.amends else {}
    return [{"url": _AMENDS, "valueReference": told}] if told else []


def _amended(resource: Json) -> Any:
    told = (one for one in listed(resource.get("extension")) if one.get("url") == _AMENDS)
    return next((one.get("valueReference") for one in told), None)


def _worded(item: Json, said: Said | None) -> Json:
    """An answered item with the words that stood on the screen."""
    if said is None:
        return item
    told = [one for words in said.answers for one in extension("said", words)]
    return {**item, "text": said.question, **({"extension": told} if told else {})}


def _said(items: Any) -> Iterator[Said]:
    """The words of ours; an item of another system has its text in the original."""
    for item in listed(items):
        words = [
            str(value_of(one)) for one in listed(item.get("extension")) if one.get("url") == f"{ROOT}said"
        ]
        if words:
            yield Said(
                key=item.get("linkId") or "", question=str(item.get("text") or ""), answers=tuple(words)
            )
        yield from _said(item.get("item"))


def _answers(said: Any, into: Json) -> None:
    """linkId -> value, or a list of values; the questions inside a question too."""
    for item in listed(said):
        values = []
        for answer in listed(item.get("answer")):
            values += [_plain(v) for k, v in answer.items() if k.startswith("value")]
            _answers(answer.get("item"), into)
        if values:
            known = [into[item["linkId"]]] if item["linkId"] in into else []
            every = [*known, *values]
            into[item["linkId"]] = every[0] if len(every) == 1 else every
        _answers(item.get("item"), into)


def _plain(value: Any) -> Any:
    """An answer without what only the original needs."""
    if isinstance(value, dict):
        kept = ("system", "code", "display", "value", "unit", "reference")
        return {key: value[key] for key in kept if key in value}
    return value


def _answered(key: str, value: Any) -> Json:
    values = value if isinstance(value, list) else [value]
    return filled({"linkId": key, "answer": [_value(v) for v in values if v not in (None, "", {}, [])]})


def _value(value: Any) -> Json:
    if isinstance(value, _Day):
        return {"valueDate": str(value)}
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int) and abs(value) < 2**31:
        return {"valueInteger": value}
    if isinstance(value, (int, Decimal)):
        return {"valueDecimal": value}
    if isinstance(value, dict) and set(value) <= {"system", "code", "display"} and value:
        return {"valueCoding": value}
    if isinstance(value, dict) and "value" in value and set(value) <= {"value", "unit", "system", "code"}:
        return {"valueQuantity": value}
    return {"valueString": value if isinstance(value, str) else text(value)}


def _read(answers: str) -> Json:
    """The JSON object of a response; {} for anything else."""
    try:
        told = json.loads(answers, parse_float=Decimal)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _version(it: Incoming, said: Any) -> int:
    if isinstance(said, str) and said.isdigit() and len(said) < 10:
        return int(said)
    if said:
        it.remark("version", f"is '{str(said)[:40]}', not a number: filed as 0")
    return 0


def _slug(name: str) -> str:
    """A name fit for a URL."""
    return "".join(letter if letter.isalnum() or letter in "-._:/" else "-" for letter in name)
