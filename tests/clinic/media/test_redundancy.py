# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies in packets: what goes in comes out, what is damaged is refused, the bytes are those of RFC 2198."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.media.redundancy import MAX_OFFSET, MAX_PACKET, Damaged, Frame, packed, unpacked

OPUS = 111
NOW = Frame(10_000, b"now")


def test_the_bytes_are_those_of_the_standard() -> None:
    data = packed(NOW, (Frame(10_000 - 960, b"old"),), OPUS)
    assert data == bytes([0x80 | 111]) + (960 << 10 | 3).to_bytes(3, "big") + bytes([111]) + b"old" + b"now"
    assert packed(NOW, (), OPUS) == bytes([111]) + b"now"


@given(
    st.integers(0, 2**32 - 1),
    st.binary(min_size=1, max_size=400),
    st.lists(st.tuples(st.integers(1, MAX_OFFSET), st.binary(min_size=1, max_size=300)), max_size=2),
)
def test_what_goes_in_comes_out(at: int, payload: bytes, older: list[tuple[int, bytes]]) -> None:
    before = tuple(Frame(at - offset, data) for offset, data in older)
    found = unpacked(packed(Frame(at, payload), before, OPUS), at, OPUS)
    assert found == (*(Frame(f.at & 0xFFFFFFFF, f.payload) for f in before), Frame(at, payload))


def test_only_the_last_two_that_fit_are_carried() -> None:
    before = tuple(Frame(10_000 - 960 * n, bytes([n])) for n in (3, 2, 1))
    assert [f.payload for f in unpacked(packed(NOW, before, OPUS), NOW.at, OPUS)] == [
        b"\x02",
        b"\x01",
        b"now",
    ]
    too_old, too_long, later = (
        Frame(NOW.at - MAX_OFFSET - 1, b"x"),
        Frame(0, bytes(1024)),
        Frame(NOW.at + 1, b"x"),
    )
    for wrong in (too_old, too_long, later):
        assert unpacked(packed(NOW, (wrong,), OPUS), NOW.at, OPUS) == (NOW,)


def test_a_packet_never_outgrows_a_path() -> None:
    full = Frame(10_000, bytes(700))
    before = (Frame(9_000, bytes(400)), Frame(9_500, bytes(90)))
    data = packed(full, before, OPUS)
    assert len(data) <= MAX_PACKET
    assert len(unpacked(data, full.at, OPUS)) == 3
    assert len(unpacked(packed(full, (Frame(9_000, bytes(600)),), OPUS), full.at, OPUS)) == 1


def test_blocks_of_another_codec_are_left_out() -> None:
    data = packed(NOW, (Frame(9_000, b"old"),), OPUS)
    assert unpacked(data, NOW.at, 96) == ()


@pytest.mark.parametrize(
    "damaged",
    [b"", b"\xef", b"\xef\x00\x00", b"\xef\x00\x00\x03", b"\xef\x00\x00\x03\x6fab", b"\xef\0\0\0" * 9],
)
def test_damage_is_refused(damaged: bytes) -> None:
    with pytest.raises(Damaged):
        unpacked(damaged, 0, OPUS)


@given(st.binary(max_size=60), st.integers(0, 2**32 - 1))
def test_any_bytes_are_read_or_refused(data: bytes, at: int) -> None:
    try:
        frames = unpacked(data, at, OPUS)
    except Damaged:
        return
    assert all(0 <= frame.at < 2**32 and frame.payload for frame in frames)


def test_a_payload_type_has_seven_bits() -> None:
    with pytest.raises(ValueError, match="7 bits"):
        packed(NOW, (), 128)
