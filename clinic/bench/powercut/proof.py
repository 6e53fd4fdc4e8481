# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold in a home after any cut: it opens by itself, nothing acknowledged is gone, nothing is half done, no
page is damaged, and work goes on. Faults are told as sentences; none is good."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clinic.bench.powercut.loads import Acknowledged
from clinic.bench.powercut.seats import Seat, desk_on
from clinic.domain.facts import (
    AuditEvent,
    Communication,
    DocumentReference,
    EmergencySummary,
    NoteSection,
    Patient,
)
from clinic.domain.ids import AUDITORS, OpId, ScopeId, team_scope
from clinic.domain.values import Attachment
from clinic.keys.attachments import unseal_bytes
from clinic.keys.audit import first_break
from clinic.keys.sealing import AUDIT
from clinic.protocol.codec import decode
from clinic.protocol.op import Op, fact_in
from clinic.services.audits import audit, last_hash
from clinic.services.desks import Desk, read_slots
from clinic.store.book import Book
from clinic.store.facts import BESIDE, QUARANTINED, SHOWN, SUPERSEDED
from clinic.store.folding import spelt
from clinic.store.home import Home
from clinic.store.lastwritten import TURN
from clinic.store.page import Page
from clinic.store.rows import UNNUMBERED
from clinic.store.search import text_of
from clinic.store.writing import WritePage
from clinic.sync.merge import settle

Arriving = Mapping[tuple[str, int], int]
"""(scope, seq) of an envelope that comes from elsewhere -> ops in it."""
_SCOPE = (
    "CASE scope WHEN '' THEN 'p:' || (SELECT patient FROM chart WHERE chart.no = op.chart) ELSE scope END"
)
"""A scope is written down only where it is not the patient's own."""


@dataclass(frozen=True, slots=True)
class OfHome:
    """Questions a home: the seat it is a copy of, and what comes to it from elsewhere."""

    seat: Seat
    arriving: Arriving = field(default_factory=dict)

    def __call__(self, path: Path, told: Sequence[Acknowledged]) -> list[str]:
        """Open the home at `path` as a cut left it, and question it."""
        found = [*_home_faults(path, told)]
        try:
            desk = desk_on(_opened_now(self.seat, path, told), path)
        except Exception as error:
            return [*found, f"it does not open: {type(error).__name__}: {error}"]
        if desk.book.missing:
            found.append(f"a false alarm: {desk.book.missing} writes are said to be missing")
        try:
            found += desk.book.read(
                lambda page: [
                    *_lost(page, told),
                    *_half(page, desk),
                    *_half_arrived(page, desk, self.arriving),
                ]
            )
            found += _goes_on(desk)
            found += desk.book._writer.submit(lambda: _laid_down(desk.book)).result()
            found += damage(desk.book)
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
        finally:
            desk.close()
        return found


@dataclass(frozen=True, slots=True)
class OfOldBook:
    """Questions a book of an earlier version that was being brought to today's: its file's name, its key, its ops."""

    name: str
    key: bytes
    ops: int

    def __call__(self, path: Path, told: Sequence[Acknowledged]) -> list[str]:
        try:
            book = Book.open(path / self.name, self.key)
        except Exception as error:
            return [f"it does not open: {type(error).__name__}: {error}"]
        try:
            found = book.read(lambda page: [*_lost(page, told), *_half_filed(page)])
            held = book.read(lambda page: page.count_ops())
            if held < self.ops:
                found.append(f"lost: {self.ops - held} of the old book's {self.ops} ops")
            return [*found, *damage(book)]
        except Exception as error:
            return [f"{type(error).__name__}: {error}"]
        finally:
            book.close()


def _last_way(told: Sequence[Acknowledged]) -> str:
    return next((one.way_in for one in reversed(told) if one.way_in), "")


def _opened_now(seat: Seat, path: Path, told: Sequence[Acknowledged]) -> Seat:
    """The seat with the store key that the way in acknowledged last gives: it may be a newer one."""
    last = _last_way(told)
    if not last:
        return seat
    opened = read_slots(Home(path)).open_recovery(bytes.fromhex(last))
    return replace(seat, opened=replace(seat.opened, store_key=opened.store_key))


