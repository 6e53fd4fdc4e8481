# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a profile anew from a backup, and trying that out without keeping it.

What is restored takes a new incarnation (clinic.services.incarnations): it writes and syncs beside whatever the device had
sent after the backup, and the centre gives that back to it.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import PatientId
from clinic.keys.backups import BackupKey
from clinic.keys.slots import Opened, Slots
from clinic.keys.trust import verify_all
from clinic.protocol.archive import BackupManifest
from clinic.protocol.trust import DeviceKind
from clinic.services import incarnations
from clinic.services.audits import audit
from clinic.services.backups import check_space_for, plan_of
from clinic.services.desks import Desk
from clinic.services.link import exchange_now
from clinic.services.sitting import KEY_FILE
from clinic.store.backup_archive import Archive, Kept, archives_in
from clinic.store.backup_copy import Progress, no_progress
from clinic.store.backup_restore import prove, write_book
from clinic.store.book import Book
from clinic.store.home import Home, keep, sync_folder
from clinic.store.rows import Changes


@dataclass(frozen=True, slots=True)
class Restored:
    """What was made anew. `again`: parts that wait to leave, under new numbers."""

    no: int
    made_at: datetime
    device_name: str
    incarnation: int
    again: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Drilled:
    """A backup that was restored to be looked at, and thrown away. Counts as they were and as they are again."""

    no: int
    made_at: datetime
    device_name: str
    pages: int
    counts: dict[str, int]
    people: tuple[str, ...]
    trust_position: int
    seconds: float


def open_archive(folder: Path, key: BackupKey, random: Random, device: str = "") -> Archive:
    """The archive in a folder; `device` says which, where several lie there. Raises Refusal, Unavailable."""
    found = [path for path in archives_in(folder) if not device or path.name == device]
    if len(found) != 1:
        raise Refusal(
            "There are backups of several computers here. Say which: {names}.",
            names=", ".join(path.name for path in found or archives_in(folder)),
        )
    return Archive.to_read(found[0], key, random)


def own_archive(desk: Desk, folder: Path | None = None) -> Archive:
    """The archive of the device that is open here, without the backup key. Raises Refusal, Unavailable."""
    plan = plan_of(desk)
    if plan is None:
        raise Refusal("Backups are not set up on this computer yet. Run 'posta station backup-setup'.")
    return Archive.of_device((folder or plan.place) / desk.device, plan.secret, desk.random)


def restore(
    archive: Archive,
    home: Path,
    clock: Clock,
    random: Random,
    no: int | None = None,
    progress: Progress = no_progress,
) -> Restored:
    """Make the profile of a backup (the newest, if not said) anew in `home`: whole or not at all.

    Raises Refusal where a profile is already, Unavailable (disk, damaged backup, a kiosk that needs the centre).
    """
    if home.exists() and any(home.iterdir()):
        raise Refusal("There is something in {home} already. Restore into a new folder.", home=home)
    manifest = chosen(archive.backups(), no)
    rough = home.with_name(f"{home.name}.restoring")
    try:
        shutil.rmtree(rough, ignore_errors=True)  # of a restore that was cut short: it is begun anew
        _lay_out(archive, manifest, Home(rough), random, progress)
        incarnation, again = begin_anew(
            Home(rough), manifest.store_key, clock, random, f"restored backup {manifest.no}"
        )
        _move(rough, home)
    except OSError as error:
        raise Unavailable("{home} could not be written. Check the disk: is it full?", home=home) from error
    finally:
        shutil.rmtree(rough, ignore_errors=True)
    return Restored(
        manifest.no, manifest.made_at, manifest.device_name, incarnation, again, _counts(manifest)
    )


def drill(archive: Archive, folder: Path, clock: Clock, random: Random, no: int | None = None,
          progress: Progress = no_progress) -> Drilled:  # fmt: skip
    """Restore into a folder below `folder`, open, check everything, delete. Raises as restore does."""
    began = clock.monotonic()
    manifest = chosen(archive.backups(), no)
    place = Home(folder / f".drill-{random(6).hex()}")
    try:
        _lay_out(archive, manifest, place, random, progress)
        with closing(Book.open(place.book, manifest.store_key)) as book:
            pinned, statements = book.read(lambda page: (page.meta("pinned") or b"", page.trust()))
        log = verify_all(statements, pinned, manifest.height)
        people = Slots.read(manifest.slots).labels
    finally:
        shutil.rmtree(place.path, ignore_errors=True)
    return Drilled(
        manifest.no, manifest.made_at, manifest.device_name, manifest.pages, _counts(manifest), people, log.position,
        clock.monotonic() - began,
    )  # fmt: skip


def chosen(backups: Sequence[Kept], no: int | None) -> BackupManifest:
    """The backup of that number, or the newest that can be read. Raises Refusal, Unavailable."""
    for kept in reversed(backups):
        if no in (None, kept.no):
            if kept.manifest is not None:
                return kept.manifest
            if no is not None:
                raise Unavailable("Backup {no} cannot be read: it is damaged. Take another one.", no=no)
    raise Refusal("There is no such backup here. List them with 'posta station backups'.")


def begin_anew(home: Home, store_key: bytes, clock: Clock, random: Random, why: str) -> tuple[int, int]:
    """Give a profile a new incarnation; what waited waits again. Returns (incarnation, envelopes that wait).

    A kiosk cannot open what it sealed: that leaves first, under its old numbers. Raises Unavailable without the centre.
    """
    with closing(_desk(home, store_key, clock, random)) as desk:
        desk.signs_heads = False
        if desk.kind == DeviceKind.KIOSK and desk.book.read(lambda page: page.outbox(1)):
            exchange_now(desk)
        desk.book.keep(lambda page: incarnations.begin_anew(desk, page), Changes(frozenset({"Sync"})))
        desk.signs_heads = True
        waits, _first = desk.book.read(lambda page: page.outbox_left())
        audit(desk, "restore", PatientId(""), entity=why)
        return desk.incarnation, waits


def _desk(home: Home, store_key: bytes, clock: Clock, random: Random) -> Desk:
    """The device's desk with nobody at it."""
    book = Book.open(home.book, store_key)
    try:
        return Desk(home, book, Opened("", store_key), clock, random)
    except BaseException:
        book.close()
        raise


def _lay_out(
    archive: Archive, manifest: BackupManifest, home: Home, random: Random, progress: Progress
) -> None:
    """Write all files of a profile and prove the book: the slots last, as when a profile is new."""
    home.make()
    check_space_for(manifest, home.path)
    write_book(archive.pages(manifest), manifest.pages, home.book, manifest.store_key, random, progress)
    prove(home.book, manifest.store_key, manifest.schema, _counts(manifest), progress)
    home.keep_height(manifest.height)
    if manifest.device_key:
        keep(home.path / KEY_FILE, manifest.device_key)
    home.keep_slots(manifest.slots)


def _move(rough: Path, home: Path) -> None:
    if home.exists():
        home.rmdir()
    os.replace(rough, home)
    sync_folder(home.parent)


def _counts(manifest: BackupManifest) -> dict[str, int]:
    return {counted.table: counted.rows for counted in manifest.counts}
