# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing to the centre what came of others without it: what a stick held of each computer is kept until the centre has it.

What its author hears of it is signed by this computer on its next stick. That is a colleague's word: the author shows it,
and goes on keeping everything until the centre itself has acknowledged it (decision 28).
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.keys.sticks import Stick, StickRefused, unpack_stick
from clinic.protocol.carried import CarriedTaken
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.envelope import unpack
from clinic.protocol.stick import RelayMark, StickBrought, StickManifest
from clinic.services.desks import Desk
from clinic.services.withdrawing import OnStore
from clinic.store.home import keep
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage
from clinic.sync.exchange import envelope_hash, known_digest
from clinic.transport.http import RefusedByServer, Remote

log = logging.getLogger(__name__)

FOLDER = "relay"
"""In the home: of each computer the last file that was read of it, sealed as it came."""
BLOCK = 64 * 1024
"""Bytes that go to the centre together, about; 4 s at 128 kbit/s."""
AGAIN = timedelta(hours=1)
"""What the centre did not take is offered again after so long, or once the trust log has grown."""
_BROUGHT, _OURS = "relay brought ", "relay ours"


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What waits of one computer: number -> envelope."""

    path: Path
    told: StickManifest
    wires: Mapping[int, bytes]

    def digest(self, first: int, last: int) -> bytes:
        """Of a run of them, as the author reckons it."""
        return known_digest(envelope_hash(self.wires[n]) for n in sorted(self.wires) if first <= n <= last)


def keep_for_centre(desk: Desk, data: bytes, told: StickManifest) -> bool:
    """The file of another computer stays here until the centre has what is in it. True if something of it waits. Raises
    Unavailable for the disk."""
    mark = desk.book.read(lambda page: _mark(page, told))
    if not told.envelopes or (mark.done >= told.last and mark.first <= told.first):
        return False
    folder = desk.home.path / FOLDER
    with desk.trust_turn:
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise Unavailable("The folder {path} cannot be written. Check the disk.", path=folder) from error
        keep(folder / _name_of(told), data)
    return True


async def bring(desk: Desk, remote: Remote, on_store: OnStore) -> None:
    """Everything that waits of others; what the centre does not take is left, and hides nothing after it. Raises Unavailable."""
    for path in await on_store(partial(_kept, desk)):
        parcel = await on_store(partial(_opened, desk, path))
        if parcel is not None:
            await _bring_one(desk, remote, parcel, on_store)


def brought(page: Page) -> tuple[StickBrought, ...]:
    """What is told on the next stick: of each computer, what this one has brought."""
    marks = (decode(kept, RelayMark) for kept in page.metas(_BROUGHT).values())
    return tuple(
        StickBrought(
            device=m.device,
            incarnation=m.incarnation,
            first=m.first,
            up_to=m.done,
            digest=m.digest,
            at=m.tried_at,
        )
        for m in marks
        if m.done
    )


def note_brought(desk: Desk, page: WritePage, told: StickManifest) -> int:
    """Keeps what another computer's signed file says it brought of ours; our last envelope among it. 0 where it says nothing, or
    names other envelopes than ours: those of a copy of this computer, for one."""
    of_us = next(
        (o for o in told.brought if o.device == desk.device and o.incarnation == desk.incarnation), None
    )
    if of_us is None or desk.trust.is_revoked(told.device):
        return 0
    held = page.offered(of_us.first, of_us.up_to)
    whole = 0 < of_us.first <= of_us.up_to and len(held) == of_us.up_to - of_us.first + 1
    if not whole or known_digest(envelope_hash(held[n]) for n in sorted(held)) != of_us.digest:
        return 0
    was = brought_of_us(desk, page)
    if was is None or was.up_to < of_us.up_to:
        page.put_meta(_OURS, encode(of_us))
    return of_us.up_to


def brought_of_us(desk: Desk, page: Page) -> StickBrought | None:
    """The run of our envelopes that a colleague's computer says it brought to the centre."""
    kept = page.meta(_OURS)
    found = decode(kept, StickBrought) if kept else None
    return found if found is not None and found.incarnation == desk.incarnation else None


