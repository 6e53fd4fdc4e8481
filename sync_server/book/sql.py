# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs of a book in SQL, the same for every database; what differs is in the few lines of `dialect`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.sync import Sequenced
from sync_server.book import computers, tables, tidying
from sync_server.book.copying import check_chains, copy_rows
from sync_server.book.dialect import alone, lay
from sync_server.book.ingest import known, micros, take
from sync_server.book.laid import laid
from sync_server.book.pages import page, scope_part
from sync_server.book.port import Computer, Exchanged, Look, Looked, Mailbox, Pull, Push, Shelf, Tag, Taken
from sync_server.book.recent import look
from sync_server.book.settled import Settled, forget, keep, settled
from sync_server.book.vectors import move, of_another_past

MOST_SESSIONS = 32
"""Sessions a device may have at once; the oldest end."""


class SqlBook(ABC):
    """`Book` over SQLAlchemy Core. Whoever inherits opens it and says what a unit of work is."""

    _random: Random

    @abstractmethod
    def _unit(self) -> AbstractContextManager[Connection]:
        """One transaction; what the database says becomes Unavailable."""

    def _found(self) -> None:
        with self._unit() as conn:
            lay(conn, tables.meta, {"key": "epoch", "value": self._fresh_epoch()})

    def _fresh_epoch(self) -> str:
        return self._random(8).hex()

    # the trust log and sessions

    def epoch(self) -> str:
        with self._unit() as conn:
            return _epoch(conn)

    def renew_epoch(self) -> str:
        with self._unit() as conn:
            return self._renew(conn, _epoch(conn))

    def _renew(self, conn: Connection, before: str) -> str:
        alone(conn, "epoch")
        if _epoch(conn) != before:
            return _epoch(conn)  # somebody else was quicker
        conn.execute(delete(tables.cursors))
        forget(conn)
        conn.execute(
            update(tables.meta).where(tables.meta.c.key == "epoch").values(value=self._fresh_epoch())
        )
        return _epoch(conn)

    def statements(self, first: int) -> tuple[bytes, ...]:
        with self._unit() as conn:
            return _statements(conn, first)

    def append_statements(self, first: int, statements: tuple[bytes, ...]) -> None:
        with self._unit() as conn:
            alone(conn, "trust")
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
        with self._unit() as conn:
            return _session_device(conn, token_hash, now)

    def caller(
        self, token_hash: bytes, now: datetime, first: int
    ) -> tuple[DeviceId | None, tuple[bytes, ...]]:
        with self._unit() as conn:
            return _session_device(conn, token_hash, now), _statements(conn, first)

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
            alone(conn, f"device {push.device}")
            taken = take(conn, push)
            computers.seen(conn, push.device, micros(push.at), pull.takes_snapshots)
            before = settled(conn, pull)
            epoch, agreed, now = self._agree(conn, pull, before)
            too_old = agreed and not pull.takes_snapshots and tidying.gone_ahead(conn, pull)
            sent, heads, mark = page(conn, pull, now.mark) if agreed and not too_old else ((), (), now.mark)
            if (now, mark) != (before, before.mark) or not mark:
                keep(conn, pull.device, now, mark=mark)
            digest, refused = known(conn, pull, taken.acked_env_no)
        return Exchanged(
            epoch,
            taken.acked_env_no,
            taken.refused + refused,
            sent,
            heads,
            bool(heads),
            not agreed,
            taken.rung,
            digest,
            too_old,
        )

    def push(self, push: Push) -> Taken:
        with self._unit() as conn:
            alone(conn, f"device {push.device}")
            return take(conn, push)

    def laid(self, beyond: Mapping[tuple[DeviceId, int], int], byte_budget: int) -> tuple[bytes, ...]:
        with self._unit() as conn:
            return laid(conn, beyond, byte_budget)

    def _agree(self, conn: Connection, pull: Pull, before: Settled) -> tuple[str, bool, Settled]:
        """Our epoch, whether device and book now mean the same by its cursors, and how far it is settled. One that may read
        nothing (revoked) cannot make all others begin anew."""
        epoch = _epoch(conn)
        anew = replace(before, digest=b"", mark=0)
        if pull.epoch not in ("", epoch):
            return epoch, False, anew
        if pull.epoch and pull.reads and of_another_past(conn, pull.cursors):
            return self._renew(conn, epoch), False, anew
        return epoch, *move(conn, pull, before)

    def look(self, wanted: Look) -> Looked:
        with self._unit() as conn:
            return look(conn, wanted)

    def scope_part(self, scope: ScopeId, after: int, byte_budget: int) -> tuple[tuple[Sequenced, ...], bool]:
        with self._unit() as conn:
            return scope_part(conn, scope, after, byte_budget)

    def has_gone(self, scope: ScopeId, after: int) -> bool:
        with self._unit() as conn:
            return tidying.has_gone(conn, scope, after)

    def with_snapshots(self) -> tuple[ScopeId, ...]:
        with self._unit() as conn:
            return tidying.candidates(conn)

    def tidy(self, scope: ScopeId, decide: Callable[[Shelf], Iterable[int]], dry: bool) -> int:
        with self._unit() as conn:
            return tidying.tidy(conn, scope, decide, dry)

    def scope_tags(self, scope: ScopeId) -> frozenset[Tag]:
        t = tables.scope_tags
        with self._unit() as conn:
            return frozenset(Tag(row[0]) for row in conn.execute(select(t.c.tag).where(t.c.scope == scope)))

    # the mailbox of enrolment

    def open_mailbox(self, box: str, device: DeviceId, expires_at: datetime, now: datetime) -> None:
        t = tables.mailboxes
        with self._unit() as conn:
            alone(conn, f"box {box}")
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
        with self._unit() as conn:
            alone(conn, f"box {box}")
            row = conn.execute(select(t.c.request, t.c.answer).where(t.c.box == box)).mappings().first()
            there = row and row[side]
            if there is not None or (row and side == "request" and row["answer"]):
                return bool(there == letter)
            conn.execute(update(t).where(t.c.box == box).values({side: letter}))
            return True

    # capsules and attachments

    def put_capsule(self, lookup: str, body: bytes, device: DeviceId, at: datetime) -> bool:
        row = {"lookup": lookup, "body": body, "device": device, "written_at": micros(at)}
        with self._unit() as conn:
            alone(conn, f"card {lookup}")
            if _withdrawn(conn, lookup):
                return False
            lay(conn, tables.capsules, row, renew=("body", "device", "written_at"))
        return True

    def withdraw_card(self, lookup: str, body: bytes, at: datetime) -> None:
        t = tables.withdrawals
        row = {"lookup": lookup, "body": body, "received_at": micros(at)}
        with self._unit() as conn:
            alone(conn, f"card {lookup}")
            if not _withdrawn(conn, lookup):
                alone(conn, "withdrawals")  # numbers become visible in their order
                last = conn.execute(select(func.max(t.c.number))).scalar()
                conn.execute(insert(t).values(number=int(last or 0) + 1, **row))
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
        row = {"lookup": lookup, "body": body, "device": device, "expires_at": micros(expires_at)}
        with self._unit() as conn:
            conn.execute(delete(t).where(t.c.expires_at <= micros(now)))
            lay(conn, t, row, renew=("body", "device", "expires_at"))

    def take_code(self, lookup: str, now: datetime) -> bytes | None:
        t = tables.codes
        with self._unit() as conn:
            alone(conn, f"code {lookup}")
            conn.execute(delete(t).where(t.c.expires_at <= micros(now)))
            body = conn.execute(select(t.c.body).where(t.c.lookup == lookup)).scalar()
            conn.execute(delete(t).where(t.c.lookup == lookup))
        return body

    def capsule(self, lookup: str) -> bytes | None:
        t = tables.capsules
        with self._unit() as conn:
            return conn.execute(select(t.c.body).where(t.c.lookup == lookup)).scalar()

    def keep_attachment(self, attachment: str, size: int, device: DeviceId, at: datetime) -> None:
        row = {"attachment": attachment, "size": size, "device": device, "received_at": micros(at)}
        with self._unit() as conn:
            lay(conn, tables.attachments, row)

    def attachment(self, attachment: str) -> tuple[int, DeviceId] | None:
        t = tables.attachments
        with self._unit() as conn:
            row = conn.execute(select(t.c.size, t.c.device).where(t.c.attachment == attachment)).first()
        return (int(row[0]), DeviceId(row[1])) if row else None

    def attachments(self) -> tuple[str, ...]:
        with self._unit() as conn:
            return tuple(conn.execute(select(tables.attachments.c.attachment)).scalars())

    def computers(self) -> tuple[Computer, ...]:
        with self._unit() as conn:
            return computers.known(conn)

    def keep_receipt(self, device: DeviceId, body: bytes, at: datetime) -> None:
        with self._unit() as conn:
            computers.keep_receipt(conn, device, body, micros(at))

    # backups

    @abstractmethod
    def copy_to(self, file: Path) -> None:
        """The whole book as a book in SQLite, as it stands at one moment. Raises Unavailable."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the database."""

    def check(self) -> int:
        with self._unit() as conn:
            return check_chains(conn)

    def take_from(self, backup: "SqlBook") -> tuple[int, str]:
        """Lays a whole backup down in this empty book: (envelopes, the new epoch). Raises Refusal; then nothing is here."""
        with self._unit() as conn, backup._unit() as source:
            whole = check_chains(source)
            copy_rows(source, conn)
            return whole, self._renew(conn, _epoch(conn))

    def counts(self) -> dict[str, int]:
        kinds = {"envelopes": tables.envelopes, "scopes": tables.scopes, "statements": tables.trust}
        with self._unit() as conn:
            return {
                name: int(conn.execute(select(func.count()).select_from(table)).scalar_one())
                for name, table in kinds.items()
            }


_SESSION = select(tables.sessions.c.device, tables.sessions.c.expires_at).where(
    tables.sessions.c.token_hash == bindparam("token")
)
_STATEMENTS = (
    select(tables.trust.c.statement)
    .where(tables.trust.c.position >= bindparam("first"))
    .order_by(tables.trust.c.position)
)
_EPOCH = select(tables.meta.c.value).where(tables.meta.c.key == "epoch")


def _session_device(conn: Connection, token_hash: bytes, now: datetime) -> DeviceId | None:
    row = conn.execute(_SESSION, {"token": token_hash}).first()
    if row is not None and row[1] > micros(now):
        return DeviceId(row[0])
    if row is not None:
        conn.execute(delete(tables.sessions).where(tables.sessions.c.token_hash == token_hash))
    return None


def _statements(conn: Connection, first: int) -> tuple[bytes, ...]:
    return tuple(row[0] for row in conn.execute(_STATEMENTS, {"first": first}))


def _withdrawn(conn: Connection, lookup: str) -> bool:
    t = tables.withdrawals
    return conn.execute(select(t.c.number).where(t.c.lookup == lookup)).first() is not None


def _epoch(conn: Connection) -> str:
    return str(conn.execute(_EPOCH).scalar_one())


def _moment(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
