# SPDX-License-Identifier: GPL-3.0-or-later
"""A body in blocks: whole again whatever pieces it arrives in, refused when damaged, never more than was allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.protocol.blocks import Blocks, block
from clinic.protocol.codec import Malformed, loads

sizes = st.sampled_from([0, 1, 23, 24, 255, 256, 65_535, 65_536, 70_000])


@given(st.lists(sizes.map(bytes), max_size=5), st.integers(1, 50_000))
def test_blocks_come_out_as_they_went_in(said: list[bytes], step: int) -> None:
    body = b"".join(map(block, said))
    blocks = Blocks(70_000)
    heard = [one for at in range(0, len(body), step) for one in blocks.fed(body[at : at + step])]
    blocks.end()
    assert heard == said


@given(sizes.map(bytes))
def test_a_block_is_a_byte_string_of_cbor(data: bytes) -> None:
    assert loads(block(data)) == data


@given(st.binary(min_size=1, max_size=40))
def test_anything_else_is_refused_or_waited_for(data: bytes) -> None:
    try:
        assert all(len(one) <= 16 for one in Blocks(16).fed(data))
    except Malformed:
        pass


def test_a_block_that_would_grow_too_large_is_refused_before_it_has_come() -> None:
    with pytest.raises(Malformed, match="grow"):
        list(Blocks(99).fed(block(bytes(100))[:3]))


def test_half_a_block_at_the_end_is_no_block() -> None:
    blocks = Blocks(99)
    assert list(blocks.fed(block(b"whole") + block(b"half")[:-1])) == [b"whole"]
    with pytest.raises(Malformed, match="too early"):
        blocks.end()
