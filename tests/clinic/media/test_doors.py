# SPDX-License-Identifier: GPL-3.0-or-later
"""The doors into aiortc and aioice are where we expect them, and what stands behind them does its work."""

import aioice.ice
import aiortc.codecs
import aiortc.codecs.vpx
import aiortc.rtcrtpreceiver
import pytest
from aiortc.rtp import RtpPacket

from clinic.media import doors


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEFAULT_BITRATE", "MIN_BITRATE", "MAX_BITRATE"):
        monkeypatch.setattr(aiortc.codecs.vpx, name, getattr(aiortc.codecs.vpx, name))
    monkeypatch.setattr(aioice.ice, "get_host_addresses", aioice.ice.get_host_addresses)
    monkeypatch.setattr(aiortc.rtcrtpreceiver, "JitterBuffer", aiortc.rtcrtpreceiver.JitterBuffer)
    monkeypatch.setitem(aiortc.codecs.CODECS, "audio", list(aiortc.codecs.CODECS["audio"]))
    doors.open_doors()


def test_every_door_is_where_it_was() -> None:
    doors.check()


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (aiortc.codecs.vpx, "MIN_BITRATE"),
        (aiortc.RTCRtpSender, "_send_keyframe"),
    ],
)
def test_a_door_that_moved_is_named(target: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(target, name)
    with pytest.raises(doors.DoorMoved, match=name):
        doors.check()


@pytest.mark.parametrize(
    ("target", "name", "other"),
    [
        (aioice.ice, "get_host_addresses", list),
        (aioice.ice.Connection, "gather_candidates", lambda self: None),
        (aiortc.rtcrtpreceiver.RTCRtpReceiver, "__init__", lambda self: None),
        (aiortc.RTCRtpReceiver, "_handle_rtp_packet", lambda self: None),
        (aiortc.RTCRtpSender, "_next_encoded_frame", lambda self: None),
        (aiortc.RTCRtpSender, "_run_rtp", lambda self: None),
        (aiortc.RTCRtpSender, "send", lambda self: None),
        (aiortc.RTCPeerConnection, "setRemoteDescription", lambda self: None),
        (aiortc.codecs, "CODECS", {}),
        (aiortc.codecs.vpx.Vp8Encoder, "target_bitrate", property(lambda self: 1, lambda self, value: None)),
    ],
)
def test_a_door_with_something_else_behind_it_is_named(
    target: object, name: str, other: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, name, other)
    with pytest.raises(doors.DoorMoved, match=name):
        doors.check()


@pytest.mark.usefixtures("opened")
def test_the_encoder_may_go_down_to_rural_rates() -> None:
    encoder = aiortc.codecs.vpx.Vp8Encoder()
    encoder.target_bitrate = 1
    assert encoder.target_bitrate == doors.VIDEO_FLOOR


@pytest.mark.usefixtures("opened")
def test_a_machine_without_network_can_still_call_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aioice.ice.ifaddr.get_adapters", list)
    assert aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False) == ["127.0.0.1"]
    assert aioice.ice.get_host_addresses(use_ipv4=False, use_ipv6=True) == []
    doors.open_doors()


class Line:
    """An impatient buffer, fed one packet a picture, at a time that is told."""

    def __init__(self) -> None:
        self.at = 0.0
        self.buffer = doors.ImpatientBuffer(512, is_video=True, now=lambda: self.at)

    def feed(self, number: int, seconds: float = 0.03) -> tuple[bool, int | None]:
        """(whole picture asked for, number of the picture that came out)"""
        self.at += seconds
        packet = RtpPacket(sequence_number=number % 65536, timestamp=number)
        packet._data = b"x"  # type: ignore[attr-defined]
        ask, frame = self.buffer.add(packet)
        return ask, frame.timestamp if frame else None


def test_pictures_flow_in_order() -> None:
    line = Line()
    assert [line.feed(n)[1] for n in (1, 3, 2, 4)] == [None, None, 1, 2]


def test_a_hole_too_large_to_repeat_is_skipped_at_once() -> None:
    line = Line()
    line.feed(1), line.feed(2)
    assert line.feed(400, seconds=20)[0] is True
    assert line.feed(401) == (False, 400)


def test_what_is_repeated_too_late_does_not_turn_the_buffer_back() -> None:
    line = Line()
    line.feed(1), line.feed(2), line.feed(400)
    assert line.feed(250) == (False, None)
    assert line.feed(401) == (False, 400)


def test_a_hole_that_nothing_fills_is_skipped_in_time() -> None:
    line = Line()
    line.feed(1), line.feed(2)
    asked = [line.feed(n, seconds=0.1)[0] for n in range(4, 20)]
    assert asked.count(True) == 1
    assert asked.index(True) >= 9


def test_a_sender_that_counts_anew_is_followed() -> None:
    line = Line()
    line.feed(40_000), line.feed(40_001)
    line.feed(20_000, seconds=1.5)
    assert line.feed(20_001)[1] == 20_000


def test_sound_is_left_to_the_library() -> None:
    buffer = doors.ImpatientBuffer(16, prefetch=4, now=lambda: 0.0)
    packet = RtpPacket(sequence_number=5, timestamp=0)
    packet._data = b""  # type: ignore[attr-defined]
    assert buffer.add(packet) == (False, None)