def _home_faults(path: Path, told: Sequence[Acknowledged]) -> Iterator[str]:
    """The files beside the book: every way in that was acknowledged last opens, the height has not gone back."""
    home, last = Home(path), _last_way(told)
    try:
        if last:
            read_slots(home).open_recovery(bytes.fromhex(last))
        height = home.read_height()
    except Exception as error:
        yield f"{type(error).__name__}: {error}"
        return
    least = max((one.height for one in told), default=-1)
    if height < least:
        yield f"the height is {height}, {least} was acknowledged"


def _lost(page: Page, told: Sequence[Acknowledged]) -> Iterator[str]:
    """What was acknowledged and is not there."""
    here = {(row[0], row[1]) for row in page._all("SELECT DISTINCT kind, fact FROM op")}
    texts: dict[str, str] = {}
    for one in told:
        texts.update(one.texts)
        for fact in one.facts:
            if fact not in here:
                yield f"lost: fact {fact}"
        for scope, seq in one.cursor:
            if page.cursor(ScopeId(scope))[0] < seq:
                yield f"lost: envelope {seq} of {scope}"
        for attachment in one.attachments:
            if page.attachment(attachment) is None:
                yield f"lost: attachment {attachment}"
    for section, text in texts.items():
        shown = page.fact(NoteSection, section)
        if shown is None or not shown.text.startswith(text):
            yield f"lost: what was typed into {section}"


def _half(page: Page, desk: Desk) -> Iterator[str]:
    """Traces of an operation of which only a part is there."""
    yield from _half_posted(page, desk)
    yield from _half_filed(page)
    yield from _half_attached(page)
    if first_break(_audit_events(page), head=last_hash(page)) is not None:
        yield "half: the audit chain and its head differ"


def _half_posted(page: Page, desk: Desk) -> Iterator[str]:
    """Every fact written here has its envelope in the outbox, an entry of the audit a second one, and every envelope its
    facts."""
    filed = _counted(page, f"SELECT {_SCOPE}, count(*) FROM op WHERE {_MINE} GROUP BY 1", desk)
    kinds = ", ".join(str(kind.NUMBER) for kind in AUDIT)
    (told,) = _counted(page, f"SELECT 1, count(*) FROM op WHERE {_MINE} AND kind IN ({kinds})", desk).values()
    filed |= {str(team_scope(AUDITORS)): told} if told else {}
    posted = _counted(page, "SELECT scope, sum(ops) FROM outbox WHERE ops > 0 GROUP BY scope")
    if filed != posted:
        yield f"half: {sum(filed.values())} facts filed, {sum(posted.values())} posted"
    (count, last) = page._one(
        f"SELECT count(*), coalesce(max(env_no), 0) FROM outbox WHERE env_no < {UNNUMBERED}"
    )
    if not count == last == _last_number(page):
        yield f"half: {count} envelopes, the last has number {last}, the counter stands at {_last_number(page)}"


def _half_filed(page: Page) -> Iterator[str]:
    """What is shown is what the ops come to, and what is found by searching is what is shown."""
    ops: dict[tuple[int, str], dict[OpId, Op]] = {}
    states: dict[OpId, int] = {}
    for kind, fact, name, state, body in page._all("SELECT kind, fact, id, state, body FROM op"):
        ops.setdefault((kind, fact), {})[OpId(name)] = decode(body, Op)
        states[OpId(name)] = state
    for key, versions in ops.items():
        settled = settle(versions.values())
        wanted = dict.fromkeys(versions, SUPERSEDED)
        wanted |= {op.id: BESIDE for op in settled.current} | {
            op.id: QUARANTINED for op in settled.quarantined
        }
        if settled.shown is not None:
            wanted[settled.shown.id] = SHOWN
        if any(states[name] != state for name, state in wanted.items()):
            yield f"half: {key} shows another version than its ops come to"
    shown = [op for versions in ops.values() for op in versions.values() if states[op.id] == SHOWN]
    yield from _half_searched(page, shown)


