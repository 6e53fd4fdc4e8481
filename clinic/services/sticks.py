# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying records on a stick, where no link reaches: the same sealed envelopes as an exchange, in one signed file a computer.

Reading a file twice changes nothing. What was carried still waits for the centre: a stick that is lost loses nothing. Whoever
reads it brings it to the centre too, once there is a link (`clinic.services.relaying`).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId
from clinic.keys.rights import Action
from clinic.keys.sticks import Stick, StickRefused, listed_in, pack_stick, unpack_stick
from clinic.protocol.codec import decode, encode
from clinic.protocol.stick import MAX_STICK, STICK_VERSION, StickHeard, StickManifest
from clinic.protocol.trust import DeviceKind
from clinic.services import relaying
from clinic.services.audits import sign_head
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.leaving import make_ready
from clinic.services.receipts import CARRIED
from clinic.services.stick_files import clear, files_waiting, put_files, take_files
from clinic.services.syncing import take_carried
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

FOLDER = "posta"
SUFFIX = ".stick"
EVERYTHING = 1 << 62
AT_ONCE = 200
"""Envelopes that are taken in one transaction: between two of them reading can be stopped."""
_HEARD, _TAKEN = "stick heard ", "stick taken "
Progress = Callable[[int, int], None]


class Halted(Refusal):
    """Whoever reads the stick wanted no more; what is taken stays, the rest comes next time."""

    def __init__(self) -> None:
        super().__init__("Stopped. What was read stays; read the stick again for the rest.")


class FilesDamaged(Refusal):
    """Some of the pictures and papers of one computer are not what they should be; everything else of it is taken."""

    def __init__(self, count: int) -> None:
        super().__init__(
            "Pictures and papers that are damaged or cut off on this stick: {count}. All the rest was taken: "
            "write the stick once more on the other computer.",
            count=count,
        )


@dataclass(frozen=True, slots=True)
class Put:
    """What was written. `envelopes`, `size` (bytes): in the file; `heard`: how many other computers' files it answers; `files`:
    pictures and papers that lie beside it, `files_left` more have no room."""

    path: Path
    envelopes: int
    size: int
    heard: int
    files: int = 0
    files_left: int = 0


