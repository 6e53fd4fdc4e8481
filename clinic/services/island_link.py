# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to one island: checked, then exchanges and letters as with the centre. All of it on the net loop of its Link."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from clinic.domain.clock import CentreClock
from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.ids import DeviceId, ScopeId
from clinic.keys.islands import IslandRefused, check_paper
from clinic.keys.sessions import certificate_mark
from clinic.services.desks import Desk
from clinic.services.island_exchange import Shore, offer, take, turned_to, waits_for
from clinic.services.withdrawing import OnStore
from clinic.sync.machine import (
    Connected,
    Disconnected,
    Event,
    Exchange,
    ExchangeDone,
    ExchangeFailed,
    Failure,
    LocalWrite,
    Rang,
    State,
    SyncDue,
    Ticked,
    WaitUntil,
    start,
    step,
)
from clinic.transport.http import Remote
from clinic.transport.lan import Place, read_paper
from clinic.transport.socket import Doorbell
from clinic.transport.tls import believing_one

log = logging.getLogger(__name__)
AGAIN_S = 1.0
GONE_S = 4.0
"""So long its doorbell is silent, and its paper is asked for anew: it may have started again."""
SETTLED_S = 0.25
BUDGET = 262_144
"""Bytes each way of one exchange."""
TRIES = 5
"""So often in a row nothing answers, and another island may be better."""


class Ashore(Protocol):
    """Who hears of an island. Called on the net loop."""

    def on_island(self, link: "IslandLink") -> None:
        """It is there, or gone."""
        ...

    def on_refused(self, link: "IslandLink", why: IslandRefused) -> None:
        """Nothing was said to it, and it is over."""
        ...

    def on_lost(self, link: "IslandLink") -> None:
        """Nothing answers, and it is over."""
        ...

    def on_letter(self, sender: DeviceId, blob: bytes) -> None: ...
    def on_presence(self, device: DeviceId, online: bool) -> None: ...
    def on_urgent(self, wires: tuple[bytes, ...]) -> None: ...


