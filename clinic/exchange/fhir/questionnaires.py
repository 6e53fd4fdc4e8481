# SPDX-License-Identifier: GPL-3.0-or-later
"""Questionnaire as a file of its own, and its items wherever one comes: FHIR R4, with FHIR's extensions for translations,
hidden items, item controls, limits and sub-questionnaires, and ours for drawings and red flags.

A record keeps the tree flat: an item names what it stands in.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from clinic.domain.errors import Refusal
from clinic.domain.facts import EnableWhen, FormItem, OptionFace, Questionnaire, RedFlag, Translation
from clinic.domain.forms import check_purpose
from clinic.domain.ids import FactId
from clinic.domain.questionnaires import CLINICIAN
from clinic.domain.values import Coding
from clinic.exchange.fhir.elements import coded, coding_of, filled, first, is_number, listed
from clinic.exchange.fhir.extras import extension, read_extension, value_of
from clinic.exchange.fhir.tree import Json, parse, text

MOST_BYTES = 512 * 1024
"""Of a file: many times what three languages of the longest questionnaire take."""
MOST_DAYS = 50_000
"""More than anybody has lived."""
_FHIR = "http://hl7.org/fhir/StructureDefinition/"
_TRANSLATION = _FHIR + "translation"
_HIDDEN = _FHIR + "questionnaire-hidden"
_CONTROL = _FHIR + "questionnaire-itemControl"
_CONTROLS = "urn:posta:item-control"
_SUB = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-subQuestionnaire"
_EXTRACT = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-observationExtract"
_FLAG = "urn:posta:red-flag"
_STATUSES = ("draft", "active", "retired")


# a file


def read_questionnaire(data: bytes) -> Questionnaire:
    """A questionnaire that kiosks can ask, or a form for the chart. Raises Refusal with the sentence that says what to put
    right."""
    if len(data) > MOST_BYTES:
        raise Refusal("This file is larger than any questionnaire. Choose another one.")
    resource = parse(data)
    if not isinstance(resource, dict) or resource.get("resourceType") != "Questionnaire":
        raise Refusal("This file is no FHIR Questionnaire. Choose another one.")
    if _modified(resource):
        raise Refusal("This questionnaire is changed by an extension that this program does not know.")
    version = str(resource.get("version") or "")
    if not (version.isascii() and version.isdigit() and 0 < len(version) < 10):
        raise Refusal("The version of a questionnaire is a whole number from 1, such as 3.")
    if resource.get("status") not in _STATUSES:
        raise Refusal("A questionnaire says by its status whether it is draft, active or retired.")
    try:
        form = _form(resource, int(version))
    except (TypeError, AttributeError, KeyError, ValueError) as wrong:
        raise Refusal("Something in this questionnaire has another form than FHIR gives it.") from wrong
    check_purpose(form)
    return form


def write_questionnaire(form: Questionnaire) -> bytes:
    """As a file, for another program or to be changed and read again."""
    return text({
        "resourceType": "Questionnaire", "url": form.url or None, "version": str(form.version), "name": form.name,
        "language": form.language, "status": form.status, **translated("title", form.text, form.words),
        "purpose": form.purpose or None,
        "item": nested(form.items, lambda kind: kind),
    }).encode()  # fmt: skip


def _form(resource: Json, version: int) -> Questionnaire:
    url = _words(resource.get("url"))
    name = _words(resource.get("name")) or url
    return Questionnaire(
        id=FactId(f"{url}|{version}"), name=name, version=version, language=_words(resource.get("language")) or "es",
        text=_words(resource.get("title")) or name, words=translations(resource, "title"), status=resource["status"],
        items=tuple(flat(resource.get("item"), lambda kind: kind)), url=url, purpose=purpose_of(resource),
    )  # fmt: skip


def purpose_of(resource: Json) -> str:
    """Of FHIR's `purpose`, which may be any prose, the one word that this program knows."""
    return CLINICIAN if resource.get("purpose") == CLINICIAN else ""


def _modified(tree: Any) -> bool:
    """A modifierExtension turns the meaning of what it stands in round: it is understood or the whole is not."""
    if isinstance(tree, dict):
        return "modifierExtension" in tree or any(map(_modified, tree.values()))
    return isinstance(tree, list) and any(map(_modified, tree))


# items


