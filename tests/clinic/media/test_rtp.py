# SPDX-License-Identifier: GPL-3.0-or-later
"""The head of an RTP packet as the library writes it, and the time of sending in it."""

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtcpByePacket, RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from clinic.media import rtp

EXTENSIONS = HeaderExtensionsMap()
EXTENSIONS.configure(
    RTCRtpParameters(
        headerExtensions=[
            RTCRtpHeaderExtensionParameters(id=1, uri="urn:ietf:params:rtp-hdrext:sdes:mid"),
            RTCRtpHeaderExtensionParameters(id=3, uri=rtp.SEND_TIME),
        ]
    )
)


def packet(mid: str | None = "0", sent: int | None = 5, payload: bytes = b"payload") -> bytes:
    made = RtpPacket(sequence_number=65535, timestamp=9, ssrc=0xDEADBEEF, payload=payload)
    made.extensions.mid, made.extensions.abs_send_time = mid, sent
    return made.serialize(EXTENSIONS)


@pytest.mark.parametrize("mid", [None, "0", "video"])
@pytest.mark.parametrize("sent", [None, 5])
def test_the_head_is_read(mid: str | None, sent: int | None) -> None:
    data = packet(mid, sent)
    found = rtp.head(data, 3)
    assert found is not None
    assert (found.sequence, found.ssrc, data[found.payload_at :]) == (65535, 0xDEADBEEF, b"payload")
    assert (found.send_time_at is None) is (sent is None)
    assert not rtp.is_control(data)
    assert rtp.is_control(bytes(RtcpByePacket(sources=[1])))


def test_a_packet_gets_the_time_at_which_it_leaves_and_nothing_else_changes() -> None:
    data = packet()
    found = rtp.head(data, 3)
    assert found is not None
    read = RtpPacket.parse(rtp.stamped(data, found, 65.5), EXTENSIONS)
    assert read.extensions.abs_send_time == round(1.5 * 2**18)
    assert (read.payload, read.extensions.mid, read.sequence_number) == (b"payload", "0", 65535)
    other = packet(sent=None)
    assert rtp.stamped(other, rtp.head(other, 3), 1.0) == other  # type: ignore[arg-type]


def test_times_of_sending_are_counted_on_when_they_turn_over() -> None:
    times, seconds = rtp.SendTimes(), []
    for now in (62.0, 63.9, 64.1, 64.0, 90.0):
        data = packet()
        found = rtp.head(data, 3)
        assert found is not None
        seconds.append(times.seconds(rtp.stamped(data, found, now), found))
    steps = [after - seconds[0] for after in seconds if after is not None and seconds[0] is not None]
    assert steps == pytest.approx([0.0, 1.9, 2.1, 2.0, 28.0], abs=1e-4)
    bare = packet(sent=None)
    found = rtp.head(bare, 3)
    assert found is not None
    assert times.seconds(bare, found) is None


@given(st.binary(max_size=80))
def test_nonsense_is_no_packet_or_one_whose_parts_lie_within_it(data: bytes) -> None:
    found = rtp.head(data, 3)
    if found is not None:
        assert found.payload_at <= len(data)
        assert found.send_time_at is None or found.send_time_at + 3 <= len(data)
        assert len(rtp.stamped(data, found, 12.0)) == len(data)
