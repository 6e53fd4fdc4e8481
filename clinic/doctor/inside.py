# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said of an opened book: its pages, its tables, its version, what it holds and what waits in it.

The write-ahead log is emptied first: a page that a power cut tore while it was written there is made whole by that,
and is no damage.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from clinic.doctor.finding import Finding
from clinic.domain.clock import milliseconds, stamp_time
from clinic.domain.errors import PostaError
from clinic.domain.keeping import is_late
from clinic.keys.slots import Opened
from clinic.keys.trust import verify_all
from clinic.protocol.codec import decode
from clinic.protocol.island import IslandTurnedAway
from clinic.services.backups import plan_in
from clinic.services.comparing import compared_in
from clinic.services.serving import SERVES, TURNED_AWAY
from clinic.store.backup_copy import connect, schema_of
from clinic.store.home import Home
from clinic.store.migrations import STEPS
from clinic.store.raw_pages import RawPages
from clinic.store.survey import survey

AHEAD = timedelta(minutes=5)
_MOST_TOLD = 12
_RESCUE = "rescue what can be read with --salvage DIR, or restore a backup"


def inside(home: Home, opened: Opened, now: datetime) -> Iterator[Finding]:
    """Everything that needs the key; changes nothing but emptying the log into the book."""
    yield Finding("key", True, True, f"opens with {opened.label!r}; nobody changed the slots")
    try:
        book = connect(home.book, opened.store_key)
    except PostaError as error:
        # the slots prove the key: so it is the book
        yield Finding("pages", False, True, f"the book does not open: {error}", _RESCUE)
        yield from _damage(home, opened)
        return
    with closing(book):
        log = _emptied(book)
        pages = _lines(book, "PRAGMA cipher_integrity_check")
        tables = [line for line in _lines(book, "PRAGMA integrity_check(20)") if line != "ok"]
    yield log
    if pages:
        yield from _damage(home, opened)
    else:
        yield Finding("pages", True, True, "each is what was written")
    yield Finding(
        "tables", not tables, True, "; ".join(tables[:_MOST_TOLD]) or "whole", _RESCUE if tables else ""
    )
    if not pages and not tables:
        with closing(connect(home.book, opened.store_key)) as book:
            yield from _contents(home, book, now)


def _emptied(book: Any) -> Finding:
    try:
        busy, _, _ = book.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlcipher.Error as error:
        return Finding("log", False, True, f"could not be emptied: {error}", _RESCUE)
    return Finding("log", True, True, "in use by an open program" if busy else "emptied into the book")


def _lines(book: Any, pragma: str) -> list[str]:
    try:
        return [str(row[0]) for row in book.execute(pragma)]
    except sqlcipher.Error as error:
        return [str(error)]


def _damage(home: Home, opened: Opened) -> Iterator[Finding]:
    """The pages that are not what was written, and what lies on them. No connection may be open here."""
    with RawPages(home.book, opened.store_key) as pages:
        known = survey(pages)
        if not pages.checked:
            yield Finding(
                "pages",
                False,
                True,
                "the first page is lost, and with it what the others are checked by",
                _RESCUE,
            )
        elif not known.lost:
            yield Finding("pages", True, True, "each is what was written")
        told = [f"{lost.page} ({lost.what})" for lost in known.lost]
        if told:
            more = f" and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
            yield Finding(
                "pages",
                False,
                True,
                f"damaged of {pages.total}: {', '.join(told[:_MOST_TOLD])}{more}",
                _RESCUE,
            )


def _contents(home: Home, book: Any, now: datetime) -> Iterator[Finding]:
    schema = schema_of(book)
    newer = schema > len(STEPS)
    told = f"step {schema}; this program knows {len(STEPS)}"
    yield Finding(
        "version",
        not newer,
        True,
        told,
        "written by a newer Posta: update it, or take the records out with 'posta station export-raw'"
        if newer
        else "",
    )
    yield _trust(home, book)
    yield _stamps(book, now)
    yield _waiting(book)
    yield _network(book)
    yield _charts(book)
    yield _backup(book, now)


def _trust(home: Home, book: Any) -> Finding:
    statements = tuple(bytes(row[0]) for row in book.execute("SELECT statement FROM trust ORDER BY position"))
    pinned = _meta(book, "pinned") or b""
    try:
        log = verify_all(statements, pinned, home.read_height())
    except PostaError as error:
        return Finding("trust", False, True, str(error), "restore a backup, or enrol this computer again")
    return Finding("trust", True, True, f"{log.position + 1} statements, each signed and in its place")


def _stamps(book: Any, now: datetime) -> Finding:
    newest = int(
        book.execute("SELECT coalesce(max(value), 0) FROM counter WHERE name = 'stamp'").fetchone()[0]
    )
    exchanged = _meta(book, "last exchange")
    latest = max(stamp_time(newest), datetime.fromtimestamp(int(exchanged or b"0") / 1000, UTC))
    behind = latest > now + AHEAD
    told = (
        f"last written {latest.isoformat(timespec='minutes')}"
        if milliseconds(latest)
        else "nothing written yet"
    )
    return Finding(
        "own clock",
        not behind,
        True,
        told,
        "the computer's clock is behind what was written: set it" if behind else "",
    )


def _waiting(book: Any) -> Finding:
    waiting, refused = book.execute(
        "SELECT coalesce(sum(ops) FILTER (WHERE acked_at IS NULL AND refused IS NULL), 0), "
        "coalesce(sum(ops) FILTER (WHERE refused IS NOT NULL), 0) FROM outbox"
    ).fetchone()
    quarantined = book.execute("SELECT count(*) FROM quarantine").fetchone()[0]
    told = f"{waiting} wait to leave, {refused} refused, {quarantined} in quarantine"
    return Finding(
        "sync",
        not refused and not quarantined,
        False,
        told,
        "look at them in Settings" if refused or quarantined else "",
    )


def _network(book: Any) -> Finding:
    """What was found on the clinic's network and not believed (decision 32)."""
    serves = "serves its network" if _meta(book, SERVES) == b"1" else "serves no network"
    kept = _meta(book, TURNED_AWAY)
    if kept is None:
        return Finding("network", True, False, serves)
    away = decode(kept, IslandTurnedAway)
    told = f"{serves}; {away.at.isoformat(timespec='minutes')} {away.device or 'somebody'}: {away.why}"
    return Finding(
        "network", False, False, told, "find that computer; if nobody knows it, tell your administrator"
    )


def _charts(book: Any) -> Finding:
    """What came of comparing charts with colleagues' (decision 29)."""
    found = compared_in(lambda key: _meta(book, key))
    if found.mended_at is not None:
        told = f"{found.mended} records were damaged or missing here and were fetched, last {found.mended_at.date()}"
        return Finding("charts", False, False, told, "check this computer's disk, and make a backup")
    at = f"as colleagues hold them, {found.at.date()}" if found.at else "not compared with colleagues' yet"
    return Finding("charts", True, False, at)


def _backup(book: Any, now: datetime) -> Finding:
    plan = plan_in(lambda key: _meta(book, key))
    if plan is None:
        return Finding("backup", False, False, "not set up", "set it up with 'posta station backup-setup'")
    told = (
        f"last {plan.made_at.isoformat(timespec='minutes')} to {plan.place}"
        if plan.made_at
        else f"none made yet to {plan.place}"
    )
    late = is_late(now, plan.made_at, plan.rule)
    return Finding(
        "backup", not late, False, told, "connect that disk and run 'posta station backup'" if late else ""
    )


def _meta(book: Any, key: str) -> bytes | None:
    row = book.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else bytes(row[0])
