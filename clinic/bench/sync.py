# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta bench sync`: two desks and a server process, with SQLCipher on, over a link that counts, is thin, or is cut.

The records are those other engines are measured with (`--records FILE`), or, without the file, generated ones of the same kinds.
Targets: docs/benchmarks.md. "Silently lost" is an edit that no version standing in the store shows.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from clinic.bench.peers_records import facts_of, records
from clinic.bench.result import Result
from clinic.bench.syncing.clinic import Client, Measured, clinic
from clinic.bench.syncing.link import Counted, Shape
from clinic.bench.syncing.made_up import made_up
from clinic.domain.facts import Appointment, Communication, Consent, Fact, Observation
from clinic.domain.ids import PatientId
from clinic.keys.consents import sign_consent
from clinic.protocol.envelope import P0_ALERT
from clinic.services.desks import Desk

THIN = Shape(rtt_ms=600, kbit=128)
_FEW, _EDITS, _BOTH = 1_000, 100, 10
_CUT = 100_000
_YEAR = 365
Place = Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of work on the link."""

    counted: Counted
    seconds: float
    server_s: float

    @property
    def bytes(self) -> int:
        return self.counted.up + self.counted.down


def measure(count: int, source: Path | None) -> Iterator[Result]:
    """Whole, thin and cut; a second or so for each thousand records, and a minute."""
    place = cast("Place", lambda: tempfile.TemporaryDirectory(prefix="posta-bench-"))
    with place() as folder, clinic(Path(folder)) as there:
        yield from _whole(there, count, source)
    with place() as folder, clinic(Path(folder)) as there:
        yield from _thin(there, min(count, _FEW), source)
    with place() as folder, clinic(Path(folder)) as there:
        yield from _cut(there, count, source)
    with place() as folder, clinic(Path(folder)) as there:
        yield from _urgent(there, count, source)
    with place() as folder, clinic(Path(folder)) as there:
        yield from _newcomer(there, count, source)


def _phase(there: Measured, work: Callable[[], object], shape: Shape | None = None) -> Phase:
    there.link.be(shape or Shape())
    server, began = there.cpu_s(), time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    return Phase(there.link.be(), seconds, there.cpu_s() - server)


def _written(client: Client, count: int, source: Path | None) -> list[Fact]:
    """That many facts, written one by one as people write."""
    device = client.desk.device
    facts = list(facts_of(list(records(source))[:count], device) if source else made_up(count, device))
    facts = [_signed(one, client.desk) if isinstance(one, Consent) else one for one in facts]
    for fact in facts:
        client.desk.write(fact)
    return facts


def _signed(consent: Consent, desk: Desk) -> Consent:
    """As one that is believed: by this computer, before who sits at it."""
    return sign_consent(replace(consent, witness=desk.someone.user), desk.device_keys, desk.user_keys)


def _whole(there: Measured, count: int, source: Path | None) -> Iterator[Result]:
    there.a.sync()
    there.b.sync()
    facts = _written(there.a, count, source)
    there.a.exchanges = 0
    push = _phase(there, there.a.sync)
    pull = _phase(there, there.b.sync)
    yield Result("bytes a record, all at once, up", push.bytes / count, "B", 130, "lower")
    yield Result("exchanges for all, connected before", there.a.exchanges, "", 1, "lower")
    yield Result("push, SQLCipher on", count / push.seconds, "/s", 20_000, "higher")
    yield Result("pull, SQLCipher on", count / pull.seconds, "/s", 25_000, "higher")
    yield Result("server processor for 10,000 records", push.server_s * 10_000 / count, "s", 0.10, "lower")
    yield Result("server memory, peak", there.peak_mb(), "MB", 60, "lower")
    there.b.sync()
    noop = _phase(there, there.b.sync)
    scopes = len({fact.patient for fact in facts})
    yield Result(f"nothing new, {scopes} patients", noop.bytes, "B", 300, "lower")
    yield from _in_batches(there, source)


def _in_batches(there: Measured, source: Path | None) -> Iterator[Result]:
    """A visit's worth of one patient, synced each time; and the same number of whoever comes."""
    device = there.a.desk.device
    made = list(facts_of(list(records(source))[:1_000], device) if source else made_up(1_000, device))
    made = [one for one in made if not isinstance(one, Consent)]
    for size, target in ((20, 170), (250, 130)):
        for whose in ("one patient", "whoever comes"):
            facts = [
                replace(fact, id=type(fact.id)(there.a.desk.new_id())) for fact in made[: max(size, 500)]
            ]
            if whose == "one patient":
                facts = [replace(fact, patient=made[0].patient) for fact in facts]
            runs = [facts[at : at + size] for at in range(0, len(facts), size)]
            spent = sum(_phase(there, lambda run=run: _send(there.a, run)).bytes for run in runs)  # type: ignore[misc]
            yield Result(
                f"bytes a record, {size} together, {whose}", spent / len(facts), "B", target, "lower"
            )


def _send(client: Client, facts: Sequence[Fact]) -> None:
    for fact in facts:
        client.desk.write(fact)
    client.sync()


