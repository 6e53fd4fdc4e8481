# SPDX-License-Identifier: GPL-3.0-or-later
"""The doorbell of a real server, heard by real Socket.IO clients."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import count

import aiohttp
import pytest
import socketio
from socketio.exceptions import ConnectionError as NotConnected

from clinic.domain.ids import DeviceId, ScopeId
from clinic.keys.trust import make_statement
from clinic.protocol.envelope import P0_ALERT
from clinic.protocol.letters import MAX_LETTER
from clinic.protocol.sync import SyncRequest
from clinic.protocol.trust import Policy
from clinic.transport.http import Remote
from clinic.transport.socket import Doorbell
from tests.server_process import ServerProcess
from tests.small_clinic import AT, Clinic, Somebody, pinned, small_clinic

pytestmark = pytest.mark.slow


class Ears:
    """Hears everything; `until` waits for something to have been heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []
        self._more = asyncio.Event()

    def _hear(self, *what: object) -> None:
        self.heard.append(what)
        self._more.set()

    def on_state(self, online: bool) -> None:
        self._hear("state", online)

    def on_letter(self, sender: DeviceId, blob: bytes) -> None:
        self._hear("letter", sender, blob)

    def on_bell(self, scope: ScopeId, seq: int, urgent: tuple[bytes, ...]) -> None:
        self._hear("bell", scope, seq)
        for wire in urgent:
            self._hear("urgent", wire)

    def on_trust(self, position: int) -> None:
        self._hear("trust", position)

    def on_had(self, env_no: int) -> None:
        self._hear("had", env_no)

    def on_presence(self, device: DeviceId, online: bool) -> None:
        self._hear("presence", device, online)

    async def until(self, *what: object) -> None:
        async with asyncio.timeout(20):
            while what not in self.heard:
                self._more.clear()
                await self._more.wait()


class Device:
    """A remote and a doorbell of somebody."""

    def __init__(self, url: str, who: Somebody) -> None:
        self.who, self.ears = who, Ears()
        self.remote = Remote(url, who.device, who.sign, fingerprint=pinned())
        self.bell = Doorbell(url, self.remote.token, self.ears)

    async def __aenter__(self) -> "Device":
        await self.bell.start()
        await self.ears.until("state", True)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.bell.stop()
        await self.remote.close()

    async def write(self, clinic: Clinic, scope: str) -> None:
        await self.hand_in(self.who.envelope(clinic.log, scope))

    async def hand_in(self, wire: bytes) -> None:
        await self.remote.sync(
            SyncRequest(
                device=self.who.device, incarnation=self.who.incarnation, envelopes=(wire,), sent_at=AT
            )
        )


