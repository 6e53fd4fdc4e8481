# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits is cut out of its row as it would be decoded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.ids import TeamId
from clinic.protocol.blocks import block, bytes_after
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.unsealed import Unsealed, unsealed_all

teams = st.sampled_from(["", "team", "another-team-of-ours"]).map(TeamId)
contents = st.sampled_from([0, 1, 23, 24, 255, 256, 65_535, 65_536]).flatmap(
    lambda size: st.binary(min_size=1, max_size=3).map(lambda some: (some * (size + 1))[:size])
)
strange = st.sampled_from([(), ((9, 1),), ((9, b"later"),)])
rows = st.builds(
    Unsealed, team=teams, ops=contents, key_id=st.sampled_from([b"", b"12345678"]), unknown=strange
)


@given(st.lists(rows, max_size=12))
def test_rows_cut_out_are_what_they_are_decoded(waiting: list[Unsealed]) -> None:
    data = [encode(one) for one in waiting]
    assert list(unsealed_all(data)) == waiting == [decode(one, Unsealed) for one in data]


@given(st.binary(max_size=8), contents, st.binary(max_size=3))
def test_a_byte_string_ends_where_it_says(head: bytes, inside: bytes, more: bytes) -> None:
    assert bytes_after(head, head + block(inside)) == inside
    assert bytes_after(head, head + block(inside) + more) == (None if more else inside)
    assert bytes_after(head + b"!", head + b"?" + block(inside)) is None
    assert bytes_after(head, head) is None


def test_a_damaged_row_after_a_good_one_is_refused() -> None:
    good = encode(Unsealed(team=TeamId("team"), ops=b"of a patient"))
    with pytest.raises(Malformed):
        list(unsealed_all([good, good[:-1]]))
