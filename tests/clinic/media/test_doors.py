# SPDX-License-Identifier: GPL-3.0-or-later
"""The doors into aiortc and aioice are where we expect them, and what stands behind them does its work."""

import asyncio
from types import SimpleNamespace
from typing import Any

import aioice.ice
import aioice.stun
import aioice.turn
import aiortc.codecs
import aiortc.codecs.h264
import aiortc.codecs.vpx
import aiortc.rtcdtlstransport
import pytest
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpTransceiver
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RTCP_PSFB_PLI, RtcpPsfbPacket, RtcpReceiverInfo, RtcpRrPacket, RtpPacket

from clinic.media import doors
from clinic.media.holes import Missing, PictureBuffer
from clinic.media.rtp import SEND_TIME


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", aioice.ice.get_host_addresses)
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", aioice.ice.CONSENT_INTERVAL)
    monkeypatch.setattr(aioice.stun, "Transaction", aioice.stun.Transaction)
    monkeypatch.setitem(aiortc.codecs.CODECS, "audio", list(aiortc.codecs.CODECS["audio"]))
    for name in ("H264Decoder", "Vp8Decoder"):
        monkeypatch.setattr(aiortc.codecs, name, getattr(aiortc.codecs, name))
    extensions = aiortc.codecs.HEADER_EXTENSIONS
    monkeypatch.setitem(extensions, "audio", [each for each in extensions["audio"] if each.uri != SEND_TIME])
    doors.open_doors()


def test_every_door_is_where_it_was() -> None:
    doors.check()


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (aiortc.codecs.h264, "PACKET_MAX"),
        (aiortc.codecs, "H264Decoder"),
        (aiortc.RTCDtlsTransport, "_send_rtp"),
        (aiortc.RTCDtlsTransport, "_handle_rtp_data"),
    ],
)
def test_a_door_that_moved_is_named(target: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(target, name)
    with pytest.raises(doors.DoorMoved, match=name):
        doors.check()


def nothing(self: object) -> None:
    pass


@pytest.mark.parametrize(
    ("target", "name", "other", "said"),
    [
        (aioice.ice, "get_host_addresses", list, "get_host_addresses"),
        (aioice.ice.Connection, "gather_candidates", nothing, "gather_candidates"),
        (aioice.ice.Connection, "query_consent", nothing, "query_consent"),
        (aioice.ice.Connection, "check_start_task", nothing, "check_start_task"),
        (aioice.ice.Connection, "check_complete", nothing, "check_complete"),
        (aioice.ice.Connection, "connect", nothing, "connect"),
        (aioice.ice.Connection, "close", nothing, "close"),
        (aioice.turn, "create_turn_endpoint", nothing, "create_turn_endpoint"),
        (aioice.turn.TurnTransport, "sendto", nothing, "__inner_protocol"),
        (aioice.ice.StunProtocol, "request", nothing, "StunProtocol.request"),
        (aiortc.RTCDtlsTransport, "_recv_next", nothing, "RTCIceTransport._recv"),
        (RTCRtpReceiver, "__init__", nothing, "__jitter_buffer"),
        (RTCRtpReceiver, "_handle_rtp_packet", nothing, "__jitter_buffer"),
        (RTCRtpTransceiver, "__init__", nothing, "_codecs"),
        (aiortc.RTCRtpSender, "__init__", nothing, "_ssrc"),
        (aiortc.RTCRtpSender, "_next_encoded_frame", nothing, "_next_encoded_frame"),
        (aiortc.RTCRtpSender, "_run_rtp", nothing, "_run_rtp"),
        (aiortc.RTCRtpSender, "send", nothing, "send"),
        (aiortc.RTCPeerConnection, "setRemoteDescription", nothing, "setRemoteDescription"),
        (aiortc.codecs, "CODECS", {}, "CODECS"),
        (aiortc.RTCDtlsTransport, "_handle_rtcp_data", nothing, "_handle_rtcp_data"),
        (aiortc.codecs.vpx.Vp8Encoder, "_packetize", nothing, "PACKET_MAX"),
        (aiortc.codecs, "get_decoder", nothing, "Decoder"),
        (aiortc.codecs, "HEADER_EXTENSIONS", {"audio": [], "video": []}, "HEADER_EXTENSIONS"),
    ],
)
def test_a_door_with_something_else_behind_it_is_named(
    target: object, name: str, other: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, name, other)
    with pytest.raises(doors.DoorMoved, match=said):
        doors.check()


@pytest.mark.usefixtures("opened")
def test_the_time_of_sending_is_offered_for_sound_too_and_once() -> None:
    doors.open_doors()
    offered = [each.id for each in aiortc.codecs.HEADER_EXTENSIONS["audio"] if each.uri == SEND_TIME]
    assert offered == [3]


def test_packets_of_pictures_are_as_small_as_the_link_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (aiortc.codecs.h264, aiortc.codecs.vpx):
        monkeypatch.setattr(module, "PACKET_MAX", 1300)
    doors.largest_payload(500)
    vp8 = aiortc.codecs.vpx.Vp8Encoder._packetize(bytes(2000), 1)
    h264 = aiortc.codecs.h264.H264Encoder._packetize([b"\x65" + bytes(2000)])
    assert max(map(len, vp8)) == max(map(len, h264)) + 1 == 500 or max(map(len, [*vp8, *h264])) <= 500
    assert len(vp8) >= 4 <= len(h264)


@pytest.mark.usefixtures("opened")
def test_a_machine_without_network_can_still_call_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aioice.ice.ifaddr.get_adapters", list)
    assert aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False) == ["127.0.0.1"]
    assert aioice.ice.get_host_addresses(use_ipv4=False, use_ipv6=True) == []
    doors.open_doors()


