# SPDX-License-Identifier: GPL-3.0-or-later
"""Two versions meet: the first protocol's clients at today's server, its server before today's client."""

import struct
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from clinic.domain.clock import CentreClock, FrozenClock
from clinic.domain.facts import Communication, Patient
from clinic.domain.ids import PatientId
from clinic.keys.epochs import open_epochs
from clinic.keys.letters import open_letter
from clinic.keys.sealing import Keyring, open_envelope
from clinic.keys.sessions import session_proof
from clinic.keys.trust import EMPTY, follow, verify_all
from clinic.protocol.codec import decode, encode
from clinic.protocol.envelope import unpack
from clinic.protocol.letters import QueuePlace
from clinic.protocol.op import Ops
from clinic.protocol.trust import DeviceKind
from clinic.services import messages
from clinic.services.desks import Desk
from clinic.services.link import exchange, remote_of, with_remote
from clinic.services.streaming import Stream
from clinic.transport.http import Remote
from sync_server.app import open_desk
from tests.hostile.house import Answer, Asked, Forward, House
from tests.hostile.people import desk_of
from tests.protocol.first import FIRST, SAMPLES, STATEMENTS, cbor, first, sample
from tests.small_clinic import AT, Somebody, repeating, small_clinic
from tests.sync_server.conftest import Inside

RECORDS = {
    "challenge": "Challenge", "session_request": "SessionRequest", "session": "Session", "trust_part": "TrustPart",
    "push": "SyncRequest", "pushed": "SyncResponse", "pull": "SyncRequest", "pulled": "SyncResponse",
    "pull_late": "SyncRequest", "pulled_late": "SyncResponse",
    "pull_little": "SyncRequest", "pulled_little": "SyncResponse", "again": "SyncRequest", "nothing_new": "SyncResponse",
    "lost": "SyncRequest", "wants_cursors": "SyncResponse", "newer": "SyncRequest", "fault_version": "Fault",
    "fault_session": "Fault", "join_request": "JoinRequest", "join_answer": "JoinAnswer",
}  # fmt: skip
MARIA = PatientId("maria")


# the bytes


@pytest.mark.parametrize("name", RECORDS)
def test_today_reads_the_first_protocol_and_writes_the_same_bytes(name: str) -> None:
    data = sample(name)
    value = decode(data)
    assert encode(value) == data and type(value).__name__ == RECORDS[name]
    for field, said in first(data, RECORDS[name]).items():
        now = getattr(value, field)
        if isinstance(said, (str, bytes, bool)) or (isinstance(said, int) and not hasattr(now, "tzinfo")):
            assert now == said, field


def test_every_sample_is_used() -> None:
    assert set(SAMPLES) == {*RECORDS, "trust", "letter", "envelope"}
    assert {FIRST[cbor(sample(name))[0]][0] for name in RECORDS} == {
        name for name, _ in FIRST.values() if name not in ("Cursor", "EnvelopeRefused", "Sequenced")
    }


def test_what_the_first_programs_signed_and_sealed_is_opened() -> None:
    town = small_clinic()
    log = follow(EMPTY, 0, STATEMENTS)
    keys = open_epochs(log, town.ben.keys, town.ben.user, town.ben.device)
    opened = open_envelope(unpack(sample("envelope")), Keyring(), keys)
    assert isinstance(opened, Ops)
    (said,) = (op.fact for op in opened.ops)
    assert isinstance(said, Communication) and said.text == "Llegó bien" and said.patient == MARIA
    letter = open_letter(sample("letter"), log, town.ben.device_keys, AT, {})
    assert letter.number == 7 and letter.content == QueuePlace(
        encounter="v", place=2, wait_minutes=15, status="triaged"  # type: ignore[arg-type]
    )  # fmt: skip


# the first clients at today's server


