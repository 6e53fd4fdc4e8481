# SPDX-License-Identifier: GPL-3.0-or-later
"""Two machines, engines that die, letters that are lost, a network that is cut:
when all is well again, they talk.
"""

import heapq
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.calls import events as e
from clinic.calls.call import Call, Phase, idle
from clinic.calls.machine import step
from clinic.protocol.calling import Accept, Again, Busy, CallMessage, Decline, Description, Hang, Ring

DELAY = {"letter": 0.1, "made": 0.3, "flow": 0.2}


@dataclass
class Device:
    call: Call
    engine: bool = True
    offered: set[int] = field(default_factory=set)
    ready: set[int] = field(default_factory=set)
    """Attempts for which the engine has both descriptions."""
    timers: dict[e.Timer, int] = field(default_factory=dict)
    flowing: bool = False


class World:
    """Virtual time, two devices `a` (the caller) and `b`."""

    def __init__(self) -> None:
        self.now, self.count, self.net, self.drop = 0.0, 0, True, 0
        self.todo: list[tuple[float, int, str, tuple[object, ...]]] = []
        self.devices = {name: Device(idle(name)) for name in "ab"}
        for name in "ab":
            self.happen(name, e.EngineReady())

    def later(self, seconds: float, what: str, *values: object) -> int:
        self.count += 1
        heapq.heappush(self.todo, (self.now + seconds, self.count, what, values))
        return self.count

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.todo and self.todo[0][0] <= end:
            self.now, number, what, values = heapq.heappop(self.todo)
            getattr(self, f"_{what}")(number, *values)
            self._media()
        self.now = end

    def happen(self, name: str, event: e.Event) -> None:
        device = self.devices[name]
        device.call, effects = step(device.call, event)
        for effect in effects:
            self._effect(name, device, effect)

    def _effect(self, name: str, device: Device, effect: e.Effect) -> None:
        match effect:
            case e.SendToPeer(peer=peer, message=message):
                if self.drop:
                    self.drop -= 1
                elif self.net:
                    self.later(DELAY["letter"], "letter", name, peer, message)
            case e.StartEngineCall(attempt=attempt, offerer=True) if device.engine:
                device.offered.add(attempt)
                self.later(DELAY["made"], "made", name, attempt, "offer")
            case e.FeedRemote(attempt=attempt, type=kind) if device.engine:
                if kind == "offer":
                    self.later(DELAY["made"], "made", name, attempt, "answer")
                if kind == "offer" or attempt in device.offered:
                    device.ready.add(attempt)
            case e.StopEngineCall():
                device.ready.clear()
                device.offered.clear()
            case e.StartTimer(timer=timer, seconds=seconds):
                device.timers[timer] = self.later(seconds, "timer", name, timer, device.call.call_id)
            case e.StopTimer(timer=timer):
                device.timers.pop(timer, None)

    def _letter(self, _: int, sender: str, to: str, message: CallMessage) -> None:
        if self.net:
            self.happen(to, event_of(sender, message))

    def _made(self, _: int, name: str, attempt: int, kind: str) -> None:
        device = self.devices[name]
        if device.engine and (attempt in device.offered or attempt in device.ready):
            made = Description(
                call_id=device.call.call_id, attempt=attempt, sdp="", type=kind, claim=b"", signature=b""
            )
            self.happen(name, e.DescriptionMade(made))

    def _timer(self, number: int, name: str, timer: e.Timer, call_id: str) -> None:
        if self.devices[name].timers.get(timer) == number:
            self.happen(name, e.TimerFired(timer, call_id))

    def _engine(self, _: int, name: str) -> None:
        self.devices[name].engine = True
        self.happen(name, e.EngineReady())

    def _media(self) -> None:
        a, b = self.devices["a"], self.devices["b"]
        flowing = self.net and a.engine and b.engine and bool(a.ready & b.ready)
        for name, device in self.devices.items():
            if flowing != device.flowing:
                device.flowing = flowing
                made = (
                    e.MediaFlowing(device.call.call_id) if flowing else e.MediaWentSilent(device.call.call_id)
                )
                self.happen(name, made)

    def kill(self, name: str) -> None:
        device = self.devices[name]
        if device.engine:
            device.engine, device.flowing = False, False
            device.ready.clear()
            device.offered.clear()
            self.happen(name, e.EngineLost())
            self._media()
            self.later(1.0, "engine", name)

    def cut(self, up: bool) -> None:
        self.net = up
        self._media()
        for name in "ab":
            self.happen(name, e.SignallingBack() if up else e.SignallingLost())


def event_of(sender: str, message: CallMessage) -> e.Event:
    match message:
        case Ring():
            return e.RingArrived(sender, message)
        case Accept():
            return e.PeerAccepted(sender, message.call_id)
        case Decline():
            return e.PeerDeclined(sender, message.call_id)
        case Busy():
            return e.PeerBusy(sender, message.call_id)
        case Hang():
            return e.PeerHung(sender, message.call_id)
        case Again():
            return e.PeerAskedAgain(sender, message.call_id, message.attempt)
        case Description():
            return e.DescriptionArrived(sender, message)


def talking() -> World:
    world = World()
    world.happen("a", e.RingPressed("b", "c1", "enc", "x"))
    world.run(1)
    world.happen("b", e.AnswerPressed())
    world.run(3)
    return world


def phases(world: World) -> set[Phase]:
    return {device.call.phase for device in world.devices.values()}


def test_a_call_is_made() -> None:
    assert phases(talking()) == {Phase.TALKING}


def test_a_lost_accept_does_not_matter() -> None:
    world = World()
    world.happen("a", e.RingPressed("b", "c1", "enc", "x"))
    world.run(1)
    world.drop = 1
    world.happen("b", e.AnswerPressed())
    world.run(12)
    assert phases(world) == {Phase.TALKING}


TROUBLES = st.lists(
    st.tuples(st.sampled_from(["kill a", "kill b", "cut", "join", "drop", "wait"]), st.floats(0.05, 8.0)),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(TROUBLES)
def test_after_any_trouble_they_talk_again_in_the_same_call(troubles: list[tuple[str, float]]) -> None:
    world = talking()
    for trouble, seconds in troubles:
        match trouble.split():
            case ["kill", name]:
                world.kill(name)
            case ["cut"]:
                world.cut(False)
            case ["join"]:
                world.cut(True)
            case ["drop"]:
                world.drop += 1
        world.run(seconds)
    world.drop = 0
    world.cut(True)
    world.run(40)
    assert phases(world) == {Phase.TALKING}
    assert {device.call.call_id for device in world.devices.values()} == {"c1"}
    world.happen("b", e.HangPressed())
    world.run(1)
    assert phases(world) == {Phase.ENDED}
