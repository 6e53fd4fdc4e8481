# SPDX-License-Identifier: GPL-3.0-or-later
"""A lost packet is worked out from its group, and nothing else ever comes out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.media import parity, rtp
from clinic.media.parity import FEWEST, KEPT, MOST, Giving, Taking

SSRC = 0xCAFE0001


def packet(number: int, payload: bytes, *, last: bool = False) -> bytes:
    return bytes([0x80, 96 | (128 if last else 0)]) + (number % 65536).to_bytes(2, "big") + bytes(4) + SSRC.to_bytes(
        4, "big"
    ) + payload  # fmt: skip


def sent(payloads: list[bytes], size: int, first: int = 0) -> tuple[list[bytes], list[tuple[int, bytes]]]:
    """Packets, and (after how many of them, parity)."""
    giving, packets, more = Giving(SSRC, 3), [], []
    giving.size = size
    for number, payload in enumerate(payloads):
        data = packet(first + number, payload)
        packets.append(data)
        if (made := giving.left(data, number * 0.01)) is not None:
            more.append((number + 1, made))
    return packets, more


def taken(taking: Taking, data: bytes, now: float = 0.0) -> list[bytes]:
    found = rtp.head(data, 3)
    assert found is not None
    if data[1] & 127 == parity.PAYLOAD_TYPE:
        taking.parity(data[found.payload_at :], found.ssrc, now)
    else:
        taking.came(data, found.ssrc)
    return taking.worked_out(now)


@settings(max_examples=40)
@given(
    st.lists(st.binary(max_size=20), min_size=6, max_size=18),
    st.integers(FEWEST, MOST),
    st.integers(0, 65535),
    st.integers(0, MOST),
)
def test_one_lost_packet_of_a_group_is_known_again(
    payloads: list[bytes], size: int, first: int, which: int
) -> None:
    packets, more = sent(payloads, size, first)
    taking, found, lost = Taking(), [], []
    groups = dict(more)
    for start in range(0, len(packets) // size * size, size):
        gone = (which + start) % size
        lost.append(packets[start + gone])
        for number in range(start, start + size):
            if number != start + gone:
                found += taken(taking, packets[number])
        found += taken(taking, groups[start + size])
    assert found == lost
    assert taking.found == len(lost)


def test_two_lost_packets_are_not_guessed_but_known_when_one_comes_after_all() -> None:
    packets, more = sent([b"one", b"three", b"four"], 3)
    taking = Taking()
    assert taken(taking, packets[0]) == []
    assert taken(taking, more[0][1]) == []
    assert taken(taking, packets[2]) == [packets[1]]


def test_what_is_known_too_late_is_let_go() -> None:
    packets, more = sent([b"one", b"three", b"four"], 3)
    taking = Taking()
    taken(taking, packets[0])
    taken(taking, more[0][1])
    assert taken(taking, b"\x80\x60\x12\x34" + bytes(8), now=9.0) == []
    assert taken(taking, packets[2], now=9.1) == []


def test_a_group_ends_with_its_picture_or_its_time() -> None:
    giving = Giving(SSRC, 3)
    giving.size = 4
    assert giving.left(packet(0, b"a"), 0.0) is None
    assert giving.left(packet(1, b"b"), 0.1) is None
    assert giving.left(packet(2, b"c", last=True), 0.1) is not None
    assert giving.left(packet(3, b"d", last=True), 0.2) is None
    assert giving.left(packet(4, b"e", last=True), 0.7) is not None
    giving.size = 0
    assert giving.left(packet(5, b"f", last=True), 0.8) is None


def test_other_streams_do_not_mix_in() -> None:
    packets, more = sent([b"one", b"two", b"three"], 3)
    taking = Taking()
    taken(taking, more[0][1])
    other = packets[1][:8] + b"\0\0\0\x09" + packets[1][12:]
    for data in (packets[0], other, packets[2]):
        result = taken(taking, data)
    assert result == [packets[1]]


@settings(max_examples=40)
@given(st.lists(st.one_of(st.binary(min_size=12, max_size=80), st.integers(0, 30)), max_size=40))
def test_nonsense_brings_out_nothing_that_is_no_packet(steps: list[bytes | int]) -> None:
    packets, more = sent([bytes([n]) * n for n in range(31)], 3)
    taking, groups = Taking(), [made for _, made in more]
    for step in steps:
        if isinstance(step, int):
            found = taken(taking, groups[step % len(groups)] if step % 2 else packets[step])
            assert all(data in packets for data in found)
        else:
            taking.parity(step, SSRC ^ 0x50415249, 0.0)
            for data in taking.worked_out(0.0):
                assert len(data) >= 12
    assert len(taking._kept) <= KEPT + 1


def test_it_is_given_where_it_pays() -> None:
    assert parity.group_size(0.05, 0.6) == 3
    assert parity.group_size(0.03, 0.3) == 4
    assert parity.group_size(0.01, 0.3) == MOST
    assert parity.group_size(0.05, 0.1) == parity.group_size(0.001, 0.6) == 0
    assert parity.share(4) == 0.25


def test_a_description_says_that_it_is_understood() -> None:
    plain = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
    said = parity.offered(plain)
    assert parity.understood(said)
    assert not parity.understood(plain)
    assert said.replace(parity.LINE + "\r\n", "") == plain
    assert said.index(parity.LINE) < said.index("m=audio")
