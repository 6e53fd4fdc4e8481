# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta bench sync`: two desks and a server process, with SQLCipher on, over a link that counts, is thin, loses, or is cut.

The records are those other engines are measured with (`--records FILE`), or, without the file, generated ones of the same kinds.
With `--peers FOLDER` Anki and PouchDB do the same work in the same run. Targets: docs/benchmarks.md. "Silently lost" is an
edit that no version standing in the store shows.
"""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from clinic.bench.peers_records import facts_of, records
from clinic.bench.result import Result, beside
from clinic.bench.syncing.beside import (
    CUT,
    FEW,
    LOSSY,
    SHARE_BOTH,
    SHARE_EDITED,
    THIN,
    Figure,
    measured,
)
from clinic.bench.syncing.clinic import Client, Measured, clinic
from clinic.bench.syncing.link import Counted, Shape
from clinic.bench.syncing.lossy import Air
from clinic.bench.syncing.made_up import made_up
from clinic.domain.errors import Unavailable
from clinic.domain.facts import Appointment, Communication, Consent, DocumentReference, Fact, Observation
from clinic.domain.ids import FactId, PatientId
from clinic.keys.consents import sign_consent
from clinic.protocol.envelope import P0_ALERT
from clinic.services.desks import Desk
from clinic.services.messages import keep_bytes

_MANY_PATIENTS, _PHOTO_BYTES, _YEAR = 1_000, 5_000_000, 365
Place = Callable[[], AbstractContextManager[str]]
Rows = Iterator[tuple[Result, Figure | None]]
Figures = Mapping[Figure, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of work on the link."""

    counted: Counted
    seconds: float
    server_s: float

    @property
    def bytes(self) -> int:
        return self.counted.up + self.counted.down


def measure(count: int, source: Path | None, peers: Path | None) -> Iterator[Result]:
    """Whole, thin, lossy and cut; a second or so for each thousand records, and two minutes; with the peers ten more."""
    place = cast("Place", lambda: tempfile.TemporaryDirectory(prefix="posta-bench-"))
    with place() as folder:
        theirs = measured(Path(folder), peers, count, source) if peers else {}
    stretches: list[tuple[Callable[[Measured, int, Path | None], Rows], int]] = [
        (_whole, count), (_scopes, _MANY_PATIENTS), (_thin, min(count, FEW)), (_cut, count), (_urgent, count),
        (_newcomer, count),
    ]  # fmt: skip
    for stretch, size in stretches:
        with place() as folder, clinic(Path(folder)) as there:
            yield from _beside(stretch(there, size, source), theirs)
    with place() as folder, clinic(Path(folder), tls=True) as there:
        yield from _beside(_cold(there, count, source), theirs)
    try:
        with place() as folder, clinic(Path(folder), lossy=True) as there:
            yield from _beside(_lossy(there, min(count, FEW), source), theirs)
    except Unavailable as error:
        print(error, file=sys.stderr)


def _beside(results: Rows, theirs: Figures) -> Iterator[Result]:
    for result, figure in results:
        yield beside(result, theirs[figure]) if figure and figure in theirs else result


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


def _whole(there: Measured, count: int, source: Path | None) -> Rows:
    there.a.listen()
    there.a.sync()
    there.b.sync()
    facts = _written(there.a, count, source)
    there.a.exchanges = 0
    push = _phase(there, there.a.sync)
    pull = _phase(there, there.b.sync)
    yield Result("bytes a record, all at once, up", push.bytes / count, "B", 130, "lower"), Figure.BYTES
    yield Result("exchanges for all, connected before", there.a.exchanges, "", 1, "lower"), Figure.TURNS
    yield Result("push, SQLCipher on", count / push.seconds, "/s", 20_000, "higher"), Figure.PUSH
    yield Result("pull, SQLCipher on", count / pull.seconds, "/s", 25_000, "higher"), Figure.PULL
    server_s = push.server_s * 10_000 / count
    yield Result("server processor for 10,000 records", server_s, "s", 0.10, "lower"), Figure.SERVER
    yield Result("server memory, peak", there.peak_mb(), "MB", 60, "lower"), Figure.MEMORY
    edits, both = count // SHARE_EDITED, count // SHARE_BOTH
    lost = _lost(there, facts, edits, both, lambda: _converge(there))
    yield Result(f"edits silently lost, {both} of {2 * edits} in conflict", lost, "", 0, "lower"), Figure.LOST
    for result in _in_batches(there, source):
        yield result, None


def _scopes(there: Measured, count: int, source: Path | None) -> Rows:
    """What an exchange costs that has nothing to say, with that many patients in the store."""
    device = there.a.desk.device
    for number, fact in enumerate(made_up(count, device)):
        if not isinstance(fact, Consent):
            there.a.desk.write(replace(fact, patient=PatientId(f"{device}.s{number}")))
    _converge(there)
    nothing = _phase(there, there.b.sync)
    patients = there.b.desk.book.read(lambda page: page._one("SELECT count(*) FROM chart")[0])
    yield Result(f"nothing new, {patients} patients", nothing.bytes, "B", 300, "lower"), Figure.NOOP


def _cold(there: Measured, count: int, source: Path | None) -> Rows:
    """A program that starts with a full outbox: the handshake of TLS, the proof of its session, the records."""
    _written(there.a, count, source)
    there.a.hang_up()
    turns = _phase(there, there.a.sync).counted.turns
    yield Result("exchanges for all, cold, TLS 1.3 and log-in counted", turns, "", 3, "lower"), None


def _converge(there: Measured) -> None:
    for client in (there.a, there.b, there.a):
        client.sync()


