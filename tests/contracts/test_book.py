# SPDX-License-Identifier: GPL-3.0-or-later
"""What every book must do, whatever database is behind it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, ScopeId, TeamId
from clinic.protocol.sync import Cursor, EnvelopeRefused, Refused
from clinic.sync.exchange import CHAIN_SAID, cursor_digest, cursor_sum, envelope_hash, next_chain
from sync_server.book.port import EVERYBODY, Book, Exchanged, Incoming, Look, Pull, Push, Shelf
from sync_server.book.postgres import PostgresBook
from sync_server.book.sqlite import SqliteBook
from tests.postgres_cluster import SERVER
from tests.small_clinic import AT, repeating

A, B, KIOSK = DeviceId("desk-a"), DeviceId("desk-b"), DeviceId("kiosk-1")
TEAM, WARD = TeamId("team"), TeamId("ward")
Open = Callable[[Path], Book]


def in_sqlite(folder: Path) -> Book:
    return SqliteBook.open(folder / "server.db", repeating(b"book"))


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest) -> Open:
    """How a book is opened that belongs to a folder: in the folder, or under its name in one shared database."""
    if request.param == "sqlite":
        return in_sqlite
    url = request.getfixturevalue("postgres").url(SERVER)
    return lambda folder: PostgresBook.open(url, str(folder), repeating(b"book"))


@pytest.fixture
def book(opened: Open, tmp_path: Path) -> Iterator[Book]:
    book = opened(tmp_path)
    yield book
    book.close()


def item(
    env_no: int | None, scope: str = "p:1", body: bytes = b"", tag: TeamId = TEAM, priority: int = 2
) -> Incoming:
    wire = b"wire %d %s %s" % (env_no or 0, scope.encode(), body)
    return Incoming(env_no, wire, envelope_hash(wire), ScopeId(scope), tag, priority)


def push(
    *items: Incoming,
    device: DeviceId = A,
    incarnation: int = 1,
    writes: frozenset[TeamId] = frozenset({TEAM}),
) -> Push:
    return Push(device, incarnation, items, writes, AT)


def pull(
    *cursors: tuple[str, int],
    device: DeviceId = B,
    vector: dict[str, int] | None = None,
    reads: frozenset[TeamId] = frozenset({TEAM, EVERYBODY}),
    budget: int = 100_000,
    every: bool = False,
    incarnation: int = 1,
) -> Pull:
    """`vector`: what the device holds in all, when that is more than it names."""
    whole = {ScopeId(scope): seq for scope, seq in (vector or dict(cursors)).items()}
    named = tuple(Cursor(scope=ScopeId(scope), seq=seq) for scope, seq in cursors)
    return Pull(device, incarnation, reads, named, every, cursor_digest(whole), budget)


def deliver(book: Book, *items: Incoming, device: DeviceId = A) -> Exchanged:
    return book.exchange(push(*items, device=device), pull(device=device, reads=frozenset()))


def fetched(book: Book, wanted: Pull) -> list[tuple[str, int]]:
    done = book.exchange(push(device=wanted.device), wanted)
    return [(got.scope, got.seq) for got in done.envelopes]


# cursors


def test_the_sum_of_a_vector_says_what_its_digest_says(book: Book) -> None:
    """A device may change its program between two exchanges: each form is compared with the vector as it lies."""
    deliver(book, *(item(number, scope) for number, scope in enumerate(("p:x", "p:y", "p:z", "p:z"), 1)))
    told: dict[str, int] = {}
    steps: tuple[dict[str, int], ...] = (
        {"p:x": 1, "p:z": 1},
        {"p:z": 2},
        {},
        {"p:y": 1},
        {"p:z": 1},
        {},
        {"p:x": 0},
    )
    for turn, named in enumerate(steps * 2):
        told |= named
        whole = {ScopeId(scope): seq for scope, seq in told.items()}
        for right in (True, False):
            form = cursor_sum if turn % 3 else cursor_digest
            wanted = replace(
                pull(*named.items()), digest=form(whole if right else {**whole, ScopeId("p:z"): 9})
            )
            assert book.exchange(push(device=B), wanted).want_cursors is not right, (turn, right)
    everything = replace(pull(*told.items(), every=True), digest=cursor_sum(whole))
    assert not book.exchange(push(device=B), everything).want_cursors


# numbers


def test_what_is_taken_is_acknowledged_and_delivered_in_order(book: Book) -> None:
    assert deliver(book, item(1), item(2), item(3)).acked_env_no == 3
    done = book.exchange(push(device=B), pull())
    assert [got.seq for got in done.envelopes] == [1, 2, 3]
    assert [got.envelope for got in done.envelopes] == [item(1).wire, item(2).wire, item(3).wire]
    assert not done.more


def test_the_same_again_is_acknowledged_and_changes_nothing(book: Book) -> None:
    deliver(book, item(1), item(2))
    again = deliver(book, item(1), item(2))
    assert (again.acked_env_no, again.refused, again.rung) == (2, (), ())
    assert book.counts()["envelopes"] == 2


def test_the_same_number_with_other_bytes_is_a_conflict(book: Book) -> None:
    deliver(book, item(1))
    done = deliver(book, item(1, body=b"other"), item(2))
    assert [(no.env_no, no.why) for no in done.refused] == [(1, Refused.CONFLICTING_NUMBER)]
    assert done.acked_env_no == 2


def test_a_gap_is_refused_until_it_is_filled(book: Book) -> None:
    done = deliver(book, item(1), item(3), item(4))
    assert [(no.env_no, no.why) for no in done.refused] == [(3, Refused.GAP), (4, Refused.GAP)]
    assert deliver(book, item(2), item(3), item(4)).acked_env_no == 4


def test_each_incarnation_counts_from_one(book: Book) -> None:
    deliver(book, item(1), item(2))
    done = book.exchange(push(item(1, body=b"new life"), incarnation=2), pull(device=A))
    assert (done.acked_env_no, done.refused) == (1, ())


def test_a_refused_envelope_uses_up_its_number_and_is_refused_again(book: Book) -> None:
    bad = replace(item(1), refusal=EnvelopeRefused(env_no=1, why=Refused.BAD_SIGNATURE))
    for _ in range(2):
        done = deliver(book, bad, item(2))
        assert [(no.env_no, no.why) for no in done.refused] == [(1, Refused.BAD_SIGNATURE)]
        assert done.acked_env_no == 2
    assert book.counts()["envelopes"] == 1


def test_an_unreadable_envelope_takes_the_next_number(book: Book) -> None:
    unread = replace(item(None), refusal=EnvelopeRefused(env_no=0, why=Refused.MALFORMED))
    done = deliver(book, unread, item(2))
    assert [(no.env_no, no.why) for no in done.refused] == [(1, Refused.MALFORMED)]
    assert done.acked_env_no == 2


@pytest.mark.parametrize("why", [Refused.WRONG_SENDER, Refused.REVOKED])
def test_what_is_not_the_devices_to_send_leaves_the_number_free(book: Book, why: Refused) -> None:
    done = deliver(book, replace(item(1), refusal=EnvelopeRefused(env_no=1, why=why)))
    assert (done.acked_env_no, done.refused[0].why) == (0, why)


# scopes


def test_places_have_no_gaps_and_a_chain_per_scope(book: Book) -> None:
    deliver(book, item(1, "p:1"), item(2, "p:2"), item(3, "p:1"))
    done = book.exchange(push(device=B), pull())
    chain: dict[str, bytes] = {}
    for got in done.envelopes:
        chain[got.scope] = next_chain(chain.get(got.scope, b""), envelope_hash(got.envelope))
        assert got.chain == chain[got.scope]
    assert sorted((got.scope, got.seq) for got in done.envelopes) == [("p:1", 1), ("p:1", 2), ("p:2", 1)]


def test_another_team_reads_and_writes_nothing(book: Book) -> None:
    deliver(book, item(1))
    ward = frozenset({WARD, EVERYBODY})
    intruder = push(item(1, body=b"x", tag=WARD), device=B, writes=frozenset({WARD}))
    done = book.exchange(intruder, pull(reads=ward))
    assert [no.why for no in done.refused] == [Refused.NOT_ALLOWED]
    assert done.envelopes == ()


def test_a_scope_shared_with_another_team_is_read_by_both(book: Book) -> None:
    deliver(book, item(1), item(2, tag=WARD))
    assert fetched(book, pull(reads=frozenset({WARD}))) == [("p:1", 1), ("p:1", 2)]


def test_everybody_reads_the_organisation(book: Book) -> None:
    deliver(book, item(1, "o:org", tag=EVERYBODY))
    assert fetched(book, pull(device=KIOSK, reads=frozenset({EVERYBODY}))) == [("o:org", 1)]


def test_bells_tell_the_last_seq_and_who_may_hear(book: Book) -> None:
    rung = deliver(book, item(1), item(2), item(3, "o:org", tag=EVERYBODY)).rung
    assert {(bell.scope, bell.seq, bell.tags) for bell in rung} == {
        ("p:1", 2, frozenset({TEAM})),
        ("o:org", 1, frozenset({EVERYBODY})),
    }


# what comes back


def test_nobody_hears_his_own_envelopes_but_in_another_incarnation(book: Book) -> None:
    deliver(book, item(1))
    assert fetched(book, pull(device=A)) == []
    assert fetched(book, pull(device=A, incarnation=2)) == [("p:1", 1)]


def test_cursors_are_kept_here(book: Book) -> None:
    deliver(book, item(1), item(2), item(3, "p:2"))
    assert fetched(book, pull(("p:1", 1))) == [("p:1", 2), ("p:2", 1)]
    assert fetched(book, pull(("p:2", 1), vector={"p:1": 1, "p:2": 1})) == [("p:1", 2)]


def test_vectors_that_differ_are_asked_for_whole(book: Book) -> None:
    deliver(book, item(1), item(2))
    book.exchange(push(device=B), pull(("p:1", 2)))
    differ = book.exchange(push(device=B), pull())
    assert differ.want_cursors
    assert differ.envelopes == ()
    assert fetched(book, pull(every=True)) == [("p:1", 1), ("p:1", 2)]


def test_a_cursor_beyond_the_end_means_that_the_book_is_an_old_one(book: Book) -> None:
    deliver(book, item(1))
    before = book.epoch()
    done = book.exchange(push(device=B), replace(pull(("p:1", 9)), epoch=before))
    assert done.epoch != before
    assert done.want_cursors
    late = book.exchange(push(device=A), replace(pull(("p:1", 9), device=A), epoch=before))
    assert late.epoch == done.epoch, "others learn the new epoch; they do not make another"
    assert late.want_cursors
    assert fetched(book, pull(every=True)) == [("p:1", 1)]


def held(book: Book, body: bytes, seq: int = 1) -> tuple[Book, Cursor]:
    """The book once A has sent that as its first envelope, and the cursor of whoever took it with the chain it saw."""
    deliver(book, item(1, body=body))
    chain = next_chain(b"", envelope_hash(item(1, body=body).wire))
    return book, Cursor(scope=ScopeId("p:1"), seq=seq, chain=chain[:CHAIN_SAID])


def named(cursor: Cursor, epoch: str) -> Pull:
    return replace(pull((cursor.scope, cursor.seq)), cursors=(cursor,), epoch=epoch)


def test_a_cursor_of_another_past_makes_a_new_epoch(book: Book) -> None:
    _, saw = held(book, b"before the restore")
    restored = replace(saw, chain=next_chain(b"", b"another")[:CHAIN_SAID])
    before = book.epoch()
    assert not book.exchange(push(device=B), named(saw, before)).want_cursors
    assert book.epoch() == before, "the same past"
    done = book.exchange(push(device=B), named(restored, before))
    assert done.epoch != before and done.want_cursors and not done.envelopes
    again = book.exchange(push(device=B), replace(pull(every=True), epoch=done.epoch))
    assert [got.seq for got in again.envelopes] == [1], "what its cursor hid comes"


def test_a_cursor_without_a_chain_is_served_as_before(book: Book) -> None:
    _, saw = held(book, b"before the restore")
    before = book.epoch()
    done = book.exchange(push(device=B), named(replace(saw, chain=b""), before))
    assert (done.epoch, done.want_cursors, done.envelopes) == (before, False, ())


def test_who_may_read_nothing_makes_no_new_epoch(book: Book) -> None:
    before = book.epoch()
    book.exchange(push(device=B), replace(pull(("p:1", 9)), epoch=before, reads=frozenset()))
    assert book.epoch() == before


def test_the_budget_cuts_between_envelopes_but_lets_one_through(book: Book) -> None:
    deliver(book, *(item(n, body=b"x" * 100) for n in range(1, 6)))
    size = len(item(1, body=b"x" * 100).wire)
    done = book.exchange(push(device=B), pull(budget=2 * size))
    assert [got.seq for got in done.envelopes] == [1, 2]
    assert done.more
    assert [(head.scope, head.seq) for head in done.heads] == [("p:1", 5)]
    assert len(book.exchange(push(device=B), pull(budget=0)).envelopes) == 1


def test_urgent_scopes_go_first_and_no_scope_is_reordered(book: Book) -> None:
    deliver(
        book,
        item(1, "p:1", priority=2),
        item(2, "p:2", priority=2),
        item(3, "p:2", priority=0),
        item(4, "p:2", priority=4),
        item(5, "p:3", priority=1),
    )
    assert fetched(book, pull()) == [("p:2", 1), ("p:2", 2), ("p:3", 1), ("p:1", 1), ("p:2", 3)]


@settings(max_examples=25, deadline=None)
@given(
    scopes=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), max_size=30),
    budget=st.integers(0, 400),
    cuts=st.lists(st.integers(1, 30), max_size=5),
)
def test_whatever_the_batches_everything_arrives_once_and_in_order(
    opened: Open, scopes: list[tuple[str, int]], budget: int, cuts: list[int]
) -> None:
    sent = [item(n, f"p:{scope}", priority=priority) for n, (scope, priority) in enumerate(scopes, 1)]
    with TemporaryDirectory() as folder:
        book = opened(Path(folder))
        for cut in [*cuts, len(sent)]:
            deliver(book, *sent[: min(cut, len(sent))])
        assert _all_of(book, budget) == {
            scope: [one.wire for one in sent if one.scope == scope] for scope in {one.scope for one in sent}
        }
        book.close()


def _all_of(book: Book, budget: int) -> dict[str, list[bytes]]:
    """Everything a new device gets, page by page."""
    got: dict[str, list[bytes]] = {}
    vector: dict[str, int] = {}
    while True:
        done = book.exchange(push(device=B), pull(*vector.items(), budget=budget))
        for one in done.envelopes:
            assert one.seq == vector.get(one.scope, 0) + 1
            vector[one.scope] = one.seq
            got.setdefault(one.scope, []).append(one.envelope)
        if not done.more:
            return got


# what a new computer looks at first

LONG_AGO, TODAY = AT - timedelta(days=200), AT


def looks(book: Book, days: int = 30, alerts: bool = True, budget: int = 100_000) -> list[bytes]:
    """All of a look of somebody in TEAM, part by part."""
    found: list[bytes] = []
    scope, seq, more = ScopeId(""), 0, True
    reads = frozenset({TEAM, EVERYBODY})
    while more:
        part = book.look(Look(reads, AT - timedelta(days=days), alerts, scope, seq, budget))
        assert part.envelopes or not part.more
        found += part.envelopes
        scope, seq, more = part.scope, part.seq, part.more
    return found


def brought(book: Book, at: datetime, *items: Incoming) -> tuple[Incoming, ...]:
    book.exchange(replace(push(*items), at=at), pull(device=A, reads=frozenset()))
    return items


@pytest.fixture
def years(book: Book) -> dict[str, bytes]:
    """Somebody who came again today, somebody who came long ago, somebody of another team; and the organisation's own."""
    old = brought(
        book, LONG_AGO,
        *(item(n, "p:near") for n in range(1, 6)), item(6, "p:near", priority=1),
        item(7, "p:far"), item(8, "p:far", priority=0), item(9, "p:far", priority=1),
        item(10, "o:org", tag=EVERYBODY),
    )  # fmt: skip
    old += brought(book, LONG_AGO, *(item(n, "o:org", tag=EVERYBODY) for n in range(11, 15)))
    new = brought(book, TODAY, item(15, "p:near"), item(16, "p:ward", tag=WARD))
    return {f"{one.scope} {one.env_no}": one.wire for one in (*old, *new)}


