# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix of the server: every route and every event, found in the program, with everybody who may come to it."""

import asyncio
from dataclasses import dataclass
from hashlib import blake2b

import pytest
from socketio.exceptions import ConnectionRefusedError as Refused

from clinic.domain.ids import DeviceId, ScopeId
from clinic.keys.trust import say
from clinic.keys.withdrawals import withdraw
from clinic.protocol.carried import CarriedIn
from clinic.protocol.codec import decode, encode
from clinic.protocol.glass import ScopePull
from clinic.protocol.organisation import WipeReceipt
from clinic.protocol.recent import RecentPull
from clinic.protocol.sync import Challenge, SyncRequest, TrustPart
from clinic.protocol.trust import Revoke
from sync_server.app import routes
from sync_server.desk import SESSION_HOURS
from sync_server.realtime import Doorbell
from sync_server.relay import relay_at
from tests.small_clinic import AT, TEAM, enrolled, proof, somebody

from .conftest import Inside

WHO = ("nobody", "guessed", "expired", "revoked", "kiosk", "station", "other", "member")
"""No token, a made-up one, one of yesterday, a revoked desk, a kiosk, a station, a desk of another team, one of the team."""

GRID = """
                                nobody guessed expired revoked kiosk station other member
GET /healthz                    200    200     200     200     200   200     200   200
GET /readyz                     200    200     200     200     200   200     200   200
GET /metrics                    404    404     404     404     404   404     404   404
GET /v1/challenge               200    200     200     200     200   200     200   200
POST /v1/session                200    200     200     200     200   200     200   200
POST /v1/sync                   401    401     401     200     200   200     200   200
POST /v1/carried                401    401     401     403     403   403     200   200
GET /v1/trust                   401    401     401     200     200   200     200   200
POST /v1/trust                  401    401     401     204     204   204     204   204
PUT /v1/mailbox/{box}           401    401     401     403     403   403     204   204
POST /v1/mailbox/{box}          204    401     401     403     403   403     404   204
GET /v1/mailbox/{box}           204    401     401     403     403   403     404   204
PUT /v1/capsules/{lookup}       401    401     401     403     403   403     204   204
GET /v1/capsules/{lookup}       401    401     401     403     200   403     200   200
PUT /v1/capsules/{lookup}/withdrawal 401 401   401     403     403   403     204   204
GET /v1/withdrawals             401    401     401     403     200   403     200   200
GET /v1/computers               401    401     401     403     403   403     200   200
DELETE /v1/sessions/{device}    401    401     401     403     403   403     403   403
POST /v1/receipts               403    403     403     403     403   403     403   403
POST /v1/recent                 401    401     401     403     403   403     200   200
POST /v1/scope                  401    401     401     403     403   403     403   403
PUT /v1/codes/{lookup}          401    401     401     403     403   403     204   204
POST /v1/codes/{lookup}         401    401     401     403     200   403     403   403
POST /v1/relay                  401    401     401     403     200   200     200   200
PUT /v1/attachments/{attachment} 401   401     401     403     204   204     204   204
HEAD /v1/attachments/{attachment} 401  401     401     403     204   204     204   204
GET /v1/attachments/{attachment} 401   401     401     403     404   404     200   200
GET /v1/island                  404    404     404     404     404   404     404   404
POST /v1/laid                   404    404     404     404     404   404     404   404
"""
"""Answers to a well-formed request about what a member of the team has laid down. A session is given to whoever proves the
key of a device in the log; what is brought to the trust log is believed for its signatures, whoever brings it; the mailbox is
for whoever knows its name; a file, which is sealed, for whoever of the staff knows its hash; one patient's scope
only with a custodian's permit; the session of an administrator's computer is ended by nobody who does not work there; counts
only with the operator's own key; a receipt of a wipe nobody ordered is refused, whoever brings it. What only an island
answers (tests/sync_server/test_island.py), a centre does not."""
EVENTS = """
connect                         no     no      no      yes     yes   yes     yes   yes
letter                          no     no      no      no      yes   yes     yes   yes
beat                            no     no      no      yes     yes   yes     yes   yes
disconnect                      yes    yes     yes     yes     yes   yes     yes   yes
"""
"""Whether it is done for them: for `letter`, one to a desk of the team."""


