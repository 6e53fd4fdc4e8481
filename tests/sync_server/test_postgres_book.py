# SPDX-License-Identifier: GPL-3.0-or-later
"""What is PostgreSQL's own: whose rows a session sees, who may serve, and writers that commit out of order."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from random import Random as Dice

import pytest
from sqlalchemy import text

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId, ScopeId, TeamId
from clinic.protocol.sync import EnvelopeRefused
from clinic.sync.exchange import cursor_digest, envelope_hash, next_chain
from sync_server.book import ingest, tables
from sync_server.book.ingest import take
from sync_server.book.migrating import TOO_NEW
from sync_server.book.port import EVERYBODY, Cursor, Incoming, Pull, Push
from sync_server.book.postgres import PostgresBook, prepare
from tests.postgres_cluster import OWNER, SERVER, Cluster
from tests.small_clinic import AT, repeating

TEAM = TeamId("team")
Named = Callable[[str], PostgresBook]


@pytest.fixture
def opened(postgres: Cluster, request: pytest.FixtureRequest) -> Iterator[Named]:
    """Opens books under names of this test alone."""
    books: list[PostgresBook] = []

    def named(name: str) -> PostgresBook:
        whole = f"{request.node.name}/{name}"
        books.append(PostgresBook.open(postgres.url(SERVER), whole, repeating(name.encode() or b"x")))
        return books[-1]

    yield named
    for book in books:
        book.close()


def item(number: int, scope: str = "p:1", mark: str = "") -> Incoming:
    wire = f"{scope} {number} {mark}".encode()
    return Incoming(number, wire, envelope_hash(wire), ScopeId(scope), TEAM)


def push(device: str, *items: Incoming) -> Push:
    return Push(DeviceId(device), 1, items, frozenset({TEAM}), AT)


class Reader:
    """A device that pulls and moves its cursors by what came."""

    def __init__(self, book: PostgresBook, name: str = "reader") -> None:
        self.book, self.name = book, name
        self.vector: dict[ScopeId, int] = {}
        self.told: dict[ScopeId, int] = {}
        self.got: list[tuple[str, int, bytes]] = []
        self.chains: dict[str, bytes] = {}

    def pull(self) -> bool:
        """One exchange that names what it read since the last one; whether there is more. Everything must come in order,
        without a hole, on one chain."""
        named = tuple(
            Cursor(scope=scope, seq=seq) for scope, seq in self.vector.items() if self.told.get(scope) != seq
        )
        self.told = dict(self.vector)
        reads = frozenset({TEAM, EVERYBODY})
        wanted = Pull(DeviceId(self.name), 1, reads, named, False, cursor_digest(self.vector), 20_000)
        done = self.book.exchange(push(self.name), wanted)
        assert not done.want_cursors
        for one in done.envelopes:
            assert one.seq == self.vector.get(one.scope, 0) + 1, "a hole, or twice"
            self.vector[one.scope] = one.seq
            digest = envelope_hash(one.envelope)
            assert one.chain == next_chain(self.chains.get(one.scope, b""), digest), "a broken chain"
            self.chains[one.scope] = one.chain
            self.got.append((one.scope, one.seq, one.envelope))
        return done.more


# whose rows


def test_a_query_without_a_where_sees_its_own_rows_alone(opened: Named) -> None:
    mine, theirs = opened("mine"), opened("theirs")
    for book, mark in ((mine, "mine"), (theirs, "theirs")):
        book.exchange(
            push("desk", item(1, mark=mark)), Pull(DeviceId("desk"), 1, frozenset(), (), False, b"", 0)
        )
        book.append_statements(0, (mark.encode(),))
        book.keep_session(mark.encode(), DeviceId("desk"), AT)
    with mine._unit() as conn:
        for table in tables.metadata.sorted_tables:
            books = {row[0] for row in conn.execute(text(f"SELECT book FROM {table.name}"))}
            assert books <= {mine._name}, table.name
        assert conn.execute(text("SELECT wire FROM envelopes")).all() == [(b"p:1 1 mine",)]
        assert conn.execute(text("UPDATE sessions SET device = 'x'")).rowcount == 1
        assert conn.execute(text("DELETE FROM trust")).rowcount == 1
    assert theirs.statements(0) == (b"theirs",)
    assert theirs.session_device(b"theirs", AT.replace(year=AT.year - 1)) == "desk"


def test_nobody_writes_into_anothers_book(opened: Named) -> None:
    mine = opened("mine")
    with pytest.raises(Exception, match="row-level security"), mine._unit() as conn:
        conn.execute(text("INSERT INTO meta (book, key, value) VALUES ('theirs', 'epoch', 'x')"))


def test_a_session_that_says_no_book_sees_nothing(opened: Named, postgres: Cluster) -> None:
    opened("mine")
    with pytest.raises(Exception, match=r"posta\.book"):
        postgres.sql("posta", "SELECT * FROM meta", role=SERVER)
    assert postgres.sql("posta", "SET posta.book = ''", "SELECT * FROM meta", role=SERVER) == []
    with pytest.raises(Exception, match="check"):
        postgres.sql("posta", "SET posta.book = ''", "INSERT INTO meta VALUES ('k', 'v')", role=SERVER)


def test_every_table_is_held_to_its_book(postgres: Cluster) -> None:
    rows = postgres.sql(
        "posta",
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
        "WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace",
    )
    held = {name for name, forced in rows if forced}
    assert held == {table.name for table in tables.metadata.sorted_tables}
    assert {name for name, _ in rows} - held == {"alembic_version"}


@pytest.mark.parametrize("role", ["root", OWNER])
def test_who_could_look_past_the_policies_does_not_serve(postgres: Cluster, role: str) -> None:
    with pytest.raises(Refusal, match="prepare"):
        PostgresBook.open(postgres.url(role), "any", repeating(b"x"))


# tables and addresses


def test_the_tables_are_those_of_the_steps(postgres: Cluster) -> None:
    there = postgres.sql(
        "posta",
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'",
    )
    for table in tables.metadata.sorted_tables:
        assert {name for t, name in there if t == table.name} == {c.name for c in table.columns} | {"book"}
    assert postgres.sql("posta", "SELECT count(*) FROM pg_sequences") == [(0,)], (
        "a bare sequence has gaps and no order"
    )


def test_what_is_not_prepared_or_newer_is_told(postgres: Cluster) -> None:
    postgres.sql("postgres", f"CREATE DATABASE other OWNER {OWNER}")
    with pytest.raises(Refusal, match="prepare"):
        PostgresBook.open(postgres.url(SERVER, "other"), "any", repeating(b"x"))
    prepare(postgres.url(OWNER, "other"), SERVER)
    prepare(postgres.url(OWNER, "other"), SERVER)
    PostgresBook.open(postgres.url(SERVER, "other"), "any", repeating(b"x")).close()
    postgres.sql("other", "UPDATE alembic_version SET version_num = '9999'")
    for use in (
        lambda: PostgresBook.open(postgres.url(SERVER, "other"), "any", repeating(b"x")),
        lambda: prepare(postgres.url(OWNER, "other"), SERVER),
    ):
        with pytest.raises(Refusal) as refused:
            use()
        assert refused.value.sentence == TOO_NEW


@pytest.mark.parametrize("url", ["mysql://a@b/c", "no url", "postgresql://a@b:port/c"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(Refusal, match="looks like"):
        PostgresBook.open(url, "any", repeating(b"x"))


def test_a_database_that_is_away_is_told_without_its_password() -> None:
    with pytest.raises(Unavailable) as away:
        PostgresBook.open("postgresql://posta:hush@127.0.0.1:1/posta", "any", repeating(b"x"))
    assert "127.0.0.1/posta" in str(away.value) and "hush" not in str(away.value)
    assert "\n" not in str(away.value)


def test_what_no_text_holds_is_refused(opened: Named) -> None:
    with pytest.raises(Refusal):
        opened("b").mailbox("a\0b", AT)


# writers that commit out of order


def test_the_next_writer_of_a_scope_waits_for_the_slow_one(opened: Named) -> None:
    book, reader = opened("b"), Reader(opened("b"))
    in_hand, commit = threading.Event(), threading.Event()

    def slow() -> None:
        with book._unit() as conn:
            take(conn, push("slow", item(1, "p:1", "slow"), item(2, "p:2", "slow")))
            in_hand.set()
            assert commit.wait(20)

    def quick(name: str, scope: str) -> None:
        with book._unit() as conn:
            take(conn, push(name, item(1, scope, name)))

    with ThreadPoolExecutor() as pool:
        first = pool.submit(slow)
        assert in_hand.wait(20)
        pool.submit(quick, "quick", "p:3").result(20)  # another scope commits before the slow one
        waiting = pool.submit(quick, "same", "p:1")
        reader.pull()
        assert [(scope, seq) for scope, seq, _ in reader.got] == [("p:3", 1)] and not waiting.done()
        commit.set()
        first.result(20), waiting.result(20)
    while reader.pull():
        pass
    assert [wire.decode() for scope, _, wire in reader.got if scope == "p:1"] == ["p:1 1 slow", "p:1 1 same"]
    assert [(scope, seq) for scope, seq, _ in reader.got if scope != "p:1"] == [("p:3", 1), ("p:2", 1)]


def test_a_number_taken_without_the_lock_would_show_as_a_hole(
    opened: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug planted on purpose: a bare sequence gives the seqs. What the other tests look for is then there to be seen."""
    book, reader = opened("b"), Reader(opened("b"))
    with book._unit() as conn:
        take(conn, push("first", item(1)))
    sequence, real = count(1), ingest._Places.lay_down

    def bare(
        places: ingest._Places, of: Push, one: Incoming, number: int, no: EnvelopeRefused | None
    ) -> None:
        places.heads[one.scope] = next(sequence), b""
        real(places, of, one, number, no)
        if b"slow" in one.wire:  # its head moves with its commit
            places.moved.pop(one.scope)

    monkeypatch.setattr(ingest._Places, "lay_down", bare)
    monkeypatch.setattr(ingest, "_hold", lambda *_: [])
    with book._unit() as slow:
        take(slow, push("slow", item(1, mark="slow")))
        with book._unit() as quick:
            take(quick, push("quick", item(1, mark="quick")))
        with pytest.raises(AssertionError, match="a hole"):
            reader.pull()