@pytest.mark.usefixtures("opened")
async def test_whoever_answers_over_a_satellite_is_not_taken_for_gone() -> None:
    """Half a second, as the library has it, is less than such a way takes."""
    loop = asyncio.get_running_loop()
    sent: list[object] = []
    line: Any = SimpleNamespace(send_stun=lambda message, address: sent.append(message))
    request = aioice.stun.Message(aioice.stun.Method.BINDING, aioice.stun.Class.REQUEST)
    asked = aioice.stun.Transaction(request, ("10.0.0.1", 1), line, retransmissions=0)
    answer = aioice.stun.Message(
        aioice.stun.Method.BINDING, aioice.stun.Class.RESPONSE, transaction_id=request.transaction_id
    )
    loop.call_later(0.7, asked.response_received, answer, ("10.0.0.1", 1))
    assert (await asked.run())[0] is answer
    assert len(sent) == 1
    assert 6 * (aioice.ice.CONSENT_INTERVAL + doors.CONSENT_WAIT_S) <= 30, "RFC 7675, 5.1"


class Watcher:
    """Keeps what passes a transport."""

    def __init__(self) -> None:
        self.left: list[bytes] = []
        self.seen: list[object] = []

    async def leave(self, data: bytes) -> None:
        self.left.append(data)

    def came(self, data: bytes) -> list[bytes]:
        self.seen.append(data)
        return [data, b"worked out"]

    def words_left(self, size: int) -> None:
        self.seen.append(("left", size))

    def words_came(self, size: int) -> None:
        self.seen.append(("came", size))

    def told(self, bps: int) -> None:
        self.seen.append(bps)

    def reported(self, ssrc: int, highest: int, lost: int, answers: int, held_s: float) -> None:
        self.seen.append((ssrc, highest, lost, answers, held_s))

    def whole_asked(self) -> None:
        self.seen.append("whole")