def test_a_look_is_at_who_came_lately_and_at_what_is_most_pressing(
    book: Book, years: dict[str, bytes]
) -> None:
    near = ["p:near 1", "p:near 2", "p:near 3", "p:near 6", "p:near 15"]
    organisation = [f"o:org {n}" for n in range(10, 15)]
    assert looks(book) == [years[name] for name in (*organisation, "p:far 8", *near)]
    assert looks(book, alerts=False) == [years[name] for name in (*organisation, *near)]


@pytest.mark.parametrize("budget", [0, 1, 60, 200])
def test_a_look_is_the_same_in_parts(book: Book, years: dict[str, bytes], budget: int) -> None:
    assert looks(book, budget=budget) == looks(book)


def test_a_look_moves_no_cursor(book: Book, years: dict[str, bytes]) -> None:
    looks(book)
    assert sum(len(wires) for wires in _all_of(book, 500).values()) == len(years) - 1


# what was let go


def let_go(book: Book, *seqs: int, scope: str = "p:1", dry: bool = False) -> int:
    return book.tidy(ScopeId(scope), lambda shelf: [row.seq for row in shelf.rows if row.seq in seqs], dry)


@pytest.fixture
def tidied(book: Book) -> Book:
    """Ten records of a patient and a snapshot of two parts; of the records five were let go."""
    deliver(book, *(item(n) for n in range(1, 11)), item(11, priority=3), item(12, priority=3))
    assert let_go(book, 4, 5, 6, 7, 8, dry=True) == 5 and book.has_gone(ScopeId("p:1"), 0) is False
    assert let_go(book, 4, 5, 6, 7, 8) == 5 and let_go(book, 4, 5, 6, 7, 8) == 0
    return book


