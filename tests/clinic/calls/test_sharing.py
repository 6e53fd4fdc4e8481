# SPDX-License-Identifier: GPL-3.0-or-later
"""A page over links of all kinds, in virtual time: whole, behind the voice, resumed after a cut; and a hostile other side."""

import random
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.calls.sharing import (
    LEAST_BYTES,
    LEAST_KBPS,
    MOST_BYTES,
    MOST_KBPS,
    MOST_KEPT,
    MOST_PAGES,
    PIECE,
    SECONDS,
    UNHEARD_S,
    VOICE_KBPS,
    Incoming,
    Leaving,
    Outgoing,
    Stage,
    digest_of,
    most_bytes,
    share_kbps,
)
from clinic.calls.spate import Spate
from clinic.domain.record import Record
from clinic.protocol.codec import decode, encode
from clinic.protocol.sharing import PageGot, PagePiece, PageShown, ShareOver

CALL = "c1"
DATA = random.Random(1).randbytes(30_000)


class Link:
    """Two ways of `kbps` and `delay_s`, each a queue; what is in it when it is cut is lost."""

    def __init__(self, kbps: float, delay_s: float) -> None:
        self.kbps, self.delay_s, self.now, self.is_cut = kbps, delay_s, 0.0, False
        self.free = [0.0, 0.0]
        self.ways: tuple[deque[tuple[float, bytes]], ...] = (deque(), deque())
        self.longest_s = 0.0

    def send(self, way: int, word: Record) -> None:
        data = encode(word)
        assert len(data) < 1100, "one packet"
        if self.is_cut:
            return
        start = max(self.now, self.free[way])
        self.free[way] = start + (len(data) + 80) * 8 / (self.kbps * 1000)
        self.longest_s = max(self.longest_s, self.free[way] - self.now)
        self.ways[way].append((self.free[way] + self.delay_s, data))

    def came(self, way: int) -> list[Record]:
        found = []
        while self.ways[way] and self.ways[way][0][0] <= self.now:
            found.append(decode(self.ways[way].popleft()[1]))
        return found

    def cut(self) -> None:
        self.is_cut = True
        for way in self.ways:
            way.clear()


class Both:
    """Who shows and who watches, each 40 ms a step; the watcher's screen shows a page as soon as it is whole."""

    def __init__(self, link: Link, kbps: float, data: bytes = DATA, pages: int = 1) -> None:
        self.link, self.kbps = link, kbps
        self.out, self.coming = Outgoing(CALL, 1, pages), Incoming(CALL)
        self.out.turn(0, data, 0.0)
        self.painted = b""
        self.sent = 0

    def step(self) -> None:
        self.link.now += 0.04
        for word in self.link.came(1):
            assert isinstance(word, PageGot)
            self.out.heard(word, self.link.now)
        for shown in self.out.due(self.link.now, self.kbps):
            self.sent += len(shown.data) if isinstance(shown, PagePiece) else 0
            self.link.send(0, shown)
        for word in self.link.came(0):
            assert isinstance(word, PageShown | PagePiece | ShareOver)
            answers = list(self.coming.take(word))
            if self.coming.whole and self.coming.whole != self.painted:
                self.painted = self.coming.whole
                answers.append(self.coming.seen())
            for answer in answers:
                self.link.send(1, answer)

    def until(self, done: Callable[[], bool], seconds: float = 60.0) -> float:
        end = self.link.now + seconds
        while not done() and self.link.now < end:
            self.step()
        assert done()
        return self.link.now

    @property
    def seen(self) -> bool:
        return self.out.stage(self.link.now) is Stage.SEEN


def test_voice_is_first_and_pictures_are_beside() -> None:
    assert share_kbps(64, pictures=False) == share_kbps(None, pictures=False) == 24
    assert share_kbps(140, pictures=True) == pytest.approx(35)
    assert share_kbps(20, pictures=True) == LEAST_KBPS
    assert share_kbps(1e6, pictures=False) == MOST_KBPS
    assert LEAST_BYTES <= most_bytes(24) <= MOST_BYTES == most_bytes(1e6)


@given(st.floats(60, 5000))
def test_a_page_of_its_size_comes_within_its_time_beside_the_voice(kbps: float) -> None:
    share = share_kbps(kbps, pictures=False)
    assert share <= kbps - VOICE_KBPS
    assert most_bytes(share) * 8 / 1000 / share <= SECONDS


