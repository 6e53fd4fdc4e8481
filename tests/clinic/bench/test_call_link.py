# SPDX-License-Identifier: GPL-3.0-or-later
"""The link of the call bench: rate, delay, loss, queue and order of what it decides, and what the real one adds of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from clinic.bench.calling.link import Link
from clinic.bench.calling.middle import ADDRESSES
from clinic.bench.calling.profiles import CASES, DARK, P1M, P128K, P256K, Air
from clinic.bench.calling.way import Way
from clinic.showcase.network import switch_possible

SIZE = 1_200


def carried(
    way: Way, every_s: float, count: int, size: int = SIZE, begin: float = 0.0
) -> list[tuple[float, int]]:
    """(seconds on the way, number) of the packets that arrive, in the order in which they do."""
    out: list[tuple[float, int]] = []

    def come(now: float) -> None:
        while (at := way.next_at()) is not None and at <= now:
            out.extend((at - float(one.split()[0]), int(one.split()[1])) for one in way.due(at))

    for number in range(count):
        now = begin + number * every_s
        come(now)
        way.put(f"{now} {number}".encode(), size, now)
    come(begin + count * every_s + 60)
    return out


@pytest.mark.parametrize("air", [P1M, P256K, P128K, Air(64, 300, 20, 0)])
def test_no_more_than_the_rate_comes_through_and_no_less(air: Air) -> None:
    air = Air(air.kbit, air.delay_ms, air.jitter_ms)
    way = Way(Random(1), air)
    every = SIZE / (125 * air.kbit) / 2
    arrived = carried(way, every, 400)
    offered_s = 400 * every
    kbit = len(arrived) * SIZE / 125 / (offered_s + air.queue / (125 * air.kbit))
    assert kbit == pytest.approx(air.kbit, rel=0.03), "twice as much was offered"
    refused = sum(tenth["refused"] for tenth in way.told())
    assert refused == 400 - len(arrived) > 150
    longest = max(seconds for seconds, _ in arrived)
    assert longest <= (air.queue + SIZE) / (125 * air.kbit) + (air.delay_ms + air.jitter_ms) / 1000 + 1e-6


@pytest.mark.parametrize("air", [P1M, P256K, P128K])
def test_a_packet_alone_takes_its_length_and_the_distance(air: Air) -> None:
    arrived = carried(Way(Random(3), air), 1.0, 300)
    least = SIZE / (125 * air.kbit) + air.delay_ms / 1000
    assert min(s for s, _ in arrived) == pytest.approx(least, abs=0.001)
    assert max(s for s, _ in arrived) <= least + air.jitter_ms / 1000 + 1e-9


def test_the_share_lost_is_the_one_asked_for_and_a_seed_loses_the_same() -> None:
    air = Air(delay_ms=10, loss=5)
    first, again, other = (carried(Way(Random(seed), air), 0.01, 20_000) for seed in (1, 1, 2))
    assert first == again != other
    assert 100 * (1 - len(first) / 20_000) == pytest.approx(5, abs=0.6)
    assert carried(Way(Random(1), DARK), 0.01, 100) == []


def test_nothing_overtakes_however_much_the_delay_varies() -> None:
    arrived = carried(Way(Random(4), Air(kbit=5_000, delay_ms=20, jitter_ms=80)), 0.003, 2_000)
    assert [number for _, number in arrived] == sorted(number for _, number in arrived)
    assert len(arrived) == 2_000


def test_what_waits_when_the_link_narrows_leaves_at_the_new_rate() -> None:
    way = Way(Random(1), Air(kbit=1_000))
    for number in range(40):
        way.put(f"0 {number}".encode(), SIZE, 0.0)
    assert way.held == 39 * SIZE
    way.be(Air(kbit=100), 0.1)
    out = []
    while (at := way.next_at()) is not None:
        out += [at] * len(way.due(at))
    assert sum(at <= 0.11 for at in out) == 11, "a packet takes 9.6 ms before"
    assert out[-1] == pytest.approx(0.1056 + 29 * 0.096, abs=0.01), "and 96 ms after"


def test_a_whole_case_is_known_by_its_name() -> None:
    assert CASES["drop"].rated_at == 20 and CASES["drop"].lasting(60).seconds == 80
    assert CASES["outage"].is_outage and not CASES["drop"].is_outage
    assert P256K.letter_s(3_200) == pytest.approx(0.25)


def networks_possible() -> bool:
    """As root of a machine; a root in a container may be allowed less."""
    return (
        sys.platform.startswith("linux")
        and not os.geteuid()
        and Path("/dev/net/tun").exists()
        and switch_possible()
    )


@pytest.fixture(params=["namespaces", "relay"])
def link(request: pytest.FixtureRequest) -> Iterator[Link]:
    if request.param == "namespaces" and not networks_possible():
        pytest.skip("networks of their own take Linux, root who may make them, and /dev/net/tun")
    made = Link(request.param, 1)
    yield made
    made.close()


_HEAR = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 0)); print(s.getsockname()[1], flush=True)
if len(sys.argv) > 1: s.sendto(b"here I am", ("127.0.0.1", int(sys.argv[1])))
while (said := s.recv(4000)) != b"end":
    print(time.monotonic() - float(said.split()[0]), flush=True)
"""
_SAY = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(60):
    s.sendto(f"{time.monotonic()} ".encode().ljust(1172), (sys.argv[1], int(sys.argv[2]))); time.sleep(0.013)