def flat(said: Any, kind: Callable[[str], str], within: str = "") -> Iterator[FormItem]:
    """The tree of items in the order of the form; `kind`: our name of a FHIR type."""
    for item in listed(said):
        read = _item(item, kind, within)
        yield read
        yield from flat(item.get("item"), kind, read.key if read.kind == "group" else within)


def nested(items: Iterable[FormItem], kind: Callable[[str], str]) -> list[Json]:
    """The tree again; what stands in an item that is not there stands at the top."""
    tops: list[Json] = []
    made: dict[str, Json] = {}
    for item in items:
        written = _asked(item, kind)
        (made[item.within].setdefault("item", []) if item.within in made else tops).append(written)
        made.setdefault(item.key, written)
    return tops


def _item(item: Json, kind: Callable[[str], str], within: str) -> FormItem:
    code = first(item.get("code"))
    key = _words(item.get("linkId"))
    options = listed(item.get("answerOption"))
    return FormItem(
        key=key, question=_words(item.get("text")) or key, kind=kind(_words(item.get("type"))),
        options=tuple(map(option_of, options)), unit=read_extension(item, "unit"), code=coding_of(code) if code else None,
        required=item.get("required") is True, low=_limit(item, "minValue"), high=_limit(item, "maxValue"), within=within,
        enable_when=tuple(map(_condition, listed(item.get("enableWhen")))),
        enable_behavior=_words(item.get("enableBehavior")) or "all", repeats=item.get("repeats") is True,
        words=translations(item, "text"), faces=tuple(face for face in map(_face, options) if face.words or face.picture),
        red_flags=tuple(map(_flag, _of(item, _FLAG))), picture=read_extension(item, "picture"), control=_control(item),
        sub_questionnaire=_words(_first_value(item, _SUB)), hidden=_first_value(item, _HIDDEN) is True,
        observation_extract=_first_value(item, _EXTRACT) is True,
    )  # fmt: skip


def _asked(item: FormItem, kind: Callable[[str], str]) -> Json:
    limits = [("minValue", item.low), ("maxValue", item.high)]
    more = [{"url": _FHIR + name, "valueDecimal": end} for name, end in limits if end is not None]
    more += extension("unit", item.unit) + extension("picture", item.picture)
    if item.hidden:
        more.append({"url": _HIDDEN, "valueBoolean": True})
    if item.control:
        shown = {"coding": [{"system": _CONTROLS, "code": item.control}]}
        more.append({"url": _CONTROL, "valueCodeableConcept": shown})
    if item.observation_extract:
        more.append({"url": _EXTRACT, "valueBoolean": True})
    if item.sub_questionnaire:
        more.append({"url": _SUB, "valueCanonical": item.sub_questionnaire})
    faces = {face.code: face for face in item.faces}
    return filled({
        "linkId": item.key, "code": [coded(item.code)] if item.code else [],
        **translated("text", item.question, item.words), "type": kind(item.kind),
        "enableWhen": list(map(_when, item.enable_when)),
        "enableBehavior": item.enable_behavior if item.enable_when else None,
        "required": True if item.required else None, "repeats": True if item.repeats else None,
        "answerOption": [_offered(one, faces.get(one.code)) for one in item.options],
        "extension": more + [_raised(flag) for flag in item.red_flags],
    })  # fmt: skip


def option_of(option: Json) -> Coding:
    if isinstance(option.get("valueCoding"), dict):
        return coding_of(option["valueCoding"])
    return Coding(system="", code="", display=str(value_of(option)))


def _face(option: Json) -> OptionFace:
    said = option.get("valueCoding")
    said = said if isinstance(said, dict) else {}
    return OptionFace(
        code=_words(said.get("code")),
        words=translations(said, "display"),
        picture=read_extension(said, "picture"),
    )


def _offered(option: Coding, face: OptionFace | None) -> Json:
    said = coded(option)
    if face is not None:
        said = {**said, **translated("display", option.display, face.words)}
        said |= {"extension": extension("picture", face.picture)} if face.picture else {}
    return {"valueCoding": said}


def _condition(said: Json) -> EnableWhen:
    answers = [value for key, value in said.items() if key.startswith("answer")]
    return EnableWhen(
        question=_words(said.get("question")), operator=_words(said.get("operator")),
        answer=_plain(answers[0]) if answers else "",
    )  # fmt: skip


