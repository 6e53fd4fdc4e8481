# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries, charts and people for the rules over the audit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from clinic.domain.ids import DeviceId, FactId, PatientId, UserId
from clinic.domain.misuse.rules import BY_ID, Case
from clinic.domain.misuse.seen import Act, Charted, Seen, Somebody, Tie

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
"""A Wednesday."""
NOON = NOW - timedelta(days=1)
HER, BEN, ZOE = PatientId("her"), UserId("ben"), UserId("zoe")
DAY, HOUR, MINUTE, TICK = (
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(microseconds=1),
)
_numbers = count()


def act(at: datetime = NOON, user: str = BEN, action: str = "open", patient: str = HER, **more: Any) -> Act:
    return Act(
        FactId(f"a{next(_numbers)}"), at, action, UserId(user), user.title(), PatientId(patient), DeviceId("desk"), **more
    )  # fmt: skip


def person(names: str = "rosa quispe", family: str = "quispe", dni: str = "", address: str = "") -> Somebody:
    return Somebody(frozenset(names.split()), frozenset(family.split()), dni, address)


def tie(since: datetime, until: datetime | None = None, user: str = BEN) -> Tie:
    return Tie(UserId(user), since, until or since)


SOMEBODY = Charted(person())


def seen(*acts: Act, chart: Charted | None = SOMEBODY, **more: Any) -> Seen:
    charts = {} if chart is None else {HER: chart}
    base = Seen(acts, charts, {BEN: person("ben acosta", "acosta")}, NOW, NOW - 90 * DAY)
    return replace(base, **more)


def found(rule: str, what: Seen) -> list[Case]:
    return list(BY_ID[rule].look(BY_ID[rule], what))
