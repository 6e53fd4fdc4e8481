# SPDX-License-Identifier: GPL-3.0-or-later
"""Listens for the instruments that were set up here, and to no others, and reads what they send."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import aclosing

from clinic.devices.port import Came, Instrument, Link, Lost, Near, NotTaken, Radio, Silent, Told
from clinic.domain.clock import Clock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.instruments import streams
from clinic.domain.instruments.kinds import PROFILES, Kind
from clinic.domain.instruments.readings import Reading, Unready

CONNECT_S = 20.0
CLOSE_S = 5.0
AGAIN_S = 2.0
"""After a connection that failed; it is heard many times a second meanwhile."""
log = logging.getLogger(__name__)


class Listening:
    """The port's `Instruments` over a radio. Each time it begins it has a thread and a loop of its own."""

    def __init__(
        self,
        radio: Callable[[], Radio],
        instruments: tuple[Instrument, ...],
        clock: Clock,
        near: Callable[[Instrument], None] = lambda instrument: None,
    ) -> None:
        """`near`: one was connected, told on that thread."""
        self._radio, self._instruments, self._clock, self._near = radio, instruments, clock, near
        self._turn: _Turn | None = None

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset(one.kind for one in self._instruments)

    def begin(self, told: Callable[[Told], None]) -> None:
        self.end()
        self._turn = _Turn(told)
        threading.Thread(target=self._run, args=(self._turn,), name="instruments", daemon=True).start()

    def end(self) -> None:
        """At once for whoever asks; connections are closed behind her back. Nothing more is told."""
        if self._turn is not None:
            self._turn.stop()
            self._turn = None

    def _run(self, turn: _Turn) -> None:
        def tell(told: Told) -> None:
            if isinstance(told, Near):
                self._near(told.instrument)
            turn.tell(told)

        async def listening() -> None:
            if turn.started():
                await listen(self._radio(), self._instruments, self._clock, tell)

        try:
            asyncio.run(listening())
        except asyncio.CancelledError:
            pass


class _Turn:
    """From one begin to its end, which may come before the loop runs."""

    def __init__(self, told: Callable[[Told], None]) -> None:
        self._told, self._lock, self._over = told, threading.Lock(), False
        self._cancel: Callable[[], object] | None = None

    def started(self) -> bool:
        """Inside the loop; False when it is over already."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        with self._lock:
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
            return not self._over

    def stop(self) -> None:
        with self._lock:
            self._over = True
            try:
                if self._cancel is not None:
                    self._cancel()
            except RuntimeError:
                pass  # its loop has ended by itself

    def tell(self, told: Told) -> None:
        with self._lock:
            if not self._over:
                self._told(told)


async def listen(
    radio: Radio, instruments: tuple[Instrument, ...], clock: Clock, told: Callable[[Told], None]
) -> None:
    """Until it is cancelled, or until there is no radio (then it has told Silent)."""
    ours = {one.address: one for one in instruments}
    attended: dict[str, asyncio.Task[None]] = {}
    dialling = asyncio.Lock()
    try:
        async with aclosing(radio.heard()) as nearby:
            async for heard in nearby:
                instrument = ours.get(heard.address)
                if instrument is not None and (
                    heard.address not in attended or attended[heard.address].done()
                ):
                    attended[heard.address] = asyncio.create_task(
                        _attend(radio, dialling, instrument, clock, told)
                    )
    except Unavailable as error:
        log.warning("%s", error)
        told(Silent(error.sentence))
    finally:
        for task in attended.values():
            task.cancel()
        await asyncio.gather(*attended.values(), return_exceptions=True)


async def _attend(
    radio: Radio,
    dialling: asyncio.Lock,
    instrument: Instrument,
    clock: Clock,
    told: Callable[[Told], None],
) -> None:
    """One connection, from the first word to the last. A radio begins one at a time."""
    dropped = asyncio.Event()
    link: Link | None = None
    try:
        async with dialling, asyncio.timeout(CONNECT_S):
            link = await radio.connect(instrument.address, dropped.set)
            await _subscribe(link, instrument, clock, told)
        told(Near(instrument))
        await dropped.wait()
    except (Unavailable, TimeoutError) as error:
        log.warning("the %s could not be read: %s", instrument.kind, error)
        await asyncio.sleep(AGAIN_S)
    finally:
        if link is not None:
            await _closed(link)
    if link is not None:
        told(Lost(instrument))


async def _closed(link: Link) -> None:
    try:
        async with asyncio.timeout(CLOSE_S):
            await link.close()
    except (Unavailable, TimeoutError) as error:
        log.warning("a connection did not close: %s", error)


async def _subscribe(link: Link, instrument: Instrument, clock: Clock, told: Callable[[Told], None]) -> None:
    profile = PROFILES[instrument.kind]
    sent = [one for one in profile.readers if one in link.characteristics()]
    if not sent:
        raise Unavailable(
            "What stands at {address} is no {kind}. Set it up anew.",
            address=instrument.address,
            kind=instrument.kind,
        )
    for characteristic in sent:
        reader = _Reader(instrument, profile.readers[characteristic], clock, told)
        await link.subscribe(characteristic, reader.take)
    where, octets = profile.ask
    if where in link.characteristics():
        await link.subscribe(where, lambda _answer: None)  # a meter asks for that before it answers
        await link.write(where, octets)


class _Reader:
    """What comes from one characteristic; of a stream it remembers the last few."""

    def __init__(
        self,
        instrument: Instrument,
        decode: Callable[[bytes], Reading],
        clock: Clock,
        told: Callable[[Told], None],
    ) -> None:
        self._instrument, self._decode, self._clock, self._told = instrument, decode, clock, told
        self._last: tuple[Reading, ...] = ()

    def take(self, octets: bytes) -> None:
        try:
            reading = self._decode(octets)
        except Refusal as refusal:
            self._last = ()
            self._told(NotTaken(self._instrument, refusal.sentence, isinstance(refusal, Unready)))
            return
        settled: Reading | None = reading
        if reading.streamed:
            self._last, settled = streams.heard(self._last, reading)
        if settled is not None:
            arrived = self._clock.now().astimezone().replace(tzinfo=None)
            self._told(Came(self._instrument, settled, settled.clock_is_off(arrived)))
