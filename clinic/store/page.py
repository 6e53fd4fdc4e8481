# SPDX-License-Identifier: GPL-3.0-or-later
"""A page of the book: typed reads on one connection, inside one transaction. Writing is clinic.store.writing."""

from collections.abc import Sequence
from datetime import datetime
from json import dumps

from clinic.domain.ids import PatientId, ScopeId
from clinic.store.audits import AuditReads
from clinic.store.people import PeopleReads
from clinic.store.rows import UNNUMBERED, OutboxCounts, OutboxRow
from clinic.store.search import SearchReads
from clinic.store.sheet import from_ms
from clinic.sync.batch import Unnumbered
from clinic.sync.exchange import cursor_sum

CURSOR_SUM = "cursor sum"
_AMONG = "env_no IN (SELECT value FROM json_each(:nos))"


class Page(PeopleReads, SearchReads, AuditReads):
    """Reads."""

    # sync ----------------------------------------------------------------------------------------

    def outbox(self, limit: int = 500, after: int = 0) -> tuple[OutboxRow, ...]:
        """Envelopes that wait to leave, in the order they were numbered, those after a number."""
        rows = self._all(
            "SELECT env_no, scope, priority, ops, envelope FROM outbox "
            "WHERE env_no > :after AND acked_at IS NULL AND refused IS NULL ORDER BY env_no LIMIT :limit",
            limit=limit, after=after,
        )  # fmt: skip
        return tuple(OutboxRow(row[0], ScopeId(row[1]), row[2], row[3], row[4]) for row in rows)

    def numbered(self, limit: int = 500, after: int = 0) -> tuple[OutboxRow, ...]:
        """Of these, those that may be offered."""
        return tuple(row for row in self.outbox(limit, after) if row.env_no < UNNUMBERED)

    def offered(self, first: int, last: int) -> dict[int, bytes]:
        """The envelopes with these numbers, whatever became of them."""
        rows = self._all(
            "SELECT env_no, envelope FROM outbox WHERE env_no BETWEEN :first AND :last AND env_no < :unnumbered",
            first=first, last=last, unnumbered=UNNUMBERED,
        )  # fmt: skip
        return {int(number): bytes(wire) for number, wire in rows}

    def numbered_after(self, number: int, limit: int = 500) -> dict[int, bytes]:
        """Number -> envelope of those after a number, acknowledged or not, in order; but none that the centre refused."""
        rows = self._all(
            "SELECT env_no, envelope FROM outbox WHERE env_no > :number AND env_no < :unnumbered AND refused IS NULL "
            "ORDER BY env_no LIMIT :limit", number=number, unnumbered=UNNUMBERED, limit=limit,
        )  # fmt: skip
        return {int(env_no): bytes(wire) for env_no, wire in rows}

    def unnumbered(self, limit: int = -1) -> tuple[Unnumbered, ...]:
        """Of these, those that have no number yet."""
        rows = self._all(
            "SELECT env_no, scope, priority, ops, length(envelope) FROM outbox WHERE env_no >= :first "
            "ORDER BY env_no LIMIT :limit", first=UNNUMBERED, limit=limit,
        )  # fmt: skip
        return tuple(Unnumbered(*row) for row in rows)

    def posted(self, numbers: Sequence[int]) -> tuple[tuple[bytes, int], ...]:
        """(what waits, milliseconds when it was written) of rows of the outbox, in order."""
        rows = self._all(
            f"SELECT envelope, written_at FROM outbox WHERE {_AMONG} ORDER BY env_no",
            nos=dumps(list(numbers)),
        )
        return tuple((bytes(row[0]), int(row[1])) for row in rows)

    def outbox_counts(self) -> OutboxCounts:
        row = self._one(
            "SELECT coalesce(sum(ops) FILTER (WHERE acked_at IS NULL AND refused IS NULL), 0), "
            "coalesce(sum(ops) FILTER (WHERE acked_at IS NOT NULL AND refused IS NULL), 0), "
            "coalesce(sum(ops) FILTER (WHERE refused IS NOT NULL), 0) FROM outbox"
        )
        return OutboxCounts(*row)

    def last_acknowledged(self) -> int:
        """The highest number that a centre has said is durable, 0 for none."""
        rows = self._all("SELECT env_no FROM outbox WHERE acked_at IS NOT NULL ORDER BY env_no DESC LIMIT 1")
        return max(0, int(rows[0][0])) if rows else 0

    def outbox_left(self) -> tuple[int, int]:
        """(envelopes that wait, the first of their numbers)."""
        row = self._one(
            "SELECT count(*), coalesce(min(env_no), 0) FROM outbox WHERE acked_at IS NULL AND refused IS NULL"
        )
        return int(row[0]), int(row[1])

    def waiting_ops_of(self, patient: PatientId) -> int:
        row = self._one(
            "SELECT coalesce(sum(ops), 0) FROM outbox WHERE scope = :scope AND acked_at IS NULL",
            scope=f"p:{patient}",
        )
        return int(row[0])

    def unacknowledged(self, scope: ScopeId) -> tuple[tuple[int, bytes, bool], ...]:
        """(number, envelope, whether it was refused) of what no centre has taken of a scope."""
        rows = self._all(
            "SELECT env_no, envelope, refused IS NOT NULL FROM outbox WHERE scope = :scope AND acked_at IS NULL "
            "ORDER BY env_no", scope=scope,
        )  # fmt: skip
        return tuple((int(row[0]), bytes(row[1]), bool(row[2])) for row in rows)

    def cursors(self) -> dict[ScopeId, int]:
        """Scope -> seq of the last envelope taken from the centre."""
        return {ScopeId(row[0]): row[1] for row in self._all("SELECT scope, seq FROM cursor")}

    def untold(self) -> dict[ScopeId, tuple[int, bytes]]:
        """Scope -> (seq, chain) of the last envelope taken, where the centre has been told another."""
        rows = self._all("SELECT scope, seq, chain FROM cursor WHERE seq <> told")
        return {ScopeId(row[0]): (row[1], bytes(row[2])) for row in rows}

    def cursor_sum(self) -> bytes:
        """`clinic.sync.exchange.cursor_sum` of all cursors; it is kept beside them."""
        return self.meta(CURSOR_SUM) or cursor_sum(self.cursors())

    def chains(self) -> dict[ScopeId, bytes]:
        """Scope -> its chain at that envelope."""
        return {ScopeId(row[0]): bytes(row[1]) for row in self._all("SELECT scope, chain FROM cursor")}

    def told(self) -> dict[ScopeId, int]:
        """Scope -> position the centre has been told."""
        return {ScopeId(row[0]): row[1] for row in self._all("SELECT scope, told FROM cursor WHERE told > 0")}

    def cursor(self, scope: ScopeId) -> tuple[int, bytes]:
        """(seq, chain) of the last envelope applied from the centre; (0, b'') at the start."""
        row = self._one("SELECT seq, chain FROM cursor WHERE scope = :scope", scope=scope)
        return (0, b"") if row is None else (row[0], row[1])

    def quarantined(self) -> int:
        return int(self._one("SELECT count(*) FROM quarantine")[0])

    def in_quarantine(self) -> tuple[tuple[int, str, datetime, bytes], ...]:
        """(no, why, since when, envelope) of each, the oldest first."""
        rows = self._all("SELECT no, why, at, envelope FROM quarantine ORDER BY no")
        return tuple((int(row[0]), str(row[1]), from_ms(row[2]), bytes(row[3])) for row in rows)

    def set_aside(self, number: int) -> tuple[str, bytes] | None:
        """(scope, envelope) of one in quarantine."""
        row = self._one("SELECT scope, envelope FROM quarantine WHERE no = :no", no=number)
        return None if row is None else (str(row[0]), bytes(row[1]))

    def refused_by_centre(self) -> tuple[tuple[int, str, int, bytes], ...]:
        """(number, sentence, why, envelope) of ours that the centre did not take."""
        rows = self._all(
            "SELECT env_no, sentence, refused, envelope FROM outbox WHERE refused IS NOT NULL ORDER BY env_no"
        )
        return tuple((int(row[0]), str(row[1]), int(row[2]), bytes(row[3])) for row in rows)

    def numbered_sizes(self, after: int = 0) -> tuple[tuple[int, int, int], ...]:
        """(priority, bytes, ops) of each envelope that has its number and waits, in the order in which it leaves; those after
        a number."""
        rows = self._all(
            "SELECT priority, length(envelope), ops FROM outbox WHERE acked_at IS NULL AND refused IS NULL "
            "AND env_no > :after AND env_no < :first ORDER BY env_no", after=after, first=UNNUMBERED,
        )  # fmt: skip
        return tuple((int(row[0]), int(row[1]), int(row[2])) for row in rows)

    def waiting_files(self) -> tuple[int, ...]:
        """Bytes of each attachment that waits to leave."""
        rows = self._all(
            "SELECT length(ciphertext) FROM attachment WHERE state = 'waiting' AND ciphertext IS NOT NULL"
        )
        return tuple(int(row[0]) for row in rows)

    def quarantine_waiting_for_key(self) -> tuple[tuple[int, str, int, bytes], ...]:
        """(no, scope, seq, envelope) of those that could not be opened for want of a key."""
        return tuple(
            tuple(row)
            for row in self._all(
                "SELECT no, scope, seq, envelope FROM quarantine WHERE why = 'no key' ORDER BY no"
            )
        )

    def trust(self) -> tuple[bytes, ...]:
        return tuple(row[0] for row in self._all("SELECT statement FROM trust ORDER BY position"))

    def unsent_trust(self) -> tuple[bytes, ...]:
        return tuple(
            row[0] for row in self._all("SELECT statement FROM trust WHERE sent = 0 ORDER BY position")
        )

    def numbers(self, prefix: str) -> dict[str, int]:
        """All counters whose name begins so."""
        rows = self._all(
            "SELECT name, value FROM counter WHERE substr(name, 1, :length) = :prefix",
            prefix=prefix,
            length=len(prefix),
        )
        return {row[0]: int(row[1]) for row in rows}

    # keys, settings ------------------------------------------------------------------------------

    def scope_keys(self, scope: ScopeId) -> dict[bytes, bytes]:
        """Key id -> key, the first known first."""
        return {
            row[0]: row[1]
            for row in self._all(
                "SELECT key_id, key FROM scope_key WHERE scope = :scope ORDER BY no", scope=scope
            )
        }

    def meta(self, key: str) -> bytes | None:
        row = self._one("SELECT value FROM meta WHERE key = :key", key=key)
        return None if row is None else bytes(row[0])

    def metas(self, prefix: str) -> dict[str, bytes]:
        """All settings whose key begins so."""
        rows = self._all(
            "SELECT key, value FROM meta WHERE substr(key, 1, :length) = :prefix",
            prefix=prefix,
            length=len(prefix),
        )
        return {row[0]: bytes(row[1]) for row in rows}

    def attachment(self, attachment_id: str) -> bytes | None:
        """Ciphertext, if it has arrived."""
        row = self._one("SELECT ciphertext FROM attachment WHERE id = :id", id=attachment_id)
        return None if row is None or row[0] is None else bytes(row[0])

    def has_attachment(self, attachment_id: str) -> bool:
        """The same, without reading it."""
        row = self._one(
            "SELECT 1 FROM attachment WHERE id = :id AND ciphertext IS NOT NULL", id=attachment_id
        )
        return row is not None

    def attachments_waiting(self) -> tuple[tuple[str, int], ...]:
        """(id, bytes) of each that waits to leave."""
        rows = self._all(
            "SELECT id, length(ciphertext) FROM attachment WHERE state = 'waiting' AND ciphertext IS NOT NULL"
        )
        return tuple((row[0], int(row[1])) for row in rows)

    def attachments_in(self, state: str) -> tuple[str, ...]:
        return tuple(
            row[0] for row in self._all("SELECT id FROM attachment WHERE state = :state", state=state)
        )

    def capsule(self, lookup: str) -> bytes | None:
        row = self._one("SELECT sealed FROM capsule WHERE lookup = :lookup", lookup=lookup)
        return None if row is None else bytes(row[0])

    def capsules_waiting(self) -> tuple[tuple[str, bytes], ...]:
        return tuple(
            (row[0], row[1]) for row in self._all("SELECT lookup, sealed FROM capsule WHERE waiting = 1")
        )
