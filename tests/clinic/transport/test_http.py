# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP client against a real server, against nobody, and against something that is no Posta server."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import pytest

from clinic.bench.syncing.link import Link
from clinic.domain.errors import Refusal, Unavailable
from clinic.protocol.codec import encode
from clinic.protocol.faults import NUMBERS
from clinic.protocol.sync import (
    Challenge,
    Fault,
    FaultNumber,
    JoinAnswer,
    JoinRequest,
    SyncRequest,
    SyncResponse,
)
from clinic.sync.window import Window
from clinic.transport import http as http_client
from clinic.transport.http import MAX_ANSWER, RefusedByServer, Remote
from clinic.transport.loop import NetLoop
from tests.server_process import ServerProcess
from tests.small_clinic import AT, Somebody, pinned, small_clinic

pytestmark = pytest.mark.slow

Scene = Callable[[Remote], Coroutine[Any, Any, Any]]
BOX = "abcdefghijklmnopqrstuvwxyz"


class Wire:
    """Plays scenes with the remote of somebody on the net loop."""

    def __init__(self, net: NetLoop, url: str) -> None:
        self.net, self.url = net, url

    def play(self, who: Somebody | None, scene: Scene, **more: Any) -> Any:
        async def played() -> Any:
            known = {"device": who.device, "sign": who.sign, "fingerprint": pinned()} if who else {}
            remote = Remote(self.url, **known, **more)
            try:
                return await scene(remote)
            finally:
                await remote.close()

        return self.net.submit(played()).result(60)


@pytest.fixture
def wire(net: NetLoop, server: ServerProcess) -> Wire:
    return Wire(net, server.url)


@pytest.fixture
def link(server: ServerProcess) -> Iterator[Link]:
    """To the server, counting."""
    link = Link(int(server.url.rsplit(":", 1)[1]))
    yield link
    link.close()


def written_by(who: Somebody, count: int) -> list[bytes]:
    return [who.envelope(small_clinic().log, f"p:{n}", f"hello {n}") for n in range(count)]


def asked(who: Somebody, *envelopes: bytes, incarnation: int = 1) -> SyncRequest:
    return SyncRequest(device=who.device, incarnation=incarnation, envelopes=envelopes, sent_at=AT)


# a real server


def test_an_exchange_through_a_session(wire: Wire) -> None:
    c = small_clinic()
    heard: list[None] = []

    async def scene(remote: Remote) -> SyncResponse:
        remote.on_heard(lambda: heard.append(None))
        return await remote.sync(asked(c.eva, c.eva.envelope(c.log, "p:1")))

    answer = wire.play(c.eva, scene)
    assert answer.acked_env_no == 1
    assert heard


def test_an_exchange_with_nothing_new_is_small(wire: Wire, link: Link) -> None:
    """At most 300 bytes both ways, asked of an address of 15 letters."""
    c = small_clinic()

    async def scene(remote: Remote) -> SyncResponse:
        told = await remote.sync(asked(c.eva))
        knows = replace(
            asked(c.eva),
            server_epoch=told.epoch,
            cursor_digest=bytes(8),
            trust_position=told.trust_position,
        )
        await remote.sync(knows)
        link.be()
        return await remote.sync(knows)

    wire.url = f"http://127.0.0.1:{link.port}"
    answer = wire.play(c.eva, scene)
    spent = link.be()
    assert not answer.envelopes
    assert spent.turns == 1
    assert spent.up + spent.down <= 300


def test_what_is_squeezed_for_whoever_says_so_is_read(wire: Wire, link: Link) -> None:
    c = small_clinic()
    wire.url = f"http://127.0.0.1:{link.port}"
    wire.play(c.ben, lambda remote: remote.sync(asked(c.ben, *written_by(c.ben, 40))))

    async def scene(remote: Remote) -> tuple[SyncResponse, int, SyncResponse, int]:
        await remote.token()
        link.be()
        squeezed = await remote.sync(asked(c.eva))
        short = link.be().down
        remote._squeezes = False
        return squeezed, short, await remote.sync(asked(c.eva)), link.be().down

    squeezed, short, plain, long = wire.play(c.eva, scene)
    assert plain.envelopes
    assert squeezed == replace(plain, server_time=squeezed.server_time)
    assert short < 0.9 * long


