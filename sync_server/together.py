# SPDX-License-Identifier: GPL-3.0-or-later
"""Several servers on one book: who is at which of them, kept in Redis, and what each tells the others. python-socketio carries
letters between them.

An entry lives for LIFE_S and is renewed by the server that has the link, so that those of a server that died go by
themselves. Without Redis for a while each server knows its own links only; nothing that must last is here.
"""

import asyncio
import importlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from socketio import async_redis_manager

from clinic.domain.ids import DeviceId
from clinic.protocol.codec import dumps, loads

LIFE_S, RENEW_S, AGAIN_S = 30, 10, 1.0
Here = Mapping[DeviceId, list[str]]
_log = logging.getLogger("posta.server")


class Together:
    """The table of links of all servers on one book. Members: sid and device, scored by the second they end."""

    def __init__(self, url: str, book: str) -> None:
        self._redis = Redis.from_url(url, decode_responses=True, socket_timeout=2, socket_connect_timeout=2)
        self._name = f"posta:{book}:here"
        self._post = Redis.from_url(url, socket_connect_timeout=2)
        self._channel = f"posta:{book}:told"
        self._me = os.urandom(8)
        self.carrier = _carriers().AsyncRedisManager(url, channel=f"posta:{book}")

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

    async def pass_on(self, *words: object) -> None:
        """To all other servers; each tells its own links."""
        try:
            await self._post.publish(self._channel, dumps([self._me, list(words)]))
        except RedisError as error:
            _alone(error)

    async def listen(self, heard: Callable[[object], Awaitable[None]], listening: asyncio.Event) -> None:
        """Until cancelled: hands on what other servers say. `listening` is set once nothing is missed any more, or Redis is
        away."""
        while True:
            try:
                async with self._post.pubsub(ignore_subscribe_messages=True) as letters:
                    await letters.subscribe(self._channel)
                    listening.set()
                    async for letter in letters.listen():
                        await self._hand_on(letter["data"], heard)
            except (RedisError, OSError) as error:
                listening.set()
                _alone(error)
            await asyncio.sleep(AGAIN_S)

    async def _hand_on(self, data: bytes, heard: Callable[[object], Awaitable[None]]) -> None:
        """Not what we said ourselves. What fails there is a bug of one message, not the end of listening."""
        try:
            who, words = loads(data)
            if who != self._me:
                await heard(words)
        except Exception:  # noqa: BLE001  # the roof of what others say
            _log.exception("bug in what another server said")

    async def close(self) -> None:
        """Lets go of Redis."""
        await self._redis.aclose()
        await self._post.aclose()

    async def _now(self) -> int:
        """Redis' own clock, one for all servers."""
        seconds, _micros = await self._redis.time()
        return int(seconds)


def _carriers() -> Any:
    """python-socketio's module, which may have been loaded without Redis (`sync_server.__main__`)."""
    loaded = async_redis_manager
    return loaded if getattr(loaded, "aioredis", None) else importlib.reload(loaded)


def _alone(error: Exception) -> None:
    _log.warning("Redis is away: %s", type(error).__name__)