@dataclass(frozen=True, slots=True)
class Took:
    """What one file brought. `new`: records that were not here; `aside`: envelopes in quarantine; `before`: it was read
    already; `heard_up_to`: the last of our envelopes that its writer has taken in, 0 for none, `brought_up_to` that it has
    brought to the centre; `files`: pictures and papers that were not here, `files_missing`: that are not on this stick;
    `waits`: it goes to the centre from here."""

    device: DeviceId
    device_name: str
    made_at: datetime
    envelopes: int
    new: int
    aside: int
    before: bool
    heard_up_to: int = 0
    brought_up_to: int = 0
    files: int = 0
    files_missing: int = 0
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Every file of a stick. `refused`: name of the file and why nothing of it was taken."""

    took: tuple[Took, ...] = ()
    refused: tuple[tuple[str, Refusal], ...] = field(default=())


def no_progress(_done: int, _whole: int) -> None:
    """Nobody watches."""


@needs(Action.RUN)
def to_stick(desk: Desk, drive: Path, most: int | None = None) -> Put:
    """Write everything that no centre has acknowledged to the stick, and what was heard of others there; then the pictures
    and papers, as far as there is room (`most`: bytes of them). Raises Unavailable for the stick; whatever file was there stays
    then."""
    if desk.signs_heads:
        sign_head(desk)
    make_ready(desk, EVERYTHING)
    number = desk.book.write(lambda page: (page.next_number("stick"), Changes()))
    envelopes, statements, heard = desk.book.read(_what_leaves)
    files, brought = desk.book.read(lambda page: (files_waiting(page), relaying.brought(page)))
    numbers = [env_no for env_no, _ in envelopes]
    manifest = StickManifest(
        version=STICK_VERSION, organization=desk.trust.organization().organization, device=desk.device,
        incarnation=desk.incarnation, number=number, made_at=desk.clock.now(), body_hash=b"",
        first=min(numbers, default=0), last=max(numbers, default=0), heard=heard,
        files=files, brought=brought,
    )  # fmt: skip
    data = pack_stick(manifest, statements, [wire for _, wire in envelopes], desk.device_keys.sign)
    path = drive / FOLDER / f"{desk.device}{SUFFIX}"
    before = _listed_before(path)
    _write(path, data)
    if numbers:
        desk.book.keep(lambda page: page.put_meta(CARRIED, str(max(numbers)).encode()))
    clear(path.parent, sorted(before - {one.id for one in files}))
    put = put_files(desk, path.parent, files, most)
    return Put(path, len(envelopes), len(data), len(heard), put.there, put.left)


@needs(Action.RUN)
def from_stick(desk: Desk, drive: Path, progress: Progress = no_progress) -> Read:
    """Take in the files that other computers left on a stick. One that is not taken hides none of the others.

    `progress(done, all)` counts envelopes and files and may raise Halted. Raises Refusal where there is nothing for us,
    Unavailable.
    """
    if desk.kind == DeviceKind.KIOSK:
        raise Refusal("A kiosk takes nothing from a stick. Read it on a computer of the staff.")
    took: list[Took] = []
    refused: list[tuple[str, Refusal]] = []
    for path in _files(desk, drive):
        try:
            one, bad = _take(desk, path, progress)
            took.append(one)
            if bad:
                refused.append((one.device_name or path.name, FilesDamaged(bad)))
        except StickRefused as why:
            refused.append((path.name, why))
    return Read(tuple(took), tuple(refused))


def heard_of_us(desk: Desk) -> tuple[StickHeard, ...]:
    """What the sticks of others said they have of ours: `device` is theirs, `up_to` our last envelope there."""
    return desk.book.read(
        lambda page: tuple(decode(kept, StickHeard) for kept in page.metas(_HEARD).values())
    )


def _take(desk: Desk, path: Path, progress: Progress) -> tuple[Took, int]:
    """What it brought, and how many of its files are damaged."""
    data = _read(path)
    with desk.trust_turn:
        stick, longer = unpack_stick(data, desk.trust)
        told = stick.manifest
        many = len(stick.envelopes)
        whole = many + len(told.files)
        key = f"{_TAKEN}{told.device} {told.incarnation}"
        kept = desk.book.read(lambda page: page.meta(key))
        before = kept is not None and decode(kept, StickHeard).number >= told.number
        new = aside = 0
        for done, part in _parts(stick):
            progress(done, whole)
            some_new, some_aside = take_carried(desk, longer, part)
            new, aside = new + some_new, aside + some_aside
    files = take_files(desk, path.parent, told.files, lambda done: progress(many + done, whole))
    progress(whole, whole)
    waits = not before and relaying.keep_for_centre(desk, data, told)
    ours = desk.device
    of_us = next(
        (one for one in told.heard if one.device == ours and one.incarnation == desk.incarnation), None
    )

    def keep(page: WritePage) -> tuple[int, Changes]:
        _remember(page, key, told, before, of_us)
        return relaying.note_brought(desk, page, told), Changes(frozenset({"Sync"}))

    brought_up_to = desk.book.write(keep)
    known = desk.trust.device(told.device)
    took = Took(
        told.device, known.name if known else "", told.made_at, many, new, aside, before,
        of_us.up_to if of_us else 0, brought_up_to, files.new, files.missing, waits,
    )  # fmt: skip
    return took, files.bad


def _parts(stick: Stick) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """At least one, though it is empty: the trust log of a file counts without envelopes too."""
    for start in range(0, max(1, len(stick.envelopes)), AT_ONCE):
        yield start, stick.envelopes[start : start + AT_ONCE]


def _remember(page: WritePage, key: str, told: StickManifest, before: bool, of_us: StickHeard | None) -> None:
    """What to answer on the next stick, and what this one answered us; neither ever goes back."""
    if not before:
        mine = StickHeard(
            device=told.device, incarnation=told.incarnation, up_to=told.last, number=told.number
        )
        page.put_meta(key, encode(mine))
    if of_us is not None:
        name = f"{_HEARD}{told.device}"
        was = page.meta(name)
        up_to = max(of_us.up_to, decode(was, StickHeard).up_to if was else 0)
        page.put_meta(
            name,
            encode(
                StickHeard(device=told.device, incarnation=told.incarnation, up_to=up_to, number=of_us.number)
            ),
        )


def _what_leaves(page: Page) -> tuple[list[tuple[int, bytes]], tuple[bytes, ...], tuple[StickHeard, ...]]:
    """Our envelopes, the trust log as the centre knows it, and what we have read of others."""
    log = page.trust()
    known = log[: len(log) - len(page.unsent_trust())]
    heard = tuple(decode(kept, StickHeard) for kept in page.metas(_TAKEN).values())
    return [(row.env_no, row.envelope) for row in page.numbered(EVERYTHING)], known, heard


# the stick


def _files(desk: Desk, drive: Path) -> list[Path]:
    """Files of other computers, by name. Raises Refusal where there are none, Unavailable."""
    try:
        found = sorted((drive / FOLDER).glob(f"*{SUFFIX}")) if (drive / FOLDER).is_dir() else []
    except OSError as error:
        raise _cannot_read(drive) from error
    if not found:
        raise Refusal("There is nothing of Posta on {drive}. Is it the right stick?", drive=drive)
    theirs = [path for path in found if path.name != f"{desk.device}{SUFFIX}"]
    if not theirs:
        raise Refusal("Only what this computer wrote is on this stick. Take it to the other computer first.")
    return theirs


def _listed_before(path: Path) -> set[str]:
    """The files that our last one on this stick lists."""
    try:
        return set(listed_in(path.read_bytes())) if path.stat().st_size <= MAX_STICK else set()
    except OSError:
        return set()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_STICK:
            raise StickRefused(
                "The file on this stick is larger than any that Posta writes. Nothing of it was taken."
            )
        return path.read_bytes()
    except OSError as error:
        raise _cannot_read(path) from error


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all; on the stick before it is said so."""
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise Unavailable(
            "The stick {drive} cannot be written. Is there room, and is it still plugged in?",
            drive=path.parent.parent,
        ) from error


def _cannot_read(path: Path) -> Unavailable:
    return Unavailable("The stick cannot be read at {path}. Is it still plugged in?", path=path)