def test_one_session_serves_many_requests_and_a_lost_one_is_made_anew(wire: Wire) -> None:
    c = small_clinic()

    async def scene(remote: Remote) -> tuple[str, str, str]:
        first = await remote.token()
        await remote.sync(asked(c.ben))
        second = await remote.token()
        remote._token = "forgotten"
        await remote.sync(asked(c.ben))
        return first, second, await remote.token()

    first, second, third = wire.play(c.ben, scene)
    assert first == second != third != "forgotten"


def test_a_stranger_is_refused_with_a_sentence(wire: Wire) -> None:
    c = small_clinic()
    with pytest.raises(RefusedByServer, match="invitation") as no:
        wire.play(c.mallory, lambda remote: remote.sync(asked(c.mallory)))
    assert no.value.number == FaultNumber.NOT_LOGGED_IN


def test_without_keys_there_is_no_session(wire: Wire) -> None:
    c = small_clinic()
    with pytest.raises(Refusal, match="not enrolled"):
        wire.play(None, lambda remote: remote.sync(asked(c.ben)))


def test_the_challenge_tells_whose_server_it_is(wire: Wire) -> None:
    assert isinstance(found := wire.play(None, lambda remote: remote.challenge()), Challenge)
    assert found.organization == "org"


def test_enrolment_by_mailbox(wire: Wire) -> None:
    c = small_clinic()
    keys = c.mallory.device_keys.public
    request = JoinRequest(
        device=c.mallory.device,
        kind="desktop",
        device_name="new",
        device_signing_key=keys.signing,
        device_box_key=keys.box,
    )
    answer = JoinAnswer(accepted=True, user="mallory")
    assert wire.play(c.eva, lambda remote: remote.open_mailbox(BOX)) is None
    assert wire.play(c.eva, lambda remote: remote.join_request(BOX)) is None
    wire.play(None, lambda remote: remote.ask_to_join(BOX, request))
    assert wire.play(c.eva, lambda remote: remote.join_request(BOX)) == request
    assert wire.play(None, lambda remote: remote.join_answer(BOX)) is None
    wire.play(c.eva, lambda remote: remote.answer_join(BOX, answer))
    assert wire.play(None, lambda remote: remote.join_answer(BOX)) == answer
    assert wire.play(None, lambda remote: remote.trust_from(0, BOX)) == c.log.statements
    assert wire.play(c.ben, lambda remote: remote.trust_from(2)) == c.log.statements[2:]


def test_capsules(wire: Wire) -> None:
    c = small_clinic()
    assert wire.play(c.kiosk, lambda remote: remote.capsule("lookuplookup")) is None
    wire.play(c.eva, lambda remote: remote.put_capsule("lookuplookup", b"sealed"))
    assert wire.play(c.kiosk, lambda remote: remote.capsule("lookuplookup")) == b"sealed"
    with pytest.raises(RefusedByServer):
        wire.play(c.station, lambda remote: remote.capsule("lookuplookup"))


def test_attachments_go_piece_by_piece_and_on_after_a_cut(wire: Wire) -> None:
    c = small_clinic()
    data = bytes(range(256)) * 1500
    name = blake2b(data, digest_size=32).hexdigest()
    told: list[int] = []

    async def cut(remote: Remote) -> None:
        def broken(have: int) -> None:
            told.append(have)
            raise Unavailable("cut")

        await remote.put_attachment(name, data, broken)

    with pytest.raises(Unavailable):
        wire.play(c.eva, cut)
    assert wire.play(c.eva, lambda remote: remote.attachment(name)) is None
    wire.play(c.eva, lambda remote: remote.put_attachment(name, data, told.append))
    wire.play(c.eva, lambda remote: remote.put_attachment(name, data, told.append))
    first, *rest = told
    assert first == Window().size
    assert rest == sorted(rest) and rest[-1] == len(data)
    assert wire.play(c.ben, lambda remote: remote.attachment(name)) == data
    assert wire.play(c.ben, lambda remote: remote.attachment(name, data[:100])) == data


def test_a_clinic_that_knocks_all_at_once_is_let_in_a_little_later(wire: Wire) -> None:
    async def scene(remote: Remote) -> set[str]:
        return {(await remote.challenge()).server for _ in range(70)}

    assert len(wire.play(None, scene)) == 1


