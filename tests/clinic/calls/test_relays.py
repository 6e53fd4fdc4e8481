# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways into a relay, in their order, from what a centre says; and what the black box keeps of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.calls.relays import LONGEST_S, MOST_URLS, NONE_S, Leave, leave_of, mirror, verdict, ways
from clinic.protocol.engine import IceServer, PathChosen, RelayTold, RelayWord
from clinic.protocol.relay import RelayPass

URLS = (
    "turns:relay.example:443",
    "turn:relay.example?transport=tcp",
    "turn:[2001:db8::7]:3480",
    "stun:10.0.0.1",
)


def passed(*urls: str, seconds: int = 600) -> RelayPass:
    return RelayPass(urls=urls, username="1:me", credential="secret", seconds=seconds)


def servers(*urls: str) -> tuple[IceServer, ...]:
    return leave_of(passed(*urls), b"pem").servers


def test_udp_comes_before_tcp_and_tcp_before_tls() -> None:
    found = [(way.kind, way.host, way.port) for way in ways(servers(*URLS))]
    assert found == [
        ("udp", "2001:db8::7", 3480),
        ("tcp", "relay.example", 3478),
        ("tls", "relay.example", 443),
    ]
    one = ways(servers("turns:relay.example"))[0]
    assert (one.port, one.username, one.credential, one.authority) == (5349, "1:me", "secret", b"pem")
    assert "secret" not in repr(one)


def test_our_address_is_asked_of_whoever_is_named_for_it_or_of_the_relay() -> None:
    assert mirror(servers(*URLS)) == ("10.0.0.1", 3478)
    assert mirror(servers(*URLS[:3])) == ("2001:db8::7", 3480)
    assert mirror(servers(*URLS[:2])) is None


@pytest.mark.parametrize(
    "url",
    ["", "http://relay", "turn:", "turn:relay:0", "turn:relay:70000", "turn:re lay", "turn:a/b", "turn:@relay",
     "turns:relay?transport=udp", "turn:relay?transport=sctp", "turn:relay\n", "turn:-relay", "turn:" + "a" * 300],
)  # fmt: skip
def test_what_is_no_address_of_a_relay_is_left_out(url: str) -> None:
    assert servers(url, "turn:relay") == servers("turn:relay")
    assert ways((IceServer(url=url),)) == ()


def test_a_centre_without_a_relay_is_not_asked_again_for_a_while_and_nonsense_opens_nothing() -> None:
    assert leave_of(None, b"") == Leave((), NONE_S)
    assert leave_of(RelayPass(urls=URLS, username="x" * 513, credential="", seconds=60), b"") == Leave()
    assert leave_of(passed(*URLS, seconds=-5), b"").seconds == 0
    assert leave_of(passed(*URLS, seconds=10**9), b"").seconds == LONGEST_S
    assert len(servers(*["turn:relay"] * 50)) == MOST_URLS


@given(st.text(max_size=40), st.sampled_from(["turn:", "turns:", "stun:", ""]))
def test_no_text_is_too_strange(text: str, scheme: str) -> None:
    for way in ways(servers(scheme + text)):
        assert way.kind in ("udp", "tcp", "tls")
        assert 0 < way.port < 65536


def test_the_black_box_keeps_the_last_trouble_until_the_call_went_through_the_relay() -> None:
    refused, reached = RelayTold(state=RelayWord.REFUSED), RelayTold(state=RelayWord.OPEN, way="udp")
    assert verdict("", refused) == "refused"
    assert verdict("refused", reached) == ""
    assert verdict("refused", RelayTold(state=RelayWord("of tomorrow"))) == "refused"
    assert verdict("unreachable", PathChosen(call_id="c", attempt=1)) == "unreachable"
    through = verdict("unreachable", PathChosen(call_id="c", attempt=2, relay="tls"))
    assert through == "relayed tls"
    assert verdict(through, refused) == through
    assert verdict(through, PathChosen(call_id="c", attempt=3)) == through
