# SPDX-License-Identifier: GPL-3.0-or-later
"""Islands are found by real multicast on loopback, those of other organisations are not; a pinned certificate is the only one
believed, whatever the clocks say."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Unavailable
from clinic.domain.ids import DeviceId
from clinic.keys.islands import IslandRefused
from clinic.transport.lan import Announcer, Finder, Place, own_addresses, place_in, read_paper
from clinic.transport.tls import believing_one
from sync_server.island import new_certificate

HERE = ("127.0.0.1",)
OURS, THEIRS = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


def test_a_clinics_own_island_is_found_and_its_end_is_heard_of() -> None:
    heard: list[object] = []
    changed = threading.Condition()

    def note(what: object) -> None:
        with changed:
            heard.append(what)
            changed.notify_all()

    neighbour, ours = DeviceId("neighbour"), DeviceId("abcdefgh23")

    def hears(what: Callable[[], bool]) -> bool:
        with changed:
            return changed.wait_for(what, 30)

    with closing(Finder(OURS, note, note, HERE)), closing(Announcer(neighbour, THEIRS, 40001, HERE)):
        announced = Announcer(ours, OURS, 40002, HERE)
        try:
            assert hears(lambda: bool(heard))
        finally:
            announced.close()
        assert hears(lambda: ours in heard)
    assert heard[0] == Place("127.0.0.1", 40002, ours)
    assert not any(isinstance(one, Place) and one.port == 40001 for one in heard)


@pytest.mark.parametrize("text", ["", "host", "host:", ":80", "host:0", "host:70000", "host:a"])
def test_what_is_typed_must_be_an_address(text: str) -> None:
    with pytest.raises(IslandRefused):
        place_in(text)


def test_addresses_are_as_people_type_them() -> None:
    assert place_in("192.168.1.7:45123").url == "https://192.168.1.7:45123"
    assert place_in("[fe80::1]:45123").url == "https://[fe80::1]:45123"
    assert own_addresses()


def test_where_nothing_answers_nothing_is_there() -> None:
    with pytest.raises(Unavailable):
        asyncio.run(read_paper(Place("127.0.0.1", 9)))


@contextmanager
def showing(folder: Path, made: datetime) -> Iterator[tuple[int, bytes]]:
    """A port that shows a certificate of that time, and the certificate."""
    folder.mkdir()
    context, _mark = new_certificate(folder, made)
    shown: list[bytes] = []
    ready, ends = threading.Event(), threading.Event()
    ports: list[int] = []

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closed(writer)

    async def serve() -> None:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await asyncio.to_thread(ends.wait)
        server.close()
        await server.wait_closed()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    shown.append(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", ports[0]))))
    try:
        yield ports[0], shown[0]
    finally:
        ends.set()
        thread.join(10)


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def shakes_hands(port: int, der: bytes) -> None:
    async def go() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=believing_one(der))
        await closed(writer)

    asyncio.run(go())


def test_only_the_pinned_certificate_is_believed_however_old_it_is(tmp_path: Path) -> None:
    now, long_ago = SystemClock().now(), datetime(2001, 1, 1, tzinfo=UTC)
    with showing(tmp_path / "a", long_ago) as (old, mine), showing(tmp_path / "b", now) as (other, _theirs):
        shakes_hands(old, mine)
        with pytest.raises(ssl.SSLCertVerificationError):
            shakes_hands(other, mine)