def test_proxies_of_the_environment_are_not_used(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert wire.play(None, lambda remote: remote.challenge()).organization == "org"


# nobody, and something else


@asynccontextmanager
async def answering(data: bytes) -> AsyncIterator[str]:
    """A server that says these bytes to everybody and hangs up."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(data)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def http(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def challenged(data: bytes) -> Challenge:
    async def ask() -> Challenge:
        async with answering(data) as url:
            remote = Remote(url)
            try:
                return await remote.challenge()
            finally:
                await remote.close()

    return asyncio.run(ask())


def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(Unavailable, match="cannot be reached"):
            asyncio.run(Remote(url).challenge())


@pytest.mark.parametrize(
    "data", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"]
)
def test_a_link_that_breaks_is_unavailable(data: bytes) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        challenged(data)


@pytest.mark.parametrize(
    "data", [http("200 OK", b"<html>"), http("404 Not Found", b"<html>"), http("502 Bad Gateway", b"")]
)
def test_what_is_no_posta_server_is_told(data: bytes) -> None:
    with pytest.raises(Unavailable, match="not a Posta server"):
        challenged(data)


def test_an_answer_is_not_taken_beyond_what_memory_bears() -> None:
    with pytest.raises(Unavailable, match="not a Posta server"):
        challenged(http("200 OK", bytes(MAX_ANSWER + 1)))


def test_an_answer_is_never_unpacked_so_that_a_small_one_cannot_become_a_large_one() -> None:
    whole = encode(Challenge(nonce=bytes(32), server="s"))
    packed = gzip.compress(whole)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with pytest.raises(Unavailable, match="not a Posta server"):
        challenged(head + packed)
    assert challenged(http("200 OK", whole)).server == "s"


@pytest.mark.parametrize("url", ["http://[not an address", "nonsense", "http://bad\nhost"])
def test_an_address_that_cannot_be_is_told(url: str) -> None:
    with pytest.raises(Unavailable):
        asyncio.run(Remote(url).challenge())


def test_a_server_in_trouble_is_unavailable() -> None:
    body = encode(Fault(number=FaultNumber.FULL, sentence="The disk is {full}."))
    with pytest.raises(Unavailable, match="cannot store anything now"):
        challenged(http("507 Insufficient Storage", body))


def test_a_server_that_goes_on_saying_too_many_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "MOMENTS_S", (0.01, 0.01))
    body = encode(Fault(number=FaultNumber.TOO_MANY, sentence="Too many requests at once. Wait a moment."))
    with pytest.raises(Unavailable, match="Too many requests"):
        challenged(http("429 Too Many Requests", body))


def test_a_no_keeps_its_number_and_none_of_its_words() -> None:
    body = encode(Fault(number=FaultNumber.CONFLICT, sentence="Taken by {somebody}."))
    with pytest.raises(RefusedByServer) as no:
        challenged(http("409 Conflict", body))
    assert (str(no.value), no.value.number) == (NUMBERS[FaultNumber.CONFLICT], FaultNumber.CONFLICT)


def test_a_renewed_remote_does_not_wait_for_a_dead_link() -> None:
    """What is under way on a silent link fails at once, and the next request uses another link."""

    async def play() -> None:
        arrived = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            arrived.set()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            remote = Remote(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            waiting = asyncio.create_task(remote.challenge())
            async with asyncio.timeout(8):
                await arrived.wait()
                await remote.renew()
                with pytest.raises(Unavailable):
                    await waiting

    asyncio.run(play())


def test_renewing_again_while_a_request_still_ends_changes_nothing() -> None:
    async def play() -> None:
        remote = Remote("http://127.0.0.1:9")
        async with asyncio.timeout(None) as ending:
            remote._under_way.add(ending)
            try:
                await remote.renew()
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await remote.renew()  # a second fault, before this one is put away
                raise

    with pytest.raises(TimeoutError):
        asyncio.run(play())


def test_a_thin_link_is_not_a_dead_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that takes many times the idle limit arrives, and the doorbell hears that somebody takes it."""
    monkeypatch.setattr(http_client, "IDLE_S", 0.5)
    heard: list[float] = []

    async def play() -> Challenge:
        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            left = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            while left > 0:
                left -= len(await reader.read(8192))
                await asyncio.sleep(0.01)
            writer.write(http("200 OK", encode(Challenge(nonce=bytes(32), server="s"))))
            await writer.drain()
            writer.close()

        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        narrow.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(slow, sock=narrow, limit=8192)
        async with server:
            remote = Remote(f"http://127.0.0.1:{narrow.getsockname()[1]}", heard=lambda: heard.append(0.0))
            began = asyncio.get_running_loop().time()
            body = await remote._bare("POST", "/v1/sync", bytes(1_000_000))
            assert asyncio.get_running_loop().time() - began > 2 * http_client.IDLE_S
            await remote.close()
            return remote._as(Challenge, body)

    assert asyncio.run(play()).server == "s"
    assert len(heard) > 10
