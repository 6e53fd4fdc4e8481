# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is asked, in HTTP or over Socket.IO: an answer that is described, no fault of the server's own, and no word about
whether an id that is not the asker's is there. Over both databases, at a real port."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import cbor2
import httpx
import pytest
import schemathesis
import socketio
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from socketio.exceptions import ConnectionError as NotConnected
from socketio.exceptions import SocketIOError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from clinic.domain.ids import DeviceId, ScopeId
from clinic.domain.record import record_class
from clinic.keys.trust import as_user, say
from clinic.keys.withdrawals import withdraw
from clinic.protocol.carried import CarriedIn, CarriedUpTo
from clinic.protocol.codec import decode, encode
from clinic.protocol.glass import ScopePull
from clinic.protocol.island import LaidPull
from clinic.protocol.organisation import WipeReceipt
from clinic.protocol.recent import RecentPull
from clinic.protocol.shapes import Kind, shapes_of
from clinic.protocol.sync import (
    FOUNDING,
    Challenge,
    Fault,
    FaultNumber,
    Session,
    SessionRequest,
    SyncRequest,
    TrustPart,
)
from clinic.protocol.trust import MemberAdd, Revoke, Role
from sync_server.book.where import Where
from sync_server.described import BYTES, CALLS, Call, Who, faults_of, openapi
from sync_server.relay import relay_at
from sync_server.routes.answers import STATUS_OF
from tests.live_server import LiveServer
from tests.postgres_cluster import SERVER, Cluster
from tests.small_clinic import (
    AT,
    OTHER_TEAM,
    TEAM,
    Clinic,
    Somebody,
    enrolled,
    proof,
    repeating,
    small_clinic,
    somebody,
)

TRIES = 6
"""Questions of each kind, a call: many enough to go through each check now and then, few enough for every run."""
QUICK = settings(
    max_examples=TRIES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
CARD, OTHERS, LOST = ("a-card".ljust(32, "0"), "others".ljust(32, "0"), "a-lost-card".ljust(32, "0"))
CONTENT = b"sealed bytes of a photograph"
FILE = blake2b(CONTENT, digest_size=32).hexdigest()
NO_SUCH_PATH = 39
CODE = "ABCD2345EFGH6789"
SCOPES = ("p:maria", "p:new", "t:post", "o:org")
ABSENT, NEVER = "not-there-at-first".ljust(32, "x"), "nobody-ever-makes-this".ljust(32, "x")


@dataclass
class Open:
    """A server with something of everybody's in it, and who may come to it: name -> token."""

    url: str
    clinic: Clinic
    tokens: dict[str, str] = field(default_factory=dict)
    people: dict[str, Somebody] = field(default_factory=dict)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=20))

    def send(
        self, method: str, path: str, body: bytes = b"", who: str = "nobody", **headers: str
    ) -> httpx.Response:
        if self.tokens.get(who):
            headers["authorization"] = f"Bearer {self.tokens[who]}"
        return self.client.request(method, self.url + path, content=body, headers=headers)

    def done(self, *args: Any, **more: Any) -> httpx.Response:
        answer = self.send(*args, **more)
        assert answer.status_code in (200, 204), answer.content
        return answer

    def enter(self, name: str, who: Somebody) -> None:
        told = decode(self.done("GET", "/v1/challenge").content, Challenge)
        session = decode(self.done("POST", "/v1/session", encode(proof(who, told))).content, Session)
        self.tokens[name], self.people[name] = session.token, who


@pytest.fixture(scope="module")
def both(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Open, Open]]:
    """The same clinic at a server over SQLite and at one over PostgreSQL."""
    one, other = tmp_path_factory.mktemp("sqlite"), tmp_path_factory.mktemp("postgres")
    with _opened(one) as here, _opened(other, Where(other, postgres.url(SERVER), other.name)) as there:
        yield here, there


