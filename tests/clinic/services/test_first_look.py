# SPDX-License-Identifier: GPL-3.0-or-later
"""A new computer is of use at once: today's people first, all else in its order afterwards, nothing twice and nothing lost."""

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from clinic.domain.clock import CentreClock
from clinic.domain.facts import AllergyIntolerance, Communication, Gender, Receipt
from clinic.domain.ids import FactId, PatientId, ScopeId
from clinic.domain.values import Coding, HumanName
from clinic.protocol.recent import RecentPart, RecentPull
from clinic.protocol.sync import Fault, FaultNumber
from clinic.services import first_look, people, receipts
from clinic.services.background import record_allergy
from clinic.services.desks import Desk
from clinic.services.first_look import Look
from clinic.services.link import Taken, exchange, exchange_now, remote_of, with_remote
from clinic.services.messages import send_message
from clinic.services.streaming import Stream
from clinic.services.syncing import sync_status
from clinic.sync.settled import state_hash
from clinic.transport.http import RefusedByServer, Remote
from tests.clinic.services.conftest import Town, start_server

PENICILLIN = Coding(system="http://snomed.info/sct", code="764146007", display="Penicillin")
LONG_AGO_US = 200 * 24 * 3600 * 1_000_000


def somebody(desk: Desk, family: str) -> PatientId:
    return people.register(
        desk, HumanName(family=family, given=("Rosa",)), date(1970, 1, 1), Gender.FEMALE, ""
    )


def say(desk: Desk, *patients: PatientId) -> None:
    """Something of no urgency about each, and an exchange."""
    for patient in patients:
        name, at = FactId(desk.new_id()), desk.clock.now()
        desk.write(Communication(id=name, patient=patient, sent_at=at, sender="u", text=f"about {patient}"))
    exchange_now(desk)


def years_pass(town: Town) -> None:
    """All that the centre holds came long ago."""
    town.server.terminate()
    town.server.wait(10)
    assert town.server.stdout is not None
    town.server.stdout.close()
    with closing(sqlite3.connect(town.folder / "server" / "server.db")) as raw:
        raw.execute("UPDATE envelopes SET received_at = received_at - ?", (LONG_AGO_US,))
        raw.commit()
    town.server, _ = start_server(town.folder / "server", town.url.rsplit(":", 1)[1])


def one_exchange(desk: Desk) -> Taken:
    async def on_store(act):  # type: ignore[no-untyped-def]
        return act()

    async def once(remote: Remote) -> Taken:
        return await exchange(desk, remote, 65_536, on_store, CentreClock(desk.clock), Stream(desk.clock))

    return with_remote(remote_of(desk), once)


def texts(desk: Desk, patient: PatientId) -> list[str]:
    ops = desk.book.read(lambda page: tuple(page.ops(patient)))
    return [op.fact.text for op in ops if isinstance(op.fact, Communication)]


def held(desk: Desk, *patients: PatientId) -> list[bytes]:
    return [state_hash(desk.book.read(lambda page, one=one: tuple(page.ops(one)))) for one in patients]  # type: ignore[misc]


@pytest.fixture(scope="module")
def two(town: Town) -> tuple[PatientId, PatientId]:
    """Somebody who is here today and somebody who came long ago, who has an allergy; both with a long history."""
    near, far = somebody(town.desk, "Ledesma"), somebody(town.desk, "Sosa")
    for _ in range(3):
        say(town.desk, near, far)
    record_allergy(town.desk, PENICILLIN, far)
    send_message(town.desk, near, "¿Cómo sigue?")
    say(town.desk, near)
    years_pass(town)
    say(town.desk, near)
    return near, far


def test_today_comes_first_and_everything_comes(town: Town, two: tuple[PatientId, PatientId]) -> None:
    near, far = two
    new = town.enrol("Omar Sosa")
    one_exchange(new)
    assert first_look.due(new) == Look(1)
    assert people.person(new, near).name.family == "Ledesma"
    assert "¿Cómo sigue?" in texts(new, near)
    assert len(texts(new, near)) == 5 < len(texts(town.desk, near)), (
        "the beginning, what is pressing, today's"
    )
    assert len(texts(new, far)) <= 1 < len(texts(town.desk, far)), (
        "an envelope came with the exchange before the look"
    )
    assert [one.substance for one in new.book.read(lambda page: page.facts(AllergyIntolerance, far))] == [
        PENICILLIN
    ]
    status = sync_status(new)
    assert (status.catching_up, status.withheld, status.quarantined) == (True, 0, 0)
    exchange_now(new)
    assert held(new, near, far) == held(town.desk, near, far)
    status = sync_status(new)
    assert (status.catching_up, status.withheld, status.quarantined) == (False, 0, 0)
    assert first_look.due(new) is None
    received = status.received
    exchange_now(new)
    assert sync_status(new).received == received


def test_that_they_have_arrived_is_told_once_everything_has(
    town: Town, two: tuple[PatientId, PatientId]
) -> None:
    near = somebody(town.desk, "Ríos")
    send_message(town.desk, near, "¿Y hoy?")
    exchange_now(town.desk)
    new = town.enrol("Inés Paz")

    def told() -> int:
        return len(
            new.book.read(
                lambda page: [one for one in page.facts(Receipt, near) if one.reader == new.someone.user]
            )
        )

    stop = receipts.watch(new)
    one_exchange(new)
    assert "¿Y hoy?" in texts(new, near) and sync_status(new).catching_up
    assert told() == 0
    exchange_now(new)
    assert not sync_status(new).catching_up and told() == 1
    stop()


def test_an_older_centre_ends_the_look_and_everything_comes(
    town: Town, two: tuple[PatientId, PatientId], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(self: Remote, pull: RecentPull) -> RecentPart:
        raise RefusedByServer(Fault(number=int(FaultNumber.NOT_FOUND), sentence=""), {})

    monkeypatch.setattr(Remote, "recent", unknown)
    new = town.enrol("Vera Luna")
    assert first_look.due(new) == Look(0)
    one_exchange(new)
    assert first_look.due(new) is None
    exchange_now(new)
    assert held(new, *two) == held(town.desk, *two)


def test_a_look_goes_on_where_it_ended() -> None:
    begun = Look(0).after(RecentPart(scope=ScopeId("p:1"), seq=4, more=True))
    assert begun == Look(0, ScopeId("p:1"), 4)
    assert begun.after(RecentPart()) == Look(1)
    assert Look(1).after(RecentPart()) is None


@pytest.mark.parametrize("place", [("p:1", 4), ("p:1", 3), ("p:0", 9), ("p:2", 2**62)])
def test_a_centre_that_leads_nowhere_ends_it(place: tuple[str, int]) -> None:
    scope, seq = place
    assert Look(0, ScopeId("p:1"), 4).after(RecentPart(scope=ScopeId(scope), seq=seq, more=True)) is None


def test_only_a_new_computer_looks(town: Town, two: tuple[PatientId, PatientId]) -> None:
    assert first_look.due(town.desk) is None and first_look.due(town.kiosk) is None