@pytest.mark.parametrize(("kbps", "delay"), [(64, 0.3), (128, 0.3), (256, 0.15), (10_000, 0.001)])
def test_a_page_is_seen_in_its_time_and_never_waits_long_before_a_voice(kbps: float, delay: float) -> None:
    share = share_kbps(kbps, pictures=False)
    both = Both(Link(kbps, delay), share)
    took = both.until(lambda: both.seen)
    assert both.painted == DATA
    assert took < 1.4 * len(DATA) * 8 / 1000 / share + 4 * delay + 1
    assert both.link.longest_s < 0.35, "seconds that a packet of voice would wait behind pieces"
    assert both.sent == len(DATA), "nothing twice"
    assert both.out.seen_pages == {0}


def test_a_link_that_is_worse_than_was_thought_is_given_way_to() -> None:
    both = Both(Link(48, 0.3), 400.0)
    both.until(lambda: both.seen)
    assert both.link.longest_s < 1.2
    both = Both(Link(48, 0.3), 400.0, DATA * 5)
    both.until(lambda: both.out.part > 0.5)
    both.link.longest_s = 0.0
    both.until(lambda: both.seen)
    assert both.link.longest_s < 0.9, "the window has become small"


@settings(deadline=None, max_examples=6)
@given(st.floats(0.5, 8.0), st.floats(0.1, 20.0))
def test_after_a_cut_it_goes_on_where_it_stopped(at: float, length: float) -> None:
    both = Both(Link(64, 0.3), 24.0)
    both.until(lambda: both.link.now >= at)
    both.link.cut()
    both.until(lambda: both.link.now >= at + length)
    there = len(both.coming.whole or both.coming._data)
    both.link.is_cut = False
    both.out.again(both.link.now)
    before = both.sent
    both.until(lambda: both.seen)
    assert both.painted == DATA
    assert both.sent - before <= len(DATA) - there + 1


def test_a_cut_that_nobody_tells_of_is_found_out_and_said() -> None:
    both = Both(Link(64, 0.3), 24.0)
    both.until(lambda: both.out.part > 0.3)
    both.link.cut()
    both.until(lambda: both.out.stage(both.link.now) is Stage.CUT, 8)
    both.link.is_cut = False
    both.until(lambda: both.seen)


def test_a_watcher_that_begins_anew_gets_all_of_it() -> None:
    both = Both(Link(256, 0.1), 100.0)
    both.until(lambda: both.out.part > 0.5)
    both.coming = Incoming(CALL)
    both.until(lambda: both.seen)
    assert both.painted == DATA


def test_pages_are_turned_and_turning_back_costs_nothing() -> None:
    both = Both(Link(256, 0.1), 200.0, pages=3)
    both.until(lambda: both.out.part > 0.4)
    other = DATA[::-1]
    both.out.turn(1, other, both.link.now)
    assert both.out.stage(both.link.now) is Stage.SENDING
    both.until(lambda: both.seen)
    assert both.painted == other
    both.out.turn(0, DATA, both.link.now)
    both.until(lambda: both.seen)
    sent = both.sent
    both.painted = b""
    both.out.turn(1, other, both.link.now)
    both.until(lambda: both.seen, 2)
    assert both.painted == other
    assert both.sent == sent
    assert both.out.seen_pages == {0, 1}


def test_an_old_program_is_found_out_without_a_byte_of_the_page() -> None:
    out = Outgoing(CALL, 1, 1)
    out.turn(0, DATA, 0.0)
    said = [word for tick in range(400) for word in out.due(tick * 0.04, 1000.0)]
    assert {type(word) for word in said} == {PageShown}
    assert out.stage(UNHEARD_S + 0.1) is Stage.UNHEARD


def test_the_end_is_said_until_it_is_heard() -> None:
    leaving = Leaving(CALL, 3, 0.0)
    said = [word for tick in range(300) for word in leaving.due(tick * 0.04)]
    assert len(said) == 4
    coming = watching()
    (answer,) = coming.take(ShareOver(call_id=CALL, share=3))
    leaving.heard(answer)
    assert leaving.done
    assert not coming.shown
    assert list(coming.take(shown(share=2))) == [], "an older share does not come back"


# somebody hostile --------------------------------------------------------------------------------------------


def shown(**values: object) -> PageShown:
    return PageShown(**{"call_id": CALL, "share": 1, "page": 0, "pages": 2, "size": 1500,
                        "digest": digest_of(bytes(1500)), **values})  # type: ignore[arg-type]  # fmt: skip