@contextmanager
def _opened(folder: Path, where: Where | None = None) -> Iterator[Open]:
    with LiveServer(folder, repeating(b"asked"), where) as server:
        server.desk.metrics_key = "the operator's own key"
        server.desk.relay = relay_at("turn:relay.example:3478", "s" * 40)
        here = Open(server.url, small_clinic())
        with here.client:
            yield _furnished(here)


def _furnished(here: Open) -> Open:
    clinic, by, lost, keeper = here.clinic, here.clinic.eva.signer, somebody("lost"), somebody("station")
    log = enrolled(clinic.log, lost, TEAM, by)
    log = say(log, Revoke(device=lost.device, incarnation=1, last_env_no=0), by, AT)
    log = say(log, as_user(keeper.user, "keeper", Role.CUSTODIAN, keeper.device, keeper.keys), by, AT)
    log = say(log, MemberAdd(team=OTHER_TEAM, user=keeper.user), by, AT)
    clinic.log = log
    here.done("POST", "/v1/trust", encode(TrustPart(first=0, statements=log.statements)))
    for name, who in {
        "member": clinic.ben, "other": clinic.ola, "kiosk": clinic.kiosk, "keeper": keeper, "revoked": lost, "eva": clinic.eva,
    }.items():  # fmt: skip
        here.enter(name, who)
    here.tokens["guessed"] = "0" * 64
    sent = SyncRequest(
        device=clinic.eva.device, incarnation=1, envelopes=(clinic.eva.envelope(log, "p:maria"),), sent_at=AT
    )
    here.done("POST", "/v1/sync", encode(sent), "eva")
    here.done("PUT", f"/v1/attachments/{FILE}?offset=0&total={len(CONTENT)}", CONTENT, "eva")
    for card in (CARD, LOST):
        here.done("PUT", f"/v1/capsules/{card}", b"a capsule", "eva")
    here.done("PUT", f"/v1/codes/{CARD}", b"a parcel", "eva")
    here.done(
        "PUT",
        f"/v1/capsules/{LOST}/withdrawal",
        encode(withdraw(LOST, clinic.eva.device, clinic.eva.device_keys, AT)),
        "eva",
    )
    here.done("PUT", f"/v1/mailbox/{CARD}", b"", "member")
    here.done("PUT", f"/v1/mailbox/{OTHERS}", b"", "eva")
    return here


# any question, in HTTP


def _bytes_in(value: Any, kind: Kind) -> Any:
    """What JSON wrote as text, as the bytes that CBOR wants; digits as the integers they stand for."""
    if kind.base == "bytes" and isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if kind.base in ("list", "maybe") and kind.of:
        return (
            [_bytes_in(one, kind.of) for one in value]
            if isinstance(value, list)
            else _bytes_in(value, kind.of)
        )
    if kind.base == "record" and kind.cls and isinstance(value, dict):
        return _fields_in(value, kind.cls)
    return value


def _fields_in(fields: dict[str, Any], cls: type) -> dict[Any, Any]:
    kinds = {str(shape.number): shape.kind for shape in shapes_of(cls)}
    return {
        int(name) if name.isascii() and name.isdigit() and len(name) < 18 else name: _bytes_in(
            value, kinds.get(name, Kind("text"))
        )
        for name, value in fields.items()
    }


def as_cbor(value: Any) -> bytes:
    """A made-up body on the wire; what CBOR cannot hold goes as the text of it."""
    match value:
        case [int(number), dict(fields)] if not isinstance(number, bool) and (cls := record_class(number)):
            value = [number, _fields_in(fields, cls)]
    try:
        return cbor2.dumps(value)
    except (cbor2.CBOREncodeError, ValueError, TypeError, OverflowError):
        return repr(value).encode("utf-8", "surrogatepass")


@schemathesis.serializer("application/cbor")
def _serializer(_context: Any, value: Any) -> bytes:
    return as_cbor(value)


