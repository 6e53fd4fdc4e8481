# SPDX-License-Identifier: GPL-3.0-or-later
"""Original resources: a title and a date for whatever comes, and a form small enough to travel.

What is too long for an envelope (a scan in base64, a long narrative) lies sealed beside the record; in its place stands
``{"$posta": …}``. A resource that says so itself lies there whole: its words are never read as ours.
"""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable
from datetime import datetime
from typing import Any

from clinic.domain.values import Attachment
from clinic.exchange.fhir.context import calling
from clinic.exchange.fhir.elements import first, listed, plain, spoken, words
from clinic.exchange.fhir.times import moment
from clinic.exchange.fhir.tree import Json, parse, text

MAX_CONTENT = 24_000
"""Characters of an original that travel inside its fact."""
MAX_STRING = 6_000
MAX_TITLE = 200
_MARK = "$posta"
_TITLES = (
    "code", "vaccineCode", "title", "description", "medicationCodeableConcept", "type", "name", "category", "serviceType",
    "reasonCode", "summary", "text",
)  # fmt: skip
_DATES = (
    "effectiveDateTime", "effectivePeriod", "effectiveInstant", "occurrenceDateTime", "occurrencePeriod",
    "performedDateTime", "performedPeriod", "period", "billablePeriod", "servicedDate", "start", "startDate", "authoredOn",
    "recordedDate", "recorded", "sent", "date", "dateTime", "created", "issued", "onsetDateTime", "authored",
    "collectedDateTime", "statusDate",
)  # fmt: skip

Keep = Callable[[bytes, str, str], Attachment]
Open = Callable[[Attachment], bytes | None]


def title(resource: Json) -> str:
    """A line that tells a reader what this is."""
    try:
        return " ".join(_title(resource).split())[:MAX_TITLE] or str(resource.get("resourceType", ""))
    except (TypeError, AttributeError, KeyError):
        return str(resource.get("resourceType", ""))


def happened_at(resource: Json) -> datetime | None:
    """When it happened, as far as it says."""
    for name in _DATES:
        said = resource.get(name)
        found = moment((said.get("start") or said.get("end")) if isinstance(said, dict) else said)
        if found is not None:
            return found
    meta = resource.get("meta")
    return moment(meta.get("lastUpdated")) if isinstance(meta, dict) else None


def packed(resource: Json, content: str, keep: Keep) -> str:
    """The content as a fact carries it; what is too long, or looks like our mark, goes to `keep`."""
    if f'"{_MARK}"' in content:
        return text(_marked(keep(content.encode(), "application/fhir+json", ""), "as it came"))
    if len(content) <= MAX_CONTENT:
        return content
    shorter = text(_outside(resource, keep))
    if len(shorter) <= MAX_CONTENT:
        return shorter
    return text(_marked(keep(shorter.encode(), "application/fhir+json", ""), "json"))


def unpacked(content: str, open_file: Open) -> Json | None:
    """The resource again; None while a part of it has not arrived."""
    try:
        tree = _inside(parse(content.encode()), open_file)
    except LookupError:
        return None
    return tree if isinstance(tree, dict) else None


def _title(resource: Json) -> str:
    for name in _TITLES:
        said = resource.get(name)
        told = next((w for w in map(_told, listed(said)) if w), "")
        if told:
            return told + _more(resource)
    return calling(resource)


def _told(said: Any) -> str:
    if isinstance(said, str):
        return said
    if not isinstance(said, dict):
        return ""
    return plain(said) if "div" in said else calling({"name": [said]}) if "family" in said else words(said)


def _more(resource: Json) -> str:
    """What tells two of a kind apart: an amount of money."""
    total = resource.get("total")
    money = total if isinstance(total, dict) else first(total).get("amount") or {}
    amount = {"value": money.get("value"), "unit": money.get("currency")}
    return f" · {spoken(amount)}" if money.get("value") is not None else ""


def _outside(value: Any, keep: Keep) -> Any:
    if isinstance(value, dict):
        return {key: _outside(inner, keep) for key, inner in value.items()}
    if isinstance(value, list):
        return [_outside(inner, keep) for inner in value]
    if isinstance(value, str) and len(value) > MAX_STRING:
        return _kept(value, keep)
    return value


def _kept(value: str, keep: Keep) -> Json:
    try:
        raw = b64decode(value, validate=True)
        if b64encode(raw).decode() == value:
            return _marked(keep(raw, "application/octet-stream", ""), "base64")
    except (Error, ValueError):
        pass
    return _marked(keep(value.encode("utf-8", "surrogatepass"), "text/plain", ""), "text")


def _marked(file: Attachment, form: str) -> Json:
    return {_MARK: {"form": form, "id": file.id, "key": file.key.hex(), "size": file.size}}


def _inside(value: Any, open_file: Open) -> Any:
    if isinstance(value, list):
        return [_inside(inner, open_file) for inner in value]
    if not isinstance(value, dict):
        return value
    if _MARK not in value:
        return {key: _inside(inner, open_file) for key, inner in value.items()}
    told = value[_MARK]
    raw = open_file(
        Attachment(id=told["id"], key=bytes.fromhex(told["key"]), content_type="", size=told["size"])
    )
    if raw is None:
        raise LookupError(told["id"])
    if told["form"] == "as it came":
        return parse(raw)
    if told["form"] == "json":
        return _inside(parse(raw), open_file)
    return b64encode(raw).decode() if told["form"] == "base64" else raw.decode("utf-8", "surrogatepass")