async def _bring_one(desk: Desk, remote: Remote, parcel: _Parcel, on_store: OnStore) -> None:
    mark = await on_store(lambda: desk.book.read(lambda page: _mark(page, parcel.told)))
    mark = _still_true(mark, parcel)
    if not _due(desk, mark, parcel):
        return
    first, last = min(parcel.wires), max(parcel.wires)
    if not mark.done and await _are_there(remote, parcel, sorted({first, last})):
        mark = replace(mark, done=last)  # the author brought it herself, or somebody else did
        await on_store(partial(_remember, desk, parcel, mark))
    for block in _blocks(parcel, mark.done):
        if not await _are_there(remote, parcel, block):
            await on_store(partial(_remember, desk, parcel, mark, left=True))
            return
        mark = replace(mark, done=block[-1])
        await on_store(partial(_remember, desk, parcel, mark))
    await on_store(partial(_done_with, desk, parcel))


async def _are_there(remote: Remote, parcel: _Parcel, numbers: list[int]) -> bool:
    """Brings them; True if the centre has these very envelopes now."""
    try:
        taken = await remote.carry(tuple(parcel.wires[n] for n in numbers))
    except RefusedByServer as no:
        log.info("what was carried waits on: %s", no.sentence)
        return False
    return not taken.left and _up_to(taken, parcel) >= numbers[-1]


def _up_to(taken: CarriedTaken, parcel: _Parcel) -> int:
    told = parcel.told
    return max(
        (a.up_to for a in taken.authors if (a.device, a.incarnation) == (told.device, told.incarnation)),
        default=0,
    )


def _blocks(parcel: _Parcel, after: int) -> Iterator[list[int]]:
    """Numbers after that one, in order, in blocks of about BLOCK bytes."""
    block: list[int] = []
    size = 0
    for number in sorted(n for n in parcel.wires if n > after):
        block.append(number)
        size += len(parcel.wires[number])
        if size >= BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


def _due(desk: Desk, mark: RelayMark, parcel: _Parcel) -> bool:
    """Not where the centre left some of this very file lately; a link that broke is no reason to wait."""
    left = mark.left == parcel.told.number and mark.trust_position == desk.trust.position
    return not left or desk.clock.now() - mark.tried_at >= AGAIN


def _still_true(mark: RelayMark, parcel: _Parcel) -> RelayMark:
    """A mark over other envelopes than these begins anew: the author was put back, or the file holds none of them any more."""
    first = min(parcel.wires)
    if mark.done and mark.first <= first <= mark.done + 1:
        same = mark.first == first and parcel.digest(first, mark.done) == mark.digest
        return mark if same else replace(mark, done=0)
    return replace(mark, done=0)


def _remember(desk: Desk, parcel: _Parcel, mark: RelayMark, left: bool = False) -> None:
    first = min(parcel.wires)
    now = replace(
        mark, left=parcel.told.number if left else 0, first=first, tried_at=desk.clock.now(), trust_position=desk.trust.position,
        digest=parcel.digest(first, mark.done) if mark.done else b"",
    )  # fmt: skip
    desk.book.keep(lambda page: page.put_meta(_key(parcel.told), encode(now)), Changes())


def _mark(page: Page, told: StickManifest) -> RelayMark:
    kept = page.meta(_key(told))
    if kept:
        return decode(kept, RelayMark)
    return RelayMark(
        device=told.device, incarnation=told.incarnation, tried_at=told.made_at, trust_position=-1
    )


def _key(told: StickManifest) -> str:
    return f"{_BROUGHT}{told.device} {told.incarnation}"


def _name_of(told: StickManifest) -> str:
    return blake2b(f"{told.device} {told.incarnation}".encode(), digest_size=16).hexdigest()


def _kept(desk: Desk) -> list[Path]:
    folder = desk.home.path / FOLDER
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if not path.suffix) if folder.is_dir() else []
    return []


def _opened(desk: Desk, path: Path) -> _Parcel | None:
    """None, and the file is gone, where it cannot be read: its author has everything, and brings it again."""
    try:
        stick, _longer = unpack_stick(path.read_bytes(), desk.trust)
    except (OSError, StickRefused) as problem:
        log.warning("what was carried is not readable any more: %s", type(problem).__name__)
        _drop(path)
        return None
    wires = dict(_numbered(stick))
    if not wires:
        _drop(path)
        return None
    return _Parcel(path, stick.manifest, wires)


def _done_with(desk: Desk, parcel: _Parcel) -> None:
    """A newer file that came meanwhile stays."""
    with desk.trust_turn:
        now = _opened(desk, parcel.path)
        if now is not None and now.told.number == parcel.told.number:
            _drop(parcel.path)


def _numbered(stick: Stick) -> Iterator[tuple[int, bytes]]:
    told = stick.manifest
    for wire in stick.envelopes:
        with suppress(Refusal, Malformed):
            header = unpack(wire).header
            if (header.device, header.incarnation) == (told.device, told.incarnation):
                yield header.env_no, wire


def _drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
