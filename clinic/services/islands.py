# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinic's own network beside the way to the centre: looked for while the centre cannot be reached, and served where this
computer is asked to. All of it on the net loop of a Link.

Whoever serves stays connected to its own island, and takes what lies there to the centre as soon as it can.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from clinic.domain.clock import CentreClock
from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.ids import DeviceId
from clinic.keys.islands import IslandRefused, may_serve, organization_mark
from clinic.services.desks import Desk
from clinic.services.island_link import IslandLink
from clinic.services.serving import Ferry, charter, island_address, keep_turned_away, serves_network
from clinic.services.withdrawing import OnStore
from clinic.transport.http import Remote
from clinic.transport.island_child import IslandChild
from clinic.transport.lan import Announcer, Finder, Place, own_addresses, place_in

log = logging.getLogger(__name__)
T = TypeVar("T")
LOOK_AFTER_S, LEAVE_AFTER_S = 3.0, 20.0
"""The centre is silent, or back, for so long."""
SHUN_S = 60.0
"""So long one that was refused or did not answer is left alone."""
FERRY_S, NETWORK_S = 3.0, 15.0
_PIECE = 256 * 1024
_MOST_HANDED_ON = 4 * 1024 * 1024
"""Bytes from the centre that wait to be handed on; what is more comes to others from the centre itself."""


@dataclass(frozen=True, slots=True)
class Lan:
    """How a program takes part. `at`: HOST:PORT where an island is, besides those that are found; `addresses`: those of this
    computer that count, () for all; `finds`: whether it listens for islands at all; `host`, `port`: where its own one listens."""

    at: str = ""
    addresses: tuple[str, ...] = ()
    finds: bool = True
    host: str = "0.0.0.0"
    port: int = 0


@dataclass(frozen=True, slots=True)
class Network:
    """How it stands. `through`: name of the computer whose island is used, '' for none; `serves`: an island of ours is up, on
    `port`; `beside`: names of the other computers that are connected to one of these islands; `refused`: why the last one that
    was found is not believed, None if none was."""

    through: str = ""
    serves: bool = False
    port: int = 0
    beside: tuple[str, ...] = ()
    refused: Refusal | None = None


class Listening(Protocol):
    """Whose letters these are: a Link."""

    def on_letter(self, sender: DeviceId, blob: bytes) -> None: ...
    def on_island_presence(self, device: DeviceId, online: bool) -> None: ...
    def on_urgent(self, wires: tuple[bytes, ...]) -> None: ...
    def on_network(self, network: Network) -> None: ...


