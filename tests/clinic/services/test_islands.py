# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinic's own network with the centre gone: real homes, a real island, found by real multicast on loopback."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.facts import Communication, Gender
from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.values import HumanName
from clinic.keys.identity import DeviceKeys, device_id
from clinic.keys.islands import IslandRefused, organization_mark, sign_paper
from clinic.keys.sessions import certificate_mark
from clinic.protocol.codec import encode
from clinic.protocol.island import IslandPaper
from clinic.protocol.letters import Letter, QueuePlace
from clinic.services import people
from clinic.services.desks import Desk
from clinic.services.intake import arrive, claim, ready
from clinic.services.island_link import once
from clinic.services.islands import Lan, Network
from clinic.services.link import Link, exchange_now, sync_status
from clinic.services.messages import send_message
from clinic.services.organising import revoke
from clinic.services.serving import charter, serve_network, turned_away
from clinic.services.waiting import queue
from clinic.transport.lan import Announcer, Place
from tests.clinic.services.conftest import PASSWORD, Town, start_server

HERE = ("127.0.0.1",)
WAIT_S = 60.0
T = TypeVar("T")


@dataclass
class Heard:
    """What a link called back; waiting is for a condition, never for a time."""

    letters: list[Letter] = field(default_factory=list)
    networks: list[Network] = field(default_factory=lambda: [Network()])
    online: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, act: Callable[[], object]) -> None:
        with self.changed:
            act()
            self.changed.notify_all()

    def until(self, holds: Callable[["Heard"], object]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: holds(self), WAIT_S), (self.networks[-1], self.online)


@contextmanager
def linked(desk: Desk, at: str = "") -> Iterator[tuple[Link, Heard]]:
    heard = Heard()
    link = Link(
        desk,
        on_letter=lambda letter: heard.note(lambda: heard.letters.append(letter)),
        on_online=lambda online: heard.note(lambda: setattr(heard, "online", online)),
        on_network=lambda network: heard.note(lambda: heard.networks.append(network)),
        on_presence=lambda *_: heard.note(lambda: None),
        lan=Lan(at=at, addresses=HERE, finds=not at),
    )
    stop = desk.listen(lambda _changes: heard.note(lambda: None))
    link.start()
    try:
        yield link, heard
    finally:
        stop()
        link.stop()


def said(desk: Desk, patient: PatientId) -> list[str]:
    return sorted(one.text for one in desk.book.read(lambda page: page.facts(Communication, patient)))


def unsettled(desk: Desk) -> int:
    return desk.book.read(lambda page: page.outbox_left()[0])


def end_centre(town: Town) -> str:
    """As the internet goes; its port."""
    town.server.kill()
    town.server.wait()
    assert town.server.stdout is not None
    town.server.stdout.close()
    return town.url.rsplit(":", 1)[1]


def laid_down(folder: Path) -> list[tuple[str, int]]:
    """(device, number) of each envelope at a centre that has stopped, or an island."""
    with closing(sqlite3.connect(f"file:{folder / 'server.db'}?mode=ro", uri=True)) as book:
        return sorted(book.execute("SELECT device, env_no FROM envelopes"))


def numbers_of(desk: Desk, laid: list[tuple[str, int]]) -> list[int]:
    return [number for device, number in laid if device == desk.device]


async def on_store(act: Callable[[], T]) -> T:
    return act()


