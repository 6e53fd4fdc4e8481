# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of ops, clustered as charts are read; full-text search; attachments beside it in rows of their own.

Before, a fact's bytes lay twice (as an op and as what is shown) under ten indices. Now an op lies once, `state` says what it
is to its fact, and the tables of the first step that said so are gone. The ops of such a book wait in `op_1`: a later step
files them, into the tables they have today.
"""

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
AFTER = ("DROP TABLE standing", "DROP TABLE fact")
