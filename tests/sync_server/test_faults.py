# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is sent, the answer is a sentence: never a 5xx, never a traceback. And the log says where, not
what."""

import asyncio
import logging
import os
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Unavailable
from clinic.domain.ids import DeviceId
from clinic.protocol.codec import encode
from clinic.protocol.sync import Cursor, FaultNumber, SyncRequest
from sync_server.app import open_desk
from sync_server.book.port import Rung
from sync_server.book.sqlite import FULL, IN_USE, SqliteBook
from sync_server.book.where import Where
from sync_server.desk import TOKEN_BYTES, Desk, Silence
from sync_server.journal import Redacting, keep_journal
from sync_server.limits import Bucket
from tests.postgres_cluster import SERVER
from tests.small_clinic import AT, repeating, small_clinic

from .conftest import Inside, fault_of

SOMEBODY = small_clinic().ben.device
PATHS = [
    ("POST", "/v1/sync"),
    ("POST", "/v1/session"),
    ("POST", "/v1/trust"),
    ("POST", "/v1/mailbox/abcdefghijkl"),
    ("PUT", "/v1/capsules/abcdefghijkl"),
    ("PUT", "/v1/attachments/" + "a" * 64),
]
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.binary(max_size=40)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.integers(0, 20), inner, max_size=8),
    max_leaves=20,
)
framed = st.builds(
    lambda number, body: cbor2.dumps([number, body]),
    st.sampled_from([311, 313, 321, 330]),
    st.dictionaries(st.integers(1, 14), plain, max_size=14),
)
near = st.builds(
    lambda numbers, cursors, envelopes, trust, digest: encode(
        SyncRequest(
            device=SOMEBODY,
            incarnation=numbers[0],
            byte_budget=numbers[1],
            trust_position=numbers[2],
            cursors=tuple(Cursor(scope=scope, seq=seq) for scope, seq in cursors),  # type: ignore[arg-type]
            envelopes=tuple(envelopes),
            trust=tuple(trust),
            cursor_digest=digest,
            sent_at=AT,
        )
    ),
    st.tuples(*[st.integers(-(2**66), 2**66)] * 3),
    st.lists(st.tuples(st.text(max_size=5) | st.just("p:\0"), st.integers(-5, 2**64)), max_size=4),
    st.lists(st.binary(max_size=100) | framed, max_size=4),
    st.lists(st.binary(max_size=100) | framed, max_size=2),
    st.binary(max_size=9),
)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def steady(request: pytest.FixtureRequest) -> Iterator[tuple[Inside, str]]:
    """A server over either database and a token, for many requests."""
    with TemporaryDirectory() as folder:
        clock = FrozenClock(AT)
        url = request.getfixturevalue("postgres").url(SERVER) if request.param == "postgres" else ""
        desk = open_desk(Path(folder), clock, repeating(b"faults"), Where(Path(folder), url, folder))
        inside = Inside(desk, clock, small_clinic())
        inside.found()
        yield inside, inside.token_of(inside.clinic.ben)
        desk.book.close()


@settings(max_examples=250, deadline=None)
@given(where=st.sampled_from(PATHS), body=st.binary(max_size=200) | framed | near, known=st.booleans())
def test_no_body_makes_the_server_stumble(
    steady: tuple[Inside, str], where: tuple[str, str], body: bytes, known: bool
) -> None:
    inside, token = steady
    inside.clock.advance(10)
    answer = inside.send(*where, body, token if known else "")
    assert answer.status_code < 500, fault_of(answer)
    if not answer.is_success:
        assert fault_of(answer).sentence


def test_healthz_asks_the_book(inside: Inside) -> None:
    assert inside.send("GET", "/healthz").text == "ok"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/v2/sync", 404), ("DELETE", "/v1/sync", 404), ("GET", "/v1/mailbox/x", 400)],
)
def test_what_is_not_here_is_told_as_a_fault(inside: Inside, method: str, path: str, status: int) -> None:
    answer = inside.send(method, path)
    assert answer.status_code == status
    assert fault_of(answer).sentence


def test_a_body_that_is_too_large_is_turned_away(inside: Inside) -> None:
    answer = inside.send("POST", "/v1/sync", bytes(5_000_000), inside.token_of(inside.clinic.ben))
    assert fault_of(answer).number == FaultNumber.TOO_LARGE


class Stumbling:
    """Bells that break."""

    async def ring(self, rung: tuple[Rung, ...], writer: DeviceId) -> None:
        raise RuntimeError("Quiroga has asthma")

    async def trust(self, position: int) -> None:
        raise RuntimeError("Quiroga has asthma")


@pytest.mark.expects_log("bug in")
def test_a_bug_is_a_sentence_outside_and_a_place_in_the_log(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tests.sync_server.conftest.build", _built_with(Stumbling()))
    request = SyncRequest(device=SOMEBODY, incarnation=1, sent_at=AT)
    answer = inside.say("POST", "/v1/sync", request, inside.token_of(inside.clinic.ben))
    assert (answer.status_code, fault_of(answer).number) == (500, FaultNumber.BUG)
    (written,) = [Redacting().format(record) for record in caplog.records if record.levelno >= logging.ERROR]
    assert "RuntimeError" in written
    assert "in ring" in written
    assert "Quiroga" not in written
    caplog.clear()


def _built_with(bells: Stumbling) -> object:
    from sync_server.app import build

    def built(desk: Desk) -> object:
        app = build(desk)
        desk.bells = bells
        return app

    return built


@pytest.mark.expects_log("disk is full")
def test_a_disk_that_fails_is_a_507(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    token = inside.token_of(inside.clinic.ben)

    def full(*_: object) -> None:
        raise Unavailable(FULL)

    monkeypatch.setattr(SqliteBook, "exchange", full)
    answer = inside.say("POST", "/v1/sync", SyncRequest(device=SOMEBODY, incarnation=1, sent_at=AT), token)
    assert (answer.status_code, fault_of(answer).number) == (507, FaultNumber.FULL)


@pytest.mark.parametrize(
    ("text", "sentence"), [("database or disk is full", FULL), ("database is locked", IN_USE)]
)
def test_what_the_database_says_becomes_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    book = SqliteBook.open(tmp_path / "server.db", repeating(b"x"))
    assert book._unavailable(RuntimeError(text)).sentence == sentence
    book.close()


def test_silence_is_silent() -> None:
    asyncio.run(Silence().ring((), SOMEBODY))
    asyncio.run(Silence().trust(0))


def test_a_log_that_was_tampered_with_stops_the_start(tmp_path: Path) -> None:
    book = SqliteBook.open(tmp_path / "server.db", repeating(b"x"))
    book.append_statements(0, (b"no statement",))
    book.close()
    with pytest.raises(Exception, match="statement"):
        open_desk(tmp_path, FrozenClock(AT), repeating(b"x"))


# the journal and the limits


def test_the_journal_cuts_out_bytes_and_tokens() -> None:
    record = logging.LogRecord("posta", logging.INFO, "", 0, "got %r with %s", (b"secret", "f" * 64), None)
    line = Redacting().format(record)
    assert "secret" not in line
    assert "ffff" not in line
    assert "got [9] with [64]" in line


@pytest.mark.parametrize("first", [b"\xfb\xff", b"\x00\x00"])  # "-_8", "AAA"
def test_the_journal_cuts_out_every_token_of_a_session(first: bytes) -> None:
    token = urlsafe_b64encode(first + os.urandom(TOKEN_BYTES - 2)).decode()
    record = logging.LogRecord("posta", logging.INFO, "", 0, "Bearer %s of %s", (token, f"<{token}>"), None)
    assert Redacting().format(record).endswith("Bearer [32] of <[32]>")


def test_the_journal_tells_causes_without_their_words() -> None:
    try:
        try:
            raise KeyError("Quiroga")
        except KeyError as error:
            raise ValueError("asthma") from error
    except ValueError:
        record = logging.LogRecord("posta", logging.ERROR, "", 0, "bug", None, sys.exc_info())
    written = Redacting().format(record)
    assert "ValueError" in written
    assert "KeyError" in written
    assert "Quiroga" not in written
    assert "asthma" not in written


def test_the_journal_goes_to_a_file(tmp_path: Path) -> None:
    root, posta = logging.getLogger(), logging.getLogger("posta")
    before, level, mine = root.handlers[:], root.level, posta.level
    try:
        keep_journal(tmp_path, "info")
        logging.getLogger("posta.server").info("hello")
        root.handlers[0].close()
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        posta.setLevel(mine)
    assert "hello" in (tmp_path / "log" / "server.log").read_text()


def test_a_bucket_fills_with_time_for_each_name() -> None:
    clock = FrozenClock(AT)
    bucket = Bucket(clock, rate=1, burst=2)
    assert [bucket.take("a") for _ in range(3)] == [True, True, False]
    assert bucket.take("b")
    clock.advance(1)
    assert [bucket.take("a") for _ in range(2)] == [True, False]


def test_a_bucket_does_not_remember_everybody_for_ever() -> None:
    clock = FrozenClock(AT)
    bucket = Bucket(clock, rate=1, burst=2)
    for number in range(10_000):
        bucket.take(str(number))
    clock.advance(5)
    bucket.take("new")
    assert len(bucket._levels) == 1
    for number in range(10_001):
        bucket.take(str(number))
    assert len(bucket._levels) < 10_000
