# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules, the strongest first: each is data (severity, window, threshold, source) and one pure look at the audit.

Sources name what a rule follows; a number without a source is the clinic's own and says so. What is not known (a chart that is
not here, opening hours nobody set, too short a history to compare with) accuses nobody.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from clinic.domain.ids import DeviceId, PatientId, UserId
from clinic.domain.misuse.seen import CARRIES_OUT, Act, Seen

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BREAKS_GLASS = frozenset({"break glass", "break-glass"})
HISTORY = 28 * DAY
"""How far back a burst is compared with what the same person did before."""
LEAST_HISTORY = 5
"""Days on which somebody opened charts, before her usual number is known."""
TIMES_USUAL = 3


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule found: whose acts, on which chart ('' for several), on which device if nobody's; `key` sets it apart."""

    acts: tuple[Act, ...]
    user: UserId
    patient: PatientId
    device: DeviceId
    key: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`window` and `threshold` mean what the title says of them; `counted`: it takes `threshold` acts to make a case."""

    id: str
    version: int
    title: str
    severity: str
    window: timedelta
    threshold: int
    source: str
    look: Callable[["Rule", Seen], Iterable[Case]]
    counted: bool = False

    @property
    def stamp(self) -> str:
        return f"{self.id}/{self.version}"


# one chart, one person, one day ---------------------------------------------------------------------------------------


def _no_relation(rule: Rule, seen: Seen) -> Iterator[Case]:
    """Read without a visit, appointment, task or word of one's own within the window on either side."""
    found = seen.judged(lambda act: act.reads and bool(act.user), settled=True)
    return _by_day(seen, (act for act in found if not seen.related(act, rule.window)))


def _family(_rule: Rule, seen: Seen) -> Iterator[Case]:
    """A family name in common that few here bear, or the same address."""

    def alike(act: Act) -> bool:
        me, chart = seen.staff.get(act.user), seen.charts.get(act.patient)
        if not act.reads or me is None or chart is None or me.same_person(chart.who):
            return False
        names = (me.family & chart.who.family) - seen.common
        return bool(names) or bool(me.address and me.address == chart.who.address)

    return _by_day(seen, seen.judged(alike))


def _own(_rule: Rule, seen: Seen) -> Iterator[Case]:
    return _by_day(seen, seen.judged(lambda act: act.reads and _is(seen, act.user, act.patient)))


def _coworker(rule: Rule, seen: Seen) -> Iterator[Case]:
    """The chart of somebody who works here, by a colleague who does not treat her."""

    def works_here(act: Act) -> bool:
        return any(_is(seen, user, act.patient) for user in seen.staff if user != act.user)

    found = seen.judged(lambda act: act.reads and bool(act.user) and works_here(act), settled=True)
    apart = (act for act in found if not seen.related(act, rule.window))
    return _by_day(seen, (act for act in apart if not _is(seen, act.user, act.patient)))


def _flagged(rule: Rule, seen: Seen) -> Iterator[Case]:
    """A watched chart, by somebody who does not treat the patient."""

    def watched(act: Act) -> bool:
        chart = seen.charts.get(act.patient)
        return act.reads and bool(act.user) and chart is not None and chart.flagged

    found = seen.judged(watched, settled=True)
    return _by_day(seen, (act for act in found if not seen.related(act, rule.window)))


def _after_hours(rule: Rule, seen: Seen) -> Iterator[Case]:
    """While the clinic is closed, by somebody with no reason of that day: a night on call is not out of hours."""
    hours = seen.hours
    if hours is None:
        return iter(())

    def late(act: Act) -> bool:
        return act.reads and bool(act.user) and not hours.at(act.at.astimezone(seen.zone))

    found = seen.judged(late, settled=True)
    return _by_day(seen, (act for act in found if not seen.related(act, rule.window)))


def _refused(rule: Rule, seen: Seen) -> Iterator[Case]:
    """Read while a refusal of treatment stands, later than it takes to write it down."""

    def against(act: Act) -> bool:
        chart = seen.charts.get(act.patient)
        spans = chart.refused if chart is not None else ()
        return act.reads and any(since + rule.window < act.at < until for since, until in spans)

    return _by_day(seen, seen.judged(against))


# many ------------------------------------------------------------------------------------------------------------------


def _burst(rule: Rule, seen: Seen) -> Iterator[Case]:
    """Charts in a day: at least the threshold, and three times what the same person usually opens on a day she works."""
    days: dict[UserId, dict[date, list[Act]]] = {}
    for act in seen.acts:
        if act.reads and act.user:
            days.setdefault(act.user, {}).setdefault(seen.day(act.at), []).append(act)
    for user, of_days in days.items():
        for day, acts in of_days.items():
            judged = tuple(act for act in acts if act.at >= seen.since)
            before = [_charts(of) for other, of in of_days.items() if day - HISTORY <= other < day]
            usual = median(before) if len(before) >= LEAST_HISTORY else None
            if judged and usual is not None and _charts(acts) >= max(rule.threshold, TIMES_USUAL * usual):
                yield Case(tuple(acts), user, PatientId(""), DeviceId(""), day.isoformat())


def _export_burst(rule: Rule, seen: Seen) -> Iterator[Case]:
    """As many charts carried out within the window."""

    def out(act: Act) -> bool:
        return act.action in CARRIES_OUT and act.reads and bool(act.user)

    for (user, day), acts in _grouped(seen, seen.judged(out), lambda act: act.user):
        found = _close_together(
            acts, rule.window, rule.threshold, lambda some: len({a.patient for a in some})
        )
        if found:
            yield Case(found, UserId(user), PatientId(""), DeviceId(""), day)


