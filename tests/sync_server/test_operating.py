# SPDX-License-Identifier: GPL-3.0-or-later
"""What whoever runs the server sees of it: health, counts, log lines, and an end in good order."""

import asyncio
import json
import logging
import os
import re
import shutil
import signal
from collections import namedtuple
from pathlib import Path

import httpx
import pytest
import socketio

from clinic.domain.errors import Refusal, Unavailable
from clinic.keys.trust import say
from clinic.protocol.codec import decode, encode
from clinic.protocol.sync import Fault, FaultNumber, SyncRequest, SyncResponse
from clinic.protocol.trust import Revoke
from clinic.transport.http import Remote
from sync_server.app import open_desk, read_key
from sync_server.book.where import Where
from sync_server.journal import Structured
from tests.postgres_cluster import SERVER
from tests.server_process import ServerProcess
from tests.small_clinic import AT, Clinic, repeating, small_clinic

from .conftest import Inside, fault_of

KEY = "a-key-of-the-operator"
LINE = re.compile(
    r"# (HELP|TYPE) .+|[a-z_:]+(\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\})? [0-9.e+-]+(inf)?", re.IGNORECASE
)


def test_ready_is_said_until_the_end_begins(inside: Inside) -> None:
    assert (inside.send("GET", "/readyz").status_code, inside.send("GET", "/readyz").text) == (200, "ready")
    inside.desk.stopping = True
    assert (inside.send("GET", "/readyz").status_code, inside.send("GET", "/readyz").text) == (
        503,
        "stopping",
    )
    assert inside.send("GET", "/healthz").status_code == 200


