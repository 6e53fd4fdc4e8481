# SPDX-License-Identifier: GPL-3.0-or-later
"""Challenges and sessions."""

from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import replace

import pytest

from clinic.domain.ids import DeviceId
from clinic.keys.identity import RootKeys
from clinic.keys.sessions import certificate_mark, old_proof, old_root_proof, root_proof, session_proof
from clinic.protocol.codec import decode, encode
from clinic.protocol.sync import Challenge, FaultNumber, SessionRequest, SyncRequest
from sync_server.desk import TOKEN_BYTES
from sync_server.limits import neighbourhood
from tests.small_clinic import AT, pinned, proof, repeating

from .conftest import Inside, fault_of


def asked(inside: Inside, nonce: bytes | None = None) -> SessionRequest:
    ben = inside.clinic.ben
    told = decode(inside.send("GET", "/v1/challenge").content, Challenge)
    return proof(ben, told if nonce is None else replace(told, nonce=nonce))


def test_a_server_tells_whose_it_is(empty: Inside) -> None:
    assert decode(empty.send("GET", "/v1/challenge").content, Challenge).organization == ""
    empty.found()
    assert decode(empty.send("GET", "/v1/challenge").content, Challenge).organization == "org"


def test_a_nonce_is_good_once(inside: Inside) -> None:
    request = asked(inside)
    assert inside.say("POST", "/v1/session", request).status_code == 200
    assert inside.say("POST", "/v1/session", request).status_code == 401


def test_a_nonce_is_good_for_a_minute(inside: Inside) -> None:
    request = asked(inside)
    inside.clock.advance(61)
    assert inside.say("POST", "/v1/session", request).status_code == 401


def test_an_invented_nonce_opens_nothing(inside: Inside) -> None:
    assert inside.say("POST", "/v1/session", asked(inside, b"n" * 32)).status_code == 401


def test_a_wrong_signature_or_an_unknown_device_opens_nothing(inside: Inside) -> None:
    for wrong in (
        replace(asked(inside), signature=bytes(64)),
        replace(asked(inside), device=DeviceId("nobody")),
    ):
        answer = inside.say("POST", "/v1/session", wrong)
        assert fault_of(answer).number == FaultNumber.NOT_LOGGED_IN


def test_a_session_ends_after_twelve_hours(inside: Inside) -> None:
    token = inside.token_of(inside.clinic.ben)
    inside.sync(inside.clinic.ben, token=token)
    inside.clock.advance(12 * 3600 + 1)
    request = SyncRequest(device=inside.clinic.ben.device, incarnation=1, sent_at=AT)
    assert inside.send("POST", "/v1/sync", encode(request), token).status_code == 401


def test_a_token_is_of_24_bytes_of_chance(inside: Inside) -> None:
    tokens = {inside.token_of(inside.clinic.ben) for _ in range(5)}
    assert {len(urlsafe_b64decode(token)) for token in tokens} == {TOKEN_BYTES}
    assert TOKEN_BYTES * 8 >= 128


def test_too_many_knocks_are_turned_away_for_a_while(inside: Inside) -> None:
    answers = [inside.send("GET", "/v1/challenge").status_code for _ in range(80)]
    assert answers[0] == 200
    assert answers[-1] == 429
    inside.clock.advance(10)
    assert inside.send("GET", "/v1/challenge").status_code == 200


def test_nonces_do_not_pile_up(inside: Inside) -> None:
    desk = inside.desk
    desk.nonces = {bytes([n % 256, n // 256]): 0.0 for n in range(10_000)}
    inside.clock.advance(1)
    desk.new_nonce()
    assert len(desk.nonces) == 1


def test_more_nonces_than_the_server_remembers_are_not_given_out(inside: Inside) -> None:
    inside.desk.nonces = {bytes([n % 256, n // 256]): 1e9 for n in range(10_000)}
    assert fault_of(inside.send("GET", "/v1/challenge")).number == FaultNumber.TOO_MANY
    assert len(inside.desk.nonces) == 10_000


def test_guessing_tokens_is_turned_away_for_a_while(inside: Inside) -> None:
    answers = [inside.send("GET", "/v1/trust", token=f"guess{n}").status_code for n in range(80)]
    assert (answers[0], answers[-1]) == (401, 429)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8:0:1:aaaa::7", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:bbbb::8", "2001:db8:0:1::/64"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_one_neighbour_is_counted_once_whatever_his_address(address: str, name: str) -> None:
    assert neighbourhood(address) == name


def test_a_proof_is_for_one_centre_alone(inside: Inside) -> None:
    """Whoever hands this centre's nonce out as his own gets a proof that names him."""
    ben = inside.clinic.ben

    def answered(message: Callable[[Challenge], bytes], certificate: bytes = b"") -> int:
        told = decode(inside.send("GET", "/v1/challenge").content, Challenge)
        signed = ben.sign(message(told))
        said = SessionRequest(device=ben.device, nonce=told.nonce, signature=signed, certificate=certificate)
        return inside.say("POST", "/v1/session", said).status_code

    assert answered(lambda t: session_proof(pinned(), t.server, b"", t.nonce)) == 200
    assert answered(lambda t: session_proof(bytes(32), t.server, b"", t.nonce)) == 401, (
        "another organisation's"
    )
    assert answered(lambda t: session_proof(pinned(), "elsewhere", b"", t.nonce)) == 401, "another store's"
    assert answered(lambda t: old_proof(t.nonce)) == 401, "of the nonce alone, as older centres ask for"
    theirs = certificate_mark(b"the middle's")
    assert answered(lambda t: session_proof(pinned(), t.server, theirs, t.nonce), theirs) == 200, "a proxy's"
    inside.desk.certificate = certificate_mark(b"mine")
    assert answered(lambda t: session_proof(pinned(), t.server, theirs, t.nonce), theirs) == 401
    mine = inside.desk.certificate
    assert answered(lambda t: session_proof(pinned(), t.server, theirs, t.nonce), mine) == 401, "only said so"
    assert answered(lambda t: session_proof(pinned(), t.server, mine, t.nonce), mine) == 200


def test_a_root_keys_proof_is_for_one_centre_alone(inside: Inside) -> None:
    """What recovery sheets prove to whoever stands between opens nothing here."""
    root = RootKeys.make(repeating(b"root"))

    def answered(message: Callable[[Challenge], bytes], seen: bytes = b"", *, parts: int = 3) -> int:
        told = decode(inside.send("GET", "/v1/challenge").content, Challenge)
        said = (told.nonce.hex(), root.sign(message(told)).hex(), seen.hex())[:parts]
        return inside.send("GET", "/v1/trust?from=0", **{"posta-root": ".".join(said)}).status_code

    def bound(told: Challenge, seen: bytes = b"", **other: str) -> bytes:
        return root_proof(other.get("of", told.organization), other.get("at", told.server), seen, told.nonce)

    assert answered(bound) == 200
    assert answered(lambda t: bound(t, of="another")) == 401
    assert answered(lambda t: bound(t, at="elsewhere")) == 401
    assert answered(lambda t: old_root_proof(t.nonce)) == 401, "of the nonce alone, as older centres ask for"
    assert answered(lambda t: old_root_proof(t.nonce), parts=2) == 401
    mine, theirs = certificate_mark(b"mine"), certificate_mark(b"the middle's")
    assert answered(lambda t: bound(t, theirs), theirs) == 200, "a proxy's"
    inside.desk.certificate = mine
    assert answered(lambda t: bound(t, theirs), theirs) == 401
    assert answered(lambda t: bound(t, theirs), mine) == 401, "only said so"
    assert answered(lambda t: bound(t, mine), mine) == 200
