# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call and event of the server in one table: docs/protocol.md and docs/openapi.json are written from it, and questions
made from it are put to the real server (tests/sync_server/test_any_question.py)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from clinic.domain.record import Record
from clinic.protocol.capsule import Withdrawal, Withdrawals
from clinic.protocol.carried import CarriedIn, CarriedTaken
from clinic.protocol.glass import ScopePart, ScopePull
from clinic.protocol.island import IslandPaper, Laid, LaidPull
from clinic.protocol.organisation import ComputersSeen, WipeReceipt
from clinic.protocol.recent import RecentPart, RecentPull
from clinic.protocol.relay import RelayPass
from clinic.protocol.shapes import Kind, shapes_of
from clinic.protocol.sync import (
    CONTENT_TYPE,
    FOUNDING,
    PROTOCOL_MAX,
    Challenge,
    Fault,
    FaultNumber,
    Session,
    SessionRequest,
    SyncRequest,
    SyncResponse,
    TrustPart,
)
from sync_server.limits import ATTACHMENT, CAPSULE_BODY, SCOPE_BODY, SMALL_BODY, SYNC_BODY, TRUST_BODY
from sync_server.routes.answers import LARGEST, STATUS_OF
from sync_server.routes.attachments import HAVE
from sync_server.routes.capsules import LAST_NUMBER
from sync_server.routes.trust import INVITATION, ROOT

BYTES = "application/octet-stream"
TEXT = "text/plain"


