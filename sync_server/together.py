# SPDX-License-Identifier: GPL-3.0-or-later
"""Several servers on one book: who is at which of them, kept in Redis; python-socketio carries events between them.

An entry lives for LIFE_S and is renewed by the server that has the link, so that those of a server that died go by
themselves. Without Redis for a while each server knows its own links only; nothing that must last is here.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

import socketio
from redis.asyncio import Redis
from redis.exceptions import RedisError

from clinic.domain.ids import DeviceId

LIFE_S, RENEW_S = 30, 10
Here = Mapping[DeviceId, list[str]]
_log = logging.getLogger("posta.server")


class Together:
    """The table of links of all servers on one book. Members: sid and device, scored by the second they end."""

    def __init__(self, url: str, book: str) -> None:
        self._redis = Redis.from_url(url, decode_responses=True, socket_timeout=2, socket_connect_timeout=2)
        self._name = f"posta:{book}:here"
        self.carrier = socketio.AsyncRedisManager(url, channel=f"posta:{book}")

    async def arrived(self, device: DeviceId, *sids: str) -> None:
        """These links are here for LIFE_S more."""
        if not sids:
            return
        try:
            until = await self._now() + LIFE_S
            await self._redis.zadd(self._name, {f"{sid} {device}": until for sid in sids})
        except RedisError as error:
            _alone(error)

    async def left(self, device: DeviceId, sid: str) -> None:
        """That link is over."""
        try:
            await self._redis.zrem(self._name, f"{sid} {device}")
        except RedisError as error:
            _alone(error)

    async def here(self, mine: Here) -> Here:
        """Everybody who is here, at whatever server; `mine` when Redis is away."""
        try:
            await self._redis.zremrangebyscore(self._name, "-inf", await self._now())
            entries = await self._redis.zrange(self._name, 0, -1)
        except RedisError as error:
            _alone(error)
            return mine
        found: dict[DeviceId, list[str]] = {}
        for entry in entries:
            sid, _, device = str(entry).partition(" ")
            found.setdefault(DeviceId(device), []).append(sid)
        return found

    async def renew(self, mine: Callable[[], Here]) -> None:
        """Until cancelled: says every RENEW_S that our links are still here."""
        while True:
            await asyncio.sleep(RENEW_S)
            for device, sids in list(mine().items()):
                await self.arrived(device, *sids)

    async def close(self) -> None:
        """Lets go of Redis."""
        await self._redis.aclose()

    async def _now(self) -> int:
        """Redis' own clock, one for all servers."""
        seconds, _micros = await self._redis.time()
        return int(seconds)


def _alone(error: RedisError) -> None:
    _log.warning("Redis is away: %s", type(error).__name__)
