# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts have numbers, and an op lies under one: its chart's, and its place there in the order it came.

So a row is found by a number of six bytes, which is all an index holds of it, and a long note fits into the page it lies
on. What a chart shows is in an index of its own, by kind and time. People's numbers become those of their charts.
"""

from collections.abc import Iterator

from clinic.store.sheet import Sheet

PLACES = 28
"""Bits of a row's number that are its place on the chart; those above them are the chart's number."""
_LANES = "2, 9, 14, 30, 29, 32, 23, 19, 21"
"""Numbers of the kinds that are listed over all patients."""

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
AFTER = ("DROP TABLE op_4",)
_MOVE = f"""INSERT INTO op (no, chart, kind, at, id, fact, scope, encounter, stamp, status, lane, state, conflict, gap, body)
    SELECT (:chart << {PLACES}) + row_number() OVER (ORDER BY kind, at, id), :chart, kind, at, id, fact, scope, encounter,
        stamp, status, iif(kind IN ({_LANES}), kind, NULL), state, conflict, gap, body
    FROM op_4 WHERE patient = :patient ORDER BY kind, at, id"""


def fill(page: Sheet) -> Iterator[float]:
    """Move every op, chart by chart. Gives how much is done, of 1."""
    charts = page._all("SELECT no, patient FROM chart ORDER BY no")
    for done, (no, patient) in enumerate(charts):
        page._do(_MOVE, chart=no, patient=patient)
        yield done / len(charts)
