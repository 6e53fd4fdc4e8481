# SPDX-License-Identifier: GPL-3.0-or-later
"""The doorbell and the letters: Socket.IO over websockets. Nothing here is kept; truth moves by /v1/sync."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import socketio
from socketio.exceptions import ConnectionRefusedError as Refused
from socketio.exceptions import TimeoutError as NoAnswer

from clinic.domain.ids import DeviceId, ScopeId, TeamId
from clinic.protocol.letters import MAX_LETTER
from sync_server.access import may_see, may_write_to
from sync_server.book.port import Rung, Tag
from sync_server.desk import Desk
from sync_server.routes.answers import RETRY_AFTER_S

if TYPE_CHECKING:
    from sync_server.together import Together

PING_EVERY_S, PING_TIMEOUT_S = 2, 3
ANSWER_WITHIN_S = 2
"""How long a receiver has to say that it holds a letter."""
GATHERED_S = 0.25
"""How long comings and goings are gathered after one was told."""
MAX_MESSAGE = MAX_LETTER + 4096
NOBODY = DeviceId("")
_log = logging.getLogger("posta.server")


class Doorbell:
    """Who is here, and what is passed between them. A device may be here twice while an old link dies."""

    def __init__(self, desk: Desk, together: "Together | None" = None) -> None:
        self._desk, self._together = desk, together
        self._at_work: list[asyncio.Task[None]] = []
        self._here: dict[DeviceId, list[str]] = {}
        self._who: dict[str, DeviceId] = {}
        self._gathers: set[str] = set()
        """Links that hear of many comings and goings at once."""
        self._placed, self._by_tag = desk.standing, dict[Tag, set[DeviceId]]()
        self._changed: dict[DeviceId, bool] = {}
        self._telling: asyncio.Task[None] | None = None
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
        """Keeps our links in the table of all servers, and listens to them, if there are others."""
        if self._together:
            listening = asyncio.Event()
            self._at_work = [
                asyncio.create_task(self._together.renew(lambda: self._here)),
                asyncio.create_task(self._together.listen(self._passed_on, listening)),
            ]
            await listening.wait()

    async def stop(self) -> None:
        """Ends all links."""
        for task in self._at_work:
            task.cancel()
        if self._telling:
            self._telling.cancel()
        await self.server.shutdown()
        if self._together:
            await self._together.close()

    async def _everybody(self) -> Mapping[DeviceId, list[str]]:
        """Device -> its links, at this server or at any."""
        return await self._together.here(self._here) if self._together else self._here

    # what the routes ring: told here, and passed on to the other servers, each of which tells its own links

    async def ring(self, rung: tuple[Rung, ...], writer: DeviceId) -> None:
        """`bell` {scope, seq} to everybody here who may read the scope, but not to who wrote; what is urgent comes along."""
        if rung:
            await self._ring_here(rung, writer)
            bells = [[str(one.scope), one.seq, sorted(one.tags), list(one.urgent)] for one in rung]
            await self._pass_on("ring", bells, writer)

    async def _ring_here(self, rung: tuple[Rung, ...], writer: DeviceId) -> None:
        readers = self._readers()
        for bell in rung:
            devices = set().union(*(readers.get(tag, ()) for tag in bell.tags)) - {writer}
            urgent = {"urgent": list(bell.urgent)} if bell.urgent else {}
            await self._tell(
                self._links_of(devices), "bell", {"scope": str(bell.scope), "seq": bell.seq, **urgent}
            )

    async def had(self, device: DeviceId, env_no: int) -> None:
        """`had` {env_no} to that device: it may send more."""
        await self._had_here(device, env_no)
        await self._pass_on("had", device, env_no)

    async def _had_here(self, device: DeviceId, env_no: int) -> None:
        await self._tell(self._here.get(device, []), "had", {"env_no": env_no})

    async def trust(self, position: int) -> None:
        """`trust` {position} to everybody here."""
        await self._trust_here(position)
        await self._pass_on("trust", position)

    async def _trust_here(self, position: int) -> None:
        await self._tell(list(self._who), "trust", {"position": position})

    async def hang_up(self, device: DeviceId) -> None:
        """Every link of that device, at whatever server."""
        await self._hang_up_here(device)
        await self._pass_on("hang up", device)

    async def _hang_up_here(self, device: DeviceId) -> None:
        for sid in list(self._here.get(device, [])):
            await self.server.disconnect(sid)

    async def stopping(self) -> None:
        """`stopping` to everybody here: come back in a while, perhaps to another server."""
        await self._tell(list(self._who), "stopping", {"retry_after_s": RETRY_AFTER_S})

    def links(self) -> int:
        """How many links of devices there are."""
        return len(self._who)

    async def _tell(self, sids: Sequence[str], event: str, data: dict[str, object]) -> None:
        """To links of ours; it is put into words once for all of them."""
        if sids:
            await self.server.emit(event, data, to=list(sids), ignore_queue=True)

    def _links_of(self, devices: Iterable[DeviceId]) -> list[str]:
        return [sid for device in devices for sid in self._here.get(device, ())]

    def _readers(self) -> Mapping[Tag, set[DeviceId]]:
        """Tag -> devices here that may read what has it, under the trust log of this moment."""
        if self._placed is not self._desk.standing:
            self._placed, self._by_tag = self._desk.standing, {}
            for device in self._here:
                self._place(device)
        return self._by_tag

    def _place(self, device: DeviceId) -> None:
        rights = self._placed.of(device)
        for tag in rights.reads if rights else ():
            self._by_tag.setdefault(tag, set()).add(device)

    # what other servers pass on

    async def _pass_on(self, *words: object) -> None:
        if self._together:
            await self._together.pass_on(self._desk.log.position, *words)

    async def _passed_on(self, words: object) -> None:
        """Tells our own links what another server has to say, under a trust log that is no older than the other's."""
        match words:
            case [int(position), str(what), *parts]:
                if position > self._desk.log.position:
                    await self._desk.catch_up()
                await self._told_by_another(what, parts)

    async def _told_by_another(self, what: str, parts: list[object]) -> None:
        match what, parts:
            case "ring", [list(bells), str(writer)]:
                rung = tuple(
                    Rung(ScopeId(scope), seq, frozenset(map(TeamId, tags)), tuple(urgent))
                    for scope, seq, tags, urgent in bells
                )
                await self._ring_here(rung, DeviceId(writer))
            case "had", [str(device), int(env_no)]:
                await self._had_here(DeviceId(device), env_no)
            case "trust", [int(position)]:
                await self._trust_here(position)
            case "hang up", [str(device)]:
                await self._hang_up_here(DeviceId(device))
            case "presence", [str(device), bool(online)]:
                self._announce_here(DeviceId(device), online)

    # what clients do

    async def _arrived(self, sid: str, environ: object, auth: object = None) -> None:
        if self._desk.stopping:
            raise Refused("The server is being stopped. Connect again in a moment.")
        token = auth.get("token") if isinstance(auth, dict) else None
        rights = await self._desk.device_of(token) if isinstance(token, str) else None
        if rights is None:
            raise Refused("This session is over. Connect again.")
        others = await self._everybody()
        first = not others.get(rights.device)
        self._here.setdefault(rights.device, []).append(sid)
        self._who[sid] = rights.device
        if isinstance(auth, dict) and auth.get("gathers") is True:
            self._gathers.add(sid)
        if self._placed is self._desk.standing:
            self._place(rights.device)
        if self._together:
            await self._together.arrived(rights.device, sid)
        _log.info("here %(device)s", {"device": rights.device})
        await self._tell_presence(sid, rights.device, dict.fromkeys(others, True))
        if first:
            await self._announce(rights.device, online=True)

    async def _left(self, sid: str, *reason: object) -> None:
        device = self._who.pop(sid, None)
        if device is None:
            return
        self._gathers.discard(sid)
        sids = self._here.get(device, [])
        if sid in sids:
            sids.remove(sid)
        if not sids:
            self._gone(device)
        if self._together:
            await self._together.left(device, sid)
        if not (await self._everybody()).get(device):
            _log.info("gone %(device)s", {"device": device})
            await self._announce(device, online=False)

    def _gone(self, device: DeviceId) -> None:
        self._here.pop(device, None)
        rights = self._placed.of(device)
        for tag in rights.reads if rights else ():
            self._by_tag.get(tag, set()).discard(device)

    # presence

    async def _announce(self, device: DeviceId, online: bool) -> None:
        """To all who may see it, here and at the other servers."""
        self._announce_here(device, online)
        await self._pass_on("presence", device, online)

    def _announce_here(self, device: DeviceId, online: bool) -> None:
        """At once, or, while many come and go, together with what else changes within GATHERED_S."""
        self._changed[device] = online
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_changes())

    async def _tell_changes(self) -> None:
        while self._changed:
            changed, self._changed = self._changed, {}
            await self._tell_everybody(changed)
            await asyncio.sleep(GATHERED_S)

    async def _tell_everybody(self, changed: Mapping[DeviceId, bool]) -> None:
        """Who gathers and is not concerned is told in one of two ways: staff see all, others only staff."""
        alike: dict[bool, list[str]] = {True: [], False: []}
        for device, sids in list(self._here.items()):
            rights = self._desk.rights(device)
            for sid in list(sids):
                if rights is None or device in changed or sid not in self._gathers or rights.revoked:
                    await self._tell_presence(sid, device, changed)
                else:
                    alike[rights.staff].append(sid)
        for sids in alike.values():
            if sids:
                await self._tell_gathered(sids, self._seen_by(self._who.get(sids[0], NOBODY), changed))

    async def _tell_presence(self, sid: str, device: DeviceId, changed: Mapping[DeviceId, bool]) -> None:
        """To one link, as it hears it: together, or one after the other."""
        seen = self._seen_by(device, changed)
        if sid in self._gathers:
            await self._tell_gathered([sid], seen)
            return
        for other, online in seen.items():
            await self._tell([sid], "presence", {"device": other, "online": online})

    async def _tell_gathered(self, sids: list[str], seen: Mapping[DeviceId, bool]) -> None:
        if seen:
            here = [device for device, online in seen.items() if online]
            gone = [device for device, online in seen.items() if not online]
            await self._tell(sids, "presences", {"online": here, "gone": gone})

    def _seen_by(self, device: DeviceId, changed: Mapping[DeviceId, bool]) -> dict[DeviceId, bool]:
        """What of it that device may see."""
        rights = self._desk.rights(device)
        if rights is None:
            return {}
        others = ((other, self._desk.rights(other), online) for other, online in changed.items())
        return {other: online for other, seen, online in others if seen is not None and may_see(rights, seen)}

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
        one, other = self._desk.rights(sender), self._desk.rights(to)
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
