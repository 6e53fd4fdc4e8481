# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of a device's backup as it rests on a disk: the sealed key, an index of a pack, what one backup holds."""

from datetime import datetime

from clinic.domain.ids import DeviceId
from clinic.domain.record import Record, n, record


@record(600)
class ArchiveLock(Record):
    """In clear beside the backups: `sealed` is the archive's secret in a SealedBox to the backup key `public`.

    `check` tells a device that the archive is its own, without telling the secret.
    """

    public: bytes = n(1)
    sealed: bytes = n(2)
    check: bytes = n(3)


@record(601)
class PackedChunk(Record):
    """Where a sealed chunk lies in its pack, in bytes from the pack's start."""

    id: bytes = n(1)
    offset: int = n(2)
    length: int = n(3)


@record(602)
class PackIndex(Record):
    chunks: tuple[PackedChunk, ...] = n(1)


@record(603)
class Counted(Record):
    """How many rows a table had."""

    table: str = n(1)
    rows: int = n(2)


@record(604)
class BackupManifest(Record):
    """One backup: everything needed to make the profile anew. Only ever written sealed.

    `roots`: ids of the chunks that list the ids of the book's chunks, in order; `slots` and `device_key` are the files of
    the profile as they were, so the same passwords open what is restored; `previous`: hash of the backup before.
    """

    no: int = n(1)
    made_at: datetime = n(2)
    device: DeviceId = n(3)
    device_name: str = n(4)
    incarnation: int = n(5)
    program: str = n(6)
    schema: int = n(7)
    pages: int = n(8)
    roots: tuple[bytes, ...] = n(9)
    store_key: bytes = n(10)
    slots: bytes = n(11)
    device_key: bytes = n(12, default=b"")
    height: int = n(13)
    counts: tuple[Counted, ...] = n(14, default=())
    previous: bytes = n(15, default=b"")
