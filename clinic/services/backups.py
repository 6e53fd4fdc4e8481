# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of this device's book: set up once, then made by the clock; each is read back and opened before it counts."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from clinic import __version__
from clinic.domain.clock import Random
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import PatientId
from clinic.domain.keeping import USUAL, KeepRule, is_due, is_late, kept
from clinic.keys.boxes import sound_box_key
from clinic.protocol.archive import BackupManifest, Counted
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.sitting import KEY_FILE
from clinic.store.backup_archive import Archive, Pruned
from clinic.store.backup_copy import Copy, Progress, Stopped, copy_book, no_progress, sound_pages
from clinic.store.backup_packs import DamagedBackup
from clinic.store.backup_restore import prove, write_book
from clinic.store.home import lock_file
from clinic.store.sheet import from_ms, to_ms
from clinic.store.writing import WritePage

__all__ = ["Backed", "Plan", "Stopped", "back_up", "due", "late", "plan_of", "set_up"]

_PUBLIC, _SECRET, _PLACE, _RULE = "backup public", "backup secret", "backup place", "backup rule"
_MADE, _TRIED = "backup made", "backup tried"
_WORK = ".backup"
"""A folder in the home for the copy under way; noise once its process is gone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was set up: where to, for whom it is sealed, what is kept; and when it was last made and tried."""

    place: Path
    public: bytes
    secret: bytes = field(repr=False)
    rule: KeepRule = USUAL
    made_at: datetime | None = None
    tried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backed:
    """A backup that was made and opened. Bytes of the book; chunks met already; chunks and bytes written now."""

    no: int
    made_at: datetime
    book_bytes: int
    known_chunks: int
    new_chunks: int
    new_bytes: int
    counts: dict[str, int]
    pruned: Pruned


def set_up(desk: Desk, place: Path, public: bytes, rule: KeepRule = USUAL) -> None:
    """Say where backups go and to which backup key they are sealed; its private half is never here.

    The archive's secret is made once and stays, so that a new place or key does not make old backups foreign. Raises
    Refusal for a key nothing can be sealed to.
    """
    if not sound_box_key(public):
        raise Refusal("This is not a backup key. Type it again from the paper it is printed on.")

    def act(page: WritePage) -> None:
        page.put_meta(_PUBLIC, public)
        page.put_meta(_PLACE, str(place.absolute()).encode())
        page.put_meta(_RULE, _rule_text(rule).encode())
        if page.meta(_SECRET) is None:
            page.put_meta(_SECRET, desk.random(32))

    desk.book.keep(act)
    audit(desk, "backup set up", PatientId(""))


def plan_of(desk: Desk) -> Plan | None:
    """What was set up, or None."""
    return desk.book.read(lambda page: plan_in(page.meta))


def plan_in(meta: Callable[[str], bytes | None]) -> Plan | None:
    """What was set up, as the settings `meta` gives say."""
    found = {key: meta(key) for key in (_PUBLIC, _SECRET, _PLACE, _RULE, _MADE, _TRIED)}
    public, secret, place = found[_PUBLIC], found[_SECRET], found[_PLACE]
    if public is None or secret is None or place is None:
        return None
    made, tried = _moment(found[_MADE]), _moment(found[_TRIED])
    return Plan(Path(place.decode()), public, secret, _rule(found[_RULE]), made, tried)


def due(desk: Desk) -> bool:
    """True if a backup was set up and should be made now."""
    plan = plan_of(desk)
    return plan is not None and is_due(desk.clock.now(), plan.made_at, plan.tried_at, plan.rule)


def late(desk: Desk) -> bool:
    """True if backups were set up and none was made for so long that somebody should look."""
    plan = plan_of(desk)
    return plan is not None and is_late(desk.clock.now(), plan.made_at, plan.rule)


def back_up(desk: Desk, to: Path | None = None, progress: Progress = no_progress) -> Backed:
    """Make a backup, read it back, open it, and only then let it count; then take away what the rule lets go.

    Raises Refusal (not set up, another is under way, stopped by `progress`), Unavailable (disk, damaged page).
    """
    plan = plan_of(desk)
    if plan is None:
        raise Refusal("Backups are not set up on this computer yet. Run 'posta station backup-setup'.")
    _note(desk, _TRIED)
    folder = (to or plan.place) / desk.device
    with (
        _working(desk.home.path) as work,
        Archive.to_write(folder, plan.secret, plan.public, desk.random) as archive,
    ):
        manifest, book_bytes = _kept_whole(desk, archive, work, progress)
        written = (archive.packs.met_chunks, archive.packs.written_chunks, archive.packs.written_bytes)
        archive.add(manifest)
        pruned = _pruned(archive, plan.rule)
    _note(desk, _MADE)
    audit(desk, "backup", PatientId(""), entity=f"backup {manifest.no}")
    counts = {counted.table: counted.rows for counted in manifest.counts}
    return Backed(manifest.no, manifest.made_at, book_bytes, *written, counts, pruned)