def _when(condition: EnableWhen) -> Json:
    if condition.answer in ("true", "false"):
        answer: Json = {"answerBoolean": condition.answer == "true"}
    elif condition.answer.lstrip("-").isdigit():
        answer = {"answerInteger": int(condition.answer)}
    else:
        answer = {"answerCoding": {"code": condition.answer}}
    return {"question": condition.question, "operator": condition.operator, **answer}


def _plain(answer: Any) -> str:
    if isinstance(answer, bool):
        return str(answer).lower()
    return str(answer.get("code", "")) if isinstance(answer, dict) else str(answer)


def _flag(told: Json) -> RedFlag:
    parts = listed(told.get("extension"))
    words: Json = next((part for part in parts if part.get("url") == "words"), {})
    return RedFlag(
        code=_words(_first_value(told, "code")), answers=tuple(_plain(value_of(p)) for p in parts if p.get("url") == "answer"),
        source=_words(_first_value(told, "source")),
        words=(Translation(language="es", text=_words(words.get("valueString"))), *translations(words, "valueString")),
        under_days=_days(_first_value(told, "under-days")), unless=_words(_first_value(told, "unless")),
        enable_when=tuple(map(_inner_condition, _of(told, "when"))),
    )  # fmt: skip


def _days(said: Any) -> int:
    """0 for nothing said. A number of many digits is not counted out."""
    if said == "":
        return 0
    if type(said) is not int or not 0 < said < MOST_DAYS:
        raise ValueError("an age in days")
    return said


def _inner_condition(told: Json) -> EnableWhen:
    return EnableWhen(
        question=_words(_first_value(told, "question")), operator=_words(_first_value(told, "operator")),
        answer=_words(_first_value(told, "answer")),
    )  # fmt: skip


def _raised(flag: RedFlag) -> Json:
    own = next((one.text for one in flag.words if one.language == "es"), "")
    others = tuple(one for one in flag.words if one.language != "es")
    parts: list[Json] = [
        {"url": "code", "valueCode": flag.code},
        {"url": "source", "valueString": flag.source},
    ]
    parts += [{"url": "answer", "valueCode": one} for one in flag.answers]
    parts += [{"url": "words", **translated("valueString", own, others)}]
    parts += [{"url": "under-days", "valueInteger": flag.under_days}] if flag.under_days else []
    parts += [{"url": "unless", "valueCode": flag.unless}] if flag.unless else []
    for one in flag.enable_when:
        inner = [
            {"url": "question", "valueString": one.question}, {"url": "operator", "valueString": one.operator},
            {"url": "answer", "valueString": one.answer},
        ]  # fmt: skip
        parts.append({"url": "when", "extension": inner})
    return {"url": _FLAG, "extension": parts}


# words


def translations(element: Json, name: str) -> tuple[Translation, ...]:
    """The other languages of a text, by FHIR's translation extension."""
    beside = element.get(f"_{name}")
    found = []
    for told in _of(beside if isinstance(beside, dict) else {}, _TRANSLATION):
        language, words = _words(_first_value(told, "lang")), _words(_first_value(told, "content"))
        if language and words:
            found.append(Translation(language=language, text=words))
    return tuple(found)


def translated(name: str, words: str, others: Iterable[Translation]) -> Json:
    """A text and its other languages."""
    told = [
        {
            "url": _TRANSLATION,
            "extension": [
                {"url": "lang", "valueCode": one.language},
                {"url": "content", "valueString": one.text},
            ],
        }
        for one in others
    ]
    return {name: words, **({f"_{name}": {"extension": told}} if told else {})}


def _of(element: Json, url: str) -> list[Json]:
    return [one for one in listed(element.get("extension")) if one.get("url") == url]


def _first_value(element: Json, url: str) -> Any:
    return next((value_of(one) for one in _of(element, url)), "")


def _control(item: Json) -> str:
    shown = _first_value(item, _CONTROL)
    return _words(first(shown.get("coding")).get("code")) if isinstance(shown, dict) else ""


def _limit(item: Json, name: str) -> Decimal | None:
    value = _first_value(item, _FHIR + name)
    return Decimal(value) if is_number(value) else None


def _words(said: Any) -> str:
    return said if isinstance(said, str) else ""