def _failed_unlocks(rule: Rule, seen: Seen) -> Iterator[Case]:
    """Tries to get in that failed, on one device, whoever tried: it accuses nobody."""
    failed = seen.judged(lambda act: act.action == "failed unlock")
    for (device, day), acts in _grouped(seen, failed, lambda act: act.device):
        found = _close_together(acts, rule.window, rule.threshold, len)
        if found:
            yield Case(found, UserId(""), PatientId(""), DeviceId(device), day)


def _denied(rule: Rule, seen: Seen) -> Iterator[Case]:
    denied = seen.judged(lambda act: act.outcome == "denied" and bool(act.user))
    for (user, day), acts in _grouped(seen, denied, lambda act: act.user):
        found = _close_together(acts, rule.window, rule.threshold, len)
        if found:
            yield Case(found, UserId(user), PatientId(""), DeviceId(""), day)


def _glass(rule: Rule, seen: Seen) -> Iterator[Case]:
    """A break-glass event that nobody has judged in time."""
    for act in seen.judged(lambda act: act.action in BREAKS_GLASS and act.outcome == "success"):
        if act.entry not in seen.reviewed and seen.now - act.at > rule.window:
            yield Case((act,), act.user, act.patient, DeviceId(""), act.entry)


# helpers ---------------------------------------------------------------------------------------------------------------


def _is(seen: Seen, user: UserId, patient: PatientId) -> bool:
    me, chart = seen.staff.get(user), seen.charts.get(patient)
    return me is not None and chart is not None and me.same_person(chart.who)


def _charts(acts: Iterable[Act]) -> int:
    return len({act.patient for act in acts})


def _by_day(seen: Seen, acts: Iterable[Act]) -> Iterator[Case]:
    """One case for a person, a chart and a day."""
    for (who, day), some in _grouped(seen, acts, lambda act: f"{act.user} {act.patient}"):
        assert who
        yield Case(tuple(some), some[0].user, some[0].patient, DeviceId(""), day)


def _grouped(
    seen: Seen, acts: Iterable[Act], by: Callable[[Act], str]
) -> Iterable[tuple[tuple[str, str], list[Act]]]:
    groups: dict[tuple[str, str], list[Act]] = {}
    for act in acts:
        groups.setdefault((by(act), seen.day(act.at).isoformat()), []).append(act)
    return groups.items()


def _close_together(
    acts: list[Act], window: timedelta, threshold: int, count: Callable[[list[Act]], int]
) -> tuple[Act, ...]:
    """The acts that lie in some window, as long as the rule's, in which `count` reaches the threshold."""
    found: set[int] = set()
    first = 0
    for last, act in enumerate(acts):
        while act.at - acts[first].at > window:
            first += 1
        if count(acts[first : last + 1]) >= threshold:
            found |= set(range(first, last + 1))
    return tuple(acts[n] for n in sorted(found))


_LIST = "Posta's list of misuse rules, after what hospitals' privacy monitoring looks for; the numbers are the clinic's own"
RULES = (
    Rule(
        "no-relation", 1, "Chart opened without a treatment relation", "moderate", 14 * DAY, 1,
        f"{_LIST}: no appointment, encounter or task within 14 days", _no_relation,
    ),
    Rule(
        "same-family", 1, "Same family name or address", "moderate", DAY, 1,
        f"{_LIST}: a name that more than 1 in 50 people here bear says nothing", _family,
    ),
    Rule("own-chart", 1, "Own chart", "moderate", DAY, 1, f"{_LIST}: by DNI, else by the whole name", _own),
    Rule("co-worker", 1, "Chart of a colleague", "high", DAY, 1, f"{_LIST}: no reason of that day", _coworker),
    Rule("watched-chart", 1, "Watched chart", "high", DAY, 1, f"{_LIST}: no reason of that day", _flagged),
    Rule(
        "after-hours", 1, "Opened while the clinic is closed", "low", DAY, 1,
        f"{_LIST}: hours are the policy of the organisation", _after_hours,
    ),
    Rule(
        "many-charts", 1, "Far more charts than usual", "moderate", DAY, 20,
        f"{_LIST}: 20 in a day and three times the own median of 28 days, of which 5 at work", _burst, counted=True,
    ),
    Rule(
        "many-exports", 1, "Many charts printed or exported", "high", HOUR, 10,
        f"{_LIST}: 10 people within an hour", _export_burst, counted=True,
    ),
    Rule(
        "unreviewed-glass", 1, "Break-glass without a review", "high", 72 * HOUR, 1,
        "Posta's rule of trust: somebody else reviews it within 72 hours", _glass,
    ),
    Rule(
        "refused-then-read", 1, "Opened after consent was withdrawn", "high", HOUR, 1,
        f"{_LIST}: later than an hour after it, while it stands", _refused,
    ),
    Rule(
        "failed-unlocks", 1, "Many failed tries to get in", "moderate", 15 * MINUTE, 5,
        "Clinic rule: 5 within 15 minutes on one computer", _failed_unlocks, counted=True,
    ),
    Rule(
        "many-denied", 1, "Many denied attempts", "moderate", HOUR, 5,
        "Clinic rule: 5 within an hour by one person", _denied, counted=True,
    ),
)  # fmt: skip
BY_ID = {rule.id: rule for rule in RULES}
