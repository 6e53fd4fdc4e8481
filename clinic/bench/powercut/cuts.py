# SPDX-License-Identifier: GPL-3.0-or-later
"""From the log of a load to proven images: the load runs once, then every disk a cut could leave is opened."""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random

from clinic.bench.powercut import proof, seats, shim
from clinic.bench.powercut.disk import Disk, Image, Kind, entries, image_onto
from clinic.bench.powercut.loads import Acknowledged, acknowledged, incoming
from clinic.bench.powercut.seats import Seat
from clinic.bench.powercut.shim import CannotTry
from clinic.domain.clock import SystemClock
from clinic.domain.ids import ScopeId
from clinic.protocol.codec import encode
from clinic.protocol.sync import Sequenced, SyncResponse
from clinic.services import messages
from clinic.services.leaving import make_ready
from clinic.sync.exchange import envelope_hash, next_chain

Town = tuple[seats.Seat, seats.Seat]
Question = Callable[[Path, Sequence[Acknowledged]], list[str]]
ROOT = Path(__file__).parents[3]
WORKER = (sys.executable, "-m", "clinic.bench.powercut.worker")
MOST_TURNS, A_TURN = 60, 8
"""How often all moments are gone through, and random images of each moment in one turn."""

_ALL = 1 << 30
"""Bytes: more than a load writes."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A load that has run: where, a copy of the folder before it, what it did to the disk, what is asked afterwards."""

    load: str
    root: Path
    before: Path
    log: Path
    question: Question
    every: int = 1
    """At every so many syncs only: a long log has more of them than time."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An image to be opened: what had been acknowledged when the power went, and where in the log that was."""

    image: Image
    told: tuple[Acknowledged, ...]
    where: str

    def digest(self) -> bytes:
        """The same for images that differ in nothing, however they came about; what was told counts."""
        hashed = blake2b(len(self.told).to_bytes(4, "big"), digest_size=16)
        for name, data in sorted(self.image.files.items()):
            hashed.update(blake2b(name.encode() + b"\0" + data).digest())
        return hashed.digest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of images came to. `faults`: 'where: what', none is good."""

    load: str
    images: int
    syncs: int
    told: int
    faults: tuple[str, ...]


def recorded(
    load: str, town: Town, folder: Path, library: Path, size: int, program: Sequence[str] = WORKER
) -> Recording:
    """Do the load in a copy of Ana's home under a watched disk. Raises CannotTry when it fails of itself."""
    ana = seats.moved(town[0], folder / "ana")
    arriving = _from_elsewhere(ana, seats.moved(town[1], folder / "ben"), size) if load == "sync" else {}
    words = [*program, load, str(size)]
    return _ran(load, folder, ana.path, library, proof.OfHome(ana, arriving), words, pickle.dumps(ana))


def migrated(old: Path, key: bytes, ops: int, folder: Path, library: Path) -> Recording:
    """Bring a copy of a book of an earlier version to today's under a watched disk. Raises CannotTry."""
    book = folder / "home" / "book.db"
    book.parent.mkdir(parents=True)
    shutil.copy(old, book)
    words = [*WORKER, "migration", "0", str(book.resolve()), key.hex()]
    return _ran("migration", folder, book.parent, library, proof.OfOldBook(book.name, key, ops), words, b"")


def _ran(
    load: str, folder: Path, root: Path, library: Path, question: Question, words: Sequence[str], said: bytes
) -> Recording:
    before, log = folder / "before", folder / "log"
    shutil.copytree(root, before)
    environment = shim.watched(library, root, log) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, env=environment, capture_output=True, input=said)
    if done.returncode != 0:
        raise CannotTry("The load {load} did not run: {why}", load=load, why=done.stderr[-2000:].decode())
    return Recording(load, root, before, log, question)


def cuts(recording: Recording, seed: int, many: int) -> Iterator[Cut]:
    """Images at every sync and at the end, `many` random ones each."""
    disk = Disk(recording.before, recording.root)
    random, told, number = Random(seed), list[Acknowledged](), 0
    for entry in entries(recording.log.read_bytes()):
        if entry.kind is Kind.MARK:
            told.append(acknowledged(entry.data.decode()))
        if entry.kind is Kind.SYNC:
            number += 1
        if entry.kind is Kind.SYNC and number % recording.every == 0:
            for image in disk.images(random, many):
                yield Cut(image, tuple(told), f"{recording.load}, seed {seed}, sync {number}, {image.how}")
        disk.follow(entry)
    for image in disk.images(random, many):
        yield Cut(image, tuple(told), f"{recording.load}, seed {seed}, end, {image.how}")