@pytest.fixture(scope="module", autouse=True)
def quick_look() -> Iterator[None]:
    """Nobody waits long for a centre that is gone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clinic.services.islands.LOOK_AFTER_S", 0.2)
        patch.setattr("clinic.services.islands.FERRY_S", 0.5)
        yield


@pytest.fixture(autouse=True)
def nobody_serves_for_ever(town: Town) -> Iterator[None]:
    """A desk that serves is online by itself: the next test begins without."""
    yield
    for one in (town.desk, town.station):
        serve_network(one, False)


@pytest.fixture(scope="module")
def colleague(town: Town) -> Desk:
    """At a second desktop of the team."""
    return town.enrol("Enf. Juan Soto")


def known_to_both(town: Town, family: str) -> PatientId:
    """Somebody whom every desktop knows before the centre is gone."""
    patient = people.register(
        town.desk, HumanName(family=family, given=("Rosa",)), date(1970, 1, 1), Gender.FEMALE, ""
    )
    send_message(town.desk, patient, "antes")
    for _ in range(2):
        town.sync()
    return patient


def until(holds: Callable[[], object], what: str) -> None:
    """For what nobody tells of."""
    for _ in range(int(10 * WAIT_S)):
        if holds():
            return
        threading.Event().wait(0.1)
    pytest.fail(what)


def test_a_day_without_internet_and_the_evening_after(town: Town, colleague: Desk) -> None:
    desk, kiosk, patient = town.desk, town.kiosk, known_to_both(town, "Ledesma")
    port = end_centre(town)
    serve_network(desk, True)
    with linked(desk) as (mine, at_desk), linked(colleague) as (theirs, at_colleague):
        with linked(kiosk) as (kiosks, at_kiosk):
            for heard in (at_colleague, at_kiosk):
                heard.until(lambda h: h.networks[-1].through == desk.device_name and h.online)
            at_desk.until(
                lambda h: h.networks[-1].serves and h.networks[-1].beside == ("Enf. Juan Soto", "Quebracho")
            )

            # records, both ways, and what a patient says at the kiosk
            send_message(desk, patient, "del consultorio")
            send_message(colleague, patient, "de la colega")
            at_colleague.until(
                lambda h: said(colleague, patient) == ["antes", "de la colega", "del consultorio"]
            )
            at_desk.until(lambda h: said(desk, patient) == ["antes", "de la colega", "del consultorio"])
            visit = arrive(kiosk, claim(kiosk, "30111222", date(1981, 2, 3)), "es")
            ready(kiosk, visit)
            for one, heard in ((desk, at_desk), (colleague, at_colleague)):
                heard.until(lambda h, one=one: any(w.encounter.id == visit.encounter for w in queue(one)))  # type: ignore[misc]

            # nothing of it counts as settled
            assert unsettled(desk) and unsettled(colleague) and unsettled(kiosk)
            assert sync_status(kiosk).waiting > 0

            # letters, so that a call can ring
            mine.post(
                kiosk.device,
                QueuePlace(encounter=EncounterId("e"), place=2, wait_minutes=9, status="triaged"),
            )
            at_kiosk.until(lambda h: [one.sender for one in h.letters] == [desk.device])
            kiosks.post(
                colleague.device, QueuePlace(encounter=EncounterId("f"), place=1, wait_minutes=1, status="x")
            )
            at_colleague.until(lambda h: [one.sender for one in h.letters] == [kiosk.device])
            assert mine.is_present(kiosk.device) and theirs.is_present(desk.device)

        # the evening: the centre is back, the kiosk is off and never comes to it itself
        waits = sync_status(kiosk).waiting
        town.server, _ = start_server(town.folder / "server", port)
        at_desk.until(lambda h: unsettled(desk) == 0)
        at_colleague.until(lambda h: unsettled(colleague) == 0)

        def arrived() -> bool:
            exchange_now(town.station)
            return any(w.encounter.id == visit.encounter for w in queue(town.station))

        until(arrived, "what the kiosk wrote was not taken to the centre")
        assert sync_status(kiosk).waiting == waits  # nobody but the centre itself settles it

    # the kiosk hands in the same: acknowledged, nothing doubled, nothing refused, nothing put aside
    exchange_now(kiosk)
    status = sync_status(kiosk)
    assert (status.waiting, status.refused, unsettled(kiosk)) == (0, 0, 0)
    for _ in range(2):
        town.sync()
    for one in (desk, colleague, town.station):
        assert said(one, patient) == ["antes", "de la colega", "del consultorio"]
        assert len([w for w in queue(one) if w.encounter.id == visit.encounter]) == 1
        assert (sync_status(one).quarantined, sync_status(one).withheld, sync_status(one).refused) == (
            0,
            0,
            0,
        )
    end_centre(town)
    laid = laid_down(town.folder / "server")
    assert len(laid) == len(set(laid))
    for one in (desk, colleague, kiosk):
        numbers = numbers_of(one, laid)
        assert numbers == list(range(1, len(numbers) + 1))
    town.server, _ = start_server(town.folder / "server", port)


# whoever is not believed


class Impostor:
    """Speaks TLS and HTTP on loopback, shows a paper, and writes down everything that it is told."""

    def __init__(self, folder: Path, shows: Callable[[bytes], bytes]) -> None:
        from sync_server.island import new_certificate

        folder.mkdir(parents=True)
        tls, mark = new_certificate(folder, SystemClock().now())
        told: list[str] = []
        self.told, answer = told, shows(mark)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told.append(f"{self.requestline} {sorted(self.headers.keys())}")
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET

            def log_message(self, *_args: object) -> None:
                """Nothing on stderr."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = tls.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.place = Place("127.0.0.1", self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def impostor(folder: Path, shows: Callable[[bytes], bytes]) -> Iterator[Impostor]:
    one = Impostor(folder, shows)
    try:
        yield one
    finally:
        one.close()


def signed(keys: DeviceKeys, desk: Desk, mark: bytes) -> IslandPaper:
    return sign_paper(keys, desk.trust.fingerprint, mark, desk.clock.now())


@pytest.fixture(scope="module")
def lost(town: Town) -> DeviceKeys:
    """The keys of a computer that was admitted once and revoked since."""
    stolen = town.enrol("Portátil robado")
    revoke(town.station, stolen.device, "stolen")
    town.sync()
    return stolen.device_keys


STRANGER = DeviceKeys.make(os.urandom)


