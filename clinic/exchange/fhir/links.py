# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of what goes out in one Bundle, and references that lead there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clinic.exchange.fhir.tree import Json
from clinic.keys.hashing import digest

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_ABSOLUTE = ("urn:uuid:", "urn:oid:", "http://", "https://")


def full_url(*parts: str) -> str:
    """A name for what has none of its own; the same each time."""
    return f"urn:uuid:{UUID(bytes=digest(chr(0).join(parts).encode(), b'posta fhir url', 16), version=5)}"


def resource_id(fact: str) -> str:
    """The fact's own id where FHIR allows it, else one made of it."""
    return fact if _ID.fullmatch(fact) else full_url(fact).removeprefix("urn:uuid:")


def is_absolute(name: str) -> bool:
    return name.startswith(_ABSOLUTE)


@dataclass(frozen=True, slots=True)
class Linked:
    """`resource` with its references led to names in the Bundle."""

    resource: Json
    led: int


def linked(resource: Json, own: str, aliases: Mapping[str, str], names: set[str]) -> Linked:
    """References rewritten to the fullUrl they mean, but for those that lead there as they are. `own`: its fullUrl."""
    led = 0
    base = own.rsplit("/", 2)[0] if own.startswith("http") else ""

    def walk(value: Any) -> Any:
        nonlocal led
        if isinstance(value, list):
            changed = [walk(inner) for inner in value]
            return changed if any(a is not b for a, b in zip(changed, value, strict=True)) else value
        if not isinstance(value, dict):
            return value
        made = {key: walk(inner) for key, inner in value.items()}
        named = value.get("reference")
        if isinstance(named, str) and _astray(named, base, names) and named in aliases:
            made["reference"], led = aliases[named], led + 1
            return made
        return made if any(made[key] is not value[key] for key in made) else value

    return Linked(walk(resource), led)


def references(value: Any) -> Iterator[Json]:
    """Every Reference inside a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str) or isinstance(value.get("identifier"), dict):
            yield value
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def named_in(value: Any) -> Iterator[str]:
    """Every reference text inside a resource."""
    told = (reference.get("reference") for reference in references(value))
    return (named for named in told if isinstance(named, str))


def _astray(named: str, base: str, names: set[str]) -> bool:
    return not named.startswith("#") and named not in names and f"{base}/{named}" not in names
