# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from clinic.keys.packing import MAX_PLAIN, expand, pad, padded_length, squeeze, unpad
from clinic.keys.refusals import Unreadable


@given(st.binary(max_size=4000))
def test_packing_has_an_inverse(data: bytes) -> None:
    assert unpad(pad(data)) == data
    assert expand(squeeze(data)) == data


@given(st.integers(min_value=1, max_value=10**7))
def test_padme_costs_at_most_an_eighth(length: int) -> None:
    padded = padded_length(length)
    assert length <= padded <= length * 1.12 + 1
    assert padded_length(padded) == padded


def test_padme_as_the_paper_counts() -> None:
    assert [padded_length(n) for n in (1, 8, 9, 17, 33, 1000, 1001)] == [1, 8, 10, 18, 36, 1024, 1024]


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    try:
        expand(data)
    except Unreadable:
        pass


def test_a_bomb_is_refused_before_it_grows() -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(MAX_PLAIN + 1))
    assert len(bomb) < 64 * 1024
    with pytest.raises(Unreadable, match="8 MiB"):
        expand(pad(bomb))


def test_a_frame_that_does_not_tell_its_size_is_refused() -> None:
    shy = zstandard.ZstdCompressor(write_content_size=False).compress(b"x" * 100)
    with pytest.raises(Unreadable):
        expand(pad(shy))


@pytest.mark.parametrize("padded", [b"", b"\0\0", b"data", b"data\x80\x00\x01"])
def test_wrong_padding_is_refused(padded: bytes) -> None:
    with pytest.raises(Unreadable):
        unpad(padded)