class Who(StrEnum):
    """Who is answered with more than a fault."""

    ANYBODY = "anybody"
    SESSION = "a device with a session, a revoked one too"
    LIVE = "a device with a session"
    READERS = "a kiosk or a computer of the staff"
    STAFF = "a computer of the staff"
    KIOSK = "a kiosk"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole number in the query."""

    name: str
    says: str
    most: int = LARGEST


@dataclass(frozen=True, slots=True)
class Call:
    """One method of one path. `takes` and `gives`: a record, BYTES for sealed bytes, TEXT, or None for no body; `most`: bytes of
    the body taken; `empty`: it may answer 204 where there is nothing; `no`: faults beside those that everybody may hear."""

    method: str
    path: str
    who: Who
    does: str
    takes: type[Record] | str | None = None
    gives: type[Record] | str | None = None
    most: int = 0
    empty: bool = False
    query: tuple[Query, ...] = ()
    headers: tuple[str, ...] = ()
    no: tuple[FaultNumber, ...] = ()


_N = FaultNumber
_SECONDS = Query("seconds", "How long it is kept; at most, and unless said, 24 hours.")
CALLS = (
    Call("GET", "/healthz", Who.ANYBODY, "`ok` while the database answers.", gives=TEXT),
    Call(
        "GET", "/readyz", Who.ANYBODY, "`ready`, or 503 with the reason in a word: for load balancers.", gives=TEXT,
    ),
    Call(
        "GET", "/metrics", Who.ANYBODY, "Counts, for whoever sends the operator's key as bearer token.", gives=TEXT,
        no=(_N.NOT_FOUND, _N.NOT_LOGGED_IN),
    ),
    Call(
        "GET", "/v1/challenge", Who.ANYBODY, "A nonce to sign, good once within a minute, and whose server this is.",
        gives=Challenge, headers=(FOUNDING,), no=(_N.NOT_ALLOWED,),
    ),
    Call(
        "POST", "/v1/session", Who.ANYBODY, "A token, for a device of the trust log that signed a nonce.",
        SessionRequest, Session, SMALL_BODY, no=(_N.NOT_LOGGED_IN,),
    ),
    Call(
        "POST", "/v1/sync", Who.SESSION, "One exchange. Either body may be a zstd frame; the request may come in blocks.",
        SyncRequest, SyncResponse, SYNC_BODY,
        headers=("accept-encoding",), no=(_N.VERSION, _N.NOT_ALLOWED),
    ),
    Call(
        "POST", "/v1/carried", Who.STAFF,
        "Envelopes of other devices, brought by a computer of the staff. Their authors hear of it in their own exchange.",
        CarriedIn, CarriedTaken, SYNC_BODY,
    ),
    Call(
        "POST", "/v1/recent", Who.STAFF, "What a new computer needs before it has everything. It moves no cursor.",
        RecentPull, RecentPart, SCOPE_BODY, headers=("accept-encoding",),
    ),
    Call(
        "POST", "/v1/scope", Who.LIVE,
        "One patient's scope, by a custodian's permit; without one, its keys' grants and names, for a custodian of its team.",
        ScopePull, ScopePart, SCOPE_BODY, no=(_N.NOT_FOUND,),
    ),
    Call(
        "GET", "/v1/trust", Who.SESSION,
        "Statements of the trust log; an empty run means that there are no more. Instead of a session, a mailbox with its answer "
        f"(`{INVITATION}`) or a proof of the root key (`{ROOT}`) will do.",
        gives=TrustPart, query=(Query("from", "Position of the first one."),), headers=(INVITATION, ROOT), no=(_N.NOT_ALLOWED,),
    ),
    Call(
        "POST", "/v1/trust", Who.SESSION,
        f"New statements. While there are none, the first ones found the organisation (`{FOUNDING}`); a proof of the root key "
        "will do instead of a session.",
        TrustPart, None, TRUST_BODY, headers=(FOUNDING, ROOT), no=(_N.NOT_ALLOWED,),
    ),
    Call(
        "PUT", "/v1/mailbox/{box}", Who.STAFF, "Opens a mailbox: an invitation is out.", query=(_SECONDS,),
    ),
    Call(
        "POST", "/v1/mailbox/{box}", Who.ANYBODY,
        "With the opener's session lays in the answer, without a session the request; one of each, the answer last.",
        BYTES, None, SMALL_BODY,
        no=(_N.NOT_LOGGED_IN, _N.NOT_ALLOWED, _N.NOT_FOUND, _N.CONFLICT),
    ),
    Call(
        "GET", "/v1/mailbox/{box}", Who.ANYBODY,
        "With the opener's session the request, without a session the answer; 204 while there is none.", None, BYTES, empty=True,
        no=(_N.NOT_LOGGED_IN, _N.NOT_ALLOWED, _N.NOT_FOUND),
    ),
    Call(
        "PUT", "/v1/capsules/{lookup}", Who.STAFF, "A card's capsule, sealed; the newest replaces the one before.",
        BYTES, None, CAPSULE_BODY, no=(_N.GONE,),
    ),
    Call(
        "GET", "/v1/capsules/{lookup}", Who.READERS, "A card's capsule.", gives=BYTES, no=(_N.GONE, _N.NOT_FOUND),
    ),
    Call(
        "PUT", "/v1/capsules/{lookup}/withdrawal", Who.STAFF, "The card opens nothing any more.",
        Withdrawal, None, SMALL_BODY,
    ),
    Call(
        "GET", "/v1/withdrawals", Who.READERS, "The cards that were withdrawn.", gives=Withdrawals,
        query=(Query("after", "Number of the last one heard of.", LAST_NUMBER),),
    ),
    Call(
        "PUT", "/v1/codes/{lookup}", Who.STAFF, "A one-time code's parcel (CodeParcel).", BYTES, None, CAPSULE_BODY,
        query=(_SECONDS,),
    ),
    Call(
        "POST", "/v1/codes/{lookup}", Who.KIOSK, "The parcel, which is then gone. Five tries at once, then one a minute.",
        gives=BYTES, no=(_N.NOT_FOUND,),
    ),
    Call("GET", "/v1/computers", Who.STAFF, "What the centre knows of each computer.", gives=ComputersSeen),
    Call("DELETE", "/v1/sessions/{device}", Who.STAFF, "Ends a computer's sessions, for an administrator or who works there."),
    Call(
        "POST", "/v1/receipts", Who.ANYBODY, "A wiped computer's last word, believed for the signature under it.",
        WipeReceipt, None, SMALL_BODY, no=(_N.NOT_ALLOWED,),
    ),
    Call(
        "POST", "/v1/relay", Who.LIVE,
        "Leave to open the clinic's relay of calls within the next ten minutes. Six at once, then one in ten seconds.",
        gives=RelayPass, no=(_N.NOT_FOUND,),
    ),
    Call(
        "PUT", "/v1/attachments/{attachment}", Who.LIVE,
        f"Appends a piece to a sealed file named by BLAKE2b-256 of its bytes; 409 says in `{HAVE}` how many are here.",
        BYTES, None, ATTACHMENT,
        query=(Query("offset", "Bytes before this piece."), Query("total", "Bytes of the whole file.")), no=(_N.CONFLICT,),
    ),
    Call(
        "HEAD", "/v1/attachments/{attachment}", Who.LIVE, f"`{HAVE}`: how many bytes are here.", empty=True,
    ),
    Call(
        "GET", "/v1/attachments/{attachment}", Who.LIVE,
        "The file, or the range asked for: for staff, and for the device that brought it.", gives=BYTES, headers=("range",),
        no=(_N.NOT_FOUND,),
    ),
    Call(
        "GET", "/v1/island", Who.ANYBODY, "On an island (docs/island.md): who serves, signed. A centre has none.",
        gives=IslandPaper, no=(_N.NOT_FOUND,),
    ),
    Call(
        "POST", "/v1/laid", Who.STAFF,
        "On an island, for the computer that serves it: what lies there and the centre may lack. A centre has none.",
        LaidPull, Laid, SMALL_BODY, no=(_N.NOT_FOUND,),
    ),
)  # fmt: skip
"""The whole of the server's HTTP; a test holds it against its routes."""