async def test_a_tap_sees_what_comes_and_the_library_still_handles_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    peer, watcher, handled = RTCPeerConnection(), Watcher(), []
    transport = peer.addTransceiver("video").sender.transport

    async def handle(data: bytes, arrival_time_ms: int = 0) -> None:
        handled.append(data)

    monkeypatch.setattr(transport, "_handle_rtp_data", handle)
    monkeypatch.setattr(transport, "_handle_rtcp_data", handle)
    doors.tap(transport, watcher, {7, 8})
    report = RtcpReceiverInfo(
        ssrc=7, fraction_lost=3, packets_lost=5, highest_sequence=99, jitter=1, lsr=12, dlsr=32768
    )
    other = RtcpReceiverInfo(
        ssrc=9, fraction_lost=3, packets_lost=5, highest_sequence=99, jitter=1, lsr=12, dlsr=32768
    )
    for control in (
        bytes(RtcpRrPacket(ssrc=1, reports=[report, other])),
        doors.remb(1, 250_000, [7]),
        doors.remb(1, 1, [9]),
        bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=7)),
        b"\x80\xc9nonsense",
        doors.remb(1, 1, [7])[:-6] + b"\0\0",
    ):
        await transport._handle_rtcp_data(control)
    await transport._handle_rtp_data(b"rtp", arrival_time_ms=5)
    assert watcher.seen == [(7, 99, 5, 12, 0.5), 250_000, "whole", b"rtp"]
    assert handled[-2:] == [b"rtp", b"worked out"]
    assert len(handled) == 8
    with pytest.raises(ConnectionError):
        await transport._send_rtp(b"x")
    transport._state = aiortc.rtcdtlstransport.State.CONNECTED
    await transport._send_rtp(b"y")
    assert watcher.left == [b"y"]
    await peer.close()


async def test_a_tap_is_told_how_much_goes_over_the_data_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    peer, watcher, said = RTCPeerConnection(), Watcher(), list[bytes]()
    transport = peer.addTransceiver("video").sender.transport
    coming = iter([b"\x17" + bytes(99), b"\x80" + bytes(50), b"\x01\x01"])

    async def say(data: bytes) -> None:
        said.append(data)

    async def receive() -> bytes:
        return next(coming)

    monkeypatch.setattr(transport, "_send_data", say)
    monkeypatch.setattr(transport.transport, "_recv", receive)
    doors.tap(transport, watcher, {7})
    await transport._send_data(bytes(200))
    assert [len(await transport.transport._recv()) for _ in range(3)] == [100, 51, 2]
    assert said == [bytes(200)]
    assert watcher.seen == [("left", 237), ("came", 100)], (
        "sound, pictures and the search for a way are counted elsewhere"
    )
    await peer.close()


def packet(number: int, *, last: bool = True, whole: bool = False) -> RtpPacket:
    made = RtpPacket(sequence_number=number % 65536, timestamp=number * 3000, marker=int(last))
    made._data = b"\0\0\0\1" + bytes([0x67 if whole else 0x61, number % 256])  # type: ignore[attr-defined]
    return made


async def test_a_fitted_receiver_puts_pictures_together_our_way() -> None:
    peer = RTCPeerConnection()
    receiver = peer.addTransceiver("video").receiver
    doors.fit_receiver(receiver, PictureBuffer(), Missing(), lambda: 1.0)
    buffer = vars(receiver)["_RTCRtpReceiver__jitter_buffer"]
    asking = vars(receiver)["_RTCRtpReceiver__nack_generator"]
    assert vars(receiver)["_RTCRtpReceiver__remote_bitrate_estimator"] is None
    first = buffer.add(packet(1, whole=True))
    assert first[1].timestamp == 3000
    assert asking.add(packet(1)) is False
    assert asking.add(packet(3)) is True
    assert asking.missing == {2}
    assert buffer.add(packet(3)) == (False, None)
    both = buffer.add(packet(2))[1]
    assert [frame.timestamp for frame in both.frames] == [6000, 9000]
    assert both.timestamp == 9000
    await peer.close()


@pytest.mark.usefixtures("opened")
def test_several_pictures_are_decoded_in_order_with_their_own_times(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = aiortc.codecs.H264Decoder()
    times: list[int] = []

    class Codec:
        def decode(self, given: object) -> list[int]:
            times.append(given.pts)  # type: ignore[attr-defined]
            return [given.pts]  # type: ignore[attr-defined]

    decoder.codec = Codec()
    several = doors.Several([JitterFrame(b"a", (1 << 32) - 3000), JitterFrame(b"b", 3000)])
    several.timestamp = 50_000
    assert decoder.decode(several) == [44_000, 50_000] == times
    assert decoder.decode(JitterFrame(b"c", 53_000)) == [53_000]