def test_many_writers_on_few_scopes_miss_and_double_nothing(opened: Named) -> None:
    """Six devices on two servers write over one another, each push sent twice; a reader pulls all the while."""
    servers, reader = [opened("b"), opened("b")], Reader(opened("b"))
    names = [f"desk-{n}" for n in range(6)]
    over = threading.Event()

    def write(name: str) -> None:
        dice = Dice(name)
        number = 0
        for _ in range(12):
            items = [item(number + n, f"p:{dice.randrange(4)}", name) for n in range(1, dice.randrange(2, 6))]
            number += len(items)
            for server in dice.sample(servers, 2):
                with server._unit() as conn:
                    assert take(conn, push(name, *items)).acked_env_no == number
                    conn.execute(text("SELECT pg_sleep(:s)"), {"s": dice.random() / 100})
        sent[name] = number

    def read() -> None:
        while not over.is_set():
            reader.pull()

    sent: dict[str, int] = {}
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        for done in [pool.submit(write, name) for name in names]:
            done.result(60)
        over.set()
        reading.result(20)
    while reader.pull():
        pass
    told = [wire.decode().split() for _, _, wire in reader.got]
    assert sorted((who, int(number)) for _, number, who in told) == sorted(
        (name, n) for name in names for n in range(1, sent[name] + 1)
    )


def test_two_founders_and_two_renewals_are_one(opened: Named) -> None:
    with ThreadPoolExecutor() as pool:
        books = list(pool.map(opened, ["b"] * 4))
        assert len({book.epoch() for book in books}) == 1
        before = books[0].epoch()
        ahead = Pull(
            DeviceId("d"), 1, frozenset({TEAM}), (Cursor(scope=ScopeId("p:1"), seq=9),), False, b"", 0, before
        )
        list(pool.map(lambda n: books[n].exchange(push(f"d{n}"), ahead), range(4)))
    assert len({book.epoch() for book in books}) == 1 and books[0].epoch() != before


def test_it_comes_back_after_the_database_was_away(opened: Named, postgres: Cluster) -> None:
    book = opened("b")
    epoch = book.epoch()
    postgres.stop_now()
    with pytest.raises(Unavailable, match="does not answer"):
        book.epoch()
    postgres.start()
    assert book.epoch() == epoch
