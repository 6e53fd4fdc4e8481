# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of today; how they came about is in migrations/. Times are microseconds since 1970 UTC."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()

meta = Table(
    "meta", metadata, Column("key", String, primary_key=True), Column("value", String, nullable=False)
)

trust = Table(
    "trust",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("statement", LargeBinary, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("device", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("device", String, primary_key=True),
    Column("incarnation", BigInteger, primary_key=True),
    Column("last_env_no", BigInteger, nullable=False),
)

scopes = Table(
    "scopes",
    metadata,
    Column("scope", String, primary_key=True),
    Column("head", BigInteger, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("moved", BigInteger, nullable=False, server_default="0"),
)
Index("scopes_moved", scopes.c.moved)

scope_tags = Table(
    "scope_tags", metadata, Column("scope", String, primary_key=True), Column("tag", String, primary_key=True)
)

envelopes = Table(
    "envelopes",
    metadata,
    Column("scope", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("device", String, nullable=False),
    Column("incarnation", BigInteger, nullable=False),
    Column("env_no", BigInteger, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("wire", LargeBinary, nullable=False),
    UniqueConstraint("device", "incarnation", "env_no", name="one_number_one_envelope"),
)
Index(
    "envelopes_waiting",
    envelopes.c.scope,
    envelopes.c.seq,
    envelopes.c.priority,
    envelopes.c.device,
    envelopes.c.incarnation,
)

refusals = Table(
    "refusals",
    metadata,
    Column("device", String, primary_key=True),
    Column("incarnation", BigInteger, primary_key=True),
    Column("env_no", BigInteger, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("why", Integer, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("device", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

settled = Table(
    "settled",
    metadata,
    Column("device", String, primary_key=True),
    Column("incarnation", BigInteger, nullable=False),
    Column("reads", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("mark", BigInteger, nullable=False),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("box", String, primary_key=True),
    Column("opened_by", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("request", LargeBinary),
    Column("answer", LargeBinary),
)

capsules = Table(
    "capsules",
    metadata,
    Column("lookup", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("device", String, nullable=False),
    Column("written_at", BigInteger, nullable=False),
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("lookup", String, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

codes = Table(
    "codes",
    metadata,
    Column("lookup", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("device", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

attachments = Table(
    "attachments",
    metadata,
    Column("attachment", String, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("device", String, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

computers = Table(
    "computers",
    metadata,
    Column("device", String, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Column("snapshots", Integer, nullable=False, server_default="0"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("device", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
