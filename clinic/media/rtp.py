# SPDX-License-Identifier: GPL-3.0-or-later
"""What the head of an RTP packet says, and the time of sending in it (RFC 3550, RFC 8285, abs-send-time)."""

from dataclasses import dataclass

SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_SECOND = 1 << 18
"""abs-send-time counts in 2^-18 s and turns over every 64 s."""
_TURN = 1 << 24
_ONE_BYTE_HEADERS = 0xBEDE


@dataclass(frozen=True, slots=True)
class Head:
    sequence: int
    ssrc: int
    payload_at: int
    send_time_at: int | None
    """Where the three bytes of the time of sending lie."""


def is_control(data: bytes) -> bool:
    """RTCP rather than RTP (RFC 5761)."""
    return len(data) > 1 and 192 <= data[1] <= 223


def head(data: bytes, send_time_id: int) -> Head | None:
    """None for what is no RTP packet."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    at = 12 + 4 * (data[0] & 15)
    send_time_at = None
    if data[0] & 16:
        if len(data) < at + 4:
            return None
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if int.from_bytes(data[at : at + 2], "big") == _ONE_BYTE_HEADERS:
            send_time_at = _find(data, at + 4, min(end, len(data)), send_time_id)
        at = end
    if at > len(data):
        return None
    return Head(int.from_bytes(data[2:4], "big"), int.from_bytes(data[8:12], "big"), at, send_time_at)


def _find(data: bytes, at: int, end: int, wanted: int) -> int | None:
    while at < end:
        if data[at] == 0:
            at += 1
            continue
        number, length = data[at] >> 4, (data[at] & 15) + 1
        if number == wanted and length == 3 and at + 4 <= end:
            return at + 1
        at += 1 + length
    return None


def stamped(data: bytes, found: Head, now: float) -> bytes:
    """The packet with the time at which it really leaves."""
    at = found.send_time_at
    if at is None:
        return data
    return data[:at] + (round(now * _SECOND) % _TURN).to_bytes(3, "big") + data[at + 3 :]


class SendTimes:
    """Times of sending as seconds that only turn over in 2^64."""

    def __init__(self) -> None:
        self._last: int | None = None

    def seconds(self, data: bytes, found: Head) -> float | None:
        """None for a packet without a time."""
        at = found.send_time_at
        if at is None:
            return None
        value = int.from_bytes(data[at : at + 3], "big")
        if self._last is None:
            self._last = value
        half = _TURN // 2
        number = self._last + (value - self._last + half) % _TURN - half
        self._last = max(self._last, number)
        return number / _SECOND
