# SPDX-License-Identifier: GPL-3.0-or-later
"""The data types of FHIR R4 and our values: codes, quantities, identifiers, names, addresses; both ways."""

import re
from collections.abc import Sequence
from decimal import Decimal
from html import escape, unescape
from typing import Any, TypeGuard

from clinic.domain.values import (
    ATC,
    ICD10,
    LOINC,
    UCUM,
    Coding,
    ContactPoint,
    HumanName,
    Identifier,
    Quantity,
    Verification,
)
from clinic.exchange.fhir.tree import Json

PREFERRED = (LOINC, ICD10, ATC)
"""Of several codings of one concept the one we can reckon with is taken; else the source's own first choice."""
_UCUM_CODE = re.compile(r"[!-~]+")


def listed(value: Any) -> list[Any]:
    """A list of what is there: [] for nothing."""
    return value if isinstance(value, list) else [] if value is None else [value]


def first(value: Any) -> Json:
    """The first object of a list, {} if there is none."""
    found = listed(value)
    return found[0] if found and isinstance(found[0], dict) else {}


def coding(concept: Any) -> Coding | None:
    """The Coding of a CodeableConcept; None if it says nothing."""
    if not isinstance(concept, dict):
        return None
    codings = [c for c in listed(concept.get("coding")) if c.get("code") or c.get("display")]
    codings.sort(key=lambda c: PREFERRED.index(c["system"]) if c.get("system") in PREFERRED else 9)
    chosen = codings[0] if codings else {}
    display = chosen.get("display") or concept.get("text") or chosen.get("code") or ""
    if not display:
        return None
    return Coding(system=chosen.get("system", ""), code=chosen.get("code", ""), display=display)


def concept(value: Coding) -> Json:
    """A CodeableConcept of a Coding; of words alone where there is no code."""
    return filled({"coding": [coded(value)] if value.code else None, "text": value.display or None})


def coding_of(said: Json) -> Coding:
    """The Coding of a FHIR Coding."""
    return Coding(system=said.get("system", ""), code=said.get("code", ""), display=said.get("display", ""))


def coded(value: Coding) -> Json:
    """A FHIR Coding."""
    return filled({"system": value.system, "code": value.code, "display": value.display})


def words(concept: Any) -> str:
    """A CodeableConcept as people read it, '' for nothing."""
    if not isinstance(concept, dict):
        return ""
    found = coding(concept)
    return str(concept.get("text") or (found.display if found else ""))


def code_of(concept: Any) -> str:
    """The first code of a CodeableConcept, or its words."""
    return str(first((concept or {}).get("coding")).get("code") or words(concept))


def quantity(value: Any) -> Quantity | None:
    """A Quantity; None without a number or with a comparator, for '< 5' is not 5."""
    if not isinstance(value, dict) or value.get("comparator") or not is_number(value.get("value")):
        return None
    return Quantity(value=Decimal(value["value"]), unit=unit_of(value))


def is_number(value: Any) -> TypeGuard[int | Decimal]:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def unit_of(value: Json) -> str:
    """The UCUM code of a quantity, or the unit as it is printed."""
    return str(value.get("code") or value.get("unit") or "")


def is_ucum(value: Json) -> bool:
    code = value.get("code")
    return value.get("system") == UCUM and isinstance(code, str) and bool(_UCUM_CODE.fullmatch(code))


def measured(value: Quantity) -> Json:
    """A FHIR Quantity in UCUM; without a unit the number alone."""
    told: Json = {"value": value.value}
    return told | ({"unit": value.unit, "system": UCUM, "code": value.unit} if value.unit else {})


def spoken(value: Any) -> str:
    """A Quantity as a person writes it: '< 5 mg/dL'."""
    if not isinstance(value, dict):
        return ""
    parts = (value.get("comparator"), value.get("value"), value.get("unit") or value.get("code"))
    return " ".join(str(part) for part in parts if part not in (None, ""))


def identifiers(said: Any) -> tuple[Identifier, ...]:
    """Whatever a file says about who somebody is, is a claim."""
    return tuple(
        Identifier(system=i.get("system") or words(i.get("type")), value=i["value"], verification=Verification.CLAIMED)
        for i in listed(said)
        if i.get("value")
    )  # fmt: skip


def identified(values: Sequence[Identifier]) -> list[Json]:
    return [filled({"system": i.system, "value": i.value}) for i in values if i.value]


def person_name(said: Any) -> HumanName:
    """The official name, else the usual one, else the first; a text is taken whole."""
    names = [n for n in listed(said) if isinstance(n, dict)]
    names.sort(key=lambda n: {"official": 0, "usual": 1, "old": 8, "maiden": 8}.get(str(n.get("use")), 2))
    name = names[0] if names else {}
    given = tuple(word for word in listed(name.get("given")) if word and isinstance(word, str))
    family = name.get("family") or ("" if given else name.get("text"))
    return HumanName(family=family if isinstance(family, str) else "", given=given)


def named(value: HumanName, prefix: str = "") -> list[Json]:
    told = filled(
        {"family": value.family, "given": list(value.given), "prefix": [prefix] if prefix else None}
    )
    return [told] if told else []


def telecoms(said: Any) -> tuple[ContactPoint, ...]:
    return tuple(
        ContactPoint(system=t.get("system", "other"), value=t["value"])
        for t in listed(said)
        if t.get("value")
    )


def reachable(values: Sequence[ContactPoint]) -> list[Json]:
    return [filled({"system": t.system, "value": t.value}) for t in values if t.value]


def address(said: Any) -> str:
    """The first address in one line."""
    place = first(said)
    parts = [*listed(place.get("line")), *(place.get(k) for k in ("city", "state", "postalCode", "country"))]
    return str(place.get("text") or ", ".join(part for part in parts if part))


def addressed(line: str) -> list[Json]:
    return [{"text": line}] if line else []


def notes(said: Any) -> str:
    """Annotations, a paragraph each."""
    return "\n".join(n["text"] for n in listed(said) if n.get("text"))


def noted(text: str) -> list[Json]:
    return [{"text": text}] if text else []


def narrative(text: str) -> Json:
    """A Narrative of plain text: its lines, escaped."""
    lines = "<br/>".join(escape(line, quote=False) for line in _printable(text).split("\n"))
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>'}


def plain(said: Any) -> str:
    """The words of a Narrative, its tags gone."""
    div = said.get("div", "") if isinstance(said, dict) else ""
    broken = re.sub(r"\s*\n\s*", " ", div)
    broken = re.sub(r"<(br|/p|/li|/tr|/div|/h\d)\b[^>]*>", "\n", broken, flags=re.IGNORECASE)
    lines = [line.strip() for line in unescape(re.sub(r"<[^>]*>", "", broken)).split("\n")]
    return "\n".join(lines).strip()


def _printable(text: str) -> str:
    """Without control characters, which no XML may hold."""
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")


def filled(told: Json) -> Json:
    """Without what is empty: FHIR has no empty object, array or string."""
    return {key: value for key, value in told.items() if value not in (None, "", [], {}, ())}
