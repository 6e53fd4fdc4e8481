# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine messages survive the pipe however it cuts them; damage is reported and skipped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.record import Record
from clinic.protocol import engine as wire
from clinic.protocol.codec import Malformed

TEXT = st.text(max_size=20)
MESSAGES: st.SearchStrategy[Record] = st.one_of(
    st.builds(wire.OpenCamera, purpose=st.sampled_from(list(wire.Purpose)), preview=TEXT),
    st.builds(
        wire.StartCall,
        call_id=TEXT,
        attempt=st.integers(0, 99),
        offerer=st.booleans(),
        local_ring=TEXT,
        remote_ring=TEXT,
        ice_servers=st.lists(st.builds(wire.IceServer, url=TEXT), max_size=2).map(tuple),
    ),
    st.builds(wire.AcceptRemote, call_id=TEXT, attempt=st.integers(0, 99), sdp=TEXT, type=TEXT),
    st.builds(
        wire.FrameReady,
        ring=TEXT,
        slot=st.integers(0, 3),
        seq=st.integers(0),
        width=st.integers(0, 9999),
        height=st.integers(0, 9999),
    ),
    st.builds(wire.CallStats, call_id=TEXT, attempt=st.integers(0, 9), loss=st.floats(0, 1)),
    st.builds(wire.Mute, audio=st.booleans(), video=st.booleans()),
    st.just(wire.Quit()),
)


@given(st.lists(MESSAGES, max_size=6), st.integers(1, 50))
def test_messages_come_out_as_they_went_in(messages: list[Record], cut: int) -> None:
    stream = b"".join(wire.frame(message) for message in messages)
    framing, found = wire.Framing(), []
    for start in range(0, len(stream), cut):
        found += framing.feed(stream[start : start + cut])
    assert found == messages


def test_a_damaged_message_is_reported_and_the_next_is_read() -> None:
    found = wire.Framing().feed(b"\x00\x00\x00\x02\xff\xff" + wire.frame(wire.Quit()))
    assert isinstance(found[0], Malformed)
    assert found[1] == wire.Quit()


def test_a_stream_out_of_step_is_damage() -> None:
    with pytest.raises(Malformed):
        wire.Framing().feed(b"Traceback (most recent call last):")


def test_what_is_too_large_is_not_sent() -> None:
    with pytest.raises(Malformed):
        wire.frame(wire.AcceptRemote(call_id="c", attempt=1, sdp="x" * wire.MAX_FRAME, type="offer"))