@pytest.fixture
def today(tmp_path: Path) -> Iterator[Inside]:
    """Today's server, founded by what a first client hands in."""
    clock = FrozenClock(AT)
    desk = open_desk(tmp_path, clock, repeating(b"server"))
    made = Inside(desk, clock, small_clinic())
    assert made.send("POST", "/v1/trust", _record(313, {1: 0, 2: list(STATEMENTS)})).status_code == 204
    yield made
    desk.book.close()


def _entered(server: Inside, who: Somebody) -> str:
    """A session in the first shape; what is signed has changed since, on purpose."""
    told = first(server.send("GET", "/v1/challenge").content, "Challenge")
    assert told["organization"] == "org"
    log = server.desk.log
    signature = who.sign(session_proof(log.fingerprint, told["server"], b"", told["nonce"]))
    got = server.send("POST", "/v1/session", _record(311, {1: who.device, 2: told["nonce"], 3: signature}))
    return str(first(got.content, "Session")["token"])


def _exchanged(server: Inside, token: str, name: str) -> dict[str, Any]:
    got = server.send("POST", "/v1/sync", sample(name), token)
    assert got.status_code == 200
    return first(got.content, "SyncResponse")


def test_a_first_client_has_its_exchanges_at_todays_server(today: Inside) -> None:
    town = today.clinic
    evas, bens = _entered(today, town.eva), _entered(today, town.ben)
    pushed = _exchanged(today, evas, "push")
    assert (pushed["protocol"], pushed["acked_incarnation"], pushed["acked_env_no"]) == (1, 1, 3)
    assert [(no["env_no"], no["why"]) for no in pushed["refused"]] == [(3, 4)], (
        "the one whose signature was damaged"
    )
    assert pushed["envelopes"] == [], "nobody is sent his own"
    pulled = _exchanged(today, bens, "pull")
    then = first(sample("pulled"), "SyncResponse")
    for field in ("envelopes", "heads", "trust", "more", "want_cursors", "acked_env_no", "server_time"):
        assert pulled[field] == then[field], field
    chain = b""
    for place, one in enumerate(pulled["envelopes"], 1):
        digest = blake2b(one["envelope"], digest_size=32).digest()
        chain = blake2b(chain + digest, digest_size=32).digest()
        assert (one["scope"], one["seq"], one["chain"]) == ("p:maria", place, chain)
    assert len(pulled["envelopes"]) == 2


def test_a_first_client_meets_the_rest_of_todays_answers(today: Inside) -> None:
    town = today.clinic
    evas, bens = _entered(today, town.eva), _entered(today, town.ben)
    _exchanged(today, evas, "push")
    little = _exchanged(today, bens, "pull_little")
    assert (
        len(little["envelopes"]) == 1
        and little["more"]
        and little["heads"] == [{"scope": "p:maria", "seq": 2}]
    )
    assert (
        _exchanged(today, bens, "again")["envelopes"]
        == []
        == first(sample("nothing_new"), "SyncResponse")["envelopes"]
    )
    assert (
        _exchanged(today, bens, "lost")["want_cursors"]
        is first(sample("wants_cursors"), "SyncResponse")["want_cursors"]
        is True
    )
    for name, status in (("newer", 426), ("again", 401)):
        got = today.send("POST", "/v1/sync", sample(name), bens if status == 426 else "0" * 64)
        told = first(got.content, "Fault")
        then = first(sample("fault_version" if status == 426 else "fault_session"), "Fault")
        assert got.status_code == status and told["number"] == then["number"]


def test_a_first_newcomer_asks_at_todays_mailbox(today: Inside) -> None:
    box, evas = "b" * 32, _entered(today, today.clinic.eva)
    assert today.send("PUT", f"/v1/mailbox/{box}", token=evas).status_code == 204
    assert today.send("POST", f"/v1/mailbox/{box}", sample("join_request")).status_code == 204
    assert (
        first(today.send("GET", f"/v1/mailbox/{box}", token=evas).content, "JoinRequest")["device_name"]
        == "Sala 2"
    )
    assert today.send("POST", f"/v1/mailbox/{box}", sample("join_answer"), evas).status_code == 204
    assert first(today.send("GET", f"/v1/mailbox/{box}").content, "JoinAnswer")["accepted"] is True
    part = first(today.send("GET", "/v1/trust?from=0", token=evas).content, "TrustPart")
    assert tuple(part["statements"]) == STATEMENTS