def test_what_was_let_go_is_passed_over(tidied: Book) -> None:
    assert fetched(tidied, pull()) == [("p:1", seq) for seq in (1, 2, 3, 9, 10, 11, 12)]
    assert fetched(tidied, pull(("p:1", 6))) == [("p:1", seq) for seq in (9, 10, 11, 12)]
    assert fetched(tidied, pull(("p:1", 12))) == []
    for budget in (0, 30, 60):
        assert [seq for _, seq in _all(tidied, budget)] == [1, 2, 3, 9, 10, 11, 12]
    part, more = tidied.scope_part(ScopeId("p:1"), 3, 100_000)
    assert ([one.seq for one in part], more) == ([9, 10, 11, 12], False)


def _all(book: Book, budget: int) -> list[tuple[str, int]]:
    """Everything, as a device takes it that says how far it has come."""
    got: list[tuple[str, int]] = []
    while True:
        told = got[-1:]
        done = book.exchange(push(device=B), pull(*told, device=B, budget=budget, every=True))
        got += [(one.scope, one.seq) for one in done.envelopes]
        if not done.more:
            return got


def test_what_was_let_go_is_known_for_ever(tidied: Book) -> None:
    again = deliver(tidied, item(5), item(6, body=b"other"))
    assert again.acked_env_no == 12
    assert [(no.env_no, no.why) for no in again.refused] == [(6, Refused.CONFLICTING_NUMBER)]
    assert tidied.counts()["envelopes"] == tidied.check() == 12
    chain = b""
    for n in range(1, 7):
        chain = next_chain(chain, item(n).digest)
    here = Cursor(scope=ScopeId("p:1"), seq=6, chain=chain[:CHAIN_SAID])
    wanted = replace(pull(("p:1", 6)), cursors=(here,), epoch=tidied.epoch())
    assert not tidied.exchange(push(device=B), wanted).want_cursors
    other = replace(wanted, cursors=(replace(here, chain=bytes(CHAIN_SAID)),))
    assert tidied.exchange(push(device=B), other).want_cursors, "a place that was let go is still compared"


