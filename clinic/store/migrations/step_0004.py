# SPDX-License-Identifier: GPL-3.0-or-later
"""The pile of texts that wait to be read into the search index, and the words there are; one index less.

What names an encounter is looked for on its patient's chart, where it lies together. What was indexed before is read once
more, for its words.
"""

BEFORE = (
    "CREATE TABLE unread (no INTEGER PRIMARY KEY, op TEXT NOT NULL)",
    "CREATE TABLE word (word TEXT PRIMARY KEY) WITHOUT ROWID",
    "INSERT INTO unread (op) SELECT op FROM searched ORDER BY no DESC",
    "DELETE FROM searched",
    "INSERT INTO search (search) VALUES ('delete-all')",
    "DROP INDEX op_by_encounter",
)
