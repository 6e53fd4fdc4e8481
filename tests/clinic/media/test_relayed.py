# SPDX-License-Identifier: GPL-3.0-or-later
"""Two real peers that talk through a real coturn alone, by each way into it, with what the centre hands out."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aioice.ice
import aioice.stun
import pytest
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
)

from clinic.calls.relays import NEXT_WAY_S
from clinic.domain.ids import DeviceId
from clinic.domain.record import Record
from clinic.media import doors
from clinic.media.relays import _LEAVING, Relays
from clinic.protocol.engine import IceServer, RelayTold, RelayWord
from sync_server.own_authority import authority_and_certificate
from sync_server.relay import credential
from tests.turn_process import SECRET, Turn, coturn_or_skip, free_ports

WITHIN_S = 20
COUNTED_S = 2.5
"""coturn counts an allocation that was given back for another second or two."""


@pytest.fixture(scope="module")
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    """With the exception that a relay on loopback needs: the other relayed peer is on loopback too."""
    coturn_or_skip()
    folder = tmp_path_factory.mktemp("turn")
    with Turn(folder, allowed=("127.0.0.0/8",), listen=("127.0.0.1",)) as running:
        yield running


def peer(turn: Turn, device: str, way: int, password: str = "") -> RTCPeerConnection:
    told = turn.relay.pass_for(DeviceId(device), datetime.now(UTC))
    server = RTCIceServer(turn.relay.urls[way], told.username, password or told.credential)
    return RTCPeerConnection(
        RTCConfiguration(iceServers=[server], iceTransportPolicy=RTCIceTransportPolicy.RELAY)
    )


@pytest.mark.parametrize(("way", "name"), [(0, "UDP"), (1, "TCP"), (2, "TLS")])
def test_two_peers_talk_through_the_relay_alone(
    turn: Turn, way: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(turn.folder / "tls" / "ca.pem"))

    async def talk() -> tuple[str, set[str]]:
        one, other = peer(turn, "device-of-one", way), peer(turn, "device-of-other", way)
        heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        channel = one.createDataChannel("words")
        channel.on("open", lambda: channel.send(f"over {name}"))

        def listen(opened: RTCDataChannel) -> None:
            opened.on("message", heard.set_result)

        other.on("datachannel", listen)
        try:
            await one.setLocalDescription(await one.createOffer())
            await other.setRemoteDescription(one.localDescription)
            await other.setLocalDescription(await other.createAnswer())
            await one.setRemoteDescription(other.localDescription)
            said = await asyncio.wait_for(heard, WITHIN_S)
            lines = f"{one.localDescription.sdp}{other.localDescription.sdp}".splitlines()
            return said, {line.split(" typ ")[1].split()[0] for line in lines if " typ " in line}
        finally:
            await asyncio.gather(one.close(), other.close())

    assert asyncio.run(talk()) == (f"over {name}", {"relay"})


def test_with_a_wrong_password_there_is_no_way_through(turn: Turn) -> None:
    async def offer() -> str:
        one = peer(turn, "device-of-one", 0, password="d3Jvbmc=")
        try:
            one.createDataChannel("words")
            await one.setLocalDescription(await one.createOffer())
            return str(one.localDescription.sdp)
        finally:
            await one.close()

    assert " typ " not in asyncio.run(offer())


_devices = itertools.count()
"""Each is given ten ways through the relay at once, and those of a test that has just ended still count."""


def servers(
    turn: Turn, *urls: str, password: str = "", authority: bytes | None = None
) -> tuple[IceServer, ...]:
    told = turn.relay.pass_for(DeviceId(f"device{next(_devices)}"), datetime.now(UTC))
    believed = turn.authority if authority is None else authority
    return tuple(
        IceServer(url=url, username=told.username, credential=password or told.credential, authority=believed)
        for url in urls
    )


def taken(offered: tuple[IceServer, ...], within_s: float = 8.0) -> tuple[str, list[Record]]:
    """The way that was opened, '' for none; and what was told."""
    told: list[Record] = []

    async def take() -> str:
        relays = Relays(told.append)
        try:
            found = await relays.take(offered, within_s, 10.0)
            if found is None:
                return ""
            await found.protocol.close()
            return found.way
        finally:
            await relays.close()
            await asyncio.sleep(0.05)  # sockets close in the loop's next round

    return asyncio.run(take()), told


def test_udp_comes_first_and_what_is_dead_is_passed_over(turn: Turn) -> None:
    """Neither the port of UDP nor that of TCP answers: TLS does, believed by the clinic's own authority."""
    (dead,) = free_ports(1)
    by_udp = taken(servers(turn, *reversed(turn.relay.urls)))
    assert by_udp == ("udp", [RelayTold(state=RelayWord.OPEN, way="udp")]), turn.log[-4000:]
    nowhere = f"turn:127.0.0.1:{dead}", f"turn:127.0.0.1:{dead}?transport=tcp"
    assert taken(servers(turn, *nowhere, turn.relay.urls[2])) == (
        "tls",
        [RelayTold(state=RelayWord.OPEN, way="tls")],
    )


def test_another_authority_is_not_believed(turn: Turn, tmp_path: Path) -> None:
    authority_and_certificate(tmp_path, ("localhost",), datetime.now(UTC))
    other = (tmp_path / "ca.pem").read_bytes()
    for authority in (other, b"", b"no certificate"):
        way, told = taken(servers(turn, turn.relay.urls[2], authority=authority))
        assert (way, told) == ("", [RelayTold(state=RelayWord.UNREACHABLE)])