def test_who_made_a_snapshot_is_sent_it_where_it_lacks_what_was_let_go(tidied: Book) -> None:
    deliver(tidied, item(13, "p:2"))
    mine = pull(device=A)
    done = tidied.exchange(push(device=A), mine)
    assert ([(got.scope, got.seq) for got in done.envelopes], done.more) == (
        [("p:1", 11), ("p:1", 12)],
        False,
    )
    assert fetched(tidied, pull(("p:1", 12), device=A)) == []
    deliver(tidied, item(14, "p:4", priority=3))
    assert fetched(tidied, pull(("p:1", 12), device=A)) == [], "nothing was let go of that chart"


def test_an_older_program_is_sent_nothing_where_it_would_lack_something(tidied: Book) -> None:
    old = replace(pull(), takes_snapshots=False)
    done = tidied.exchange(push(item(1, "p:3"), device=B), old)
    assert (done.too_old, done.envelopes, done.acked_env_no) == (True, (), 1)
    for fine in (
        replace(pull(("p:1", 8)), takes_snapshots=False),
        replace(old, reads=frozenset({WARD})),
        pull(),
    ):
        assert not tidied.exchange(push(device=B), fine).too_old


def test_tidying_sees_who_has_come_how_far(book: Book) -> None:
    deliver(book, item(1), item(2, priority=3), item(3, "t:team", priority=3))
    book.exchange(push(device=B), pull(("p:1", 1)))
    book.exchange(push(device=KIOSK), replace(pull(device=KIOSK, reads=frozenset()), takes_snapshots=False))
    assert book.with_snapshots() == (ScopeId("p:1"),)
    seen: list[Shelf] = []
    book.tidy(ScopeId("p:1"), lambda shelf: [seen.append(shelf) or 1], dry=True)  # type: ignore[func-returns-value]
    readers = {who: (one.takes_snapshots, one.cursor) for who, one in seen[0].readers.items()}
    assert readers == {A: (True, 0), B: (True, 1), KIOSK: (False, 0)}
    assert (seen[0].tags, [(row.seq, row.priority) for row in seen[0].rows]) == ({TEAM}, [(1, 2), (2, 3)])


