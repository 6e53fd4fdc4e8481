# SPDX-License-Identifier: GPL-3.0-or-later
"""What the model says laid over what came in: three-way, so that nothing unknown is lost and nothing unchanged is touched.

`original`: as it came; `base`: what the model made of that; `mine`: what the model says now.
"""

from typing import Any

from clinic.exchange.fhir.extras import ROOT
from clinic.exchange.fhir.tree import Json

_CHOICES = (
    "value",
    "effective",
    "onset",
    "abatement",
    "performed",
    "occurrence",
    "deceased",
    "medication",
    "identified",
)


def overlaid(original: Json, base: Json, mine: Json) -> Json:
    """The original with what changed between base and mine."""
    if base == mine:
        return original
    merged = dict(original)
    for key in [*(k for k in base if k not in mine), *mine]:
        was, now = base.get(key), mine.get(key)
        if was == now:
            continue
        if key == "extension":
            merged = _with(merged, key, _extensions(original.get(key), now))
            continue
        if key not in merged:
            _drop_choice(merged, key)
        merged = _with(merged, key, _merged(merged.get(key), was, now))
        merged.pop(f"_{key}", None)
    return merged


def _merged(original: Any, base: Any, mine: Any) -> Any:
    if base == mine:
        return original
    if isinstance(original, dict) and isinstance(base, dict) and isinstance(mine, dict):
        return overlaid(original, base, mine)
    if isinstance(original, list) and isinstance(base, list) and isinstance(mine, list):
        return _lists(original, base, mine)
    return mine


def _lists(original: list[Any], base: list[Any], mine: list[Any]) -> list[Any]:
    """Items that base took from the original follow mine; items it never took stay; without a match, mine alone."""
    places: list[int] = []
    for item in base:
        found = next((n for n, o in enumerate(original) if n not in places and _covers(o, item)), None)
        if found is None:
            return mine
        places.append(found)
    result: list[Any] = list(original)
    for place, was, now in zip(places, base, mine, strict=False):
        result[place] = _merged(original[place], was, now)
    gone = set(places[len(mine) :])
    return [item for n, item in enumerate(result) if n not in gone] + mine[len(base) :]


def _covers(original: Any, item: Any) -> bool:
    """True if all that item says is in the original."""
    if isinstance(original, dict) and isinstance(item, dict):
        return all(key in original and _covers(original[key], inner) for key, inner in item.items())
    if isinstance(original, list) and isinstance(item, list):
        return all(any(_covers(o, inner) for o in original) for inner in item)
    return bool(original == item)


def _extensions(original: Any, mine: Any) -> Any:
    foreign = [e for e in original or [] if not str(e.get("url", "")).startswith(ROOT)]
    return foreign + list(mine or [])


def _with(resource: Json, key: str, value: Any) -> Json:
    if value in (None, "", [], {}):
        return {name: inner for name, inner in resource.items() if name != key}
    return {**resource, key: value}


def _drop_choice(resource: Json, key: str) -> None:
    """A new value[x] takes the place of another one."""
    stem = next((s for s in _CHOICES if _is_choice(key, s)), None)
    for name in [n for n in resource if stem and _is_choice(n.lstrip("_"), stem)]:
        del resource[name]


def _is_choice(key: str, stem: str) -> bool:
    return key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper()