_LIVES = count(1)
Scene = Callable[[Clinic, Callable[[Somebody], Device]], Awaitable[None]]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all scenes: everybody begins a new incarnation in each."""
    with ServerProcess(tmp_path_factory.mktemp("server")) as running:
        asyncio.run(_found(running.url))
        yield running


async def _found(url: str) -> None:
    remote = Remote(url)
    await remote.found(small_clinic().log.statements)
    await remote.close()


def played(process: ServerProcess, scene: Scene) -> None:
    clinic, life = small_clinic(), next(_LIVES)
    for who in (clinic.eva, clinic.ben, clinic.ola, clinic.kiosk, clinic.station):
        who.incarnation = life

    async def play() -> None:
        await scene(clinic, lambda who: Device(process.url, who))

    asyncio.run(play())


def test_letters_go_between_staff_and_kiosk(process: ServerProcess) -> None:
    async def scene(c: Clinic, device: Callable[[Somebody], Device]) -> None:
        async with device(c.eva) as eva, device(c.kiosk) as kiosk:
            assert await eva.bell.letter(c.kiosk.device, b"ring")
            assert await kiosk.bell.letter(c.eva.device, b"accept")
            assert ("letter", c.eva.device, b"ring") in kiosk.ears.heard
            assert ("letter", c.kiosk.device, b"accept") in eva.ears.heard

    played(process, scene)


def test_letters_keep_their_order(process: ServerProcess) -> None:
    async def scene(c: Clinic, device: Callable[[Somebody], Device]) -> None:
        async with device(c.eva) as eva, device(c.kiosk) as kiosk:
            blobs = [b"%d" % n for n in range(40)]
            assert all(await asyncio.gather(*(eva.bell.letter(c.kiosk.device, blob) for blob in blobs)))
            assert [heard[2] for heard in kiosk.ears.heard if heard[0] == "letter"] == blobs

    played(process, scene)


def test_who_is_not_there_or_may_not_hear_gets_nothing(process: ServerProcess) -> None:
    async def scene(c: Clinic, device: Callable[[Somebody], Device]) -> None:
        async with device(c.kiosk) as kiosk, device(c.station) as station:
            assert not await kiosk.bell.letter(c.ben.device, b"nobody home")
            assert not await kiosk.bell.letter(c.station.device, b"not staff")
            assert not await kiosk.bell.letter(c.kiosk.device, b"myself")
            assert not await kiosk.bell.letter(DeviceId("nobody"), b"unknown")
            assert [heard for heard in station.ears.heard if heard[0] != "presence"] == [("state", True)]

    played(process, scene)


def test_the_bell_rings_for_readers_only(process: ServerProcess) -> None:
    async def scene(c: Clinic, device: Callable[[Somebody], Device]) -> None:
        async with device(c.eva) as eva, device(c.ben) as ben, device(c.ola) as ola, device(c.kiosk) as kiosk:
            await eva.write(c, "p:4")
            await ben.ears.until("bell", "p:4", 1)
            await ben.write(c, "o:org")
            for other in (eva, ola, kiosk):
                await other.ears.until("bell", "o:org", 1)
                assert ("bell", "p:4", 1) not in other.ears.heard

    played(process, scene)


def test_everybody_hears_that_the_log_has_grown(process: ServerProcess) -> None:
    async def scene(c: Clinic, device: Callable[[Somebody], Device]) -> None:
        async with device(c.eva) as eva, device(c.kiosk) as kiosk:
            statement = make_statement(c.log, Policy(key="lock", value="5"), c.eva.signer, AT)
            request = SyncRequest(device=c.eva.device, incarnation=1, trust=(statement,), sent_at=AT)
            await eva.remote.sync(request)
            await kiosk.ears.until("trust", c.log.position + 1)

    played(process, scene)


def test_presence_is_told_to_those_who_may_write(process: ServerProcess) -> None:
    async def scene(c: Clinic, device: Callable[[Somebody], Device]) -> None:
        async with device(c.eva) as eva, device(c.station) as station:
            async with device(c.kiosk) as kiosk:
                await eva.ears.until("presence", c.kiosk.device, True)
                await kiosk.ears.until("presence", c.eva.device, True)
            await eva.ears.until("presence", c.kiosk.device, False)
            assert ("presence", c.kiosk.device, True) not in station.ears.heard

    played(process, scene)


def test_a_restarted_server_is_found_again(process: ServerProcess) -> None:
    async def scene(c: Clinic, device: Callable[[Somebody], Device]) -> None:
        async with device(c.eva) as eva:
            await asyncio.to_thread(process.kill)
            await eva.ears.until("state", False)
            assert not eva.bell.online
            assert not await eva.bell.letter(c.ben.device, b"offline")
            eva.ears.heard.clear()
            await asyncio.to_thread(process.start)
            await eva.ears.until("state", True)

    played(process, scene)


@pytest.mark.parametrize("auth", [None, {}, {"token": 5}, {"token": "f" * 64}, "token"])
def test_without_a_session_nobody_comes_in(process: ServerProcess, auth: object) -> None:
    async def knock() -> None:
        client = socketio.AsyncClient(reconnection=False)
        with pytest.raises(NotConnected):
            await client.connect(process.url, auth=auth, transports=["websocket"])
        await client.disconnect()

    asyncio.run(knock())


@pytest.mark.parametrize(
    "data",
    [
        None,
        "text",
        {"to": 5, "blob": b"x"},
        {"to": "kiosk"},
        {"to": "kiosk", "blob": "text"},
        {"to": "k", "blob": bytes(MAX_LETTER + 1)},
    ],
)
def test_what_is_no_letter_is_not_delivered(process: ServerProcess, data: object) -> None:
    async def scene(c: Clinic, device: Callable[[Somebody], Device]) -> None:
        remote = Remote(process.url, c.eva.device, c.eva.sign, fingerprint=pinned())
        client = socketio.AsyncClient(reconnection=False)
        await client.connect(process.url, auth={"token": await remote.token()}, transports=["websocket"])
        assert await client.call("letter", data) == {"delivered": False}
        await client.disconnect()
        await remote.close()

    played(process, scene)


def test_a_message_that_is_far_too_large_ends_the_link_not_the_server(process: ServerProcess) -> None:
    async def scene(c: Clinic, device: Callable[[Somebody], Device]) -> None:
        async with aiohttp.ClientSession() as http:
            url = process.url.replace("http", "ws") + "/socket.io/?transport=websocket&EIO=4"
            async with http.ws_connect(url) as raw:
                await raw.receive()
                with suppress(ConnectionError):
                    await raw.send_bytes(bytes(6_000_000))
                async with asyncio.timeout(20):
                    while not (await raw.receive()).type.name.startswith("CLOS"):
                        pass
        async with device(c.eva):
            pass

    played(process, scene)


def test_what_cannot_wait_comes_with_its_bell(process: ServerProcess) -> None:
    async def scene(clinic: Clinic, device: Callable[[Somebody], Device]) -> None:
        c = clinic
        async with device(c.eva) as eva, device(c.ben) as ben, device(c.ola) as ola:
            alert = c.eva.envelope(c.log, "p:1", priority=P0_ALERT)
            long = c.eva.envelope(
                c.log,
                "p:2",
                "".join(map(chr, range(256, 6_000))),
                priority=P0_ALERT,
            )
            plain = c.eva.envelope(c.log, "p:3")
            for wire in (alert, long, plain):
                await eva.hand_in(wire)
            await ben.ears.until("bell", "p:3", 1)
            assert [what[1] for what in ben.ears.heard if what[0] == "urgent"] == [alert]
            assert not [what for what in ola.ears.heard + eva.ears.heard if what[0] in ("bell", "urgent")]

    played(process, scene)
