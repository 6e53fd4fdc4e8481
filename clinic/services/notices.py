# SPDX-License-Identifier: GPL-3.0-or-later
"""The same-day notice: somebody who does not see the patient today opened, printed or exported a chart of my team.

It accuses nobody, and it is only told: to the team's members, but not to who did it, on the day itself. That somebody of
another team broke the glass is told for a week, so that who was away hears it too.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from clinic.domain.ids import PatientId, UserId
from clinic.domain.misuse.seen import Act, Charted
from clinic.keys.rights import Action
from clinic.services.acted import DAY, acts_between, charts_on
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.glass_word import TOLD_FOR, words_on
from clinic.services.people import PersonLine, person_on
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

TOLD = frozenset({"open", "print", "export"})
MOST = 20
_SEEN = "notices seen "


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person did with one chart today: the last of `times` such acts. `key` names it until she does more.
    `action`: of the audit, or GLASS_SUMMARY, GLASS_CHART."""

    key: str
    at: datetime
    name: str
    action: str
    person: PersonLine
    times: int
    reason: str = ""
    """Why, where it was asked."""


@needs(Action.OPEN_CHART)
def notices(desk: Desk) -> tuple[Notice, ...]:
    """Those of today that were not put away, the newest first. None for who is not of the team."""
    me = desk.someone.user
    if me not in desk.trust.members(desk.team):
        return ()
    return desk.book.read(lambda page: _notices(desk, page, me))


@needs(Action.OPEN_CHART)
def dismiss(desk: Desk, key: str) -> None:
    """Put one away, on this computer, for whoever is here."""
    me = desk.someone.user

    def put(page: WritePage) -> tuple[None, Changes]:
        now = desk.clock.now()
        today = {acts[-1].entry for acts in _groups(page, me, now)}
        today |= {one.id for one in words_on(page, now - TOLD_FOR)}
        kept = (_dismissed(page, me) | {key}) & today
        page.put_meta(f"{_SEEN}{me}", json.dumps(sorted(kept)).encode())
        return None, Changes(frozenset({"AuditEvent"}), frozenset())

    desk.book.write(put)


def _notices(desk: Desk, page: Page, me: UserId) -> tuple[Notice, ...]:
    now, away = desk.clock.now(), _dismissed(page, me)
    made = [one for one in _glass(page, me, now) if one.key not in away]
    made += islice(_strange_ones(page, me, now, away), MOST)
    return tuple(sorted(made, key=lambda one: one.at, reverse=True))[:MOST]


def _groups(page: Page, me: UserId, now: datetime) -> list[list[Act]]:
    """What each of the others did with each chart today, the newest first."""
    midnight = _midnight(now)
    acts = [act for act in acts_between(page, midnight, midnight + DAY) if _others(act, me)]
    return sorted(_together(acts), key=lambda some: some[-1].at, reverse=True)


def _strange_ones(page: Page, me: UserId, now: datetime, away: frozenset[str]) -> Iterator[Notice]:
    """The newest first; a chart is looked at only when its turn comes, for few are told of."""
    midnight = _midnight(now)
    for acts in _groups(page, me, now):
        last = acts[-1]
        if last.entry not in away:
            chart = charts_on(page, acts, now).get(last.patient)
            if _strange(last, chart, midnight):
                yield _notice(page, acts)


def _midnight(now: datetime) -> datetime:
    return now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)


def _glass(page: Page, me: UserId, now: datetime) -> Iterable[Notice]:
    """Word of summaries and charts of patients who are here, so that they are this team's."""
    for one in words_on(page, now - TOLD_FOR):
        patient = page.linked_to(one.about) or one.about
        if one.concerns != me and page.person(patient) is not None:
            what = one.rule.partition("/")[0]
            person = person_on(page, patient)
            yield Notice(one.id, one.identified_at, one.concerns_name, what, person, 1, one.reason)


def _others(act: Act, me: UserId) -> bool:
    return act.action in TOLD and act.reads and bool(act.user) and act.user != me


def _strange(act: Act, chart: Charted | None, midnight: datetime) -> bool:
    """True if nothing of that day gives that person a reason; a chart that is not here is nobody's business."""
    start, end = midnight.astimezone(UTC), midnight.astimezone(UTC) + DAY
    return chart is not None and not any(
        tie.user in ("", act.user) and tie.since < end and tie.until >= start for tie in chart.ties
    )


def _together(acts: Iterable[Act]) -> Iterable[list[Act]]:
    """By person and chart."""
    groups: dict[tuple[UserId, PatientId], list[Act]] = {}
    for act in acts:
        groups.setdefault((act.user, act.patient), []).append(act)
    return groups.values()


def _notice(page: Page, acts: list[Act]) -> Notice:
    last = acts[-1]
    return Notice(last.entry, last.at, last.name, last.action, person_on(page, last.patient), len(acts))


def _dismissed(page: Page, me: UserId) -> frozenset[str]:
    kept = page.meta(f"{_SEEN}{me}")
    return frozenset(json.loads(kept)) if kept else frozenset()