# the rest


def test_statements_follow_each_other(book: Book) -> None:
    book.append_statements(0, (b"one", b"two"))
    book.append_statements(2, (b"three",))
    assert book.statements(1) == (b"two", b"three")
    with pytest.raises(Refusal):
        book.append_statements(2, (b"other three",))


def test_of_each_device_the_oldest_live_session_is_told(book: Book) -> None:
    book.keep_session(b"over", A, AT)
    for hours in (3, 1, 2):
        book.keep_session(b"a%d" % hours, A, AT + timedelta(hours=hours))
    book.keep_session(b"b", B, AT + timedelta(hours=5))
    assert book.live_sessions(AT) == {A: AT + timedelta(hours=1), B: AT + timedelta(hours=5)}
    assert book.live_sessions(AT + timedelta(hours=4)) == {B: AT + timedelta(hours=5)}


def test_the_sessions_of_one_device_are_ended_together(book: Book) -> None:
    for name, device in ((b"a1", A), (b"a2", A), (b"b", B)):
        book.keep_session(name, device, AT + timedelta(hours=1))
    book.end_sessions(A)
    assert [book.session_device(name, AT) for name in (b"a1", b"a2", b"b")] == [None, None, B]
    assert list(book.live_sessions(AT)) == [B]


def test_sessions_end(book: Book) -> None:
    book.keep_session(b"hash", A, AT + timedelta(hours=1))
    assert book.session_device(b"hash", AT) == A
    assert book.session_device(b"hash", AT + timedelta(hours=2)) is None
    assert book.session_device(b"hash", AT) is None, "a session that was over is forgotten"
    assert book.session_device(b"other", AT) is None


