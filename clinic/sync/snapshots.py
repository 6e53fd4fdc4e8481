# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of a patient's scope: when one is made and by whom, and which of the envelopes in a scope are one (decision 35).

Nothing here believes anything: signatures are checked before, and who vouches is `clinic.keys.attesting`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import accumulate

from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.envelope import Header
from clinic.protocol.snapshots import Attested, Covered, Part
from clinic.sync.exchange import known_digest, next_chain
from clinic.sync.pace import DEFAULT_BUDGET
from clinic.sync.seen import Runs

MANY = 100
"""Envelopes since the last snapshot, before there is another."""
SETTLED = timedelta(days=30)
"""How long nobody has written on the chart."""
TURN = timedelta(days=1)
"""Whoever is next in the order makes it so much later, if nobody has by then."""
FAST = DEFAULT_BUDGET
"""A link that is asked for fewer bytes at once, because it was slow, carries no snapshots."""
MOST_TIMES = 2
"""A snapshot is at most so many times what the link is asked for at once (three seconds of it): whatever is written meanwhile
leaves after it."""
MOST_PARTS = 64


@dataclass(frozen=True, slots=True)
class Lying:
    """A part or an attestation as it lies in its scope. `chain`: after it; `digest`: `envelope_hash`."""

    seq: int
    chain: bytes
    digest: bytes
    header: Header


@dataclass(frozen=True, slots=True)
class Whole:
    """A snapshot all of whose parts lie where they say. `words`: the headers of the attestations that name exactly it."""

    parts: tuple[Lying, ...]
    words: tuple[Header, ...] = field(default=())

    @property
    def maker(self) -> Header:
        return self.parts[0].header

    @property
    def up_to(self) -> int:
        return self.parts[0].seq - 1

    @property
    def last(self) -> int:
        return self.parts[-1].seq

    @property
    def covered(self) -> tuple[Covered, ...]:
        part = self.maker.part
        return part.covered if part is not None else ()

    @property
    def covers_all(self) -> bool:
        """Each envelope up to there is of somebody it names, by that device's own count."""
        names = {(one.device, one.incarnation) for one in self.covered}
        counts = [one.up_to for one in self.covered]
        return len(names) == len(counts) and min(counts, default=0) > 0 and sum(counts) == self.up_to

    @property
    def attested(self) -> Attested:
        """What an attestation of it says."""
        return Attested(up_to=self.up_to, parts=len(self.parts), digest=parts_digest(self.parts))


def parts_digest(parts: Iterable[Lying]) -> bytes:
    """BLAKE2b-256 over the hashes of the parts' envelopes, in their order."""
    return known_digest(part.digest for part in parts)


def snapshots_in(rows: Iterable[Lying]) -> tuple[Whole, ...]:
    """The snapshots among envelopes of one scope, in their order. What lies elsewhere than it says is none."""
    ordered = sorted(rows, key=lambda row: row.seq)
    found: list[tuple[Lying, ...]] = []
    run: tuple[Lying, ...] = ()
    for row in ordered:
        part = row.header.part
        if part is None:
            continue
        run = (*run, row) if _goes_on(run, row, part) else (row,) if _begins(row, part) else ()
        if run and part.number == part.of:
            found, run = [*found, run], ()
    said = [(row.header.attests, row) for row in ordered]
    return tuple(
        Whole(whole.parts, tuple(row.header for one, row in said if one == whole.attested and row.seq > whole.last))
        for whole in map(Whole, found)
    )  # fmt: skip


def _lies_there(row: Lying, part: Part) -> bool:
    return row.seq == part.seq + 1 and next_chain(part.chain, row.digest) == row.chain


def _begins(row: Lying, part: Part) -> bool:
    return part.number == 1 and 1 <= part.of <= MOST_PARTS and _lies_there(row, part)


def _goes_on(run: Sequence[Lying], row: Lying, part: Part) -> bool:
    before = run[-1].header.part if run else None
    if before is None or not _lies_there(row, part):
        return False
    one, other = run[-1].header, row.header
    return (
        (part.number, part.of, row.seq) == (before.number + 1, before.of, run[-1].seq + 1)
        and (one.device, one.incarnation, one.team) == (other.device, other.incarnation, other.team)
    )  # fmt: skip


def turn_of(scope: ScopeId, device: DeviceId, devices: Iterable[DeviceId]) -> int:
    """Its place in the order in which these devices see to that scope, from 0: another one for each scope."""

    def place(one: DeviceId) -> bytes:
        return blake2b(f"{scope} {one}".encode(), digest_size=8).digest()

    return sum(place(one) < place(device) for one in set(devices))


def is_due(seq: int, covered: int, written_at: datetime, now: datetime, turn: int) -> bool:
    """`covered`: the place of the last snapshot; `written_at`: when somebody last wrote on the chart."""
    return seq - covered >= MANY and now - written_at >= SETTLED + turn * TURN


@dataclass(frozen=True, slots=True)
class Held:
    """What a computer holds of a scope. `seen`: what came of each (device, incarnation) but this one; `own`: envelopes of this
    incarnation by its own count; `sent`: the hashes of those that are still here, in their order."""

    seq: int
    chain: bytes
    seen: Mapping[tuple[DeviceId, int], Runs]
    me: tuple[DeviceId, int]
    own: int
    sent: tuple[bytes, ...]


def covered_by(held: Held) -> tuple[Covered, ...] | None:
    """What it holds of each author, None if anything is missing: seq has no gaps, so all counts come to the head."""
    if any(len(runs) != 1 or runs[0][0] != 1 for runs in held.seen.values()):
        return None
    counts = {who: runs[-1][1] for who, runs in held.seen.items() if who != held.me}
    if held.own:
        counts[held.me] = held.own
    return tuple(Covered(device=d, incarnation=i, up_to=n) for (d, i), n in sorted(counts.items()))


def head_of(held: Held, covered: Iterable[Covered]) -> tuple[int, bytes] | None:
    """(seq, chain) of the last envelope there is: behind the last of others lie only our own, which the centre does not send
    back. None if those are not here any more. A wrong guess makes a snapshot void, nothing else."""
    head = sum(one.up_to for one in covered)
    behind = head - held.seq
    if not 0 <= behind <= len(held.sent):
        return None
    own = held.sent[len(held.sent) - behind :]
    return head, list(accumulate(own, next_chain, initial=held.chain))[-1]
