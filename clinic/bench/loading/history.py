# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pull costs when the history is long: the same hundred new envelopes, with a short and a long book behind them.

The book is filled as any is: nine desks of a team hand in envelopes that are sealed and signed, PER_ENVELOPE records each,
through `/v1/sync`; a chart grows to A_CHART records, then the next begins: a longer history is of more people. The tenth
desk has all of it and takes what is new, round after round, with the exchange that confirms it.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from statistics import median

from clinic.bench.loading.crew import TEAM_SIZE, trust_log
from clinic.bench.loading.driver import Desk
from clinic.bench.loading.servers import Servers
from clinic.bench.loading.watch import cpu_s
from clinic.bench.result import Result
from clinic.domain.errors import Unavailable
from clinic.keys.roster import statement_hash
from clinic.transport.http import Remote

PER_ENVELOPE, A_CHART, NEW, ROUNDS = 20, 80, 100, 11
GROWS_BY = 1.2
"""The most a pull may cost with ten times the history, in times of what it cost before."""
_AT_ONCE = 200
"""Envelopes in an exchange that fills the book."""
Place = Callable[[Path], AbstractContextManager[Servers]]


def pulls(short: int, long: int, place: Place) -> Iterator[Result]:
    """With so many records of history, and with so many. Raises Unavailable."""
    found = [asyncio.run(_pull(ops, place)) for ops in (short, long)]
    (seconds, cpu), (later_s, later_cpu) = found
    names = f"{NEW} new, {long:,} records behind them, against {short:,}"
    for what, before, after in (("time", seconds, later_s), ("server processor", cpu, later_cpu)):
        yield Result(
            f"pull of {names}: {what}", after / before, "x", GROWS_BY, "lower",
            also={"ms before": 1000 * before, "ms after": 1000 * after},
        )  # fmt: skip


async def _pull(ops: int, place: Place) -> tuple[float, float]:
    """Seconds, and of the server's processor, that a pull takes."""
    with ExitStack() as ending:
        folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="posta-bench-"))
        servers = ending.enter_context(place(Path(folder)))
        *writers, reader = await _team(servers)
        for nth, writer in enumerate(writers):
            await _fill(
                writer, ops // PER_ENVELOPE // len(writers) + (nth < ops // PER_ENVELOPE % len(writers))
            )
        await reader.all_of_it()
        rounds = [await _round(writers, reader, servers) for _ in range(ROUNDS)]
        for desk in (*writers, reader):
            desk.leave()
    return median(seconds for seconds, _ in rounds), median(cpu for _, cpu in rounds)


async def _team(servers: Servers) -> list[Desk]:
    seed, port = b"history", servers.ports[0]
    statements = trust_log(seed, TEAM_SIZE)
    remote = Remote(f"http://127.0.0.1:{port}")
    await remote.found(statements)
    await remote.close()
    desks = [Desk(number, seed, 0, PER_ENVELOPE) for number in range(TEAM_SIZE)]
    for desk in desks:
        await desk.log_in(port, statement_hash(statements[0]), len(statements) - 1)
    return desks


async def _fill(writer: Desk, envelopes: int) -> None:
    """Charts of A_CHART records, one after the other, each with its key first."""
    a_chart, some = A_CHART // PER_ENVELOPE, list(writer.grants)
    for nth in range(envelopes):
        chart = nth // a_chart
        if nth % a_chart == 0 and chart >= len(writer.grants):
            some.append(writer.member.grant(chart))
        some.append(writer.member.envelope(PER_ENVELOPE, chart)[1])
        if len(some) >= _AT_ONCE:
            await _hand_in(writer, some)
    await _hand_in(writer, some)


async def _hand_in(writer: Desk, some: list[bytes]) -> None:
    """Without taking what others have written."""
    await writer.exchange(*some, budget=0)
    some.clear()


async def _round(writers: list[Desk], reader: Desk, servers: Servers) -> tuple[float, float]:
    for nth, writer in enumerate(writers):
        new = [
            writer.member.envelope(PER_ENVELOPE, chart)[1]
            for chart in range(len(range(nth, NEW, len(writers))))
        ]
        await writer.exchange(*new, budget=0)
    before, received, began = cpu_s(servers.pids), reader.received, time.perf_counter()
    await reader.all_of_it()
    seconds, cpu = time.perf_counter() - began, cpu_s(servers.pids) - before
    if reader.received - received != NEW:
        raise Unavailable("Of {due} new ones {came} came.", due=NEW, came=reader.received - received)
    return seconds, cpu