def test_a_device_that_connects_for_ever_fills_no_disk(book: Book) -> None:
    for number in range(40):
        book.keep_session(b"%d" % number, A, AT + timedelta(hours=1, seconds=number))
    book.keep_session(b"b", B, AT + timedelta(hours=1))
    live = [n for n in range(40) if book.session_device(b"%d" % n, AT) == A]
    assert live == list(range(8, 40)) and book.session_device(b"b", AT) == B


def test_a_mailbox_takes_one_letter_a_side_and_ends(book: Book) -> None:
    until = AT + timedelta(hours=24)
    book.open_mailbox("box", A, until, AT)
    book.open_mailbox("box", A, until, AT)
    with pytest.raises(Refusal):
        book.open_mailbox("box", B, until, AT)
    assert book.fill_mailbox("box", "request", b"let me in", AT)
    assert book.fill_mailbox("box", "request", b"let me in", AT)
    assert not book.fill_mailbox("box", "request", b"no, me", AT)
    assert book.fill_mailbox("box", "answer", b"yes", AT)
    there = book.mailbox("box", AT)
    assert there is not None
    assert (there.request, there.answer, there.expires_at) == (
        b"let me in",
        b"yes",
        until,
    )
    assert book.mailbox("box", until) is None


def test_a_mailbox_that_was_answered_takes_no_request(book: Book) -> None:
    book.open_mailbox("laid", A, AT + timedelta(hours=1), AT)
    assert book.fill_mailbox("laid", "answer", b"sealed", AT) and book.fill_mailbox(
        "laid", "answer", b"sealed", AT
    )
    assert not book.fill_mailbox("laid", "request", b"let me in", AT)
    there = book.mailbox("laid", AT)
    assert there is not None and there.request is None


