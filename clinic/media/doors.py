# SPDX-License-Identifier: GPL-3.0-or-later
"""Every place where we reach behind the public face of aiortc and aioice, in one module (aiortc 1.16).

`check()` says which door has moved; a test calls it, so that an update of the library cannot pass silently.
"""

import asyncio
import copy
import inspect
import logging
import re
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import aioice.ice
import aioice.stun
import aioice.turn
import aiortc.codecs
import aiortc.codecs.h264
import aiortc.codecs.vpx
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aiortc import (
    RTCDtlsTransport,
    RTCPeerConnection,
    RTCRtpCodecParameters,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCRtpTransceiver,
)
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpSrPacket,
    RtpPacket,
    pack_remb_fci,
    unpack_remb_fci,
)
from av.packet import Packet

from clinic.media.holes import Missing, PictureBuffer, Piece
from clinic.media.rtp import SEND_TIME

_LOOPBACK = "127.0.0.1"
CONSENT_EVERY_S, CONSENT_WAIT_S = 2.0, 3.0
"""The peer is asked so often whether it still wants our packets (RFC 7675), and has so long to answer. The library waits for
half a second, so that no call over a satellite would last longer than its six questions, 30 s. Six are 30 s here too.
"""
Hosts = Callable[[bool, bool], list[str]]
_RECEIVER = ("__jitter_buffer", "__nack_generator", "__remote_bitrate_estimator")
_DECODERS = ("H264Decoder", "Vp8Decoder")
_SEND_TIME_ID = 3
_DTLS, _SEAL = (20, 63), 37
"""First bytes of a datagram of the data channel (RFC 7983), and what the seal adds to what is in it (RFC 9147 with AES-GCM)."""


class DoorMoved(RuntimeError):
    """The library has changed where we depend on its inside."""


def check() -> None:
    """Raises DoorMoved with the name of the door."""
    _check_hosts()
    _check_consent()
    _check_relay()
    _check_codecs()
    _check_receiver()
    _check_speech()
    _check_transport()
    for name in ("_ssrc", "_rtx_ssrc"):
        if f"self.{name} = " not in inspect.getsource(RTCRtpSender.__init__):
            raise DoorMoved(f"aiortc.RTCRtpSender.{name}")
    for name in ("_codecs", "_headerExtensions"):
        if f"self.{name}:" not in inspect.getsource(RTCRtpTransceiver.__init__):
            raise DoorMoved(f"aiortc.RTCRtpTransceiver.{name}")


def _check_hosts() -> None:
    hosts = inspect.signature(aioice.ice.get_host_addresses)
    if list(hosts.parameters) != ["use_ipv4", "use_ipv6"]:
        raise DoorMoved("aioice.ice.get_host_addresses")
    if "get_host_addresses(" not in inspect.getsource(aioice.ice.Connection.gather_candidates):
        raise DoorMoved("aioice.ice.Connection.gather_candidates")


def _check_consent() -> None:
    asks = inspect.getsource(aioice.ice.Connection.query_consent)
    for use in ("CONSENT_INTERVAL *", "failures >= CONSENT_FAILURES", "retransmissions=0"):
        if use not in asks:
            raise DoorMoved(f"aioice.ice.Connection.query_consent: {use}")
    if "stun.Transaction(" not in inspect.getsource(aioice.ice.StunProtocol.request):
        raise DoorMoved("aioice.ice.StunProtocol.request")
    made = inspect.getsource(
        aioice.stun.Transaction.__mro__[-2]
    )  # the library's own, whatever stands before it
    if "self.__timeout_delay = RETRY_RTO" not in made or "call_later(self.__timeout_delay" not in made:
        raise DoorMoved("aioice.stun.Transaction.__timeout_delay")