@dataclass(frozen=True, slots=True)
class SocketEvent:
    """One event of the doorbell. `way`: "to the server" or "to the client"."""

    name: str
    way: str
    data: str
    answered: str
    does: str


UP, DOWN = "to the server", "to the client"
EVENTS = (
    SocketEvent(
        "connect", UP, "auth `{token, gathers?}`", "accepted, or refused with `{message}`",
        "A link of that session's device. `gathers`: it hears `presences` instead of `presence`.",
    ),
    SocketEvent("letter", UP, "`{to, blob}`", "`{delivered}`", "Passed on at once or never; true once the receiver has said so."),
    SocketEvent("beat", UP, "`{}`", "`{here}`", "A sign of life, once a second."),
    SocketEvent("disconnect", UP, "", "", "The link is over."),
    SocketEvent("letter", DOWN, "`{from, blob}`", "anything, within 2 s", "A letter; `from` is whose session sent it."),
    SocketEvent(
        "bell", DOWN, "`{scope, seq, urgent?}`", "",
        "The scope reaches to `seq` now: have an exchange. `urgent`: envelopes that cannot wait for it.",
    ),
    SocketEvent("had", DOWN, "`{env_no}`", "", "Of a body that is just coming in blocks, all up to `env_no` is on the disk."),
    SocketEvent("trust", DOWN, "`{position}`", "", "The trust log reaches to `position` now."),
    SocketEvent("presence", DOWN, "`{device, online}`", "", "Said of every device that one may write to."),
    SocketEvent(
        "presences", DOWN, "`{online, gone}`", "",
        "The same of all who came and went within a quarter of a second, and at the beginning of all who are here.",
    ),
    SocketEvent("stopping", DOWN, "`{retry_after_s}`", "", "The server stops; come back after so many seconds."),
)  # fmt: skip


def faults_of(call: Call) -> tuple[FaultNumber, ...]:
    """Which faults a call may answer, by number."""
    found = {_N.TOO_MANY, _N.FULL, _N.BUG, *call.no}
    if call.path.startswith("/v1/"):
        found |= {_N.STOPPING, _N.MALFORMED}
    if call.who is not Who.ANYBODY:
        found.add(_N.NOT_LOGGED_IN)
    if call.who not in (Who.ANYBODY, Who.SESSION):
        found.add(_N.NOT_ALLOWED)
    if call.most:
        found.add(_N.TOO_LARGE)
    return tuple(sorted(found))


# OpenAPI


def openapi() -> dict[str, Any]:
    """The calls as an OpenAPI 3.1 document. A record is the array [number, fields]; the fields' names are the decimal digits of
    what are integers in CBOR, and `byte` is base64 of what is a byte string."""
    needed: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, needed)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Posta sync server",
            "version": str(PROTOCOL_MAX),
            "description": "Bodies are records in canonical CBOR; docs/protocol.md says how. Each record is the array "
            "[number, fields]. Field names here are the decimal digits of CBOR integers; format `byte` is a CBOR byte string.",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
            "schemas": dict(sorted(needed.items())),
        },
    }


