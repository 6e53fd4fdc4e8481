# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk joins machine, engine and letters. Its engine here has no child: what it sends is looked at."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from nacl.signing import SigningKey
from pytestqt.qtbot import QtBot

from clinic.calls.call import Phase
from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Unavailable
from clinic.domain.record import Record
from clinic.protocol import calling as says
from clinic.protocol import engine as wire
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SDP = "v=0\r\na=fingerprint:sha-256 AA:BB\r\n"


class StillEngine(CallEngine):
    """Everything of an engine but the child: commands are collected, events are told by hand."""

    def __init__(self) -> None:
        super().__init__(camera="clip:A", microphone="clip:A", speaker="null")
        self.commands: list[Record] = []

    def send(self, command: Record) -> None:
        self.commands.append(command)

    def of(self, kind: type[Record]) -> list[Record]:
        return [command for command in self.commands if isinstance(command, kind)]


class Side:
    """A desk with its engine, key and letters."""

    def __init__(self, me: str, post: Callable[[str, says.CallMessage], None]) -> None:
        self.key = SigningKey(me.encode().ljust(32))
        self.engine = StillEngine()
        self.desk = CallDesk(
            me=me, engine=self.engine, post=post, sign=self._sign, verify=verify, clock=FrozenClock(NOW),
            random=lambda n: bytes(n),
        )  # fmt: skip
        self.phases: list[str] = []
        self.notes: list[str] = []
        self.desk.changed.connect(lambda call: self.phases.append(str(call.phase)))
        self.desk.noted.connect(lambda encounter, step: self.notes.append(step))
        self.engine.ready.emit()

    def _sign(self, data: bytes) -> bytes:
        return self.key.sign(data).signature


def verify(device: str, data: bytes, signature: bytes) -> bool:
    key = SigningKey(device.encode().ljust(32))
    return key.sign(data).signature == signature


@pytest.fixture
def pair(qapp: object) -> tuple[Side, Side]:
    sides: dict[str, Side] = {}

    def letters(sender: str) -> Callable[[str, says.CallMessage], None]:
        return lambda peer, message: sides[peer].desk.deliver(sender, message)

    sides.update(a=Side("a", letters("a")), b=Side("b", letters("b")))
    return sides["a"], sides["b"]


def described(side: Side, kind: str) -> None:
    """The engine of that side has made its description."""
    start = side.engine.of(wire.StartCall)[-1]
    assert isinstance(start, wire.StartCall)
    side.engine.told.emit(
        wire.LocalDescription(
            call_id=start.call_id, attempt=start.attempt, sdp=SDP, type=kind, fingerprints=("sha-256 AA:BB",)
        )
    )


def talking(pair: tuple[Side, Side]) -> tuple[Side, Side]:
    a, b = pair
    call_id = a.desk.ring("b", "enc", "Dra. Ruiz")
    b.desk.answer()
    described(a, "offer")
    described(b, "answer")
    for side in pair:
        side.engine.told.emit(wire.MediaBack(call_id=call_id, attempt=1))
    return a, b


def test_a_call_is_made_and_hung_up_through_both_desks(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    assert a.phases[-3:] == ["calling", "connecting", "talking"] or "talking" in a.phases
    assert b.desk.call.phase is Phase.TALKING
    assert b.desk.call.peer_name == "Dra. Ruiz"
    assert [type(c) for c in b.engine.of(wire.AcceptRemote)] == [wire.AcceptRemote]
    assert a.notes == ["ringing", "answered", "talking"]
    b.desk.hang()
    assert a.desk.call.phase is b.desk.call.phase is Phase.ENDED
    assert a.engine.of(wire.Hangup) == [wire.Hangup(call_id=a.desk.call.call_id)]
    a.desk.hang()
    a.desk.dismiss()
    assert a.desk.call.phase is Phase.IDLE


def test_declined(pair: tuple[Side, Side]) -> None:
    a, b = pair
    a.desk.ring("b", "enc", "x")
    b.desk.decline()
    assert a.desk.call.reason == "declined"


def test_a_changed_description_never_reaches_the_engine(pair: tuple[Side, Side]) -> None:
    a, b = pair
    said: list[str] = []
    b.desk.said.connect(said.append)
    a.desk.ring("b", "enc", "x")
    b.desk.answer()
    a.desk._post = lambda peer, message: b.desk.deliver("a", tampered(message))
    described(a, "offer")
    assert b.engine.of(wire.AcceptRemote) == []
    assert "distrusted" in said
    assert "a description was refused" in b.notes


def tampered(message: says.CallMessage) -> says.CallMessage:
    return (
        replace(message, sdp=message.sdp.replace("AA", "00"))
        if isinstance(message, says.Description)
        else message
    )


def test_silence_and_a_lost_engine_are_reconnecting(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    call_id = a.desk.call.call_id
    a.engine.told.emit(wire.MediaSilent(call_id=call_id, attempt=1, seconds=1.3))
    assert a.desk.call.phase is Phase.RECONNECTING
    a.engine.told.emit(wire.MediaBack(call_id=call_id, attempt=1))
    b.desk.mute(audio=True)
    b.desk.keep("/tmp/x.mkv", "consent")
    b.engine.lost.emit()
    assert b.desk.call.phase is Phase.RECONNECTING
    b.engine.commands.clear()
    b.engine.ready.emit()
    assert wire.Mute(audio=True) in b.engine.commands
    assert wire.KeepReceived(path="/tmp/x.mkv", consent_id="consent") in b.engine.commands
    assert a.engine.of(wire.StartCall)[-1].attempt == 2  # type: ignore[attr-defined]
    a.engine.told.emit(wire.AttemptFailed(call_id=call_id, attempt=2, sentence=""))
    b.desk.hang()
    assert wire.StopKeeping() in b.engine.commands
    assert b.desk.muted == (False, False)


def test_letters_that_do_not_travel(pair: tuple[Side, Side]) -> None:
    a, _ = pair

    def broken(peer: str, message: says.CallMessage) -> None:
        raise Unavailable("No network.")

    a.desk._post = broken
    a.desk.ring("b", "enc", "x")
    assert a.desk.call.signalling_up is False
    assert a.desk.call.phase is Phase.CALLING
    sent: list[says.CallMessage] = []
    a.desk._post = lambda peer, message: sent.append(message)
    a.desk.signalling(True)
    a.desk.signalling(True)
    assert [type(message) for message in sent] == [says.Ring]
    a.desk.hang()


def test_figures_become_a_word(pair: tuple[Side, Side]) -> None:
    a, _ = talking(pair)
    a.engine.told.emit(wire.CallStats(call_id=a.desk.call.call_id, attempt=1, video_fps=0.0))
    assert a.desk.link.words == "voice only"
    a.desk.hang()


def test_a_ring_is_said_again_by_the_clock(pair: tuple[Side, Side], qtbot: QtBot) -> None:
    a, _b = pair
    rings: list[says.CallMessage] = []
    a.desk._post = lambda peer, message: rings.append(message)
    a.desk.ring("b", "enc", "x")
    for timer in a.desk._timers.values():
        if timer.isActive() and timer.interval() == 5000:
            timer.start(1)
    qtbot.waitUntil(lambda: len(rings) == 2)
    a.desk.hang()


def test_other_letters_are_none_of_ours(pair: tuple[Side, Side]) -> None:
    a, _ = pair
    a.desk.deliver("b", wire.Quit())
    assert a.desk.call.phase is Phase.IDLE
    a.desk.deliver("b", says.Busy(call_id="x"))
    a.desk.deliver("b", says.Again(call_id="x", attempt=1))
    assert a.desk.call.phase is Phase.IDLE
