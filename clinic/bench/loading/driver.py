# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that drives a part of the crew, told by lines of JSON: prepare, connect, go. `python -m clinic.bench.loading.driver`.

The rate is kept whatever the server does: an exchange is due at its time, and its latency counts from then, also if the one
before it is not over. A bell is timed from the moment its write left.
"""

import asyncio
import json
import sys
import time
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from clinic.bench.loading.crew import PATIENTS, TEAM_SIZE, Member
from clinic.bench.loading.wire import Bell, Http
from clinic.domain.ids import ScopeId
from clinic.keys.sessions import session_proof
from clinic.protocol.codec import decode, dumps, encode, loads
from clinic.protocol.squeezed import unsqueezed
from clinic.protocol.sync import Challenge, Session, SessionRequest, SyncRequest
from clinic.sync.exchange import cursor_sum, moved_sum

BEAT_EVERY_S, ARRIVING = 1.0, 8
"""Each desk's beat, as in `clinic.transport.socket`; how many log in at the same time."""
_MOST_ANSWER, _BUDGET, _SETTLE_S = 16 * 1024 * 1024, 262_144, 3.0
_ENVELOPES, _MORE, _WANTED, _REFUSED, _EPOCH, _ACKED = 8, 10, 11, 5, 2, 4
"""Field numbers of SyncResponse, which is read here without being made a record: it is the generator's time."""


@dataclass
class Seen:
    """What one process has seen since `go`."""

    exchange_ms: list[float] = field(default_factory=list)
    bell_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ops: int = 0
    bells_due: int = 0
    late: int = 0
    """Exchanges whose turn came while the one before was not over."""


class Desk:
    """One device: its standing connections, what it will write, how far it has read."""

    def __init__(self, number: int, seed: bytes, envelopes: int, ops: int) -> None:
        self.member, self._number = Member(seed, number), number
        self.grants = list(self.member.grants())
        self.waiting = [self.member.envelope(ops, nth % PATIENTS) for nth in range(envelopes)]
        self._seqs = {scope: 1 for scope, _ in self.waiting}
        self._cursors: dict[ScopeId, int] = {}
        self._sum = cursor_sum({})
        self._news: dict[ScopeId, bytes] = {}
        self._epoch, self._token = "", ""
        self.sent = self.acked = self.received = 0
        self.bell: Bell | None = None

    async def arrive(self, port: int, fingerprint: bytes, position: int, heard: "Crew") -> None:
        """Logs in, listens, and lays down the keys of its scopes. Raises OSError, Unavailable, Refusal."""
        await self.log_in(port, fingerprint, position)
        self.bell = await Bell.connected(port, self._number, self._token, heard.hear)
        await self.exchange(*self.grants)

    async def log_in(self, port: int, fingerprint: bytes, position: int) -> None:
        """Proves its key. Raises OSError, Refusal."""
        self._position = position
        self._http = await Http.connected(port, self._number)
        _, body = await self._http.ask("GET", "/v1/challenge")
        told = decode(body, Challenge)
        proof = self.member.keys.sign(session_proof(fingerprint, told.server, b"", told.nonce))
        asked = SessionRequest(device=self.member.device, nonce=told.nonce, signature=proof)
        _, body = await self._http.ask("POST", "/v1/session", body=encode(asked))
        self._token = decode(body, Session).token

    def next(self) -> tuple[ScopeId, int, bytes]:
        """(scope, the seq it will have, envelope) of what is written next."""
        scope, wire = self.waiting[self.sent % len(self.waiting)]
        self.sent += 1
        self._seqs[scope] += 1
        return scope, self._seqs[scope], wire

    async def exchange(self, *wires: bytes, budget: int = _BUDGET) -> bool:
        """Hands in and takes what is new; True if there is more. Raises OSError, Refusal, ValueError (the server's error)."""
        body = self._request(wires, budget)
        status, answered = await self._http.ask("POST", "/v1/sync", self._token, body)
        if status != 200:
            raise ValueError(f"status {status}")
        self._news.clear()
        answer = loads(unsqueezed(answered, _MOST_ANSWER))[1]
        if answer.get(_REFUSED) or answer.get(_WANTED):
            raise ValueError("refused" if answer.get(_REFUSED) else "cursors wanted")
        self._epoch, self.acked = answer[_EPOCH], answer[_ACKED]
        for one in answer.get(_ENVELOPES, ()):
            scope, seq, chain = one[1], one[2], one[3]
            if seq != self._cursors.get(scope, 0) + 1:
                raise ValueError("out of order")
            self._sum = moved_sum(self._sum, {scope: seq - 1}, {scope: seq})
            self._cursors[scope], self._news[scope] = seq, chain[:8]
            self.received += 1
        return bool(answer.get(_MORE))

    def _request(self, wires: Iterable[bytes], budget: int) -> bytes:
        return dumps(
            [
                SyncRequest.NUMBER,
                {
                    3: self.member.device, 4: 1, 5: self._epoch, 6: self._sum,
                    7: [{1: scope, 2: self._cursors[scope], 3: chain} for scope, chain in self._news.items()],
                    9: self._position, 11: list(wires), 12: budget, 13: time.time_ns() // 1000, 20: True, 21: True,
                },
            ]
        )  # fmt: skip

    async def all_of_it(self) -> None:
        """Until there is nothing more, and that is confirmed."""
        while await self.exchange() or self._news:
            pass

    def leave(self) -> None:
        if self.bell is not None:
            self.bell.close()
        self._http.close()