def _half_searched(page: Page, shown: Sequence[Op]) -> Iterator[str]:
    texts = {op.id: text for op in shown if (text := text_of(op.fact))}
    worded = set(texts)
    found = page._all("SELECT no, op FROM searched")
    listed, waiting = [row[1] for row in found], {row[0] for row in page._all("SELECT op FROM unread")}
    if set(listed) - worded or len(set(listed)) != len(listed) or worded - set(listed) - waiting:
        yield f"half: {len(worded)} facts have words, {len(listed)} are in the index, {len(waiting)} wait for it"
    if {row[0] for row in found} != {row[0] for row in page._all("SELECT rowid FROM search")}:
        yield "half: the index of words and its list differ"
    known = {row[0] for row in page._all("SELECT word FROM word")}
    if any(not known.issuperset(spelt(texts[op])) for op in listed if op in texts):
        yield "half: a text is in the index, and not all its words are known"
    people = sorted(op.fact.id for op in shown if isinstance(op.fact, Patient))
    for table in ("person", "person_words"):
        listed = sorted(row[0] for row in page._all(f"SELECT patient FROM {table}"))
        if listed != people:
            yield f"half: {len(people)} people on record, {len(listed)} in {table}"
    for kind, table in ((AuditEvent, "audit_line"), (EmergencySummary, "summary_line")):
        lines = {row[0] for row in page._all(f"SELECT no FROM {table}")}
        if lines != {
            row[0] for row in page._all(f"SELECT no FROM op WHERE kind = {kind.NUMBER} AND state = 1")
        }:
            yield f"half: {len(lines)} lines in {table} are not those of what is shown"


def _half_arrived(page: Page, desk: Desk, arriving: Arriving) -> Iterator[str]:
    """Of what comes from elsewhere, the cursor says exactly which is here."""
    wanted: dict[str, int] = {}
    for (scope, seq), ops in arriving.items():
        if ops and seq <= page.cursor(ScopeId(scope))[0]:
            wanted[scope] = wanted.get(scope, 0) + ops
    here = _counted(page, f"SELECT {_SCOPE}, count(*) FROM op WHERE NOT {_MINE} GROUP BY 1", desk)
    if here != wanted:
        yield f"half: the cursor counts {sum(wanted.values())} facts from elsewhere, {sum(here.values())} are here"


def _half_attached(page: Page) -> Iterator[str]:
    """Bytes are kept before anything names them, and open with the key that the fact holds."""
    for attachment in _attachments(page):
        sealed = page.attachment(attachment.id)
        if sealed is None:
            yield f"half: a fact names attachment {attachment.id}, which is not here"
        elif len(unseal_bytes(sealed, attachment.key, attachment.id)) != attachment.size:
            yield f"half: attachment {attachment.id} has another size"


def _attachments(page: Page) -> Iterator[Attachment]:
    for document in page.all_facts(DocumentReference):
        yield document.attachment
    for message in page.all_facts(Communication):
        yield from message.attachments


def _audit_events(page: Page) -> list[AuditEvent]:
    rows = page._all("SELECT body FROM op WHERE kind = :kind ORDER BY stamp", kind=AuditEvent.NUMBER)
    return [fact_in(row[0], AuditEvent) for row in rows]


def _goes_on(desk: Desk) -> Iterator[str]:
    """One write more, found again."""
    before = desk.book.read(_unnumbered)
    audit(desk, "open", desk.book.read(_anybody))
    if desk.book.read(_unnumbered) <= before:
        yield "nothing can be written any more"


def _laid_down(book: Book) -> list[str]:
    """The number beside the book is that of its last write; on the writer's thread, which writes both."""
    number = WritePage(book._connection).number(TURN)
    beside = book._last.read() if book._last else None
    return [] if beside == number else [f"the last write is {number}, the number beside the book {beside}"]


def _last_number(page: Page) -> int:
    return page.numbers("env").get("env", 0)


def _unnumbered(page: Page) -> int:
    return page.numbers("unnumbered").get("unnumbered", 0)


def _anybody(page: Page) -> Any:
    row = page._one("SELECT patient FROM person LIMIT 1")
    return row[0] if row else ""


def damage(book: Book) -> list[str]:
    """The checks of SQLCipher and SQLite themselves, after the log is folded in."""
    return book._writer.submit(lambda: _damage(book)).result()


def _damage(book: Book) -> list[str]:
    ask = book._connection.exec_driver_sql
    ask("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    said = [f"damaged: {row[0]}" for row in ask("PRAGMA cipher_integrity_check").fetchall()]
    said += [f"damaged: {row[0]}" for row in ask("PRAGMA integrity_check").fetchall() if row[0] != "ok"]
    said += [f"damaged: {tuple(row)}" for row in ask("PRAGMA foreign_key_check").fetchall()]
    for (name,) in ask("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%'").fetchall():
        ask(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")
    return said


_MINE = "substr(id, 1, :length) = :mine"


def _counted(page: Page, sql: str, desk: Desk | None = None) -> dict[str, int]:
    own = {"mine": f"{desk.device}.", "length": len(desk.device) + 1} if desk else {}
    return {row[0]: int(row[1]) for row in page._all(sql, **own)}
