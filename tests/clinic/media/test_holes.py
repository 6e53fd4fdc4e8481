# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures out of packets: in order, at once, and never stuck behind a hole."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clinic.media.holes import HISTORY, Missing, PictureBuffer, Piece, is_whole

WHOLE, OTHER = b"\0\0\0\1\x67", b"\0\0\0\1\x61"


class Line:
    """A buffer fed one packet a picture, every 33 ms; every tenth picture needs none before it if asked for."""

    def __init__(self) -> None:
        self.buffer, self.at = PictureBuffer(), 0.0
        self.buffer.rtt_s = 0.1

    def feed(self, number: int, *, whole: bool = False, seconds: float = 0.033) -> tuple[bool, list[int]]:
        """(whole picture asked for, numbers of the pictures that came out)"""
        self.at += seconds
        piece = Piece(number * 3000 % (1 << 32), True, WHOLE if whole else OTHER)
        ask, pictures = self.buffer.add(number % 65536, piece, self.at)
        return ask, [picture.timestamp // 3000 for picture in pictures]


def begun() -> Line:
    line = Line()
    assert line.feed(1, whole=True) == (False, [1])
    return line


def test_a_picture_is_out_with_its_own_last_packet() -> None:
    buffer = PictureBuffer()
    assert buffer.add(10, Piece(5, False, WHOLE), 0.0) == (False, [])
    _, pictures = buffer.add(11, Piece(5, True, b"more"), 0.0)
    assert [picture.data for picture in pictures] == [WHOLE + b"more"]


def test_what_was_held_back_comes_out_at_once_when_the_hole_is_filled() -> None:
    line = begun()
    assert [line.feed(n)[1] for n in (3, 4, 2, 5)] == [[], [], [2, 3, 4], [5]]


def test_packets_that_hold_nothing_belong_to_no_picture() -> None:
    line = begun()
    for number in (2, 3):
        assert line.buffer.add(number, Piece(3000, False, b""), line.at) == (False, [])
    assert line.feed(4, whole=True)[1] == [4]
    line.buffer.add(6, Piece(12_000, False, b""), line.at)
    assert line.feed(5)[1] == [5]
    assert line.feed(7)[1] == [7]
    assert line.buffer.skipped == 0


def test_nothing_is_shown_before_the_first_whole_picture() -> None:
    line = Line()
    assert [line.feed(n) for n in (1, 2)] == [(True, []), (False, [])]
    assert line.feed(3, whole=True)[1] == [3]


def test_a_whole_picture_behind_the_hole_ends_the_waiting() -> None:
    line = begun()
    assert line.feed(3)[1] == []
    assert line.feed(4, whole=True)[1] == [4]
    assert line.feed(2)[1] == []
    assert line.feed(5)[1] == [5]
    assert line.buffer.skipped == 1


def test_a_whole_picture_is_asked_for_when_repetitions_cannot_come_any_more_and_not_too_often() -> None:
    line = begun()
    asked = [(line.feed(n)[0], line.at) for n in range(3, 60)]
    times = [at for ask, at in asked if ask]
    hole_at = 0.033 * 2
    assert line.buffer.patience_s < times[0] - hole_at < line.buffer.patience_s + 0.07
    assert all(later - earlier >= 0.37 for earlier, later in pairwise(times))


def test_a_hole_too_large_to_repeat_is_left_at_once() -> None:
    line = begun()
    assert line.feed(1 + 2 * HISTORY + 5, seconds=1.0)[0] is True
    assert line.feed(1 + 2 * HISTORY + 6, whole=True)[1] == [1 + 2 * HISTORY + 6]
    assert line.feed(90)[1] == []


def test_a_sender_that_counts_anew_is_followed() -> None:
    line = Line()
    line.feed(40_000, whole=True)
    assert line.feed(20_000, whole=True, seconds=1.5)[1] == [20_000]
    assert line.feed(20_001)[1] == [20_001]


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=120),
    st.lists(st.integers(0, 400), max_size=200),
    st.integers(0, 65535),
)
def test_whatever_is_lost_turned_or_doubled_pictures_come_in_order_and_once(
    sizes: list[int], mess: list[int], first: int
) -> None:
    packets = []
    for number, size in enumerate(sizes):
        head = WHOLE if number % 7 == 0 else OTHER
        packets += [Piece(number, part == size, head if part == 0 else b"x") for part in range(size + 1)]
    order = list(enumerate(packets))
    for place in mess:
        if order:
            moved = order[place % len(order)]
            if place % 3 == 0:
                order.remove(moved)
            elif place % 3 == 1:
                order.insert(min(len(order), place % len(order) + 3), moved)
            else:
                order.remove(moved)
                order.insert(max(0, place % (len(order) + 1) - 2), moved)
    buffer, shown = PictureBuffer(), []
    for at, (number, piece) in enumerate(order):
        _, pictures = buffer.add((first + number) % 65536, piece, at * 0.01)
        for picture in pictures:
            assert picture.data.count(b"\0\0\0\1") == 1
            assert len(picture.data) == 5 + sizes[picture.timestamp]
            shown.append(picture.timestamp)
    assert shown == sorted(set(shown))
    if not mess:
        assert shown == list(range(len(sizes)))


def test_what_is_missing_is_asked_for_at_once_again_and_not_for_ever() -> None:
    missing, now = Missing(), 0.0
    missing.rtt_s = 0.2
    assert missing.add(1, now) == []
    asked = {}
    for number in range(3, 60):
        now += 0.03
        if due := missing.add(number, now):
            asked[round(now, 2)] = due
    assert list(asked.values()) == [[2], [2]]
    first, second = asked
    assert first == 0.03
    assert 0.25 <= second - first <= 0.31


def test_what_came_after_all_is_not_asked_for_again() -> None:
    missing = Missing()
    missing.add(1, 0.0)
    assert missing.add(65535, 0.01) == []
    assert missing.add(4, 0.02) == [2, 3]
    missing.add(2, 0.1)
    assert missing.add(5, 0.4) == [3]


def test_a_great_hole_is_not_asked_for() -> None:
    missing = Missing()
    missing.add(1, 0.0)
    assert missing.add(1 + HISTORY + 1, 0.1) == []
    assert missing.add(1 + HISTORY + 3, 0.2) == [HISTORY + 3]


def test_whole_pictures_are_known_in_both_codecs() -> None:
    assert is_whole(b"\0\0\0\1\x67\x42\0\0\0\1\x68\0\0\0\1\x65")
    assert not is_whole(b"\0\0\0\1\x65")  # its size was in the piece before
    assert not is_whole(b"\0\0\0\1\x61\x9a")
    assert is_whole(b"\x10\x02\x00\x9d\x01\x2a")
    assert not is_whole(b"\x11\x02\x00\x9d\x01\x2a")
    assert not is_whole(b"\x10 the middle of a picture")
    assert not is_whole(b"")


def test_a_whole_picture_whose_first_piece_was_lost_is_not_read_in_the_old_size() -> None:
    buffer = PictureBuffer()
    assert len(buffer.add(1, Piece(0, True, WHOLE), 0.0)[1]) == 1
    assert buffer.add(3, Piece(3000, False, b"\0\0\0\1\x65"), 0.1) == (False, [])
    assert buffer.add(4, Piece(3000, True, b"rest"), 0.1) == (False, [])
    _, pictures = buffer.add(2, Piece(3000, False, WHOLE), 0.3)
    assert [picture.data for picture in pictures] == [WHOLE + b"\0\0\0\1\x65rest"]
