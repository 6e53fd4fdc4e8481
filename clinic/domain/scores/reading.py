# SPDX-License-Identifier: GPL-3.0-or-later
"""From observations to a score: the newest usable value of each input, and the result with what it stands on."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from clinic.domain.facts import Observation
from clinic.domain.scores.kinds import Input, Note, NotFor, Result, ScoreKind, Taken, Who
from clinic.domain.scores.units import UnitRefused, in_unit
from clinic.domain.values import Quantity


def compute(kind: ScoreKind, who: Who, observations: Iterable[Observation], at: datetime) -> Result:
    """The score of a person at a moment, from what had been measured until then. Never raises for what was measured."""
    found, refused = newest(kind.inputs, observations, at)
    reason = _not_for(kind, who, at)
    if reason is not None:
        return Result(score=kind.id, version=kind.version, unit=kind.unit, at=at, not_for=reason)
    worked = kind.work(found, who, at)
    missing = worked.missing
    return Result(
        score=kind.id, version=kind.version, unit=kind.unit, at=at, value=None if missing else worked.value,
        parts=worked.parts, missing=missing, band=worked.band, not_for=worked.not_for,
        notes=(*worked.notes, *_doubts(kind, who, refused, at)), used=tuple(found.values()),
        stale=tuple(i.key for i in kind.inputs if i.key in found and at - found[i.key].at > i.fresh),
    )  # fmt: skip


def newest(
    inputs: Iterable[Input], observations: Iterable[Observation], at: datetime
) -> tuple[dict[str, Taken], tuple[str, ...]]:
    """(input key -> newest value until `at`, keys of inputs whose newest value has a unit that cannot be read).

    Of two of the same moment the one with the higher id counts, so that every computer takes the same.
    """
    wanted = {code: one for one in inputs for code in one.codes}
    found: dict[str, Taken] = {}
    refused: dict[str, datetime] = {}
    for observation in sorted(observations, key=lambda o: (o.effective_at, o.id)):
        if observation.retracted or observation.effective_at > at:
            continue
        for one, code, value, word in _values(observation, wanted):
            try:
                found[one.key] = _taken(one, code, observation, value, word)
                refused.pop(one.key, None)
            except UnitRefused:
                found.pop(one.key, None)  # an older value must not stand in for one that was taken since
                refused[one.key] = observation.effective_at
    return found, tuple(refused)


def _values(
    observation: Observation, wanted: Mapping[str, Input]
) -> Iterator[tuple[Input, str, Quantity | None, str]]:
    code = observation.code.code
    if code in wanted:
        word = observation.text or (observation.value_code.code if observation.value_code else "")
        if wanted[code].unit and observation.value is not None:
            yield wanted[code], code, observation.value, ""
        elif wanted[code].words.get(word.strip().casefold()):
            yield wanted[code], code, None, word
    for part in observation.components:
        if part.code.code in wanted and wanted[part.code.code].unit:
            yield wanted[part.code.code], part.code.code, part.value, ""


def _taken(one: Input, code: str, observation: Observation, value: Quantity | None, word: str) -> Taken:
    number: Decimal | None = None
    if value is not None:
        number = in_unit(value.value, value.unit, one.unit)
    meaning = one.words.get(word.strip().casefold(), "")
    return Taken(one.key, observation.effective_at, observation.id, code, number, meaning)


def _not_for(kind: ScoreKind, who: Who, at: datetime) -> NotFor | None:
    age = who.age(at)
    if who.pregnant and not kind.in_pregnancy:
        return NotFor.PREGNANT
    if age is None:
        return None
    if age.years < kind.from_years:
        return NotFor.TOO_YOUNG
    return NotFor.TOO_OLD if kind.below_years is not None and age.years >= kind.below_years else None


def _doubts(kind: ScoreKind, who: Who, refused: tuple[str, ...], at: datetime) -> Iterator[Note]:
    if refused:
        yield Note.UNIT_REFUSED
    if who.age(at) is None and (kind.from_years or kind.below_years is not None):
        yield Note.AGE_UNKNOWN
