# SPDX-License-Identifier: GPL-3.0-or-later
"""The pile of texts that wait to be read into the search index, in the order they came; one index less.

What names an encounter is looked for on its patient's chart, where it lies together.
Books that begin with step 1 have it from step 2 on, which files their ops as today.
"""

BEFORE = (
    "CREATE TABLE IF NOT EXISTS unread (no INTEGER PRIMARY KEY, op TEXT NOT NULL)",
    "DROP INDEX op_by_encounter",
)
