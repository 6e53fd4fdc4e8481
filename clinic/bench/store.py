# SPDX-License-Identifier: GPL-3.0-or-later
"""The book on real files: SQLCipher against the same tables in plain SQLite, the same work in turn, one run.

Sizes and targets are those of the store's design: 20,000 people, 1,000,000 observations, 100,000 notes, 100,000 messages.
The measure's name says the size it was taken at. Making both books takes most of the time.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

from clinic.bench.crowd import COMMON, DEVICE, FAMILIES, GIVEN, START, Size, envelope_of, note, person_id
from clinic.bench.result import Result, percentile
from clinic.domain.facts import AuditEvent
from clinic.domain.ids import EncounterId, FactId, OpId, ScopeId, counted_id, patient_scope
from clinic.keys.identity import UserKeys
from clinic.keys.slots import Opened, Slots
from clinic.protocol.op import Op, Ops, decode_ops
from clinic.services.charts import drawn_chart
from clinic.store.book import Book
from clinic.store.migrations import migrate
from clinic.store.opening import PRAGMAS, STATEMENTS
from clinic.store.page import Page
from clinic.store.writing import WritePage

_SEALED = b"\0" * 1_200
"""Bytes of an envelope with one note."""
_AT_ONCE = 100
"""People whose charts are taken in by one transaction."""
SMALL = 200
"""People of the small book that growth is measured from."""
_ROUNDS = 300
_NEXT_ID = 10**12
"""Where the counter of ids stands after all that is there."""


@dataclass
class _Side:
    """One book, its key (None: plain) and how fast it took in what came."""

    path: Path
    key: bytes | None
    people: int
    book: Book = field(init=False)
    seconds: float = 0.0
    reading: float = 0.0
    """Seconds of taking ops in, and of reading their texts into the search index after that."""

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.book = Book.open(self.path, self.key) if self.key else Book(_plain(self.path))

    def take(self, envelopes: list[tuple[ScopeId, bytes]]) -> None:
        def act(page: WritePage) -> None:
            for scope, inside in envelopes:
                page.file_ops(decode_ops(inside).pairs, scope)

        began = time.perf_counter()
        self.book.keep(act)
        self.seconds += time.perf_counter() - began

    def read_texts(self) -> None:
        began = time.perf_counter()
        self.book.read_all_texts()
        self.reading += time.perf_counter() - began


def measure(people: int, observations: int) -> Iterator[Result]:
    """Results as they are ready."""
    size = Size(observations=max(1, observations // people))
    with tempfile.TemporaryDirectory(prefix="posta-bench-") as folder:
        sealed, plain = _pair(Path(folder) / "large", people)
        small, _ = _pair(Path(folder) / "small", min(people, SMALL))
        _fill((sealed, plain), size)
        _fill((small,), size)
        yield from _work(sealed, plain, small, size)
        for side in (sealed, plain, small):
            side.book.close()
        yield from _sizes(sealed, plain)


def _work(sealed: _Side, plain: _Side, small: _Side, size: Size) -> Iterator[Result]:
    here = f"{sealed.people * size.observations:,} observations"
    texts = f"{sealed.people * (size.notes + size.messages):,} texts"
    ops = sealed.people * size.ops
    rate, plain_rate = ops / sealed.seconds, ops / plain.seconds
    yield Result(f"synced ops taken in, whole charts, {here}", rate, "/s", 25_000, "higher", plain_rate)
    ratios = {
        "taking in": sealed.seconds / plain.seconds,
        f"reading texts into the index after that ({ops / sealed.reading:,.0f} ops/s)": sealed.reading
        / plain.reading,
    }
    _settle_down(sealed, plain)
    written = _in_turn(_write, sealed, plain, partial(_written, sealed.people))
    ratios["write"] = median(written[0]) / median(written[1])
    yield _p95("note + outbox + audit + search index, durable, p95", written, 2.0)
    for name, act, target in (
        (f"chart as dataclasses, p95, {here}", _chart, 10.0),
        (f"search as you type, p95, {texts}", _search, 15.0),
        (f"person finder, p95 a keystroke, {sealed.people:,} people", _find, 15.0),
    ):
        both = _in_turn(act, sealed, plain)
        ratios[act.__name__[1:]] = median(both[0]) / median(both[1])
        yield _p95(name, both, target)
    for name, ratio in ratios.items():
        yield Result(f"encrypted / plain, median: {name}", ratio, "x", 1.6, "lower")
    for name, act in (("chart", _chart), ("search", _search)):
        large, little = _in_turn(act, sealed, small)
        growth = median(large) / median(little)
        yield Result(
            f"growth from {small.people * size.observations:,} to {here}: {name}", growth, "x", 2.0, "lower"
        )
    yield Result("unlock, Argon2id included", _unlock_s(), "s", 0.6, "lower")
    yield Result(
        "open and first chart, file not in memory",
        _first_chart_ms(sealed),
        "ms",
        50.0,
        "lower",
        _first_chart_ms(plain),
    )


def _p95(name: str, both: tuple[list[float], list[float]], target: float) -> Result:
    mine, theirs = (percentile(times, 0.95) for times in both)
    return Result(name, mine, "ms", target, "lower", theirs)


def _sizes(sealed: _Side, plain: _Side) -> Iterator[Result]:
    mine, theirs = (side.path.stat().st_size for side in (sealed, plain))
    yield Result(
        f"size of the file: encrypted ({mine / 1e6:,.0f} MB) / plain", mine / theirs, "x", 1.6, "lower"
    )
    assert sealed.key is not None
    yield Result(
        "memory of a process with 300 charts and searches",
        _memory_mb(sealed.path, sealed.key, sealed.people),
        "MB",
        250.0,
        "lower",
    )


# the work --------------------------------------------------------------------------------------------------------


def _chart(side: _Side, turn: int) -> object:
    return side.book.read(partial(drawn_chart, patient=person_id(turn * 7919 % side.people)))


def _search(side: _Side, turn: int) -> object:
    dice = Random(turn)
    word = dice.choice(COMMON)
    typed = word[: dice.randint(2, len(word))] if turn % 3 else f"{word} {dice.choice(COMMON)[:3]}"
    return side.book.read(partial(Page.search, typed=typed))


def _find(side: _Side, turn: int) -> object:
    typed = [name[:length] for name in (*FAMILIES, *GIVEN) for length in range(2, len(name) + 1)]
    return side.book.read(partial(Page.find_people, typed=typed[turn % len(typed)], limit=20))


def _written(people: int, turn: int) -> tuple[ScopeId, Ops]:
    """A signed note and the word in the log that it was signed; ids count up, as a device gives them."""
    patient, first = person_id(turn * 7919 % people), _NEXT_ID + 4 * turn
    facts = (
        replace(note(patient, Random(turn), 0, EncounterId(f"{patient}.e0")), id=_id(first)),
        AuditEvent(
            id=_id(first + 1), patient=patient, action="sign", recorded_at=START, agent="bench", device=DEVICE
        ),
    )
    ops = (Op(id=OpId(_id(first + 2 + nth)), stamp=first << 16, fact=fact) for nth, fact in enumerate(facts))
    return patient_scope(patient), Ops(ops=tuple(ops))


def _id(counter: int) -> FactId:
    return FactId(counted_id(DEVICE, counter))


def _write(side: _Side, made: tuple[ScopeId, Ops]) -> object:
    scope, ops = made

    def act(page: WritePage) -> None:
        page.file_ops(ops.pairs, scope)
        page.post(page.next_number("env"), scope, 2, 2, _SEALED, START)

    side.book.keep(act)
    return None


def _in_turn(
    act: Callable[[_Side, Any], object],
    one: _Side,
    other: _Side,
    made: Callable[[int], object] = lambda turn: turn,
) -> tuple[list[float], list[float]]:
    """Milliseconds of the same work on both, A B A B, so that a noisy moment meets both. What `made` makes is given to it."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(_ROUNDS + 20):
        given = made(turn)
        for side, mine in zip((one, other), times, strict=True):
            mine.append(_timed(partial(act, side, given)))
    return times[0][20:], times[1][20:]


