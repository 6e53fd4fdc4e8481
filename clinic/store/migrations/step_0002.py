# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of ops, clustered as charts are read; full-text search; attachments beside it in rows of their own.

Before, a fact's bytes lay twice (as an op and as what is shown) under ten indices. Now an op lies once, `state` says what it
is to its fact, and the tables of the first step that said so are gone.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from clinic.domain.ids import ScopeId
from clinic.protocol.codec import decode
from clinic.protocol.op import Op
from clinic.store.filing import Filing

BEFORE = (
    "ALTER TABLE op RENAME TO op_1",
    # state: 0 superseded, 1 shown, 2 stands beside, 3 quarantined · gap: names a version that is not here
    # lane: the kind again, for kinds that are listed over all patients · scope: '' where it is the patient's own
    """CREATE TABLE op (
        patient TEXT NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL, fact TEXT NOT NULL,
        scope TEXT NOT NULL, encounter TEXT NOT NULL, stamp INTEGER NOT NULL, status TEXT NOT NULL, lane INTEGER,
        body BLOB NOT NULL, state INTEGER NOT NULL, conflict INTEGER NOT NULL, gap INTEGER NOT NULL,
        PRIMARY KEY (patient, kind, at, id)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX op_by_id ON op (id)",
    "CREATE INDEX op_by_fact ON op (fact, kind, state)",
    "CREATE INDEX op_with_gap ON op (fact) WHERE gap = 1",
    "CREATE INDEX op_by_encounter ON op (encounter, kind) WHERE encounter <> '' AND state = 1",
    "CREATE INDEX op_by_status ON op (kind, status, at) WHERE status <> '' AND state = 1",
    "CREATE INDEX op_by_lane ON op (lane, at) WHERE lane IS NOT NULL AND state = 1",
    "CREATE INDEX linked_other ON linked (other)",
    # the index holds no text; a row's number is its time in ms << 20, plus a count
    """CREATE VIRTUAL TABLE search USING fts5(words, tags, content='', contentless_delete=1, prefix='2 3',
        tokenize='unicode61 remove_diacritics 2')""",
    "CREATE TABLE searched (no INTEGER PRIMARY KEY, op TEXT NOT NULL)",
    "CREATE TABLE unread (no INTEGER PRIMARY KEY, op TEXT NOT NULL)",  # where `fill` lays texts since step 4
    "CREATE TABLE person_no (no INTEGER PRIMARY KEY, patient TEXT NOT NULL UNIQUE)",
    "INSERT INTO person_no (no, patient) SELECT rowid, patient FROM person_words",
    "ALTER TABLE attachment RENAME TO attachment_1",
    "CREATE TABLE attachment (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, ciphertext BLOB)",
    "INSERT INTO attachment (id, state, ciphertext) SELECT id, state, ciphertext FROM attachment_1",
    "DROP TABLE attachment_1",
    "CREATE INDEX attachment_in_state ON attachment (state)",
    # the highest stamp seen, but for those of clocks more than five minutes ahead
    """INSERT INTO counter (name, value) SELECT 'stamp', coalesce(max(stamp), 0) FROM op_1
        WHERE stamp <= (unixepoch('now') * 1000 + 300000) << 16""",
)
AFTER = ("DROP TABLE standing", "DROP TABLE fact", "DROP TABLE op_1")
LONG = "op_1"
"""The table whose rows `fill` goes through."""


def fill(page: Filing) -> Iterator[int]:
    """File every op anew, oldest first; gives how many are done, now and then."""
    done = 0
    rows = page._connection.exec_driver_sql("SELECT scope, body FROM op_1 ORDER BY no")
    for scope, block in _in_blocks(rows):
        page.file_ops(((decode(body, Op), body) for body in block), ScopeId(scope))
        done += len(block)
        yield done


def _in_blocks(rows: Any, size: int = 500) -> Iterator[tuple[str, list[bytes]]]:
    """Runs of one scope, of at most `size` ops."""
    for scope, run in groupby(rows, key=lambda row: row[0]):
        block: list[bytes] = []
        for row in run:
            block.append(bytes(row[1]))
            if len(block) == size:
                yield scope, block
                block = []
        if block:
            yield scope, block
