# SPDX-License-Identifier: GPL-3.0-or-later
"""A sealed file that grows: it comes back whole, up to its last whole piece when it was cut, and never changed."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.keys.attachments import attachment_id
from clinic.keys.growing import OVERHEAD, SMALL_PIECE, Growing, Grown
from clinic.keys.refusals import Unreadable

from .conftest import repeating

KEY = repeating(b"film")(32)
HEADER = 24
PLAIN = repeating(b"what was said and seen ")(3 * SMALL_PIECE + 700)


def sealed(parts: list[bytes], finish: bool = True) -> bytes:
    out = bytearray()
    growing = Growing(KEY, out.extend)
    for part in parts:
        growing.add(part)
    if finish:
        stored = growing.finish()
        assert stored.id == attachment_id([bytes(out)])
        assert stored.size == sum(map(len, parts))
    return bytes(out)


WHOLE = sealed([PLAIN])


def opened(cipher: bytes, key: bytes = KEY) -> tuple[bytes, bool]:
    grown = Grown(io.BytesIO(cipher), key)
    return grown.read(), grown.whole


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=3000), max_size=8))
def test_it_comes_back(parts: list[bytes]) -> None:
    read, whole = opened(sealed(parts))
    assert read == b"".join(parts)
    assert whole or not read


@pytest.mark.parametrize("size", [1, SMALL_PIECE - 1, SMALL_PIECE, SMALL_PIECE + 1, 2 * SMALL_PIECE])
def test_edges_of_pieces(size: int) -> None:
    assert opened(sealed([bytes(size)])) == (bytes(size), True)


@settings(max_examples=80, deadline=None)
@given(st.integers(HEADER, len(WHOLE) - 1))
def test_cut_anywhere_it_is_readable_up_to_the_last_whole_piece_and_says_so(end: int) -> None:
    read, whole = opened(WHOLE[:end])
    assert read == PLAIN[: (end - HEADER) // (SMALL_PIECE + OVERHEAD) * SMALL_PIECE]
    assert not whole


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_never_played(place: int, bit: int) -> None:
    changed = bytearray(WHOLE)
    changed[place] ^= 1 << bit
    try:
        read, whole = opened(bytes(changed))
    except Unreadable:
        return
    assert not whole  # of the last, short piece: it reads as one that was cut off
    assert read == PLAIN[: len(read)]
    assert len(read) == 3 * SMALL_PIECE


def test_pieces_in_another_order_another_key_and_more_than_there_is_are_refused() -> None:
    step = SMALL_PIECE + OVERHEAD
    first, second = WHOLE[HEADER : HEADER + step], WHOLE[HEADER + step : HEADER + 2 * step]
    for cipher, key in (
        (WHOLE[:HEADER] + second + first + WHOLE[HEADER + 2 * step :], KEY),
        (WHOLE, bytes(32)),
        (WHOLE[:HEADER] + second, KEY),
    ):
        with pytest.raises(Unreadable):
            opened(cipher + (b"" if len(cipher) > HEADER + step else b"x" * 100), key)
    exact = sealed([bytes(SMALL_PIECE)])
    with pytest.raises(Unreadable, match="longer"):
        opened(exact + exact[HEADER:])
    for none in (b"", b"short"):
        with pytest.raises(Unreadable):
            opened(none)
    with pytest.raises(Unreadable):
        Grown(io.BytesIO(WHOLE), b"")
    with pytest.raises(ValueError, match="key"):
        Growing(b"", lambda part: None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(PLAIN) + 10), st.integers(0, 2 * SMALL_PIECE)), max_size=8))
def test_it_is_read_at_any_place_in_any_order(reads: list[tuple[int, int]]) -> None:
    grown = Grown(io.BytesIO(WHOLE), KEY)
    for place, most in reads:
        assert grown.seek(place) == place
        assert grown.read(most) == PLAIN[place : place + most]
    assert grown.seek(-10, 2) == grown.size - 10 == len(PLAIN) - 10
    assert grown.seek(4, 1) == len(PLAIN) - 6
    assert (grown.read(), grown.read(5), grown.tell()) == (PLAIN[-6:], b"", len(PLAIN))


def test_what_is_handed_out_holds_nothing_clear_and_leaves_at_once() -> None:
    out: list[bytes] = []
    growing = Growing(KEY, out.append)
    for _ in range(20):
        growing.add(PLAIN[: SMALL_PIECE // 2])
    assert len(out) == 1 + 9  # the header, and each piece as soon as it is full
    assert b"what was said" not in b"".join(out)