def test_what_the_relay_refuses_is_said_at_once_and_not_tried_by_other_ways(turn: Turn) -> None:
    began = time.monotonic()
    wrong = servers(turn, *turn.relay.urls, password="d3Jvbmc=")
    assert taken(wrong) == ("", [RelayTold(state=RelayWord.REFUSED)])
    over = turn.username("device", seconds=-1)
    late = tuple(replace(one, username=over, credential=credential(SECRET, over)) for one in wrong)
    assert taken(late) == ("", [RelayTold(state=RelayWord.REFUSED)])
    other = tuple(
        replace(one, username=turn.username("another-device")) for one in servers(turn, turn.relay.urls[0])
    )
    assert taken(other) == ("", [RelayTold(state=RelayWord.REFUSED)])
    assert time.monotonic() - began < NEXT_WAY_S * 2


def test_what_was_opened_beforehand_is_taken_at_once_and_what_nobody_takes_is_given_back(turn: Turn) -> None:
    """The relay gives a device ten at once: what is not given back is missed by the eleventh."""
    offered = servers(turn, turn.relay.urls[0])

    async def calls() -> list[Record]:
        all_told: list[Record] = []
        for again in range(6):
            if again == 3:
                await asyncio.sleep(COUNTED_S)
            told: list[Record] = []
            relays = Relays(told.append)
            relays.ready(offered)
            await _until(lambda told=told: len(told) == 1)  # type: ignore[misc]
            assert await relays.take(offered, 0.0, fresh_s=0.0) is None, "too old"
            found = await relays.take(offered, 8.0, 10.0)
            assert found is not None
            assert found.protocol.lives
            await found.protocol.close()
            assert not found.protocol.lives
            relays.ready(offered)
            relays.ready(())
            await relays.close()
            all_told += told
        await _until(lambda: not _LEAVING)
        await asyncio.sleep(0.05)
        return all_told

    assert set(asyncio.run(calls())) == {RelayTold(state=RelayWord.OPEN, way="udp")}


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(8):
        while not true():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)


def test_nobody_waits_longer_than_he_said(turn: Turn) -> None:
    (dead,) = free_ports(1)
    began = time.monotonic()
    assert taken(servers(turn, f"turn:127.0.0.1:{dead}"), within_s=0.2) == ("", [])
    assert time.monotonic() - began < NEXT_WAY_S


def test_a_relay_that_does_not_answer_is_waited_for_once(turn: Turn) -> None:
    (dead,) = free_ports(1)
    told: list[Record] = []

    async def call() -> None:
        relays, offered = Relays(told.append), servers(turn, f"turn:127.0.0.1:{dead}?transport=tcp")
        assert await relays.take(offered, 5.0, 10.0) is None
        assert not relays.reachable
        began = time.monotonic()
        for _ in range(3):
            assert await relays.take(offered, 5.0, 10.0) is None
        assert time.monotonic() - began < 0.5
        await relays.close()
        await asyncio.sleep(0.05)

    asyncio.run(call())
    assert told[0] == RelayTold(state=RelayWord.UNREACHABLE)


@pytest.mark.parametrize(("slow_s", "hold_s", "relayed"), [(0.2, 1.0, False), (3.0, 0.0, True)])
def test_a_slow_direct_way_is_taken_before_a_quick_relay_which_stands_back_for_it(
    turn: Turn, slow_s: float, hold_s: float, relayed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = servers(turn, turn.relay.urls[0])
    say = aioice.ice.StunProtocol.send_stun

    def slowly(self: aioice.ice.StunProtocol, message: aioice.stun.Message, addr: tuple[str, int]) -> None:
        if isinstance(self, doors.Relayed):
            say(self, message, addr)
        elif not self.transport.is_closing():
            asyncio.get_running_loop().call_later(slow_s, say, self, message, addr)

    monkeypatch.setattr(aioice.ice.StunProtocol, "send_stun", slowly)

    async def talk() -> list[tuple[bool, bool]]:
        relays, peers = Relays(lambda told: None), []

        async def opened() -> doors.Relayed | None:
            found = await relays.take(offered, 8.0, 10.0)
            return found.protocol if found else None

        for _ in range(2):
            peers.append(RTCPeerConnection(RTCConfiguration([], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)))
        one, other = peers
        one.addTransceiver("audio")
        connected = asyncio.Event()
        one.on("connectionstatechange", lambda: one.connectionState == "connected" and connected.set())
        try:
            doors.relay_beside(one, opened, 0.0, hold_s)
            await one.setLocalDescription(await one.createOffer())
            await other.setRemoteDescription(one.localDescription)
            doors.relay_beside(other, opened, 0.0, hold_s)
            await other.setLocalDescription(await other.createAnswer())
            await one.setRemoteDescription(other.localDescription)
            await asyncio.wait_for(connected.wait(), WITHIN_S)
            return [doors.way_of(peer) for peer in peers]
        finally:
            await asyncio.gather(*(peer.close() for peer in peers))
            await asyncio.sleep(slow_s + 0.1)

    assert [any(ends) for ends in asyncio.run(talk())] == [relayed, relayed]