# today's client before the first server


class FirstServer:
    """What the first server answered then, over real HTTP; it knows none of what came later."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.answers = {"/v1/challenge": "challenge", "/v1/session": "session", "/v1/sync": "pulled_late"}

    async def play(self, asked: Asked, forward: Forward) -> Answer:
        self.asked.append((asked.path, asked.body))
        name = self.answers[asked.path]
        return Answer(sample(name), status={"fault_version": 426}.get(name, 200))


def test_todays_client_takes_what_the_first_server_says(tmp_path: Path, quick_passwords: None) -> None:
    town, server, clock = small_clinic(), FirstServer(), FrozenClock(AT)
    log = verify_all(STATEMENTS, follow(EMPTY, 0, STATEMENTS).fingerprint, 0)
    with House(tmp_path / "centre", clock, server.play) as house:
        desk = desk_of(tmp_path, log, town.ben, DeviceKind.DESKTOP, clock, house.url)
        try:
            _an_exchange(desk, house.url)
            assert desk.book.read(lambda page: page.facts(Patient, MARIA))[0].name.family == "Quispe"
            texts = {said.text for said in desk.book.read(lambda page: page.facts(Communication, MARIA))}
            assert texts == {"Llegó bien"}
            messages.send_message(desk, MARIA, "Gracias")
            server.answers["/v1/sync"] = "nothing_new"
            _an_exchange(desk, house.url)
            assert desk.book.read(lambda page: page.outbox_counts()).waiting == 1, "it was not acknowledged"
            assert {"Llegó bien", "Gracias"} == {
                said.text for said in desk.book.read(lambda page: page.facts(Communication, MARIA))
            }
        finally:
            desk.close()
    _the_first_server_understood(server, town.ben)


def _an_exchange(desk: Desk, url: str) -> None:
    async def on_store(act: Any) -> Any:
        return act()

    async def once(remote: Remote) -> None:
        await exchange(desk, remote, 100_000, on_store, CentreClock(desk.clock), Stream(desk.clock))

    with_remote(remote_of(desk, url), once)


def _the_first_server_understood(server: FirstServer, ben: Somebody) -> None:
    asked = dict(server.asked)
    proof = first(asked["/v1/session"], "SessionRequest")
    nonce = first(sample("challenge"), "Challenge")["nonce"]
    assert proof["nonce"] == nonce and proof["signature"] == ben.sign(b"posta session 1" + nonce), (
        "the first proof"
    )
    said = [first(body, "SyncRequest") for path, body in server.asked if path == "/v1/sync"]
    assert [one["device"] for one in said] == [ben.device] * 2
    assert said[1]["server_epoch"] == first(sample("pulled_late"), "SyncResponse")["epoch"]
    assert said[1]["cursors"] == [{"scope": "p:maria", "seq": 2}] and len(said[1]["envelopes"]) >= 1


# the small encoder of a first client


def _record(number: int, fields: dict[int, Any]) -> bytes:
    return _cbor([number, fields])


def _cbor(value: Any) -> bytes:
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(_cbor, value))
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(_cbor(key) + _cbor(value[key]) for key in sorted(value))
    return _head(0, value)


def _head(major: int, count: int) -> bytes:
    for low, form, most in ((None, "", 24), (24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32)):
        if count < most:
            return bytes([major << 5 | (count if low is None else low)]) + (
                struct.pack(form, count) if form else b""
            )
    raise ValueError("longer than anything here")