def piece(**values: object) -> PagePiece:
    return PagePiece(**{"call_id": CALL, "share": 1, "page": 0, "at": 0, "data": bytes(PIECE), **values})  # type: ignore[arg-type]


def watching() -> Incoming:
    coming = Incoming(CALL)
    assert list(coming.take(shown()))
    return coming


@pytest.mark.parametrize(
    "word",
    [
        shown(size=0), shown(size=MOST_BYTES + 1), shown(size=-1), shown(page=-1), shown(page=2), shown(pages=0),
        shown(pages=MOST_PAGES + 1), shown(digest=b""), shown(digest=bytes(64)), shown(share=0), shown(share=2**40),
    ],
)  # fmt: skip
def test_what_cannot_be_a_page_is_not_begun(word: PageShown) -> None:
    coming = Incoming(CALL)
    assert list(coming.take(word)) == []
    assert not coming.shown


@pytest.mark.parametrize(
    "word",
    [
        piece(at=1), piece(at=-1), piece(share=2), piece(page=1), piece(data=b""), piece(data=bytes(PIECE + 1)),
        piece(at=PIECE), piece(at=2**60),
    ],
)  # fmt: skip
def test_a_piece_out_of_its_place_is_not_taken(word: PagePiece) -> None:
    coming = watching()
    list(coming.take(word))
    assert coming.part == 0
    list(coming.take(piece()))
    list(coming.take(piece(at=PIECE, data=bytes(600))))
    assert coming.whole == bytes(1500)
    list(coming.take(piece(at=1500)))
    assert coming.whole == bytes(1500)


def test_a_page_that_is_not_what_was_said_is_thrown_away_and_the_second_time_refused() -> None:
    coming, wrong = watching(), b"x" * PIECE
    out = Outgoing(CALL, 1, 2)
    out.turn(0, bytes(1500), 0.0)
    for _time in range(2):
        answers = [a for at in (0, PIECE) for a in coming.take(piece(at=at, data=wrong[: 1500 - at]))]
        assert coming.whole == b""
        assert coming.part == 0
    assert answers[-1].trouble == "damaged"
    out.heard(answers[-1], 1.0)
    assert out.stage(1.0) is Stage.DAMAGED
    assert list(out.due(1.0, 100.0)) == []


def test_a_flood_of_pages_fills_nothing() -> None:
    coming = Incoming(CALL)
    for number in range(200):
        data = number.to_bytes(2, "big") * 400
        word = shown(share=1 + number // 50, size=len(data), digest=digest_of(data))
        list(coming.take(word))
        list(coming.take(piece(share=word.share, data=data)))
        assert coming.whole == data
    assert len(coming._kept) <= MOST_KEPT
    for number in range(200):
        list(coming.take(shown(share=9, size=MOST_BYTES, digest=number.to_bytes(16, "big"))))
        list(coming.take(piece(share=9)))
    assert sum(map(len, coming._kept.values())) + len(coming._data) <= MOST_KEPT * MOST_BYTES
    coming.forget()
    assert coming._kept == {} and not coming._data and coming.whole == b""


@given(st.lists(st.tuples(st.integers(-5, 40_000), st.booleans(), st.text(max_size=9)), max_size=30))
def test_no_answer_whatsoever_makes_who_shows_send_more_than_the_page(
    answers: list[tuple[int, bool, str]],
) -> None:
    out = Outgoing(CALL, 1, 1)
    out.turn(0, DATA, 0.0)
    list(out.due(0.0, 24.0))
    for number, (at, seen, trouble) in enumerate(answers):
        out.heard(PageGot(call_id=CALL, share=1, page=0, at=at, seen=seen, trouble=trouble), number * 0.04)
        sent = [word for word in out.due(number * 0.04, 24.0) if isinstance(word, PagePiece)]
        assert all(0 <= word.at < len(DATA) for word in sent)
        assert len(sent) <= 3, "its share of the link, whatever is asked for"
        out.stage(number * 0.04)


def test_more_words_than_anybody_says_are_not_listened_to() -> None:
    spate = Spate(per_s=300.0, burst=600.0)
    assert sum(spate.lets(5.0) for _word in range(10_000)) == 600
    assert sum(spate.lets(5.0 + tick / 1000) for tick in range(2000)) == pytest.approx(600, abs=2)
    calm = Spate()
    assert all(calm.lets(tick * 0.005) for tick in range(5000))
