# SPDX-License-Identifier: GPL-3.0-or-later
"""The one running connection of a program: exchanges when there is something to exchange, letters, who is there.

All callbacks come on the net thread: hand over and return. Deciding is clinic.sync.machine; this is its edge.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from clinic.calls.relays import Leave, leave_of
from clinic.calls.trial import Tried
from clinic.domain.clock import CentreClock, milliseconds
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId, ScopeId
from clinic.domain.record import Record
from clinic.keys.attachments import attachment_id
from clinic.keys.letters import open_letter, seal_letter
from clinic.keys.refusals import Unreadable
from clinic.protocol.letters import Letter
from clinic.protocol.sync import FaultNumber
from clinic.protocol.trust import DeviceKind
from clinic.services import codes_out, first_look, relaying, withdrawing
from clinic.services.audits import sign_head
from clinic.services.desks import Desk
from clinic.services.islands import Islands, Lan, Network
from clinic.services.streaming import Stream
from clinic.services.syncing import (
    Taken,
    begin_stream,
    snapshot,
    sync_status,
    take,
    take_ahead,
    tend_charts,
)
from clinic.services.withdrawing import OnStore
from clinic.store.book import Book
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage
from clinic.sync.exchange import request_for
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
    Report,
    State,
    SyncDue,
    Ticked,
    WaitUntil,
    start,
    step,
)
from clinic.sync.pace import Pace
from clinic.sync.status import SyncStatus
from clinic.transport.http import RefusedByServer, Remote
from clinic.transport.loop import NetLoop
from clinic.transport.socket import Doorbell
from clinic.transport.tls import believing

__all__ = ["Link", "exchange_now", "remote_of", "sync_status", "with_remote"]

log = logging.getLogger(__name__)
T = TypeVar("T")
_FETCH_S = 8.0
_TAKEN = "letter of "
_SENT = "letters sent"
AUTHORITY = "server authority"
"""Setting: the PEM text of the only authority this computer believes."""


def _numbers_taken(page: Page) -> dict[DeviceId, int]:
    """The highest number taken of each sender: a letter seen before stays so when the program starts again."""
    return {DeviceId(name.removeprefix(_TAKEN)): value for name, value in page.numbers(_TAKEN).items()}


def _next_number(page: Page, now: datetime) -> int:
    """Numbers of letters only grow, also when the clock was set back since the last one."""
    return max(milliseconds(now), page.numbers(_SENT).get(_SENT, 0))


class Link:
    """Made stopped; start it once the program's window stands."""

    def __init__(
        self, desk: Desk, server_url: str = "", on_status: Callable[[SyncStatus], None] = lambda status: None,
        on_letter: Callable[[Letter], None] = lambda letter: None, on_online: Callable[[bool], None] = lambda online: None,
        on_presence: Callable[[DeviceId, bool], None] = lambda device, online: None,
        on_undelivered: Callable[[DeviceId, Record], None] = lambda device, content: None, clock: CentreClock | None = None,
        lan: Lan | None = None, on_network: Callable[[Network], None] = lambda network: None,
    ) -> None:  # fmt: skip
        """`on_online`: whether letters travel, to the centre or over the clinic's own network; `lan` None: never over that."""
        self._desk, self.clock = desk, clock or CentreClock(desk.clock)
        self._told, self._letter, self._online_told = on_status, on_letter, on_online
        self._presence_told, self._undelivered = on_presence, on_undelivered
        self._loop = NetLoop()
        self._store = ThreadPoolExecutor(1, thread_name_prefix="link-store")
        self._remote = remote_of(desk, server_url)
        self._bell = Doorbell(self._remote.url, self._remote.token, self, authority_of(desk))
        self._remote.on_heard(self._bell.heard)
        self._machine: State = start(sync_status(desk))
        self._present: set[DeviceId] = set()
        self._network_told, self._online = on_network, False
        self._network, self._status = Network(), sync_status(desk)
        self._islands = (
            Islands(desk, lan, self, self._on_store, self.clock, self._remote) if lan is not None else None
        )
        self._numbers = desk.book.read(_numbers_taken)
        self._number = desk.book.read(partial(_next_number, now=desk.clock.now()))
        self._files_due = self._files_go = False
        self._stream = Stream(desk.clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop_listening: Callable[[], None] = lambda: None

    # what a program calls, from any thread -------------------------------------------------------

    def start(self) -> None:
        """Connect now and stay connected."""
        self._loop.start()
        self._stop_listening = self._desk.listen(self._changed)
        self._loop.submit(self._begin())

    def stop(self) -> None:
        """Hang up and end the net thread. What has not left stays in the outbox."""
        self._stop_listening()
        try:
            self._loop.submit(self._end()).result(15 if self._islands else 5)
        except (Unavailable, TimeoutError):
            log.info("the link was left as it stood")
        self._loop.stop()
        self._store.shutdown(wait=True)

    def sync_now(self) -> None:
        """An exchange is due: by the agenda of the program, or because somebody asks for it."""
        self._soon(self._due)

    def post(self, to: DeviceId, content: Record) -> None:
        """Send a letter; on_undelivered hears of one that did not arrive."""
        self._soon(lambda: self._task(self._post(to, content)))

    def is_present(self, device: DeviceId) -> bool:
        """True while that device's program is connected too."""
        return device in self._present or (self._islands is not None and self._islands.is_present(device))

    def capsule(self, lookup: str) -> bytes | None:
        """A card's sealed capsule from the centre; waits. Raises Unavailable; CardEnded for one that was withdrawn."""
        self._check_centre()
        try:
            return self._fetch(self._remote.capsule(lookup))
        except RefusedByServer as no:
            if no.number != FaultNumber.GONE:
                raise
            self._soon(self._files)  # the signed word of it, which ends the copy here too
            raise withdrawing.CardEnded from no

    def take_code(self, lookup: str) -> bytes | None:
        """What a one-time code brings, once; None for a wrong one; waits. Raises Unavailable."""
        self._check_centre()
        return self._fetch(self._remote.take_code(lookup))

    def try_link(self) -> Tried:
        """A short measurement of the way to the centre, or of the clinic's own network where only that is there; waits.
        Raises Unavailable."""
        island = self._islands.remote if self._islands is not None and not self._bell.online else None
        rtt_s, up_kbps = self._fetch((island or self._remote).tried())
        return Tried(rtt_s * 1000, up_kbps, island is not None)

    def ask_relay(self, told: Callable[[Leave | None], None]) -> None:
        """Ask the centre for leave to use its relay of calls; waits for nothing. `told` hears on the net thread, None where the
        centre is not reached now."""
        self._soon(lambda: self._task(self._ask_relay(told)))

    def _check_centre(self) -> None:
        """Nobody waits for a time-out where only the clinic's own network is there."""
        if self._online and not self._bell.online:
            raise Unavailable("The centre cannot be reached.")

    # the doorbell's listener ---------------------------------------------------------------------

    def on_state(self, online: bool) -> None:
        if not online:
            gone, self._present = self._present, set()
            for device in gone:
                self.on_island_presence(device, self.is_present(device))
            self._task(self._remote.renew())  # an exchange on a dead connection would hang for seconds
        self._stream.heard_by(online)
        if self._islands is not None:
            self._islands.centre(online)
        self._tell_online()
        self._feed((Connected if online else Disconnected)(self._now()))

    def on_network(self, network: Network) -> None:
        self._network = network
        self._network_told(network)
        self._tell_online()
        self._tell_status(self._status)

    def _tell_status(self, status: SyncStatus) -> None:
        """How it stands with the centre, and by which way work goes on without it."""
        self._status, network = status, self._network
        beside = len(network.beside) if network.serves else None
        self._told(replace(status, through=network.through, beside=beside))

    def on_island_presence(self, device: DeviceId, online: bool) -> None:
        self._presence_told(device, online or device in self._present)

    def on_urgent(self, wires: tuple[bytes, ...]) -> None:
        self._task(self._urgent(wires))

    def _tell_online(self) -> None:
        online = self._bell.online or (self._islands is not None and self._islands.online)
        if online != self._online:
            self._online = online
            self._online_told(online)

    def on_bell(self, scope: ScopeId, seq: int, urgent: tuple[bytes, ...]) -> None:
        if urgent:
            self._task(self._urgent(urgent))
        self._stream.stop()
        self._feed(Rang(self._now()))

    def on_trust(self, position: int) -> None:
        self._stream.stop()
        self._feed(Rang(self._now()))

    def on_had(self, env_no: int) -> None:
        self._stream.had(env_no)

    def on_presence(self, device: DeviceId, online: bool) -> None:
        (self._present.add if online else self._present.discard)(device)
        self._presence_told(device, self.is_present(device))

    def on_letter(self, sender: DeviceId, blob: bytes) -> None:
        desk = self._desk
        try:
            letter = open_letter(blob, desk.trust, desk.device_keys, self.clock.now(), self._numbers)
        except Refusal as refusal:
            log.warning("a letter was refused: %s", refusal.sentence)
            return
        self._numbers[letter.sender] = letter.number
        self._keep_number(f"{_TAKEN}{letter.sender}", letter.number)
        self._letter(letter)

    # on the net thread ---------------------------------------------------------------------------

    def _keep_number(self, name: str, value: int) -> None:
        """Not a task: stopping waits for it, and cancels those."""

        def keep() -> None:
            try:
                self._desk.book.keep(partial(WritePage.keep_number, name=name, value=value))
            except Unavailable as error:
                log.warning("the number of a letter was not kept: %s", error)

        self._store.submit(keep)

    async def _begin(self) -> None:
        await self._bell.start()
        if self._islands is not None:
            await self._islands.begin()
        self._feed(SyncDue(self._now()))

    def _due(self) -> None:
        self._feed(SyncDue(self._now()))
        if self._islands is not None:
            self._islands.due()

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._islands is not None:
            await self._islands.stop()
        await self._bell.stop()
        await self._remote.close()

    def _feed(self, event: Event) -> None:
        self._machine, effects = step(self._machine, event, self._desk.random(1)[0] / 255)
        for effect in effects:
            match effect:
                case Exchange(budget):
                    self._task(self._exchange(budget))
                case WaitUntil(at):
                    asyncio.get_running_loop().call_later(
                        max(0.0, at - self._now()), lambda: self._feed(Ticked(self._now()))
                    )
                case Report(status):
                    self._tell_status(status)

    async def _exchange(self, budget: int) -> None:
        """Whatever comes of it, the machine hears of an end: it would wait for one for ever."""
        ended: Event = ExchangeFailed(0.0, Failure.LOCAL)
        try:
            ended = await self._exchanged(budget)
        finally:
            self._feed(replace(ended, now=self._now()))

    async def _exchanged(self, budget: int) -> Event:
        try:
            taken = await exchange(
                self._desk, self._remote, budget, self._on_store, self.clock, self._stream, self._brought
            )
        except Unavailable as error:
            log.info("an exchange did not come about: %s", error)
            self._stream.broken()
            return ExchangeFailed(0.0, Failure.UNREACHABLE)
        except Refusal as refusal:
            log.warning("an exchange was refused: %s", refusal.sentence)
            return ExchangeFailed(0.0, Failure.REFUSED)
        self._files()
        await self._on_store(self._tend)
        status = await self._on_store(lambda: sync_status(self._desk))
        more = taken.more or (status.waiting > 0 and taken.sent)
        return ExchangeDone(0.0, replace(status, ahead_s=self.clock.ahead_s), more, taken.moved, taken.took_s)

    def _brought(self, wires: tuple[bytes, ...]) -> None:
        if self._islands is not None and wires:
            self._islands.brought(wires)

    async def _urgent(self, wires: tuple[bytes, ...]) -> None:
        try:
            await self._on_store(partial(take_ahead, self._desk, wires))
        except (Unavailable, Refusal) as error:
            log.info("something urgent waits for the exchange: %s", error)

    def _tend(self) -> None:
        """What the organisation's log asks of the person here is said at once."""
        if self._desk.person is not None:
            from clinic.services.tending import tend  # it makes exchanges of its own

            tend(self._desk)

    def _files(self) -> None:
        """Beside the exchanges: a photo holds up no consent."""
        self._files_due = True
        if not self._files_go:
            self._files_go = True
            self._task(self._carry_files())

    async def _carry_files(self) -> None:
        """What fails is tried again after the next exchange."""
        try:
            while self._files_due:
                self._files_due = False
                await send_files(self._desk, self._remote, self._on_store)
        except Unavailable as error:
            log.info("files wait on: %s", error)
        finally:
            self._files_go = False

    async def _post(self, to: DeviceId, content: Record) -> None:
        desk, receiver = self._desk, self._desk.trust.device(to)
        if receiver is None:
            self._undelivered(to, content)
            return
        self._number += 1
        self._keep_number(_SENT, self._number)
        letter = Letter(
            sender=desk.device, receiver=to, number=self._number, sent_at=self.clock.now(), content=content
        )
        try:
            arrived = await self._delivered(to, seal_letter(desk.device_keys, receiver.box_key, letter))
        except Refusal as refusal:
            log.warning("a letter was not sent: %s", refusal.sentence)
            arrived = False
        if not arrived:
            self._undelivered(to, content)

    async def _ask_relay(self, told: Callable[[Leave | None], None]) -> None:
        leave = None
        if self._bell.online:
            try:
                passed = await self._remote.relay_pass()
                leave = leave_of(passed, await self._on_store(lambda: authority_text(self._desk)))
            except (Unavailable, Refusal) as error:
                log.info("no leave to use the relay: %s", error)
        told(leave)

    async def _delivered(self, to: DeviceId, blob: bytes) -> bool:
        """By the way on which the receiver is; by the centre's if on none, which may know better."""
        islands = self._islands
        if islands is not None and islands.is_present(to) and await islands.letter(to, blob):
            return True
        return await self._bell.letter(to, blob)

    def _changed(self, changes: Changes) -> None:
        """Something was written here, on a store thread."""
        islands = self._islands
        if islands is not None and "Island" in changes.kinds:
            self._soon(islands.settings)
        if islands is not None and "Sync" in changes.kinds:
            self._soon(islands.wrote)
        if "Sync" in changes.kinds:
            waiting = self._desk.book.read(
                lambda page: page.outbox_counts().waiting + len(page.capsules_waiting()) + len(beside(page))
            )
            if waiting:
                self._soon(lambda: self._feed(LocalWrite(self._now(), waiting)))
            self._soon(self._files)

    def _task(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a bug on the net thread", exc_info=task.exception())

    def _soon(self, act: Callable[[], None]) -> None:
        async def do() -> None:
            act()

        try:
            self._loop.submit(do())
        except Unavailable:
            log.info("the link has stopped")

    def _fetch(self, work: "Awaitable[T]") -> T:
        async def do() -> T:
            return await work

        try:
            return self._loop.submit(do()).result(_FETCH_S)
        except TimeoutError as error:
            raise Unavailable("The centre did not answer in time.") from error

    async def _on_store(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._store, act)

    def _now(self) -> float:
        return self._desk.clock.monotonic()


async def exchange(
    desk: Desk, remote: Remote, budget: int, on_store: OnStore, clock: CentreClock, stream: Stream,
    brought: Callable[[tuple[bytes, ...]], None] = lambda wires: None,
) -> Taken:  # fmt: skip
    """One exchange: snapshot, send, apply; `clock` learns the centre's time. Where the server takes it, what waits leaves in a
    stream. `brought` hears the envelopes of others that came. Raises Refusal, Unavailable."""
    if desk.signs_heads:
        await on_store(lambda: sign_head(desk))
    await remote.token()
    look = await on_store(lambda: first_look.due(desk))
    if look is None:
        await on_store(lambda: tend_charts(desk, budget))
    first = stream.piece(budget) if remote.streams else budget
    held = await on_store(lambda: snapshot(desk, first, stream.new_line(), remote.sums))
    request = request_for(held, desk.clock.now(), 0 if look else budget)
    streams = held.rest and remote.streams
    if streams:
        await on_store(lambda: begin_stream(desk))
        stream.begin(request)
    began = desk.clock.monotonic()
    response = await remote.sync(request, partial(stream.flow, desk, on_store) if streams else None)
    took_s = desk.clock.monotonic() - began
    clock.compare(request.sent_at, desk.clock.now(), response.server_time)
    streamed = stream.sizes if streams else {}
    taken = replace(await on_store(lambda: take(desk, request, response, streamed)), took_s=took_s)
    brought(tuple(item.envelope for item in response.envelopes))
    if look is None:
        return taken
    return await first_look.take(desk, remote, look, replace(taken, more=response.more), budget, on_store)


async def send_files(desk: Desk, remote: Remote, on_store: OnStore) -> None:
    """Ends of cards, codes, capsules and attachments that wait, then attachments somebody here wants to see, then what was
    carried here of others.

    One that the centre refuses, or hands out as something else, waits on and holds up none after it.
    """
    book = desk.book
    if desk.kind == DeviceKind.KIOSK:
        with _one_file():
            await withdrawing.hear(desk, remote, on_store)
    await withdrawing.tell_centre(desk, remote, on_store)
    await codes_out.tell_centre(desk, remote, on_store)
    for lookup, sealed in await on_store(lambda: book.read(lambda page: page.capsules_waiting())):
        with _one_file():
            await _send_capsule(remote, lookup, sealed)
            await on_store(partial(book.keep, partial(WritePage.capsule_left, lookup=lookup, sealed=sealed)))
    for name in await on_store(lambda: book.read(lambda page: page.attachments_in("waiting"))):
        with _one_file():
            await _send_file(book, remote, name, on_store)
    for name in await on_store(lambda: book.read(lambda page: page.attachments_in("wanted"))):
        with _one_file():
            await _fetch_file(book, remote, name, on_store)
    await relaying.bring(desk, remote, on_store)


def beside(page: Page) -> tuple[object, ...]:
    """What waits beside envelopes and capsules: ends of cards, one-time codes."""
    return (*withdrawing.waiting(page), *codes_out.waiting(page))


async def _send_capsule(remote: Remote, lookup: str, sealed: bytes) -> None:
    """One for a card that a colleague ended meanwhile is not wanted any more."""
    try:
        await remote.put_capsule(lookup, sealed)
    except RefusedByServer as no:
        if no.number != FaultNumber.GONE:
            raise


async def _send_file(book: Book, remote: Remote, name: str, on_store: OnStore) -> None:
    ciphertext = await on_store(partial(book.read, partial(Page.attachment, attachment_id=name)))
    if ciphertext is not None:
        await remote.put_attachment(name, ciphertext)
        await on_store(partial(book.keep, partial(WritePage.attachment_left, attachment_id=name)))


async def _fetch_file(book: Book, remote: Remote, name: str, on_store: OnStore) -> None:
    got = await remote.attachment(name)
    if got is None:
        return
    if attachment_id([got]) != name:
        raise Unreadable("The centre handed out another file than the one asked for.")
    here = partial(WritePage.put_attachment, attachment_id=name, state="here", ciphertext=got)
    await on_store(partial(book.keep, here, _FILES))


@contextmanager
def _one_file() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        log.warning("a file waits on: %s", refusal.sentence)


_FILES = Changes(frozenset({"DocumentReference", "Communication"}))


def exchange_now(desk: Desk) -> None:
    """Exchange until nothing waits on either side, in this thread. Raises Refusal, Unavailable."""
    with_remote(remote_of(desk), lambda remote: exchange_all(desk, remote))


async def exchange_all(desk: Desk, remote: Remote) -> None:
    """The same, on a line that is open already."""

    async def on_store(act: Callable[[], T]) -> T:
        return act()

    pace, stream = Pace(), Stream(desk.clock)
    while True:
        taken = await exchange(desk, remote, pace.budget, on_store, CentreClock(desk.clock), stream)
        pace = pace.carried(taken.moved, taken.took_s)
        if not (taken.more or taken.sent):
            break
    await send_files(desk, remote, on_store)


def authority_of(desk: Desk) -> ssl.SSLContext | None:
    """The clinic's own authority, if this computer was given one when it joined."""
    return believing(authority_text(desk))


def authority_text(desk: Desk) -> bytes:
    """The same as PEM text; b'' where this computer believes what the system believes."""
    return desk.book.read(lambda page: page.meta(AUTHORITY)) or b""


def remote_of(desk: Desk, url: str = "") -> Remote:
    """The desk's server, or the same desk at another address."""
    return Remote(
        url or desk.server,
        desk.device,
        desk.device_keys.sign,
        authority_of(desk),
        fingerprint=desk.trust.fingerprint,
    )


def with_remote(remote: Remote, act: Callable[[Remote], Awaitable[T]]) -> T:
    """Run one piece of work with a server and hang up."""

    async def do() -> T:
        try:
            return await act(remote)
        finally:
            await remote.close()

    return asyncio.run(do())