class Crew:
    """All desks of this process."""

    def __init__(self) -> None:
        self.desks: list[Desk] = []
        self.seen = Seen()
        self._left_at: dict[tuple[str, int], float] = {}
        self._per = 1

    def prepare(self, seed: str, first: int, count: int, envelopes: int, ops: int) -> dict[str, Any]:
        self._per = ops
        self.desks = [Desk(n, bytes.fromhex(seed), envelopes, ops) for n in range(first, first + count)]
        return {"bytes": sum(len(wire) for desk in self.desks for _, wire in desk.waiting)}

    async def connect(self, ports: list[int], fingerprint: str, position: int) -> dict[str, Any]:
        turn = asyncio.Semaphore(ARRIVING)

        async def one(nth: int, desk: Desk) -> None:
            async with turn:
                await desk.arrive(ports[nth % len(ports)], bytes.fromhex(fingerprint), position, self)

        await asyncio.gather(*(one(nth, desk) for nth, desk in enumerate(self.desks)))
        self._beats = asyncio.create_task(self._beat())
        for desk in self.desks:
            await desk.all_of_it()
        return {"here": len(self.desks)}

    async def _beat(self) -> None:
        """Spread over the second, as those of people are."""
        while True:
            began = time.perf_counter()
            for nth, desk in enumerate(self.desks):
                due = began + BEAT_EVERY_S * nth / len(self.desks)
                if (wait := due - time.perf_counter()) > 0.002:
                    await asyncio.sleep(wait)
                if desk.bell is not None:
                    desk.bell.beat()
            await asyncio.sleep(max(0.0, began + BEAT_EVERY_S - time.perf_counter()))

    def hear(self, event: str, data: Mapping[str, Any]) -> None:
        if event == "bell":
            left = self._left_at.get((data["scope"], data["seq"]))
            if left is not None:
                self.seen.bell_ms.append(1000 * (time.perf_counter() - left))

    async def go(self, seconds: float, every_s: float) -> dict[str, Any]:
        """Each desk's exchange every so many seconds, evenly spread, for that long; then all take what is left."""
        self.seen = Seen()
        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.gather(
            *(
                self._desk(desk, began + every_s * nth / len(self.desks), began + seconds, every_s)
                for nth, desk in enumerate(self.desks)
            )
        )
        took = time.perf_counter() - began
        share = (time.process_time() - cpu) / took
        await asyncio.sleep(_SETTLE_S)
        return self._told(took, share, await self._missing())

    async def _desk(self, desk: Desk, due: float, end: float, every_s: float) -> None:
        while due < end:
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            else:
                self.seen.late += wait < -every_s / 2
            await self._guarded(self._one(desk, due))
            due += every_s

    async def _one(self, desk: Desk, due: float) -> None:
        scope, seq, wire = desk.next()
        self._left_at[scope, seq] = time.perf_counter()
        self._left_at.pop((scope, seq - 10), None)
        more = await desk.exchange(wire)
        self.seen.exchange_ms.append(1000 * (time.perf_counter() - due))
        self.seen.ops += self._per
        self.seen.bells_due += len(self._team(desk)) - 1
        while more:
            began = time.perf_counter()
            more = await desk.exchange()
            self.seen.exchange_ms.append(1000 * (time.perf_counter() - began))

    def _team(self, desk: Desk) -> list[Desk]:
        first = (desk.member.number - self.desks[0].member.number) // TEAM_SIZE * TEAM_SIZE
        return self.desks[first : first + TEAM_SIZE]

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  # whatever goes wrong is counted
            self.seen.errors.append(f"{type(error).__name__}: {error}")

    async def _missing(self) -> int:
        """Envelopes of colleagues that did not come, once everybody has asked for what is left."""
        for desk in self.desks:
            await self._guarded(desk.all_of_it())
        return sum(
            sum(one.acked for one in self._team(desk)) - desk.acked - desk.received for desk in self.desks
        )

    def _told(self, took: float, share: float, missing: int) -> dict[str, Any]:
        seen = self.seen
        lost = sum(desk.bell is None or desk.bell.lost for desk in self.desks)
        return {
            "took_s": took, "cpu_share": share, "exchange_ms": [round(ms, 2) for ms in seen.exchange_ms],
            "bell_ms": [round(ms, 2) for ms in seen.bell_ms], "bells_due": seen.bells_due, "ops": seen.ops,
            "errors": len(seen.errors), "first_errors": seen.errors[:5], "late": seen.late, "links_lost": lost,
            "missing": missing,
        }  # fmt: skip


async def main() -> None:
    """Obeys until its input ends."""
    crew, loop = Crew(), asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        told = json.loads(line)
        verb = told.pop("do")
        done = getattr(crew, verb)(**told)
        print(json.dumps(await done if asyncio.iscoroutine(done) else done), flush=True)
    for desk in crew.desks:
        desk.leave()


def open_wide() -> None:
    """As many files as the system lets this process have: two sockets a desk."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


if __name__ == "__main__":
    open_wide()
    asyncio.run(main())