def _thin(there: Measured, count: int, source: Path | None) -> Iterator[Result]:
    there.a.sync()
    there.b.sync()
    facts = _written(there.a, count, source)
    push = _phase(there, there.a.sync, THIN)
    yield Result(
        f"{count} records at 600 ms, 128 kbit/s: push", push.seconds, "s", 11 * count / _FEW, "lower"
    )
    there.b.sync()
    ours, theirs = _edits(facts)
    for client, edits in ((there.a, ours), (there.b, theirs)):
        for fact in edits:
            client.desk.write(fact)

    def converge() -> None:
        for client in (there.a, there.b, there.a):
            client.sync()

    both = _phase(there, converge, THIN)
    yield Result("100 + 100 edits at 600 ms, 128 kbit/s: converge", both.seconds, "s", 5, "lower")
    lost = sum(not _stands(client.desk, fact) for client in (there.a, there.b) for fact in (*ours, *theirs))
    yield Result("edits silently lost, 10 of them in conflict", lost, "", 0, "lower")


def _edits(facts: Sequence[Fact]) -> tuple[list[Fact], list[Fact]]:
    """Changed texts: the first ten of both lists are of the same facts."""
    texts = [fact for fact in facts if isinstance(fact, Communication | Observation | Appointment)]
    ours = [_edited(fact, "cambiado aquí") for fact in texts[:_EDITS]]
    others = texts[:_BOTH] + texts[_EDITS : 2 * _EDITS - _BOTH]
    return ours, [_edited(fact, "cambiado allá") for fact in others]


def _edited(fact: Communication | Observation | Appointment, words: str) -> Fact:
    return replace(fact, reason=words) if isinstance(fact, Appointment) else replace(fact, text=words)


def _stands(desk: Desk, fact: Fact) -> bool:
    return any(op.fact == fact for op in desk.book.read(lambda page: page.standing(fact.NUMBER, fact.id)))


def _cut(there: Measured, count: int, source: Path | None) -> Iterator[Result]:
    there.a.sync()
    facts = _written(there.a, count, source)
    cuts = _phase(there, there.a.sync_through_cuts, Shape(cut=_CUT))
    there.b.sync()
    sent = there.a.desk.book.read(lambda page: page._one("SELECT sum(length(envelope)) FROM outbox")[0])
    extra = 100 * (cuts.counted.up - sent) / sent
    yield Result(f"more bytes when cut each 100 kB ({cuts.counted.cuts} times)", extra, "%", 20, "lower")
    missing = sum(not _stands(there.b.desk, fact) for fact in facts)
    yield Result("records missing after the cuts", missing, "", 0, "lower")


def _urgent(there: Measured, count: int, source: Path | None) -> Iterator[Result]:
    """Something that cannot wait is written while a backlog leaves over 64 kbit/s; how long until the other desk has it."""
    there.a.sync()
    there.b.sync()
    facts = _written(there.a, count, source)
    pain = Communication(
        id=type(facts[0].id)(there.a.desk.new_id()), patient=PatientId(facts[0].patient), sent_at=there.a.desk.clock.now(),
        sender="u", text="no autorizo más",
    )  # fmt: skip
    there.link.be(Shape(rtt_ms=300, kbit=64))
    seconds = there.arrives(pain, P0_ALERT)
    there.link.be()
    yield Result("urgent behind the backlog at 64 kbit/s", seconds, "s", 5, "lower")


def _newcomer(there: Measured, count: int, source: Path | None) -> Iterator[Result]:
    """The records come to the centre over a year, some each day; then a computer that holds nothing is admitted."""
    there.a.sync()
    device = there.a.desk.device
    facts = list(facts_of(list(records(source))[:count], device) if source else made_up(count, device))
    facts = [_signed(one, there.a.desk) if isinstance(one, Consent) else one for one in facts]
    a_day = max(1, len(facts) // _YEAR)
    for at in range(0, len(facts), a_day):
        _send(there.a, facts[at : at + a_day])
    there.server.restart(_over_a_year)
    new = there.newcomer("Inés Gil")
    try:
        day = _phase(there, new.look, THIN)
        yield Result("new computer at 600 ms, 128 kbit/s: first useful screen", day.seconds, "s", 15, "lower")
        yield Result("new computer: bytes until then", day.bytes, "B", 240_000, "lower")
        month = _phase(there, new.look, THIN)
        until = day.seconds + month.seconds
        yield Result("new computer: everybody of the last 30 days", until, "s", 60, "lower")
        there.link.be()
        new.sync()
        missing = sum(not _stands(new.desk, fact) for fact in facts)
        yield Result("new computer: records missing in the end", missing, "", 0, "lower")
    finally:
        new.close()


def _over_a_year(book: Path) -> None:
    """What came to the centre within seconds came over the last year."""
    with closing(sqlite3.connect(book)) as raw:
        first, last = raw.execute("SELECT min(received_at), max(received_at) FROM envelopes").fetchone()
        stretched = _YEAR * 24 * 3600 * 1_000_000 // max(1, last - first)
        raw.execute("UPDATE envelopes SET received_at = ? - (? - received_at) * ?", (last, last, stretched))
        raw.commit()
