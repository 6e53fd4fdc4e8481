# SPDX-License-Identifier: GPL-3.0-or-later
"""Sealed files that go on where they stopped, in a folder and in an S3 store."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import httpx
import obstore
import pytest

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.protocol.codec import decode, encode
from clinic.protocol.sync import Challenge, Session, TrustPart
from sync_server.app import main, open_desk
from sync_server.attachments import InS3, OnDisk, place_at, read_s3_key
from sync_server.desk import Desk
from sync_server.pieces import Pieces, sweep
from tests.s3_store import BUCKET, KEY, S3Store
from tests.server_process import ServerProcess
from tests.small_clinic import AT, proof, small_clinic

from .conftest import Inside

DATA = bytes(range(256)) * 40
NAME = blake2b(DATA, digest_size=32).hexdigest()
FILE = f"/v1/attachments/{NAME}"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Store]:
    with S3Store(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    """Of this test alone."""
    return f"sealed/{blake2b(bytes(tmp_path), digest_size=8).hexdigest()}"


@pytest.fixture(params=["disk", "s3"])
def inside(request: pytest.FixtureRequest, empty: Inside) -> Inside:
    """A server of the small clinic, over either place."""
    if request.param == "s3":
        store, prefix = request.getfixturevalue("s3"), request.getfixturevalue("prefix")
        empty.desk.place = place_at(store.url(prefix), empty.desk.folder / "attachments", KEY)
    empty.found()
    return empty


@pytest.fixture
def in_s3(empty: Inside, s3: S3Store, prefix: str) -> Inside:
    """The same over S3 alone."""
    empty.desk.place = place_at(s3.url(prefix), empty.desk.folder / "attachments", KEY)
    empty.found()
    return empty


def test_an_attachment_is_brought_and_fetched(inside: Inside) -> None:
    kiosk, eva = inside.token_of(inside.clinic.kiosk), inside.token_of(inside.clinic.eva)
    assert inside.send("GET", FILE, token=eva).status_code == 404
    assert inside.send("PUT", FILE, DATA, kiosk).status_code == 204
    assert inside.send("PUT", FILE, DATA, kiosk).status_code == 204
    assert inside.send("GET", FILE, token=eva).content == DATA
    assert inside.send("GET", FILE, token=kiosk).content == DATA
    rest = inside.send("GET", FILE, token=eva, range="bytes=100-")
    assert (rest.status_code, rest.content) == (206, DATA[100:])
    assert inside.send("GET", FILE, token=inside.token_of(inside.clinic.station)).status_code == 404


def test_an_upload_goes_on_where_it_stopped(inside: Inside) -> None:
    eva = inside.token_of(inside.clinic.eva)
    whole = f"total={len(DATA)}"
    assert inside.send("PUT", f"{FILE}?offset=0&{whole}", DATA[:1000], eva).status_code == 204
    assert inside.send("HEAD", FILE, token=eva).headers["posta-have"] == "1000"
    wrong = inside.send("PUT", f"{FILE}?offset=500&{whole}", DATA[500:], eva)
    assert (wrong.status_code, wrong.headers["posta-have"]) == (409, "1000")
    assert inside.send("PUT", f"{FILE}?offset=1000&{whole}", DATA[1000:], eva).status_code == 204
    assert inside.send("HEAD", FILE, token=eva).headers["posta-have"] == str(len(DATA))
    assert inside.send("GET", FILE, token=eva).content == DATA


def test_bytes_that_are_not_what_they_say_are_thrown_away(inside: Inside) -> None:
    eva = inside.token_of(inside.clinic.eva)
    assert inside.send("PUT", FILE, DATA[:-1] + b"!", eva).status_code == 400
    assert inside.send("HEAD", FILE, token=eva).headers["posta-have"] == "0"
    assert inside.send("PUT", f"{FILE}?offset=0&total=10", DATA, eva).status_code == 400
    assert list((inside.desk.folder / "attachments").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/attachments/..%2f..%2fserver.db", 404),
        ("/v1/attachments/" + "z" * 64, 400),
        (f"{FILE}?offset=-1", 400),
    ],
)
def test_names_and_numbers_are_checked(inside: Inside, path: str, status: int) -> None:
    assert inside.send("PUT", path, DATA, inside.token_of(inside.clinic.eva)).status_code == status


def test_an_attachment_has_a_size(inside: Inside) -> None:
    eva = inside.token_of(inside.clinic.eva)
    assert inside.send("PUT", f"{FILE}?offset=0&total=99999999999", DATA, eva).status_code == 413
    assert inside.send("PUT", FILE, b"", eva).status_code == 413


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [("bytes=5-9", 206, DATA[5:10]), ("bytes=5-999999", 206, DATA[5:]), (f"bytes={len(DATA)}-", 416, None)],
)
def test_ranges(inside: Inside, asked: str, status: int, part: bytes | None) -> None:
    eva = inside.token_of(inside.clinic.eva)
    assert inside.send("PUT", FILE, DATA, eva).status_code == 204
    answer = inside.send("GET", FILE, token=eva, range=asked)
    assert answer.status_code == status
    if part is not None:
        start = DATA.index(part)
        assert answer.content == part
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{len(DATA)}"


@pytest.mark.expects_log("unavailable: Away")
def test_what_became_whole_while_its_place_was_away_is_kept_before_it_is_said_to_be_here(
    inside: Inside,
) -> None:
    eva, place = inside.token_of(inside.clinic.eva), inside.desk.place

    class Away(OnDisk):
        async def keep(self, name: str, whole: Path) -> None:
            raise Unavailable("Away.")

    inside.desk.place = Away(inside.desk.folder / "nowhere")
    assert inside.send("PUT", FILE, DATA, eva).status_code == 507
    assert inside.send("HEAD", FILE, token=eva).status_code == 507
    inside.desk.place = place
    assert inside.send("HEAD", FILE, token=eva).headers["posta-have"] == str(len(DATA))
    assert inside.send("GET", FILE, token=eva).content == DATA


def test_a_large_one_goes_in_parts_into_the_bucket_and_leaves_the_folder(
    in_s3: Inside, s3: S3Store, prefix: str
) -> None:
    eva, large = in_s3.token_of(in_s3.clinic.eva), DATA * 700
    name = blake2b(large, digest_size=32).hexdigest()
    assert in_s3.send("PUT", f"/v1/attachments/{name}", large, eva).status_code == 204
    assert list((in_s3.desk.folder / "attachments").iterdir()) == []
    assert (s3.folder / BUCKET / prefix / name).read_bytes() == large
    assert in_s3.send("GET", f"/v1/attachments/{name}", token=eva).content == large


def test_what_lay_in_the_folder_before_is_read_there(empty: Inside, s3: S3Store, prefix: str) -> None:
    empty.found()
    eva = empty.token_of(empty.clinic.eva)
    assert empty.send("PUT", FILE, DATA, eva).status_code == 204
    empty.desk.place = place_at(s3.url(prefix), empty.desk.folder / "attachments", KEY)
    assert empty.send("GET", FILE, token=eva).content == DATA


@pytest.mark.expects_log("unavailable: The store of attachments")
def test_a_store_that_goes_away_and_comes_back(empty: Inside, tmp_path: Path) -> None:
    with S3Store(tmp_path / "s3") as store:
        empty.desk.place = place_at(store.url(), empty.desk.folder / "attachments", KEY)
        empty.found()
        eva = empty.token_of(empty.clinic.eva)
        assert empty.send("GET", "/readyz").text == "ready"
        store.stop()
        assert empty.send("GET", "/readyz").text == "no attachments"
        assert empty.send("PUT", FILE, DATA, eva).status_code == 507
        store.start()
        assert empty.send("GET", "/readyz").text == "ready"
        assert empty.send("HEAD", FILE, token=eva).headers["posta-have"] == str(len(DATA))
        assert empty.send("GET", FILE, token=eva).content == DATA


def test_a_missing_bucket_and_a_wrong_key_are_told(s3: S3Store, prefix: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no bucket nowhere"):
        place_at(s3.url("x", "nowhere"), tmp_path, KEY)
    with pytest.raises(Refusal, match="does not let this key"):
        place_at(s3.url(prefix), tmp_path, (KEY[0], "wrong"))


@pytest.mark.parametrize(
    "url",
    [
        "http://bucket",
        "s3://",
        "s3://b/p?secret=x",
        "s3://bucket?endpoint=ftp://host",
        "s3://id:secret@bucket",
        "s3://bucket?endpoint=http://id:secret@host",
    ],
)
def test_what_is_no_address_is_told_without_its_secret(url: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal) as told:
        place_at(url, tmp_path, KEY)
    assert "secret@" not in str(told.value)


def test_a_key_has_two_lines(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("id\nsecret\n")
    assert read_s3_key(file) == ("id", "secret")
    file.write_text("id\n")
    with pytest.raises(Refusal, match="two lines"):
        read_s3_key(file)
    with pytest.raises(Unavailable):
        read_s3_key(tmp_path / "none")


@pytest.mark.expects_log("is in the book and not in its place")
def test_one_whose_bytes_were_lost_is_taken_again(inside: Inside) -> None:
    eva = inside.token_of(inside.clinic.eva)
    assert inside.send("PUT", FILE, DATA, eva).status_code == 204
    match inside.desk.place:
        case InS3(store=store):
            obstore.delete(store, NAME)
        case _:
            (inside.desk.folder / "attachments" / NAME).unlink()
    assert inside.send("HEAD", FILE, token=eva).headers["posta-have"] == "0"
    assert inside.send("GET", FILE, token=eva).status_code == 404
    assert inside.send("PUT", FILE, DATA, eva).status_code == 204
    assert inside.send("GET", FILE, token=eva).content == DATA


def test_two_requests_that_bring_the_same_do_no_harm(inside: Inside) -> None:
    """The first is taken for lost by its computer and goes on behind the back of the second."""
    eva = inside.clinic.eva
    pieces = Pieces(inside.desk.folder / "attachments", NAME, eva.device)
    token = inside.token_of(eva)
    assert inside.send("PUT", f"{FILE}?offset=0&total={len(DATA)}", DATA[:1000], token).status_code == 204
    late = pieces.open_at(1000)
    assert late is not None
    with late:
        assert late.write(DATA[1000:3000]) == 2000
        assert (
            inside.send("PUT", f"{FILE}?offset=1000&total={len(DATA)}", DATA[1000:], token).status_code == 204
        )
        late.write(b"x" * len(DATA))
    assert inside.send("GET", FILE, token=token).content == DATA
    assert pieces.open_at(1000) is None
    assert pieces.have() == 0


def test_both_that_make_it_whole_at_once_hear_that_it_is_kept(inside: Inside) -> None:
    eva, place = inside.token_of(inside.clinic.eva), inside.desk.place
    request = f"/v1/attachments/{NAME}?offset=5000&total={len(DATA)}"
    assert inside.send("PUT", f"{FILE}?offset=0&total={len(DATA)}", DATA[:5000], eva).status_code == 204

    async def both() -> list[int]:
        first, second = (
            inside._send("PUT", request, DATA[5000:], {"authorization": f"Bearer {eva}"}) for _ in range(2)
        )
        return [answer.status_code for answer in await asyncio.gather(first, second)]

    told = asyncio.run(both())
    assert 204 in told
    assert set(told) <= {204, 409}
    assert inside.desk.place is place
    assert inside.send("HEAD", FILE, token=eva).headers["posta-have"] == str(len(DATA))
    assert inside.send("GET", FILE, token=eva).content == DATA
    assert [file.name for file in (inside.desk.folder / "attachments").iterdir() if file.suffix] == []


def test_servers_with_folders_of_their_own_share_a_bucket(in_s3: Inside, tmp_path: Path) -> None:
    eva, desk = in_s3.token_of(in_s3.clinic.eva), in_s3.desk
    other = Inside(Desk(desk.book, desk.clock, desk.random, tmp_path / "other"), in_s3.clock, in_s3.clinic)
    other.desk.place, other.desk.log = desk.place, desk.log
    assert in_s3.send("PUT", f"{FILE}?offset=0&total={len(DATA)}", DATA[:1000], eva).status_code == 204
    assert other.send("PUT", FILE, DATA, eva).status_code == 204
    assert in_s3.send("HEAD", FILE, token=eva).headers["posta-have"] == str(len(DATA))
    assert in_s3.send("GET", FILE, token=eva).content == DATA


def test_what_stopped_arriving_long_ago_goes_and_what_is_whole_stays(tmp_path: Path) -> None:
    now = AT
    for name in ("a.x.part", "b.x.1.copy", "c.x.whole", NAME, "d.x.part"):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (now.timestamp(), now.timestamp() - (40 * 86400 if name[0] != "d" else 0)))
    assert sweep(tmp_path, now) == 2
    assert {file.name for file in tmp_path.iterdir()} == {"c.x.whole", NAME, "d.x.part"}
    assert sweep(tmp_path / "none", now) == 0


def test_the_address_and_the_key_may_come_from_the_environment(
    s3: S3Store, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY[1])
    place = place_at(f"s3://{BUCKET}/{prefix}", tmp_path)
    asyncio.run(place.ready())
    assert (s3.folder / BUCKET / prefix / "posta-check").read_bytes() == b"posta"


class Running:
    """A process over a bucket of its own."""

    def __init__(self, store: S3Store, server: ServerProcess, where: Path) -> None:
        self.store, self.server, self.where, self.clinic = store, server, where, small_clinic()
        statements = TrustPart(first=0, statements=self.clinic.log.statements)
        assert httpx.post(f"{server.url}/v1/trust", content=encode(statements)).status_code == 204
        nonce = decode(httpx.get(f"{server.url}/v1/challenge").content, Challenge)
        session = httpx.post(f"{server.url}/v1/session", content=encode(proof(self.clinic.eva, nonce)))
        self.eva = {"authorization": f"Bearer {decode(session.content, Session).token}"}

    def ask(self, method: str, path: str, body: bytes = b"") -> httpx.Response:
        return httpx.request(method, self.server.url + path, content=body, headers=self.eva, timeout=60)

    def have(self, name: str) -> int:
        return int(self.ask("HEAD", f"/v1/attachments/{name}").headers["posta-have"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    where = tmp_path_factory.mktemp("running")
    data = where / "data"
    data.mkdir()
    with S3Store(where / "s3") as store:
        (data / "s3.key").write_text("\n".join(KEY))
        configured = f'attachments = "{store.url()}"\nattachments_key = "s3.key"\n'
        (data / "server.toml").write_text(configured)
        with ServerProcess(data) as server:
            yield Running(store, server, where)


def test_a_piece_that_is_cut_in_the_middle_leaves_what_came(running: Running) -> None:
    data = bytes(reversed(DATA))
    name = blake2b(data, digest_size=32).hexdigest()
    host, port = running.server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as link:
        head = f"PUT /v1/attachments/{name}?offset=0&total={len(data)} HTTP/1.1\r\nhost: x\r\n"
        head += f"authorization: {running.eva['authorization']}\r\ncontent-length: {len(data)}\r\n\r\n"
        link.sendall(head.encode() + data[:4321])
        until = time.monotonic() + 20
        while running.have(name) < 4321 and time.monotonic() < until:
            time.sleep(0.01)
    have = running.have(name)
    assert have == 4321
    rest = f"/v1/attachments/{name}?offset={have}&total={len(data)}"
    assert running.ask("PUT", rest, data[4321:]).status_code == 204
    assert running.ask("GET", f"/v1/attachments/{name}").content == data


def test_an_answer_breaks_off_with_its_store(running: Running) -> None:
    large = bytes(range(256)) * 65536
    name = blake2b(large, digest_size=32).hexdigest()
    for at in range(0, len(large), 4 << 20):
        path = f"/v1/attachments/{name}?offset={at}&total={len(large)}"
        assert running.ask("PUT", path, large[at : at + (4 << 20)]).status_code == 204
    url = f"{running.server.url}/v1/attachments/{name}"
    try:
        with httpx.stream("GET", url, headers=running.eva, timeout=60) as answer:
            pieces = answer.iter_raw(65536)
            next(pieces)
            running.store.stop()
            with pytest.raises(httpx.RemoteProtocolError):
                for _ in pieces:
                    pass
        assert running.ask("GET", f"/v1/attachments/{name}").status_code == 507
        assert httpx.get(f"{running.server.url}/readyz").status_code == 503
    finally:
        running.store.start()
    assert running.ask("GET", f"/v1/attachments/{name}").content == large
    log = running.server.log
    assert "The store of attachments does not answer" in log
    assert "Traceback" not in log
    assert KEY[0] not in log
    assert KEY[1] not in log


def test_a_backup_leaves_the_bucket_alone_and_a_restored_server_reads_it(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    data, backup, new = running.where / "data", running.where / "backup" / "file", running.where / "new"
    assert running.ask("PUT", FILE, DATA).status_code == 204
    assert main(["backup", "--data", str(data), "--to", str(backup)]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["attachments"] == 0
    assert "stay there and are no part of this backup" in said.err
    assert main(["restore", "--data", str(new), "--from", str(backup)]) == 0
    assert "were not beside the backup. If they lie in an S3 store" in capsys.readouterr().err
    restored = Inside(open_desk(new, FrozenClock(AT), os.urandom), FrozenClock(AT), running.clinic)
    restored.desk.place = place_at(running.store.url(), new / "attachments", KEY)
    try:
        assert restored.send("GET", FILE, token=restored.token_of(running.clinic.eva)).content == DATA
    finally:
        restored.desk.book.close()


def test_a_store_that_cannot_be_written_is_told_at_the_start(
    s3: S3Store, prefix: str, tmp_path: Path
) -> None:
    (tmp_path / "wrong.key").write_text("post-key-id\nwrong-secret\n")
    wanted = [sys.executable, "-m", "sync_server", "--data", str(tmp_path), "--port", "0"]
    wanted += ["--attachments", s3.url(prefix), "--attachments-key", str(tmp_path / "wrong.key")]
    done = subprocess.run(wanted, capture_output=True, text=True, timeout=120)
    told = f"The S3 store does not let this key read and write in {BUCKET}. Check attachments_key"
    assert (done.returncode, done.stderr.startswith(told), done.stderr.count("\n")) == (3, True, 1)
    assert "wrong-secret" not in done.stderr + (tmp_path / "log" / "server.log").read_text(encoding="utf-8")
