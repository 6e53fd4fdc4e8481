# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing on a page of the book, inside the writer's transaction: ops and what they come to, outbox, keys, codes."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from json import dumps

from clinic.domain.errors import Refusal
from clinic.domain.ids import ScopeId
from clinic.store.filing import Filing
from clinic.store.page import CURSOR_SUM, Page
from clinic.store.sheet import to_ms
from clinic.sync.exchange import cursor_sum, moved_sum


class WritePage(Filing, Page):
    """A Page one may write on."""

    @contextmanager
    def tried(self) -> Iterator[None]:
        """What is written in here is taken back, it alone, at a Refusal, which is raised on. Anything else ends the whole
        transaction."""
        self._do("SAVEPOINT tried")
        try:
            yield
        except Refusal:
            self._do("ROLLBACK TO tried")
            self._charts.clear()
            raise
        self._do("RELEASE tried")

    # counters, outbox ----------------------------------------------------------------------------

    def next_number(self, name: str, first: int = 1) -> int:
        """The next value of a counter that never repeats."""
        row = self._one(
            "INSERT INTO counter (name, value) VALUES (:name, :first) ON CONFLICT (name) DO UPDATE SET value = value + 1 "
            "RETURNING value", name=name, first=first,
        )  # fmt: skip
        return int(row[0])

    def keep_number(self, name: str, value: int) -> None:
        """Raise a counter to at least `value`."""
        self._do(
            "INSERT INTO counter (name, value) VALUES (:name, :value) "
            "ON CONFLICT (name) DO UPDATE SET value = max(value, :value)",
            name=name, value=value,
        )  # fmt: skip

    def number(self, name: str) -> int:
        row = self._one("SELECT value FROM counter WHERE name = :name", name=name)
        return 0 if row is None else int(row[0])

    def post(
        self, env_no: int, scope: ScopeId, priority: int, ops: int, envelope: bytes, at: datetime
    ) -> None:
        """Lay a sealed envelope into the outbox."""
        self._do(
            "INSERT INTO outbox (env_no, scope, priority, ops, envelope, written_at) "
            "VALUES (:no, :scope, :priority, :ops, :envelope, :at)",
            no=env_no, scope=scope, priority=priority, ops=ops, envelope=envelope, at=to_ms(at),
        )  # fmt: skip

    def drop_posted(self, numbers: Sequence[int]) -> None:
        """Take rows out of the outbox that have become part of another."""
        self._do(
            "DELETE FROM outbox WHERE env_no IN (SELECT value FROM json_each(:nos))", nos=dumps(list(numbers))
        )

    def acknowledge(self, up_to: int, refused: Iterable[tuple[int, int, str]], at: datetime) -> int:
        """Mark what the centre holds durably; refused ones stay, with number and sentence. Returns ops acknowledged."""
        for env_no, why, sentence in refused:
            self._do(
                "UPDATE outbox SET refused = :why, sentence = :sentence WHERE env_no = :no",
                why=why,
                sentence=sentence,
                no=env_no,
            )
        row = self._one(
            "SELECT coalesce(sum(ops), 0) FROM outbox WHERE env_no <= :no AND acked_at IS NULL AND refused IS NULL",
            no=up_to,
        )
        self._do(
            "UPDATE outbox SET acked_at = :at WHERE env_no <= :no AND acked_at IS NULL AND refused IS NULL",
            no=up_to,
            at=to_ms(at),
        )
        return int(row[0])

    def advance(self, scope: ScopeId, seq: int, chain: bytes) -> None:
        self._moves(scope, seq)
        self._do(
            "INSERT INTO cursor (scope, seq, chain) VALUES (:scope, :seq, :chain) "
            "ON CONFLICT (scope) DO UPDATE SET seq = excluded.seq, chain = excluded.chain",
            scope=scope, seq=seq, chain=chain,
        )  # fmt: skip

    def forget_cursors(self) -> None:
        """The centre is not the one it was: everything of it is asked for again; taking it twice changes nothing."""
        self._do("DELETE FROM cursor")
        self.put_meta(CURSOR_SUM, cursor_sum({}))

    def forget_cursor(self, scope: ScopeId) -> None:
        """Everything of that scope is asked for again."""
        self._moves(scope, 0)
        self._do("DELETE FROM cursor WHERE scope = :scope", scope=scope)

    def sum_cursors(self) -> None:
        """The sum anew, from what lies here: somebody else has come to another."""
        self.put_meta(CURSOR_SUM, cursor_sum(self.cursors()))

    def _moves(self, scope: ScopeId, seq: int) -> None:
        stood = {scope: self.cursor(scope)[0]}
        self.put_meta(CURSOR_SUM, moved_sum(self.cursor_sum(), stood, {scope: seq}))

    def offer_again(self) -> None:
        """Put all envelopes back among those that wait; refused ones too, for their numbers must be used up once more before
        the next ones are taken."""
        self._do("UPDATE outbox SET acked_at = NULL, refused = NULL, sentence = '' WHERE env_no > 0")

    def offer_files_again(self) -> None:
        """Attachments and capsules that had left wait once more; of what a centre still has, only the length is asked."""
        self._do("UPDATE attachment SET state = 'waiting' WHERE state = 'sent' AND ciphertext IS NOT NULL")
        self._do("UPDATE capsule SET waiting = 1")

    def told_cursors(self, told: dict[ScopeId, int]) -> None:
        """Remember which positions the centre has been told."""
        for scope, seq in told.items():
            self._do("UPDATE cursor SET told = :seq WHERE scope = :scope", seq=seq, scope=scope)

    def quarantine(self, scope: str, seq: int, why: str, device: str, envelope: bytes, at: datetime) -> None:
        """Keep an envelope that was not taken, with the reason; the same once more changes nothing."""
        self._do(
            "INSERT INTO quarantine (scope, seq, why, device, at, envelope) SELECT :scope, :seq, :why, :device, :at, :envelope "
            "WHERE NOT EXISTS (SELECT 1 FROM quarantine WHERE scope = :scope AND envelope = :envelope)",
            scope=scope, seq=seq, why=why, device=device, at=to_ms(at), envelope=envelope,
        )  # fmt: skip

    def stays_aside(self, no: int, why: str) -> None:
        """One of the quarantine was tried once more and stays, for this reason."""
        self._do("UPDATE quarantine SET why = :why WHERE no = :no", why=why, no=no)

    def release(self, no: int) -> None:
        """Take an envelope out of quarantine, once it has been applied."""
        self._do("DELETE FROM quarantine WHERE no = :no", no=no)

    # keys, trust, settings -----------------------------------------------------------------------

    def keep_scope_key(self, scope: ScopeId, key_id: bytes, key: bytes) -> None:
        self._do(
            "INSERT OR IGNORE INTO scope_key (scope, key_id, key, no) VALUES (:scope, :id, :key, "
            "(SELECT count(*) FROM scope_key WHERE scope = :scope))", scope=scope, id=key_id, key=key,
        )  # fmt: skip

    def add_trust(self, position: int, statement: bytes, sent: bool) -> None:
        """The same statement may lie there: another program of this computer heard it first. Raises Unavailable for another."""
        if sent and self._do(
            "UPDATE trust SET sent = 1 WHERE position = :no AND statement = :statement",
            no=position,
            statement=statement,
        ):
            return
        self._do(
            "INSERT INTO trust (position, statement, sent) VALUES (:no, :statement, :sent)",
            no=position,
            statement=statement,
            sent=sent,
        )

    def trust_sent(self, up_to: int) -> None:
        self._do("UPDATE trust SET sent = 1 WHERE position <= :no", no=up_to)

    def drop_unsent_trust(self, after: int) -> int:
        """Forget statements of our own that lost the race for their position, all of them after one that the centre had; they
        are made again. Gives how many."""
        rows = self._all("SELECT position FROM trust WHERE sent = 0 AND position > :no", no=after)
        self._do("DELETE FROM trust WHERE sent = 0 AND position > :no", no=after)
        return len(rows)

    def drop_trust(self, after: int) -> None:
        """Forget all statements after this position."""
        self._do("DELETE FROM trust WHERE position > :no", no=after)

    def offer_trust_again(self, after: int) -> int:
        """Hand in statements after this position once more: the centre had them, and has lost them. Gives how many."""
        rows = self._all("SELECT position FROM trust WHERE sent = 1 AND position > :no", no=after)
        self._do("UPDATE trust SET sent = 0 WHERE position > :no", no=after)
        return len(rows)

    def put_meta(self, key: str, value: bytes) -> None:
        self._do("INSERT OR REPLACE INTO meta (key, value) VALUES (:key, :value)", key=key, value=value)

    def drop_meta(self, key: str) -> None:
        self._do("DELETE FROM meta WHERE key = :key", key=key)

    def put_attachment(self, attachment_id: str, state: str, ciphertext: bytes | None) -> None:
        """State: 'waiting' to leave, 'sent', 'wanted', 'here'. Never overwrites bytes by nothing."""
        self._do(
            "INSERT INTO attachment (id, state, ciphertext) VALUES (:id, :state, :bytes) ON CONFLICT (id) DO UPDATE SET "
            "state = CASE WHEN :bytes IS NULL AND ciphertext IS NOT NULL THEN state ELSE excluded.state END, "
            "ciphertext = coalesce(excluded.ciphertext, ciphertext)",
            id=attachment_id, state=state, bytes=ciphertext,
        )  # fmt: skip

    def attachment_left(self, attachment_id: str) -> None:
        self._do("UPDATE attachment SET state = 'sent' WHERE id = :id", id=attachment_id)

    def put_capsule(self, lookup: str, sealed: bytes, waiting: bool) -> None:
        self._do(
            "INSERT OR REPLACE INTO capsule (lookup, sealed, waiting) VALUES (:lookup, :sealed, :waiting)",
            lookup=lookup,
            sealed=sealed,
            waiting=waiting,
        )

    def capsule_left(self, lookup: str, sealed: bytes) -> None:
        """These very bytes have left; what was sealed meanwhile goes on waiting."""
        self._do(
            "UPDATE capsule SET waiting = 0 WHERE lookup = :lookup AND sealed = :sealed",
            lookup=lookup,
            sealed=sealed,
        )

    # codes ---------------------------------------------------------------------------------------

    def load_codes(
        self,
        system: str,
        language: str,
        rows: Sequence[tuple[str, str]],
        version: str,
        licence: str,
        digest: str,
        at: datetime,
    ) -> None:
        """Replace a code table by (code, display) rows, with where they come from."""
        self._do(
            "DELETE FROM code WHERE system = :system AND language = :language",
            system=system,
            language=language,
        )
        self._do(
            "DELETE FROM code_words WHERE system = :system AND language = :language",
            system=system,
            language=language,
        )
        values = [
            {"system": system, "code": code, "language": language, "display": display}
            for code, display in rows
        ]
        if values:
            self._connection.exec_driver_sql(
                "INSERT INTO code (system, code, language, display) VALUES (:system, :code, :language, :display)",
                values,
            )
            spelled = [{**value, "words": f"{value['code']} {value['display']}"} for value in values]
            self._connection.exec_driver_sql(
                "INSERT INTO code_words (system, code, language, words) VALUES (:system, :code, :language, :words)",
                spelled,
            )
        self._do(
            "INSERT OR REPLACE INTO code_source (system, language, version, licence, hash, imported_at) "
            "VALUES (:system, :language, :version, :licence, :hash, :at)",
            system=system, language=language, version=version, licence=licence, hash=digest, at=to_ms(at),
        )  # fmt: skip