class Islands:
    """Made on any thread; everything else on the net loop."""

    def __init__(
        self, desk: Desk, lan: Lan, listening: Listening, on_store: OnStore, clock: CentreClock, centre: Remote
    ) -> None:  # fmt: skip
        self._desk, self._lan, self._listening = desk, lan, listening
        self._on_store, self._clock, self._centre = on_store, clock, centre
        self._centre_up = False
        self._looks = False
        self._places: dict[DeviceId, tuple[Place, ...]] = {}
        self._shunned: dict[DeviceId, float] = {}
        self._other: IslandLink | None = None
        self._own: IslandLink | None = None
        self._child: IslandChild | None = None
        self._port = 0
        self._finder: Finder | None = None
        self._announcer: Announcer | None = None
        self._addresses: tuple[str, ...] = ()
        self._ferry = Ferry(desk)
        self._handed_on: list[bytes] = []
        self._handing = False
        self._refused: Refusal | None = None
        self._said = Network()
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._ended = False

    # what a link tells

    async def begin(self) -> None:
        """Nothing is known of the centre yet."""
        self._task(self._watch())
        self._task(self._ply())
        self.settings()
        self.centre(False)

    def settings(self) -> None:
        """They may have changed."""
        self._task(self._read_settings())

    def centre(self, online: bool) -> None:
        """The centre answers, or does not."""
        self._centre_up = online
        wait = LEAVE_AFTER_S if online else LOOK_AFTER_S
        asyncio.get_running_loop().call_later(wait, lambda: self._task(self._turn_to(online)))

    def wrote(self) -> None:
        """Something was written here."""
        for link in self._links():
            link.wrote()

    def due(self) -> None:
        """Exchange now, by the agenda or because somebody asks."""
        for link in self._links():
            link.due()

    def brought(self, wires: tuple[bytes, ...]) -> None:
        """The centre gave these: whoever is on our island and cannot reach it gets them there."""
        own = self._own
        if own is None or not own.online or not own.present:
            return
        if sum(map(len, self._handed_on)) + sum(map(len, wires)) <= _MOST_HANDED_ON:
            self._handed_on += wires
            if not self._handing:
                self._handing = True
                self._task(self._hand_on(own))

    @property
    def remote(self) -> Remote | None:
        """Another computer's island that answers now."""
        return self._other.remote if self._other is not None and self._other.online else None

    @property
    def online(self) -> bool:
        """Letters travel over one of them."""
        return any(link.online for link in self._links())

    def is_present(self, device: DeviceId) -> bool:
        """That computer is connected to one of them."""
        return any(device in link.present for link in self._links())

    async def letter(self, to: DeviceId, blob: bytes) -> bool:
        """True once it arrived by one of them."""
        for link in self._links():
            if await link.letter(to, blob):
                return True
        return False

    async def stop(self) -> None:
        """Hangs up, and ends the island of this computer."""
        self._ended = True
        async with self._turn:  # what is being opened can be closed once it is open
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stop_serving()
        await self._stop_looking()

    # what islands tell

    def on_island(self, link: IslandLink) -> None:
        if link.online:
            self._refused = None
        self._say()

    def on_refused(self, link: IslandLink, why: IslandRefused) -> None:
        self._turned_away(link.place.device or link.device, why)
        self._task(self._drop(link))

    def on_lost(self, link: IslandLink) -> None:
        self._shun(link.place.device)
        self._task(self._drop(link))

    def on_letter(self, sender: DeviceId, blob: bytes) -> None:
        self._listening.on_letter(sender, blob)

    def on_presence(self, device: DeviceId, online: bool) -> None:
        self._listening.on_island_presence(device, online or self.is_present(device))
        self._say()

    def on_urgent(self, wires: tuple[bytes, ...]) -> None:
        self._listening.on_urgent(wires)

    # looking for one

    async def _turn_to(self, online: bool) -> None:
        """What was heard of the centre a while ago still holds."""
        if self._centre_up != online or self._ended:
            return
        async with self._turn:
            self._looks = not online
            if online:
                await self._stop_looking()
            else:
                await self._look()
        await self._choose()

    async def _look(self) -> None:
        if self._finder is not None or not self._lan.finds:
            return
        loop, mark = asyncio.get_running_loop(), organization_mark(self._desk.trust.fingerprint)

        def found(place: Place) -> None:
            loop.call_soon_threadsafe(self._found, place)

        def lost(device: DeviceId) -> None:
            loop.call_soon_threadsafe(self._lost, device)

        try:
            self._finder = await self._aside(lambda: Finder(mark, found, lost, self._network()))
        except Unavailable as error:
            log.info("this network is not searched: %s", error)

    async def _stop_looking(self) -> None:
        finder, self._finder = self._finder, None
        self._places.clear()
        if finder is not None:
            await self._aside(finder.close)
        other, self._other = self._other, None
        if other is not None:
            await other.stop()
            self._say()

    def _found(self, place: Place) -> None:
        """Whoever may not serve is not even asked who it is."""
        if self._ended or place.device == self._desk.device:
            return
        try:
            may_serve(self._desk.trust, place.device)
        except IslandRefused as why:
            self._turned_away(place.device, why)
            return
        known = self._places.get(place.device, ())
        if place not in known:
            same_port = tuple(one for one in known if one.port == place.port)
            self._places[place.device] = (*same_port, place)
        self._task(self._choose())

    def _lost(self, device: DeviceId) -> None:
        self._places.pop(device, None)

    async def _choose(self) -> None:
        """One island beside our own: all take the same one, the lowest by id, and stay with it while it is there."""
        async with self._turn:
            if not self._looks or self._ended or (self._other is not None and self._other.online):
                return
            now = self._desk.clock.monotonic()
            open_to_us = {
                device: places
                for device, places in (*self._places.items(), *self._typed())
                if self._shunned.get(device, 0.0) <= now
            }
            if not open_to_us:
                return
            best = min(open_to_us)
            if self._other is not None and self._other.place in open_to_us[best]:
                return
            if self._other is not None:
                await self._other.stop()
            self._other = self._link(open_to_us[best])

    def _typed(self) -> tuple[tuple[DeviceId, tuple[Place, ...]], ...]:
        if not self._lan.at:
            return ()
        try:
            return ((DeviceId(""), (place_in(self._lan.at),)),)
        except IslandRefused as why:
            self._turned_away(DeviceId(""), why)
            return ()

    async def _drop(self, link: IslandLink) -> None:
        async with self._turn:
            await link.stop()
            if self._other is link:
                self._other = None
        self._say()
        await self._choose()

    def _turned_away(self, device: DeviceId, why: Refusal) -> None:
        if self._shunned.get(device, 0.0) > self._desk.clock.monotonic():
            return
        self._shun(device)
        log.warning("an island was refused: %s", why.sentence)
        self._refused = why
        self._say()
        self._task(self._remember(device, why))

    async def _remember(self, device: DeviceId, why: Refusal) -> None:
        try:
            await self._on_store(partial(keep_turned_away, self._desk, device, why))
        except PostaError as error:
            log.info("it was not kept: %s", error)

    def _shun(self, device: DeviceId) -> None:
        self._shunned[device] = self._desk.clock.monotonic() + SHUN_S
        asyncio.get_running_loop().call_later(SHUN_S + 0.1, lambda: self._task(self._choose()))

    # serving

    async def _read_settings(self) -> None:
        desk = self._desk
        try:
            serves = await self._on_store(lambda: serves_network(desk))
            self._lan = self._lan if self._lan.at else await self._on_store(self._with_address)
        except PostaError as error:
            log.info("the settings of this network could not be read: %s", error)
            return
        async with self._turn:
            if serves and self._child is None and not self._ended:
                self._serve()
            elif not serves:
                await self._stop_serving()

    def _with_address(self) -> Lan:
        lan = self._lan
        return Lan(island_address(self._desk), lan.addresses, lan.finds, lan.host, lan.port)

    def _serve(self) -> None:
        desk, loop = self._desk, asyncio.get_running_loop()
        try:
            may_serve(desk.trust, desk.device)
        except IslandRefused as why:
            log.warning("this computer does not serve its network: %s", why.sentence)
            return

        def up(port: int) -> None:
            loop.call_soon_threadsafe(lambda: self._task(self._island_up(port)))

        def down() -> None:
            loop.call_soon_threadsafe(lambda: self._task(self._island_down()))

        self._child = IslandChild(
            desk.home.island,
            partial(charter, desk),
            up,
            down,
            desk.clock.monotonic,
            self._lan.host,
            self._lan.port,
        )
        self._child.start()

    async def _island_up(self, port: int) -> None:
        async with self._turn:
            self._port = port
            await self._end_own()
            here = self._lan.host if self._lan.host not in ("0.0.0.0", "::") else "127.0.0.1"
            self._own = self._link((Place(here, port, self._desk.device),))
            await self._announce()
        self._say()

    async def _island_down(self) -> None:
        async with self._turn:
            self._port = 0
            await self._end_own()
        self._say()

    async def _announce(self) -> None:
        mark = organization_mark(self._desk.trust.fingerprint)
        try:
            self._announcer = await self._aside(
                lambda: Announcer(self._desk.device, mark, self._port, self._network())
            )
        except Unavailable as error:
            log.info("this island is found by its address alone: %s", error)

    async def _end_own(self) -> None:
        announcer, self._announcer = self._announcer, None
        if announcer is not None:
            await self._aside(announcer.close)
        own, self._own = self._own, None
        if own is not None:
            await own.stop()

    async def _stop_serving(self) -> None:
        child, self._child = self._child, None
        self._port = 0
        await self._end_own()
        if child is not None:
            await self._aside(child.stop)
            self._say()

    async def _ply(self) -> None:
        """From time to time, what lies on our island goes to the centre."""
        while True:
            await asyncio.sleep(FERRY_S)
            own = self._own
            if own is None or own.remote is None or not own.online or not self._centre_up:
                continue
            try:
                if brought := await self._ferry.cross(own.remote, self._centre):
                    log.info("brought %d envelopes of others to the centre", brought)
            except PostaError as error:
                log.info("what lies on the island waits: %s", error)

    async def _hand_on(self, own: IslandLink) -> None:
        try:
            while self._handed_on and own.remote is not None:
                piece: list[bytes] = []
                room = _PIECE
                while self._handed_on and (not piece or room > 0):
                    piece.append(self._handed_on.pop(0))
                    room -= len(piece[-1])
                await own.remote.carry(tuple(piece))
        except PostaError as error:
            log.info("what came from the centre is not on the island: %s", error)
            self._handed_on.clear()
        finally:
            self._handing = False

    # under them

    async def _watch(self) -> None:
        """A network that was left, or joined, is noticed."""
        while True:
            await asyncio.sleep(NETWORK_S)
            addresses = await self._aside(self._network)
            if addresses == self._addresses:
                continue
            async with self._turn:
                self._addresses = addresses
                if self._finder is not None:
                    finder, self._finder = self._finder, None
                    await self._aside(finder.close)
                    await self._look()
                if self._announcer is not None:
                    await self._aside(self._announcer.close)
                    self._announcer = None
                    await self._announce()

    def _network(self) -> tuple[str, ...]:
        addresses = self._lan.addresses or own_addresses()
        self._addresses = self._addresses or addresses
        return addresses

    def _link(self, places: tuple[Place, ...]) -> IslandLink:
        return IslandLink(
            self._desk, places, self, self._on_store, self._clock, keeps_time=lambda: not self._centre_up
        )

    def _links(self) -> tuple[IslandLink, ...]:
        return tuple(link for link in (self._own, self._other) if link is not None)

    def _say(self) -> None:
        other, beside = self._other, set[DeviceId]()
        for link in self._links():
            beside |= link.present
        through = ""
        if other is not None and other.online:
            through = self._name_of(other.device)
        serves = self._own is not None and self._own.online
        names = tuple(sorted(map(self._name_of, beside)))
        now = Network(through, serves, self._port if serves else 0, names, self._refused)
        if now != self._said:
            self._said = now
            self._listening.on_network(now)

    def _name_of(self, device: DeviceId) -> str:
        known = self._desk.trust.device(device)
        return known.name if known else str(device)

    async def _aside(self, act: Callable[[], T]) -> T:
        return await asyncio.to_thread(act)

    def _task(self, work: Awaitable[None]) -> None:
        if self._ended:
            if asyncio.iscoroutine(work):
                work.close()
            return
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a bug on the clinic's network", exc_info=task.exception())
