# SPDX-License-Identifier: GPL-3.0-or-later
"""A page of the book: typed reads on one connection, inside one transaction. Writing is clinic.store.writing."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection

from clinic.domain.facts import Encounter, Fact
from clinic.domain.ids import EncounterId, OpId, PatientId, ScopeId
from clinic.protocol.codec import decode
from clinic.protocol.op import Op
from clinic.store.folding import prefix_query
from clinic.store.rows import CodeRow, OutboxCounts, OutboxRow, PersonRow

F = TypeVar("F", bound=Fact)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PERSON_COLUMNS = "patient, family, given, birth_date, gender, dni, provisional, last_seen_at"


def to_ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


class Page:
    """Reads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _all(self, sql: str, **values: Any) -> Sequence[Any]:
        return self._connection.exec_driver_sql(sql, values).fetchall()

    def _one(self, sql: str, **values: Any) -> Any:
        return self._connection.exec_driver_sql(sql, values).fetchone()

    # facts ---------------------------------------------------------------------------------------

    def facts(self, kind: type[F], patient: PatientId) -> tuple[F, ...]:
        """All facts of one kind on a person's chart (with everything linked to it), oldest first."""
        rows = self._all(
            "SELECT body FROM fact WHERE kind = :kind AND patient IN "
            "(SELECT :patient UNION SELECT provisional FROM linked WHERE other = :patient) ORDER BY at, id",
            kind=kind.NUMBER, patient=patient,
        )  # fmt: skip
        return tuple(decode(row[0], kind) for row in rows)

    def fact(self, kind: type[F], fact_id: str) -> F | None:
        row = self._one("SELECT body FROM fact WHERE kind = :kind AND id = :id", kind=kind.NUMBER, id=fact_id)
        return None if row is None else decode(row[0], kind)

    def facts_of_encounter(self, kind: type[F], encounter: EncounterId) -> tuple[F, ...]:
        """Facts of one kind that name the encounter, oldest first; never those of another patient than its own."""
        rows = self._all(
            "WITH whose AS (SELECT patient FROM fact WHERE kind = :visit AND id = :encounter) "
            "SELECT body FROM fact WHERE encounter = :encounter AND kind = :kind AND patient IN "
            "(SELECT patient FROM whose UNION SELECT other FROM linked, whose WHERE provisional = whose.patient) "
            "ORDER BY at, id", encounter=encounter, kind=kind.NUMBER, visit=Encounter.NUMBER,
        )  # fmt: skip
        return tuple(decode(row[0], kind) for row in rows)

    def facts_with_status(self, kind: type[F], *statuses: str) -> tuple[F, ...]:
        """Facts of one kind whose status is one of these, oldest first."""
        names = {f"s{i}": status for i, status in enumerate(statuses)}
        holes = ", ".join(f":{name}" for name in names)
        rows = self._all(
            f"SELECT body FROM fact WHERE kind = :kind AND status IN ({holes}) ORDER BY at, id",
            kind=kind.NUMBER,
            **names,
        )
        return tuple(decode(row[0], kind) for row in rows)

    def all_facts(self, kind: type[F]) -> tuple[F, ...]:
        rows = self._all("SELECT body FROM fact WHERE kind = :kind ORDER BY at, id", kind=kind.NUMBER)
        return tuple(decode(row[0], kind) for row in rows)

    def recent_facts(self, kind: type[F], limit: int) -> tuple[F, ...]:
        """The newest facts of one kind, newest first."""
        rows = self._all(
            "SELECT body FROM fact WHERE kind = :kind ORDER BY at DESC LIMIT :limit",
            kind=kind.NUMBER,
            limit=limit,
        )
        return tuple(decode(row[0], kind) for row in rows)

    def standing(self, kind: int, fact_id: str) -> tuple[Op, ...]:
        """The versions of a fact that nothing has replaced: one, or several side by side."""
        rows = self._all(
            "SELECT op.body FROM standing JOIN op ON op.id = standing.op WHERE standing.kind = :kind AND standing.fact = :id",
            kind=kind, id=fact_id,
        )  # fmt: skip
        return tuple(decode(row[0], Op) for row in rows)

    def standing_ids(self, kind: int, fact_id: str) -> tuple[OpId, ...]:
        rows = self._all(
            "SELECT op FROM standing WHERE kind = :kind AND fact = :id ORDER BY op", kind=kind, id=fact_id
        )
        return tuple(OpId(row[0]) for row in rows)

    def latest_stamp(self, most: int) -> int:
        """The highest stamp here that is at most `most`: a clock of 2031 elsewhere does not set ours."""
        return int(self._one("SELECT coalesce(max(stamp), 0) FROM op WHERE stamp <= :most", most=most)[0])

    def ops(self, patient: PatientId) -> Iterator[Op]:
        """Every op about a patient, in the order of their stamps."""
        for row in self._all(
            "SELECT body FROM op WHERE patient = :patient ORDER BY stamp, id", patient=patient
        ):
            yield decode(row[0], Op)

    def bodies(self, patient: PatientId) -> tuple[bytes, ...]:
        """The canonical bytes of every fact about a patient, in a fixed order."""
        rows = self._all("SELECT body FROM fact WHERE patient = :patient ORDER BY kind, id", patient=patient)
        return tuple(bytes(row[0]) for row in rows)

    def patient_of_fact(self, kind: int, fact_id: str) -> PatientId | None:
        """Whom a fact we hold is about ('' for nobody); None for a fact we do not hold."""
        row = self._one("SELECT patient FROM op WHERE kind = :kind AND fact = :id", kind=kind, id=fact_id)
        return None if row is None else PatientId(row[0])

    def count_ops(self) -> int:
        return int(self._one("SELECT count(*) FROM op")[0])

    def count_people(self) -> int:
        return int(self._one("SELECT count(*) FROM person")[0])

    # people --------------------------------------------------------------------------------------

    def find_people(self, typed: str, limit: int) -> tuple[PersonRow, ...]:
        """People all of whose typed words begin a name, DNI or birth date of theirs; nothing typed: latest seen first."""
        query = prefix_query(typed)
        if not query:
            rows = self._all(
                f"SELECT {PERSON_COLUMNS} FROM person ORDER BY last_seen_at DESC, family LIMIT :limit",
                limit=limit,
            )
        else:
            rows = self._all(
                f"SELECT {PERSON_COLUMNS} FROM person WHERE patient IN "
                "(SELECT patient FROM person_words WHERE person_words MATCH :query) ORDER BY family, given LIMIT :limit",
                query=query, limit=limit,
            )  # fmt: skip
        return tuple(_person(row) for row in rows)

    def person(self, patient: PatientId) -> PersonRow | None:
        row = self._one(f"SELECT {PERSON_COLUMNS} FROM person WHERE patient = :patient", patient=patient)
        return None if row is None else _person(row)

    def people_with_dni(self, dni: str) -> tuple[PersonRow, ...]:
        return tuple(
            _person(row)
            for row in self._all(f"SELECT {PERSON_COLUMNS} FROM person WHERE dni = :dni", dni=dni)
        )

    def linked_to(self, provisional: PatientId) -> PatientId | None:
        """Who a provisional patient turned out to be."""
        row = self._one("SELECT other FROM linked WHERE provisional = :patient", patient=provisional)
        return None if row is None else PatientId(row[0])

    # sync ----------------------------------------------------------------------------------------

    def outbox(self, limit: int = 500) -> tuple[OutboxRow, ...]:
        """Envelopes that wait to leave, in the order they were numbered."""
        rows = self._all(
            "SELECT env_no, scope, priority, ops, envelope FROM outbox "
            "WHERE acked_at IS NULL AND refused IS NULL ORDER BY env_no LIMIT :limit", limit=limit,
        )  # fmt: skip
        return tuple(OutboxRow(row[0], ScopeId(row[1]), row[2], row[3], row[4]) for row in rows)

    def outbox_counts(self) -> OutboxCounts:
        row = self._one(
            "SELECT coalesce(sum(ops) FILTER (WHERE acked_at IS NULL AND refused IS NULL), 0), "
            "coalesce(sum(ops) FILTER (WHERE acked_at IS NOT NULL AND refused IS NULL), 0), "
            "coalesce(sum(ops) FILTER (WHERE refused IS NOT NULL), 0) FROM outbox"
        )
        return OutboxCounts(*row)

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

    def cursors(self) -> dict[ScopeId, int]:
        """Scope -> seq of the last envelope taken from the centre."""
        return {ScopeId(row[0]): row[1] for row in self._all("SELECT scope, seq FROM cursor")}

    def told(self) -> dict[ScopeId, int]:
        """Scope -> position the centre has been told."""
        return {ScopeId(row[0]): row[1] for row in self._all("SELECT scope, told FROM cursor WHERE told > 0")}

    def cursor(self, scope: ScopeId) -> tuple[int, bytes]:
        """(seq, chain) of the last envelope applied from the centre; (0, b'') at the start."""
        row = self._one("SELECT seq, chain FROM cursor WHERE scope = :scope", scope=scope)
        return (0, b"") if row is None else (row[0], row[1])

    def quarantined(self) -> int:
        return int(self._one("SELECT count(*) FROM quarantine")[0])

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

    # codes ---------------------------------------------------------------------------------------

    def find_codes(self, system: str, typed: str, language: str, limit: int) -> tuple[CodeRow, ...]:
        """Codes whose words begin with what was typed, shortest wording first."""
        query = prefix_query(typed)
        if not query:
            return ()
        rows = self._all(
            "SELECT c.system, c.code, c.display FROM code_words w JOIN code c "
            "ON c.system = w.system AND c.code = w.code AND c.language = w.language "
            "WHERE code_words MATCH :query AND w.system = :system AND w.language = :language "
            "ORDER BY length(c.display), c.code LIMIT :limit",
            query=query, system=system, language=language, limit=limit,
        )  # fmt: skip
        return tuple(CodeRow(*row) for row in rows)

    def count_codes(self, system: str, language: str) -> int:
        return int(
            self._one(
                "SELECT count(*) FROM code WHERE system = :system AND language = :language",
                system=system,
                language=language,
            )[0]
        )


def _person(row: Any) -> PersonRow:
    seen = from_ms(row[7]) if row[7] else None
    born = date.fromisoformat(row[3]) if row[3] else None
    return PersonRow(PatientId(row[0]), row[1], row[2], born, row[4], row[5], bool(row[6]), seen)