time.sleep(0.3)
for _ in range(5): s.sendto(b"end", (sys.argv[1], int(sys.argv[2])))
"""


def test_the_real_link_adds_less_than_two_milliseconds(link: Link) -> None:
    def run(side: int, words: list[str]) -> "subprocess.Popen[str]":
        command = link.command(side, [sys.executable, "-c", *words])
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=link.handles)

    relayed = link.kind == "relay"
    hearer = run(1, [_HEAR, *([str(link.here[1])] if relayed else [])])
    assert hearer.stdout is not None
    port = hearer.stdout.readline().strip()
    time.sleep(0.1)
    link.be(Air(1_000, 50))
    run(0, [_SAY, *(("127.0.0.1", str(link.here[0])) if relayed else (ADDRESSES[1], port))]).communicate()
    took = sorted(float(line) * 1000 for line in hearer.communicate(timeout=10)[0].splitlines())
    assert len(took) == 60
    exact = SIZE / 125 + 50
    assert exact <= took[0] and took[len(took) // 4] < exact + 2, (
        took
    )  # the other quarters may have waited for a processor
    (there, back) = link.told()
    assert sum(tenth["packets"] for tenth in there) >= 60
    assert sum(tenth["offered"] for tenth in there) >= 60 * SIZE and len(back) <= 2


@pytest.fixture
def relay() -> Iterator[Link]:
    made = Link("relay", 1)
    yield made
    made.close()


def test_a_relay_stands_in_the_description(relay: Link) -> None:
    offered = (
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=candidate:1 1 udp 2130706431 192.0.2.7 5000 typ host\r\n"
        "a=candidate:2 1 tcp 1 192.0.2.7 9 typ host tcptype active\r\na=candidate:3 1 udp 21 2001:db8::1 5001 typ host\r\n"
    )
    sdp = relay.carried(offered, sender=0)
    assert sdp.count("a=candidate") == 1
    assert f"192.0.2.7 {relay.here[1]} typ host" in sdp
    both = relay.carried(offered + offered.removeprefix("v=0\r\n").replace("audio", "video"), sender=0)
    assert [part.count("a=candidate") for part in both.split("m=")] == [0, 1, 1], "each part has it"


def test_what_comes_through_a_relay_goes_to_where_the_description_says(relay: Link) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as a,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as b,
    ):
        for one in (a, b):
            one.bind(("127.0.0.1", 0))
            one.settimeout(3)
        candidate = "a=candidate:1 1 udp 1 127.0.0.1 {} typ host\r\n"
        relay.carried(candidate.format(b.getsockname()[1]), sender=1)
        a.sendto(b"hello", ("127.0.0.1", relay.here[0]))
        assert b.recv(100) == b"hello"
        b.sendto(b"well", ("127.0.0.1", relay.here[1]))
        assert a.recv(100) == b"well"
