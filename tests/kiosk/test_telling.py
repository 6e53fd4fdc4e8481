# SPDX-License-Identifier: GPL-3.0-or-later
"""When the desks hear how a kiosk stands."""

from dataclasses import replace

from clinic.sync.status import SyncStatus
from desktop.screens.kiosks import TROUBLES
from kiosk.health import Facts, troubles
from kiosk.telling import AGAIN_S, Told, looked
from tests.kiosk.test_staff import FACTS

WELL = Facts(
    now=FACTS.now, sync=SyncStatus(last_exchange_at=FACTS.now, online=True), version="1", disk_free=10**10,
    memory_free=10**9,
)  # fmt: skip


def test_it_is_said_once_and_again_when_it_changes() -> None:
    told, say = looked(Told(), ("clock",), 0.0, online=True)
    assert say
    told, say = looked(told, ("clock",), 60.0, online=True)
    assert not say
    told, say = looked(told, (), 120.0, online=True)
    assert say and told.troubles == ()


def test_who_came_later_hears_it_after_a_quarter_of_an_hour() -> None:
    told, _say = looked(Told(), (), 0.0, online=True)
    assert not looked(told, (), AGAIN_S - 1, online=True)[1]
    assert looked(told, (), AGAIN_S, online=True)[1]


def test_without_a_line_it_waits() -> None:
    told, say = looked(Told(), ("disk",), 0.0, online=False)
    assert not say
    assert looked(told, ("disk",), 60.0, online=True)[1]


def test_what_needs_somebody_has_words_at_the_desk() -> None:
    assert troubles(WELL) == ()
    bad = troubles(FACTS)
    assert {"sync", "clock", "disk", "camera", "printer", "restarts"} <= set(bad) <= set(TROUBLES)
    assert troubles(replace(FACTS, crashes=FACTS.crashes[:2])) == tuple(
        one for one in bad if one != "restarts"
    )
