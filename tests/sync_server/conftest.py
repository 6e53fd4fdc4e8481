# SPDX-License-Identifier: GPL-3.0-or-later
"""A server in this process with a clock that stands still, and one as a process of its own."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from clinic.domain.clock import FrozenClock
from clinic.domain.record import Record
from clinic.protocol.codec import decode, encode
from clinic.protocol.sync import (
    Challenge,
    Fault,
    Session,
    SyncRequest,
    SyncResponse,
    TrustPart,
)
from sync_server.app import build, open_desk
from sync_server.book.where import Where
from sync_server.desk import Desk
from tests.postgres_cluster import SERVER
from tests.server_process import ServerProcess
from tests.small_clinic import AT, Clinic, Somebody, proof, repeating, small_clinic


@dataclass
class Inside:
    """A desk and a way to send requests to its routes."""

    desk: Desk
    clock: FrozenClock
    clinic: Clinic

    def send(
        self, method: str, path: str, body: bytes = b"", token: str = "", **headers: str
    ) -> httpx.Response:
        if token:
            headers["authorization"] = f"Bearer {token}"
        return asyncio.run(self._send(method, path, body, headers))

    async def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=build(self.desk))
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            return await client.request(method, path, content=body, headers=headers)

    def say(self, method: str, path: str, record: Record, token: str = "") -> httpx.Response:
        return self.send(method, path, encode(record), token)

    def found(self) -> None:
        answer = self.say("POST", "/v1/trust", TrustPart(first=0, statements=self.clinic.log.statements))
        assert answer.status_code == 204, fault_of(answer)

    def token_of(self, who: Somebody) -> str:
        asked = proof(who, decode(self.send("GET", "/v1/challenge").content, Challenge))
        answer = self.say("POST", "/v1/session", asked)
        assert answer.status_code == 200, fault_of(answer)
        session = decode(answer.content, Session)
        assert session.expires_at == self.clock.now() + timedelta(hours=12)
        return session.token

    def sync(self, who: Somebody, *envelopes: bytes, token: str = "", **more: object) -> SyncResponse:
        request = SyncRequest(
            device=who.device,
            incarnation=who.incarnation,
            envelopes=envelopes,
            sent_at=AT,
            **more,  # type: ignore[arg-type]
        )
        answer = self.say("POST", "/v1/sync", request, token or self.token_of(who))
        assert answer.status_code == 200, fault_of(answer)
        return decode(answer.content, SyncResponse)


def fault_of(answer: httpx.Response) -> Fault:
    return decode(answer.content, Fault)


@pytest.fixture
def empty(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Inside]:
    """A server without an organisation; over PostgreSQL for who asks for it by that name (`indirect`)."""
    clock, where = FrozenClock(AT), None
    if getattr(request, "param", "sqlite") == "postgres":
        where = Where(tmp_path, request.getfixturevalue("postgres").url(SERVER), str(tmp_path))
    desk = open_desk(tmp_path, clock, repeating(b"server"), where)
    yield Inside(desk, clock, small_clinic())
    desk.book.close()


@pytest.fixture
def inside(empty: Inside) -> Inside:
    """A server of the small clinic."""
    empty.found()
    return empty


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server process on a folder of its own."""
    with ServerProcess(tmp_path) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def kept_in(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The arguments that put a server's book in either database."""
    if request.param == "sqlite":
        return ()
    return ("--database", request.getfixturevalue("postgres").url(SERVER), "--book", str(tmp_path))


@pytest.fixture
def either(tmp_path: Path, kept_in: tuple[str, ...]) -> Iterator[ServerProcess]:
    """A server process over either database."""
    with ServerProcess(tmp_path, *kept_in) as running:
        yield running