def proven(recordings: Sequence[Recording], seed: int, images: int, workers: int = 2) -> list[Outcome]:
    """Open about so many images on all processors: at every moment what is certain (nothing, all), then random ones in
    turns until there are enough or no new ones. None is opened twice."""
    seen: set[bytes] = set()
    counts = dict.fromkeys((recording.load for recording in recordings), 0)
    found: dict[str, list[str]] = {load: [] for load in counts}
    with ProcessPoolExecutor(workers, mp_context=context()) as pool:
        for turn in range(MOST_TURNS):
            before = len(seen)
            for recording in recordings:
                share = None if turn == 0 else max(1, (images - len(seen)) // len(recordings))
                fresh = islice(_new(cuts(recording, seed + turn, 0 if turn == 0 else A_TURN), seen), share)
                for faults in _opened(pool, recording, fresh, 8 * workers):
                    counts[recording.load] += 1
                    found[recording.load] += faults
            if len(seen) >= images or len(seen) == before:
                break
    return [_outcome(recording, counts, found) for recording in recordings]


def _outcome(recording: Recording, counts: dict[str, int], found: dict[str, list[str]]) -> Outcome:
    kinds = [entry.kind for entry in entries(recording.log.read_bytes())]
    load = recording.load
    return Outcome(load, counts[load], kinds.count(Kind.SYNC), kinds.count(Kind.MARK), tuple(found[load]))


def _new(found: Iterator[Cut], seen: set[bytes]) -> Iterator[Cut]:
    for cut in found:
        mark = cut.digest()
        if mark not in seen:
            seen.add(mark)
            yield cut


def _opened(pool: Executor, recording: Recording, fresh: Iterator[Cut], at_once: int) -> Iterator[list[str]]:
    """The faults of each image, as the processors come to it; only so many wait in memory."""
    waiting: deque[Future[list[str]]] = deque()
    for cut in fresh:
        waiting.append(pool.submit(opened, recording.question, cut))
        if len(waiting) >= at_once:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def context() -> ForkServerContext:
    """Processes that begin with everything imported and no thread of ours."""
    made = get_context("forkserver")
    made.set_forkserver_preload(["clinic.bench.powercut.cuts", "clinic.bench.powercut.kills"])
    return made


def opened(question: Question, cut: Cut) -> list[str]:
    """The faults of one image, each with where it was found."""
    with tempfile.TemporaryDirectory(prefix="posta-cut-", dir=_quick()) as folder:
        image_onto(cut.image, Path(folder))
        return [f"{cut.where}: {fault}" for fault in question(Path(folder), cut.told)]


def _quick() -> str | None:
    """Images need no real disk: they are what one had left."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _from_elsewhere(ana: Seat, ben: Seat, size: int) -> dict[tuple[str, int], int]:
    """Ben writes; the centre's answers that bring it to Ana are laid where the load looks for them."""
    with seats.sitting(ben) as desk:
        from clinic.bench.powercut.loads import arrived

        for number in range(size):
            patient, _ = arrived(desk, number, lambda told: None)
            for nth in range(3):
                messages.send_message(desk, patient, f"de Ben {number}.{nth}")
        make_ready(desk, _ALL)
        rows = desk.book.read(lambda page: page.numbered(10_000))
    incoming(ana).mkdir()
    arriving: dict[tuple[str, int], int] = {}
    chains: dict[ScopeId, tuple[int, bytes]] = {}
    each = max(1, len(rows) // size)
    for number in range(0, len(rows), each):
        items = []
        for row in rows[number : number + each]:
            seq, chain = chains.get(row.scope, (0, b""))
            chains[row.scope] = seq + 1, next_chain(chain, envelope_hash(row.envelope))
            arriving[row.scope, seq + 1] = row.ops
            items.append(
                Sequenced(scope=row.scope, seq=seq + 1, chain=chains[row.scope][1], envelope=row.envelope)
            )
        answer = SyncResponse(
            protocol=1, epoch="e", acked_incarnation=1, acked_env_no=0, envelopes=tuple(items),
            server_time=SystemClock().now(),
        )  # fmt: skip
        (incoming(ana) / str(number // each)).write_bytes(encode(answer))
    return arriving