def _lost(
    there: Measured, facts: Sequence[Fact], edits: int, both: int, converge: Callable[[], object]
) -> int:
    """Edits of both sides, some of the same facts, that stand nowhere after both have synced."""
    ours, theirs = _edits(facts, edits, both)
    for client, made in ((there.a, ours), (there.b, theirs)):
        for fact in made:
            client.desk.write(fact)
    converge()
    return sum(not _stands(client.desk, fact) for client in (there.a, there.b) for fact in (*ours, *theirs))


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


def _thin(there: Measured, count: int, source: Path | None) -> Rows:
    there.a.listen()
    there.a.sync()
    there.b.sync()
    facts = _written(there.a, count, source)
    push = _phase(there, there.a.sync, THIN)
    where, edits = f"{count} records at 600 ms, 128 kbit/s", count // SHARE_EDITED
    yield Result(f"{where}: push", push.seconds, "s", 11 * count / FEW, "lower"), Figure.THIN_PUSH
    there.b.sync()
    spent: list[float] = []
    _lost(there, facts, edits, count // SHARE_BOTH,
          lambda: spent.append(_phase(there, lambda: _converge(there), THIN).seconds))  # fmt: skip
    yield Result(f"{edits} + {edits} edits there: converge", spent[0], "s", 5, "lower"), Figure.THIN_BOTH


def _lossy(there: Measured, count: int, source: Path | None) -> Rows:
    assert there.air is not None
    there.a.listen()
    there.a.sync()
    _written(there.a, count, source)
    there.air.be(LOSSY)
    push = _phase(there, there.a.sync)
    there.air.be(Air())
    where = f"{count} records at 600 ms, 128 kbit/s, {LOSSY.loss:g} % of packets lost"
    yield Result(f"{where}: push", push.seconds, "s", 14 * count / FEW, "lower"), Figure.LOSSY_PUSH


def _edits(facts: Sequence[Fact], edits: int, both: int) -> tuple[list[Fact], list[Fact]]:
    """Changed texts of so many facts on each side: the first of both lists are of the same."""
    texts = [fact for fact in facts if isinstance(fact, Communication | Observation | Appointment)]
    ours = [_edited(fact, "cambiado aquí") for fact in texts[:edits]]
    others = texts[:both] + texts[edits : 2 * edits - both]
    return ours, [_edited(fact, "cambiado allá") for fact in others]


def _edited(fact: Communication | Observation | Appointment, words: str) -> Fact:
    return replace(fact, reason=words) if isinstance(fact, Appointment) else replace(fact, text=words)


def _stands(desk: Desk, fact: Fact) -> bool:
    return any(op.fact == fact for op in desk.book.read(lambda page: page.standing(fact.NUMBER, fact.id)))


def _cut(there: Measured, count: int, source: Path | None) -> Rows:
    there.a.listen()
    there.a.sync()
    facts = _written(there.a, count, source)
    cuts = _phase(there, there.a.sync_through_cuts, Shape(cut=CUT))
    there.b.sync()
    sent = there.a.desk.book.read(lambda page: page._one("SELECT sum(length(envelope)) FROM outbox")[0])
    extra = 100 * (cuts.counted.up - sent) / sent
    often = f"more bytes when cut each 100 kB ({cuts.counted.cuts} times)"
    yield Result(often, extra, "%", 20, "lower"), Figure.CUT
    missing = sum(not _stands(there.b.desk, fact) for fact in facts)
    yield Result("records missing after the cuts", missing, "", 0, "lower"), None


def _urgent(there: Measured, count: int, source: Path | None) -> Rows:
    """A withdrawal of consent while a backlog and a photo leave over 64 kbit/s; how long until the other desk has it."""
    there.a.sync()
    there.b.sync()
    facts = _written(there.a, count, source)
    desk, patient = there.a.desk, PatientId(facts[0].patient)
    photo = keep_bytes(desk, desk.random(_PHOTO_BYTES), "image/jpeg", "as a camera gives it")
    desk.write(
        DocumentReference(
            id=FactId(desk.new_id()), patient=patient, attachment=photo, made_at=desk.clock.now()
        )
    )
    pain = Communication(
        id=FactId(desk.new_id()),
        patient=patient,
        sent_at=desk.clock.now(),
        sender="u",
        text="no autorizo más",
    )
    there.link.be(Shape(rtt_ms=300, kbit=64))
    seconds = there.arrives(pain, P0_ALERT)
    there.link.be()
    yield Result("urgent behind the backlog and a photo at 64 kbit/s", seconds, "s", 5, "lower"), None


def _newcomer(there: Measured, count: int, source: Path | None) -> Rows:
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
        yield (
            Result("new computer at 600 ms, 128 kbit/s: first useful screen", day.seconds, "s", 15, "lower"),
            None,
        )
        yield Result("new computer: bytes until then", day.bytes, "B", 240_000, "lower"), None
        month = _phase(there, new.look, THIN)
        until = day.seconds + month.seconds
        yield Result("new computer: everybody of the last 30 days", until, "s", 60, "lower"), None
        there.link.be()
        new.sync()
        missing = sum(not _stands(new.desk, fact) for fact in facts)
        yield Result("new computer: records missing in the end", missing, "", 0, "lower"), None
    finally:
        new.close()


def _over_a_year(book: Path) -> None:
    """What came to the centre within seconds came over the last year."""
    with closing(sqlite3.connect(book)) as raw:
        first, last = raw.execute("SELECT min(received_at), max(received_at) FROM envelopes").fetchone()
        stretched = _YEAR * 24 * 3600 * 1_000_000 // max(1, last - first)
        raw.execute("UPDATE envelopes SET received_at = ? - (? - received_at) * ?", (last, last, stretched))
        raw.commit()
