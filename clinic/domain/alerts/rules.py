# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules: each is data (severity, minutes to answer, source) and one pure look at a chart.

A threshold without a guideline behind it says so in its source: the clinic's medical lead may want another.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from clinic.domain.alerts.trends import Point, by_day, slope_a_month
from clinic.domain.facts import Observation
from clinic.domain.ids import FactId
from clinic.domain.scores.body_mass import BMI
from clinic.domain.scores.kinds import Result, ScoreKind, Who
from clinic.domain.scores.news2 import NEWS2
from clinic.domain.scores.reading import compute, newest
from clinic.domain.scores.registry import Registry

DAY = timedelta(days=1)
SAID = 4
"""So many results are named in an alert, the newest first."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A chart as a rule sees it. `problems`: ICD-10 codes that are active; `at`: now."""

    who: Who
    observations: tuple[Observation, ...]
    problems: frozenset[str]
    scores: Registry
    at: datetime

    def since(self, ago: timedelta) -> tuple[Observation, ...]:
        return tuple(
            o for o in self.observations if self.at - ago <= o.effective_at <= self.at and not o.retracted
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: in which observations, in few and mostly numeric words."""

    evidence: tuple[Observation, ...]
    text: str


Look = Callable[[Seen], Finding | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """`severity`: high, moderate or low; `minutes`: how long it may stand unanswered before all are asked."""

    id: str
    version: int
    title: str
    severity: str
    minutes: int
    recent: timedelta
    """Evidence older than this raises nothing: a chart that was imported is history."""
    source: str
    look: Look

    @property
    def stamp(self) -> str:
        return f"{self.id}/{self.version}"


# NEWS2 ----------------------------------------------------------------------------------------------------------------


def news2_over(observations: Iterable[Observation], who: Who, since: datetime) -> tuple[Result, ...]:
    """The whole NEWS2 scores since then, one each time something was measured, none of them stale."""
    oldest = since - NEWS2.inputs[0].fresh  # what is older would make every score stale
    all_ = tuple(o for o in observations if o.effective_at >= oldest)
    times = sorted({o.effective_at for o in all_ if o.effective_at >= since and not o.retracted})
    results = (compute(NEWS2, who, all_, at) for at in times)
    return tuple(r for r in results if r.value is not None and not r.stale)


def _latest_news2(seen: Seen) -> Result | None:
    scored = news2_over(seen.observations, seen.who, seen.at - DAY)
    return scored[-1] if scored else None


def _news2_high(seen: Seen) -> Finding | None:
    last = _latest_news2(seen)
    if last is None or last.value is None or last.value < 7:
        return None
    return Finding(_of(seen, last.evidence), f"NEWS2 {last.value}")


def _news2_urgent(seen: Seen) -> Finding | None:
    """5 or 6 in all, without the single 3 that asks for the same review by itself."""
    last = _latest_news2(seen)
    if last is None or last.value is None or not 5 <= last.value < 7 or 3 in last.parts.values():
        return None
    return Finding(_of(seen, last.evidence), f"NEWS2 {last.value}")


def _news2_single(seen: Seen) -> Finding | None:
    last = _latest_news2(seen)
    if last is None or last.value is None or last.value >= 7 or 3 not in last.parts.values():
        return None
    red = sorted(key for key, points in last.parts.items() if points == 3)
    ids = {taken.observation for taken in last.used if taken.key in red}
    return Finding(_of(seen, ids), f"NEWS2 {last.value}: 3 × {', '.join(red)}")


def _news2_rise(seen: Seen) -> Finding | None:
    scored = news2_over(seen.observations, seen.who, seen.at - DAY)
    if len(scored) < 2:
        return None
    last = scored[-1]
    low = min(scored[:-1], key=lambda r: (r.value or Decimal(0), r.at))
    if last.value is None or low.value is None or last.value - low.value < 2:
        return None
    return Finding(_of(seen, {*last.evidence, *low.evidence}), f"NEWS2 {low.value} → {last.value}")


# single vitals --------------------------------------------------------------------------------------------------------


def _spo2_drop(seen: Seen) -> Finding | None:
    points = _series(seen, "spo2", DAY)
    if len(points) < 2:
        return None
    last = points[-1]
    best = max(points[:-1], key=lambda p: (p.value, p.at))
    if best.value - last.value < 4 or last.value > 94:
        return None
    return Finding(
        _of(seen, {best.observation, last.observation}), f"SpO2 {_n(best.value)} % → {_n(last.value)} %"
    )


def _systolic_trend(seen: Seen) -> Finding | None:
    points = _series(seen, "systolic", 365 * DAY)
    pairs: list[Point] = [(p.at, p.value) for p in points]
    days = by_day(pairs)
    slope = slope_a_month(pairs) if len(days) >= 4 else None
    if slope is None or (days[-1][0] - days[0][0]).days < 30:
        return None
    last = sum(value for _, value in days[-2:]) / 2
    rises = slope >= 4 and last >= 140
    falls = slope <= -4 and last < 100
    if not (rises or falls):
        return None
    text = f"{_n(days[0][1])} → {_n(days[-1][1])} mm[Hg], {slope:+.0f} / 30 d"
    return Finding(_of(seen, {p.observation for p in points}), text)


def _weight_gain(seen: Seen) -> Finding | None:
    if not any(code.startswith(("I50", "I11.0", "I13.0", "I13.2")) for code in seen.problems):
        return None
    points = _series(seen, "weight", 3 * DAY)
    if len(points) < 2:
        return None
    last = points[-1]
    low = min(points[:-1], key=lambda p: (p.value, p.at))
    if last.value - low.value < 2:
        return None
    return Finding(_of(seen, {low.observation, last.observation}), f"{_n(low.value)} → {_n(last.value)} kg")


# growth ---------------------------------------------------------------------------------------------------------------


def lines_crossed(before: Decimal, after: Decimal) -> int:
    """How many of the lines -3 … 3 of a growth chart a fall from one z-score to another crosses."""
    return sum(1 for line in range(-3, 4) if after < line <= before)


def _growth_faltering(seen: Seen) -> Finding | None:
    kind = seen.scores.get("weight_for_age")
    if kind is None or seen.who.birth_date is None:
        return None
    scored = _z_over(kind, seen)
    if len(scored) < 2:
        return None
    last = scored[-1]
    best = max(scored[:-1], key=lambda r: (r.value or Decimal(0), r.at))
    if best.value is None or last.value is None or lines_crossed(best.value, last.value) < 2:
        return None
    return Finding(_of(seen, {*best.evidence, *last.evidence}), f"z {best.value} → {last.value}")


def _z_over(kind: ScoreKind, seen: Seen) -> list[Result]:
    """The plausible z-scores of a year, each on the day of its weight, oldest first."""
    codes = {code for one in kind.inputs for code in one.codes}
    year = sorted(
        (o for o in seen.since(365 * DAY) if o.code.code in codes), key=lambda o: (o.effective_at, o.id)
    )
    results = (compute(kind, seen.who, (o,), o.effective_at) for o in year)
    return [r for r in results if r.value is not None and r.band is not None]


def _result_out_of_range(seen: Seen) -> Finding | None:
    """All of a laboratory that is outside of its range and came in that time: one alert to be seen and answered."""
    found = tuple(
        o
        for o in sorted(seen.since(30 * DAY), key=lambda o: (o.effective_at, o.id))
        if o.category == "laboratory" and o.side
    )
    newest = [_said(o) for o in reversed(found)][:SAID]
    more = f" (+{len(found) - SAID})" if len(found) > SAID else ""
    return Finding(found, ", ".join(newest) + more) if found else None


def _said(observation: Observation) -> str:
    value, arrow = observation.value, {"low": " ↓", "high": " ↑"}.get(observation.side, "")
    shown = observation.text if value is None else f"{_n(value.value)} {value.unit}".strip()
    return f"{observation.code.display} {shown}{arrow}"


RULES = (
    Rule("news2-high", 1, "NEWS2 7 or more", "high", 15, DAY, "RCP 2017: emergency response at 7 or more", _news2_high),
    Rule(
        "news2-urgent", 1, "NEWS2 5 or 6", "moderate", 60, DAY, "RCP 2017: urgent response at 5 or 6", _news2_urgent,
    ),
    Rule(
        "news2-single", 1, "One vital sign scores 3", "moderate", 60, DAY,
        "RCP 2017: urgent review when one parameter scores 3", _news2_single,
    ),
    Rule(
        "news2-rise", 1, "NEWS2 rose by 2 or more in a day", "moderate", 60, DAY,
        "Clinic rule: the RCP asks for a look at every rise and names no number", _news2_rise,
    ),
    Rule(
        "spo2-drop", 1, "Oxygen saturation fell by 4 or more", "high", 30, DAY,
        "Clinic rule: 4 points within a day, to 94 or under", _spo2_drop,
    ),
    Rule(
        "systolic-trend", 1, "Blood pressure changes from visit to visit", "low", 3 * 24 * 60, 30 * DAY,
        "Clinic rule on a Theil-Sen slope (Sen 1968): 4 mm[Hg] a month over 4 days or more, to 140 or under 100", _systolic_trend,
    ),
    Rule(
        "weight-gain", 1, "2 kg or more in 3 days, with heart failure", "high", 4 * 60, 3 * DAY,
        "ESC heart failure guideline 2021, table on self-care: more than 2 kg in 3 days", _weight_gain,
    ),
    Rule(
        "growth-faltering", 1, "Weight for age fell across two lines", "moderate", 24 * 60, 30 * DAY,
        "WHO Training course on child growth assessment, 2008: crossing z-score lines", _growth_faltering,
    ),
    Rule(
        "result-out-of-range", 1, "A result is outside of its range", "moderate", 24 * 60, 30 * DAY,
        "Clinic rule on the range the laboratory gave: whoever ordered it may be away, somebody has to see it",
        _result_out_of_range,
    ),
)  # fmt: skip
BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class _Measured:
    at: datetime
    value: Decimal
    observation: FactId


_READS = {one.key: one for kind in (BMI, NEWS2) for one in kind.inputs}


def _series(seen: Seen, key: str, ago: timedelta) -> list[_Measured]:
    """The values of one input since then, oldest first, in the input's unit; unreadable ones are left out."""
    one, found = _READS[key], []
    for observation in sorted(seen.since(ago), key=lambda o: (o.effective_at, o.id)):
        taken = newest((one,), (observation,), observation.effective_at)[0].get(key)
        if taken is not None and taken.value is not None:
            found.append(_Measured(taken.at, taken.value, taken.observation))
    return found


def _of(seen: Seen, ids: Iterable[FactId]) -> tuple[Observation, ...]:
    wanted = set(ids)
    return tuple(
        sorted((o for o in seen.observations if o.id in wanted), key=lambda o: (o.effective_at, o.id))
    )


def _n(value: Decimal) -> str:
    """A number as written, without zeros at its end."""
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