SCHEMA = schemathesis.openapi.from_dict(openapi())
OPERATIONS = {(made.ok().method.upper(), made.ok().path): made.ok() for made in SCHEMA.get_all_operations()}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_whatever_is_asked_the_answer_is_described(both: tuple[Open, Open], call: Call) -> None:
    """And the same over either database."""
    operation = OPERATIONS[call.method, call.path]

    def ask(data: st.DataObject, mode: GenerationMode) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        who = data.draw(st.sampled_from(sorted({*both[0].tokens, "nobody"} - {"eva"})))
        if case.path_parameters and data.draw(st.booleans()):
            name = next(iter(case.path_parameters))
            case.path_parameters[name] = data.draw(st.sampled_from(_names(both[0], name)))
        nearly = isinstance(call.takes, type) and data.draw(st.booleans())
        scope, pick = data.draw(st.sampled_from(SCOPES)), data.draw(st.integers(0, 15))
        said = []
        for here in both:
            request = case.as_transport_kwargs(base_url=here.url)
            body = request.get("data") or b""
            body = _nearly(here, call, who, body, scope, pick) if nearly else body
            headers = {k: str(v) for k, v in request["headers"].items() if k.lower() in call.headers}
            answer = _asked(here, call, request, headers, body, who)
            _described(call, answer)
            said.append(answer.status_code)
        assert said[0] == said[1]

    modes = [GenerationMode.POSITIVE]
    if call.query or call.takes or "{" in call.path:
        modes.append(GenerationMode.NEGATIVE)
    for mode in modes:
        _tried(ask, mode)
    assert all(here.send("GET", "/healthz").status_code == 200 for here in both)