def _check_relay() -> None:
    connection = aioice.ice.Connection
    gathers = inspect.getsource(connection.gather_candidates)
    if "self.get_component_candidates(component=component, addresses=addresses)" not in gathers:
        raise DoorMoved("aioice.ice.Connection.gather_candidates")
    for name, use in (
        ("check_start_task", "asyncio.create_task(self.check_start(pair))"),
        ("connect", "check.task.cancel()"),
        ("check_complete", "self._nominated[pair.component] = pair"),
        ("close", "for protocol in self._protocols:"),
        ("_pair_remote_candidate", "for protocol in self._protocols:"),
    ):
        if use not in inspect.getsource(getattr(connection, name)):
            raise DoorMoved(f"aioice.ice.Connection.{name}")
    wanted = ["protocol_factory", "server_addr", "username", "password", "ssl", "transport"]
    if not set(wanted) <= set(inspect.signature(aioice.turn.create_turn_endpoint).parameters):
        raise DoorMoved("aioice.turn.create_turn_endpoint")
    if "self.__inner_protocol.transport.is_closing()" not in inspect.getsource(
        aioice.turn.TurnTransport.sendto
    ):
        raise DoorMoved("aioice.turn.TurnTransport.__inner_protocol")


def _check_codecs() -> None:
    for module, coder in ((aiortc.codecs.h264, "H264Encoder"), (aiortc.codecs.vpx, "Vp8Encoder")):
        if not isinstance(getattr(module, "PACKET_MAX", None), int) or "PACKET_MAX" not in inspect.getsource(
            vars(module)[coder]._packetize
        ):
            raise DoorMoved(f"{module.__name__}.PACKET_MAX")
    chosen = inspect.getsource(aiortc.codecs.get_decoder)
    for name in _DECODERS:
        decode = getattr(getattr(aiortc.codecs, name, None), "decode", None)
        if decode is None or f"{name}()" not in chosen:
            raise DoorMoved(f"aiortc.codecs.{name}")
        if list(inspect.signature(decode).parameters)[-1] != "encoded_frame":
            raise DoorMoved(f"aiortc.codecs.{name}")
    extensions = getattr(aiortc.codecs, "HEADER_EXTENSIONS", {})
    if not any(each.uri == SEND_TIME and each.id == _SEND_TIME_ID for each in extensions.get("video", ())):
        raise DoorMoved("aiortc.codecs.HEADER_EXTENSIONS")


def _check_receiver() -> None:
    made = inspect.getsource(RTCRtpReceiver.__init__)
    handled = inspect.getsource(RTCRtpReceiver._handle_rtp_packet)
    for name in _RECEIVER:
        if f"self.{name} = " not in made or f"self.{name}" not in handled:
            raise DoorMoved(f"aiortc.RTCRtpReceiver.{name}")
    for use in (
        "self.__jitter_buffer.add(packet)",
        "self.__nack_generator.add(packet)",
        "self.__nack_generator.missing",
        "self.__timestamp_mapper.map(\n                encoded_frame.timestamp",
    ):
        if use not in handled:
            raise DoorMoved(f"aiortc.RTCRtpReceiver._handle_rtp_packet: {use}")


def _check_transport() -> None:
    for name, parameters in (
        ("_send_rtp", ["data"]),
        ("_handle_rtp_data", ["data", "arrival_time_ms"]),
        ("_handle_rtcp_data", ["data"]),
        ("_send_data", ["data"]),
    ):
        method = getattr(RTCDtlsTransport, name, None)
        if method is None or list(inspect.signature(method).parameters)[1:] != parameters:
            raise DoorMoved(f"aiortc.RTCDtlsTransport.{name}")
    if "await self.transport._recv()" not in inspect.getsource(RTCDtlsTransport._recv_next):
        raise DoorMoved("aiortc.RTCIceTransport._recv")


def open_doors() -> None:
    """Set what cannot be set from the front; once, before the first call."""
    hosts = aioice.ice.get_host_addresses
    if not hasattr(hosts, "alone"):
        setattr(aioice.ice, "get_host_addresses", _reachable(hosts))  # noqa: B010
    setattr(aioice.ice, "CONSENT_INTERVAL", CONSENT_EVERY_S)  # noqa: B010
    if not hasattr(aioice.stun.Transaction, "patient"):
        setattr(aioice.stun, "Transaction", _waiting(aioice.stun.Transaction))  # noqa: B010
    aiortc.codecs.CODECS["audio"][:] = [_red(OPUS_KIND), _opus()]
    extensions = aiortc.codecs.HEADER_EXTENSIONS["audio"]
    if not any(each.uri == SEND_TIME for each in extensions):
        extensions.append(RTCRtpHeaderExtensionParameters(id=_SEND_TIME_ID, uri=SEND_TIME))
    for name in _DECODERS:
        decoder = getattr(aiortc.codecs, name)
        if not hasattr(decoder, "several"):
            setattr(aiortc.codecs, name, _patient(decoder))
    for library in ("aiortc", "aioice", "libav"):
        logging.getLogger(library).setLevel(logging.WARNING)  # below it they write addresses and descriptions


