# SPDX-License-Identifier: GPL-3.0-or-later
"""The first tables: ops as written, the facts they make, the outbox, cursors, keys, trust."""

BEFORE = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    # every op, whole, as it was written; nothing is ever deleted from here by itself
    """CREATE TABLE op (
        no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, kind INTEGER NOT NULL, fact TEXT NOT NULL,
        patient TEXT NOT NULL, stamp INTEGER NOT NULL, author TEXT NOT NULL, body BLOB NOT NULL)""",
    "CREATE INDEX op_fact ON op (kind, fact)",
    "CREATE INDEX op_patient ON op (patient, stamp)",
    "CREATE INDEX op_stamp ON op (stamp)",
    # what the ops come to: the version that is shown, and whether others stand beside it
    """CREATE TABLE fact (
        kind INTEGER NOT NULL, id TEXT NOT NULL, patient TEXT NOT NULL, encounter TEXT NOT NULL, at INTEGER NOT NULL,
        status TEXT NOT NULL, conflict INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID""",
    "CREATE INDEX fact_patient ON fact (patient, kind, at)",
    "CREATE INDEX fact_encounter ON fact (encounter, kind)",
    "CREATE INDEX fact_status ON fact (kind, status, at)",
    """CREATE TABLE standing (
        kind INTEGER NOT NULL, fact TEXT NOT NULL, op TEXT NOT NULL, PRIMARY KEY (kind, fact, op)) WITHOUT ROWID""",
    """CREATE TABLE person (
        patient TEXT PRIMARY KEY, family TEXT NOT NULL, given TEXT NOT NULL, birth_date TEXT, gender TEXT NOT NULL,
        dni TEXT NOT NULL, provisional INTEGER NOT NULL, last_seen_at INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
    "CREATE INDEX person_dni ON person (dni)",
    "CREATE INDEX person_seen ON person (last_seen_at)",
    "CREATE VIRTUAL TABLE person_words USING fts5(patient UNINDEXED, words, tokenize='unicode61 remove_diacritics 2')",
    "CREATE TABLE linked (provisional TEXT PRIMARY KEY, other TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE outbox (
        env_no INTEGER PRIMARY KEY, scope TEXT NOT NULL, priority INTEGER NOT NULL, ops INTEGER NOT NULL,
        envelope BLOB NOT NULL, written_at INTEGER NOT NULL,
        acked_at INTEGER, refused INTEGER, sentence TEXT NOT NULL DEFAULT '')""",
    "CREATE INDEX outbox_waiting ON outbox (env_no) WHERE acked_at IS NULL AND refused IS NULL",
    """CREATE TABLE cursor (
        scope TEXT PRIMARY KEY, seq INTEGER NOT NULL, chain BLOB NOT NULL, told INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
    """CREATE TABLE quarantine (
        no INTEGER PRIMARY KEY, scope TEXT NOT NULL, seq INTEGER NOT NULL, why TEXT NOT NULL, device TEXT NOT NULL,
        at INTEGER NOT NULL, envelope BLOB NOT NULL)""",
    """CREATE TABLE scope_key (
        scope TEXT NOT NULL, key_id BLOB NOT NULL, key BLOB NOT NULL, no INTEGER NOT NULL,
        PRIMARY KEY (scope, key_id)) WITHOUT ROWID""",
    "CREATE TABLE trust (position INTEGER PRIMARY KEY, statement BLOB NOT NULL, sent INTEGER NOT NULL DEFAULT 1)",
    """CREATE TABLE attachment (
        id TEXT PRIMARY KEY, state TEXT NOT NULL, ciphertext BLOB) WITHOUT ROWID""",
    "CREATE INDEX attachment_state ON attachment (state)",
    """CREATE TABLE code (
        system TEXT NOT NULL, code TEXT NOT NULL, language TEXT NOT NULL, display TEXT NOT NULL,
        PRIMARY KEY (system, code, language)) WITHOUT ROWID""",
    """CREATE VIRTUAL TABLE code_words USING fts5(
        system UNINDEXED, code UNINDEXED, language UNINDEXED, words, tokenize='unicode61 remove_diacritics 2')""",
    """CREATE TABLE code_source (
        system TEXT NOT NULL, language TEXT NOT NULL, version TEXT NOT NULL, licence TEXT NOT NULL, hash TEXT NOT NULL,
        imported_at INTEGER NOT NULL, PRIMARY KEY (system, language)) WITHOUT ROWID""",
    "CREATE TABLE capsule (lookup TEXT PRIMARY KEY, sealed BLOB NOT NULL, waiting INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
)
