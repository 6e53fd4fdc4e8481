# SPDX-License-Identifier: GPL-3.0-or-later
"""The doorbell: one websocket that notices in 3 s that the link is gone and is back within 2 s of its return.

TCP alone would not do: it backs off for minutes over a dead link. So every link has a heartbeat of its own,
a silent one is thrown away whole, and a new one is tried at once and then every half second, with a connect
timeout of 2 s.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

import aiohttp
import socketio
from socketio.exceptions import ConnectionError as NotConnected
from socketio.exceptions import SocketIOError

from clinic.domain.errors import PostaError, Refusal
from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.letters import MAX_LETTER

BEAT_EVERY_S = 1.0
SILENCE_S = 2.5
LOOK_EVERY_S = 0.25
RETRY_EVERY_S = 0.5
CONNECT_S, OPEN_WITHIN_S = 2.0, 6.0
LETTER_WITHIN_S = 3.0
_NO_DOORBELL = (ValueError, LookupError, TypeError, AttributeError)
"""What the library trips over when something else answers (a captive portal, a server of another kind)."""
_LOST = (SocketIOError, aiohttp.ClientError, OSError)


class Token(Protocol):
    def __call__(self, fresh: bool = False) -> Awaitable[str]:
        """A session's token; `fresh`: the last one was refused."""
        ...


class Listener(Protocol):
    """Who hears the bell. Called on the net thread: hand over and return."""

    def on_state(self, online: bool) -> None: ...
    def on_letter(self, sender: DeviceId, blob: bytes) -> None: ...
    def on_bell(self, scope: ScopeId, seq: int, urgent: tuple[bytes, ...]) -> None: ...
    def on_trust(self, position: int) -> None: ...
    def on_had(self, env_no: int) -> None: ...
    def on_presence(self, device: DeviceId, online: bool) -> None: ...


class Doorbell:
    """A link that is always being kept up, once started."""

    def __init__(self, url: str, token: Token, listener: Listener, tls: ssl.SSLContext | None = None) -> None:
        self._url, self._token, self._listener, self._tls = url, token, listener, tls
        self._link: _Link | None = None
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def online(self) -> bool:
        """True while the link is alive."""
        return self._link is not None

    def heard(self) -> None:
        """Something arrived from the server by another way: the link is not dead, only busy."""
        if self._link is not None:
            self._link.heard()

    async def start(self) -> None:
        """Keeps a link up from now on; starting twice changes nothing."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self) -> None:
        """Hangs up."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._ending:
            await asyncio.wait(self._ending, timeout=CONNECT_S)

    async def letter(self, to: DeviceId, blob: bytes) -> bool:
        """True if the receiver's program has it; False when it or we are not there."""
        if len(blob) > MAX_LETTER:
            raise Refusal("This message is too large to send. Send a smaller picture.")
        link = self._link
        return await link.letter(to, blob) if link is not None else False

    async def _keep(self) -> None:
        fresh = False
        while True:
            link = _Link(self._url, self._listener, self._tls)
            try:
                await self._once(link, fresh)
            finally:
                self._put_away(link)
            fresh = link.refused and not fresh
            await asyncio.sleep(0 if fresh else RETRY_EVERY_S)

    async def _once(self, link: "_Link", fresh: bool) -> None:
        """Opens a link and stays with it to its end."""
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                await link.open(await self._token(fresh))
        except (PostaError, TimeoutError):
            return
        if link.up:
            await self._live(link)

    async def _live(self, link: "_Link") -> None:
        self._link = link
        self._listener.on_state(True)
        try:
            await link.until_silent()
        finally:
            self._link = None
            self._listener.on_state(False)

    def _put_away(self, link: "_Link") -> None:
        task = asyncio.get_running_loop().create_task(link.close())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


