# SPDX-License-Identifier: GPL-3.0-or-later
"""The book in embedded SQLite: one file, one connection, WAL, synchronous=FULL.

Python's own sqlite3 may be older than 3.51.3, whose WAL can be damaged when several connections reset it. So
the book opens exactly one and locks the file against any other (`locking_mode=EXCLUSIVE`).
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.sync import Sequenced
from sync_server.book import computers, tables
from sync_server.book.ingest import micros, take
from sync_server.book.pages import page, scope_part
from sync_server.book.port import Computer, Exchanged, Mailbox, Pull, Push, Tag
from sync_server.book.vectors import ahead, move

MOST_SESSIONS = 32
"""Sessions a device may have at once; the oldest end."""
MIGRATIONS = Path(__file__).with_name("migrations")
_PRAGMAS = (
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-32768",
)
DAMAGED = "The server's data in {file} cannot be used ({why}). Check the disk, or restore the last backup."
IN_USE = "The server's data in {file} is in use. Stop the other Posta server, then start again."
FULL = "The server's disk is full. Make room; nothing sent so far is lost."
TOO_NEW = "The server's data was written by a newer Posta. Install that version; nothing was changed."


class SqliteBook:
    """`Book` in one SQLite file. All verbs must come from the thread that opened it."""

    def __init__(self, engine: Engine, file: Path, random: Random) -> None:
        self._engine, self._file, self._random = engine, file, random

    @classmethod
    def open(cls, file: Path, random: Random) -> "SqliteBook":
        """Opens or founds the book and brings its tables up to date. Raises Unavailable, or Refusal if it is
        newer than us."""
        book = cls(_engine(file), file, random)
        try:
            book._bring_up_to_date()
            book._found()
        except BaseException:
            book._engine.dispose()
            raise
        return book

    def _bring_up_to_date(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
        with self._unit() as conn:
            now = MigrationContext.configure(conn).get_current_revision()
            if now is not None and now not in known:
                raise Refusal(TOO_NEW)
            config.attributes["connection"] = conn
            command.upgrade(config, "head")

    def _found(self) -> None:
        with self._unit() as conn:
            conn.execute(
                upsert(tables.meta).values(key="epoch", value=self._fresh_epoch()).on_conflict_do_nothing()
            )

    def _fresh_epoch(self) -> str:
        return self._random(8).hex()

    @contextmanager
    def _unit(self) -> Iterator[Connection]:
        """One transaction; what the database says becomes Unavailable."""
        try:
            with self._engine.begin() as conn:
                yield conn
        except DBAPIError as error:
            raise self._unavailable(error.orig) from error
        except sqlite3.DatabaseError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException | None) -> Unavailable:
        text = str(error)
        if "is full" in text:
            return Unavailable(FULL)
        if "locked" in text:
            return Unavailable(IN_USE, file=self._file)
        return Unavailable(DAMAGED, file=self._file, why=text)

    def close(self) -> None:
        """Folds the WAL in and lets go of the file."""
        self._engine.dispose()

    # the trust log and sessions

    def epoch(self) -> str:
        with self._unit() as conn:
            return _epoch(conn)

    def renew_epoch(self) -> str:
        with self._unit() as conn:
            return self._renew(conn)

    def _renew(self, conn: Connection) -> str:
        conn.execute(delete(tables.cursors))
        conn.execute(
            update(tables.meta).where(tables.meta.c.key == "epoch").values(value=self._fresh_epoch())
        )
        return _epoch(conn)

    def statements(self, first: int) -> tuple[bytes, ...]:
        t = tables.trust
        with self._unit() as conn:
            rows = conn.execute(select(t.c.statement).where(t.c.position >= first).order_by(t.c.position))
            return tuple(row[0] for row in rows)

    def append_statements(self, first: int, statements: tuple[bytes, ...]) -> None:
        with self._unit() as conn:
            if conn.execute(select(func.count()).select_from(tables.trust)).scalar_one() != first:
                raise Refusal("Somebody else has just added to the trust log. Synchronise and try again.")
            rows = [{"position": first + i, "statement": blob} for i, blob in enumerate(statements)]
            if rows:
                conn.execute(insert(tables.trust), rows)

    def keep_session(self, token_hash: bytes, device: DeviceId, expires_at: datetime) -> None:
        t, until = tables.sessions, micros(expires_at)
        kept = (
            select(t.c.token_hash)
            .where(t.c.device == device)
            .order_by(t.c.expires_at.desc())
            .limit(MOST_SESSIONS)
        )
        with self._unit() as conn:
            conn.execute(insert(t).values(token_hash=token_hash, device=device, expires_at=until))
            conn.execute(delete(t).where(t.c.device == device, t.c.token_hash.not_in(kept)))

    def session_device(self, token_hash: bytes, now: datetime) -> DeviceId | None:
        t = tables.sessions
        with self._unit() as conn:
            row = conn.execute(select(t.c.device, t.c.expires_at).where(t.c.token_hash == token_hash)).first()
            if row is not None and row[1] > micros(now):
                return DeviceId(row[0])
            if row is not None:
                conn.execute(delete(t).where(t.c.token_hash == token_hash))
            return None

    def live_sessions(self, now: datetime) -> dict[DeviceId, datetime]:
        t = tables.sessions
        with self._unit() as conn:
            rows = conn.execute(
                select(t.c.device, func.min(t.c.expires_at))
                .where(t.c.expires_at > micros(now))
                .group_by(t.c.device)
            )
            return {DeviceId(device): _moment(at) for device, at in rows}

    def end_sessions(self, device: DeviceId) -> None:
        t = tables.sessions
        with self._unit() as conn:
            conn.execute(delete(t).where(t.c.device == device))

    # envelopes

    def exchange(self, push: Push, pull: Pull) -> Exchanged:
        with self._unit() as conn:
            taken = take(conn, push)
            computers.seen(conn, push.device, micros(push.at))
            epoch, agreed = self._agree(conn, pull)
            sent, heads = page(conn, pull) if agreed else ((), ())
        return Exchanged(
            epoch, taken.acked_env_no, taken.refused, sent, heads, bool(heads), not agreed, taken.rung
        )

    def _agree(self, conn: Connection, pull: Pull) -> tuple[str, bool]:
        """Our epoch, and whether device and book now mean the same by its cursors. One that may read nothing
        (revoked) cannot make all others begin anew."""
        epoch = _epoch(conn)
        if pull.epoch not in ("", epoch):
            return epoch, False
        if pull.epoch and pull.reads and ahead(conn, pull.cursors):
            return self._renew(conn), False
        return epoch, move(conn, pull)

    def scope_part(self, scope: ScopeId, after: int, byte_budget: int) -> tuple[tuple[Sequenced, ...], bool]:
        with self._unit() as conn:
            return scope_part(conn, scope, after, byte_budget)

    def scope_tags(self, scope: ScopeId) -> frozenset[Tag]:
        t = tables.scope_tags
        with self._unit() as conn:
            return frozenset(Tag(row[0]) for row in conn.execute(select(t.c.tag).where(t.c.scope == scope)))

    # the mailbox of enrolment

    def open_mailbox(self, box: str, device: DeviceId, expires_at: datetime, now: datetime) -> None:
        t = tables.mailboxes
        with self._unit() as conn:
            conn.execute(delete(t).where(t.c.expires_at <= micros(now)))
            owner = conn.execute(select(t.c.opened_by).where(t.c.box == box)).scalar()
            if owner is None:
                conn.execute(insert(t).values(box=box, opened_by=device, expires_at=micros(expires_at)))
            elif owner != device:
                raise Refusal("This invitation is another device's. Make a new one.")

    def mailbox(self, box: str, now: datetime) -> Mailbox | None:
        t = tables.mailboxes
        with self._unit() as conn:
            row = (
                conn.execute(select(t).where(t.c.box == box, t.c.expires_at > micros(now))).mappings().first()
            )
        if row is None:
            return None
        return Mailbox(DeviceId(row["opened_by"]), _moment(row["expires_at"]), row["request"], row["answer"])

    def fill_mailbox(self, box: str, side: str, letter: bytes, now: datetime) -> bool:
        t = tables.mailboxes
        column = t.c.request if side == "request" else t.c.answer
        with self._unit() as conn:
            there = conn.execute(select(column).where(t.c.box == box)).scalar()
            if there is None:
                conn.execute(update(t).where(t.c.box == box).values({column.name: letter}))
            return there is None or there == letter

    # capsules and attachments

    def put_capsule(self, lookup: str, body: bytes, device: DeviceId, at: datetime) -> bool:
        row = upsert(tables.capsules).values(lookup=lookup, body=body, device=device, written_at=micros(at))
        newer = {name: row.excluded[name] for name in ("body", "device", "written_at")}
        with self._unit() as conn:
            if _withdrawn(conn, lookup):
                return False
            conn.execute(row.on_conflict_do_update(index_elements=["lookup"], set_=newer))
        return True

    def withdraw_card(self, lookup: str, body: bytes, at: datetime) -> None:
        row = upsert(tables.withdrawals).values(lookup=lookup, body=body, received_at=micros(at))
        with self._unit() as conn:
            conn.execute(row.on_conflict_do_nothing(index_elements=["lookup"]))
            conn.execute(delete(tables.capsules).where(tables.capsules.c.lookup == lookup))

    def is_withdrawn(self, lookup: str) -> bool:
        with self._unit() as conn:
            return _withdrawn(conn, lookup)

    def withdrawals(self, after: int, limit: int) -> tuple[tuple[int, bytes], ...]:
        t = tables.withdrawals
        with self._unit() as conn:
            found = select(t.c.number, t.c.body).where(t.c.number > after).order_by(t.c.number).limit(limit)
            return tuple((int(row[0]), bytes(row[1])) for row in conn.execute(found))

    def put_code(
        self, lookup: str, body: bytes, device: DeviceId, expires_at: datetime, now: datetime
    ) -> None:
        t = tables.codes
        row = upsert(t).values(lookup=lookup, body=body, device=device, expires_at=micros(expires_at))
        newer = {name: row.excluded[name] for name in ("body", "device", "expires_at")}
        with self._unit() as conn:
            conn.execute(delete(t).where(t.c.expires_at <= micros(now)))
            conn.execute(row.on_conflict_do_update(index_elements=["lookup"], set_=newer))

    def take_code(self, lookup: str, now: datetime) -> bytes | None:
        t = tables.codes
        with self._unit() as conn:
            conn.execute(delete(t).where(t.c.expires_at <= micros(now)))
            body = conn.execute(select(t.c.body).where(t.c.lookup == lookup)).scalar()
            conn.execute(delete(t).where(t.c.lookup == lookup))
        return body

    def capsule(self, lookup: str) -> bytes | None:
        t = tables.capsules
        with self._unit() as conn:
            return conn.execute(select(t.c.body).where(t.c.lookup == lookup)).scalar()

    def keep_attachment(self, attachment: str, size: int, device: DeviceId, at: datetime) -> None:
        row = upsert(tables.attachments).values(
            attachment=attachment, size=size, device=device, received_at=micros(at)
        )
        with self._unit() as conn:
            conn.execute(row.on_conflict_do_nothing())

    def attachment(self, attachment: str) -> tuple[int, DeviceId] | None:
        t = tables.attachments
        with self._unit() as conn:
            row = conn.execute(select(t.c.size, t.c.device).where(t.c.attachment == attachment)).first()
        return (int(row[0]), DeviceId(row[1])) if row else None

    def computers(self) -> tuple[Computer, ...]:
        with self._unit() as conn:
            return computers.known(conn)

    def keep_receipt(self, device: DeviceId, body: bytes, at: datetime) -> None:
        with self._unit() as conn:
            computers.keep_receipt(conn, device, body, micros(at))

    def counts(self) -> dict[str, int]:
        kinds = {"envelopes": tables.envelopes, "scopes": tables.scopes, "statements": tables.trust}
        with self._unit() as conn:
            return {
                name: int(conn.execute(select(func.count()).select_from(table)).scalar_one())
                for name, table in kinds.items()
            }


def _withdrawn(conn: Connection, lookup: str) -> bool:
    t = tables.withdrawals
    return conn.execute(select(t.c.number).where(t.c.lookup == lookup)).first() is not None


def _epoch(conn: Connection) -> str:
    return str(conn.execute(select(tables.meta.c.value).where(tables.meta.c.key == "epoch")).scalar_one())


def _moment(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)


def _engine(file: Path) -> Engine:
    engine = create_engine("sqlite://", creator=_once(file), poolclass=StaticPool, hide_parameters=True)
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _once(file: Path) -> Callable[[], sqlite3.Connection]:
    """Makes the connection the first time and refuses to make a second one."""
    made = False

    def connect() -> sqlite3.Connection:
        nonlocal made
        if made:
            raise Unavailable("The server's book has one connection only; restart the server.")
        made = True
        return _connection(file)

    return connect


def _connection(file: Path) -> sqlite3.Connection:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        raise Unavailable(DAMAGED, file=file, why=os.strerror(error.errno or 0)) from error
    raw = sqlite3.connect(file, timeout=0.5, isolation_level=None, check_same_thread=True)
    try:
        for pragma in _PRAGMAS:
            raw.execute(pragma).fetchall()
    except sqlite3.DatabaseError:
        raw.close()
        raise
    return raw
