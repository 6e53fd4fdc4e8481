# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts have numbers, and an op lies under one: its chart's, and its place there in the order it came.

So a row is found by a number of six bytes, which is all an index holds of it, and a long note fits into the page it lies
on. What a chart shows is in an index of its own, by kind and time. People's numbers become those of their charts.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from clinic.domain.ids import ScopeId
from clinic.protocol.codec import decode
from clinic.protocol.op import Op
from clinic.store.facts import LISTED, PLACES
from clinic.store.filing import Filing

_LANES = ", ".join(str(kind.NUMBER) for kind in LISTED)

BEFORE = (
    "ALTER TABLE person_no RENAME TO chart",
    "ALTER TABLE op RENAME TO op_4",
    "INSERT INTO chart (patient) SELECT DISTINCT patient FROM op_4 WHERE patient NOT IN (SELECT patient FROM chart)",
    "DROP INDEX op_by_id",
    "DROP INDEX op_by_fact",
    "DROP INDEX op_with_gap",
    "DROP INDEX op_by_status",
    "DROP INDEX op_by_lane",
    # state: 0 superseded, 1 shown, 2 stands beside, 3 quarantined · gap: names a version that is not here
    # lane: the kind again, for kinds that are listed over all patients · scope: '' where it is the patient's own
    f"""CREATE TABLE op (
        no INTEGER PRIMARY KEY, chart INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL,
        fact TEXT NOT NULL, scope TEXT NOT NULL, encounter TEXT NOT NULL, stamp INTEGER NOT NULL, status TEXT NOT NULL,
        lane INTEGER, state INTEGER NOT NULL, conflict INTEGER NOT NULL, gap INTEGER NOT NULL, body BLOB NOT NULL,
        CHECK (no >> {PLACES} = chart))""",
    "CREATE UNIQUE INDEX op_by_id ON op (id)",
    "CREATE INDEX op_by_fact ON op (fact, kind, state)",
    "CREATE INDEX op_on_chart ON op (chart, kind, at) WHERE state = 1",
    "CREATE INDEX op_with_gap ON op (fact) WHERE gap = 1",
    "CREATE INDEX op_by_status ON op (kind, status, at) WHERE status <> '' AND state = 1",
    "CREATE INDEX op_by_lane ON op (lane, at) WHERE lane IS NOT NULL AND state = 1",
)
AFTER = ("DROP TABLE op_4", "DROP TABLE IF EXISTS op_1")
_MOVE = f"""INSERT INTO op (no, chart, kind, at, id, fact, scope, encounter, stamp, status, lane, state, conflict, gap, body)
    SELECT (:chart << {PLACES}) + row_number() OVER (ORDER BY kind, at, id), :chart, kind, at, id, fact, scope, encounter,
        stamp, status, iif(kind IN ({_LANES}), kind, NULL), state, conflict, gap, body
    FROM op_4 WHERE patient = :patient ORDER BY kind, at, id"""


def fill(page: Filing) -> Iterator[float]:
    """Move every op, chart by chart; those of a book of the first step are filed anew. Gives how much is done, of 1."""
    first = page._one("SELECT 1 FROM sqlite_schema WHERE name = 'op_1'") is not None
    return _filed(page) if first else _moved(page)


def _moved(page: Filing) -> Iterator[float]:
    charts = page._all("SELECT no, patient FROM chart ORDER BY no")
    for done, (no, patient) in enumerate(charts):
        page._do(_MOVE, chart=no, patient=patient)
        yield done / len(charts)


def _filed(page: Filing) -> Iterator[float]:
    whole, done = page._one("SELECT count(*) FROM op_1")[0], 0
    for scope, block in _in_blocks(page._driver.execute("SELECT scope, body FROM op_1 ORDER BY no")):
        page.file_ops(((decode(body, Op), body) for body in block), ScopeId(scope))
        done += len(block)
        yield done / whole


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