def test_the_newest_capsule_replaces(book: Book) -> None:
    assert book.capsule("lookup") is None
    book.put_capsule("lookup", b"one", A, AT)
    assert book.put_capsule("lookup", b"two", B, AT)
    assert book.capsule("lookup") == b"two"


def test_a_withdrawn_card_gets_nothing_any_more(book: Book) -> None:
    book.put_capsule("lost", b"one", A, AT)
    book.withdraw_card("lost", b"signed", AT)
    book.withdraw_card("lost", b"again", AT)
    book.withdraw_card("other", b"signed too", AT)
    assert book.capsule("lost") is None and book.is_withdrawn("lost") and not book.is_withdrawn("works")
    assert not book.put_capsule("lost", b"two", B, AT) and book.capsule("lost") is None
    (first, signed), (second, _other) = book.withdrawals(0, 10)
    assert signed == b"signed" and second > first
    assert book.withdrawals(first, 10) == ((second, b"signed too"),) == book.withdrawals(first, 1)


def test_a_code_is_taken_once_and_ends(book: Book) -> None:
    until = AT + timedelta(minutes=15)
    for name in ("one", "two"):
        book.put_code(name, b"parcel", A, until, AT)
    assert (book.take_code("one", AT), book.take_code("one", AT)) == (b"parcel", None)
    assert book.take_code("two", until) is None