@dataclass
class House:
    """A server on which members have laid down one of each, and the tokens of all who come."""

    inside: Inside
    tokens: dict[str, str]

    def rings(self, who: str, route: str) -> int:
        """The status of a well-formed request."""
        method, _, path = route.partition(" ")
        box = f"box-of-{who}-{method}".ljust(32, "x")
        if "mailbox" in path and method != "PUT":
            self.done("PUT", f"/v1/mailbox/{box}?seconds=60", b"", self.tokens["member"])
        filled = path.format(box=box, lookup=CARD, attachment=FILE, device=somebody("eva").device)
        return self.inside.send(method, filled, self.body(who, route), self.tokens[who]).status_code

    def body(self, who: str, route: str) -> bytes:
        device = PEOPLE[who].device if who in PEOPLE else somebody("ben").device
        match route:
            case "POST /v1/session":
                told = decode(self.inside.send("GET", "/v1/challenge").content, Challenge)
                return encode(proof(PEOPLE.get(who, somebody("ben")), told))
            case "POST /v1/sync":
                return encode(SyncRequest(device=device, incarnation=1, sent_at=AT))
            case "POST /v1/carried":
                clinic = self.inside.clinic
                return encode(CarriedIn(envelopes=(clinic.kiosk.envelope(clinic.log, "p:1"),)))
            case "POST /v1/receipts":
                return encode(WipeReceipt(device=device, position=0, at=AT, waiting=0, signature=bytes(64)))
            case "POST /v1/recent":
                return encode(RecentPull(days=30))
            case "POST /v1/scope":
                return encode(ScopePull(scope=ScopeId("p:somebody")))
            case "POST /v1/trust":
                log = self.inside.desk.log
                return encode(TrustPart(first=0, statements=log.statements))
            case "PUT /v1/attachments/{attachment}":
                return CONTENT
            case "PUT /v1/capsules/{lookup}/withdrawal":
                ben = somebody("ben")
                return encode(withdraw(CARD, ben.device, ben.device_keys, AT))
        return b"" if route.startswith(("GET", "HEAD")) else b"something"

    def done(self, method: str, path: str, body: bytes, token: str) -> None:
        assert self.inside.send(method, path, body, token).status_code in (200, 204)


CONTENT = b"sealed bytes of a photograph"
CARD = "lookup".ljust(32, "0")
FILE = blake2b(CONTENT, digest_size=32).hexdigest()
PEOPLE = {
    "revoked": somebody("lost"),
    "kiosk": somebody("kiosk"),
    "station": somebody("station"),
    "other": somebody("ola"),
    "member": somebody("ben"),
}


@pytest.fixture
def house(empty: Inside) -> House:
    clinic = empty.clinic
    by, lost = clinic.eva.signer, somebody("lost")
    clinic.log = enrolled(clinic.log, lost, TEAM, by)
    clinic.log = say(clinic.log, Revoke(device=lost.device, incarnation=1, last_env_no=0), by, AT)
    empty.found()
    empty.desk.relay = relay_at("turn:relay.example:3478", "s" * 40)
    expired = empty.token_of(clinic.ben)
    empty.clock.advance(SESSION_HOURS * 3600 + 1)
    tokens = {name: empty.token_of(who) for name, who in PEOPLE.items()}
    made = House(empty, {"nobody": "", "guessed": "0" * 64, "expired": expired, **tokens})
    eva = empty.token_of(clinic.eva)
    made.done("PUT", f"/v1/attachments/{FILE}?offset=0&total={len(CONTENT)}", CONTENT, eva)
    made.done("PUT", f"/v1/capsules/{CARD}", b"a capsule", eva)
    made.done("PUT", f"/v1/codes/{CARD}", b"a parcel", eva)
    return made


def table(grid: str) -> dict[str, dict[str, str]]:
    """Row -> column -> cell."""
    rows = [line.split() for line in grid.strip("\n").splitlines() if not line.strip().startswith("nobody")]
    return {" ".join(row[: -len(WHO)]): dict(zip(WHO, row[-len(WHO) :], strict=True)) for row in rows}


def test_every_route_and_every_event_has_a_row(house: House) -> None:
    there = {
        f"{method} {route.path}" for route in routes() for method in route.methods or () if method != "HEAD"
    }
    there |= {f"HEAD {route.path}" for route in routes() if route.methods == {"HEAD"}}
    assert set(table(GRID)) == there
    assert set(table(EVENTS)) == set(Doorbell(house.inside.desk).server.handlers["/"])


@pytest.mark.parametrize("empty", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize("who", WHO)
def test_a_route_answers_as_the_grid_says(house: House, who: str) -> None:
    answers = {route: house.rings(who, route) for route in table(GRID)}
    assert answers == {route: int(row[who]) for route, row in table(GRID).items()}


@pytest.mark.parametrize("who", WHO)
def test_an_event_is_done_for_those_the_grid_says(
    house: House, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[DeviceId] = []
    doorbell = Doorbell(house.inside.desk)

    async def pass_on(sender: DeviceId, to: DeviceId, blob: bytes) -> bool:
        passed.append(sender)
        return True

    monkeypatch.setattr(doorbell, "_hand_over", pass_on)

    async def come() -> dict[str, bool]:
        hear = doorbell.server.handlers["/"]
        try:
            await hear["connect"]("sid", {}, {"token": house.tokens[who]})
            came = True
        except Refused:
            came = False
        to = somebody("eva").device
        letter = await hear["letter"]("sid", {"to": to, "blob": b"sealed"})
        beat = await hear["beat"]("sid")
        await hear["disconnect"]("sid")
        return {"connect": came, "letter": letter["delivered"], "beat": beat["here"], "disconnect": True}

    done = asyncio.run(come())
    assert done == {event: row[who] == "yes" for event, row in table(EVENTS).items()}
    assert bool(passed) == done["letter"]
