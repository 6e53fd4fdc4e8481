# SPDX-License-Identifier: GPL-3.0-or-later
"""Leave for the relay: when the centre is asked, what the engine gets, and that no call ever waits for it. The engine here has
no child."""

import threading
from datetime import UTC, datetime

import pytest
from pytestqt.qtbot import QtBot

from clinic.calls.call import Phase
from clinic.calls.events import Timer
from clinic.calls.relays import Leave
from clinic.domain.clock import FrozenClock
from clinic.protocol import calling as says
from clinic.protocol.engine import (
    IceServer,
    LocalDescription,
    MediaBack,
    MediaSilent,
    PathChosen,
    ReadyRelay,
    RelayTold,
    RelayWord,
    StartCall,
)
from desktop.kit.call import CallDesk
from desktop.kit.laddering import Report
from desktop.kit.relays import AGAIN_S, Told
from tests.desktop.kit.test_call_desk import NOW, SDP, StillEngine

FIRST = (IceServer(url="turn:relay.example", username="1:me", credential="first"),)
SECOND = (IceServer(url="turn:relay.example", username="2:me", credential="second"),)


class Caller:
    """A desk that calls nobody in particular, and a centre that is asked."""

    def __init__(self) -> None:
        self.engine, self.clock = StillEngine(), FrozenClock(NOW)
        self.asked: list[Told] = []
        self.reports: list[Report] = []
        self.desk = CallDesk(
            me="a", engine=self.engine, post=lambda peer, message: None, sign=lambda data: b"signed",
            verify=lambda peer, data, signature: True, clock=self.clock, random=lambda n: bytes(n),
            relay=self.asked.append,
        )  # fmt: skip
        self.desk.ladder.reported.connect(self.reports.append)
        self.engine.ready.emit()

    def later(self, seconds: float) -> None:
        """The alarm of the relay rings then, whatever it was set to."""
        self.clock.advance(seconds)
        self.desk.relays._again.timeout.emit()

    def answered(self) -> StartCall:
        self.desk.deliver("b", says.Accept(call_id=self.desk.call.call_id))
        return self.started

    @property
    def started(self) -> StartCall:
        (*_, last) = self.engine.of(StartCall)
        assert isinstance(last, StartCall)
        return last

    def talks(self) -> None:
        self.engine.told.emit(
            LocalDescription(
                call_id=self.started.call_id,
                attempt=1,
                sdp=SDP,
                type="offer",
                fingerprints=("sha-256 AA:BB",),
            )
        )
        self.engine.told.emit(MediaBack(call_id=self.started.call_id, attempt=1))
        assert self.desk.call.phase is Phase.TALKING

    @property
    def readied(self) -> list[tuple[IceServer, ...]]:
        return [one.ice_servers for one in self.engine.of(ReadyRelay)]  # type: ignore[attr-defined]


@pytest.fixture
def caller(qtbot: QtBot) -> Caller:
    return Caller()


def tell(qtbot: QtBot, caller: Caller, leave: Leave | None) -> None:
    """The centre answers, in a thread of its own."""
    told = caller.asked[-1]
    thread = threading.Thread(target=lambda: told(leave))
    thread.start()
    thread.join()
    if leave is not None:
        qtbot.waitUntil(lambda: caller.desk.relays._leave == leave)


def test_a_way_is_made_ready_while_it_rings_and_let_go_when_they_talk(qtbot: QtBot, caller: Caller) -> None:
    caller.desk.ring("b", "enc", "Dra. Ruiz")
    assert len(caller.asked) == 1
    assert caller.readied == []
    tell(qtbot, caller, Leave(FIRST, 600))
    assert caller.readied == [FIRST]
    assert caller.answered().ice_servers == FIRST
    caller.talks()
    assert caller.readied == [FIRST, ()]
    caller.desk.hang()
    assert caller.readied == [FIRST, ()]
    caller.desk.dismiss()
    caller.desk.ring("b", "enc", "Dra. Ruiz")
    assert caller.readied == [FIRST, (), FIRST], "the same leave serves the next call"
    assert len(caller.asked) == 1
    caller.desk.hang()
    assert caller.readied[-1] == ()


