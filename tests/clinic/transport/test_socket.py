# SPDX-License-Identifier: GPL-3.0-or-later
"""The doorbell on a link that dies without a word: bytes stop, connections stay open, new ones hang."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.letters import MAX_LETTER
from clinic.transport import socket as doorbell
from clinic.transport.http import Remote
from clinic.transport.socket import Doorbell, _dispatch
from tests.server_process import ServerProcess
from tests.small_clinic import pinned, small_clinic

pytestmark = pytest.mark.slow


class SilentRelay:
    """Passes bytes on, until it is cut: then it takes everything and gives nothing."""

    def __init__(self, port: int) -> None:
        self._port, self._flows = port, asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "SilentRelay":
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        self._flows.clear()

    def restore(self) -> None:
        self._flows.set()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pass(source, sink))
            self._tasks.add(task)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()


class States:
    """Hears the link come and go, and letters."""

    def __init__(self) -> None:
        self.changes: asyncio.Queue[bool] = asyncio.Queue()
        self.letters: list[bytes] = []

    def on_state(self, online: bool) -> None:
        self.changes.put_nowait(online)

    def on_letter(self, sender: DeviceId, blob: bytes) -> None:
        self.letters.append(blob)

    def on_bell(self, scope: ScopeId, seq: int, urgent: tuple[bytes, ...]) -> None:
        self.letters.append(f"bell {scope} {seq}".encode())

    def on_trust(self, position: int) -> None:
        self.letters.append(b"trust")

    def on_had(self, env_no: int) -> None: ...

    def on_presence(self, device: DeviceId, online: bool) -> None: ...

    async def next(self) -> bool:
        async with asyncio.timeout(20):
            return await self.changes.get()


Scene = Callable[[SilentRelay, Doorbell, States, Remote], Awaitable[None]]


def played(server: ServerProcess, scene: Scene) -> None:
    async def play() -> None:
        eva, states = small_clinic().eva, States()
        async with SilentRelay(int(server.url.rsplit(":", 1)[1])) as relay:
            remote = Remote(relay.url, eva.device, eva.sign, fingerprint=pinned())
            bell = Doorbell(relay.url, remote.token, states)
            await bell.start()
            await bell.start()
            try:
                assert await states.next()
                await scene(relay, bell, states, remote)
            finally:
                await bell.stop()
                await remote.close()

    asyncio.run(play())


def test_a_silent_link_is_noticed_and_comes_back_by_itself(server: ServerProcess) -> None:
    async def scene(relay: SilentRelay, bell: Doorbell, states: States, remote: Remote) -> None:
        for _ in range(2):
            assert bell.online
            relay.cut()
            sending = asyncio.create_task(bell.letter(small_clinic().ben.device, b"into the dark"))
            assert not await states.next()
            assert not bell.online
            assert not await sending
            relay.restore()
            assert await states.next()

    played(server, scene)


def test_a_busy_link_is_not_a_dead_one(server: ServerProcess) -> None:
    async def scene(relay: SilentRelay, bell: Doorbell, states: States, remote: Remote) -> None:
        link = bell._link
        assert link is not None
        link._last = -100.0
        bell.heard()
        assert asyncio.get_running_loop().time() - link._last < doorbell.SILENCE_S

    played(server, scene)


def test_a_session_the_server_forgot_is_made_anew(server: ServerProcess) -> None:
    async def play() -> None:
        eva, states, asked = small_clinic().eva, States(), []
        remote = Remote(server.url, eva.device, eva.sign, fingerprint=pinned())

        async def token(fresh: bool = False) -> str:
            asked.append(fresh)
            return await remote.token(True) if fresh else "forgotten"

        bell = Doorbell(server.url, token, states)
        await bell.start()
        assert await states.next()
        assert asked == [False, True]
        await bell.stop()
        assert not await states.next()
        await remote.close()

    asyncio.run(play())


def test_without_a_network_it_goes_on_trying(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "RETRY_EVERY_S", 0.0)

    async def play() -> None:
        tries: asyncio.Queue[bool] = asyncio.Queue()

        async def token(fresh: bool = False) -> str:
            tries.put_nowait(fresh)
            raise Unavailable("no network")

        bell = Doorbell(server.url, token, States())
        await bell.stop()
        await bell.start()
        async with asyncio.timeout(20):
            assert [await tries.get() for _ in range(3)] == [False] * 3
        bell.heard()
        assert not await bell.letter(DeviceId("x"), b"")
        await bell.stop()

    asyncio.run(play())


def test_a_letter_has_a_size(server: ServerProcess) -> None:
    bell = Doorbell(server.url, Remote(server.url).token, States())
    with pytest.raises(Refusal, match="too large"):
        asyncio.run(bell.letter(DeviceId("x"), bytes(MAX_LETTER + 1)))


def test_only_well_formed_events_are_heard() -> None:
    states = States()
    for event, data in [
        ("letter", {"from": 5, "blob": b"x"}),
        ("letter", {"from": "x", "blob": "text"}),
        ("bell", {"scope": "p:1"}),
        ("trust", {"position": "high"}),
        ("presence", {}),
        ("presences", {"online": "all"}),
        ("presences", {"online": [5], "gone": []}),
        ("other", {}),
    ]:
        _dispatch(states, event, dict(data))
    assert states.letters == []
    _dispatch(states, "bell", {"scope": "p:1", "seq": 4})
    assert states.letters == [b"bell p:1 4"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "garbage",
        "0",
        "0{",
        "0[]",
        "0{}",
        '0{"sid":"x"}',
        '0{"sid":"x","upgrades":[],"pingInterval":"a"}',
        "4" * 9,
    ],
)
def test_what_is_no_doorbell_is_tried_again_and_never_believed(said: str) -> None:
    """A captive portal, or a server of another kind, that even speaks websocket."""

    async def play() -> None:
        tries: asyncio.Queue[None] = asyncio.Queue()

        async def answer(request: web.Request) -> web.WebSocketResponse:
            tries.put_nowait(None)
            there = web.WebSocketResponse()
            await there.prepare(request)
            await there.send_str(said)
            return there

        async def token(fresh: bool = False) -> str:
            return "t"

        app, states = web.Application(), States()
        app.router.add_get("/{any:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        bell = Doorbell(f"http://127.0.0.1:{runner.addresses[0][1]}", token, states)
        await bell.start()
        try:
            async with asyncio.timeout(20):
                for _ in range(3):
                    await tries.get()
            assert states.changes.empty() and not bell.online
        finally:
            await bell.stop()
            await runner.cleanup()

    asyncio.run(play())