@pytest.fixture(scope="module")
def nobodys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A server that belongs to no organisation yet, and asks for a code."""
    with LiveServer(tmp_path_factory.mktemp("nobodys"), repeating(b"nobodys")) as server:
        server.desk.founding_code = CODE
        here = Open(server.url, small_clinic())
        with here.client:
            yield here


@pytest.mark.parametrize(
    "call",
    [call for call in CALLS if call.who in (Who.ANYBODY, Who.SESSION)],
    ids=lambda call: f"{call.method} {call.path}",
)
def test_a_server_of_nobody_answers_as_described(nobodys: Open, call: Call) -> None:
    operation = OPERATIONS[call.method, call.path]

    def ask(data: st.DataObject, mode: GenerationMode) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        request = case.as_transport_kwargs(base_url=nobodys.url)
        headers = {k: str(v) for k, v in request["headers"].items() if k.lower() in call.headers}
        if FOUNDING in call.headers and data.draw(st.booleans()):
            headers[FOUNDING] = data.draw(st.sampled_from([CODE, "0" * 16, "\u00ff" * 8]))
        _described(call, _asked(nobodys, call, request, headers, request.get("data") or b"", "nobody"))

    _tried(ask, GenerationMode.POSITIVE)


def _tried(ask: Callable[[st.DataObject, GenerationMode], None], mode: GenerationMode) -> None:
    @QUICK
    @given(st.data())
    def once(data: st.DataObject) -> None:
        ask(data, mode)

    once()


def _asked(
    here: Open, call: Call, request: dict[str, Any], headers: dict[str, str], body: Any, who: str
) -> httpx.Response:
    if here.tokens.get(who):
        headers["authorization"] = f"Bearer {here.tokens[who]}"
    content = body if isinstance(body, bytes) else str(body).encode("utf-8", "replace")
    safe = {name: value.encode("latin-1", "replace") for name, value in headers.items()}
    return here.client.request(
        call.method, request["url"], params=request.get("params") or None, headers=safe, content=content
    )


def _names(here: Open, name: str) -> list[str]:
    """Ids that are there, of this one and of that one, and some that are not."""
    if name == "device":
        return [str(here.people[who].device) for who in ("other", "kiosk", "keeper", "revoked")] + [
            "nobody-knows"
        ]
    return (
        [FILE, "f" * 64] if name == "attachment" else [CARD, OTHERS, LOST, ABSENT, "a%00b" * 4, "..%2F" * 5]
    )


def _nearly(here: Open, call: Call, who: str, body: Any, scope: str, pick: int) -> bytes:
    """A body that comes past the first checks, with one field of a made-up one in it, if that is a record at all."""
    me = here.people.get(who, here.clinic.ben)
    log, wire = here.clinic.log, me.envelope(here.clinic.log, scope)
    told = (
        decode(here.send("GET", "/v1/challenge").content, Challenge) if call.path == "/v1/session" else None
    )
    good = {
        "/v1/session": lambda: proof(me, told),  # type: ignore[arg-type]
        "/v1/sync": lambda: SyncRequest(device=me.device, incarnation=1, envelopes=(wire,), sent_at=AT),
        "/v1/trust": lambda: TrustPart(first=0, statements=log.statements[:3]),
        "/v1/carried": lambda: CarriedIn(envelopes=(wire,)),
        "/v1/recent": lambda: RecentPull(days=30),
        "/v1/laid": lambda: LaidPull(beyond=(CarriedUpTo(device=me.device, incarnation=1, up_to=1),)),
        "/v1/scope": lambda: ScopePull(scope=ScopeId("p:maria")),
        "/v1/receipts": lambda: WipeReceipt(
            device=me.device, position=3, at=AT, waiting=0, signature=bytes(64)
        ),
        "/v1/capsules/{lookup}/withdrawal": lambda: withdraw(CARD, me.device, me.device_keys, AT),
    }[call.path]()
    number, fields = cbor2.loads(encode(good))
    try:
        _, strange = cbor2.loads(body)
        known = sorted(key for key in strange if isinstance(key, int))
    except Exception:  # noqa: BLE001  # whatever it is, it is no record
        known = []
    if known:
        key = known[pick % len(known)]
        fields[key] = strange[key]
    return cbor2.dumps([number, fields], canonical=True)


def _described(call: Call, answer: httpx.Response) -> None:
    """A status the page names, and the body it names; never one that means the server's own fault."""
    status = answer.status_code
    assert status not in (500, 507), answer.content
    faults = {int(STATUS_OF[number]): number for number in faults_of(call)}
    if status in (200, 206):
        assert call.gives is not None
        if isinstance(call.gives, type):
            silent = call.path == "/v1/sync"  # each exchange would carry the word
            assert answer.headers.get("content-type") == (None if silent else "application/cbor")
            decode(answer.content, call.gives)
        return
    if status == 204:
        assert call.gives is None or call.empty
        return
    if status == 404 and decode(answer.content, Fault).code == NO_SUCH_PATH:
        return
    assert status in faults or (call.gives == BYTES and status == 416), f"{status} is not described"
    if call.method == "HEAD" or (
        status in (400, 416) and answer.headers["content-type"].startswith("text/plain")
    ):
        return
    fault = decode(answer.content, Fault)
    assert int(STATUS_OF[FaultNumber(fault.number)]) == status and fault.sentence.endswith(".")


# whose it is, nobody hears


@dataclass(frozen=True)
class Alike:
    """Two requests of one asker: about what is there but not for him, and about what is not there at all."""

    what: str
    who: str
    method: str
    foreign: str
    absent: str
    body: Callable[[Open, str], bytes] = lambda here, name: b""
    """Of the request about that path's name."""


def _claims(here: Open, path: str) -> bytes:
    """A session for a device without its key: a colleague's, or nobody's."""
    nonce = decode(here.done("GET", "/v1/challenge").content, Challenge).nonce
    device = here.clinic.ola.device if path.endswith("#there") else DeviceId("nobodyknowsthis")
    return encode(SessionRequest(device=device, nonce=nonce, signature=bytes(64)))


def _pulls(here: Open, path: str) -> bytes:
    return encode(ScopePull(scope=ScopeId("p:maria" if path.endswith("#there") else "p:nobody")))


def _receipts(here: Open, path: str) -> bytes:
    device = here.clinic.ola.device if path.endswith("#there") else DeviceId("nobodyknowsthis")
    return encode(WipeReceipt(device=device, position=0, at=AT, waiting=0, signature=bytes(64)))