def test_who_is_rung_asks_too(qtbot: QtBot, caller: Caller) -> None:
    caller.desk.deliver("b", says.Ring(call_id="c9", encounter_id="enc", caller_name="x"))
    assert len(caller.asked) == 1
    tell(qtbot, caller, Leave(FIRST, 600))
    assert caller.readied == [FIRST]
    caller.desk.decline()
    assert caller.readied == [FIRST, ()]


@pytest.mark.parametrize("answer", [None, Leave(seconds=600), "never"])
def test_without_leave_the_call_goes_on(qtbot: QtBot, caller: Caller, answer: Leave | str | None) -> None:
    caller.desk.ring("b", "enc", "x")
    if not isinstance(answer, str):
        tell(qtbot, caller, answer)
    assert caller.answered().ice_servers == ()
    caller.talks()
    caller.later(AGAIN_S)
    qtbot.waitUntil(lambda: len(caller.asked) == (1 if answer == Leave(seconds=600) else 2))
    caller.desk.hang()
    caller.later(AGAIN_S)
    assert len(caller.asked) <= 2
    assert caller.readied == []


def test_leave_is_renewed_before_it_is_over_and_the_next_attempt_has_the_new_one(
    qtbot: QtBot, caller: Caller
) -> None:
    caller.desk.ring("b", "enc", "x")
    tell(qtbot, caller, Leave(FIRST, 600))
    caller.answered()
    caller.talks()
    caller.later(470)
    assert len(caller.asked) == 1
    caller.later(11)
    assert len(caller.asked) == 2
    tell(qtbot, caller, None)
    caller.later(AGAIN_S)
    assert len(caller.asked) == 3
    assert caller.desk.relays.servers == FIRST
    tell(qtbot, caller, Leave(SECOND, 600))
    assert SECOND not in caller.readied, "while they talk nothing is opened"
    caller.engine.told.emit(MediaSilent(call_id=caller.desk.call.call_id, attempt=1, seconds=1.3))
    caller.desk._rang(Timer.RETRY)
    assert caller.started.attempt == 2
    assert caller.started.ice_servers == SECOND
    caller.clock.advance(601)
    assert caller.desk.relays.servers == ()


def test_what_the_relay_refused_is_asked_for_anew_once(qtbot: QtBot, caller: Caller) -> None:
    caller.desk.ring("b", "enc", "x")
    tell(qtbot, caller, Leave(FIRST, 600))
    caller.engine.told.emit(RelayTold(state=RelayWord.REFUSED))
    assert caller.desk.relays.servers == ()
    assert len(caller.asked) == 1, "the centre would say no so soon"
    caller.later(AGAIN_S)
    assert len(caller.asked) == 2
    tell(qtbot, caller, Leave(SECOND, 600))
    assert caller.readied == [FIRST, SECOND]


def test_the_report_says_what_became_of_the_relay(qtbot: QtBot, caller: Caller) -> None:
    for said, kept in (
        ((), ""),
        ((RelayTold(state=RelayWord.UNREACHABLE),), "unreachable"),
        ((RelayTold(state=RelayWord.REFUSED), "relayed"), "relayed tls"),
    ):
        call = caller.desk.ring("b", "enc", "x")
        caller.answered()
        for one in said:
            told = PathChosen(call_id=call, attempt=1, relay="tls") if isinstance(one, str) else one
            caller.engine.told.emit(told)
        caller.engine.told.emit(PathChosen(call_id="another", attempt=1, relay="udp"))
        caller.talks()
        caller.desk.hang()
        caller.desk.dismiss()
        assert caller.reports[-1].relay == kept
        assert caller.reports[-1].began_at == datetime(2026, 11, 21, 12, tzinfo=UTC)