class _Link:
    """One websocket from its opening to its end; never used again."""

    def __init__(self, url: str, listener: Listener, tls: ssl.SSLContext | None) -> None:
        self._url, self._listener, self._tls = url, listener, tls
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._gone = asyncio.Event()
        self._http: aiohttp.ClientSession | None = None
        self._client: Any = None
        self._early: list[tuple[str, dict[str, object]]] | None = []
        self.up = False
        self.refused = False
        """The server is there but does not take the token."""

    def heard(self) -> None:
        self._last = self._loop.time()

    async def open(self, token: str) -> None:
        """Then `up` is true, unless the server refuses the token or cannot be reached."""
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S))
        client = socketio.AsyncClient(reconnection=False, http_session=self._http, **self._options())
        self._client = client
        for event in ("letter", "bell", "trust", "had", "presence", "presences"):
            client.on(event, self._hear(event))
        client.on("disconnect", self._disconnected)
        client.on("connect_error", self._not_taken)
        try:
            await client.connect(
                self._url,
                auth={"token": token, "gathers": True},
                transports=["websocket"],
                wait_timeout=OPEN_WITHIN_S,
            )
        except (NotConnected, aiohttp.ClientError, OSError, *_NO_DOORBELL):
            return
        self.heard()
        self.up = True

    def _options(self) -> dict[str, object]:
        tls = {"ssl": self._tls} if self._tls is not None else {}
        return {"request_timeout": CONNECT_S, "websocket_extra_options": tls}

    def _hear(self, event: str) -> Callable[..., Awaitable[None]]:
        async def hear(data: object = None) -> None:
            self.heard()
            if not isinstance(data, dict):
                return
            if self._early is not None:
                self._early.append((event, data))
            else:
                _dispatch(self._listener, event, data)

        return hear

    async def _not_taken(self, why: object = None) -> None:
        self.refused = isinstance(why, dict)

    async def _disconnected(self, *reason: object) -> None:
        self._gone.set()

    async def until_silent(self) -> None:
        """Returns when the link is closed or nothing was heard of it for 2.5 s."""
        early, self._early = self._early or [], None
        for event, data in early:
            _dispatch(self._listener, event, data)
        beats = self._loop.create_task(self._beat())
        try:
            while not self._gone.is_set() and self._loop.time() - self._last < SILENCE_S:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._gone.wait()
        finally:
            self._gone.set()
            beats.cancel()

    async def _beat(self) -> None:
        with suppress(*_LOST):
            while True:
                await self._client.emit("beat", {}, callback=self._beaten)
                await asyncio.sleep(BEAT_EVERY_S)

    def _beaten(self, *answer: object) -> None:
        self.heard()

    async def letter(self, to: DeviceId, blob: bytes) -> bool:
        """As the doorbell's; False at once when the link goes."""
        sent = self._loop.create_task(
            self._client.call("letter", {"to": to, "blob": blob}, timeout=LETTER_WITHIN_S)
        )
        gone = self._loop.create_task(self._gone.wait())
        try:
            await asyncio.wait({sent, gone}, return_when=asyncio.FIRST_COMPLETED)
            return sent.done() and _delivered(sent)
        finally:
            sent.cancel()
            gone.cancel()

    async def close(self) -> None:
        """Lets go at once: a dead link is not waited for."""
        if self.up and self._loop.time() - self._last < SILENCE_S:
            with suppress(*_LOST):
                async with asyncio.timeout(CONNECT_S):
                    await self._client.disconnect()
        if self._http is not None:
            await self._http.close()


def _delivered(sent: "asyncio.Task[object]") -> bool:
    """True if the server answered, and answered that."""
    if isinstance(sent.exception(), _LOST):
        return False
    match sent.result():
        case {"delivered": True}:
            return True
    return False


def _dispatch(listener: Listener, event: str, data: dict[str, object]) -> None:
    """Hands well-formed events on; anything else is dropped."""
    match event, data:
        case "letter", {"from": str(sender), "blob": bytes(blob)}:
            listener.on_letter(DeviceId(sender), blob)
        case "bell", {"scope": str(scope), "seq": int(seq)}:
            urgent = data.get("urgent", [])
            wires = urgent if isinstance(urgent, list) else []
            listener.on_bell(ScopeId(scope), seq, tuple(one for one in wires if isinstance(one, bytes)))
        case "trust", {"position": int(position)}:
            listener.on_trust(position)
        case "had", {"env_no": int(env_no)}:
            listener.on_had(env_no)
        case "presence", {"device": str(device), "online": bool(online)}:
            listener.on_presence(DeviceId(device), online)
        case "presences", {"online": list(here), "gone": list(gone)}:
            for devices, online in ((here, True), (gone, False)):
                for device in devices:
                    if isinstance(device, str):
                        listener.on_presence(DeviceId(device), online)
        case _:
            pass