def _timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _settle_down(*sides: _Side) -> None:
    """The disk is done with making the books: what a write costs in them is asked, not behind gigabytes that wait."""
    for side in sides:
        side.book._writer.submit(side.book._empty_log).result()
    if hasattr(os, "sync"):
        os.sync()


def _first_chart_ms(side: _Side) -> float:
    """The best of five, each with the file thrown out of the system's memory where the system can."""
    side.book.close()
    taken = []
    for turn in range(5):
        _forget_file(side.path)
        began = time.perf_counter()
        side.open()
        _chart(side, turn)
        taken.append((time.perf_counter() - began) * 1000)
        side.book.close()
    side.open()
    return min(taken)


def _forget_file(path: Path) -> None:
    if hasattr(os, "posix_fadvise"):
        handle = os.open(path, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def _unlock_s() -> float:
    password = "una clave larga para medir"
    slots = Slots.none().with_password(
        "bench", password, Opened("bench", os.urandom(32), user_keys=UserKeys.make(os.urandom)), os.urandom
    )
    return min(_timed(lambda: slots.open(password)) for _ in range(3)) / 1000


def _memory_mb(path: Path, key: bytes, people: int) -> float:
    """Peak of a process of its own that opens the book and works in it."""
    return float(
        subprocess.run(
            [sys.executable, "-c", "from clinic.bench.store import peak; peak()", str(path), str(people)],
            input=key.hex(), capture_output=True, text=True, check=True,
        ).stdout
    )  # fmt: skip


def peak() -> None:
    """What `_memory_mb` starts: key on standard input."""
    import psutil

    side = _Side(Path(sys.argv[1]), bytes.fromhex(sys.stdin.read()), int(sys.argv[2]))
    for turn in range(_ROUNDS):
        _chart(side, turn)
        _search(side, turn)
    memory = psutil.Process().memory_info()
    print(getattr(memory, "peak_wset", memory.rss) / 1e6)
    side.book.close()


# two books -------------------------------------------------------------------------------------------------------


def _pair(folder: Path, people: int) -> tuple[_Side, _Side]:
    folder.mkdir()
    return _Side(folder / "sealed.db", os.urandom(32), people), _Side(folder / "plain.db", None, people)


def _fill(sides: tuple[_Side, ...], size: Size) -> None:
    for start in range(0, sides[0].people, _AT_ONCE):
        envelopes = [
            envelope_of(number, size) for number in range(start, min(start + _AT_ONCE, sides[0].people))
        ]
        for side in sides:
            side.take(envelopes)
            side.read_texts()


def _plain(path: Path) -> Engine:
    """The same tables and pragmas without a key."""

    def creator() -> Any:
        connection = sqlcipher.connect(
            str(path), check_same_thread=False, isolation_level=None, cached_statements=STATEMENTS
        )
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", module=sqlcipher, creator=creator, poolclass=QueuePool)
    migrate(engine)
    return engine
