# SPDX-License-Identifier: GPL-3.0-or-later
"""The running connection: what is written leaves by itself, letters arrive, a dead server is only a pause."""

import asyncio
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from queue import Queue
from typing import Any
from unittest.mock import patch

import pytest

from clinic.calls.relays import NONE_S, Leave
from clinic.domain.facts import Gender
from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.values import HumanName
from clinic.protocol.letters import Letter, QueuePlace
from clinic.protocol.sync import SyncRequest, SyncResponse
from clinic.services import people
from clinic.services.desks import Desk
from clinic.services.link import Link, authority_text, exchange_now
from clinic.services.messages import add_photo, send_message
from clinic.store.page import CURSOR_SUM
from clinic.store.rows import Changes
from clinic.sync.exchange import cursor_sum
from clinic.sync.status import SyncStatus
from clinic.transport.http import Remote
from sync_server.relay import credential
from tests.clinic.services.conftest import Town, start_server

WAIT_S = 60.0


class Heard:
    """What a link called back; waiting is for a condition, never for a time."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.statuses: list[SyncStatus] = []
        self.online = False
        self._changed = threading.Condition()

    def letter(self, letter: Letter) -> None:
        self._note(lambda: self.letters.append(letter))

    def status(self, status: SyncStatus) -> None:
        self._note(lambda: self.statuses.append(status))

    def state(self, online: bool) -> None:
        def note() -> None:
            self.online = online

        self._note(note)

    def _note(self, act: Callable[[], None]) -> None:
        with self._changed:
            act()
            self._changed.notify_all()

    def until(self, holds: Callable[["Heard"], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: holds(self), WAIT_S)


@contextmanager
def linked(desk: Desk) -> Iterator[tuple[Link, Heard]]:
    heard = Heard()
    link = Link(desk, on_status=heard.status, on_letter=heard.letter, on_online=heard.state)
    link.start()
    try:
        assert heard.until(lambda h: h.online)
        yield link, heard
    finally:
        link.stop()


def test_a_letter_reaches_the_kiosk_and_only_sealed(town: Town) -> None:
    town.sync()  # the desk has heard of the kiosk
    with linked(town.desk) as (desk, _), linked(town.kiosk) as (_kiosk, heard):
        desk.post(
            town.kiosk.device,
            QueuePlace(encounter=EncounterId("e"), place=2, wait_minutes=9, status="triaged"),
        )
        assert heard.until(lambda h: bool(h.letters))
        assert heard.letters[0].sender == town.desk.device
        assert heard.letters[0].content == QueuePlace(
            encounter=EncounterId("e"), place=2, wait_minutes=9, status="triaged"
        )


def test_what_is_written_here_appears_on_the_other_computer(town: Town) -> None:
    with linked(town.desk) as (_, mine), linked(town.station):
        changed = threading.Condition()
        arrived: set[PatientId] = set()

        def note(changes: Changes) -> None:
            with changed:
                arrived.update(changes.patients)
                changed.notify_all()

        stop = town.station.listen(note)
        patient = people.register(
            town.desk, HumanName(family="Ledesma", given=("Rosa",)), date(1970, 1, 1), Gender.FEMALE, ""
        )
        with changed:
            assert changed.wait_for(lambda: patient in arrived, WAIT_S)
        stop()
        assert people.person(town.station, patient).name.family == "Ledesma"
        assert mine.until(
            lambda h: bool(h.statuses) and h.statuses[-1].waiting == 0 and h.statuses[-1].acknowledged > 0
        )


def test_cursors_that_were_summed_wrongly_are_named_once_and_then_agree(town: Town) -> None:
    """As after a salvage, or an older program on the same book: the centre compares, and both go on with what lies here."""
    people.register(
        town.station, HumanName(family="Sosa", given=("Ema",)), date(1960, 1, 1), Gender.FEMALE, ""
    )
    for desk in (town.station, town.desk, town.desk):
        exchange_now(desk)
    right = town.desk.book.read(lambda page: page.cursor_sum())
    assert right == cursor_sum(town.desk.book.read(lambda page: page.cursors())) != cursor_sum({})
    town.desk.book.keep(lambda page: page.put_meta(CURSOR_SUM, b"wrong" + bytes(11)))
    asked: list[SyncRequest] = []
    real = Remote.sync

    async def noting(self: Remote, request: SyncRequest, *rest: Any) -> SyncResponse:
        asked.append(request)
        return await real(self, request, *rest)

    with patch.object(Remote, "sync", noting):
        for _ in range(3):
            exchange_now(town.desk)
    assert [one.all_cursors for one in asked] == [False, True, *[False] * (len(asked) - 2)]
    assert asked[0].cursors == asked[-1].cursors == ()
    assert town.desk.book.read(lambda page: page.cursor_sum()) == right == asked[-1].cursor_digest


def test_work_goes_on_without_the_server_and_leaves_when_it_is_back(town: Town) -> None:
    with linked(town.desk) as (_, heard):
        port = town.url.rsplit(":", 1)[1]
        town.server.kill()
        town.server.wait()
        assert town.server.stdout is not None
        town.server.stdout.close()
        assert heard.until(lambda h: not h.online)
        people.register(
            town.desk, HumanName(family="Sosa", given=("Hugo",)), date(1961, 5, 4), Gender.MALE, ""
        )
        assert heard.until(lambda h: bool(h.statuses) and h.statuses[-1].waiting > 0)
        town.server, url = start_server(town.folder / "server", port)
        assert url == town.url
        assert heard.until(lambda h: h.online and h.statuses[-1].waiting == 0)


def test_a_photo_that_does_not_get_through_holds_up_no_record(
    town: Town, jpeg: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = threading.Event()

    async def never(remote: Remote, name: str, sealed: bytes) -> None:
        stuck.set()
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(Remote, "put_attachment", never)
    patient = people.register(
        town.desk, HumanName(family="Vera", given=("Inés",)), date(1980, 2, 2), Gender.FEMALE, ""
    )
    with linked(town.desk) as (_, heard):
        add_photo(town.desk, patient, jpeg(), "rash")
        assert stuck.wait(WAIT_S)
        send_message(town.desk, patient, "¿Cómo sigue?")
        assert heard.until(lambda h: bool(h.statuses) and h.statuses[-1].waiting == 0)
        acknowledged = heard.statuses[-1].acknowledged
        send_message(town.desk, patient, "Avise, por favor.")
        assert heard.until(lambda h: h.statuses[-1].acknowledged > acknowledged)


def test_leave_for_the_relay_is_asked_of_the_centre_and_nobody_waits_for_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: Queue[Leave | None] = Queue()

    def again() -> None:
        town.server, _ = start_server(town.folder / "server", town.url.rsplit(":", 1)[1])
        assert heard.until(lambda h: h.online)

    def cut() -> None:
        end_server(town.server)
        assert heard.until(lambda h: not h.online)

    with linked(town.desk) as (link, heard):
        link.ask_relay(answers.put)
        assert answers.get(timeout=WAIT_S) == Leave(seconds=NONE_S), "this centre has no relay"
        cut()
        link.ask_relay(answers.put)
        assert answers.get(timeout=1) is None, "where no centre is, nobody waits for a time-out"
        with monkeypatch.context() as having:
            having.setenv("POSTA_RELAY", "turn:relay.example:3478 turns:relay.example:443")
            having.setenv("POSTA_RELAY_SECRET", "s" * 40)
            again()
        link.ask_relay(answers.put)
        leave = answers.get(timeout=WAIT_S)
        assert leave is not None
        assert leave.seconds == 600
        assert [one.url for one in leave.servers] == ["turn:relay.example:3478", "turns:relay.example:443"]
        for one in leave.servers:
            assert one.credential == credential("s" * 40, one.username)
            assert one.authority == authority_text(town.desk)
        cut()
        again()
    link.ask_relay(answers.put)
    assert answers.empty()


def end_server(server: subprocess.Popen[str]) -> None:
    server.kill()
    server.wait()
    assert server.stdout is not None
    server.stdout.close()