# the relay


class Relayed(aioice.ice.StunProtocol):
    """What comes and goes through an allocation, whoever it belongs to by then."""

    def __init__(self) -> None:
        super().__init__(_NOBODY)
        self.heard_at: float | None = None

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        super().datagram_received(data, addr)

    @property
    def lives(self) -> bool:
        """Whether its allocation is still there: the library closes one that it could not renew."""
        return not self.transport._TurnTransport__inner_protocol.transport.is_closing()  # type: ignore[attr-defined]


class _Nobody:
    """Whose allocation it is that was opened beforehand."""

    def data_received(self, data: bytes, component: int) -> None: ...

    def request_received(self, message: Any, addr: tuple[str, int], protocol: Any) -> None: ...

    def protocol_lost(self, protocol: Any) -> None: ...


_NOBODY: Any = _Nobody()


class NotLetIn(Exception):
    """A relay answered no, with this code of RFC 8656."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


async def allocate(
    server: tuple[str, int], username: str, password: str, transport: str, tls: ssl.SSLContext | None
) -> Relayed:
    """A relayed address over `transport`, 'udp' or 'tcp'. Raises NotLetIn, OSError or TimeoutError."""
    try:
        _, protocol = await aioice.turn.create_turn_endpoint(
            Relayed, server_addr=server, username=username, password=password, ssl=tls, transport=transport
        )
    except aioice.stun.TransactionFailed as no:
        raise NotLetIn(no.response.error_code or 0) from no
    except aioice.stun.TransactionError as silent:
        raise TimeoutError from silent
    address, related = (protocol.transport.get_extra_info(name) for name in ("sockname", "related_address"))
    protocol.local_candidate = Candidate(
        foundation=candidate_foundation("relay", "udp", address[0]),
        component=1,
        transport="udp",
        priority=candidate_priority(1, "relay"),
        host=address[0],
        port=address[1],
        type="relay",
        related_address=related[0],
        related_port=related[1],
    )
    return protocol


def relay_beside(
    peer: RTCPeerConnection, opened: Callable[[], Awaitable[Relayed | None]], stun_s: float, hold_s: float
) -> None:
    """Before the description: what `opened` gives is a candidate too, and pairs with a relay in them wait `hold_s` for direct
    ones. `stun_s`: how long somebody outside is asked for our address."""
    connection: Any = _ice_of(peer)
    gather, check, began = connection.get_component_candidates, connection.check_start, 0.0

    async def candidates(component: int, addresses: list[str]) -> list[Candidate]:
        opening = asyncio.ensure_future(opened())
        found: list[Candidate] = await gather(component=component, addresses=addresses, timeout=stun_s)
        protocol = await opening
        if protocol is None:
            return found
        if connection._closing:
            await protocol.close()
            return found
        protocol.receiver = connection
        connection._protocols.append(protocol)
        return [*found, protocol.local_candidate]

    async def start(pair: Any) -> None:
        nonlocal began
        now = asyncio.get_running_loop().time
        began = began or now()
        if _of_relay(pair) and (left := began + hold_s - now()) > 0:
            connection.check_state(pair, aioice.ice.CandidatePair.State.IN_PROGRESS)
            if pair.local_candidate.type == "relay":
                pair.protocol.send_stun(_hello(), pair.remote_addr)
            await asyncio.sleep(left)
        await check(pair)

    connection.get_component_candidates, connection.check_start = candidates, start


def _ice_of(peer: RTCPeerConnection) -> aioice.ice.Connection:
    """Of a bundle there is one."""
    return peer.getTransceivers()[0].receiver.transport.transport.iceGatherer._connection


def _of_relay(pair: Any) -> bool:
    return "relay" in (pair.local_candidate.type, pair.remote_candidate.type)


def _hello() -> Any:
    """Nothing to answer (RFC 8445 section 11): to send it, the relay lets that peer in, which so need not ask twice."""
    return aioice.stun.Message(
        message_method=aioice.stun.Method.BINDING, message_class=aioice.stun.Class.INDICATION
    )


def way_of(peer: RTCPeerConnection) -> tuple[bool, bool]:
    """Of the pair that carries: whether our end of it is in a relay, and whether the peer's is."""
    pairs = _ice_of(peer)._nominated.values()
    ends = [(pair.local_candidate.type == "relay", pair.remote_candidate.type == "relay") for pair in pairs]
    return any(ours for ours, _ in ends), any(theirs for _, theirs in ends)


