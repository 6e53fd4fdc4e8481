# SPDX-License-Identifier: GPL-3.0-or-later
"""Two real peers that talk through a real coturn alone, by each way into it, with what the centre hands out."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
)

from clinic.domain.ids import DeviceId
from tests.turn_process import Turn, coturn_or_skip

WITHIN_S = 20


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