def test_attachments_are_known_by_size_and_bringer(book: Book) -> None:
    assert book.attachment("id") is None
    book.keep_attachment("id", 12, A, AT)
    book.keep_attachment("id", 12, B, AT)
    assert book.attachment("id") == (12, A)
    assert book.attachments() == ("id",)


def test_all_is_there_after_opening_again(opened: Open, tmp_path: Path) -> None:
    book = opened(tmp_path)
    deliver(book, item(1))
    epoch = book.epoch()
    book.close()
    book = opened(tmp_path)
    assert book.epoch() == epoch
    assert deliver(book, item(1)).acked_env_no == 1
    assert book.renew_epoch() != epoch
    book.close()


# what is settled: an exchange looks at what moved since, and that must never hide anything


def settle(book: Book, *cursors: tuple[str, int], **more: object) -> None:
    """B has everything and has said so, twice."""
    for named in (cursors, ()):
        assert fetched(book, pull(*named, vector=dict(cursors), **more)) == []  # type: ignore[arg-type]


def test_what_comes_after_everything_was_read_is_found(book: Book) -> None:
    deliver(book, item(1), item(2, "p:2"))
    settle(book, ("p:1", 1), ("p:2", 1))
    deliver(book, item(3, "p:2"), item(4, "p:3"))
    assert fetched(book, pull(vector={"p:1": 1, "p:2": 1})) == [("p:2", 2), ("p:3", 1)]


def test_what_was_sent_but_never_told_to_have_come_is_sent_again(book: Book) -> None:
    deliver(book, item(1))
    settle(book, ("p:1", 1))
    deliver(book, item(2), item(3, "p:2"))
    for _ in range(3):
        assert fetched(book, pull(vector={"p:1": 1})) == [("p:1", 2), ("p:2", 1)]
    assert fetched(book, pull(("p:1", 2), vector={"p:1": 2})) == [("p:2", 1)]


def test_what_found_no_room_comes_next(book: Book) -> None:
    settle(book)
    deliver(book, *(item(n, f"p:{n}") for n in range(1, 5)))
    has: dict[str, int] = {}
    for _ in range(4):
        ((scope, seq),) = fetched(book, pull(*has.items(), vector=has, budget=1))
        has[scope] = seq
    assert len(has) == 4 and fetched(book, pull(*has.items(), vector=has)) == []


def test_who_comes_into_a_team_gets_what_lay_there_long_ago(book: Book) -> None:
    deliver(book, item(1))
    settle(book, reads=frozenset({EVERYBODY}))
    assert fetched(book, pull()) == [("p:1", 1)]


def test_a_cursor_that_goes_back_is_served_from_there(book: Book) -> None:
    deliver(book, item(1), item(2))
    settle(book, ("p:1", 2))
    assert fetched(book, pull(("p:1", 1), vector={"p:1": 1})) == [("p:1", 2)]
    settle(book, ("p:1", 2))
    assert fetched(book, pull(every=True)) == [("p:1", 1), ("p:1", 2)]


def test_a_device_that_begins_anew_gets_what_it_wrote_before(book: Book) -> None:
    deliver(book, item(1), device=B)
    settle(book)
    assert fetched(book, pull(incarnation=2)) == [("p:1", 1)]


def test_another_vector_than_the_books_is_noticed_without_naming_a_cursor(book: Book) -> None:
    deliver(book, item(1), item(2, "p:2"))
    settle(book, ("p:1", 1), ("p:2", 1))
    done = book.exchange(push(device=B), pull(vector={"p:1": 1}))
    assert done.want_cursors and not done.envelopes
    assert fetched(book, pull(("p:1", 1), every=True)) == [("p:2", 1)]


def test_a_new_epoch_settles_nobody(book: Book) -> None:
    deliver(book, item(1))
    settle(book, ("p:1", 1))
    book.renew_epoch()
    assert fetched(book, pull()) == [("p:1", 1)]