async def give_back(peer: RTCPeerConnection, protocol: Relayed) -> None:
    """An allocation that nothing goes through is somebody else's."""
    connection = _ice_of(peer)
    if protocol in connection._protocols:
        connection._protocols.remove(protocol)
        await protocol.close()


# what is sent


def largest_payload(size: int) -> None:
    """Bytes of a packet of pictures from now on; small ones let sound pass between them on narrow links."""
    aiortc.codecs.h264.PACKET_MAX = aiortc.codecs.vpx.PACKET_MAX = size


def streams_of(sender: RTCRtpSender) -> tuple[int, int]:
    """SSRCs of a sender's packets and of its repetitions."""
    return sender._ssrc, sender._rtx_ssrc


def codec_of(transceiver: RTCRtpTransceiver) -> str:
    """`"H264"` or `"VP8"`: what was agreed on for pictures; empty before that."""
    return transceiver._codecs[0].name if transceiver._codecs else ""


def send_time_id_of(transceiver: RTCRtpTransceiver) -> int:
    """The number of the time of sending among the header's extensions; 0 where it was not agreed on."""
    return next((each.id for each in transceiver._headerExtensions if each.uri == SEND_TIME), 0)


def remb(ours: int, bps: int, ssrcs: list[int]) -> bytes:
    """The control packet that says what we can receive (draft-alvestrand-rmcat-remb-03)."""
    return bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=ours, media_ssrc=0, fci=pack_remb_fci(bps, ssrcs)))


# what passes


class Tap(Protocol):
    """Who sees the packets of a transport."""

    async def leave(self, data: bytes) -> None: ...

    def came(self, data: bytes) -> list[bytes]: ...

    def words_left(self, size: int) -> None: ...

    def words_came(self, size: int) -> None: ...

    def told(self, bps: int) -> None: ...

    def reported(self, ssrc: int, highest: int, lost: int, answers: int, held_s: float) -> None: ...

    def whole_asked(self) -> None: ...


def tap(transport: RTCDtlsTransport, by: Tap, ours: set[int]) -> Callable[[bytes], Awaitable[None]]:
    """From now on `by` sends what leaves and sees what comes; gives what puts a packet on the wire.
    `ours`: SSRCs of what we send.
    """
    send, take, take_control = transport._send_rtp, transport._handle_rtp_data, transport._handle_rtcp_data
    say, receive = transport._send_data, transport.transport._recv

    async def came(data: bytes, arrival_time_ms: int) -> None:
        for each in by.came(data):
            await take(each, arrival_time_ms=arrival_time_ms)

    async def control(data: bytes) -> None:
        _read_control(data, by, ours)
        await take_control(data)

    async def leave(data: bytes) -> None:
        if transport.state != "connected":
            await send(data)  # says so in its own way
        else:
            await by.leave(data)

    async def spoken(data: bytes) -> None:
        await say(data)
        by.words_left(len(data) + _SEAL)

    async def received() -> bytes:
        data = await receive()
        if _DTLS[0] <= data[0] <= _DTLS[1]:
            by.words_came(len(data))
        return data

    inside: Any = transport
    inside.transport._recv, inside._send_data = received, spoken
    inside._send_rtp, inside._handle_rtp_data, inside._handle_rtcp_data = leave, came, control
    return send