LIES: dict[str, str] = {
    "stranger": "nobody admitted it",
    "revoked": "was revoked",
    "kiosk": "this is none",
    "copied": "another certificate",
    "forged": "was not signed by",
    "neighbour": "was not signed by",
    "something else": "no island",
}
"""Who shows what, and what is said of it."""


@pytest.mark.parametrize("who", LIES)
def test_nothing_is_said_to_whoever_is_not_believed(
    town: Town, lost: DeviceKeys, tmp_path: Path, who: str
) -> None:
    desk, honest = town.desk, town.station
    exchange_now(desk)

    def shows(mark: bytes) -> bytes:
        match who:
            case "stranger":
                return encode(signed(STRANGER, desk, mark))
            case "revoked":
                return encode(signed(lost, desk, mark))
            case "kiosk":
                return encode(signed(town.kiosk.device_keys, desk, mark))
            case "copied":
                return encode(charter(honest, certificate_mark(b"the one it was made out to")).paper)
            case "forged":
                return encode(replace(signed(STRANGER, desk, mark), device=honest.device))
            case "neighbour":
                return encode(sign_paper(honest.device_keys, bytes(32), mark, desk.clock.now()))
        return b"<html>the printer's own page</html>"

    before = unsettled(desk)
    with impostor(tmp_path / "rogue", shows) as rogue:
        with pytest.raises(IslandRefused, match=LIES[who]):
            asyncio.run(once(desk, rogue.place, on_store))
        assert [one.split()[:2] for one in rogue.told] == [["GET", "/v1/island"]]
        assert "authorization" not in rogue.told[0].lower()
    assert unsettled(desk) == before


@pytest.mark.expects_log("an island was refused")
def test_an_announcement_of_a_revoked_computer_is_not_even_asked(
    town: Town, lost: DeviceKeys, tmp_path: Path
) -> None:
    desk = town.desk
    exchange_now(desk)
    port = end_centre(town)
    stolen = device_id(lost.public.signing)
    with impostor(tmp_path / "rogue", lambda mark: encode(signed(lost, desk, mark))) as rogue:
        announced = Announcer(stolen, organization_mark(desk.trust.fingerprint), rogue.place.port, HERE)
        try:
            with linked(desk) as (_, heard):
                heard.until(lambda h: h.networks[-1].refused is not None)
                until(lambda: desk.book.read(turned_away), "it is not kept for the doctor")
                assert rogue.told == [] and not heard.online
        finally:
            announced.close()
    away = desk.book.read(turned_away)
    assert away is not None and away.device == stolen and "revoked" in away.why
    town.server, _ = start_server(town.folder / "server", port)


# the island's process


def test_the_island_comes_back_after_a_crash_and_is_believed_anew(town: Town, colleague: Desk) -> None:
    desk, patient = town.desk, known_to_both(town, "Sosa")
    serve_network(desk, True)
    with linked(desk) as (_, at_desk):
        at_desk.until(lambda h: h.networks[-1].serves)
        (child,) = islands_of(os.getpid())
        child.kill()
        at_desk.until(lambda h: not h.networks[-1].serves)
        at_desk.until(lambda h: h.networks[-1].serves)
        (again,) = islands_of(os.getpid())
        assert again.pid != child.pid
        send_message(desk, patient, "después de la caída")

        def came() -> bool:
            place = Place("127.0.0.1", at_desk.networks[-1].port)
            device, _sent, _new = asyncio.run(once(colleague, place, on_store))
            assert device == desk.device
            return "después de la caída" in said(colleague, patient)

        until(came, "it did not come over the network")
        serve_network(desk, False)
        at_desk.until(lambda h: not h.networks[-1].serves)
        again.wait(10)


def test_without_a_screen_the_same_and_killed_it_leaves_nothing_behind(town: Town, tmp_path: Path) -> None:
    word = tmp_path / "password"
    word.write_text(PASSWORD, encoding="utf-8")

    def station(verb: str, home: str, *more: str) -> list[str]:
        named = ("--home", str(town.folder / home), "--password-file", str(word))
        return [sys.executable, "-m", "clinic", verb, *named, *more]

    serving = subprocess.Popen(
        station("island", "station", "--serve", "--run", "--address", "127.0.0.1"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    try:
        said = (json.loads(line) for line in serving.stdout)
        port = next(one["port"] for one in said if one.get("port"))
        (child,) = islands_of(serving.pid)
        asked = station("sync", "desk", "--island-at", f"127.0.0.1:{port}")
        told = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
        assert told["device"] == town.station.device and told["name"] == "Estación"
    finally:
        serving.kill()
        serving.wait()
        serving.stdout.close()
        serve_network(town.station, False)
    child.wait(15)


def islands_of(pid: int) -> list[psutil.Process]:
    """The island children of a process."""
    return [one for one in psutil.Process(pid).children() if "--island" in one.cmdline()]
