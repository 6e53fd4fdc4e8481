# SPDX-License-Identifier: GPL-3.0-or-later
"""The doorbell and the letters: Socket.IO over websockets. Nothing here is kept; truth moves by /v1/sync."""

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import socketio
from socketio.exceptions import ConnectionRefusedError as Refused
from socketio.exceptions import TimeoutError as NoAnswer

from clinic.domain.ids import DeviceId
from clinic.protocol.letters import MAX_LETTER
from sync_server.access import Rights, may_see, may_write_to, rights_of
from sync_server.book.port import Rung
from sync_server.desk import Desk
from sync_server.routes.answers import RETRY_AFTER_S

if TYPE_CHECKING:
    from sync_server.together import Together

PING_EVERY_S, PING_TIMEOUT_S = 2, 3
ANSWER_WITHIN_S = 2
"""How long a receiver has to say that it holds a letter."""
MAX_MESSAGE = MAX_LETTER + 4096
_log = logging.getLogger("posta.server")


class Doorbell:
    """Who is here, and what is passed between them. A device may be here twice while an old link dies."""

    def __init__(self, desk: Desk, together: "Together | None" = None) -> None:
        self._desk, self._together = desk, together
        self._renewing: asyncio.Task[None] | None = None
        self._here: dict[DeviceId, list[str]] = {}
        self._who: dict[str, DeviceId] = {}
        self.server: Any = socketio.AsyncServer(
            async_mode="asgi",
            client_manager=together.carrier if together else None,
            transports=["websocket"],
            ping_interval=PING_EVERY_S,
            ping_timeout=PING_TIMEOUT_S,
            max_http_buffer_size=MAX_MESSAGE,
            cors_allowed_origins=[],
            http_compression=False,
            logger=False,
            engineio_logger=False,
        )
        self.server.on("connect", self._arrived)
        self.server.on("disconnect", self._left)
        self.server.on("letter", self._letter)
        self.server.on("beat", self._beat)

    async def start(self) -> None:
        """Keeps our links in the table of all servers, if there is one."""
        if self._together:
            self._renewing = asyncio.create_task(self._together.renew(lambda: self._here))

    async def stop(self) -> None:
        """Ends all links."""
        if self._renewing:
            self._renewing.cancel()
        await self.server.shutdown()
        if self._together:
            await self._together.close()

    async def _everybody(self) -> Mapping[DeviceId, list[str]]:
        """Device -> its links, at this server or at any."""
        return await self._together.here(self._here) if self._together else self._here

    # what the routes ring

    async def ring(self, rung: tuple[Rung, ...], writer: DeviceId) -> None:
        """`bell` {scope, seq} to everybody here who may read the scope, but not to who wrote; what is urgent comes along."""
        for device, sids in list((await self._everybody()).items()):
            rights = rights_of(self._desk.log, device)
            if rights is None or device == writer:
                continue
            for bell in rung:
                if bell.tags & rights.reads:
                    urgent = {"urgent": list(bell.urgent)} if bell.urgent else {}
                    await self._tell(sids, "bell", {"scope": str(bell.scope), "seq": bell.seq, **urgent})

    async def had(self, device: DeviceId, env_no: int) -> None:
        """`had` {env_no} to that device: it may send more."""
        sids = (await self._everybody()).get(device, [])
        await self._tell(sids, "had", {"env_no": env_no})

    async def trust(self, position: int) -> None:
        """`trust` {position} to everybody here."""
        for sids in list((await self._everybody()).values()):
            await self._tell(sids, "trust", {"position": position})

    async def hang_up(self, device: DeviceId) -> None:
        """Every link of that device, at whatever server."""
        for sid in list((await self._everybody()).get(device, [])):
            await self.server.disconnect(sid)

    async def stopping(self) -> None:
        """`stopping` to everybody here: come back in a while, perhaps to another server."""
        for sids in list(self._here.values()):
            await self._tell(sids, "stopping", {"retry_after_s": RETRY_AFTER_S})

    def links(self) -> int:
        """How many links of devices there are."""
        return len(self._who)

    async def _tell(self, sids: list[str], event: str, data: dict[str, object]) -> None:
        for sid in list(sids):
            await self.server.emit(event, data, to=sid)

    # what clients do

    async def _arrived(self, sid: str, environ: object, auth: object = None) -> None:
        if self._desk.stopping:
            raise Refused("The server is being stopped. Connect again in a moment.")
        token = auth.get("token") if isinstance(auth, dict) else None
        rights = await self._desk.device_of(token) if isinstance(token, str) else None
        if rights is None:
            raise Refused("This session is over. Connect again.")
        first = not (await self._everybody()).get(rights.device)
        self._here.setdefault(rights.device, []).append(sid)
        self._who[sid] = rights.device
        if self._together:
            await self._together.arrived(rights.device, sid)
        _log.info("here %(device)s", {"device": rights.device})
        await self._introduce(sid, rights)
        if first:
            await self._announce(rights.device, online=True)

    async def _introduce(self, sid: str, rights: Rights) -> None:
        """Tells a newcomer who else is here."""
        for device in list(await self._everybody()):
            other = rights_of(self._desk.log, device)
            if other is not None and may_see(rights, other):
                await self.server.emit("presence", {"device": device, "online": True}, to=sid)

    async def _left(self, sid: str, *reason: object) -> None:
        device = self._who.pop(sid, None)
        if device is None:
            return
        sids = self._here.get(device, [])
        if sid in sids:
            sids.remove(sid)
        if not sids:
            self._here.pop(device, None)
        if self._together:
            await self._together.left(device, sid)
        if not (await self._everybody()).get(device):
            _log.info("gone %(device)s", {"device": device})
            await self._announce(device, online=False)

    async def _announce(self, device: DeviceId, online: bool) -> None:
        rights = rights_of(self._desk.log, device)
        for other, sids in list((await self._everybody()).items()):
            seen_by = rights_of(self._desk.log, other)
            if rights is not None and seen_by is not None and may_see(seen_by, rights):
                await self._tell(sids, "presence", {"device": device, "online": online})

    async def _beat(self, sid: str, *data: object) -> dict[str, bool]:
        """Answers a client's heartbeat."""
        return {"here": sid in self._who}

    async def _letter(self, sid: str, *data: object) -> dict[str, bool]:
        """Passes a letter on; delivered means that the receiver's program has said so."""
        sender = self._who.get(sid)
        to, blob = _parts(data[0] if data else None)
        if sender is None or to is None or not self._desk.letters.take(sender) or not self._may(sender, to):
            return {"delivered": False}
        delivered = await self._hand_over(sender, to, blob)
        self._desk.tally.letter(delivered)
        return {"delivered": delivered}

    def _may(self, sender: DeviceId, to: DeviceId) -> bool:
        one, other = rights_of(self._desk.log, sender), rights_of(self._desk.log, to)
        return one is not None and other is not None and may_write_to(one, other)

    async def _hand_over(self, sender: DeviceId, to: DeviceId, blob: bytes) -> bool:
        """Tries the newest link first: an older one may be dying."""
        for sid in reversed((await self._everybody()).get(to, [])):
            try:
                await self.server.call(
                    "letter", {"from": sender, "blob": blob}, to=sid, timeout=ANSWER_WITHIN_S
                )
                return True
            except NoAnswer:
                continue
        return False


def _parts(data: object) -> tuple[DeviceId | None, bytes]:
    """(to, blob) of a letter's wrapping, (None, b'') for anything else."""
    if not isinstance(data, dict):
        return None, b""
    to, blob = data.get("to"), data.get("blob")
    if not isinstance(to, str) or not isinstance(blob, bytes) or len(blob) > MAX_LETTER:
        return None, b""
    return DeviceId(to), blob