def test_a_full_disk_is_not_ready(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")(10, 9, 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert (inside.send("GET", "/readyz").status_code, inside.send("GET", "/readyz").text) == (503, "no room")


@pytest.mark.expects_log("unavailable")
def test_no_database_is_not_ready(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr("sync_server.book.thread.BookThread.ask", away)
    assert inside.send("GET", "/readyz").text == "no database"
    assert inside.send("GET", "/healthz").status_code == 507


def test_who_comes_while_the_server_stops_is_told_when_to_come_back(inside: Inside) -> None:
    token = inside.token_of(inside.clinic.ben)
    inside.desk.stopping = True
    answer = inside.send("POST", "/v1/sync", b"", token)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert fault_of(answer).number == FaultNumber.STOPPING


def test_counts_are_for_the_operator_and_name_nobody(inside: Inside) -> None:
    ben = inside.clinic.ben
    inside.sync(ben, ben.envelope(inside.clinic.log, "p:1", "Quiroga"))
    assert inside.send("GET", "/metrics", b"", KEY).status_code == 404
    inside.desk.metrics_key = KEY
    assert inside.send("GET", "/metrics", b"", KEY + "x").status_code == 401
    text = inside.send("GET", "/metrics", b"", KEY).text
    assert 'posta_envelopes_total{way="in"} 1.0' in text
    assert 'posta_requests_total{route="sync.exchange",status="200"} 1.0' in text
    assert "posta_exchange_seconds_count 1.0" in text and "process_resident_memory_bytes" in text
    assert all(LINE.fullmatch(line) for line in text.splitlines()), text
    for never in (ben.device, "p:1", "Quiroga", KEY):
        assert never not in text


def test_the_operators_key_is_read_and_not_too_short(tmp_path: Path) -> None:
    assert read_key(None) == ""
    file = tmp_path / "key"
    with pytest.raises(Unavailable):
        read_key(file)
    file.write_text("short\n")
    with pytest.raises(Refusal):
        read_key(file)
    file.write_text(KEY + "\n")
    assert read_key(file) == KEY


def test_a_structured_line_has_its_values_by_name_and_no_secrets() -> None:
    args = ({"device": "desk-a", "in": 3, "token": "f" * 64},)
    record = logging.LogRecord(
        "posta", logging.INFO, "", 0, "sync %(device)s: in %(in)d %(token)s", args, None
    )
    line = json.loads(Structured().format(record))
    assert (line["device"], line["in"], line["said"]) == ("desk-a", 3, "sync desk-a: in 3 [64]")
    assert "ffff" not in json.dumps(line)
    try:
        raise ValueError("Quiroga")
    except ValueError as error:
        bug = logging.LogRecord(
            "posta", logging.ERROR, "", 0, "bug", None, (ValueError, error, error.__traceback__)
        )
    assert (
        "Quiroga" not in Structured().format(bug)
        and "ValueError" in json.loads(Structured().format(bug))["where"]
    )


@pytest.mark.parametrize("place", ["file", "database"])
def test_what_another_server_wrote_in_the_trust_log_counts_here_at_once(
    inside: Inside, place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Revoked at one server of a shared database, refused at the other; in a file the rows are laid past the desk."""
    clinic, desk = inside.clinic, inside.desk
    if place == "database":
        where = Where(tmp_path, request.getfixturevalue("postgres").url(SERVER), str(tmp_path))
        desk = inside.desk = open_desk(tmp_path, inside.clock, repeating(b"one"), where)
        inside.found()
    token = inside.token_of(clinic.ben)
    assert inside.send("GET", "/v1/computers", b"", token).status_code == 200
    log = say(
        clinic.log, Revoke(device=clinic.ben.device, incarnation=1, last_env_no=0), clinic.eva.signer, AT
    )
    new = log.statements[len(desk.log.statements) :]
    desk.book.at_start(lambda book: book.append_statements(len(desk.log.statements), new))
    assert inside.send("GET", "/v1/computers", b"", token).status_code == 403
    assert desk.log.position == log.position
    if place == "database":
        desk.book.close()


# as a process


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="ends the server with a signal")
def test_an_exchange_under_way_ends_and_a_new_one_waits(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    with ServerProcess(tmp_path, "--log-json", "--metrics-key", str(tmp_path / "key")) as process:
        clinic = small_clinic()
        asyncio.run(_stopped_in_the_middle(process, clinic))
        assert process.wait() == 0
        process.start()
        assert asyncio.run(_acked(process, clinic)) == 1
        lines = [json.loads(line) for line in process.log.splitlines()]
        assert any(line.get("device") == clinic.eva.device and line.get("in") == 1 for line in lines)


async def _stopped_in_the_middle(process: ServerProcess, clinic: Clinic) -> None:
    remote = Remote(process.url, clinic.eva.device, clinic.eva.sign, fingerprint=clinic.log.fingerprint)
    await remote.found(clinic.log.statements)
    token = await remote.token()
    told = asyncio.Event()
    listener = socketio.AsyncClient(reconnection=False)
    listener.on("stopping", lambda data: told.set() if data["retry_after_s"] > 0 else None)
    await listener.connect(process.url, auth={"token": token}, transports=["websocket"])
    envelope = clinic.eva.envelope(clinic.log, "p:1", "half sent")
    body = encode(SyncRequest(device=clinic.eva.device, incarnation=1, envelopes=(envelope,), sent_at=AT))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def pieces() -> object:
        yield body[:100]
        begun.set()
        await go_on.wait()
        yield body[100:]

    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=process.url, timeout=20) as client:
        slow = asyncio.create_task(client.post("/v1/sync", content=pieces(), headers=headers))
        await begun.wait()
        while b"posta_requests_under_way 2.0" not in (await _counts(client)):
            pass
        process.signal(signal.SIGTERM)
        await asyncio.wait_for(told.wait(), 10)
        late = await client.post("/v1/sync", content=body, headers=headers)
        assert (late.status_code, decode(late.content, Fault).number) == (503, FaultNumber.STOPPING)
        assert late.headers["retry-after"] == "5"
        go_on.set()
        answer = await slow
        assert decode(answer.content, SyncResponse).acked_env_no == 1
    await listener.disconnect()
    await remote.close()


async def _counts(client: httpx.AsyncClient) -> bytes:
    return (await client.get("/metrics", headers={"authorization": f"Bearer {KEY}"})).content


async def _acked(process: ServerProcess, clinic: Clinic) -> int:
    remote = Remote(process.url, clinic.eva.device, clinic.eva.sign, fingerprint=clinic.log.fingerprint)
    answer = await remote.sync(SyncRequest(device=clinic.eva.device, incarnation=1, sent_at=AT))
    await remote.close()
    return answer.acked_env_no
