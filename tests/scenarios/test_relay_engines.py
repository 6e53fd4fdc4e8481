# SPDX-License-Identifier: GPL-3.0-or-later
"""Real engines in networks of their own, with a real coturn between them: what arrives when the relay is the only way, when
there is a direct one, and when the relay does not let anybody in."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from clinic.calls.call import Phase
from clinic.calls.relays import Leave
from clinic.domain.ids import DeviceId
from clinic.protocol import engine as wire
from clinic.protocol.calling import CallMessage
from clinic.protocol.engine import IceServer
from desktop.kit.laddering import Report
from desktop.kit.relays import AskLeave
from sync_server.relay import credential
from tests.turn_process import SECRET, Turn, coturn_or_skip

from .engines import EngineChild, start
from .test_call_engine import Face, _ip, _may_make_namespaces, side_seen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not _may_make_namespaces(), reason="network namespaces need root"),
]
RELAY = "45.90.3.1"
"""A public address, as those of the two sides: to others nothing is relayed."""


class Apart:
    """Two namespaces that reach the relay's, and not each other; `joined` lays a line between them."""

    within = ("ip", "netns", "exec", "postaR")

    def __enter__(self) -> Apart:
        self.__exit__()
        _ip("netns add postaR", "-n postaR link set lo up", f"-n postaR addr add {RELAY}/32 dev lo")
        for number, side in enumerate("AB", 1):
            _ip(
                f"netns add postaR{side}",
                f"link add vr{side} netns postaR{side} type veth peer name vc{side} netns postaR",
                f"-n postaR{side} link set lo up",
                f"-n postaR{side} addr add 45.90.{number}.2/24 dev vr{side}",
                f"-n postaR addr add 45.90.{number}.1/24 dev vc{side}",
                f"-n postaR{side} link set vr{side} up",
                f"-n postaR link set vc{side} up",
                f"-n postaR{side} route add {RELAY} via 45.90.{number}.1",
            )
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("postaRA", "postaRB", "postaR"):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    @contextmanager
    def without_udp(self) -> Iterator[None]:
        rule = f"to {RELAY} ipproto udp prio 1 blackhole"
        _ip(*(f"-n postaR{side} rule add {rule}" for side in "AB"))
        try:
            yield
        finally:
            _ip(*(f"-n postaR{side} rule del {rule}" for side in "AB"))

    @contextmanager
    def joined(self) -> Iterator[None]:
        _ip("link add vdA netns postaRA type veth peer name vdB netns postaRB")
        for number, side in enumerate("AB", 1):
            _ip(
                f"-n postaR{side} addr add 45.90.9.{number}/24 dev vd{side}",
                f"-n postaR{side} link set vd{side} up",
            )
        try:
            yield
        finally:
            _ip("-n postaRA link del vdA")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the voices, which take their time to be made."""
    return tmp_path_factory.mktemp("voices")


@pytest.fixture(scope="module")
def net() -> Iterator[Apart]:
    coturn_or_skip()
    with Apart() as apart:
        yield apart


@pytest.fixture(scope="module")
def turn(net: Apart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    """With its shipped configuration, no exceptions."""
    folder = tmp_path_factory.mktemp("turn")
    with Turn(folder, listen=(RELAY,), within=net.within, name=RELAY) as running:
        yield running


def servers(turn: Turn, side: str, *ways: str, over: bool = False) -> tuple[IceServer, ...]:
    """What the centre would hand to that side."""
    told = turn.relay.pass_for(DeviceId(f"device-of-{side}"), datetime.now(UTC))
    username = turn.username("device", seconds=-1) if over else told.username
    at = {
        "dead": f"turn:{RELAY}:9",
        "udp": f"turn:{RELAY}:{turn.port}",
        "tcp": f"turn:{RELAY}:{turn.port}?transport=tcp",
        "tls": f"turns:{RELAY}:{turn.tls_port}",
    }
    return tuple(
        IceServer(
            url=at[way],
            username=username,
            credential=credential(SECRET, username),
            authority=turn.authority,
        )
        for way in ways
    )


@contextmanager
def pair(
    cache: Path, offered: Callable[[str], tuple[IceServer, ...]]
) -> Iterator[tuple[EngineChild, EngineChild]]:
    """A calls B, with these servers for each; both open a way beforehand, as while it rings."""
    sides = {
        side: EngineChild(side, within=("ip", "netns", "exec", f"postaR{side}"), cache=cache) for side in "AB"
    }
    a, b = sides["A"], sides["B"]

    def carry(to: EngineChild, event: object) -> None:
        if isinstance(event, wire.LocalDescription):
            if event.type == "offer":
                to.send(replace(start(to, "c1", 1, offerer=False), ice_servers=offered(to.side)))
            to.send(wire.AcceptRemote(call_id="c1", attempt=1, sdp=event.sdp, type=event.type))

    try:
        for child, other in ((a, b), (b, a)):
            child.relay = lambda event, other=other: carry(other, event)  # type: ignore[misc]
            child.wait(wire.Ready)
            child.send(wire.ReadyRelay(ice_servers=offered(child.side)))
        yield a, b
    finally:
        for child in (a, b):
            child.close()


def ring(a: EngineChild, offered: tuple[IceServer, ...]) -> None:
    a.send(replace(start(a, "c1", 1, offerer=True), ice_servers=offered))


def once(make: Callable[[str], tuple[IceServer, ...]]) -> Callable[[str], tuple[IceServer, ...]]:
    """The same leave each time."""
    made = {side: make(side) for side in "AB"}
    return made.__getitem__


def talk(a: EngineChild, b: EngineChild) -> list[str]:
    """Sound and pictures of each side at the other; which way each says that it goes."""
    for child in (a, b):
        child.wait(wire.MediaBack, seconds=40)
        child.wait(wire.FirstFrame, seconds=40)
    assert {side_seen(a.remote), side_seen(b.remote)} == {"A", "B"}
    ways = []
    for child in (a, b):
        _, chosen = child.wait(wire.PathChosen, attempt=1)
        assert isinstance(chosen, wire.PathChosen)
        ways.append(chosen.relay)
        begun = time.monotonic()
        _, stats = child.wait(wire.CallStats, since=begun, seconds=20)
        assert isinstance(stats, wire.CallStats)
        assert stats.received_kbps > 0
    return ways


def test_where_the_relay_is_the_only_way_they_talk_through_it(turn: Turn, cache: Path) -> None:
    offered = once(lambda side: servers(turn, side, "udp", "tcp", "tls"))
    with pair(cache, offered) as (a, b):
        for child in (a, b):
            child.wait(wire.RelayTold, state=wire.RelayWord.OPEN, way="udp")
        ring(a, offered("A"))
        assert "" not in talk(a, b)


def test_where_udp_does_not_pass_they_talk_over_tls(net: Apart, turn: Turn, cache: Path) -> None:
    offered = once(lambda side: servers(turn, side, "udp", "tls"))
    with net.without_udp(), pair(cache, offered) as (a, b):
        for child in (a, b):
            child.wait(wire.RelayTold, state=wire.RelayWord.OPEN, way="tls")
        ring(a, offered("A"))
        assert talk(a, b) == ["tls", "tls"]


def test_what_the_relay_refuses_leaves_no_way_and_the_engine_says_why(turn: Turn, cache: Path) -> None:
    offered = once(lambda side: servers(turn, side, "udp", "tcp", "tls", over=True))
    with pair(cache, offered) as (a, b):
        for child in (a, b):
            child.wait(wire.RelayTold, state=wire.RelayWord.REFUSED)
        ring(a, offered("A"))
        _, made = a.wait(wire.LocalDescription)
        assert isinstance(made, wire.LocalDescription)
        assert " typ relay" not in made.sdp
        with pytest.raises(AssertionError, match="no MediaBack"):
            b.wait(wire.MediaBack, seconds=4)


@pytest.mark.parametrize("lets_in", [True, False])
def test_a_direct_way_is_taken_where_there_is_one_whatever_becomes_of_the_relay(
    net: Apart, turn: Turn, cache: Path, lets_in: bool
) -> None:
    """Where it does not let in, A does not reach it and B is refused."""

    def way(side: str) -> tuple[IceServer, ...]:
        if lets_in:
            return servers(turn, side, "udp")
        return servers(turn, side, "dead") if side == "A" else servers(turn, side, "udp", over=True)

    offered = once(way)
    with net.joined(), pair(cache, offered) as (a, b):
        if lets_in:
            for child in (a, b):
                child.wait(wire.RelayTold, state=wire.RelayWord.OPEN)
        ring(a, offered("A"))
        assert talk(a, b) == ["", ""]


def test_two_desks_that_ask_for_leave_talk_through_the_relay_and_their_reports_say_so(
    net: Apart, turn: Turn, cache: Path, qtbot: QtBot
) -> None:
    faces: dict[str, Face] = {}
    reports: list[Report] = []

    def post(sender: str, peer: str, message: CallMessage) -> None:
        QTimer.singleShot(30, lambda: faces[peer].desk.deliver(sender, message))

    def leave(side: str) -> AskLeave:
        """As the centre's, over a link that takes its time."""
        given = Leave(servers(turn, side, "udp", "tcp", "tls"), 600)
        return lambda told: Timer(0.3, told, (given,)).start()

    def until(true: Callable[[], bool]) -> None:
        qtbot.waitUntil(true, timeout=40_000)

    try:
        for side in "AB":
            face = faces[side] = Face(side, post, cache, ("ip", "netns", "exec", f"postaR{side}"))
            face.desk.relays._ask = leave(side)
            face.desk.ladder.reported.connect(reports.append)
            face.engine.start()
        a, b = faces["A"], faces["B"]
        until(lambda: a.engine.is_ready and b.engine.is_ready)
        a.desk.ring("B", "enc1", "Dra. Ruiz")
        until(lambda: b.phase is Phase.RINGING and bool(a.desk.relays.servers and b.desk.relays.servers))
        b.desk.answer()
        until(lambda: a.phase is b.phase is Phase.TALKING)
        until(lambda: a.sees() is not None and b.sees() is not None)
        assert a.desk.call.attempt == 1
        until(lambda: bool(a.desk.relays.verdict and b.desk.relays.verdict))
        b.desk.hang()
        until(lambda: len(reports) == 2)
        assert {one.relay.split()[0] for one in reports} == {"relayed"}
    finally:
        for face in faces.values():
            face.engine.stop()