def _operation(call: Call, needed: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": f"{call.method.lower()}{call.path.translate(_FLAT)}",
        "summary": call.does,
        "description": f"For {call.who}.",
        "parameters": list(_parameters(call)),
        "responses": _responses(call, needed),
    }
    if call.who is not Who.ANYBODY:
        made["security"] = [{"session": []}]
    if call.takes is not None:
        made["requestBody"] = {"required": True, "content": _content(call.takes, needed)}
    return made


_FLAT = str.maketrans({"/": "_", "{": "", "}": ""})


def _parameters(call: Call) -> Iterator[dict[str, Any]]:
    for part in call.path.split("/"):
        if part.startswith("{"):
            pattern = "^[0-9a-f]{64}$" if part == "{attachment}" else "^[A-Za-z0-9_.:-]{8,128}$"
            yield _parameter("path", part[1:-1], {"type": "string", "pattern": pattern}, required=True)
    for query in call.query:
        whole = {"type": "integer", "minimum": 0, "maximum": query.most}
        yield _parameter("query", query.name, whole, description=query.says)
    for name in call.headers:
        yield _parameter("header", name, {"type": "string"})


def _parameter(place: str, name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"in": place, "name": name, "schema": schema, **more}


def _responses(call: Call, needed: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if call.gives is None or call.empty:
        said["204"] = {"description": "Done, or nothing there."}
    if call.gives is not None:
        said["200"] = {"description": "Here it is.", "content": _content(call.gives, needed)}
    if "range" in call.headers:
        said["206"] = {"description": "The range asked for.", "content": _content(BYTES, needed)}
        said["416"] = {"description": "No such range."}
        said["400"] = {"description": "Malformed, or no range at all."}
    if call.path == "/readyz":
        said["503"] = {"description": "Send work elsewhere.", "content": _content(TEXT, needed)}
    for number in faults_of(call):
        status = str(int(STATUS_OF[number]))
        body = {} if call.method == "HEAD" or status in said else {"content": _content(Fault, needed)}
        said.setdefault(status, {"description": f"Fault {int(number)}, {number.name}.", **body})
    return dict(sorted(said.items()))


def _content(of: type[Record] | str, needed: dict[str, Any]) -> dict[str, Any]:
    if isinstance(of, str):
        return {of: {"schema": {"type": "string"} if of == TEXT else {"type": "string", "format": "binary"}}}
    return {CONTENT_TYPE: {"schema": _alone(of, needed)}}


def _alone(cls: type[Record], needed: dict[str, Any]) -> dict[str, Any]:
    parts = [{"const": cls.NUMBER}, _fields_of(cls, needed)]
    return {
        "type": "array",
        "title": cls.__name__,
        "prefixItems": parts,
        "items": False,
        "minItems": 2,
        "maxItems": 2,
    }


def _fields_of(cls: type[Record], needed: dict[str, Any]) -> dict[str, Any]:
    if cls.__name__ not in needed:
        needed[cls.__name__] = {}  # a record may hold itself
        shapes = shapes_of(cls)
        needed[cls.__name__] = {
            "type": "object",
            "properties": {
                str(shape.number): {"title": shape.name, **_schema(shape.kind, needed)} for shape in shapes
            },
            "required": [str(shape.number) for shape in shapes if shape.needed],
            "additionalProperties": True,
        }
    return {"$ref": f"#/components/schemas/{cls.__name__}"}


_SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "word": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "format": "byte"},
    "float": {"type": "number"},
    "decimal": {"type": "number"},
    "time": {"type": "integer", "description": "Microseconds since 1970 UTC."},
    "date": {"type": "string", "format": "date"},
}


def _schema(kind: Kind, needed: dict[str, Any]) -> dict[str, Any]:
    if kind.base == "list" and kind.of:
        return {"type": "array", "items": _schema(kind.of, needed)}
    if kind.base == "maybe" and kind.of:
        return {"anyOf": [_schema(kind.of, needed), {"type": "null"}]}
    if kind.base == "record":
        return _fields_of(kind.cls, needed) if kind.cls is not None else {"type": "array"}
    return dict(_SCHEMAS[kind.base])