def _read_control(data: bytes, by: Tap, ours: set[int]) -> None:
    try:
        packets = RtcpPacket.parse(data)
    except ValueError:
        return
    for packet in packets:
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for each in packet.reports:
                if each.ssrc in ours:
                    by.reported(
                        each.ssrc, each.highest_sequence, each.packets_lost, each.lsr, each.dlsr / 65536
                    )
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            by.whole_asked()
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            try:
                bps, ssrcs = unpack_remb_fci(packet.fci)
            except (ValueError, IndexError):
                continue
            if ours & set(ssrcs):
                by.told(bps)


# what comes


class Several(JitterFrame):
    """Pictures that can be decoded at once, because the packet that was missing came."""

    def __init__(self, frames: list[JitterFrame]) -> None:
        super().__init__(b"", frames[-1].timestamp)
        self.origin, self.frames = frames[-1].timestamp, frames


def fit_receiver(
    receiver: RTCRtpReceiver, buffer: PictureBuffer, missing: Missing, now: Callable[[], float]
) -> None:
    """Give a receiver of pictures our buffer and our asking, before its first packet."""
    inside = vars(receiver)
    for name, ours in zip(_RECEIVER, (_Buffer(buffer, now), _Asking(missing, now), None), strict=True):
        inside[f"_RTCRtpReceiver{name}"] = ours


class _Buffer:
    """A PictureBuffer where the library expects its own."""

    def __init__(self, buffer: PictureBuffer, now: Callable[[], float]) -> None:
        self._buffer, self._now = buffer, now

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        piece = Piece(packet.timestamp, bool(packet.marker), packet._data)  # type: ignore[attr-defined]
        ask, pictures = self._buffer.add(packet.sequence_number, piece, self._now())
        frames = [JitterFrame(picture.data, picture.timestamp % (1 << 32)) for picture in pictures]
        return ask, (Several(frames) if len(frames) > 1 else frames[0]) if frames else None


class _Asking:
    """Missing packets where the library expects its own list of them."""

    def __init__(self, missing: Missing, now: Callable[[], float]) -> None:
        self._missing, self._now = missing, now
        self.missing: set[int] = set()

    def add(self, packet: RtpPacket) -> bool:
        self.missing = set(self._missing.add(packet.sequence_number, self._now()))
        return bool(self.missing)


def _patient(decoder: Any) -> Any:
    """A decoder that takes several pictures at once."""

    class Patient(decoder):  # type: ignore[misc]
        several = True

        def decode(self, encoded_frame: JitterFrame) -> list[Any]:
            if not isinstance(encoded_frame, Several):
                return list(super().decode(encoded_frame))
            found = []
            for frame in encoded_frame.frames:
                behind = (frame.timestamp - encoded_frame.origin + (1 << 31)) % (1 << 32) - (1 << 31)
                found += super().decode(JitterFrame(frame.data, encoded_frame.timestamp + behind))
            return found

    return Patient


def _waiting(transaction: Any) -> Any:
    """A question of ICE that is asked but once has time to be answered over any way a call may take."""

    class Waiting(transaction):  # type: ignore[misc]
        patient = True

        def __init__(self, *args: Any, retransmissions: int | None = None, **options: Any) -> None:
            super().__init__(*args, retransmissions=retransmissions, **options)
            if retransmissions == 0:
                self._Transaction__timeout_delay = CONSENT_WAIT_S

    return Waiting


