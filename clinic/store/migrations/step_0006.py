# SPDX-License-Identifier: GPL-3.0-or-later
"""Ops lie in the order they came, so a write adds to one page instead of parting several; which are open has a column.

Only the few that wait for somebody were ever looked for by their status: `open` is their kind, and NULL for all others.
What is on a chart, shown or not, is in one index.
"""

from collections.abc import Iterator

from clinic.store.sheet import Sheet

_OPEN = """(kind = 2 AND status IN ('arrived', 'triaged', 'in-progress') OR kind = 25 AND status = 'active'
    OR kind = 29 AND status IN ('requested', 'accepted', 'in-progress') OR kind = 32 AND status = 'registered')"""
"""Encounter, ServiceRequest, Task and DetectedIssue that wait for somebody."""

BEFORE = (
    "ALTER TABLE op RENAME TO op_5",
    "DROP INDEX op_by_id",
    "DROP INDEX op_by_fact",
    "DROP INDEX op_on_chart",
    "DROP INDEX op_with_gap",
    "DROP INDEX op_by_status",
    "DROP INDEX op_by_lane",
    # state: 0 superseded, 1 shown, 2 stands beside, 3 quarantined · gap: names a version that is not here
    # open, lane: the kind again, for what waits for somebody, and for kinds that are listed over all patients
    # scope: '' where it is the patient's own
    """CREATE TABLE op (
        no INTEGER PRIMARY KEY, chart INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL,
        fact TEXT NOT NULL, scope TEXT NOT NULL, encounter TEXT NOT NULL, stamp INTEGER NOT NULL, open INTEGER,
        lane INTEGER, state INTEGER NOT NULL, conflict INTEGER NOT NULL, gap INTEGER NOT NULL, body BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX op_by_id ON op (id)",
    "CREATE INDEX op_by_fact ON op (fact, kind, state)",
    "CREATE INDEX op_on_chart ON op (chart, state, kind, at)",
    "CREATE INDEX op_with_gap ON op (fact) WHERE gap = 1",
    "CREATE INDEX op_open ON op (open, at) WHERE open IS NOT NULL AND state = 1",
    "CREATE INDEX op_by_lane ON op (lane, at) WHERE lane IS NOT NULL AND state = 1",
)
AFTER = ("DROP TABLE op_5",)
_MOVE = f"""INSERT INTO op (chart, kind, at, id, fact, scope, encounter, stamp, open, lane, state, conflict, gap, body)
    SELECT chart, kind, at, id, fact, scope, encounter, stamp, iif({_OPEN}, kind, NULL), lane, state, conflict, gap, body
    FROM op_5 WHERE no > :after AND no <= :until ORDER BY no"""
_AT_ONCE = 10_000


def fill(page: Sheet) -> Iterator[float]:
    """Move every op. Gives how much is done, of 1."""
    whole, done, after = page._one("SELECT count(*) FROM op_5")[0], 0, 0
    while done < whole:
        until = page._one(
            "SELECT max(no) FROM (SELECT no FROM op_5 WHERE no > :after ORDER BY no LIMIT :some)",
            after=after, some=_AT_ONCE,
        )[0]  # fmt: skip
        done += page._do(_MOVE, after=after, until=until)
        after = until
        yield done / whole