def _kept_whole(desk: Desk, archive: Archive, work: Path, progress: Progress) -> tuple[BackupManifest, int]:
    """A manifest whose every chunk was read back; what turns out damaged on that disk is written once more."""
    for last_try in (False, True):
        manifest, size = _kept(desk, archive, work, progress)
        try:
            _open_it(archive, manifest, work, desk.random, progress)
            return manifest, size
        except DamagedBackup:
            bad = archive.damaged(manifest)
            if last_try or not bad:
                raise
            archive.packs.distrust(bad)
    raise Unavailable("The disk of the backups does not keep what is written. Take another disk.")


def _kept(desk: Desk, archive: Archive, work: Path, progress: Progress) -> tuple[BackupManifest, int]:
    no, previous = archive.next_place()
    made_at = desk.clock.now()
    copy = copy_book(desk.home.book, desk.store_key, work / "copy.db", desk.random, progress)
    try:
        roots = archive.put_pages(sound_pages(copy, desk.home.book, desk.store_key), copy.pages, progress)
        return _manifest(desk, copy, no, made_at, roots, previous), copy.path.stat().st_size
    finally:
        copy.path.unlink()


def _manifest(
    desk: Desk, copy: Copy, no: int, made_at: datetime, roots: tuple[bytes, ...], previous: bytes
) -> BackupManifest:
    key_file = desk.home.path / KEY_FILE
    return BackupManifest(
        no=no, made_at=made_at, device=desk.device, device_name=desk.device_name, incarnation=desk.incarnation,
        program=__version__, schema=copy.schema, pages=copy.pages, roots=roots, store_key=desk.store_key,
        slots=desk.home.read_slots()[0], device_key=key_file.read_bytes() if key_file.exists() else b"",
        height=desk.home.read_height(), previous=previous,
        counts=tuple(Counted(table=table, rows=rows) for table, rows in copy.counts.items()),
    )  # fmt: skip


def _open_it(
    archive: Archive, manifest: BackupManifest, work: Path, random: Random, progress: Progress
) -> None:
    """Read all of it back into a book under a key nobody keeps, open that, and throw it away."""
    path, key = work / "check.db", random(32)
    check_space_for(manifest, work)
    try:
        write_book(archive.pages(manifest), manifest.pages, path, key, random, progress)
        counts = {counted.table: counted.rows for counted in manifest.counts}
        prove(path, key, manifest.schema, counts, progress)
    finally:
        for name in ("check.db", "check.db-wal", "check.db-shm"):
            (work / name).unlink(missing_ok=True)


def check_space_for(manifest: BackupManifest, folder: Path) -> None:
    """Raise Unavailable unless the restored book fits."""
    needed = manifest.pages * 4096
    if shutil.disk_usage(folder).free < needed + 1_000_000:
        raise Unavailable(
            "There is not enough room in {folder}: {needed} MB are needed.",
            folder=folder,
            needed=needed // 1_000_000 + 1,
        )


def _pruned(archive: Archive, rule: KeepRule) -> Pruned:
    numbers = {b.manifest.made_at: b.no for b in archive.backups() if b.manifest is not None}
    newest = max(numbers.values(), default=0)
    return archive.prune({newest, *(numbers[at] for at in kept(numbers, rule))})


@contextmanager
def _working(home: Path) -> Iterator[Path]:
    """The work folder, empty, for one backup of this home at a time."""
    work = home / _WORK
    try:
        handle = lock_file(home / "backup.lock")
        if handle is None:
            raise Refusal("Another backup of this computer is under way. Wait until it is done.")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
    except OSError as error:
        raise Unavailable(
            "The folder {path} cannot be written. Check the disk and its permissions.", path=home
        ) from error
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.close(handle)


def _note(desk: Desk, key: str) -> None:
    now = str(to_ms(desk.clock.now())).encode()
    desk.book.keep(lambda page: page.put_meta(key, now))


def _moment(ms: bytes | None) -> datetime | None:
    return from_ms(int(ms)) if ms else None


def _rule_text(rule: KeepRule) -> str:
    return f"{rule.latest} {rule.daily} {rule.weekly} {rule.monthly} {int(rule.every.total_seconds())}"


def _rule(text: bytes | None) -> KeepRule:
    if not text:
        return USUAL
    latest, daily, weekly, monthly, seconds = (int(word) for word in text.split())
    return KeepRule(latest, daily, weekly, monthly, timedelta(seconds=seconds))
