# SPDX-License-Identifier: GPL-3.0-or-later
"""Questionnaire and QuestionnaireResponse: to facts and back. Groups are flattened: a question is known by its linkId."""

import json
from decimal import Decimal
from typing import Any

from clinic.domain.facts import FormItem, Questionnaire, QuestionnaireResponse
from clinic.domain.values import Coding
from clinic.exchange.fhir.context import Incoming, Outgoing, Unmappable
from clinic.exchange.fhir.elements import coded, coding_of, filled, first, is_number, listed
from clinic.exchange.fhir.extras import extension, extensions, read_extension, read_extensions, value_of
from clinic.exchange.fhir.times import instant
from clinic.exchange.fhir.tree import Json, text

_KINDS = {
    "boolean": "boolean", "integer": "integer", "decimal": "decimal", "quantity": "decimal", "date": "date",
    "choice": "choice", "open-choice": "choice",
}  # fmt: skip
_TYPES = {
    "boolean": "boolean",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "choice": "choice",
    "text": "text",
}
_FORM = "urn:posta:form:"
_LIMITS = "http://hl7.org/fhir/StructureDefinition/"


def questionnaire_in(it: Incoming) -> Questionnaire:
    more = read_extensions(it.resource, Questionnaire, "specialty", "text", "language")
    return Questionnaire(**{
        "id": it.id, "name": it.get("name") or it.get("url") or it.get("title") or it.get("id") or "form",
        "version": _version(it, it.get("version")), "language": it.get("language") or "",
        "text": it.get("description") or it.get("title") or "", "status": it.get("status") or "unknown",
        "items": tuple(_items(it.get("item"))), **more,
    })  # fmt: skip


def questionnaire_out(fact: Questionnaire, to: Outgoing) -> Json:
    return {
        "url": _FORM + _slug(fact.name), "version": str(fact.version), "name": fact.name,
        "status": fact.status if fact.status in ("draft", "active", "retired") else "unknown",
        "item": [_asked(item) for item in fact.items],
        "extension": extensions(fact, "specialty") + extension("text", fact.text) + extension("language", fact.language),
    }  # fmt: skip


def response_in(it: Incoming) -> QuestionnaireResponse:
    if it.get("status") == "entered-in-error":
        raise Unmappable("it was entered in error")
    url, _, version = str(it.get("questionnaire") or "").partition("|")
    answers: Json = {}
    _answers(it.get("item"), answers)
    return QuestionnaireResponse(**{
        "id": it.id, "patient": it.patient, "questionnaire": url.removeprefix(_FORM), "version": _version(it, version),
        "status": it.get("status") or "completed", "authored_at": it.when("authored"), "author": it.user(it.get("author")),
        "answers": text(answers), "encounter": it.encounter(),
        **read_extensions(it.resource, QuestionnaireResponse, "questionnaire"),
    })  # fmt: skip


def response_out(fact: QuestionnaireResponse, to: Outgoing) -> Json:
    slug = _slug(fact.questionnaire)
    url = fact.questionnaire if ":" in fact.questionnaire else _FORM + slug
    return {
        "questionnaire": f"{url}|{fact.version}" if url != _FORM else None, "status": fact.status,
        "subject": to.ref("Patient", fact.patient), "encounter": to.ref("Encounter", fact.encounter),
        "authored": instant(fact.authored_at), "author": to.user(fact.author),
        "item": [_answered(key, value) for key, value in _read(fact.answers).items()],
        "extension": extension("questionnaire", fact.questionnaire) if slug != fact.questionnaire else [],
    }  # fmt: skip


def _items(said: Any) -> list[FormItem]:
    found = []
    for item in listed(said):
        if item.get("type") not in ("group", "display"):
            found.append(_item(item))
        found += _items(item.get("item"))
    return found


def _item(item: Json) -> FormItem:
    code = first(item.get("code"))
    return FormItem(
        key=item.get("linkId") or "", question=item.get("text") or item.get("linkId") or "",
        kind=_KINDS.get(item.get("type", ""), "text"), options=tuple(_option(o) for o in listed(item.get("answerOption"))),
        unit=read_extension(item, "unit"), code=coding_of(code) if code else None, required=item.get("required") is True,
        low=_limit(item, "minValue"), high=_limit(item, "maxValue"),
    )  # fmt: skip


def _asked(item: FormItem) -> Json:
    limits = [("minValue", item.low), ("maxValue", item.high)]
    return filled({
        "linkId": item.key, "code": [coded(item.code)] if item.code else [], "text": item.question,
        "type": _TYPES.get(item.kind, "text"), "required": True if item.required else None,
        "answerOption": [{"valueCoding": coded(o)} for o in item.options] if item.kind == "choice" else [],
        "extension": [{"url": _LIMITS + name, "valueDecimal": end} for name, end in limits if end is not None]
        + extension("unit", item.unit),
    })  # fmt: skip


def _option(option: Json) -> Coding:
    if isinstance(option.get("valueCoding"), dict):
        return coding_of(option["valueCoding"])
    return Coding(system="", code="", display=str(value_of(option)))


def _limit(item: Json, name: str) -> Decimal | None:
    for told in listed(item.get("extension")):
        value = value_of(told)
        if told.get("url") == _LIMITS + name and is_number(value):
            return Decimal(value)
    return None


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
    except ValueError:
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
