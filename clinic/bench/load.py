# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta bench load`: how many devices and how much work a server carries, and what a pull costs when the history is long.

Real server processes, real connections, envelopes that were sealed before (`clinic.bench.loading`). An op is a record; an
exchange brings one envelope of OPS_EACH of them, as a visit leaves, and takes what the colleagues of the team have written.
Targets: docs/benchmarks.md.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from clinic.bench.loading.crew import TEAM_SIZE, trust_log
from clinic.bench.loading.history import pulls
from clinic.bench.loading.servers import Servers, on_postgres, on_sqlite
from clinic.bench.loading.watch import FLAT_PERCENT, Course, Held, Watch, course
from clinic.bench.result import Result, percentile
from clinic.bench.syncing.processes import Told
from clinic.domain.errors import Unavailable
from clinic.keys.roster import statement_hash
from clinic.protocol.codec import encode
from clinic.protocol.sync import TrustPart

OPS_EACH = 5
PARTS = ("sqlite", "postgres", "pull")
HISTORY = 100_000, 1_000_000
EXCHANGE_MS, BELL_MS, SATURATED = 200.0, 500.0, 0.8
_A_LITTLE_MORE = 1.02
"""So much more is offered than the target asks, so that what is reached is no less for the last exchange's sake."""
_WORKERS = max(2, (os.cpu_count() or 2) // 2)
_POINTS = 60


@dataclass(frozen=True, slots=True)
class Load:
    """So many devices connected, so many records a second, for so long."""

    devices: int
    ops_s: float
    seconds: float
    ops_each: int = OPS_EACH
    drivers: int = 2

    @property
    def every_s(self) -> float:
        """How often each device exchanges."""
        return self.devices * self.ops_each / (self.ops_s * _A_LITTLE_MORE)

    @property
    def look_every_s(self) -> float:
        """How often memory is read."""
        return min(1.0, self.seconds / 20)

    @property
    def envelopes(self) -> int:
        """How many each device writes, at most."""
        return int(self.seconds / self.every_s) + 2


Place = Callable[[Path], AbstractContextManager[Servers]]


def measure(minutes: float, parts: Sequence[str] | None = None) -> Iterator[Result]:
    """The length for each database, and some minutes for what comes before it; the history of the pulls takes some more."""
    parts = parts or PARTS
    if "sqlite" in parts:
        yield from _place("SQLite", on_sqlite, Load(200, 500, 60 * minutes))
    if "postgres" in parts:
        place = f"PostgreSQL, {_WORKERS} workers"
        yield from _place(
            place, lambda folder: on_postgres(folder, _WORKERS), Load(2_000, 2_000, 60 * minutes)
        )
    if "pull" in parts:
        yield from pulls(*HISTORY, on_sqlite)


def _place(name: str, place: Place, load: Load) -> Iterator[Result]:
    try:
        yield from loaded(name, place, load)
    except Unavailable as missing:
        what = _names(name, load)
        for measure, target, unit in ((what.exchange, EXCHANGE_MS, "ms"), (what.rate, load.ops_s, "/s")):
            better = "higher" if unit == "/s" else "lower"
            yield Result(measure, 0.0, unit, target, better, absent=str(missing))


@dataclass(frozen=True, slots=True)
class _Names:
    exchange: str
    rate: str


def _names(name: str, load: Load) -> _Names:
    return _Names(f"{name}: an exchange with {load.devices} connected, p95", f"{name}: ops taken")


def loaded(name: str, place: Place, load: Load) -> Iterator[Result]:
    """What one place reaches under that load. Raises Unavailable where it cannot be had."""
    with _folder() as folder, place(folder) as servers, _drivers(load) as drivers:
        _connected(servers, drivers, load)
        beside = servers.beside_s()
        with Watch(servers.pids, load.look_every_s) as watch:
            told = _all(drivers, {"do": "go", "seconds": load.seconds, "every_s": load.every_s})
        yield from _told(
            name, load, told, watch, (servers.beside_s() - beside) / watch.took_s, len(servers.pids)
        )


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="posta-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _drivers(load: Load) -> Iterator[list[Told]]:
    """The processes, with all they will send made already."""
    with ExitStack() as ending:
        drivers = []
        for _ in range(load.drivers):
            drivers.append(Told([sys.executable, "-m", "clinic.bench.loading.driver"]))
            ending.callback(drivers[-1].close)
        yield drivers


def _connected(servers: Servers, drivers: Sequence[Told], load: Load) -> None:
    seed = os.urandom(16)
    statements = trust_log(seed, load.devices)
    found(servers.ports[0], statements)
    teams = -(-load.devices // TEAM_SIZE)
    edges = [min(load.devices, TEAM_SIZE * (teams * nth // len(drivers))) for nth in range(len(drivers) + 1)]
    parts = [(first, last - first) for first, last in pairwise(edges)]
    common = {"seed": seed.hex(), "envelopes": load.envelopes, "ops": load.ops_each}
    _each(drivers, [{"do": "prepare", "first": first, "count": size, **common} for first, size in parts])
    known = {"fingerprint": statement_hash(statements[0]).hex(), "position": len(statements) - 1}
    _all(drivers, {"do": "connect", "ports": servers.ports, **known})


def found(port: int, statements: tuple[bytes, ...]) -> None:
    """Hands in the trust log. Raises Unavailable."""
    body = encode(TrustPart(first=0, statements=statements))
    answer = httpx.post(f"http://127.0.0.1:{port}/v1/trust", content=body, timeout=300, trust_env=False)
    if answer.status_code != 204:
        raise Unavailable("The server does not take the trust log ({status}).", status=answer.status_code)


def _all(drivers: Sequence[Told], what: dict[str, Any]) -> list[dict[str, Any]]:
    return _each(drivers, [what] * len(drivers))


def _each(drivers: Sequence[Told], whats: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Their answers; all work at the same time. Raises Unavailable when one has ended."""
    for driver, what in zip(drivers, whats, strict=True):
        driver.say(what)
    answers = [driver.line() for driver in drivers]
    for driver, answer in zip(drivers, answers, strict=True):
        if not answer:
            raise Unavailable("The load could not be made: {why}", why=driver.why())
    return [json.loads(answer) for answer in answers]


def _told(
    name: str, load: Load, told: Sequence[Mapping[str, Any]], watch: Watch, beside: float, workers: int
) -> Iterator[Result]:
    """Every figure of one place."""
    exchanges = [ms for one in told for ms in one["exchange_ms"]] or [0.0]
    bells = [ms for one in told for ms in one["bell_ms"]] or [0.0]
    names = _names(name, load)
    total = {
        key: sum(one[key] for one in told)
        for key in ("ops", "errors", "late", "links_lost", "missing", "bells_due")
    }
    if not total["ops"]:
        raise Unavailable(
            "Nothing was exchanged: {why}", why="; ".join(told[0]["first_errors"]) or "no reason given"
        )
    yield Result(
        names.exchange, percentile(exchanges, 0.95), "ms", EXCHANGE_MS, "lower",
        also={"p50": percentile(exchanges, 0.5), "p99": percentile(exchanges, 0.99), "most": max(exchanges)},
        course=_through_time(told), unit_of_course="ms, p95 as time went",
    )  # fmt: skip
    took = max(one["took_s"] for one in told)
    yield Result(
        names.rate, total["ops"] / took, "/s", load.ops_s, "higher",
        also={"exchanges": len(exchanges), "each with": load.ops_each, "late": total["late"]},
    )  # fmt: skip
    yield Result(f"{name}: exchanges that failed", total["errors"], "", 0, "lower")
    yield Result(f"{name}: envelopes that reached not every colleague", total["missing"], "", 0, "lower")
    yield Result(f"{name}: doorbells that went", total["links_lost"], "", 0, "lower")
    yield Result(f"{name}: from a write to a colleague's bell, p95", percentile(bells, 0.95), "ms", BELL_MS, "lower",
                 also={"p50": percentile(bells, 0.5)})  # fmt: skip
    due = total["bells_due"] or 1
    yield Result(f"{name}: bells that were not heard", 100 * (due - len(bells)) / due, "%", 0.1, "lower")
    yield from memory(name, watch.held, workers)
    yield Result(
        f"{name}: a worker's share of a processor", 100 * watch.cpu_share / workers, "%", 90, "lower",
        also={"database and Redis": 100 * beside},
    )  # fmt: skip
    yield Result(
        f"{name}: a generator's share of a processor", 100 * max(one["cpu_share"] for one in told), "%",
        100 * SATURATED, "lower",
    )  # fmt: skip


def memory(name: str, held: Sequence[Held], workers: int) -> Iterator[Result]:
    """Whether it stays as it is."""
    seen: Course = course(held)
    yield Result(
        f"{name}: growth of the server's memory", seen.growth_percent, "%", FLAT_PERCENT, "lower",
        also={
            "MB at the start": seen.start, "middle": seen.middle, "end": seen.end, "MB a minute": seen.a_minute,
            "PSS at the end": held[-1].pss / 2**20, "workers": workers,
        },
        course=_points([one.rss / 2**20 for one in held]), unit_of_course="MB as time went",
    )  # fmt: skip


def _through_time(told: Sequence[Mapping[str, Any]]) -> tuple[float, ...]:
    """p95 of each slice of the run; a process tells its exchanges in the order in which they ended."""
    slices: list[list[float]] = [[] for _ in range(_POINTS)]
    for one in told:
        each = one["exchange_ms"]
        for nth, ms in enumerate(each):
            slices[nth * _POINTS // len(each)].append(ms)
    return tuple(round(percentile(some, 0.95), 1) for some in slices if some)


def _points(values: Sequence[float]) -> tuple[float, ...]:
    step = max(1, len(values) // _POINTS)
    return tuple(round(value, 2) for value in values[::step])