class IslandLink:
    """One island while it is wanted. `device` '' until its paper has been believed."""

    def __init__(
        self, desk: Desk, places: Sequence[Place], ashore: Ashore, on_store: OnStore, clock: CentreClock,
        keeps_time: Callable[[], bool],
    ) -> None:  # fmt: skip
        """`places`: addresses of one computer, one after the other; `keeps_time`: whether the island's clock is the one to go
        by, because no centre tells."""
        self._places = tuple(places)
        self.place = self._places[0]
        self.device = self.place.device
        self._desk, self._ashore, self._on_store = desk, ashore, on_store
        self._clock, self._keeps_time = clock, keeps_time
        self.remote: Remote | None = None
        self._bell: Doorbell | None = None
        self.present: set[DeviceId] = set()
        self._shore = Shore(self.device)
        self._machine: State = start()
        self._silent = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = False
        self.task(self._keep())

    @property
    def online(self) -> bool:
        """Its doorbell is up: letters travel."""
        return self._bell is not None and self._bell.online

    def due(self) -> None:
        """Exchange now."""
        self._feed(SyncDue(self._now()))

    def wrote(self) -> None:
        """Something was written here."""
        self.task(self._look_what_waits())

    async def letter(self, to: DeviceId, blob: bytes) -> bool:
        """True if the receiver's program has it."""
        bell = self._bell
        return bell is not None and to in self.present and await bell.letter(to, blob)

    async def stop(self) -> None:
        """Hangs up for good."""
        self._ended = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._hang_up()

    def task(self, work: Awaitable[None]) -> None:
        """Runs as long as this link."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    # the doorbell's listener

    def on_state(self, online: bool) -> None:
        if online:
            self._silent.clear()
        else:
            self._all_gone()
            self._silent.set()
        self._feed((Connected if online else Disconnected)(self._now()))
        self._ashore.on_island(self)

    def on_letter(self, sender: DeviceId, blob: bytes) -> None:
        self._ashore.on_letter(sender, blob)

    def on_bell(self, scope: ScopeId, seq: int, urgent: tuple[bytes, ...]) -> None:
        if urgent:
            self._ashore.on_urgent(urgent)
        self._feed(Rang(self._now()))

    def on_trust(self, position: int) -> None:
        self._feed(Rang(self._now()))

    def on_had(self, env_no: int) -> None:
        """Nothing is streamed to an island: its network is quick."""

    def on_presence(self, device: DeviceId, online: bool) -> None:
        (self.present.add if online else self.present.discard)(device)
        self._ashore.on_presence(device, online)

    def _all_gone(self) -> None:
        gone, self.present = self.present, set()
        for device in gone:
            self._ashore.on_presence(device, False)

    # from its paper to its end

    async def _keep(self) -> None:
        """Until it is refused or not wanted."""
        tries = 0
        while tries < TRIES * len(self._places):
            self.place = self._places[tries % len(self._places)]
            try:
                der = await self._believed()
            except IslandRefused as why:
                self._ashore.on_refused(self, why)
                return
            except Unavailable:
                tries += 1
                await asyncio.sleep(AGAIN_S)
                continue
            tries = 0
            try:
                await self._stay(der)
            finally:
                await self._hang_up()
        self._ashore.on_lost(self)

    async def _believed(self) -> bytes:
        """Its certificate in DER form, once the paper is checked. Raises Unavailable, IslandRefused."""
        paper, der = await read_paper(self.place)
        if self.place.device and paper.device != self.place.device:
            raise IslandRefused("A computer on this network says it is another one than it shows.")
        check_paper(self._desk.trust, paper, certificate_mark(der))
        if paper.device != self._shore.device or self._shore.acknowledged is None:
            self.device = paper.device
            self._shore = await self._on_store(partial(turned_to, self._desk, paper.device))
        return der

    async def _stay(self, der: bytes) -> None:
        """Connected until its doorbell has been silent for a while."""
        desk, tls = self._desk, believing_one(der)
        self.remote = Remote(
            self.place.url, desk.device, desk.device_keys.sign, tls, fingerprint=desk.trust.fingerprint
        )
        self._bell = Doorbell(self.place.url, self.remote.token, self, tls)
        self.remote.on_heard(self._bell.heard)
        await self._bell.start()
        await asyncio.sleep(GONE_S)
        while self.online:
            await self._silent.wait()
            await asyncio.sleep(GONE_S)

    async def _hang_up(self) -> None:
        bell, self._bell = self._bell, None
        remote, self.remote = self.remote, None
        self._silent.clear()
        if bell is not None:
            await bell.stop()
        if remote is not None:
            await remote.close()

    # exchanges

    def _feed(self, event: Event) -> None:
        if self._ended:
            return
        self._machine, effects = step(self._machine, event, self._desk.random(1)[0] / 255)
        for effect in effects:
            match effect:
                case Exchange():
                    self.task(self._exchange())
                case WaitUntil(at):
                    asyncio.get_running_loop().call_later(
                        max(0.0, at - self._now()), lambda: self._feed(Ticked(self._now()))
                    )

    async def _exchange(self) -> None:
        ended: Event = ExchangeFailed(0.0, Failure.LOCAL)
        try:
            ended = await self._exchanged()
        finally:
            self._feed(replace(ended, now=self._now()))

    async def _exchanged(self) -> Event:
        remote = self.remote
        if remote is None:
            return ExchangeFailed(0.0, Failure.UNREACHABLE)
        try:
            more = await self._once(remote)
        except Unavailable as error:
            log.info("an exchange on this network did not come about: %s", error)
            return ExchangeFailed(0.0, Failure.UNREACHABLE)
        except Refusal as refusal:
            log.warning("an exchange on this network was refused: %s", refusal.sentence)
            return ExchangeFailed(0.0, Failure.REFUSED)
        return ExchangeDone(0.0, more=more)

    async def _once(self, remote: Remote) -> bool:
        shore = self._shore
        request = await self._on_store(partial(offer, self._desk, shore, BUDGET))
        response = await remote.sync(request)
        if self._keeps_time():
            self._clock.compare(request.sent_at, self._desk.clock.now(), response.server_time)
        landed = await self._on_store(partial(take, self._desk, shore, request, response))
        self._shore = landed.shore
        return landed.more

    async def _look_what_waits(self) -> None:
        await asyncio.sleep(SETTLED_S)  # a visit writes many things at once
        try:
            waits = await self._on_store(partial(waits_for, self._desk, self._shore))
        except PostaError as error:
            log.info("what waits for this network could not be read: %s", error)
            return
        if waits:
            self._feed(LocalWrite(self._now(), 1))

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a bug on the way over this network", exc_info=task.exception())

    def _now(self) -> float:
        return self._desk.clock.monotonic()


async def once(desk: Desk, place: Place, on_store: OnStore) -> tuple[DeviceId, int, int]:
    """Exchange with the island at a place until nothing waits on either side: whose it is, how many envelopes left, how many
    records came. Raises IslandRefused, Refusal, Unavailable."""
    paper, der = await read_paper(place)
    check_paper(desk.trust, paper, certificate_mark(der))
    remote = Remote(
        place.url, desk.device, desk.device_keys.sign, believing_one(der), fingerprint=desk.trust.fingerprint
    )
    shore, sent, new = Shore(paper.device), 0, 0
    try:
        while True:
            request = await on_store(partial(offer, desk, shore, BUDGET))
            landed = await on_store(partial(take, desk, shore, request, await remote.sync(request)))
            shore, sent, new = landed.shore, sent + len(request.envelopes), new + landed.new
            if not landed.more:
                return paper.device, sent, new
    finally:
        await remote.close()