def _reachable(hosts: Hosts) -> Hosts:
    """A machine with no network at all can still call itself, for a demonstration."""

    def reachable(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return hosts(use_ipv4, use_ipv6) or ([_LOOPBACK] if use_ipv4 else [])

    reachable.alone = True  # type: ignore[attr-defined]
    return reachable


# Speech

RED_KIND, OPUS_KIND = 63, 96
"""Payload types that we offer; 63 is what Chromium uses for redundancy."""
_SPEECH = (
    (RTCRtpReceiver, "__init__", "self.__jitter_buffer = JitterBuffer(capacity=16, prefetch=4)"),
    (RTCRtpReceiver, "_handle_rtp_packet", "self.__jitter_buffer.add(packet)"),
    (RTCRtpSender, "_next_encoded_frame", "if self.__encoder is None:"),
    (RTCRtpSender, "_next_encoded_frame", "payloads, timestamp = self.__encoder.pack(data)"),
    (RTCRtpSender, "_run_rtp", "payload_type=codec.payloadType"),
    (RTCRtpSender, "send", "self._run_rtp(parameters.codecs[0])"),
    (RTCPeerConnection, "setRemoteDescription", "find_common_codecs(CODECS[media.kind], media.rtp.codecs)"),
    (RTCPeerConnection, "setRemoteDescription", "transceiver._codecs = common"),
)
TakePacket = Callable[[RtpPacket], None]


def _check_speech() -> None:
    for owner, name, line in _SPEECH:
        if line not in inspect.getsource(getattr(owner, name)):
            raise DoorMoved(f"aiortc.{owner.__name__}.{name}")
    if not isinstance(aiortc.codecs.CODECS.get("audio"), list):
        raise DoorMoved("aiortc.codecs.CODECS")


def _opus() -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters("audio/opus", clockRate=48_000, channels=2, payloadType=OPUS_KIND)


def _red(opus: int) -> RTCRtpCodecParameters:
    """Redundancy of Opus (RFC 2198); its parameters name the payload types it may carry."""
    return RTCRtpCodecParameters(
        "audio/red",
        clockRate=48_000,
        channels=2,
        payloadType=RED_KIND,
        parameters={f"{opus}/{opus}": None},
    )


def settle_speech(peer: RTCPeerConnection, remote_sdp: str) -> tuple[int, int | None]:
    """After the peer's description: the payload types of Opus and of redundancy, None where the peer has none.
    What is agreed stands first, for the library sends by the first codec. Raises ValueError without Opus.
    """
    for transceiver in peer.getTransceivers():
        if transceiver.kind == "audio" and transceiver._codecs:
            return _settled(transceiver, remote_sdp)
    raise ValueError("no sound in this description")


def _settled(transceiver: RTCRtpTransceiver, remote_sdp: str) -> tuple[int, int | None]:
    codecs = {codec.name.lower(): codec for codec in reversed(transceiver._codecs)}
    opus, red = codecs.get("opus"), codecs.get("red")
    if opus is None or opus.payloadType is None:
        raise ValueError("no Opus in this description")
    if red is None or red.payloadType is None or not _agreed(remote_sdp, red.payloadType, opus.payloadType):
        transceiver._codecs = [opus]
        return opus.payloadType, None
    red = copy.deepcopy(red)
    red.parameters = _red(opus.payloadType).parameters
    transceiver._codecs = [red, opus]
    return opus.payloadType, red.payloadType


def _agreed(sdp: str, red: int, opus: int) -> bool:
    """Whether the peer's redundancy has that number and carries that Opus, as often as it likes."""
    return bool(
        re.search(rf"^a=rtpmap:{red} red/48000", sdp, re.MULTILINE | re.IGNORECASE)
        and re.search(rf"^a=fmtp:{red} {opus}(/{opus})+\s*$", sdp, re.MULTILINE)
    )


def tap_speech(receiver: RTCRtpReceiver, take: TakePacket) -> None:
    """Packets of that receiver go to `take`, counted by the library and not decoded by it."""
    setattr(receiver, "_RTCRtpReceiver__jitter_buffer", _Tap(take))  # noqa: B010


def carry_payloads(sender: RTCRtpSender) -> None:
    """The packets of that sender's track are payloads already; no encoder of the library is made."""
    setattr(sender, "_RTCRtpSender__encoder", _Carrier())  # noqa: B010


class _Tap:
    """Stands where the library's buffer of sound stood."""

    def __init__(self, take: TakePacket) -> None:
        self._take = take

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        self._take(packet)
        return False, None


class _Carrier:
    """Stands where the library's encoder stood."""

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        assert packet.pts is not None
        return [bytes(packet)], packet.pts