NOWHERE = "e" * 64
"""An attachment that no question before has begun to bring."""

ALIKE = (
    Alike("a device that would log in", "nobody", "POST", "/v1/session#there", "/v1/session", _claims),
    Alike("a device that would be wiped", "nobody", "POST", "/v1/receipts#there", "/v1/receipts", _receipts),
    Alike("a scope, for the custodian of another team", "keeper", "POST", "/v1/scope#there", "/v1/scope", _pulls),
    Alike("a scope, for a clinician", "other", "POST", "/v1/scope#there", "/v1/scope", _pulls),
    Alike("a session to be ended", "member", "DELETE", "/v1/sessions/{ola}", "/v1/sessions/nobodyknowsthis"),
    Alike("a mailbox to be read", "member", "GET", f"/v1/mailbox/{OTHERS}", f"/v1/mailbox/{NEVER}"),
    Alike(
        "a mailbox to be answered", "member", "POST", f"/v1/mailbox/{OTHERS}", f"/v1/mailbox/{NEVER}", lambda here, name: b"yes"
    ),
    Alike("an attachment to be read", "kiosk", "GET", f"/v1/attachments/{FILE}", f"/v1/attachments/{NOWHERE}"),
    Alike("an attachment to be asked for", "kiosk", "HEAD", f"/v1/attachments/{FILE}", f"/v1/attachments/{NOWHERE}"),
    Alike(
        "an attachment to be gone on with", "kiosk", "PUT", f"/v1/attachments/{FILE}?offset=5&total=28",
        f"/v1/attachments/{NOWHERE}?offset=5&total=28", lambda here, name: b"more",
    ),
    Alike("a capsule, for a revoked computer", "revoked", "GET", f"/v1/capsules/{CARD}", f"/v1/capsules/{NEVER}"),
    Alike("a parcel, for staff", "member", "POST", f"/v1/codes/{CARD}", f"/v1/codes/{NEVER}"),
)  # fmt: skip
AS_LONG_S = 0.05
"""Two medians that are nearer than this are of one class: less than a look into the database's disk, more than chance."""


@pytest.mark.parametrize("pair", ALIKE, ids=lambda pair: pair.what)
def test_what_is_not_there_and_what_is_anothers_are_answered_alike(
    both: tuple[Open, Open], pair: Alike
) -> None:
    for here in both:
        answers, took = [], {}
        for path in (pair.foreign, pair.absent):
            times = []
            for _ in range(5):
                body = pair.body(here, path)
                bare = path.partition("#")[0].format(ola=here.clinic.ola.device)
                began = time.perf_counter()
                answer = here.send(pair.method, bare, body, pair.who)
                times.append(time.perf_counter() - began)
            took[path] = statistics.median(times)
            answers.append((answer.status_code, answer.content, sorted(answer.headers.items())))
        assert answers[0] == answers[1]
        assert abs(took[pair.foreign] - took[pair.absent]) < AS_LONG_S


# any event, over Socket.IO

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=6,
)  # fmt: skip
LETTERS = st.fixed_dictionaries(
    {},
    optional={
        "to": JSON | st.just("ola") | st.just("nobodyknowsthis"),
        "blob": JSON | st.binary(max_size=200),
        "x": JSON,
    },
)
MESSAGES = st.tuples(
    st.sampled_from(
        [
            "letter",
            "beat",
            "bell",
            "trust",
            "presence",
            "stopping",
            "disconnected",
            "connect_error",
            "*",
            "no such",
        ]
    ),
    st.lists(JSON | LETTERS, max_size=2),
)
PACKETS = st.binary(max_size=30) | st.sampled_from(
    ["", "4", "42", "42[", '42["letter"', '42["letter",{}]', "451-", '451-["letter",{"_placeholder":true,"num":0}]', "40{", "41",
     '459999999999-["letter"]', "43[1]", "4999999999", "6", "\x00", "45-1-[]", "2probe", "5"]
) | st.text(max_size=30)  # fmt: skip


