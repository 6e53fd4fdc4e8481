# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything in a book as it lies there, sealed to a backup key: for a book this program is too old to open.

A file is a mark, the sealed key (80 bytes), then libsodium's secretstream over zstd over CBOR: first what it is, then
`[table, {column: value}]` of every row, ops first.
"""

import io
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cbor2
import sqlcipher3.dbapi2 as sqlcipher
import zstandard

from clinic.domain.clock import Random
from clinic.domain.errors import Unavailable
from clinic.keys.attachments import decrypt, encrypt
from clinic.keys.backups import BackupKey
from clinic.keys.boxes import SEAL_OVERHEAD, open_sealed, seal_to
from clinic.keys.refusals import Unreadable
from clinic.protocol.codec import dumps
from clinic.store.backup_copy import connect, schema_of
from clinic.store.home import sync_folder
from clinic.store.opening import said

_MARK = b"posta raw 1\n"
_SEALED = 32 + SEAL_OVERHEAD
_FIRST = "op"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the schema's number, and rows of each table."""

    schema: int
    rows: dict[str, int]


def write_raw(book: Path, key: bytes, public: bytes, to: Path, random: Random) -> Exported:
    """Write every row of every table to a new file; the book is only read. Raises Unavailable."""
    own = random(32)
    rows: dict[str, int] = {}
    try:
        with closing(connect(book, key, "query_only=ON")) as source:
            source.execute("BEGIN")
            schema = schema_of(source)
            with open(to, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
                out.write(_MARK + seal_to(public, own))
                for part in encrypt(_squeezed(_lines(source, schema, rows)), own):
                    out.write(part)
                out.flush()
                os.fsync(out.fileno())
        sync_folder(to.parent)
    except sqlcipher.Error as error:
        to.unlink(missing_ok=True)
        raise said(error) from error
    except FileExistsError as error:
        raise Unavailable("{path} is there already. Name a new file.", path=to) from error
    except OSError as error:
        to.unlink(missing_ok=True)
        raise Unavailable("{path} could not be written. Check the disk: is it full?", path=to) from error
    return Exported(schema, rows)


def read_raw(path: Path, key: BackupKey) -> Iterator[Any]:
    """What was written: first a map that says what it is, then `[table, row]`. Raises Unreadable, Unavailable.

    A file that was cut short or changed raises at the place; keep nothing until the end has come.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_MARK)) != _MARK:
                raise Unreadable("This is not an export of Posta.")
            own = open_sealed(key.private, file.read(_SEALED))
            large, stream = zstandard.ZstdDecompressor().decompressobj(), _Growing()
            for part in decrypt(iter(lambda: file.read(65536), b""), own):
                stream.add(large.decompress(part))
                yield from stream.values()
    except OSError as error:
        raise Unavailable("{path} cannot be read. Check the disk.", path=path) from error


def _lines(source: Any, schema: int, rows: dict[str, int]) -> Iterator[bytes]:
    yield dumps({"posta": "raw", "schema": schema})
    for table in _tables(source):
        cursor = source.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in cursor.description]
        rows[table] = 0
        for row in cursor:
            rows[table] += 1
            yield dumps([table, dict(zip(names, row, strict=True))])


def _tables(source: Any) -> list[str]:
    """Ordinary tables, ops first; not those that a search keeps for itself."""
    made = source.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    searches = tuple(f"{name}_" for name, sql in made if sql.upper().startswith("CREATE VIRTUAL"))
    plain = [
        name for name, sql in made
        if not sql.upper().startswith("CREATE VIRTUAL") and not name.startswith((*searches, "sqlite_"))
    ]  # fmt: skip
    return sorted(plain, key=lambda name: (name != _FIRST, name))


def _squeezed(parts: Iterator[bytes]) -> Iterator[bytes]:
    small = zstandard.ZstdCompressor(level=3).compressobj()
    for part in parts:
        yield small.compress(part)
    yield small.flush()


class _Growing:
    """Takes CBOR values out of bytes that come in parts of any length."""

    def __init__(self) -> None:
        self._left = b""

    def add(self, data: bytes) -> None:
        self._left += data

    def values(self) -> Iterator[Any]:
        stream = io.BytesIO(self._left)
        done = 0
        while done < len(self._left):
            try:
                value = cbor2.CBORDecoder(stream).decode()
            except (cbor2.CBORDecodeEOF, EOFError):
                break
            done = stream.tell()
            yield value
        self._left = self._left[done:]
