# SPDX-License-Identifier: GPL-3.0-or-later
"""A page between two real engines: over the data channel, while they talk, through a new attempt, and past a flood."""

import random
import time
from collections.abc import Iterator

import pytest

from clinic.calls.sharing import Incoming, Outgoing, Stage
from clinic.domain.record import Record
from clinic.protocol import engine as wire
from clinic.protocol.calling import RungSaid
from clinic.protocol.sharing import PageGot, PagePiece, PageShown, Pointed, ShareOver
from tests.scenarios.engines import EngineChild, joined

CALL = "c1"
PAGE = random.Random(2).randbytes(90_000)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EngineChild, EngineChild]]:
    cache = tmp_path_factory.mktemp("engines")
    children = EngineChild("A", cache=cache), EngineChild("B", cache=cache)
    for child in children:
        child.wait(wire.Ready)
    joined(*children, CALL)(1)
    for child in children:
        child.wait(wire.FirstFrame)
    yield children
    for child in children:
        child.close()


class Ear:
    """What an engine has heard over the data channel since the last time it was asked."""

    def __init__(self, child: EngineChild) -> None:
        self._child, self._taken = child, len(child.events)

    def heard(self) -> list[Record]:
        with self._child.changed:
            told = self._child.events[self._taken :]
        self._taken += len(told)
        return [event.content for _, event in told if isinstance(event, wire.PeerSaid)]


def say(child: EngineChild, *words: Record) -> None:
    for word in words:
        child.send(wire.SayToPeer(call_id=CALL, content=word))


def test_a_page_is_seen_while_both_talk_and_a_new_path_goes_on_with_it(
    pair: tuple[EngineChild, EngineChild],
) -> None:
    a, b = pair
    out, coming = Outgoing(CALL, 1, 1), Incoming(CALL)
    ears = Ear(a), Ear(b)
    began = time.monotonic()
    out.turn(0, PAGE, began)
    again = False
    while out.stage(now := time.monotonic()) is not Stage.SEEN:
        assert now < began + 20
        for got in ears[0].heard():
            if isinstance(got, PageGot):
                out.heard(got, now)
        for word in ears[1].heard():
            if isinstance(word, PageShown | PagePiece | ShareOver):
                say(b, *coming.take(word))
                if coming.whole:
                    say(b, coming.seen())
        say(a, *out.due(now, 400.0))
        if out.part > 0.3 and not again:
            again = True
            joined(a, b, CALL)(2)
            a.wait(wire.CallStats, attempt=2)
            out.again(time.monotonic())
        time.sleep(0.02)
    assert again
    assert coming.whole == PAGE
    for child in pair:
        silent = max(e.silent_s for t, e in child.events if t > began and isinstance(e, wire.CallStats))
        assert silent < 1.2, "the voice went on"


def test_a_flood_is_heard_as_little_as_anybody_and_the_engine_goes_on(
    pair: tuple[EngineChild, EngineChild],
) -> None:
    a, b = pair
    time.sleep(0.5)
    ear = Ear(b)
    words = [Pointed(call_id=CALL, share=1, page=0, x=n, y=n) for n in range(3000)]
    say(a, *words)
    time.sleep(1.0)
    came = [word for word in ear.heard() if isinstance(word, Pointed)]
    assert 300 < len(came) < 1500
    assert [w.x for w in came] == sorted(w.x for w in came)
    said, until = RungSaid(call_id=CALL, rung="audio"), time.monotonic() + 30
    while said not in ear.heard():  # said again until the flood is over, however long that takes here
        assert time.monotonic() < until, "the engine hears nothing any more"
        say(a, said)
        time.sleep(1.0)