class Caller:
    """A link of one device, for as long as a test lasts."""

    def __init__(self, here: Open, who: str) -> None:
        self._here, self._who = here, who
        self.heard: list[object] = []

    async def __aenter__(self) -> Any:
        self.client = socketio.AsyncClient(reconnection=False)

        async def letter(data: object) -> bool:
            self.heard.append(data)
            return True

        self.client.on("letter", letter)
        auth = {"token": self._here.tokens[self._who]}
        await self.client.connect(self._here.url, auth=auth, transports=["websocket"], wait_timeout=10)
        return self

    async def __aexit__(self, *_why: object) -> None:
        await _gone(self.client)


def test_whatever_event_comes_the_doorbell_stays(both: tuple[Open, Open]) -> None:
    """And a letter to nobody, to a stranger and to whom one may not write is answered alike."""
    for here in both:
        with asyncio.Runner() as runner:
            caller, other = (runner.run(_entered(here, who)) for who in ("kiosk", "revoked"))

            @QUICK
            @given(MESSAGES)
            @example(("letter", [{"to": [], "blob": b"sealed"}]))
            @example(("letter", [{"to": {"device": "ola"}, "blob": b"sealed"}]))
            @example(("letter", [{"to": None, "blob": b"sealed"}]))
            @example(("letter", [{"to": "ola", "blob": ["sealed"]}]))
            @example(("letter", ["ola", b"sealed"]))
            def say(message: tuple[str, list[Any]]) -> None:
                event, data = message
                answer = runner.run(_called(caller, event, data))  # noqa: B023  # run at once
                if event == "letter":
                    assert answer == {"delivered": False}
                assert runner.run(caller.client.call("beat", {}, timeout=10)) == {"here": True}  # noqa: B023

            say()
            for to in (other._here.people["revoked"].device, here.clinic.station.device, "nobodyknowsthis"):
                for blob in (b"sealed", b""):
                    sent = caller.client.call("letter", {"to": str(to), "blob": blob}, timeout=10)
                    assert runner.run(sent) == {"delivered": False} and other.heard == []
            for one in (caller, other):
                runner.run(one.__aexit__())


async def _entered(here: Open, who: str) -> Caller:
    return await Caller(here, who).__aenter__()  # type: ignore[no-any-return]


async def _called(caller: Caller, event: str, data: list[Any]) -> Any:
    try:
        return await caller.client.call(
            event, tuple(data) if data else None, timeout=10 if event in ("letter", "beat") else 0.05
        )
    except SocketIOError:
        return None


@QUICK
@given(auth=JSON | st.fixed_dictionaries({"token": JSON}))
def test_whatever_is_said_at_the_door_only_a_session_opens_it(both: tuple[Open, Open], auth: Any) -> None:
    for here in both:
        assert asyncio.run(_knock(here, auth)) is False


async def _gone(client: Any) -> None:
    http = client.eio.http
    await client.disconnect()
    if http:
        await http.close()


async def _knock(here: Open, auth: Any) -> bool:
    client = socketio.AsyncClient(reconnection=False)
    try:
        await client.connect(here.url, auth=auth, transports=["websocket"], wait_timeout=10)
    except (NotConnected, TypeError, ValueError):
        return False
    finally:
        await _gone(client)
    return True


@QUICK
@given(packets=st.lists(PACKETS, min_size=1, max_size=4))
def test_whatever_packet_comes_the_server_stays(both: tuple[Open, Open], packets: list[str | bytes]) -> None:
    for here in both:
        asyncio.run(_thrown(here, packets))
        assert here.send("GET", "/healthz").status_code == 200


async def _thrown(here: Open, packets: list[str | bytes]) -> None:
    url = here.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    with suppress(ConnectionClosed):
        async with connect(url, proxy=None) as link:
            await link.recv()
            for packet in packets:
                await link.send(packet)
            await link.send("3")
            with suppress(TimeoutError):
                await asyncio.wait_for(link.recv(), 0.02)
